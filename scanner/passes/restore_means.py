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

import math

from genescan.draft import Draft, Value
from genescan.graph import Dims, Tensor
from genescan.passes import fold_constants
from genescan.passes.unify_spellings import scalar

_NEAR = 2e-3
"""How far a factor in half precision may be from one over a count."""
_COPIES = ("Expand", "Tile")
"""Movement that makes more elements."""


def run(draft: Draft) -> None:
    """Leave out factors of one, then look at every sum that only one factor reads."""
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
        if factor.squeezed == ():
            draft.bypass(user, "count of a mean", user.inputs.index(node.out))
            draft.retype(node, "ReduceMean")


def _weights_of_one(node: Draft.Node) -> int | None:
    """The operand that a product with nothing but ones leaves as it is."""
    if len(node.inputs) != 2 or len(node.dynamic) != 1:
        return None
    position = node.inputs.index(node.dynamic[0])
    same = _elements(node, position) == _count(node.out.shape) is not None
    return position if scalar(node.inputs[1 - position]) == 1.0 and same else None


def _added(node: Draft.Node) -> float | None:
    """How many elements go into one sum."""
    if not node.via:
        fold_constants.learn_shapes(node)
    before, after = _elements(node, 0), _count(node.out.shape)
    if before is None or after is None or before[0] != after[0] or not after[1]:
        return None
    return before[1] / after[1]


def _elements(node: Draft.Node, position: int) -> tuple[int, int] | None:
    """The elements of an operand; movement that only moves them changes nothing."""
    value = node.arg(position)
    if not isinstance(value, Value) or set(node.via.get(position, ())) & set(_COPIES):
        return None
    return _count(value.shape)


def _count(shape: Dims | None) -> tuple[int, int] | None:
    """How many sizes are open, and the product of the others."""
    if shape is None:
        return None
    sizes = [size for size in shape if size is not None]
    return len(shape) - len(sizes), math.prod(sizes)
