"""A verdict rests on the graph alone: without any name, in another order, it is the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import onnx_writer as onnx
import pass_support as support
import pytest
from anonymise import Anonymiser, anonymise

from genescan import converters, text
from genescan.library import Library
from genescan.pipeline import load, scan_file
from genescan.report import Evidence, Model

CORPUS = sorted(support.CORPUS.rglob("*.onnx"))
LARGEST = 64 << 20
"""Bytes of a corpus file; larger ones only take longer, their graphs are no other."""


@cache
def library() -> Library:
    return Library.load()


def verdict(path: Path) -> Model:
    """All that a scan says, except for what names the file's own parts or the clock."""
    model = scan_file(str(path), library())
    components = tuple(replace(c, first="", last="") for c in model.components)
    evidence = tuple(Evidence(e.claim, "") for e in model.evidence)
    blank = replace(model, path="", seconds=0.0, facts={}, evidence=evidence)
    regions = tuple(replace(r, first="", last="") for r in model.unexplained.regions)
    unexplained = replace(model.unexplained, regions=regions)
    repeated = tuple(replace(block, first="") for block in model.repeated)
    blank = replace(blank, unexplained=unexplained, repeated=repeated)
    return replace(blank, components=components, errors=())


def expect_same_verdict(path: Path, folder: Path, seed: int) -> None:
    target = folder / "model.onnx"
    anonymise(path, target, seed)
    original, other = verdict(path), verdict(target)
    assert original.digest
    assert other == original, path.name


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("path", support.FIXTURES, ids=support.fixture_name)
def test_a_fixture_without_names_in_another_order(path: Path, seed: int, tmp_path: Path) -> None:
    expect_same_verdict(path, tmp_path, seed)


def test_there_are_fixtures() -> None:
    assert support.FIXTURES


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS, reason="no corpus (set GENESCAN_CORPUS)")
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: str(path.relative_to(support.CORPUS)))
def test_a_corpus_file_without_names_in_another_order(path: Path, tmp_path: Path) -> None:
    if path.stat().st_size > LARGEST:
        pytest.skip("large file")
    if not verdict(path).digest:
        pytest.skip("no readable ONNX graph")
    expect_same_verdict(path, tmp_path, 0)


# --- the rewriting itself ----------------------------------------------------------------------


def rewritten(data: bytes, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(Anonymiser(0).model(data))
    return path


def test_the_rewriting_renames_inside_branches_and_local_functions(tmp_path: Path) -> None:
    branches = {
        "then_branch": onnx.graph([onnx.node("Relu", "shared", "r")], "", "r"),
        "else_branch": onnx.graph([onnx.node("Twice", "shared", "t", domain="local")], "", "t"),
    }
    function = onnx.function("Twice", "a", "b", [onnx.node("Add", "a a", "b")])
    body = onnx.graph(
        [
            onnx.node("Tanh", "x", "shared", name="secret"),
            onnx.node("If", "c", "y", **branches),
        ],
        [onnx.value("x", "batch", 3), onnx.value("c", dtype=onnx.BOOL)],
    )
    model = onnx.model(body, [function], producer_name="secret", doc_string="secret")
    model.metadata_props.add(key="secret", value="secret")
    path = rewritten(onnx.data(model), tmp_path)
    data = path.read_bytes()
    assert b"secret" not in data
    assert b"shared" not in data
    assert b"Twice" not in data
    assert b"batch" not in data
    original = tmp_path / "original.onnx"
    original.write_bytes(onnx.data(model))
    assert text.render(load(path).graph) == text.render(load(original).graph)


def test_the_rewriting_shuffles(tmp_path: Path) -> None:
    nodes = [onnx.node("Relu", f"v{i}", f"v{i + 1}") for i in range(30)]
    data = onnx.data(onnx.model(onnx.graph(nodes, "v0", "v30")))
    model = onnx.message("ModelProto").FromString(Anonymiser(0).model(data))
    made = {name: i for i, node in enumerate(model.graph.node) for name in node.output}
    assert any(
        made.get(name, -1) > i for i, node in enumerate(model.graph.node) for name in node.input
    )
    assert len(converters.read(rewritten(data, tmp_path))) == 31
