"""Drop dropout that a training graph spells out: at inference it is nothing.

A mask is chance rounded to nothing or one, `Floor(keep + chance)` or `chance >= 1 - keep`. The
factor `1 / keep` that makes up for what is dropped goes with it, where it is known to be that.

Before:
    u = RandomUniform(int64([1, 8]))
    y = Relu(Mul(Mul(x, 2.0), Floor(Add(u, 0.5))))

After:
    y = Relu(x)
"""

from __future__ import annotations

from collections.abc import Iterator

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_NEAR = 1e-3
"""How far two constants of a file may be from belonging together."""


def run(draft: Draft) -> None:
    """Follow every source of chance to its masks, and these to what they drop."""
    for node in draft.of("RandomUniform", "RandomUniformLike"):
        if node.number("low", 0.0) != 0.0 or node.number("high", 1.0) != 1.0:
            continue
        for mask, keep in list(_masks(node.out)):
            for user in list(mask.users):
                _drop(draft, user, mask, keep)


def _masks(chance: Value) -> Iterator[tuple[Value, float]]:
    """Values that are one with a probability, and else zero, with that probability."""
    for user in list(chance.users):
        bound = next((scalar(arg) for arg in user.inputs if isinstance(arg, Tensor)), None)
        if bound is None or len(user.inputs) != 2 or not 0.0 <= bound <= 1.0:
            continue
        if user.op == "Add" and bound > 0.0:
            yield from ((floor.out, bound) for floor in user.out.users if floor.op == "Floor")
        elif user.op in ("Greater", "GreaterOrEqual"):
            keep = 1.0 - bound if user.inputs[0] is chance else bound
            if keep > 0.0:
                yield user.out, keep


def _drop(draft: Draft, node: Draft.Node, mask: Value, keep: float) -> None:
    """Mul(x, mask) and Where(mask, x, 0) are x."""
    if node.op == "Mul" and len(node.dynamic) == 2 and node.dynamic.count(mask) == 1:
        position = 1 - node.inputs.index(mask)
    elif node.op == "Where" and node.inputs[0] is mask and scalar(node.inputs[2]) == 0.0:
        position = 1
    else:
        return
    value, after = node.inputs[position], node.out.sole_user
    if not isinstance(value, Value) or (mask.rank or 0) > (value.rank or mask.rank or 0):
        return  # a mask that enlarges what it is multiplied with is something else
    draft.bypass(node, "dropout", position)
    if value.sole_user is after and after is not None and _makes_up(after, keep):
        draft.bypass(after, "dropout", after.inputs.index(value))
    elif _makes_up(value.node, keep) and value.node.dynamic:
        inner = value.node
        draft.bypass(inner, "dropout", inner.inputs.index(inner.dynamic[0]))


def _makes_up(node: Draft.Node, keep: float) -> bool:
    """Whether a node does nothing but multiply by 1 / keep."""
    if node.op != "Mul" or len(node.inputs) != 2 or len(node.dynamic) != 1:
        return False
    factor = next(scalar(arg) for arg in node.inputs if isinstance(arg, Tensor))
    single = all(arg.squeezed == () for arg in node.inputs if isinstance(arg, Tensor))
    return single and factor is not None and abs(factor * keep - 1.0) < _NEAR
