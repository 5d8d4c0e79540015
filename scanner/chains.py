"""Chains of matches: which match feeds which, and how a long chain falls into stages.

It sees matches and a graph's edges only; it does not search for patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genescan.facts import Route
from genescan.graph import Node, Tensor
from genescan.index import Index

MAX_GLUE = 256
"""Glue nodes visited for one link; honest models have a handful between blocks."""


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a pattern was found."""

    anchor: int
    """The node that is counted."""
    bound: Mapping[str, int]
    """Graph node of every variable."""
    order: tuple[int, ...]
    """Graph nodes in the order of the pattern, free variables left out."""
    entry: int | None
    """The node that feeds it, by its first free variable."""

    @property
    def nodes(self) -> frozenset[int]:
        """Graph nodes that it explains."""
        return frozenset(self.order)


@dataclass(frozen=True, slots=True)
class Link:
    """A match in a chain and the glue nodes between its predecessor and itself."""

    match: Match
    glue: tuple[int, ...] = ()


def _reach(entry: int, index: Index, route: Route) -> dict[int, tuple[int, ...]]:
    """Nodes that feed `entry` through glue (itself included), with the glue in between."""
    found: dict[int, tuple[int, ...]] = {entry: ()}
    frontier = [entry]
    for _ in range(route.at_most):
        following: list[int] = []
        for number in frontier:
            if index.graph.nodes[number].op not in route.through:
                continue
            for producer in index.producers[number]:
                if producer not in found and len(found) < MAX_GLUE:
                    found[producer] = (*found[number], number)
                    following.append(producer)
        frontier = following
    return found


def longest(groups: Sequence[Sequence[Match]], index: Index, route: Route) -> tuple[Link, ...]:
    """The longest run of matches, each fed by the one before, taking the groups in turn.

    Time is linear in the matches: they are met in topological order of their anchors, and each
    looks back over a bounded number of nodes.
    """
    ordered = sorted(
        ((match.anchor, group, match) for group, members in enumerate(groups) for match in members),
        key=lambda item: item[:2],
    )
    best: dict[tuple[int, int], tuple[int, Link, tuple[int, int] | None]] = {}
    reached: dict[int, dict[int, tuple[int, ...]]] = {}
    last: tuple[int, int] | None = None
    for anchor, group, match in ordered:
        length, link, before = 1, Link(match), None
        if match.entry is not None:
            if match.entry not in reached:
                reached[match.entry] = _reach(match.entry, index, route)
            for source, glue in reached[match.entry].items():
                key = ((group - 1) % len(groups), source)
                if source < anchor and key in best and best[key][0] + 1 > length:
                    length, link, before = best[key][0] + 1, Link(match, glue), key
        best[group, anchor] = length, link, before
        if last is None or length > best[last][0]:
            last = group, anchor
    chain: list[Link] = []
    while last is not None:
        _, link, last = best[last]
        chain.append(link)
    return tuple(reversed(chain))


def weight(node: Node) -> Tensor | None:
    """The constant operand with the most elements; the first of unknown size if none is known."""
    tensors = [operand for operand in node.inputs if isinstance(operand, Tensor)]
    return max(tensors, key=_elements, default=None)


def _elements(tensor: Tensor) -> int:
    count = 1
    for size in tensor.shape or (0,):
        count *= size if size is not None else 1
    return count


def channels(match: Match, index: Index) -> int | None:
    """Output channels of the last contraction with weights in a match.

    0 when it has none, None when the weight's shape is unknown.
    """
    for number in reversed(match.order):
        node = index.graph.nodes[number]
        axis = _OUTPUT_AXIS.get(node.op)
        tensor = weight(node) if axis is not None else None
        if axis is not None and tensor is not None:
            shape = tensor.shape
            return shape[axis] if shape and -len(shape) <= axis < len(shape) else None
    return 0


_OUTPUT_AXIS: Mapping[str, int] = {
    "Conv": 0,
    "DeformConv": 0,
    "ConvTranspose": 1,
    "Linear": 0,
    "MatMul": -1,
    "Gemm": -1,
}
"""Which axis of the weight counts output channels."""


def strided(numbers: Sequence[int], index: Index) -> bool:
    """Whether any of the nodes steps over positions."""
    for number in numbers:
        strides = index.graph.nodes[number].attrs.get("strides")
        if isinstance(strides, tuple) and any(step != 1 for step in strides):
            return True
    return False


def stages(chain: Sequence[Link], index: Index) -> tuple[int, ...] | None:
    """Run lengths of a chain, cut before a match that strides or has other output channels.

    None when channels are unknown.
    """
    runs: list[int] = []
    previous: int | None = None
    for link in chain:
        width = channels(link.match, index)
        if width is None:
            return None
        cut = width != previous or strided((*link.glue, *link.match.order), index)
        if not runs or cut:
            runs.append(0)
        runs[-1] += 1
        previous = width
    return tuple(runs)
