"""Layers of neural networks that compute: products, activations, reductions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_arith import linear
from genescan.converters.coreml_emit import done, put, real, reduced, scaled
from genescan.converters.coreml_net_images import stored, weight
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Operand, Tensor


def _inner_product(a: Assembly, call: Call) -> list[Operand]:
    """A matrix product over the last axis, or over the last three of an image."""
    value, shape = call.operand("x"), a.shape(call.operand("x"))
    size, channels = call.integer("inputChannels"), call.integer("outputChannels")
    matrix = stored(call, "weights", (channels, size))
    bias = stored(call, "bias", (channels,)) if call.integer("hasBias") else None
    rank = None if shape is None else len(shape)
    if shape is None or rank is None or rank < 4:
        if rank == 2:
            return linear(a, call, value, matrix, bias)
        product = put(a, call, "MatMul", [value, a.transpose(matrix, (1, 0))])
        return [product if bias is None else put(a, call, "Add", [product, bias])]
    lead = shape[: rank - 3]
    rows = lead[0] if len(lead) == 1 else None
    flat = a.reshape(value, (rows if rows is not None else -1, size), call.name)
    made = linear(a, call, flat, matrix, bias)[0]
    target = (*(-1 if s is None else s for s in lead), channels, 1, 1)
    return [a.reshape(made, target, call.name)]


def _embedding(a: Assembly, call: Call) -> list[Operand]:
    """A lookup in a table that is stored as vector size by vocabulary."""
    value, shape = call.operand("x"), a.shape(call.operand("x"))
    flat = call.kind == "embeddingND"
    rows = call.integer("vocabSize" if flat else "inputDim")
    size = call.integer("embeddingSize" if flat else "outputChannels")
    table = a.transpose(stored(call, "weights", (size, rows)), (1, 0))
    axes = [-1] if flat else [-3, -2, -1]
    indices = put(a, call, "Squeeze", [value, ints(axes)])
    made: Operand = put(a, call, "Gather", [table, indices], {"axis": 0})
    if call.integer("hasBias"):
        made = put(a, call, "Add", [made, stored(call, "bias", (size,))])
    if not flat:
        lead = () if shape is None else shape[:-3]
        made = a.reshape(made, (*(lead or (-1,)), size, 1, 1), call.name)
    return [made]


def _batched(a: Assembly, call: Call) -> list[Operand] | None:
    values = call.operands("x")
    if len(values) == 1:  # the values of this one matrix stand in column-major order
        first = call.integer("weightMatrixFirstDimension")
        last = call.integer("weightMatrixSecondDimension")
        matrix = stored(call, "weights", (last, first))
        bias = stored(call, "bias", (last,)) if call.integer("hasBias") else None
        return linear(a, call, values[0], matrix, bias)
    sides = []
    for value, flag in zip(values, ("transposeA", "transposeB"), strict=False):
        rank = a.rank(value)
        if call.integer(flag):
            if rank is None or rank < 2:
                return None
            value = a.transpose(value, (*range(rank - 2), rank - 1, rank - 2), call.name)
        sides.append(value)
    return done(a, call, "MatMul", sides)


def _layer_norm(a: Assembly, call: Call) -> list[Operand]:
    shape = call.integers("normalizedShape")
    inputs = [call.operand("x"), *(weight(call, name, shape) for name in ("gamma", "beta"))]
    attrs: dict[str, Attr] = {"axis": -len(shape), "epsilon": call.real("eps")}
    return done(a, call, "LayerNormalization", inputs, attrs)


def _softmax(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Softmax", [call.operand("x")], {"axis": -3})


def _along_channels(a: Assembly, call: Call, path: str) -> Operand:
    """A parameter of one number, or of one for each channel."""
    value = call.operand(path)
    if isinstance(value, Tensor) and value.shape is not None and len(value.shape) == 1:
        return weight(call, path, (*value.shape, 1, 1))
    return value


_ACTIVATIONS = {
    "ReLU": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softsign": "Softsign",
    "softplus": "Softplus",
    "leakyReLU": "LeakyRelu",
    "thresholdedReLU": "ThresholdedRelu",
    "ELU": "Elu",
    "sigmoidHard": "HardSigmoid",
}


def _activation(a: Assembly, call: Call) -> list[Operand] | None:
    value, kind = call.operand("x"), call.text("NonlinearityType")
    alpha, beta = call.real(f"{kind}.alpha"), call.real(f"{kind}.beta")
    if op := _ACTIVATIONS.get(kind):
        attrs = {n: call.real(f"{kind}.{n}") for n in ("alpha", "beta")
                 if f"{kind}.{n}" in call.attrs}  # fmt: skip
        return done(a, call, op, [value], attrs)
    if kind == "linear":
        return [scaled(a, call, value, alpha, beta)]
    if kind == "scaledTanh":
        inner = put(a, call, "Tanh", [scaled(a, call, value, beta, 0.0)])
        return [scaled(a, call, inner, alpha, 0.0)]
    if kind == "PReLU":
        return done(a, call, "PRelu", [value, _along_channels(a, call, "PReLU.alpha")])
    if kind == "parametricSoftplus":
        factors = [_along_channels(a, call, f"{kind}.{name}") for name in ("alpha", "beta")]
        inner = put(a, call, "Softplus", [put(a, call, "Mul", [value, factors[1]])])
        return done(a, call, "Mul", [inner, factors[0]])
    return None


def _unary(a: Assembly, call: Call) -> list[Operand] | None:
    """A function of one number after a scale and a shift."""
    value = scaled(a, call, call.operand("x"), call.real("scale") or 1.0, call.real("shift"))
    kind, alpha = call.text("type"), call.real("alpha")
    epsilon = call.real("epsilon") or 1e-6
    if kind in ("RSQRT", "INVERSE") and epsilon > 1e-6 * 1.01:  # the default is a guard
        value = put(a, call, "Add", [value, real(epsilon)])
    if kind == "RSQRT":
        return done(a, call, "Reciprocal", [put(a, call, "Sqrt", [value])])
    if kind == "POWER":
        return done(a, call, "Pow", [value, real(alpha)])
    if kind == "THRESHOLD":
        return done(a, call, "Max", [value, real(alpha)])
    plain = {"SQRT": "Sqrt", "INVERSE": "Reciprocal", "EXP": "Exp", "LOG": "Log", "ABS": "Abs"}
    return done(a, call, plain[kind], [value]) if kind in plain else None


def _folded(op: str) -> Rule:
    def rule(a: Assembly, call: Call) -> list[Operand]:
        """One operand and a number, or any count of operands."""
        first, *rest = call.operands("x") or [None]
        if not rest:
            return done(a, call, op, [first, real(call.real("alpha"))])
        for other in rest[:-1]:
            first = put(a, call, op, [first, other])
        return done(a, call, op, [first, rest[-1]])

    return rule


def _spread(call: Call, slot: str, shape: str) -> Operand:
    """A factor or addend whose shape stands before height and width when it is short."""
    sizes = call.integers(shape)
    if len(sizes) == 1 and sizes[0] != 1:
        sizes = (*sizes, 1, 1)
    return stored(call, slot, sizes)


def _scale(a: Assembly, call: Call) -> list[Operand]:
    product = put(a, call, "Mul", [call.operand("x"), _spread(call, "scale", "shapeScale")])
    if not call.integer("hasBias"):
        return [product]
    return done(a, call, "Add", [product, _spread(call, "bias", "shapeBias")])


def _bias(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Add", [call.operand("x"), _spread(call, "bias", "shape")])


def _dot(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {"axes": (-3,), "keepdims": 1}
    values = call.operands("x")
    if call.integer("cosineSimilarity"):
        values = [
            put(a, call, "Div", [value, put(a, call, "ReduceL2", [value], attrs)])
            for value in values
        ]
    return done(a, call, "ReduceSum", [put(a, call, "Mul", values)], attrs)


_MODES = {
    "SUM": "ReduceSum",
    "AVG": "ReduceMean",
    "PROD": "ReduceProd",
    "SUMSQUARE": "ReduceSumSquare",
    "L1": "ReduceL1",
    "L2": "ReduceL2",
    "MAX": "ReduceMax",
    "MIN": "ReduceMin",
}
_AXES = {"CHW": (-3, -2, -1), "HW": (-2, -1), "C": (-3,), "H": (-2,), "W": (-1,)}


def _reduce(a: Assembly, call: Call) -> list[Operand] | None:
    value, mode = call.operand("x"), call.text("mode")
    axes = _AXES.get(call.text("axis"), (-3, -2, -1))
    if mode == "ARGMAX":
        return done(a, call, "ArgMax", [value], {"axis": axes[0], "keepdims": 1})
    if mode == "LOGSUM":
        guarded = put(a, call, "Add", [value, real(call.real("epsilon") or 1e-6)])
        return reduced(a, call, "ReduceSum", put(a, call, "Log", [guarded]), axes, True)
    return reduced(a, call, _MODES[mode], value, axes, True) if mode in _MODES else None


def _arg(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "axis": call.integer("axis"),
        "keepdims": int(not call.integer("removeDim")),
    }
    op = "ArgMax" if call.kind == "argMax" else "ArgMin"
    return done(a, call, op, [call.operand("x")], attrs)


def _triangular(a: Assembly, call: Call) -> list[Operand]:
    upper = int(call.kind == "upperTriangular")
    inputs = [call.operand("x"), ints([call.integer("k")])]
    return done(a, call, "Trilu", inputs, {"upper": upper})


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "innerProduct": _inner_product,
        "embedding": _embedding,
        "embeddingND": _embedding,
        "batchedMatmul": _batched,
        "layerNormalization": _layer_norm,
        "softmax": _softmax,
        "activation": _activation,
        "unary": _unary,
        "add": _folded("Add"),
        "multiply": _folded("Mul"),
        "scale": _scale,
        "bias": _bias,
        "dot": _dot,
        "reduce": _reduce,
        "argMax": _arg,
        "argMin": _arg,
        "lowerTriangular": _triangular,
        "upperTriangular": _triangular,
    }
)
