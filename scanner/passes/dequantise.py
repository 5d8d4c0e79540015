"""Put the real-number operator in the place of each quantised one.

Static (QLinear*, QGemm), dynamic (ConvInteger and MatMulInteger with their rescaling) and
weight-only (MatMulNBits) forms become Conv, MatMul, Gemm ...; Relu is restored where a quantiser
folded it into the clamp: the output's zero point is the smallest code, so real values below zero
cannot be represented, and the producer is linear. Q/DQ pairs are contracted by a later pass.
Scales commute with the structure.

Before:
    a = QLinearConv(x, 0.1, uint8(0), w[8, 3, 3, 3], 0.1, int8(0), 0.1, uint8(0))
    y = Softmax(DequantizeLinear(a, 0.1, uint8(0)))

After:
    a = Relu(Conv(x, w[8, 3, 3, 3]))
    y = Softmax(DequantizeLinear(a, 0.1, uint8(0)))
"""

from __future__ import annotations

from genescan import evaluate
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_MS = "com.microsoft:"
_SMALLEST = {"int8": -128, "uint8": 0, "int16": -32768, "uint16": 0, "int4": -8, "uint4": 0}
_KEEP_SIGN = frozenset(
    {
        "QuantizeLinear", "DequantizeLinear", "MaxPool", "AveragePool", "GlobalAveragePool",
        "Resize", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Slice",
        "Split", "Identity", "Pad",
    }
)  # fmt: skip
_LINEAR = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Einsum",
        "InstanceNormalization", "GroupNormalization", "LayerNormalization",
    }
)  # fmt: skip
_NEVER_NEGATIVE = frozenset(
    {
        "Relu", "Sigmoid", "Softmax", "Softplus", "HardSigmoid", "Abs", "Exp", "Sqrt", "ReduceL2",
        "ReduceSumSquare",
    }
)  # fmt: skip
_KEEPING = frozenset(
    {
        "Add", "Mul", "MatMul", "Einsum", "Concat", "ReduceSum", "ReduceMean", "ReduceMax",
        "Reciprocal", "Div",
    }
)  # fmt: skip
"""Of numbers that are not negative these make others of the kind."""
_CURVES = frozenset({"Sigmoid", "HardSigmoid", "Tanh", _MS + "QLinearSigmoid"})
_CODED = frozenset({"QuantizeLinear", "DequantizeLinear"})
_SOFTMAX = frozenset({"Softmax", _MS + "QLinearSoftmax"})
_BEFORE_SOFTMAX = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "Transpose", "Reshape", "Mul", "Div", "Add", "Where"}
)
"""What stands between the scores of an attention and its softmax."""
_FAR = 6
_MOST = 64
"""Nodes looked at for one question, and steps back to a producer."""

_STATIC = {
    # operator -> (real operator, positions of its operands, zero point of the result)
    "QLinearConv": ("Conv", (0, 3, 8), 7),
    "QLinearMatMul": ("MatMul", (0, 3), 7),
    _MS + "QLinearAdd": ("Add", (0, 3), 7),
    _MS + "QLinearMul": ("Mul", (0, 3), 7),
    _MS + "QGemm": ("Gemm", (0, 3, 6), 8),
    _MS + "QLinearAveragePool": ("AveragePool", (0,), None),
    _MS + "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,), None),
    _MS + "QLinearSigmoid": ("Sigmoid", (0,), None),
    _MS + "QLinearLeakyRelu": ("LeakyRelu", (0,), None),
    _MS + "QLinearSoftmax": ("Softmax", (0,), None),
    _MS + "QLinearReduceMean": ("ReduceMean", (0,), None),
    _MS + "QLinearWhere": ("Where", (0, 1, 4), None),
    _MS + "DynamicQuantizeMatMul": ("MatMul", (0, 1), None),
    _MS + "MatMulIntegerToFloat": ("MatMul", (0, 1), None),
    _MS + "GatherBlockQuantized": ("Gather", (0, 1), None),
}
_BIAS = {_MS + "DynamicQuantizeMatMul": 4, _MS + "MatMulIntegerToFloat": 6}


