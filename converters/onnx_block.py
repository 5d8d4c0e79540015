"""ONNX node lists as plain rows: checked, in execution order, with what they read from outside.

A `Block` is the node list of a graph, of a sub-graph (If, Loop, Scan ...) or of a local
function; names are still names. `genescan.converters.onnx_build` turns blocks into a `Graph`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from genescan.converters.base import Clock, quote
from genescan.converters.onnx_ops import plain_domain
from genescan.converters.onnx_values import Values, inferred, text
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr, Dims, Tensor

_GRAPH, _GRAPHS = 5, 10
"""AttributeProto.AttributeType of sub-graphs."""
_PARTS_PER_NODE = 4
"""Attributes, constants, inputs and shapes that count as much as one node."""


class Key(NamedTuple):
    """What identifies an operator or a local function."""

    domain: str
    name: str
    overload: str


class Row(NamedTuple):
    """One node: names for operands and results."""

    key: Key
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attrs: dict[str, Attr]
    refs: dict[str, str]
    """Attributes whose value is an attribute of the enclosing function, by own name."""
    bodies: dict[str, Block]

    @property
    def place(self) -> str:
        """For error messages."""
        return f"node {quote(self.name)}"


@dataclass(slots=True)
class Block:
    """A node list in execution order."""

    inputs: dict[str, dict[str, Attr]]
    """Formal inputs, with the attributes of their `Input` nodes."""
    constants: dict[str, Tensor]
    rows: list[Row]
    outputs: tuple[str, ...]
    shapes: dict[str, Dims] = field(default_factory=dict)
    defaults: dict[str, Attr] = field(default_factory=dict)
    """Default values of a function's attributes."""
    free: dict[str, str] = field(default_factory=dict)
    """Names read but not defined here, with who reads each, in order of first use."""


class BlockReader:
    """Makes blocks from GraphProto and FunctionProto messages."""

    def __init__(self, values: Values, clock: Clock) -> None:
        self._values, self._clock = values, clock
        self._left = values.limits.nodes * _PARTS_PER_NODE

    def graph(self, proto: Any) -> Block:
        """The block of a graph or sub-graph.

        Raises:
            ModelError: a name is defined twice, or nodes depend on each other in a circle.
            LimitExceeded: too many nodes.
        """
        values = self._values
        infos = len(proto.input) + len(proto.output) + len(proto.value_info)
        self._charge(infos + len(proto.initializer) + len(proto.sparse_initializer))
        constants = {text(t.name): values.tensor(t) for t in proto.initializer}
        for sparse in proto.sparse_initializer:
            constants[text(sparse.values.name)] = values.sparse(sparse)
        inputs: dict[str, dict[str, Attr]] = {}
        for info in proto.input:
            name = text(info.name)
            if name in inputs:
                raise ModelError(f"input {quote(name)} is defined twice")
            if name not in constants:  # up to IR version 3 constants are inputs as well
                inputs[name] = self._input(info)
        block = Block(inputs, constants, self._rows(proto.node), self._names(proto.output))
        block.shapes = self._shapes((*proto.value_info, *proto.output))
        return _closed(block)

    def function(self, proto: Any) -> Block:
        """The block of a local function; it must not read anything from outside."""
        self._charge(len(proto.input) + len(proto.output) + len(proto.value_info))
        inputs: dict[str, dict[str, Attr]] = {text(name): {} for name in proto.input}
        block = Block(inputs, {}, self._rows(proto.node), tuple(map(text, proto.output)))
        block.shapes = self._shapes(proto.value_info)
        block.defaults, _, _ = self._attributes(proto.attribute_proto)
        return _closed(block)

    def _charge(self, parts: int) -> None:
        """Take parts off the budget of the file before anything is made of them."""
        self._left -= parts
        if self._left < 0:
            raise LimitExceeded(f"{self._values.limits.nodes} nodes with what belongs to them")

    def _input(self, info: Any) -> dict[str, Attr]:
        attrs: dict[str, Attr] = {"dtype": self._values.element(info.type)}
        shape = self._values.dims(info.type, f"input {quote(text(info.name))}")
        return attrs if shape is None else attrs | {"shape": shape}

    def _names(self, infos: Iterable[Any]) -> tuple[str, ...]:
        return tuple(text(info.name) for info in infos)

    def _shapes(self, infos: Iterable[Any]) -> dict[str, Dims]:
        shapes = {}
        for info in infos:
            name = text(info.name)
            if (dims := self._values.dims(info.type, f"value {quote(name)}")) is not None:
                shapes[name] = dims
        return shapes

    def _rows(self, protos: Sequence[Any]) -> list[Row]:
        self._charge(len(protos) * _PARTS_PER_NODE)
        rows = []
        for index, proto in enumerate(protos):
            if not index % 1_024:
                self._clock.check()
            rows.append(self._row(proto))
        return rows

    def _row(self, proto: Any) -> Row:
        op = text(proto.op_type)
        inputs, outputs = tuple(map(text, proto.input)), tuple(map(text, proto.output))
        key = Key(plain_domain(text(proto.domain)), op, text(proto.overload))
        name = text(proto.name) or next(filter(None, outputs), op)
        protos = proto.attribute
        attrs, refs, bodies = self._attributes(protos) if protos else ({}, {}, {})
        return Row(key, name, inputs, outputs, attrs, refs, bodies)

    def _attributes(
        self, protos: Sequence[Any]
    ) -> tuple[dict[str, Attr], dict[str, str], dict[str, Block]]:
        attrs: dict[str, Attr] = {}
        refs: dict[str, str] = {}
        bodies: dict[str, Block] = {}
        self._charge(len(protos))
        for proto in protos:
            name, kind = text(proto.name), proto.type or inferred(proto)
            if source := proto.ref_attr_name:
                refs[name] = text(source)
            elif kind == _GRAPH:
                bodies[name] = self.graph(proto.g)
            elif kind == _GRAPHS:
                for index, graph in enumerate(proto.graphs):
                    bodies[f"{name}[{index}]"] = self.graph(graph)
            elif (value := self._values.attribute(proto, kind)) is not None:
                attrs[name] = value
        return attrs, refs, bodies


