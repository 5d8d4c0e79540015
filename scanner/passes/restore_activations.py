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

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
_TWICE: _Known = ("Gelu", {}, lambda x: x * (1 + math.erf(x / math.sqrt(2))))
_TANH_TWICE: _Known = ("Gelu", {"approximate": "tanh"}, lambda x: 2 * _gelu_tanh(x))
_FOLDED = (_TWICE, _TANH_TWICE)
"""Without their half, which optimisers multiply into the weights of what follows."""
_MISH: _Known = ("Mish", {}, lambda x: x * math.tanh(math.log1p(math.exp(x))))
_SWISH: _Known = ("Swish", {}, lambda x: x * _sigmoid(x))
_QUICK: _Known = ("QuickGelu", {}, lambda x: x * _sigmoid(1.702 * x))
_HARD_SWISH: _Known = ("HardSwish", {}, lambda x: x * _hard(x))
_HARD_SIGMOID: _Known = ("HardSigmoid", {}, _hard)
_SIGMOID: _Known = ("Sigmoid", {}, _sigmoid)
_SOFTPLUS: _Known = ("Softplus", {}, lambda x: math.log1p(math.exp(x)))
_ELU: _Known = ("Elu", {}, lambda x: x if x > 0 else math.exp(x) - 1)
_SELU: _Known = (
    "Selu",
    {},
    lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
)
_SOFTSIGN: _Known = ("Softsign", {}, lambda x: x / (1 + abs(x)))
_TANH: _Known = ("Tanh", {}, math.tanh)

# seed -> what it may be part of; the seed decides between GELU and its tanh form, which differ
# by less than the tolerance
_SEEDS: Mapping[str, tuple[_Known, ...]] = {
    "Erf": (_GELU, _TWICE),
    "Erfc": (_GELU,),
    "Tanh": (_MISH, _TANH_GELU, _TANH_TWICE),
    "HardSigmoid": (_HARD_SWISH,),
    "Softplus": (_MISH, _SOFTPLUS),
    "Elu": (_SELU,),
    "Relu": (_HARD_SWISH, _HARD_SIGMOID),
    "Clip": (_HARD_SWISH, _HARD_SIGMOID),
    "Sigmoid": (_SWISH, _QUICK, _TANH_GELU),
    "Exp": (_MISH, _SWISH, _SIGMOID, _SOFTPLUS, _ELU, _SELU, _TANH),
    "Abs": (_SOFTSIGN,),
    "Neg": (),
    "Max": (),
    "Min": (),
    "Greater": (),
    "GreaterOrEqual": (),
}
_USUAL: Mapping[str, tuple[float, ...]] = {
    "Mul": (1.702, 0.5, -1.0),
    "Add": (1.0, 3.0, -1.0),
    "Sub": (1.0,),
    "Div": (1.0, 6.0),
}
"""Numbers that spell activations; a factor of one would not have been written."""
_OPEN = 2
_ROOTS = (math.sqrt(0.5), -math.sqrt(0.5))
"""What an error function's argument is multiplied by."""
_CLIPPED = frozenset({"Relu", "Clip"})
_GATES = frozenset({"Erf", "Erfc", "Tanh", "Sigmoid", "HardSigmoid"})
"""Their activations multiply a value by a function of it."""
_NEAR = 24
_DEPTH = 8
_COMPARED = frozenset({"Max", "Min", "Greater", "GreaterOrEqual"})
_BENDING = _COMPARED | {"Relu", "Abs"}
_WEIGHT = 0.83
"""What stands in for a learned slope."""


def run(draft: Draft) -> None:
    """Try every seed; a seed that was swallowed by an earlier region is skipped."""
    for seed, known in _SEEDS.items():
        for node in draft.of(seed):
            _around(draft, node, known)


def _scalar_arithmetic(node: Draft.Node) -> bool:
    return node.op in regions.POINTWISE and all(
        not isinstance(arg, Tensor)
        or (scalar(arg) is not None and not _untrained(arg))
        or regions.is_open(arg)
        or (node.op == "Mul" and len(node.dynamic) == 1)
        for arg in node.inputs
    )


def _slopes(part: list[Draft.Node]) -> list[tuple[Draft.Node, int]]:
    """Factors that are weights, one for each channel: the slopes of a PRelu."""
    return [
        (node, position)
        for node in part
        for position, arg in enumerate(node.inputs)
        if isinstance(arg, Tensor) and arg.squeezed != () and (arg.shape or scalar(arg) is None)
    ]


def _untrained(arg: Tensor) -> bool:
    """A stored vector that changes nothing yet: a weight of the layer, no part of its function."""
    return bool(arg.name and arg.squeezed) and scalar(arg) in (0.0, 1.0)


def _shifted(seed: Draft.Node) -> bool:
    """Hard sigmoids clip a sum with a constant; most clips do not, so ask first."""
    value = seed.inputs[0]
    return isinstance(value, Value) and value.node.op == "Add" and len(value.node.dynamic) == 1


def _multiplied(seed: Draft.Node) -> bool:
    """Whether something computed from a gate is multiplied by another value nearby."""
    near, level = {seed: None}, [seed]
    while level and len(near) < _NEAR:
        level = [user for node in level for user in itertools.islice(node.out.users, _NEAR)]
        level = [user for user in level if user not in near and user.op in regions.POINTWISE]
        if any(user.op == "Mul" and len(user.dynamic) == 2 for user in level):
            return True
        near.update(dict.fromkeys(level))
    return False


