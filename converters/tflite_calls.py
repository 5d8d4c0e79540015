"""What running the sub-graphs of a TensorFlow Lite file costs, before any is run."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.tflite_model import Network, Row
from genescan.errors import LimitExceeded, ModelError
from genescan.limits import Limits

RUNS: Mapping[str, int] = {
    "CALL": 1,
    "CALL_ONCE": 1,
    "IF": 2,
    "WHILE": 2,
    "STABLEHLO_WHILE": 2,
    "STABLEHLO_COMPOSITE": 1,
}
"""Operators in whose place sub-graphs are built, with how many each names."""


def measure(network: Network, limits: Limits) -> None:
    """Check that the sub-graphs end and are not too many once each call is built.

    Raises:
        ModelError: sub-graphs run each other in a circle.
        LimitExceeded: calls are nested too deeply, or amount to too many nodes.
    """
    sizes: dict[int, tuple[int, int]] = {}
    for entry in network.entries:
        _size(network, entry, limits, sizes)
    if sum(sizes[entry][0] for entry in network.entries) > limits.nodes:
        raise LimitExceeded(f"{limits.nodes} nodes with all sub-graphs in place")


def _called(network: Network, index: int) -> list[tuple[int, Row]]:
    """Sub-graphs built for the rows of one, a loop's condition twice: before it and inside."""
    return [
        (called, row)
        for row in network.blocks[index].rows
        if row.kind in RUNS
        for called in (*row.calls[:1] * row.kind.endswith("WHILE"), *row.calls)
    ]


def _size(network: Network, entry: int, limits: Limits, sizes: dict[int, tuple[int, int]]) -> None:
    """Nodes and nesting of a sub-graph and all below it, without recursion."""
    open_now: list[int] = []
    stack = [(entry, False)]
    while stack:
        index, finished = stack.pop()
        called = _called(network, index)
        if finished:
            open_now.pop()
            nodes = len(network.blocks[index].rows) + sum(sizes[inner][0] for inner, _ in called)
            depth = 1 + max((sizes[inner][1] for inner, _ in called), default=0)
            if depth > limits.depth:
                raise LimitExceeded(f"{limits.depth} levels of sub-graphs")
            sizes[index] = nodes, depth
        elif index not in sizes:
            open_now.append(index)
            if len(open_now) > limits.depth:
                raise LimitExceeded(f"{limits.depth} levels of sub-graphs")
            stack.append((index, True))
            busy = set(open_now)
            for inner, row in called:
                if inner in busy:
                    raise ModelError(f"sub-graph {inner} runs itself", place=row.place)
                if inner not in sizes:
                    stack.append((inner, False))
