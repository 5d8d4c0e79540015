"""Unrolled steps of plain recurrent layers, h' = act(W x + U h), which share one weight.

`restore_recurrence` calls this after its cells with gates.
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor

_BESIDE = ("Add", "Concat", "Linear", "Pad", "Slice")
"""What stands between a sequence and a step that reads one element of it."""
_Link = tuple[Draft.Node, Value, Draft.Node]
"""The step before, what enters beside its state, and the product with its state."""


def join(draft: Draft) -> None:
    """Steps of h' = act(W x + U h) that hand on their state and share U are one layer."""
    links: dict[Draft.Node, _Link] = {}
    following: dict[Draft.Node, Draft.Node] = {}
    for act in draft.of("Tanh", "Relu"):
        for link in _links(act):
            before = link[0]
            if before not in links or _share(links[before][2], link[2]):
                links[act] = link
                following.setdefault(before, act)
                break
    for act in list(links):
        if links[act][0] in links:
            continue
        chain = [act]
        while (after := following.get(chain[-1])) is not None:
            chain.append(after)
        fresh = {links[step][1] for step in chain}
        shared = all(_share(links[step][2], links[act][2]) for step in chain)
        if len(chain) > 1 and len(fresh) == len(chain) and shared:
            _fuse_plain(draft, links[act], chain)


def _links(act: Draft.Node) -> list[_Link]:
    """The ways to read a node as act(W x + U h), where h went through the same activation."""
    total = act.inputs[0]
    if not isinstance(total, Value) or total.sole_user is not act:
        return []
    node, found = total.node, []
    if node.op == "Linear" and node.dynamic[0].node.op == "Concat":  # [x, h] in one product
        pair, product = node.dynamic[0].node.dynamic, node
        found = [(h.node, x, product) for x, h in (pair, pair[::-1])] if len(pair) == 2 else []
    elif node.op == "Add" and len(node.dynamic) == 2:
        for x, h in (node.dynamic, node.dynamic[::-1]):
            if h.node.op == "Linear":
                found.append((h.node.dynamic[0].node, x, h.node))
    return [link for link in found if link[0].op == act.op and link[0] is not act]


def _share(one: Draft.Node, other: Draft.Node) -> bool:
    """Whether two products have one weight."""
    a, b = one.arg(1), other.arg(1)
    if not isinstance(a, Tensor) or not isinstance(b, Tensor) or a.shape != b.shape:
        return False
    return a is b or (bool(a.name) and a.name == b.name)


def _fuse_plain(draft: Draft, link: _Link, chain: list[Draft.Node]) -> None:
    first, _, product = link
    source = first.inputs[0]
    states: list[Arg] = []
    if isinstance(source, Value) and source.node.op == "Add" and len(source.node.dynamic) == 2:
        for x, h in (source.node.dynamic, source.node.dynamic[::-1]):
            if h.node.op == "Linear" and _share(h.node, product):
                source, states = x, [h.node.dynamic[0]]
                break
    weight = product.inputs[1]
    projected = False
    while isinstance(source, Value) and source.node.op in _BESIDE and source.node.dynamic:
        if source.node.op == "Linear" and isinstance(source.node.arg(1), Tensor):
            if projected:  # a layer of its own before the recurrent one
                break
            weight, projected = source.node.inputs[1], True
        source = source.node.dynamic[0]
    kernels = [
        Tensor("float32", None if w.shape is None else (1, *w.shape), None, w.name)
        for w in (weight, product.inputs[1])
        if isinstance(w, Tensor)
    ]
    rest = first.dynamic
    made = draft.fuse(
        [first], first.out, "RNN", [source, *kernels, *states], {"direction": "forward"},
        marks={"decomposed": "cell"},
    )  # fmt: skip
    draft.widen(made, 2)
    draft.prune(rest, heirs=(made,))
    for step in chain:
        rest = step.dynamic
        draft.replace(step.out, made.out)
        draft.remove(step, heirs=(made,))
        draft.prune(rest, heirs=(made,))
