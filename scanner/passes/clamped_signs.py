"""Whether a clamp of codes at zero stands for a Relu, as far as operators tell.

`dequantise` asks. Where the smallest code is zero a quantiser folded a Relu away, or calibration
merely saw no value below zero: so what makes a value must be able to go below zero, and what reads
it must have a use for a Relu.
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes import bounds
from genescan.passes.unify_spellings import scalar

_MS = "com.microsoft:"
_KEEP_SIGN = frozenset(
    {
        "QuantizeLinear", "DequantizeLinear", "MaxPool", "AveragePool", "GlobalAveragePool",
        "Resize", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Slice",
        "Split", "Identity", "Pad", "Cast",
    }
)  # fmt: skip
_LINEAR = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Einsum",
        "InstanceNormalization", "GroupNormalization", "LayerNormalization",
    }
)  # fmt: skip
_CURVES = frozenset({"Sigmoid", "HardSigmoid", "Tanh", _MS + "QLinearSigmoid"})
_MEANS = frozenset({"GlobalAveragePool", "AveragePool", "ReduceMean"})
_CODED = frozenset({"QuantizeLinear", "DequantizeLinear"})
_SOFTMAX = frozenset({"Softmax", _MS + "QLinearSoftmax"})
_ACTIVATIONS = _CURVES | {
    "Swish", "HardSwish", "Mish", "Gelu", "Erf", "Softplus", "LeakyRelu", "PRelu", "Elu", "Selu",
    _MS + "QuickGelu", _MS + "QLinearLeakyRelu", _MS + "Gelu",
}  # fmt: skip
_MOVING = frozenset({"Transpose", "Reshape", "Concat", "Slice", "Split", "Squeeze", "Unsqueeze"})
_BEFORE_SOFTMAX = _MOVING | _CODED | {"Mul", "Div", "Add", "Where"}
"""What stands between the scores of an attention, or of classes, and their softmax."""
_LOOKED_AT = frozenset({"GridSample", "ArgMax", "ArgMin", "TopK"})
_WIDE = 8
"""So many features are not seen above zero by chance, unless they are."""
_FAR = 6
_MOST = 64
"""Nodes looked at for one question, and steps back to a producer."""


def stands_for_relu(value: Value, codes: Value) -> bool:
    """Whether a value that is clamped at zero, and is read as `codes`, went through a Relu."""
    if _kept_off_zero(value, codes):
        return True
    if not signed(value) or _activated(codes) or _scores(value):
        return False
    return not (_shifted_off_zero(value, codes) or _single(value, codes) or _located(codes))


def wide(value: Value) -> bool:
    """Whether so many features were seen not negative that it was not by chance."""
    node = _unscaled(producer(value))
    shape = node.out.shape or ()
    mapped = len(shape) > 3 or node.op in ("Conv", "ConvTranspose", "BatchNormalization")
    width = shape[1 if mapped else -1] if len(shape) > 1 else None
    return width is not None and width >= _WIDE


def producer(value: Value) -> Draft.Node:
    """The node that made a value, seen through quantisation and pooling, which keep signs."""
    node = value.node
    for _ in range(_MOST):
        if node.op not in _KEEP_SIGN or not node.dynamic:
            break
        node = node.dynamic[0].node
    return node


def signed(value: Value, joined: bool = False) -> bool:
    """Whether values of both signs are to be expected: sums and products with weights.

    What is `joined` is not looked through for joins again: their number may double each time.
    """
    made = producer(value)
    if bounds.positive(value, coded=True) or _near_one(made) or _gated_by_itself(made):
        return False
    before = [producer(arg) for arg in made.dynamic]
    if any(_placed(node) for node in (made, *before)) or (before and before[0].op == "Softmax"):
        return False  # coordinates, and averages by shares
    node = _unscaled(made)
    if _biased(made):
        return True
    if node.op == "Add" and len(node.dynamic) == 2:
        return True
    if node.op == "Concat":
        return not joined and bool(node.dynamic) and all(signed(arg, True) for arg in node.dynamic)
    if node.op in ("Mul", "Div") and len(node.dynamic) == 2:  # of a norm or a gate, signs stay
        if value.node.op in _MEANS:
            return False  # of what a gate lets through, which is seldom below zero
        parts = node.dynamic if node.op == "Mul" else node.dynamic[::-1]
        for gate, other in (parts, parts[::-1])[: 2 if node.op == "Mul" else 1]:
            if bounds.positive(gate, coded=True):
                factor = _unscaled(producer(other))
                return factor.op in _LINEAR or _deviates(factor)
    return node.op in _LINEAR


def _deviates(node: Draft.Node) -> bool:
    """Whether a mean was subtracted, as norms do."""
    return node.op == "Sub" and len(node.dynamic) == 2 and node.dynamic[1].node.op in _MEANS


def _near_one(node: Draft.Node) -> bool:
    """Whether one was added: a factor that changes a value by a share, such as a learned scale."""
    constants = [scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)]
    shifted = node.op == "Add" and len(node.dynamic) == 1
    return shifted and any(c is not None and abs(c - 1.0) < 0.01 for c in constants)


def _biased(node: Draft.Node) -> bool:
    """Whether a bias was added, a number for each feature, and to no product, as norms have it."""
    if node.op != "Add" or len(node.dynamic) != 1 or producer(node.dynamic[0]).op == "Mul":
        return False
    constants = [arg for arg in node.inputs if isinstance(arg, Tensor)]
    return any(_stacked(arg) or len(arg.squeezed or ()) == 1 for arg in constants)


def _stacked(arg: Tensor) -> bool:
    """Whether a constant holds the biases of several layers that are computed at once."""
    return arg.shape is not None and len(arg.shape) == 3 and arg.shape[1] == 1


def _placed(node: Draft.Node) -> bool:
    """Whether something for each place was added, as anchors are: it gives coordinates."""
    constants = [
        arg.squeezed for arg in node.inputs if isinstance(arg, Tensor) and not _stacked(arg)
    ]
    shifted = node.op in ("Add", "Sub") and len(node.dynamic) == 1
    return shifted and any(sizes is not None and len(sizes) > 1 for sizes in constants)


def _anchored(node: Draft.Node) -> bool:
    """Whether coordinates of points, two or four for each, are added or subtracted."""
    constants = [arg.squeezed or () for arg in node.inputs if isinstance(arg, Tensor)]
    points = any(len(sizes) > 1 and {2, 4} & {*sizes} for sizes in constants)
    return node.op in ("Add", "Sub") and len(node.dynamic) == 1 and points


def _unscaled(node: Draft.Node) -> Draft.Node:
    """What stands before a constant scale and a constant shift."""
    for _ in range(2):
        if node.op not in ("Add", "Mul") or len(node.dynamic) != 1:
            break
        node = producer(node.dynamic[0])
    return node


def gated(value: Value) -> bool:
    """Whether three were added: a hard gate, whose upper bound the range of the codes holds too."""
    constants = [scalar(arg) for arg in value.node.inputs if isinstance(arg, Tensor)]
    shifted = value.node.op == "Add" and len(value.node.dynamic) == 1
    return shifted and any(c is not None and abs(c - 3.0) < 0.04 for c in constants)


def _activated(value: Value) -> bool:
    """Whether only activations read a quantised value, which a Relu before them would cut in half.

    So does a product of a value with an activation of it, as Swish and GELU are written; and a
    summand of what is activated is none of a Relu.
    """
    return _leads_only_to(value, _ACTIVATIONS, _CODED | {"Add"}, value.node)


def _scores(value: Value) -> bool:
    """Whether a product goes to softmaxes alone, as scores do, or a joined map to gates as well."""
    made = _unscaled(producer(value)).op
    if made in ("MatMul", "Einsum", "Gemm") and _leads_only_to(value, _SOFTMAX, _BEFORE_SOFTMAX):
        return True
    joined = made in ("Conv", "Concat")
    return joined and _leads_only_to(value, _SOFTMAX | _CURVES, _MOVING | _CODED)


def _shifted_off_zero(value: Value, codes: Value) -> bool:
    """Whether a number was added to keep a divisor, or what a root is taken of, off zero."""
    shift = value.node.op == "Add" and len(value.node.dynamic) == 1
    return shift and bounds.off_zero(_decoded(codes))


def _decoded(codes: Value) -> Value:
    """What is read in the place of codes that are decoded once."""
    user = codes.sole_user
    return user.out if user is not None and user.op in _CODED else codes


def _kept_off_zero(value: Value, codes: Value) -> bool:
    """Whether a sum with weights alone goes to a logarithm: a bound kept it above zero."""
    users = _decoded(codes).users
    layer = producer(value).op in ("Conv", "Gemm", "MatMul")
    return layer and bool(users) and all(user.op == "Log" for user in users)


def _single(value: Value, codes: Value) -> bool:
    """Whether a layer gives one number for each place, as a score, which no layer reads."""
    node = producer(value)
    if node.op == "Add" and len(node.dynamic) == 1:
        node = producer(node.dynamic[0])
    weight = node.arg(1)
    if node.op not in ("Gemm", "MatMul") or not isinstance(weight, Tensor) or not weight.shape:
        return False
    width = weight.shape[0 if node.attrs.get("transB") else -1]
    return width == 1 and not any(_read_by_layers(user) for user in codes.users)


def _read_by_layers(user: Draft.Node) -> bool:
    users = user.out.users if user.op in _CODED else {user: 1}
    return any(node.op in ("Conv", "ConvTranspose", "Gemm", "MatMul") for node in users)


def _located(codes: Value) -> bool:
    """Whether a value is looked at for places that it gives, or for the greatest alone."""
    through = _MOVING | _CODED | {"Add", "Mul", "Sub", "Neg", "Gather"}
    return _leads_only_to(codes, _LOOKED_AT, through)


def _gated_by_itself(product: Draft.Node, source: Draft.Node | None = None) -> bool:
    """Whether a product is of a value, any or the one named, and of an activation of it."""
    if product.op != "Mul" or len(product.dynamic) != 2:
        return False
    one, two = (bounds.uncoded(arg) for arg in product.inputs)
    if source is None:
        made = [arg.node for arg in (one, two) if isinstance(arg, Value)]
        return any(_gated_by_itself(product, node) for node in made)
    for arg in product.dynamic:
        node, curved = arg.node, False
        for _ in range(_FAR):
            if node is source:
                break
            curved = curved or node.op in _ACTIVATIONS
            if node.op not in _ACTIVATIONS | _CODED | {"Add", "Mul", "Div"} or not node.dynamic:
                break
            node = node.dynamic[0].node
        if curved and node is source:
            return True
    return False


def _leads_only_to(
    value: Value, ends: frozenset[str], through: frozenset[str], gated: Draft.Node | None = None
) -> bool:
    """Whether all readers of a value, seen through some operators, are of one kind, or gated."""
    seen, stack, found = set[Draft.Node](), list(value.users), False
    while stack:
        user = stack.pop()
        if user in seen:
            continue
        seen.add(user)
        if user.op in ends or _anchored(user):
            found = True
        elif gated is not None and _gated_by_itself(user, gated):
            continue
        elif user.op not in through or len(seen) > _MOST:
            return False
        else:
            stack.extend(user.out.users)
    return found
