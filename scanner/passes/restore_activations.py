"""Recognise activations by what they compute, whatever operators spell them.

From a seed (Erf, Tanh, Sigmoid ...) the pass takes regions of scalar arithmetic around it and
compares their values at sample points with known activations.

Before:
    e = Erf(Mul(x, 0.70710678))
    y = Mul(Mul(x, Add(e, 1.0)), 0.5)

After:
    y = Gelu(x)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from genescan.draft import Draft, Value
from genescan.graph import Attr, Tensor
from genescan.passes import regions
from genescan.passes.unify_spellings import scalar

_SAMPLES = (-3.7, -2.3, -1.1, -0.4, 0.3, 0.9, 1.7, 2.9, 3.6)
_TOLERANCE = 0.012
"""Absolute; quantised constants are off by up to 1/255. Rival activations differ by more."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _gelu_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def _hard(x: float) -> float:
    return min(1.0, max(0.0, x / 6 + 0.5))


_Known = tuple[str, Mapping[str, Attr], Callable[[float], float]]
_GELU: _Known = ("Gelu", {}, lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))))
_TANH_GELU: _Known = ("Gelu", {"approximate": "tanh"}, _gelu_tanh)
_MISH: _Known = ("Mish", {}, lambda x: x * math.tanh(math.log1p(math.exp(x))))
_SWISH: _Known = ("Swish", {}, lambda x: x * _sigmoid(x))
_QUICK: _Known = ("QuickGelu", {}, lambda x: x * _sigmoid(1.702 * x))
_HARD_SWISH: _Known = ("HardSwish", {}, lambda x: x * _hard(x))
_HARD_SIGMOID: _Known = ("HardSigmoid", {}, _hard)
_SIGMOID: _Known = ("Sigmoid", {}, _sigmoid)
_SOFTPLUS: _Known = ("Softplus", {}, lambda x: math.log1p(math.exp(x)))
_ELU: _Known = ("Elu", {}, lambda x: x if x > 0 else math.exp(x) - 1)
_SOFTSIGN: _Known = ("Softsign", {}, lambda x: x / (1 + abs(x)))
_TANH: _Known = ("Tanh", {}, math.tanh)

# seed -> what it may be part of; the seed decides between GELU and its tanh form, which differ
# by less than the tolerance
_SEEDS: Mapping[str, tuple[_Known, ...]] = {
    "Erf": (_GELU,),
    "Erfc": (_GELU,),
    "Tanh": (_MISH, _TANH_GELU),
    "HardSigmoid": (_HARD_SWISH,),
    "Softplus": (_MISH,),
    "Relu": (_HARD_SWISH, _HARD_SIGMOID),
    "Clip": (_HARD_SWISH, _HARD_SIGMOID),
    "Sigmoid": (_SWISH, _QUICK, _TANH_GELU),
    "Exp": (_MISH, _SWISH, _SIGMOID, _SOFTPLUS, _ELU, _TANH),
    "Abs": (_SOFTSIGN,),
}
_CLIPPED = frozenset({"Relu", "Clip"})
_DEPTH = 8


def run(draft: Draft) -> None:
    """Try every seed; a seed that was swallowed by an earlier region is skipped."""
    for seed, known in _SEEDS.items():
        for node in draft.of(seed):
            _around(draft, node, known)


def _scalar_arithmetic(node: Draft.Node) -> bool:
    return node.op in regions.POINTWISE and all(
        not isinstance(arg, Tensor) or (scalar(arg) is not None and not _untrained(arg))
        for arg in node.inputs
    )


def _untrained(arg: Tensor) -> bool:
    """A stored vector that changes nothing yet: a weight of the layer, no part of its function."""
    return bool(arg.name and arg.squeezed) and scalar(arg) in (0.0, 1.0)


def _shifted(seed: Draft.Node) -> bool:
    """Hard sigmoids clip a sum with a constant; most clips do not, so ask first."""
    value = seed.inputs[0]
    return isinstance(value, Value) and value.node.op == "Add" and len(value.node.dynamic) == 1


def _entries(seed: Draft.Node) -> list[Value]:
    """Values that the seed's argument may be a function of, farthest first."""
    found: dict[Value, None] = {}
    level = seed.dynamic[:1]
    for _ in range(_DEPTH):
        following: list[Value] = []
        for value in level:
            if value not in found:
                found[value] = None
                if _scalar_arithmetic(value.node) and len(value.node.dynamic) <= 3:
                    following.extend(value.node.dynamic)
        level = following
    return list(found)[:12][::-1]


def _around(draft: Draft, seed: Draft.Node, known: tuple[_Known, ...]) -> None:
    if not seed.alive or not _scalar_arithmetic(seed):
        return
    if seed.op in _CLIPPED and not _shifted(seed):
        return
    for entry in _entries(seed):
        back = regions.between(entry, seed.out, _backward(seed, entry))
        if not back or any(v is not entry and v.node not in back for n in back for v in n.dynamic):
            continue
        order = regions.sort(back, entry)
        region = regions.sort(regions.grow(entry, order, _scalar_arithmetic), entry)
        for node in reversed(region):
            if _fuse_at(draft, entry, node.out, region, known):
                return


def _backward(seed: Draft.Node, entry: Value) -> list[Draft.Node]:
    nodes, stack = {seed: None}, list(seed.dynamic)
    while stack and len(nodes) < 16:
        value = stack.pop()
        if value is entry or value.node in nodes or not _scalar_arithmetic(value.node):
            continue
        nodes[value.node] = None
        stack.extend(value.node.dynamic)
    return list(nodes)


def _fuse_at(
    draft: Draft, entry: Value, exit_: Value, region: list[Draft.Node], known: tuple[_Known, ...]
) -> bool:
    part = regions.between(entry, exit_, region)
    if len(part) < 2 or not regions.closed(part, exit_):
        return False
    values = regions.compute(part, entry, exit_, _SAMPLES)
    if values is None:
        return False
    for op, attrs, function in known:
        if all(
            abs(value - function(x)) <= _TOLERANCE
            for x, value in zip(_SAMPLES, values, strict=True)
        ):
            draft.fuse(part, exit_, op, [entry], attrs, via={0: _via(part, entry)})
            return True
    return False


def _via(part: list[Draft.Node], entry: Value) -> tuple[str, ...]:
    for node in part:
        for position, arg in enumerate(node.inputs):
            if arg is entry:
                return node.via.get(position, ())
    return ()
