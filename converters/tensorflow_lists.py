"""Rules for lists of tensors, which loops read and write, and for recurrent kernels.

A TensorList or TensorArray is a sequence. Writing one element after the other appends; the
`flow` of a TensorArray is the sequence itself, its handle means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly, ints
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_HANDLE = Tensor("resource", None, None, "sequence")



def _new(assembly: Assembly, call: Call) -> Edge:
    return assembly.emit("SequenceEmpty", (), name=call.name)


def _apart(assembly: Assembly, call: Call, value: Operand) -> Edge:
    attrs: dict[str, Attr] = {"axis": 0, "keepdims": 0}
    return assembly.emit("SplitToSequence", [value], attrs, name=call.name)


def _joined(assembly: Assembly, call: Call, sequence: Operand, stacked: bool) -> Edge:
    attrs: dict[str, Attr] = {"axis": 0, "new_axis": int(stacked)}
    return assembly.emit("ConcatFromSequence", [sequence], attrs, name=call.name)


def _write(assembly: Assembly, call: Call, sequence: Operand, value: Operand) -> Edge:
    return assembly.emit("SequenceInsert", [sequence, value], name=call.name)


def _read(assembly: Assembly, call: Call, sequence: Operand, index: Operand) -> Edge:
    return assembly.emit("SequenceAt", [sequence, index], name=call.name)


def list_new(assembly: Assembly, call: Call) -> list[Operand]:
    """An empty list, or one of a length whose elements are written later."""
    return [_new(assembly, call)]


def list_set(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: list, index, element."""
    return [_write(assembly, call, call.inputs[0], call.inputs[2])]


