"""Windows cut out of a value one by one and stacked: one Gather; used by `restore_rearrangements`.

Torch's `unfold` is written so by one of its exporters, and as a Gather by the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Dims, Tensor
from genescan.limits import DEFAULT
from genescan.passes.unify_spellings import scalar

_END = 2**31 - 1
"""A bound from here on means the end of the axis."""
_RUN = 4
"""Windows that are taken for equally far from one another where nothing is told of them."""
_MOST = 512
"""Windows that are looked at."""


class _Way(NamedTuple):
    """How a window is cut out and stacked: alike for all of one value."""

    source: Value
    axis: int
    size: int | None
    """None where neither bounds nor sizes are told."""
    perm: tuple[int, ...]
    place: int
    """The axis along which windows are stacked."""


def gather(draft: Draft, node: Draft.Node) -> None:
    """Make a Gather of a Concat of windows that are equally far from one another."""
    found = [_window(arg) for arg in node.inputs[:_MOST]]
    windows = [each for each in found if each is not None]
    if len(windows) < 2 or len(windows) < len(node.inputs) or len({way for way, _ in windows}) > 1:
        return
    way, axis = windows[0][0], node.attrs.get("axis")
    told = [start for _, start in windows if start is not None]
    if told and len(told) < len(windows):
        return
    starts = told or _evenly(way, len(windows))
    steps = {after - before for before, after in itertools.pairwise(starts)}
    rank = len(way.perm) + 1
    if len(steps) != 1 or not isinstance(axis, int):
        return
    thin = [None if arg is None or arg.shape is None else arg.shape[axis] for arg in node.inputs]
    if axis % rank != way.place and set(thin) != {1}:
        return
    size, data = way.size, None
    if size is not None and len(starts) * size <= DEFAULT.fold_elements:
        data = tuple(start + offset for start in starts for offset in range(size))
    index = Tensor("int64", (len(starts), size), data)
    made = draft.add("Gather", [way.source, index], {"axis": way.axis}, before=node)
    if not told:
        made.marks["assumed"] = "windows that are equally far from one another"
    order = [axis + (axis >= way.axis) for axis in way.perm]
    order.insert(way.place, way.axis)
    order[way.place], order[axis] = order[axis], order[way.place]  # both of one before
    sizes = way.source.shape or ()
    made.out.shape = (*sizes[: way.axis], len(starts), way.size, *sizes[way.axis + 1 :])
    old = node.inputs
    draft.set_inputs(node, [made.out])
    draft.retype(node, "Transpose", {"perm": tuple(order)})
    draft.prune(old, heirs=(made,))


def _window(arg: Arg) -> tuple[_Way, int | None] | None:
    """How a window came about, and where it starts; None where the file keeps that elsewhere."""
    stack = arg.node if isinstance(arg, Value) and arg.node.op == "Unsqueeze" else None
    turn = stack.arg(0) if stack is not None else None
    if stack is None or not isinstance(turn, Value):
        return None
    cut = turn.node.arg(0) if turn.node.op == "Transpose" else turn
    found = _CUTS[cut.node.op](cut) if isinstance(cut, Value) and cut.node.op in _CUTS else None
    source, (start, size, axis) = found or (None, (0, 0, 0))
    if not isinstance(source, Value) or not source.shape:
        return None
    rank, place = len(source.shape), _known(stack, "axes", 1)
    perm = turn.node.ints("perm") if turn.node.op == "Transpose" else tuple(range(rank))
    if place is None or len(place) != 1 or perm is None or sorted(perm) != list(range(rank)):
        return None
    if size is None:  # what slides is the last axis of a window
        return _Way(source, perm[-1], None, perm, place[0] % (rank + 1)), None
    whole = source.shape[axis] if -rank <= axis < rank else None
    if whole is None or size < 1 or not 0 <= (start or 0) <= whole - size:
        return None
    return _Way(source, axis % rank, size, perm, place[0] % (rank + 1)), start


_Cut = tuple[Arg, tuple["int | None", "int | None", int]]
"""What is cut, and start, size and axis, the former two as far as they are told."""


def _slice(value: Value) -> _Cut | None:
    """A cut along one axis that leaves nothing out between."""
    cut = value.node
    sizes = cut.inputs[0].shape if cut.inputs[0] is not None else None
    starts, ends, axes = (_known(cut, n, i) for i, n in enumerate(("starts", "ends", "axes"), 1))
    if starts is None or ends is None or sizes is None:
        return None if sizes is None else _untold(cut, sizes)
    if cut.arg(4) is not None and set(_known(cut, "steps", 4) or ()) != {1}:
        return None
    found = []
    for axis, start, end in zip(axes or range(len(starts)), starts, ends, strict=False):
        size = sizes[axis] if -len(sizes) <= axis < len(sizes) else None
        if start == 0 and (end >= _END or (size is not None and end >= size)):
            continue
        if size is None:
            return None
        first, last = (bound + size if bound < 0 else bound for bound in (start, end))
        found.append((first, min(last, size) - first, axis))
    return (cut.inputs[0], found[0]) if len(found) == 1 else None


def _untold(cut: Draft.Node, sizes: Dims) -> _Cut:
    """A cut whose bounds lie elsewhere: sizes may tell the axis, and how much of it is left."""
    after = cut.out.shape or ()
    changed = [
        axis for axis, (old, new) in enumerate(zip(sizes, after, strict=False)) if old != new
    ]
    left = after[changed[0]] if len(changed) == 1 else None
    if left is None or sizes[changed[0]] is None:
        return cut.inputs[0], (None, None, 0)
    return cut.inputs[0], (None, left, changed[0])


def _evenly(way: _Way, count: int) -> list[int]:
    """Where windows start that take a value from its beginning to its end; empty if none can.

    A few places that are stacked one by one may stand in another order.
    """
    if way.size is None:
        return list(range(count)) if count >= _RUN else []
    size = (way.source.shape or ())[way.axis]
    step, rest = divmod((size or 0) - way.size, count - 1)
    return [] if rest or step < 1 or way.size < 2 else [step * number for number in range(count)]


def _split(part: Value) -> _Cut | None:
    """What a Split gives at one output."""
    axis, before = part.node.attrs.get("axis", 0), part.node.outputs[: part.port + 1]
    found = [value.shape for value in before]
    if not isinstance(axis, int) or any(not s or not -len(s) <= axis < len(s) for s in found):
        return None
    sizes = [shape[axis] for shape in found if shape]
    if None in sizes:
        return None
    size = sizes[-1] or 0
    return part.node.inputs[0], (sum(each or 0 for each in sizes) - size, size, axis)


def _sequence(part: Value) -> _Cut | None:
    """A part out of a sequence of equal ones."""
    sequence, number = part.node.arg(0), scalar(part.node.arg(1))
    split = sequence.node if isinstance(sequence, Value) else None
    if split is None or split.op != "SplitToSequence" or number is None or number < 0:
        return None
    size, axis = split.arg(1), split.attrs.get("axis", 0)
    count = scalar(size) if isinstance(size, Tensor) and size.squeezed == () else None
    if count is None or not isinstance(axis, int) or not split.attrs.get("keepdims", 1):
        return None
    return split.inputs[0], (int(number * count), int(count), axis)


_CUTS: Mapping[str, Callable[[Value], _Cut | None]] = {
    "Slice": _slice,
    "Split": _split,
    "SequenceAt": _sequence,
}


def _known(node: Draft.Node, name: str, position: int) -> tuple[int, ...] | None:
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    return shapes.known(shapes.operand(node.attrs, name, constants, position))
