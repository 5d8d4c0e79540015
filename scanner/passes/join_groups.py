"""Join convolutions of the parts of a value into one of groups.

Older runtimes have no grouped convolution, so converters cut the channels apart, convolve each part
and join what comes out: by definition one convolution of as many groups.

Before:
    x = Input(shape=[1, 8, 7, 7])
    a = Conv(Slice(x, starts=[0], ends=[4], axes=[1]), w[6, 4, 3, 3])
    b = Conv(Slice(x, starts=[4], ends=[8], axes=[1]), w[6, 4, 3, 3])
    y = Concat(a, b, axis=1)

After:
    x = Input(shape=[1, 8, 7, 7])
    y = Conv(x, w[12, 4, 3, 3], group=2)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor
from genescan.passes import fold_constants


class _Group(NamedTuple):
    """A convolution of one part."""

    conv: Draft.Node
    cut: Draft.Node
    source: Value
    order: int
    """Where the part begins."""
    alike: tuple[object, ...]
    """What all groups have in common."""


def run(draft: Draft) -> None:
    """Look at every Concat of convolutions."""
    for node in draft.of("Concat"):
        groups = [_group(arg, node) for arg in node.inputs]
        found = [group for group in groups if group is not None]
        if len(found) != len(groups) or len(groups) < 2:
            continue
        for each in (*(n for group in found for n in (group.cut, group.conv)), node):
            if not any(each.via.values()):
                fold_constants.learn_shapes(each)
        shape = found[0].conv.out.shape
        if shape is not None and _in_order(found) and _along_channels(node, shape):
            _join(draft, node, found)


def _group(arg: Arg, node: Draft.Node) -> _Group | None:
    conv = arg.node if isinstance(arg, Value) and arg.sole_user is node else None
    if conv is None or conv.op != "Conv" or conv.attrs.get("group", 1) != 1:
        return None
    cut = conv.dynamic[0].node if len(conv.dynamic) == 1 else None
    weight = conv.arg(1)
    if cut is None or cut.op != "Slice" or not isinstance(weight, Tensor):
        return None
    size = weight.shape[1] if weight.shape and len(weight.shape) > 2 else None
    begins = _begins(cut, _turned(1, conv.via.get(0, ())), size)
    source = cut.inputs[0]
    if begins is None or not isinstance(source, Value) or size is None or source.shape is None:
        return None
    biases = tuple(b.shape if isinstance(b, Tensor) else None for b in conv.inputs[2:])
    ways = (conv.via.get(0, ()), cut.via.get(0, ()))
    alike = (id(source), weight.shape, biases, sorted(conv.attrs.items(), key=repr), ways)
    return _Group(conv, cut, source, begins // size, alike)


def _begins(cut: Draft.Node, axis: int | None, size: int | None) -> int | None:
    """The first channel of a part of this size, where it is cut along this axis."""
    source = cut.inputs[0]
    if axis is None or size is None or not isinstance(source, Value) or source.rank is None:
        return None
    axes = cut.ints("axes") or cut.ints("axis") or ()
    if [each % source.rank for each in axes] != [axis]:
        return None
    part, starts = cut.attrs.get("part"), cut.ints("starts")
    if "parts" in cut.attrs:
        return part * size if isinstance(part, int) else None
    first = starts[0] if starts and (cut.ints("steps") or (1,)) == (1,) else None
    return first if first is not None and first >= 0 and not first % size else None


def _turned(axis: int, labels: Sequence[str]) -> int | None:
    """An axis behind some movement as it was counted before."""
    for label in reversed(labels):
        if label in ("Cast", "Quantize", "Dequantize", "quantised"):
            continue
        order = label[10:-1].split(",") if label.startswith("Transpose(") else []
        if axis >= len(order) or not order[axis].isdecimal():
            return None
        axis = int(order[axis])
    return axis


def _in_order(groups: Sequence[_Group]) -> bool:
    """Whether the parts are all of a value, one after the other, and treated alike."""
    first = groups[0]
    axis = _turned(1, first.conv.via.get(0, ()))
    weight = first.conv.inputs[1]
    if axis is None or not isinstance(weight, Tensor) or weight.shape is None:
        return False
    sizes, width = first.source.shape or (), weight.shape[1]
    whole = _turned(axis, first.cut.via.get(0, ()))
    if whole is None or whole >= len(sizes) or width is None or sizes[whole] != width * len(groups):
        return False
    same = all(group.alike == first.alike for group in groups)
    return same and [group.order for group in groups] == list(range(len(groups)))


def _along_channels(node: Draft.Node, made: Dims) -> bool:
    """Whether what convolutions make is joined along its channels: these are more, all else stays.

    The sizes tell, since the axis may be counted as before what turns the values.
    """
    ways = {node.via.get(position, ()) for position in range(len(node.inputs))}
    if len(ways) != 1 or made[1] is None:
        return False
    places = [_turned(axis, *ways) for axis in range(len(made))]
    wide = (made[0], made[1] * len(node.inputs), *made[2:])
    return node.out.shape == tuple(wide[axis] for axis in places if axis is not None)


def _join(draft: Draft, node: Draft.Node, groups: Sequence[_Group]) -> None:
    first = groups[0]
    inputs: list[Arg] = [first.source]
    for arg in first.conv.inputs[1:]:
        shape = arg.shape if isinstance(arg, Tensor) else None
        rows = None if not shape or shape[0] is None else shape[0] * len(groups)
        wide = None if shape is None else (rows, *shape[1:])
        name = arg.name if isinstance(arg, Tensor) else ""
        inputs.append(Tensor("float32", wide, None, name) if isinstance(arg, Tensor) else arg)
    attrs: dict[str, Attr] = {**first.conv.attrs, "group": len(groups)}
    shape = first.conv.out.shape
    if shape is not None and shape[1] is not None:
        shape = (shape[0], shape[1] * len(groups), *shape[2:])
    made = draft.add("Conv", inputs, attrs, before=node, origin=(node,), shapes=(shape,))
    made.via = {0: first.cut.via.get(0, ()) + first.conv.via.get(0, ())}
    dead = list(node.dynamic)
    draft.replace(node.out, made.out, node.via.get(0, ()))
    draft.remove(node, heirs=(made,))
    draft.prune(dead, heirs=(made,))
