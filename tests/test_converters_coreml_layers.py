"""CoreML neural networks: what their layers become."""

from __future__ import annotations

from typing import Any

import pytest
from coreml_writer import (
    array,
    conv,
    core,
    image,
    layer,
    loop_of,
    message,
    network,
    operators,
    read,
    shown,
    weights,
)

from genescan.graph import Edge, Tensor

# --- networks of layers


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


def test_a_kernel_may_be_computed() -> None:
    dynamic = layer("convolution", "x k", "y", outputChannels=8, kernelChannels=4, valid={})
    node = read(network([dynamic], [array("x", 1, 4, 9, 9), array("k", 8, 4, 3, 3)])).nodes[2]
    assert (node.op, [type(each) for each in node.inputs]) == ("Conv", [Edge, Edge])


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
        n3 = Linear(n2, w[5, 288])
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
