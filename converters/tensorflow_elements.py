"""Rules for element-wise operators, reductions and quantisers."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly, number
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import constant
from genescan.graph import Attr, Edge, Operand, Tensor

_AXES = {"2D": 2, "3D": 3}
"""Over how many axes a transform runs, by the end of its name."""
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def _like(assembly: Assembly, call: Call, op: str, *inputs: Operand, **attrs: Attr) -> Edge:
    """An operator whose result has the shape of the call's first operand."""
    shapes = (assembly.shape(call.inputs[0]),)
    return assembly.emit(op, inputs, attrs, name=call.name, shapes=shapes)


def same(assembly: Assembly, call: Call) -> list[Operand]:
    """Hands on its operand."""
    return [call.inputs[0]]


def each(assembly: Assembly, call: Call) -> list[Operand]:
    """Hands on all its operands."""
    return list(call.inputs)


def switch(assembly: Assembly, call: Call) -> list[Operand]:
    """A switch that no merge answers: whichever side is read has the value."""
    return [call.inputs[0]] * 2


def relu6(assembly: Assembly, call: Call) -> list[Operand]:
    """A Relu that ends at six."""
    return [_like(assembly, call, "Clip", call.inputs[0], number(0.0), number(6.0))]


def leaky_relu(assembly: Assembly, call: Call) -> list[Operand]:
    """TensorFlow's default slope is not that of ONNX."""
    return [_like(assembly, call, "LeakyRelu", call.inputs[0], alpha=call.real("alpha", 0.2))]


def elu(assembly: Assembly, call: Call) -> list[Operand]:
    """Elu and Selu, which have no parameters here."""
    return [_like(assembly, call, call.kind, call.inputs[0])]


def rsqrt(assembly: Assembly, call: Call) -> list[Operand]:
    """One over the square root."""
    root = _like(assembly, call, "Sqrt", call.inputs[0])
    return [_like(assembly, call, "Reciprocal", root)]


def square(assembly: Assembly, call: Call) -> list[Operand]:
    """A value times itself."""
    return [_like(assembly, call, "Mul", call.inputs[0], call.inputs[0])]


def squared_difference(assembly: Assembly, call: Call) -> list[Operand]:
    """The difference times itself."""
    edge = assembly.emit("Sub", call.inputs[:2], name=call.name)
    return [assembly.emit("Mul", [edge, edge], name=call.name)]


def expm1(assembly: Assembly, call: Call) -> list[Operand]:
    """exp(x) - 1."""
    return [_like(assembly, call, "Sub", _like(assembly, call, "Exp", call.inputs[0]), number(1.0))]


def log1p(assembly: Assembly, call: Call) -> list[Operand]:
    """log(x + 1)."""
    total = _like(assembly, call, "Add", call.inputs[0], number(1.0))
    return [_like(assembly, call, "Log", total)]


def not_equal(assembly: Assembly, call: Call) -> list[Operand]:
    """The opposite of Equal."""
    equal = assembly.emit("Equal", call.inputs[:2], name=call.name)
    return [assembly.emit("Not", [equal], name=call.name)]


def floor_div(assembly: Assembly, call: Call) -> list[Operand]:
    """A quotient rounded down; whole numbers are divided without a remainder anyway."""
    edge = assembly.emit("Div", call.inputs[:2], name=call.name)
    if call.text("T") in _INTEGERS:
        return [edge]
    return [assembly.emit("Floor", [edge], name=call.name)]


def mod(assembly: Assembly, call: Call) -> list[Operand]:
    """A remainder, with the sign of the divisor or of the dividend."""
    attrs: dict[str, Attr] = {} if call.kind == "FloorMod" else {"fmod": 1}
    return [assembly.emit("Mod", call.inputs[:2], attrs, name=call.name)]


def xdivy(assembly: Assembly, call: Call) -> list[Operand]:
    """X / y, and zero where x is zero."""
    return _unless_zero(assembly, call, assembly.emit("Div", call.inputs[:2], name=call.name), 0)


