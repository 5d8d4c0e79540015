"""Blocks that models share, in the words of the language: as patterns, and as examples.

What all places of a block agree on becomes an attribute test; the rest is left open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from genescan import ops
from genescan.blocks import Block
from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor


@dataclass(frozen=True, slots=True)
class Pattern:
    """One shared block as a pattern."""

    name: str
    lines: tuple[str, ...]
    example: tuple[str, ...]
    """The same block as part of a graph, ending in `x`."""
    plain: tuple[str, ...]
    """The lines without attributes, for graphs that spell only what a signature needs."""


def source(patterns: Iterable[Pattern], condition: str, *, plain: bool = False) -> str:
    """The least that makes a signature."""
    text = "id: draft\ntitle: draft\nlevel: family\npatterns:\n"
    for pattern in patterns:
        lines = pattern.plain if plain else pattern.lines
        text += f"  {pattern.name}: |\n" + "".join(f"    {line}\n" for line in lines)
    return f"{text}condition: >-\n  {condition}\n"


# --- patterns ----------------------------------------------------------------------------------


def pattern(block: Block, graphs: Sequence[Graph], name: str) -> Pattern:
    """A shared block in notation; members stand in the order of the first place's graph."""
    number, first = block.places[0]
    order = sorted(range(block.size), key=lambda member: first[member])
    names = {member: _letter(place) for place, member in enumerate(order)}
    outside = _outside(block, graphs, order)
    lines, example, plain = [], [], []
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
        plain.append(f"{names[member]} = {node.op}({', '.join(given)})")
        example.append(_shown(node, names, first, member, order))
    return Pattern(name, tuple(lines), tuple(example), tuple(plain))


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


def shown(node: Node) -> str:
    """A node by itself as a line of an example."""
    return _shown(node, {0: "x"}, (), 0, (0,))


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
