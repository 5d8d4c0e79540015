"""One Linear for every product with a weight: MatMul, Gemm and Einsum, with or without bias.

The weight's shape becomes [out, in]. A layer that reads another one beside its bias or norm may
as well read what these make of it, and a Linear that is only cut along its features becomes one
per cut, so that packed projections (QKV, gate-and-up) and separate ones are the same graph.

Before:
    y = Add(MatMul(x, w[64, 10]), w[10])

After:
    y = Linear(x, w[10, 64], bias=True)
"""

from __future__ import annotations

import math

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes import packed_linear
from genescan.passes.unify_spellings import filled_with_zero


def run(draft: Draft) -> None:
    """Name products with weights, take in biases and what follows, then unpack."""
    for node in draft.of("MatMul"):
        _matmul(draft, node)
    for node in draft.of("Gemm"):
        _gemm(draft, node)
    for node in draft.of("Einsum"):
        _einsum(draft, node)
    for node in draft.of("MatMul"):
        for position in (0, 1):
            _bring_out(draft, node, position)
    for node in draft.of("Linear"):
        _look_up(draft, node)
    for node in draft.of("Linear", "Conv", "ConvTranspose"):
        while (following := _share(draft, node)) is not None:
            node = following
    for node in draft.of("Linear"):
        _take_bias(draft, node)
    for node in draft.of("Linear"):
        packed_linear.unpack(draft, node)
    for node in draft.of("Linear"):  # optimisers also add the bias after the cut
        _take_bias(draft, node)


def _turned(weight: Tensor) -> Tensor:
    shape = None if weight.shape is None else weight.shape[::-1]
    return Tensor(weight.dtype, shape, None, weight.name, weight.payload)


def _become(draft: Draft, node: Draft.Node, value: Value, weight: Tensor, bias: bool) -> None:
    via = {0: node.via.get(node.inputs.index(value), ())}
    draft.set_inputs(node, [value, weight], via)
    draft.retype(node, "Linear", {"bias": bias})


def _matrix(weight: Tensor) -> Tensor:
    """A vector as a column, a stack of one matrix as that matrix."""
    shape = weight.shape
    if shape is not None and len(shape) == 1:
        shape = (*shape, 1)
    while shape is not None and len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return Tensor(weight.dtype, shape, weight.data, weight.name, weight.payload)


def _matmul(draft: Draft, node: Draft.Node) -> None:
    if len(node.inputs) != 2 or len(node.dynamic) != 1:
        return
    position = 1 if isinstance(node.inputs[1], Tensor) else 0
    weight = node.inputs[position]
    if isinstance(weight, Tensor):
        weight = _matrix(weight)
    if isinstance(weight, Tensor) and (weight.shape is None or len(weight.shape) == 2):
        turned = _turned(weight) if position == 1 else weight
        _become(draft, node, node.dynamic[0], turned, False)


def _gemm(draft: Draft, node: Draft.Node) -> None:
    a, b, c = node.arg(0), node.arg(1), node.arg(2)
    if isinstance(a, Value) and isinstance(b, Tensor):
        bias = isinstance(c, Tensor) and not filled_with_zero(c) and node.number("beta", 1.0) != 0.0
        _become(draft, node, a, b if node.attrs.get("transB") else _turned(b), bias)
    elif isinstance(b, Value) and isinstance(a, Tensor):
        weight = _turned(a) if node.attrs.get("transA") else a
        _become(draft, node, b, weight, isinstance(c, Tensor))
    else:
        draft.set_inputs(node, [a, b], {i: node.via.get(i, ()) for i in (0, 1)})
        draft.retype(node, "MatMul", {})
    if isinstance(c, Value):
        total = draft.add("Add", [], before=node.next, origin=(node,), shapes=(node.out.shape,))
        draft.replace(node.out, total.out)
        draft.set_inputs(total, [node.out, c])


def _einsum(draft: Draft, node: Draft.Node) -> None:
    """An Einsum with one weight is a Linear, or a MatMul where all three terms share a letter."""
    equation = _equation(node)
    count = equation.count(",") + 1  # each costs a look at the rest, so only a few
    if "->" not in equation or not 2 <= len(node.inputs) == count <= 8:
        return
    terms, result = equation.split("->", 1)
    first, _, second = terms.partition(",")
    outer = not {*first} & {*second} and {*first, *second} <= {*result}  # of a single feature
    if len(node.inputs) != 2 or len(node.dynamic) != 1 or not (outer or _sums(equation)):
        return _product(draft, node, equation)
    position = 1 if isinstance(node.inputs[1], Tensor) else 0
    weight, parts = node.inputs[position], terms.split(",")
    if not isinstance(weight, Tensor) or len(parts) != 2:
        return
    own, other = parts[position], parts[1 - position]
    summed = [letter for letter in own if letter in other and letter not in result]
    kept = [letter for letter in own if letter in result]
    if len(own) != len(summed) + len(kept):
        return
    shape = None
    if {*kept} & {*other}:
        return draft.retype(node, "MatMul", {})  # a weight for each head or expert
    if weight.shape is not None and len(weight.shape) == len(own) and None not in weight.shape:
        size = dict(zip(own, weight.shape, strict=True))
        shape = (
            math.prod(size[letter] or 0 for letter in kept),
            math.prod(size[letter] or 0 for letter in summed),
        )
    _become(draft, node, node.dynamic[0], Tensor(weight.dtype, shape, None, weight.name), False)


