"""Tensors, shapes and attributes of TensorFlow messages as plain Python values.

Protobuf messages are typed `Any` here: their classes are made at run time from the schema.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias

from genescan.converters.base import quote
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr, Dims, Payload, Tensor
from genescan.limits import Limits

Numbers: TypeAlias = "tuple[float | int | bool | None, ...]"


class _Type(NamedTuple):
    """An element type."""

    name: str
    size: int = 0
    """Bytes of one element in `tensor_content`; 0 where that holds no plain numbers."""
    field: str = ""
    """Which repeated field of TensorProto holds its values otherwise."""
    code: str = ""
    """Its `struct` code."""


_TYPES: Mapping[int, _Type] = {
    1: _Type("float32", 4, "float_val", "f"),
    2: _Type("float64", 8, "double_val", "d"),
    3: _Type("int32", 4, "int_val", "i"),
    4: _Type("uint8", 1, "int_val", "B"),
    5: _Type("int16", 2, "int_val", "h"),
    6: _Type("int8", 1, "int_val", "b"),
    7: _Type("string"),
    8: _Type("complex64"),
    9: _Type("int64", 8, "int64_val", "q"),
    10: _Type("bool", 1, "bool_val", "?"),
    11: _Type("int8", 1, "int_val", "b"),
    12: _Type("uint8", 1, "int_val", "B"),
    13: _Type("int32", 4, "int_val", "i"),
    14: _Type("bfloat16", 2, "half_val"),
    15: _Type("int16", 2, "int_val", "h"),
    16: _Type("uint16", 2, "int_val", "H"),
    17: _Type("uint16", 2, "int_val", "H"),
    18: _Type("complex128"),
    19: _Type("float16", 2, "half_val", "e"),
    20: _Type("resource"),
    21: _Type("variant"),
    22: _Type("uint32", 4, "uint32_val", "I"),
    23: _Type("uint64", 8, "uint64_val", "Q"),
}
_UNDEFINED = _Type("undefined")
_REFERENCE = 100
"""Added to a type's number where the value is a reference to a variable."""
_PAYLOADS = frozenset({4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18})
"""Field numbers of TensorProto that hold values."""
HANDLES = ("resource", "variant")


def text(value: str | bytes) -> str:
    """A string field; bytes are decoded as far as they go."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def dtype(code: int) -> str:
    """The name of an element type."""
    return _TYPES.get(code % _REFERENCE, _UNDEFINED).name


def _brain(words: Sequence[int]) -> Numbers:
    """Brain floats: the upper half of a float32."""
    count = len(words)
    return struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(w << 16 for w in words)))


class Values:
    """Converts the values of one file.

    Attributes:
        limits: budgets for elements, rank and names.
    """

    def __init__(self, skipped: frozenset[tuple[int, int, int]], limits: Limits) -> None:
        self.limits, self._skipped = limits, skipped
        self._known: dict[object, Tensor] = {}

    def tensor(self, proto: Any, name: str) -> Tensor:
        """A constant; values only when few, else where they lie.

        Small constants that are equal are one object, so that what is computed twice from them
        can be merged.

        Raises:
            ModelError: a dimension is negative.
            LimitExceeded: too many dimensions.
        """
        place = f"tensor {quote(name)}"
        dims = self.dims(proto.tensor_shape, place) or ()
        if None in dims:
            raise ModelError("a constant of unknown size", place=place)
        shape: tuple[int, ...] = dims  # type: ignore[assignment]  # no None in it
        kind = _TYPES.get(proto.dtype % _REFERENCE, _UNDEFINED)
        for number, offset, length in self._left_out(proto):
            if number in _PAYLOADS:
                return Tensor(kind.name, shape, None, self.name(name), Payload("", offset, length))
        count = prod(shape)
        few = count <= self.limits.fold_elements
        data = _data(proto, kind, count if few else 1)  # one stored for all of many
        made = Tensor(kind.name, shape, data, self.name(name))
        if data is None:
            return made
        return self._known.setdefault((kind.name, shape, repr(data)), made)

    def _left_out(self, proto: Any) -> Sequence[tuple[int, int, int]]:
        """What the skimmer left out of a message, forged notes discarded."""
        if not (notes := proto.skipped):
            return ()
        records = zip(*[iter(notes)] * 3, strict=False)
        return [record for record in records if record in self._skipped]

    def dims(self, proto: Any, place: str = "") -> Dims | None:
        """A shape: None when not even the rank is known."""
        if proto.unknown_rank:
            return None
        if len(proto.dim) > self.limits.tensor_rank:
            raise LimitExceeded(f"{self.limits.tensor_rank} dimensions", place=place)
        sizes = [row.size for row in proto.dim]
        if any(size < -1 for size in sizes):
            raise ModelError(f"negative dimension {min(sizes)}", place=place)
        return tuple(None if size < 0 else size for size in sizes)

    def name(self, value: str | bytes) -> str:
        """A name, cut to the length that is kept."""
        return text(value)[: self.limits.name_length]

    def attribute(self, proto: Any) -> Attr | None:
        """The value of an attribute; None for kinds without a plain value, or left out."""
        kind = proto.WhichOneof("value")
        if kind == "s":
            return text(proto.s)
        if kind in ("i", "f", "b"):
            value: Attr = getattr(proto, kind)
            return value
        if kind == "type":
            return dtype(proto.type)
        if kind == "shape":
            return self.dims(proto.shape)
        if kind == "list" and not self._left_out(proto.list):
            return self._list(proto.list)
        return None

    def _list(self, proto: Any) -> Attr:
        """The only kind of element that a list has; an empty one has none."""
        for field in ("i", "f", "b"):
            if found := tuple(getattr(proto, field)):
                return found
        return tuple(map(text, proto.s)) or tuple(map(dtype, proto.type))

    def shapes(self, proto: Any) -> list[Dims | None]:
        """The shapes in a list attribute such as `_output_shapes`."""
        return [self.dims(shape) for shape in proto.list.shape]


def _data(proto: Any, kind: _Type, count: int) -> Numbers | None:
    """All values of a small constant; None when they are no numbers, or not as many."""
    if not kind.size:
        return None
    raw = proto.tensor_content
    if raw:
        if len(raw) != count * kind.size:
            return None
        if kind.name == "bfloat16":
            return _brain(struct.unpack(f"<{count}H", raw))
        return struct.unpack(f"<{count}{kind.code}", raw)
    stored = tuple(getattr(proto, kind.field))
    if kind.field == "half_val":
        words = [value & 0xFFFF for value in stored]
        packed = struct.pack(f"<{len(words)}H", *words)
        stored = struct.unpack(f"<{len(words)}e", packed) if kind.code == "e" else _brain(words)
    if len(stored) > count:
        return None
    # a last value that repeats is stored once, and zeros not at all
    last = stored[-1] if stored else (False if kind.code == "?" else 0)
    return (*stored, *[last] * (count - len(stored)))
