"""Draft a signature from models of one family: what they share, in the words of the language.

The blocks that all models have in common (`genescan.blocks`) become patterns; what they agree on
becomes an attribute test; how often they occur, how much of the network they are, and which kinds
of operators none of the models has becomes the condition. The draft carries an example and near
misses of its own, so that the lints and tests that judge every signature judge it too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from genescan import blocks, ops
from genescan.blocks import Block
from genescan.findings import Context, Finding
from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.signature import Signature

MOST = 3
"""Patterns of one draft."""
_TELLING = ("Attention", "Recurrent", "Normalization", "Pool", "Classical", "Control", "Signal")
"""Classes of operators whose absence is part of what a family is."""
_ALSO = ("Conv", "ConvTranspose", "Linear", "Concat", "Resize", "DepthToSpace", "GridSample",
         "Softmax", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "PRelu", "Elu", "Gelu", "Swish",
         "HardSwish", "Gather", "ScatterND", "DeformConv", "ChannelShuffle")  # fmt: skip
"""Single operators of which the same is true."""
_SHARE = 0.8
"""Of the models' smallest share of explained nodes, what the draft asks for."""


class NothingShared(Exception):
    """The models have no block in common that could name a family."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One shared block as a pattern."""

    name: str
    lines: tuple[str, ...]
    example: tuple[str, ...]
    """The same block as part of a graph, ending in `x`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted signature."""

    patterns: tuple[Pattern, ...]
    condition: str
    needs: Mapping[str, int]
    """How many matches of each pattern the condition asks for."""


def draft(graphs: Sequence[Graph], others: Sequence[Graph] = (), limits: Limits = DEFAULT) -> Draft:
    """What all `graphs` share and none of `others` fulfils.

    Raises:
        NothingShared: no block in common, or nothing that tells them from `others`.
    """
    found = blocks.shared(graphs, MOST)
    made_of = (_pattern(block, graphs, f"block{i}") for i, block in enumerate(found, 1))
    patterns = tuple(p for p in made_of if all(_count(p, graph, limits) for graph in graphs))
    if not patterns:
        raise NothingShared("the models have no block in common")
    for strict in (False, True):
        made = _conditioned(patterns, graphs, limits, strict=strict)
        wrong = [graph for graph in others if holds(made, graph, limits)]
        if not wrong:
            return made
    raise NothingShared(f"nothing tells them from {len(wrong)} of the others")


def holds(made: Draft, graph: Graph, limits: Limits = DEFAULT) -> bool:
    """Whether a draft's condition is true of a graph."""
    return _finding(made.patterns, made.condition, graph, limits).truth == "true"


def _finding(patterns: Sequence[Pattern], condition: str, graph: Graph, limits: Limits) -> Finding:
    library = Library.build([("draft.yml", source(patterns, condition))], limits)
    if library.errors:
        raise NothingShared(f"the draft cannot be read: {library.errors[0]}")
    signature: Signature = next(iter(library))
    return Context(library, Index(graph), limits).finding(signature)


def source(patterns: Sequence[Pattern], condition: str) -> str:
    """The least that makes a signature."""
    text = "id: draft\ntitle: draft\nlevel: family\npatterns:\n"
    for pattern in patterns:
        text += f"  {pattern.name}: |\n" + "".join(f"    {line}\n" for line in pattern.lines)
    return f"{text}condition: >-\n  {condition}\n"


# --- conditions --------------------------------------------------------------------------------


def _conditioned(
    patterns: tuple[Pattern, ...], graphs: Sequence[Graph], limits: Limits, *, strict: bool
) -> Draft:
    """Counts, the share that is explained, and what is absent."""
    needs: dict[str, int] = {}
    terms: list[str] = []
    for pattern in patterns:
        least = min(_count(pattern, graph, limits) for graph in graphs)
        needs[pattern.name] = least if strict else max(1, math.ceil(least / 2))
        terms.append(f"count({pattern.name}) >= {needs[pattern.name]}")
    names = " | ".join(needs)
    shares = [_share(patterns, names, graph, limits) for graph in graphs]
    wanted = math.floor(20 * min(shares) * (0.97 if strict else _SHARE)) / 20
    if wanted >= 0.2:
        terms.append(f"covers({', '.join(needs)}) >= {wanted:g}")
    absent = _absent(graphs)
    if absent:
        terms.append(f"op({' | '.join(absent)}) == 0")
    return Draft(patterns, " and ".join(terms), needs)


