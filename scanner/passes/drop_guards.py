"""Drop guards that change nothing on valid data.

A NaN guard on a softmax (`Where(IsNaN(p), 0, p)`: fully masked rows), the wrap of negative
indices (`Where(i < 0, i + n, i)`, or the same as `(i < 0) * (i + n) + (i >= 0) * i`), and a
quotient that is zero where its divisor is (`Where(d == 0, 0, n / d)`: without a value there), and
a Softplus of what is not too large (`Where(x > 20, x, Softplus(x))`). A quotient of integers that
is one less where it leaves a remainder is rounded down. A bound that keeps a value off zero, which
half precision or codes rounded to zero, is no activation but a bound again.

Before:
    p = Softmax(x)
    y = Where(IsNaN(p), 0.0, p)

After:
    y = Softmax(x)
"""

from __future__ import annotations

import math

from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes import bounds
from genescan.passes.unify_spellings import scalar


def run(draft: Draft) -> None:
    """Look at the condition of every Where."""
    for node in draft.of("Where"):
        condition = node.inputs[0]
        if len(node.inputs) != 3 or not isinstance(condition, Value):
            continue
        test = condition.node
        if test.op == "IsNaN" and test.inputs[0] in node.inputs[1:]:
            draft.bypass(node, "guard", node.inputs.index(test.inputs[0], 1))
        elif test.op in ("Greater", "GreaterOrEqual") and len(test.dynamic) == 1:
            index = test.dynamic[0]
            plain = [i for i in (1, 2) if node.inputs[i] is index]
            if plain == [1] and _straight(node.inputs[2], index, test):
                draft.bypass(node, "guard", 2)
            elif plain and _wrapped(node.inputs[3 - plain[0]], index):
                draft.bypass(node, "guard", plain[0])
        elif test.op == "Equal" and scalar(node.inputs[1]) == 0.0 and _divides(node, test):
            draft.bypass(node, "guard", 2)
        elif test.op == "And" and _one_less(node, test):
            rest = node.dynamic[:2]
            draft.set_inputs(node, [node.inputs[2]], {0: node.via.get(2, ())})
            draft.retype(node, "Floor", {})
            draft.prune(rest, "where a quotient rounds up")
    for node in draft.of("Gather"):
        _based(draft, node)
    for node in draft.of("Relu"):
        _off_zero(draft, node)
    if draft.has("Not"):
        for node in draft.of("Add"):
            _wrap_by_products(draft, node)


def _based(draft: Draft, node: Draft.Node) -> None:
    """Places of the greatest, after one number whose value lies elsewhere: where a batch begins.

    Rows of all images are picked at once so; with one image the number is zero. It is one for each
    image where their number is open, or for each place where there are no more rows than places.
    """
    index = node.arg(1)
    shift = index.node if isinstance(index, Value) else None
    if shift is None or shift.op != "Add" or shift.out.sole_user is not node:
        return
    base = next((arg for arg in shift.inputs if isinstance(arg, Tensor)), None)
    top = shift.dynamic[0].node
    if base is None or base.data is not None or top.op not in ("TopK", "ArgMax", "ArgMin"):
        return
    if base.squeezed in ((), (None,)) or _all_rows(node.inputs[0], top):
        draft.bypass(shift, "beginning of a batch", shift.inputs.index(top.outputs[-1]))


def _all_rows(data: Arg, top: Draft.Node) -> bool:
    """Whether any row may be the greatest, so that nothing can be added to its number."""
    among, axis = top.inputs[0], top.attrs.get("axis", -1)
    rows = data.shape[:-1] if data is not None and data.shape else (None,)
    places = among.shape if among is not None and among.shape else (None,)
    if None in (*rows, *places) or not isinstance(axis, int):
        return False
    sizes = [size for size in places if size is not None]
    return math.prod(size or 0 for size in rows) == math.prod(sizes) == sizes[axis % len(sizes)]