def run(draft: Draft) -> None:
    """Restore clamped Relus, then rewrite static, dynamic and weight-only kernels."""
    for node in draft.of("Pad"):
        _real_padding(draft, node)
    for node in draft.of("QuantizeLinear", _MS + "QuantizeLinear"):
        _restore_relu(draft, node)
    for node in draft.of(_MS + "QLinearConcat"):
        draft.retype(node, "Concat")
        draft.set_inputs(node, node.inputs[2::3])
    clamped = [node for op in _STATIC for node in draft.of(op) if _static(draft, node)]
    for node in clamped:  # once all are real: what stands before and behind tells
        if _linear(node.out) and not (_activated(node.out) or _scores(node.out)):
            _after(draft, node, "Relu", [], {"restored": "zero point"})
    for node in draft.of("ConvInteger", "MatMulInteger"):
        _dynamic(draft, node)
    for node in draft.of(_MS + "MatMulNBits", _MS + "MatMulBnb4"):
        _weight_only(draft, node)
    for node in draft.of(_MS + "DynamicQuantizeLSTM"):
        weights = [_swap(arg) for arg in node.inputs[1:3]]
        draft.set_inputs(node, [node.inputs[0], *weights, *node.inputs[3:8]])
        draft.retype(node, "LSTM")
    for node in draft.of("DynamicQuantizeLinear"):
        source = node.inputs[0]
        draft.replace(node.out, source, ("quantised",))
        if all(value.dead for value in node.outputs):
            draft.remove(node, "quantisation")


def _real_padding(draft: Draft, node: Draft.Node) -> None:
    """Codes are padded with the zero point, which is the number zero."""
    source, filled = node.inputs[0], node.arg(2)
    if not isinstance(source, Value) or not isinstance(filled, Tensor):
        return
    maker = source.node if source.node.op == "QuantizeLinear" else _producer(source)
    position = 2 if maker.op == "QuantizeLinear" else _STATIC.get(maker.op, ("", (), None))[2]
    zero = None if position is None else maker.arg(position)
    if isinstance(zero, Tensor) and zero.dtype == filled.dtype and zero.scalar == filled.scalar:
        draft.set_input(node, 2, Tensor("float32", (), (0.0,)))


def _clamped(zero: Arg) -> bool:
    return (
        isinstance(zero, Tensor)
        and zero.scalar is not None
        and _SMALLEST.get(zero.dtype) == zero.scalar
    )


def _producer(value: Value) -> Draft.Node:
    """The node that made a value, seen through quantisation and pooling, which keep signs."""
    node = value.node
    for _ in range(_MOST):
        if node.op not in _KEEP_SIGN or not node.dynamic:
            break
        node = node.dynamic[0].node
    return node


def _never_negative(value: Value) -> bool:
    """Whether a value cannot be negative, by the operators that it comes from."""
    known: dict[Draft.Node, bool] = {}
    return _bounded_below(_producer(value), _FAR, known)


def _bounded_below(node: Draft.Node, far: int, known: dict[Draft.Node, bool]) -> bool:
    """As `_never_negative`; `known` keeps answers, for one value may be read many times."""
    if node not in known:
        known[node] = len(known) < _MOST and _above_zero(node, far, known)
    return known[node]


def _above_zero(node: Draft.Node, far: int, known: dict[Draft.Node, bool]) -> bool:
    if node.op in _NEVER_NEGATIVE:
        return True
    if node.op == "Add" and len(node.dynamic) == 1 and _producer(node.dynamic[0]).op == "Elu":
        shift = next((scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)), None)
        return shift is not None and shift >= 0.99  # ELU is above minus one; one of 256 codes
    if far and node.op == "Conv" and _positive_kernel(node):  # a blur
        return _bounded_below(_producer(node.dynamic[0]), far - 1, known)
    if far == 0 or node.op not in _KEEPING or not node.dynamic:
        return False
    constants = [scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)]
    positive = all(number is not None and number >= 0 for number in constants)
    return positive and all(_bounded_below(_producer(arg), far - 1, known) for arg in node.dynamic)


