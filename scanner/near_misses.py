"""Near misses of a signature: its examples with one thing changed.

An operator, an attribute, an operand; a node taken away or strangers put in; loops run once.
What a signature says of them is what its author looks at, and what `genescan.mutation` works with.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias

from genescan import edits, ops, selftest
from genescan.edits import EditError
from genescan.errors import NotationError
from genescan.findings import Context
from genescan.graph import Attr, Edge, Graph, Node, Tensor
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.signature import Example, Signature
from genescan.unroll import base

_OTHER: Mapping[str, tuple[str, ...]] = {
    "Activation": ("Softsign", "Tanh", "Atan"),
    "Normalization": ("LpNormalization", "RMSNormalization"),
    "Contraction": ("Einsum", "ConvTranspose"),
    "Pool": ("LpPool", "GlobalLpPool"),
    "Elementwise": ("Atan", "Mul"),
    "Attention": ("LinearAttention", "Embedding"),
    "Recurrent": ("SSMScan", "RNN"),
    "Structure": ("Pad", "Concat"),
    "Reduce": ("ReduceLogSum", "ReduceMax"),
}
"""What a node of each class is changed into: first something rare, then something common."""
_LOOP = re.compile(r"range\((\d+)\)")
_WORD = re.compile(r"[A-Z]\w+")
_MANY = 1000
"""Changes of one signature's examples."""
_ROUNDS = 16
"""Rounds of a loop up to which each is changed alone."""


@dataclass(frozen=True, slots=True)
class Miss:
    """One example with one change."""

    example: str
    edit: str
    """As under `set` in a test; `a(0)` is the first operand of `a`, which has no name."""
    graph: Graph
    accepted: bool
    """Whether the signature's condition is still true."""

    def __str__(self) -> str:
        if "." not in self.edit.partition(":")[0]:
            return f"{self.example}, {self.edit}"  # no edit that a test could write
        return f"{{edit: {self.example}, set: {{{self.edit}}}}}"


def examples(signature: Signature) -> Iterator[tuple[Example, Graph]]:
    """The examples that can be read; a self-test tells of the others."""
    for example in signature.match:
        with suppress(NotationError):
            yield example, selftest.graph(example, signature.source)


def derive(signature: Signature, library: Library, limits: Limits = DEFAULT) -> tuple[Miss, ...]:
    """All one-step changes of the signature's examples; loops change in every round."""
    found: list[Miss] = []
    for example, graph in examples(signature):
        changes = (*_rounds(signature, example), *_strangers(signature, graph), *_changes(graph))
        for edit, changed in changes:
            accepted = holds(signature, library, Index(changed), limits)
            found.append(Miss(example.name, edit, changed, accepted))
            if len(found) >= _MANY:
                return tuple(found)
    return tuple(found)


def holds(signature: Signature, library: Library, index: Index, limits: Limits) -> bool:
    """Whether the condition of a signature is true of a graph."""
    return Context(library, index, limits).finding(signature).truth == "true"


def stored(signature: Signature) -> Iterator[Graph]:
    """The counter-examples that the signature carries."""
    examples = {example.name: example for example in signature.match}
    for test in signature.no_match:
        try:
            if isinstance(test, Example):
                yield selftest.graph(test, signature.source)
            else:
                graph = selftest.graph(examples[test.edit], signature.source)
                yield edits.apply(graph, test.set)
        except (EditError, NotationError):
            continue  # the self-test says so


# --- near misses -------------------------------------------------------------------------------

_Key: TypeAlias = tuple[str | int, ...]
"""A variable of the example, operand positions down to a node that has no name, its operator."""


def _places(graph: Graph) -> dict[_Key, list[int]]:
    """The nodes of each written operator: a loop makes several of one."""
    keys: dict[int, _Key] = {}
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        if node.origin:
            keys[index] = (base(node.origin[0]),)
        for position, operand in enumerate(node.inputs):
            if not isinstance(operand, Edge) or index not in keys:
                continue
            if not graph.nodes[operand.source].origin:
                keys[operand.source] = (*keys[index], position)
    places: dict[_Key, list[int]] = defaultdict(list)
    for index in sorted(keys):  # a loop's variable may be one operator before it, another inside
        places[*keys[index], graph.nodes[index].op].append(index)
    return places


def _rounds(signature: Signature, example: Example) -> Iterator[tuple[str, Graph]]:
    """The example with all loops run once; one left out, run once, once less, thrice as often."""
    texts = {"loops: 1": _LOOP.sub("range(1)", example.text)}
    for place, loop in enumerate(_LOOP.finditer(example.text), 1):
        for rounds in (0, 1, int(loop[1]) - 1, 3 * int(loop[1])):
            text = f"{example.text[: loop.start()]}range({rounds}){example.text[loop.end() :]}"
            texts[f"loop {place}: {rounds}"] = text
    for edit, text in texts.items():
        if text != example.text:
            with suppress(NotationError):  # what the last round alone computes is missing
                yield edit, selftest.graph(example._replace(text=text), signature.source)


