"""The OpenVINO reader: from XML to the graph that `genescan.graph` documents."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from openvino_writer import Net, read

from genescan import converters, text
from genescan.canonical import canonicalise
from genescan.converters import openvino_infer as infer
from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Edge, Graph, Node, Payload, Tensor
from genescan.limits import DEFAULT, Limits


def small() -> Net:
    """A convolution and an activation."""
    net = Net()
    x, w = net.input(1, 3, 8, 8), net.const(4, 3, 3, 3)
    conv = net.add(
        "Convolution", x, w, shape=(1, 4, 4, 4), name="stem", strides="2,2", dilations="1,1",
        pads_begin="1,1", pads_end="1,1", auto_pad="explicit",
    )  # fmt: skip
    net.add("Result", net.add("ReLU", conv, shape=(1, 4, 4, 4)))
    return net


def written(folder: Path, net: Net, version: int = 11) -> str:
    """The notation of the raw graph."""
    return text.render(read(folder, net.xml(version)))


def one(folder: Path, kind: str, before: list[int], after: list[int], *consts: tuple[int, ...],
        opset: str = "opset1", **data: object) -> Node:  # fmt: skip
    """The last node that one operator over an input and constants becomes."""
    net = Net()
    x = net.input(*before)
    made = net.add(kind, x, *(net.const(*c) for c in consts), shape=after, opset=opset, **data)
    net.add("Result", made)
    return read(folder, net.xml()).nodes[-1]


def test_a_small_network_reads_as_documented(tmp_path: Path) -> None:
    assert read(tmp_path, small().xml()) == Graph(
        nodes=(
            Node("Input", (), {"dtype": "float32", "shape": (1, 3, 8, 8)}, 1, ("Parameter_0",)),
            Node(
                "Conv",
                (
                    Edge(0),
                    Tensor("float32", (4, 3, 3, 3), None, "Const_1", Payload("net.bin", 64, 4)),
                ),
                {
                    "kernel_shape": (3, 3), "strides": (2, 2), "dilations": (1, 1),
                    "pads": (1, 1, 1, 1), "group": 1,
                },
                origin=("stem",),
            ),
            Node("Relu", (Edge(1),), origin=("ReLU_3",)),
        ),
        outputs=(Edge(2),),
        output_names=("t3",),
        format="openvino",
        meta={"ir_version": "11", "name": "test"},
        shapes={(0, 0): (1, 3, 8, 8), (1, 0): (1, 4, 4, 4), (2, 0): (1, 4, 4, 4)},
    )  # fmt: skip


def test_the_weights_beside_it_are_never_opened(tmp_path: Path) -> None:
    alone = read(tmp_path, small().xml())
    os.mkfifo(tmp_path / "net.bin")  # opening it would wait for ever
    assert read(tmp_path, small().xml()) == alone


def test_layers_may_stand_in_any_order(tmp_path: Path) -> None:
    net = small()
    forward = written(tmp_path, net)
    net.layers.reverse()
    assert written(tmp_path, net) == forward


def test_grouped_kernels_lose_their_groups_axis(tmp_path: Path) -> None:
    net = Net()
    x, w = net.input(1, 8, 4, 4), net.const(4, 2, 2, 3, 3)
    net.add("Result", net.add("GroupConvolution", x, w, shape=(1, 8, 4, 4), strides="1,1"))
    conv = read(tmp_path, net.xml()).nodes[-1]
    weight = conv.inputs[1]
    assert isinstance(weight, Tensor)
    assert (weight.shape, conv.attrs["group"]) == ((8, 2, 3, 3), 4)


@pytest.mark.parametrize(
    ("kind", "before", "after", "consts", "data", "expected"),
    [
        ("ReduceMean", [1, 8, 4, 4], [1, 8, 1, 1], [(2,)], {"keep_dims": "true"}, {"axes": (2, 3)}),
        ("ReduceMean", [-1, -1, 8], [-1, 8], [(1,)], {"keep_dims": "false"}, {"axes": (1,)}),
        ("ReduceSum", [1, 1, 8], [1, 1, 1], [(1,)], {"keep_dims": "true"}, {"axes": (2,)}),
        ("Transpose", [-1, -1, 4, 8], [-1, 4, -1, 8], [(4,)], {}, {"perm": (0, 2, 1, 3)}),
        ("Transpose", [1, 8, 8], [1, 8, 8], [(3,)], {}, {"perm": (None, None, None)}),
        ("Squeeze", [1, 8, 1, 1], [1, 8], [(2,)], {}, {"axes": (2, 3)}),
        ("Unsqueeze", [4, 8], [4, 1, 8], [(1,)], {}, {"axes": (1,)}),
        ("Slice", [1, 8, 9], [1, 8, 4], [(1,)] * 4, {}, {"axes": (2,)}),
        ("Slice", [1, 8, 9], [1, 8, 9], [(1,)] * 4, {}, {"steps": (None,)}),
        ("MVN", [1, 8, 9], [1, 8, 9], [(1,)], {"eps": "1e-5"}, {"axes": (2,)}),
        ("MVN", [1, 8, 9, 1], [1, 8, 9, 1], [(3,)], {"eps": "1e-5"}, {"axes": (0, 2, 3)}),
        ("MVN", [1, 8, 9, 2], [1, 8, 9, 2], [(3,)], {"eps": "1e-5"}, {"axes": (1, 2, 3)}),
        ("Clamp", [8], [8], [], {"min": "0", "max": "6.0"}, {"min": 0, "max": 6.0}),
        ("TopK", [1, 8], [1, 1], [()], {"axis": "1", "mode": "min"}, {"axis": 1, "largest": 0}),
        ("SoftMax", [1, 8], [1, 8], [], {"axis": "-1"}, {"axis": -1}),
        ("Gelu", [8], [8], [], {"approximation_mode": "TANH"}, {"approximate": "tanh"}),
        ("Interpolate", [1, 1, 2, 2], [1, 1, 4, 4], [(2,)], {"mode": "linear_onnx"},
         {"mode": "linear"}),
        ("AvgPool", [1, 1, 4, 4], [1, 1, 2, 2], [],
         {"kernel": "2,2", "strides": "2,2", "exclude-pad": "true", "rounding_type": "ceil"},
         {"kernel_shape": (2, 2), "strides": (2, 2), "count_include_pad": 0, "ceil_mode": 1}),
        ("MaxPool", [1, 1, 4, 4], [1, 1, 4, 4], [],
         {"kernel": "2,2", "auto_pad": "same_upper", "pads_begin": "9,9"},
         {"kernel_shape": (2, 2), "auto_pad": "SAME_UPPER"}),
    ],
)  # fmt: skip
def test_attributes_are_told_from_shapes(
    tmp_path: Path, kind: str, before: list[int], after: list[int], consts: list[tuple[int, ...]],
    data: dict[str, object], expected: dict[str, object],
) -> None:  # fmt: skip
    attrs = one(tmp_path, kind, before, after, *consts, **data).attrs
    assert expected.items() <= dict(attrs).items()


def test_a_roll_along_one_axis_does_not_say_which(tmp_path: Path) -> None:
    one_axis = one(tmp_path, "Roll", [1, 8, 6, 6], [1, 8, 6, 6], (1,), (1,), opset="opset7")
    assert (one_axis.op, "axis" in one_axis.attrs) == ("Concat", False)
    two_axes = one(tmp_path, "Roll", [1, 6, 6, 8], [1, 6, 6, 8], (2,), (2,), opset="opset7")
    assert (two_axes.op, two_axes.attrs["axis"]) == ("Concat", 2)


def test_sums_over_axes_that_lie_in_two_places_are_two(tmp_path: Path) -> None:
    net = Net()
    x = net.input(1, 4, 8, 8)
    for _ in range(2):
        net.add("Result", net.add("ReduceSum", x, net.const(1), shape=(1, 4, 8), keep_dims="false"))
    raw = read(tmp_path, net.xml())
    assert len(canonicalise(raw).graph.nodes) == 3


def test_a_fixed_slope_is_no_parameter(tmp_path: Path) -> None:
    assert one(tmp_path, "PReLU", [1, 8, 4], [1, 8, 4], ()).op == "LeakyRelu"
    assert one(tmp_path, "PReLU", [1, 8, 4], [1, 8, 4], (1,)).op == "PRelu"


def test_products_are_turned_by_transposes(tmp_path: Path) -> None:
    net = Net()
    x, w = net.input(2, 5, 16), net.const(8, 16)
    made = net.add("MatMul", x, w, shape=(2, 5, 8), transpose_a="false", transpose_b="true")
    net.add("Result", made)
    product = read(tmp_path, net.xml()).nodes[-1]
    assert isinstance(product.inputs[1], Tensor)
    assert product.inputs[1].shape == (16, 8)


def test_compressed_weights_are_plain_weights(tmp_path: Path) -> None:
    net = Net()
    x, codes = net.input(2, 16), net.const(16, 8, kind="i8")
    real = net.add("Convert", codes, shape=(16, 8), destination_type="f32")
    moved = net.add("Subtract", real, net.const(1, 8), shape=(16, 8))
    scaled = net.add("Multiply", moved, net.const(1, 8), shape=(16, 8))
    net.add("Result", net.add("MatMul", x, scaled, shape=(2, 8)))
    graph = canonicalise(read(tmp_path, net.xml())).graph
    assert [node.op for node in graph.nodes] == ["Input", "Linear"]


def test_fake_quantisation_is_a_step_on_the_edge(tmp_path: Path) -> None:
    net = Net()
    ranges = [net.const() for _ in range(4)]
    x = net.add("FakeQuantize", net.input(2, 16), *ranges, shape=(2, 16), levels="256")
    net.add("Result", net.add("ReLU", x, shape=(2, 16)))
    assert [n.op for n in read(tmp_path, net.xml()).nodes] == [
        "Input", "QuantizeLinear", "DequantizeLinear", "Relu",
    ]  # fmt: skip


def test_an_operator_without_a_row_stays_visible(tmp_path: Path) -> None:
    assert one(tmp_path, "Mystery", [8], [8]).op == "Unknown:openvino:Mystery"
    assert one(tmp_path, "Relu", [8], [8], opset="extension").op == "Unknown:openvino:Relu"


def test_recurrent_sequences_are_those_of_onnx(tmp_path: Path) -> None:
    net = Net()
    x = net.input(2, 5, 16)
    rest = [net.const(*s) for s in ((2, 2, 8), (2, 2, 8), (2,), (2, 32, 16), (2, 32, 8), (2, 32))]
    made = net.add(
        "LSTMSequence", x, *rest, direction="bidirectional", hidden_size="8",
        shapes=[(2, 2, 5, 8), (2, 2, 8), (2, 2, 8)],
    )  # fmt: skip
    net.add("Result", made)
    graph = canonicalise(read(tmp_path, net.xml())).graph
    assert text.render(graph) == text.render(
        text.parse(
            "x = Input(dtype='float32', shape=[2, 5, 16])\n"
            "y = LSTM(x, w[2, 32, 16], w[2, 32, 8], direction='bidirectional')"
        )
    )


def iterated(owner: str, inner: str) -> Net:
    """A loop whose step adds a weighted state to what stays the same."""
    body = Net()
    state, same = body.input(2, 4), body.input(2, 4)
    product = body.add("MatMul", state, body.const(4, 4), shape=(2, 4))
    result = body.add("Result", body.add("Add", product, same, shape=(2, 4)))
    net = Net()
    x, z = net.input(2, 4), net.input(2, 4)
    ports = [net.const(), net.const(), x, z] if owner == "Loop" else [x, z]
    first = len(ports) - 2
    rows = (
        f'<port_map><input external_port_id="{first}" internal_layer_id="{state}"/>'
        f'<input external_port_id="{first + 1}" internal_layer_id="{same}"/>'
        f'<output external_port_id="{len(ports)}" internal_layer_id="{result}"/></port_map>'
        f'<back_edges><edge from-layer="{result}" to-layer="{state}"/></back_edges>'
        f"{inner}<body>{body.content}</body>"
    )
    net.add("Result", net.add(owner, *ports, shape=(2, 4), inner=rows))
    return net


@pytest.mark.parametrize(("owner", "op"), [("TensorIterator", "Scan"), ("Loop", "Loop")])
def test_a_loop_keeps_its_body(tmp_path: Path, owner: str, op: str) -> None:
    graph = read(tmp_path, iterated(owner, "").xml())
    node = graph.nodes[-1]
    assert node.op == op
    assert [n.op for n in node.bodies["body"].nodes if n.op != "Input"] == ["MatMul", "Add"]
    assert len(node.bodies["body"].captures) == 1
    ops = [n.op for n in canonicalise(graph).graph.nodes]
    assert sorted(ops) == sorted(["Input", "Input", "Linear", "Add", op])


def test_both_branches_of_an_if_stay(tmp_path: Path) -> None:
    net, branches, maps = Net(), "", ""
    for name, kind in (("then", "ReLU"), ("else", "Tanh")):
        body = Net()
        end = body.add("Result", body.add(kind, body.input(2, 4), shape=(2, 4)))
        branches += f"<{name}_body>{body.content}</{name}_body>"
        maps += (
            f'<{name}_port_map><input external_port_id="1" internal_layer_id="0"/>'
            f'<output external_port_id="2" internal_layer_id="{end}"/></{name}_port_map>'
        )
    ports = net.input(kind="boolean"), net.input(2, 4)
    net.add("Result", net.add("If", *ports, shape=(2, 4), inner=maps + branches))
    graph = canonicalise(read(tmp_path, net.xml())).graph
    assert sorted(node.op for node in graph.nodes) == ["If", "Input", "Input", "Relu", "Tanh"]


def test_state_is_an_input_and_an_output(tmp_path: Path) -> None:
    net = Net()
    x = net.input(1, 4)
    past = net.add("ReadValue", x, shape=(1, 4), variable_id="cache")
    total = net.add("Add", past, x, shape=(1, 4))
    net.add("Assign", total, shapes=[], variable_id="cache")
    net.add("Result", net.add("ReLU", total, shape=(1, 4)))
    graph = read(tmp_path, net.xml())
    assert [graph.nodes[i].origin for i in graph.inputs] == [("Parameter_0",), ("cache",)]
    assert graph.output_names == ("t4", "cache:initial", "cache")


def test_old_layers_carry_their_weights(tmp_path: Path) -> None:
    net = Net()
    x = net.add("Input", shape=(1, 3, 8, 8))
    blobs = '<blobs><weights offset="0" size="432"/><biases offset="432" size="16"/></blobs>'
    conv = net.add(
        "Convolution", x, shape=(1, 4, 8, 8), inner=blobs, kernel="3,3", output=4, group=1,
        pads_begin="1,1", pads_end="1,1", strides="1,1", dilations="1,1",
    )  # fmt: skip
    act = net.add("Activation", conv, shape=(1, 4, 8, 8), type="sigmoid")
    both = net.add("Eltwise", act, conv, shape=(1, 4, 8, 8), operation="mul")
    power = net.add("Power", both, shape=(1, 4, 8, 8), power="1", scale="0.5", shift="0")
    dense = '<blobs><weights offset="0" size="10240"/><biases offset="9" size="40"/></blobs>'
    net.add("FullyConnected", power, shape=(1, 10), inner=dense, **{"out-size": 10})
    rendered = [line.split(" = ")[-1] for line in written(tmp_path, net, 6).splitlines()]
    assert rendered[1].startswith("Conv(x0, w[4, 3, 3, 3], w[4]")
    assert [line.partition("(")[0] for line in rendered[2:]] == [
        "Sigmoid", "Mul", "Mul", "Flatten", "Gemm", "Output",
    ]  # fmt: skip
    assert rendered[6] == "Gemm(n5, w[10, 256], w[10])"


def test_an_old_loop_names_ports_inside_its_body(tmp_path: Path) -> None:
    body = Net()
    x, h = body.input(2, 4), body.input(2, 8)
    blobs = '<blobs><weights offset="0" size="1"/><biases offset="1" size="1"/></blobs>'
    cell = body.add("GRUCell", x, h, shape=(2, 8), inner=blobs, hidden_size=8)
    content = body.content  # without its inputs and the edges from them
    for part in (*body.layers[:2], *body.edges):
        content = content.replace(part, "")
    maps = (
        f'<port_map><input axis="1" external_port_id="0" internal_layer_id="{cell}" '
        f'internal_port_id="0"/><input external_port_id="1" internal_layer_id="{cell}" '
        f'internal_port_id="1"/><output axis="1" external_port_id="2" '
        f'internal_layer_id="{cell}" internal_port_id="2"/></port_map><back_edges><edge '
        f'from-layer="{cell}" from-port="2" to-layer="{cell}" to-port="1"/></back_edges>'
    )
    net = Net()
    ports = net.add("Input", shape=(2, 5, 4)), net.add("Input", shape=(2, 8))
    inner = f"{maps}<body>{content}</body>"
    net.add(
        "ReLU", net.add("TensorIterator", *ports, shape=(2, 5, 8), inner=inner), shape=(2, 5, 8)
    )
    graph = canonicalise(read(tmp_path, net.xml(6))).graph
    layer = next(node for node in graph.nodes if node.op == "GRU")
    assert [t.shape for t in layer.inputs if isinstance(t, Tensor)] == [(1, 24, 4), (1, 24, 8)]


def test_a_newer_version_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="IR version 12"):
        read(tmp_path, small().xml(12))


def test_shapes_that_leave_it_open_give_nothing() -> None:
    assert infer.permutation((2, 2), (2, 2)) is None
    assert infer.cut((6, 6), [(3, 3), (3, 3)]) is None
    assert infer.reduced(None, (1,), True, 1) is None
    assert infer.taken((4, 5), (3,), (9, 9)) is None
    assert infer.taken((None, 1, 48), (), (None, 48)) == 1  # the open size is still there
    assert infer.taken((None, 1, 48), (), (1, 48)) == 0


def test_names_from_the_file_are_bounded(tmp_path: Path) -> None:
    net = small()
    net.layers[3] = net.layers[3].replace('name="ReLU_3"', f'name="{"n" * 9_000}"')
    assert len(read(tmp_path, net.xml()).nodes[-1].origin[0]) == DEFAULT.name_length


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'<net version="11"' + b' a="1"' * 9, "not well-formed XML"),
        (b'<net version="11" x="' + b"a" * (3 << 20) + b'"/>', "bytes of one tag"),
        (b'<net version="11">' + b"<a>" * 500_000, "elements nested 64 deep"),
        (b"<net " + b" ".join(b'a%d="1"' % i for i in range(300)) + b"/>", "256 attributes"),
        (b'<net version="11"><layers>' + b'<layer id="1" type="A"/>' * 2, "have the id 1"),
    ],
)
def test_large_hostile_files_end_soon(tmp_path: Path, content: bytes, cause: str) -> None:
    path, started = tmp_path / "net.xml", time.process_time()
    path.write_bytes(content)
    with pytest.raises(ModelError, match=cause):
        converters.read(path)
    assert time.process_time() - started < 2


def test_budgets_of_layers_and_bytes_hold(tmp_path: Path) -> None:
    path = tmp_path / "net.xml"
    path.write_bytes(small().xml())
    for limits in (Limits(nodes=2), Limits(xml_bytes=100)):
        with pytest.raises(LimitExceeded):
            converters.read(path, limits)


def mutants(seed: bytes, count: int, chance: random.Random) -> list[bytes]:
    """Copies of a file with a few bytes or words changed, cut out or doubled."""
    words = [
        b"-1",
        b"99999999999999999999",
        b"",
        b"a",
        b"<",
        b'"',
        b"0",
        b"1e999",
        b"\x00",
        b"\xff",
    ]
    made = []
    for _ in range(count):
        data = bytearray(seed)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            end = at + chance.choice((0, 1, 2, 30))
            data[at:end] = chance.choice((*words, bytes(data[end : end + 90])))
        made.append(bytes(data))
    return made


def test_no_mutant_escapes_as_another_error(tmp_path: Path) -> None:
    chance, path = random.Random(11), tmp_path / "net.xml"
    seeds = [small().xml(), iterated("Loop", "").xml(), iterated("TensorIterator", "").xml()]
    outcomes = {True: 0, False: 0}
    for content in (m for seed in seeds for m in mutants(seed, 900, chance)):
        path.write_bytes(content)
        try:
            converters.read(path)
            outcomes[True] += 1
        except ModelError as error:
            outcomes[False] += 1
            assert str(error).isprintable()
            assert "no check names" not in error.cause
    assert min(outcomes.values()) > 100
