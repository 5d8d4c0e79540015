"""Layers of neural networks that work on images: windows, norms over channels, resampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints, reshaped
from genescan.converters.coreml_arith import constant_like, l2_normalised, normalised
from genescan.converters.coreml_emit import FIRST, LAST, done, put, real, shape_of, size_of
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Operand, Tensor


def borders(call: Call, path: str) -> tuple[int, int, int, int]:
    """Border amounts of height and width: top, bottom, left, right."""
    top, bottom, left, right = (
        call.integer(f"{path}.borderAmounts.{axis}.{edge}EdgeSize")
        for axis in (0, 1)
        for edge in ("start", "end")
    )
    return top, bottom, left, right


def weight(call: Call, slot: str, shape: Dims) -> Operand:
    """A weight of the layer under the shape that the layer gives it."""
    value = call.operand(slot)
    if not isinstance(value, Tensor):
        return value
    fits = value.data is not None and math.prod(s or 0 for s in shape) == len(value.data)
    made = reshaped(value, shape)
    return made if fits else Tensor(made.dtype, shape, None, made.name, made.payload)


def stored(call: Call, slot: str, shape: Dims) -> Tensor:
    """A weight that the layer must have; of one that the file leaves out the shape is known."""
    value = weight(call, slot, shape)
    return value if isinstance(value, Tensor) else Tensor("float32", shape, None, call.name)


def imaged(
    a: Assembly, call: Call, rank: int, work: Callable[[Operand], list[Operand]]
) -> list[Operand]:
    """Work over a value of `rank` axes: leading ones beyond it are a batch like the first."""
    value = call.operand("x")
    shape = a.shape(value)
    if shape is None or len(shape) == rank:
        return work(value)
    if len(shape) < rank:
        lead = ints(range(rank - len(shape)))
        made = work(put(a, call, "Unsqueeze", [value, lead]))
        return [put(a, call, "Squeeze", [out, lead]) for out in made]
    extra = len(shape) - rank + 1
    lead_sizes = shape[:extra]
    known = [s for s in lead_sizes if s is not None]
    merged = math.prod(known) if len(known) == extra else None
    flat = a.reshape(value, (merged if merged is not None else -1, *shape[extra:]), call.name)
    results = []
    for made_value in work(flat):
        inner = a.shape(made_value)
        rest: Dims = (None,) * (rank - 1) if inner is None else inner[1:]
        if len(known) < extra or None in rest:
            rest = tuple(0 if s is None else s for s in rest)
        results.append(a.reshape(made_value, (*lead_sizes, *rest), call.name))
    return results


def _window(call: Call, dilated: bool) -> dict[str, Attr]:
    attrs: dict[str, Attr] = {
        "kernel_shape": call.integers("kernelSize") or (3, 3),
        "strides": call.integers("stride") or (1, 1),
    }
    if dilated:
        attrs["dilations"] = call.integers("dilationFactor") or (1, 1)
    kind = call.text("ConvolutionPaddingType") or call.text("PoolingPaddingType")
    if kind == "same":
        heavy = call.text("same.asymmetryMode")
        attrs["auto_pad"] = "SAME_LOWER" if heavy == "TOP_LEFT_HEAVY" else "SAME_UPPER"
    elif kind == "includeLastPixel":
        attrs["pads"] = (call.integers("includeLastPixel.paddingAmounts") or (0, 0)) * 2
        attrs["ceil_mode"] = 1
    else:
        top, bottom, left, right = borders(call, "valid.paddingAmounts")
        attrs["pads"] = (top, left, bottom, right)
    return attrs


def _convolution(a: Assembly, call: Call) -> list[Operand]:
    groups = call.integer("nGroups") or 1
    channels, inner = call.integer("outputChannels"), call.integer("kernelChannels")
    turned = bool(call.integer("isDeconvolution"))
    attrs = {**_window(call, not turned), "group": groups}
    kernel = call.integers("kernelSize") or (3, 3)
    shape = (inner, channels // groups, *kernel) if turned else (channels, inner, *kernel)
    return _convolved(a, call, attrs, shape, turned)


def _convolved(
    a: Assembly, call: Call, attrs: dict[str, Attr], shape: Dims, turned: bool
) -> list[Operand]:
    computed = call.operands("x")[1:2]  # a kernel that the network itself makes
    inputs = computed or [stored(call, "weights", shape)]
    if call.integer("hasBias"):
        inputs.append(stored(call, "bias", (call.integer("outputChannels"),)))
    if turned and (target := call.integers("outputShape")):
        attrs["output_shape"] = target[-(len(shape) - 2) :]
    op = "ConvTranspose" if turned else "Conv"
    return imaged(a, call, len(shape), lambda x: done(a, call, op, [x, *inputs], attrs))


_DEPTH = ("Depth", "Height", "Width")


def _window3(call: Call, dilated: bool) -> dict[str, Attr]:
    attrs: dict[str, Attr] = {
        "kernel_shape": tuple(call.integer(f"kernel{axis}") or 1 for axis in _DEPTH),
        "strides": tuple(call.integer(f"stride{axis}") or 1 for axis in _DEPTH),
    }
    if dilated:
        attrs["dilations"] = tuple(call.integer(f"dilation{axis}") or 1 for axis in _DEPTH)
    if call.text("paddingType") == "SAME":
        attrs["auto_pad"] = "SAME_UPPER"
    elif call.text("paddingType") == "CUSTOM":
        edges = ("Front", "Top", "Left", "Back", "Bottom", "Right")
        attrs["pads"] = tuple(call.integer(f"customPadding{edge}") for edge in edges)
    return attrs


def _convolution3(a: Assembly, call: Call) -> list[Operand]:
    groups, turned = call.integer("nGroups") or 1, bool(call.integer("isDeconvolution"))
    channels, inner = call.integer("outputChannels"), call.integer("inputChannels")
    attrs = {**_window3(call, not turned), "group": groups}
    kernel = tuple(call.integer(f"kernel{axis}") or 1 for axis in _DEPTH)
    shape = (inner, channels // groups) if turned else (channels, inner // groups)
    return _convolved(a, call, attrs, (*shape, *kernel), turned)


_POOLS = {"MAX": "MaxPool", "AVERAGE": "AveragePool", "L2": "LpPool"}


def _pooling(a: Assembly, call: Call) -> list[Operand]:
    op = _POOLS.get(call.text("type"), "MaxPool")
    attrs: dict[str, Attr] = {"p": 2} if op == "LpPool" else {}
    if call.integer("globalPooling"):
        return imaged(a, call, 4, lambda x: done(a, call, f"Global{op}", [x], attrs))
    attrs |= _window(call, False)
    if op == "AveragePool":
        attrs["count_include_pad"] = int(not call.integer("avgPoolExcludePadding"))
    return imaged(a, call, 4, lambda x: done(a, call, op, [x], attrs))


def _pooling3(a: Assembly, call: Call) -> list[Operand]:
    op = _POOLS.get(call.text("type"), "MaxPool")
    attrs = _window3(call, False)
    if op == "AveragePool":
        attrs["count_include_pad"] = int(not call.integer("countExcludePadding"))
    return imaged(a, call, 5, lambda x: done(a, call, op, [x], attrs))


def _global_pooling3(a: Assembly, call: Call) -> list[Operand]:
    op = f"Global{_POOLS.get(call.text('type'), 'MaxPool')}"
    return imaged(a, call, 5, lambda x: done(a, call, op, [x]))


def _batchnorm(a: Assembly, call: Call) -> list[Operand]:
    channels = call.integer("channels")
    epsilon: dict[str, Attr] = {"epsilon": call.real("epsilon") or 1e-5}
    names = ("gamma", "beta", "mean", "variance")
    values = [weight(call, name, (channels,)) for name in names]
    for index, name in enumerate(names):
        if values[index] is None:
            filled = 1.0 if name in ("gamma", "variance") else 0.0
            values[index] = constant_like(channels, filled)
    if not call.integer("computeMeanVar"):
        return imaged(
            a, call, 4, lambda x: done(a, call, "BatchNormalization", [x, *values], epsilon)
        )
    if call.integer("instanceNormalization"):
        own = values[:2]
        return imaged(
            a, call, 4, lambda x: done(a, call, "InstanceNormalization", [x, *own], epsilon)
        )

    def over_batch(value: Operand) -> list[Operand]:
        made = normalised(a, call, value, (0, 2, 3), call.real("epsilon") or 1e-5)
        gamma, beta = (weight(call, name, (channels, 1, 1)) for name in ("gamma", "beta"))
        if gamma is not None:
            made = put(a, call, "Mul", [made, gamma])
        return [made if beta is None else put(a, call, "Add", [made, beta])]

    return imaged(a, call, 4, over_batch)


def _mvn(a: Assembly, call: Call) -> list[Operand]:
    """Along all axes of an image or of a channel; along those that are not one, which is equal."""
    value, epsilon = call.operand("x"), call.real("epsilon") or 1e-6
    axes: tuple[int, ...] = (-3, -2, -1) if call.integer("acrossChannels") else (-2, -1)
    shape = a.shape(value)
    if shape is not None and len(shape) >= len(axes):
        axes = tuple(axis for axis in axes if shape[axis] != 1) or axes[-1:]
    attrs: dict[str, Attr] = {"axes": axes, "keepdims": 1}
    if not call.integer("normalizeVariance"):
        return done(a, call, "Sub", [value, put(a, call, "ReduceMean", [value], attrs)])
    if shape is not None and len(shape) == 4 and axes == (-2, -1) and shape[1] is not None:
        affine = [constant_like(shape[1], n) for n in (1.0, 0.0)]
        return done(a, call, "InstanceNormalization", [value, *affine], {"epsilon": epsilon})
    return [normalised(a, call, value, axes, epsilon)]


def _l2(a: Assembly, call: Call) -> list[Operand]:
    return l2_normalised(a, call, call.operand("x"), call.real("epsilon") or 1e-6)


def _lrn(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "size": call.integer("localSize"),
        "alpha": call.real("alpha"),
        "beta": call.real("beta"),
        "bias": call.real("k") or 1.0,
    }
    return imaged(a, call, 4, lambda x: done(a, call, "LRN", [x], attrs))


def _crop(a: Assembly, call: Call) -> list[Operand]:
    values = call.operands("x")
    if len(values) < 2:
        top, bottom, left, right = borders(call, "cropAmounts")
        ends = [-edge if edge else LAST for edge in (bottom, right)]
        cut = [ints([top, left]), ints(ends), ints([-2, -1])]
        return done(a, call, "Slice", [values[0], *cut])
    offset = call.integers("offset") or (0, 0)
    sizes = [size_of(a, call, values[1], axis) for axis in (-2, -1)]
    if all(isinstance(s, Tensor) for s in sizes):
        ends = [int(s.scalar or 0) + o for s, o in zip(sizes, offset, strict=False)
                if isinstance(s, Tensor)]  # fmt: skip
        bounds: list[Operand] = [ints(offset), ints(ends)]
    else:
        whole = put(a, call, "Concat", sizes, {"axis": 0})
        bounds = [ints(offset), put(a, call, "Add", [whole, ints(offset)])]
    return done(a, call, "Slice", [values[0], *bounds, ints([-2, -1])])


def _padded(
    a: Assembly, call: Call, begins: Sequence[int], ends: Sequence[int], mode: str, value: float
) -> list[Operand] | None:
    rank = a.rank(call.operand("x"))
    if rank is None or rank < len(begins):
        return None
    lead = (0,) * (rank - len(begins))
    inputs: list[Operand] = [call.operand("x"), ints((*lead, *begins, *lead, *ends))]
    if mode == "constant":
        inputs.append(real(value))
    return done(a, call, "Pad", inputs, {"mode": mode})


def _padding(a: Assembly, call: Call) -> list[Operand] | None:
    modes = {"reflection": "reflect", "replication": "edge"}
    mode = modes.get(call.text("PaddingType"), "constant")
    top, bottom, left, right = borders(call, "paddingAmounts")
    return _padded(a, call, (top, left), (bottom, right), mode, call.real("constant.value"))


def _constant_pad(a: Assembly, call: Call) -> list[Operand] | None:
    amounts = call.integers("padAmounts")
    if len(call.operands("x")) > 1 or call.integer("padToGivenOutputSizeMode"):
        return None
    return _padded(a, call, amounts[0::2], amounts[1::2], "constant", call.real("value"))


def _upsample(a: Assembly, call: Call) -> list[Operand]:
    scales = call.attrs.get("fractionalScalingFactor") or call.attrs.get("scalingFactor") or (1, 1)
    numbers = [s for s in scales if isinstance(s, int | float)] if isinstance(scales, tuple) else []
    given = tuple(map(float, numbers))
    linear = call.text("mode") == "BILINEAR"
    grids = {"ALIGN_CORNERS_TRUE": "align_corners", "ALIGN_CORNERS_FALSE": "half_pixel"}
    grid = grids.get(call.text("linearUpsampleMode"), "asymmetric")
    return _resized(a, call, None, given, linear, grid)


def _resized(
    a: Assembly, call: Call, target: Sequence[int] | None, scales: Sequence[float],
    linear: bool, grid: str,
) -> list[Operand]:  # fmt: skip
    value, shape = call.operand("x"), a.shape(call.operand("x"))
    rank = 4 if shape is None else len(shape)
    attrs: dict[str, Attr] = {
        "mode": "linear" if linear else "nearest",
        "coordinate_transformation_mode": grid,
    }
    if not linear:
        attrs["nearest_mode"] = "floor"
    if target is not None:
        lead = put(a, call, "Slice", [shape_of(a, call, value), ints([0]), ints([rank - 2])])
        sizes: Operand = put(a, call, "Concat", [lead, ints(target)], {"axis": 0})
        if shape is not None and None not in shape[:-2]:
            sizes = ints([*(s or 0 for s in shape[:-2]), *target])
        made = put(a, call, "Resize", [value, None, None, sizes], attrs)
    else:
        full = Tensor("float32", (rank,), (*(1.0,) * (rank - 2), *scales))
        made = put(a, call, "Resize", [value, None, full], attrs)
    return [made]


_GRIDS = {
    "STRICT_ALIGN_ENDPOINTS_MODE": "align_corners",
    "ALIGN_ENDPOINTS_MODE": "align_corners",
    "UPSAMPLE_MODE": "asymmetric",
    "ROI_ALIGN_MODE": "half_pixel",
}


def _resize(a: Assembly, call: Call) -> list[Operand]:
    grid = _GRIDS.get(call.text("mode.samplingMethod"), "align_corners")
    return _resized(a, call, call.integers("targetSize") or (1, 1), (), True, grid)


def _reorganise(a: Assembly, call: Call) -> list[Operand]:
    mode = call.text("mode")
    attrs: dict[str, Attr] = {"blocksize": call.integer("blockSize")}
    if mode == "PIXEL_SHUFFLE":
        attrs["mode"] = "CRD"
    op = "SpaceToDepth" if mode == "SPACE_TO_DEPTH" else "DepthToSpace"
    return imaged(a, call, 4, lambda x: done(a, call, op, [x], attrs))


def _slice(a: Assembly, call: Call) -> list[Operand]:
    axis = {"CHANNEL_AXIS": -3, "HEIGHT_AXIS": -2, "WIDTH_AXIS": -1}.get(call.text("axis"), -3)
    axis %= a.rank(call.operand("x")) or 4
    bounds = [call.integer("startIndex"), call.integer("endIndex"), axis]
    step = ints([call.integer("stride") or 1])
    return done(a, call, "Slice", [call.operand("x"), *(ints([b]) for b in bounds), step])


def _reverse(a: Assembly, call: Call) -> list[Operand]:
    axes = [axis for axis, flag in enumerate(call.integers("reverseDim")) if flag]
    count = len(axes)
    if not axes:
        return done(a, call, "Identity", [call.operand("x")])
    ends = [ints([-1] * count), ints([FIRST] * count), ints(axes), ints([-1] * count)]
    return done(a, call, "Slice", [call.operand("x"), *ends])


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "convolution": _convolution,
        "convolution3d": _convolution3,
        "pooling": _pooling,
        "pooling3d": _pooling3,
        "globalPooling3d": _global_pooling3,
        "batchnorm": _batchnorm,
        "mvn": _mvn,
        "l2normalize": _l2,
        "lrn": _lrn,
        "crop": _crop,
        "padding": _padding,
        "constantPad": _constant_pad,
        "upsample": _upsample,
        "resizeBilinear": _resize,
        "reorganizeData": _reorganise,
        "slice": _slice,
        "reverse": _reverse,
    }
)
