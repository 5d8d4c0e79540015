"""Layers of neural networks that compute: products, activations, reductions, recurrences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_arith import linear
from genescan.converters.coreml_emit import done, put, real, reduced, scaled
from genescan.converters.coreml_net_images import weight
from genescan.converters.coreml_recurrent import ACTIVATIONS, Layer
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor


def _inner_product(a: Assembly, call: Call) -> list[Operand]:
    """A matrix product over the last axis, or over the last three of an image."""
    value, shape = call.operand("x"), a.shape(call.operand("x"))
    size, channels = call.integer("inputChannels"), call.integer("outputChannels")
    matrix = weight(call, "weights", (channels, size))
    bias = weight(call, "bias", (channels,)) if call.integer("hasBias") else None
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
    table = a.transpose(weight(call, "weights", (size, rows)), (1, 0))
    axes = [-1] if flat else [-3, -2, -1]
    indices = put(a, call, "Squeeze", [value, ints(axes)])
    made: Operand = put(a, call, "Gather", [table, indices], {"axis": 0})
    if call.integer("hasBias"):
        made = put(a, call, "Add", [made, weight(call, "bias", (size,))])
    if not flat:
        lead = () if shape is None else shape[:-3]
        made = a.reshape(made, (*(lead or (-1,)), size, 1, 1), call.name)
    return [made]


def _batched(a: Assembly, call: Call) -> list[Operand] | None:
    values = call.operands("x")
    if len(values) == 1:  # the values of this one matrix stand in column-major order
        first = call.integer("weightMatrixFirstDimension")
        last = call.integer("weightMatrixSecondDimension")
        matrix = weight(call, "weights", (last, first))
        bias = weight(call, "bias", (last,)) if call.integer("hasBias") else None
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
    return weight(call, slot, sizes)


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


_KINDS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "ReLU": "relu",
    "linear": "linear",
    "scaledTanh": "scaled_tanh",
    "sigmoidHard": "sigmoid_hard",
}
_LSTM_GATES = ("input", "output", "forget", "blockInput")
"""In the order of ONNX: i, o, f, c."""
_GRU_GATES = ("update", "reset", "output")
"""In the order of ONNX: z, r, h."""


def _gates(call: Call, prefix: str, gates: tuple[str, ...], last: str, shape: Dims) -> Tensor | None:
    """The matrices or vectors of all gates as one constant."""
    middle = "" if gates[0] == "" else "Gate"
    paths = [
        f"{prefix}{gate}{'' if gate == 'blockInput' else middle}{last}" for gate in gates
    ]
    first = call.operand(paths[0])
    if not isinstance(first, Tensor):
        return None
    total = (None if shape[0] is None else len(gates) * shape[0], *shape[1:])
    return Tensor("float32", total, None, first.name, first.payload)


def _chosen(call: Call, path: str, count: int) -> tuple[str, ...]:
    kinds = [call.text(f"{path}{f'.{i}' if count > 1 else ''}.NonlinearityType")
             for i in range(count)]  # fmt: skip
    return tuple(ACTIVATIONS.get(_KINDS.get(kind, ""), "Affine") for kind in kinds)


def _unrolled(
    a: Assembly, call: Call, layer: Layer, states: int, ends: bool, wide: bool
) -> list[Operand]:
    """Emit a layer over (sequence, [batch,] channel, 1, 1) and bring its results back to that."""
    values = call.operands("x")
    legacy = bool(call.integer("legacy"))
    axes, count = (2, 3) if legacy else (3, 4), len(layer.inputs)
    size = (layer.hidden or 0) * count

    def enter(value: Operand) -> Operand:
        rank = 4 if legacy else 5
        if isinstance(value, Tensor):
            shape = None if value.shape is None else value.shape[: rank - 2]
            value = Tensor(value.dtype, shape, value.data, value.name, value.payload)
            return a.reshape(value, (shape[0], 1, shape[1]), "") if legacy and shape else value
        if legacy:  # (sequence, channel, 1, 1): the batch is one
            flat = put(a, call, "Squeeze", [value, ints([2, 3])])
            return put(a, call, "Unsqueeze", [flat, ints([1])])
        return put(a, call, "Squeeze", [value, ints([3, 4])])

    def leave(value: Operand) -> Operand:
        if legacy:
            value = put(a, call, "Squeeze", [value, ints([1])])
        return put(a, call, "Unsqueeze", [value, ints(axes)])

    first = [enter(value) for value in values[1:]]
    if len(first) == states:
        layer.initial = first
    elif len(first) == states * count:  # h, c forward, then h, c backward
        layer.initial = [
            _both(a, call, [first[i + states * d] for d in range(count)]) for i in range(states)
        ]
    made = layer.emit(a, call, enter(values[0]))
    shape = a.shape(Edge(made.source, 1))
    batch = shape[1] if shape is not None and len(shape) == 3 else None
    if ends:
        result = _joined(a, call, Edge(made.source, 1), count, batch, size)
    elif count == 1:
        result = put(a, call, "Squeeze", [made, ints([1])])
    else:
        moved = a.transpose(made, (0, 2, 1, 3), call.name)
        lead = a.shape(made)
        steps = lead[0] if lead else None
        result = a.reshape(moved, (steps if steps is not None else 0, batch or 0, size), call.name)
    outputs = [leave(result)]
    for index in range(len(call.shapes) - 1):  # h and c of each direction in turn
        port, side = 1 + index % states, index // states
        last: Operand = Edge(made.source, port)
        if count > 1:
            bounds = [ints([side]), ints([side + 1]), ints([0])]
            last = put(a, call, "Slice", [last, *bounds])
        outputs.append(leave(last))
    return outputs


def _both(a: Assembly, call: Call, parts: list[Operand]) -> Operand:
    if all(isinstance(part, Tensor) for part in parts) and isinstance(parts[0], Tensor):
        shape = parts[0].shape
        wide = None if shape is None else (len(parts), *shape[1:])
        return Tensor("float32", wide, None, parts[0].name)
    return put(a, call, "Concat", parts, {"axis": 0})


def _joined(
    a: Assembly, call: Call, edge: Edge, count: int, batch: int | None, size: int
) -> Operand:
    """The last states of all directions as one step: (1, batch, features)."""
    if count == 1:
        return edge
    moved = a.transpose(edge, (1, 0, 2), call.name)
    return a.reshape(moved, (1, batch or -1, size), call.name)


def _sizes(call: Call) -> tuple[int, int]:
    return call.integer("inputVectorSize"), call.integer("outputVectorSize")


def _simple(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = _sizes(call)
    layer = Layer(
        "RNN",
        [weight(call, "weightMatrix", (hidden, size))],
        [weight(call, "recursionMatrix", (hidden, hidden))],
        [weight(call, "biasVector", (hidden,))] if call.integer("hasBiasVector") else [],
        direction="reverse" if call.integer("reverseInput") else "forward",
        hidden=hidden,
        activations=_chosen(call, "activation", 1),
    )
    return _unrolled(a, call, layer, 1, not call.integer("sequenceOutput"), False)


def _gru(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = _sizes(call)
    layer = Layer(
        "GRU",
        [_gates(call, "", _GRU_GATES, "WeightMatrix", (hidden, size))],
        [_gates(call, "", _GRU_GATES, "RecursionMatrix", (hidden, hidden))],
        [_gates(call, "", _GRU_GATES, "BiasVector", (hidden,))]
        if call.integer("hasBiasVectors")
        else [],
        direction="reverse" if call.integer("reverseInput") else "forward",
        hidden=hidden,
        activations=_chosen(call, "activations", 2),
    )
    return _unrolled(a, call, layer, 1, not call.integer("sequenceOutput"), False)


def _lstm(a: Assembly, call: Call) -> list[Operand]:
    size, hidden = _sizes(call)
    both = call.kind == "biDirectionalLSTM"
    sides = ["weightParams.0.", "weightParams.1."] if both else ["weightParams."]

    def parts(last: str, shape: Dims) -> list[Operand]:
        return [_gates(call, side, _LSTM_GATES, last, shape) for side in sides]

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
        gates = ("input", "output", "forget")
        layer.peepholes = [
            _gates(call, side, gates, "PeepholeVector", (hidden,)) for side in sides
        ]
    return _unrolled(a, call, layer, 2, not call.integer("params.sequenceOutput"), both)




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
        "simpleRecurrent": _simple,
        "gru": _gru,
        "uniDirectionalLSTM": _lstm,
        "biDirectionalLSTM": _lstm,
    }
)