def _equation(node: Draft.Node) -> str:
    """The equation of an Einsum, with one sign for all axes that have no letter."""
    return str(node.attrs.get("equation", "")).replace(" ", "").replace("...", ".")


def _sums(equation: str) -> set[str]:
    """Letters over which a product of two is summed."""
    terms, result = equation.split("->", 1)
    first, _, second = terms.partition(",")
    return ({*first} & {*second}) - {*result}


def _product(draft: Draft, node: Draft.Node, equation: str) -> None:
    """An Einsum of values multiplies matrices, two at a time, or without a sum only elements."""
    terms, result = equation.split("->", 1)
    if any(terms.count(letter) == 1 and letter not in result for letter in {*terms} - {","}):
        return  # a sum over what one operand has alone
    parts = terms.split(",")
    while len(parts) > 2:  # from the left, as torch multiplies them
        kept = {*result}.union(*parts[2:])
        between = "".join(dict.fromkeys(c for c in parts[0] + parts[1] if c in kept))
        inner = draft.add("Einsum", node.inputs[:2], before=node, origin=(node,))
        inner.via = {place: node.via.get(place, ()) for place in (0, 1)}
        _multiply(draft, inner, (parts[0], parts[1]), between)
        via = {place - 1: way for place, way in node.via.items() if place > 1}
        draft.set_inputs(node, [inner.out, *node.inputs[2:]], via)
        parts = [between, *parts[2:]]
    if len(parts) == 2:
        _multiply(draft, node, (parts[0], parts[1]), result)


def _multiply(draft: Draft, node: Draft.Node, parts: tuple[str, str], result: str) -> None:
    """A product of two: of matrices, of a column and a row, or of elements."""
    own = [
        [letter for letter in result if letter in mine and letter not in other]
        for mine, other in (parts, parts[::-1])
    ]
    sums = _sums(f"{parts[0]},{parts[1]}->{result}")
    draft.retype(node, "MatMul" if sums or all(own) else "Mul", {})
    if all(own) and _read_turned(node, result, own[0][0], own[1][0]):
        via = {1 - place: way for place, way in node.via.items()}
        draft.set_inputs(node, node.inputs[::-1], via)


def _read_turned(node: Draft.Node, result: str, row: str, column: str) -> bool:
    """Whether a product is made the other way round and only then, by an Einsum, turned back."""
    reader = node.out.sole_user
    equation = "" if reader is None or reader.op != "Einsum" else _equation(reader)
    if reader is None or equation.count("->") != 1 or any(reader.via.values()):
        return False
    terms, whole = equation.split("->")
    mine = dict(zip(reader.inputs, terms.split(","), strict=False)).get(node.out, "")
    names = dict(zip(result, mine, strict=False))
    places = [whole.find(names.get(letter, "?")) for letter in (column, row)]
    return -1 < places[0] < places[1]


def _bring_out(draft: Draft, node: Draft.Node, position: int) -> None:
    """A factor of one operand is one of the product: optimisers move it behind or before."""
    value = node.arg(position)
    scale = value.node if isinstance(value, Value) else None
    if len(node.dynamic) != 2 or scale is None or scale.op != "Mul" or len(scale.dynamic) != 1:
        return
    factor = next((arg for arg in scale.inputs if isinstance(arg, Tensor)), None)
    if factor is None or not _alone(factor) or scale.out.sole_user is not node:
        return
    source = scale.dynamic[0]
    draft.replace(scale.out, source, scale.via.get(scale.inputs.index(source), ()))
    draft.remove(scale, heirs=(node,))
    user = node.out.sole_user
    if user is not None and user.op == "Mul" and any(_alone(arg) for arg in user.inputs):
        return  # there is a factor already
    scaled = draft.add("Mul", [], before=node.next, origin=(node,), shapes=(node.out.shape,))
    draft.replace(node.out, scaled.out)
    draft.set_inputs(scaled, [node.out, factor])


def _alone(arg: object) -> bool:
    return isinstance(arg, Tensor) and arg.squeezed == ()


