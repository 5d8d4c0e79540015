"""Recurrent layers of both CoreML forms as ONNX LSTM, GRU and RNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import put
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_USUAL = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
ACTIVATIONS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "linear": "Affine",
    "scaled_tanh": "ScaledTanh",
    "sigmoid_hard": "HardSigmoid",
}
"""Activations of recurrent layers; ONNX spells the identity as an Affine."""


@dataclass(slots=True)
class Layer:
    """One recurrent layer; lists have one entry for each direction."""

    op: str
    inputs: list[Operand]
    """Kernels of the input: gates by input."""
    states: list[Operand]
    """Kernels of the state."""
    biases: list[Operand] = field(default_factory=list)
    initial: list[Operand] = field(default_factory=list)
    """First states, in order h, c: (directions, batch, hidden)."""
    peepholes: list[Operand] = field(default_factory=list)
    direction: str = "forward"
    hidden: int | None = None
    activations: tuple[str, ...] = ()
    attrs: dict[str, Attr] = field(default_factory=dict)

    def emit(self, a: Assembly, call: Call, value: Operand) -> Edge:
        """Emit the operator over a (time, batch, feature) value: Y, Y_h and, of an LSTM, Y_c."""
        count = len(self.inputs)
        attrs = {**self.attrs, "direction": self.direction}
        if self.hidden:
            attrs["hidden_size"] = self.hidden
        if self.activations and self.activations != _USUAL[self.op]:
            attrs["activations"] = self.activations * count
        bias = _twice(stacked(a, call, self.biases))
        first = [*self.initial, None, None][:2]
        inputs = [value, stacked(a, call, self.inputs), stacked(a, call, self.states), bias]
        inputs += [None, *first] if self.op == "LSTM" else [None, first[0]]
        if self.peepholes:
            inputs.append(stacked(a, call, self.peepholes))
        while inputs[-1] is None:
            inputs.pop()
        return put(a, call, self.op, inputs, attrs, outputs=3 if self.op == "LSTM" else 2)


def stacked(a: Assembly, call: Call, parts: Sequence[Operand]) -> Operand:
    """What belongs to each direction, as one operand with the direction first."""
    if not parts or None in parts:
        return None
    first = parts[0]
    if all(isinstance(part, Tensor) for part in parts) and isinstance(first, Tensor):
        shape: Dims | None = None if first.shape is None else (len(parts), *first.shape)
        return Tensor(first.dtype, shape, None, first.name, first.payload)
    rows = [put(a, call, "Unsqueeze", [part, ints([0])]) for part in parts]
    return rows[0] if len(rows) == 1 else put(a, call, "Concat", rows, {"axis": 0})


def _twice(bias: Operand) -> Operand:
    """CoreML has one bias where ONNX has one for the input and one for the state."""
    if not isinstance(bias, Tensor) or bias.shape is None or len(bias.shape) != 2:
        return bias
    size = bias.shape[1]
    shape = (bias.shape[0], None if size is None else 2 * size)
    return Tensor(bias.dtype, shape, None, bias.name, bias.payload)


def sequence(a: Assembly, call: Call, edge: Edge, directions: int, shape: Dims | None) -> Operand:
    """Y of (time, directions, batch, hidden) as (time, batch, directions * hidden)."""
    if directions == 1:
        return a.emit("Squeeze", [edge, ints([1])], name=call.name, shapes=(shape,))
    moved = a.transpose(edge, (0, 2, 1, 3), call.name)
    return a.reshape(moved, shape or (0, 0, -1), call.name)


def state(a: Assembly, call: Call, edge: Edge, directions: int, shape: Dims | None) -> Operand:
    """Y_h or Y_c of (directions, batch, hidden) as (batch, directions * hidden)."""
    if directions == 1:
        return a.emit("Squeeze", [edge, ints([0])], name=call.name, shapes=(shape,))
    moved = a.transpose(edge, (1, 0, 2), call.name)
    return a.reshape(moved, shape or (0, -1), call.name)


def _first(a: Assembly, call: Call, value: Operand, directions: int, hidden: int) -> Operand:
    """A first state of (batch, directions * hidden) as ONNX wants it."""
    if value is None:
        return None
    shape = a.shape(value)
    batch = shape[0] if shape else None
    if isinstance(value, Tensor):
        data = value.data if directions == 1 or not any(value.data or (1,)) else None
        return Tensor(value.dtype, (directions, batch, hidden), data, value.name, value.payload)
    if directions == 1:
        return put(a, call, "Unsqueeze", [value, ints([0])])
    return a.transpose(a.reshape(value, (batch, directions, hidden), call.name), (1, 0, 2))


def _recurrent(a: Assembly, call: Call) -> list[Operand] | None:
    """`lstm`, `gru` and `rnn` of MIL."""
    op, both = call.kind.upper(), call.text("direction") == "bidirectional"
    shape = a.shape(call.operand("weight_hh"))
    if shape is None or len(shape) != 2 or not shape[1]:
        return None
    if len(call.shapes) > (3 if op == "LSTM" else 2):
        return None
    hidden = shape[1]
    names = ("", "_back") if both else ("",)
    layer = Layer(
        op,
        [call.operand(f"weight_ih{end}") for end in names],
        [call.operand(f"weight_hh{end}") for end in names],
        [call.operand(f"bias{end}") for end in names],
        direction=call.text("direction", "forward"),
        hidden=hidden,
    )
    if call.operand("peephole") is not None:
        layer.peepholes = [call.operand(f"peephole{end}") for end in names]
    layer.initial = [
        _first(a, call, call.operand(slot), len(names), hidden)
        for slot in ("initial_h", "initial_c")[: 2 if op == "LSTM" else 1]
    ]
    layer.activations = _activations(call, op)
    if op == "GRU":
        layer.attrs["linear_before_reset"] = call.integer("reset_after")
    made = layer.emit(a, call, call.operand("x"))
    shapes = [*call.shapes, None, None, None]
    if call.integer("output_sequence"):
        result = [sequence(a, call, made, len(names), shapes[0])]
    else:
        last = state(a, call, Edge(made.source, 1), len(names), shapes[1])
        result = [put(a, call, "Unsqueeze", [last, ints([0])])]
    for port in range(1, len(call.shapes)):
        result.append(state(a, call, Edge(made.source, port), len(names), shapes[port]))
    return result


def _activations(call: Call, op: str) -> tuple[str, ...]:
    default = {"recurrent_activation": "sigmoid", "cell_activation": "tanh", "activation": "tanh"}
    slots = {
        "LSTM": ("recurrent_activation", "cell_activation", "activation"),
        "GRU": ("recurrent_activation", "activation"),
        "RNN": ("activation",),
    }[op]
    return tuple(ACTIVATIONS.get(call.text(s, default[s]), "Affine") for s in slots)


RULES: Mapping[str, Rule] = MappingProxyType({"recurrent": _recurrent})
