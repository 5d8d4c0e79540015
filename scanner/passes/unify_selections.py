"""One spelling for what picks, cuts and joins: Split, Slice, Gather, Concat, TopK, Resize.

A Split is a Slice for each part, cuts along several axes are one Slice, a table look-up is an
Embedding. Bounds become attributes.

Before:
    a = Slice(x, int64([0]), int64([8]), int64([1]))
    y = Slice(a, int64([4]), int64([9]), int64([2]))

After:
    y = Slice(x, starts=[0, 4], ends=[8, 9], axes=[1, 2])
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Tensor
from genescan.passes import picked_places
from genescan.passes.unify_spellings import Rule, scalar

_MOVED = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Tile", "Expand")
"""Labels of edges behind which axes are other ones."""
_END = 2**31 - 1
_WIDEST = 256
"""Operands of a Concat into which nested ones are merged."""


def _split(draft: Draft, node: Draft.Node) -> None:
    parts = len(node.outputs)
    if parts == 1:
        draft.bypass(node, "one part is everything")
        return
    for part, value in enumerate(node.outputs):
        if value.dead:
            continue
        attrs: dict[str, Attr] = {"part": part, "parts": parts}
        if isinstance(node.attrs.get("axis"), int):
            attrs["axis"] = node.attrs["axis"]
        made = draft.add(
            "Slice", node.inputs[:1], attrs, before=node, origin=(node,), shapes=(value.shape,)
        )
        made.via = {0: node.via.get(0, ())}
        draft.replace(value, made.out)
    draft.remove(node, "unused")


def _sequence_at(draft: Draft, node: Draft.Node) -> None:
    source = node.inputs[0]
    if isinstance(source, Value) and source.node.op == "SplitToSequence":
        split, part = source.node, scalar(node.arg(1))
        attrs: dict[str, Attr] = {"axis": split.attrs.get("axis", 0)}
        if part is not None:
            attrs["part"] = int(part)
        draft.set_inputs(node, split.inputs[:1], {0: split.via.get(0, ())})
        draft.retype(node, "Slice", attrs)
        draft.prune([source], heirs=(node,))


def _slice(draft: Draft, node: Draft.Node) -> None:
    if len(node.inputs) < 2 and "starts" not in node.attrs:
        return
    if _to_its_end(node):
        node.dynamic[0].node.marks["assumed"] = "a cut to its own size"
        draft.bypass(node, "slice of everything")
        return
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    attrs: dict[str, Attr] = {}
    for position, name in enumerate(("starts", "ends", "axes", "steps"), 1):
        values = shapes.known(shapes.operand(node.attrs, name, constants, position))
        if values is not None:
            attrs[name] = values
    rest = node.dynamic[1:]
    starts, ends = attrs.get("starts"), attrs.get("ends")
    steps = attrs.get("steps", (1,))
    whole = (
        isinstance(starts, tuple)
        and isinstance(ends, tuple)
        and isinstance(steps, tuple)
        and not any(starts)
        and all(isinstance(end, int) and end >= 2**31 - 1 for end in ends)
        and all(step == 1 for step in steps)
    )
    if whole:
        draft.bypass(node, "slice of everything")
        return
    draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
    draft.retype(node, "Slice", _cutting(node, attrs))
    draft.prune(rest, "slice bounds")


def _to_its_end(node: Draft.Node) -> bool:
    """Whether a cut ends where its operand does on all axes; where it starts lies elsewhere."""
    value, starts, ends = node.inputs[0], node.arg(1), node.arg(2)
    if not isinstance(value, Value) or not isinstance(starts, Tensor) or node.via.get(0):
        return False
    whole = isinstance(ends, Tensor) and ends.data is not None and ends.data == value.shape
    return whole and starts.data is None and starts.payload is not None


def _cutting(node: Draft.Node, attrs: dict[str, Attr]) -> dict[str, Attr]:
    """Bounds for each axis, without those of axes that stay whole."""
    source, starts, ends = node.inputs[0], attrs.get("starts"), attrs.get("ends")
    shape = source.shape if isinstance(source, Value) and not any(node.via.get(0, ())) else None
    axes, given = attrs.get("axes"), attrs.get("steps")
    if axes is None and shape is not None:
        axes = tuple(range(len(shape)))
    if not isinstance(starts, tuple) or not isinstance(ends, tuple) or not isinstance(axes, tuple):
        return attrs
    if not len(starts) == len(ends) == len(axes):
        return attrs
    steps = given if isinstance(given, tuple) else (1,) * len(starts)
    sizes: dict[object, int | None] = dict(enumerate(shape or ()))
    rows = zip(axes, starts, ends, steps, strict=False)
    cut = [row for row in rows if not _stays(*row[1:], sizes.get(row[0]))]
    if not cut:
        return attrs
    found: dict[str, Attr] = {
        name: tuple(row[place] for row in cut)
        for place, name in enumerate(("axes", "starts", "ends", "steps"))
    }
    return found if given is not None else {k: v for k, v in found.items() if k != "steps"}


def _stays(start: object, end: object, step: object, size: int | None) -> bool:
    """Whether bounds leave an axis as it is."""
    far = isinstance(end, int) and (end >= 2**31 - 1 or (size is not None and end >= size))
    return start == 0 and step == 1 and far


def _empty(arg: Arg) -> bool:
    """Whether an operand has no elements (a split that leaves nothing on one side)."""
    return arg is not None and arg.shape is not None and 0 in arg.shape


def _axis_of(node: Draft.Node) -> Attr | None:
    """The axis that a Concat joins, counted from the first where that is known."""
    axis, rank = node.attrs.get("axis"), node.out.rank or node.dynamic[0].rank
    return axis % rank if isinstance(axis, int) and rank else axis


def _concat(draft: Draft, node: Draft.Node) -> None:
    if len(node.inputs) == 1:
        draft.bypass(node, "concatenation of one")
        return
    filled = [arg for arg in node.inputs if not _empty(arg)]
    if 0 < len(filled) < len(node.inputs):
        empty = [arg for arg in node.inputs if arg not in filled]
        draft.set_inputs(node, filled)
        draft.prune(empty, "empty")
        _concat(draft, node)


def _flatten(draft: Draft, node: Draft.Node) -> None:
    flat: list[Arg] = []
    inner: list[Draft.Node] = []
    for position, arg in enumerate(node.inputs):
        same = isinstance(arg, Value) and arg.node.op == "Concat" and arg.sole_user is node
        moved = any(label.startswith(_MOVED) for label in node.via.get(position, ()))
        if same and not moved and isinstance(arg, Value) and _axis_of(arg.node) == _axis_of(node):
            inner.append(arg.node)
            flat += arg.node.inputs
        else:
            flat.append(arg)
    if inner and len(flat) <= _WIDEST:
        draft.set_inputs(node, flat)
        for old in inner:
            draft.remove(old, heirs=(node,))


def _pad(draft: Draft, node: Draft.Node) -> None:
    """A sequence that goes on with its own steps: its ends, joined to it."""
    value, mode = node.inputs[0], node.attrs.get("mode")
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    pads = shapes.known(shapes.operand(node.attrs, "pads", constants, 1))
    if mode not in ("wrap", "edge") or not isinstance(value, Value) or value.rank != 3:
        return
    pads = pads or _at_the_end(node, value)
    if pads is None or len(pads) != 6 or len(node.dynamic) > 1 or min(pads) < 0:
        return
    padded = [axis for axis in range(3) if pads[axis] or pads[axis + 3]]
    if len(padded) != 1:
        return
    (axis,) = padded
    before, after = pads[axis], pads[axis + 3]
    first, last = ((-before, _END), (0, after)) if mode == "wrap" else ((0, 1), (-1, _END))
    parts: list[Arg] = [value]
    for count, (start, end), place in ((before, first, 0), (after, last, len(parts) + 1)):
        if count:
            attrs: dict[str, Attr] = {"starts": (start,), "ends": (end,), "axes": (axis,)}
            made = draft.add("Slice", [value], attrs, before=node, origin=(node,))
            parts.insert(place, made.out)
    via = node.via.get(0, ())
    draft.set_inputs(node, parts, dict.fromkeys(range(len(parts)), via))
    draft.retype(node, "Concat", {"axis": axis})


def _at_the_end(node: Draft.Node, value: Value) -> tuple[int, ...] | None:
    """Borders of unknown size before patches are cut: steps that fill the last patch."""
    sizes, before = node.out.shape or (), set(value.shape or ()) - {None}
    grown = [axis for axis, size in enumerate(sizes) if axis and size not in before]
    if len(grown) != 1 or any(user.op != "Slice" for user in node.out.users):
        return None
    node.marks["assumed"] = "a border at the end"
    return tuple(int(place == 3 + grown[0]) for place in range(6))


def _resize(draft: Draft, node: Draft.Node) -> None:
    rest = node.dynamic[1:]
    mode = node.attrs.get("mode", "nearest")
    draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
    draft.retype(node, "Resize", {"mode": mode})
    draft.prune(rest, "resize bounds")


def _topk(draft: Draft, node: Draft.Node) -> None:
    """The place of the one largest or smallest element."""
    axis, shape = node.attrs.get("axis", -1), node.outputs[-1].shape
    if len(node.outputs) != 2 or not node.out.dead or shape is None or not isinstance(axis, int):
        return
    if not -len(shape) <= axis < len(shape) or shape[axis] != 1:
        return
    place, count = node.outputs[1], node.dynamic[1:]
    op = "ArgMax" if node.attrs.get("largest", 1) else "ArgMin"
    made = draft.add(op, node.inputs[:1], {"axis": axis}, before=node, shapes=(shape,))
    made.via = {0: node.via.get(0, ())}
    draft.replace(place, made.out)
    draft.remove(node, heirs=(made,))
    draft.prune(count, "how many are wanted")


_BOUNDS = ("starts", "ends", "steps")


def _cut_at_once(draft: Draft, node: Draft.Node) -> None:
    """A Slice of a Slice along other axes cuts both at once.

    Where neither file nor shapes tell the axes, they are taken for different ones: patches of an
    image are cut so, and nobody cuts twice along one axis what is read by cuts alone.
    """
    value = node.inputs[0]
    inner = value.node if isinstance(value, Value) and value.node.op == "Slice" else None
    if not isinstance(value, Value) or inner is None:
        return
    if value.outputs or any(user.op != "Slice" for user in value.users) or _is_projection(inner):
        return
    attrs = {} if _anywhere(inner) and _anywhere(node) else _joined(inner, node)
    if attrs is None:
        return
    draft.set_inputs(node, inner.inputs[:1], {0: inner.via.get(0, ()) + node.via.get(0, ())})
    draft.retype(node, "Slice", attrs)
    draft.prune([value], heirs=(node,))


def _is_projection(part: Draft.Node) -> bool:
    """Whether a part is one of a layer's, and others are read as they are, as values are."""
    source, axes = part.inputs[0], _axes(part)
    if not isinstance(source, Value) or not axes or len(axes) > 1:
        return False
    layer = source.node
    if layer.op == "Add" and len(layer.dynamic) == 1:
        layer = layer.dynamic[0].node
    if layer.op not in ("MatMul", "Gemm") or isinstance(layer.arg(1), Value):
        return False
    others = [user for user in source.users if user.op == "Slice" and user is not part]
    return any(
        _axes(other) == axes and any(reader.op != "Slice" for reader in other.out.users)
        for other in others
    )


