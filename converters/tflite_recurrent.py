"""Recurrent operators of TensorFlow Lite: LSTM, RNN and SVDF.

Gates have operands of their own, which become the stacked kernels of ONNX: rows of the input,
output, forget and cell gate. Their states are variables of the model and start with zeros; a
sequence layer of ONNX says so by leaving them out. Where an operator makes them, they are operands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan.converters.assembly import Assembly, ints
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_ACTIVATIONS = {0: "", 1: "Relu", 2: "", 3: "", 4: "Tanh", 5: ""}
"""Activations of recurrent cells that ONNX has under a name."""
_GATES = (0, 3, 1, 2)
"""Input, output, forget, cell: order of ONNX from the order input, forget, cell, output."""


def _stacked(parts: Sequence[Operand], directions: int = 1) -> Tensor | None:
    """Kernels of gates as one constant [directions, rows of all gates, ...]."""
    known = [part for part in parts if isinstance(part, Tensor)]
    if len(known) != len(parts) or not known:
        return None
    first = known[0]
    if any(part.shape is None or not part.shape for part in known) or first.shape is None:
        return Tensor("float32", None, None, first.name)
    sizes = [part.shape[0] for part in known if part.shape is not None]
    rows = None if None in sizes else sum(size for size in sizes if size is not None)
    if rows is not None:
        rows //= directions
    return Tensor("float32", (directions, rows, *first.shape[1:]), None, first.name)


def _gates(call: Call, start: int) -> list[Operand]:
    """The operands of four gates; without an input gate, which then is the forget gate's rest."""
    return [call.operand(start + gate) for gate in _GATES]


def _plain(call: Call, *slots: range) -> bool:
    """Whether operands that ONNX has no place for are left out."""
    return all(call.operand(slot) is None for group in slots for slot in group)


def _kernels(call: Call, start: int) -> tuple[list[Operand], list[Operand], list[Operand]] | None:
    """Input kernels, recurrent kernels and biases of one direction; operands as in `start`."""
    inputs, recurrent = _gates(call, start), _gates(call, start + 4)
    biases = _gates(call, start + 11)
    if inputs[0] is None or recurrent[0] is None:  # coupled input and forget gate
        inputs, recurrent, biases = inputs[1:], recurrent[1:], biases[1:]
    found = (*inputs, *recurrent, *biases)
    if any(not isinstance(part, Tensor) for part in found):
        return None
    return inputs, recurrent, biases


def _lstm(assembly: Assembly, call: Call, groups: Sequence[int], time_major: bool) -> Edge | None:
    """Emit ONNX's LSTM over [time, batch, features]; `groups` are where the directions begin."""
    found = [_kernels(call, start) for start in groups]
    kernels = [group for group in found if group is not None]
    if len(kernels) < len(groups) or len({len(group[0]) for group in kernels}) > 1:
        return None
    directions = len(groups)
    weights, recurrent, biases = (
        _stacked([part for group in kernels for part in group[kind]], directions)
        for kind in range(3)
    )
    hidden = _rows(kernels[0][1][0])
    both = None if biases is None or biases.shape is None else biases.shape[-1]
    bias = Tensor("float32", (directions, None if both is None else both * 2))
    attrs: dict[str, Attr] = {"direction": "bidirectional" if directions == 2 else "forward"}
    if hidden is not None:
        attrs["hidden_size"] = hidden
    if len(kernels[0][0]) == 3:
        attrs["input_forget"] = 1
    if call.real("cell_clip"):
        attrs["clip"] = call.real("cell_clip")
    value = _sequence(assembly, call, time_major)
    dims = assembly.shape(value)
    shape: Dims = (dims[0] if dims else None, directions, dims[1] if dims else None, hidden)
    return assembly.emit(
        "LSTM", [value, weights, recurrent, bias, *_first_states(assembly, call, directions)],
        attrs, name=call.name, outputs=3, shapes=(shape,),
    )  # fmt: skip


