"""Fuse decomposed attention: softmax between two products of activations.

The scale (on the scores, or split over queries and keys), the mask with the whole cone that
computes it, and soft capping are cut: every exporter writes them differently. A bias that is
itself computed by products of activations (DeBERTa) stays as a fourth operand. A guard that gives
zero where a row is fully masked goes with the mask. The queries may be
a weight (pooling by a learned probe), as long as the softmax runs over activations: keys that are
a weight make a memory or a classifier.
Source: Vaswani et al., arXiv:1706.03762.

Before:
    s = Mul(MatMul(q, k), 0.125)
    y = MatMul(Softmax(Add(s, w[16, 16])), v)

After:
    y = SDPA(q, k, v, mask="constant")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Tensor
from genescan.passes import contract_movement

_PRODUCTS = ("MatMul", "Einsum", "Gemm")
_STEPS = 10
_HEADS = ("SpaceToDepth", "DepthToSpace", "ChannelShuffle")
"""What the joining of heads may look like where their groups are an axis of their own."""


@dataclass(slots=True)
class _Scores:
    """What stands between the softmax and the product of queries and keys."""

    product: Draft.Node
    region: list[Draft.Node] = field(default_factory=list)
    masks: list[Value] = field(default_factory=list)
    constant_mask: bool = False


def run(draft: Draft) -> None:
    """Fuse around every Softmax that has a product on both sides."""
    for softmax in draft.of("Softmax"):
        scores = _scores(softmax.inputs[0])
        out = _weighted_sum(softmax)
        if scores is not None and out is not None:
            _fuse(draft, softmax, scores, out)
    for node in draft.of("SDPA"):
        _drop_groups(draft, node)
        for position in (0, 1):
            _drop_scale(draft, node, position)
        for position in (1, 2):
            _drop_cache(draft, node, position)
    for node in draft.of("Where"):
        _drop_row_guard(draft, node)


def _is_product(node: Draft.Node) -> bool:
    return node.op in _PRODUCTS and len(node.dynamic) == 2


def _weighs_heads(node: Draft.Node) -> bool:
    """Whether a product takes a weight of its own for each head: no Linear can stand for it."""
    if node.op not in ("MatMul", "Einsum") or len(node.inputs) != 2 or len(node.dynamic) != 1:
        return False
    weight = next((arg for arg in node.inputs if isinstance(arg, Tensor)), None)
    if node.op == "MatMul":
        return weight is not None and weight.shape is not None and len(weight.shape) > 2
    terms, _, result = str(node.attrs.get("equation", "")).replace(" ", "").partition("->")
    first, _, second = terms.partition(",")
    return bool({*first} & {*second} & {*result})


def _leads_to(value: Value, wanted: Callable[[Draft.Node], bool], steps: int = 5) -> bool:
    node = value.node
    if wanted(node):
        return True
    if not steps or node.op not in ("Mul", "Add", "Where", "Clip", "Tanh", "Max"):
        return False
    if len(node.dynamic) > 3:
        return False  # no scale or mask, and each would be followed
    return any(_leads_to(each, wanted, steps - 1) for each in node.dynamic)


def _scores(start: object) -> _Scores | None:
    """Walk back from the softmax through scale, mask and capping to the product."""
    value, constant = start, False
    region: list[Draft.Node] = []
    masks: list[Value] = []
    for _ in range(_STEPS):
        if not isinstance(value, Value):
            return None
        node = value.node
        if _is_product(node) or _weighs_heads(node):
            return _Scores(node, region, masks, constant)
        if node.op not in ("Mul", "Add", "Sub", "Where", "Clip", "Tanh", "Max", "Div"):
            return None
        candidates = node.dynamic
        ahead = next((v for v in candidates if _leads_to(v, _is_product)), None)
        if ahead is None:  # else a product with a weight is a bias of positions
            ahead = next((v for v in candidates if _leads_to(v, _weighs_heads)), None)
        if ahead is None:
            return None
        masks += [v for v in candidates if v is not ahead]
        if node.op in ("Add", "Where", "Sub"):
            constant = constant or len(candidates) == 1
        region.append(node)
        value = ahead
    return None


def _weighted_sum(softmax: Draft.Node) -> tuple[Draft.Node, list[Draft.Node], Value] | None:
    """The product that applies the weights, what lies between, and the weights' last value."""
    value = softmax.out
    region: list[Draft.Node] = []
    for _ in range(4):
        products = [user for user in value.users if _is_product(user)]
        if len(products) == 1:
            return products[0], region, value
        step = next(
            (u for u in value.users if u.op in ("Mul", "Where") and len(value.users) == 1), None
        )
        if step is None:
            return None
        region.append(step)
        value = step.out
    return None


def computes_by_products(value: Value) -> bool:
    """Whether a mask is itself made by products of activations: then it is not cut."""
    seen: set[Draft.Node] = set()
    stack = [value.node]
    while stack and len(seen) < 200:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.op in ("MatMul", "Einsum", "Gemm", "Conv", "Linear", "Softmax", "SDPA"):
            return True
        stack.extend(v.node for v in node.dynamic)
    return False


def _unscaled(value: Arg) -> tuple[Arg, list[Draft.Node]]:
    if not isinstance(value, Value):
        return value, []
    node = value.node
    if node.op == "Mul" and len(node.dynamic) == 1 and value.sole_user is not None:
        constant = next((a for a in node.inputs if isinstance(a, Tensor)), None)
        if constant is not None and constant.squeezed == ():
            return node.dynamic[0], [node]
    return value, []


