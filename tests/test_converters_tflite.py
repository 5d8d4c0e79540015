"""TensorFlow Lite files become the graphs that ONNX files of the same networks become.

Each case writes a small file and says in the notation what its canonical graph must be. That the
operators compute the same numbers is tested by running both (test_converters_tflite_values.py).
"""

from __future__ import annotations

import struct
from pathlib import Path

import pass_support as support
import pytest
from tflite_models import BODY, CONDITION, CONV, IMAGE, LOOP, Read, lstm, only
from tflite_writer import graph, ints, model, op, tensor, weight

from genescan import converters, text
from genescan.canonical import canonicalise
from genescan.errors import ModelError
from genescan.graph import Graph, Payload, Tensor


def same(found: Graph, expected: str) -> None:
    """Equal canonical graphs, nothing lost."""
    result, wanted = canonicalise(found), canonicalise(text.parse(expected))
    assert result.incidents == ()
    assert (result.digest, result.sized_digest) == (wanted.digest, wanted.sized_digest), (
        f"{text.render(result.graph)}\n---\n{text.render(wanted.graph)}"
    )


def test_a_convolution_with_bias_and_fused_activation(read: Read) -> None:
    tensors = {"x": IMAGE, "w": weight(4, 3, 5, 3), "b": weight(4), "y": tensor((1, 4, 4, 4))}
    given = {"padding": 0, "stride_w": 2, "stride_h": 2, "fused_activation_function": 3}
    made = read(only("CONV_2D", tensors, "Conv2D", **given))
    same(
        made,
        """
a = Conv(x, w[4, 3, 3, 5], w[4], kernel_shape=[3, 5], strides=[2, 2], auto_pad="SAME_UPPER")
y = Clip(a, 0.0, 6.0)
""",
    )
    assert (made.format, made.output_names, made.nodes[0].origin) == ("tflite", ("y",), ("x",))
    assert made.meta == {"schema": "3", "producer": "a test"}


def test_groups_and_depthwise(read: Read) -> None:
    image = tensor((1, 8, 8, 4))
    grouped = {"x": image, "w": weight(8, 3, 3, 2), "y": tensor((1, 8, 8, 8))}
    same(read(only("CONV_2D", grouped, "Conv2D", **CONV)),
         "y = Conv(x, w[8, 2, 3, 3], group=2)")  # fmt: skip
    depthwise = {"x": image, "w": weight(1, 3, 3, 8), "b": weight(8), "y": tensor((1, 8, 8, 8))}
    given = {**CONV, "depth_multiplier": 2, "dilation_wfactor": 2, "dilation_hfactor": 2}
    same(read(only("DEPTHWISE_CONV_2D", depthwise, "DepthwiseConv2D", **given)),
         "y = Conv(x, w[8, 1, 3, 3], w[8], group=4, dilations=[2, 2])")  # fmt: skip


def test_a_transposed_convolution_has_its_data_last(read: Read) -> None:
    tensors = {"s": ints(1, 16, 16, 5), "w": weight(5, 2, 2, 3), "x": IMAGE,
               "y": tensor((1, 16, 16, 5))}  # fmt: skip
    given = {"padding": 1, "stride_w": 2, "stride_h": 2}
    same(read(only("TRANSPOSE_CONV", tensors, "TransposeConv", **given)),
         "y = ConvTranspose(x, w[3, 5, 2, 2], strides=[2, 2])")  # fmt: skip
    custom = op("Convolution2DTransposeBias", "x w b", "y", custom=struct.pack("<3i", 1, 2, 2))
    rows = {"x": IMAGE, "w": weight(5, 2, 2, 3), "b": weight(5)}
    same(read(model(graph(rows, [custom], "x", "y"))),
         "y = ConvTranspose(x, w[3, 5, 2, 2], w[5], strides=[2, 2])")  # fmt: skip


