"""One-step edits of a graph, for the near misses in signature tests.

    a.op: Sigmoid          another operator; null takes the node away, its first operand stays
    a.kernel_shape: [1, 1] another attribute; null removes it
    a.0: b                 another operand: a variable, a number, w[64, 64] or null

Edits act on parsed nodes, never on characters. A name that a loop assigned stands for its node
in every round.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from genescan import ops
from genescan.errors import NotationError
from genescan.graph import Attr, Edge, Graph, Node, Operand
from genescan.suggest import hint
from genescan.text import literal, parse, syntax_tree
from genescan.unroll import base


class EditError(Exception):
    """An edit names something that is not there."""


def apply(graph: Graph, edits: Iterable[tuple[str, str]]) -> Graph:
    """The graph after all edits; raises `EditError`."""
    nodes = list(graph.nodes)
    removed: set[int] = set()
    for target, value in edits:
        variable, _, what = target.rpartition(".")
        places = [i for i, node in enumerate(nodes) if variable in {base(n) for n in node.origin}]
        if not places:
            names = {base(name) for node in nodes for name in node.origin}
            suggestion = hint(variable, names)
            raise EditError(f"no variable {variable!r}" + (f", {suggestion}" if suggestion else ""))
        for place in places:
            if what == "op" and value in ("", "null"):
                removed.add(place)
            else:
                nodes[place] = _edited(nodes, place, what, value)
    return without(replace(graph, nodes=tuple(nodes)), removed)


def _edited(nodes: list[Node], place: int, what: str, value: str) -> Node:
    node = nodes[place]
    if what == "op":
        if value not in ops.VOCABULARY:
            suggestion = hint(value, ops.VOCABULARY)
            raise EditError(
                f"unknown operator {value!r}" + (f", {suggestion}" if suggestion else "")
            )
        return replace(node, op=value, attrs=ops.complete(value, node.attrs))
    if what.isdigit():
        inputs = list(node.inputs)
        if int(what) >= len(inputs):
            raise EditError(f"{node.origin[0]} has {len(inputs)} operands")
        inputs[int(what)] = _operand(nodes, place, value)
        return replace(node, inputs=tuple(inputs))
    attrs = {name: old for name, old in node.attrs.items() if name != what}
    new = _attribute(value)
    return replace(node, attrs=attrs if new is None else {**attrs, what: new})


def _operand(nodes: list[Node], place: int, value: str) -> Operand:
    """The operand that `value` spells, seen from the node at `place`."""
    if value.isidentifier() and value not in ("null", "None"):
        earlier = [i for i in range(place) if value in {base(n) for n in nodes[i].origin}]
        if not earlier:
            raise EditError(f"no variable {value!r} before it")
        return Edge(earlier[-1])
    try:
        text = "None" if value in ("", "null") else value
        return parse(f"y = Identity({text})").nodes[-1].inputs[0]
    except (NotationError, IndexError) as error:
        raise EditError(f"{value!r} is no operand: {error}") from None


_WORDS: Mapping[str, Attr | None] = {"": None, "null": None, "true": True, "false": False}


def _attribute(value: str) -> Attr | None:
    if value in _WORDS:
        return _WORDS[value]
    if value.isidentifier() and value not in ("True", "False", "None"):
        return value
    try:
        statement = syntax_tree(value).body[0]
        if isinstance(statement, ast.Expr):
            return literal(statement.value)
    except (NotationError, IndexError):
        pass
    return value


def without(graph: Graph, removed: set[int]) -> Graph:
    """Take nodes away; who read them reads their first operand."""
    if not removed:
        return graph
    moved: dict[int, Operand] = {}
    kept: list[Node] = []

    def follow(operand: Operand) -> Operand:
        if not isinstance(operand, Edge):
            return operand
        now = moved[operand.source]
        if operand.source in removed or not isinstance(now, Edge):
            return now
        return operand._replace(source=now.source)

    for place, node in enumerate(graph.nodes):
        inputs = tuple(follow(operand) for operand in node.inputs)
        if place in removed:
            moved[place] = inputs[0] if inputs else None
        else:
            moved[place] = Edge(len(kept))
            kept.append(replace(node, inputs=inputs))
    outputs = tuple(follow(operand) for operand in graph.outputs)
    return replace(graph, nodes=tuple(kept), outputs=outputs)
