"""Rules for layers of OpenVINO IR versions 2 to 7: weights inside, windows in Caffe's terms."""

from __future__ import annotations

import math
from collections.abc import Mapping

from genescan.converters.assembly import Assembly, number, reshaped
from genescan.converters.openvino_legacy import ACTIVATIONS, ELTWISE
from genescan.converters.openvino_rules import RULES as MODERN
from genescan.converters.openvino_values import flag
from genescan.converters.openvino_values import number as value_of
from genescan.converters.openvino_windows import emit, finish, window
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_GATES = {"LSTM": (4, 2), "GRU": (3, 1), "RNN": (1, 1)}
"""Of each kind of cell, how many gates and how many states it has."""
_TWO = (("kernel", "kernel"), ("stride", "strides"), ("dilation", "dilations"))
"""Windows of IR version 2 are written by axis: `kernel-y`, `kernel-x`."""


def _weights(call: Call, slot: str, position: int, shape: Dims | None) -> Operand:
    """Weights that the layer carries, with their shape, or those of an input port."""
    found = call.operand(slot)
    if isinstance(found, Tensor):
        return reshaped(found, shape) if shape is not None else found
    return call.operand(str(position))


def _window(call: Call) -> dict[str, Attr]:
    attrs: dict[str, Attr] = dict(call.attrs)
    for old, new in _TWO:
        if f"{old}-y" in attrs and new not in attrs:
            attrs[new] = (call.integer(f"{old}-y", 1), call.integer(f"{old}-x", 1))
    if "pad-y" in attrs and "pads_begin" not in attrs:
        begin = call.integer("pad-y"), call.integer("pad-x")
        attrs["pads_begin"] = begin
        attrs["pads_end"] = call.integer("pad-b", begin[0]), call.integer("pad-r", begin[1])
    spelt = Call(call.kind, call.name, attrs=attrs)
    return window(spelt, spelt.integers("kernel"))


def _kernel(attrs: Mapping[str, Attr]) -> tuple[int, ...]:
    kernel = attrs.get("kernel_shape")
    return kernel if isinstance(kernel, tuple) else ()  # type: ignore[return-value]  # integers


