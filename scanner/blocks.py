"""Repeated blocks of one or several graphs, found without any signature.

Nodes whose neighbourhoods look alike are seeds. From a group of seeds blocks grow in step: one
more neighbour for all of them at once, as long as the block that all graphs share gets larger
than what is lost where a member cannot follow. Blocks share no node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from genescan import ops
from genescan.graph import Edge, Graph, Node

LARGEST = 28
"""Nodes of one block."""
ALONE = 14
"""Nodes of a block that does not repeat: the rest is this network, not its family."""
_SEEDS = 40
_ALIKE = 4
"""Groups of seeds with one label."""
_HUB = 6
"""Readers of a value that is shared by everybody, such as a mask: blocks end there."""
_WIDE = 16
"""Operands of a node that are looked at."""
_ENOUGH = 0.4
"""Share of a network that repeated blocks explain, from which the others are left out."""
_CROWD = 48
"""Members of a group of seeds that grow; a network of thousands of layers has more."""

Step: TypeAlias = tuple[int, bool, int, str]
"""From which member, to a reader or to an operand, at which position, of which label."""


@dataclass(frozen=True, slots=True)
class Block:
    """A sub-graph that several places of the given graphs have in common."""

    places: tuple[tuple[int, tuple[int, ...]], ...]
    """Number of the graph and its nodes, the same order of nodes for all places."""

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return len(self.places[0][1])

    def counts(self, graphs: int) -> list[int]:
        """How often it occurs in each graph."""
        counts = [0] * graphs
        for graph, _ in self.places:
            counts[graph] += 1
        return counts


@dataclass(slots=True)
class _View:
    """One graph, ready to walk."""

    graph: Graph
    labels: list[str] = field(default_factory=list)
    readers: list[list[tuple[int, int]]] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    """Nodes of blocks that were found before."""
    working: frozenset[int] = frozenset()
    """Nodes that do the work of the network."""

    def __post_init__(self) -> None:
        self.labels = [label(node) for node in self.graph.nodes]
        kinds = {node.op: ops.computes(node.op) for node in self.graph.nodes}
        self.working = frozenset(i for i, node in enumerate(self.graph.nodes) if kinds[node.op])
        self.readers = [[] for _ in self.graph.nodes]
        for index, node in enumerate(self.graph.nodes):
            for position, operand in enumerate(node.inputs):
                if isinstance(operand, Edge):
                    place = -1 if ops.commutative(node.op) else position
                    self.readers[operand.source].append((index, place))

    def free(self, index: int) -> bool:
        """Whether a node may be part of a new block."""
        return index not in self.taken and ops.kind(self.graph.nodes[index].op) not in _OUTSIDE

    def near(self, index: int) -> Iterator[tuple[bool, int, str, int]]:
        """Neighbours by direction, position and label; several alike are told apart by none."""
        node = self.graph.nodes[index]
        free = ops.commutative(node.op)
        for position, operand in enumerate(node.inputs[:_WIDE]):
            if isinstance(operand, Edge) and len(self.readers[operand.source]) <= _HUB:
                place = -1 if free else position
                yield False, place, self.labels[operand.source], operand.source
        if len(self.readers[index]) <= _HUB:
            for reader, position in self.readers[index]:
                yield True, position, self.labels[reader], reader


_OUTSIDE = frozenset({"Boundary", "Shape", "Movement", "Quantization"})


def label(node: Node) -> str:
    """What nodes of different places must have in common: the operator, and its grouping."""
    group = node.attrs.get("group", 1)
    return node.op if group == 1 else f"{node.op}:{group}"


def shared(
    graphs: Sequence[Graph], most: int = 3, taken: Sequence[Iterable[int]] = ()
) -> tuple[Block, ...]:
    """The blocks that explain most of every graph, best first.

    Args:
        graphs: Canonical graphs; a block occurs in each of them.
        most: How many blocks.
        taken: For each graph, nodes that no block may have.
    """
    views = [_View(graph) for graph in graphs]
    for view, nodes in zip(views, taken, strict=False):
        view.taken.update(nodes)
    found: list[Block] = []
    while len(found) < most:
        grown = [_grow(views, seeds) for seeds in _seeds(views)]
        best = max(grown, key=lambda block: _telling(block, views), default=None)
        if best is None or best.size < 2 or _worth(best, views) < 0.04:
            break
        found.append(best)
        for graph, nodes in best.places:
            views[graph].taken.update(nodes)
    repeated = [block for block in found if min(block.counts(len(graphs))) > 1]
    if sum(_worth(block, views) for block in repeated) >= _ENOUGH:
        return tuple(repeated)  # stems and heads differ more within a family than its body
    return tuple(found)


def pieces(block: Block, graphs: Sequence[Graph], size: int) -> tuple[Block, ...]:
    """A block cut into connected pieces of about one size, from its first node on.

    Args:
        block: The whole.
        graphs: Where it was found.
        size: Nodes of a piece; single nodes that are left over belong to none.
    """
    number, first = block.places[0]
    place = {node: member for member, node in enumerate(first)}
    near: list[set[int]] = [set() for _ in first]
    for member, node in enumerate(first):
        for operand in graphs[number].nodes[node].inputs:
            if isinstance(operand, Edge) and (other := place.get(operand.source)) is not None:
                near[member].add(other)
                near[other].add(member)
    most = -(-block.size // max(1, round(block.size / size)))
    left = sorted(range(block.size), key=lambda member: first[member])
    found: list[list[int]] = []
    while left:
        piece = [left.pop(0)]
        while len(piece) < most:
            joined = next((member for member in left if near[member] & {*piece}), None)
            if joined is None:
                break
            piece.append(joined)
            left.remove(joined)
        found.append(piece)
    return tuple(
        Block(tuple((graph, tuple(nodes[member] for member in piece)) for graph, nodes in
                    block.places))
        for piece in found
        if len(piece) > 1
    )  # fmt: skip


def _telling(block: Block, views: Sequence[_View]) -> float:
    """Its worth; of two that explain the same, the larger block says more of a family."""
    return _worth(block, views) * block.size / (block.size + 2)


def _worth(block: Block, views: Sequence[_View]) -> float:
    """The share of compute nodes that the block explains in the graph where it explains least."""
    explained = [0] * len(views)
    for number, nodes in block.places:
        explained[number] += sum(node in views[number].working for node in nodes)
    return min(n / (len(v.working) or 1) for n, v in zip(explained, views, strict=True))


def _seeds(views: Sequence[_View]) -> list[list[tuple[int, int]]]:
    """Groups of nodes with the same neighbourhood that occur in every graph, largest first."""
    groups: dict[object, list[tuple[int, int]]] = defaultdict(list)
    for number, view in enumerate(views):
        for index in range(len(view.labels)):
            if view.free(index):
                near = sorted((step[:3]) for step in view.near(index))
                groups[view.labels[index], tuple(near)].append((number, index))
    everywhere = [g for g in groups.values() if len({number for number, _ in g}) == len(views)]
    everywhere.sort(key=lambda group: -_least(group, len(views)))
    chosen, alike = [], defaultdict[str, int](int)
    for group in everywhere:
        number, index = group[0]
        name = views[number].labels[index]
        alike[name] += 1
        if alike[name] <= _ALIKE:
            chosen.append(_thinned(group))
    return chosen[:_SEEDS]


def _thinned(group: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most so many members of each graph."""
    kept: dict[int, int] = defaultdict(int)
    chosen = []
    for number, index in group:
        kept[number] += 1
        if kept[number] <= _CROWD:
            chosen.append((number, index))
    return chosen


