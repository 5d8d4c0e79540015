"""Rules for dilated convolutions, which TensorFlow 1 spells by folding space into the batch."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import constant
from genescan.graph import Attr, Edge, Operand

_CHAIN = 16
"""Operators between a convolution and the step that undoes its folding into the batch."""
_POINTWISE = frozenset(
    {"Add", "Mul", "Sub", "BatchNormalization", "Relu", "Clip", "Transpose", "Unsqueeze", "Squeeze"}
)


def space_to_batch(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Kept as it is: the step that undoes it decides what both meant."""
    if call.kind != "SpaceToBatchND":
        return None
    rank = assembly.rank(call.inputs[0])
    shape = None if rank is None else (None,) * rank
    return [assembly.unknown(call.kind, call.inputs, name=call.name, shapes=(shape,))]


def batch_to_space(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Undo a folding of space into the batch: a convolution between is dilated.

    The convolution sees every n-th pixel of its image, that is the whole image with gaps; what
    works on single pixels may stand after it.
    """
    blocks, chain = constant(call.operand(1)), _chain(assembly, call.inputs[0])
    if chain is None or blocks is None or call.kind != "BatchToSpaceND":
        return None
    folded, nodes = chain
    start = assembly.nodes[folded]
    gaps = _gaps(constant(start.inputs[2]), constant(call.operand(2)), len(blocks))
    turned = [assembly.nodes[index] for index in nodes]
    plain = all(_unpadded(node.attrs) for node in turned if node.op == "Conv")
    if constant(start.inputs[1]) != blocks or gaps is None or not plain:
        return None
    flat = len(blocks) == 1 and any(node.op == "Unsqueeze" for node in turned)
    value = start.inputs[0]
    for node in turned:
        attrs = dict(node.attrs)
        if node.op == "Conv":  # a sequence passes as an image of height one
            half = len(gaps) // 2
            zero = (0,) if flat else ()
            attrs["dilations"] = (1, *blocks) if flat else blocks
            attrs["pads"] = (*zero, *gaps[:half], *zero, *gaps[half:])
        inputs = [value if isinstance(arg, Edge) else arg for arg in node.inputs]
        value = assembly.emit(node.op, inputs, attrs, name=node.origin[0])
    return [value]


def _gaps(
    padded: tuple[int, ...] | None, cropped: tuple[int, ...] | None, count: int
) -> tuple[int, ...] | None:
    """Padding before and after that is left once the result was cropped."""
    if padded is None or cropped is None or not len(padded) == len(cropped) == 2 * count:
        return None
    left = [p - c for p, c in zip(padded, cropped, strict=True)]
    return (*left[::2], *left[1::2]) if min(left) >= 0 else None


def _unpadded(attrs: Mapping[str, Attr]) -> bool:
    """Whether a convolution takes every window of its image and no padding."""
    steps = attrs.get("strides", ())
    return "auto_pad" not in attrs and isinstance(steps, tuple) and set(steps) <= {1}


def _chain(assembly: Assembly, value: Operand) -> tuple[int, list[int]] | None:
    """The folding that a value comes from, and the nodes since, a convolution among them."""
    nodes: list[int] = []
    while isinstance(value, Edge) and len(nodes) < _CHAIN:
        node = assembly.nodes[value.source]
        if node.op == "Unknown:tensorflow:SpaceToBatchND":
            convs = [i for i in nodes if assembly.nodes[i].op == "Conv"]
            return (value.source, nodes[::-1]) if len(convs) == 1 else None
        edges = [arg for arg in node.inputs if isinstance(arg, Edge)]
        if len(edges) != 1 or node.op not in _POINTWISE | {"Conv"}:
            return None
        nodes.append(value.source)
        value = edges[0]
    return None


RULES: Mapping[str, Rule] = {
    "space_to_batch": space_to_batch,
    "batch_to_space": batch_to_space,
}
