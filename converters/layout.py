"""What the skimmer does with each field of a message, derived from the schema."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from genescan.converters.schema import SKIPPED

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; 3 and 4 are groups, which no schema here uses."""

_FIXED = {
    FieldDescriptor.TYPE_DOUBLE: FIXED64,
    FieldDescriptor.TYPE_FIXED64: FIXED64,
    FieldDescriptor.TYPE_SFIXED64: FIXED64,
    FieldDescriptor.TYPE_FLOAT: FIXED32,
    FieldDescriptor.TYPE_FIXED32: FIXED32,
    FieldDescriptor.TYPE_SFIXED32: FIXED32,
}
"""Wire types of numbers that are not varints."""
_VALUE = {VARINT: rb"[\x80-\xff]{0,9}[\x00-\x7f]", FIXED64: rb".{8}", FIXED32: rb".{4}"}


class Action(IntEnum):
    """What happens to a length-delimited field; only long ones matter up to `PAYLOAD`."""

    MESSAGE = 0
    STRING = 1
    PAYLOAD = 2
    """Bytes or packed numbers."""
    DROP = 3
    """Never kept: unknown to the schema, or of no use to the reader."""


@dataclass(slots=True)
class Layout:
    """One message type as the skimmer sees it."""

    actions: dict[int, tuple[Action, Layout | None]] = field(default_factory=dict)
    """By tag, that is field number and wire type together."""
    runs: dict[int, re.Pattern[bytes]] = field(default_factory=dict)
    """By tag of an unpacked repeated number: matches consecutive occurrences at once."""


def _tag_bytes(tag: int) -> bytes:
    out = bytearray()
    while tag > 127:
        out.append(tag & 127 | 128)
        tag >>= 7
    return bytes((*out, tag))


def layout(message: Any, dropped: Set[str], known: dict[str, Layout]) -> Layout:
    """The layout of `message` and of every message inside it.

    Args:
        message: the descriptor of the message (protobuf has two classes of them).
        dropped: names of fields that are never kept, in whatever message they stand.
        known: layouts made so far, by full name; schemas are recursive.
    """
    if message.full_name in known:
        return known[message.full_name]
    made = known[message.full_name] = Layout()
    for row in message.fields:
        tag = row.number << 3
        if row.name in dropped or row.number == SKIPPED:
            made.actions[tag | BYTES] = (Action.DROP, None)
        elif row.message_type is not None:
            inner = layout(row.message_type, dropped, known)
            made.actions[tag | BYTES] = (Action.MESSAGE, inner)
        elif row.type == FieldDescriptor.TYPE_STRING:
            made.actions[tag | BYTES] = (Action.STRING, None)
        elif row.type == FieldDescriptor.TYPE_BYTES or row.is_repeated:
            made.actions[tag | BYTES] = (Action.PAYLOAD, None)
            if row.type != FieldDescriptor.TYPE_BYTES:
                wire = _FIXED.get(row.type, VARINT)
                once = re.escape(_tag_bytes(tag | wire)) + _VALUE[wire]
                made.runs[tag | wire] = re.compile(b"(?:" + once + b")+", re.DOTALL)
    return made