def _least(members: Iterable[tuple[int, object]], graphs: int) -> int:
    """How many of these the graph has that has fewest."""
    counts = [0] * graphs
    for number, _ in members:
        counts[number] += 1
    return min(counts)


def _grow(views: Sequence[_View], seeds: list[tuple[int, int]]) -> Block:
    """One block from a group of seeds, a node at a time."""
    members = [(number, [index]) for number, index in seeds]
    refused: set[Step] = set()
    while True:
        least, size = _least(members, len(views)), len(members[0][1])
        if size >= (LARGEST if least > 1 else ALONE):
            break
        step, followed = _best(views, members, refused)
        if step is None:
            break
        if _least(followed, len(views)) * (size + 1) < least * size:
            refused.add(step)
            continue
        members = [(number, [*nodes, node]) for number, (nodes, node) in followed]
    return Block(tuple((number, tuple(nodes)) for number, nodes in members))


_Followed: TypeAlias = list[tuple[int, tuple[list[int], int]]]


def _best(
    views: Sequence[_View], members: list[tuple[int, list[int]]], refused: set[Step]
) -> tuple[Step | None, _Followed]:
    """The step that most members can take, and where it leads them."""
    used: list[set[int]] = [set() for _ in views]
    for number, nodes in members:
        used[number].update(nodes)
    ways: dict[Step, dict[int, int]] = defaultdict(dict)
    for row, (number, nodes) in enumerate(members):
        view = views[number]
        for place, index in enumerate(nodes):
            for reader, position, name, other in view.near(index):
                if other not in used[number] and view.free(other):
                    ways[place, reader, position, name].setdefault(row, other)
    best: tuple[Step | None, _Followed] = None, []
    score = (0, 0)
    for step, rows in ways.items():
        if step in refused:
            continue
        seen: set[tuple[int, int]] = set()
        followed: _Followed = []
        for row, other in rows.items():
            number, nodes = members[row]
            if (number, other) not in seen:  # two members never meet in one node
                seen.add((number, other))
                followed.append((number, (nodes, other)))
        reached = _least(followed, len(views)), len(followed)
        if reached > score and reached[0]:
            best, score = (step, followed), reached
    return best