def _count(pattern: Pattern, graph: Graph, limits: Limits) -> int:
    finding = _finding((pattern,), f"count({pattern.name}) >= 0", graph, limits)
    return len(finding.searches[pattern.name].matches)


def _share(patterns: Sequence[Pattern], names: str, graph: Graph, limits: Limits) -> float:
    finding = _finding(patterns, f"count({names}) >= 0", graph, limits)
    working = [i for i, node in enumerate(graph.nodes) if ops.computes(node.op)]
    return sum(i in finding.covered for i in working) / len(working) if working else 0.0


def _absent(graphs: Sequence[Graph]) -> list[str]:
    """Classes and operators that none of the models has."""
    present = {node.op for graph in graphs for node in graph.nodes}
    kinds = {ops.kind(op) for op in present}
    classes = [name for name in _TELLING if name not in kinds]
    return classes + [op for op in _ALSO if op not in present and ops.kind(op) not in classes]


# --- patterns ----------------------------------------------------------------------------------


def _pattern(block: Block, graphs: Sequence[Graph], name: str) -> Pattern:
    """A shared block in notation; members stand in the order of the first place's graph."""
    number, first = block.places[0]
    order = sorted(range(block.size), key=lambda member: first[member])
    names = {member: _letter(place) for place, member in enumerate(order)}
    outside = _outside(block, graphs, order)
    lines, example = [], []
    for member in order:
        node, attrs = graphs[number].nodes[first[member]], _attributes(block, graphs, member)
        given = _operands(block, graphs, member, names)
        given = [outside.get((member, at), "_") if read == _FREE else read
                 for at, read in enumerate(given)]  # fmt: skip
        while given and given[-1] == "_":
            given.pop()
        if ops.commutative(node.op):
            given = [read for read in given if read != "_"]
        tests = [f"{key}={_literal(value)}" for key, value in attrs.items()]
        lines.append(f"{names[member]} = {node.op}({', '.join([*given, *tests])})")
        example.append(_shown(node, names, first, member, order))
    return Pattern(name, tuple(lines), tuple(example))


def _outside(
    block: Block, graphs: Sequence[Graph], order: Sequence[int]
) -> dict[tuple[int, int], str]:
    """Names of values from outside that several members read, by member and operand.

    A value that one member reads says nothing; two names never stand for one value.
    """
    slots: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for member in order:
        names = dict.fromkeys(range(block.size), "")
        for at, read in enumerate(_operands(block, graphs, member, names)):
            if read == _FREE:
                places = ((graphs[n].nodes[nodes[member]], nodes) for n, nodes in block.places)
                slots[tuple(_outer(node, nodes, at) for node, nodes in places)].append((member, at))
    shared = [key for key, used in slots.items() if len(used) > 1]
    named: dict[tuple[int, int], str] = {}
    for number, key in enumerate(shared, 1):
        alone = all(a != b for other in shared if other is not key
                    for a, b in zip(key, other, strict=True))  # fmt: skip
        if alone:
            named.update(dict.fromkeys(slots[key], f"x{number}"))
    return named


_FREE = "*"
"""An operand that comes from outside the block."""


