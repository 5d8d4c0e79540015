"""The TensorFlow reader: what each construct becomes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tensorflow_writer import (
    BOOL,
    INT,
    RESOURCE,
    Func,
    Type,
    const,
    data,
    function,
    graph,
    image,
    node,
    read,
    saved,
    weight,
)

from genescan import converters
from genescan.canonical import canonicalise
from genescan.digest import digest
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Edge, Graph, Tensor


def operators(read: Graph) -> list[str]:
    """Operators without inputs and transposes, in order."""
    return [row.op for row in read.nodes if row.op not in ("Input", "Transpose")]


def only(read: Graph, op: str) -> int:
    """The index of the only node of a kind."""
    [index] = [i for i, row in enumerate(read.nodes) if row.op == op]
    return index


def core(content: object) -> str:
    return canonicalise(read(content)).digest


# --- windows and layouts ------------------------------------------------------------------------


def conv(op: str = "Conv2D", **attrs: object) -> Graph:
    given = {"strides": (1, 2, 2, 1), "padding": "SAME", **attrs}
    return read(graph([image(), weight("w", 3, 3, 3, 16), node("y", op, "x w", **given)]))


def test_a_convolution_has_channels_first_and_transposes_around_it() -> None:
    made = conv(dilations=(1, 1, 1, 1))
    assert [row.op for row in made.nodes] == ["Input", "Transpose", "Conv", "Transpose"]
    row = made.nodes[2]
    assert isinstance(row.inputs[1], Tensor) and row.inputs[1].shape == (16, 3, 3, 3)
    assert row.attrs["strides"] == (2, 2) and row.attrs["auto_pad"] == "SAME_UPPER"
    assert made.shapes[2, 0] == (1, 16, 4, 4) and made.shapes[3, 0] == (1, 4, 4, 16)


def test_explicit_padding_and_channels_first_files() -> None:
    made = conv(padding="EXPLICIT", explicit_paddings=(0, 0, 1, 2, 3, 4, 0, 0))
    assert made.nodes[2].attrs["pads"] == (1, 3, 2, 4)
    first = conv(data_format="NCHW", strides=(1, 1, 2, 3), padding="VALID")
    assert [row.op for row in first.nodes] == ["Input", "Conv"]
    assert first.nodes[1].attrs["strides"] == (2, 3)


def test_groups_come_from_the_weight() -> None:
    nodes = [image("x", 1, 8, 8, 6), weight("w", 3, 3, 3, 4),
             node("y", "Conv2D", "x w", strides=(1, 1, 1, 1), padding="VALID")]  # fmt: skip
    made = read(graph(nodes))
    assert made.nodes[2].attrs["group"] == 2


def test_a_depthwise_weight_is_channels_times_multiplier() -> None:
    made = conv("DepthwiseConv2dNative")
    row = made.nodes[only(made, "Conv")]
    assert isinstance(row.inputs[1], Tensor) and row.inputs[1].shape == (48, 1, 3, 3)
    assert row.attrs["group"] == 3


def test_a_transposed_convolution_reads_its_last_operand() -> None:
    nodes = [image("x", 1, 8, 8, 6), const("s", [1, 16, 16, 4], 4, dtype=INT),
             weight("w", 3, 3, 4, 6),
             node("y", "Conv2DBackpropInput", "s w x", strides=(1, 2, 2, 1), padding="SAME"),
             ]  # fmt: skip
    made = read(graph(nodes))
    row = made.nodes[only(made, "ConvTranspose")]
    assert isinstance(row.inputs[0], Edge) and isinstance(row.inputs[1], Tensor)
    assert row.inputs[1].shape == (6, 4, 3, 3)
    assert made.shapes[only(made, "ConvTranspose"), 0] == (1, 4, 16, 16)


DILATED = [image("x", 1, 16, 16, 3), weight("w", 3, 3, 3, 8), weight("b", 8),
           const("n", [2, 2], 2, dtype=INT)]  # fmt: skip


def folded(*, crops: tuple[int, ...] = (0, 0, 0, 0)) -> list[object]:
    return [
        *DILATED, const("p", [2, 2, 2, 2], 2, 2, dtype=INT), const("c", crops, 2, 2, dtype=INT),
        node("f", "SpaceToBatchND", "x n p"),
        node("k", "Conv2D", "f w", strides=(1, 1, 1, 1), padding="VALID"),
        node("a", "BiasAdd", "k b"), node("y", "BatchToSpaceND", "a n c"),
    ]  # fmt: skip


def test_folding_space_into_the_batch_is_dilation() -> None:
    direct = [
        *DILATED, node("k", "Conv2D", "x w", strides=(1, 1, 1, 1), padding="SAME",
                       dilations=(1, 2, 2, 1)), node("y", "BiasAdd", "k b"),
    ]  # fmt: skip
    assert core(graph(folded())) == core(graph(direct))


def test_an_unclear_folding_stays_visible() -> None:
    made = read(graph(folded(crops=(3, 0, 0, 0))))
    assert {"Unknown:tensorflow:SpaceToBatchND", "Unknown:tensorflow:BatchToSpaceND"} <= {
        row.op for row in made.nodes
    }


# --- operators that need arithmetic --------------------------------------------------------------


def sliced(bounds: str, *dims: int, **masks: int) -> Graph:
    """x[bounds], bounds as begin:end:stride, comma-separated."""
    rows = [[int(n) for n in item.split(":")] for item in bounds.split(",")]
    columns = zip(*rows, strict=True)
    constants = [const(k, v, len(rows), dtype=INT) for k, v in zip("bes", columns, strict=True)]
    return read(
        graph([image("x", *dims), *constants, node("y", "StridedSlice", "x b e s", **masks)])
    )


@pytest.mark.parametrize(
    ("bounds", "masks", "after"),
    [
        ("1:3:1", {}, (2, 5, 6)),
        ("0:0:1,1:4:2", {"begin_mask": 1, "end_mask": 1}, (4, 2, 6)),
        ("2:3:1", {"shrink_axis_mask": 1}, (5, 6)),
        ("0:0:1,1:2:1", {"ellipsis_mask": 1, "shrink_axis_mask": 2}, (4, 5)),
        ("0:0:1,0:0:1", {"new_axis_mask": 1, "begin_mask": 2, "end_mask": 2}, (1, 4, 5, 6)),
        ("0:0:1,0:0:1", {"ellipsis_mask": 1, "new_axis_mask": 2}, (4, 5, 6, 1)),
        ("0:0:-1", {"begin_mask": 1, "end_mask": 1}, (4, 5, 6)),
        ("1:2:1,0:0:1,2:3:1", {"shrink_axis_mask": 5, "ellipsis_mask": 2}, (5,)),
    ],
)
def test_strided_slices(bounds: str, masks: dict[str, int], after: tuple[int, ...]) -> None:
    made = sliced(bounds, 4, 5, 6, **masks)
    output = made.outputs[0]
    assert isinstance(output, Edge)
    assert made.shapes[output.source, output.port] == after


def test_a_roll_is_two_cuts_that_change_places() -> None:
    constants = [const("s", (1, -2), 2, dtype=INT), const("a", (1, 2), 2, dtype=INT)]
    made = read(graph([image("x", 4, 5, 6), *constants, node("y", "Roll", "x s a")]))
    assert operators(made) == ["Slice", "Slice", "Concat"] * 2
    starts = [n.inputs[1] for n in made.nodes if n.op == "Slice"]
    assert [each.data for each in starts if isinstance(each, Tensor)] == [(4,), (0,), (2,), (0,)]


def test_a_complex_value_is_two_parts_and_a_transform_runs_axis_by_axis() -> None:
    nodes = [node("c", "Complex", "x z"), node("f", "FFT2D", "c"), node("y", "Real", "f")]
    made = read(graph([image("x", 4, 8), image("z", 4, 8), *nodes]))
    assert operators(made) == ["Unsqueeze", "Unsqueeze", "Concat", "DFT", "DFT", "Gather"]
    assert [n.attrs["axis"] for n in made.nodes if n.op == "DFT"] == [-1, -2]


def test_concat_has_its_axis_first_or_last() -> None:
    axis = const("a", [1], dtype=INT)
    for op, operands in (("Concat", "a x z"), ("ConcatV2", "x z a")):
        made = read(graph([image("x", 1, 2), image("z", 1, 3), axis, node("y", op, operands)]))
        assert made.nodes[2].inputs == (Edge(0), Edge(1)) and made.nodes[2].attrs["axis"] == 1


def test_a_transposed_product_of_unknown_rank_is_an_einsum() -> None:
    given = [node("x", "Placeholder"), node("z", "Placeholder")]
    made = read(graph([*given, node("y", "BatchMatMulV2", "x z", adj_y=True)]))
    assert made.nodes[2].attrs["equation"] == "...ik,...jk->...ij"


def test_an_unknown_operator_is_kept_under_its_name() -> None:
    made = read(graph([image(), node("y", "MyOwnOp", "x")]))
    assert made.nodes[1].op == "Unknown:tensorflow:MyOwnOp"


# --- functions and signatures --------------------------------------------------------------------

CALLED = function("f", "a h*", "out=r:activations:0", [
    node("v", "ReadVariableOp", "h"), node("m", "MatMul", "a v:value:0"),
    node("r", "Relu", "m:product:0"),
])  # fmt: skip
VARIABLE = node("h", "VarHandleOp", dtype=Type(1), shape=[4, 2])


def test_a_call_is_inlined_and_a_variable_is_a_constant_of_its_shape() -> None:
    call = node("c", "StatefulPartitionedCall", "x h", f=Func("f"))
    model = saved(graph([image("x", 3, 4), VARIABLE, call], [CALLED]), {"s": ("i=x:0", "o=c:0")})
    made = read(model)
    assert operators(made) == ["MatMul", "Relu"]
    product = made.nodes[1].inputs[1]
    assert isinstance(product, Tensor) and product.shape == (4, 2) and product.data is None
    assert made.nodes[0].origin == ("i",) and made.output_names == ("o",)
    assert made.meta["container"] == "SavedModel"


def test_few_functions_cannot_call_one_another_into_a_large_graph() -> None:
    long = [node(f"r{i}", "Relu", "a" if not i else f"r{i - 1}:activations:0") for i in range(99)]
    inner = function("f", "a", "o=r98:activations:0", long)
    calls = [node(f"c{i}", "f", "x" if not i else f"c{i - 1}") for i in range(200)]
    with pytest.raises(LimitExceeded, match="19200 nodes after inlining"):
        read(graph([image("x", 3, 4), *calls], [inner]))


def test_a_function_can_be_called_by_its_name() -> None:
    made = read(graph([image("x", 3, 4), VARIABLE, node("y", "f", "x h")], [CALLED]))
    assert operators(made) == ["MatMul", "Relu"]


def test_signatures_stand_side_by_side_and_share_what_is_alike() -> None:
    nodes = [image("x", 3, 4), image("z", 3, 4), VARIABLE,
             node("c", "PartitionedCall", "x h", f=Func("f")),
             node("d", "PartitionedCall", "z h", f=Func("f")), node("t", "Tanh", "d")]  # fmt: skip
    model = saved(graph(nodes, [CALLED]), {"a": ("i=x:0", "o=c:0"), "b": ("i=z:0", "p=t:0")})
    made = read(model)
    assert operators(made) == ["MatMul", "Relu", "Tanh"]
    assert made.output_names == ("a/o", "b/p")
    other = saved(graph(nodes, [CALLED]), {"a": ("i=x:0", "o=c:0"), "b": ("j=z:0", "p=t:0")})
    assert Counter(operators(read(other)))["MatMul"] == 2, "another input is another value"


def test_a_signature_under_two_names_is_one() -> None:
    nodes = [image("x", 3, 4), VARIABLE, node("c", "PartitionedCall", "x h", f=Func("f")),
             node("d", "PartitionedCall", "x h", f=Func("f"))]  # fmt: skip
    given = {"serve": ("i=x:0", "o=c:0"), "serving_default": ("i=x:0", "o=d:0")}
    made = read(saved(graph(nodes, [CALLED]), given))
    assert operators(made) == ["MatMul", "Relu"] and made.output_names == ("o",)
    assert made.meta["signatures"] == "serving_default, serve"


def test_a_signature_may_feed_any_tensor() -> None:
    nodes = [image("raw", 1, 4), node("m", "Tanh", "raw"), node("y", "Relu", "m")]
    assert operators(read(saved(graph(nodes), {"s": ("i=m:0", "o=y:0")}))) == ["Relu"]


def test_without_signatures_the_functions_that_nobody_calls_are_the_model() -> None:
    inner = function("g", "a", "out=r:activations:0", [node("r", "Relu", "a")])
    outer = function("f", "a", "out=c:output:0", [node("c", "PartitionedCall", "a", f=Func("g"))])
    made = read(saved(graph([], [outer, inner]), {}))
    assert operators(made) == ["Relu"] and made.output_names == ("output_0",)


def test_the_checkpoint_is_not_opened(tmp_path: Path) -> None:
    model = saved(graph([image(), node("y", "Relu", "x")]), {"s": ("i=x:0", "o=y:0")})
    (tmp_path / "saved_model.pb").write_bytes(data(model))
    (tmp_path / "variables").symlink_to("/nowhere")
    assert operators(converters.read(tmp_path)) == ["Relu"]


# --- control flow --------------------------------------------------------------------------------


def less(limit: str = "n") -> list[object]:
    return [const(limit, [5], dtype=INT), node("l", "Less", f"i {limit}:output:0")]


BODY = function("body", "i s w", "a=j:z:0 b=t:y:0 c=w", [
    const("one", [1], dtype=INT), node("j", "AddV2", "i one:output:0"),
    node("m", "MatMul", "s w"), node("t", "Tanh", "m:product:0"),
])  # fmt: skip
COND = function("cond", "i s w", "r=l:z:0", less())
LOOPED = [image("x", 2, 3), weight("w", 3, 3), const("zero", [0], dtype=INT)]


def while_() -> object:
    loop = node("q", "StatelessWhile", "zero x w", cond=Func("cond"), body=Func("body"))
    return graph([*LOOPED, loop, node("y", "Identity", "q:1")], [BODY, COND])


def frames(end: bool = False) -> object:
    """The same loop in dataflow; at the end of the graph, or before an Identity."""
    rows = [*LOOPED, const("n", [5], dtype=INT), const("one", [1], dtype=INT)]
    rows += [
        node(f"e{k}", "Enter", f"{v} ^x", frame_name="f") for k, v in (("i", "zero"), ("s", "x"))
    ]
    rows += [node("ew", "Enter", "w", frame_name="f", is_constant=True),
             node("en", "Enter", "n", frame_name="f", is_constant=True)]  # fmt: skip
    for k, value in (("i", "j"), ("s", "t")):
        rows += [node(f"m{k}", "Merge", f"e{k} n{k}"), node(f"s{k}", "Switch", f"m{k} cond"),
                 node(f"x{k}", "Exit", f"s{k}"), node(f"n{k}", "NextIteration", value)]  # fmt: skip
    rows += [node("l", "Less", "mi en"), node("cond", "LoopCond", "l"),
             node("j", "AddV2", "si:1 one"), node("mm", "MatMul", "ss:1 ew"),
             node("t", "Tanh", "mm")]  # fmt: skip
    return graph(rows if end else [*rows, node("y", "Identity", "xs")])


def test_what_leaves_a_loop_at_the_end_of_a_graph_is_its_output() -> None:
    made = read(frames(end=True))
    loop = only(made, "Loop")
    assert made.outputs == (Edge(loop, 0), Edge(loop, 1))


@pytest.mark.parametrize("model", [while_(), frames()], ids=["functions", "frames"])
def test_a_loop_has_a_body_and_captures_what_does_not_change(model: object) -> None:
    made = read(model)
    row = made.nodes[only(made, "Loop")]
    body = row.bodies["body"]
    assert row.inputs[0] is None and len(row.inputs) == 4, "count, condition, counter and state"
    assert sorted(r.op for r in body.nodes if r.op != "Input") == ["Add", "Less", "MatMul", "Tanh"]
    assert isinstance(body.nodes[[r.op for r in body.nodes].index("MatMul")].inputs[1], Tensor)
    assert made.outputs == (Edge(only(made, "Loop"), 1),) and len(made.outputs) == 1


def test_both_spellings_of_a_loop_are_one_network() -> None:
    assert core(while_()) == core(frames())


def switched(*, constant: bool = False) -> object:
    """tf.cond in dataflow: two results, one of which is a constant on one side."""
    asked = (
        const("p", [True], dtype=BOOL) if constant else node("p", "Placeholder", dtype=Type(BOOL))
    )
    return graph([
        image("x", 2, 3), asked, node("id", "Identity", "p"), node("pivot", "Switch", "p p"),
        node("on", "Identity", "pivot:1"), node("off", "Identity", "pivot"),
        node("s", "Switch", "x id"), node("r", "Relu", "s:1"), node("t", "Tanh", "s"),
        node("m", "Merge", "t r"), const("one", [1.0]), node("u", "Identity", "one ^on"),
        node("v", "Sigmoid", "s"), node("n", "Merge", "v u"), node("y", "Add", "m n"),
    ])  # fmt: skip


def test_switches_and_merges_are_one_if() -> None:
    made = read(switched())
    row = made.nodes[only(made, "If")]
    assert row.outputs == 2
    assert [r.op for r in row.bodies["then_branch"].nodes] == ["Input", "Relu"]
    assert [r.op for r in row.bodies["else_branch"].nodes] == ["Input", "Sigmoid", "Tanh"] or [
        r.op for r in row.bodies["else_branch"].nodes
    ] == ["Input", "Tanh", "Sigmoid"]


def test_a_known_condition_takes_one_branch() -> None:
    assert operators(read(switched(constant=True))) == ["Relu", "Add"]


def test_cases_ask_one_after_the_other() -> None:
    branches = [function(f"f{i}", "a", "o=r:y:0", [node("r", op, "a")])
                for i, op in enumerate(("Relu", "Tanh", "Sigmoid"))]  # fmt: skip
    names = tuple(Func(f"f{i}") for i in range(3))
    index = node("i", "Placeholder", dtype=Type(INT), shape=[])
    made = read(graph([index, image(), node("y", "Case", "i x", branches=names)], branches))
    assert Counter(operators(made)) == {"Relu": 1, "Tanh": 1, "Sigmoid": 1, "Equal": 2, "If": 2}


# --- what the model is ---------------------------------------------------------------------------


def test_training_is_peeled_off() -> None:
    made = read(graph([
        image("x", 1, 4), weight("w", 4, 2), node("labels", "Placeholder"),
        node("m", "MatMul", "x w"), node("r", "Relu", "m"),
        node("loss", "SoftmaxCrossEntropyWithLogits", "r labels"),
        node("g", "ReluGrad", "loss:1 r"), node("dw", "MatMul", "x g", transpose_a=True),
        node("step", "ApplyGradientDescent", "w rate dw"), const("rate", [0.1]),
        node("train", "NoOp", "^step"), node("save", "SaveV2", "w"), node("p", "Softmax", "r"),
    ]))  # fmt: skip
    assert operators(made) == ["MatMul", "Relu", "SoftmaxCrossEntropyLoss", "Softmax"]
    assert made.output_names == ("loss", "p")


def test_a_repeated_last_value_and_values_left_out_are_filled_in() -> None:
    made = read(graph([image("x", 2), const("w", [1.0, 2.0], 4), node("y", "Add", "x w")]))
    constant = made.nodes[1].inputs[1]
    assert isinstance(constant, Tensor) and constant.data == (1.0, 2.0, 2.0, 2.0)


@pytest.mark.parametrize("port", [1, 5])
def test_an_output_that_an_operator_does_not_have(port: int) -> None:
    with pytest.raises(ModelError, match=f"node 'y': 'r' has no output {port}"):
        read(graph([image(), node("r", "Relu", "x"), node("y", "Tanh", f"r:{port}")]))


def test_handles_pass_through_calls() -> None:
    outer = function("g", "a h*", "out=c:output:0", [
        node("c", "StatefulPartitionedCall", "a h", f=Func("f"))])  # fmt: skip
    nodes = [image("x", 3, 4), VARIABLE, node("y", "PartitionedCall", "x h", f=Func("g"))]
    direct = [
        image("x", 3, 4),
        weight("w", 4, 2),
        node("m", "MatMul", "x w"),
        node("y", "Relu", "m"),
    ]
    assert digest(canonicalise(read(graph(nodes, [outer, CALLED]))).graph) == core(graph(direct))
    assert RESOURCE == 20
