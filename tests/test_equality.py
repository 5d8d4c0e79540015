"""Seventeen exports of one network are one graph: exporters, opsets, optimisers and quantisers.

The networks are in the corpus: a convolutional one (MobileNetV2), an encoder with attention
(BERT) and a recurrent one (CRNN). Each was exported with the TorchScript and the dynamo exporter,
simplified, optimised by ONNX Runtime at three levels, converted to 16 bits, and quantised
dynamically and statically in both forms.

Equal means: one digest and one canonical text. Shapes are left out of the text, for they differ
legitimately: some exports fix the batch size, which shows in the declared input and in constants
made from it (`Input(shape=[1, 16])`, `w[None, 16, 32]`), and ONNX Runtime's blocked layout pads
channels to whole blocks (`w[16, 3, 3, 3]` for 8 channels).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pass_support as support
import pytest

from genescan import text
from genescan.canonical import Canonical
from genescan.digest import digest
from genescan.pipeline import load

NETWORKS = sorted(
    path for path in (support.CORPUS / "generated" / "onnx").glob("*") if path.is_dir()
)
SHAPE = re.compile(r"w\[[^]]*\]|shape=\[[^]]*\]")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NETWORKS, reason="no corpus (set GENESCAN_CORPUS)"),
]
each_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda path: path.name)


@cache
def exports(network: Path) -> dict[str, Canonical]:
    return {path.stem: load(path) for path in sorted(network.glob("*.onnx"))}


def groups(network: Path, key: object) -> dict[str, list[str]]:
    """Exports by what `key` says of their graph."""
    found: dict[str, list[str]] = {}
    for name, result in exports(network).items():
        found.setdefault(key(result.graph), []).append(name)  # type: ignore[operator]
    return found


@each_network
def test_there_are_seventeen_exports(network: Path) -> None:
    assert len(exports(network)) == 17


@each_network
def test_all_have_one_digest(network: Path) -> None:
    assert len(groups(network, digest)) == 1


@each_network
def test_all_have_one_text_without_sizes(network: Path) -> None:
    found = groups(network, lambda graph: SHAPE.sub("w[...]", text.render(graph)))
    assert len(found) == 1


@each_network
def test_nothing_was_lost(network: Path) -> None:
    assert all(not result.incidents for result in exports(network).values())


def test_different_networks_have_different_digests() -> None:
    digests = [digest(next(iter(exports(network).values())).graph) for network in NETWORKS]
    assert len(set(digests)) == len(NETWORKS) == 3
