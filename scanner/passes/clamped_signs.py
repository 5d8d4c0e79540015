"""Whether a clamp of codes at zero stands for a Relu, as far as operators tell.

`dequantise` asks. Where the smallest code is zero a quantiser folded a Relu away, or calibration
merely saw no value below zero: so what makes a value must be able to go below zero, and what reads
it must have a use for a Relu.
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_MS = "com.microsoft:"
_KEEP_SIGN = frozenset(
    {
        "QuantizeLinear", "DequantizeLinear", "MaxPool", "AveragePool", "GlobalAveragePool",
        "Resize", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Slice",
        "Split", "Identity", "Pad",
    }
)  # fmt: skip
_LINEAR = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Einsum",
        "InstanceNormalization", "GroupNormalization", "LayerNormalization",
    }
)  # fmt: skip
_NEVER_NEGATIVE = frozenset(
    {
        "Relu", "Sigmoid", "Softmax", "Softplus", "HardSigmoid", "Abs", "Exp", "Sqrt", "ReduceL2",
        "ReduceSumSquare",
    }
)  # fmt: skip
_KEEPING = frozenset(
    {
        "Add", "Mul", "MatMul", "Einsum", "Concat", "ReduceSum", "ReduceMean", "ReduceMax",
        "Reciprocal", "Div",
    }
)  # fmt: skip
"""Of numbers that are not negative these make others of the kind."""
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
_FAR = 6
_MOST = 64
"""Nodes looked at for one question, and steps back to a producer."""


def stands_for_relu(value: Value, codes: Value) -> bool:
    """Whether a value that is clamped at zero, and is read as `codes`, went through a Relu."""
    return _linear(value) and not _activated(codes) and not _scores(value)


def producer(value: Value) -> Draft.Node:
    """The node that made a value, seen through quantisation and pooling, which keep signs."""
    node = value.node
    for _ in range(_MOST):
        if node.op not in _KEEP_SIGN or not node.dynamic:
            break
        node = node.dynamic[0].node
    return node


def _never_negative(value: Value) -> bool:
    """Whether a value cannot be negative, by the operators that it comes from."""
    known: dict[Draft.Node, bool] = {}
    return _bounded_below(producer(value), _FAR, known)


def _bounded_below(node: Draft.Node, far: int, known: dict[Draft.Node, bool]) -> bool:
    """As `_never_negative`; `known` keeps answers, for one value may be read many times."""
    if node not in known:
        known[node] = len(known) < _MOST and _above_zero(node, far, known)
    return known[node]


def _above_zero(node: Draft.Node, far: int, known: dict[Draft.Node, bool]) -> bool:
    if node.op in _NEVER_NEGATIVE:
        return True
    if node.op == "Add" and len(node.dynamic) == 1 and producer(node.dynamic[0]).op == "Elu":
        shift = next((scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)), None)
        return shift is not None and shift >= 0.99  # ELU is above minus one; one of 256 codes
    if far and node.op == "Conv" and _positive_kernel(node):  # a blur
        return _bounded_below(producer(node.dynamic[0]), far - 1, known)
    if far == 0 or node.op not in _KEEPING or not node.dynamic:
        return False
    constants = [scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)]
    positive = all(number is not None and number >= 0 for number in constants)
    return positive and all(_bounded_below(producer(arg), far - 1, known) for arg in node.dynamic)


def _positive_kernel(node: Draft.Node) -> bool:
    """Whether a convolution adds up neighbours with known weights above zero, and nothing else."""
    weight, rest = node.arg(1), node.inputs[2:]
    data = weight.data if isinstance(weight, Tensor) else None
    bare = all(arg is None or scalar(arg) == 0.0 for arg in rest)
    return bool(data) and bare and all(item is not None and item >= 0 for item in data or ())


def _linear(value: Value, joined: bool = False) -> bool:
    """Whether values of both signs are to be expected: sums and products with weights.

    What is `joined` is not looked through for joins again: their number may double each time.
    """
    made = producer(value)
    if _never_negative(value) or _near_one(made):
        return False
    before = [producer(arg) for arg in made.dynamic]
    if any(_placed(node) for node in (made, *before)) or (before and before[0].op == "Softmax"):
        return False  # coordinates, and averages by shares
    node = _unscaled(made)
    if node.op == "Add" and len(node.dynamic) == 2:
        return True
    if node.op == "Concat":
        return not joined and bool(node.dynamic) and all(_linear(arg, True) for arg in node.dynamic)
    if node.op in ("Mul", "Div") and len(node.dynamic) == 2:  # of a norm or a gate, signs stay
        if value.node.op in _MEANS:
            return False  # of what a gate lets through, which is seldom below zero
        parts = node.dynamic if node.op == "Mul" else node.dynamic[::-1]
        for gate, other in (parts, parts[::-1])[: 2 if node.op == "Mul" else 1]:
            if _never_negative(gate):
                return _unscaled(producer(other)).op in _LINEAR
    return node.op in _LINEAR


def _near_one(node: Draft.Node) -> bool:
    """Whether one was added: a factor that changes a value by a share, such as a learned scale."""
    constants = [scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)]
    shifted = node.op == "Add" and len(node.dynamic) == 1
    return shifted and any(c is not None and abs(c - 1.0) < 0.01 for c in constants)


def _placed(node: Draft.Node) -> bool:
    """Whether something for each place was added, as anchors are: it gives coordinates."""
    constants = [arg.squeezed for arg in node.inputs if isinstance(arg, Tensor)]
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

    So does a product of a value with an activation of it, as Swish and GELU are written.
    """
    return _leads_only_to(value, _ACTIVATIONS, _CODED, value.node)


def _scores(value: Value) -> bool:
    """Whether a product goes to softmaxes alone, as scores do, or a joined map to gates as well."""
    made = _unscaled(producer(value)).op
    if made in ("MatMul", "Einsum", "Gemm") and _leads_only_to(value, _SOFTMAX, _BEFORE_SOFTMAX):
        return True
    joined = made in ("Conv", "Concat")
    return joined and _leads_only_to(value, _SOFTMAX | _CURVES, _MOVING | _CODED)


def _gated_by_itself(product: Draft.Node, source: Draft.Node) -> bool:
    """Whether a product is of a value and of an activation of it."""
    for arg in product.dynamic if product.op in ("Mul", _MS + "QLinearMul") else ():
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
