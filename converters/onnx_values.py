"""Tensors, types and attributes of ONNX messages as plain Python values.

Protobuf messages are typed `Any` here: their classes are made at run time from the schema.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
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
    bits: int
    field: str = ""
    """Which typed field of TensorProto holds its values."""
    code: str = ""
    """Its `struct` code; empty for types that need `_unpack`."""


_TYPES: Mapping[int, _Type] = {
    1: _Type("float32", 32, "float_data", "f"),
    2: _Type("uint8", 8, "int32_data", "B"),
    3: _Type("int8", 8, "int32_data", "b"),
    4: _Type("uint16", 16, "int32_data", "H"),
    5: _Type("int16", 16, "int32_data", "h"),
    6: _Type("int32", 32, "int32_data", "i"),
    7: _Type("int64", 64, "int64_data", "q"),
    8: _Type("string", 0),
    9: _Type("bool", 8, "int32_data", "?"),
    10: _Type("float16", 16, "int32_data", "e"),
    11: _Type("float64", 64, "double_data", "d"),
    12: _Type("uint32", 32, "uint64_data", "I"),
    13: _Type("uint64", 64, "uint64_data", "Q"),
    14: _Type("complex64", 64),
    15: _Type("complex128", 128),
    16: _Type("bfloat16", 16, "int32_data"),
    17: _Type("float8e4m3fn", 8),
    18: _Type("float8e4m3fnuz", 8),
    19: _Type("float8e5m2", 8),
    20: _Type("float8e5m2fnuz", 8),
    21: _Type("uint4", 4, "int32_data"),
    22: _Type("int4", 4, "int32_data"),
    23: _Type("float4e2m1", 4),
    24: _Type("float8e8m0", 8),
    25: _Type("uint2", 2, "int32_data"),
    26: _Type("int2", 2, "int32_data"),
    27: _Type("float6e2m3", 6),
    28: _Type("float6e3m2", 6),
}
_UNDEFINED = _Type("undefined", 0)
_DIMS = 1
_PAYLOADS = frozenset({4, 5, 6, 7, 9, 10, 11})
"""Field numbers of TensorProto that hold values."""
_EXTERNAL = 1
"""TensorProto.DataLocation."""


def text(value: str | bytes) -> str:
    """A string field; protobuf hands out bytes where it is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def dtype(code: int) -> str:
    """The name of an element type."""
    return _TYPES.get(code, _UNDEFINED).name


def _sixteen_bits(raw: bytes, count: int) -> Numbers:
    """Brain floats: the upper half of a float32."""
    words = struct.unpack(f"<{count}H", raw)
    return struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(w << 16 for w in words)))


def _unpack(raw: bytes, count: int, kind: _Type) -> Numbers | None:
    """The values in `raw`, little-endian; None when they are not `count`, or not numbers."""
    if not kind.field or len(raw) != (count * kind.bits + 7) // 8:
        return None
    if kind.code:
        return struct.unpack(f"<{count}{kind.code}", raw)
    if kind.bits == 16:
        return _sixteen_bits(raw, count)
    bits = int.from_bytes(raw, "little")  # four- and two-bit integers, low bits first
    values = [bits >> i * kind.bits & (1 << kind.bits) - 1 for i in range(count)]
    if kind.name.startswith("int"):
        values = [v - (1 << kind.bits) if v >> kind.bits - 1 else v for v in values]
    return tuple(values)


def _typed(proto: Any, count: int, kind: _Type) -> Numbers | None:
    """The values in the typed field of `kind`; None when they are not `count`."""
    stored = tuple(getattr(proto, kind.field)) if kind.field else ()
    if kind.bits < 8 or kind.name == "bfloat16":
        width, mask = ("H", 0xFFFF) if kind.bits == 16 else ("B", 0xFF)
        raw = struct.pack(f"<{len(stored)}{width}", *(v & mask for v in stored))
        return _unpack(raw, count, kind)
    if len(stored) != count:
        return None
    if kind.code == "e":
        return _unpack(struct.pack(f"<{count}H", *(v & 0xFFFF for v in stored)), count, kind)
    return tuple(map(bool, stored)) if kind.code == "?" else stored


