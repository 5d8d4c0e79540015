"""Convolutions, pools and resampling of MIL programs: what slides a window or scales a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import LAST, done, put, real
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Operand, Tensor

_AUTO = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER"}


def paired(borders: Sequence[int]) -> tuple[int, ...]:
    """Borders as (begin, end) of each axis in ONNX order: all begins, then all ends."""
    return (*borders[0::2], *borders[1::2])


def window(call: Call) -> dict[str, Attr]:
    """Strides, dilations and padding of a window."""
    attrs: dict[str, Attr] = {
        name: values for name in ("strides", "dilations") if (values := call.integers(name))
    }
    pad_type = call.text("pad_type", "valid")
    if pad_type in _AUTO:
        attrs["auto_pad"] = _AUTO[pad_type]
    elif pad_type == "custom" and (borders := call.integers("pad")):
        attrs["pads"] = paired(borders)
    return attrs


def _conv(a: Assembly, call: Call) -> list[Operand] | None:
    weight = call.operand("weight")
    shape = a.shape(weight)
    if shape is None or len(shape) < 3:
        return None
    attrs = {**window(call), "group": call.integer("groups", 1)}
    if None not in shape:
        attrs["kernel_shape"] = shape[2:]
    inputs = [call.operand("x"), weight, call.operand("bias")]
    if call.kind == "conv_transpose":
        if target := call.integers("output_shape"):
            attrs["output_shape"] = target[2:]
        return done(a, call, "ConvTranspose", _stripped(inputs), attrs)
    return done(a, call, "Conv", _stripped(inputs), attrs)


def _stripped(inputs: list[Operand]) -> list[Operand]:
    while inputs and inputs[-1] is None:
        inputs.pop()
    return inputs


def _pool(a: Assembly, call: Call) -> list[Operand] | None:
    kernel = call.integers("kernel_sizes")
    if not kernel:
        return None
    attrs = {**window(call), "kernel_shape": kernel}
    attrs.setdefault("strides", (1,) * len(kernel))
    if call.integer("ceil_mode"):
        attrs["ceil_mode"] = 1
    if call.kind == "avg_pool":
        attrs["count_include_pad"] = int(not call.integer("exclude_padding_from_average"))
        return done(a, call, "AveragePool", [call.operand("x")], attrs)
    if call.kind == "l2_pool":
        return done(a, call, "LpPool", [call.operand("x")], {**attrs, "p": 2})
    return done(a, call, "MaxPool", [call.operand("x")], attrs)


_SAMPLING = {
    "STRICT_ALIGN_CORNERS": "align_corners",
    "ALIGN_CORNERS": "align_corners",
    "UNALIGN_CORNERS": "half_pixel",
    "DEFAULT": "asymmetric",
    "OFFSET_CORNERS": "half_pixel",
}
"""MIL's sampling modes; DEFAULT and OFFSET_CORNERS differ from these only at the border."""


def resized(
    a: Assembly, call: Call, value: Operand, mode: str, grid: str, scales: Sequence[float] = ()
) -> list[Operand]:
    """A Resize to the declared output shape, or by scales of the last axes."""
    attrs: dict[str, Attr] = {"mode": mode, "coordinate_transformation_mode": grid}
    if mode == "nearest":
        attrs["nearest_mode"] = "floor"
    shape, rank = call.shapes[0], a.rank(value)
    if shape is not None and None not in shape:
        return done(a, call, "Resize", [value, None, None, ints([s or 0 for s in shape])], attrs)
    if scales and rank is not None and rank >= len(scales):
        full = (*(1.0,) * (rank - len(scales)), *map(float, scales))
        return done(a, call, "Resize", [value, None, Tensor("float32", (rank,), full)], attrs)
    return done(a, call, "Resize", [value], attrs)


def _resize(a: Assembly, call: Call) -> list[Operand]:
    mode = "nearest" if "nearest" in call.kind else "linear"
    mode = {"NEAREST_NEIGHBOR": "nearest"}.get(call.text("interpolation_mode"), mode)
    grid = _SAMPLING.get(call.text("sampling_mode", "DEFAULT"), "asymmetric")
    if call.kind == "upsample_bilinear":
        aligned = call.integer("align_corners", 1)
        half = call.integer("half_pixel_centers", not aligned)
        grid = "align_corners" if aligned else "half_pixel" if half else "asymmetric"
    scales: tuple[float, ...] = ()
    if call.kind.startswith("upsample"):
        scales = (call.real("scale_factor_height", 1.0), call.real("scale_factor_width", 1.0))
    return resized(a, call, call.operand("x"), mode, grid, scales)


