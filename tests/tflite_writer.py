"""TensorFlow Lite files for tests: a small writer over the same schema that the reader uses."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from genescan.converters.flatbuffer import Layout
from genescan.converters.tflite_schema import (
    _FIRST,
    _SECOND,
    MODEL,
    OPERATORS,
    OPTIONS,
    TYPES,
)

_CODES = {
    "bool": "?", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i",
    "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
_LAYOUTS: Mapping[str, Layout] = {**MODEL, **OPTIONS}
Fields = Mapping[str, Any]


class Writer:
    """A flatbuffer; tables come before what they refer to."""

    def __init__(self, identifier: bytes = b"TFL3") -> None:
        self.data = bytearray(b"\0\0\0\0" + identifier)

    def finish(self, layout: Layout, fields: Fields) -> bytes:
        """The whole file."""
        self._refer(0, self.table(layout, fields))
        return bytes(self.data)

    def _refer(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.data, at, target - at)

    def _align(self, size: int) -> int:
        self.data += b"\0" * (-len(self.data) % size)
        return len(self.data)

    def table(self, layout: Layout, fields: Fields) -> int:
        """Write one table, then what it refers to; returns its place."""
        rows = {layout[name]: value for name, value in fields.items()}
        offsets, size = [0] * (1 + max((row.slot for row in rows), default=-1)), 4
        for row in rows:
            width = 4
            if not row.vector and row.kind in _CODES:
                width = struct.calcsize("<" + _CODES[row.kind])
            size += -size % width
            offsets[row.slot] = size
            size += width
        self._align(8)
        begin = len(self.data)
        self.data += struct.pack(f"<HH{len(offsets)}H", 4 + 2 * len(offsets), size, *offsets)
        at = self._align(8)
        self.data += struct.pack("<i", at - begin) + b"\0" * (size - 4)
        for row, value in rows.items():
            place = at + offsets[row.slot]
            if not row.vector and row.kind in _CODES:
                struct.pack_into("<" + _CODES[row.kind], self.data, place, value)
            else:
                self._refer(place, self._value(row.kind, row.vector, value))
        return at

    def _value(self, kind: str, vector: bool, value: Any) -> int:
        if vector:
            return self._vector(kind, value)
        if kind == "string":
            at, text = self._align(4), value.encode() if isinstance(value, str) else value
            self.data += struct.pack("<I", len(text)) + text + b"\0"
            return at
        name, fields = value if kind == "union" else (kind, value)
        return self.table(_LAYOUTS[name], fields)

    def _vector(self, kind: str, value: Any) -> int:
        at = self._align(8) + 4
        self.data += b"\0\0\0\0" + struct.pack("<I", len(value))
        if kind == "uint8" and isinstance(value, bytes):
            self.data += value
        elif kind in _CODES:
            self.data += struct.pack(f"<{len(value)}{_CODES[kind]}", *value)
        else:
            self.data += b"\0" * 4 * len(value)
            for index, item in enumerate(value):
                self._refer(at + 4 + 4 * index, self._value(kind, False, item))
        return at


def tensor(
    shape: Sequence[int] = (), dtype: str = "float32", data: Sequence[float] | None = None,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A tensor; -1 in its shape is an unknown size, `data` makes it a constant."""
    fields: dict[str, Any] = {"shape": [abs(size) for size in shape], "type": TYPES.index(dtype)}
    if -1 in shape:
        fields["shape_signature"] = list(shape)
    codes = {"float16": "e", "string": "B"} | _CODES
    if data is not None:
        fields["bytes"] = struct.pack(f"<{len(data)}{codes[dtype]}", *data)
    return fields | more


def weight(*shape: int, dtype: str = "float32", **more: Any) -> dict[str, Any]:
    """A constant of zeros and ones."""
    size = 1
    for extent in shape:
        size *= extent
    return tensor(shape, dtype, [i % 2 for i in range(size)], **more)


def ints(*values: int) -> dict[str, Any]:
    """A list of integers as a constant."""
    return tensor((len(values),), "int32", values)


def op(
    kind: str, inputs: str, outputs: str, options: str = "", *, custom: bytes = b"", **given: Any
) -> dict[str, Any]:  # fmt: skip
    """An operator over tensors by name; `-` is an operand left out."""
    fields = {"kind": kind, "inputs": inputs.split(), "outputs": outputs.split()}
    if options:
        union, number = "builtin_options", _FIRST.index(options) if options in _FIRST else 0
        if not number:
            union, number = "builtin_options2", _SECOND.index(options)
        fields |= {f"{union}_type": number, union: (options, given)}
    return fields | ({"custom_options": custom} if custom else {})


def graph(
    tensors: Mapping[str, Fields], operators: Sequence[Fields], inputs: str, outputs: str,
    name: str = "main",
) -> dict[str, Any]:  # fmt: skip
    """A sub-graph; tensors that are not listed are scalars of unknown origin."""
    names = [*tensors]
    for row in operators:
        names += [n for n in (*row["inputs"], *row["outputs"]) if n != "-" and n not in names]
    return {"names": names, "tensors": tensors, "operators": operators, "inputs": inputs.split(),
            "outputs": outputs.split(), "name": name}  # fmt: skip


def model(*graphs: Fields, **more: Any) -> bytes:
    """A whole file."""
    kinds: dict[str, None] = {}
    buffers: list[dict[str, Any]] = [{}]
    made = []
    for part in graphs:
        place = {name: index for index, name in enumerate(part["names"])} | {"-": -1}
        rows = []
        for row in part["operators"]:
            kinds.setdefault(row["kind"])
            rest = {key: value for key, value in row.items() if key != "kind"}
            for end in ("inputs", "outputs"):
                rest[end] = [place[name] for name in row[end]]
            rows.append(rest | {"opcode_index": [*kinds].index(row["kind"])})
        tensors = []
        for name in part["names"]:
            fields = {"name": name, **part["tensors"].get(name, tensor())}
            if "bytes" in fields:
                buffers.append({"data": fields.pop("bytes")})
                fields["buffer"] = len(buffers) - 1
            tensors.append(fields)
        ends = {end: [place[name] for name in part[end]] for end in ("inputs", "outputs")}
        made.append({"tensors": tensors, "operators": rows, "name": part["name"], **ends})
    fields = {"version": 3, "operator_codes": [_code(kind) for kind in kinds],
              "subgraphs": made, "description": "a test", "buffers": buffers}  # fmt: skip
    return Writer().finish(MODEL["Model"], {**fields, **more})


def _code(kind: str) -> dict[str, Any]:
    if kind.isdigit():
        return {"builtin_code": int(kind)}
    number = OPERATORS.index(kind) if kind in OPERATORS else OPERATORS.index("CUSTOM")
    code: dict[str, Any] = {"deprecated_builtin_code": min(number, 127), "builtin_code": number}
    return code if kind in OPERATORS else {**code, "custom_code": kind}