def test_a_dilated_convolution_written_as_rearrangements(read: Read) -> None:
    tensors = {"x": IMAGE, "r": ints(2, 2), "p": tensor((2, 2), "int32", [2, 2, 2, 2]),
               "c": tensor((2, 2), "int32", [0, 0, 0, 0]), "w": weight(4, 3, 3, 3),
               "s": tensor((4, 6, 6, 3)), "d": tensor((4, 4, 4, 4)),
               "y": tensor((1, 8, 8, 4))}  # fmt: skip
    rows = [
        op("SPACE_TO_BATCH_ND", "x r p", "s"),
        op("CONV_2D", "s w", "d", "Conv2D", padding=1, stride_w=1, stride_h=1),
        op("BATCH_TO_SPACE_ND", "d r c", "y"),
    ]
    found = read(model(graph(tensors, rows, "x", "y")))
    same(found, "y = Conv(x, w[4, 3, 3, 3], dilations=[2, 2])")
    conv = next(node for node in found.nodes if node.op == "Conv")
    assert conv.attrs["pads"] == (2, 2, 2, 2)
    shared = [*rows, op("ABS", "s", "z")]  # somebody else reads the small images
    kept = read(model(graph({**tensors, "z": tensor()}, shared, "x", "y z")))
    assert next(node for node in kept.nodes if node.op == "Conv").attrs["dilations"] == (2, 2)
    assert kept.nodes[-1].op == "Abs" and kept.nodes[-2].op != "Conv"


def test_dilated_convolutions_share_a_rearrangement(read: Read) -> None:
    tensors = {"x": tensor((1, 48, 3)), "r": ints(2), "p": tensor((1, 2), "int32", [2, 0]),
               "c": tensor((1, 2), "int32", [0, 0]), "w": weight(4, 1, 2, 3),
               "s": tensor((2, 25, 3)), "e": tensor((2, 1, 25, 3)), "t": ints(2, 1, 25, 3),
               "q": ints(2, 24, 4)}  # fmt: skip
    rows = [op("SPACE_TO_BATCH_ND", "x r p", "s"), op("RESHAPE", "s t", "e")]
    for name in "ab":
        tensors |= {f"{name}1": tensor((2, 1, 24, 4)), f"{name}2": tensor((2, 24, 4)),
                    name: tensor((1, 48, 4))}  # fmt: skip
        rows += [
            op("CONV_2D", "e w", f"{name}1", "Conv2D", padding=1, stride_w=1, stride_h=1),
            op("RESHAPE", f"{name}1 q", f"{name}2"),
            op("BATCH_TO_SPACE_ND", f"{name}2 r c", name),
        ]
    found = canonicalise(read(model(graph(tensors, rows, "x", "a b")))).graph
    windows = [node.attrs["dilations"] for node in found.nodes if node.op == "Conv"]
    assert windows == [(2,), (2,)]


@pytest.mark.parametrize("keep", [0, 1])
def test_a_dense_layer(read: Read, keep: int) -> None:
    shape = (2, 5, 4) if keep else (10, 4)
    tensors = {"x": tensor((2, 5, 6)), "w": weight(4, 6), "b": weight(4), "y": tensor(shape)}
    same(read(only("FULLY_CONNECTED", tensors, "FullyConnected", keep_num_dims=keep)),
         "y = Gemm(x, w[4, 6], w[4], transB=1)")  # fmt: skip


def test_quantised_files_are_the_network_without_quantisation(read: Read) -> None:
    scale = {"quantization": {"scale": [0.5], "zero_point": [3]}}
    tensors = {
        "x": tensor((1, 8, 8, 3), "int8", **scale), "w": weight(4, 3, 3, 3, dtype="int8", **scale),
        "b": weight(4, dtype="int32", **scale), "k": tensor((), "int8", [7], **scale),
        "c": tensor((1, 8, 8, 4), "int8"), "d": tensor((1, 8, 8, 4), "int8"),
    }  # fmt: skip
    rows = [
        op("QUANTIZE", "f", "x"),
        op("CONV_2D", "x w b", "c", "Conv2D", fused_activation_function=1, **CONV),
        op("MUL", "c k", "d", "Mul"),
        op("DEQUANTIZE", "d", "y"),
    ]
    same(read(model(graph({"f": IMAGE, **tensors}, rows, "f", "y"))),
         "y = Mul(Relu(Conv(x, w[4, 3, 3, 3], w[4])), 2.0)")  # fmt: skip


