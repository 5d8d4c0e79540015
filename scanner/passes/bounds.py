"""Between which two numbers a value lies, as far as the operators that it comes from tell.

Passes ask: a Relu of what is never negative does nothing, and a clamp at zero of such a value tells
nothing. Codes whose smallest stands for zero hold no number below zero either.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor

_MS = "com.microsoft:"
Range = tuple[float, float]
_ANY: Range = (-math.inf, math.inf)
_ABOVE: Range = (0.0, math.inf)
_SMALLEST = {"int8": -128, "uint8": 0, "int16": -32768, "uint16": 0, "int4": -8, "uint4": 0}
_KNOWN: dict[str, Range] = {
    "Relu": _ABOVE, "Softplus": _ABOVE, "Abs": _ABOVE, "Exp": _ABOVE, "Sqrt": _ABOVE,
    "ReduceL1": _ABOVE, "ReduceL2": _ABOVE, "ReduceSumSquare": _ABOVE,
    "Sigmoid": (0.0, 1.0), "HardSigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0),
    _MS + "QLinearSigmoid": (0.0, 1.0), _MS + "QLinearSoftmax": (0.0, 1.0),
    "Tanh": (-1.0, 1.0), "Sin": (-1.0, 1.0), "Cos": (-1.0, 1.0), "Erf": (-1.0, 1.0),
}  # fmt: skip
_SAME = frozenset(
    {
        "QuantizeLinear", "DequantizeLinear", "MaxPool", "GlobalMaxPool", "Transpose", "Reshape",
        "Squeeze", "Unsqueeze", "Flatten", "Expand", "Tile", "Slice", "Split", "Identity", "Cast",
        "Gather", "GatherElements", "GatherND", "ReduceMax", "ReduceMin", "ReduceMean",
        "GlobalAveragePool", "Dropout", "Upsample", "Resize", "DepthToSpace", "SpaceToDepth",
    }
)  # fmt: skip
"""What gives some of its first operand's numbers again, or numbers between them."""
_ZEROS = frozenset({"AveragePool", "Unfold", "Im2Col"})
"""As well, and zeros."""
_SHALLOW = frozenset({"Swish", "HardSwish", "Gelu", "Mish", _MS + "Gelu", _MS + "QuickGelu"})
"""Curves that fall not below minus a half, and only where their operand is negative."""
_KEEPING = frozenset(
    {"MatMul", "Gemm", "Einsum", "Conv", "ConvTranspose", "ReduceSum", "CumSum",
     "Pow", "Reciprocal", "LeakyRelu", "PRelu"}
)  # fmt: skip
"""Of numbers that are not negative these make others of the kind."""
_PAIRS = ("Add", "Sub", "Mul", "Div", "Pow")
_CODED = ("QuantizeLinear", "DequantizeLinear")
_QUANTISED = 0.01
"""How far below zero a number may come by codes alone: that of ELU plus one, which is 0.996."""
_MOST = 96
"""Nodes looked at for one question."""


def positive(value: Arg, *, coded: bool = False) -> bool:
    """Whether a value never falls below zero.

    Weights are not looked at, for a network is the same with others; but where calibration was to
    be judged, which saw these (`coded`), they are, and codes may move a number a little.
    """
    return _Look(coded).of(value)[0] >= (-_QUANTISED if coded else 0.0)


def clamped(zero: Arg) -> bool:
    """Whether a zero point is the smallest code, so that no code stands for a negative number."""
    least = _SMALLEST.get(zero.dtype) if isinstance(zero, Tensor) else None
    return least is not None and isinstance(zero, Tensor) and zero.scalar == least


def uncoded(arg: Arg) -> Arg:
    """What a value was before it was written in codes."""
    for _ in range(_MOST):
        if not isinstance(arg, Value) or arg.node.op not in _CODED or not arg.node.inputs:
            break
        arg = arg.node.inputs[0]
    return arg


def off_zero(value: Value) -> bool:
    """Whether nobody who reads a value has a use for zero: a bound keeps it above."""
    users = value.users
    return bool(users) and all(_wants_positive(user, value) for user in users)


def _wants_positive(user: Draft.Node, value: Value) -> bool:
    """Whether a reader has no use for zero."""
    places = [place for place, arg in enumerate(user.inputs) if arg is value]
    if user.op == "Div":
        return places == [1]
    if user.op == "Pow":
        low, high = _Look().of(user.arg(1))
        if low != high:
            return False  # as well a square
    return user.op in ("Sqrt", "Reciprocal", "Log", "Pow") and places == [0]