def _convolution(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Convolution and Deconvolution, with their biases."""
    attrs, before = _window(call), assembly.shape(call.operand(0))
    groups, out = max(1, call.integer("group", 1)), call.integer("output")
    shape: Dims | None = None
    if before is not None and len(before) > 2 and _kernel(attrs) and out:
        depth = before[1]
        inner = None if depth is None else depth // groups
        straight = call.kind == "Convolution"
        shape = (out, inner) if straight else (depth, out // groups)
        shape = (*shape, *_kernel(attrs))
    attrs["group"] = groups
    weight = _weights(call, "weights", 1, shape)
    bias = _weights(call, "biases", 2, (out,) if out else None)
    inputs = [call.operand(0), weight] if bias is None else [call.operand(0), weight, bias]
    op = "Conv" if call.kind == "Convolution" else "ConvTranspose"
    return emit(assembly, call, op, inputs, attrs)


def _fully_connected(assembly: Assembly, call: Call) -> list[Operand] | None:
    data, out = call.operand(0), call.integer("out-size")
    before = assembly.shape(data)
    inner: int | None = None
    if before is not None and len(before) > 1 and None not in before[1:]:
        inner = math.prod(size for size in before[1:] if size is not None)
    if before is None or len(before) != 2:
        flat = (before[0] if before else None, inner)
        data = assembly.emit("Flatten", [data], {"axis": 1}, name=call.name, shapes=(flat,))
    weight = _weights(call, "weights", 1, (out or None, inner))
    bias = _weights(call, "biases", 2, (out or None,))
    inputs = [data, weight] if bias is None else [data, weight, bias]
    return emit(assembly, call, "Gemm", inputs, {"transB": 1})


def _pooling(assembly: Assembly, call: Call) -> list[Operand] | None:
    attrs = _window(call)
    if call.text("rounding_type", call.text("rounding-type")).startswith("ceil"):
        attrs["ceil_mode"] = 1
    if call.text("pool-method", call.text("pool_method", "max")).lower().startswith("max"):
        return emit(assembly, call, "MaxPool", [call.operand(0)], attrs)
    attrs["count_include_pad"] = 0 if flag(call, "exclude-pad", True) else 1
    return emit(assembly, call, "AveragePool", [call.operand(0)], attrs)


def _eltwise(assembly: Assembly, call: Call) -> list[Operand] | None:
    kind = call.text("operation", "sum").lower()
    if kind in ("squared_diff", "not_equal"):
        return MODERN["squared_difference" if kind == "squared_diff" else "not_equal"](
            assembly, call
        )
    op = ELTWISE.get(kind)
    factors = call.attrs.get("coeff", ())
    signs = factors if isinstance(factors, tuple) else ()
    if (
        op is None
        or len(call.inputs) < 2
        or any(abs(f) != 1 for f in signs if isinstance(f, int | float))
    ):
        return None
    value: Operand = call.inputs[0]
    for position, other in enumerate(call.inputs[1:], 1):
        minus = op == "Add" and position < len(signs) and signs[position] == -1
        value = assembly.emit(
            "Sub" if minus else op, [value, other], name=call.name, shapes=call.shapes
        )
    return [value]


def _power(assembly: Assembly, call: Call) -> list[Operand] | None:
    """(scale * x + shift) ** power."""
    value = call.operand(0)
    if len(call.inputs) > 1:
        return emit(assembly, call, "Pow", call.inputs[:2])
    for op, name, neutral in (("Mul", "scale", 1.0), ("Add", "shift", 0.0), ("Pow", "power", 1.0)):
        amount = value_of(call, name, neutral)
        if amount != neutral:
            value = assembly.emit(op, [value, number(amount)], name=call.name, shapes=call.shapes)
    return [value]


def _scale_shift(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A factor and a shift for each channel; BatchNormalization stores what it divides by."""
    value, before = call.operand(0), assembly.shape(call.operand(0))
    rank = len(before) if before is not None else 4
    shape: Dims = (before[1] if before is not None and rank > 1 else None, *(1,) * (rank - 2))
    weight, bias = (
        _weights(call, slot, i, shape) for i, slot in enumerate(("weights", "biases"), 1)
    )
    if call.kind == "BatchNormalization":
        return emit(assembly, call, "BatchNormalization", [value, weight, bias])
    if weight is not None:
        value = assembly.emit("Mul", [value, weight], name=call.name, shapes=call.shapes)
    if bias is not None:
        value = assembly.emit("Add", [value, bias], name=call.name, shapes=call.shapes)
    return [value]


def _cell(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A recurrent cell whose weights for the input and for the state lie side by side."""
    packed, kind = call.operand("weights"), call.kind.removesuffix("Cell")
    if not isinstance(packed, Tensor):
        return MODERN["cell"](assembly, call)
    gates, states = _GATES[kind]
    hidden, before = call.integer("hidden_size"), assembly.shape(call.operand(0))
    rows, inner = gates * hidden or None, before[-1] if before else None
    own = [call.operand(str(position)) for position in range(1 + states)]
    weights: list[Operand] = [
        reshaped(packed, (rows, inner)),
        reshaped(packed, (rows, hidden or None)),
    ]
    bias = _weights(call, "biases", 1 << 10, (rows,))
    spelt = Call(call.kind, call.name, [*own, *weights, bias], (), call.attrs, call.shapes)
    return MODERN["cell"](assembly, spelt)


def _relu(assembly: Assembly, call: Call) -> list[Operand] | None:
    slope = value_of(call, "negative_slope", 0.0)
    op, attrs = ("LeakyRelu", {"alpha": slope}) if slope else ("Relu", {})
    return emit(assembly, call, op, [call.operand(0)], {**attrs})


def _relu6(assembly: Assembly, call: Call) -> list[Operand] | None:
    bound = value_of(call, "n", 6.0)
    return emit(assembly, call, "Clip", [call.operand(0)], {"min": 0.0, "max": bound})


def _activation(assembly: Assembly, call: Call) -> list[Operand] | None:
    kind = call.text("type").lower()
    if kind == "clamp":
        low, high = value_of(call, "min", 0.0), value_of(call, "max", 1.0)
        return emit(assembly, call, "Clip", [call.operand(0)], {"min": low, "max": high})
    if kind == "relu":
        return _relu(assembly, call)
    if kind in ("relu6", "prelu"):
        return RULES[kind](assembly, call)
    op = ACTIVATIONS.get(kind)
    return None if op is None else emit(assembly, call, op, [call.operand(0)])


def _prelu(assembly: Assembly, call: Call) -> list[Operand] | None:
    slope = _weights(call, "weights", 1, None)
    return emit(assembly, call, "PRelu", [call.operand(0), slope])


def _prior_box(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Prior boxes depend on the sizes of a feature map and of the image alone."""
    sizes = [
        assembly.emit("Shape", [value], name=call.name, shapes=((assembly.rank(value),),))
        for value in call.inputs
    ]
    made = assembly.unknown(
        call.kind, sizes, name=call.name, outputs=len(call.shapes), shapes=call.shapes
    )
    return finish(call, made)


def _resample(assembly: Assembly, call: Call) -> list[Operand] | None:
    kind = call.text("type").lower()
    mode = "linear" if "linear" in kind else "cubic" if "cubic" in kind else "nearest"
    return emit(assembly, call, "Resize", [call.operand(0)], {"mode": mode})


def _reshape(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The declared shape is the target; the attribute `dim` says the same with holes."""
    shape = call.shapes[0]
    target = Tensor("int64", None if shape is None else (len(shape),), shape)
    given = call.operand(1)
    computed = given if isinstance(given, Edge) else target
    return emit(assembly, call, "Reshape", [call.operand(0), computed])


RULES: Mapping[str, Rule] = {
    **MODERN,
    "activation": _activation,
    "cell": _cell,
    "convolution": _convolution,
    "eltwise": _eltwise,
    "fully_connected": _fully_connected,
    "pooling": _pooling,
    "power": _power,
    "prelu": _prelu,
    "prior_box": _prior_box,
    "relu": _relu,
    "relu6": _relu6,
    "resample": _resample,
    "reshape": _reshape,
    "scale_shift": _scale_shift,
    "transposed": _convolution,
}
