"""Contract data movement, casts and quantisation onto the edges.

The core view keeps what computes. What a value passed on its way stands on the edge (`Edge.via`)
for rules that ask; it takes no part in equality, because every exporter moves data differently.

Before:
    a = Transpose(Cast(x), perm=[0, 2, 1])
    y = Relu(a)

After:
    y = Relu(x)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Draft, Value
from genescan.graph import Tensor

_LABELS = {
    "Identity": "",
    "Dropout": "",
    "Contiguous": "",
    "Cast": "Cast",
    "CastLike": "Cast",
    "BitCast": "Cast",
    "Transpose": "Transpose",
    "Reshape": "Reshape",
    "Flatten": "Flatten",
    "Squeeze": "Squeeze",
    "Unsqueeze": "Unsqueeze",
    "Expand": "Expand",
    "Tile": "Tile",
    "QuantizeLinear": "Quantize",
    "DequantizeLinear": "Dequantize",
}
_SAME_ORDER = frozenset(_LABELS) - {"Transpose", "Expand", "Tile", "DequantizeLinear"}
"""Operators that keep the elements and their order."""
_LONGEST = 16
"""Labels kept on one edge; real chains have fewer than ten."""


_RETYPING = frozenset(
    {"Identity", "Dropout", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear"}
)


def run_retyping(draft: Draft) -> None:
    """Casts and quantisation only: they stand between the parts of rearrangements."""
    for node in draft.of("Einsum"):
        _transposed(draft, node)
    _contract(draft, _RETYPING)


def _transposed(draft: Draft, node: Draft.Node) -> None:
    """An Einsum of one value that only reorders its letters is a Transpose."""
    equation = str(node.attrs.get("equation", "")).replace(" ", "")
    before, _, after = equation.partition("->")
    if len(node.inputs) != 1 or not before.isalpha() or len(set(before)) != len(before):
        return
    if sorted(before) == sorted(after):
        perm = tuple(before.index(letter) for letter in after)
        draft.retype(node, "Transpose", {"perm": perm})


def run(draft: Draft) -> None:
    """All movement."""
    _contract(draft, frozenset(_LABELS))


def swaps_last(label: str) -> bool:
    """Whether what stands on an edge is a transpose of the last two axes alone.

    One whose order the file keeps elsewhere is taken for one: rows become columns.
    """
    if label == "Transpose":
        return True
    order = label.removeprefix("Transpose(").removesuffix(")").split(",")
    rank = len(order)
    wanted = [*range(rank - 2), rank - 1, rank - 2]
    return label.startswith("Transpose(") and rank > 1 and order == list(map(str, wanted))


def _contract(draft: Draft, names: frozenset[str]) -> None:
    """One walk in topological order; each reader moves once."""
    for node in draft:
        if node.op not in names:
            continue
        if isinstance(node.inputs[0], Tensor) or node.inputs[0] is None:
            _constant(draft, node)
            continue
        label = _label(node)
        taken = node.via.get(0, ())
        via = (label,) if label and len(taken) < _LONGEST else ()
        for value in node.outputs[1:]:  # Dropout's mask: nobody reads it at inference
            draft.replace(value, None)
        draft.bypass(node, "movement", via=via)


def _label(node: Draft.Node) -> str:
    label = _LABELS[node.op]
    if node.op == "Flatten" and node.attrs.get("axis", 1) in (1, -1) and node.dynamic[0].rank == 2:
        return ""  # flat before
    if node.op in ("Reshape", "Flatten") and _stays(node):
        return ""
    order = node.ints("perm")
    if order is not None:
        return f"{label}({','.join(map(str, order))})"
    if node.op == "Reshape":
        given = node.arg(1)
        target = shapes.ints(given if isinstance(given, Tensor) else None)
        if target is not None:
            return f"{label}({','.join('?' if d is None else str(d) for d in target[:8])})"
    return label


def _stays(node: Draft.Node) -> bool:
    """Whether all sizes are known to be as before; one open size follows from the others."""
    before, after = node.inputs[0], node.out.shape
    shape = before.shape if isinstance(before, Value) else None
    return shape is not None and shape == after and shape.count(None) < 2


def _constant(draft: Draft, node: Draft.Node) -> None:
    """Constant data moved to a computed shape is still a constant."""
    source = node.inputs[0]
    made = Tensor("float32", node.out.shape)
    if isinstance(source, Tensor):
        data = source.data if node.op in _SAME_ORDER or source.scalar is not None else None
        name = source.name if node.op in _SAME_ORDER else ""
        made = Tensor(source.dtype, node.out.shape, data, name)
    for value in node.outputs:
        draft.replace(value, made)
    rest: list[Value] = node.dynamic
    draft.remove(node, "constant")
    draft.prune(rest, "shape arithmetic")