def _first_states(assembly: Assembly, call: Call, directions: int) -> list[Operand]:
    """The lengths, which TensorFlow Lite has not, and output and cell of the step before."""
    states = [call.operand(slot) for slot in (18, 19)]
    if directions > 1 or not all(isinstance(state, Edge) for state in states):
        return []
    return [None, *(assembly.emit("Unsqueeze", [state, ints((0,))]) for state in states)]


def _rows(part: Operand) -> int | None:
    return part.shape[0] if isinstance(part, Tensor) and part.shape else None


def _sequence(assembly: Assembly, call: Call, time_major: bool) -> Operand:
    value = call.operand(0)
    return value if time_major else assembly.transpose(value, (1, 0, 2))


def _result(
    assembly: Assembly, value: Operand, shape: Dims | None, time_major: bool, name: str
) -> Operand:
    """[time, 1, batch, features] as TensorFlow Lite has it."""
    dims = shape if time_major or shape is None else (shape[1], shape[0], *shape[2:])
    value = assembly.emit("Squeeze", [value, ints((1,))], name=name, shapes=(dims,))
    return value if time_major else assembly.transpose(value, (1, 0, 2), name)


def _sequence_lstm(assembly: Assembly, call: Call) -> list[Operand] | None:
    """UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and inner normalisation."""
    if not _plain(call, range(9, 12), range(16, 18), range(20, 24)):
        return None
    if call.integer("fused_activation_function", 4) != 4 or assembly.rank(call.operand(0)) != 3:
        return None
    time_major = bool(call.integer("time_major"))
    made = _lstm(assembly, call, (1,), time_major)
    if made is None:
        return None
    return [_result(assembly, made, call.shapes[0], time_major, call.name)]


def _both_lstm(assembly: Assembly, call: Call) -> list[Operand] | None:
    """BIDIRECTIONAL_SEQUENCE_LSTM; its results are joined, or come one by one."""
    peepholes = (range(9, 12), range(16, 18), range(26, 29), range(33, 35), range(39, 48))
    if not _plain(call, *peepholes) or assembly.rank(call.operand(0)) != 3:
        return None
    time_major = bool(call.integer("time_major", 1))
    made = _lstm(assembly, call, (1, 18), time_major)
    if made is None:
        return None
    if call.integer("merge_outputs"):
        joined = assembly.emit("Transpose", [made], {"perm": (0, 2, 1, 3)}, name=call.name)
        shape = call.shapes[0]
        dims = shape if time_major or shape is None else (shape[1], shape[0], *shape[2:])
        target = ints((0, 0, -1))
        value: Operand = assembly.emit("Reshape", [joined, target], name=call.name, shapes=(dims,))
        return [value if time_major else assembly.transpose(value, (1, 0, 2), call.name)]
    attrs: dict[str, Attr] = {"axis": 1, "num_outputs": 2}
    cut = assembly.emit("Split", [made], attrs, name=call.name, outputs=2)
    return [
        _result(assembly, Edge(cut.source, port), call.shapes[port], time_major, call.name)
        for port in range(len(call.shapes))
    ]


def _single_lstm(assembly: Assembly, call: Call) -> list[Operand] | None:
    """LSTM: one step of a sequence; only the first output is the layer's."""
    if call.integer("kernel_type") == 1:  # basic: data, last output, kernel, bias, last state
        weight = call.operand(2)
        if not isinstance(weight, Tensor) or len(call.shapes) < 1:
            return None
        value, hidden = call.operand(0), _rows(weight)
        size = None if hidden is None else hidden // 4
        inner = assembly.shape(value)
        features = inner[-1] if inner else None
        kernel = Tensor("float32", (1, hidden, features), None, weight.name)
        recurrent = Tensor("float32", (1, hidden, size), None, weight.name)
        inputs: list[Operand] = [kernel, recurrent, Tensor("float32", (1, None))]
    else:
        found = _kernels(call, 1)
        if found is None or not _plain(call, range(9, 12), range(16, 18), range(20, 24)):
            return None
        kernel_, recurrent_ = _stacked(found[0]), _stacked(found[1])
        size = _rows(found[1][0])
        inputs = [kernel_, recurrent_, Tensor("float32", (1, None))]
    step = assembly.emit("Unsqueeze", [call.operand(0), ints((0,))])
    attrs: dict[str, Attr] = {"direction": "forward"}
    if size is not None:
        attrs["hidden_size"] = size
    made = assembly.emit("LSTM", [step, *inputs], attrs, name=call.name, outputs=3)
    shape = call.shapes[0]
    result = assembly.emit("Squeeze", [made, ints((0, 1))], name=call.name, shapes=(shape,))
    states = [assembly.emit("Squeeze", [Edge(made.source, port), ints((0,))]) for port in (1, 2)]
    if len(call.shapes) == 1:
        return [result]
    return [result, states[1]] if len(call.shapes) == 2 else None


