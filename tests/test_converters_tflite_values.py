"""What the reader makes of TensorFlow Lite operators computes the same numbers.

Small functions are converted by TensorFlow; the graph that the reader makes of the file is written
as ONNX, operator by operator, and both files are run on the same data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from genescan import converters
from genescan.graph import Edge, Graph, Operand, Tensor

pytestmark = [pytest.mark.frameworks, pytest.mark.slow]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
np: Any = pytest.importorskip("numpy")
onnx: Any = pytest.importorskip("onnx")
runtime: Any = pytest.importorskip("onnxruntime")
tf: Any = pytest.importorskip("tensorflow")

TYPES = {"float32": 1, "int32": 7, "int64": 7, "bool": 9}
"""ONNX counts with 64 bits where TensorFlow Lite has 32: the test does so throughout."""


class Writer:
    """Writes a reader's graph as ONNX; its constants must be known."""

    def __init__(self) -> None:
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def graph(self, graph: Graph, captured: tuple[str, ...] = (), dtypes: str = "") -> Any:
        names: dict[tuple[int, int], str] = {}
        inputs, nodes = [], []
        own = len(graph.inputs) - len(graph.captures)
        for index, node in enumerate(graph.nodes):
            if node.op == "Input":
                if len(inputs) < own:
                    names[index, 0] = self.name()
                    dtype = TYPES.get(str(node.attrs.get("dtype", "float32")), 1)
                    shape = node.attrs.get("shape")
                    inputs.append(onnx.helper.make_tensor_value_info(names[index, 0], dtype, shape))
                else:
                    names[index, 0] = captured[index - own]
                continue
            read = [self.operand(value, names, nodes) for value in node.inputs]
            made = [self.name() for _ in range(node.outputs)]
            names.update({(index, port): name for port, name in enumerate(made)})
            attrs: dict[str, Any] = {
                name: TYPES[str(value)] if name == "to" else value
                for name, value in node.attrs.items()
            }
            at = len(read) - sum(len(body.captures) for body in node.bodies.values())
            rest = read[at:]
            for key, body in node.bodies.items():
                attrs[key] = self.graph(body, tuple(rest[: len(body.captures)]))
                rest = rest[len(body.captures) :]
            attrs = padded(graph, index, attrs)
            nodes.append(onnx.helper.make_node(node.op, read[:at], made, **attrs))
        outputs = []
        for value in graph.outputs:
            name = self.name()
            nodes.append(
                onnx.helper.make_node("Identity", [self.operand(value, names, nodes)], [name])
            )
            outputs.append(onnx.helper.make_empty_tensor_value_info(name))
        return onnx.helper.make_graph(nodes, self.name(), inputs, outputs)

    def operand(
        self, value: Operand, names: Mapping[tuple[int, int], str], nodes: list[Any]
    ) -> str:
        if value is None:
            return ""
        if isinstance(value, Edge):
            return names[value.source, value.port]
        assert isinstance(value, Tensor) and value.data is not None, "unknown constant"
        name = self.name()
        dtype = value.dtype.replace("int32", "int64")
        array = np.array(value.data, dtype).reshape(value.shape)
        tensor = onnx.numpy_helper.from_array(array)
        nodes.append(onnx.helper.make_node("Constant", [], [name], value=tensor))
        return name


def onnx_of(path: Path) -> Any:
    graph = Writer().graph(converters.read(path))
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)])
    model.ir_version = 10
    return onnx.shape_inference.infer_shapes(model)


def wide(array: Any) -> Any:
    return array.astype("int64") if array.dtype == "int32" else array


