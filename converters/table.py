"""Operator tables: what each operator of a format becomes, as data.

A format has one table in `<format>_ops.py`, a `Row` for each operator. Most rows only rename.
A row with a `rule` names a function of the format's `RULES`, for operators that become several
nodes or whose attributes need arithmetic. An operator without a row stays in the graph as
`Unknown:<format>:<name>`, is counted in the report, and never matches anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from genescan.converters.assembly import Assembly
from genescan.graph import Attr, Dims, Edge, Graph, Operand

Slot: TypeAlias = "int | str"
"""An operand by position, or by name in formats that name operands."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one operator of the format becomes."""

    op: str = ""
    """The vocabulary's operator; empty when a rule decides."""
    operands: tuple[Slot, ...] | None = None
    """Which source operands, in the order of `op`; None: all as they come."""
    attrs: Mapping[str, str] = field(default_factory=dict)
    """Attributes to take over: the source's name and the vocabulary's."""
    implied: Mapping[str, Attr] = field(default_factory=dict)
    """Attributes that the operator's name implies."""
    rule: str = ""
    """Name of a function in the format's `RULES`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One application of an operator, as the source spells it."""

    kind: str
    """The source's name of the operator."""
    name: str
    inputs: Sequence[Operand] = ()
    slots: Sequence[str] = ()
    """Names of the operands, as many as there are; empty in formats that count them."""
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    shapes: Sequence[Dims | None] = (None,)
    """Declared shapes of the outputs: one for each output, None where not known."""
    bodies: Mapping[str, Graph] = field(default_factory=dict)

    def operand(self, slot: Slot) -> Operand:
        """One operand, None when it was left out."""
        if isinstance(slot, str):
            found = (v for s, v in zip(self.slots, self.inputs, strict=True) if s == slot)
            return next(found, None)
        return self.inputs[slot] if slot < len(self.inputs) else None

    def operands(self, slot: str) -> list[Operand]:
        """All operands of a name: a list operand repeats it."""
        return [v for s, v in zip(self.slots, self.inputs, strict=True) if s == slot]

    def integer(self, name: str, default: int = 0) -> int:
        """An integer attribute."""
        value = self.attrs.get(name, default)
        return int(value) if isinstance(value, int | float) else default

    def real(self, name: str, default: float = 0.0) -> float:
        """A numeric attribute."""
        value = self.attrs.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    def text(self, name: str, default: str = "") -> str:
        """A string attribute."""
        value = self.attrs.get(name, default)
        return value if isinstance(value, str) else default

    def integers(self, name: str) -> tuple[int, ...]:
        """A list of integers; empty when absent or of another kind."""
        value = self.attrs.get(name, ())
        if isinstance(value, int) and not isinstance(value, bool):
            return (value,)
        items = value if isinstance(value, tuple) else ()
        return tuple(item for item in items if isinstance(item, int))


Rule: TypeAlias = Callable[[Assembly, Call], "list[Operand] | None"]
"""Emits what one call becomes and returns its outputs; None: not in a form that it knows."""


def translate(
    assembly: Assembly, call: Call, table: Mapping[str, Row], rules: Mapping[str, Rule]
) -> list[Operand]:
    """Emit one call by its row of the table; returns its outputs, one for each shape."""
    row = table.get(call.kind)
    if row is not None and row.rule:
        made = rules[row.rule](assembly, call)
        if made is not None:
            return made
        row = None
    if row is None:
        edge = assembly.unknown(
            call.kind, call.inputs, name=call.name, outputs=len(call.shapes), shapes=call.shapes
        )
    else:
        inputs = call.inputs if row.operands is None else [*map(call.operand, row.operands)]
        attrs = {new: call.attrs[old] for old, new in row.attrs.items() if old in call.attrs}
        edge = assembly.emit(
            row.op, inputs, {**row.implied, **attrs}, name=call.name,
            outputs=len(call.shapes), shapes=call.shapes, bodies=call.bodies,
        )  # fmt: skip
    return [Edge(edge.source, port) for port in range(len(call.shapes))]
