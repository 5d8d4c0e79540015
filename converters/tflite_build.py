"""From rows to a graph: operators become nodes, sub-graphs bodies, variables states.

A variable that is only read is the constant it was initialised with. One that is also written is
a state of the network: an input of the graph that stands for its value before a run, and an
output for the value after it, as streaming models are exported to formats without variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from genescan.converters.assembly import Assembly, number
from genescan.converters.base import Clock
from genescan.converters.table import Call, translate
from genescan.converters.tflite_calls import RUNS, measure
from genescan.converters.tflite_dilation import undilate
from genescan.converters.tflite_model import Block, Network, Row
from genescan.converters.tflite_ops import TABLE
from genescan.converters.tflite_rules import RULES
from genescan.converters.tflite_states import MEMORY, state, variable, written
from genescan.errors import ModelError
from genescan.graph import Attr, Dims, Edge, Graph, Operand, Tensor
from genescan.limits import Limits

_INSIDE = ("LSTM", "RNN")
"""Operators (by the end of their name) whose activation acts inside the cell."""
_STATEFUL = (*_INSIDE, "SVDF")
"""Operators whose states begin with zeros where nothing else is said."""
_SUMS = frozenset(
    {"ADD", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
)
"""Operators whose results have both signs, unless codes cannot be negative: a folded Relu."""
_APPROXIMATIONS = ("none", "tanh")


@dataclass(slots=True)
class _Frame:
    """One use of a sub-graph: what its tensors stand for."""

    block: Block
    assembly: Assembly
    values: dict[int, Operand] = field(default_factory=dict)
    handles: dict[int, str] = field(default_factory=dict)
    """Tensors that name a variable."""

    def operand(self, index: int, row: Row | None = None) -> Operand:
        """What a tensor stands for; None for an operand left out.

        Raises:
            ModelError: nothing before the row makes it.
        """
        if index < 0 or index in self.handles:
            return None
        if index in self.values:
            return self.values[index]
        value = self.block.values[index]
        if value.constant is not None:
            return value.constant
        if value.resource:
            return None
        if value.variable:  # a state of recurrent operators; to others what it began with
            return Tensor(value.dtype, value.shape, None, value.name)
        place = row.place if row is not None else "graph outputs"
        raise ModelError(f"tensor {index} is read before it is made", place=place)

    def fresh(self, index: int) -> bool:
        """Whether a tensor is a state that nothing has given a value yet."""
        return index >= 0 and self.block.values[index].variable and index not in self.values

    def shape(self, index: int) -> Dims | None:
        """The declared shape of a tensor; complex numbers have one more axis here."""
        if index < 0:
            return None
        value = self.block.values[index]
        return None if value.dtype.startswith("complex") else value.shape


class Builder:
    """Builds the graph of one file."""

    def __init__(self, network: Network, limits: Limits, clock: Clock) -> None:
        self._blocks, self._network = network.blocks, network
        self._limits, self._clock = limits, clock
        self._initial: dict[str, Operand] = {}
        """Variables with what they hold before the first run."""
        self._states: dict[str, Operand] = {}
        """Variables that are written, with what they hold now."""
        self._top = Assembly("tflite", limits, clock)
        self._initialising = False

    def graph(self) -> Graph:
        """All sub-graphs that a program can run, side by side.

        Raises:
            ModelError: sub-graphs run each other in a circle, or a tensor is never made.
            LimitExceeded: too many nodes.
        """
        for block in self._blocks:
            undilate(block)
        measure(self._network, self._limits)
        frames = [self._entry(index) for index in self._network.entries]
        for frame in frames:
            self._find_states(frame)
        outputs: list[tuple[str, Operand]] = []
        for frame, name in zip(frames, self._network.entries.values(), strict=True):
            self._run(frame)
            for index in frame.block.outputs:
                label = frame.block.values[index].name
                outputs.append((f"{name}:{label}" if name else label, frame.operand(index)))
        outputs += self._states.items()
        if not outputs:
            raise ModelError("the graph has no outputs")
        if all(node.op == "Input" for node in self._top.nodes):
            raise ModelError("the graph has no nodes")
        return self._top.graph(outputs, self._network.meta)

    def _entry(self, index: int) -> _Frame:
        frame = _Frame(self._blocks[index], self._top)
        for tensor in frame.block.inputs:
            value = frame.block.values[tensor]
            frame.values[tensor] = self._top.input(value.name, value.shape, value.dtype)
        return frame

    def _find_states(self, frame: _Frame) -> None:
        """Make an input for every variable that is written."""
        for key, value in written(self._blocks, frame.block):
            if key not in self._states:
                self._states[key] = self._top.input(key, value.shape, value.dtype)

    def _run(self, frame: _Frame) -> None:
        """Emit all rows of a sub-graph in their order."""
        for index, row in enumerate(frame.block.rows):
            if not index % 1_024:
                self._clock.check()
            if row.kind in RUNS and len(row.calls) < RUNS[row.kind]:
                raise ModelError("names no sub-graph", place=row.place)
            rule = _SPECIAL.get(row.kind, Builder._node)
            for tensor, result in zip(row.outputs, rule(self, frame, row), strict=False):
                self._bind(frame, row, tensor, result)

    def _bind(self, frame: _Frame, row: Row, tensor: int, result: Operand) -> None:
        """Let a tensor stand for a result."""
        if tensor < 0:
            return
        stored = frame.block.values[tensor].constant
        if tensor in frame.values or (stored is not None and 0 not in (stored.shape or ())):
            raise ModelError(f"tensor {tensor} is made twice", place=row.place)
        if tensor not in frame.handles:
            frame.values[tensor] = result
            frame.assembly.learn(result, frame.shape(tensor))

    def _node(self, frame: _Frame, row: Row) -> list[Operand]:
        """An ordinary operator, and the activation fused into it."""
        assembly = frame.assembly
        inputs = [frame.operand(index, row) for index in row.inputs]
        if row.kind.endswith(_STATEFUL):
            inputs = [
                None if frame.fresh(i) else v for i, v in zip(row.inputs, inputs, strict=True)
            ]
        if row.kind == "SVDF" and len(inputs) <= MEMORY:
            raise ModelError(f"{len(inputs)} operands", place=row.place)
        if row.kind == "SVDF" and assembly is self._top:
            inputs[MEMORY] = self._states.get(state(frame.block, row), inputs[MEMORY])
        dtype = frame.block.values[row.outputs[0]].dtype if row.outputs else ""
        attrs: dict[str, Attr] = {**row.attrs, "dtype": dtype}
        if row.kind == "GELU":
            attrs["approximation"] = _APPROXIMATIONS[bool(row.attrs.get("approximate"))]
        call = Call(
            row.kind, row.name, inputs, attrs=attrs,
            shapes=[frame.shape(index) for index in row.outputs],
        )  # fmt: skip
        results = translate(assembly, call, TABLE, RULES)
        if row.kind == "SVDF" and len(results) > 1:
            self._states[state(frame.block, row)] = results.pop()
        fused = row.attrs.get("fused_activation_function", 0)
        if fused and not row.kind.endswith(_INSIDE) and results:
            results[0] = _activated(assembly, results[0], fused, call)
        elif row.kind in _SUMS and results:
            zero = frame.block.values[row.outputs[0]].zero
            if zero is not None:
                results[0] = assembly.quantised(results[0], row.name, zero)
        return results

    def _handle(self, frame: _Frame, row: Row) -> list[Operand]:
        """A variable or table by its name; the tensor itself is no value."""
        for tensor in row.outputs:
            frame.handles[tensor] = variable(row)
        return []

    def _read(self, frame: _Frame, row: Row) -> list[Operand]:
        """What a variable holds: a weight, when nothing in the file writes it."""
        name = frame.handles.get(row.inputs[0]) if row.inputs else None
        if name is None or not row.outputs:
            return self._node(frame, row)
        for held in (self._states, self._initial):
            if name in held:
                usable = frame.assembly is self._top or isinstance(held[name], Tensor)
                return [held[name]] if usable else self._node(frame, row)
        value = frame.block.values[row.outputs[0]]
        return [Tensor(value.dtype, value.shape, None, frame.assembly.name(name))]

    def _assign(self, frame: _Frame, row: Row) -> list[Operand]:
        """Let a variable hold a value: before the first run, or for the next one."""
        name = frame.handles.get(row.inputs[0]) if len(row.inputs) == 2 else None
        if name is None or frame.assembly is not self._top:
            frame.assembly.unknown(row.kind, [frame.operand(i, row) for i in row.inputs])
        elif self._initialising:
            self._initial[name] = frame.operand(row.inputs[1], row)
        else:
            self._states[name] = frame.operand(row.inputs[1], row)
        return []

    def _initialise(self, frame: _Frame, row: Row) -> list[Operand]:
        """CALL_ONCE: a sub-graph that fills variables."""
        before, self._initialising = self._initialising, True
        self._inner(frame, row, self._blocks[row.calls[0]], ())
        self._initialising = before
        return []

    def _call(self, frame: _Frame, row: Row) -> list[Operand]:
        """A sub-graph in the place of its call."""
        inner = self._inner(frame, row, self._blocks[row.calls[0]], row.inputs)
        return [inner.operand(index, row) for index in inner.block.outputs]

    def _inner(self, frame: _Frame, row: Row, block: Block, given: Sequence[int]) -> _Frame:
        """Run a sub-graph where it is called."""
        values = [frame.operand(index, row) for index in given]
        inner = self._open(frame, row, block, given, values, frame.assembly)
        self._run(inner)
        return inner

    def _open(
        self, frame: _Frame, row: Row, block: Block, given: Sequence[int],
        values: Sequence[Operand], assembly: Assembly,
    ) -> _Frame:  # fmt: skip
        """A use of a sub-graph whose inputs stand for `values`."""
        if len(values) != len(block.inputs):
            raise ModelError(
                f"{len(values)} operands for a sub-graph of {len(block.inputs)}", place=row.place
            )
        inner = _Frame(block, assembly, dict(zip(block.inputs, values, strict=True)))
        for tensor, source in zip(block.inputs, given, strict=True):
            if source in frame.handles:
                inner.handles[tensor] = frame.handles[source]
        return inner

    def _branch(self, frame: _Frame, row: Row) -> list[Operand]:
        """IF: what the branches read is captured, constants go inside."""
        given = row.inputs[1:]
        captured: list[Operand] = []
        bodies: dict[str, Graph] = {}
        for name, index in zip(("then_branch", "else_branch"), row.calls, strict=False):
            body, edges = self._body(frame, row, self._blocks[index], given)
            bodies[name] = body
            captured += edges
        condition = frame.operand(row.inputs[0], row) if row.inputs else None
        shapes = [frame.shape(index) for index in row.outputs]
        made = frame.assembly.emit(
            "If", [condition, *captured], name=row.name, outputs=len(shapes), shapes=shapes,
            bodies=bodies,
        )  # fmt: skip
        return [Edge(made.source, port) for port in range(len(shapes))]

    def _body(
        self, frame: _Frame, row: Row, block: Block, given: Sequence[int]
    ) -> tuple[Graph, list[Operand]]:
        """A branch as a graph of its own, and what it captures."""
        assembly, values, edges, names = frame.assembly.body(), [], [], []
        for tensor, source in zip(block.inputs, given, strict=False):
            value = frame.operand(source, row)
            if isinstance(value, Edge):
                edges.append(value)
                names.append(block.values[tensor].name)
                value = _input(assembly, names[-1], frame.assembly.known(value))
            values.append(value)
        inner = self._open(frame, row, block, given, values, assembly)
        self._run(inner)
        outputs = [(block.values[i].name, inner.operand(i, row)) for i in block.outputs]
        return assembly.graph(outputs, captures=names), [*edges]

    def _loop(self, frame: _Frame, row: Row) -> list[Operand]:
        """WHILE as a Loop: the condition is computed before it, and after each iteration.

        What the body hands on unchanged is no state of the loop: it is captured.
        """
        body, values = self._blocks[row.calls[1]], [frame.operand(i, row) for i in row.inputs]
        if not len(body.outputs) == len(body.inputs) == len(values):
            raise ModelError("a loop whose body has other results than operands", place=row.place)
        fixed = [made == read for made, read in zip(body.outputs, body.inputs, strict=True)]
        state = [i for i, same in enumerate(fixed) if not same and values[i] is not None]
        kept = [i for i, same in enumerate(fixed) if same and isinstance(values[i], Edge)]
        first = self._condition(frame, row, values, frame.assembly)
        operands = [None, first, *(values[i] for i in (*state, *kept))]
        shapes = [frame.shape(row.outputs[i]) if i < len(row.outputs) else None for i in state]
        made = frame.assembly.emit(
            "Loop", operands, name=row.name, outputs=max(1, len(state)), shapes=shapes,
            bodies={"body": self._iteration(frame, row, values, state, kept)},
        )  # fmt: skip
        final = list(values)
        for port, i in enumerate(state):
            final[i] = Edge(made.source, port)
        return final

    def _condition(
        self, frame: _Frame, row: Row, values: Sequence[Operand], assembly: Assembly
    ) -> Operand:
        """Whether a loop goes on, from the values that it carries."""
        inner = self._open(frame, row, self._blocks[row.calls[0]], row.inputs, values, assembly)
        self._run(inner)
        return inner.operand(inner.block.outputs[0], row) if inner.block.outputs else None

    def _iteration(
        self, frame: _Frame, row: Row, values: Sequence[Operand], state: Sequence[int],
        kept: Sequence[int],
    ) -> Graph:  # fmt: skip
        """The body of a loop with its condition behind it."""
        block, assembly, inside = self._blocks[row.calls[1]], frame.assembly.body(), list(values)
        assembly.input("iteration", (), "int64")
        assembly.input("condition", (), "bool")
        for i in (*state, *kept):
            value = block.values[block.inputs[i]]
            inside[i] = assembly.input(value.name, value.shape, value.dtype)
        inner = self._open(frame, row, block, row.inputs, inside, assembly)
        self._run(inner)
        results = [inner.operand(index, row) for index in block.outputs]
        outputs = [("condition", self._condition(frame, row, results, assembly))]
        outputs += [(block.values[block.outputs[i]].name, results[i]) for i in state]
        return assembly.graph(outputs, captures=[block.values[block.inputs[i]].name for i in kept])


_Special: TypeAlias = Callable[[Builder, _Frame, Row], "list[Operand]"]

_SPECIAL: Mapping[str, _Special] = {
    "VAR_HANDLE": Builder._handle,
    "HASHTABLE": Builder._handle,
    "READ_VARIABLE": Builder._read,
    "ASSIGN_VARIABLE": Builder._assign,
    "CALL": Builder._call,
    "STABLEHLO_COMPOSITE": Builder._call,
    "CALL_ONCE": Builder._initialise,
    "WHILE": Builder._loop,
    "STABLEHLO_WHILE": Builder._loop,
    "IF": Builder._branch,
}
"""Operators that are not just nodes."""


def _input(assembly: Assembly, name: str, attrs: Mapping[str, Attr]) -> Edge:
    shape, dtype = attrs.get("shape"), attrs.get("dtype", "")
    dims: Dims | None = None
    if isinstance(shape, tuple):
        dims = tuple(size if isinstance(size, int) else None for size in shape)
    return assembly.input(name, dims, str(dtype))


def _activated(assembly: Assembly, value: Operand, code: Attr, call: Call) -> Operand:
    """A result behind the activation that the file fused into its operator."""
    name, shapes = call.name, call.shapes[:1]
    if code in _BOUNDS:
        low, high = _BOUNDS[int(code)]
        inputs = [value, number(low), number(high)]
        return assembly.emit("Clip", inputs, name=name, shapes=shapes)
    if code == _SIGN_BIT:
        return assembly.emit("Less", [value, number(0.0)], name=name, shapes=shapes)
    if code in _FUSED:
        return assembly.emit(_FUSED[int(code)], [value], name=name, shapes=shapes)
    return assembly.unknown(f"activation {code}", [value], name=name, shapes=shapes)


_FUSED = {1: "Relu", 4: "Tanh"}
_BOUNDS = {2: (-1.0, 1.0), 3: (0.0, 6.0)}
_SIGN_BIT = 5
"""Values of ActivationFunctionType."""