def _look_up(draft: Draft, node: Draft.Node) -> None:
    """Rows that a product with one 1 among zeros picks are looked up."""
    value, weight = node.inputs[0], node.inputs[1]
    if node.attrs.get("bias") or not isinstance(value, Value) or not isinstance(weight, Tensor):
        return
    picked, last = value.node, (value.rank or 0) - 1
    indices = picked.inputs[0] if picked.op == "OneHot" else None
    if not isinstance(indices, Value) or picked.attrs.get("axis", -1) not in (-1, last):
        return
    way = picked.via.get(0, ()) + node.via.get(0, ())
    draft.set_inputs(node, [indices, _turned(weight)], {0: way})
    draft.retype(node, "Embedding", {})
    draft.prune([value], "ones and zeros")


def _share(draft: Draft, node: Draft.Node) -> Draft.Node | None:
    """A layer that reads x where one other reads x * a + b, by channel, may as well read that.

    Its own bias takes in the shift, so it must have one.
    """
    layers = [user for user in node.out.users if user.op == "Linear"]
    steps = [user for user in node.out.users if user.op != "Linear"]
    if len(steps) != 1 or not layers or node.out.outputs or len(steps[0].dynamic) != 1:
        return None
    step = steps[0]
    extents = [arg.squeezed for arg in step.inputs if isinstance(arg, Tensor)]
    rows = [layer.inputs[1].shape for layer in layers if isinstance(layer.inputs[1], Tensor)]
    if step.op not in ("Add", "Mul") or not all(
        extent == () or (row and extent == row[-1:]) for extent in extents for row in rows
    ):
        return None
    if step.op == "Add" and not all(_biased(layer) for layer in layers):
        return None
    way = step.via.get(step.inputs.index(node.out), ())
    if any(layer.via.get(0, ())[: len(way)] != way for layer in layers):
        return None
    early = draft.add(
        step.op, step.inputs, before=node.next, origin=(step,), shapes=(step.out.shape,)
    )
    early.via = dict(step.via)
    draft.replace(step.out, early.out)
    draft.remove(step, heirs=(early,))
    for layer in layers:
        draft.set_inputs(
            layer, [early.out, *layer.inputs[1:]], {0: layer.via.get(0, ())[len(way) :]}
        )
    return early


def _biased(layer: Draft.Node) -> bool:
    """Whether a layer has a bias, or one is about to become its own."""
    user = layer.out.sole_user
    return bool(layer.attrs.get("bias")) or (user is not None and _by_feature(user, layer, "Add"))


def _take_bias(draft: Draft, node: Draft.Node) -> None:
    _fold_norm(draft, node)
    if not node.attrs.get("bias") and len(node.out.users) > 1 and not node.out.outputs:
        _unshare(draft, node)
    user = node.out.sole_user
    if node.attrs.get("bias") or user is None or not _by_feature(user, node, "Add"):
        return
    made, rows = user.out.shape, node.out.shape
    if made and rows and made[-1] == rows[-1]:  # what a reshape made of its rows
        node.out.shape = made
    draft.replace(user.out, node.out)
    draft.remove(user, heirs=(node,))
    draft.retype(node, "Linear", {"bias": True})
    _fold_norm(draft, node)


def _by_feature(user: Draft.Node, node: Draft.Node, op: str) -> bool:
    """Whether a node adds or multiplies one constant per feature, or per head and feature."""
    if user.op != op or len(user.dynamic) != 1:
        return False
    constant = next((arg for arg in user.inputs if isinstance(arg, Tensor)), None)
    weight = node.inputs[1]
    if constant is None or not isinstance(weight, Tensor):
        return False
    extent, size = constant.squeezed, None if weight.shape is None else weight.shape[0]
    if extent is None:
        return constant.shape is None and op == "Add"
    if extent and None not in (size, *extent):
        return math.prod(d for d in extent if d is not None) == size
    return len(extent) <= 1


def _unshare(draft: Draft, node: Draft.Node) -> None:
    """One product with several biases: optimisers share it between layers of equal weights."""
    if not all(_by_feature(user, node, "Add") for user in node.out.users):
        return
    for user in list(node.out.users)[1:]:
        twin = draft.add(
            "Linear", node.inputs, node.attrs, before=user, origin=(node,), shapes=(node.out.shape,)
        )
        twin.via = dict(node.via)
        draft.set_inputs(user, [twin.out if arg is node.out else arg for arg in user.inputs])
        _take_bias(draft, twin)


def _fold_norm(draft: Draft, node: Draft.Node) -> None:
    """Exporters fold what follows per feature into the weight: norms, factors, second biases.

    A layer scale is such a factor; most exporters keep it, but not all, so it is folded as well.
    """
    while (user := node.out.sole_user) is not None:
        if user.op == "BatchNormalization":
            draft.retype(node, "Linear", {"bias": True})
        elif not _by_feature(user, node, "Mul") and not (
            node.attrs.get("bias") and _by_feature(user, node, "Add")
        ):
            return
        draft.replace(user.out, node.out)
        draft.remove(user, heirs=(node,))
