"""Writes CoreML messages for tests and fixtures, with the project's own schema and nothing else.

Lists of names are one string, names separated by blanks: `layer("add", "x y", "z")`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genescan import converters, text
from genescan.canonical import canonicalise
from genescan.converters.schema import message_class
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits

FLOAT16, FLOAT32, INT32, BOOL, STRING = 10, 11, 23, 1, 2
ARRAY_FLOAT32 = 65_568


def message(kind: str, /, **fields: Any) -> Any:
    """Any CoreML message."""
    return message_class("coreml", f"CoreML.Specification.{kind}")(**fields)


# --- networks of layers


def weights(*values: float) -> Any:
    """Constants of a layer."""
    return message("WeightParams", floatValue=values)


def layer(kind: str, inputs: str, outputs: str, /, **fields: Any) -> Any:
    """A layer; its parameters by name, sub-messages as dictionaries."""
    row = message("NeuralNetworkLayer", name=outputs or kind, input=inputs.split())
    row.output.extend(outputs.split())
    params = getattr(row, kind)
    params.SetInParent()
    params.MergeFrom(type(params)(**fields))
    return row


def array(name: str, *shape: int) -> Any:
    """A feature that is an array of numbers."""
    row = message("FeatureDescription", name=name)
    row.type.multiArrayType.shape.extend(shape)
    row.type.multiArrayType.dataType = ARRAY_FLOAT32
    return row


def image(name: str, height: int, width: int, colour: int = 20) -> Any:
    """A feature that is an image."""
    row = message("FeatureDescription", name=name)
    picture = row.type.imageType
    picture.height, picture.width, picture.colorSpace = height, width, colour
    return row


def word(name: str) -> Any:
    """A feature that is a text."""
    row = message("FeatureDescription", name=name)
    row.type.stringType.SetInParent()
    return row


def model(kind: str, inner: Any, inputs: Iterable[Any], outputs: Iterable[Any]) -> Any:
    """A model of any kind."""
    row = message("Model", specificationVersion=4)
    row.description.input.extend(inputs)
    row.description.output.extend(outputs)
    getattr(row, kind).CopyFrom(inner)
    return row


def network(
    layers: Iterable[Any],
    inputs: Iterable[Any] = (),
    outputs: str = "y",
    *,
    exact: bool = True,
    kind: str = "neuralNetwork",
    **fields: Any,
) -> Any:
    """A model of layers; `exact` gives its arrays the shapes that they declare."""
    title = kind[0].upper() + kind[1:]
    mapping = int(exact)
    net = message(
        title, layers=layers, arrayInputShapeMapping=mapping, imageInputShapeMapping=mapping,
        **fields,
    )  # fmt: skip
    features = [array(name) for name in outputs.split()]
    return model(kind, net, inputs or [array("x", 1, 4)], features)


# --- programs


def tensor_type(dtype: int, shape: Iterable[int | None]) -> Any:
    """The type of a value; None is an unknown size."""
    row = message("MILSpec.ValueType")
    row.tensorType.dataType = dtype
    for size in shape:
        dimension = row.tensorType.dimensions.add()
        if size is None:
            dimension.unknown.SetInParent()
        else:
            dimension.constant.size = size
    row.tensorType.rank = len(row.tensorType.dimensions)
    return row


def typed(name: str, shape: Iterable[int | None], dtype: int = FLOAT32) -> Any:
    """A named value with its type."""
    return message("MILSpec.NamedValueType", name=name, type=tensor_type(dtype, shape))


_FIELDS = {float: ("floats", FLOAT32), int: ("ints", INT32), bool: ("bools", BOOL),
           str: ("strings", STRING)}  # fmt: skip


def value(given: Any) -> Any:
    """A small constant: a number, a word, or a list of them."""
    several = isinstance(given, list)
    items = given if several else [given]
    field, dtype = _FIELDS[type(items[0])]
    row = message("MILSpec.Value", type=tensor_type(dtype, [len(items)] if several else []))
    getattr(row.immediateValue.tensor, field).values.extend(items)
    return row


def weight(name: str, shape: Iterable[int], offset: int = 64) -> Any:
    """A constant whose values lie in a file beside the model."""
    kind = tensor_type(FLOAT32, shape)
    stored = message("MILSpec.Value", type=kind)
    stored.blobFileValue.fileName = "@model_path/weights/weight.bin"
    stored.blobFileValue.offset = offset
    row = message("MILSpec.Operation", type="const")
    row.outputs.add(name=name, type=kind)
    row.attributes["val"].CopyFrom(stored)
    return row


def operation(
    kind: str, outputs: Mapping[str, Iterable[int | None]] | Any, /, blocks: Any = (), **inputs: Any
) -> Any:
    """An operation: outputs with their shapes; inputs by parameter.

    A string names a value (several names, several values); everything else is a constant, and a
    string that begins with `=` a constant word.
    """
    row = message("MILSpec.Operation", type=kind, blocks=blocks)
    for name, shape in outputs.items():
        row.outputs.append(typed(name, shape))
    for slot, given in inputs.items():
        bound = row.inputs[slot]
        if isinstance(given, str) and not given.startswith("="):
            for name in given.split():
                bound.arguments.add(name=name)
        else:
            word_or_number = given[1:] if isinstance(given, str) else given
            bound.arguments.add(value=value(word_or_number))
    return row


def block(operations: Iterable[Any], outputs: str, inputs: Iterable[Any] = ()) -> Any:
    """Operations with names for what comes out."""
    return message("MILSpec.Block", operations=operations, outputs=outputs.split(), inputs=inputs)


def program(
    operations: Iterable[Any], outputs: str = "y", inputs: Iterable[Any] = (), **others: Any
) -> Any:
    """A model that is a program; `others` are more functions, as blocks by name."""
    row = message("Model", specificationVersion=8)
    given = list(inputs) or [typed("x", [1, 4])]
    functions = {"main": block(operations, outputs), **others}
    for name, inner in functions.items():
        function = row.mlProgram.functions[name]
        function.inputs.extend(given)
        function.opset = "CoreML7"
        function.block_specializations["CoreML7"].CopyFrom(inner)
    return row


def data(proto: Any) -> bytes:
    """The bytes of a message, the same on every run."""
    return bytes(proto.SerializeToString(deterministic=True))


def read(proto: Any, limits: Limits = DEFAULT) -> Graph:
    """What the reader makes of a model."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.mlmodel"
        path.write_bytes(data(proto))
        return converters.read(path, limits)


