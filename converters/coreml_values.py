"""Types, constants and weights of CoreML messages as plain Python values.

Protobuf messages are typed `Any` here: their classes are made at run time from the schema.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias

from genescan.converters.base import quote
from genescan.errors import LimitExceeded
from genescan.graph import Attr, Dims, Payload, Tensor
from genescan.limits import Limits

Note: TypeAlias = "tuple[int, int, int]"
"""Field number, offset and length of a payload that the skimmer left out."""

_ELEMENTS: Mapping[int, tuple[str, int, str]] = {
    1: ("bool", 8, "?"),
    2: ("string", 0, ""),
    10: ("float16", 16, "e"),
    11: ("float32", 32, "f"),
    12: ("float64", 64, "d"),
    13: ("bfloat16", 16, ""),
    21: ("int8", 8, "b"),
    22: ("int16", 16, "h"),
    23: ("int32", 32, "i"),
    24: ("int64", 64, "q"),
    25: ("int4", 4, ""),
    31: ("uint8", 8, "B"),
    32: ("uint16", 16, "H"),
    33: ("uint32", 32, "I"),
    34: ("uint64", 64, "Q"),
    35: ("uint4", 4, ""),
    36: ("uint2", 2, ""),
    37: ("uint1", 1, ""),
    38: ("uint6", 6, ""),
    39: ("uint3", 3, ""),
    40: ("float8e4m3fn", 8, ""),
    41: ("float8e5m2", 8, ""),
}
"""Codes of MIL's DataType: name, bits, and the `struct` code of its bytes."""
_ARRAYS = {
    65_568: "float32",
    65_600: "float64",
    65_552: "float16",
    131_104: "int32",
    131_080: "int8",
}
"""Codes of ArrayFeatureType.ArrayDataType."""


class Kind(NamedTuple):
    """What is declared of a value: `tensor`, `list`, `state`, `tuple` or `dictionary`."""

    form: str
    dtype: str = "undefined"
    shape: Dims | None = None


class Constant(NamedTuple):
    """A constant as an operand, and its value as an attribute where it is small."""

    tensor: Tensor | None
    """None for strings, which are no operands."""
    value: Attr | None


