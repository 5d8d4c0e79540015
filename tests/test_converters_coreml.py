"""The CoreML reader: what layers, operations and models inside models become."""

from __future__ import annotations

import inspect
import random
import time
from pathlib import Path
from typing import Any

import pytest
from coreml_writer import (
    ARRAY_FLOAT32,
    array,
    block,
    data,
    image,
    layer,
    message,
    model,
    network,
    operation,
    program,
    read,
    typed,
    weight,
    weights,
    word,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pass_support import CORPUS

from genescan import converters, text
from genescan.canonical import canonicalise
from genescan.converters import coreml_mil_ops, coreml_net_ops, coreml_net_rules, coreml_rules
from genescan.converters.schema import message_class
from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Graph, Payload, Tensor
from genescan.limits import Limits


def operators(graph: Graph) -> list[str]:
    """Operators in order, inputs left out."""
    return [node.op for node in graph.nodes if node.op != "Input"]


def core(proto: Any) -> str:
    """The canonical graph in the notation, without its inputs."""
    made = canonicalise(read(proto))
    assert not made.incidents
    lines = text.render(made.graph).splitlines()
    return "\n".join(line for line in lines if "Input(" not in line)


def shown(expected: str) -> str:
    return inspect.cleandoc(expected)


# --- networks of layers


def conv(**fields: Any) -> Any:
    return layer(
        "convolution", "x", "y", outputChannels=8, kernelChannels=4, kernelSize=[3, 3], **fields
    )


def attributes(proto: Any, op: str) -> dict[str, Any]:
    """Attributes of the only node with an operator."""
    return dict(next(node for node in read(proto).nodes if node.op == op).attrs)


def test_convolution_has_the_shape_of_its_layer_and_its_paddings() -> None:
    inputs = [array("x", 1, 4, 9, 9)]
    edges = [{"startEdgeSize": 1, "endEdgeSize": 2}, {"startEdgeSize": 3, "endEdgeSize": 4}]
    valid = {"paddingAmounts": {"borderAmounts": edges}}
    found = attributes(network([conv(valid=valid, stride=[2, 1])], inputs), "Conv")
    assert (found["pads"], found["strides"], found["group"]) == ((1, 3, 2, 4), (2, 1), 1)
    for mode, auto in ((0, "SAME_UPPER"), (1, "SAME_LOWER")):
        made = attributes(network([conv(same={"asymmetryMode": mode})], inputs), "Conv")
        assert made["auto_pad"] == auto
    node = read(network([conv(valid={}, hasBias=True, bias=weights(*range(8)))], inputs)).nodes[1]
    kernel, bias = node.inputs[1:]
    assert isinstance(kernel, Tensor)
    assert isinstance(bias, Tensor)
    assert (kernel.shape, bias.shape) == ((8, 4, 3, 3), (8,))
    assert bias.data == tuple(range(8))


def test_deconvolution_is_a_flag_and_its_kernel_stands_the_other_way_round() -> None:
    flagged = layer(
        "convolution", "x", "y", outputChannels=6, kernelChannels=4, nGroups=2, kernelSize=[2, 2],
        isDeconvolution=True, stride=[2, 2], valid={},
    )  # fmt: skip
    node = read(network([flagged], [array("x", 1, 4, 5, 5)])).nodes[1]
    kernel = node.inputs[1]
    assert isinstance(kernel, Tensor)
    assert (node.op, kernel.shape, node.attrs["group"]) == ("ConvTranspose", (4, 3, 2, 2), 2)


def test_defaults_of_the_schema_are_the_reader_s() -> None:
    bare = layer("convolution", "x", "y", outputChannels=8, kernelChannels=4)
    node = read(network([bare], [array("x", 1, 4, 9, 9)])).nodes[1]
    assert node.attrs["kernel_shape"] == (3, 3)
    assert node.attrs["strides"] == node.attrs["dilations"] == (1, 1)


POOLS = [
    ({"type": 0, "kernelSize": [2, 2], "stride": [2, 2]}, "MaxPool", {}),
    ({"type": 1, "avgPoolExcludePadding": True}, "AveragePool", {"count_include_pad": 0}),
    ({"type": 1}, "AveragePool", {"count_include_pad": 1, "kernel_shape": (3, 3)}),
    ({"type": 2}, "LpPool", {"p": 2}),
    ({"type": 0, "globalPooling": True}, "GlobalMaxPool", {}),
    ({"type": 1, "globalPooling": True}, "GlobalAveragePool", {}),
    (
        {"type": 0, "includeLastPixel": {"paddingAmounts": [1, 1]}},
        "MaxPool",
        {"ceil_mode": 1, "pads": (1, 1, 1, 1)},
    ),
]


@pytest.mark.parametrize(("fields", "op", "attrs"), POOLS)
def test_pooling(fields: dict[str, Any], op: str, attrs: dict[str, Any]) -> None:
    proto = network([layer("pooling", "x", "y", **fields)], [array("x", 1, 4, 9, 9)])
    assert attrs.items() <= attributes(proto, op).items()


def test_old_networks_have_five_axes_of_which_one_prediction_needs_four() -> None:
    layers = [
        layer("convolution", "x", "a", outputChannels=8, kernelChannels=3, valid={}),
        layer("activation", "a", "b", ReLU={}),
        layer("flatten", "b", "c", mode=1),
        layer("innerProduct", "c", "d", inputChannels=8 * 36, outputChannels=5),
        layer("softmax", "d", "y"),
    ]
    graph = read(network(layers, [array("x", 3, 8, 8)], exact=False))
    assert graph.nodes[0].attrs["shape"] == (1, 3, 8, 8)
    assert operators(graph) == [
        "Conv", "Relu", "Transpose", "Reshape", "Reshape", "Gemm", "Reshape", "Softmax",
    ]  # fmt: skip
    assert core(network(layers, [array("x", 3, 8, 8)], exact=False)) == shown("""
        n1 = Conv(x0, w[8, 3, 3, 3], kernel_shape=[3, 3])
        n2 = Relu(n1)
        n3 = Linear(n2, w[5, 288], bias=False)
        n4 = Softmax(n3)
        Output(n4)
    """)


def test_images_are_scaled_and_shifted_before_the_first_layer() -> None:
    steps = [
        message(
            "NeuralNetworkPreprocessing",
            featureName="x",
            scaler={"channelScale": 0.5, "redBias": 1.0, "greenBias": 2.0, "blueBias": 3.0},
        )
    ]
    proto = network([layer("activation", "x", "y", ReLU={})], [image("x", 8, 8)])
    proto.neuralNetwork.preprocessing.extend(steps)
    graph = read(proto)
    assert operators(graph) == ["Mul", "Add", "Relu"]
    shift = graph.nodes[2].inputs[1]
    assert isinstance(shift, Tensor)
    assert (shift.shape, shift.data) == ((3, 1, 1), (1.0, 2.0, 3.0))


def test_layer_normalisation_as_reshape_mvn_scale_reshape() -> None:
    layers = [
        layer("reshapeStatic", "x", "a", targetShape=[1, 16, 1, 32]),
        layer("mvn", "a", "b", normalizeVariance=True, epsilon=1e-5),
        layer("scale", "b", "c", shapeScale=[1, 1, 32], scale=weights(*[2.0] * 32), hasBias=True,
              shapeBias=[1, 1, 32], bias=weights(*[1.0] * 32)),
        layer("reshapeStatic", "c", "y", targetShape=[1, 16, 32]),
    ]  # fmt: skip
    assert core(network(layers, [array("x", 1, 16, 32)])) == shown("""
        n1 = LayerNormalization(x0, axis='feature')
        Output(n1)
    """)


def test_relu6_by_negations_and_a_threshold() -> None:
    layers = [
        layer("activation", "x", "a", ReLU={}),
        layer("activation", "a", "b", linear={"alpha": -1.0}),
        layer("unary", "b", "c", type=7, alpha=-6.0, scale=1.0),
        layer("activation", "c", "y", linear={"alpha": -1.0}),
    ]
    assert core(network(layers, [array("x", 1, 4)])) == "n1 = Relu(x0)\nOutput(n1)"


def loop_of(body: list[Any]) -> Any:
    counter = layer("loadConstantND", "", "zero", shape=[1], data=weights(0.0))
    test = layer("lessThan", "i", "more", alpha=3.0)
    steps = [*body, layer("add", "i", "next", alpha=1.0), layer("copy", "next", "i")]
    inner = {"layers": steps}
    turns = layer(
        "loop", "", "", conditionVar="more", conditionNetwork={"layers": [test]}, bodyNetwork=inner
    )
    return [counter, layer("copy", "zero", "i"), layer("copy", "x", "state"), turns]


def test_a_loop_carries_what_its_turns_overwrite_and_nothing_else() -> None:
    body = [layer("activation", "state", "fresh", tanh={}), layer("copy", "fresh", "state")]
    layers = [*loop_of(body), layer("activation", "state", "y", ReLU={})]
    graph = read(network(layers, [array("x", 1, 4)]))
    owner = next(node for node in graph.nodes if node.op == "Loop")
    assert owner.outputs == 2  # the state and the counter, not what a turn keeps to itself
    inner = owner.bodies["body"]
    assert [node.op for node in inner.nodes if node.op != "Input"] == [
        "Tanh", "Identity", "Add", "Identity", "Less",
    ]  # fmt: skip
    assert len(inner.outputs) == 3


def test_a_branch_yields_what_both_sides_define() -> None:
    sides = {
        name: {"layers": [layer("activation", "x", "h", **{kind: {}})]}
        for name, kind in (("ifBranch", "tanh"), ("elseBranch", "sigmoid"))
    }
    layers = [
        layer("greaterThan", "x", "test", alpha=0.0),
        layer("branch", "test", "", **sides),
        layer("activation", "h", "y", ReLU={}),
    ]
    assert core(network(layers, [array("x", 1)])) == shown("""
        n1 = Sigmoid(x0)
        n2 = Tanh(x0)
        n3 = Greater(x0, w[()])
        n4 = If(n3, n2, n1)
        n5 = Relu(n4)
        Output(n5)
    """)


def test_recurrent_layers_are_native_operators() -> None:
    gates = {"inputVectorSize": 4, "outputVectorSize": 6}
    usual = [{"sigmoid": {}}, {"tanh": {}}, {"tanh": {}}]
    names = ("inputGate", "forgetGate", "blockInput", "outputGate")
    matrices = {f"{n}{k}": weights(0.5) for n in names for k in ("WeightMatrix", "RecursionMatrix")}
    both = layer(
        "biDirectionalLSTM", "x", "y", **gates, activationsForwardLSTM=usual,
        activationsBackwardLSTM=usual, params={"sequenceOutput": True},
        weightParams=[matrices, matrices],
    )  # fmt: skip
    graph = read(network([both], [array("x", 7, 1, 4, 1, 1)]))
    node = next(node for node in graph.nodes if node.op == "LSTM")
    kernel = node.inputs[1]
    assert isinstance(kernel, Tensor)
    assert (node.attrs["direction"], kernel.shape) == ("bidirectional", (2, 24, 4))
    assert "activations" not in node.attrs
    single = layer("uniDirectionalLSTM", "x", "y", **gates, activations=usual, reverseInput=True,
                   weightParams=matrices)  # fmt: skip
    old = read(network([single], [array("x", 4)], exact=False))
    assert next(node for node in old.nodes if node.op == "LSTM").attrs["direction"] == "reverse"


def test_a_layer_of_the_user_is_unknown_by_its_class() -> None:
    graph = read(network([layer("custom", "x", "y", className="MyLayer")]))
    assert operators(graph) == ["Unknown:coreml:custom:MyLayer"]


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

MIL = """program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-version", "3505.4.1"}})]
{
    func main<ios16>(tensor<fp16, [1, 3, ?, 8]> x) {
        tensor<string, []> pt = const()[name = tensor<string, []>("pt"),
            val = tensor<string, []>("same")];
        tensor<int32, [2]> st = const()[name = string("st"), val = tensor<int32, [2]>([2, 2])];
        tensor<fp16, [4, 3, 3, 3]> W = const()[name = string("W"), val = tensor<fp16, [4, 3, 3, 3]>(
            BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(64)))];
        tensor<fp16, [1, 4, ?, 4]> c = conv(pad_type = pt, strides = st, weight = W, x = x)
            [name = string("c")];
        fp16 lo = const()[name = string("lo"), val = fp16(0x0p+0)];
        fp16 hi = const()[name = string("hi"), val = fp16(0x1.8p+2)];
        tensor<fp16, [1, 4, ?, 4]> y = clip(alpha = lo, beta = hi, x = c)[name = string("y")];
        tensor<fp16, [1, 8, ?, 4]> z = concat(axis = int32(1), interleave = bool(false),
            values = (y, c))[name = string("z")];
    } -> (z);
}
"""


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


# --- hostile bytes


def samples() -> list[bytes]:
    """Models of every kind, to damage."""
    nets = [
        network([conv(valid={}, weights=weights(1.0, 2.0))], [array("x", 1, 4, 9, 9)]),
        network(loop_of([layer("activation", "state", "y", tanh={})]), [array("x", 1, 4)]),
        network([layer("splitND", "x", "y z", axis=1, numSplits=2)], exact=False),
    ]
    steps = [
        weight("w", [8, 4]),
        operation("linear", {"h": [1, 8]}, x="x", weight="w"),
        operation("slice_by_index", {"y": [1, 2]}, x="h", begin=[0, 0], end=[1, 2]),
        operation("split", {"p": [1, 4], "q": [1, 4]}, x="h", num_splits=2, axis=1),
        operation("topk", {"t": [1, 1], "u": [1, 1]}, x="q", k=1, axis=1),
    ]
    return [*map(data, nets), data(program(steps))]


SAMPLES = samples()


@settings(max_examples=2_000, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_mutants_read_or_raise_model_errors(
    tmp_path_factory: pytest.TempPathFactory, original: bytes, chance: st.DataObject
) -> None:
    mutant = bytearray(original)
    for _ in range(chance.draw(st.integers(1, 4))):
        at = chance.draw(st.integers(0, len(mutant) - 1))
        match chance.draw(st.integers(0, 3)):
            case 0:
                mutant[at] = chance.draw(st.integers(0, 255))
            case 1:
                del mutant[at : at + chance.draw(st.integers(1, 3))]
            case 2:
                mutant[at:at] = mutant[at : at + chance.draw(st.integers(1, 40))]
            case _:
                mutant[at:at] = chance.draw(st.binary(max_size=3))
        if not mutant:
            return
    path = tmp_path_factory.getbasetemp() / "mutant.mlmodel"
    path.write_bytes(mutant)
    check(path)


def check(path: Path) -> None:
    """A file is read, or refused by a check that foresaw it, within a second."""
    started = time.monotonic()
    try:
        graph = converters.read(path)
    except ModelError as error:
        assert "malformed in a way no check names" not in str(error), path
        assert str(error).isprintable()
    else:
        assert graph.outputs
    assert time.monotonic() - started < 1.0


def test_mangled_text_reads_or_raises_model_errors(tmp_path: Path) -> None:
    path = tmp_path / "model.mil"
    for seed in range(1_500):
        chance = random.Random(seed)
        letters = list(MIL)
        for _ in range(chance.choice((1, 2, 6))):
            at = chance.randrange(40, len(letters))
            piece = chance.choice(("", "]", "(", "<", ">", '"', "9" * 40, "tensor<", ",", "}"))
            letters[at : at + chance.randrange(3)] = piece
        path.write_text("".join(letters))
        check(path)


def test_declared_sizes_cost_nothing() -> None:
    huge = 1 << 40
    steps = [operation("fill", {"f": [huge, huge]}, shape=[huge % (1 << 31)] * 2, value=1.0)]
    steps.append(operation("add", {"y": [huge, huge]}, x="f", y="x"))
    assert operators(read(program(steps, inputs=[typed("x", [huge, huge])]))) == [
        "ConstantOfShape", "Add",
    ]  # fmt: skip
    wide = layer("batchnorm", "x", "y", channels=huge, epsilon=1e-5)
    assert operators(read(network([wide], [array("x", 1, 4, 2, 2)]))) == ["BatchNormalization"]


def test_conditions_inside_conditions_end_at_the_node_budget() -> None:
    carried = [typed("i", [], 23)]
    test = block([operation("less", {"t": []}, x="i", y=3)], "t", carried)
    turn = block([operation("add", {"j": []}, x="i", y=1)], "j", carried)
    for level in range(12):  # each level runs the one below it twice
        inner = operation("while_loop", {f"n{level}": []}, blocks=[test, turn], loop_vars="i")
        again = operation("less", {"t": []}, x=f"n{level}", y=3)
        test = block([inner, again], "t", carried)
    run = operation("while_loop", {"y": []}, blocks=[test, turn], loop_vars="x")
    with pytest.raises(LimitExceeded, match="1000 nodes"):
        read(program([run], inputs=[typed("x", [], 23)]), Limits(nodes=1_000))


# --- the same network in both formats


@pytest.mark.skipif(not (CORPUS / "generated").is_dir(), reason="no corpus")
@pytest.mark.parametrize("name", ["bhand", "crnn", "mobilenetv2"])
def test_every_export_has_the_digest_of_the_onnx_export(name: str) -> None:
    generated = CORPUS / "generated"
    files = sorted((generated / "coreml" / name).iterdir())
    assert len(files) == 6
    wanted = canonicalise(converters.read(generated / "onnx" / name / "ts_op17_cf1.onnx")).digest
    for path in files:
        made = canonicalise(converters.read(path))
        assert (made.digest, made.incidents) == (wanted, ()), path.name


@pytest.mark.frameworks
@pytest.mark.skipif(not (CORPUS / "generated").is_dir(), reason="no corpus")
@pytest.mark.parametrize("name", ["bhand", "crnn", "mobilenetv2"])
def test_the_reader_sees_what_coremltools_sees(name: str) -> None:
    proto = pytest.importorskip("coremltools.proto.Model_pb2")
    path = CORPUS / "generated/coreml" / name / "mlp_fp32.mlpackage"
    spec = proto.Model()
    spec.ParseFromString((path / "Data/com.apple.CoreML/model.mlmodel").read_bytes())
    function = spec.mlProgram.functions["main"]
    body = function.block_specializations[function.opset]
    graph = converters.read(path)
    inputs = [graph.nodes[i] for i in graph.inputs]
    assert [node.origin[0] for node in inputs] == [row.name for row in function.inputs]
    assert graph.output_names == tuple(body.outputs)
    sizes = {
        row.outputs[0].name: tuple(
            d.constant.size for d in row.outputs[0].type.tensorType.dimensions
        )
        for row in body.operations
        if row.type == "const"
    }
    for node in graph.nodes:
        for operand in node.inputs:
            if isinstance(operand, Tensor) and operand.payload and node.op == "Conv":
                assert operand.shape == sizes[operand.name]
    convs = sum(row.type == "conv" for row in body.operations)
    assert operators(graph).count("Conv") == convs
    assert sum(row.type == "lstm" for row in body.operations) == operators(graph).count("LSTM")


def test_array_types_are_those_of_the_schema() -> None:
    feature = array("x", 2)
    assert feature.type.multiArrayType.dataType == ARRAY_FLOAT32
    assert read(network([layer("activation", "x", "y", ReLU={})], [feature])).nodes[0].attrs == {
        "dtype": "float32", "shape": (2,),
    }  # fmt: skip
