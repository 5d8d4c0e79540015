"""The skimmer: what it keeps, what it leaves out, and that it stays small."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.internal import api_implementation
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_writer import attribute, data, graph, message, model, node, tensor

from genescan import converters
from genescan.converters.base import Source
from genescan.converters.schema import SKIPPED, message_class
from genescan.converters.wire import PAYLOAD, Skeleton, skim, varint
from genescan.errors import GenescanError, ModelError
from genescan.graph import Payload, Tensor
from genescan.limits import DEFAULT

MODEL = message_class("onnx", "onnx.ModelProto")
RAW = 9


def skimmed(tmp_path: Path, content: bytes, dropped: frozenset[str] = frozenset()) -> Skeleton:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with Source(path) as source:
        return skim(source, MODEL, dropped, DEFAULT)


def parsed(skeleton: Skeleton) -> Any:
    return MODEL.FromString(skeleton.data)


def with_constants(*constants: Any) -> bytes:
    return data(model(graph([node("Relu", "x", "y")], initializer=constants)))


def test_small_files_are_kept_byte_for_byte(tmp_path: Path) -> None:
    content = data(model([node("Relu", "x", "y", alpha=0.5)]))
    assert skimmed(tmp_path, content) == Skeleton(content, frozenset())


@pytest.mark.parametrize("length", [PAYLOAD - 1, PAYLOAD, PAYLOAD + 1, 100_000])
def test_payloads_over_the_threshold_leave_a_note(tmp_path: Path, length: int) -> None:
    raw = b"\xab" * length
    content = with_constants(tensor("a", (length,), 2, raw_data=raw))
    skeleton = skimmed(tmp_path, content)
    kept = parsed(skeleton).graph.initializer[0]
    assert list(kept.dims) == [length]
    if length <= PAYLOAD:
        assert kept.raw_data == raw and not kept.skipped
    else:
        number, offset, size = kept.skipped
        assert (number, size) == (RAW, length)
        assert content[offset : offset + size] == raw
        assert skeleton.skipped == {(number, offset, size)}
        assert len(skeleton.data) < 200


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"float_data": [1.5] * 2_000}, 4),
        ({"int64_data": [1 << 40] * 2_000}, 7),
        ({"string_data": [b"word"] * 2_000}, 6),
    ],
)
def test_typed_payloads_are_left_out_too(
    tmp_path: Path, fields: dict[str, Any], number: int
) -> None:
    skeleton = skimmed(tmp_path, with_constants(tensor("a", (2_000,), **fields)))
    assert {row[0] for row in skeleton.skipped} == {number}
    assert len(skeleton.data) < PAYLOAD + 200


def test_unpacked_numbers_are_passed_over_in_runs(tmp_path: Path) -> None:
    """AttributeProto's lists are unpacked: a forest of trees has millions of them."""
    trees = node("TreeEnsembleRegressor", "x", "y", domain="ai.onnx.ml")
    trees.attribute.append(attribute("nodes_featureids", list(range(200_000))))
    trees.attribute.append(attribute("nodes_values", [0.25] * 200_000))
    trees.attribute.append(attribute("n_targets", 1))
    skeleton = skimmed(tmp_path, data(model([trees])))
    assert len(skeleton.data) < 3 * PAYLOAD
    assert {row[0] for row in skeleton.skipped} == {7, 8}
    read = converters.read(tmp_path / "model.onnx").nodes[1]
    assert read.op == "TreeEnsemble"
    assert read.attrs == {"n_targets": 1, "kind": "TreeEnsembleRegressor"}


def test_unwanted_and_unknown_fields_are_dropped(tmp_path: Path) -> None:
    body = graph([node("Relu", "x", "y")], doc_string="trace" * 1_000)
    content = data(model(body)) + varint(99 << 3 | 2) + varint(9_000) + b"?" * 9_000
    skeleton = skimmed(tmp_path, content, frozenset({"doc_string"}))
    assert parsed(skeleton) == model([node("Relu", "x", "y")])
    assert not skeleton.skipped


def test_long_names_are_kept(tmp_path: Path) -> None:
    content = data(model([node("Relu", "x", "y", name="n" * 20_000)]))
    assert skimmed(tmp_path, content).data == content


def test_a_note_in_the_file_itself_is_dropped(tmp_path: Path) -> None:
    forged = tensor("a", (9_000,), 2, raw_data=b"\0" * 9_000, skipped=[RAW, 1, 2])
    skeleton = skimmed(tmp_path, with_constants(forged))
    assert list(parsed(skeleton).graph.initializer[0].skipped)[1:] != [1, 2]
    assert (RAW, 1, 2) not in skeleton.skipped


@given(
    sizes=st.lists(st.sampled_from([0, 1, 500, 513, 4_096, 4_097, 16_384, 40_000]), max_size=12),
    name=st.text(max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_skeleton_is_the_message_without_its_payloads(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], name: str
) -> None:
    """The skimmer against protobuf itself, over sizes around every threshold."""
    constants = [tensor(f"{name}{i}", (n,), 2, raw_data=b"x" * n) for i, n in enumerate(sizes)]
    whole = model(graph([node("Relu", "x", "y", name=name)], initializer=constants))
    skeleton = skimmed(tmp_path_factory.mktemp("wire"), data(whole))
    expected, read = MODEL.FromString(data(whole)), parsed(skeleton)
    for row, kept in zip(expected.graph.initializer, read.graph.initializer, strict=True):  # type: ignore[attr-defined]
        if len(row.raw_data) > PAYLOAD:
            row.ClearField("raw_data")
        kept.ClearField("skipped")
    assert read == expected


def sparse_file(path: Path, length: int) -> None:
    """A MatMul with one float32 constant of `length` bytes, which the disk never holds."""
    head = tensor("w", (length // 4,)).SerializeToString() + varint(RAW << 3 | 2) + varint(length)
    body = graph([node("MatMul", "x w", "y")]).SerializeToString()
    body += varint(5 << 3 | 2) + varint(len(head) + length) + head
    whole = model(graph([], "", "")).SerializeToString()
    whole += varint(7 << 3 | 2) + varint(len(body) + length) + body
    with path.open("wb") as file:
        file.write(whole)
        file.truncate(len(whole) + length)


def test_files_over_two_gibibytes_are_read_in_little_memory(tmp_path: Path) -> None:
    path, length = tmp_path / "big.onnx", 3 << 30
    sparse_file(path, length)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    product = converters.read(path).nodes[1]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 16  # MB
    payload = Payload("", path.stat().st_size - length, length)
    assert product.inputs[1] == Tensor("float32", (length // 4,), None, "w", payload)


def test_other_backends_of_protobuf_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_implementation, "Type", lambda: "python")
    with pytest.raises(GenescanError, match="upb backend"):
        message_class.__wrapped__("other", "onnx.ModelProto")


def test_reading_outside_the_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(b"0123456789")
    with Source(path) as source:
        assert source.read(8, 2) == b"89"
        assert source.head(100) == b"0123456789"
        for offset, length in ((8, 3), (-1, 2), (0, -1), (11, 0)):
            with pytest.raises(ModelError):
                source.read(offset, length)


def test_skipped_is_the_highest_field_number() -> None:
    field = message("TensorProto").DESCRIPTOR.fields_by_name["skipped"]
    assert field.number == SKIPPED == 536_870_911
