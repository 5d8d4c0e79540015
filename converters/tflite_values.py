"""Tensors of TensorFlow Lite files: what is known of each without reading weights.

A constant keeps its values only when they are few. Where it is quantised they are the real
numbers that the codes stand for, so that a small constant is the same in every precision.
"""

from __future__ import annotations

import struct
from math import prod
from typing import NamedTuple

from genescan.converters.base import quote
from genescan.converters.flatbuffer import Flatbuffer, Table
from genescan.converters.tflite_schema import MODEL, TYPES
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Dims, Payload, Tensor
from genescan.limits import Limits

Data = tuple[float | int | bool | None, ...]

_BITS = {
    "float16": 16, "float32": 32, "float64": 64, "bfloat16": 16, "bool": 8, "int2": 2, "int4": 4,
    "int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint4": 4, "uint8": 8, "uint16": 16,
    "uint32": 32, "uint64": 64,
}  # fmt: skip
_CODES = {
    "float16": "e", "float32": "f", "float64": "d", "bool": "?", "int8": "b", "int16": "h",
    "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
}  # fmt: skip
_RESOURCES = ("resource", "variant")


def unpack(raw: bytes, count: int, dtype: str) -> Data | None:
    """Values from their bytes; None when they are no numbers or not `count`."""
    bits = _BITS.get(dtype, 0)
    if not bits or len(raw) != (count * bits + 7) // 8:
        return None
    if dtype in _CODES:
        return struct.unpack(f"<{count}{_CODES[dtype]}", raw)
    if dtype == "bfloat16":  # the upper half of a float32
        words = struct.unpack(f"<{count}H", raw)
        return struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(w << 16 for w in words)))
    whole = int.from_bytes(raw, "little")  # low bits first
    codes = [whole >> i * bits & (1 << bits) - 1 for i in range(count)]
    if dtype.startswith("int"):
        codes = [code - (1 << bits) if code >> bits - 1 else code for code in codes]
    return tuple(codes)


class Value(NamedTuple):
    """A tensor of a sub-graph."""

    name: str
    dtype: str
    shape: Dims | None
    """As it is declared; None when not even the rank is known."""
    constant: Tensor | None
    variable: bool
    """It keeps its value from one run to the next."""
    ranked: bool
    """The file says that the number of dimensions is known."""
    zero: Tensor | None = None
    """For codes: the one that stands for the number zero."""

    @property
    def resource(self) -> bool:
        """Whether it only stands for a variable or a table."""
        return self.dtype in _RESOURCES


