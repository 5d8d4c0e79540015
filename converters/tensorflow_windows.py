"""Rules for operators that slide a window or resize: layouts become transposes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from genescan.converters.assembly import Assembly
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import Layout, constant
from genescan.graph import Attr, Dims, Edge, Operand, Tensor


def _kernel(weight: Operand, assembly: Assembly, rank: int) -> Operand:
    return assembly.kernel(weight, "HWIO" if rank == 4 else "DHWIO")


def _window(weight: Dims | None, attrs: dict[str, Attr]) -> dict[str, Attr]:
    """Attributes with the window's size, where the weight tells it (out, in, window)."""
    if weight is not None and None not in weight[2:]:
        attrs["kernel_shape"] = cast("tuple[int, ...]", weight[2:])
    return attrs


def _weighted(assembly: Assembly, call: Call) -> int:
    rank = assembly.rank(call.operand(1))
    return rank if rank in (4, 5) else 5 if "3D" in call.kind else 4


def conv(assembly: Assembly, call: Call) -> list[Operand]:
    """A convolution; operands: x, weight."""
    layout = Layout(assembly, call, _weighted(assembly, call))
    data = layout.first(call.inputs[0])
    weight = _kernel(call.inputs[1], assembly, layout.rank)
    attrs: dict[str, Attr] = {
        "strides": layout.window("strides"),
        "dilations": layout.window("dilations"),
    }
    given, shape = assembly.shape(data), assembly.shape(weight)
    channels = given[1] if given is not None and len(given) > 1 else None
    each = shape[1] if shape is not None and len(shape) > 1 else None
    group = channels // each if channels and each and not channels % each else 1
    attrs = _window(shape, {**attrs, **layout.padding(), "group": group})
    edge = assembly.emit("Conv", [data, weight], attrs, name=call.name)
    return [layout.back(edge)]


def depthwise(assembly: Assembly, call: Call) -> list[Operand]:
    """A depthwise convolution: the weight is window, channels, multiplier."""
    layout = Layout(assembly, call, 4)
    data, given = layout.first(call.inputs[0]), call.inputs[1]
    shape = assembly.shape(given)
    if shape is None or len(shape) != 4:
        shape = (None,) * 4
    made = (shape[2] * shape[3] if None not in shape[2:] else None, 1, shape[0], shape[1])  # type: ignore[operator]
    weight = assembly.reshape(assembly.transpose(given, (2, 3, 0, 1), call.name), made, call.name)
    attrs: dict[str, Attr] = {
        "strides": layout.window("strides"),
        "dilations": layout.window("dilations"),
        "group": shape[2] or _channels(assembly, data) or 2,
    }
    attrs = _window(assembly.shape(weight), {**attrs, **layout.padding()})
    edge = assembly.emit("Conv", [data, weight], attrs, name=call.name)
    return [layout.back(edge)]


def _channels(assembly: Assembly, data: Operand) -> int | None:
    shape = assembly.shape(data)
    return shape[1] if shape is not None and len(shape) > 1 else None


