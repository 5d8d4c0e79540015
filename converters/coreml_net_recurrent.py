"""Recurrent layers of neural networks, over (sequence, [batch,] channel, 1, 1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import put
from genescan.converters.coreml_net_images import stored
from genescan.converters.coreml_recurrent import ACTIVATIONS, Layer
from genescan.converters.table import Call, Rule
from genescan.graph import Dims, Edge, Operand, Tensor

_KINDS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "ReLU": "relu",
    "linear": "linear",
    "scaledTanh": "scaled_tanh",
    "sigmoidHard": "sigmoid_hard",
}
_LSTM_GATES = ("inputGate", "outputGate", "forgetGate", "blockInput")
"""In the order of ONNX: i, o, f, c."""
_GRU_GATES = ("updateGate", "resetGate", "outputGate")
"""In the order of ONNX: z, r, h."""


def _gates(call: Call, side: str, gates: tuple[str, ...], last: str, shape: Dims) -> Operand:
    """The matrices or vectors of all gates as one constant."""
    first = stored(call, f"{side}{gates[0]}{last}", shape)
    total = (None if shape[0] is None else len(gates) * shape[0], *shape[1:])
    return Tensor("float32", total, None, first.name, first.payload)


def _chosen(call: Call, path: str, count: int) -> tuple[str, ...]:
    steps = [f".{index}" for index in range(count)] if count > 1 else [""]
    kinds = [call.text(f"{path}{step}.NonlinearityType") for step in steps]
    return tuple(ACTIVATIONS.get(_KINDS.get(kind, ""), "Affine") for kind in kinds)


class _Runner:
    """Emits one layer between the network's shapes and those of ONNX."""

    def __init__(self, a: Assembly, call: Call, layer: Layer) -> None:
        self.a, self.call, self.layer = a, call, layer
        self.legacy = bool(call.integer("legacy"))
        self.states = 2 if layer.op == "LSTM" else 1
        self.sides = len(layer.inputs)

    def run(self, ends: bool) -> list[Operand]:
        """The outputs of the layer: all steps or the last, then h and c of each direction."""
        values = self.call.operands("x")
        self._start([self._enter(value) for value in values[1:]])
        made = self.layer.emit(self.a, self.call, self._enter(values[0]))
        outputs = [self._leave(self._last(made) if ends else self._steps(made))]
        for index in range(len(self.call.shapes) - 1):
            port, side = 1 + index % self.states, index // self.states
            last: Operand = Edge(made.source, port)
            if self.sides > 1:
                bounds = [ints([side]), ints([side + 1]), ints([0])]
                last = put(self.a, self.call, "Slice", [last, *bounds])
            outputs.append(self._leave(last))
        return outputs

    def _start(self, first: list[Operand]) -> None:
        """First states: h, c forward, then h, c backward."""
        if len(first) == self.states * self.sides:
            self.layer.initial = [
                self._both(first[index :: self.states]) for index in range(self.states)
            ]

    def _both(self, parts: list[Operand]) -> Operand:
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        if isinstance(first, Tensor) and all(isinstance(part, Tensor) for part in parts):
            wide = None if first.shape is None else (len(parts), *first.shape[1:])
            return Tensor("float32", wide, None, first.name)
        return put(self.a, self.call, "Concat", parts, {"axis": 0})

    def _enter(self, value: Operand) -> Operand:
        """A value as (sequence, batch, channel); in old networks the batch is one."""
        if isinstance(value, Tensor):
            shape = None if value.shape is None else value.shape[: 2 if self.legacy else 3]
            if self.legacy and shape is not None and len(shape) == 2:
                shape = (shape[0], 1, shape[1])
            return Tensor(value.dtype, shape, value.data, value.name, value.payload)
        if not self.legacy:
            return put(self.a, self.call, "Squeeze", [value, ints([3, 4])])
        flat = put(self.a, self.call, "Squeeze", [value, ints([2, 3])])
        return put(self.a, self.call, "Unsqueeze", [flat, ints([1])])

    def _leave(self, value: Operand) -> Operand:
        axes = [3, 4]
        if self.legacy:
            value, axes = put(self.a, self.call, "Squeeze", [value, ints([1])]), [2, 3]
        return put(self.a, self.call, "Unsqueeze", [value, ints(axes)])

    def _steps(self, made: Edge) -> Operand:
        """Y of (sequence, directions, batch, hidden) with the directions side by side."""
        if self.sides == 1:
            return put(self.a, self.call, "Squeeze", [made, ints([1])])
        lead = self.a.shape(made)
        steps, batch = (lead[0], lead[2]) if lead is not None else (None, None)
        moved = self.a.transpose(made, (0, 2, 1, 3), self.call.name)
        return self.a.reshape(moved, (steps or 0, batch or 0, self._width()), self.call.name)

    def _last(self, made: Edge) -> Operand:
        """The last states of all directions as one step: (1, batch, features)."""
        last = Edge(made.source, 1)
        if self.sides == 1:
            return last
        shape = self.a.shape(last)
        batch = shape[1] if shape is not None and len(shape) == 3 else None
        moved = self.a.transpose(last, (1, 0, 2), self.call.name)
        return self.a.reshape(moved, (1, batch or -1, self._width()), self.call.name)

    def _width(self) -> int:
        return (self.layer.hidden or 0) * self.sides


