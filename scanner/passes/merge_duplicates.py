"""Merge nodes that compute the same from the same operands.

Some optimisers share what a source computes twice; the shared form can be reached from both.

Before:
    y = Add(Relu(x), Tanh(Relu(x)))

After:
    r = Relu(x)
    y = Add(r, Tanh(r))
"""

from __future__ import annotations

from genescan import ops
from genescan.draft import Arg, Draft
from genescan.graph import Attr, Tensor

_CHANCE = frozenset(
    {
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
        "Multinomial", "Dropout",
    }
)  # fmt: skip
_INTEGERS = ("int64", "int32")
"""Types of sizes, axes and indices: where these are equal, they are meant to be."""


def run(draft: Draft) -> None:
    """One walk in topological order: operands are merged before their readers."""
    seen: dict[object, Draft.Node] = {}
    for node in draft:
        if node.op == "Input" or node.op in _CHANCE or node.bodies:
            continue
        key = _key(node) if _certain(node) else id(node)
        first = seen.setdefault(key, node)
        if first is node:
            continue
        for mine, kept in zip(node.outputs, first.outputs, strict=True):
            draft.replace(mine, kept)
        draft.remove(node, heirs=(first,))


def _certain(node: Draft.Node) -> bool:
    """Whether operands and attributes say all: a Slice with unknown bounds is like no other."""
    bounds = ("part" in node.attrs, {"starts", "ends"} <= node.attrs.keys())
    return node.op != "Slice" or any(bounds)


def _key(node: Draft.Node) -> object:
    operands = [_operand(arg) for arg in node.inputs]
    if ops.commutative(node.op):
        operands.sort(key=repr)
    attrs = tuple(sorted((name, _attr(value)) for name, value in node.attrs.items()))
    return node.op, attrs, tuple(operands), len(node.outputs)


def _operand(arg: Arg) -> object:
    """Equal for the same value, and for constants known to be equal."""
    if not isinstance(arg, Tensor):
        return id(arg)
    known = arg.data is not None and None not in arg.data
    if known and (len(arg.data or ()) <= 1 or arg.dtype in _INTEGERS):
        return arg.dtype, arg.shape, arg.data
    return id(arg)


def _attr(value: Attr) -> str:
    return repr(value)
