"""Arithmetic, activations and normalisations of MIL programs that become several operators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import channelwise, done, put, real, reduced, scaled, turned
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Operand, Tensor

_GUARDS = {"rsqrt": 1e-12, "log": 1e-12, "inverse": 1e-4}
"""Epsilons that these operators add on their own: guards, no part of what the network computes."""


def _guarded(a: Assembly, call: Call) -> Operand:
    """The operand of a function with a pole, its epsilon added where the model asks for more."""
    value, epsilon = call.operand("x"), call.real("epsilon")
    if epsilon > _GUARDS[call.kind] * 1.01:
        value = put(a, call, "Add", [value, real(epsilon)])
    return value


def _rsqrt(a: Assembly, call: Call) -> list[Operand]:
    root = put(a, call, "Sqrt", [_guarded(a, call)])
    return done(a, call, "Reciprocal", [root])


def _inverse(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Reciprocal", [_guarded(a, call)])


def _log(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Log", [_guarded(a, call)])


def _square(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Mul", [call.operand("x")] * 2)


def _exp2(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Pow", [real(2.0), call.operand("x")])


def _not_equal(a: Assembly, call: Call) -> list[Operand]:
    equal = put(a, call, "Equal", [call.operand("x"), call.operand("y")])
    return done(a, call, "Not", [equal])


def _floor_div(a: Assembly, call: Call) -> list[Operand]:
    quotient = put(a, call, "Div", [call.operand("x"), call.operand("y")])
    return done(a, call, "Floor", [quotient])


def _clip(a: Assembly, call: Call) -> list[Operand]:
    low, high = call.operand("alpha"), call.operand("beta")
    if call.kind == "relu6":
        low, high = real(0.0), real(6.0)
    return done(a, call, "Clip", [call.operand("x"), low, high])


def _clamped(a: Assembly, call: Call) -> list[Operand]:
    value, alpha, beta = call.operand("x"), call.real("alpha"), call.real("beta")
    if not alpha:
        return done(a, call, "Clip", [value, real(0.0), real(beta)])
    leaky = put(a, call, "LeakyRelu", [value], {"alpha": alpha})
    return done(a, call, "Min", [leaky, real(beta)])


def _threshold(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Max", [call.operand("x"), call.operand("alpha")])


def _scaled_tanh(a: Assembly, call: Call) -> list[Operand]:
    inner = scaled(a, call, call.operand("x"), call.real("beta", 1.0), 0.0)
    return [scaled(a, call, put(a, call, "Tanh", [inner]), call.real("alpha", 1.0), 0.0)]


def _linear_activation(a: Assembly, call: Call) -> list[Operand]:
    value = call.operand("x")
    return [scaled(a, call, value, call.real("alpha", 1.0), call.real("beta"))]


def _parametric_softplus(a: Assembly, call: Call) -> list[Operand]:
    trailing = (a.rank(call.operand("x")) or 4) - 2
    alpha, beta = (channelwise(call.operand(name), trailing) for name in ("alpha", "beta"))
    inner = put(a, call, "Mul", [call.operand("x"), beta])
    return done(a, call, "Mul", [put(a, call, "Softplus", [inner]), alpha])


def _prelu(a: Assembly, call: Call) -> list[Operand]:
    trailing = (a.rank(call.operand("x")) or 4) - 2
    return done(a, call, "PRelu", [call.operand("x"), channelwise(call.operand("alpha"), trailing)])


def gelu(a: Assembly, call: Call, value: Operand, mode: str) -> list[Operand]:
    """One of the three functions that CoreML calls gelu."""
    if mode == "SIGMOID_APPROXIMATION":
        gate = put(a, call, "Sigmoid", [scaled(a, call, value, 1.702, 0.0)])
        return done(a, call, "Mul", [value, gate])
    approximate = "tanh" if mode == "TANH_APPROXIMATION" else "none"
    return done(a, call, "Gelu", [value], {"approximate": approximate})


def _gelu(a: Assembly, call: Call) -> list[Operand]:
    return gelu(a, call, call.operand("x"), call.text("mode", "EXACT"))


def constant_like(channels: int | None, value: float) -> Tensor:
    """A vector of one value for each channel: an affine step that a model leaves out."""
    data = None if channels is None or channels > 1_024 else (value,) * channels
    return Tensor("float32", (channels,), data)


def _batch_norm(a: Assembly, call: Call) -> list[Operand]:
    value, shape = call.operand("x"), a.shape(call.operand("x"))
    channels = shape[1] if shape is not None and len(shape) > 1 else None
    gamma = call.operand("gamma") or constant_like(channels, 1.0)
    beta = call.operand("beta") or constant_like(channels, 0.0)
    attrs: dict[str, Attr] = {"epsilon": call.real("epsilon", 1e-5)}
    if call.kind == "instance_norm":
        return done(a, call, "InstanceNormalization", [value, gamma, beta], attrs)
    statistics = [call.operand("mean"), call.operand("variance")]
    return done(a, call, "BatchNormalization", [value, gamma, beta, *statistics], attrs)


def normalised(
    a: Assembly, call: Call, value: Operand, axes: Sequence[int], epsilon: float
) -> Operand:
    """The difference from the mean over the root of the variance, along any axes."""
    attrs: dict[str, Attr] = {"axes": tuple(axes), "keepdims": 1}
    centred = put(a, call, "Sub", [value, put(a, call, "ReduceMean", [value], attrs)])
    square = put(a, call, "Mul", [centred, centred])
    variance = put(a, call, "ReduceMean", [square], attrs)
    guarded = put(a, call, "Add", [variance, real(epsilon)])
    return put(a, call, "Div", [centred, put(a, call, "Sqrt", [guarded])])


def _layer_norm(a: Assembly, call: Call) -> list[Operand] | None:
    value, rank = call.operand("x"), a.rank(call.operand("x"))
    if rank is None:
        return None
    axes = sorted({axis % rank for axis in call.integers("axes")} or range(rank)) if rank else []
    epsilon, gamma, beta = call.real("epsilon", 1e-5), call.operand("gamma"), call.operand("beta")
    shape = a.shape(value)
    if axes == list(range(rank))[rank - len(axes) :]:
        size = None if shape is None else shape[-1]
        if gamma is None and len(axes) == 1:
            gamma = constant_like(size, 1.0)
        inputs = [value, gamma, beta] if beta is not None else [value, gamma]
        attrs: dict[str, Attr] = {"axis": axes[0] - rank, "epsilon": epsilon}
        return done(a, call, "LayerNormalization", inputs, attrs)
    made = normalised(a, call, value, axes, epsilon)
    wide = [(s or 1) if i in axes else 1 for i, s in enumerate(shape or ())]
    if gamma is not None:
        made = put(a, call, "Mul", [made, a.reshape(gamma, tuple(wide), call.name)])
    if beta is not None:
        made = put(a, call, "Add", [made, a.reshape(beta, tuple(wide), call.name)])
    return [made]


def l2_normalised(a: Assembly, call: Call, value: Operand, epsilon: float) -> list[Operand]:
    """A value over the root of its sum of squares along the last three axes."""
    attrs: dict[str, Attr] = {"axes": (-3, -2, -1), "keepdims": 1}
    squares = put(a, call, "ReduceSumSquare", [value], attrs)
    root = put(a, call, "Sqrt", [put(a, call, "Add", [squares, real(epsilon)])])
    return done(a, call, "Div", [value, root])


def _l2_norm(a: Assembly, call: Call) -> list[Operand]:
    return l2_normalised(a, call, call.operand("x"), call.real("epsilon", 1e-6))


def _lrn(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "size": call.integer("size", 1),
        "alpha": call.real("alpha", 1e-4),
        "beta": call.real("beta", 0.75),
        "bias": call.real("k", 1.0),
    }
    return done(a, call, "LRN", [call.operand("x")], attrs)


def _matmul(a: Assembly, call: Call) -> list[Operand] | None:
    sides: list[Operand] = []
    for slot, flag in (("x", "transpose_x"), ("y", "transpose_y")):
        side = call.operand(slot)
        if call.integer(flag):
            side = turned(a, call, side)
            if side is None:
                return None
        sides.append(side)
    return done(a, call, "MatMul", sides)


def linear(
    a: Assembly, call: Call, value: Operand, weight: Operand, bias: Operand
) -> list[Operand]:
    """A product with a matrix that is stored as output by input, and a bias."""
    if a.rank(value) == 2:
        inputs = [value, weight] if bias is None else [value, weight, bias]
        return done(a, call, "Gemm", inputs, {"transB": 1})
    product = [value, a.transpose(weight, (1, 0), call.name)]
    if bias is None:
        return done(a, call, "MatMul", product)
    return done(a, call, "Add", [put(a, call, "MatMul", product), bias])


def _linear(a: Assembly, call: Call) -> list[Operand] | None:
    weight = call.operand("weight")
    if a.rank(weight) != 2:
        return None
    return linear(a, call, call.operand("x"), weight, call.operand("bias"))


def _attention(a: Assembly, call: Call) -> list[Operand] | None:
    query, key, value = (call.operand(slot) for slot in ("query", "key", "value"))
    shape, turned_key = a.shape(query), turned(a, call, key)
    if shape is None or not shape[-1] or turned_key is None:
        return None
    scores = scaled(
        a, call, put(a, call, "MatMul", [query, turned_key]), 1 / math.sqrt(shape[-1]), 0.0
    )
    mask = call.operand("attn_mask")
    if isinstance(mask, Tensor) and mask.dtype == "bool":
        scores = put(a, call, "Where", [mask, scores, real(-math.inf)])
    elif mask is not None:
        scores = put(a, call, "Add", [scores, mask])
    weights = put(a, call, "Softmax", [scores], {"axis": -1})
    return done(a, call, "MatMul", [weights, value])


def _reduce(a: Assembly, call: Call) -> list[Operand]:
    axes = call.integers("axes") if "axes" in call.attrs else None
    return reduced(
        a, call, REDUCTIONS[call.kind], call.operand("x"), axes, bool(call.integer("keep_dims"))
    )


def _arg(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "axis": call.integer("axis", -1),
        "keepdims": call.integer("keep_dims"),
    }
    op = "ArgMax" if call.kind == "reduce_argmax" else "ArgMin"
    return done(a, call, op, [call.operand("x")], attrs)


def _einsum(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Einsum", call.operands("values"), {"equation": call.text("equation")})


def _cumsum(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "exclusive": call.integer("exclusive"),
        "reverse": call.integer("reverse"),
    }
    axis = Tensor("int64", (), (call.integer("axis"),))
    return done(a, call, "CumSum", [call.operand("x"), axis], attrs)


def banded(a: Assembly, call: Call, value: Operand, lower: int, upper: int) -> list[Operand]:
    """A matrix with what lies outside a band of diagonals set to zero; negative: no bound."""
    if lower >= 0:
        value = put(a, call, "Trilu", [value, ints([-lower])], {"upper": 1})
    if upper >= 0:
        value = put(a, call, "Trilu", [value, ints([upper])], {"upper": 0})
    return [value]


def _band_part(a: Assembly, call: Call) -> list[Operand]:
    value = call.operand("x")
    return banded(a, call, value, call.integer("lower", -1), call.integer("upper", -1))


REDUCTIONS = {
    "reduce_l1_norm": "ReduceL1",
    "reduce_l2_norm": "ReduceL2",
    "reduce_log_sum": "ReduceLogSum",
    "reduce_log_sum_exp": "ReduceLogSumExp",
    "reduce_max": "ReduceMax",
    "reduce_mean": "ReduceMean",
    "reduce_min": "ReduceMin",
    "reduce_prod": "ReduceProd",
    "reduce_sum": "ReduceSum",
    "reduce_sum_square": "ReduceSumSquare",
}

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "rsqrt": _rsqrt,
        "inverse": _inverse,
        "log": _log,
        "square": _square,
        "exp2": _exp2,
        "not_equal": _not_equal,
        "floor_div": _floor_div,
        "clip": _clip,
        "clamped": _clamped,
        "threshold": _threshold,
        "scaled_tanh": _scaled_tanh,
        "linear_activation": _linear_activation,
        "parametric_softplus": _parametric_softplus,
        "prelu": _prelu,
        "gelu": _gelu,
        "batch_norm": _batch_norm,
        "layer_norm": _layer_norm,
        "l2_norm": _l2_norm,
        "lrn": _lrn,
        "matmul": _matmul,
        "linear": _linear,
        "attention": _attention,
        "reduce": _reduce,
        "arg": _arg,
        "einsum": _einsum,
        "cumsum": _cumsum,
        "band_part": _band_part,
    }
)