def _strangers(signature: Signature, graph: Graph) -> Iterator[tuple[str, Graph]]:
    """The example followed by operators that the condition speaks of, or by many others."""
    words = dict.fromkeys(_WORD.findall(signature.condition.text))
    working = sum(ops.computes(node.op) for node in graph.nodes)
    for word in words:
        members = sorted(ops.members(word) or ())
        for member in dict.fromkeys((*members[:1], *members[-1:])):
            yield f"added: {member}", _followed(graph, member, 1)
            yield f"added: some of {member}", _followed(graph, member, working // 3)
            yield f"added: many of {member}", _followed(graph, member, working)
    yield "added: four times as much of something else", _followed(graph, "Softsign", 4 * working)
    yield "added: far more of something else", _followed(graph, "Softsign", 12 * working)
    alone = Node("Input", (), ops.complete("Input", {}))
    yield "added: an input", replace(graph, nodes=(*graph.nodes, alone))
    yield "added: an output", replace(graph, outputs=(*graph.outputs, Edge(0)))


def _followed(graph: Graph, op: str, times: int) -> Graph:
    """The graph with a few more operators behind its last node."""
    nodes = list(graph.nodes)
    for _ in range(times):
        nodes.append(Node(op, (Edge(len(nodes) - 1),), ops.complete(op, {})))
    return replace(graph, nodes=tuple(nodes), outputs=(Edge(len(nodes) - 1),))


def _changes(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """One change for each operator, attribute and operand of a graph."""
    for key, indices in _places(graph).items():
        name = str(key[0]) + "".join(f"({position})" for position in key[1:-1])
        yield from _changed(graph, indices, name)
        yield f"read again: {name}", _read_again(graph, indices)


def in_one_round(graph: Graph) -> Iterator[Graph]:
    """Changes in a single round of a loop, which no edit can write."""
    for indices in _places(graph).values():
        if 1 < len(indices) <= _ROUNDS:
            for index in indices:
                yield from (changed for _, changed in _changed(graph, [index], ""))


def _changed(graph: Graph, indices: Sequence[int], name: str) -> Iterator[tuple[str, Graph]]:
    """Changes of one written operator; an input becomes something computed."""
    node = graph.nodes[indices[0]]
    others = [op for op in _OTHER.get(ops.kind(node.op), ("Atan",)) if op != node.op]
    for op in others:
        yield f"{name}.op: {op}", _with(graph, indices, op=op)
    if node.inputs:
        yield f"{name}.op: null", edits.without(graph, set(indices))
    for attr in node.attrs:
        for value in _values(node, attr):
            yield f"{name}.{attr}: {value}", _with(graph, indices, attr=(attr, value))
    for position in range(len(node.inputs)):
        yield f"{name}.{position}: w[1]", _with(graph, indices, position=position)


def _read_again(graph: Graph, indices: Sequence[int]) -> Graph:
    """The graph with one more reader of some nodes."""
    nodes = list(graph.nodes)
    for index in indices:
        nodes.append(Node("Softsign", (Edge(index),), ops.complete("Softsign", {})))
    return replace(graph, nodes=tuple(nodes))


def _with(
    graph: Graph,
    indices: Sequence[int],
    op: str = "",
    attr: tuple[str, Attr] | None = None,
    position: int | None = None,
) -> Graph:
    """The graph with some of its nodes changed."""
    nodes = list(graph.nodes)
    for index in indices:
        node = nodes[index]
        attrs = {**node.attrs, attr[0]: attr[1]} if attr else dict(node.attrs)
        inputs = list(node.inputs)
        if position is not None and position < len(inputs):
            constant = not isinstance(inputs[position], Edge)
            inputs[position] = None if constant else Tensor("float32", (1,))
        changed = replace(node, op=op or node.op, attrs=attrs, inputs=tuple(inputs))
        nodes[index] = replace(changed, attrs=ops.complete(changed.op, changed.attrs))
    return replace(graph, nodes=tuple(nodes))


def _values(node: Node, attr: str) -> Iterator[Attr]:
    """Other values of an attribute."""
    value = node.attrs[attr]
    if attr == "group":
        yield from (word for word in (1, "grouped", "depthwise") if word != value)
    elif attr == "direction":
        yield "forward" if value != "forward" else "bidirectional"
    elif isinstance(value, tuple):
        numbers = tuple(item for item in value if isinstance(item, int))
        yield tuple(item + (2 if attr == "kernel_shape" else 1) for item in numbers)
        if attr in ("kernel_shape", "shape"):
            yield (*numbers, 1)
        if any(item != 1 for item in numbers):
            yield (1,) * len(numbers)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
        yield value * 7 + 5
    elif isinstance(value, str):
        yield "other"
