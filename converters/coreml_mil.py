"""From MIL rows to a graph: names become edges, blocks become bodies of If and Loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan.converters.assembly import Assembly
from genescan.converters.base import quote
from genescan.converters.coreml_mil_ops import TABLE
from genescan.converters.coreml_program import Argument, Block, Function, Row
from genescan.converters.coreml_rules import RULES
from genescan.converters.coreml_values import Constant, Kind
from genescan.converters.table import Call, translate
from genescan.errors import ModelError
from genescan.graph import Attr, Dims, Edge, Graph, Operand, Tensor

_CONSTEXPR = "constexpr_"


class Scope:
    """What the names of one block stand for; a body sees no names but those it is given."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.values: dict[str, Operand] = {}
        self.constants: dict[str, Attr] = {}
        """Values of small constants, strings among them, by name."""
        self.kinds: dict[str, Kind] = {}
        self.states: dict[str, Operand] = {}
        """What was last written to each state."""

    def define(self, name: str, operand: Operand, kind: Kind) -> None:
        """Give a name its meaning, and keep its declared shape."""
        self.values[name], self.kinds[name] = operand, kind
        self.assembly.learn(operand, kind.shape if kind.form != "list" else None)

    def constant(self, name: str, made: Constant, kind: Kind) -> None:
        """Give a name a constant meaning."""
        self.values[name], self.kinds[name] = made.tensor, kind
        if made.value is not None:
            self.constants[name] = made.value


