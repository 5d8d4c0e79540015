"""Formats are told by content; what is not read says what it is."""

from __future__ import annotations

import gc
import os
import zipfile
from pathlib import Path

import pytest
from onnx_writer import data, function, model, node

from genescan import converters
from genescan.converters.base import Source
from genescan.errors import ModelError, Unsupported

ONNX = data(model([node("Relu", "x", "y")]))


def kind(path: Path) -> str:
    try:
        with Source(path) as source:
            return converters.detect(source)
    except Unsupported as error:
        return error.kind


@pytest.mark.parametrize("name", ["model.onnx", "model.pb", "model", "weights.zip"])
def test_the_name_does_not_matter(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ONNX)
    assert kind(path) == "onnx"


def test_fields_in_any_order_and_many_functions(tmp_path: Path) -> None:
    functions = [function(f"f{i}", "a", "b", []) for i in range(300)]
    whole = model([node("Relu", "x", "y")], functions)
    graph_only = type(whole)(graph=whole.graph).SerializeToString()
    whole.ClearField("graph")
    (tmp_path / "late").write_bytes(data(whole) + graph_only)
    (tmp_path / "early").write_bytes(graph_only + data(whole))
    assert kind(tmp_path / "late") == kind(tmp_path / "early") == "onnx"
    assert len(converters.read(tmp_path / "late")) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x18\x00\x00\x00TFL3\x00\x00", "tflite"),
        (b'<?xml version="1.0"?>\n<net name="m" version="11">', "openvino"),
        (b"\xef\xbb\xbf<net name='m'>", "openvino"),
        (b"<!DOCTYPE net [<!ENTITY a 'b'>]><net name='m'>", "openvino"),
        (b"\x0a\x1d\x0a\x05input\x12\x0bPlaceholder*\x07", "tensorflow"),
        (b"\x08\x01\x12\x05\x0a\x03abc", "tensorflow"),
        (b"\x08\x04\x12\x02\x0a\x00\xa2\x1f\x02\x0a\x00", "coreml"),
        (b"\x08\x01\x12\x02\x0a\x00\xa2\x1f\x02\x0a\x00", "coreml"),
    ],
)
def test_formats_are_told_by_their_first_bytes(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert kind(path) == expected
    with pytest.raises(ModelError) as caught:  # none of these is a whole model
        converters.read(path)
    assert not isinstance(caught.value, Unsupported)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x1f\x8b\x08\x00rest", "gzip archive"),
        (b"BZh91AY", "compressed archive"),
        (b"\x00" * 257 + b"ustar\x0000", "tar archive"),
        (b"\x18\x00\x00\x00ORTM\x00\x00", "ORT format"),
        (b"GGUF\x03\x00\x00\x00", "GGUF"),
        (b"\x93NUMPY\x01\x00v\x00", "NumPy array"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"w":{"dtype":"F32"', "safetensors"),
        (b"\x80\x02}q\x00(X\x05\x00\x00\x00state", "pickle"),
        (b"<html><body>404</body></html>", "unrecognised"),
        (b"{}", "unrecognised"),
        (b"\xff" * 100, "unrecognised"),
        (b"\x08", "unrecognised"),
    ],
)
def test_kinds_that_are_not_read(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert kind(path) == expected
    with pytest.raises(Unsupported, match=r"\w+ \w+"):
        converters.read(path)


def test_zip_archives(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    assert kind(path) == "zip archive"


def test_random_bytes_are_never_onnx(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    for seed in range(200):
        path.write_bytes(seed.to_bytes(2, "big") * 40)
        assert kind(path) != "onnx"


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it must not wait for a writer
    with pytest.raises(ModelError, match="not a regular file"):
        converters.read(tmp_path / "pipe")
    with pytest.raises(ModelError, match="No such file"):
        converters.read(tmp_path / "absent")
    with pytest.raises(ModelError, match="null byte"):
        converters.read("nul\0")


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.onnx"
    path.touch()
    with pytest.raises(ModelError) as caught:
        converters.read(path)
    assert str(caught.value) == f"{path}: empty file"


def test_an_unforeseen_failure_is_still_a_model_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx").write_bytes(ONNX)

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("genescan.converters.onnx.read", broken)
    with pytest.raises(ModelError, match=r"malformed in a way no check names \(KeyError\)"):
        converters.read(tmp_path / "m.onnx")


def test_reading_leaves_the_collector_and_the_file_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(ONNX)
    assert gc.isenabled()
    files = len(list(Path("/proc/self/fd").iterdir()))
    converters.read(tmp_path / "m.onnx")
    (tmp_path / "m.onnx").write_bytes(ONNX[:-3])
    with pytest.raises(ModelError):
        converters.read(tmp_path / "m.onnx")
    assert gc.isenabled()
    assert len(list(Path("/proc/self/fd").iterdir())) == files