def _closed(block: Block) -> Block:
    """Check the block's names, put its rows in order and fill in `free`."""
    producers = _producers(block)
    needs = [_needs(row) for row in block.rows]
    internal = [[producers[n] for n in names if n in producers] for names in needs]
    if any(max(made, default=-1) >= index for index, made in enumerate(internal)):
        order = _sorted(block.rows, internal)
        block.rows = [block.rows[index] for index in order]
        needs = [needs[index] for index in order]
    known = producers.keys() | block.inputs.keys() | block.constants.keys()
    for row, names in zip(block.rows, needs, strict=True):
        for name in names:
            if name not in known:
                block.free.setdefault(name, row.place)
    for name in block.outputs:
        if name and name not in known:
            block.free.setdefault(name, "graph outputs")
    return block


def _producers(block: Block) -> dict[str, int]:
    """Which row makes each value."""
    producers: dict[str, int] = {}
    for index, row in enumerate(block.rows):
        for name in row.outputs:
            if name in producers or name in block.inputs or name in block.constants:
                raise ModelError(f"output {quote(name)} is defined twice", place=row.place)
            if name:
                producers[name] = index
    return producers


def _needs(row: Row) -> Sequence[str]:
    """The names that a node reads, directly or inside its bodies."""
    if not row.bodies:
        return [name for name in row.inputs if name]
    inner = (name for body in row.bodies.values() for name in body.free)
    return list(dict.fromkeys((*filter(None, row.inputs), *inner)))


def _sorted(rows: Sequence[Row], needs: Sequence[Sequence[int]]) -> list[int]:
    """A topological order that keeps the order of the file wherever it can."""
    waiting = [len(set(made)) for made in needs]
    readers: dict[int, list[int]] = {}
    for index, made in enumerate(needs):
        for source in set(made):
            readers.setdefault(source, []).append(index)
    ready = [index for index, count in enumerate(waiting) if not count]
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for reader in readers.get(index, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, reader)
    if len(order) < len(rows):
        raise ModelError("cyclic graph", place=rows[_on_cycle(waiting, needs)].place)
    return order


def _on_cycle(waiting: Sequence[int], needs: Sequence[Sequence[int]]) -> int:
    """A row on a cycle, found by walking back among rows that never became ready."""
    index = next(i for i, count in enumerate(waiting) if count)
    seen: set[int] = set()
    while index not in seen:
        seen.add(index)
        index = next(source for source in needs[index] if waiting[source])
    return index


def undefined(block: Block) -> None:
    """Raise when a block that nothing encloses reads names that nobody defines."""
    for name, place in block.free.items():
        raise ModelError(f"{quote(name)} is not defined", place=place)
