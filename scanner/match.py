"""Find patterns in a graph: one witness for every anchor that has an embedding.

The number of embeddings can be exponential, the number of anchors cannot, and it does not
depend on any order. The quick search binds pattern nodes in the plan's order; an anchor that
costs it too much goes to `genescan.lookahead`; what that cannot settle either is *unknown*
(`Result.complete` is false), never a silent no.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from genescan.index import Index
from genescan.limits import DEFAULT, Limits
from genescan.lookahead import Lookahead
from genescan.pattern import Pattern
from genescan.plan import (
    CONSUMER,
    PRODUCER,
    Plan,
    Step,
    compile_plan,
    could_match,
)
from genescan.relations import Budget, Exhausted, Relations

_QUICK_SHARE = 20
"""The quick search gets one of so many parts of an anchor's states; honest anchors need few."""

_TOTAL = 10
"""Anchors' worth of states for all anchors of a pattern together, beyond the linear part."""

_PER_NODE = 16
"""States for each graph node, so that large honest graphs are never unknown."""

_SCAN = 10
"""Patterns' worth of states for all patterns on one graph; later ones get little."""

_LEAST = 10
"""Even then a pattern gets one of so many parts of an anchor's states."""

_TRAPS = 3
"""Anchors that may trap the quick search before it is no longer tried."""


class Match(NamedTuple):
    """One anchor and one embedding that proves it."""

    anchor: int
    """The graph node that is counted."""
    nodes: tuple[int, ...]
    """Graph nodes parallel to the nodes of the pattern (variant) that matched."""
    variant: int = 0
    """Which of the given variants matched; 0 where there was only one."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, by ascending anchor."""

    matches: tuple[Match, ...] = ()
    complete: bool = True
    """False: a budget ran out, and there may be more."""


def find(pattern: Pattern, index: Index, limits: Limits = DEFAULT) -> Result:
    """All anchors of `pattern`, with one witness each."""
    return find_variants((pattern,), index, limits)


def find_variants(patterns: Sequence[Pattern], index: Index, limits: Limits = DEFAULT) -> Result:
    """All anchors of a pattern given by its expansions, the preferred (largest) first.

    Each anchor is reported once, with the first variant that matches there. A variant that ran
    out of budget at an anchor does no harm if a later one matches it.
    """
    matches: dict[int, Match] = {}
    unknown: set[int] = set()
    budget = _budget(index, limits)
    for variant, pattern in enumerate(patterns):
        if not could_match(pattern, index):
            continue
        plan = compile_plan(pattern, index)
        if plan is None:
            continue
        search = _Search(plan, index, budget, limits.match_states)
        candidates = [v for v in anchors(plan, index) if v not in matches]
        for anchor, nodes in search.run(candidates):
            matches[anchor] = Match(anchor, nodes, variant)
        unknown |= search.unknown
    index.states += budget.spent
    ordered = tuple(matches[anchor] for anchor in sorted(matches))
    return Result(ordered, complete=unknown <= matches.keys())


