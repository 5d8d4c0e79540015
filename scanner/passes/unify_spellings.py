"""One spelling for operators that ONNX, its opsets and its optimisers write in several ways.

Each rule is an identity over the reals, or a naming (a table look-up is an Embedding). Operands
that newer opsets use for attributes (axes, bounds) become attributes.

Before:
    y = Clip(Sub(x, w[64]), 0.0, 6.0)

After:
    y = Relu(Add(x, w[64]), max=6.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor
from genescan.ops import kind
from genescan.passes import bounds

_MAXIMA = ("MaxPool", "GlobalMaxPool")
_COPIES = ("Expand", "Tile")
"""Movement that makes more elements."""
_QUANTISED_ONE = 4e-3
"""How far a quantiser may move the number one (one code of 256)."""

Rule = Callable[[Draft, Draft.Node], None]


def scalar(arg: Arg) -> float | None:
    """The number that a constant operand holds, if it is one known number (repeats count)."""
    if not isinstance(arg, Tensor) or not arg.data:
        return arg.fill if isinstance(arg, Tensor) else None
    first = arg.data[0]
    if first is None:
        return None
    return float(first) if all(value == first for value in arg.data) else None


def filled_with_zero(arg: Arg) -> bool:
    """A constant of zeros that the graph makes itself: an exporter's way to say "none"."""
    return isinstance(arg, Tensor) and not arg.name and scalar(arg) == 0.0


def _constant(value: float) -> Tensor:
    return Tensor("float32", (), (value,))


def _mapped(arg: Tensor, function: Callable[[float], float]) -> Tensor:
    data = fill = None
    with suppress(ArithmeticError, ValueError):
        fill = None if arg.fill is None else function(arg.fill)
        if arg.data is not None and None not in arg.data:
            data = tuple(function(value) for value in arg.data)  # type: ignore[arg-type]
    return Tensor(arg.dtype, arg.shape, data, arg.name, fill=fill)


def _sub(draft: Draft, node: Draft.Node) -> None:
    left, right = node.inputs[:2]
    if isinstance(left, Tensor) and left.squeezed == () and isinstance(right, Value):
        _once(draft, node, right.node)
        return
    if isinstance(right, Tensor):
        draft.set_input(node, 1, _mapped(right, lambda v: -v))
        draft.retype(node, "Add")


def _once(draft: Draft, node: Draft.Node, scaled: Draft.Node) -> None:
    """In c - x * a the number a lies elsewhere: torch's `rsub`, whose factor is one."""
    values = [arg for arg in scaled.inputs if isinstance(arg, Tensor)]
    if scaled.op != "Mul" or len(values) != 1 or not is_stored(values[0]):
        return
    if scaled.out.sole_user is node:
        draft.bypass(scaled, "factor of one", scaled.inputs.index(scaled.dynamic[0]))
        node.marks["assumed"] = "a factor of one"


def is_stored(arg: Tensor) -> bool:
    """One number whose value lies elsewhere."""
    return arg.squeezed == () and arg.data is None and arg.payload is not None


def _div(draft: Draft, node: Draft.Node) -> None:
    left, right = node.inputs[:2]
    if isinstance(right, Tensor):
        draft.set_input(node, 1, _mapped(right, lambda v: 1 / v))
        draft.retype(node, "Mul")
    elif scalar(left) == 1.0 or (isinstance(left, Tensor) and is_stored(left)):
        if scalar(left) is None:
            node.marks["assumed"] = "one divided by a value"
        draft.set_inputs(node, [right], {0: node.via.get(1, ())})
        draft.retype(node, "Reciprocal")


def _mul(draft: Draft, node: Draft.Node) -> None:
    values = [scalar(arg) for arg in node.inputs]
    one = any(v is not None and abs(v - 1.0) < _QUANTISED_ONE for v in values)
    if len(node.dynamic) == 1 and one and _single(node):
        draft.bypass(node, "multiplication by one", node.inputs.index(node.dynamic[0]))
    elif len(node.dynamic) == 1 and -1.0 in values and _single(node):
        position = node.inputs.index(node.dynamic[0])
        draft.set_inputs(node, node.dynamic, {0: node.via.get(position, ())})
        draft.retype(node, "Neg")


