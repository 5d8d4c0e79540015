"""Normalisations that share what they compute: with each other, or with who reads their statistics.

`restore_norms` calls this. Runtimes compute a norm of one value once, though two layers each have
a scale and a shift of their own; and they fuse a norm whose mean and deviation are read besides.

Before:
    n = LayerNormalization(x)
    a = Add(Mul(n, w[8]), w[8])
    b = Add(Mul(n, w[8]), w[8])

After:
    a = Add(Mul(LayerNormalization(x), w[8]), w[8])
    b = Add(Mul(LayerNormalization(x), w[8]), w[8])
"""

from __future__ import annotations

from collections.abc import Iterator

from genescan.draft import Draft, Value
from genescan.graph import Attr, Tensor

_TYPES = frozenset({"Cast", "Quantize", "Dequantize", "quantised"})


def apart(draft: Draft, norm: Draft.Node) -> None:
    """A norm for each scale and shift, where nothing else reads it."""
    readers = list(norm.out.users)
    if len(readers) < 2 or norm.out.outputs or not all(map(_scaled_and_shifted, readers)):
        return
    for reader in readers[1:]:
        twin = draft.add(
            norm.op, norm.inputs, norm.attrs, before=reader, origin=(norm,),
            shapes=(norm.out.shape,), marks=norm.marks,
        )  # fmt: skip
        twin.via = dict(norm.via)
        draft.set_input(reader, reader.inputs.index(norm.out), twin.out)


def _scaled_and_shifted(node: Draft.Node) -> bool:
    """Whether a node scales each feature, and what it makes is shifted by feature."""
    after = node.out.sole_user
    if node.op != "Mul" or after is None or after.op != "Add":
        return False
    return _affine(node) and _affine(after)


def _affine(node: Draft.Node) -> bool:
    extents = [arg.squeezed for arg in node.inputs if isinstance(arg, Tensor)]
    return len(node.dynamic) == 1 and len(extents) == 1 and len(extents[0] or ()) == 1


def spell_out(draft: Draft, norm: Draft.Node) -> None:
    """A norm whose mean and deviation are computed besides is their difference and quotient."""
    value = norm.inputs[0]
    if not isinstance(value, Value) or not _still(norm) or "axes" not in norm.attrs:
        return
    steps = next(_statistics(value, norm.attrs["axes"]), None)
    if steps is None:
        return
    place = value.node.next  # who reads a step stands behind it
    while place is not None and (place.op == "Input" or place in steps):
        place = place.next
    made = [_moved(draft, step, place) for step in steps]
    quotient = draft.add(
        "Div", [made[1].out, made[-1].out], before=place, shapes=(norm.out.shape,),
        marks={"assumed": "a norm by the deviation that is computed besides"},
    )  # fmt: skip
    draft.replace(norm.out, quotient.out)
    draft.remove(norm, heirs=(quotient,))


def _moved(draft: Draft, node: Draft.Node, place: Draft.Node | None) -> Draft.Node:
    """A node at another place."""
    twin = draft.add(
        node.op, node.inputs, node.attrs, before=place, origin=(node,), shapes=(node.out.shape,),
        marks=node.marks,
    )  # fmt: skip
    twin.via = dict(node.via)
    draft.replace(node.out, twin.out)
    draft.remove(node, heirs=(twin,))
    return twin


def _still(node: Draft.Node) -> bool:
    """Whether nothing moves the operands of a node."""
    return all(label in _TYPES for way in node.via.values() for label in way)


def _statistics(value: Value, axes: Attr) -> Iterator[list[Draft.Node]]:
    """Chains from the mean of a value over some axes to the root of its variance."""
    for mean in _readers(value, "ReduceMean", axes):
        for centred in _readers(mean.out, "Sub"):
            if centred.inputs != [value, mean.out]:
                continue
            for square in _readers(centred.out, "Mul"):
                for variance in _readers(square.out, "ReduceMean", axes):
                    for guarded in _readers(variance.out, "Add"):
                        for root in _readers(guarded.out, "Sqrt"):
                            if square.inputs == [centred.out] * 2 and len(guarded.dynamic) == 1:
                                yield [mean, centred, square, variance, guarded, root]


def _readers(value: Value, op: str, axes: Attr | None = None) -> list[Draft.Node]:
    """The readers of an operator, over these axes which stay; nothing is moved before them."""
    found = (user for user in value.users if user.op == op and _still(user))
    if axes is None:
        return list(found)
    return [n for n in found if n.attrs.get("axes") == axes and n.attrs.get("keepdims", 1)]
