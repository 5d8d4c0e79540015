"""The pattern side of matching: what a pattern demands of any graph, worked out once.

Nothing here has seen a graph; `genescan.plan` brings the two together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from genescan.pattern import Pattern, PatternPath


class Demand(NamedTuple):
    """One operand that a bond needs."""

    port: int | None
    """Operand position at the target; None: any."""
    output: int | None
    """Output of the source; None: any."""


@dataclass(frozen=True, slots=True)
class Bond:
    """All that one pattern pair demands: parallel edges together, or one path."""

    source: int
    target: int
    demands: tuple[Demand, ...] = ()
    """One operand of the target each, all made by the source; empty for a path."""
    path: PatternPath | None = None
    port: int | None = None
    """An operand position that must come from the source, if one is named."""
    simple: bool = False
    """Whether being the producer (at `port`, if named) is the whole demand."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A pattern with its derived facts; lists are by pattern node."""

    pattern: Pattern
    bonds: tuple[Bond, ...]
    touching: tuple[tuple[int, ...], ...]
    """The bonds at each node, as indices into `bonds`."""
    ports: tuple[frozenset[int], ...]
    """Operand positions of each node that must be edges."""
    edges: tuple[int, ...]
    """How many operands of each node must be edges."""
    ordered: tuple[int, ...]
    """Bitsets of the nodes before or after each node: they can never share a graph node."""
    circular: bool
    """Whether some node lies before itself, which no graph allows."""
    required_ops: frozenset[str]
    """Operators without which nothing matches."""
    op_counts: tuple[tuple[frozenset[str], int], ...]
    """How many nodes need an operator out of a set."""
    op_edges: frozenset[tuple[str, str]]
    """Operator pairs that must feed one another somewhere."""


def _bonds(pattern: Pattern) -> tuple[Bond, ...]:
    pairs: dict[tuple[int, int], list[Demand]] = {}
    for edge in pattern.edges:
        demand = Demand(edge.port, edge.output)
        demands = pairs.setdefault((edge.source, edge.target), [])
        if demand.port is None or demand not in demands:  # a named operand exists once
            demands.append(demand)
    links = [
        Bond(
            *pair,
            tuple(demands),
            port=next((d.port for d in demands if d.port is not None), None),
            simple=len(demands) == 1 and demands[0].output is None,
        )
        for pair, demands in pairs.items()
    ]
    paths = [Bond(path.source, path.target, path=path) for path in dict.fromkeys(pattern.paths)]
    return (*links, *paths)


def _ordered(count: int, bonds: tuple[Bond, ...]) -> tuple[int, ...]:
    """Who lies before or after whom: a graph's edges only ever lead onwards."""
    after = [0] * count
    for _ in range(count):
        previous = list(after)
        for bond in bonds:
            after[bond.source] |= 1 << bond.target | after[bond.target]
        if after == previous:
            break
    before = [sum(1 << i for i in range(count) if after[i] >> j & 1) for j in range(count)]
    return tuple(a | b for a, b in zip(after, before, strict=True))


def _outline(pattern: Pattern) -> Outline:
    nodes, bonds = pattern.nodes, _bonds(pattern)
    single = [next(iter(n.ops)) if n.ops and len(n.ops) == 1 else None for n in nodes]
    links = [bond for bond in bonds if bond.path is None]
    pairs = {(single[link.source], single[link.target]) for link in links}
    demands = [(link.target, demand) for link in links for demand in link.demands]
    return Outline(
        pattern,
        bonds,
        touching=tuple(
            tuple(k for k, bond in enumerate(bonds) if i in (bond.source, bond.target))
            for i in range(len(nodes))
        ),
        ports=tuple(
            frozenset(d.port for target, d in demands if target == i and d.port is not None)
            for i in range(len(nodes))
        ),
        edges=tuple(sum(target == i for target, _ in demands) for i in range(len(nodes))),
        ordered=(ordered := _ordered(len(nodes), bonds)),
        circular=any(mask >> i & 1 for i, mask in enumerate(ordered)),
        required_ops=frozenset(op for op in single if op is not None),
        op_counts=tuple(Counter(n.ops for n in nodes if n.ops is not None).items()),
        op_edges=frozenset((a, b) for a, b in pairs if a is not None and b is not None),
    )


_MAX_KNOWN = 16_384
_known: dict[int, Outline] = {}


def outline(pattern: Pattern) -> Outline:
    """The outline of `pattern`, remembered by identity: hashing one costs as much as a match."""
    found = _known.get(id(pattern))
    if found is None or found.pattern is not pattern:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        found = _known[id(pattern)] = _outline(pattern)
    return found
