"""Cut a value before a sigmoid, not after it.

Gates of a recurrent cell are projected together; some frameworks cut the projection and squash
each part, others squash all of it and cut then. A function of single elements commutes with a cut.

Before:
    s = Sigmoid(x)
    a = Slice(s, part=0, parts=2)
    b = Slice(s, part=1, parts=2)
    y = Add(a, b)

After:
    a = Sigmoid(Slice(x, part=0, parts=2))
    b = Sigmoid(Slice(x, part=1, parts=2))
    y = Add(a, b)
"""

from __future__ import annotations

from genescan.draft import Draft

_PARTS = 8
"""Parts of one value; a cell has four gates at most."""


def run(draft: Draft) -> None:
    """Move every sigmoid that only cuts read behind them."""
    for node in draft.of("Sigmoid"):
        users = node.out.users
        if 1 < len(users) <= _PARTS and not node.out.outputs and _all_cuts(node):
            draft.remove(node, heirs=[_swapped(draft, node, cut) for cut in list(users)])


def _all_cuts(node: Draft.Node) -> bool:
    return all(user.op == "Slice" and user.inputs[0] is node.out for user in node.out.users)


def _swapped(draft: Draft, node: Draft.Node, cut: Draft.Node) -> Draft.Node:
    """Let one cut read what the sigmoid reads, and squash what it makes."""
    made = draft.add(
        "Slice", [node.inputs[0], *cut.inputs[1:]], cut.attrs, before=cut, shapes=(cut.out.shape,)
    )
    made.via = {0: node.via.get(0, ()) + cut.via.get(0, ())}
    squashed = draft.add(
        "Sigmoid", [made.out], node.attrs, before=cut, origin=(node,), shapes=(cut.out.shape,)
    )
    draft.replace(cut.out, squashed.out)
    draft.remove(cut, heirs=(made,))
    return squashed
