"""How to search one pattern in one graph: prefilter, domains, where to start, in which order.

Everything here costs time in the number of labels, not of nodes: see `genescan.index`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from genescan.index import Index
from genescan.outline import Bond, Outline, outline
from genescan.pattern import Pattern

PRODUCER, CONSUMER, BONDED, ANYWHERE = -1, -2, -3, -4
"""How a step finds its candidates; a number from 0 on is the operand position to follow."""

_DETOUR = 2
"""Anchors are sought from another pattern node when it is rarer by this factor."""

_PATH_COST = 8.0
_FREE_COST = 1e9
_CHECK_GAIN = 0.3
"""Branching that one more check is worth when the order is chosen."""


class Step(NamedTuple):
    """Binds one more pattern node; a tuple, because the search unpacks it in its inner loop."""

    variable: int
    """The pattern node that it binds."""
    way: int
    """Operand position of `base` to follow, or PRODUCER, CONSUMER, BONDED, ANYWHERE."""
    base: int
    """The bound pattern node that the candidates hang on."""
    labels: frozenset[int]
    members: frozenset[int] | None
    """Labels that a candidate may have, and if not None the nodes that it may be."""
    plain: bool
    """Whether nothing below is left to check."""
    bond: Bond | None
    """What ties `variable` to `base`."""
    apart: tuple[int, ...]
    """Bound pattern nodes that might be the same graph node."""
    edges: tuple[tuple[int, int, int | None], ...]
    """(source, target, port or None) of plain operand edges to check."""
    bonds: tuple[Bond, ...]
    """Everything else to check."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A search that may succeed; lists are by pattern node."""

    outline: Outline
    domains: tuple[int, ...]
    """Labels that each pattern node may have."""
    members: tuple[frozenset[int] | None, ...]
    """Nodes that it may stand for, where labels do not say it all."""
    counts: tuple[int, ...]
    """How many graph nodes each pattern node may stand for."""
    steps: tuple[Step, ...]
    """How to bind all others once the anchor is bound."""
    start: int
    """The pattern node from which anchors are sought: the anchor, or a much rarer one."""
    trail: tuple[tuple[Bond, int], ...]
    """The way from `start` to the anchor: bonds, and the node that each one reaches."""


def could_match(pattern: Pattern, index: Index) -> bool:
    """Whether the operators alone allow a match: cheap, and never wrong when it says no."""
    facts = outline(pattern)
    if facts.circular or not (facts.required_ops <= index.ops and facts.op_edges <= index.op_edges):
        return False
    histogram = index.histogram
    for ops, needed in facts.op_counts:
        if sum([histogram[op] for op in ops if op in histogram]) < needed:
            return False
    return len(pattern.nodes) <= len(index)


def compile_plan(pattern: Pattern, index: Index) -> Plan | None:
    """Plan the search for `pattern`; None when the labels already rule every match out."""
    facts = outline(pattern)
    domains: list[int] = []
    members: list[frozenset[int] | None] = []
    for node, ports, edges in zip(pattern.nodes, facts.ports, facts.edges, strict=True):
        mask = index.mask(node, ports, edges)
        narrowed = index.members(node, mask) if mask else None
        if narrowed is not None:
            mask = narrowed[1]
        if not mask:
            return None
        domains.append(mask)
        members.append(None if narrowed is None else narrowed[0])
    if index.has_label_adjacency and not _make_consistent(domains, facts, index):
        return None
    counts = [
        index.size(mask) if known is None else min(len(known), index.size(mask))
        for mask, known in zip(domains, members, strict=True)
    ]
    order = _order(facts, index, domains, counts)
    steps = _steps(facts, index, order, domains, members)
    trail = _trail(facts, counts)
    start = _other_end(*trail[0]) if trail else pattern.anchor
    return Plan(facts, tuple(domains), tuple(members), tuple(counts), steps, start, trail)


def _other_end(bond: Bond, node: int) -> int:
    return bond.source if bond.target == node else bond.target


def _trail(facts: Outline, counts: list[int]) -> tuple[tuple[Bond, int], ...]:
    """The shortest way along edges to the anchor from the rarest node, if that is worth it."""
    anchor = facts.pattern.anchor
    towards: dict[int, tuple[Bond, int] | None] = {anchor: None}
    queue = [anchor]
    for node in queue:
        for bond in map(facts.bonds.__getitem__, facts.touching[node]):
            other = _other_end(bond, node)
            if bond.path is None and other not in towards:
                towards[other] = bond, node
                queue.append(other)
    rarest = min(queue, key=counts.__getitem__)
    if counts[rarest] * _DETOUR >= counts[anchor]:
        return ()
    trail = []
    hop = towards[rarest]
    while hop is not None:
        trail.append(hop)
        hop = towards[hop[1]]
    return tuple(trail)


