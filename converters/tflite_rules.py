"""Operators of TensorFlow Lite that multiply, reduce, compare and re-type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

from genescan.converters import (
    tflite_lookups,
    tflite_recurrent,
    tflite_slices,
    tflite_windows,
)
from genescan.converters.assembly import Assembly, ints, number, reshaped
from genescan.converters.table import Call, Rule
from genescan.converters.tflite_slices import flat, spread
from genescan.converters.tflite_windows import constant
from genescan.graph import Attr, Dims, Operand, Tensor


def _dense(assembly: Assembly, call: Call) -> list[Operand] | None:
    """FULLY_CONNECTED: the data become rows of as many numbers as the kernel [out, in] reads."""
    value, weight, bias = (call.operand(slot) for slot in range(3))
    shape, dims = assembly.shape(weight), assembly.shape(value)
    made = call.shapes[0]
    if shape is None or len(shape) != 2:
        return None
    wide = bool(call.integer("keep_num_dims")) and dims is not None and len(dims) != 2
    if wide:
        kernel = assembly.transpose(weight, (1, 0))
        product = assembly.emit("MatMul", [value, kernel], name=call.name, shapes=(made,))
        if bias is not None:
            product = assembly.emit("Add", [product, bias], name=call.name, shapes=(made,))
        return [product]
    if dims is None or len(dims) != 2:
        rows = (-1, -1 if shape[1] is None else shape[1])
        value = assembly.emit("Reshape", [value, ints(rows)], shapes=((None, shape[1]),))
    inputs = [value, weight, *([bias] if bias is not None else [])]
    flat_made = made if made is not None and len(made) == 2 else (None, shape[0])
    result: Operand = assembly.emit(
        "Gemm", inputs, {"transB": 1}, name=call.name, shapes=(flat_made,)
    )
    if made is not None and len(made) != 2:
        result = assembly.reshape(result, made, call.name)
    return [result]


def _product(assembly: Assembly, call: Call) -> list[Operand] | None:
    """BATCH_MATMUL, either side transposed."""
    sides: list[Operand] = []
    for slot, turn in enumerate(("adj_x", "adj_y")):
        value = call.operand(slot)
        rank = assembly.rank(value)
        if call.integer(turn):
            if rank is None or rank < 2:
                return None
            value = assembly.transpose(value, (*range(rank - 2), rank - 1, rank - 2))
        sides.append(value)
    return [assembly.emit("MatMul", sides, name=call.name, shapes=call.shapes)]


def _general_product(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STABLEHLO_DOT_GENERAL as an Einsum: batch axes, rest of the left, rest of the right."""
    ranks = [assembly.rank(call.operand(slot)) for slot in range(2)]
    batch = [call.integers(f"{side}_batching_dimensions") for side in ("lhs", "rhs")]
    inner = [call.integers(f"{side}_contracting_dimensions") for side in ("lhs", "rhs")]
    if None in ranks or sum(filter(None, ranks)) > len(ascii_lowercase):
        return None
    letters, terms = iter(ascii_lowercase), []
    shared = [next(letters) for _ in (*batch[0], *inner[0])]
    for side, rank in enumerate(ranks):
        term = [""] * (rank or 0)
        for axis, letter in zip((*batch[side], *inner[side]), shared, strict=True):
            term[axis] = letter
        terms.append([letter or next(letters) for letter in term])
    gone = set(shared[len(batch[0]) :])
    kept = dict.fromkeys([*shared[: len(batch[0])], *terms[0], *terms[1]])
    result = "".join(letter for letter in kept if letter not in gone)
    equation = f"{''.join(terms[0])},{''.join(terms[1])}->{result}"
    return [
        assembly.emit("Einsum", call.inputs[:2], {"equation": equation}, name=call.name,
                      shapes=call.shapes)
    ]  # fmt: skip


def _reduced(op: str) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        inputs = [call.operand(0), flat(assembly, call.operand(1))]
        keep: dict[str, Attr] = {"keepdims": int(bool(call.integer("keep_dims")))}
        return [assembly.emit(op, inputs, keep, name=call.name, shapes=call.shapes)]

    return rule


def _logical(op: str) -> Rule:
    """REDUCE_ANY and REDUCE_ALL: the largest or smallest of zeros and ones."""

    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        value = assembly.emit("Cast", [call.operand(0)], {"to": "int32"})
        inputs = [value, flat(assembly, call.operand(1))]
        keep: dict[str, Attr] = {"keepdims": int(bool(call.integer("keep_dims")))}
        found = assembly.emit(op, inputs, keep, name=call.name, shapes=call.shapes)
        return [assembly.emit("Cast", [found], {"to": "bool"}, shapes=call.shapes)]

    return rule


def _arg(op: str) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        axis = constant(call.operand(1))
        if axis is None or len(axis) != 1:
            return None
        attrs: dict[str, Attr] = {"axis": axis[0], "keepdims": 0}
        return [assembly.emit(op, call.inputs[:1], attrs, name=call.name, shapes=call.shapes)]

    return rule


