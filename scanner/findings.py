"""What a signature finds in a graph: evidence for its condition, and the nodes it explains.

Searches are made when a condition first asks, and remembered, so that a component used by many
families is searched once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from genescan import chains, kleene, ops
from genescan.chains import Link, Match
from genescan.condition import Condition
from genescan.errors import NotationError
from genescan.expand import Feeds, Linked
from genescan.facts import Group, Ref, Route
from genescan.graph import Graph
from genescan.index import Index
from genescan.kleene import ABSENT, UNKNOWN, Truth, Value
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.match import find_variants
from genescan.signature import Signature

Verdict: TypeAlias = Literal["true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class Search:
    """All matches of one pattern, by ascending anchor."""

    matches: tuple[Match, ...] = ()
    complete: bool = True
    """False: the budget ran out, and there may be more."""

    @property
    def apart(self) -> tuple[Match, ...]:
        """Matches that share no node, taken greedily from the first anchor on."""
        used: set[int] = set()
        chosen: list[Match] = []
        for match in self.matches:
            if used.isdisjoint(match.order):
                used.update(match.order)
                chosen.append(match)
        return tuple(chosen)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one signature says about one graph."""

    signature: str
    """Its id."""
    truth: Verdict
    variant: str | None = None
    """The first variant whose condition is true; None when none is, or it is not known."""
    undecided: tuple[str, ...] = ()
    """Variants whose condition is unknown and that come before any true one."""
    reasons: tuple[str, ...] = ()
    """The comparisons that decided, such as `chain(basic) = 8 (needs >= 3)`."""
    searches: Mapping[str, Search] = field(default_factory=dict)
    """Matches by pattern, as the condition spells it."""
    covered: frozenset[int] = frozenset()
    """Nodes of all matches of the patterns that the condition speaks of."""


_NONE = Search()
_UNKNOWN = Search(complete=False)


class Context:
    """One graph under examination: what was searched and decided so far."""

    def __init__(self, library: Library, index: Index, limits: Limits = DEFAULT) -> None:
        self.library, self.index, self.limits = library, index, limits
        self._feeds = Feeds(index.op_edges)
        self._searches: dict[int, Search] = {}
        self._findings: dict[str, Finding] = {}

    @property
    def graph(self) -> Graph:
        """The graph itself."""
        return self.index.graph

    @cached_property
    def compute(self) -> frozenset[int]:
        """The nodes that do the work of the network."""
        working = {op for op in self.index.histogram if ops.computes(op)}
        return frozenset(i for i, node in enumerate(self.graph.nodes) if node.op in working)

    def search(self, linked: Linked) -> Search:
        """All matches of a pattern; one that cannot be expanded is unknown (a lint says why)."""
        found = self._searches.get(id(linked))  # the library keeps `linked` alive
        if found is None:
            try:
                found = self._search(linked) if self.possible(linked) else _NONE
            except NotationError:
                found = _UNKNOWN
            self._searches[id(linked)] = found
        return found

    def possible(self, linked: Linked) -> bool:
        """Whether the graph has the operators that every variant needs."""
        histogram = self.index.histogram
        return all(
            sum(histogram[op] for op in wanted if op in histogram) >= count
            for wanted, count in linked.required
        )

    def _search(self, linked: Linked) -> Search:
        variants = linked.within(self._feeds)
        patterns = [variant.pattern for variant in variants]
        result = find_variants(patterns, self.index, self.limits)
        matches: list[Match] = []
        for found in result.matches:
            variant, nodes = variants[found.variant], found.nodes
            matches.append(
                Match(
                    found.anchor,
                    {name: nodes[i] for name, i in variant.names.items()},
                    tuple(n for i, n in enumerate(nodes) if i not in variant.free),
                    None if variant.entry is None else nodes[variant.entry],
                )
            )
        return Search(tuple(matches), result.complete)

    def finding(self, signature: Signature) -> Finding:
        """What `signature` says about this graph, decided once."""
        found = self._findings.get(signature.id)
        if found is None:
            found = self._findings[signature.id] = _evaluate(signature, self)
        return found


