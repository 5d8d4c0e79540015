"""Name rotary position embeddings, however the halves are cut and joined.

The table of cosines and sines is cut: exporters compute it from positions or store it.
Source: Su et al., RoFormer, arXiv:2104.09864.

Before:
    r = Concat(Neg(Slice(x, part=1)), Slice(x, part=0))
    y = Add(Mul(x, w[16, 8]), Mul(r, w[16, 8]))

After:
    y = RotaryEmbedding(x)
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value
from genescan.passes import regions


def run(draft: Draft) -> None:
    """Look for rotated halves, then for the two-sided form, then join partial rotations."""
    for node in draft.of("Concat"):
        if not _rotated_half(draft, node):
            _two_sided(draft, node)
    for node in draft.of("RotaryEmbedding"):
        _partial(draft, node)
        _interleaved(draft, node)


def _slice_of(arg: Arg) -> Value | None:
    if isinstance(arg, Value) and arg.node.op == "Slice" and isinstance(arg.node.inputs[0], Value):
        return arg.node.inputs[0]
    return None


def _negates(node: Draft.Node) -> bool:
    """A negation, or a product with one number that the file keeps elsewhere.

    A half that is scaled, swapped with the other, weighed by a table and added to the whole is a
    rotation, and the number -1.
    """
    if node.op != "Mul" or len(node.dynamic) != 1:
        return node.op == "Neg"
    return any(map(regions.is_open, node.inputs))


def _rotated_half(draft: Draft, node: Draft.Node) -> bool:
    """Add(Mul(x, cos), Mul(Concat(Neg(Slice(x)), Slice(x)), sin))."""
    if len(node.dynamic) != 2 or len(node.inputs) != 2:
        return False
    negative = next((v.node for v in node.dynamic if _negates(v.node)), None)
    plain = next((v for v in node.dynamic if v.node.op == "Slice"), None)
    source = _slice_of(plain)
    if negative is None or source is None or _slice_of(negative.dynamic[0]) is not source:
        return False
    turned = node.out
    between = _stacked(node)
    if between is not None:
        turned = between.out
    product = turned.sole_user
    if product is None or product.op != "Mul":
        return False
    total = product.out.sole_user
    if total is None or total.op != "Add":
        return False
    other = next((arg for arg in total.inputs if arg is not product.out), None)
    if not isinstance(other, Value) or other.node.op != "Mul" or source not in other.node.inputs:
        return False
    region = [total, product, other.node, node, negative, *(v.node for v in node.dynamic)]
    tables = [a for m in (product, other.node) for a in m.dynamic if a not in (source, turned)]
    region += [negative.dynamic[0].node, *([between] if between is not None else [])]
    _fuse(draft, region, total.out, source, tables)
    return True


def _stacked(node: Draft.Node) -> Draft.Node | None:
    """The shuffle by which Core ML makes neighbours of what it joins."""
    user = node.out.sole_user
    return user if user is not None and user.op == "ChannelShuffle" else None


def _two_sided(draft: Draft, node: Draft.Node) -> None:
    """Concat(Sub(x1*cos, x2*sin), Add(x2*cos, x1*sin)) with x1 and x2 slices of one x."""
    if len(node.inputs) != 2 or sorted(v.node.op for v in node.dynamic) != ["Add", "Sub"]:
        return
    region, tables, sources = [node], [], set()
    for half in node.dynamic:
        region.append(half.node)
        for value in half.node.dynamic:
            if value.node.op != "Mul":
                return
            region.append(value.node)
            for arg in value.node.inputs:
                source = _slice_of(arg)
                if source is not None and isinstance(arg, Value):
                    sources.add(source)
                    region.append(arg.node)
                elif isinstance(arg, Value):
                    tables.append(arg)
    if len(sources) == 1:
        _fuse(draft, list(dict.fromkeys(region)), node.out, sources.pop(), tables)


def _fuse(
    draft: Draft, region: list[Draft.Node], result: Value, source: Value, tables: list[Value]
) -> None:
    made = draft.fuse(list(dict.fromkeys(region)), result, "RotaryEmbedding", [source])
    draft.prune(tables, "rotary table")
    made.marks["decomposed"] = "rotary"


def _partial(draft: Draft, node: Draft.Node) -> None:
    """Concat(RotaryEmbedding(Slice(x)), Slice(x)): rotation of some of the features."""
    source, joined = _slice_of(node.inputs[0]), node.out.sole_user
    if source is None or joined is None or joined.op != "Concat" or len(joined.inputs) != 2:
        return
    other = next((arg for arg in joined.inputs if arg is not node.out), None)
    if _slice_of(other) is source and isinstance(other, Value):
        first = node.inputs[0]
        region = [joined, node, other.node] + ([first.node] if isinstance(first, Value) else [])
        draft.fuse(region, joined.out, "RotaryEmbedding", [source], {"partial": True})


def _halves(cut: Draft.Node, value: Value) -> bool:
    """Whether a Slice takes half of the features."""
    sizes = [shape[-1] if shape else None for shape in (cut.out.shape, value.shape)]
    half = None in sizes or sizes[1] == 2 * (sizes[0] or 0)
    return cut.op == "Slice" and len(cut.inputs) == 1 and half


def _interleaved(draft: Draft, node: Draft.Node) -> None:
    """Concat(Slice(r), Slice(r)) of a rotation r: its halves become neighbours."""
    cuts = list(node.out.users)
    joins = {cut.out.sole_user for cut in cuts}
    join = joins.pop() if len(cuts) == 2 and len(joins) == 1 else None
    if join is None or join.op != "Concat" or node.out.outputs or len(join.inputs) != 2:
        return
    if not all(_halves(cut, node.out) for cut in cuts) or cuts[0].attrs == cuts[1].attrs:
        return
    last = _stacked(join) or join
    region = [last, join, *cuts, node]
    draft.fuse(list(dict.fromkeys(region)), last.out, "RotaryEmbedding", node.inputs, node.attrs)
