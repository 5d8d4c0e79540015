"""Reduce a protobuf file of any size to its skeleton: the same message without payloads.

The file is walked through a small window and never mapped. Long messages are walked field by
field; inside them payloads (bytes and numbers over `PAYLOAD` bytes) are left out and noted in
the message's `skipped` field, and fields that no reader wants are dropped. Messages up to
`WALK` bytes are copied as they are. What remains is a valid, small protobuf message.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError, Message

from genescan.converters.base import Clock, Source
from genescan.converters.layout import BYTES, FIXED32, FIXED64, VARINT, Action, Layout, layout
from genescan.converters.schema import SKIPPED
from genescan.errors import LimitExceeded, ModelError
from genescan.limits import Limits

PAYLOAD = 4_096
"""Bytes of one payload field that are kept."""
WALK = 512
"""Messages up to this length are copied without a look inside."""
_SHORT = 16
"""A message costs memory however short it is: each counts as at least so many bytes."""
_WINDOW = 16_384
"""Bytes read at a time; a large tensor costs one such read."""
_HEADER = 24
"""A tag and a length (10 bytes each at most) always lie inside the window, and then some."""
_UNKNOWN = (Action.DROP, None)
_FIXED = {FIXED64: 8, FIXED32: 4}


class Skeleton(NamedTuple):
    """A message without its payloads."""

    data: bytes
    skipped: frozenset[tuple[int, int, int]]
    """(field number, offset, length) of every payload left out: what a `skipped` field inside
    `data` says is true only when it is listed here."""


def skim(
    source: Source,
    message: type[Message],
    dropped: Set[str],
    limits: Limits,
    *,
    walk: int = WALK,
) -> Skeleton:
    """The skeleton of the message that fills `source`.

    Args:
        source: the file.
        message: the class of its outermost message.
        dropped: names of fields never to keep.
        limits: budgets for fields, bytes kept, string length, nesting and time.
        walk: messages up to this length are copied unseen; 0 checks every byte, slowly.

    Raises:
        ModelError: the bytes are not a protobuf message; the place is a byte offset.
        LimitExceeded: a budget ran out.
    """
    skimmer, rules = _Skimmer(source, limits, walk), layout(message.DESCRIPTOR, dropped, {})
    try:
        chunks = skimmer.walk(0, source.size, rules, 0).close(source.size)
    except IndexError:  # the last window ends with the file
        raise ModelError("truncated inside a field", place=f"byte {source.size}") from None
    return Skeleton(b"".join(chunks), frozenset(skimmer.skipped))


def parse(
    source: Source, message: type[Message], dropped: Set[str], limits: Limits
) -> tuple[Any, Skeleton]:
    """The message that fills `source`, without its payloads, and what was left out.

    Raises:
        ModelError: the bytes are not a protobuf message; the place is a byte offset.
        LimitExceeded: a budget ran out.
    """
    skeleton = skim(source, message, dropped, limits)
    try:
        return message.FromString(skeleton.data), skeleton
    except DecodeError:
        skim(source, message, dropped, limits, walk=0)  # knows the place
        raise ModelError("not a valid protobuf message") from None


def varint(value: int) -> bytes:
    """The protobuf encoding of a non-negative integer."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


class _Kept:
    """What is kept of one walked message: verbatim runs, inner messages, notes on the rest."""

    __slots__ = ("chunks", "notes", "skimmer", "spent", "start")

    def __init__(self, skimmer: _Skimmer, start: int) -> None:
        self.skimmer, self.start = skimmer, start
        self.chunks: list[bytes] = []
        self.notes: dict[int, tuple[int, int]] = {}
        self.spent: dict[int, int] = {}

    def cut(self, begin: int, end: int) -> None:
        """Leave out the field at [begin, end): keep what came before, go on after it."""
        if begin > self.start:
            self.chunks.append(self.skimmer.copy(self.start, begin))
        self.start = end

    def affords(self, place: _Place) -> bool:
        """Whether the payload at `place` may stay, after others of its field in this message."""
        spent = self.spent.get(place.tag, 0)
        self.spent[place.tag] = spent + place.end - place.begin
        return spent + place.end - place.value <= PAYLOAD

    def note(self, number: int, offset: int, end: int) -> None:
        """Remember a payload left out; several of one field are noted as one span."""
        first, _ = self.notes.get(number, (offset, end))
        self.notes[number] = (first, end)

    def close(self, end: int) -> list[bytes]:
        """All chunks, the notes last."""
        self.cut(end, end)
        if self.notes:
            records = [(number, a, b - a) for number, (a, b) in self.notes.items()]
            self.skimmer.skipped.update(records)
            body = b"".join(varint(value) for record in records for value in record)
            self.chunks += (varint(SKIPPED << 3 | BYTES) + varint(len(body)), body)
        return self.chunks