def xlogy(assembly: Assembly, call: Call) -> list[Operand]:
    """X * log(y), and zero where x is zero."""
    log = assembly.emit("Log", call.inputs[1:2], name=call.name)
    edge = assembly.emit("Mul", [call.inputs[0], log], name=call.name)
    return _unless_zero(assembly, call, edge, 0)


def mul_no_nan(assembly: Assembly, call: Call) -> list[Operand]:
    """X * y, and zero where y is zero."""
    return _unless_zero(assembly, call, assembly.emit("Mul", call.inputs[:2], name=call.name), 1)


def _unless_zero(assembly: Assembly, call: Call, edge: Edge, position: int) -> list[Operand]:
    zero = assembly.emit("Equal", [call.inputs[position], number(0.0)], name=call.name)
    return [assembly.emit("Where", [zero, number(0.0), edge], name=call.name)]


def is_finite(assembly: Assembly, call: Call) -> list[Operand]:
    """Neither infinite nor no number."""
    parts = [_like(assembly, call, op, call.inputs[0]) for op in ("IsInf", "IsNaN")]
    return [_like(assembly, call, "Not", _like(assembly, call, "Or", *parts))]


def clip(assembly: Assembly, call: Call) -> list[Operand]:
    """A value between two bounds."""
    return [_like(assembly, call, "Clip", *call.inputs[:3])]


def cast(assembly: Assembly, call: Call) -> list[Operand]:
    """Another element type."""
    return [_like(assembly, call, "Cast", call.inputs[0], to=call.text("DstT", "float32"))]


def select(assembly: Assembly, call: Call) -> list[Operand]:
    """A choice; the old spelling chooses whole rows by a list of conditions."""
    condition, left, right = call.inputs[:3]
    rank, rows = assembly.rank(left), assembly.shape(condition)
    if rank is not None and rank > 1 and rows is not None and len(rows) == 1:
        condition = assembly.reshape(condition, (rows[0], *(1,) * (rank - 1)), call.name)
    shapes = (assembly.shape(left),)
    return [assembly.emit("Where", [condition, left, right], name=call.name, shapes=shapes)]


def softmax(assembly: Assembly, call: Call) -> list[Operand]:
    """Over the last axis."""
    return [_like(assembly, call, call.kind, call.inputs[0], axis=-1)]


def l2_loss(assembly: Assembly, call: Call) -> list[Operand]:
    """Half the sum of squares."""
    edge = assembly.emit("ReduceSumSquare", [call.inputs[0]], {"keepdims": 0}, name=call.name)
    return [assembly.emit("Mul", [edge, number(0.5)], name=call.name)]


def cross_entropy(assembly: Assembly, call: Call) -> list[Operand]:
    """Logits against labels; the second result is the gradient, which only training reads."""
    edge = assembly.emit("SoftmaxCrossEntropyLoss", call.inputs[:2], name=call.name)
    gradient = Tensor("float32", assembly.shape(call.inputs[0]))
    return [edge, gradient]


def cumsum(assembly: Assembly, call: Call) -> list[Operand]:
    """Running sums; operands: x, axis."""
    attrs: dict[str, Attr] = {
        name: int(bool(call.attrs.get(name))) for name in ("exclusive", "reverse")
    }
    return [_like(assembly, call, "CumSum", *call.inputs[:2], **attrs)]


_REDUCTIONS = {
    "Mean": "ReduceMean",
    "Sum": "ReduceSum",
    "Max": "ReduceMax",
    "Min": "ReduceMin",
    "Prod": "ReduceProd",
    "EuclideanNorm": "ReduceL2",
    "All": "ReduceMin",
    "Any": "ReduceMax",
}


