"""What conditions may ask about a graph, and how they name patterns; no answers here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from genescan.kleene import Truth, Value


class Ref(NamedTuple):
    """A pattern that a condition speaks of: an own one, or one of a component."""

    alias: str = ""
    """The component; empty for an own pattern."""
    pattern: str = ""
    """Empty for the main pattern of the component."""

    def __str__(self) -> str:
        return ".".join(part for part in self if part)


Group: TypeAlias = "tuple[Ref, ...]"
"""Patterns that may stand for one another, written `a | b`."""


class Route(NamedTuple):
    """What may lie between one match of a chain and the next."""

    through: frozenset[str] = frozenset()
    at_most: int = 0


class Facts(Protocol):
    """What a condition may ask about a graph."""

    def count(self, group: Group) -> Value:
        """How many nodes are anchors of a match."""

    def chain(self, groups: Sequence[Group], route: Route) -> Value:
        """The longest run of matches that feed one another, taking the groups in turn."""

    def stages(self, groups: Sequence[Group], route: Route) -> Value:
        """Run lengths of the longest chain, cut where channels change or a stride acts."""

    def covers(self, group: Group) -> Value:
        """The share of compute nodes that lie in some match, 0 to 1."""

    def shape(self, ref: Ref, node: str) -> Value:
        """The shape of the largest weight of a node in the first match."""

    def operators(self, ops: frozenset[str]) -> Value:
        """How many nodes have one of these operators."""

    def inputs(self, rank: int | None) -> Value:
        """How many graph inputs there are, of a rank if one is given."""

    def outputs(self) -> Value:
        """How many graph outputs there are."""

    def holds(self, alias: str) -> Truth:
        """Whether the condition of a component is true."""

    def found(self, signature: str) -> Truth:
        """Whether the condition of any other signature is true."""