def _positive_kernel(node: Draft.Node) -> bool:
    """Whether a convolution adds up neighbours with known weights above zero, and nothing else."""
    weight, rest = node.arg(1), node.inputs[2:]
    data = weight.data if isinstance(weight, Tensor) else None
    bare = all(arg is None or scalar(arg) == 0.0 for arg in rest)
    return bool(data) and bare and all(item is not None and item >= 0 for item in data or ())


def _linear(value: Value) -> bool:
    """Whether values of both signs are to be expected: sums and products with weights."""
    made = _producer(value)
    if _never_negative(value) or _near_one(made):
        return False
    before = [_producer(arg) for arg in made.dynamic]
    if any(_placed(node) for node in (made, *before)) or (before and before[0].op == "Softmax"):
        return False  # coordinates, and averages by shares
    node = _unscaled(made)
    if node.op == "Add" and len(node.dynamic) == 2:
        return True
    if node.op in ("Mul", "Div") and len(node.dynamic) == 2:  # of a norm or a gate, signs stay
        parts = node.dynamic if node.op == "Mul" else node.dynamic[::-1]
        for gate, other in (parts, parts[::-1])[: 2 if node.op == "Mul" else 1]:
            if _never_negative(gate):
                return _unscaled(_producer(other)).op in _LINEAR
    return node.op in _LINEAR


def _near_one(node: Draft.Node) -> bool:
    """Whether one was added: a factor that changes a value by a share, such as a learned scale."""
    constants = [scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)]
    shifted = node.op == "Add" and len(node.dynamic) == 1
    return shifted and any(c is not None and abs(c - 1.0) < 0.01 for c in constants)


def _placed(node: Draft.Node) -> bool:
    """Whether something for each place was added, as anchors are: it gives coordinates."""
    constants = [arg.squeezed for arg in node.inputs if isinstance(arg, Tensor)]
    shifted = node.op in ("Add", "Sub") and len(node.dynamic) == 1
    return shifted and any(sizes is not None and len(sizes) > 1 for sizes in constants)


def _unscaled(node: Draft.Node) -> Draft.Node:
    """What stands before a constant scale and a constant shift."""
    for _ in range(2):
        if node.op not in ("Add", "Mul") or len(node.dynamic) != 1:
            break
        node = _producer(node.dynamic[0])
    return node


def _relu(draft: Draft, value: Value, before: Draft.Node) -> Value:
    marks, attrs = {"restored": "zero point"}, {"max": 6.0} if _gated(value) else {}
    return draft.add("Relu", [value], attrs, before=before, shapes=(value.shape,), marks=marks).out


def _gated(value: Value) -> bool:
    """Whether three were added: a hard gate, whose upper bound the range of the codes holds too."""
    constants = [scalar(arg) for arg in value.node.inputs if isinstance(arg, Tensor)]
    shifted = value.node.op == "Add" and len(value.node.dynamic) == 1
    return shifted and any(c is not None and abs(c - 3.0) < 0.04 for c in constants)


def _restore_relu(draft: Draft, node: Draft.Node) -> None:
    value = node.inputs[0]
    if not _clamped(node.arg(2)) or not isinstance(value, Value) or _final(node.out):
        return
    if _linear(value) and not _activated(node.out) and not _scores(value):
        draft.set_input(node, 0, _relu(draft, value, node))


def _activated(value: Value) -> bool:
    """Whether only bounded curves read a quantised value: half their range would be of no use."""
    return _leads_only_to(value, _CURVES, _CODED)


def _scores(value: Value) -> bool:
    """Whether a product goes to softmaxes alone: scores of an attention, logits of classes."""
    product = _unscaled(_producer(value))
    found = product.op in ("MatMul", "Einsum", "Gemm")
    return found and _leads_only_to(value, _SOFTMAX, _BEFORE_SOFTMAX)


def _leads_only_to(value: Value, ends: frozenset[str], through: frozenset[str]) -> bool:
    """Whether all readers of a value, seen through some operators, are of one kind."""
    seen, stack, found = set[Draft.Node](), list(value.users), False
    while stack:
        user = stack.pop()
        if user in seen:
            continue
        seen.add(user)
        if user.op in ends:
            found = True
        elif user.op not in through or len(seen) > _MOST:
            return False
        else:
            stack.extend(user.out.users)
    return found