class Values:
    """Makes the values of one file.

    Args:
        model: the outermost table.
        buffer: the file.
        limits: budgets for elements, rank and names.
    """

    def __init__(self, model: Table, buffer: Flatbuffer, limits: Limits) -> None:
        self._model, self._buffer, self._limits = model, buffer, limits
        self._external = {
            table.integer("id"): table
            for table in model.tables("external_buffers", MODEL["ExternalBuffer"], limits.nodes)
        }

    def value(self, table: Table) -> Value:
        """One tensor.

        Raises:
            ModelError: a dimension is negative, or its buffer does not exist or lies outside.
            LimitExceeded: too many dimensions.
        """
        name = table.text("name")[: self._limits.name_length]
        code = table.integer("type")
        dtype = TYPES[code] if 0 <= code < len(TYPES) else "undefined"
        shape = self._dims(table, "shape", name)
        declared = self._dims(table, "shape_signature", name)
        payload = None if dtype in _RESOURCES else self._payload(table, name)
        constant = None
        if payload is not None or self._empty(table, shape, dtype):
            constant = self._constant(table, dtype, shape, name, payload)
        dims = declared if len(declared) == len(shape) else shape
        return Value(
            name, dtype, _sizes(dims), constant,
            bool(table.integer("is_variable")), bool(table.integer("has_rank")),
            self._zero(table, dtype) if constant is None else None,
        )  # fmt: skip

    def _zero(self, table: Table, dtype: str) -> Tensor | None:
        """The zero point of codes that one scale serves."""
        quantisation = table.table("quantization", MODEL["QuantizationParameters"])
        if quantisation is None or "int" not in dtype or quantisation.count("scale") != 1:
            return None
        if quantisation.count("zero_point") > 1:
            return None
        return Tensor(dtype, (), quantisation.integers("zero_point", 1) or (0,))

    def _empty(self, table: Table, shape: tuple[int, ...], dtype: str) -> bool:
        """Whether the file says that this is a constant without elements."""
        return 0 in shape and table.integer("buffer") != 0 and dtype not in _RESOURCES

    def _dims(self, table: Table, field: str, name: str) -> tuple[int, ...]:
        place = f"tensor {quote(name)}"
        if table.count(field) > self._limits.tensor_rank:
            raise LimitExceeded(f"{self._limits.tensor_rank} dimensions", place=place)
        dims = table.integers(field, self._limits.tensor_rank)
        if dims and min(dims) < -1:
            raise ModelError(f"negative dimension {min(dims)}", place=place)
        return dims

    def _payload(self, table: Table, name: str) -> Payload | None:
        """Where a tensor's bytes lie, None when it has none."""
        place, number = f"tensor {quote(name)}", table.integer("external_buffer")
        if number:
            external = self._external.get(number)
            if external is None:
                raise ModelError(f"external buffer {number} does not exist", place=place)
            group = self._model.member(
                "external_buffer_groups", external.integer("group"), MODEL["ExternalBufferGroup"]
            )
            file = group.text("name")[: self._limits.name_length] or "external"
            return Payload(file, external.integer("offset"), external.integer("length"))
        index = table.integer("buffer")
        if not index:
            return None
        try:
            buffer = self._model.member("buffers", index, MODEL["Buffer"])
        except ModelError as error:
            raise ModelError(f"buffer {index}: {error.cause}", place=place) from None
        offset, length = buffer.extent("data")
        if not length:  # outside the flatbuffer, as in files over two gigabytes
            offset, length = buffer.integer("offset"), buffer.integer("size")
            if length and offset + length > self._buffer.source.size:
                raise ModelError("its data lie past the end of the file", place=place)
        return Payload("", offset, length) if length else None

    def _constant(
        self, table: Table, dtype: str, shape: tuple[int, ...], name: str, payload: Payload | None
    ) -> Tensor:
        count = prod(shape)
        quantisation = table.table("quantization", MODEL["QuantizationParameters"])
        scaled = quantisation is not None and quantisation.count("scale") > 0
        data: Data | None = () if payload is None else None
        sparse = table.table("sparsity", MODEL["SparsityParameters"]) is not None
        known = min(shape, default=0) >= 0 and not sparse
        if payload is not None and not payload.file and known and self._small(count, payload):
            data = unpack(self._buffer.source.read(payload.offset, payload.length), count, dtype)
        if scaled and quantisation is not None and "int" in dtype:
            data = data and self._real(data, shape, quantisation)
            dtype = "float32"
        return Tensor(dtype, _sizes(shape), data, name, payload)

    def _small(self, count: int, payload: Payload) -> bool:
        """Whether a constant is small enough to read; charges for it."""
        if count > self._limits.fold_elements or payload.length > count * 8:
            return False
        self._buffer.charge(max(count, payload.length) * 8)  # values may be packed, eight a byte
        return True

    def _real(self, data: Data, shape: tuple[int, ...], quantisation: Table) -> Data | None:
        """The numbers that quantised codes stand for."""
        most = self._limits.fold_elements
        if max(quantisation.count("scale"), quantisation.count("zero_point")) > most:
            return None
        scales = quantisation.numbers("scale", most)
        zeros = quantisation.integers("zero_point", most) or (0,)
        axis = quantisation.integer("quantized_dimension")
        if len(scales) == len(zeros) == 1:
            parts = [0] * len(data)
        elif 0 <= axis < len(shape) and len(scales) == shape[axis]:
            step = prod(shape[axis + 1 :])
            parts = [i // step % shape[axis] for i in range(len(data))]
        else:
            return None
        wide = zeros if len(zeros) == len(scales) else zeros[:1] * len(scales)
        return tuple(
            None if code is None else (code - wide[part]) * scales[part]
            for code, part in zip(data, parts, strict=True)
        )


def _sizes(dims: tuple[int, ...]) -> Dims:
    """Dimensions with None for unknown ones."""
    return tuple(None if size < 0 else size for size in dims)