_SAMPLED = {"bilinear": "linear", "nearest": "nearest"}
_BEYOND = {"constant": "zeros", "border": "border", "reflection": "reflection"}


def _sampled(a: Assembly, call: Call, value: Operand, grid: Operand) -> list[Operand] | None:
    """GridSample, where the coordinates and what lies beyond the border are as in ONNX."""
    beyond = _BEYOND.get(call.text("padding_mode", "constant"))
    if beyond is None or call.text("coordinates_mode") != "normalized_minus_one_to_one":
        return None
    if beyond == "zeros" and call.real("padding_value"):
        return None
    attrs: dict[str, Attr] = {
        "mode": _SAMPLED.get(call.text("sampling_mode"), "linear"),
        "padding_mode": beyond,
        "align_corners": call.integer("align_corners"),
    }
    return done(a, call, "GridSample", [value, grid], attrs)


def _resample(a: Assembly, call: Call) -> list[Operand] | None:
    return _sampled(a, call, call.operand("x"), call.operand("coordinates"))


def _affine(a: Assembly, call: Call) -> list[Operand] | None:
    value, matrix = call.operand("x"), call.operand("transform_matrix")
    shape = a.shape(value)
    if shape is None or len(shape) != 4 or None in shape:
        return None
    size = (*shape[:2], call.integer("output_height"), call.integer("output_width"))
    theta = a.reshape(matrix, (shape[0], 2, 3), call.name)
    target = Tensor("int64", (4,), size)
    attrs: dict[str, Attr] = {"align_corners": call.integer("align_corners")}
    grid = put(a, call, "AffineGrid", [theta, target], attrs)
    return _sampled(a, call, value, grid)


def _pad(a: Assembly, call: Call) -> list[Operand] | None:
    value, borders = call.operand("x"), call.integers("pad")
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
    mode, rank = modes.get(call.text("mode", "constant")), a.rank(value)
    if mode is None or rank is None or len(borders) % 2 or len(borders) > 2 * rank:
        return None
    full = (*(0,) * (2 * rank - len(borders)), *borders)
    # many borders lie with the weights, which stay closed
    widths = ints(paired(full)) if borders else Tensor("int64", (2 * rank,))
    inputs: list[Operand] = [value, widths]
    if mode == "constant":
        inputs.append(call.operand("constant_val") or real(0.0))
    return done(a, call, "Pad", inputs, {"mode": mode})


def _crop(a: Assembly, call: Call) -> list[Operand] | None:
    height, width = call.integers("crop_height"), call.integers("crop_width")
    if len(height) != 2 or len(width) != 2:
        return None
    ends = [-end if end else LAST for end in (height[1], width[1])]
    bounds = [ints([height[0], width[0]]), ints(ends), ints([-2, -1])]
    return done(a, call, "Slice", [call.operand("x"), *bounds])


def _unshuffle(a: Assembly, call: Call) -> list[Operand] | None:
    """Blocks of pixels to channels, the channel first: what undoes DepthToSpace in CRD mode."""
    value, block = call.operand("x"), call.integer("downscale_factor", 1)
    shape, target = a.shape(value), call.shapes[0]
    if shape is None or len(shape) != 4 or target is None or block < 1:
        return None
    batch, channels, height, width = shape
    rows = None if height is None else height // block
    columns = None if width is None else width // block
    cut = a.reshape(value, (batch, channels, rows, block, columns, block), call.name)
    moved = a.transpose(cut, (0, 1, 3, 5, 2, 4), call.name)
    return [a.reshape(moved, target, call.name)]


def _blocks(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {"blocksize": call.integer("block_size", 1)}
    if call.kind == "pixel_shuffle":
        attrs = {"blocksize": call.integer("upscale_factor", 1), "mode": "CRD"}
    op = "SpaceToDepth" if call.kind == "space_to_depth" else "DepthToSpace"
    return done(a, call, op, [call.operand("x")], attrs)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "conv": _conv,
        "pool": _pool,
        "resize": _resize,
        "resample": _resample,
        "affine": _affine,
        "pad": _pad,
        "crop": _crop,
        "unshuffle": _unshuffle,
        "blocks": _blocks,
    }
)
