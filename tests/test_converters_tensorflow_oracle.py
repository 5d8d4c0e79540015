"""TensorFlow's own view of a file against ours: operators, signatures, shapes of weights."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from genescan import converters
from genescan.canonical import canonicalise
from genescan.graph import Edge, Graph, Tensor

pytestmark = pytest.mark.frameworks

SINGLE = {
    "Conv2D": "Conv", "DepthwiseConv2dNative": "Conv", "MatMul": "MatMul", "Relu": "Relu",
    "MaxPool": "MaxPool", "FusedBatchNormV3": "BatchNormalization", "Softmax": "Softmax",
    "Mean": "ReduceMean", "Sigmoid": "Sigmoid", "Tanh": "Tanh",
}  # fmt: skip
"""Operators that become exactly one of ours."""


@pytest.fixture(scope="module")
def tensorflow() -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    return pytest.importorskip("tensorflow")


def network(keras: Any) -> Any:
    """A small network with the usual layers."""
    layers = keras.layers
    inputs = x = layers.Input((16, 16, 3), name="picture")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(12, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    y = layers.Dense(5, activation="softmax", name="scores")(layers.Flatten()(x))
    z = layers.LSTM(4)(layers.Reshape((3, 36))(x))
    return keras.Model(inputs, [y, z])


@pytest.fixture(scope="module")
def files(tensorflow: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One network in every container."""
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    folder = tmp_path_factory.mktemp("tensorflow")
    model = network(pytest.importorskip("keras"))
    model.export(str(folder / "saved"), verbose=False)
    made = {"saved": folder / "saved"}
    run = tensorflow.function(lambda x: model(x, training=False))
    spec = tensorflow.TensorSpec((1, 16, 16, 3), "float32")
    for lower in (False, True):
        frozen = convert_variables_to_constants_v2(
            run.get_concrete_function(spec), lower_control_flow=lower
        )
        path = folder / f"frozen-{lower}.pb"
        path.write_bytes(frozen.graph.as_graph_def().SerializeToString())
        made[path.stem] = path
    return made


def operators(read: Graph) -> Counter[str]:
    """Operators, bodies included."""
    found: Counter[str] = Counter()
    graphs = [read]
    while graphs:
        for node in graphs.pop().nodes:
            found[node.op] += 1
            graphs += node.bodies.values()
    return found


def test_every_operator_of_a_frozen_graph_is_there(tensorflow: Any, files: Any) -> None:
    proto = tensorflow.compat.v1.GraphDef.FromString(files["frozen-False"].read_bytes())
    theirs = Counter(node.op for node in proto.node)
    for function in proto.library.function:
        theirs.update(node.op for node in function.node_def)
    ours, expected = operators(converters.read(files["frozen-False"])), Counter[str]()
    for op, becomes in SINGLE.items():
        expected[becomes] += theirs[op]
    assert {op: ours[op] for op in expected} == dict(expected)
    assert not [op for op in ours if op.startswith("Unknown")]


def test_shapes_of_weights_are_the_file_s(tensorflow: Any, files: Any) -> None:
    proto = tensorflow.compat.v1.GraphDef.FromString(files["frozen-False"].read_bytes())
    by_name = {node.name: node for node in proto.node}

    def kernel(name: str) -> tuple[int, ...]:
        node = by_name[name]
        while node.op == "Identity":
            node = by_name[node.input[0]]
        return tensorflow.make_ndarray(node.attr["value"].tensor).shape

    graph = converters.read(files["frozen-False"])
    seen = 0
    for node in graph.nodes:
        if node.op != "Conv" or by_name[node.origin[0]].op != "Conv2D":
            continue
        height, width, inner, outer = kernel(by_name[node.origin[0]].input[1])
        weight = node.inputs[1]
        assert isinstance(weight, Tensor) and weight.shape == (outer, inner, height, width)
        seen += 1
    assert seen == 2


def test_signatures_are_the_file_s(tensorflow: Any, files: Any) -> None:
    loaded = tensorflow.saved_model.load(str(files["saved"]))
    signature = loaded.signatures["serving_default"]
    _, arguments = signature.structured_input_signature
    graph = converters.read(files["saved"])
    inputs = {graph.nodes[i].origin[0]: graph.nodes[i].attrs for i in graph.inputs}
    assert {name: spec.dtype.name for name, spec in arguments.items()} == {
        name: attrs["dtype"] for name, attrs in inputs.items()
    }
    for name, spec in arguments.items():
        assert inputs[name]["shape"] == tuple(spec.shape.as_list())
    assert set(graph.output_names) == set(signature.structured_outputs)
    for name, spec in signature.structured_outputs.items():
        operand = graph.outputs[graph.output_names.index(name)]
        assert isinstance(operand, Edge)
        known = graph.shapes.get((operand.source, operand.port))
        assert known is None or len(known) == len(spec.shape)


def test_all_containers_are_one_network(files: Any) -> None:
    made = {name: canonicalise(converters.read(path)) for name, path in files.items()}
    assert len({result.digest for result in made.values()}) == 1
    assert not [incident for result in made.values() for incident in result.incidents]


def test_a_masked_layer_is_a_layer(tensorflow: Any, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    words = layers.Input((16,))
    x = layers.LSTM(8)(layers.Embedding(50, 8, mask_zero=True)(words))
    model = keras.Model(words, layers.Dense(2)(x))
    model.export(str(tmp_path / "saved"), verbose=False)
    made = canonicalise(converters.read(tmp_path / "saved"))
    assert [node.op for node in made.graph.nodes] == ["Input", "Embedding", "LSTM", "Linear"]
    assert not made.incidents
