"""Drop resizing and cutting to the size that is there already; resizing axis by axis is one.

A network that brings several maps to one size writes a Resize for each, also for the map that has
the size; some exporters leave that one out. Where sizes are open it cannot be told, and stays,
but for what is scattered: some exporters cut it to the size of its indices, which it has.

Before:
    x = Input(shape=[1, 8, 16, 16])
    y = Relu(Resize(x, None, None, int64([1, 8, 16, 16]), mode="linear"))

After:
    x = Input(shape=[1, 8, 16, 16])
    y = Relu(x)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes import fold_constants

_MOVEMENT = ("Unsqueeze", "Squeeze", "Reshape", "Cast")
_STEPS = 8
"""Movement between a size and the bound that it is."""


def run_unfolded(draft: Draft) -> None:
    """Bypass cuts to the size that the operand's own Shape gives, which folding forgets."""
    for node in draft.of("Slice"):
        if _to_its_size(node):
            draft.bypass(node, "cut to its own size")


def run(draft: Draft) -> None:
    """Bypass every Resize whose image has the same known sizes before and after, and such cuts."""
    for node in draft.of("Slice"):
        if _uncut(node):
            if user := node.out.sole_user:
                user.marks["assumed"] = "a cut to the size of its indices"
            draft.bypass(node, "cut to its own size")
    for node in draft.of("Resize", "Upsample"):
        fold_constants.learn_shapes(node)
        source = node.inputs[0]
        before = source.shape if isinstance(source, Value) else None
        after = node.out.shape
        cropped = node.attrs.get("coordinate_transformation_mode") == "tf_crop_and_resize"
        if before is None or after is None or len(before) < 3 or cropped:
            continue
        if before[1:] == after[1:] and None not in after[2:]:
            _drop(draft, node, "resized to its own size")
    for node in draft.of("Resize"):
        source = node.inputs[0]
        if not isinstance(source, Value):
            continue
        inner = source.node
        if inner.op == "Resize" and inner.out.sole_user is node and _along_others(inner, node):
            _drop(draft, inner, "resized axis by axis")


def _drop(draft: Draft, node: Draft.Node, why: str) -> None:
    targets = node.dynamic[1:]
    draft.bypass(node, why)
    draft.prune(targets, "size of a resize")


def _along_others(inner: Draft.Node, outer: Draft.Node) -> bool:
    """Whether two resizes of one kind, the one of the other, change no axis both."""
    source = inner.inputs[0]
    first = source.shape if isinstance(source, Value) else None
    second, third = inner.out.shape, outer.out.shape
    if inner.attrs.get("mode") != outer.attrs.get("mode"):
        return False
    if first is None or second is None or third is None:
        return False
    if not len(first) == len(second) == len(third) or None in (*first[1:], *third[1:]):
        return False
    return all(a == b or b == c for a, b, c in zip(first, second, third, strict=True))


def _uncut(node: Draft.Node) -> bool:
    """Whether a value is cut from zero on, to open sizes, only to be scattered."""
    starts, ends = node.arg(1), node.arg(2)
    if not isinstance(starts, Tensor) or not isinstance(ends, Tensor) or any(node.inputs[3:]):
        return False
    user, size, shape = node.out.sole_user, shapes.ints(ends), node.out.shape
    if user is None or user.op != "ScatterElements" or user.arg(2) is not node.out or size is None:
        return False
    opened = shape is not None and len(size) == len(shape) and None in size
    return opened and set(starts.data or ()) == {0}


def _to_its_size(node: Draft.Node) -> bool:
    """Whether a cut along one axis ends at the size that the operand's own Shape gives for it."""
    value, starts, ends, axes, steps = (node.arg(place) for place in range(5))
    size = _through(ends)
    shape = _through(size.inputs[0]) if size is not None and size.op == "Gather" else None
    if size is None or shape is None or shape.op != "Shape" or shape.inputs[0] is not value:
        return False
    if _told(starts) != (0,):
        return False  # from -1 on it is the last element
    places = {_told(place) for place in (size.arg(1), axes)} - {None}
    return len(places) < 2 and _told(steps) in (None, (1,))


def _told(arg: Arg) -> tuple[int | None, ...] | None:
    return shapes.ints(arg) if isinstance(arg, Tensor) else None


def _through(value: Arg) -> Draft.Node | None:
    """What computes a number, seen through the movement that makes a list of it."""
    for _ in range(_STEPS):
        if not isinstance(value, Value) or value.node.op not in _MOVEMENT:
            break
        value = value.node.inputs[0]
    return value.node if isinstance(value, Value) else None
