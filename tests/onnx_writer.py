"""Writes ONNX messages for tests and fixtures, with the project's own schema and nothing else.

Lists of names are one string, names separated by blanks: `node("Add", "x y", "z")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genescan import converters
from genescan.converters.schema import message_class
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits

FLOAT, INT64, BOOL = 1, 7, 9
INT_ATTR, FLOAT_ATTR, STRING_ATTR, TENSOR_ATTR, GRAPH_ATTR = 2, 1, 3, 4, 5
FLOATS_ATTR, INTS_ATTR, STRINGS_ATTR = 6, 7, 8


def message(kind: str, /, **fields: Any) -> Any:
    """Any ONNX message."""
    return message_class("onnx", f"onnx.{kind}")(**fields)


def value(name: str, *dims: int | str, dtype: int = FLOAT) -> Any:
    """A typed name; no dimensions at all means an unknown rank, a word a symbolic size."""
    info = message("ValueInfoProto", name=name)
    info.type.tensor_type.elem_type = dtype
    for dim in dims:
        row = info.type.tensor_type.shape.dim.add()
        if isinstance(dim, int):
            row.dim_value = dim
        else:
            row.dim_param = dim
    return info


def tensor(name: str, dims: Iterable[int] = (), dtype: int = FLOAT, **fields: Any) -> Any:
    """A constant."""
    return message("TensorProto", name=name, dims=dims, data_type=dtype, **fields)


def attribute(name: str, given: Any) -> Any:
    """An attribute, its type told from the value; a string `@a` refers to the function's `a`."""
    row = message("AttributeProto", name=name)
    if isinstance(given, str) and given.startswith("@"):
        row.ref_attr_name = given[1:]
    elif isinstance(given, int):
        row.type, row.i = INT_ATTR, given
    elif isinstance(given, float):
        row.type, row.f = FLOAT_ATTR, given
    elif isinstance(given, str):
        row.type, row.s = STRING_ATTR, given.encode()
    elif isinstance(given, list):
        row.type, field = {
            int: (INTS_ATTR, row.ints),
            float: (FLOATS_ATTR, row.floats),
            bytes: (STRINGS_ATTR, row.strings),
        }[type(given[0])]
        field.extend(given)
    elif given.DESCRIPTOR.name == "TensorProto":
        row.type = TENSOR_ATTR
        row.t.CopyFrom(given)
    else:
        row.type = GRAPH_ATTR
        row.g.CopyFrom(given)
    return row


def node(
    op: str, inputs: str, outputs: str, *, name: str = "", domain: str = "", **attrs: Any
) -> Any:
    """One node; `_` stands for an optional operand left out."""
    return message(
        "NodeProto",
        op_type=op,
        name=name,
        domain=domain,
        input=[i.replace("_", "") if i == "_" else i for i in inputs.split()],
        output=[o.replace("_", "") if o == "_" else o for o in outputs.split()],
        attribute=[attribute(key, given) for key, given in attrs.items()],
    )


def graph(
    nodes: Iterable[Any],
    inputs: str | Iterable[Any] = "x",
    outputs: str | Iterable[Any] = "y",
    **fields: Any,
) -> Any:
    """A graph; inputs and outputs are names, or values with shapes."""
    ends = [
        [value(name) for name in names.split()] if isinstance(names, str) else list(names)
        for names in (inputs, outputs)
    ]
    return message("GraphProto", node=nodes, input=ends[0], output=ends[1], **fields)


def function(name: str, inputs: str, outputs: str, nodes: Iterable[Any], **fields: Any) -> Any:
    """A local function of the domain `local`."""
    return message(
        "FunctionProto",
        name=name,
        domain=fields.pop("domain", "local"),
        input=inputs.split(),
        output=outputs.split(),
        node=nodes,
        **fields,
    )


def model(body: Any, functions: Iterable[Any] = (), **fields: Any) -> Any:
    """A model around a graph, or around the nodes of a graph from `x` to `y`."""
    opsets = [message("OperatorSetIdProto", domain="", version=17)]
    return message(
        "ModelProto",
        ir_version=8,
        opset_import=opsets,
        graph=graph(body) if isinstance(body, list) else body,
        functions=functions,
        **fields,
    )


def data(written: Any) -> bytes:
    """The file's bytes, the same on every run."""
    made: bytes = written.SerializeToString(deterministic=True)
    return made


def read(body: Any, *functions: Any, limits: Limits = DEFAULT) -> Graph:
    """Write a model, a graph or nodes to a file, and read that file."""
    whole = body if hasattr(body, "graph") else model(body, functions)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(data(whole))
        return converters.read(path, limits)
