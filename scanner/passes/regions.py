"""Single-entry single-exit regions, and what they compute on sample values.

The passes that recognise composed functions (GELU, LayerNormalization ...) do not list spellings:
they cut out a region between an entry and an exit, run it on a few sample values and compare the
results with the function's own. Any spelling that computes the function is found, and none that
does not. Constants whose values are unknown (weights) stand in as fixed arbitrary numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from genescan.draft import Arg, Draft, Value
from genescan.evaluate import UNARY
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

Vector = tuple[float, ...]
"""Sample values along the normalised axis; pointwise functions use it for several samples."""

_LARGEST = 24
"""Nodes of a region; the longest known spelling (tf2onnx's tanh GELU) has 12."""


def _leaky(node: Draft.Node, x: float) -> float:
    return x if x >= 0 else node.number("alpha", 0.01) * x


def _hard_sigmoid(node: Draft.Node, x: float) -> float:
    return min(1.0, max(0.0, node.number("alpha", 0.2) * x + node.number("beta", 0.5)))


def _relu(node: Draft.Node, x: float) -> float:
    return min(max(x, 0.0), node.number("max", math.inf))


def _elu(node: Draft.Node, x: float) -> float:
    return x if x > 0 else node.number("alpha", 1.0) * (math.exp(x) - 1)


def _clip(node: Draft.Node, x: float) -> float:
    return min(max(x, node.number("min", -math.inf)), node.number("max", math.inf))


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def _thresholded(node: Draft.Node, x: float) -> float:
    return x if x > node.number("alpha", 1.0) else 0.0


_ATTRIBUTED: Mapping[str, Callable[[Draft.Node, float], float]] = {
    "LeakyRelu": _leaky,
    "HardSigmoid": _hard_sigmoid,
    "Relu": _relu,
    "Elu": _elu,
    "Clip": _clip,
    "ThresholdedRelu": _thresholded,
    "HardSwish": lambda node, x: x * min(1.0, max(0.0, x / 6 + 0.5)),
    "Softsign": lambda node, x: x / (1 + abs(x)),
    "Swish": lambda node, x: x * (1 / (1 + math.exp(-x))),
}

_BINARY: Mapping[str, Callable[[float, float], float]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Pow": math.pow,
    "Max": max,
    "Min": min,
    "Greater": lambda a, b: float(a > b),
    "GreaterOrEqual": lambda a, b: float(a >= b),
}

_REDUCE: Mapping[str, Callable[[Vector], float]] = {
    "ReduceMean": lambda v: sum(v) / len(v),
    "GlobalAveragePool": lambda v: sum(v) / len(v),
    "ReduceSum": math.fsum,
    "ReduceSumSquare": lambda v: sum(x * x for x in v),
    "ReduceL2": lambda v: math.sqrt(sum(x * x for x in v)),
}

POINTWISE = frozenset(UNARY) | frozenset(_ATTRIBUTED) | frozenset(_BINARY) | {"Where"}
REDUCING = frozenset(_REDUCE)


Assumed = Mapping["tuple[Draft.Node, int]", float]
"""Values taken for unknown numbers, by the node and the position of the operand."""


def is_open(arg: Arg) -> bool:
    """Whether an operand is one number whose value the file keeps elsewhere."""
    return isinstance(arg, Tensor) and arg.squeezed == () and arg.data is None


def open_numbers(nodes: Iterable[Draft.Node]) -> list[tuple[Draft.Node, int]]:
    """Where a region reads a number that is open."""
    return [
        (node, position)
        for node in nodes
        for position, arg in enumerate(node.inputs)
        if is_open(arg)
    ]


def _number(arg: Tensor) -> float:
    value = scalar(arg)
    return 0.83 if value is None else value  # an unknown weight: arbitrary, positive, not one


def _node_value(node: Draft.Node, args: Sequence[Vector]) -> Vector:
    if node.op in _REDUCE:
        width = max(len(v) for v in args)
        return (_REDUCE[node.op](args[0]),) * width
    if node.op in _ATTRIBUTED:
        function = _ATTRIBUTED[node.op]
        return tuple(function(node, x) for x in args[0])
    if node.op in UNARY:
        return tuple(float(UNARY[node.op](x) or 0.0) for x in args[0])
    if node.op == "Where":
        return tuple(a if c else b for c, a, b in zip(*args, strict=True))
    result = args[0]
    for other in args[1:]:
        result = tuple(map(_BINARY[node.op], result, other))
    return result


def compute(
    nodes: Sequence[Draft.Node], entry: Value, exit_: Value, sample: Vector,
    assumed: Assumed = MappingProxyType({}),
) -> Vector | None:  # fmt: skip
    """Run a region (in topological order) on sample values; None when it cannot be run."""
    values: dict[Value, Vector] = {entry: sample}
    try:
        for node in nodes:
            values[node.out] = _value(node, values, assumed, len(sample))
    except _FAILURES:
        return None
    result = values.get(exit_)
    return result if result is not None and all(map(math.isfinite, result)) else None


def compute_all(
    nodes: Sequence[Draft.Node], entry: Value, sample: Vector
) -> dict[Value, Vector | None]:
    """What `compute` gives for each exit of a region that has numbers throughout.

    Nodes that read an open number or a weight, and what follows from them, are left out.
    """
    values: dict[Value, Vector] = {entry: sample}
    found: dict[Value, Vector | None] = {}
    for node in nodes:
        constants = [arg for arg in node.inputs if isinstance(arg, Tensor)]
        if any(arg.squeezed != () or scalar(arg) is None for arg in constants):
            continue
        if any(value is not entry and value not in found for value in node.dynamic):
            continue
        found[node.out] = None
        with suppress(*_FAILURES):
            made = values[node.out] = _value(node, values, {}, len(sample))
            found[node.out] = made if all(map(math.isfinite, made)) else None
    return found


_FAILURES = (KeyError, ArithmeticError, ValueError, TypeError, IndexError)


def _value(node: Draft.Node, values: Mapping[Value, Vector], assumed: Assumed, size: int) -> Vector:
    args = []
    for position, arg in enumerate(node.inputs):
        if isinstance(arg, Value):
            args.append(values[arg])
        elif arg is not None:
            number = assumed.get((node, position))
            args.append((_number(arg) if number is None else number,) * size)
    return _node_value(node, args)


def grow(
    entry: Value, seeds: Iterable[Draft.Node], allowed: Callable[[Draft.Node], bool]
) -> list[Draft.Node]:
    """Nodes that depend on `entry` alone and follow from the seeds, in topological order.

    `seeds` must be in topological order and depend on `entry` alone. A side branch from the entry
    joins when a node that follows from the seeds needs it.
    """
    region = dict.fromkeys(seeds)
    known: set[Arg] = {entry, *(node.out for node in region)}
    frontier = [user for node in region for user in node.out.users]
    while frontier and len(region) < _LARGEST:
        node = frontier.pop(0)
        if node in region or not allowed(node) or len(node.outputs) != 1:
            continue
        side = _side(node, known, allowed)
        if side is None:
            continue
        for new in (*side, node):
            region[new] = None
            known.add(new.out)
        frontier.extend(node.out.users)
    return list(region)


def _side(
    node: Draft.Node, known: set[Arg], allowed: Callable[[Draft.Node], bool], depth: int = 3
) -> list[Draft.Node] | None:
    """What a node needs besides known values, in topological order; None when that goes far."""
    found: dict[Draft.Node, None] = {}
    for value in node.dynamic:
        if value in known or value.node in found:
            continue
        if not depth or not value.node.dynamic or not allowed(value.node):
            return None
        before = _side(value.node, known, allowed, depth - 1)
        if before is None:
            return None
        found.update(dict.fromkeys((*before, value.node)))
    return list(found)


def between(entry: Value, exit_: Value, region: Sequence[Draft.Node]) -> list[Draft.Node]:
    """The part of a region that `exit_` is computed from, in the region's order."""
    allowed, needed, stack = set(region), set(), [exit_]
    while stack:
        value = stack.pop()
        if value is not entry and value.node in allowed and value.node not in needed:
            needed.add(value.node)
            stack.extend(value.node.dynamic)
    return [node for node in region if node in needed]


def closed(nodes: Sequence[Draft.Node], exit_: Value, around: Iterable[Draft.Node] = ()) -> bool:
    """Whether nothing outside reads a value of the region except its exit.

    Nodes `around` it may read what they like.
    """
    inside = {*nodes, *around}
    return all(
        node.out is exit_ or (not node.out.outputs and inside.issuperset(node.out.users))
        for node in nodes
    )


def sort(nodes: Iterable[Draft.Node], entry: Value) -> list[Draft.Node]:
    """Topological order of a small region, found by walking back from each node."""
    pool = set(nodes)
    done: dict[Draft.Node, None] = {}

    def visit(node: Draft.Node, depth: int) -> None:
        if node in done or depth > _LARGEST:
            return
        for value in node.dynamic:
            if value is not entry and value.node in pool:
                visit(value.node, depth + 1)
        done[node] = None

    for node in nodes:
        visit(node, 0)
    return list(done)
