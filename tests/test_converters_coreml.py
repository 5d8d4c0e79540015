"""CoreML programs, models inside models and compiled text: what they become."""

from __future__ import annotations

from pathlib import Path

import pytest
from coreml_writer import (
    MIL,
    array,
    block,
    core,
    layer,
    message,
    model,
    network,
    operation,
    operators,
    program,
    read,
    typed,
    weight,
    word,
)

from genescan import converters
from genescan.canonical import canonicalise
from genescan.converters import coreml_mil_ops, coreml_net_ops, coreml_net_rules, coreml_rules
from genescan.converters.schema import message_class
from genescan.errors import ModelError, Unsupported
from genescan.graph import Graph, Payload, Tensor

# --- programs


def test_operands_go_by_name_and_weights_are_never_opened() -> None:
    operations = [
        weight("w", [8, 4]),
        operation("linear", {"h": [1, 8]}, x="x", weight="w", bias=[0.0] * 8),
        operation("relu", {"y": [1, 8]}, x="h"),
    ]
    graph = read(program(operations))
    assert operators(graph) == ["Gemm", "Relu"]
    stored = graph.nodes[1].inputs[1]
    assert isinstance(stored, Tensor)
    assert stored.payload == Payload("@model_path/weights/weight.bin", 64, 8 * 4 * 4)


def test_masks_and_squeezes_of_a_slice() -> None:
    cut = operation(
        "slice_by_index", {"y": [2, 4]}, x="x", begin=[1, 0, 3], end=[3, 0, 4],
        begin_mask=[False, True, False], end_mask=[False, True, False],
        squeeze_mask=[False, False, True],
    )  # fmt: skip
    graph = read(program([cut], inputs=[typed("x", [5, 4, 6])]))
    assert operators(graph) == ["Slice", "Squeeze"]
    bounds = [t.data for t in graph.nodes[1].inputs[1:] if isinstance(t, Tensor)]
    assert bounds == [(1, 3), (3, 4), (0, 2), (1, 1)]


def test_compressed_weights_have_their_declared_shape() -> None:
    packed = operation("constexpr_lut_to_dense", {"w": [8, 4]}, indices="i", lut="t")
    stored = [weight("i", [8, 4], 640), weight("t", [1, 1, 16, 1]), packed]
    product = operation("matmul", {"y": [1, 8]}, x="x", y="w", transpose_y=True)
    graph = read(program([*stored, product]))
    operand = graph.nodes[1].inputs[1]
    assert operators(graph) == ["MatMul"]
    assert isinstance(operand, Tensor)
    assert (operand.shape, operand.data) == ((4, 8), None)


def test_blocks_become_bodies_with_what_they_read_from_outside() -> None:
    sides = [
        block([operation("relu", {"a": [1, 4]}, x="h")], "a"),
        block([operation("add", {"b": [1, 4]}, x="h", y="x")], "b"),
    ]
    operations = [
        operation("tanh", {"h": [1, 4]}, x="x"),
        operation("cond", {"y": [1, 4]}, blocks=sides, pred="c"),
    ]
    graph = read(program(operations, inputs=[typed("x", [1, 4]), typed("c", [], 1)]))
    owner = graph.nodes[-1]
    assert owner.op == "If"
    assert owner.bodies["else_branch"].captures == ("h", "x")
    assert len(owner.inputs) == 4


def test_a_while_loop_tests_before_and_after_each_turn() -> None:
    carried = [typed("i", [], 23), typed("s", [1, 4])]
    test = block([operation("less", {"t": []}, x="i", y=3)], "t", carried)
    turn = block(
        [
            operation("add", {"j": []}, x="i", y=1),
            operation("mul", {"u": [1, 4]}, x="s", y="x"),
        ],
        "j u",
        carried,
    )
    start = operation("const", {"zero": []})
    start.attributes["val"].CopyFrom(operation("", {}, v=0).inputs["v"].arguments[0].value)
    run = operation("while_loop", {"n": [], "y": [1, 4]}, blocks=[test, turn], loop_vars="zero x")
    graph = read(program([start, run]))
    assert operators(graph) == ["Less", "Loop"]
    body = graph.nodes[-1].bodies["body"]
    assert operators(body) == ["Add", "Mul", "Less"]
    assert (len(body.outputs), body.captures) == (3, ("x",))
    assert not canonicalise(graph).incidents


def test_states_are_inputs_and_what_is_written_last_is_an_output() -> None:
    cell = typed("s", [1, 4])
    cell.type.stateType.wrappedType.CopyFrom(typed("", [1, 4]).type)
    operations = [
        operation("read_state", {"old": [1, 4]}, input="s"),
        operation("add", {"new": [1, 4]}, x="old", y="x"),
        operation("write_state", {}, input="s", data="new"),
        operation("read_state", {"again": [1, 4]}, input="s"),
        operation("relu", {"y": [1, 4]}, x="again"),
    ]
    graph = read(program(operations, inputs=[typed("x", [1, 4]), cell]))
    assert operators(graph) == ["Identity", "Add", "Identity", "Relu"]
    assert graph.output_names == ("y", "s")


def test_all_functions_are_read_and_equal_ones_are_one() -> None:
    steps = [operation("relu", {"h": [1, 4]}, x="x"), operation("tanh", {"y": [1, 4]}, x="h")]
    other = block([operation("exp", {"y": [1, 4]}, x="x")], "y")
    graph = read(program(steps, twin=block(steps, "y"), other=other))
    assert operators(graph) == ["Relu", "Tanh", "Exp", "Relu", "Tanh"]
    assert graph.output_names == ("y", "other/y", "twin/y")
    assert operators(canonicalise(graph).graph) == ["Exp", "Relu", "Tanh"]


