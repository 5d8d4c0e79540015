"""Read-only access to a flatbuffer of any size: tables and vectors where they lie in the file.

The file is read through a few cached pages and never mapped; vectors of bytes (weights) are
located, not read. Every offset and length is checked against the file, and all that is looked at
is charged to one budget, so that a file cannot make a reader do more work by letting many
references share one table. Which fields a table has is data: a `Layout`.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from genescan.converters.base import Clock, Source
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr
from genescan.limits import Limits

_PAGE = 1 << 14
_PAGES = 64
"""Pages kept: structure is scattered between weights, each part of it is read once or twice."""
_TABLE = 64
"""Bytes that a table costs at least, for what Python makes of it."""
_ELEMENT = 8
"""Bytes that an element of a vector costs at least."""
_CHECKED = 4_096
"""Tables between two looks at the clock."""

_CODES = {
    "bool": "?", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i",
    "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
_SCALARS = {kind: struct.Struct(f"<{code}") for kind, code in _CODES.items()}
_SHORT, _OFFSET, _BACK = _SCALARS["uint16"], _SCALARS["uint32"], _SCALARS["int32"]


class Field(NamedTuple):
    """One field of a table."""

    slot: int
    """Its number in the schema."""
    kind: str
    """A scalar type, `string`, `union`, or the name of a table."""
    vector: bool
    default: float


Layout: TypeAlias = "Mapping[str, Field]"
"""The fields of a table by name."""


def layouts(text: str) -> dict[str, Layout]:
    """Layouts from text: `Name: field:type field:type=default - field:[type] ...` for each."""
    found: dict[str, Layout] = {}
    fields: dict[str, Field] = {}
    slot = 0
    for word in text.split():
        name, _, kind = word.partition(":")
        if not kind and name != "-":
            fields, slot = {}, 0
            found[name] = fields
            continue
        if kind:
            kind, _, default = kind.partition("=")
            vector = kind.startswith("[")
            fields[name] = Field(slot, kind.strip("[]"), vector, float(default or 0))
        slot += 1
    return found


class Flatbuffer:
    """One file.

    Args:
        source: the file.
        limits: budgets for bytes looked at, string length and vector length.
        clock: wall time.
    """

    def __init__(self, source: Source, limits: Limits, clock: Clock) -> None:
        self.source, self.limits, self.clock = source, limits, clock
        self._left, self._tables = limits.skeleton_bytes, 0
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self._vtables: dict[int, tuple[int, tuple[int, ...]]] = {}

    def charge(self, count: int) -> None:
        """Take bytes off the budget."""
        self._left -= count
        if self._left < 0:
            raise LimitExceeded(f"{self.limits.skeleton_bytes} bytes of structure")

    def scalar(self, at: int, kind: struct.Struct) -> int | float:
        """One number."""
        number, start = divmod(at, _PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._load(number)
        if at >= 0 and start + kind.size <= len(page):
            value: int | float = kind.unpack_from(page, start)[0]
        else:  # across two pages, or past the end
            value = kind.unpack(self.source.read(at, kind.size))[0]
        return value

    def _load(self, number: int) -> bytes:
        start = number * _PAGE
        if not 0 <= start < self.source.size:
            raise ModelError("an offset points past the end of the file", place=f"byte {start}")
        page = self.source.read(start, min(_PAGE, self.source.size - start))
        self._pages[number] = page
        if len(self._pages) > _PAGES:
            self._pages.popitem(last=False)
        return page

    def integer(self, at: int, kind: struct.Struct) -> int:
        """One number of an integer type."""
        return int(self.scalar(at, kind))

    def target(self, at: int) -> int:
        """Where the reference at a place points; always further on in the file."""
        offset = self.integer(at, _OFFSET)
        if not 0 < offset <= self.source.size - at - 4:
            raise ModelError("a reference points past the end of the file", place=f"byte {at}")
        return at + offset

    def root(self, layout: Layout) -> Table:
        """The outermost table."""
        return self.table(self.target(0), layout)

    def table(self, at: int, layout: Layout) -> Table:
        """The table at a place."""
        self.charge(_TABLE)
        self._tables += 1
        if not self._tables % _CHECKED:
            self.clock.check()
        where = at - self.integer(at, _BACK)
        size, offsets = self._vtables.get(where) or self._vtable(where)
        if at + size > self.source.size:
            raise ModelError("a table runs past the end of the file", place=f"byte {at}")
        return Table(self, at, layout, offsets)

    def _vtable(self, where: int) -> tuple[int, tuple[int, ...]]:
        """Size of a table, and offsets of its fields by number; zero for an absent one."""
        if not 0 <= where <= self.source.size - 4:
            raise ModelError("the fields of a table lie outside the file", place=f"byte {where}")
        length, size = self.integer(where, _SHORT), self.integer(where + 2, _SHORT)
        if length < 4 or length % 2:
            raise ModelError(f"a list of fields of {length} bytes", place=f"byte {where}")
        self.charge(_TABLE + length * 4)
        offsets = struct.unpack(f"<{length // 2}H", self.source.read(where, length))[2:]
        if any(offset and not 4 <= offset < size for offset in offsets):
            raise ModelError("a field lies outside its table", place=f"byte {where}")
        self._vtables[where] = size, offsets
        return size, offsets

    def extent(self, at: int, width: int) -> tuple[int, int]:
        """First byte and number of elements of the vector at a place."""
        count = self.integer(at, _OFFSET)
        if count * width > self.source.size - at - 4:
            raise ModelError(
                f"{count} elements do not fit into the file, which may be truncated",
                place=f"byte {at}",
            )
        return at + 4, count

    def string(self, at: int) -> str:
        """The string at a place."""
        begin, count = self.extent(at, 1)
        if count > self.limits.string_bytes:
            raise LimitExceeded(
                f"{self.limits.string_bytes} bytes in one string", place=f"byte {at}"
            )
        self.charge(_TABLE + count)
        return self.source.read(begin, count).decode("utf-8", "backslashreplace")


class Table:
    """One table: its fields by name. A field that is absent has the schema's default."""

    __slots__ = ("_buffer", "_layout", "_offsets", "at")

    def __init__(
        self, buffer: Flatbuffer, at: int, layout: Layout, offsets: tuple[int, ...]
    ) -> None:
        self._buffer, self.at, self._layout, self._offsets = buffer, at, layout, offsets

    @property
    def place(self) -> str:
        """For error messages."""
        return f"byte {self.at}"

    def _field(self, name: str) -> tuple[Field, int]:
        """A field and where its value or reference lies, zero when it is absent."""
        field = self._layout[name]
        offset = self._offsets[field.slot] if field.slot < len(self._offsets) else 0
        return field, self.at + offset if offset else 0

    def number(self, name: str) -> int | float:
        """A number."""
        field, at = self._field(name)
        return self._buffer.scalar(at, _SCALARS[field.kind]) if at else field.default

    def integer(self, name: str) -> int:
        """An integer."""
        return int(self.number(name))

    def text(self, name: str) -> str:
        """A string, empty when absent."""
        _, at = self._field(name)
        return self._buffer.string(self._buffer.target(at)) if at else ""

    def extent(self, name: str) -> tuple[int, int]:
        """Offset in the file and length of a vector of bytes; it is not read."""
        field, at = self._field(name)
        if not at:
            return 0, 0
        return self._buffer.extent(self._buffer.target(at), _SCALARS[field.kind].size)

    def count(self, name: str) -> int:
        """The number of elements of a vector."""
        field, at = self._field(name)
        width = _SCALARS[field.kind].size if field.kind in _SCALARS else 4
        return self._buffer.extent(self._buffer.target(at), width)[1] if at else 0

    def numbers(self, name: str, most: int) -> tuple[int | float, ...]:
        """A vector of numbers.

        Raises:
            LimitExceeded: there are more than `most`.
        """
        field, at = self._field(name)
        if not at:
            return ()
        width = _SCALARS[field.kind].size
        begin, count = self._buffer.extent(self._buffer.target(at), width)
        if count > most:
            raise LimitExceeded(f"{most} elements of {name}", place=f"byte {begin - 4}")
        self._buffer.charge(_TABLE + count * max(width, _ELEMENT))
        data = self._buffer.source.read(begin, count * width)
        return struct.unpack(f"<{count}{_CODES[field.kind]}", data)

    def integers(self, name: str, most: int) -> tuple[int, ...]:
        """A vector of integers."""
        return tuple(map(int, self.numbers(name, most)))

    def table(self, name: str, layout: Layout) -> Table | None:
        """A table that this one refers to, also as a member of a union."""
        _, at = self._field(name)
        return self._buffer.table(self._buffer.target(at), layout) if at else None

    def member(self, name: str, index: int, layout: Layout) -> Table:
        """One table of a vector of tables.

        Raises:
            ModelError: there is no such element.
        """
        _, at = self._field(name)
        begin, count = self._buffer.extent(self._buffer.target(at), 4) if at else (0, 0)
        if not 0 <= index < count:
            raise ModelError(f"element {index} of {count} {name}", place=self.place)
        return self._buffer.table(self._buffer.target(begin + 4 * index), layout)

    def tables(self, name: str, layout: Layout, most: int) -> Iterator[Table]:
        """The tables of a vector of tables, made one by one.

        Raises:
            LimitExceeded: there are more than `most`.
        """
        _, at = self._field(name)
        if not at:
            return
        begin, count = self._buffer.extent(self._buffer.target(at), 4)
        if count > most:
            raise LimitExceeded(f"{most} {name}", place=f"byte {begin - 4}")
        for index in range(count):
            yield self._buffer.table(self._buffer.target(begin + 4 * index), layout)

    def values(self, most: int) -> dict[str, Attr]:
        """All fields that are numbers, strings or vectors of numbers."""
        found: dict[str, Attr] = {}
        for name, field in self._layout.items():
            if field.kind == "string" and not field.vector:
                found[name] = self.text(name)
            elif field.kind in _SCALARS and field.vector:
                found[name] = self.numbers(name, most)
            elif field.kind in _SCALARS:
                whole = field.kind not in ("float32", "float64")
                found[name] = self.integer(name) if whole else float(self.number(name))
        return found