class _Skimmer:
    """The walk over one file."""

    def __init__(self, source: Source, limits: Limits, longest: int) -> None:
        self.source, self.limits, self.clock = source, limits, Clock(limits)
        self.longest = longest
        self.fields, self.bytes = limits.wire_fields, limits.skeleton_bytes
        self.skipped: set[tuple[int, int, int]] = set()
        self.buffer, self.base = b"", 0

    def copy(self, begin: int, end: int) -> bytes:
        """Bytes for the skeleton, charged to its budget."""
        self.charge(end - begin)
        at = begin - self.base
        if at >= 0 and end - self.base <= len(self.buffer):
            return self.buffer[at : end - self.base]
        return self.source.read(begin, end - begin)

    def charge(self, count: int) -> None:
        """Take `count` bytes off the skeleton budget."""
        self.bytes -= count
        if self.bytes < 0:
            raise LimitExceeded(f"{self.limits.skeleton_bytes} bytes of structure")

    def count(self, fields: int) -> None:
        """Take fields off their budget, look at the others and at the clock."""
        self.charge(0)
        self.fields -= fields
        if self.fields < 0:
            raise LimitExceeded(f"{self.limits.wire_fields} protobuf fields")
        self.clock.check()

    def window(self, position: int) -> tuple[bytes, int, int]:
        """Bytes around `position`, where they begin, and the index up to which a header fits."""
        if not self.base <= position <= self.base + len(self.buffer) - _HEADER:
            length = min(_WINDOW, self.source.size - position)
            self.buffer, self.base = self.source.read(position, length), position
        last = self.base + len(self.buffer) == self.source.size
        return self.buffer, self.base, len(self.buffer) - (0 if last else _HEADER)

    def walk(self, begin: int, end: int, rules: Layout, depth: int) -> _Kept:
        """Walk the fields of the message at [begin, end)."""
        kept, actions, runs, fields = _Kept(self, begin), rules.actions, rules.runs, 0
        buffer, base, guard = self.window(begin)
        at, stop = begin - base, end - base
        while at < stop:
            if at >= guard:
                self.count(fields)
                position = base + at
                buffer, base, guard = self.window(position)
                at, stop, fields = position - base, end - base, 0
            first, fields = at, fields + 1
            tag, at = buffer[at], at + 1
            if tag > 127:
                tag, at = _varint(buffer, first, base)
            if tag & 7 == BYTES:
                length, at = buffer[at], at + 1
                if length > 127:
                    length, at = _varint(buffer, at - 1, base)
                if length > stop - at:
                    raise _overrun(base + first, depth)
                action, inner = actions.get(tag, _UNKNOWN)
                if length < _SHORT and action is Action.MESSAGE:
                    self.bytes -= _SHORT
                if action >= Action.PAYLOAD or length > self.longest:
                    place = _Place(tag, base + first, base + at, base + at + length)
                    self.field(kept, place, action, inner, depth)
                at += length
            elif tag in runs:
                match = runs[tag].match(buffer, first, min(stop, len(buffer)))
                if match is None:
                    raise _overrun(base + first, depth)
                at = match.end()
                self.payload(kept, _Place(tag, base + first, base + first, base + at))
            else:
                at = _scalar(buffer, at, tag, base)
        if at != stop:
            raise _overrun(base + first, depth)
        self.count(fields)
        return kept

    def payload(self, kept: _Kept, place: _Place) -> None:
        """Keep bytes or numbers while the message may have more of them, else note them."""
        if not kept.affords(place):
            kept.cut(place.begin, place.end)
            kept.note(place.tag >> 3, place.value, place.end)

    def field(
        self, kept: _Kept, place: _Place, action: Action, inner: Layout | None, depth: int
    ) -> None:
        """Keep, drop or walk one length-delimited field."""
        length = place.end - place.value
        if action is Action.DROP:
            kept.cut(place.begin, place.end)
        elif action is Action.PAYLOAD:
            self.payload(kept, place)
        elif inner is not None:
            if depth == self.limits.depth:
                raise LimitExceeded(f"{depth} nested messages", place=f"byte {place.begin}")
            chunks = self.walk(place.value, place.end, inner, depth + 1).close(place.end)
            kept.cut(place.begin, place.end)
            kept.chunks.append(varint(place.tag) + varint(sum(map(len, chunks))))
            kept.chunks += chunks
        elif length > self.limits.string_bytes:
            raise LimitExceeded(
                f"{self.limits.string_bytes} bytes in one string", place=f"byte {place.begin}"
            )


class _Place(NamedTuple):
    """Where one field lies in the file."""

    tag: int
    begin: int
    value: int
    """Where its value begins, after tag and length."""
    end: int


def _overrun(position: int, depth: int) -> ModelError:
    whole = "its message" if depth else "the file, which may be truncated"
    return ModelError(f"a field runs past the end of {whole}", place=f"byte {position}")


def _varint(buffer: bytes, at: int, base: int) -> tuple[int, int]:
    """The varint at index `at`, and the index after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = buffer[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ModelError("a varint of more than 10 bytes", place=f"byte {base + at - 10}")


def _scalar(buffer: bytes, at: int, tag: int, base: int) -> int:
    """The index after a number that starts at index `at`."""
    wire = tag & 7
    if wire == VARINT:
        return _varint(buffer, at, base)[1]
    if wire in _FIXED:
        return at + _FIXED[wire]
    raise ModelError(f"wire type {wire} is not a protobuf field", place=f"byte {base + at}")