def _final(value: Value) -> bool:
    """Whether a quantised value only leaves the model.

    Few calibration samples can make any last layer look non-negative, and a network seldom ends
    in a Relu.
    """
    return all(user.op == "DequantizeLinear" and not user.out.users for user in value.users)


def _static(draft: Draft, node: Draft.Node) -> bool:
    """Rewrite one kernel; whether its result is clamped at zero."""
    op, positions, zero = _STATIC[node.op]
    clamp = zero is not None and _clamped(node.arg(zero)) and not _final(node.out)
    bias = node.arg(_BIAS.get(node.op, 1 << 10))
    rest = [
        arg
        for position, arg in enumerate(node.inputs)
        if position not in positions and isinstance(arg, Value) and arg is not bias
    ]
    shape = node.out.shape
    args = [_real(node, p) for p in positions]
    draft.set_inputs(node, [arg for arg in args if arg is not None])
    draft.retype(node, op)
    draft.prune(rest, "quantisation")
    if bias is not None:
        _after(draft, node, "Add", [bias], {})
    node.out.shape = shape
    return clamp


def _real(node: Draft.Node, position: int) -> Arg:
    """An operand; a small constant with its scale and zero point as the number it stands for."""
    arg = node.arg(position)
    if isinstance(arg, Tensor) and arg.data is not None:
        following = [a if isinstance(a, Tensor) else None for a in node.inputs[position + 1 :]]
        data = evaluate.evaluate("DequantizeLinear", {}, [arg, *following[:2]], arg.shape)
        return Tensor("float32", arg.shape, data, arg.name)
    return arg


def _after(draft: Draft, node: Draft.Node, op: str, more: list[Arg], marks: dict[str, str]) -> None:
    """Put `op(node, *more)` between a node and its readers."""
    added = draft.add(
        op, [], before=node.next, origin=(node,), shapes=(node.out.shape,), marks=marks
    )
    draft.replace(node.out, added.out)
    draft.set_inputs(added, [node.out, *more])


def _is_scale(arg: Arg) -> bool:
    if isinstance(arg, Tensor):
        return True
    if not isinstance(arg, Value):
        return False
    node = arg.node
    if node.op == "DynamicQuantizeLinear":
        return arg.port == 1
    return node.op == "Mul" and all(_is_scale(other) for other in node.inputs)


def _dynamic(draft: Draft, node: Draft.Node) -> None:
    """Follow the integer product through Cast and Mul(scale) back to real numbers."""
    result = node.out
    region = []
    while (user := result.sole_user) is not None:
        others = [arg for arg in user.inputs if arg is not result]
        if user.op == "Cast" or (user.op == "Mul" and others and all(map(_is_scale, others))):
            region.append(user)
            result = user.out
        else:
            break
    zero_points = node.inputs[2:]
    draft.retype(node, "Conv" if node.op == "ConvInteger" else "MatMul")
    draft.set_inputs(node, node.inputs[:2])
    if region:
        scales = [a for user in region for a in user.inputs if isinstance(a, Value)]
        draft.replace(result, node.out)
        for user in reversed(region):
            draft.remove(user, heirs=(node,))
        draft.prune(scales, "quantisation")
    draft.prune(zero_points, "quantisation")


def _weight_only(draft: Draft, node: Draft.Node) -> None:
    rows, columns = node.attrs.get("K"), node.attrs.get("N")
    shape = (rows, columns) if isinstance(rows, int) and isinstance(columns, int) else None
    packed = node.arg(1)
    name = packed.name if isinstance(packed, Tensor) else ""
    weight = Tensor("float32", shape, name=name)
    bias = node.arg(5)
    draft.set_inputs(node, [node.inputs[0], weight])
    draft.retype(node, "MatMul", {})
    if bias is not None:
        _after(draft, node, "Add", [bias], {})


def _swap(arg: Arg) -> Arg:
    """DynamicQuantizeLSTM stores weights as [directions, in, gates]; LSTM the other way round."""
    if isinstance(arg, Tensor) and arg.shape is not None and len(arg.shape) == 3:
        directions, inner, gates = arg.shape
        return Tensor(arg.dtype, (directions, gates, inner), None, arg.name)
    return arg