@pytest.mark.parametrize(("zero", "relu"), [(-128, True), (3, False)])
def test_codes_that_cannot_be_negative_are_a_folded_relu(read: Read, zero: int, relu: bool) -> None:
    scale = {"quantization": {"scale": [0.5], "zero_point": [zero]}}
    tensors = {"x": IMAGE, "w": weight(4, 3, 3, 3), "c": tensor((1, 8, 8, 4), "int8", **scale)}
    rows = [op("CONV_2D", "x w", "c", "Conv2D", **CONV), op("EXP", "c", "y")]
    convolved = "Conv(x, w[4, 3, 3, 3])"
    expected = f"y = Exp(Relu({convolved}))" if relu else f"y = Exp({convolved})"
    same(read(model(graph(tensors, rows, "x", "y"))), expected)


def test_weights_in_half_precision_and_sparse_weights(read: Read) -> None:
    tensors = {"x": tensor((1, 6)), "h": tensor((4, 6), "float16", [0.0] * 24),
               "w": tensor((4, 6)), "y": tensor((1, 4))}  # fmt: skip
    rows = [op("DEQUANTIZE", "h", "w"), op("FULLY_CONNECTED", "x w", "y", "FullyConnected")]
    same(read(model(graph(tensors, rows, "x", "y"))), "y = Gemm(x, w[4, 6], transB=1)")
    sparse = {"sparsity": {"traversal_order": [0, 1]}}
    tensors["h"] = tensor((4, 6), data=[1.0], **sparse)
    rows[0] = op("DENSIFY", "h", "w")
    same(read(model(graph(tensors, rows, "x", "y"))), "y = Gemm(x, w[4, 6], transB=1)")


def test_small_constants_have_their_real_values_and_large_ones_a_place(read: Read) -> None:
    per_axis = {"quantization": {"scale": [1.0, 0.5], "zero_point": [0, 2],
                                 "quantized_dimension": 1}}  # fmt: skip
    tensors = {"x": tensor((2, 2)), "k": tensor((2, 2), "int8", [1, 4, 3, 2], **per_axis)}
    small = read(only("ADD", tensors, "Add")).nodes[1].inputs[1]
    assert isinstance(small, Tensor) and small.data == (1.0, 1.0, 3.0, 0.0)
    data = only("ADD", {"x": tensor((40, 50)), "k": weight(40, 50)}, "Add")
    large = read(data).nodes[1].inputs[1]
    assert isinstance(large, Tensor) and large.data is None
    assert large.payload is not None and large.payload.length == 8_000
    at = large.payload.offset
    assert data[at : at + 8] == struct.pack("<2f", 0.0, 1.0)


def test_data_outside_the_flatbuffer_and_outside_the_file(read: Read) -> None:
    tensors = {"x": tensor((4,)), "k": tensor((4,), buffer=1)}
    part = graph(tensors, [op("ADD", "x k", "y", "Add")], "x", "y")
    whole = model(part, buffers=[{}, {"offset": 64, "size": 16}])
    assert read(whole).nodes[1].inputs[1].payload == Payload("", 64, 16)
    with pytest.raises(ModelError, match="tensor 'k': its data lie past the end"):
        read(model(part, buffers=[{}, {"offset": 64, "size": 1 << 40}]))
    tensors["k"] = tensor((4,), external_buffer=7)
    part = graph(tensors, [op("ADD", "x k", "y", "Add")], "x", "y")
    group = {"external_buffer_groups": [{"name": "../weights"}]}
    elsewhere = {"external_buffers": [{"id": 7, "group": 0, "offset": 8, "length": 16}]}
    operand = read(model(part, **group, **elsewhere)).nodes[1].inputs[1]
    assert operand.payload == Payload("../weights", 8, 16)
    with pytest.raises(ModelError, match="external buffer 7 does not exist"):
        read(model(part))


def test_strided_slices_add_and_drop_axes(read: Read) -> None:
    tensors = {"x": tensor((2, 5, 6)), "b": ints(0, 1, 0, 0), "e": ints(0, 2, 0, 3),
               "s": ints(1, 1, 1, 1)}  # fmt: skip
    given = {"begin_mask": 1, "end_mask": 1, "shrink_axis_mask": 2, "new_axis_mask": 4}
    found = read(only("STRIDED_SLICE", tensors, "StridedSlice", **given))
    assert [node.op for node in found.nodes] == ["Input", "Slice", "Squeeze", "Unsqueeze"]
    bounds = [value.data for value in found.nodes[1].inputs[1:]]
    assert bounds == [(0, 1, 0), (2**63 - 1, 2, 3), (0, 1, 2), (1, 1, 1)]


