"""Known families that are built like a draft, as far as the examples of their signatures show.

A block by itself may be that of a whole tribe of families. The library has an example of each, so
who else has the block can be asked there, and the draft can say whom it does not mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from genescan import selftest
from genescan.findings import Context
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.limits import Limits
from genescan.sketch import Pattern, source

_CLOSE = 0.8
"""Of the share that a draft asks for: an example has no stem and no head."""
_LEAST = 0.05


@dataclass(frozen=True)
class Neighbours:
    """The families of a library."""

    library: Library
    limits: Limits

    @cached_property
    def examples(self) -> tuple[tuple[str, Index], ...]:
        """Every example of every family."""
        return tuple(
            (signature.id, Index(selftest.graph(example)))
            for signature in self.library
            if signature.level == "family"
            for example in signature.match
        )

    def alike(
        self, patterns: Sequence[Pattern], share: float, graphs: Sequence[Graph]
    ) -> tuple[str, ...]:
        """Families with as much of these patterns, attributes aside, that are none of `graphs`.

        Args:
            patterns: What a draft looks for.
            share: How much of a graph it has to explain.
            graphs: Models of the family that is drafted; a family that claims one is a relative.
        """
        names = " | ".join(pattern.name for pattern in patterns)
        text = source(patterns, f"count({names}) >= 0", plain=True)
        alone, drafted = Library().plus(text)
        found = set()
        for name, index in self.examples:
            context = Context(alone, index, self.limits)
            covered = context.finding(drafted).covered & context.compute
            if len(covered) >= max(_LEAST, _CLOSE * share) * max(1, len(context.compute)):
                found.add(name)
        own = [Context(self.library, Index(graph), self.limits) for graph in graphs]
        claims = {
            name
            for name in found
            if any(each.finding(self.library.signatures[name]).truth == "true" for each in own)
        }
        return tuple(sorted(found - claims))