def text(value: str | bytes) -> str:
    """A string field; protobuf hands out bytes where it is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


class Values:
    """Converts the values of one file.

    Args:
        skipped: what the skimmer left out of the file.
        limits: budgets for elements, rank and names.
    """

    def __init__(self, skipped: frozenset[Note], limits: Limits) -> None:
        self.limits, self._skipped = limits, skipped

    def name(self, value: str | bytes) -> str:
        """A name, cut to the length that is kept."""
        return text(value)[: self.limits.name_length]

    def left_out(self, proto: Any) -> Sequence[Note]:
        """What the skimmer left out of a message, forged notes discarded."""
        if not (notes := proto.skipped):
            return ()
        records = zip(*[iter(notes)] * 3, strict=False)
        return [record for record in records if record in self._skipped]

    def dims(self, sizes: Sequence[int], place: str) -> Dims:
        """A shape; what is negative is unknown."""
        if len(sizes) > self.limits.tensor_rank:
            raise LimitExceeded(f"{self.limits.tensor_rank} dimensions", place=place)
        return tuple(size if size >= 0 else None for size in sizes)

    def kind(self, proto: Any, place: str) -> Kind:
        """What a MIL ValueType declares."""
        form = (proto.WhichOneof("type") or "undefinedType").removesuffix("Type")
        if form == "state":
            return self._tensor(proto.stateType.wrappedType.tensorType, place, form)
        if form == "list":
            return self._tensor(proto.listType.type.tensorType, place, form)
        return self._tensor(proto.tensorType, place, form) if form == "tensor" else Kind(form)

    def _tensor(self, tensor: Any, place: str, form: str) -> Kind:
        dtype = _ELEMENTS.get(tensor.dataType, ("undefined", 0, ""))[0]
        if len(tensor.dimensions) > self.limits.tensor_rank:
            raise LimitExceeded(f"{self.limits.tensor_rank} dimensions", place=place)
        if any(d.unknown.variadic for d in tensor.dimensions):
            return Kind(form, dtype)
        known = (d.WhichOneof("dimension") == "constant" for d in tensor.dimensions)
        sizes = (d.constant.size for d in tensor.dimensions)
        shape = tuple(s if k else None for s, k in zip(sizes, known, strict=True))
        return Kind(form, dtype, shape)

    def constant(self, proto: Any, name: str) -> Constant:
        """A MIL Value: what it is as an operand and, when small, as an attribute."""
        place = f"constant {quote(name)}"
        kind = self.kind(proto.type, place)
        if proto.WhichOneof("value") == "blobFileValue":
            blob = proto.blobFileValue
            length = (_count(kind.shape) * _bits(kind.dtype) + 7) // 8
            payload = Payload(self.name(blob.fileName), blob.offset, length)
            return Constant(Tensor(kind.dtype, kind.shape, None, name, payload), None)
        if kind.form != "tensor" or proto.immediateValue.WhichOneof("value") != "tensor":
            return Constant(Tensor(kind.form, None, None, name), None)
        return self._immediate(proto.immediateValue.tensor, kind, name)

    def _immediate(self, proto: Any, kind: Kind, name: str) -> Constant:
        field = proto.WhichOneof("value")
        count = _count(kind.shape)
        if field is None:
            return Constant(Tensor(kind.dtype, kind.shape, None, name), None)
        holder = getattr(proto, field)
        if notes := self.left_out(holder):
            payload = Payload("", *notes[0][1:])
            return Constant(Tensor(kind.dtype, kind.shape, None, name, payload), None)
        if field == "strings":
            words = tuple(map(text, holder.values[: self.limits.fold_elements]))
            return Constant(None, words if kind.shape else (words or ("",))[0])
        data: tuple[float | int | bool, ...] | None = None
        if count <= self.limits.fold_elements:
            stored = holder.values
            data = _unpacked(stored, kind.dtype, count) if field == "bytes" else tuple(stored)
        if data is not None and len(data) != count:
            data = data * count if len(data) == 1 and count else None  # one value fills all
        tensor = Tensor(kind.dtype, kind.shape, data, name)
        value: Attr | None = data
        if data is not None and kind.shape == ():
            value = data[0]
        return Constant(tensor, value)

    def weight(self, proto: Any, name: str) -> Tensor:
        """A WeightParams of a neural network; its shape is known to the layer alone."""
        if notes := self.left_out(proto):
            return Tensor("float32", None, None, name, Payload("", *notes[0][1:]))
        data: tuple[float, ...] | None = None
        if len(proto.floatValue):
            data = tuple(proto.floatValue)
        elif half := proto.float16Value:
            data = _unpacked(half, "float16", len(half) // 2)
        if data is None or len(data) > self.limits.fold_elements:
            return Tensor("float32", None, None, name)
        return Tensor("float32", (len(data),), data, name)


def array_type(code: int) -> str:
    """The element type of a multi-array feature."""
    return _ARRAYS.get(code, "undefined")


def _bits(dtype: str) -> int:
    return next((bits for name, bits, _ in _ELEMENTS.values() if name == dtype), 0)


def _count(shape: Dims | None) -> int:
    return prod(size or 0 for size in shape) if shape is not None else 0


def _unpacked(raw: bytes, dtype: str, count: int) -> tuple[float | int | bool, ...] | None:
    """Little-endian values; None when they are not `count`, or packed below a byte."""
    found = next(((bits, code) for name, bits, code in _ELEMENTS.values() if name == dtype), None)
    if found is None or not found[1] or len(raw) * 8 != count * found[0]:
        return None
    return struct.unpack(f"<{count}{found[1]}", raw)