# --- control, states, several sub-graphs ------------------------------------------------------


def test_a_loop_has_its_condition_inside_and_weights_are_no_state(read: Read) -> None:
    main = graph({"v": tensor((1, 4)), "i": tensor((), "int32", [0]), "w": weight(4, 4)},
                 [LOOP], "v", "y")  # fmt: skip
    found = read(model(main, CONDITION, BODY))
    loop = next(node for node in found.nodes if node.op == "Loop")
    body = loop.bodies["body"]
    assert [node.op for node in body.nodes].count("Input") == 4
    assert (loop.outputs, body.captures) == (2, ())
    assert [node.op for node in body.nodes if node.op != "Input"] == ["Add", "Gemm", "Tanh", "Less"]
    assert canonicalise(found).incidents == ()


def test_branches_capture_what_they_read(read: Read) -> None:
    then = graph({"a": tensor((4,))}, [op("RELU", "a", "b")], "a", "b", "then")
    other = graph({"a": tensor((4,))}, [op("TANH", "a", "b")], "a", "b", "else")
    row = op("IF", "c x", "y", "If", then_subgraph_index=1, else_subgraph_index=2)
    main = graph({"c": tensor((), "bool"), "x": tensor((4,))}, [row], "c x", "y")
    same(read(model(main, then, other)),
         "y = If(c, then_branch=lambda: Relu(x), else_branch=lambda: Tanh(x))")  # fmt: skip


def test_a_variable_that_is_written_is_an_input_and_an_output(read: Read) -> None:
    fill = [
        op("VAR_HANDLE", "", "h", "VarHandle", shared_name="s"),
        op("ASSIGN_VARIABLE", "h z", ""),
    ]
    initial = graph({"z": weight(1, 4)}, fill, "", "", "init")
    rows = [
        op("CALL_ONCE", "", "", "CallOnce", init_subgraph_index=1),
        op("VAR_HANDLE", "", "h", "VarHandle", shared_name="s"),
        op("READ_VARIABLE", "h", "v"),
        op("CONCATENATION", "v x", "y", "Concatenation", axis=0),
        op("ASSIGN_VARIABLE", "h t", ""),
    ]
    rows.insert(4, op("TANH", "x", "t"))
    handle = {"h": tensor((), "resource"), "x": tensor((1, 4)), "t": tensor((1, 4))}
    initial["tensors"]["h"] = handle["h"]
    found = read(model(graph(handle, rows, "x", "y"), initial))
    assert [found.nodes[i].origin for i in found.inputs] == [("x",), ("s",)]
    assert found.output_names == ("y", "s")
    same(found, "x = Input()\ns = Input()\nOutput(Concat(s, x, axis=0), Tanh(x))")
    fixed = read(model(graph(handle, rows[:4], "x", "y"), initial))  # nobody writes it
    assert len(fixed.inputs) == 1
    assert isinstance(fixed.nodes[1].inputs[0], Tensor)


def test_a_filter_with_memory_is_a_product_and_a_weighted_sum(read: Read) -> None:
    tensors = {"x": tensor((1, 6)), "f": weight(8, 6), "t": weight(8, 5), "b": weight(4),
               "m": tensor((1, 40), is_variable=True), "y": tensor((1, 4))}  # fmt: skip
    found = read(only("SVDF", tensors, "SVDF", rank=2, fused_activation_function=1))
    ops = [node.op for node in found.nodes]
    assert ops == ["Input", "Input", "MatMul", "Unsqueeze", "Reshape", "Slice", "Concat", "Mul",
                   "ReduceSum", "Reshape", "ReduceSum", "Add", "Relu"]  # fmt: skip
    assert len(found.outputs) == 2
    assert canonicalise(found).incidents == ()


def test_native_recurrent_layers(read: Read) -> None:
    one = lstm("UNIDIRECTIONAL_SEQUENCE_LSTM", 1, "UnidirectionalSequenceLSTM",
               fused_activation_function=4)  # fmt: skip
    same(read(one), "y = LSTM(x, w[1, 16, 6], w[1, 16, 4], w[1, 32], hidden_size=4)")
    begun = lstm("UNIDIRECTIONAL_SEQUENCE_LSTM", 1, "UnidirectionalSequenceLSTM",
                 computed=True, fused_activation_function=4)  # fmt: skip
    layer = next(node for node in read(begun).nodes if node.op == "LSTM")
    assert len(layer.inputs) == 7  # the lengths are left out, then the two states
    two = lstm("BIDIRECTIONAL_SEQUENCE_LSTM", 2, "BidirectionalSequenceLSTM",
               fused_activation_function=4, time_major=False, merge_outputs=True)  # fmt: skip
    same(read(two), 'y = LSTM(x, w[2, 16, 6], w[2, 16, 4], w[2, 32], direction="bidirectional")')