# --- small models that several tests use


def operators(graph: Graph) -> list[str]:
    """Operators in order, inputs left out."""
    return [node.op for node in graph.nodes if node.op != "Input"]


def conv(**fields: Any) -> Any:
    """A convolution of four channels to eight."""
    return layer(
        "convolution", "x", "y", outputChannels=8, kernelChannels=4, kernelSize=[3, 3], **fields
    )


def loop_of(body: list[Any]) -> list[Any]:
    """Layers that run others three times over a value `state`."""
    counter = layer("loadConstantND", "", "zero", shape=[1], data=weights(0.0))
    test = layer("lessThan", "i", "more", alpha=3.0)
    steps = [*body, layer("add", "i", "next", alpha=1.0), layer("copy", "next", "i")]
    inner = {"layers": steps}
    turns = layer(
        "loop", "", "", conditionVar="more", conditionNetwork={"layers": [test]}, bodyNetwork=inner
    )
    return [counter, layer("copy", "zero", "i"), layer("copy", "x", "state"), turns]


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
"""A program as the compiler of CoreML prints it."""


def core(proto: Any) -> str:
    """The canonical graph in the notation, without its inputs."""
    made = canonicalise(read(proto))
    assert not made.incidents
    lines = text.render(made.graph).splitlines()
    return "\n".join(line for line in lines if "Input(" not in line)


def shown(expected: str) -> str:
    """Expected text as a test writes it down."""
    return inspect.cleandoc(expected)
