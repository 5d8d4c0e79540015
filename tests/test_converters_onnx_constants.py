"""Constants of ONNX files: values, types, and where the bytes lie."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from onnx_writer import (
    INT64,
    data,
    graph,
    message,
    model,
    node,
    read,
    tensor,
)

from genescan.graph import Edge, Payload, Tensor


def constant(**fields: Any) -> Tensor:
    """Read a model whose only constant is described by `fields`."""
    body = graph([node("Add", "x w", "y")], initializer=[tensor("w", **fields)])
    operand = read(body).nodes[1].inputs[1]
    assert isinstance(operand, Tensor)
    return operand


@pytest.mark.parametrize(
    ("code", "name", "raw", "values"),
    [
        (1, "float32", struct.pack("<2f", 1.5, -2.0), (1.5, -2.0)),
        (2, "uint8", b"\x01\xff", (1, 255)),
        (3, "int8", b"\x01\xff", (1, -1)),
        (4, "uint16", b"\x01\x00\xff\xff", (1, 65535)),
        (5, "int16", b"\x01\x00\xff\xff", (1, -1)),
        (6, "int32", struct.pack("<2i", 7, -7), (7, -7)),
        (7, "int64", struct.pack("<2q", 7, -1), (7, -1)),
        (9, "bool", b"\x01\x00", (True, False)),
        (10, "float16", struct.pack("<2e", 0.5, -4.0), (0.5, -4.0)),
        (11, "float64", struct.pack("<2d", 0.1, 0.2), (0.1, 0.2)),
        (12, "uint32", struct.pack("<2I", 7, 1 << 31), (7, 1 << 31)),
        (13, "uint64", struct.pack("<2Q", 7, 1 << 63), (7, 1 << 63)),
        (16, "bfloat16", b"\x80\x3f\x00\xc0", (1.0, -2.0)),
        (21, "uint4", b"\xf1", (1, 15)),
        (22, "int4", b"\xf1", (1, -1)),
        (25, "uint2", b"\x0d", (1, 3)),
        (26, "int2", b"\x0d", (1, -1)),
        (17, "float8e4m3fn", b"\x38\x40", None),
        (14, "complex64", b"\0" * 16, None),
    ],
)
def test_raw_values(code: int, name: str, raw: bytes, values: tuple[Any, ...] | None) -> None:
    assert constant(dims=(2,), dtype=code, raw_data=raw) == Tensor(name, (2,), values, "w")


@pytest.mark.parametrize(
    ("code", "fields", "values"),
    [
        (1, {"float_data": [1.5, -2.0]}, (1.5, -2.0)),
        (3, {"int32_data": [1, -1]}, (1, -1)),
        (6, {"int32_data": [7, -7]}, (7, -7)),
        (7, {"int64_data": [7, -1]}, (7, -1)),
        (9, {"int32_data": [1, 0]}, (True, False)),
        (10, {"int32_data": [0x3800, 0xC400]}, (0.5, -4.0)),
        (11, {"double_data": [0.1, 0.2]}, (0.1, 0.2)),
        (12, {"uint64_data": [7, 8]}, (7, 8)),
        (16, {"int32_data": [0x3F80, 0xC000]}, (1.0, -2.0)),
        (22, {"int32_data": [0xF1]}, (1, -1)),
        (1, {"float_data": [1.5]}, None),
        (8, {"string_data": [b"a", b"b"]}, None),
    ],
)
def test_typed_values(code: int, fields: dict[str, Any], values: tuple[Any, ...] | None) -> None:
    assert constant(dims=(2,), dtype=code, **fields).data == values


def test_only_small_constants_keep_their_values() -> None:
    assert constant(dims=(1_024,), raw_data=b"\0" * 4_096).data == (0.0,) * 1_024
    assert constant(dims=(1_025,), dtype=2, raw_data=b"\0" * 1_025).data is None


def test_empty_and_scalar_constants() -> None:
    assert constant(dims=(0,), dtype=INT64).data == ()
    assert constant(dims=(), float_data=[2.0]).scalar == 2.0
    assert constant(dims=()).data is None


def test_large_constants_say_where_they_lie() -> None:
    raw = bytes(range(256)) * 40
    body = graph([node("Add", "x w", "y")], initializer=[tensor("w", (2_560,), raw_data=raw)])
    operand = read(body).nodes[1].inputs[1]
    assert isinstance(operand, Tensor) and operand.payload is not None
    file, offset, length = operand.payload
    assert file == ""
    assert data(model(body))[offset : offset + length] == raw


def test_external_constants_say_where_they_are_said_to_lie() -> None:
    rows = [
        message("StringStringEntryProto", key=key, value=text)
        for key, text in {"location": "w.bin", "offset": "128", "checksum": "x"}.items()
    ]
    where = constant(dims=(3, 3), dtype=22, data_location=1, external_data=rows)
    assert where == Tensor("int4", (3, 3), None, "w", Payload("w.bin", 128, 5))


def test_sparse_constants_keep_shape_and_type() -> None:
    sparse = message("SparseTensorProto", values=tensor("w", (2,)), dims=(9, 9))
    body = graph([node("Add", "x w", "y")], sparse_initializer=[sparse])
    assert read(body).nodes[1].inputs[1] == Tensor("float32", (9, 9), None, "w")


@pytest.mark.parametrize(
    ("attrs", "expected"),
    [
        ({"value": tensor("", (1,), INT64, int64_data=[5])}, Tensor("int64", (1,), (5,), "c")),
        ({"value_float": 0.5}, Tensor("float32", (), (0.5,), "c")),
        ({"value_floats": [0.5, 1.0]}, Tensor("float32", (2,), (0.5, 1.0), "c")),
        ({"value_int": 3}, Tensor("int64", (), (3,), "c")),
        ({"value_ints": [3, 4]}, Tensor("int64", (2,), (3, 4), "c")),
        ({"value_string": "a"}, Tensor("string", (), None, "c")),
        ({"value_strings": [b"a", b"b"]}, Tensor("string", (2,), None, "c")),
        ({}, Tensor("undefined", None, None, "c")),
    ],
)
def test_constant_nodes_are_operands(attrs: dict[str, Any], expected: Tensor) -> None:
    row = read([node("Constant", "", "c", **attrs), node("Add", "x c", "y")])
    assert len(row) == 2
    assert row.nodes[1].inputs == (Edge(0), expected)
