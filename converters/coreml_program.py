"""MIL programs as plain rows: names checked, and what each block reads from outside.

The rows come from the protobuf form of a program or from its text form; names are still names.
`genescan.converters.coreml_mil` turns them into a graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genescan.converters.base import Clock, quote
from genescan.converters.coreml_values import Constant, Kind, Values, text
from genescan.errors import LimitExceeded, ModelError

Argument: TypeAlias = "str | Constant"
"""The name of a value, or a value that stands in the argument itself."""

_PARTS_PER_NODE = 16
"""Arguments, constants and attributes that count as much as one node."""
_OFTEN = 1_024


@dataclass(frozen=True, slots=True)
class Row:
    """One operation."""

    kind: str
    name: str
    inputs: Mapping[str, tuple[Argument, ...]]
    """By parameter, in alphabetical order."""
    outputs: tuple[tuple[str, Kind], ...]
    attrs: Mapping[str, Constant]
    blocks: tuple[Block, ...] = ()

    @property
    def place(self) -> str:
        """For error messages."""
        return f"operation {quote(self.name)}"


@dataclass(frozen=True, slots=True)
class Block:
    """Operations in execution order."""

    inputs: tuple[tuple[str, Kind], ...]
    rows: tuple[Row, ...]
    outputs: tuple[str, ...]
    free: Mapping[str, str] = field(default_factory=dict)
    """Names read but not defined here, with who reads each, in order of first use."""


@dataclass(frozen=True, slots=True)
class Function:
    """An entry point."""

    name: str
    block: Block
    """Its inputs are the function's."""


class ProgramReader:
    """Makes functions from MILSpec.Program messages."""

    def __init__(self, values: Values, clock: Clock) -> None:
        self.values, self.clock = values, clock
        self._left = values.limits.nodes * _PARTS_PER_NODE

    def functions(self, program: Any) -> list[Function]:
        """All functions, in alphabetical order (the file has none), `main` first."""
        made = []
        for name in sorted(program.functions, key=lambda n: (n != "main", n)):
            function = program.functions[name]
            chosen = function.block_specializations.get(function.opset)
            place = f"function {quote(name)}"
            if chosen is None:
                raise ModelError(f"has no block for {quote(text(function.opset))}", place=place)
            others = len(function.block_specializations) - 1
            if others:
                raise ModelError(f"has {others} more blocks, for other opsets", place=place)
            block = self._block(chosen, 0, self._declared(function.inputs, place))
            for missing, reader in block.free.items():
                raise ModelError(f"{quote(missing)} is not defined", place=reader)
            made.append(Function(self.values.name(name), block))
        if not made:
            raise ModelError("the program has no functions")
        return made

    def charge(self, parts: int) -> None:
        """Take parts off the budget of the file before anything is made of them."""
        self._left -= parts
        if self._left < 0:
            raise LimitExceeded(f"{self.values.limits.nodes} nodes with what belongs to them")

    def _declared(self, protos: Sequence[Any], place: str) -> tuple[tuple[str, Kind], ...]:
        self.charge(len(protos))
        return tuple((text(p.name), self.values.kind(p.type, place)) for p in protos)

    def _block(self, proto: Any, depth: int, inputs: tuple[tuple[str, Kind], ...] = ()) -> Block:
        if depth > self.values.limits.depth:
            raise LimitExceeded(f"{depth} nested blocks")
        self.charge(len(proto.operations) * 4)
        inputs += self._declared(proto.inputs, "inputs of a block")
        rows = []
        for index, operation in enumerate(proto.operations):
            if not index % _OFTEN:
                self.clock.check()
            rows.append(self._row(operation, depth))
        return closed(inputs, tuple(rows), tuple(map(text, proto.outputs)))

    def _row(self, proto: Any, depth: int) -> Row:
        kind = text(proto.type)
        first = text(proto.outputs[0].name) if proto.outputs else kind
        place = f"operation {quote(first)}"
        self.charge(len(proto.inputs) + len(proto.attributes))
        outputs = self._declared(proto.outputs, place)
        inputs = {}
        for slot in sorted(proto.inputs):
            bindings = proto.inputs[slot].arguments
            self.charge(len(bindings))
            inputs[slot] = tuple(self._argument(binding, first) for binding in bindings)
        attrs = {
            key: self.values.constant(proto.attributes[key], self.values.name(first))
            for key in sorted(proto.attributes)
        }
        named = attrs.pop("name", None)
        name = named.value if named is not None and isinstance(named.value, str) else first
        blocks = tuple(self._block(block, depth + 1) for block in proto.blocks)
        return Row(kind, name or first, inputs, outputs, attrs, blocks)

    def _argument(self, binding: Any, owner: str) -> Argument:
        if binding.WhichOneof("binding") == "value":
            return self.values.constant(binding.value, self.values.name(owner))
        return text(binding.name)


def closed(
    inputs: tuple[tuple[str, Kind], ...], rows: tuple[Row, ...], outputs: tuple[str, ...]
) -> Block:
    """A block with its `free` names.

    Raises:
        ModelError: a name is defined twice, or read before it is defined.
    """
    known: set[str] = set()
    free: dict[str, str] = {}
    for name, _ in inputs:
        if name in known:
            raise ModelError(f"input {quote(name)} is defined twice")
        known.add(name)
    for row in rows:
        for name in _read(row):
            if name not in known:
                free.setdefault(name, row.place)
        for name, _ in row.outputs:
            if name in known:
                raise ModelError(f"output {quote(name)} is defined twice", place=row.place)
            if name in free:
                raise ModelError(f"{quote(name)} is read before it is defined", place=free[name])
            known.add(name)
    for name in outputs:
        if name not in known:
            free.setdefault(name, "outputs of a block")
    return Block(inputs, rows, outputs, free)


def _read(row: Row) -> Iterable[str]:
    """The names that an operation reads, directly or inside its blocks."""
    for arguments in row.inputs.values():
        yield from (argument for argument in arguments if isinstance(argument, str))
    for block in row.blocks:
        yield from block.free