def _budget(index: Index, limits: Limits) -> Budget:
    """What one pattern may spend: enough for honest graphs, minutes for no graph."""
    pattern = _TOTAL * limits.match_states + _PER_NODE * len(index)
    left = _SCAN * pattern - index.states
    return Budget(max(min(pattern, left), limits.match_states // _LEAST))


def anchors(plan: Plan, index: Index) -> list[int]:
    """Nodes that may be anchors, sought from a rarer pattern node where the plan says so."""
    found: Iterable[int] = index.nodes(plan.domains[plan.start])
    found = _allowed(plan, index, plan.start, found)
    for bond, reached in plan.trail:
        port = bond.port
        if bond.target == reached:
            near = {v for u in found for v in index.consumers[u]}
        elif port is not None:
            near = {index.sources[u][port] for u in found}
        else:
            near = {v for u in found for v in index.producers[u]}
        found = _allowed(plan, index, reached, near)
    return sorted(found)


def _allowed(plan: Plan, index: Index, variable: int, nodes: Iterable[int]) -> list[int]:
    labels, members = index.label_set(plan.domains[variable]), plan.members[variable]
    if members is not None:
        nodes = members.intersection(nodes)
    return [v for v in nodes if index.labels[v] in labels]


class _Search:
    """The search for one pattern: quick first, careful where that is not enough."""

    def __init__(self, plan: Plan, index: Index, budget: Budget, allowance: int) -> None:
        self._plan, self._index, self._budget = plan, index, budget
        self._allowance = allowance
        self._quick = _quick_search(plan, index, budget)
        self._careful: Lookahead | None = None
        self._trapped = 0
        self.unknown: set[int] = set()
        """Anchors that no budget was left for."""

    def run(self, candidates: Iterable[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Every anchor that has an embedding, with one."""
        for anchor in candidates:
            try:
                nodes = self._solve(anchor)
            except Exhausted:
                self.unknown.add(anchor)
            else:
                if nodes is not None:
                    yield anchor, nodes

    def _solve(self, anchor: int) -> tuple[int, ...] | None:
        variable = self._plan.outline.pattern.anchor
        if self._careful is not None and anchor not in self._careful.domains[variable]:
            return None
        if self._trapped < _TRAPS:
            self._budget.open(self._allowance // _QUICK_SHARE)
            try:
                return self._quick(anchor)
            except Exhausted:
                self._trapped += 1
        if self._careful is None:
            self._budget.open(self._budget.total // 2)
            self._careful = Lookahead(self._plan, self._index, self._budget)
        self._budget.open(self._allowance)
        return self._careful.solve(anchor)


_Hop: TypeAlias = "tuple[int, int, int, frozenset[int]]"
"""A step with one candidate and nothing to check but its label: variable, way, base, labels."""


def _segments(plan: Plan) -> list[tuple[tuple[_Hop, ...], Step | None]]:
    """The plan's steps, the runs of hops between real choices taken together."""
    segments: list[tuple[tuple[_Hop, ...], Step | None]] = []
    walk: list[_Hop] = []
    for step in plan.steps:
        if step.way >= 0 and step.plain and step.members is None:
            walk.append((step.variable, step.way, step.base, step.labels))
        else:
            segments.append((tuple(walk), step))
            walk = []
    return [*segments, (tuple(walk), None)]


def _quick_search(
    plan: Plan, index: Index, budget: Budget
) -> Callable[[int], tuple[int, ...] | None]:
    """A function from an anchor to an embedding or None; it may raise `Exhausted`.

    A closure, not a class: its inner loop runs some million times in a large scan.
    """
    segments, variable = _segments(plan), plan.outline.pattern.anchor
    sources, producers, consumers = index.sources, index.producers, index.consumers
    labels_of, everywhere = index.labels, range(len(index))
    relations = Relations(index, budget)
    bound = [-1] * len(plan.domains)

    def candidates(step: Step) -> Collection[int]:
        if step.way >= 0:
            return (sources[bound[step.base]][step.way],)
        if step.way == PRODUCER:
            return producers[bound[step.base]]
        if step.way == CONSUMER:
            return consumers[bound[step.base]]
        if step.bond is None:
            return everywhere
        number = bound[step.base]
        return relations.partners(step.bond, number, forward=step.bond.source == step.base)

    def fits(step: Step, number: int) -> bool:
        """Whether the node just bound, which has the right label, meets all other demands."""
        for other in step.apart:
            if bound[other] == number:
                return False
        for source, target, port in step.edges:
            if port is None:
                if bound[source] not in producers[bound[target]]:
                    return False
            elif sources[bound[target]][port] != bound[source]:
                return False
        return all(relations.hold(b, bound[b.source], bound[b.target]) for b in step.bonds)

    def extend(depth: int) -> bool:
        walk, step = segments[depth]
        for variable, way, base, labels in walk:
            number = sources[bound[base]][way]
            if labels_of[number] not in labels:
                return False
            bound[variable] = number
        if step is None:
            return True
        budget.left -= len(walk) + 1
        if budget.left < 0:
            raise Exhausted
        near, labels, members = candidates(step), step.labels, step.members
        variable, plain, depth = step.variable, step.plain, depth + 1
        for number in near:
            if labels_of[number] in labels and (members is None or number in members):
                bound[variable] = number
                if (plain or fits(step, number)) and extend(depth):
                    return True
            budget.left -= 1
        return False

    def solve(anchor: int) -> tuple[int, ...] | None:
        bound[variable] = anchor
        return tuple(bound) if extend(0) else None

    return solve