def reduce(assembly: Assembly, call: Call) -> list[Operand]:
    """A reduction; truth values are reduced as numbers."""
    keep = int(bool(call.attrs.get("keep_dims", call.attrs.get("keepdims"))))
    attrs: dict[str, Attr] = {"keepdims": keep}
    value: Operand = call.inputs[0]
    axes = constant(call.operand(1))
    logical = call.kind in ("All", "Any")
    if axes == ():
        return [value]
    if logical:
        value = _like(assembly, call, "Cast", value, to="int32")
    inputs = [value]
    if axes is not None:
        attrs["axes"] = axes
    elif call.operand(1) is not None:
        inputs.append(call.operand(1))
    edge = assembly.emit(_REDUCTIONS[call.kind], inputs, attrs, name=call.name)
    if logical:
        edge = assembly.emit("Cast", [edge], {"to": "bool"}, name=call.name)
    return [edge]


def arg(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The place of an extreme value; operands: x, axis."""
    axis = constant(call.operand(1)) if len(call.inputs) > 1 else (0,)
    if axis is None or len(axis) != 1:
        return None
    attrs: dict[str, Attr] = {"axis": axis[0], "keepdims": 0}
    return [assembly.emit(call.kind, call.inputs[:1], attrs, name=call.name)]


def fake_quant(assembly: Assembly, call: Call) -> list[Operand]:
    """Through a quantiser and back."""
    return [assembly.quantised(call.inputs[0], call.name)]


def quantise(assembly: Assembly, call: Call) -> list[Operand]:
    """To codes; the range comes along."""
    return [_like(assembly, call, "QuantizeLinear", call.inputs[0]), *call.inputs[1:3]]


def dequantise(assembly: Assembly, call: Call) -> list[Operand]:
    """From codes."""
    return [_like(assembly, call, "DequantizeLinear", call.inputs[0])]


def dft(assembly: Assembly, call: Call) -> list[Operand]:
    """A spectrum along the last axis, or the last two or three, one after the other."""
    inverse: dict[str, Attr] = {"inverse": 1} if call.kind.startswith("I") else {}
    shape, edge = assembly.shape(call.inputs[0]), call.inputs[0]
    made = None if not shape else (*shape[:-1], None)
    for axis in range(_AXES.get(call.kind[-2:], 1)):
        attrs: dict[str, Attr] = {"axis": -1 - axis, **inverse}
        if call.kind.startswith("RFFT") and not axis:
            attrs["onesided"] = 1
        length = call.inputs[1:2] if not axis else []
        edge = assembly.emit("DFT", [edge, *length], attrs, name=call.name, shapes=(made,))
    return [edge]


def complex_of(assembly: Assembly, call: Call) -> list[Operand]:
    """A real and an imaginary part, stacked along one more axis."""
    parts = [
        assembly.emit("Unsqueeze", [part], {"axes": (-1,)}, name=call.name)
        for part in call.inputs[:2]
    ]
    return [assembly.emit("Concat", parts, {"axis": -1}, name=call.name)]


def part_of_complex(assembly: Assembly, call: Call) -> list[Operand]:
    """The real or the imaginary part: one half of what a spectrum is stored as."""
    index = Tensor("int64", (), (int(call.kind == "Imag"),))
    shapes = (assembly.shape(call.inputs[0]),)
    edge = assembly.emit(
        "Gather", [call.inputs[0], index], {"axis": -1}, name=call.name, shapes=shapes
    )
    return [edge]


RULES: Mapping[str, Rule] = {
    "same": same,
    "each": each,
    "switch": switch,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "rsqrt": rsqrt,
    "square": square,
    "squared_difference": squared_difference,
    "expm1": expm1,
    "log1p": log1p,
    "not_equal": not_equal,
    "floor_div": floor_div,
    "mod": mod,
    "xdivy": xdivy,
    "xlogy": xlogy,
    "mul_no_nan": mul_no_nan,
    "is_finite": is_finite,
    "clip": clip,
    "cast": cast,
    "select": select,
    "softmax": softmax,
    "l2_loss": l2_loss,
    "cross_entropy": cross_entropy,
    "cumsum": cumsum,
    "reduce": reduce,
    "arg": arg,
    "fake_quant": fake_quant,
    "quantise": quantise,
    "dequantise": dequantise,
    "dft": dft,
    "complex": complex_of,
    "part_of_complex": part_of_complex,
}