def list_push(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: list, element."""
    return [_write(assembly, call, call.inputs[0], call.inputs[1])]


def list_get(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: list, index."""
    return [_read(assembly, call, call.inputs[0], call.inputs[1])]


def list_pop(assembly: Assembly, call: Call) -> list[Operand]:
    """The list without its last element, and that element."""
    last = ints((-1,))
    rest = assembly.emit("SequenceErase", [call.inputs[0], last], name=call.name)
    return [rest, _read(assembly, call, call.inputs[0], last)]


def list_from(assembly: Assembly, call: Call) -> list[Operand]:
    """A tensor cut along its first axis."""
    return [_apart(assembly, call, call.inputs[0])]


def list_stack(assembly: Assembly, call: Call) -> list[Operand]:
    """All elements along a new first axis."""
    return [_joined(assembly, call, call.inputs[0], True)]


def list_join(assembly: Assembly, call: Call) -> list[Operand]:
    """All elements one after the other, and their lengths."""
    return [_joined(assembly, call, call.inputs[0], False), Tensor("int64", (None,))]


def list_gather(assembly: Assembly, call: Call) -> list[Operand]:
    """Some elements along a new first axis."""
    whole = _joined(assembly, call, call.inputs[0], True)
    return [assembly.emit("Gather", [whole, call.inputs[1]], {"axis": 0}, name=call.name)]


def array_new(assembly: Assembly, call: Call) -> list[Operand]:
    """Handle and flow."""
    return [_HANDLE, _new(assembly, call)]


def array_scatter(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, indices, value, flow."""
    return [_apart(assembly, call, call.inputs[2])]


def array_write(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, index, value, flow."""
    return [_write(assembly, call, call.inputs[3], call.inputs[2])]


def array_read(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, index, flow."""
    return [_read(assembly, call, call.inputs[2], call.inputs[1])]


def array_gather(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, indices, flow; all elements are asked for, in their order."""
    return [_joined(assembly, call, call.inputs[2], True)]


def array_size(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, flow."""
    return [assembly.emit("SequenceLength", [call.inputs[1]], name=call.name, shapes=((),))]


def array_join(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: handle, flow."""
    return [_joined(assembly, call, call.inputs[1], False), Tensor("int64", (None,))]


_MODES = {"lstm": "LSTM", "gru": "GRU"}
_DIRECTIONS = {"unidirectional": "forward", "bidirectional": "bidirectional"}


def cudnn(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A whole recurrent layer; operands: x, h, c, weights in one piece."""
    op = _MODES.get(call.text("rnn_mode", "lstm"), "RNN")
    direction = _DIRECTIONS.get(call.text("direction", "unidirectional"))
    if direction is None:
        return None
    weight = Tensor("float32", None, None, getattr(call.inputs[3], "name", ""))
    states = call.inputs[1:3] if op == "LSTM" else call.inputs[1:2]
    operands = [call.inputs[0], weight, weight, None, None, *states]
    edge = assembly.emit(
        op, operands, {"direction": direction}, name=call.name, outputs=3 if op == "LSTM" else 2
    )
    shape = assembly.shape(call.inputs[0])
    made = assembly.emit("Squeeze", [edge, ints((1,))], name=call.name,
                         shapes=((*shape[:2], None) if shape else None,))  # fmt: skip
    last = Edge(edge.source, 2) if op == "LSTM" else Tensor("float32", None)
    return [made, Edge(edge.source, 1), last, Tensor("float32", None), Tensor("float32", None)]


def block_lstm(assembly: Assembly, call: Call) -> list[Operand]:
    """A layer over time; operands: length, x, c, h, weights, peepholes (three), bias."""
    value, cell, hidden, weight = call.inputs[1:5]
    shape = assembly.shape(weight)
    size = shape[1] // 4 if shape is not None and len(shape) == 2 and shape[1] else None
    data = assembly.shape(value)
    width = data[-1] if data else None
    name = getattr(weight, "name", "")
    four = None if size is None else 4 * size
    kernel = Tensor("float32", (1, four, width), None, name)
    recurrent = Tensor("float32", (1, four, size), None, name)
    operands = [value, kernel, recurrent, None, None, hidden, cell]
    attrs: dict[str, Attr] = {"direction": "forward"}
    if size is not None:
        attrs["hidden_size"] = size
    edge = assembly.emit("LSTM", operands, attrs, name=call.name, outputs=3)
    steps: Dims | None = (*data[:2], size) if data is not None and len(data) == 3 else None
    made = assembly.emit("Squeeze", [edge, ints((1,))], name=call.name, shapes=(steps,))
    inner: list[Operand] = [Tensor("float32", None)] * 6
    inner[1] = Edge(edge.source, 2)
    return [*inner, made]


def _gate(assembly: Assembly, call: Call, values: list[Operand], weight: Operand, bias: Operand,
          parts: int) -> list[Operand]:  # fmt: skip
    """The projections of a cell's step, cut into its gates."""
    joined = assembly.emit("Concat", values, {"axis": 1}, name=call.name)
    product = assembly.emit("MatMul", [joined, weight], name=call.name)
    total = assembly.emit("Add", [product, bias], name=call.name)
    if parts == 1:
        return [total]
    edge = assembly.emit("Split", [total], {"axis": 1}, name=call.name, outputs=parts)
    return [Edge(edge.source, port) for port in range(parts)]


def lstm_cell(assembly: Assembly, call: Call) -> list[Operand]:
    """One step; operands: x, c, h, weights, peepholes (three), bias."""
    value, cell, hidden, weight = call.inputs[:4]
    gates = _gate(assembly, call, [value, hidden], weight, call.inputs[7], 4)

    def emit(op: str, *inputs: Operand) -> Edge:
        return assembly.emit(op, inputs, name=call.name, shapes=(assembly.shape(cell),))

    forget = emit("Add", gates[2], Tensor("float32", (), (call.real("forget_bias", 1.0),)))
    i, f, o = emit("Sigmoid", gates[0]), emit("Sigmoid", forget), emit("Sigmoid", gates[3])
    new = emit("Tanh", gates[1])
    state = emit("Add", emit("Mul", f, cell), emit("Mul", i, new))
    squashed = emit("Tanh", state)
    return [i, state, f, o, new, squashed, emit("Mul", o, squashed)]


def gru_cell(assembly: Assembly, call: Call) -> list[Operand]:
    """One step; operands: x, h, weights of the gates and of the candidate, their biases."""
    value, hidden, gates, candidate, bias, other = call.inputs[:6]
    reset, update = _gate(assembly, call, [value, hidden], gates, bias, 2)

    def emit(op: str, *inputs: Operand) -> Edge:
        return assembly.emit(op, inputs, name=call.name, shapes=(assembly.shape(hidden),))

    r, u = emit("Sigmoid", reset), emit("Sigmoid", update)
    kept = emit("Mul", r, hidden)
    new = emit("Tanh", *_gate(assembly, call, [value, kept], candidate, other, 1))
    rest = emit("Sub", Tensor("float32", (), (1.0,)), u)
    return [r, u, new, emit("Add", emit("Mul", u, hidden), emit("Mul", rest, new))]


RULES: Mapping[str, Rule] = {
    "list_new": list_new,
    "list_set": list_set,
    "list_push": list_push,
    "list_get": list_get,
    "list_pop": list_pop,
    "list_from": list_from,
    "list_stack": list_stack,
    "list_join": list_join,
    "list_gather": list_gather,
    "array_new": array_new,
    "array_scatter": array_scatter,
    "array_write": array_write,
    "array_read": array_read,
    "array_gather": array_gather,
    "array_size": array_size,
    "array_join": array_join,
    "cudnn": cudnn,
    "block_lstm": block_lstm,
    "lstm_cell": lstm_cell,
    "gru_cell": gru_cell,
}
