"""One network, whatever file it comes in: every format gives the same canonical graph.

Each folder of `fixtures/four_roads` is one network, exported by many tools to ONNX, OpenVINO,
CoreML, TensorFlow and TFLite, in floats and in small integers. The Keras files come from a model
that was written after the torch one, layer by layer. `canonical.txt` is the graph that all of
them must come to; it was read by a person. Nodes stand
in the order of their digests: when these change, `GENESCAN_GOLDEN=write pytest` on this file puts
the same nodes into the new order.

What may differ is left out of the text. Sizes: some exports fix the batch, some formats put
channels last, some give a recurrent layer two biases and some one. The type of an input: CoreML
and Keras count tokens in 32 bits.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pass_support as support
import pytest
import yaml
from running import FIXTURES

from genescan import text
from genescan.canonical import Canonical
from genescan.digest import digest
from genescan.pipeline import load

FOLDER = FIXTURES / "four_roads"
MANIFEST: dict[str, Any] = yaml.safe_load((FOLDER / "manifest.yml").read_text(encoding="utf-8"))
NETWORKS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
GOLDEN, SAVED_MODEL = "canonical.txt", "saved_model.pb"
SIZE = re.compile(r"w\[[^]]*\]|\bshape=\[[^]]*\]|\bdtype='\w+'")


def models(network: str) -> list[Path]:
    """The models of one network: files, or folders that are one model."""
    return sorted((FOLDER / network).glob("*/*"))


MODELS = [(network, path) for network in NETWORKS for path in models(network)]
each_model = pytest.mark.parametrize(
    ("network", "path"),
    MODELS,
    ids=[path.relative_to(FOLDER).as_posix() for _, path in MODELS],
)


@cache
def canonical(path: Path) -> Canonical:
    return load(path)


def comparable(notation: str) -> str:
    return SIZE.sub("...", notation)


if os.environ.get("GENESCAN_GOLDEN") == "write":
    for golden in FOLDER.glob(f"*/{GOLDEN}"):
        graph = text.parse(golden.read_text(encoding="utf-8"))
        golden.write_text(text.render(support.ordered(graph)), encoding="utf-8")


@each_model
def test_every_file_comes_to_the_canonical_graph(network: str, path: Path) -> None:
    found = canonical(path)
    golden = (FOLDER / network / GOLDEN).read_text(encoding="utf-8")
    assert comparable(text.render(found.graph)) == comparable(golden)
    assert found.incidents == ()


@each_model
def test_every_file_has_the_digest_of_the_canonical_graph(network: str, path: Path) -> None:
    assert canonical(path).digest == digest_of(network)


@cache
def digest_of(network: str) -> str:
    """The digest of the graph that the golden text writes down."""
    return digest(text.parse((FOLDER / network / GOLDEN).read_text(encoding="utf-8")))


def test_different_networks_have_different_digests() -> None:
    assert len({digest_of(network) for network in NETWORKS}) == len(NETWORKS)


def test_every_format_is_there() -> None:
    suffixes = {path.suffix for _, path in MODELS}
    assert suffixes == {".onnx", ".xml", ".mlmodel", ".mlpackage", ".pb", ".tflite", ""}
    assert any((path / SAVED_MODEL).exists() for _, path in MODELS)


def test_every_file_is_the_one_that_was_made() -> None:
    sums = {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.name not in (GOLDEN, "manifest.yml")
    }
    assert sums == MANIFEST["sha256"]


def test_files_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert max(sizes) < 150_000 and sum(sizes) < 3_000_000