def _softmax(assembly: Assembly, call: Call) -> list[Operand] | None:
    value, beta = call.operand(0), call.real("beta", 1.0)
    if beta != 1.0:
        value = assembly.emit("Mul", [value, number(beta)], shapes=call.shapes)
    return [assembly.emit("Softmax", [value], {"axis": -1}, name=call.name, shapes=call.shapes)]


def _chain(*ops: str) -> Rule:
    """One operator after another on the first operand and all others of the first operator."""

    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        inputs: Sequence[Operand] = call.inputs
        for op in ops:
            inputs = [assembly.emit(op, inputs, name=call.name, shapes=call.shapes)]
        return list(inputs)

    return rule


def _modulo(assembly: Assembly, call: Call) -> list[Operand] | None:
    """FLOOR_MOD: the remainder has the sign of the divisor; ONNX's Mod does so for integers."""
    left, right = call.operand(0), call.operand(1)
    if not call.text("dtype").startswith("float"):
        return [assembly.emit("Mod", [left, right], name=call.name, shapes=call.shapes)]
    ratio = assembly.emit("Div", [left, right], name=call.name, shapes=call.shapes)
    whole = assembly.emit("Floor", [ratio], name=call.name, shapes=call.shapes)
    taken = assembly.emit("Mul", [whole, right], name=call.name, shapes=call.shapes)
    return [assembly.emit("Sub", [left, taken], name=call.name, shapes=call.shapes)]


