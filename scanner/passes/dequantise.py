"""Put the real-number operator in the place of each quantised one.

Static (QLinear*, QGemm), dynamic (ConvInteger and MatMulInteger with their rescaling) and
weight-only (MatMulNBits) forms become Conv, MatMul, Gemm ...; Relu is restored where a quantiser
folded it into the clamp: the output's zero point is the smallest code, so real values below zero
cannot be represented, and the producer is linear. Q/DQ pairs are contracted by a later pass.
Scales commute with the structure.

Before:
    a = QLinearConv(x, 0.1, uint8(0), w[8, 3, 3, 3], 0.1, int8(0), 0.1, uint8(0))
    y = Exp(DequantizeLinear(a, 0.1, uint8(0)))

After:
    a = Relu(Conv(x, w[8, 3, 3, 3]))
    y = Exp(DequantizeLinear(a, 0.1, uint8(0)))
"""

from __future__ import annotations

from genescan import evaluate
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes import clamped_signs

_MS = "com.microsoft:"
_SMALLEST = {"int8": -128, "uint8": 0, "int16": -32768, "uint16": 0, "int4": -8, "uint4": 0}
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
        if clamped_signs.stands_for_relu(node.out, node.out):
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
    maker = source.node if source.node.op == "QuantizeLinear" else clamped_signs.producer(source)
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


def _relu(draft: Draft, value: Value, before: Draft.Node) -> Value:
    marks, attrs = {"restored": "zero point"}, {"max": 6.0} if clamped_signs.gated(value) else {}
    return draft.add("Relu", [value], attrs, before=before, shapes=(value.shape,), marks=marks).out


def _restore_relu(draft: Draft, node: Draft.Node) -> None:
    value = node.inputs[0]
    if not _clamped(node.arg(2)) or not isinstance(value, Value) or _final(node.out):
        return
    if clamped_signs.stands_for_relu(value, node.out):
        draft.set_input(node, 0, _relu(draft, value, node))


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
