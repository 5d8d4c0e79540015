"""Writes TensorFlow messages for tests and fixtures, with the project's own schema.

Lists of names are one string, names separated by blanks: `node("y", "Add", "x z")`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genescan import converters
from genescan.converters.schema import message_class
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits

FLOAT, INT, STRING, LONG, BOOL, RESOURCE = 1, 3, 7, 9, 10, 20


def message(kind: str, /, **fields: Any) -> Any:
    """Any TensorFlow message."""
    return message_class("tensorflow", f"tensorflow.{kind}")(**fields)


def shape(*dims: int) -> Any:
    """A shape; -1 is an unknown size."""
    return message("TensorShapeProto", dim=[{"size": size} for size in dims])


class Func(str):
    """The name of a function as an attribute."""


class Type(int):
    """An element type as an attribute."""


def attribute(given: Any) -> Any:
    """An attribute, its kind told from the value; a tuple is a list, a list a shape."""
    made = message("AttrValue")
    if isinstance(given, Func):
        made.func.name = given
    elif isinstance(given, Type):
        made.type = given
    elif isinstance(given, bool):
        made.b = given
    elif isinstance(given, int):
        made.i = given
    elif isinstance(given, float):
        made.f = given
    elif isinstance(given, str):
        made.s = given.encode()
    elif isinstance(given, list):
        made.shape.CopyFrom(shape(*given))
    elif isinstance(given, tuple):
        field = "i" if given and isinstance(given[0], int) else "s"
        field = "func" if given and isinstance(given[0], Func) else field
        for item in given:
            if field == "func":
                made.list.func.add(name=item)
            else:
                getattr(made.list, field).append(item if field == "i" else item.encode())
    else:
        made.tensor.CopyFrom(given)
    return made


def node(name: str, op: str, inputs: str = "", **attrs: Any) -> Any:
    """One node."""
    made = message("NodeDef", name=name, op=op, input=inputs.split())
    for key, value in attrs.items():
        made.attr[key].CopyFrom(attribute(value))
    return made


def const(name: str, values: Iterable[float], *dims: int, dtype: int = FLOAT) -> Any:
    """A constant with its values."""
    field = {FLOAT: "float_val", INT: "int_val", LONG: "int64_val", BOOL: "bool_val"}[dtype]
    tensor = message("TensorProto", dtype=dtype, tensor_shape=shape(*dims), **{field: list(values)})
    return node(name, "Const", value=tensor)


def weight(name: str, *dims: int) -> Any:
    """A constant whose values say nothing."""
    return const(name, [0.25], *dims)


def image(name: str = "x", *dims: int) -> Any:
    """A placeholder."""
    return node(name, "Placeholder", dtype=Type(FLOAT), shape=list(dims or (1, 8, 8, 3)))


def function(name: str, args: str, results: str, nodes: Iterable[Any]) -> Any:
    """A function; `results` gives each output as `name=reference`; `h*` is a handle."""
    made = message("FunctionDef", node_def=list(nodes))
    made.signature.name = name
    for arg in args.split():
        made.signature.input_arg.add(
            name=arg.rstrip("*"), type=RESOURCE if arg.endswith("*") else FLOAT
        )
    for result in results.split():
        key, _, reference = result.partition("=")
        made.signature.output_arg.add(name=key, type=FLOAT)
        made.ret[key] = reference
    return made


def graph(nodes: Iterable[Any], functions: Iterable[Any] = ()) -> Any:
    """A GraphDef."""
    made = message("GraphDef", node=list(nodes))
    made.library.function.extend(functions)
    return made


def saved(
    made: Any, signatures: Mapping[str, tuple[str, str]], tags: Iterable[str] = ("serve",)
) -> Any:
    """A SavedModel; a signature gives its inputs and outputs as `key=tensor`."""
    model = message("SavedModel", saved_model_schema_version=1)
    group = model.meta_graphs.add(graph_def=made)
    group.meta_info_def.tags.extend(tags)
    shapes = {row.name: row.attr["shape"].shape for row in made.node if row.op == "Placeholder"}
    for key, (inputs, outputs) in signatures.items():
        signature = group.signature_def[key]
        for side, given in ((signature.inputs, inputs), (signature.outputs, outputs)):
            for item in given.split():
                name, _, tensor = item.partition("=")
                side[name].name, side[name].dtype = tensor, FLOAT
                if known := shapes.get(tensor.partition(":")[0]):
                    side[name].tensor_shape.CopyFrom(known)
    return model


def data(made: Any) -> bytes:
    """The bytes of a message, the same on every run."""
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def read(content: Any, limits: Limits = DEFAULT) -> Graph:
    """What the reader makes of a message or of bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "saved_model.pb"
        path.write_bytes(content if isinstance(content, bytes) else data(content))
        return converters.read(path, limits)
