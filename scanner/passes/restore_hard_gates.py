"""Recognise hard sigmoids and swishes of which a part went into neighbouring weights.

Converters fold the three that is added before the clip into the bias of what makes its argument,
or the division by six after it into the weights that read it, or all that is linear.

Before:
    c = Relu(Add(x, 3.0), max=6.0)
    y = Conv(Mul(x, c), w[8, 3, 1, 1])

After:
    y = Conv(HardSwish(x), w[8, 3, 1, 1])
"""

from __future__ import annotations

from genescan import ops
from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_TOLERANCE = 0.012
"""Relative; quantised constants are off by up to 1/255."""
_WEIGHTED = frozenset({"Conv", "ConvTranspose", "MatMul", "Gemm", "Linear"})
_LINEAR = _WEIGHTED | {"Add", "BatchNormalization"}
_SCALING = frozenset(
    {
        "Mul", "GlobalAveragePool", "AveragePool", "ReduceMean", "MaxPool", "GlobalMaxPool",
        "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Dropout", "Identity", "Pad",
    }
)  # fmt: skip
"""Operators that hand a factor on."""
_NEAR = 12


def run(draft: Draft) -> None:
    """Look at every factor and every clip at six."""
    for node in draft.of("Mul"):
        _moved_sum(draft, node)
    for node in draft.of("Relu"):
        _moved_factor(draft, node)
    for node in draft.of("Relu", "Clip"):
        _moved_both(draft, node)


def _near(number: float | None, wanted: float) -> bool:
    return number is not None and abs(number - wanted) <= _TOLERANCE * wanted


def _moved_sum(draft: Draft, node: Draft.Node) -> None:
    """Relu6(x) / 6 is HardSigmoid(x - 3); the three went into the bias of what makes x."""
    factor = next((scalar(arg) for arg in node.inputs if isinstance(arg, Tensor)), None)
    relu = node.dynamic[0].node if len(node.dynamic) == 1 else None
    if relu is None or relu.op != "Relu" or relu.out.sole_user is not node:
        return
    if not _near(factor, 1 / 6) or not _near(relu.number("max"), 6.0):
        return
    value = relu.inputs[0]
    shape = None if value is None else value.shape
    three = Tensor("float32", (), (-3.0,))
    moved = draft.add("Add", [value, three], before=relu, origin=(relu,), shapes=(shape,))
    moved.via = {0: relu.via.get(0, ())}
    draft.fuse([relu, node], node.out, "HardSigmoid", [moved.out], {"alpha": 1 / 6})


def _moved_factor(draft: Draft, relu: Draft.Node) -> None:
    """Relu6(x + 3) is six times HardSigmoid(x); the six went into the weights that read it."""
    value = relu.inputs[0]
    if not _near(relu.number("max"), 6.0) or not isinstance(value, Value):
        return
    add = value.node
    three = next((scalar(arg) for arg in add.inputs if isinstance(arg, Tensor)), None)
    if add.op != "Add" or len(add.dynamic) != 1 or not _near(three, 3.0):
        return
    if add.out.sole_user is not relu or not _weighted(relu.out):
        return
    entry, via = add.dynamic[0], {0: add.via.get(0, ())}
    gate = relu.out.sole_user
    if gate is not None and gate.op == "Mul" and set(gate.dynamic) == {entry, relu.out}:
        draft.fuse([add, relu, gate], gate.out, "HardSwish", [entry], via=via)
    else:
        draft.fuse([add, relu], relu.out, "HardSigmoid", [entry], via=via)


def _moved_both(draft: Draft, clip: Draft.Node) -> None:
    """A clip at one, or at six, of what weighs the features that it was pooled from is a gate."""
    gate, top, value = clip.out.sole_user, clip.number("max"), clip.inputs[0]
    if gate is None or gate.op != "Mul" or not isinstance(value, Value):
        return
    if value.node.op not in _LINEAR or (clip.op == "Clip" and clip.number("min") != 0.0):
        return  # no weights that can hold the linear part, or no clip at zero
    features = [value for value in gate.dynamic if value is not clip.out]
    if len(features) != 1 or not _pooled(value, features[0]):
        return
    if _near(top, 1.0) or (_near(top, 6.0) and _weighted(clip.out)):
        draft.fuse([clip], clip.out, "HardSigmoid", [value], via=clip.via)


def _pooled(value: object, features: Value) -> bool:
    """Whether a value is made from the means of these features alone."""
    for _ in range(_NEAR):
        if not isinstance(value, Value) or len(value.node.dynamic) != 1:
            return False
        if value.node.op in ("GlobalAveragePool", "ReduceMean", "AveragePool"):
            return value.node.dynamic[0] is features
        if value.node.op not in _LINEAR and ops.kind(value.node.op) != "Activation":
            return False
        value = value.node.dynamic[0]
    return False


def _weighted(value: Value) -> bool:
    """Whether every reader has weights that can hold a factor, or hands it on to such."""
    seen, stack = {value}, [value]
    while stack:
        value = stack.pop()
        if not value.users or len(seen) > _NEAR:
            return False
        for user in value.users:
            if user.op in _SCALING:
                if user.out not in seen:
                    seen.add(user.out)
                    stack.append(user.out)
            elif user.op not in _WEIGHTED or not any(isinstance(a, Tensor) for a in user.inputs):
                return False
    return True
