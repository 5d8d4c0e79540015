"""Slide windows over as many axes as there are: an image of height one is a sequence.

Frameworks without one-dimensional convolutions and pools give their data an axis of size one and
slide a window over two. Where the window has size one along an axis of size one, that axis does
nothing. An image of one pixel stays an image. A pool whose only window is the whole image is
global pooling.

Before:
    x = Input(shape=[1, 4, 1, 64])
    y = Conv(x, w[8, 4, 1, 5], kernel_shape=[1, 5], strides=[1, 2])

After:
    x = Input(shape=[1, 4, 1, 64])
    a = Conv(Squeeze(x, int64([2])), w[8, 4, 5], kernel_shape=[5], strides=[2])
    y = Unsqueeze(a, int64([2]))
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor

_WEIGHTED = ("Conv", "ConvTranspose")
_WINDOWS = (*_WEIGHTED, "MaxPool", "AveragePool", "LpPool")
_GLOBAL = {"MaxPool": "GlobalMaxPool", "AveragePool": "GlobalAveragePool"}
_PER_AXIS = ("kernel_shape", "strides", "dilations", "output_padding", "output_shape")


def run(draft: Draft) -> None:
    """Name global pooling, and narrow every window over a plane of height or width one."""
    for op in _GLOBAL:
        for node in draft.of(op):
            _whole(draft, node)
    for node in draft.of("ReduceMean", "ReduceMax"):
        _flat(draft, node)
    for op in _WINDOWS:
        for node in draft.of(op):
            axis = _idle(node)
            if axis is not None:
                _narrow(draft, node, axis)


def _whole(draft: Draft, node: Draft.Node) -> None:
    """The only window of a pool is the whole image."""
    value, kernel, result = node.inputs[0], node.ints("kernel_shape"), node.out.shape
    shape = value.shape if isinstance(value, Value) else None
    if shape is None or result is None or kernel is None or shape[2:] != kernel:
        return
    alone = all(out.dead for out in node.outputs[1:])  # places of maxima are another output
    spread = any(step != 1 for step in node.ints("dilations") or ())
    padded = any(node.ints("pads") or ())
    if alone and not spread and not padded and all(size == 1 for size in result[2:]):
        draft.retype(node, _GLOBAL[node.op], {})


def _flat(draft: Draft, node: Draft.Node) -> None:
    """A reduction over an axis of one that was put in for it, and others: over the others."""
    value = node.inputs[0]
    wide = value.node if isinstance(value, Value) and value.node.op == "Unsqueeze" else None
    source = None if wide is None else wide.inputs[0]
    if wide is None or not isinstance(source, Value) or source.rank is None:
        return
    rank = source.rank + 1
    put, axes = _axes_of(wide), _axes_of(node)
    if put is None or len(put) != 1 or not axes or any(not -rank <= a < rank for a in axes):
        return
    place, taken = put[0] % rank, sorted(axis % rank for axis in axes)
    if place not in taken or len(taken) < 2:
        return
    over = tuple(axis - (axis > place) for axis in taken if axis != place)
    draft.set_inputs(node, [source])
    draft.retype(node, node.op, {**node.attrs, "axes": over})
    if node.attrs.get("keepdims", 1):
        out = node.out
        again = draft.add("Unsqueeze", [], before=node.next, origin=(node,), shapes=(out.shape,))
        draft.replace(out, again.out)
        out.shape = None if out.shape is None else (*out.shape[:place], *out.shape[place + 1 :])
        draft.set_inputs(again, [out, Tensor("int64", (1,), (place,))])
    draft.prune([wide.out], "axis of one")


def _axes_of(node: Draft.Node) -> tuple[int, ...] | None:
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    return shapes.known(shapes.operand(node.attrs, "axes", constants, 1))


def _kernel(node: Draft.Node) -> Dims | None:
    """The extent of a window."""
    if node.op not in _WEIGHTED:
        return node.ints("kernel_shape")
    weight = node.arg(1)
    return weight.shape[2:] if isinstance(weight, Tensor) and weight.shape else None


def _idle(node: Draft.Node) -> int | None:
    """The only axis of a plane along which nothing happens, counted from the batch."""
    value, kernel = node.inputs[0], _kernel(node)
    shape = value.shape if isinstance(value, Value) else None
    if shape is None or kernel is None or len(shape) != 4 or len(kernel) != 2:
        return None
    if len([out for out in node.outputs if not out.dead]) > 1:
        return None  # places of maxima are counted over the plane
    if "output_shape" in node.attrs and len(node.ints("output_shape") or ()) != 2:
        return None
    found = [axis for axis in (0, 1) if shape[2 + axis] == 1 and kernel[axis] == 1]
    if len(found) != 1 or shape[3 - found[0]] == 1 or _one_pixel(value, shape[1]):
        return None
    axis = found[0]
    pads, strides = node.ints("pads") or (0,) * 4, node.ints("strides") or (1, 1)
    padded = len(pads) != 4 or pads[axis] or pads[axis + 2]
    widened = node.op == "ConvTranspose" and strides[axis] != 1
    return None if padded or widened or len(strides) != 2 else axis + 2


def _one_pixel(value: Arg, channels: int | None) -> bool:
    """Whether borders were put around one pixel of so many channels."""
    while isinstance(value, Value) and value.node.op == "Transpose":
        value = value.node.inputs[0]
    source = value.node.inputs[0] if isinstance(value, Value) and value.node.op == "Pad" else None
    sizes = source.shape if isinstance(source, Value) else None
    return sizes is not None and [size for size in sizes[1:] if size != 1] == [channels]


def _narrow(draft: Draft, node: Draft.Node, axis: int) -> None:
    source, out = node.inputs[0], node.out
    axes = Tensor("int64", (1,), (axis,))
    shape = source.shape if isinstance(source, Value) else None
    flat = draft.add(
        "Squeeze", [source, axes], before=node, origin=(node,), shapes=(_without(shape, axis),)
    )
    attrs: dict[str, Attr] = dict(node.attrs)
    for name in _PER_AXIS:
        values = shapes.known(attrs.get(name))
        if values is not None and len(values) == 2:
            attrs[name] = (values[3 - axis],)
    pads = shapes.known(attrs.get("pads"))
    if pads is not None:
        attrs["pads"] = (pads[3 - axis], pads[5 - axis])
    wide = draft.add("Unsqueeze", [], before=node.next, origin=(node,), shapes=(out.shape,))
    draft.replace(out, wide.out)
    out.shape = _without(out.shape, axis)
    draft.set_inputs(wide, [out, axes])
    weight = node.arg(1) if node.op in _WEIGHTED else None
    draft.set_input(node, 0, flat.out)
    if isinstance(weight, Tensor):
        slim = _without(weight.shape, axis)
        draft.set_input(
            node, 1, Tensor(weight.dtype, slim, weight.data, weight.name, weight.payload)
        )
    draft.retype(node, node.op, attrs)


def _without(shape: Dims | None, axis: int) -> Dims | None:
    return None if shape is None or len(shape) != 4 else (*shape[:axis], *shape[axis + 1 :])