def _make_consistent(domains: list[int], facts: Outline, index: Index) -> bool:
    """Drop labels without a fitting neighbour until none is left to drop; False: no match."""
    links = [(b.source, b.target) for b in facts.bonds if b.path is None]
    after, before = index.after, index.before
    changed = set(range(len(domains)))
    while changed:
        pending, changed = changed, set()
        for source, target in links:
            if source not in pending and target not in pending:
                continue
            first, second = domains[source], domains[target]
            narrow = second & after(first)
            if narrow != second:
                domains[target] = narrow
                changed.add(target)
            wide = first & before(narrow)
            if wide != first:
                domains[source] = wide
                changed.add(source)
            if not narrow or not wide:
                return False
    return True


class _Way(NamedTuple):
    """A way to reach an unbound pattern node."""

    cost: float
    size: int
    variable: int
    way: int
    base: int
    bond: Bond | None


def _order(facts: Outline, index: Index, domains: list[int], counts: list[int]) -> list[_Way]:
    """The order in which to bind the nodes: the anchor, then always the surest next one."""
    bound = {facts.pattern.anchor}
    best: dict[int, _Way] = {}
    checks = dict.fromkeys(range(len(domains)), 0)
    order: list[_Way] = []

    def reach_from(base: int) -> None:
        for bond in map(facts.bonds.__getitem__, facts.touching[base]):
            variable = bond.target if bond.source == base else bond.source
            if variable in bound:
                continue
            way, cost = _approach(bond, base, index, domains)
            known = best.get(variable)
            if known is not None:
                checks[variable] += 1
            if known is None or cost < known.cost:
                best[variable] = _Way(cost, counts[variable], variable, way, base, bond)

    reach_from(facts.pattern.anchor)
    while len(bound) < len(domains):
        if best:
            chosen = min(
                best.values(),
                key=lambda w: (w.cost - _CHECK_GAIN * checks[w.variable], w.size, w.variable),
            )
            del best[chosen.variable]
        else:
            loose = min((i for i in range(len(domains)) if i not in bound), key=counts.__getitem__)
            chosen = _Way(_FREE_COST, counts[loose], loose, ANYWHERE, facts.pattern.anchor, None)
        order.append(chosen)
        bound.add(chosen.variable)
        reach_from(chosen.variable)
    return order


def _approach(bond: Bond, base: int, index: Index, domains: list[int]) -> tuple[int, float]:
    """The way along `bond` from `base`, and how many candidates to expect."""
    if bond.path is not None:
        return BONDED, _PATH_COST
    if bond.target == base:
        return (bond.port, 1.0) if bond.port is not None else (PRODUCER, 1.5)
    return CONSUMER, 1.5 + index.fan_out(domains[base], domains[bond.target])


def _steps(
    facts: Outline,
    index: Index,
    order: list[_Way],
    domains: list[int],
    members: list[frozenset[int] | None],
) -> tuple[Step, ...]:
    bound = dict.fromkeys([facts.pattern.anchor])
    steps = []
    for _, _, variable, way, base, bond in order:
        checks = [
            other
            for other in map(facts.bonds.__getitem__, facts.touching[variable])
            if (other.source in bound or other.target in bound)
            and not (other is bond and _told_by_way(bond, way))
        ]
        domain, ordered = domains[variable], facts.ordered[variable]
        apart = [z for z in bound if domains[z] & domain and not ordered >> z & 1]
        steps.append(
            Step(
                variable,
                way,
                base,
                index.label_set(domain),
                members[variable],
                not (apart or checks),
                bond,
                tuple(apart),
                tuple((b.source, b.target, b.port) for b in checks if b.simple),
                tuple(b for b in checks if not b.simple),
            )
        )
        bound[variable] = None
    return tuple(steps)


def _told_by_way(bond: Bond, way: int) -> bool:
    """Whether being a candidate already proves the bond."""
    if way == BONDED:
        return True
    return bond.simple and (way >= 0 or way == PRODUCER or bond.port is None)
