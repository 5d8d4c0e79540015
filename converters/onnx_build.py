"""From blocks to a graph: names become edges, local functions are inlined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genescan.converters.base import Clock
from genescan.converters.onnx_block import Block, Row
from genescan.converters.onnx_functions import Library
from genescan.converters.onnx_ops import CLASSICAL_DOMAIN, operator
from genescan.converters.onnx_values import dtype
from genescan.errors import ModelError
from genescan.graph import Attr, Dims, Edge, Graph, Node, Operand, Tensor
from genescan.limits import Limits

_INLINED_NAME = 256
"""Characters kept of a name with calls before it: inlining repeats names without bound."""


@dataclass(slots=True)
class _Emitted:
    """The graph under construction; a sub-graph has its own."""

    nodes: list[Node] = field(default_factory=list)
    shapes: dict[tuple[int, int], Dims] = field(default_factory=dict)

    def known(self, edge: Edge) -> Mapping[str, Attr]:
        """What an `Input` node that stands for a value elsewhere can say about it."""
        source = self.nodes[edge.source]
        if source.op == "Input":
            return source.attrs
        shape = self.shapes.get((edge.source, edge.port))
        return {} if shape is None else {"shape": shape}


@dataclass(slots=True)
class _Frame:
    """One use of a block: what its names and its attribute references stand for."""

    block: Block
    emitted: _Emitted
    values: dict[str, Operand] = field(default_factory=dict)
    arguments: Mapping[str, Attr] = field(default_factory=dict)
    """Attributes of the function call that the block belongs to."""
    prefix: str = ""
    """Names of the calls around it, each ending in a slash."""

    def operand(self, name: str) -> Operand:
        """What a name stands for; None for an optional operand left out."""
        return self.values.get(name)

    def bind(self, name: str, operand: Operand) -> None:
        """Define a name, and keep its declared shape."""
        if not name:
            return
        self.values[name] = operand
        shape = self.block.shapes.get(name)
        if shape is not None and isinstance(operand, Edge):
            self.emitted.shapes.setdefault((operand.source, operand.port), shape)


class Builder:
    """Builds the graph of one file.

    Args:
        library: the local functions; the outermost block was measured by it.
        limits: budgets for names and constants.
        clock: wall time.
    """

    def __init__(self, library: Library, limits: Limits, clock: Clock) -> None:
        self._library, self._limits, self._clock = library, limits, clock

    def graph(self, block: Block, meta: Mapping[str, str]) -> Graph:
        """The graph of the outermost block."""
        return self._finish(_Frame(block, _Emitted()), {}, meta)

    def _finish(
        self, frame: _Frame, captured: Mapping[str, Mapping[str, Attr]], meta: Mapping[str, str]
    ) -> Graph:
        """Emit a frame that is a graph of its own: inputs, captures, then the nodes."""
        block, emitted = frame.block, frame.emitted
        for index, (name, attrs) in enumerate((*block.inputs.items(), *captured.items())):
            emitted.nodes.append(Node("Input", (), attrs, origin=(self._name(name),)))
            frame.values[name] = Edge(index)
        frame.values.update(block.constants)
        self._run(frame)
        return Graph(
            nodes=tuple(emitted.nodes),
            outputs=tuple(map(frame.operand, block.outputs)),
            output_names=tuple(map(self._name, block.outputs)),
            format="onnx",
            meta=meta,
            shapes=emitted.shapes,
            captures=tuple(map(self._name, captured)),
        )

    def _run(self, frame: _Frame) -> None:
        """Emit the rows of a frame's block."""
        for index, row in enumerate(frame.block.rows):
            if not index % 1_024:
                self._clock.check()
            attrs = self._attrs(row, frame)
            function = self._library.find(row.key)
            if function is not None:
                self._call(row, function, attrs, frame)
            elif row.key[:2] == ("", "Constant"):
                self._constant(row, attrs, frame)
            else:
                self._node(row, attrs, frame)

    def _attrs(self, row: Row, frame: _Frame) -> Mapping[str, Attr]:
        """A row's attributes, references to the function's own resolved."""
        if not row.refs:
            return row.attrs
        given = {
            name: frame.arguments[source]
            for name, source in row.refs.items()
            if source in frame.arguments
        }
        return {**row.attrs, **given}

    def _call(self, row: Row, function: Block, attrs: Mapping[str, Attr], frame: _Frame) -> None:
        """Emit the body of a local function in place of its call."""
        inner = _Frame(
            function,
            frame.emitted,
            arguments={**function.defaults, **attrs} if function.defaults else attrs,
            prefix=f"{frame.prefix}{row.name}/"[:_INLINED_NAME],
        )
        for name, operand in zip(function.inputs, map(frame.operand, row.inputs), strict=False):
            inner.bind(name, operand)
        self._run(inner)
        for index, name in enumerate(row.outputs):
            if index >= len(function.outputs):
                raise ModelError("more outputs than the function has", place=row.place)
            frame.bind(name, inner.operand(function.outputs[index]))

    def _constant(self, row: Row, attrs: Mapping[str, Attr], frame: _Frame) -> None:
        """Bind the value of a Constant node; it becomes an operand, not a node."""
        if len(row.outputs) != 1:
            raise ModelError("a Constant has one output", place=row.place)
        name = self._name(row.outputs[0])
        value = next((attrs[key] for key in _CONSTANT_FORMS if key in attrs), None)
        tensor = Tensor("undefined", None, None, name)
        if isinstance(value, Tensor):
            tensor = Tensor(value.dtype, value.shape, value.data, name, value.payload)
        elif value is not None:
            key = next(key for key in _CONSTANT_FORMS if key in attrs)
            shape = (len(value),) if isinstance(value, tuple) else ()
            flat = value if isinstance(value, tuple) else (value,)
            numbers = tuple(v for v in flat if not isinstance(v, str))
            kept = len(numbers) == len(flat) <= self._limits.fold_elements
            tensor = Tensor(_CONSTANT_FORMS[key], shape, numbers if kept else None, name)
        frame.bind(row.outputs[0], tensor)

    def _node(self, row: Row, attrs: Mapping[str, Attr], frame: _Frame) -> None:
        """Emit one node, and its bodies inside it."""
        op = operator(row.key.domain, row.key.name)
        if row.key.domain == CLASSICAL_DOMAIN:
            attrs = {**attrs, "kind": self._name(row.key.name)}
        if op == "Cast" and isinstance(code := attrs.get("to"), int):  # what is folded needs a type
            attrs = {**attrs, "to": dtype(code)}
        inputs = tuple(map(frame.operand, row.inputs))
        bodies: Mapping[str, Graph] = {}
        if row.bodies:
            bodies, captured = self._bodies(row, frame)
            inputs += captured
        name = (frame.prefix + row.name)[:_INLINED_NAME] if frame.prefix else self._name(row.name)
        index = len(frame.emitted.nodes)
        frame.emitted.nodes.append(
            Node(op, inputs, attrs, len(row.outputs), (name,), bodies=bodies)
        )
        for port, name in enumerate(row.outputs):
            frame.bind(name, Edge(index, port))

    def _bodies(self, row: Row, frame: _Frame) -> tuple[dict[str, Graph], tuple[Operand, ...]]:
        """All sub-graphs of a node, and what they read from outside, in the same order."""
        bodies: dict[str, Graph] = {}
        operands: tuple[Operand, ...] = ()
        for name, block in row.bodies.items():
            bodies[self._name(name)], captured = self._body(block, frame)
            operands += captured
        return bodies, operands

    def _body(self, block: Block, frame: _Frame) -> tuple[Graph, tuple[Operand, ...]]:
        """A sub-graph and the outer values that it reads; outer constants go inside."""
        inner = _Frame(block, _Emitted(), arguments=frame.arguments, prefix=frame.prefix)
        edges: list[Edge] = []
        captured: dict[str, Mapping[str, Attr]] = {}
        for name in block.free:
            operand = frame.operand(name)
            if isinstance(operand, Edge):
                edges.append(operand)
                captured[name] = frame.emitted.known(operand)
            else:
                inner.values[name] = operand
        return self._finish(inner, captured, {}), tuple(edges)

    def _name(self, name: str) -> str:
        return name[: self._limits.name_length]


_CONSTANT_FORMS = {
    "value": "",
    "sparse_value": "",
    "value_float": "float32",
    "value_floats": "float32",
    "value_int": "int64",
    "value_ints": "int64",
    "value_string": "string",
    "value_strings": "string",
}
"""Attributes of Constant, and the element type that each implies."""
