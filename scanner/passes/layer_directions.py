"""Steps, halves and directions of recurrent layers, put together where their outputs meet.

`restore_recurrence` calls this once cells and loops are layers.
"""

from __future__ import annotations

import math

from genescan.draft import Arg, Draft, Value

_STACKED = 32
"""Bidirectional layers on top of one another."""
_LAYERS = ("LSTM", "GRU", "RNN")


def join(draft: Draft) -> None:
    """Halves first, then steps and directions, layer by layer."""
    for node in draft.of("Concat"):
        _join_halves(draft, node)
    for _ in range(_STACKED):  # a layer's directions are equal in source once those below are
        edits = draft.edits
        for node in draft.of("Concat"):
            _join_steps(draft, node)
        for node in draft.of("Concat"):
            _join_directions(draft, node)
        if draft.edits == edits:
            break
    for node in draft.of("Slice"):
        _drop_choice(draft, node)


def _drop_choice(draft: Draft, node: Draft.Node) -> None:
    """One direction's last state, picked from both: some formats hand them out apart."""
    value = node.inputs[0]
    if not isinstance(value, Value) or value.node.op not in _LAYERS or not value.port:
        return
    if value.node.attrs.get("direction") == "bidirectional":
        draft.replace(node.out, value)
        draft.remove(node, heirs=(value.node,))


def _join_steps(draft: Draft, node: Draft.Node) -> None:
    """The outputs of merged steps, stacked, are the layer's sequence; last states stay these."""
    layers = {_seen_through(v).node for v in node.dynamic}
    if len(node.dynamic) > 1 and len(layers) == 1 and "decomposed" in next(iter(layers)).marks:
        layer = layers.pop()
        both = layer.attrs.get("direction") == "bidirectional"
        draft.replace(node.out, layer.outputs[_port(node) if both else 0])
        draft.remove(node, heirs=(layer,))


def _port(node: Draft.Node) -> int:
    """Which output of its layers a node joins: the sequence, or all last states."""
    ports = {_seen_through(value).port for value in node.dynamic}
    return ports.pop() if len(ports) == 1 else 0


def _join_halves(draft: Draft, node: Draft.Node) -> None:
    """Both directions of a bidirectional layer, cut apart and joined: the layer's own output."""
    layers = set()
    for value in node.dynamic:
        cut = value.node
        source = cut.inputs[0] if cut.op == "Slice" else None
        axis = cut.attrs.get("axes", cut.attrs.get("axis"))
        if not isinstance(source, Value) or axis not in ((1,), 1):
            return
        layers.add(source)
    layer = layers.pop() if len(layers) == 1 else None
    if layer is None or len(node.inputs) != 2 or layer.node.op not in _LAYERS or layer.port:
        return
    if layer.node.attrs.get("direction") == "bidirectional":
        halves = node.dynamic
        draft.replace(node.out, layer)
        draft.remove(node, heirs=(layer.node,))
        draft.prune(halves, heirs=(layer.node,))


def _source_of(value: Value) -> Arg:
    """What a layer reads, seen through a reversal of the sequence."""
    source = value.node.inputs[0]
    while isinstance(source, Value) and source.node.op in ("ReverseSequence", "Slice"):
        source = source.node.inputs[0]
    return source


def _join_directions(draft: Draft, node: Draft.Node) -> None:
    """Concat(layer(x), layer(reversed x)) is one bidirectional layer."""
    if not node.alive:
        return
    values = [_layer(value) for value in node.dynamic]
    if len(values) != 2 or len(node.inputs) != 2 or None in values:
        return
    first, second = (v.node for v in values if v is not None)
    if first is second or first.op != second.op:
        return
    directions = {str(layer.attrs.get("direction", "forward")) for layer in (first, second)}
    if "bidirectional" in directions or values[0] is None or values[1] is None:
        return
    if _source_of(values[0]) is not _source_of(values[1]):
        return
    reversed_input = any(
        isinstance(arg, Value) and arg.node.op in ("ReverseSequence", "Slice")
        for arg in (first.inputs[0], second.inputs[0])
    )
    looped = "decomposed" in first.marks and "decomposed" in second.marks  # order is in the loop
    if "reverse" in directions or reversed_input or looped:
        _make_bidirectional(draft, node, first, second)


def _seen_through(value: Value) -> Value:
    """A value before reversals of the sequence."""
    while value.node.op in ("ReverseSequence", "Slice"):
        source = value.node.inputs[0]
        if not isinstance(source, Value) or _shorter(value, source):
            break
        value = source
    return value


def _shorter(cut: Value, whole: Value) -> bool:
    """Whether a Slice takes steps out of a sequence: what is reversed stays as long."""
    if cut.node.op != "Slice" or "part" in cut.node.attrs:
        return cut.node.op == "Slice"
    before, after = whole.shape, cut.shape
    if before is None or after is None or None in before or None in after:
        return False
    return math.prod(d or 0 for d in after) < math.prod(d or 0 for d in before)


def _layer(value: Value) -> Value | None:
    """The recurrent layer's output behind a reversal."""
    value = _seen_through(value)
    return value if value.node.op in _LAYERS else None


def _make_bidirectional(
    draft: Draft, node: Draft.Node, first: Draft.Node, second: Draft.Node
) -> None:
    keeper = first if first.attrs.get("direction", "forward") == "forward" else second
    other = second if keeper is first else first
    made = draft.add(
        keeper.op, keeper.inputs, {**keeper.attrs, "direction": "bidirectional"},
        before=_later(first, second).next, origin=(keeper, other),
        shapes=[value.shape for value in keeper.outputs], marks=keeper.marks,
    )  # fmt: skip
    between = node.dynamic
    draft.replace(node.out, made.outputs[_port(node)])
    draft.remove(node, heirs=(made,))
    draft.prune(between, heirs=(made,))
    for layer in (keeper, other):  # whoever reads one direction reads the joined layer
        for value, mine in zip(layer.outputs, made.outputs, strict=False):
            draft.replace(value, mine)
    draft.prune([v for layer in (keeper, other) for v in layer.outputs], heirs=(made,))


def _later(first: Draft.Node, second: Draft.Node) -> Draft.Node:
    """Which of two nodes stands behind the other."""
    node = first.next
    while node is not None and node is not second:
        node = node.next
    return first if node is None else second