def padded(graph: Graph, index: int, attrs: dict[str, Any]) -> dict[str, Any]:
    """Padding by numbers: the runtime has no automatic padding for dilated windows."""
    node = graph.nodes[index]
    if attrs.get("auto_pad") != "SAME_UPPER" or "dilations" not in attrs:
        return attrs
    source, kernel = node.inputs[:2]
    assert isinstance(source, Edge) and isinstance(kernel, Tensor) and kernel.shape
    sizes = graph.shapes[source.source, source.port][2:]
    totals = [
        max(0, (-(-size // step) - 1) * step + dilation * (window - 1) + 1 - size)
        for size, step, dilation, window in zip(
            sizes, attrs["strides"], attrs["dilations"], kernel.shape[2:], strict=True
        )
    ]
    pads = [total // 2 for total in totals] + [total - total // 2 for total in totals]
    return {**attrs, "auto_pad": "NOTSET", "pads": pads}


def rand(*shape: int) -> Any:
    return np.random.default_rng(7).normal(size=shape).astype("float32")


W = {shape: rand(*shape) for shape in [
    (3, 3, 2, 4), (3, 3, 2, 2), (2, 2, 3, 2), (5, 2, 3), (2, 3, 3, 2, 3), (6, 4), (3,), (5, 4),
]}  # fmt: skip
IMAGE, ROWS = rand(1, 6, 8, 2), rand(2, 5, 6)


nn = tf.nn
CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "conv same": (lambda x: nn.conv2d(x, W[3, 3, 2, 4], 2, "SAME"), (IMAGE,)),
    "conv valid relu": (lambda x: nn.relu(nn.conv2d(x, W[3, 3, 2, 4], 1, "VALID")), (IMAGE,)),
    "conv dilated": (lambda x: nn.conv2d(x, W[3, 3, 2, 4], 1, "SAME", dilations=2), (IMAGE,)),
    "conv one axis": (
        lambda x: nn.conv1d(x, W[5, 2, 3], 1, "SAME", dilations=2), (rand(1, 12, 2),)),
    "depthwise": (
        lambda x: nn.relu6(nn.depthwise_conv2d(x, W[3, 3, 2, 2], [1, 1, 1, 1], "SAME")), (IMAGE,)),
    "depthwise dilated": (
        lambda x: nn.depthwise_conv2d(x, W[3, 3, 2, 2], [1, 1, 1, 1], "VALID", dilations=[2, 2]),
        (IMAGE,)),
    "conv transpose": (
        lambda x: nn.conv2d_transpose(x, W[2, 2, 3, 2], [1, 12, 16, 3], 2, "SAME"), (IMAGE,)),
    "conv transpose valid": (
        lambda x: nn.conv2d_transpose(x, W[2, 2, 3, 2], [1, 12, 16, 3], 2, "VALID"), (IMAGE,)),
    "conv 3d": (
        lambda x: nn.conv3d(x, W[2, 3, 3, 2, 3], [1, 1, 2, 1, 1], "SAME"), (rand(1, 4, 6, 5, 2),)),
    "pools": (lambda x: nn.max_pool2d(x, 3, 2, "SAME") + nn.avg_pool2d(x, 3, 2, "SAME"), (IMAGE,)),
    "matmul": (lambda x: tf.matmul(x, W[6, 4]) + 1.5, (ROWS,)),
    "batch matmul": (lambda x, y: tf.matmul(x, y, transpose_b=True), (ROWS, rand(2, 3, 6))),
    "batch matmul adjoint": (lambda x, y: tf.matmul(x, y, adjoint_a=True), (ROWS, rand(2, 5, 3))),
    "reductions": (
        lambda x: tf.reduce_mean(x, 1) + tf.reduce_max(x, [1]) + tf.reduce_sum(x, 1), (ROWS,)),
    "reduce all axes": (lambda x: tf.reduce_min(x) + tf.reduce_prod(x[0, 0]), (ROWS,)),
    "softmax": (lambda x: nn.softmax(x) + nn.log_softmax(x), (ROWS,)),
    "normalise": (lambda x: nn.l2_normalize(x, -1), (ROWS,)),
    "response": (lambda x: nn.local_response_normalization(x, 2, 1.0, 0.3, 0.6),
                 (rand(1, 2, 2, 8),)),
    "activations": (
        lambda x: nn.elu(x) + nn.leaky_relu(x, 0.3) + nn.sigmoid(x) + tf.tanh(x)
        + x * nn.relu6(x + 3) / 6 + nn.gelu(x, True), (ROWS,)),
    "prelu": (
        lambda x: nn.relu(x) - W[3,][:2] * nn.relu(-x), (IMAGE,)),
    "arithmetic": (
        lambda x: tf.math.squared_difference(x, 0.3) + tf.math.rsqrt(tf.abs(x) + 1)
        + tf.math.floordiv(x, 0.7) + tf.math.floormod(x, 0.7) + tf.pow(tf.abs(x), 1.5)
        + tf.sign(x) + tf.round(x) + tf.cos(x), (ROWS,)),
    "resize": (
        lambda x: tf.image.resize(x, [9, 13]) + tf.compat.v1.image.resize_bilinear(
            x, [9, 13], align_corners=True), (IMAGE,)),
    "resize nearest": (
        lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, [12, 16]), (IMAGE,)),
    "split": (lambda x: tf.concat(tf.split(x, 3, 2)[::-1], 1), (ROWS,)),
    "split sizes": (lambda x: tf.concat(tf.split(x, [1, 2, 3], 2)[::-1], 2), (ROWS,)),
    "stack": (lambda x: tf.stack(tf.unstack(x, axis=1)[::-1], axis=2), (ROWS,)),
    "strided slice": (lambda x: x[:, 1:-1:2, ::-1] + x[0:1, tf.newaxis, 1, 0], (ROWS,)),
    "shrink and ellipsis": (lambda x: x[..., -2] + x[1, ..., 2], (ROWS,)),
    "slice": (lambda x: tf.slice(x, [0, 1, 2], [2, -1, 3]), (ROWS,)),
    "pads": (
        lambda x: tf.pad(x, [[0, 0], [1, 2], [3, 0]])
        + tf.pad(x, [[0, 0], [1, 2], [3, 0]], "REFLECT")
        + tf.pad(x, [[0, 0], [1, 2], [3, 0]], constant_values=2.0), (ROWS,)),
    "depth and space": (
        lambda x: nn.depth_to_space(nn.space_to_depth(x, 2) * 2, 2), (IMAGE,)),
    "space to batch": (
        lambda x: tf.space_to_batch_nd(x, [2, 2], [[1, 1], [0, 2]]), (IMAGE,)),
    "batch to space": (
        lambda x: tf.batch_to_space(x, [2, 2], [[0, 1], [1, 0]]), (rand(4, 3, 4, 2),)),
    "gather": (lambda x: tf.gather(x, [1, 0, 3], axis=1), (ROWS,)),
    "gather batch": (
        lambda x, i: tf.gather(x, i, axis=1, batch_dims=1),
        (ROWS, np.array([[1, 0], [4, 2]], "int32"))),
    "gather nd": (lambda x: tf.gather_nd(x, [[0, 1], [1, 3]]), (ROWS,)),
    "one hot": (
        lambda i: tf.one_hot(i, 5, on_value=2.0, off_value=-1.0), (np.array([1, 4, 0], "int32"),)),
    "top": (lambda x: tf.math.top_k(x, 3)[0], (ROWS,)),
    "select": (lambda x: tf.where(x > 0.1, x, x * 2), (ROWS,)),
    "logic": (
        lambda x: tf.cast(tf.logical_and(x > 0, tf.not_equal(x, 1.0)), tf.float32), (ROWS,)),
    "any": (lambda x: tf.cast(tf.reduce_any(x > 1, 1), tf.float32), (ROWS,)),
    "arg": (lambda x: tf.cast(tf.argmax(x, 1) + tf.argmin(x, 1), tf.float32), (ROWS,)),
    "cumsum": (lambda x: tf.cumsum(x, 1, exclusive=True, reverse=True), (ROWS,)),
    "reverse": (lambda x: tf.reverse(x, [1, 2]), (ROWS,)),
    "tile": (lambda x: tf.tile(x, [1, 2, 1]) + tf.broadcast_to(x[:, :1], [2, 10, 6]), (ROWS,)),
    "scatter": (
        lambda x: tf.scatter_nd([[1], [3], [1]], x, [5, 6]), (rand(3, 6),)),
    "segments": (
        lambda x: tf.math.unsorted_segment_sum(x, [0, 2, 0], 3), (rand(3, 6),)),
    "add n": (lambda x: tf.add_n([x, x * 2, x + 1]), (ROWS,)),
    "spectrum": (lambda x: tf.abs(tf.signal.rfft(x, [8])), (rand(3, 8),)),
    "loop": (
        lambda x: tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * 2 + x), (0, x))[1],
        (ROWS,)),
    "branch": (
        lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.relu(x), lambda: x * 3), (ROWS,)),
    "einsum": (lambda x, y: tf.einsum("bij,bkj->bik", x, y), (ROWS, rand(2, 3, 6))),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_same_numbers(name: str, tmp_path: Path) -> None:
    function, data = CASES[name]
    signature = [tf.TensorSpec(array.shape, array.dtype) for array in data]
    concrete = tf.function(function).get_concrete_function(*signature)
    converted = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    (tmp_path / "model.tflite").write_bytes(converted)
    interpreter = tf.lite.Interpreter(model_content=converted)
    interpreter.allocate_tensors()
    rows = interpreter.get_input_details()
    arguments = [spec.name.partition(":")[0] for spec in concrete.inputs]
    given = dict(zip(arguments, data, strict=True))
    for row in rows:
        interpreter.set_tensor(row["index"], given[row["name"]])
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    model = onnx_of(tmp_path / "model.tflite")
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    places = session.get_inputs()
    feeds = {place.name: wide(given[row["name"]]) for place, row in zip(places, rows, strict=True)}
    found = session.run(None, feeds)[0]
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=2e-5), np.abs(found - expected).max()