def _add(draft: Draft, node: Draft.Node) -> None:
    values = [scalar(arg) for arg in node.inputs]
    if len(node.dynamic) == 1 and 0.0 in values:
        position = node.inputs.index(node.dynamic[0])
        same = node.dynamic[0].shape == node.out.shape and None not in (node.out.shape or (None,))
        if _single(node) or same or (as_large(node, 0) and as_large(node, 1)):
            draft.bypass(node, "addition of zero", position)
            return
    if len(node.dynamic) == 1 and node.dynamic[0].node.op == "Neg":
        _subtract(draft, node, node.inputs.index(node.dynamic[0]))
        return
    for position in (1, 0):
        value = node.arg(position)
        if len(node.inputs) == 2 and isinstance(value, Value) and value.node.op == "Neg":
            _subtract(draft, node, position)
            return


def _subtract(draft: Draft, node: Draft.Node, position: int) -> None:
    """Add(a, Neg(b)) is Sub(a, b), with a constant too."""
    value = node.inputs[position]
    if not isinstance(value, Value):
        return
    negative = value.node
    via = {0: node.via.get(1 - position, ()), 1: negative.via.get(0, ())}
    draft.set_inputs(node, [node.inputs[1 - position], negative.inputs[0]], via)
    draft.retype(node, "Sub", {})
    draft.prune([negative.out], heirs=(node,))


def _log(draft: Draft, node: Draft.Node) -> None:
    value = node.inputs[0]
    if isinstance(value, Value) and value.node.op == "Softmax" and value.sole_user is node:
        softmax = value.node
        draft.fuse([softmax, node], node.out, "LogSoftmax", softmax.inputs, softmax.attrs)


def _prelu(draft: Draft, node: Draft.Node) -> None:
    """One slope for all channels: the exporter's attribute or somebody's constant."""
    slope = node.arg(1)
    if isinstance(slope, Tensor) and slope.squeezed == ():
        alpha = scalar(slope)
        draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
        draft.retype(node, "LeakyRelu", {} if alpha is None else {"alpha": alpha})


def _single(node: Draft.Node) -> bool:
    """The constant is one number, so that leaving it out changes no shape."""
    return all(not isinstance(a, Tensor) or a.squeezed == () for a in node.inputs)


def as_large(node: Draft.Node, position: int) -> bool:
    """Whether a result has as many elements as one operand, which movement only moved."""
    return count_of(node, position) == count(node.out.shape) is not None


def count_of(node: Draft.Node, position: int) -> tuple[int, int] | None:
    """The elements of an operand; None where movement makes more of them."""
    arg = node.arg(position)
    copied = set(node.via.get(position, ())) & set(_COPIES)
    return None if arg is None or copied else count(arg.shape)


def count(shape: Dims | None) -> tuple[int, int] | None:
    """How many sizes are open, and the product of the others."""
    if shape is None:
        return None
    return shape.count(None), math.prod(size for size in shape if size is not None)


def _sum(draft: Draft, node: Draft.Node) -> None:
    args = node.inputs
    value: Arg = args[0]
    for arg in args[1:-1]:
        value = draft.add("Add", [value, arg], before=node, origin=(node,)).out
    if len(args) == 1:
        draft.bypass(node, "sum of one")
    else:
        draft.set_inputs(node, [value, args[-1]])
        draft.retype(node, "Add")


def _pow(draft: Draft, node: Draft.Node) -> None:
    exponent = scalar(node.arg(1))
    via = {0: node.via.get(0, ())}
    if exponent == 2.0:
        draft.set_inputs(node, [node.inputs[0]] * 2, via)
        draft.retype(node, "Mul")
    elif exponent == 0.5:
        draft.set_inputs(node, node.inputs[:1], via)
        draft.retype(node, "Sqrt")
    elif exponent == -1.0:
        draft.set_inputs(node, node.inputs[:1], via)
        draft.retype(node, "Reciprocal")


