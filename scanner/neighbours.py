"""Known families that are built like a draft, as far as the examples of their signatures show.

A block by itself may be that of a whole tribe of families. The library has an example of each, so
who else has the block can be asked there, and the draft can say whom it does not mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """The families of a library, seen from models of a new one."""

    library: Library
    graphs: Sequence[Graph]
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

    @cached_property
    def claims(self) -> tuple[dict[str, frozenset[int]], ...]:
        """For each model, the families that claim it, with the nodes they explain."""
        found = []
        for graph in self.graphs:
            context = Context(self.library, Index(graph), self.limits)
            findings = [context.finding(s) for s in self.library if s.level == "family"]
            held = (each for each in findings if each.truth == "true")
            found.append({each.signature: each.covered & context.compute for each in held})
        return tuple(found)

    def explained(self) -> tuple[frozenset[int], ...]:
        """The nodes of each model that specific families explain; empty where one has none."""
        found = tuple(
            frozenset[int]().union(
                *(n for name, n in held.items() if not self.library.signatures[name].fallback)
            )
            for held in self.claims
        )
        return found if all(found) else ()

    def alike(
        self, patterns: Sequence[Pattern], kinds: Iterable[Sequence[str]], share: float
    ) -> tuple[str, ...]:
        """Families with as much of these patterns, attributes aside, that claim no model.

        Args:
            patterns: What a draft looks for.
            kinds: Names of patterns one of which has to occur.
            share: How much of a graph it has to explain.
        """
        wanted = [set(kind) for kind in kinds]
        names = " | ".join(pattern.name for pattern in patterns)
        text = source(patterns, f"count({names}) >= 0", plain=True)
        alone, drafted = Library().plus(text)
        found = set()
        for name, index in self.examples:
            context = Context(alone, index, self.limits)
            finding = context.finding(drafted)
            held = {name for name, search in finding.searches.items() if search.matches}
            if not all(kind & held for kind in wanted):
                continue
            covered = finding.covered & context.compute
            if len(covered) >= max(_LEAST, _CLOSE * share) * max(1, len(context.compute)):
                found.add(name)
        return tuple(sorted(found.difference(*self.claims)))
