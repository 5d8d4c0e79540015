"""Drop addends that are as good as none: they keep roots and divisors off zero.

Torch's newer exporter takes numbers up to 1e-8 for zero wherever they are added. Norms know their
epsilon already; what is left stands before roots, quotients and logarithms. A file that keeps its
numbers elsewhere does not tell it: below roots and in divisors it is taken for one.

Before:
    y = Div(x, Add(ReduceSum(x, axes=[-1]), 1e-15))

After:
    y = Div(x, ReduceSum(x, axes=[-1]))
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_NOTHING = 1.2e-7
"""Half precision makes 1e-7 of smaller numbers."""
_GUARD = 1e-3
_BESIDE_ONE = ("Abs", "Exp")
"""What activations divide by, with one added."""
_GUARDED = {"Sqrt": [0], "Reciprocal": [0], "Div": [1]}
"""Operators that have no use for zero, and where they would read it."""


def run(draft: Draft) -> None:
    """Look at every sum of a value and a number."""
    for node in draft.of("Add"):
        if len(node.inputs) == 2 and len(node.dynamic) == 1 and _is_epsilon(node):
            draft.bypass(node, "an epsilon", node.inputs.index(node.dynamic[0]))


def _is_epsilon(node: Draft.Node) -> bool:
    constant = next((arg for arg in node.inputs if isinstance(arg, Tensor)), None)
    if constant is None or constant.squeezed != ():
        return False
    number, users, source = scalar(constant), node.out.users, node.dynamic[0].node
    guards = not node.out.outputs and bool(users)
    guards = guards and all(_guarded(user, node.out) for user in users)
    if number is not None:
        return abs(number) <= (_GUARD if guards else _NOTHING)
    rooted = all(user.op == "Sqrt" for user in users)
    if not guards or not (rooted or source.op not in _BESIDE_ONE):
        return False
    source.marks["assumed"] = "kept off zero"
    return True


def _guarded(user: Draft.Node, value: Value) -> bool:
    """Whether a node takes the root of a value, or divides by it."""
    places = [place for place, arg in enumerate(user.inputs) if arg is value]
    return places == _GUARDED.get(user.op)