def _bound(node: Draft.Node, name: str, position: int, default: float) -> float | None:
    value: Attr | Arg = node.attrs.get(name)
    if isinstance(value, int | float):
        return float(value)
    if node.arg(position) is None:
        return default
    return scalar(node.arg(position))


def _clip(draft: Draft, node: Draft.Node) -> None:
    low = _bound(node, "min", 1, -math.inf)
    high = _bound(node, "max", 2, math.inf)
    rest = node.dynamic[1:]
    if low == 0.0 and (high is None or high > 1.0 or isinstance(node.inputs[0], Tensor)):
        finite = high is not None and high < 1e30
        draft.retype(node, "Relu", {"max": high} if finite and high is not None else {})
    elif low is not None and high is not None:
        if low < -1e30 and high > 1e30:
            draft.bypass(node, "clip without bounds")
            return
        if low < -1e30 or high > 1e30:
            op, bound = ("Min", high) if low < -1e30 else ("Max", low)
            draft.set_inputs(node, [node.inputs[0], _constant(bound)], {0: node.via.get(0, ())})
            draft.retype(node, op, {})
            draft.prune(rest, "clip bound")
            return
        draft.retype(node, "Clip", {"min": low, "max": high})
    if node.alive and len(node.inputs) > 1:
        draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
        draft.prune(rest, "clip bound")


def _max(draft: Draft, node: Draft.Node) -> None:
    if len(node.dynamic) == 1 and len(node.inputs) == 2 and 0.0 in map(scalar, node.inputs):
        draft.set_inputs(node, node.dynamic)
        draft.retype(node, "Relu", {})


def _neg(draft: Draft, node: Draft.Node) -> None:
    """-max(-x, c) is min(x, -c)."""
    inner = node.inputs[0]
    if not isinstance(inner, Value) or inner.node.op != "Max" or inner.sole_user is not node:
        return
    most = inner.node
    bound = next((scalar(arg) for arg in most.inputs if isinstance(arg, Tensor)), None)
    value = most.dynamic[0]
    if len(most.inputs) != 2 or len(most.dynamic) != 1 or bound is None:
        return
    if value.node.op == "Neg" and value.sole_user is most:
        source = value.node.inputs[0]
        draft.fuse([value.node, most, node], node.out, "Min", [source, _constant(-bound)])


def _min(draft: Draft, node: Draft.Node) -> None:
    if len(node.dynamic) != 1 or len(node.inputs) != 2:
        return
    value, bound = node.dynamic[0], next(scalar(a) for a in node.inputs if isinstance(a, Tensor))
    if value.node.op == "Relu" and bound and bound > 0.0 and value.sole_user is node:
        relu = value.node
        if bound > 1.0:
            draft.fuse([relu, node], node.out, "Relu", relu.inputs, {"max": bound})
        else:
            draft.fuse([relu, node], node.out, "Clip", relu.inputs, {"min": 0.0, "max": bound})


def _relu(draft: Draft, node: Draft.Node) -> None:
    value = node.inputs[0]
    if isinstance(value, Value) and value.node.op == "Min" and value.sole_user is node:
        _bounded(draft, node, value.node)
        return
    if isinstance(value, Value) and value.node.op == "Relu":
        inner = value.node
        if value.sole_user is node:
            bound = node.attrs.get("max", inner.attrs.get("max"))
            attrs = {} if bound is None else {"max": bound}
            draft.fuse([inner, node], node.out, "Relu", inner.inputs, attrs)
        elif "max" not in node.attrs:
            draft.bypass(node, "repeated Relu")
    elif isinstance(value, Value) and value.node.op in _MAXIMA and value.sole_user is node:
        _swap_with_pool(draft, node, value.node)
    elif "max" not in node.attrs and not bounds.off_zero(node.out) and bounds.positive(value):
        draft.bypass(node, "Relu of what is not negative")


