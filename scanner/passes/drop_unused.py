"""Drop nodes from which no output is reached; runs first, while the source is still as written.

Later passes must name an heir or a reason for every compute node that goes; only what the
source itself left dangling may go without one.

Before:
    a = Relu(x)
    b = Tanh(x)
    Output(a)

After:
    a = Relu(x)
    Output(a)
"""

from __future__ import annotations

from genescan.draft import Draft, Value


def run(draft: Draft) -> None:
    """Remove what no output reads, users before producers."""
    reached = set()
    stack = [arg.node for arg in draft.outputs if isinstance(arg, Value)]
    while stack:
        node = stack.pop()
        if node not in reached:
            reached.add(node)
            stack.extend(value.node for value in node.dynamic)
    for node in reversed(list(draft)):
        if node not in reached and node.op != "Input":
            draft.remove(node, "unused in the source")
