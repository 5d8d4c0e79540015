"""Put the real-number operator in the place of each quantised one.

Static (QLinear*, QGemm), dynamic (ConvInteger and MatMulInteger with their rescaling) and
weight-only (MatMulNBits) forms become Conv, MatMul, Gemm ...; Relu is restored where a quantiser
folded it into the clamp: the output's zero point is the smallest code, so real values below zero
cannot be represented, and the producer is linear. So is a Clip, where the codes end at one. Q/DQ
pairs are contracted by a later pass. Scales commute with the structure.

Before:
    a = QLinearConv(x, 0.1, uint8(0), w[8, 3, 3, 3], 0.1, int8(0), 0.1, uint8(0))
    y = Exp(DequantizeLinear(a, 0.1, uint8(0)))

After:
    a = Relu(Conv(x, w[8, 3, 3, 3]))
    y = Exp(DequantizeLinear(a, 0.1, uint8(0)))
"""

from __future__ import annotations

import math

from genescan import evaluate
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes import bounds, clamped_signs

_MS = "com.microsoft:"
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
_EXACT = 1e-6
_BIAS = {_MS + "DynamicQuantizeMatMul": 4, _MS + "MatMulIntegerToFloat": 6}


def run(draft: Draft) -> None:
    """Rewrite static kernels, restore clamped Relus, rewrite dynamic and weight-only kernels."""
    for node in draft.of("Pad"):
        _real_padding(draft, node)
    tops = {node: _joined(draft, node) for node in draft.of(_MS + "QLinearConcat")}
    tops |= {node: _static(draft, node) for op in _STATIC for node in draft.of(op)}
    for node in draft:  # once all are real: what stands before and behind tells
        written = node.op in ("QuantizeLinear", _MS + "QuantizeLinear")
        top = _top(node.arg(1), node.arg(2)) if written else tops.get(node)
        value = node.inputs[0] if written else node.out
        if top is not None and isinstance(value, Value):
            _restore(draft, value, node.out, top)
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


def _top(scale: Arg, zero: Arg) -> float | None:
    """The greatest number that codes hold; None where they hold some below zero."""
    if not bounds.clamped(zero) or not isinstance(zero, Tensor):
        return None
    size = scale.scalar if isinstance(scale, Tensor) else None
    return ((1 << int(zero.dtype.lstrip("uint"))) - 1) * float(size or math.inf)


def _restore(draft: Draft, value: Value, codes: Value, top: float) -> None:
    """Put back what a quantiser folded into the range of the codes that `value` is written in.

    What a layer gives, and ends at one exactly, was cut off there.
    """
    if abs(top - 1.0) < _EXACT and clamped_signs.signed(value):
        op, attrs = "Clip", {"min": 0.0, "max": 1.0}
    elif not _final(value, codes) and clamped_signs.stands_for_relu(value, codes):
        op, attrs = "Relu", {"max": 6.0} if clamped_signs.gated(value) else {}
    else:
        return
    writes = codes.node if codes is not value else None
    added = draft.add(
        op, [], attrs, before=writes or value.node.next, shapes=(value.shape,),
        marks={"restored": "zero point"}, origin=() if writes else (value.node,),
    )  # fmt: skip
    if writes is not None:
        draft.set_input(writes, 0, added.out)
    else:
        draft.replace(value, added.out)
    draft.set_inputs(added, [value])


def _final(value: Value, codes: Value) -> bool:
    """Whether a quantised value of few features only leaves the model.

    Few calibration samples can make a narrow last layer look non-negative, and a network seldom
    ends in a Relu.
    """
    leaves = all(user.op == "DequantizeLinear" and not user.out.users for user in codes.users)
    return leaves and not clamped_signs.wide(value)


def _joined(draft: Draft, node: Draft.Node) -> float | None:
    """As `_static`, of a Concat, whose operands follow the scale and zero point of its result."""
    top = _top(node.arg(0), node.arg(1))
    draft.retype(node, "Concat")
    draft.set_inputs(node, node.inputs[2::3])
    return top


def _static(draft: Draft, node: Draft.Node) -> float | None:
    """Rewrite one kernel; the greatest number of its result, where that is clamped at zero."""
    op, positions, zero = _STATIC[node.op]
    top = None if zero is None else _top(node.arg(zero - 1), node.arg(zero))
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
        _after(draft, node, "Add", [bias])
    node.out.shape = shape
    return top


def _real(node: Draft.Node, position: int) -> Arg:
    """An operand; a small constant with its scale and zero point as the number it stands for."""
    arg = node.arg(position)
    if isinstance(arg, Tensor) and arg.data is not None:
        following = [a if isinstance(a, Tensor) else None for a in node.inputs[position + 1 :]]
        data = evaluate.evaluate("DequantizeLinear", {}, [arg, *following[:2]], arg.shape)
        return Tensor("float32", arg.shape, data, arg.name)
    return arg


def _after(draft: Draft, node: Draft.Node, op: str, more: list[Arg]) -> None:
    """Put `op(node, *more)` between a node and its readers."""
    added = draft.add(op, [], before=node.next, origin=(node,), shapes=(node.out.shape,))
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
        _after(draft, node, "Add", [bias])


def _swap(arg: Arg) -> Arg:
    """DynamicQuantizeLSTM stores weights as [directions, in, gates]; LSTM the other way round."""
    if isinstance(arg, Tensor) and arg.shape is not None and len(arg.shape) == 3:
        directions, inner, gates = arg.shape
        return Tensor(arg.dtype, (directions, gates, inner), None, arg.name)
    return arg
