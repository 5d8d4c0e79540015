"""The ONNX reader against the `onnx` package, over real files.

The corpus is a folder of models: `GENESCAN_CORPUS`, or `shared/corpus` beside the repository.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genescan import converters
from genescan.converters.base import Source
from genescan.converters.onnx_ops import operator, plain_domain
from genescan.graph import Graph, Tensor
from genescan.limits import DEFAULT

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("GENESCAN_CORPUS", ROOT.parent / "shared" / "corpus"))
FILES = sorted(CORPUS.rglob("*.onnx")) + sorted((ROOT / "fixtures" / "onnx").rglob("*.onnx"))

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not FILES, reason=f"no models in {CORPUS} (set GENESCAN_CORPUS)"),
]
onnx: Any = pytest.importorskip("onnx")


def constants(graph: Graph) -> Iterator[Tensor]:
    """Every constant operand of a graph and of the graphs inside it."""
    for node in graph.nodes:
        yield from (operand for operand in node.inputs if isinstance(operand, Tensor))
        for body in node.bodies.values():
            yield from constants(body)


def declared(graph: Any) -> Iterator[Any]:
    """Every initializer and Constant node of an ONNX graph and of the graphs inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from declared(attribute.g)
            elif node.op_type == "Constant" and attribute.HasField("t"):
                named = onnx.TensorProto.FromString(attribute.t.SerializeToString())
                named.name = node.output[0]
                yield named


TYPES = {number: name.lower() for name, number in onnx.TensorProto.DataType.items()} | {
    onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.DOUBLE: "float64"
}  # fmt: skip


def compare(read: Graph, expected: Any) -> None:
    """Operators, inputs and outputs, here and in every sub-graph."""
    initial = {tensor.name for tensor in expected.initializer}
    initial |= {sparse.values.name for sparse in expected.sparse_initializer}
    inputs = [info.name for info in expected.input if info.name not in initial]
    nodes = [node for node in expected.node if node.op_type != "Constant"]
    assert [read.nodes[i].origin[0] for i in read.inputs] == [*inputs, *read.captures]
    assert list(read.output_names) == [info.name for info in expected.output]
    assert Counter(node.op for node in read.nodes if node.op != "Input") == Counter(
        operator(plain_domain(node.domain), node.op_type) for node in nodes
    )
    origins = {node.origin[0]: node for node in read.nodes}
    for node in nodes:
        mine = origins[node.name or next(filter(None, node.output))]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                compare(mine.bodies[attribute.name], attribute.g)
            elif attribute.name in mine.attrs and attribute.type in (2, 7):
                value = onnx.helper.get_attribute_value(attribute)
                found = mine.attrs[attribute.name]
                if attribute.name in ("to", "dtype") and isinstance(found, str):
                    value = TYPES[value]  # the reader names types
                assert found == (tuple(value) if attribute.ints else value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_structure_agrees_with_onnx(path: Path) -> None:
    model = onnx.load(path, load_external_data=False)
    assert not model.functions, "the comparison does not inline functions"
    compare(converters.read(path), model.graph)


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_constants_agree_with_onnx(path: Path) -> None:
    """Type and shape of all, the values of small ones, the place of the bytes of large ones."""
    model, counted = onnx.load(path, load_external_data=False), 0
    expected = {tensor.name: tensor for tensor in declared(model.graph)}
    with Source(path) as source:
        for mine in constants(converters.read(path)):
            if mine.name not in expected:
                continue
            tensor, counted = expected[mine.name], counted + 1
            assert mine.shape == tuple(tensor.dims)
            array = onnx.numpy_helper.to_array(tensor)
            assert mine.dtype == (array.dtype.name if array.dtype.kind != "O" else "string")
            if mine.data is not None:
                assert list(mine.data) == pytest.approx(array.ravel().tolist(), nan_ok=True)
            if mine.payload and tensor.HasField("raw_data"):
                assert source.read(mine.payload.offset, mine.payload.length) == tensor.raw_data
            if array.size <= DEFAULT.fold_elements and array.nbytes <= 4_096:
                assert mine.data is not None or array.dtype.kind == "O"
    assert counted or not expected
