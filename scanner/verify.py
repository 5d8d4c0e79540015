"""Invariants of a graph under rewriting, run after the reader and after every pass.

They guard against silent loss: a pass that miswires one operand can disconnect half a network,
and the sweep of dead nodes would then remove it without a word. A broken invariant is either a
`PassError` (the draft is inconsistent) or an incident (something left without a reason), which
makes the verdict partial.
"""

from __future__ import annotations

from collections import Counter

from genescan import ops
from genescan.draft import Draft, Value
from genescan.errors import PassError


def _reached(draft: Draft) -> set[Draft.Node]:
    """Nodes from which some output is reached."""
    seen: set[Draft.Node] = set()
    stack = [arg.node for arg in draft.outputs if isinstance(arg, Value)]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(value.node for value in node.inputs if isinstance(value, Value))
    return seen


def reached_inputs(draft: Draft) -> frozenset[str]:
    """Names of the graph inputs from which some output is reached."""
    return frozenset(
        draft.names[next(iter(node.origin))]
        for node in _reached(draft)
        if node.op == "Input" and node.origin
    )


def dangling(draft: Draft) -> list[str]:
    """Names of compute nodes from which no output is reached any more."""
    reached = _reached(draft)
    return sorted(
        draft.names[min(node.origin)]
        for node in draft
        if node not in reached and ops.computes(node.op) and node.origin
    )


def locally_consistent(draft: Draft) -> None:
    """What was rewired agrees with the use-lists of what it reads, else `PassError`.

    Looks at `Draft.touched` only, so that it can run after every pass of a large graph.
    """
    for node in draft.touched:
        if not node.alive:
            continue
        for value, count in Counter(node.dynamic).items():
            if not value.node.alive:
                raise PassError(f"{node.op} reads {value.node.op}, which is gone")
            if value.users.get(node) != count:
                raise PassError(f"use-list of {value.node.op} is wrong for {node.op}")
    draft.touched.clear()


def consistent(draft: Draft) -> None:
    """Use-lists agree with operands and operands stand before their readers, else `PassError`."""
    placed: set[Draft.Node] = set()
    uses: dict[Value, int] = {}
    for node in draft:
        for value in node.inputs:
            if isinstance(value, Value):
                if value.node not in placed:
                    raise PassError(f"{node.op} reads {value.node.op} before it is computed")
                uses[value] = uses.get(value, 0) + 1
        placed.add(node)
    for node in placed:
        for value in node.outputs:
            if sum(value.users.values()) != uses.get(value, 0):
                raise PassError(f"use-list of {node.op} is wrong")
    for arg in draft.outputs:
        if isinstance(arg, Value) and arg.node not in placed:
            raise PassError(f"an output reads {arg.node.op}, which is gone")