def _off_zero(draft: Draft, node: Draft.Node) -> None:
    """Relu(x) before roots, powers and quotients alone: Max(x, 1e-12), the number rounded."""
    if "max" in node.attrs or node.out.outputs:
        return
    if bounds.off_zero(node.out):
        bound = Tensor("float32", (), (1e-12,))
        draft.set_inputs(node, [node.inputs[0], bound], {0: node.via.get(0, ())})
        draft.retype(node, "Max", {})
        node.marks["assumed"] = "a bound above zero"


def _wrap_by_products(draft: Draft, node: Draft.Node) -> None:
    """Add(Mul(negative, i + n), Mul(i, Not(negative))) with an index i."""
    products = [value.node for value in node.dynamic if value.node.op == "Mul"]
    if len(products) != 2:
        return
    for kept, wrapped in (products, products[::-1]):
        inverse = next((v for v in kept.dynamic if v.node.op == "Not"), None)
        index = next((v for v in kept.dynamic if v is not inverse), None)
        if inverse is None or index is None or len(wrapped.dynamic) != 2:
            continue
        test = inverse.node.inputs[0]
        if test in wrapped.inputs and any(_wrapped(arg, index) for arg in wrapped.inputs):
            rest = node.dynamic
            draft.replace(node.out, index)
            draft.remove(node, "guard")
            draft.prune(rest, "guard")
            return


_LARGE = 10.0
"""From here on Softplus(x) is x, to five digits."""


def _straight(arg: Arg, value: Value, test: Draft.Node) -> bool:
    """Softplus(x), where x is not so large that its exponential would overflow."""
    bound = scalar(test.arg(1))
    large = test.arg(0) is value and (bound is None or bound >= _LARGE)
    soft = isinstance(arg, Value) and arg.node.op == "Softplus" and arg.node.arg(0) is value
    return large and soft


def _divides(node: Draft.Node, test: Draft.Node) -> bool:
    """Whether a choice gives a quotient unless its divisor is zero."""
    quotient = node.inputs[2]
    if not isinstance(quotient, Value) or quotient.node.op != "Div" or len(test.dynamic) != 1:
        return False
    zero = any(scalar(arg) == 0.0 for arg in test.inputs)
    return zero and quotient.node.inputs[1] is test.dynamic[0]


def _one_less(node: Draft.Node, test: Draft.Node) -> bool:
    """Whether a choice takes one off a quotient of integers where that leaves a remainder.

    They are cut towards zero; with the signs in the rest of the test that makes it their floor.
    """
    less, quotient = node.inputs[1:]
    if not isinstance(quotient, Value) or quotient.node.op not in ("Div", "Mul"):
        return False
    if not isinstance(less, Value) or less.node.op != "Add" or less.node.dynamic != [quotient]:
        return False
    if not any(_may_be(-1.0, arg) for arg in less.node.inputs):
        return False
    operands = set(quotient.node.dynamic)
    return any(operands == _unlike_zero(arg.node) for arg in test.dynamic)


def _unlike_zero(node: Draft.Node) -> set[Value]:
    """What leaves a remainder, in Not(Equal(Mod(a, b), 0))."""
    equal = node.dynamic[0].node if node.op == "Not" else node
    if equal is node or equal.op != "Equal" or len(equal.dynamic) != 1:
        return set()
    rest = equal.dynamic[0].node
    zero = any(_may_be(0.0, arg) for arg in equal.inputs)
    return set(rest.dynamic) if zero and rest.op == "Mod" else set()


def _may_be(number: float, arg: Arg) -> bool:
    """Whether an operand is this number, or one that lies elsewhere."""
    return isinstance(arg, Tensor) and arg.squeezed == () and scalar(arg) in (number, None)


def _wrapped(arg: Arg, index: Value) -> bool:
    return isinstance(arg, Value) and arg.node.op == "Add" and arg.node.dynamic == [index]
