"""Drop guards that change nothing on valid data.

A NaN guard on a softmax (`Where(IsNaN(p), 0, p)`: fully masked rows) and the wrap of negative
indices (`Where(i < 0, i + n, i)`).

Before:
    p = Softmax(x)
    y = Where(IsNaN(p), 0.0, p)

After:
    y = Softmax(x)
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value


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
            if plain and _wrapped(node.inputs[3 - plain[0]], index):
                draft.bypass(node, "guard", plain[0])


def _wrapped(arg: Arg, index: Value) -> bool:
    return isinstance(arg, Value) and arg.node.op == "Add" and arg.node.dynamic == [index]
