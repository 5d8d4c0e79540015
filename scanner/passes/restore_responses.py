"""Name what is left of powers and local response normalisation, once norms and activations are.

A division by a power of the mean square of neighbouring channels is LRN; frameworks without that
operator average over channels as over one more axis. A power whose exponent the file keeps
elsewhere, and that no function with another exponent has claimed, is taken for a square; of a sum
or mean of squares for the root.
Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.

Before:
    m = AveragePool(Mul(x, x), kernel_shape=[5, 1, 1])
    y = Div(x, Pow(Add(Mul(m, 1e-4), 1.0), 0.75))

After:
    y = LRN(x)
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes.regions import is_open

_ARITHMETIC = ("Add", "Mul", "Div")
_MEANS = ("GlobalAveragePool", "AveragePool", "ReduceMean")
_STEPS = 8
"""Nodes between the division and the mean square."""


def run(draft: Draft) -> None:
    """Look at every division, at every power that is left, then at every root of a sum."""
    for node in draft.of("Div", "Mul"):
        _response(draft, node)
    for node in draft.of("Pow"):
        base = node.inputs[0]
        if is_open(node.arg(1)) and isinstance(base, Value) and not _of_mean(node, base):
            _power(draft, node, base)
    for node in draft.of("Sqrt"):
        _length(draft, node)


def _power(draft: Draft, node: Draft.Node, base: Value) -> None:
    """Name a power of unknown exponent by what it is taken of."""
    via = node.via.get(0, ())
    guarded = base.node.op == "Add" and len(base.node.dynamic) == 1
    op, guess = ("Reciprocal", "a divisor with its epsilon") if guarded else ("Mul", "a square")
    if _adds_squares(base.node.dynamic[0] if guarded else base):
        op, guess = "Sqrt", "the root of a sum of squares"
    draft.set_inputs(node, [base] * (2 if op == "Mul" else 1), {0: via, 1: via})
    draft.retype(node, op, {})
    node.marks["assumed"] = guess


def _adds_squares(value: Value) -> bool:
    """Whether a value is the sum or the mean of squares."""
    source = value.node.arg(0) if value.node.op in ("ReduceSum", *_MEANS) else None
    return isinstance(source, Value) and _square_of(source, source.node.arg(0))


def _length(draft: Draft, node: Draft.Node) -> None:
    """The root of a sum of squares, which is no part of a norm."""
    total = node.inputs[0]
    if not isinstance(total, Value) or total.sole_user is not node:
        return
    inner, region = total.node, [total.node, node]
    via = {0: inner.via.get(0, ())}
    source = inner.arg(0)
    if inner.op == "ReduceSum" and isinstance(source, Value) and source.node.op == "Mul":
        square = source.node
        if len(set(square.inputs)) != 1 or source.sole_user is not inner:
            return
        via = {0: square.via.get(0, ()) + via[0]}
        source, region = square.inputs[0], [square, *region]
    elif inner.op != "ReduceSumSquare":
        return
    axes = [arg for arg in inner.inputs[1:] if isinstance(arg, Tensor)]
    draft.fuse(region, node.out, "ReduceL2", [source, *axes], inner.attrs, via=via)


def _of_mean(node: Draft.Node, base: Value) -> bool:
    """Whether a power stands before a mean or after one, away from zero: generalised means.

    Nor is it a square on both sides of a matrix, which the roots of a graph's degrees normalise.
    """
    users = list(node.out.users)
    around = [user.out.sole_user in users for user in users if user.op == "Mul"]
    if base.node.op in ("Clip", "Max") or (len(users) == 2 and sorted(around) == [False, True]):
        return True
    inner = base.node.inputs[0] if base.node.op in _MEANS else None
    return isinstance(inner, Value) and inner.node.op == "Pow"


def _response(draft: Draft, node: Draft.Node) -> None:
    """X / (k + a * mean(x * x)) ^ b, the mean over neighbouring channels."""
    if len(node.dynamic) != 2:
        return
    source, below = node.inputs[0], node.inputs[1]
    region: list[Draft.Node] = [node]
    value: Arg = below
    powered = pooled = False
    while isinstance(value, Value) and len(region) < _STEPS and not _square_of(value, source):
        step = value.node
        if step.op == "AveragePool":
            kernel = step.ints("kernel_shape") or ()
            pooled = len(kernel) > 1 and kernel[0] > 1 and all(size == 1 for size in kernel[1:])
        elif step.op == "Pow":
            powered = isinstance(step.arg(1), Tensor)
        elif step.op not in _ARITHMETIC or len(step.dynamic) != 1:
            return
        region.append(step)
        value = step.dynamic[0]
    if not isinstance(value, Value) or not _square_of(value, source) or not (powered and pooled):
        return
    if isinstance(source, Value):
        draft.fuse([*region, value.node], node.out, "LRN", [source], via={0: node.via.get(0, ())})


def _square_of(value: Value, source: Arg) -> bool:
    node = value.node
    return node.op == "Mul" and node.inputs[0] is source and node.arg(1) is source
