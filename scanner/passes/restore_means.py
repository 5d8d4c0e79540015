"""A sum over axes, divided by how many elements it adds up, is a mean.

Moments are written so where the elements may have weights; weights of one are left out.

Before:
    x = Input(shape=[1, 6, 4])
    y = Mul(ReduceSum(x, axes=[1, 2], keepdims=1), 0.0416667)

After:
    x = Input(shape=[1, 6, 4])
    y = ReduceMean(x, axes=[1, 2], keepdims=1)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes import fold_constants
from genescan.passes.unify_spellings import as_large, count, count_of, scalar

_NEAR = 2e-3
"""How far a factor in half precision may be from one over a count."""
_ROUNDED = 1e-6
"""How far codes move a one that is the greatest of them; an untrained norm's factor is farther."""
_TYPES = {"Cast", "Quantize", "Dequantize", "quantised"}
_REPEATED = ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
"""Over one axis after another these are what they are over both."""


def run(draft: Draft) -> None:
    """Join reductions in a row, leave out factors of one, then look at sums one factor reads."""
    for node in draft.of(*_REPEATED):
        _join(draft, node)
    for node in draft.of("Mul"):
        position = _weights_of_one(node)
        if position is not None:
            draft.bypass(node, "weights of one", position)
    for node in draft.of("ReduceSum"):
        user = node.out.sole_user
        count = _added(node)
        if user is None or user.op != "Mul" or len(user.dynamic) != 1 or count is None:
            continue
        factor = next((arg for arg in user.inputs if isinstance(arg, Tensor)), None)
        number = scalar(factor)
        if factor is None or number is None or abs(number * count - 1.0) > _NEAR:
            continue
        if factor.squeezed == () or user.out.shape == node.out.shape:
            draft.bypass(user, "count of a mean", user.inputs.index(node.out))
            draft.retype(node, "ReduceMean")


def _join(draft: Draft, node: Draft.Node) -> None:
    """The mean over columns of the mean over rows is the mean over both."""
    value = node.inputs[0]
    inner = value.node if isinstance(value, Value) else None
    if inner is None or inner.op != node.op or inner.out.sole_user is not node:
        return
    source = inner.inputs[0]
    rank = source.rank if isinstance(source, Value) else None
    before, after = (_axes(each) for each in (inner, node))
    moved = {*node.via.get(0, ()), *inner.via.get(0, ())} - _TYPES
    if rank is None or not before or not after or moved:
        return
    if "counted" in inner.attrs or "counted" in node.attrs:
        return  # in another order of axes than these
    gone = {axis % rank for axis in before}
    kept = bool(inner.attrs.get("keepdims", 1))
    left = [axis for axis in range(rank) if kept or axis not in gone]
    if any(not -len(left) <= axis < len(left) for axis in after):
        return
    axes = tuple(sorted(gone | {left[axis] for axis in after}))
    attrs = {**node.attrs, "axes": axes}
    if kept == bool(node.attrs.get("keepdims", 1)):
        draft.fuse([inner, node], node.out, node.op, [source], attrs)


def _axes(node: Draft.Node) -> tuple[int, ...] | None:
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    return shapes.known(shapes.operand(node.attrs, "axes", constants, 1))


def _weights_of_one(node: Draft.Node) -> int | None:
    """The operand that a product with nothing but ones leaves as it is.

    Stored ones that weigh several elements each are left out of moments alone: more of them could
    not be told from other numbers, as where a mask of all places weighs their features.
    """
    if len(node.inputs) != 2 or len(node.dynamic) != 1:
        return None
    position = node.inputs.index(node.dynamic[0])
    ones = node.inputs[1 - position]
    number = scalar(ones)
    one = number is not None and abs(number - 1.0) < _ROUNDED
    if not one or not as_large(node, position):
        return None
    shared = isinstance(ones, Tensor) and ones.name and not as_large(node, 1 - position)
    summed = all(user.op.startswith("Reduce") for user in node.out.users)
    return position if summed or not shared else None


def _added(node: Draft.Node) -> float | None:
    """How many elements go into one sum."""
    if not node.via:
        fold_constants.learn_shapes(node)
    before, after = count_of(node, 0), count(node.out.shape)
    if before is None or after is None or before[0] != after[0] or not after[1]:
        return None
    return before[1] / after[1]
