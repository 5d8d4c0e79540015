"""The ONNX reader: from messages to the graph that `genescan.graph` documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_writer import (
    INT64,
    attribute,
    data,
    graph,
    message,
    model,
    node,
    read,
    tensor,
    value,
)

from genescan import converters
from genescan.converters.onnx_ops import operator
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.limits import Limits
from genescan.text import render


def test_a_small_network_reads_as_documented() -> None:
    ends = [value("image", "batch", 3, 32, 32)], [value("y", 1, 8)]
    weights = [tensor("w", (8, 3, 3, 3), raw_data=b"\0" * 864), tensor("b", (8,))]
    nodes = [
        node("Conv", "image w b", "c", name="stem", kernel_shape=[3, 3], group=1),
        node("Relu", "c", "y"),
    ]
    assert read(graph(nodes, *ends, initializer=weights)) == Graph(
        nodes=(
            Node("Input", (), {"dtype": "float32", "shape": (None, 3, 32, 32)}, origin=("image",)),
            Node(
                "Conv",
                (
                    Edge(0),
                    Tensor("float32", (8, 3, 3, 3), (0.0,) * 216, "w"),
                    Tensor("float32", (8,), None, "b"),
                ),
                {"kernel_shape": (3, 3), "group": 1},
                origin=("stem",),
            ),
            Node("Relu", (Edge(1),), origin=("y",)),
        ),
        outputs=(Edge(2),),
        output_names=("y",),
        format="onnx",
        meta={"opset:ai.onnx": "17", "ir_version": "8"},
        shapes={(2, 0): (1, 8)},
    )


def test_constants_that_are_also_inputs_are_no_inputs() -> None:
    """So write files of IR version 3."""
    body = graph([node("Add", "x w", "y")], "x w", initializer=[tensor("w", (1,))])
    assert [row.op for row in read(body).nodes] == ["Input", "Add"]


def test_ports_optional_operands_and_optional_results() -> None:
    nodes = [
        node("LSTM", "x w r _ _ h", "_ last"),
        node("Split", "last", "a b"),
        node("Add", "a b", "y"),
    ]
    body = graph(nodes, "x h", initializer=[tensor("w"), tensor("r")])
    _, _, lstm, split, add = read(body).nodes
    assert lstm.inputs[3:] == (None, None, Edge(1))
    assert (lstm.outputs, split.outputs) == (2, 2)
    assert lstm.origin == ("last",)
    assert split.inputs == (Edge(2, 1),)
    assert add.inputs == (Edge(3, 0), Edge(3, 1))


def test_outputs_may_be_inputs_or_constants() -> None:
    body = graph([node("Relu", "x", "y")], "x", "y x w", initializer=[tensor("w", (1,))])
    assert read(body).outputs == (Edge(1), Edge(0), Tensor("float32", (1,), None, "w"))


def test_declared_shapes_are_kept_by_node_and_port() -> None:
    nodes = [node("Split", "x", "a b"), node("Add", "a b", "y")]
    body = graph(nodes, value_info=[value("b", 1, "n"), value("a"), value("x", 9)])
    assert read(body).shapes == {(1, 1): (1, None)}


def test_negative_sizes_in_declared_shapes_are_unknown() -> None:
    body = graph([node("Relu", "x", "y")], [value("x", -1, 0, 3)])
    assert read(body).nodes[0].attrs["shape"] == (None, 0, 3)


@pytest.mark.parametrize("field", ["sequence_type", "optional_type"])
def test_inputs_that_are_not_tensors(field: str) -> None:
    info = message("ValueInfoProto", name="x")
    getattr(info.type, field).elem_type.tensor_type.elem_type = INT64
    body = graph([node("SequenceAt", "x i", "y")], [info, value("i", dtype=INT64)])
    assert read(body).nodes[0].attrs == {"dtype": f"{field[:-5]}(int64)"}


def test_nodes_in_any_order_are_sorted_and_sorted_nodes_stay() -> None:
    chain = [node("Relu", "x", "a"), node("Tanh", "a", "b"), node("Add", "a b", "y")]
    assert render(read([chain[2], chain[0], chain[1]])) == render(read(chain))
    free = [node("Exp", "x", "e"), node("Log", "x", "l"), node("Add", "l e", "y")]
    assert [row.op for row in read(free).nodes] == ["Input", "Exp", "Log", "Add"]


@given(order=st.permutations(range(8)))
@settings(max_examples=40, deadline=None)
def test_any_order_of_nodes_gives_edges_to_earlier_nodes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    names = ["x", *"abcdefg", "y"]
    chain = [node("Add", f"{names[i]} x", names[i + 1]) for i in range(8)]
    path = tmp_path_factory.mktemp("order") / "m.onnx"
    path.write_bytes(data(model([chain[i] for i in order])))
    assert [row.inputs[0] for row in converters.read(path).nodes[1:]] == [Edge(i) for i in range(8)]


def test_facts_for_the_report_are_quoted() -> None:
    whole = model([node("Relu", "x", "y")], producer_name="py\x1b[2Jtorch", producer_version="2")
    whole.opset_import.add(domain="com.microsoft", version=1)
    assert read(whole).meta == {
        "opset:ai.onnx": "17",
        "opset:com.microsoft": "1",
        "ir_version": "8",
        "producer": "py\\x1b[2Jtorch 2",
    }


def test_long_names_are_cut() -> None:
    long = "n" * 50
    read_back = read([node("Relu", "x", "y", name=long)], limits=Limits(name_length=10))
    assert read_back.nodes[1].origin == ("n" * 10,)


@pytest.mark.parametrize(
    ("domain", "name", "expected"),
    [
        ("", "Conv", "Conv"),
        ("", "Upsample", "Resize"),
        ("", "Scatter", "Scatter"),
        ("", "SimplifiedLayerNormalization", "SimplifiedLayerNormalization"),
        ("", "ImageScaler", "Unknown:ai.onnx:ImageScaler"),
        ("com.microsoft", "FusedConv", "com.microsoft:FusedConv"),
        ("com.microsoft", "Attention", "com.microsoft:Attention"),
        ("com.microsoft", "QuantizeLinear", "QuantizeLinear"),
        ("com.microsoft", "BeamSearch", "Unknown:com.microsoft:BeamSearch"),
        ("com.microsoft.nchwc", "Conv", "com.microsoft.nchwc:Conv"),
        ("ai.onnx.ml", "TreeEnsembleClassifier", "TreeEnsemble"),
        ("ai.onnx.ml", "LinearRegressor", "LinearModel"),
        ("ai.onnx.ml", "SVMRegressor", "SVM"),
        ("ai.onnx.ml", "Scaler", "FeaturePreprocessing"),
        ("ai.onnx.ml", "Conv", "Unknown:ai.onnx.ml:Conv"),
        ("evil", "Conv", "Unknown:evil:Conv"),
    ],
)
def test_operator_names(domain: str, name: str, expected: str) -> None:
    assert operator(domain, name) == expected


def test_the_standard_domain_has_two_spellings() -> None:
    assert read([node("Relu", "x", "y", domain="ai.onnx")]).nodes[1].op == "Relu"


def test_classical_models_keep_their_own_name() -> None:
    row = read([node("SVMClassifier", "x", "y", domain="ai.onnx.ml", kernel_type="RBF")]).nodes[1]
    assert (row.op, row.attrs) == ("SVM", {"kernel_type": "RBF", "kind": "SVMClassifier"})


def test_attributes_become_plain_values() -> None:
    given: dict[str, Any] = {
        "i": 3,
        "f": 0.5,
        "s": "word",
        "ints": [1, 2],
        "floats": [0.5],
        "strings": [b"a"],
    }
    row = read([node("Custom", "x", "y", t=tensor("t", (1,), float_data=[2.0]), **given)]).nodes[1]
    assert row.attrs == {
        "i": 3,
        "f": 0.5,
        "s": "word",
        "ints": (1, 2),
        "floats": (0.5,),
        "strings": ("a",),
        "t": Tensor("float32", (1,), (2.0,), "t"),
    }


def test_attributes_without_a_type_are_understood() -> None:
    """Files of IR version 1 do not say the type of an attribute."""
    row = node(
        "LSTM", "x", "y", direction="reverse", hidden_size=4, activations=[b"Tanh"], clip=0.5
    )
    for each in row.attribute:
        each.ClearField("type")
    assert read([row]).nodes[1].attrs == {
        "direction": "reverse",
        "hidden_size": 4,
        "activations": ("Tanh",),
        "clip": 0.5,
    }


def test_attributes_without_a_plain_value_are_left_out() -> None:
    row = node("Optional", "x", "y")
    row.attribute.add(name="type", type=13).tp.tensor_type.elem_type = 1
    row.attribute.append(attribute("blob", "b" * 5_000))
    assert read([row]).nodes[1].attrs == {}


def test_types_of_casts_have_names() -> None:
    casts = [node("Cast", "x", "y", to=INT64), node("Cast", "y", "z", to=99)]
    found = [each.attrs["to"] for each in read(graph(casts)).nodes if each.op == "Cast"]
    assert found == ["int64", "undefined"]