def _with_itself(seed: Draft.Node) -> bool:
    """A leaky ReLU compares a value with zero or with a multiple of itself."""
    return len(seed.dynamic) < 2 or any(
        value.node.op == "Mul" and len(value.node.dynamic) == 1 for value in seed.dynamic
    )


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
    if seed.op in _COMPARED and not _with_itself(seed):
        return
    if seed.op in _GATES and not _multiplied(seed):
        return
    for entry in _entries(seed):
        back = regions.between(entry, seed.out, _backward(seed, entry))
        if not back or any(v is not entry and v.node not in back for n in back for v in n.dynamic):
            continue
        order = regions.sort(back, entry)
        region = regions.sort(regions.grow(entry, order, _scalar_arithmetic), entry)
        values = regions.compute_all(region, entry, _SAMPLES)
        for node in reversed(region):
            if node.out in values and not _telling(values[node.out], known):
                continue
            if _fuse_at(draft, entry, node.out, region, known):
                return


def _telling(values: Sequence[float] | None, known: Iterable[_Known]) -> bool:
    """Whether a region's values may be those of an activation: most are not, so ask first."""
    if values is None:
        return False
    return _leaky(values) is not None or any(_alike(values, function) for _, _, function in known)


def _alike(values: Sequence[float], function: Callable[[float], float]) -> bool:
    pairs = zip(_SAMPLES, values, strict=True)
    return all(abs(value - function(x)) <= _TOLERANCE for x, value in pairs)


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
    if _slopes(part):
        return _fuse_prelu(draft, entry, exit_, part)
    if _fuse_open_slope(draft, entry, exit_, part):
        return True
    if not all(_takes_factor(user, exit_) for user in exit_.users) or exit_.outputs:
        known = tuple(each for each in known if each not in _FOLDED)
    for assumed in _assumptions(part):
        values = regions.compute(part, entry, exit_, _SAMPLES, assumed)
        for op, attrs, function in known if values is not None else ():
            if values is not None and _alike(values, function):
                via = {0: _via(part, entry)}
                marks = {"assumed": "constants of unknown value"} if assumed else {}
                draft.fuse(part, exit_, op, [entry], attrs, via=via, marks=marks)
                return True
        bent = any(n.op in _BENDING for n in part)
        slope = _leaky(values) if values is not None and bent and not assumed else None
        if slope is not None:
            via = {0: _via(part, entry)}
            draft.fuse(part, exit_, "LeakyRelu", [entry], {"alpha": slope}, via=via)
            return True
    return False


def _takes_factor(user: Draft.Node, value: Value) -> bool:
    """Whether a node multiplies a value with weights, which may have taken a factor in."""
    weight = user.arg(1)
    weighted = user.op in ("Conv", "ConvTranspose", "MatMul", "Gemm") and isinstance(weight, Tensor)
    return weighted and user.inputs[0] is value


def _leaky(values: Sequence[float]) -> float | None:
    """The slope for negative numbers, where positive ones stay what they are."""
    slope = round(values[0] / _SAMPLES[0], 4)
    line = (x if x > 0 else slope * x for x in _SAMPLES)
    straight = all(abs(a - b) <= _TOLERANCE for a, b in zip(values, line, strict=True))
    return slope if straight and 0 < abs(slope) < 1 else None


def _fuse_open_slope(draft: Draft, entry: Value, exit_: Value, part: list[Draft.Node]) -> bool:
    """One factor of unknown value in a region that is the identity above zero."""
    found = regions.open_numbers(part)
    if len(found) != 1 or found[0][0].op != "Mul" or not any(n.op in _BENDING for n in part):
        return False
    values = regions.compute(part, entry, exit_, _SAMPLES, {found[0]: _WEIGHT})
    slope = None if values is None else _leaky(values)
    if slope is None or abs(abs(slope) - _WEIGHT) > _TOLERANCE:
        return False
    draft.fuse(part, exit_, "LeakyRelu", [entry], via={0: _via(part, entry)})
    return True


def _fuse_prelu(draft: Draft, entry: Value, exit_: Value, part: list[Draft.Node]) -> bool:
    """One learned factor in a region that is the identity above zero: PRelu."""
    slopes = _slopes(part)
    if len(slopes) != 1:
        return False
    (node, position) = slopes[0]
    values = regions.compute(part, entry, exit_, _SAMPLES, {slopes[0]: _WEIGHT})
    slope = None if values is None else _leaky(values)
    if slope is None or min(abs(abs(slope) - _WEIGHT), abs(abs(slope) - _WEIGHT / 2)) > _TOLERANCE:
        return False
    via = {0: _via(part, entry)}
    draft.fuse(part, exit_, "PRelu", [entry, node.inputs[position]], via=via)
    return True


def _assumptions(part: list[Draft.Node]) -> Iterator[regions.Assumed]:
    """Values for numbers that the file keeps elsewhere; none where all are known.

    Of functions with at most two unknown numbers those that are in use can be told apart; an error
    function comes in one activation alone.
    """
    found = regions.open_numbers(part)
    errors = {value for node in part if node.op == "Erf" for value in node.dynamic}
    if len(found) <= _OPEN + bool(errors):
        choices = [
            _ROOTS if node.out in errors and node.op == "Mul" else _USUAL.get(node.op, ())
            for node, _ in found
        ]
        for values in itertools.product(*choices):
            yield dict(zip(found, values, strict=True))


def _via(part: list[Draft.Node], entry: Value) -> tuple[str, ...]:
    for node in part:
        for position, arg in enumerate(node.inputs):
            if arg is entry:
                return node.via.get(position, ())
    return ()
