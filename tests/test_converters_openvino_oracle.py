"""The OpenVINO reader against OpenVINO's own, over real files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pass_support as support
import pytest

from genescan import converters
from genescan.canonical import canonicalise
from genescan.converters.base import Clock, Source
from genescan.converters.openvino_xml import Network, parse
from genescan.digest import digest
from genescan.limits import DEFAULT
from genescan.pipeline import load

FILES = sorted(path for path in support.CORPUS.rglob("*.xml") if b"<net" in path.read_bytes()[:200])
PAIRS = sorted((support.CORPUS / "generated" / "openvino").glob("*/*.xml"))
_MODERN = 10
_NAMES = {"Const": "Constant", "PReLU": "PRelu", "ReLU": "Relu", "SoftMax": "Softmax"}
"""Types that OpenVINO writes under another name than they have in memory."""

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not FILES, reason="no corpus (set GENESCAN_CORPUS)"),
]
each_file = pytest.mark.parametrize("path", FILES, ids=support.fixture_name)


def network(path: Path) -> Network:
    with Source(path) as source:
        return parse(source, DEFAULT, Clock(DEFAULT))


def sizes(shape: Any) -> tuple[int | None, ...]:
    return tuple(None if size.is_dynamic else size.get_length() for size in shape)


@each_file
def test_layers_inputs_and_outputs_are_those_that_openvino_reads(path: Path) -> None:
    openvino: Any = pytest.importorskip("openvino")
    found, graph = network(path), converters.read(path)
    if found.version < _MODERN:
        pytest.skip("OpenVINO reads this version no longer")
    if not path.with_suffix(".bin").exists():
        pytest.skip("OpenVINO needs the weights")
    model = openvino.Core().read_model(path)
    layers = Counter(_NAMES.get(layer.kind, layer.kind) for layer in found.layers.values())
    assert layers == Counter(op.get_type_name() for op in model.get_ops())
    inputs = [graph.nodes[index] for index in graph.inputs]
    assert [node.origin[0] for node in inputs] == [
        value.get_node().get_friendly_name() for value in model.inputs
    ]
    assert [node.attrs["shape"] for node in inputs] == [
        sizes(value.partial_shape) for value in model.inputs
    ]
    assert len(graph.outputs) == len(model.outputs)


@each_file
def test_nothing_is_lost_on_the_way(path: Path) -> None:
    assert not canonicalise(converters.read(path)).incidents


@each_file
def test_the_weights_beside_it_change_nothing(path: Path, tmp_path: Path) -> None:
    alone = tmp_path / path.name
    alone.write_bytes(path.read_bytes())
    assert converters.read(alone) == converters.read(path)


@pytest.mark.parametrize("path", PAIRS, ids=support.fixture_name)
def test_a_network_is_the_same_as_in_onnx(path: Path) -> None:
    twin = support.CORPUS / "generated" / "onnx" / path.parent.name / "ts_op17_cf1.onnx"
    assert digest(load(path).graph) == digest(load(twin).graph)