class _Look:
    """One question; what was answered on the way is kept, for a value may be read many times."""

    def __init__(self, weights: bool = False) -> None:
        self.weights = weights
        self.known: dict[Draft.Node, Range] = {}

    def of(self, arg: Arg) -> Range:
        """The range of an operand."""
        if not isinstance(arg, Value):
            return self._constant(arg)
        for _ in range(_MOST):
            node = arg.node
            if node.op not in _SAME or node in self.known or not node.inputs:
                break
            if node.op in _CODED and clamped(node.arg(2)):
                return _ABOVE
            if node.attrs.get("mode") == "cubic" or node.number("extrapolation_value") < 0.0:
                return _ANY  # overshoots, or adds numbers of its own
            arg = node.inputs[0]
            if not isinstance(arg, Value):
                return self._constant(arg)
        node = arg.node
        if node not in self.known:
            self.known[node] = _ANY  # of itself, and beyond the budget
            if len(self.known) < _MOST:
                self.known[node] = self._made(node)
        return self.known[node]

    def _constant(self, arg: Arg) -> Range:
        """The smallest and the greatest of a constant's numbers; one number is no weight."""
        if not isinstance(arg, Tensor) or (arg.squeezed != () and not self.weights):
            return _ANY
        numbers = arg.data or (() if arg.fill is None else (arg.fill,))
        known = [math.nan if item is None else float(item) for item in numbers] or [math.nan]
        low, high = min(known), max(known)
        whole = not any(map(math.isnan, known)) and low < math.inf and high > -math.inf
        return (low, high) if whole else _ANY

    def _made(self, node: Draft.Node) -> Range:
        if node.op in _RULES and (node.op not in _PAIRS or len(node.inputs) == 2):
            return _RULES[node.op](self, node)
        if node.op in _KNOWN:
            return _KNOWN[node.op]
        if node.op in _ZEROS | _SHALLOW:
            low, high = self.of(node.arg(0))
            floor = -0.5 if node.op in _SHALLOW and low < 0.0 else 0.0
            return (floor if node.op in _SHALLOW else min(low, 0.0), max(high, 0.0))
        if node.op in _KEEPING and node.inputs:
            rising = min(node.number(name, 1.0) for name in ("alpha", "beta")) >= 0.0
            return _ABOVE if rising and all(map(self._positive, node.inputs)) else _ANY
        return _ANY

    def _positive(self, arg: Arg) -> bool:
        return arg is None or self.of(arg)[0] >= 0.0

    def sum(self, node: Draft.Node) -> Range:
        """Of Add and Sub."""
        (low, high), (other, top) = (self.of(node.arg(place)) for place in (0, 1))
        if node.op == "Sub":
            other, top = -top, -other
        return (low + other, high + top)

    def product(self, node: Draft.Node) -> Range:
        """Of Mul, of a square, and of Div by what is above zero."""
        one, two = (uncoded(node.arg(place)) for place in (0, 1))
        if one is two and node.op == "Mul" and node.via.get(0, ()) == node.via.get(1, ()):
            return _ABOVE
        first, second = (self.of(node.arg(place)) for place in (0, 1))
        if node.op == "Div":
            if second[0] < 0.0:
                return _ANY
            low, high = second
            second = (1.0 / high if high else math.inf, 1.0 / low if low else math.inf)
        ends = [a * b if a and b else 0.0 for a in first for b in second]
        return (min(ends), max(ends))

    def union(self, node: Draft.Node) -> Range:
        """Of what one of several operands gives."""
        ranges = [self.of(arg) for arg in (node.inputs[1:] if node.op == "Where" else node.inputs)]
        return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else _ANY

    def padded(self, node: Draft.Node) -> Range:
        """Of a value and what is put around it."""
        filled = (node.number("value"),) * 2 if node.arg(2) is None else self.of(node.arg(2))
        low, high = self.of(node.arg(0))
        return (min(low, filled[0]), max(high, filled[1]))

    def scattered(self, node: Draft.Node) -> Range:
        """Of numbers put in the place of others, or added to them."""
        both = [self.of(node.arg(place)) for place in (0, 2)]
        low = min(low for low, _ in both)
        if node.attrs.get("reduction", "none") in ("none", "max", "min"):
            return (low, max(high for _, high in both))
        return _ABOVE if low >= 0.0 else _ANY

    def power(self, node: Draft.Node) -> Range:
        """Even powers, and powers of what is not negative."""
        exponent = self.of(node.arg(1))
        if exponent[0] == exponent[1] and exponent[0] % 2.0 == 0.0:
            return _ABOVE
        return _ABOVE if self._positive(node.arg(0)) else _ANY

    def clip(self, node: Draft.Node) -> Range:
        """Between two bounds, which are attributes or operands."""
        low, high = self.of(node.arg(0))
        least = node.number("min", -math.inf) if node.arg(1) is None else self.of(node.arg(1))[0]
        most = node.number("max", math.inf) if node.arg(2) is None else self.of(node.arg(2))[1]
        return (min(max(low, least), most), max(min(high, most), least))

    def extreme(self, node: Draft.Node) -> Range:
        """Of Max and Min, number by number."""
        ranges = [self.of(arg) for arg in node.inputs] or [_ANY]
        pick = max if node.op == "Max" else min
        return (pick(low for low, _ in ranges), pick(high for _, high in ranges))

    def curve(self, node: Draft.Node) -> Range:
        """Of ELU and its kin, which stay above minus their parameter."""
        low, high = self.of(node.arg(0))
        return (0.0 if low >= 0.0 else -abs(node.number("alpha", 1.0)), max(high, 0.0))


_RULES: dict[str, Callable[[_Look, Draft.Node], Range]] = {
    "Add": _Look.sum, "Sub": _Look.sum, "Mul": _Look.product, "Div": _Look.product,
    "Concat": _Look.union, "Where": _Look.union, "Pow": _Look.power, "Clip": _Look.clip,
    "Max": _Look.extreme, "Min": _Look.extreme, "Elu": _Look.curve, "Celu": _Look.curve,
    "Pad": _Look.padded, "ScatterElements": _Look.scattered, "ScatterND": _Look.scattered,
}  # fmt: skip
