"""Tell the number that turns a sign by where it stands, in files that keep numbers elsewhere.

The logarithm of a sigmoid is written as -softplus(-x). One stored number that multiplies what a
softplus reads and what it gives is minus one, there and wherever else it is read.

Before:
    y = Mul(Softplus(Mul(x, w[1])), w[1])

After:
    y = Mul(Softplus(Mul(x, -1)), -1)
"""

from __future__ import annotations

from genescan.draft import Draft
from genescan.graph import Payload, Tensor
from genescan.passes import regions


def run_stored(draft: Draft) -> None:
    """Look around every softplus."""
    signs = set[Payload]()
    for node in draft.of("Softplus"):
        before = _stored(node.dynamic[0].node) if node.dynamic else None
        if before is not None and any(_stored(user) == before for user in node.out.users):
            signs.add(before)
    for node in draft.of("Mul") if signs else ():
        if _stored(node) in signs:
            _tell(draft, node)


def _stored(node: Draft.Node) -> Payload | None:
    """Where the number lies by which a node multiplies."""
    found = [arg for arg in node.inputs if isinstance(arg, Tensor) and regions.is_open(arg)]
    return found[0].payload if node.op == "Mul" and len(found) == 1 else None


def _tell(draft: Draft, node: Draft.Node) -> None:
    for position, arg in enumerate(node.inputs):
        if isinstance(arg, Tensor):
            one = Tensor(arg.dtype, arg.shape, (-1.0,), arg.name, arg.payload)
            draft.set_input(node, position, one)
    node.marks["assumed"] = "a sign, as around a softplus"