def _joined(inner: Draft.Node, node: Draft.Node) -> dict[str, Attr] | None:
    """Axes and bounds of two cuts at once; None where they do not go together."""
    before, axes = _axes(inner), _axes(node)
    if not before or not axes or set(before) & {*axes, *(_turned_back(node, a) for a in axes)}:
        return None
    if len({axis < 0 for axis in (*axes, *before)}) > 1:
        return None
    attrs: dict[str, Attr] = {"axes": tuple(sorted((*before, *axes)))}
    bounds = {**_bounds(inner, before), **_bounds(node, axes)}
    if len(bounds) == len(before) + len(axes):
        rows = [bounds[axis] for axis in sorted(bounds)]
        attrs |= dict(zip(_BOUNDS, zip(*rows, strict=True), strict=True))
    return attrs


def _turned_back(node: Draft.Node, axis: int) -> int:
    """An axis of a Slice as it was counted before transposes."""
    for label in reversed(node.via.get(0, ())):
        order = label[10:-1].split(",") if label.startswith("Transpose(") else []
        if not order or not 0 <= axis < len(order) or not order[axis].isdecimal():
            return axis
        axis = int(order[axis])
    return axis


def _anywhere(node: Draft.Node) -> bool:
    """Whether nothing tells along which axis a Slice cuts."""
    return not any(name in node.attrs for name in ("part", "axis", "axes", "starts"))


