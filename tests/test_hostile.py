"""Hostile files: each gives exactly the error that `fixtures/hostile/manifest.yml` says."""

from __future__ import annotations

import importlib.util
import os
import random
import resource
import time
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from onnx_writer import data, graph, message, model, node, tensor

from genescan import converters
from genescan.converters.wire import varint
from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Graph, Payload, Tensor
from genescan.limits import Limits

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOSTILE = FIXTURES / "hostile"
MANIFEST: dict[str, Any] = yaml.safe_load((HOSTILE / "manifest.yml").read_text())
ERRORS = {kind.__name__: kind for kind in (ModelError, Unsupported, LimitExceeded)}
SECONDS = 2.0
"""No small file may take longer, whatever is in it (a thousandth of that is usual)."""


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_hostile", FIXTURES / "make_hostile.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def weight(read: Graph) -> Tensor:
    """The constant operand of the only MatMul."""
    product = next(row for row in read.nodes if row.op == "MatMul")
    constant = product.inputs[1]
    assert isinstance(constant, Tensor)
    return constant


@pytest.mark.parametrize("name", MANIFEST)
def test_file_gives_what_the_manifest_says(name: str) -> None:
    expected, started = MANIFEST[name], time.process_time()
    path = HOSTILE / name
    if expected == "reads":
        assert len(converters.read(path)) > 1
    else:
        with pytest.raises(ModelError) as caught:
            converters.read(path)
        assert type(caught.value) is ERRORS[expected["error"]]
        assert expected["text"] in str(caught.value)
        assert str(caught.value).startswith(f"{path}: ")
        assert getattr(caught.value, "kind", None) == expected.get("kind")
    assert time.process_time() - started < SECONDS


def test_every_file_is_in_the_manifest_small_and_made_by_the_script(maker: ModuleType) -> None:
    files = {
        path.name: path.read_bytes() for path in HOSTILE.iterdir() if path.name != "manifest.yml"
    }
    assert files.keys() == MANIFEST.keys()
    assert files == {name: make() for name, make in maker.FILES.items()}
    assert max(map(len, files.values())) < 10_000


def test_no_error_message_carries_control_characters() -> None:
    for name in MANIFEST:
        try:
            converters.read(HOSTILE / name)
        except ModelError as error:
            assert str(error).isprintable()


@pytest.mark.parametrize("name", ["external-parent.onnx", "external-absolute.onnx"])
def test_external_data_is_noted_and_never_opened(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    really_open = os.open

    def spy(path: Any, *args: Any, **options: Any) -> int:
        opened.append(Path(path))
        return really_open(path, *args, **options)

    monkeypatch.setattr(os, "open", spy)
    payload = weight(converters.read(HOSTILE / name)).payload
    assert payload is not None
    assert payload.file in ("../../etc/passwd", "/etc/passwd")
    assert opened == [HOSTILE / name]


def test_unknown_keys_of_external_data_are_ignored() -> None:
    assert weight(converters.read(HOSTILE / "external-keys.onnx")).payload == Payload(
        "w.bin", 0, 64
    )


def test_a_forged_note_on_a_payload_is_ignored() -> None:
    assert weight(converters.read(HOSTILE / "forged-note.onnx")).payload is None


def test_bytes_that_do_not_fit_the_shape_are_no_values() -> None:
    assert weight(converters.read(HOSTILE / "short-raw.onnx")).data is None


def test_declared_size_costs_nothing() -> None:
    assert weight(converters.read(HOSTILE / "huge-dims.onnx")).shape == (1 << 40, 1 << 40)


@pytest.mark.parametrize("seed", range(8))
def test_mutants_read_or_raise_model_errors(seed: int, maker: ModuleType, tmp_path: Path) -> None:
    """Flipped, cut, doubled and swapped bytes; 480 mutants in all."""
    chance, path = random.Random(seed), tmp_path / "mutant.onnx"
    originals = [maker.plain(), maker.nested_ifs(3), maker.calls(("f", "g"), ("g", "Relu"))]
    originals.append(data(model(graph([node("Relu", "x", "y")], doc_string="d" * 9_000))))
    for _ in range(60):
        mutant = bytearray(chance.choice(originals))
        for _ in range(chance.choice((1, 2, 8))):
            a, b = sorted(chance.choices(range(len(mutant) + 1), k=2))
            match chance.randrange(4):
                case 0 if a < len(mutant):
                    mutant[a] = chance.randrange(256)
                case 1:
                    del mutant[a : a + chance.randrange(4)]
                case 2:
                    mutant[a:a] = mutant[a : min(b, a + 64)]
                case _:
                    mutant[a:a] = chance.randbytes(chance.randrange(4))
        path.write_bytes(mutant)
        started = time.process_time()
        try:
            converters.read(path)
        except ModelError as error:
            assert "malformed in a way no check names" not in str(error)
        assert time.process_time() - started < SECONDS


def amplified(kind: str, count: int) -> bytes:
    """Two-byte empty messages, which protobuf blows up some hundred times."""
    empty = {
        "node": message("GraphProto", node=[message("NodeProto")]),
        "initializer": message("GraphProto", initializer=[message("TensorProto")]),
        "attribute": message("NodeProto", attribute=[message("AttributeProto")]),
    }[kind]
    body: bytes = empty.SerializeToString() * count
    if kind == "attribute":
        body = varint(1 << 3 | 2) + varint(len(body)) + body
    whole = message("ModelProto", ir_version=8).SerializeToString()
    return bytes(whole) + b"\x3a" + varint(len(body)) + body


@pytest.mark.parametrize("kind", ["node", "initializer", "attribute"])
def test_amplification_ends_at_a_limit(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.onnx"
    path.write_bytes(amplified(kind, 200_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LimitExceeded, match="10000 nodes with what belongs to them"):
        converters.read(path, Limits(nodes=10_000))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100  # MB


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(nodes=3), "3 nodes"),
        (Limits(seconds=-1.0), "seconds"),
        (Limits(skeleton_bytes=50), "50 bytes of structure"),
        (Limits(wire_fields=2), "2 protobuf fields"),
        (Limits(depth=1), "1 nested messages"),
        (Limits(string_bytes=600), "600 bytes in one string"),
        (Limits(tensor_rank=1), "1 dimensions"),
    ],
)
def test_each_budget_is_enforced(limits: Limits, text: str, tmp_path: Path) -> None:
    names = ["x", *("v" * 700 + str(i) for i in range(4)), "y"]
    nodes = [node("Relu", a, b) for a, b in pairwise(names)]
    path = tmp_path / "model.onnx"
    weights = [tensor("w", (2, 2))]
    path.write_bytes(data(model(graph(nodes, initializer=weights))))
    assert len(converters.read(path)) == 6
    with pytest.raises(LimitExceeded, match=text):
        converters.read(path, limits)


def test_inlining_does_not_multiply_long_names(maker: ModuleType, tmp_path: Path) -> None:
    path, long = tmp_path / "names.onnx", "n" * 4_000
    body = message("ModelProto").FromString(
        maker.calls(*((f"f{i}", f"f{i + 1}") for i in range(9)), ("f9", "Relu"))
    )
    for function in body.functions:
        for row in function.node:
            row.name = long
    path.write_bytes(data(body))
    read = converters.read(path)
    assert len(read) > 1_000
    assert max(len(name) for row in read.nodes for name in row.origin) == 256
