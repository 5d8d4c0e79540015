"""Flatbuffers are read in place, in pieces, and never further than a budget allows."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tflite_writer import Writer

from genescan.converters.base import Clock, Source
from genescan.converters.flatbuffer import Flatbuffer, Table, layouts
from genescan.errors import LimitExceeded, ModelError
from genescan.limits import Limits

LAYOUTS = layouts(
    """
    Plain: flag:bool small:int8=-3 number:int32=7 real:float32 - name:string
        list:[int64] bytes:[uint8] inner:Leaf rows:[Leaf]
    Leaf: value:uint16 text:string
    """
)
PLAIN, LEAF = LAYOUTS["Plain"], LAYOUTS["Leaf"]


@pytest.fixture(autouse=True)
def known_to_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    import tflite_writer

    monkeypatch.setattr(tflite_writer, "_LAYOUTS", LAYOUTS)


def opened(tmp_path: Path, data: bytes, limits: Limits | None = None) -> Flatbuffer:
    path = tmp_path / "file"
    path.write_bytes(data)
    limits = limits or Limits()
    return Flatbuffer(Source(path), limits, Clock(limits))


def root(tmp_path: Path, data: bytes, limits: Limits | None = None) -> Table:
    return opened(tmp_path, data, limits).root(PLAIN)


FULL = {
    "flag": True, "small": -100, "number": 1 << 30, "real": 0.5, "name": "naïve",
    "list": [1, -2, 1 << 40], "bytes": b"weights", "inner": {"value": 9},
    "rows": [{"value": 1, "text": "a"}, {}, {"text": "c"}],
}  # fmt: skip


def test_every_kind_of_field(tmp_path: Path) -> None:
    table = root(tmp_path, Writer().finish(PLAIN, FULL))
    assert table.values(9) == {
        "flag": 1, "small": -100, "number": 1 << 30, "real": 0.5, "name": "naïve",
        "list": (1, -2, 1 << 40), "bytes": tuple(b"weights"),
    }  # fmt: skip
    inner = table.table("inner", LEAF)
    assert inner is not None and inner.integer("value") == 9
    assert [row.text("text") for row in table.tables("rows", LEAF, 3)] == ["a", "", "c"]
    assert table.member("rows", 2, LEAF).text("text") == "c"
    assert table.count("rows") == table.count("list") == 3


def test_absent_fields_have_the_defaults_of_the_schema(tmp_path: Path) -> None:
    table = root(tmp_path, Writer().finish(PLAIN, {}))
    assert (table.integer("small"), table.integer("number"), table.text("name")) == (-3, 7, "")
    assert table.numbers("list", 5) == () and table.table("inner", LEAF) is None
    assert list(table.tables("rows", LEAF, 5)) == [] and table.extent("bytes") == (0, 0)


def test_fields_of_a_newer_schema_are_passed_over(tmp_path: Path) -> None:
    newer = layouts("Plain: a:bool b:int8 c:int32 d:float32 - e:string f:[int64] later:int64")
    data = Writer().finish(newer["Plain"], {"c": 4, "later": 1})
    assert root(tmp_path, data).integer("number") == 4


def test_structure_far_apart_and_across_pages(tmp_path: Path) -> None:
    rows = [{"value": i, "text": "x" * 997 * (i % 3)} for i in range(300)]
    table = root(tmp_path, Writer().finish(PLAIN, {"rows": rows}))
    read = [
        (row.integer("value"), len(row.text("text"))) for row in table.tables("rows", LEAF, 999)
    ]
    assert read == [(i, 997 * (i % 3)) for i in range(300)]


def test_bytes_are_located_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Writer().finish(PLAIN, {"bytes": bytes(1 << 22), "name": "after"})
    read: list[int] = []
    really = Source.read

    def spy(self: Source, offset: int, length: int) -> bytes:
        read.append(length)
        return really(self, offset, length)

    monkeypatch.setattr(Source, "read", spy)
    table = root(tmp_path, data)
    offset, length = table.extent("bytes")
    assert (length, table.text("name")) == (1 << 22, "after")
    assert data[offset : offset + length] == bytes(1 << 22)
    assert sum(read) < 100_000


# --- wrong files -------------------------------------------------------------------------------


def patched(fields: dict[str, object], name: str, *, value: int, follow: bool = True) -> bytes:
    """A file where the reference of a field, or the first word it leads to, is another number."""
    data = bytearray(Writer().finish(PLAIN, fields))
    (at,) = struct.unpack_from("<I", data, 0)
    (back,) = struct.unpack_from("<i", data, at)
    (offset,) = struct.unpack_from("<H", data, at - back + 4 + 2 * PLAIN[name].slot)
    place = at + offset
    if follow:
        place += struct.unpack_from("<I", data, place)[0]
    struct.pack_into("<I", data, place, value)
    return bytes(data)


@pytest.mark.parametrize("value", [0, 1 << 20, 0xFFFFFFFF])
def test_a_reference_out_of_the_file_or_back(tmp_path: Path, value: int) -> None:
    table = root(tmp_path, patched({"name": "n"}, "name", value=value, follow=False))
    with pytest.raises(ModelError, match="past the end"):
        table.text("name")


@pytest.mark.parametrize("count", [2, 1 << 29, 0xFFFFFFFF])
def test_a_vector_longer_than_the_file(tmp_path: Path, count: int) -> None:
    table = root(tmp_path, patched({"list": [1]}, "list", value=count))
    with pytest.raises(ModelError, match=f"{count} elements do not fit"):
        table.numbers("list", 1 << 40)
    table = root(tmp_path, patched({"rows": [{}] * 3}, "rows", value=1 << 31))
    with pytest.raises(ModelError, match="elements do not fit"):
        list(table.tables("rows", LEAF, 1 << 40))


def test_a_string_longer_than_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="4000 elements do not fit"):
        root(tmp_path, patched({"name": "n"}, "name", value=4_000)).text("name")


@pytest.mark.parametrize(
    ("cut", "text"),
    [(3, "truncated"), (7, "past the end"), (20, "past the end"), (30, "the file ends early")],
)
def test_a_file_that_ends_early(tmp_path: Path, cut: int, text: str) -> None:
    with pytest.raises(ModelError):
        root(tmp_path, Writer().finish(PLAIN, FULL)[:cut]).values(9)


def test_fields_outside_their_table_and_their_list_outside_the_file(tmp_path: Path) -> None:
    data = bytearray(Writer().finish(PLAIN, {"number": 1}))
    (at,) = struct.unpack_from("<I", data, 0)
    (back,) = struct.unpack_from("<i", data, at)
    for where, value, text in (
        (at, -(1 << 20), "outside the file"),
        (at, 1 << 20, "outside the file"),
        (at - back, 3, "a list of fields of"),
        (at - back + 4 + 2 * PLAIN["number"].slot, 60_000, "outside its table"),
    ):
        wrong = bytearray(data)
        struct.pack_into("<i" if where == at else "<H", wrong, where, value)
        with pytest.raises(ModelError, match=text):
            root(tmp_path, bytes(wrong))


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    table = root(tmp_path, Writer().finish(PLAIN, {"rows": [{}]}))
    with pytest.raises(ModelError, match="element 1 of 1 rows"):
        table.member("rows", 1, LEAF)


def test_limits(tmp_path: Path) -> None:
    data = Writer().finish(PLAIN, {"name": "n" * 600, "list": [1] * 50, "rows": [{}] * 50})
    with pytest.raises(LimitExceeded, match="500 bytes in one string"):
        root(tmp_path, data, Limits(string_bytes=500)).text("name")
    with pytest.raises(LimitExceeded, match="49 elements of list"):
        root(tmp_path, data).numbers("list", 49)
    with pytest.raises(LimitExceeded, match="49 rows"):
        list(root(tmp_path, data).tables("rows", LEAF, 49))


def test_sharing_does_not_amplify(tmp_path: Path) -> None:
    """Half a million references to one table cost as much as half a million tables."""
    data = bytearray(Writer().finish(PLAIN, {"rows": [{}]}))
    count, end = 1 << 19, len(data)
    data += struct.pack("<I", count)
    (at,) = struct.unpack_from("<I", data, 0)
    (back,) = struct.unpack_from("<i", data, at)
    (offset,) = struct.unpack_from("<H", data, at - back + 4 + 2 * PLAIN["rows"].slot)
    struct.pack_into("<I", data, at + offset, end - at - offset)
    leaf = end + 4 + 4 * count + 8
    data += b"".join(struct.pack("<I", leaf - end - 4 - 4 * i) for i in range(count))
    data += struct.pack("<HHHHi", 4, 4, 0, 0, 8)
    with pytest.raises(LimitExceeded, match="4000000 bytes of structure"):
        list(
            root(tmp_path, bytes(data), Limits(skeleton_bytes=4_000_000)).tables(
                "rows", LEAF, count
            )
        )
