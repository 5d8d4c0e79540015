"""The TensorFlow Lite reader's rows against the `tflite` package, over real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pass_support as support
import pytest

from genescan import converters
from genescan.converters.base import Clock, Source
from genescan.converters.flatbuffer import Flatbuffer
from genescan.converters.tflite_model import Loader, Network
from genescan.converters.tflite_schema import OPERATORS
from genescan.limits import DEFAULT

FILES = sorted(support.CORPUS.rglob("*.tflite"))

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not FILES, reason="no corpus (set GENESCAN_CORPUS)"),
]
tflite: Any = pytest.importorskip("tflite")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))


def rows(path: Path) -> Network:
    with Source(path) as source:
        return Loader(Flatbuffer(source, DEFAULT, Clock(DEFAULT)), DEFAULT).network()


def numbers(array: Any) -> list[int]:
    """The package gives 0 in the place of an absent vector."""
    return [] if isinstance(array, int) else [int(value) for value in array]


def text(name: bytes | None) -> str:
    return "" if name is None else name.decode()


def name_of(code: Any) -> str:
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    return code.CustomCode().decode() if OPERATORS[number] == "CUSTOM" else OPERATORS[number]


@each_file
def test_operators_and_their_operands(path: Path) -> None:
    model, found = tflite.Model.GetRootAs(path.read_bytes(), 0), rows(path)
    assert len(found.blocks) == model.SubgraphsLength()
    for index, block in enumerate(found.blocks):
        part = model.Subgraphs(index)
        assert list(block.inputs) == numbers(part.InputsAsNumpy())
        assert list(block.outputs) == numbers(part.OutputsAsNumpy())
        assert len(block.rows) == part.OperatorsLength()
        for position, row in enumerate(block.rows):
            operator = part.Operators(position)
            assert row.kind == name_of(model.OperatorCodes(operator.OpcodeIndex()))
            assert list(row.inputs) == numbers(operator.InputsAsNumpy())
            assert list(row.outputs) == numbers(operator.OutputsAsNumpy())


@each_file
def test_names_shapes_and_the_bytes_of_constants(path: Path) -> None:
    model, found = tflite.Model.GetRootAs(path.read_bytes(), 0), rows(path)
    for index, block in enumerate(found.blocks):
        part = model.Subgraphs(index)
        assert len(block.values) == part.TensorsLength()
        for position, value in enumerate(block.values):
            tensor = part.Tensors(position)
            assert value.name == text(tensor.Name())
            length = model.Buffers(tensor.Buffer()).DataLength()
            assert (value.constant is None) == (length == 0)
            if value.constant is not None:
                assert list(value.constant.shape or ()) == numbers(tensor.ShapeAsNumpy())
                assert value.constant.payload is not None
                assert value.constant.payload.length == length
            signature = numbers(tensor.ShapeSignatureAsNumpy()) or numbers(tensor.ShapeAsNumpy())
            if value.shape:
                assert [-1 if size is None else size for size in value.shape] == signature


@each_file
def test_inputs_and_outputs_of_the_graph(path: Path) -> None:
    part = tflite.Model.GetRootAs(path.read_bytes(), 0).Subgraphs(0)
    graph = converters.read(path)
    inputs = [text(part.Tensors(index).Name()) for index in numbers(part.InputsAsNumpy())]
    outputs = [text(part.Tensors(index).Name()) for index in numbers(part.OutputsAsNumpy())]
    assert [graph.nodes[index].origin[0] for index in graph.inputs][: len(inputs)] == inputs
    assert list(graph.output_names)[: len(outputs)] == outputs