class _Facts:
    """Answers the questions of one signature's conditions."""

    def __init__(self, signature: Signature, context: Context) -> None:
        self.signature, self.context = signature, context
        self.searches: dict[Ref, Search] = {}
        self._chains: dict[tuple[tuple[Group, ...], Route], tuple[Link, ...]] = {}

    def search(self, ref: Ref) -> Search:
        found = self.searches.get(ref)
        if found is None:
            linked = self.context.library.linked(self.signature, ref)
            found = self.searches[ref] = self.context.search(linked)
        return found

    def union(self, group: Group) -> Search:
        """The matches of several patterns; where they share an anchor, the first one's."""
        if len(group) == 1:
            return self.search(group[0])
        searches = [self.search(ref) for ref in group]
        merged: dict[int, Match] = {}
        for search in searches:
            for match in search.matches:
                merged.setdefault(match.anchor, match)
        complete = all(search.complete for search in searches)
        return Search(tuple(merged[anchor] for anchor in sorted(merged)), complete)

    def count(self, group: Group) -> Value:
        search = self.union(group)
        count = len(search.matches)
        return count if search.complete else kleene.at_least(count)

    def run(self, groups: Sequence[Group], route: Route) -> tuple[tuple[Link, ...], bool]:
        searches = [self.union(group) for group in groups]
        key = tuple(groups), route
        if key not in self._chains:
            matches = [search.matches for search in searches]
            self._chains[key] = chains.longest(matches, self.context.index, route)
        return self._chains[key], all(search.complete for search in searches)

    def chain(self, groups: Sequence[Group], route: Route) -> Value:
        links, complete = self.run(groups, route)
        rounds = len(links) // len(groups)
        return rounds if complete else kleene.at_least(rounds)

    def stages(self, groups: Sequence[Group], route: Route) -> Value:
        merged = tuple(ref for group in groups for ref in group)
        links, complete = self.run((merged,), route)
        runs = chains.stages(links, self.context.index) if complete else None
        return UNKNOWN if runs is None else runs

    def covers(self, group: Group) -> Value:
        search = self.union(group)
        everything = self.context.compute
        inside = {number for match in search.matches for number in match.order}
        share = len(everything & inside) / len(everything) if everything else 0.0
        return share if search.complete else kleene.Span(share, 1.0)

    def shape(self, ref: Ref, node: str) -> Value:
        search = self.search(ref)
        numbers = [match.bound[node] for match in search.matches[:1] if node in match.bound]
        if not numbers:
            return ABSENT if search.complete else UNKNOWN
        tensor = chains.weight(self.context.graph.nodes[numbers[0]])
        if tensor is None:
            return ABSENT
        if tensor.shape is None:
            return UNKNOWN
        return tuple(UNKNOWN if size is None else size for size in tensor.shape)

    def operators(self, wanted: frozenset[str]) -> Value:
        histogram = self.context.index.histogram
        return sum(histogram[op] for op in wanted if op in histogram)

    def inputs(self, rank: int | None) -> Value:
        graph = self.context.graph
        shapes = [graph.nodes[number].attrs.get("shape") for number in graph.inputs]
        if rank is None:
            return len(shapes)
        known = [len(shape) for shape in shapes if isinstance(shape, tuple)]
        certain = known.count(rank)
        open_ones = len(shapes) - len(known)
        return kleene.Span(certain, certain + open_ones) if open_ones else certain

    def outputs(self) -> Value:
        return len(self.context.graph.outputs)

    def holds(self, alias: str) -> Truth:
        return self.found(self.signature.uses[alias])

    def found(self, signature: str) -> Truth:
        other = self.context.library.signatures[signature]
        return _TRUTH[self.context.finding(other).truth]


_VERDICT: Mapping[Truth, Verdict] = {True: "true", False: "false", None: "unknown"}
_TRUTH: Mapping[Verdict, Truth] = {word: truth for truth, word in _VERDICT.items()}


def evaluate(signature: Signature, context: Context) -> Finding:
    """What `signature` says about the graph of `context`; asked twice, computed once."""
    return context.finding(signature)


def _evaluate(signature: Signature, context: Context) -> Finding:
    facts = _Facts(signature, context)
    truth, reasons = signature.condition(facts)
    variant: str | None = None
    undecided: tuple[str, ...] = ()
    if truth:
        variant, undecided = _variant(signature.variants, facts)
    if truth is not False:
        for ref in signature.condition.refs:
            if _has_pattern(signature, ref, context.library):
                facts.search(ref)
    searches = {str(ref): facts.searches[ref] for ref in sorted(facts.searches)}
    covered = _nodes(facts.searches[r] for r in signature.condition.refs if r in facts.searches)
    return Finding(signature.id, _VERDICT[truth], variant, undecided, reasons, searches, covered)


def _variant(
    variants: Iterable[tuple[str, Condition]], facts: _Facts
) -> tuple[str | None, tuple[str, ...]]:
    """The first true variant, if none before it is unknown, and the unknown ones."""
    undecided: list[str] = []
    for name, condition in variants:
        truth = condition(facts).truth
        if truth:
            return (None if undecided else name), tuple(undecided)
        if truth is None:
            undecided.append(name)
    return None, tuple(undecided)


def _has_pattern(signature: Signature, ref: Ref, library: Library) -> bool:
    return not ref.alias or bool(library.signatures[signature.uses[ref.alias]].patterns)


def _nodes(searches: Iterable[Search]) -> frozenset[int]:
    found: set[int] = set()
    for search in searches:
        for match in search.matches:
            found.update(match.order)
    return frozenset(found)