def _simple(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = call.integer("inputVectorSize"), call.integer("outputVectorSize")
    layer = Layer(
        "RNN",
        [stored(call, "weightMatrix", (hidden, size))],
        [stored(call, "recursionMatrix", (hidden, hidden))],
        [stored(call, "biasVector", (hidden,))] if call.integer("hasBiasVector") else [],
        direction="reverse" if call.integer("reverseInput") else "forward",
        hidden=hidden,
        activations=_chosen(call, "activation", 1),
    )
    return _Runner(a, call, layer).run(not call.integer("sequenceOutput"))


def _gru(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = call.integer("inputVectorSize"), call.integer("outputVectorSize")

    def part(last: str, shape: Dims) -> list[Operand]:
        return [_gates(call, "", _GRU_GATES, last, shape)]

    layer = Layer(
        "GRU",
        part("WeightMatrix", (hidden, size)),
        part("RecursionMatrix", (hidden, hidden)),
        part("BiasVector", (hidden,)) if call.integer("hasBiasVectors") else [],
        direction="reverse" if call.integer("reverseInput") else "forward",
        hidden=hidden,
        activations=_chosen(call, "activations", 2),
    )
    return _Runner(a, call, layer).run(not call.integer("sequenceOutput"))


def _lstm(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = call.integer("inputVectorSize"), call.integer("outputVectorSize")
    both = call.kind == "biDirectionalLSTM"
    sides = ["weightParams.0.", "weightParams.1."] if both else ["weightParams."]

    def parts(last: str, shape: Dims, gates: tuple[str, ...] = _LSTM_GATES) -> list[Operand]:
        return [_gates(call, side, gates, last, shape) for side in sides]

    layer = Layer(
        "LSTM",
        parts("WeightMatrix", (hidden, size)),
        parts("RecursionMatrix", (hidden, hidden)),
        parts("BiasVector", (hidden,)) if call.integer("params.hasBiasVectors") else [],
        direction="bidirectional" if both else "forward",
        hidden=hidden,
        activations=_chosen(call, "activationsForwardLSTM" if both else "activations", 3),
    )
    if call.integer("reverseInput"):
        layer.direction = "reverse"
    if call.integer("params.coupledInputAndForgetGate"):
        layer.attrs["input_forget"] = 1
    if call.integer("params.hasPeepholeVectors"):
        layer.peepholes = parts("PeepholeVector", (hidden,), _LSTM_GATES[:3])
    return _Runner(a, call, layer).run(not call.integer("params.sequenceOutput"))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "simpleRecurrent": _simple,
        "gru": _gru,
        "uniDirectionalLSTM": _lstm,
        "biDirectionalLSTM": _lstm,
    }
)
