"""TensorFlow Lite files as plain rows: sub-graphs, their tensors and operators, all checked.

Nothing here knows what an operator means. Every index is checked, so that what uses the rows
need not: operators, tensors, sub-graphs, buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from genescan.converters.base import quote
from genescan.converters.flatbuffer import Flatbuffer, Table
from genescan.converters.tflite_schema import MODEL, OPERATORS, OPTIONS, options
from genescan.converters.tflite_values import Value, Values, unpack
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr
from genescan.limits import Limits

_PARTS_PER_NODE = 4
"""Tensors and operands that count as much as one node."""
_CUSTOM = 64
"""Bytes of custom options that are kept; the parameters of known custom operators are fewer."""
_BUILT_IN = frozenset(OPERATORS)
_CALLS = ("branch_subgraph_indices", "called_computations")
"""Options that hold several sub-graphs; those that hold one end in `subgraph_index`."""


class Row(NamedTuple):
    """One operator."""

    kind: str
    """Name of the built-in operator, or code of a custom one."""
    name: str
    inputs: tuple[int, ...]
    """Tensors of the sub-graph, -1 for an operand left out."""
    outputs: tuple[int, ...]
    attrs: Mapping[str, Attr]
    calls: tuple[int, ...] = ()
    """Sub-graphs that it runs."""

    @property
    def place(self) -> str:
        """For error messages."""
        return f"operator {self.kind} {quote(self.name)}"


@dataclass(slots=True)
class Block:
    """A sub-graph; its rows are in execution order."""

    name: str
    values: list[Value]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Network:
    """All sub-graphs; the first is the main one."""

    blocks: Sequence[Block]
    entries: Mapping[int, str]
    """Sub-graphs that a program can run, with the name of each but the first."""
    meta: Mapping[str, str]


class Loader:
    """Reads the rows of one file."""

    def __init__(self, buffer: Flatbuffer, limits: Limits) -> None:
        self._model = buffer.root(MODEL["Model"])
        self._values = Values(self._model, buffer, limits)
        self._buffer, self._limits = buffer, limits
        self._left = limits.nodes * _PARTS_PER_NODE
        self._codes = [self._code(table) for table in self._tables(self._model, "operator_codes")]

    def network(self) -> Network:
        """All of it.

        Raises:
            ModelError: an index is out of range, or a value is defined twice.
        """
        blocks = [self._block(table) for table in self._tables(self._model, "subgraphs")]
        if not blocks:
            raise ModelError("the model has no sub-graphs")
        ranked = any(value.ranked for block in blocks for value in block.values)
        for block in blocks:
            if ranked:  # older files do not tell scalars from values of unknown rank
                block.values = [_unranked(value) for value in block.values]
            for row in block.rows:
                for index in row.calls:
                    _check(index, len(blocks), "sub-graph", row.place)
        return Network(blocks, self._entries(blocks), self._meta())

    def _tables(self, table: Table, name: str) -> list[Table]:
        """The tables of a vector, charged to the budget of the file before they are read."""
        count = table.count(name)
        self._charge(count)
        layout = MODEL[_MEMBERS[name]]
        return list(table.tables(name, layout, count))

    def _charge(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise LimitExceeded(f"{self._limits.nodes} nodes with what belongs to them")

    def _code(self, table: Table) -> str:
        """The name of an operator that the file uses."""
        number = max(table.integer("deprecated_builtin_code"), table.integer("builtin_code"))
        if not 0 <= number < len(OPERATORS):
            return str(number)
        name = OPERATORS[number]
        custom = table.text("custom_code")[: self._limits.name_length]
        if name != "CUSTOM" or not custom:
            return name
        return f"custom {custom}" if custom in _BUILT_IN else custom

    def _block(self, table: Table) -> Block:
        values = [self._values.value(row) for row in self._tables(table, "tensors")]
        block = Block(
            table.text("name")[: self._limits.name_length], values,
            self._indices(table, "inputs"), self._indices(table, "outputs"), [],
        )  # fmt: skip
        for name in ("inputs", "outputs"):
            for index in getattr(block, name):
                _check(index, len(values), "tensor", f"sub-graph {quote(block.name)}")
        if len(set(block.inputs)) < len(block.inputs):
            raise ModelError("an input is named twice", place=f"sub-graph {quote(block.name)}")
        block.rows = [self._row(row, values) for row in self._tables(table, "operators")]
        return block

    def _indices(self, table: Table, name: str) -> tuple[int, ...]:
        count = table.count(name)
        self._charge(count)
        return table.integers(name, count)

    def _row(self, table: Table, values: Sequence[Value]) -> Row:
        index = table.integer("opcode_index")
        _check(index, len(self._codes), "operator code", table.place)
        kind = self._codes[index]
        inputs, outputs = self._indices(table, "inputs"), self._indices(table, "outputs")
        for tensor in (*inputs, *outputs):
            if tensor != -1:
                _check(tensor, len(values), "tensor", f"operator {quote(kind)}")
        first = next((tensor for tensor in outputs if tensor >= 0), None)
        name = kind if first is None else values[first].name
        attrs = self._options(table)
        return Row(kind, name, inputs, outputs, attrs, tuple(_called(attrs)))

    def _options(self, table: Table) -> dict[str, Attr]:
        """An operator's options: of both unions, and those of custom operators when short."""
        attrs: dict[str, Attr] = {}
        for union in ("builtin_options", "builtin_options2"):
            first, second = table.integer(f"{union}_type"), 0
            name = options(first, 0) if union == "builtin_options" else options(second, first)
            inner = table.table(union, OPTIONS[name]) if name else None
            if inner is not None:
                attrs |= inner.values(self._limits.fold_elements)
        offset, length = table.extent("custom_options")
        if 0 < length <= _CUSTOM and not length % 4:
            words = unpack(self._buffer.source.read(offset, length), length // 4, "int32")
            attrs["custom"] = words or ()
        return attrs

    def _entries(self, blocks: Sequence[Block]) -> dict[int, str]:
        """The main sub-graph, those with a signature, and those that no operator runs."""
        entries = {0: ""}
        for table in self._tables(self._model, "signature_defs"):
            index = table.integer("subgraph_index")
            _check(index, len(blocks), "sub-graph", "signature")
            entries.setdefault(index, table.text("signature_key")[: self._limits.name_length])
        called = {index for block in blocks for row in block.rows for index in row.calls}
        for index, block in enumerate(blocks):
            if index not in called:
                entries.setdefault(index, block.name)
        reached = _reached(blocks, entries, set())
        for index, block in enumerate(blocks):
            if index not in reached:  # it is run by those alone that it runs itself
                entries[index] = block.name
                _reached(blocks, [index], reached)
        return entries

    def _meta(self) -> dict[str, str]:
        """Facts for the report; quoted, since anybody may have written them."""
        meta = {"schema": str(self._model.integer("version"))}
        description = self._model.text("description")
        if description:
            meta["producer"] = quote(description)[1:-1]
        return meta


_MEMBERS = {
    "operator_codes": "OperatorCode",
    "subgraphs": "SubGraph",
    "tensors": "Tensor",
    "operators": "Operator",
    "signature_defs": "SignatureDef",
}
"""Vectors of tables, with what each holds."""


def _check(index: int, count: int, what: str, place: str) -> None:
    if not 0 <= index < count:
        raise ModelError(f"{what} {index} of {count}", place=place)


def _reached(blocks: Sequence[Block], begin: Iterable[int], seen: set[int]) -> set[int]:
    """Add to `seen` the sub-graphs that running some of them runs."""
    stack = list(begin)
    while stack:
        index = stack.pop()
        if index not in seen:
            seen.add(index)
            stack += (called for row in blocks[index].rows for called in row.calls)
    return seen


def _unranked(value: Value) -> Value:
    """A value without a shape when it may be of any rank."""
    any_rank = not value.shape and not value.ranked and value.constant is None
    return value._replace(shape=None) if any_rank else value


def _called(attrs: Mapping[str, Attr]) -> Iterator[int]:
    """The sub-graphs that options name, in the order of the schema."""
    for name, value in attrs.items():
        if name == "subgraph" or name.endswith("subgraph_index"):
            if isinstance(value, int):
                yield value
        elif name in _CALLS and isinstance(value, tuple):
            yield from (index for index in value if isinstance(index, int))
