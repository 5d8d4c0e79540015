"""Fold zero padding into the windows that read it.

Exporters write the padding of a convolution as an attribute or as a Pad of its own.

Before:
    y = Conv(Pad(x, mode="constant"), w[8, 3, 3, 3], kernel_shape=[3, 3])

After:
    y = Conv(x, w[8, 3, 3, 3], kernel_shape=[3, 3])
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar

_WINDOWS = frozenset({"Conv", "AveragePool"})


def run(draft: Draft) -> None:
    """Bypass every constant-zero Pad whose readers all slide a window."""
    for node in draft.of("Pad"):
        value = node.arg(2)
        zero = value is None or (isinstance(value, Tensor) and scalar(value) in (0.0, None))
        constant = node.attrs.get("mode", "constant") == "constant"
        users = node.out.users
        if not zero or not constant or not users or node.out.outputs:
            continue
        if all(_absorbs(user, node) for user in users):
            draft.bypass(node, "padding")


def _absorbs(user: Draft.Node, node: Draft.Node) -> bool:
    if user.op in _WINDOWS:
        return user.inputs[0] is node.out
    source = node.inputs[0]
    # a maximum ignores zeros only where nothing is negative
    return user.op == "MaxPool" and isinstance(source, Value) and _non_negative(source)


def _non_negative(value: Value) -> bool:
    return value.node.op in ("Relu", "Sigmoid", "Softmax", "Input")
