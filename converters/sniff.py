"""What kind of file this is, by its first bytes; a file's name is never looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from genescan.converters.base import Source

_BYTES, _VARINT = 2, 0
_ONNX_FIELDS = {
    1: _VARINT,  # ir_version
    2: _BYTES,  # producer_name
    3: _BYTES,  # producer_version
    4: _BYTES,  # domain
    5: _VARINT,  # model_version
    6: _BYTES,  # doc_string
    7: _BYTES,  # graph
    8: _BYTES,  # opset_import
    14: _BYTES,  # metadata_props
    20: _BYTES,  # training_info
    25: _BYTES,  # functions
    26: _BYTES,  # configuration
}
"""ModelProto's fields and their wire types."""
_IR_VERSION, _GRAPH = 1, 7
_TOP_LEVEL = 4_096
"""Top-level fields that are looked at; large models have a few hundred functions."""
_HEADER = 20
_HEAD = 512


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    return None


def _fields(source: Source, most: int) -> list[tuple[int, int]]:
    """Field numbers and wire types at the top level of a protobuf file, as far as they go."""
    found: list[tuple[int, int]] = []
    position = 0
    while position < source.size and len(found) < most:
        data = source.read(position, min(_HEADER, source.size - position))
        tag = _varint(data, 0)
        value = tag and _varint(data, tag[1])
        if not tag or not value or tag[0] & 7 not in (_VARINT, _BYTES):
            found.append((0, -1))
            break
        found.append((tag[0] >> 3, tag[0] & 7))
        position += value[1] + (value[0] if tag[0] & 7 == _BYTES else 0)
    return found


def is_onnx(source: Source) -> bool:
    """Whether the top-level fields are a ModelProto's, the graph among them."""
    numbers = set()
    for number, wire in _fields(source, _TOP_LEVEL):
        if _ONNX_FIELDS.get(number) != wire:
            break
        numbers.add(number)
        if {_IR_VERSION, _GRAPH} <= numbers:
            return True
    return False


_COREML_FIELDS = {1: _VARINT, 2: _BYTES, 10: _VARINT}
"""Model's fields before the one that holds the network, whose number tells its kind."""
_COREML_KINDS = range(200, 4_000)
_MIL_TEXT = re.compile(rb"\s*program\s*\(\d+\.\d+\)\s*[\[{]")
_ESPRESSO = re.compile(rb'\s*\{.{0,400}?"(?:layers|storage|format_version)"\s*:', re.DOTALL)
_SAVED_MODEL = b"\x08\x01\x12"
"""Schema version 1, then the first meta graph."""
_GRAPH_DEF = re.compile(
    rb"\x0a[\x04-\xff][\x00-\x7f]{0,4}"  # the first node, of some length
    rb"\x0a[\x01-\xff][\x00-\x7f]?[\w.>][\w./>\\: \-]*"  # its name
    rb"\x12[\x01-\x60]\w"  # its operator
)
"""A node that begins with its name and its operator."""
_NET = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.*?\?>\s*)?(?:<!DOCTYPE.*?>\s*)?(?:<!--.*?-->\s*)*<net[\s>]",
    re.DOTALL,
)


def is_coreml(source: Source) -> bool:
    """Whether the file is CoreML's Model message."""
    for position, (number, wire) in enumerate(_fields(source, 64)):
        if position == 0 and (number, wire) != (1, _VARINT):
            return False
        if number in _COREML_KINDS and wire == _BYTES:
            return True
        if _COREML_FIELDS.get(number) != wire:
            return False
    return False


def is_mil_text(source: Source) -> bool:
    """Whether the file is a MIL program in text form, from a compiled CoreML model."""
    return _MIL_TEXT.match(source.head(_HEAD)) is not None


def is_espresso(source: Source) -> bool:
    """Whether the file is the network of a CoreML model that was compiled from layers."""
    return _ESPRESSO.match(source.head(_HEAD)) is not None


def is_saved_model(source: Source) -> bool:
    """Whether the file is the `saved_model.pb` of a TensorFlow SavedModel."""
    return source.head(len(_SAVED_MODEL)) == _SAVED_MODEL


def is_graph_def(source: Source) -> bool:
    """Whether the file is a TensorFlow graph on its own, as it is after freezing."""
    return _GRAPH_DEF.match(source.head(_HEAD)) is not None


def is_tflite(source: Source) -> bool:
    """Whether the file is a TensorFlow Lite flatbuffer."""
    return source.head(8)[4:] == b"TFL3"


def is_openvino(source: Source) -> bool:
    """Whether the file is the `.xml` of an OpenVINO network."""
    return _NET.match(source.head(_HEAD)) is not None


class Kind(NamedTuple):
    """A kind of file that is recognised but not read."""

    name: str
    match: Callable[[bytes], bool]
    """Judges the first `_HEAD` bytes."""
    hint: str


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


def _at(offset: int, magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[offset : offset + len(magic)] == magic


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda head: compiled.match(head) is not None


_EXPORT = "it holds weights without a graph; export the model to ONNX"

KINDS = (
    Kind("gzip archive", _starts(b"\x1f\x8b"), "a gzip archive; unpack it first"),
    Kind(
        "zip archive",
        _starts(b"PK\x03\x04", b"PK\x05\x06"),
        "a zip archive (PyTorch .pt, Keras .keras, .npz and packed .mlpackage are zip archives "
        "too); unpack it, or export the model to ONNX",
    ),
    Kind(
        "compressed archive",
        _starts(b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd", b"Rar!"),
        "a compressed archive; unpack it first",
    ),
    Kind("tar archive", _at(257, b"ustar"), "a tar archive; unpack it first"),
    Kind(
        "ORT format",
        _at(4, b"ORTM"),
        "an ONNX Runtime .ort file; scan the .onnx file that it was made from",
    ),
    Kind("HDF5", _starts(b"\x89HDF\r\n\x1a\n"), f"an HDF5 file (Keras .h5); {_EXPORT}"),
    Kind("GGUF", _starts(b"GGUF"), f"a GGUF file; {_EXPORT}"),
    Kind("NumPy array", _starts(b"\x93NUMPY"), f"a NumPy array; {_EXPORT}"),
    Kind("safetensors", _matches(rb'.{5}\x00\x00\x00\s*\{\s*"'), f"a safetensors file; {_EXPORT}"),
    Kind(
        "pickle",
        _matches(rb"\x80[\x02-\x05][\x8a\x95}(\]cXq)]"),
        "a Python pickle, which could run code when loaded; export the model to ONNX",
    ),
    Kind(
        "Git LFS pointer",
        _starts(b"version https://git-lfs.github.com/spec/"),
        "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`",
    ),
)
"""One row per kind, asked in this order."""


def other(source: Source) -> tuple[str, str]:
    """The kind of a file that no reader takes, and a sentence on what to do with it."""
    head = source.head(_HEAD)
    for kind in KINDS:
        if kind.match(head):
            return kind.name, kind.hint
    return "unrecognised", "not a model file that genescan knows"