def _keys_first(softmax: Draft.Node, scores: _Scores) -> bool:
    """Whether the product has the keys, over which the softmax runs, as its first operand."""
    product = scores.product
    if product.op == "Einsum":
        terms, _, result = str(product.attrs.get("equation", "")).replace(" ", "").partition("->")
        first, _, second = terms.partition(",")
        return result[-1:] != "" and result[-1] in first and result[-1] not in second
    weight = product.inputs[1]
    if isinstance(weight, Tensor) and weight.shape and weight.shape[-1] == 1:
        return True  # one query: its axis of one is moved by any reshape
    labels = [
        label
        for node in (softmax, *scores.region)
        for position, arg in enumerate(node.inputs)
        if isinstance(arg, Value) and (arg.node is product or arg.node in scores.region)
        for label in node.via.get(position, ())
    ]
    return sum(map(contract_movement.swaps_last, labels)) % 2 == 1


def _fuse(
    draft: Draft,
    softmax: Draft.Node,
    scores: _Scores,
    out: tuple[Draft.Node, list[Draft.Node], Value],
) -> None:
    product, between, weights = out
    values = [arg for arg in product.dynamic if arg is not weights]
    if len(values) != 1:
        return
    first, second = (1, 0) if _keys_first(softmax, scores) else (0, 1)
    if not isinstance(scores.product.inputs[second], Value):
        return
    query, scale_q = _unscaled(scores.product.inputs[first])
    key, scale_k = _unscaled(scores.product.inputs[second])
    biases = [mask for mask in scores.masks if computes_by_products(mask)]
    cut = [mask for mask in scores.masks if mask not in biases]
    attrs: dict[str, Attr] = {}
    if cut or biases or scores.constant_mask:
        attrs["mask"] = "input" if cut or biases else "constant"
    if not (scale_q or scale_k or any(step.op in ("Mul", "Div") for step in scores.region)):
        attrs["unscaled"] = True  # T5 and GPT-Neo do without; a folded scale looks the same
    region = [product, *between, softmax, *scores.region, scores.product, *scale_q, *scale_k]
    via = {
        0: scores.product.via.get(first, ()),
        1: scores.product.via.get(second, ()),
        2: product.via.get(product.inputs.index(values[0]), ()),
    }
    made = draft.fuse(
        list(dict.fromkeys(region)),
        product.out,
        "SDPA",
        [query, key, *values, *biases],
        attrs,
        via=via,
    )
    passed = {softmax.out, *(step.out for step in between)}
    cut += [value for step in between for value in step.dynamic if value not in passed]
    draft.prune(cut, "attention mask")
    made.marks["decomposed"] = "attention"


def _drop_groups(draft: Draft, node: Draft.Node) -> None:
    """Queries whose groups, which share keys, stand as rows of their own, and back behind it."""
    value, after = node.arg(0), node.out.sole_user
    if not isinstance(value, Value) or value.node.op != "DepthToSpace" or after is None:
        return
    if value.sole_user is node and after.op == "SpaceToDepth":
        for step in (value.node, after):
            draft.replace(step.out, step.inputs[0], step.via.get(0, ()))
            draft.remove(step, heirs=(node,))


def _drop_scale(draft: Draft, node: Draft.Node, position: int) -> None:
    """Queries or keys that are scaled before a fused kernel."""
    value = node.arg(position)
    source, factor = _unscaled(value)
    for scale in factor:
        draft.replace(scale.out, source, scale.via.get(scale.inputs.index(source), ()))
        draft.remove(scale, heirs=(node,))


def _drop_cache(draft: Draft, node: Draft.Node, position: int) -> None:
    """Concat(past, k) -> k where the past is a graph input: a key-value cache."""
    value = node.arg(position)
    if not isinstance(value, Value) or value.node.op != "Concat" or len(value.node.inputs) != 2:
        return
    past = [v for v in value.node.dynamic if v.node.op in ("Input", "Slice") and _from_input(v)]
    fresh = [v for v in value.node.dynamic if v not in past]
    if len(past) == 1 and len(fresh) == 1:
        join = value.node
        draft.retype(node, "SDPA", {**node.attrs, "cache": True})
        draft.replace(value, fresh[0])
        draft.remove(join, heirs=(node,))
        draft.prune(past, "key-value cache")


def _drop_row_guard(draft: Draft, node: Draft.Node) -> None:
    """Where(all of a row is masked, 0, attended): a row that valid data does not have."""
    if len(node.inputs) != 3:
        return
    test, filler, value = node.inputs
    while isinstance(value, Value) and value.node.op in _HEADS:
        value = value.node.arg(0)
    if not isinstance(value, Value) or value.node.op != "SDPA" or not isinstance(test, Value):
        return
    zeros = isinstance(filler, Tensor) and not any(filler.data or ())
    masked = value.node.attrs.get("mask") == "input" and test.node.op in ("ReduceMin", "ReduceProd")
    if zeros and masked and not computes_by_products(test):
        draft.bypass(node, "guard", 2)


def _from_input(value: Value) -> bool:
    for _ in range(3):
        if value.node.op == "Input":
            return True
        if not value.node.dynamic:
            return False
        value = value.node.dynamic[0]
    return False