def _letter(place: int) -> str:
    letters = "abcdefghijklmnopqrstuvz"  # w is a weight, x comes from outside
    return letters[place % 23] + ("" if place < 23 else str(place // 23))


def _operands(
    block: Block, graphs: Sequence[Graph], member: int, names: Mapping[int, str]
) -> list[str]:
    """For each operand: a member's name, free, or whatever."""
    rows = [_read(graphs[number].nodes[nodes[member]], nodes) for number, nodes in block.places]
    op = graphs[block.places[0][0]].nodes[block.places[0][1][member]].op
    if ops.commutative(op):
        inner = [read for read in rows[0] if isinstance(read, tuple)]
        common = [read for read in inner if all(read in row for row in rows)]
        free = min(sum(read == _FREE for read in row) for row in rows)
        return [_named(read, names) for read in common] + [_FREE] * free
    width = min(len(row) for row in rows)
    result = []
    for position in range(width):
        reads = {row[position] for row in rows}
        read = reads.pop()
        result.append("_" if reads or read is None else _named(read, names))
    return result


_Read = tuple[int, int] | str | None


def _read(node: Node, nodes: Sequence[int]) -> list[_Read]:
    """What a node reads: (member, port), something outside, or a constant (None)."""
    inside = {index: member for member, index in enumerate(nodes)}
    return [
        None
        if not isinstance(operand, Edge)
        else (inside[operand.source], operand.port)
        if operand.source in inside
        else _FREE
        for operand in node.inputs
    ]


def _named(read: _Read, names: Mapping[int, str]) -> str:
    if not isinstance(read, tuple):
        return _FREE
    member, port = read
    return names[member] + (f"[{port}]" if port else "")


def _outer(node: Node, nodes: Sequence[int], position: int) -> object:
    """The value that a node reads from outside; of commutative operands the one left over."""
    if ops.commutative(node.op):
        left = [o for o in node.inputs if isinstance(o, Edge) and o.source not in nodes]
        return left[0][:2] if len(left) == 1 else (id(node), position)
    operand = node.inputs[position]
    return operand[:2] if isinstance(operand, Edge) else None


def _attributes(block: Block, graphs: Sequence[Graph], member: int) -> dict[str, Attr]:
    """Defining attributes on which all places agree, defaults of windows left out."""
    found = [graphs[number].nodes[nodes[member]] for number, nodes in block.places]
    agreed: dict[str, Attr] = {}
    for name in ops.info(found[0].op).attrs:
        values = [ops.complete(node.op, node.attrs).get(name) for node in found]
        value = values[0]
        if value is None or any(other != value for other in values):
            continue
        if name == "group" or value != ops.default(found[0].op, name, found[0].attrs):
            agreed[name] = value
    return agreed


def _literal(value: Attr | None) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


# --- examples ----------------------------------------------------------------------------------


def _shown(
    node: Node, names: Mapping[int, str], nodes: Sequence[int], member: int, order: Sequence[int]
) -> str:
    """One line of the example: what is outside is `x`, and the block ends in `x`."""
    inside = {index: names[m] for m, index in enumerate(nodes)}
    given = [_example(operand, inside) for operand in node.inputs]
    while given and given[-1] == "None":
        given.pop()
    attrs = {key: node.attrs[key] for key in ops.info(node.op).attrs if key in node.attrs}
    given += [
        f"{key}={_literal(value)}"
        for key, value in attrs.items()
        if value is not None and value != ops.default(node.op, key, node.attrs)
    ]
    name = "x" if member == order[-1] else names[member]
    return f"{name} = {node.op}({', '.join(given)})"


def _example(operand: Operand, inside: Mapping[int, str]) -> str:
    if isinstance(operand, Edge):
        if operand.source not in inside:
            return "x"
        return inside[operand.source] + (f"[{operand.port}]" if operand.port else "")
    if isinstance(operand, Tensor):
        if operand.scalar is not None and not operand.shape:
            return repr(operand.scalar)
        shape = operand.shape or ()
        return f"w[{', '.join(str(size or 1) for size in shape)}]" if shape else "w[1]"
    return "None"


def lines(made: Draft) -> Iterator[str]:
    """The example graph of a draft: each block as often as the condition needs it."""
    for pattern in made.patterns:
        times = made.needs[pattern.name]
        if times > 1:
            yield f"for _ in range({times}):"
        for line in pattern.example:
            yield f"    {line}" if times > 1 else line
