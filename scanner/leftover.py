"""What no signature explains, as something to work with: regions, and blocks that repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from genescan import blocks
from genescan.digest import digest
from genescan.findings import Context
from genescan.graph import Edge, Graph, Node, Operand
from genescan.report import Region, Repeated, Unexplained

_REGIONS = 5
_OPERATORS = 20
_SHOWN = 12
"""Operators of a block that are listed."""
_LARGE = 20_000
"""Nodes above which blocks are not looked for."""


def rest(explained: frozenset[int], context: Context) -> Unexplained:
    """The compute nodes outside all findings."""
    left = context.compute - explained
    share = len(left) / len(context.compute) if context.compute else 0.0
    nodes = context.graph.nodes
    return Unexplained(
        round(share, 4), len(left), _counts(nodes, left, _OPERATORS), _regions(left, context)
    )


def _counts(nodes: Sequence[Node], members: Iterable[int], most: int) -> Mapping[str, int]:
    counts = Counter(nodes[i].op for i in members)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most])


def _regions(left: frozenset[int], context: Context) -> tuple[Region, ...]:
    """Unexplained nodes that hang together, through whatever no signature explains either."""
    nodes = context.graph.nodes
    leader = list(range(len(nodes)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    outside = context.compute - left
    for index, node in enumerate(nodes):
        for operand in node.inputs:
            if not isinstance(operand, Edge) or nodes[operand.source].op == "Input":
                continue
            if not {index, operand.source} & outside:
                leader[find(index)] = find(operand.source)
    groups: dict[int, list[int]] = {}
    for index in sorted(left):
        groups.setdefault(find(index), []).append(index)
    largest = sorted(groups.values(), key=lambda group: (-len(group), group[0]))[:_REGIONS]
    return tuple(
        Region(
            len(group), (group[0], group[-1]), name(nodes[group[0]]), name(nodes[group[-1]]),
            _counts(nodes, group, 5),
        )
        for group in largest
    )  # fmt: skip


def name(node: Node) -> str:
    """What the file calls a node."""
    return node.origin[0] if node.origin else node.op


def repeated(context: Context) -> tuple[tuple[Repeated, frozenset[int]], ...]:
    """Blocks that occur at least twice, found without any signature, with all their nodes."""
    graph = context.graph
    if len(graph) > _LARGE:
        return ()
    found = []
    for block in blocks.shared([graph]):
        members = frozenset(node for _, place in block.places for node in place)
        first = sorted(block.places[0][1])
        if len(block.places) < 2:
            continue
        share = len(members & context.compute) / max(1, len(context.compute))
        operators = tuple(graph.nodes[node].op for node in first[:_SHOWN])
        start = name(graph.nodes[first[0]])
        alike = Repeated(
            len(block.places), block.size, round(share, 4), cut(graph, first), operators, start
        )
        found.append((alike, members))
    return tuple(found)


def cut(graph: Graph, members: Sequence[int]) -> str:
    """The digest of a part of a graph; what comes from outside is an input.

    Args:
        graph: The whole.
        members: Numbers of the part's nodes, ascending.
    """
    operands = [operand for member in members for operand in graph.nodes[member].inputs]
    edges = dict.fromkeys(operand[:2] for operand in operands if isinstance(operand, Edge))
    inside = set(members)
    outer = [edge for edge in edges if edge[0] not in inside]
    outside = {edge: index for index, edge in enumerate(outer)}
    place = {member: len(outside) + index for index, member in enumerate(members)}

    def moved(operand: Operand) -> Operand:
        if not isinstance(operand, Edge):
            return operand
        if operand[:2] in outside:
            return Edge(outside[operand[:2]])
        return Edge(place[operand.source], operand.port)

    parts = (graph.nodes[member] for member in members)
    inner = [replace(node, inputs=tuple(map(moved, node.inputs))) for node in parts]
    return digest(Graph((*[Node("Input")] * len(outside), *inner)))