def conv_transpose(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A transposed convolution; operands: size of the result, weight, x."""
    if len(call.inputs) != 3:
        return None
    layout = Layout(assembly, call, _weighted(assembly, call))
    size, given, value = call.inputs
    data, weight = layout.first(value), _kernel(given, assembly, layout.rank)
    strides = layout.window("strides")
    attrs: dict[str, Attr] = {"strides": strides, "dilations": layout.window("dilations")}
    attrs = _window(assembly.shape(weight), {**attrs, **layout.padding()})
    wanted = layout.picked(constant(size) or ())
    shape, before = assembly.shape(weight), assembly.shape(data)
    spatial: Dims = (None,) * (layout.rank - 2)
    if len(constant(size) or ()) in (layout.rank, layout.rank - 2):
        attrs["output_shape"], spatial = wanted, wanted
    elif call.text("padding") == "SAME" and before is not None and len(before) == layout.rank:
        steps = zip(before[2:], strides, strict=True)
        spatial = tuple(None if n is None else n * step for n, step in steps)
    made = (before[0] if before else None, shape[1] if shape else None, *spatial)
    edge = assembly.emit("ConvTranspose", [data, weight], attrs, name=call.name, shapes=(made,))
    return [layout.back(edge)]


def max_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Pooling; its second version has sizes as operands."""
    attrs = dict(call.attrs)
    for name, operand in zip(("ksize", "strides"), call.inputs[1:3], strict=False):
        sizes = constant(operand)
        if sizes is None:
            return None
        attrs[name] = sizes
    told = Call(call.kind, call.name, call.inputs[:1], (), attrs, call.shapes)
    return _pool(assembly, told, "MaxPool", {})


def average_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The mean of what lies inside the image."""
    return _pool(assembly, call, "AveragePool", {"count_include_pad": 0})


def _pool(
    assembly: Assembly, call: Call, op: str, attrs: Mapping[str, Attr], outputs: int = 1
) -> list[Operand] | None:
    sizes = call.integers("ksize")
    if len(sizes) not in (4, 5):
        return None
    layout = Layout(assembly, call, len(sizes))
    window, strides = layout.window("ksize"), layout.window("strides")
    if math.prod(sizes) != math.prod(window):
        return None  # over channels or the batch
    made = {"kernel_shape": window, "strides": strides, **layout.padding(), **attrs}
    data = layout.first(call.inputs[0])
    edge = assembly.emit(op, [data], made, name=call.name, outputs=outputs)
    return [layout.back(Edge(edge.source, port)) for port in range(outputs)]


def max_pool_indices(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Pooling that also tells where each maximum was."""
    return _pool(assembly, call, "MaxPool", {}, 2)


def patches(assembly: Assembly, call: Call) -> list[Operand] | None:
    """What a window shows at each place, as channels."""
    if len(call.integers("ksizes")) != 4:
        return None
    layout = Layout(assembly, call, 4)
    attrs: dict[str, Attr] = {
        "kernel_shape": layout.window("ksizes"), "strides": layout.window("strides"),
        "dilations": layout.window("rates"), **layout.padding(),
    }  # fmt: skip
    data = layout.first(call.inputs[0])
    return [layout.back(assembly.emit("Im2Col", [data], attrs, name=call.name))]


def depth_to_space(assembly: Assembly, call: Call) -> list[Operand]:
    """Blocks of the image to channels, or back."""
    layout = Layout(assembly, call, 4)
    attrs: dict[str, Attr] = {"blocksize": call.integer("block_size", 2)}
    if call.kind == "DepthToSpace":
        attrs["mode"] = "DCR"
    return [
        layout.back(assembly.emit(call.kind, [layout.first(call.inputs[0])], attrs, name=call.name))
    ]


def resize(assembly: Assembly, call: Call) -> list[Operand]:
    """An image in another size; operands: x, height and width."""
    modes = {
        "ResizeBilinear": "linear",
        "ResizeNearestNeighbor": "nearest",
        "ResizeBicubic": "cubic",
    }
    attrs: dict[str, Attr] = {"mode": modes.get(call.kind, "linear")}
    attrs["coordinate_transformation_mode"] = (
        "align_corners" if call.attrs.get("align_corners")
        else "half_pixel" if call.attrs.get("half_pixel_centers") else "asymmetric"
    )  # fmt: skip
    if call.kind == "ResizeNearestNeighbor":
        attrs["nearest_mode"] = "floor"
    data = assembly.channels_first(call.inputs[0], 4, call.name)
    before, wanted = assembly.shape(data) or (None,) * 4, constant(call.operand(1))
    after: Dims = (*before[:2], *(wanted if wanted and len(wanted) == 2 else (None, None)))
    if wanted is not None:
        sizes: Operand = Tensor("int64", (4,), after)
    else:
        whole = assembly.emit("Shape", [data], shapes=((4,),))
        kept = assembly.emit("Slice", [whole, *(_one(i) for i in (0, 2, 0))], shapes=((2,),))
        sizes = assembly.emit("Concat", [kept, call.operand(1)], {"axis": 0}, shapes=((4,),))
    edge = assembly.emit(
        "Resize", [data, None, None, sizes], attrs, name=call.name, shapes=(after,)
    )
    return [assembly.channels_last(edge, 4, call.name)]


def _one(value: int) -> Tensor:
    return Tensor("int64", (1,), (value,))


RULES: Mapping[str, Rule] = {
    "conv": conv,
    "depthwise": depthwise,
    "conv_transpose": conv_transpose,
    "max_pool": max_pool,
    "patches": patches,
    "max_pool_indices": max_pool_indices,
    "average_pool": average_pool,
    "depth_to_space": depth_to_space,
    "resize": resize,
}
