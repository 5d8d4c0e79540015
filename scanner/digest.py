"""Identity of a canonical graph: two digests and an order of nodes that depend on it alone.

Colours are Weisfeiler-Lehman-like but need two sweeps only, since the graph is acyclic: forward a
node is coloured by its operator, its defining attributes and its operands' colours, backward by
its readers' colours too (which tells a shared value from a repeated one). The digest is a hash of
the multiset of colours. Names, order, weights, exporter and quantisation take no part.
Source: Shervashidze et al., Weisfeiler-Lehman Graph Kernels, JMLR 12 (2011).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple

from genescan import ops
from genescan.graph import Edge, Graph, Node, Operand, Tensor

SCHEME = "gs1"
"""Prefix of every digest; changes whenever equality changes."""


def _hash(*parts: bytes) -> bytes:
    return blake2b(b"\0".join((*parts, b"")), digest_size=16).digest()


def _label(node: Node, known: dict[tuple[object, ...], bytes]) -> bytes:
    """Operator and defining attributes; `known` remembers what was spelt before."""
    defining = ops.info(node.op).attrs
    key = (node.op, *[repr(node.attrs.get(name)) for name in defining])
    label = known.get(key)
    if label is None:
        attrs = [f"{name}={value}" for name, value in zip(defining, key[1:], strict=True)]
        label = known[key] = "|".join([node.op, *attrs]).encode("utf-8", "backslashreplace")
    return label


def _constant(tensor: Tensor | None, sized: bool) -> bytes:
    if tensor is None:
        return b"-"
    return f"w{tensor.squeezed}".encode() if sized else b"w"


def _forward(graph: Graph, sized: bool) -> list[bytes]:
    """Colours by operator, defining attributes and operands."""
    colours: list[bytes] = []
    labels: dict[tuple[object, ...], bytes] = {}
    for node in graph.nodes:
        parts = [
            b"%d>%b" % (operand.port, colours[operand.source])
            if isinstance(operand, Edge)
            else _constant(operand, sized)
            for operand in node.inputs
        ]
        if len(parts) > 1 and ops.commutative(node.op):
            parts.sort()
        colours.append(_hash(_label(node, labels), *parts))
    return colours


def _backward(graph: Graph, forward: Sequence[bytes], ends: bool = False) -> list[bytes]:
    """Colours by readers too; `ends` tells apart by the graph outputs that are reached."""
    readers: list[list[bytes]] = [[] for _ in graph.nodes]
    for position, output in enumerate(graph.outputs if ends else ()):
        if isinstance(output, Edge):
            readers[output.source].append(b"%d:%d" % (position, output.port))
    result = list(forward)
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        colour = result[index] = _hash(forward[index], *sorted(readers[index]))
        free = ops.commutative(node.op)
        for position, operand in enumerate(node.inputs):
            if isinstance(operand, Edge):
                place = 0 if free else position
                readers[operand.source].append(b"%d:%d<%b" % (place, operand.port, colour))
    return result


def colours(graph: Graph, *, sized: bool = False) -> list[bytes]:
    """One colour a node: equal for nodes that the graph's structure does not tell apart.

    `sized` tells apart by the shapes of constants too.
    """
    return _backward(graph, _forward(graph, sized))


def _read(graph: Graph) -> Sequence[bool]:
    """Which nodes take part: all but inputs that nobody reads."""
    used = [node.op != "Input" for node in graph.nodes]
    operands: list[Operand] = [o for node in graph.nodes for o in node.inputs]
    for operand in (*operands, *graph.outputs):
        if isinstance(operand, Edge):
            used[operand.source] = True
    return used


def digest(graph: Graph, *, sized: bool = False) -> str:
    """Identity of the architecture; `sized` adds the shapes of its parameters."""
    return _digest(colours(graph, sized=sized), _read(graph), sized)


def _digest(colours: Sequence[bytes], used: Sequence[bool], sized: bool) -> str:
    members = sorted(colour for colour, use in zip(colours, used, strict=True) if use)
    kind = b"sized" if sized else b"plain"
    return f"{SCHEME}:{_hash(kind, *members).hex()}"


class Identity(NamedTuple):
    """A graph in canonical order, with its digests."""

    graph: Graph
    digest: str
    sized_digest: str


def identify(graph: Graph) -> Identity:
    """Both digests and the canonical order, at the cost of two colourings."""
    plain = colours(graph)
    forward = _forward(graph, sized=True)
    sized = _backward(graph, forward)
    # what structure and sizes do not tell apart, the outputs that are reached may
    finer = _backward(graph, forward, ends=True) if len(graph.outputs) > 1 else sized
    rank = [a + b for a, b in zip(plain, finer, strict=True)]
    used = _read(graph)
    return Identity(_ordered(graph, rank), _digest(plain, used, False), _digest(sized, used, True))


def canonical_order(graph: Graph) -> Graph:
    """The same graph in the topological order that its colours define."""
    return identify(graph).graph


def _ordered(graph: Graph, rank: Sequence[bytes]) -> Graph:
    waiting = [0] * len(graph.nodes)
    readers: list[list[int]] = [[] for _ in graph.nodes]
    for index, node in enumerate(graph.nodes):
        for operand in node.inputs:
            if isinstance(operand, Edge):
                waiting[index] += 1
                readers[operand.source].append(index)
    # inputs keep their declared order: it is part of the model's interface
    ready = [
        (node.op != "Input", b"" if node.op == "Input" else rank[i], i)
        for i, node in enumerate(graph.nodes)
        if not waiting[i]
    ]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)[2]
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, (True, rank[reader], reader))
    return _renumber(graph, order)


def _position(operand: Operand) -> tuple[bool, int, int, str]:
    """Where an operand stands whose place does not matter: edges first, then constants."""
    if isinstance(operand, Edge):
        return False, operand.source, operand.port, ""
    return True, 0, 0, "" if operand is None else str(operand.squeezed)


def _renumber(graph: Graph, order: list[int]) -> Graph:
    place = {old: new for new, old in enumerate(order)}

    def moved(operand: Operand) -> Operand:
        if isinstance(operand, Edge):
            return Edge(place[operand.source], operand.port, operand.via)
        return operand

    nodes = []
    for old in order:
        node = graph.nodes[old]
        inputs = tuple(map(moved, node.inputs))
        if ops.commutative(node.op):
            inputs = tuple(sorted(inputs, key=_position))
        nodes.append(
            Node(node.op, inputs, node.attrs, node.outputs, node.origin, node.marks, node.bodies)
        )
    shapes = {(place[i], port): shape for (i, port), shape in graph.shapes.items()}
    outputs = tuple(map(moved, graph.outputs))
    return replace(graph, nodes=tuple(nodes), outputs=outputs, shapes=shapes)
