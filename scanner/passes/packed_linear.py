"""Projections that are packed into one Linear and cut apart behind it.

`restore_linear` calls this once products are Linear.
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes import packed_experts

_BEFORE_ATTENTION = frozenset(
    {"RotaryEmbedding", "RMSNormalization", "LayerNormalization", "LpNormalization"}
    | {"Mul", "Add", "Concat", "Slice"}
)


def unpack(draft: Draft, node: Draft.Node) -> None:
    """One Linear for each cut, where nothing else reads it."""
    slices = list(node.out.users)
    if len(slices) < 2 or node.out.outputs or any(user.op != "Slice" for user in slices):
        return
    plain = not packed_experts.gates(slices, node)
    if plain and not all(_cuts_features(s, node) for s in slices) and not _feeds_attention(slices):
        return
    weight = node.inputs[1]
    for cut in slices:
        part = Tensor(shape=None)
        if isinstance(weight, Tensor) and weight.shape is not None:
            rows = _rows(cut) if plain and _cuts_features(cut, node) else None
            if rows is None and weight.shape[0] is not None:
                rows = weight.shape[0] // len(slices)
            part = Tensor(weight.dtype, (rows, *weight.shape[1:]), None, weight.name)
        made = draft.add(
            "Linear", [node.inputs[0], part], node.attrs, before=cut, origin=(node, cut),
            shapes=(cut.out.shape,), marks={"packed": "one of several"},
        )  # fmt: skip
        made.via = {0: node.via.get(0, ())}
        draft.replace(cut.out, made.out)
        draft.remove(cut, heirs=(made,))
        last = made
    draft.remove(node, heirs=(last,))


def _cuts_features(cut: Draft.Node, node: Draft.Node) -> bool:
    """Whether a Slice cuts the feature axis of a Linear's own output."""
    labels = _movement(cut)
    if _ones_behind(cut) or (labels and _before_ones(cut, node, labels)):
        return True
    if {*labels} <= {"Unsqueeze", "Squeeze"} and cut.out.rank == node.out.rank:
        labels = []  # an axis for the sake of a normalisation
    weight = node.inputs[1]
    features = weight.shape[0] if isinstance(weight, Tensor) and weight.shape else None
    sizes = labels[0][8:-1].split(",") if labels and labels[0].startswith("Reshape(") else []
    if labels and (len(labels) > 1 or not sizes or sizes[-1] != str(features)):
        return False
    axis = cut.attrs.get("axis", cut.attrs.get("axes"))
    if isinstance(axis, tuple):
        axis = axis[0] if len(axis) == 1 else None
    rank = len(sizes) or node.out.rank or 3  # unknown: [batch, length, features]
    return axis in (-1, rank - 1)


def _movement(cut: Draft.Node) -> list[str]:
    """How a value is rearranged before it is cut."""
    return [v for v in cut.via.get(0, ()) if v not in ("Quantize", "Dequantize", "Cast")]


def _ones_behind(cut: Draft.Node) -> bool:
    """Whether features were given axes of one behind them, as scales of a map's channels are."""
    labels, shape = _movement(cut), cut.out.shape
    axes = cut.ints("axis") or cut.ints("axes") or ()
    if not labels or any(label[:9] != "Unsqueeze" for label in labels) or not shape:
        return False
    if len(axes) != 1 or not -len(shape) <= axes[0] < len(shape):
        return False
    return shape[axes[0]] != 1 and all(size == 1 for size in shape[axes[0] % len(shape) + 1 :])


def _rows(cut: Draft.Node) -> int | None:
    """How many features a cut takes: the size of the last axis, or of the one before ones."""
    axes, shape = cut.ints("axis") or cut.ints("axes") or (-1,), cut.out.shape
    if not shape:
        return None
    return shape[axes[0]] if -len(shape) <= axes[0] < len(shape) else shape[-1]


def _before_ones(cut: Draft.Node, node: Draft.Node, labels: list[str]) -> bool:
    """Whether features became the channels of one pixel before they were cut."""
    shape, rows = cut.out.shape, node.out.shape
    axes = cut.ints("axis") or cut.ints("axes") or ()
    plain = all(label.startswith(("Unsqueeze", "Reshape")) for label in labels)
    if not plain or shape is None or rows is None or len(axes) != 1:
        return False
    axis = axes[0] + len(shape) if axes[0] < 0 else axes[0]
    if not 0 < axis < len(shape) or any(size != 1 for size in shape[axis + 1 :]):
        return False
    return [s for s in shape[:axis] if s != 1] == [s for s in rows[:-1] if s != 1]


def _feeds_attention(slices: list[Draft.Node]) -> bool:
    """Whether the cuts are the query, key and value of one attention, or two of these."""
    reached = [_attention(cut.out) for cut in slices]
    return len(slices) in (2, 3) and reached[0] is not None and len(set(reached)) == 1


def _attention(value: Value) -> Draft.Node | None:
    for _ in range(6):
        users = list(value.users)  # keys and values may be handed out as well, as a cache
        user = next((user for user in users if user.op == "SDPA"), users[0] if users else None)
        if user is None or user.op == "SDPA":
            return user
        if user.op not in _BEFORE_ATTENTION:
            return None
        value = user.out
    return None
