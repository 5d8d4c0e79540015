"""All exports of one network are one graph: exporters, opsets, optimisers, quantisers, formats.

The networks are in the corpus: a convolutional one (MobileNetV2), an encoder with attention
(BERT) and a recurrent one (CRNN). Each was exported to ONNX (TorchScript and dynamo exporters,
simplified, optimised by ONNX Runtime at three levels, in 16 bits, quantised in three ways), to
OpenVINO, to Core ML and by way of Keras to TensorFlow and TFLite. Keras' own MobileNetV2 is
another topology, so its files are a network of their own.

Equal means: one digest and one canonical text. Sizes are left out of the text, for they differ
legitimately: some exports fix the batch size, which shows in the declared input and in constants
made from it (`Input(shape=[1, 16])`, `w[None, 16, 32]`), and ONNX Runtime's blocked layout pads
channels to whole blocks (`w[16, 3, 3, 3]` for 8 channels). So is the type of token numbers.
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

GENERATED = support.CORPUS / "generated"
NETWORKS = {"bhand": 36, "crnn": 32, "mobilenetv2": 29, "mobilenetv2 of Keras": 6}
"""Networks, and how many exports there are of each."""
SIZE = re.compile(r"w\[[^]]*\]|\bshape=\[[^]]*\]|\bdtype='\w+'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not GENERATED.exists(), reason="no corpus (set GENESCAN_CORPUS)"),
]
each_network = pytest.mark.parametrize("network", NETWORKS)


def files(network: str) -> list[Path]:
    """The exports of one network; an OpenVINO `.bin` is no export of its own."""
    name, _, keras = network.partition(" of ")
    formats = ("onnx", "openvino", "coreml") if name == "mobilenetv2" else ("*",)
    found = [
        p for kind in (("tf",) if keras else formats) for p in GENERATED.glob(f"{kind}/{name}/*")
    ]
    return sorted(path for path in found if path.suffix != ".bin")


@cache
def exports(network: str) -> dict[str, Canonical]:
    return {path.relative_to(GENERATED).as_posix(): load(path) for path in files(network)}


def groups(network: str, key: object) -> dict[str, list[str]]:
    """Exports by what `key` says of their graph."""
    found: dict[str, list[str]] = {}
    for name, result in exports(network).items():
        found.setdefault(key(result.graph), []).append(name)  # type: ignore[operator]
    return found


@each_network
def test_all_exports_are_there(network: str) -> None:
    assert len(exports(network)) == NETWORKS[network]


@each_network
def test_all_have_one_digest(network: str) -> None:
    assert len(groups(network, digest)) == 1


@each_network
def test_all_have_one_text_without_sizes(network: str) -> None:
    found = groups(network, lambda graph: SIZE.sub("...", text.render(graph)))
    assert len(found) == 1


@each_network
def test_nothing_was_lost(network: str) -> None:
    assert all(not result.incidents for result in exports(network).values())


def test_different_networks_have_different_digests() -> None:
    digests = [digest(next(iter(exports(network).values())).graph) for network in NETWORKS]
    assert len(set(digests)) == len(NETWORKS)
