"""Whether every constraint of a signature is needed: the mutation check.

A mutant is the signature with one constraint loosened: any operator, an attribute or operand that
is not asked for, a clause of the condition dropped. A constraint is *needed* when some near miss,
stored or derived, is refused by the signature and accepted by the mutant. A constraint of a pattern
is needed too when a near miss costs the pattern a match that the mutant finds again: two patterns
of a condition may say the same (a block, and the block behind the embedding), and each is tight.
One that nothing needs is a constraint that nobody can break, or an example that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from genescan.expand import Linked
from genescan.facts import Ref
from genescan.findings import Context
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.mutants import Mutant, binding, mutants
from genescan.near_misses import Miss, derive, examples, holds, in_one_round, stored
from genescan.signature import Signature


@dataclass(frozen=True, slots=True)
class Mutation:
    """What the mutation check says of a signature."""

    unneeded: tuple[str, ...]
    """Constraints that no near miss needs, its own tests and derived ones together."""
    unshown: tuple[str, ...]
    """Patterns that occur in no example: nothing can be said of their constraints."""


def check(signature: Signature, library: Library, limits: Limits = DEFAULT) -> Mutation:
    """Loosen each constraint and ask whether a near miss notices."""
    misses = derive(signature, library, limits)
    refused = [Index(miss.graph) for miss in misses if not miss.accepted]
    shown_in = [Index(graph) for _, graph in examples(signature)]
    kept = [*shown_in, *(Index(miss.graph) for miss in misses if miss.accepted)]
    alone = (Index(g) for _, graph in examples(signature) for g in in_one_round(graph))
    refused += [index for index in alone if not holds(signature, library, index, limits)]
    graphs = [*(Index(graph) for graph in stored(signature)), *refused]
    shown = _shown(signature, library, shown_in, limits)
    places = _Places(signature, library, misses, limits)

    def accepts(mutant: Signature, indices: Sequence[Index]) -> Iterator[bool]:
        changed = _exchanged(library, mutant)
        return (holds(mutant, changed, index, limits) for index in indices)

    def needed(mutant: Mutant) -> bool:
        if mutant.pattern and places.regained(mutant):
            return True
        if mutant.probe is not None and all(accepts(mutant.probe, shown_in)):
            return True  # an alternative that no example takes
        # a mutant that refuses what was accepted asks for more, not less: a chain without links
        if any(accepts(mutant.signature, graphs)):
            return True
        return not all(accepts(mutant.signature, kept))

    left = [mutant.what for mutant in mutants(signature, shown) if not needed(mutant)]
    asked = {ref.pattern or signature.main for ref in binding(signature) if not ref.alias}
    return Mutation(tuple(left), tuple(sorted(asked - shown)))


def _shown(
    signature: Signature, library: Library, indices: Sequence[Index], limits: Limits
) -> set[str]:
    """The patterns that occur in some example."""
    found: set[str] = set()
    for index in indices:
        context = Context(library, index, limits)
        for name in signature.patterns:
            if context.search(library.linked(signature, Ref("", name))).matches:
                found.add(name)
    return found


class _Places:
    """Where the patterns of a signature occur in its examples, and no longer in their changes."""

    def __init__(
        self, signature: Signature, library: Library, misses: Sequence[Miss], limits: Limits
    ) -> None:
        self.signature, self.library, self.limits = signature, library, limits
        self.changes: list[tuple[Context, list[Context]]] = []
        self.kept: list[Linked] = []  # a context knows searches by identity
        for example, graph in examples(signature):
            derived = [miss.graph for miss in misses if miss.example == example.name]
            graphs = (*derived, *in_one_round(graph))
            same = [self.context(other) for other in graphs if len(other) >= len(graph)]
            self.changes.append((self.context(graph), same))

    def context(self, graph: Graph) -> Context:
        """What is known of a graph."""
        return Context(self.library, Index(graph), self.limits)

    def regained(self, mutant: Mutant) -> bool:
        """Whether a change costs the pattern a match that the mutant's pattern finds again."""
        ref = Ref("", mutant.pattern)
        linked = self.library.linked(self.signature, ref)
        loose = _exchanged(self.library, mutant.signature).linked(mutant.signature, ref)
        self.kept.append(loose)
        for before, changed in self.changes:
            anchors = _anchors(before, linked)
            for after in changed:
                lost = anchors - _anchors(after, linked)
                if lost and lost & _anchors(after, loose):
                    return True
        return False


def _anchors(context: Context, linked: Linked) -> set[int]:
    """The nodes that a pattern is counted by."""
    return {match.anchor for match in context.search(linked).matches}


def _exchanged(library: Library, mutant: Signature) -> Library:
    """The library with a mutant in the place of its original."""
    linked = {key: value for key, value in library._linked.items() if key[0] != mutant.id}
    return replace(library, signatures={**library.signatures, mutant.id: mutant}, _linked=linked)
