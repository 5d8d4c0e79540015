"""`genescan convert`: any graph as an ONNX file that the ONNX checker accepts."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from running import ONNX, Run

from genescan import text
from genescan.pipeline import load
from genescan.render import graph_onnx

if TYPE_CHECKING:
    import onnx

MODELS = sorted(ONNX.rglob("*.onnx"))


def converted(source: str) -> onnx.ModelProto:
    import onnx

    model = onnx.load_from_string(graph_onnx.render(text.parse(dedent(source))))
    onnx.checker.check_model(model)
    return model


def test_without_the_package_the_error_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    ran = run("convert", MODELS[0], "-o", tmp_path / "out.onnx")
    assert ran.code == 2
    assert "pip install 'genescan[onnx]'" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.frameworks
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_fixture_passes_the_checker(path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    graph = load(path).graph
    model = onnx.load_from_string(graph_onnx.render(graph))
    onnx.checker.check_model(model)
    computing = [node for node in graph.nodes if node.op != "Input"]
    written = [node.op_type for node in model.graph.node]
    assert len(written) == len(computing) + len(graph.outputs)
    assert {f.name for f in model.functions} <= set(written)


@pytest.mark.frameworks
def test_composites_are_local_functions_and_standard_operators_are_themselves() -> None:
    pytest.importorskip("onnx")
    model = converted(
        """
        x = Input(shape=[1, 3, 8, 8], dtype="float32")
        a = Relu(Conv(x, w[4, 3, 3, 3], kernel_shape=[3, 3], strides=[1, 1]))
        y = Linear(a, w[10, 4], bias=True)
        """
    )
    domains = {node.op_type: node.domain for node in model.graph.node}
    assert domains == {"Conv": "", "Relu": "", "Linear": "genescan", "Identity": ""}
    (function,) = model.functions
    assert [node.op_type for node in function.node] == ["Transpose", "MatMul"]
    dims: Any = [list(weight.dims) for weight in model.graph.sparse_initializer]
    assert dims == [[4, 3, 3, 3], [10, 4]]


@pytest.mark.frameworks
def test_unknown_operators_stay_visible() -> None:
    pytest.importorskip("onnx")
    model = converted('x = Input(shape=[1])\ny = Op(x, op="Unknown:tflite:edgetpu-custom-op")')
    assert model.graph.node[0].op_type == "Unknown_tflite_edgetpu_custom_op"
    assert model.functions[0].node[0].domain == "genescan.opaque"


@pytest.mark.frameworks
def test_the_command_writes_the_file(run: Run, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    out = tmp_path / "canonical.onnx"
    assert run("convert", ONNX / "bert-toy.onnx", "-o", out).code == 0
    assert {f.name for f in onnx.load(out).functions} >= {"Linear", "SDPA", "LayerNormalization"}
    assert run("convert", ONNX / "bert-toy.onnx", "-o", tmp_path / "no" / "x.onnx").code == 2
