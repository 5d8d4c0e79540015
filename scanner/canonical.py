"""Raw graph to canonical graph: run the passes, check after each, number the nodes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from genescan import verify
from genescan.collector import paused
from genescan.digest import identify
from genescan.draft import Draft
from genescan.errors import LimitExceeded, PassError
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits
from genescan.passes import PIPELINE, Pass


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical graph with the books of how it came about."""

    graph: Graph
    """The core view: what computes, with movement on the edges."""
    digest: str
    """Identity of the architecture."""
    sized_digest: str
    """Identity of the architecture with the shapes of its parameters."""
    incidents: tuple[str, ...] = ()
    """What was lost without a reason; any entry makes a verdict partial."""
    drops: tuple[tuple[str, str], ...] = ()
    """Source nodes that have no place in the graph, with the reason."""


_MALFORMED = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, StopIteration)
"""What a rule runs into where a file's node has not the operands that its operator demands."""

CORE = PIPELINE
"""What computes, with movement on the edges: the view that signatures match."""
FULL = PIPELINE[: [step.name for step in PIPELINE].index("contract_movement")]
"""As CORE up to the contraction: constants folded, kernels split, movement still there."""


_LARGE = 20_000
"""Nodes up to which the way from inputs to outputs is walked after every pass."""


def _watch(draft: Draft, inputs: frozenset[str], step: str, incidents: list[str]) -> frozenset[str]:
    """Note inputs that reached an output, no longer do, and were not cut on purpose."""
    reached = verify.reached_inputs(draft)
    lost = sorted(inputs - reached - draft.cut_inputs.keys())
    incidents += [f"{step}: input {name} was cut off" for name in lost]
    return reached


def canonicalise(
    graph: Graph, limits: Limits = DEFAULT, passes: Sequence[Pass] = CORE
) -> Canonical:
    """Run the passes over a graph as a reader made it.

    Raises `LimitExceeded` when the time is up or sub-graphs inline to too many nodes, and
    `PassError` when a pass leaves an inconsistent draft or fails on a malformed node.
    """
    deadline = time.monotonic() + limits.seconds
    with paused():
        draft = Draft(graph)
        incidents: list[str] = []
        inputs = verify.reached_inputs(draft)
        for step in passes:
            if time.monotonic() > deadline:
                raise LimitExceeded(f"{limits.seconds:g} seconds", place=f"pass {step.name}")
            edits = draft.edits
            try:
                step.run(draft)
            except _MALFORMED as error:
                raise PassError(f"{step.name}: {type(error).__name__}: {error}") from error
            if draft.edits == edits:
                continue
            verify.locally_consistent(draft)
            incidents += [f"{step.name}: {name} was lost" for name in draft.losses]
            draft.losses.clear()
            if draft.size <= _LARGE:  # of larger graphs the end alone tells, not which pass
                inputs = _watch(draft, inputs, step.name, incidents)
        _watch(draft, inputs, "all passes", incidents)
        verify.consistent(draft)
        left = verify.dangling(draft) if passes else ()  # a raw view keeps what the source left
        incidents += [f"{name} no longer reaches an output" for name in left]
        drops = tuple((draft.names[i], reason) for i, reason in draft.drops.items())
        identity = identify(draft.freeze())
        return Canonical(*identity, tuple(incidents), drops)