def test_entry_points_that_nobody_calls_stay(read: Read) -> None:
    other = graph({"a": tensor((4,))}, [op("TANH", "a", "b")], "a", "b", "spare")
    main = graph({"x": tensor((4,))}, [op("RELU", "x", "y")], "x", "y")
    signature = {"signature_key": "second", "subgraph_index": 1}
    found = read(model(main, other, signature_defs=[signature]))
    assert found.output_names == ("y", "second:b")
    assert sorted(node.op for node in found.nodes) == ["Input", "Input", "Relu", "Tanh"]
    assert read(model(main, other)).output_names == ("y", "spare:b")


def test_called_sub_graphs_are_inlined(read: Read) -> None:
    inner = graph({"a": tensor((4,))}, [op("TANH", "a", "b")], "a", "b", "inner")
    rows = [op("CALL", "x", "t", "Call", subgraph=1), op("CALL", "t", "y", "Call", subgraph=1)]
    same(read(model(graph({"x": tensor((4,))}, rows, "x", "y"), inner)), "y = Tanh(Tanh(x))")


def test_operators_without_a_row_stay_visible(read: Read) -> None:
    for kind, name in (("edgetpu-custom-op",) * 2, ("BUCKETIZE",) * 2, ("9999",) * 2):
        found = read(model(graph({"x": tensor((4,))}, [op(kind, "x", "y")], "x", "y")))
        assert found.nodes[1].op == f"Unknown:tflite:{name}"
    found = read(model(graph({"x": tensor((4,))}, [op("FlexErf", "x", "y")], "x", "y")))
    assert found.nodes[1].op == "Erf"
    odd = op("ADD", "x x", "y", "Add", fused_activation_function=77)
    found = read(model(graph({"x": tensor((4,))}, [odd], "x", "y")))
    assert [node.op for node in found.nodes[1:]] == ["Add", "Unknown:tflite:activation 77"]


def test_unknown_sizes_and_unknown_ranks(read: Read) -> None:
    part = graph({"x": tensor((-1, 4)), "y": tensor()}, [op("ABS", "x", "y")], "x", "y")
    assert read(model(part)).shapes == {(0, 0): (None, 4), (1, 0): ()}
    # a file that says it of one tensor tells scalars apart
    part = graph({"x": tensor((-1, 4), has_rank=True), "y": tensor()}, [op("ABS", "x", "y")],
                 "x", "y")  # fmt: skip
    assert read(model(part)).shapes == {(0, 0): (None, 4)}


# --- real files --------------------------------------------------------------------------------

FILES = sorted(support.CORPUS.rglob("*.tflite"))
corpus = pytest.mark.skipif(not FILES, reason="no corpus (set GENESCAN_CORPUS)")


@corpus
@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_real_file_loses_nothing(path: Path) -> None:
    result = canonicalise(converters.read(path))
    assert result.incidents == ()
    assert not [node.op for node in result.graph.nodes if node.op.startswith("Unknown:")]


@corpus
@pytest.mark.slow
@pytest.mark.parametrize("name", ["bhand", "mobilenetv2"])
def test_precisions_of_one_network_are_one_graph(name: str) -> None:
    exports = sorted((support.CORPUS / "generated" / "tf" / name).glob("tflite*.tflite"))
    results = [canonicalise(converters.read(path)) for path in exports]
    assert len(results) > 2
    assert len({(result.digest, result.sized_digest) for result in results}) == 1


@corpus
@pytest.mark.slow
def test_a_network_that_was_published_in_two_formats_is_one_graph() -> None:
    folder = support.CORPUS / "pypi" / "basic-pitch" / "saved_models" / "icassp_2022"
    results = [canonicalise(converters.read(folder / f"nmp.{end}")) for end in ("onnx", "tflite")]
    assert results[0].sized_digest == results[1].sized_digest
