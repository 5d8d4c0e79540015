"""Gates and values of several experts, or heads, that one product computes together.

The features of each expert become an axis of their own, and each is cut in its halves. The halves
are rows of the weight, as those of a single gate and its value are.
"""

from __future__ import annotations

from collections.abc import Sequence

from genescan.draft import Draft, Value
from genescan.graph import Tensor

_END = 2**31 - 1
"""A bound from here on means the end of the axis."""
_STEPS = 6


def gates(cuts: Sequence[Draft.Node], node: Draft.Node) -> bool:
    """Whether the features of each expert are cut in parts that are multiplied in the end."""
    weight = node.inputs[1]
    features = weight.shape[0] if isinstance(weight, Tensor) and weight.shape else None
    sizes = [cut.out.shape[-1] if cut.out.shape else None for cut in cuts]
    own = sum(size or 0 for size in sizes)
    if None in sizes or not features or not own or features == own or features % own:
        return False
    if not all(_cuts_last(cut) and _keeps_last(cut, own) for cut in cuts):
        return False
    ends = {_product(cut.out) for cut in cuts}
    return len(ends) == 1 and None not in ends


def _cuts_last(cut: Draft.Node) -> bool:
    """Whether a Slice leaves every axis whole but the last."""
    rank, axes = cut.out.rank or 0, cut.ints("axis") or cut.ints("axes") or ()
    starts, ends = cut.ints("starts") or (), cut.ints("ends") or ()
    if len(starts) == len(ends) == len(axes) > 1:
        steps = cut.ints("steps") or (1,) * len(axes)
        rows = zip(axes, starts, ends, steps, strict=True)
        axes = tuple(a for a, start, end, step in rows if start or end < _END or step != 1)
    return axes in ((-1,), (rank - 1,))


def _keeps_last(cut: Draft.Node, size: int) -> bool:
    """Whether the last axis is still made of neighbours, as many as each expert has."""
    for label in cut.via.get(0, ()):
        name, _, given = label.rstrip(")").partition("(")
        numbers = given.split(",")
        last = {"Reshape": size, "Transpose": len(numbers) - 1}.get(name)
        if name != "Cast" and numbers[-1] != str(last):
            return False
    return True


def _product(value: Value) -> Draft.Node | None:
    """The product of two values that a part ends in, behind an activation or a clamp."""
    for _ in range(_STEPS):
        user = value.sole_user
        if user is None or len(user.outputs) != 1:
            return None
        if len(user.dynamic) == 2:
            return user if user.op == "Mul" else None
        value = user.out
    return None
