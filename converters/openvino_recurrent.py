"""Rules for recurrent layers of OpenVINO: batch first, and the states before the weights."""

from __future__ import annotations

from genescan.converters.assembly import Assembly
from genescan.converters.table import Call
from genescan.graph import Attr, Edge, Operand

_STATES = {"LSTM": 2, "GRU": 1, "RNN": 1}


def _kind(call: Call) -> str:
    return call.kind.removesuffix("Sequence").removesuffix("Cell")


def _attrs(call: Call) -> dict[str, Attr]:
    attrs: dict[str, Attr] = {"direction": call.text("direction", "forward").lower()}
    if hidden := call.integer("hidden_size"):
        attrs["hidden_size"] = hidden
    if "linear_before_reset" in call.attrs:
        attrs["linear_before_reset"] = call.integer("linear_before_reset")
    return attrs


def sequence(assembly: Assembly, call: Call) -> list[Operand] | None:
    """LSTMSequence, GRUSequence and RNNSequence: x, states, lengths, W, R, B."""
    kind = _kind(call)
    states = _STATES.get(kind)
    if states is None or len(call.inputs) < states + 4 or len(call.shapes) != states + 1:
        return None
    data = assembly.transpose(call.operand(0), (1, 0, 2), call.name)
    starts = [assembly.transpose(call.operand(1 + i), (1, 0, 2), call.name) for i in range(states)]
    lengths, w, r, *bias = call.inputs[1 + states : 5 + states]
    operands = [data, w, r, bias[0] if bias else None, lengths, *starts]
    edge = assembly.emit(kind, operands, _attrs(call), name=call.name, outputs=states + 1)
    results: list[Operand] = [assembly.transpose(edge, (2, 1, 0, 3), call.name)]
    for port in range(states):
        results.append(assembly.transpose(Edge(edge.source, port + 1), (1, 0, 2), call.name))
    for value, shape in zip(results, call.shapes, strict=True):
        assembly.learn(value, shape)
    return results


def cell(assembly: Assembly, call: Call) -> list[Operand] | None:
    """LSTMCell, GRUCell and RNNCell: a sequence of one step."""
    kind = _kind(call)
    states = _STATES.get(kind)
    if states is None or len(call.inputs) < states + 3 or len(call.shapes) != states:
        return None
    x, *rest = (_deeper(assembly, value, call.name) for value in call.inputs)
    w, r, *bias = rest[states : states + 3]
    operands = [x, w, r, bias[0] if bias else None, None, *rest[:states]]
    edge = assembly.emit(kind, operands, _attrs(call), name=call.name, outputs=states + 1)
    results: list[Operand] = []
    for port, shape in enumerate(call.shapes):
        state = Edge(edge.source, port + 1)
        flat = assembly.emit("Squeeze", [state], {"axes": (0,)}, name=call.name, shapes=(shape,))
        results.append(flat)
    return results


def _deeper(assembly: Assembly, value: Operand, name: str) -> Operand:
    """A value with an axis of size one before its others."""
    shape = assembly.shape(value)
    if shape is not None:
        return assembly.reshape(value, (1, *shape), name)
    return assembly.emit("Unsqueeze", [value], {"axes": (0,)}, name=name)
