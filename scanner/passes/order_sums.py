"""Bring constants to the outer end of sums and products, and merge them.

Addition and multiplication are associative, and optimisers pre-add or re-order constants: they also
add the bias of a product to the residual beside it, where it goes back to the product. A factor
of a sum with positions stands in front of it: (x + grid) * stride is x * stride + grid.

Before:
    y = Add(Add(Add(x, w[16, 64]), z), w[64])

After:
    y = Add(Add(x, z), w[16, 64])
"""

from __future__ import annotations

from genescan import sizes
from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_WEIGHING = ("MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum")
"""What may have the bias as its own."""
_PRODUCTS = ("MatMul", "Einsum")


def run(draft: Draft) -> None:
    """Sink constants through sums until none stands before a dynamic addend."""
    for op in ("Add", "Mul"):
        for node in draft.of(op):
            _merge(draft, node)
    for node in draft.of("Mul"):
        _distribute(draft, node)
    for node in draft.of("Add"):
        _sink(draft, node)
    for node in draft.of("Add"):
        _give_back(draft, node)
    for node in draft.of("Add", "Mul"):
        _merge(draft, node)


def run_signs(draft: Draft) -> None:
    """-x is x times a number, as one converter writes it; the number may lie elsewhere."""
    for node in draft.of("Neg"):
        draft.set_inputs(node, [node.inputs[0], Tensor("float32", (), (-1.0,))], node.via)
        draft.retype(node, "Mul", {})
    for node in draft.of("Mul"):
        _merge(draft, node)
    for node in draft.of("Mul"):
        _divide(draft, node)


def _divide(draft: Draft, node: Draft.Node) -> None:
    """A product with a reciprocal is a quotient."""
    if len(node.dynamic) != 2 or node.inputs[0] is node.inputs[1]:
        return
    for position, value in enumerate(node.dynamic):
        if value.node.op == "Reciprocal":
            via = {0: node.via.get(1 - position, ()), 1: value.node.via.get(0, ())}
            draft.set_inputs(node, [node.inputs[1 - position], value.node.inputs[0]], via)
            draft.retype(node, "Div", {})
            draft.prune([value], heirs=(node,))
            return


def _split(node: Draft.Node) -> tuple[Value, Tensor] | None:
    """The dynamic and the constant operand of `op(dynamic, constant)`."""
    if len(node.inputs) != 2 or len(node.dynamic) != 1:
        return None
    constant = next((arg for arg in node.inputs if isinstance(arg, Tensor)), None)
    return None if constant is None else (node.dynamic[0], constant)


def _merge(draft: Draft, node: Draft.Node) -> None:
    while node.alive and (parts := _split(node)) is not None:
        user = node.out.sole_user
        following = None if user is None or user.op != node.op else _split(user)
        if user is None or following is None:
            return
        first, second = parts[1], following[1]
        if parts[0].node.op in _PRODUCTS and _across(first, second):
            return  # a bias, and then a constant for each row
        data = None
        a, b = scalar(first), scalar(second)
        if a is not None and b is not None and first.squeezed == second.squeezed == ():
            data = (a + b if node.op == "Add" else a * b,)
        merged = Tensor(first.dtype, sizes.broadcast(first.shape, second.shape), data)
        position = node.inputs.index(parts[0])
        draft.set_inputs(node, [parts[0], merged], {0: node.via.get(position, ())})
        draft.replace(user.out, node.out)
        draft.remove(user, heirs=(node,))


def _across(first: Tensor, second: Tensor) -> bool:
    """Whether two constants differ along different axes."""
    one, other = first.squeezed, second.squeezed
    return one != other and one is not None and other is not None and len(one) == len(other) == 1


def _distribute(draft: Draft, node: Draft.Node) -> None:
    """Mul(Add(x, c), f) -> Add(Mul(x, f), c): optimisers multiply the constants before the run."""
    parts = _split(node)
    inner = None if parts is None else parts[0].node
    addends = None if inner is None or inner.op != "Add" else _split(inner)
    if parts is None or inner is None or addends is None or inner.out.sole_user is not node:
        return
    (source, constant), factor = addends, parts[1]
    if _extent(constant) < 2 and not _between(source, constant, factor, node.out):
        return  # a bias, which folds into weights before it
    shift = Tensor(constant.dtype, sizes.broadcast(constant.shape, factor.shape))
    after = node.via.get(node.inputs.index(inner.out), ())
    via = inner.via.get(inner.inputs.index(source), ()) + after
    draft.set_inputs(node, [source, factor], {0: via})
    total = draft.add("Add", [], before=node.next, origin=(node,), shapes=(node.out.shape,))
    draft.replace(node.out, total.out)
    draft.set_inputs(total, [node.out, shift])
    draft.remove(inner, heirs=(total,))


def _between(source: Value, constant: Tensor, factor: Tensor, result: Value) -> bool:
    """Whether two numbers stand where no weights are that may take them in."""
    user = result.sole_user
    weighed = source.node.op in _WEIGHING or (user is not None and user.op in _WEIGHING)
    if source.node.op == "Input":  # an image's statistics, also one for each channel
        return not all(each.op in _WEIGHING for each in result.users)
    return constant.squeezed == factor.squeezed == () and not weighed


def _extent(constant: Tensor) -> int:
    return 2 if constant.squeezed is None else len(constant.squeezed)


def _sink(draft: Draft, node: Draft.Node) -> None:
    """Add(Add(x, c), z) -> Add(Add(x, z), c): only for position-like constants, not biases."""
    while (parts := _split(node)) is not None and _extent(parts[1]) >= 2:
        user = node.out.sole_user
        if user is None or user.op != "Add" or len(user.dynamic) != 2:
            return
        other = next((arg for arg in user.dynamic if arg is not node.out), None)
        if other is None:
            return
        inner = draft.add(
            "Add", [parts[0], other], before=user, origin=(user,), shapes=(user.out.shape,)
        )
        draft.set_inputs(user, [inner.out, parts[1]])
        draft.remove(node, heirs=(user,))
        node = user


def _give_back(draft: Draft, node: Draft.Node) -> None:
    """Add(Add(x, bias), MatMul(a, w)) -> Add(x, Add(MatMul(a, w), bias))."""
    parts, user = _split(node), node.out.sole_user
    if parts is None or _extent(parts[1]) != 1 or user is None or user.op != "Add":
        return
    product = next((arg for arg in user.dynamic if arg is not node.out), None)
    if product is None or product.sole_user is not user:
        return
    if parts[0].node.op in _WEIGHING and parts[0].sole_user is node:
        return
    weights = [arg for arg in product.node.inputs if isinstance(arg, Tensor)]
    if product.node.op not in ("MatMul", "Einsum") or len(weights) != 1 or not weights[0].shape:
        return
    if len(product.node.dynamic) != 1 or parts[1].squeezed != weights[0].shape[-1:]:
        return
    biased = draft.add(
        "Add", [product, parts[1]], before=user, origin=(node,), shapes=(product.shape,)
    )
    draft.set_inputs(user, [parts[0], biased.out])
    draft.remove(node, heirs=(biased,))
