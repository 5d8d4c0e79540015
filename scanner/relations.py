"""Whether two graph nodes stand as a bond demands, and which nodes would.

The search asks this for everything that is not a plain operand edge: parallel edges, named
outputs, bounded paths. Work is charged to a budget, so that a hostile graph ends in *unknown*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from genescan.graph import Edge
from genescan.index import Index
from genescan.outline import Bond, Demand


class Exhausted(Exception):
    """A budget ran out: the answer is unknown."""


class Budget:
    """Search states left for the anchor at hand and for the whole search."""

    __slots__ = ("_opened", "_whole", "left", "total")

    def __init__(self, total: int) -> None:
        self.total = self._whole = total
        self.left = self._opened = 0

    @property
    def spent(self) -> int:
        """States spent on all anchors up to now."""
        self.settle()
        return self._whole - self.total

    def open(self, allowance: int) -> None:
        """Start on an anchor with at most `allowance` states, fewer if the total has fewer."""
        self.settle()
        self.left = self._opened = min(allowance, self.total)

    def settle(self) -> None:
        """Take what was spent since `open` from the total."""
        self.total -= self._opened - max(self.left, 0)
        self._opened = self.left = max(self.left, 0)

    def spend(self, states: int) -> None:
        """Count work done; raises `Exhausted` when nothing is left."""
        self.left -= states
        if self.left < 0:
            raise Exhausted


def _served(
    operands: Sequence[Edge], positions: Sequence[int], demands: tuple[Demand, ...]
) -> bool:
    """Whether each demand gets an operand of its own; `operands` come from the bond's source."""
    free = dict(zip(positions, operands, strict=True))
    for port, output in demands:
        if port is not None:
            edge = free.pop(port, None)
            if edge is None or output not in (None, edge.port):
                return False
    anywhere = [output for port, output in demands if port is None]
    have = Counter(edge.port for edge in free.values())
    need = Counter(output for output in anywhere if output is not None)
    return len(anywhere) <= len(free) and all(have[k] >= times for k, times in need.items())


class Relations:
    """Answers about bonds on one graph; remembers reachability for one search."""

    __slots__ = ("_budget", "_index", "_reached")

    def __init__(self, index: Index, budget: Budget) -> None:
        self._index, self._budget = index, budget
        self._reached: dict[tuple[Bond, int, bool], dict[int, None]] = {}

    def hold(self, bond: Bond, source: int, target: int) -> bool:
        """Whether `source` and `target` stand as `bond` demands."""
        if bond.path is not None:
            return source in self._reach(bond, target, forward=False)
        row = self._index.sources[target]
        if bond.simple:
            port = bond.port
            if port is None:
                return source in self._index.producers[target]
            return port < len(row) and row[port] == source
        positions = [p for p, made_by in enumerate(row) if made_by == source]
        self._budget.spend(len(row) // 8)
        inputs = self._index.graph.nodes[target].inputs
        operands = [o for p in positions if isinstance(o := inputs[p], Edge)]
        return _served(operands, positions, bond.demands)

    def partners(self, bond: Bond, number: int, *, forward: bool) -> Collection[int]:
        """The nodes that stand to `number` as `bond` demands.

        Args:
            bond: The bond.
            number: Its source if `forward`, else its target.
            forward: Whether to list targets, not sources.
        """
        if bond.path is not None:
            return self._reach(bond, number, forward=forward)
        if forward:
            consumers = self._index.consumers[number]
            self._budget.spend(len(consumers))
            return [v for v in consumers if self.hold(bond, number, v)]
        row = self._index.sources[number]
        if bond.port is not None:
            source = row[bond.port] if bond.port < len(row) else -1
            near: Collection[int] = (source,) if source >= 0 else ()
        else:
            near = self._index.producers[number]
        return near if bond.simple else [u for u in near if self.hold(bond, u, number)]

    def _reach(self, bond: Bond, start: int, *, forward: bool) -> dict[int, None]:
        """The nodes at the other end of a path, nearest first."""
        key = bond, start, forward
        found = self._reached.get(key)
        if found is None:
            found = self._reached[key] = self._walk(bond, start, forward)
        return found

    def _walk(self, bond: Bond, start: int, forward: bool) -> dict[int, None]:
        index, path = self._index, bond.path
        assert path is not None
        nodes, through = index.graph.nodes, path.through
        reached: dict[int, None] = {}
        frontier = [start]
        for _ in range(path.at_most + 1):
            following: list[int] = []
            for number in frontier:
                near = index.consumers[number] if forward else index.producers[number]
                self._budget.spend(1 + len(near))
                fresh = [v for v in near if v not in reached]
                reached.update(dict.fromkeys(fresh))
                following += fresh
            frontier = [v for v in following if through is None or nodes[v].op in through]
            if not frontier:
                break
        return reached