class ProgramBuilder:
    """Builds the functions of one program into one assembly.

    Args:
        assembly: where the nodes go.
    """

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly

    def function(
        self, function: Function, inputs: Mapping[str, Operand]
    ) -> list[tuple[str, Operand]]:
        """Emit one entry point over values for its inputs; returns its outputs by name.

        A state that it writes is an output too.
        """
        scope, block = Scope(self._assembly), function.block
        for name, kind in block.inputs:
            scope.define(name, inputs[name], kind)
            if kind.form == "state":
                scope.states[name] = inputs[name]
        self._run(block, scope)
        outputs = [(name, scope.values[name]) for name in block.outputs]
        return outputs + [
            (name, value) for name, value in scope.states.items() if value != inputs[name]
        ]

    def _run(self, block: Block, scope: Scope) -> list[Operand]:
        for row in block.rows:
            self._row(row, scope)
        return [scope.values[name] for name in block.outputs]

    def _row(self, row: Row, scope: Scope) -> None:
        if row.kind == "const" or row.kind.startswith(_CONSTEXPR):
            self._constant(row, scope)
            return
        if row.kind == "cond" and len(row.blocks) == 2:
            outputs = self._cond(row, scope)
        elif row.kind == "while_loop" and len(row.blocks) == 2:
            outputs = self._loop(row, scope)
        elif row.kind in ("read_state", "write_state"):
            outputs = self._state(row, scope)
        elif row.blocks:
            raise ModelError(f"{quote(row.kind)} with {len(row.blocks)} blocks", place=row.place)
        else:
            outputs = translate(scope.assembly, self._call(row, scope), TABLE, RULES)
        if len(outputs) != len(row.outputs):
            raise ModelError(
                f"{len(row.outputs)} outputs where {quote(row.kind)} has {len(outputs)}",
                place=row.place,
            )
        for (name, kind), operand in zip(row.outputs, outputs, strict=True):
            scope.define(name, operand, kind)

    def _constant(self, row: Row, scope: Scope) -> None:
        """A constant, or an expression over constants: a weight in compressed form."""
        if len(row.outputs) != 1:
            raise ModelError(f"{quote(row.kind)} has one output", place=row.place)
        name, kind = row.outputs[0]
        if row.kind == "const":
            made = row.attrs.get("val")
            scope.constant(name, made or Constant(Tensor(kind.dtype, kind.shape), None), kind)
            return
        payload = None
        operands = [self._argument(value, scope)[0] for value in _flat(row)]
        for part in (*operands, *(constant.tensor for constant in row.attrs.values())):
            if isinstance(part, Edge):
                raise ModelError("a compressed weight that is computed", place=row.place)
            if isinstance(part, Tensor) and payload is None:
                payload = part.payload
        tensor = Tensor(kind.dtype, kind.shape, None, scope.assembly.name(name), payload)
        scope.constant(name, Constant(tensor, None), kind)

    def _argument(self, argument: Argument, scope: Scope) -> tuple[Operand, Attr | None]:
        """What an argument stands for, as an operand and as an attribute."""
        if isinstance(argument, Constant):
            return argument.tensor, argument.value
        return scope.values[argument], scope.constants.get(argument)

    def _call(self, row: Row, scope: Scope) -> Call:
        slots: list[str] = []
        operands: list[Operand] = []
        attrs: dict[str, Attr] = {}
        for slot, arguments in row.inputs.items():
            for argument in arguments:
                operand, value = self._argument(argument, scope)
                if value is not None and len(arguments) == 1:
                    attrs[slot] = value
                if operand is not None:
                    slots.append(slot)
                    operands.append(operand)
        shapes = tuple(kind.shape if kind.form != "list" else None for _, kind in row.outputs)
        return Call(row.kind, row.name, operands, slots, attrs, shapes)

    def _state(self, row: Row, scope: Scope) -> list[Operand]:
        """A state is a value that is replaced: the last one written is what the next reads."""
        target = row.inputs.get("input", ("",))[0]
        if not isinstance(target, str) or target not in scope.states:
            raise ModelError("reads or writes what is no state", place=row.place)
        if row.kind == "write_state":
            data = row.inputs.get("data", ("",))[0]
            scope.states[target] = self._argument(data, scope)[0]
            return []
        return [scope.assembly.emit("Identity", [scope.states[target]], name=row.name)]

    def _cond(self, row: Row, scope: Scope) -> list[Operand]:
        inputs = [operand for arg in _flat(row) for operand in [self._argument(arg, scope)[0]]]
        bodies: dict[str, Graph] = {}
        for name, block in zip(("then_branch", "else_branch"), row.blocks, strict=True):
            inner = Scope(scope.assembly.body())
            captured = self._captured(block, scope, inner)
            results = self._run(block, inner)
            bodies[name] = inner.assembly.graph(
                list(zip(block.outputs, results, strict=True)), captures=list(captured)
            )
            inputs += captured.values()
        return self._owner("If", row, inputs, bodies, scope)

    def _captured(self, block: Block, scope: Scope, inner: Scope) -> dict[str, Operand]:
        """Make outer values known inside a body; returns those that are computed.

        Constants go inside as they are; the rest become the body's last inputs.
        """
        captured: dict[str, Operand] = {}
        for name in block.free:
            value, kind = scope.values.get(name), scope.kinds[name]
            if name in scope.constants:
                inner.constants[name] = scope.constants[name]
            if isinstance(value, Edge):
                captured[name] = value
                shape = scope.assembly.shape(value)
                value = inner.assembly.input(name, shape, kind.dtype)
            inner.values[name], inner.kinds[name] = value, kind
            if name in scope.states:
                raise ModelError(f"the state {quote(name)} is used inside a block")
        return captured

    def _loop(self, row: Row, scope: Scope) -> list[Operand]:
        """while_loop as a Loop: the condition is computed once before it and after each turn."""
        test, block = row.blocks
        first = [self._argument(arg, scope)[0] for arg in _flat(row)]
        if not len(test.inputs) == len(block.inputs) == len(first) == len(block.outputs):
            raise ModelError("blocks with other inputs than the loop", place=row.place)
        before = self._inlined(test, first, scope, scope)
        inner = Scope(scope.assembly.body())
        inner.assembly.input("iteration", (), "int64")
        inner.assembly.input("condition", (), "bool")
        for name, kind in block.inputs:
            shape = kind.shape if kind.form != "list" else None
            inner.define(name, inner.assembly.input(name, shape, kind.dtype), kind)
        outer = _with_free(block, {**block.free, **test.free})
        captured = self._captured(outer, scope, inner)
        results = self._run(block, inner)
        after = self._inlined(test, results, inner, scope)
        named = [("condition", after), *zip(block.outputs, results, strict=True)]
        body = inner.assembly.graph(named, captures=list(captured))
        inputs = [None, before, *first, *captured.values()]
        return self._owner("Loop", row, inputs, {"body": body}, scope)

    def _inlined(
        self, test: Block, arguments: Sequence[Operand], scope: Scope, names: Scope
    ) -> Operand:
        """Emit a condition's block in place, over the values of one turn."""
        inner = Scope(scope.assembly)
        for name in test.free:
            inner.values[name], inner.kinds[name] = scope.values[name], names.kinds[name]
            if name in names.constants:
                inner.constants[name] = names.constants[name]
        for (name, kind), value in zip(test.inputs, arguments, strict=True):
            inner.define(name, value, kind)
            if isinstance(value, Tensor) and value.scalar is not None:
                inner.constants[name] = value.scalar
        results = self._run(test, inner)
        if len(results) != 1:
            raise ModelError("a condition has one output")
        return results[0]

    def _owner(
        self, op: str, row: Row, inputs: list[Operand], bodies: dict[str, Graph], scope: Scope
    ) -> list[Operand]:
        shapes: list[Dims | None] = [
            kind.shape if kind.form != "list" else None for _, kind in row.outputs
        ]
        count = len(shapes)
        if any(len(graph.outputs) != count + (op == "Loop") for graph in bodies.values()):
            raise ModelError("a block with other outputs than its operation", place=row.place)
        made = scope.assembly.emit(
            op, inputs, name=row.name, outputs=count, shapes=shapes, bodies=bodies
        )
        return [Edge(made.source, port) for port in range(count)]


def _flat(row: Row) -> list[Argument]:
    return [argument for arguments in row.inputs.values() for argument in arguments]


def _with_free(block: Block, free: Mapping[str, str]) -> Block:
    return Block(block.inputs, block.rows, block.outputs, free)