def _axes(node: Draft.Node) -> tuple[int, ...] | None:
    """The axes that a Slice cuts; a part is cut along one, which a Gather of one drops."""
    if "part" not in node.attrs:
        axes = node.ints("axes")
    else:
        axes = node.ints("axis") if _keeps_rank(node) else None
    rank = node.out.rank
    if axes is None or rank is None:
        return axes
    return tuple(axis + rank if axis < 0 else axis for axis in axes)


def _keeps_rank(node: Draft.Node) -> bool:
    source = node.inputs[0]
    return isinstance(source, Value) and None is not source.rank == node.out.rank


def _bounds(node: Draft.Node, axes: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """Start, end and step by axis; empty where one of them is not known."""
    starts, ends = node.ints("starts"), node.ints("ends")
    if starts is None or ends is None or not len(axes) == len(starts) == len(ends):
        return {}
    steps = node.ints("steps") or (1,) * len(axes)
    return dict(zip(axes, zip(starts, ends, steps, strict=False), strict=False))


def _if(draft: Draft, node: Draft.Node) -> None:
    """Branches that only move the same value in different ways."""
    if len(node.inputs) == 3 and len(node.outputs) == 1 and node.inputs[1] is node.inputs[2]:
        draft.bypass(node, "branches that are the same", 1)


_RULES: Mapping[str, Rule] = {
    "Split": _split,
    "SequenceAt": _sequence_at,
    "Slice": _slice,
    "GatherND": picked_places.gather_nd,
    "Gather": picked_places.gather,
    "ScatterElements": picked_places.scatter,
    "Concat": _concat,
    "Pad": _pad,
    "TopK": _topk,
    "Resize": _resize,
}


def run(draft: Draft) -> None:
    """Operator by operator; cuts of cuts last, when all bounds are attributes."""
    for op, rule in _RULES.items():
        for node in draft.of(op):
            rule(draft, node)
    for node in draft.of("Slice"):
        _cut_at_once(draft, node)


def run_flattening(draft: Draft) -> None:
    """Concatenations of what no other node reads, in one, and choices between what is the same."""
    for node in draft.of("If"):
        _if(draft, node)
    for node in draft.of("Concat"):
        _flatten(draft, node)