def _number(entries: Mapping[str, str], key: str, default: int, name: str) -> int:
    value = entries.get(key, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ModelError(
            f"external data: {key} {quote(value)} is not a size", place=f"tensor {quote(name)}"
        )
    return int(value)


class Values:
    """Converts the values of one file.

    Attributes:
        limits: budgets for elements, rank and names.
    """

    def __init__(self, skipped: frozenset[tuple[int, int, int]], limits: Limits) -> None:
        self.limits, self._skipped = limits, skipped
        self._attributes: Mapping[int, Callable[[Any], Attr | None]] = {
            1: lambda a: float(a.f),
            2: lambda a: int(a.i),
            3: lambda a: text(a.s),
            4: lambda a: self.tensor(a.t),
            6: lambda a: tuple(a.floats),
            7: lambda a: tuple(a.ints),
            8: lambda a: tuple(map(text, a.strings)),
            11: lambda a: self.sparse(a.sparse_tensor),
        }

    def tensor(self, proto: Any, name: str = "") -> Tensor:
        """A constant; values only when few and in the skeleton, else where they lie.

        Raises:
            ModelError: a dimension is negative, or external data is described wrongly.
            LimitExceeded: too many dimensions.
        """
        name = name or self.name(proto.name)
        shape = self._shape(proto.dims, name)
        skipped = self._left_out(proto)
        if any(number == _DIMS for number, _, _ in skipped):
            raise LimitExceeded(
                f"{self.limits.tensor_rank} dimensions", place=f"tensor {quote(name)}"
            )
        count, kind = prod(shape), _TYPES.get(proto.data_type, _UNDEFINED)
        if proto.data_location == _EXTERNAL:
            payload = self._external(proto, (count * kind.bits + 7) // 8, name)
            return Tensor(kind.name, shape, None, name, payload)
        for number, offset, length in skipped:
            if number in _PAYLOADS:
                return Tensor(kind.name, shape, None, name, Payload("", offset, length))
        data: Numbers | None = None
        if count <= self.limits.fold_elements:
            raw = proto.raw_data
            data = _unpack(raw, count, kind) if raw else _typed(proto, count, kind)
        return Tensor(kind.name, shape, data, name)

    def sparse(self, proto: Any) -> Tensor:
        """A sparse constant: shape and type only."""
        name = self.name(proto.values.name)
        return Tensor(dtype(proto.values.data_type), self._shape(proto.dims, name), None, name)

    def _left_out(self, proto: Any) -> Sequence[tuple[int, int, int]]:
        """What the skimmer left out of a message, forged notes discarded."""
        if not (notes := proto.skipped):
            return ()
        records = zip(*[iter(notes)] * 3, strict=False)
        return [record for record in records if record in self._skipped]

    def _shape(self, dims: Any, name: str) -> tuple[int, ...]:
        if len(dims) > self.limits.tensor_rank:
            raise LimitExceeded(
                f"{self.limits.tensor_rank} dimensions", place=f"tensor {quote(name)}"
            )
        shape = tuple(dims)
        if any(size < 0 for size in shape):
            raise ModelError(f"negative dimension {min(shape)}", place=f"tensor {quote(name)}")
        return shape

    def _too_many(self, place: str) -> LimitExceeded:
        return LimitExceeded(f"{self.limits.tensor_rank} dimensions", place=place)

    def _external(self, proto: Any, size: int, name: str) -> Payload:
        """Where external data is said to lie; the location is neither resolved nor opened."""
        entries = {text(entry.key): text(entry.value) for entry in proto.external_data}
        if not entries.get("location"):
            raise ModelError("external data without a location", place=f"tensor {quote(name)}")
        return Payload(
            self.name(entries["location"]),
            _number(entries, "offset", 0, name),
            _number(entries, "length", size, name),
        )

    def name(self, value: str | bytes) -> str:
        """A name, cut to the length that is kept."""
        return text(value)[: self.limits.name_length]

    def attribute(self, proto: Any, kind: int) -> Attr | None:
        """The value of an attribute; None for kinds without a plain value, or left out."""
        convert = self._attributes.get(kind)
        return None if convert is None or self._left_out(proto) else convert(proto)

    def dims(self, kind: Any, place: str) -> Dims | None:
        """The shape in a TypeProto: None when not even the rank is known."""
        field = kind.WhichOneof("value")
        if field not in ("tensor_type", "sparse_tensor_type"):
            return None
        inner = getattr(kind, field)
        if not inner.HasField("shape"):
            return None
        dims = inner.shape.dim
        if len(dims) > self.limits.tensor_rank:
            raise self._too_many(place)
        sizes = (d.dim_value if d.HasField("dim_value") else -1 for d in dims)
        return tuple(size if size >= 0 else None for size in sizes)

    def element(self, kind: Any) -> str:
        """The type name in a TypeProto, for example `float32` or `sequence(int64)`."""
        field = kind.WhichOneof("value")
        if field in ("tensor_type", "sparse_tensor_type"):
            return dtype(getattr(kind, field).elem_type)
        if field in ("sequence_type", "optional_type"):
            inner = self.element(getattr(kind, field).elem_type)
            return f"{field.removesuffix('_type')}({inner})"
        return "map" if field == "map_type" else "undefined"


def inferred(proto: Any) -> int:
    """The type of an attribute that does not say it, as in files of IR version 1."""
    for code, field in _PRESENT:
        if proto.HasField(field):
            return code
    return next((code for code, field in _REPEATED if len(getattr(proto, field))), 0)


_PRESENT = ((1, "f"), (2, "i"), (3, "s"), (4, "t"), (5, "g"), (11, "sparse_tensor"))
_REPEATED = ((6, "floats"), (7, "ints"), (8, "strings"), (10, "graphs"))
