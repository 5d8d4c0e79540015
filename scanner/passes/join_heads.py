"""One attention for heads that are written one by one and joined.

Each head has its own projections of the same values, narrower ones; together they are the rows of
one projection, and the joined heads are what an attention over all of them gives.

Before:
    a = SDPA(Linear(x, w[8, 32]), Linear(x, w[8, 32]), Linear(x, w[8, 32]))
    b = SDPA(Linear(x, w[8, 32]), Linear(x, w[8, 32]), Linear(x, w[8, 32]))
    y = Concat(a, b, axis=-1)

After:
    y = SDPA(Linear(x, w[16, 32]), Linear(x, w[16, 32]), Linear(x, w[16, 32]))
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor


def run(draft: Draft) -> None:
    """Look at what every Concat joins."""
    for node in draft.of("Concat"):
        heads = _heads(node)
        if heads is not None and _along_features(node):
            _join(draft, node, heads)


def _along_features(node: Draft.Node) -> bool:
    axis = node.attrs.get("axis", -1)
    rank = node.out.rank
    return axis == -1 or (rank is not None and axis == rank - 1)


def _heads(node: Draft.Node) -> list[Draft.Node] | None:
    """The attentions that a Concat joins, if it joins nothing else and nobody else reads them."""
    heads = [value.node for value in node.dynamic]
    if len(heads) < 2 or len({*heads}) != len(node.inputs):
        return None
    first = heads[0]
    for head in heads:
        if head.op != "SDPA" or len(head.inputs) != 3 or head.attrs != first.attrs:
            return None
        if head.out.sole_user is not node or not all(map(_projection, head.inputs)):
            return None
    return heads if all(_alike([head.inputs[p] for head in heads]) for p in range(3)) else None


def _projection(arg: object) -> bool:
    """Whether an operand is a product with a weight that only its attention reads."""
    if not isinstance(arg, Value) or arg.node.op != "Linear" or arg.sole_user is None:
        return False
    weight = arg.node.arg(1)
    return isinstance(weight, Tensor) and weight.shape is not None and len(weight.shape) == 2


def _alike(parts: list[object]) -> bool:
    """Whether projections read the same values by weights of one form."""
    nodes = [part.node for part in parts if isinstance(part, Value)]
    return len({(n.inputs[0], n.attrs.get("bias"), _form(n)) for n in nodes}) == 1


def _form(node: Draft.Node) -> object:
    weight = node.inputs[1]
    return weight.shape if isinstance(weight, Tensor) else None


def _join(draft: Draft, node: Draft.Node, heads: list[Draft.Node]) -> None:
    projections = [[value.node for value in head.dynamic] for head in heads]
    wide = [_widened(draft, node, [row[p] for row in projections]) for p in range(3)]
    region = [*(part for row in projections for part in row), *heads, node]
    first = heads[0]
    draft.fuse(region, node.out, "SDPA", wide, first.attrs, marks=first.marks, via=first.via)


def _widened(draft: Draft, node: Draft.Node, parts: list[Draft.Node]) -> Value:
    """One projection for those of all heads."""
    first, weight = parts[0], parts[0].inputs[1]
    assert isinstance(weight, Tensor) and weight.shape is not None
    rows, columns = weight.shape
    count = None if rows is None else rows * len(parts)
    joined = Tensor(weight.dtype, (count, columns), None, weight.name, weight.payload)
    shape = first.out.shape
    shape = (*shape[:-1], count) if shape else None
    made = draft.add("Linear", [first.inputs[0], joined], first.attrs, before=node, shapes=(shape,))
    made.via = {0: first.via.get(0, ())}
    return made.out