def _recurrent(assembly: Assembly, call: Call) -> list[Operand] | None:
    """RNN and UNIDIRECTIONAL_SEQUENCE_RNN: data, kernel, recurrent kernel, bias, state."""
    name = _ACTIVATIONS.get(call.integer("fused_activation_function"), "")
    weight, recurrent = call.operand(1), call.operand(2)
    if not name or not isinstance(weight, Tensor) or not isinstance(recurrent, Tensor):
        return None
    single = call.kind == "RNN"
    time_major = single or bool(call.integer("time_major"))
    value = call.operand(0)
    if single:
        value = assembly.emit("Unsqueeze", [value, ints((0,))])
    elif not time_major:
        value = assembly.transpose(value, (1, 0, 2))
    hidden = _rows(weight)
    kernels = [_stacked([weight]), _stacked([recurrent])]
    bias = Tensor("float32", (1, None if hidden is None else 2 * hidden))
    attrs: dict[str, Attr] = {"direction": "forward", "activations": (name,)}
    if hidden is not None:
        attrs["hidden_size"] = hidden
    made = assembly.emit("RNN", [value, *kernels, bias], attrs, name=call.name, outputs=2)
    if single:
        axes = ints((0, 1))
        return [assembly.emit("Squeeze", [made, axes], name=call.name, shapes=call.shapes)]
    return [_result(assembly, made, call.shapes[0], time_major, call.name)]


def _filters(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SVDF by its definition: a product, a memory of its last results, a weighted sum over it.

    Operands: data, kernel [filters, features], kernel over time [filters, memory], bias, memory.
    The second result is the memory for the next run.
    """
    value, weight, times, bias, memory = (call.operand(slot) for slot in range(5))
    shape = assembly.shape(times)
    if shape is None or len(shape) != 2 or memory is None:
        return None
    filters, length = shape
    turned = assembly.transpose(weight, (1, 0))
    fresh = assembly.emit("MatMul", [value, turned], name=call.name, shapes=((None, filters),))
    fresh = assembly.emit("Unsqueeze", [fresh, ints((2,))], shapes=((None, filters, 1),))
    cut: Dims = (None, filters, None if length is None else length - 1)
    kept = assembly.reshape(memory, (None, filters, length))
    kept = assembly.emit("Slice", [kept, ints((1,)), ints((2**63 - 1,)), ints((2,))], shapes=(cut,))
    state = assembly.emit(
        "Concat", [kept, fresh], {"axis": 2}, name=call.name, shapes=((None, filters, length),)
    )
    product = assembly.emit("Mul", [state, times], name=call.name)
    attrs: dict[str, Attr] = {"keepdims": 0}
    total = assembly.emit(
        "ReduceSum", [product, ints((2,))], attrs, name=call.name, shapes=((None, filters),)
    )
    rank = call.integer("rank", 1)
    if rank > 1:
        units = None if filters is None else filters // rank
        parts = assembly.reshape(total, (None, units, rank))
        total = assembly.emit("ReduceSum", [parts, ints((2,))], attrs, name=call.name,
                              shapes=((None, units),))  # fmt: skip
    if bias is not None:
        total = assembly.emit("Add", [total, bias], name=call.name, shapes=call.shapes[:1])
    return [total, state]


RULES: Mapping[str, Rule] = {
    "sequence_lstm": _sequence_lstm,
    "both_lstm": _both_lstm,
    "single_lstm": _single_lstm,
    "recurrent": _recurrent,
    "filters": _filters,
}