def _square(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SQUARE, and SQUARED_DIFFERENCE of two operands."""
    value = call.operand(0)
    if len(call.inputs) > 1:
        value = assembly.emit("Sub", call.inputs[:2], name=call.name, shapes=call.shapes)
    return [assembly.emit("Mul", [value, value], name=call.name, shapes=call.shapes)]


def _clipped(low: float, high: float) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        inputs = [call.operand(0), number(low), number(high)]
        return [assembly.emit("Clip", inputs, name=call.name, shapes=call.shapes)]

    return rule


def _cast(assembly: Assembly, call: Call) -> list[Operand] | None:
    attrs: dict[str, Attr] = {"to": call.text("dtype")}
    return [assembly.emit("Cast", call.inputs[:1], attrs, name=call.name, shapes=call.shapes)]


def _dequantise(assembly: Assembly, call: Call) -> list[Operand] | None:
    """DEQUANTIZE; a constant already stands for real numbers."""
    value = call.operand(0)
    if isinstance(value, Tensor):
        return [Tensor("float32", value.shape, value.data, value.name, value.payload)]
    return [assembly.emit("DequantizeLinear", [value], name=call.name, shapes=call.shapes)]


def _fake(assembly: Assembly, call: Call) -> list[Operand] | None:
    return [assembly.quantised(call.operand(0), call.name)]


def _same(assembly: Assembly, call: Call) -> list[Operand] | None:
    """DENSIFY: a sparse constant is the constant that it stands for."""
    return [call.operand(0)]


def _select(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SELECT; its condition may be one per row of what it chooses from."""
    condition, rank = call.operand(0), assembly.rank(call.operand(1))
    if call.kind == "SELECT" and assembly.rank(condition) == 1 and rank is not None and rank > 1:
        axes = ints(tuple(range(1, rank)))
        condition = assembly.emit("Unsqueeze", [condition, axes])
    inputs = [condition, call.operand(1), call.operand(2)]
    return [assembly.emit("Where", inputs, name=call.name, shapes=call.shapes)]


def _compare(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STABLEHLO_COMPARE by its direction."""
    ops = ("Equal", "Equal", "GreaterOrEqual", "Greater", "LessOrEqual", "Less")
    direction = call.integer("comparison_direction")
    if direction >= len(ops):
        return None
    found = assembly.emit(ops[direction], call.inputs[:2], name=call.name, shapes=call.shapes)
    return [assembly.emit("Not", [found], shapes=call.shapes) if direction == 1 else found]


def _clamp(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STABLEHLO_CLAMP: low, data, high."""
    inputs = [call.operand(1), call.operand(0), call.operand(2)]
    return [assembly.emit("Clip", inputs, name=call.name, shapes=call.shapes)]


def _static_slice(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STABLEHLO_SLICE: bounds are options."""
    starts, ends, steps = (
        call.integers(name) for name in ("start_indices", "limit_indices", "strides")
    )
    axes = tuple(range(len(starts)))
    inputs = [call.operand(0), *map(ints, (starts, ends, axes, steps or (1,) * len(starts)))]
    return [assembly.emit("Slice", inputs, name=call.name, shapes=call.shapes)]


def _edge_pad(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STABLEHLO_PAD without padding between elements."""
    if any(call.integers("interior_padding")):
        return None
    amounts = (*call.integers("edge_padding_low"), *call.integers("edge_padding_high"))
    inputs = [call.operand(0), ints(amounts), call.operand(1)]
    attrs: dict[str, Attr] = {"mode": "constant"}
    return [assembly.emit("Pad", inputs, attrs, name=call.name, shapes=call.shapes)]


def _broadcast_in_dim(assembly: Assembly, call: Call) -> list[Operand] | None:
    shape, axes = call.shapes[0], constant(call.operand(1)) or call.integers("broadcast_dimensions")
    if shape is None or any(not 0 <= axis < len(shape) for axis in axes):
        return None
    made = spread(assembly, call.operand(0), axes, shape)
    return None if made is None else [made]


def _spectrum(assembly: Assembly, call: Call) -> list[Operand] | None:
    """RFFT2D over one row at a time: real and imaginary part are one more axis, as in ONNX."""
    lengths = constant(call.operand(1))
    if lengths is None or len(lengths) != 2 or lengths[0] != 1:
        return None
    value = assembly.emit("Unsqueeze", [call.operand(0), ints((-1,))])
    length, axis = Tensor("int64", (), (lengths[1],)), Tensor("int64", (), (-2,))
    return [assembly.emit("DFT", [value, length, axis], {"onesided": 1}, name=call.name)]


def _magnitude(assembly: Assembly, call: Call) -> list[Operand] | None:
    attrs: dict[str, Attr] = {"keepdims": 0}
    inputs = [call.operand(0), ints((-1,))]
    return [assembly.emit("ReduceL2", inputs, attrs, name=call.name, shapes=call.shapes)]


def _part(index: int) -> Rule:
    """REAL and IMAG: one of the two parts of the last axis."""

    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        inputs = [call.operand(0), Tensor("int64", (), (index,))]
        return [assembly.emit("Gather", inputs, {"axis": -1}, name=call.name, shapes=call.shapes)]

    return rule


def _suppression(assembly: Assembly, call: Call) -> list[Operand] | None:
    """NON_MAX_SUPPRESSION_V4 and V5: one image, one class; V5 only without soft suppression."""
    boxes, scores, most, overlap, least = (call.operand(slot) for slot in range(5))
    soft = call.operand(5)
    if call.kind.endswith("V5") and not (isinstance(soft, Tensor) and soft.scalar == 0):
        return None
    inputs = [
        assembly.emit("Unsqueeze", [boxes, ints((0,))]),
        assembly.emit("Unsqueeze", [scores, ints((0, 1))]),
        *(flat(assembly, value) for value in (most, overlap, least)),
    ]
    found = assembly.emit("NonMaxSuppression", inputs, name=call.name, shapes=((None, 3),))
    last = Tensor("int64", (), (2,))
    kept: Dims = (None,)
    index = assembly.emit("Gather", [found, last], {"axis": 1}, shapes=(kept,))
    count = assembly.emit("Shape", [index], shapes=((1,),))
    values = assembly.emit("Gather", [scores, index], {"axis": 0}, shapes=(kept,))
    results: list[Operand] = [index, count] if len(call.shapes) == 2 else [index, values, count]
    return results if len(results) == len(call.shapes) else None


def _prelu(assembly: Assembly, call: Call) -> list[Operand] | None:
    value, slope = call.operand(0), call.operand(1)
    if isinstance(slope, Tensor) and slope.squeezed is not None and len(slope.squeezed) == 1:
        slope = reshaped(slope, slope.squeezed)  # one slope per channel, which are last
    return [assembly.emit("PRelu", [value, slope], name=call.name, shapes=call.shapes)]


RULES: Mapping[str, Rule] = {
    **tflite_windows.RULES,
    **tflite_slices.RULES,
    **tflite_lookups.RULES,
    **tflite_recurrent.RULES,
    "dense": _dense,
    "product": _product,
    "general_product": _general_product,
    "mean": _reduced("ReduceMean"),
    "sum": _reduced("ReduceSum"),
    "product_of": _reduced("ReduceProd"),
    "largest": _reduced("ReduceMax"),
    "smallest": _reduced("ReduceMin"),
    "any": _logical("ReduceMax"),
    "all": _logical("ReduceMin"),
    "arg_max": _arg("ArgMax"),
    "arg_min": _arg("ArgMin"),
    "softmax": _softmax,
    "reciprocal_root": _chain("Sqrt", "Reciprocal"),
    "floor_div": _chain("Div", "Floor"),
    "not_equal": _chain("Equal", "Not"),
    "modulo": _modulo,
    "square": _square,
    "relu6": _clipped(0.0, 6.0),
    "relu_to_one": _clipped(-1.0, 1.0),
    "unit": _clipped(0.0, 1.0),
    "cast": _cast,
    "dequantise": _dequantise,
    "fake": _fake,
    "same": _same,
    "select": _select,
    "compare": _compare,
    "clamp": _clamp,
    "static_slice": _static_slice,
    "edge_pad": _edge_pad,
    "broadcast_in_dim": _broadcast_in_dim,
    "spectrum": _spectrum,
    "magnitude": _magnitude,
    "real": _part(0),
    "imaginary": _part(1),
    "suppression": _suppression,
    "prelu": _prelu,
}