def _bounded(draft: Draft, node: Draft.Node, inner: Draft.Node) -> None:
    """Relu(Min(x, high)), the bounds the other way round."""
    bound = next((scalar(arg) for arg in inner.inputs if isinstance(arg, Tensor)), None)
    if len(inner.dynamic) != 1 or len(inner.inputs) != 2 or not bound or bound <= 0.0:
        return
    via = {0: inner.via.get(inner.inputs.index(inner.dynamic[0]), ())}
    op, attrs = ("Relu", {"max": bound}) if bound > 1.0 else ("Clip", {"min": 0.0, "max": bound})
    draft.fuse([inner, node], node.out, op, inner.dynamic, attrs, via=via)


def _swap_with_pool(draft: Draft, node: Draft.Node, pool: Draft.Node) -> None:
    """Relu(MaxPool(x)) is MaxPool(Relu(x)): a maximum commutes with a rising function."""
    source = pool.inputs[0]
    relu = draft.add(
        "Relu", [source], node.attrs, before=pool, origin=(node,),
        shapes=(source.shape if source is not None else None,), marks=node.marks,
    )  # fmt: skip
    relu.via = {0: pool.via.get(0, ())}
    draft.set_inputs(pool, [relu.out])
    draft.replace(node.out, pool.out)
    draft.remove(node, heirs=(relu,))
    _relu(draft, relu)


def _swap_comparison(draft: Draft, node: Draft.Node) -> None:
    via = {1: node.via.get(0, ()), 0: node.via.get(1, ())}
    draft.set_inputs(node, node.inputs[1::-1], via)
    draft.retype(node, "Greater" if node.op == "Less" else "GreaterOrEqual")


def _quick(draft: Draft, node: Draft.Node) -> None:
    """Opset 24 Swish with its own slope."""
    if abs(node.number("alpha", 1.0) - 1.702) < 1e-3:
        draft.retype(node, "QuickGelu", {})


def _leaky(draft: Draft, node: Draft.Node) -> None:
    """A slope of one on both sides is none: networks are trained towards that, to join layers."""
    if node.number("alpha", 0.01) == 1.0:
        draft.bypass(node, "a slope of one")


def _norm_of_one(draft: Draft, node: Draft.Node) -> None:
    """A normalisation of the only channel, away from any weights, is a factor and an addend."""
    source, values = node.inputs[0], node.inputs[1:5]
    if not isinstance(source, Value) or kind(source.node.op) == "Contraction":
        return
    if len(values) != 4 or not all(isinstance(a, Tensor) and a.squeezed == () for a in values):
        return
    factor, addend = _affine([scalar(arg) for arg in values], node.number("epsilon", 1e-5))
    shapes = (node.out.shape,)
    scaled = draft.add("Mul", [source, factor], before=node, origin=(node,), shapes=shapes)
    scaled.via = {0: node.via.get(0, ())}
    draft.set_inputs(node, [scaled.out, addend])
    draft.retype(node, "Add", {})


def _affine(numbers: list[float | None], epsilon: float) -> tuple[Tensor, Tensor]:
    """The factor and the addend of a normalisation, where its numbers are known."""
    scale, shift, mean, variance = (math.nan if n is None else n for n in numbers)
    spread = variance + epsilon
    factor = scale / math.sqrt(spread) if spread > 0 else math.nan
    made = (factor, shift - mean * factor)
    first, second = (_constant(n) if math.isfinite(n) else Tensor("float32", ()) for n in made)
    return first, second


_RULES: Mapping[str, Rule] = {
    "BatchNormalization": _norm_of_one,
    "Sub": _sub,
    "Div": _div,
    "Mul": _mul,
    "Neg": _neg,
    "Add": _add,
    "Sum": _sum,
    "Log": _log,
    "PRelu": _prelu,
    "Pow": _pow,
    "Clip": _clip,
    "Max": _max,
    "Min": _min,
    "Relu": _relu,
    "Less": _swap_comparison,
    "LessOrEqual": _swap_comparison,
    "Swish": _quick,
    "LeakyRelu": _leaky,
}


def run(draft: Draft) -> None:
    """Apply the rules operator by operator; each is final, none needs another's result twice."""
    for op, rule in _RULES.items():
        for node in draft.of(op):
            rule(draft, node)