def test_labels_are_read_off_the_probabilities() -> None:
    classes = operation("classify", {"y": [1, 4], "label": []}, probabilities="h", classes=["=a"])
    classes.inputs["classes"].arguments[0].value.CopyFrom(
        operation("", {}, v="=a").inputs["v"].arguments[0].value
    )
    steps = [operation("softmax", {"h": [1, 4]}, x="x", axis=1), classes]
    assert core(program(steps)) == "n1 = Softmax(x0)\nOutput(n1)"


# --- models inside models


def test_a_pipeline_is_one_graph_joined_by_features() -> None:
    first = network(
        [layer("innerProduct", "x", "h", inputChannels=4, outputChannels=2)], outputs="h"
    )
    scaled = model("scaler", message("Scaler"), [array("h", 2)], [array("s", 2)])
    trees = model(
        "treeEnsembleClassifier", message("TreeEnsembleClassifier"), [array("s", 2)], [word("y")]
    )
    inner = message("Pipeline", models=[first, scaled, trees])
    graph = read(model("pipeline", inner, [array("x", 1, 4)], [word("y")]))
    assert operators(graph) == ["Gemm", "FeaturePreprocessing", "TreeEnsemble"]
    assert [node.attrs.get("kind") for node in graph.nodes[2:]] == [
        "Scaler", "TreeEnsembleClassifier",
    ]  # fmt: skip


def test_suppression_takes_boxes_before_scores_whatever_their_order() -> None:
    rule = message(
        "NonMaximumSuppression",
        coordinatesInputFeatureName="boxes",
        confidenceInputFeatureName="scores",
    )
    inputs = [array("scores", 9, 4), array("boxes", 9, 4)]
    graph = read(model("nonMaximumSuppression", rule, inputs, [array("y", 9, 4)]))
    sources = [graph.nodes[edge.source].origin for edge in graph.nodes[-1].inputs if edge]  # type: ignore[union-attr]
    assert sources == [("boxes",), ("scores",)]


def test_models_that_are_opaque_say_what_they_are() -> None:
    own = model("customModel", message("CustomModel", className="Mine"), [word("x")], [word("y")])
    assert operators(read(own)) == ["Unknown:coreml:customModel:Mine"]
    linked = model("linkedModel", message("LinkedModel"), [word("x")], [word("y")])
    assert operators(read(linked)) == ["Unknown:coreml:linkedModel"]


# --- compiled programs


def compiled(tmp_path: Path, content: str) -> Graph:
    (tmp_path / "m.mlmodelc").mkdir()
    (tmp_path / "m.mlmodelc" / "model.mil").write_text(content)
    return converters.read(tmp_path / "m.mlmodelc")


def test_the_text_of_a_compiled_program(tmp_path: Path) -> None:
    graph = compiled(tmp_path, MIL)
    assert operators(graph) == ["Conv", "Clip", "Concat"]
    assert graph.nodes[0].attrs["shape"] == (1, 3, None, 8)
    assert graph.nodes[1].attrs["auto_pad"] == "SAME_UPPER"
    assert [t.data for t in graph.nodes[2].inputs[1:] if isinstance(t, Tensor)] == [(0.0,), (6.0,)]


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("x = x)", "x = ghost)", "'ghost' is not defined"),
        ("hi = const", "lo = const", "'lo' is defined twice"),
        ("-> (z)", "-> (z", "expected a name"),
        ('[name = string("c")];', '({ block0() })[name = string("c")];', "with blocks"),
        ("0x1.8p+2", "0x1.8.8p+2", "expected a number"),
    ],
)
def test_text_that_is_wrong(tmp_path: Path, before: str, after: str, cause: str) -> None:
    with pytest.raises(ModelError, match=cause):
        compiled(tmp_path, MIL.replace(before, after))


def test_compiled_networks_are_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "m.mlmodelc").mkdir()
    (tmp_path / "m.mlmodelc" / "model.espresso.net").write_text('{"storage": "x", "layers": []}')
    with pytest.raises(Unsupported) as caught:
        converters.read(tmp_path / "m.mlmodelc")
    assert caught.value.kind == "Espresso network"


# --- tables


def test_every_layer_of_the_schema_is_known() -> None:
    layers = message_class("coreml", "CoreML.Specification.NeuralNetworkLayer").DESCRIPTOR
    names = {row.name for row in layers.oneofs_by_name["layer"].fields}
    ours = coreml_net_ops
    assert names == ours.ALIASES.keys() | ours.TABLE.keys() | ours.BUILT | ours.OPAQUE


def test_rows_name_rules_and_operations_that_exist() -> None:
    mil = coreml_mil_ops.TABLE
    assert {row.rule for row in mil.values() if row.rule} == coreml_rules.RULES.keys()
    net = coreml_net_ops.TABLE
    assert {row.rule for row in net.values() if row.rule} == coreml_net_rules.RULES.keys()
    kinds = {alias.kind for alias in coreml_net_ops.ALIASES.values()}
    assert kinds <= mil.keys() | coreml_mil_ops.OPAQUE


@pytest.mark.frameworks
def test_every_operation_of_coremltools_is_known() -> None:
    registry = pytest.importorskip("coremltools.converters.mil.mil.ops.registry").SSAOpRegistry
    names = {name for name in registry.core_ops if not name.startswith(("const", "_"))}
    known = coreml_mil_ops.TABLE.keys() | coreml_mil_ops.BUILT | coreml_mil_ops.OPAQUE
    assert names - known == set()
    assert known - names == {"const", "read_state", "write_state"} - names
