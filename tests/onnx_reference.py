"""What the `onnx` package says of one operator; imported only where the package is there."""

from __future__ import annotations

from typing import Any

import numpy
import onnx
from onnx import helper, shape_inference
from onnx.reference import ReferenceEvaluator
from operations import Application

from genescan.graph import Attr, Dims, Tensor

TYPES = {"float32": 1, "uint8": 2, "int64": 7, "bool": 9}


def array(tensor: Tensor) -> Any:
    return numpy.array(tensor.data, dtype=tensor.dtype).reshape(tensor.shape)


def _attribute(value: Attr) -> Any:
    if isinstance(value, Tensor):
        return helper.make_tensor("value", TYPES[value.dtype], value.shape, value.data)
    return list(value) if isinstance(value, tuple) else value


def _model(case: Application) -> Any:
    """Parameter operands are initialisers, so that shapes can be told from their values."""
    names = [f"x{i}" for i in range(len(case.inputs))]
    outputs = [f"y{i}" for i in range(case.outputs)]
    attrs = {name: _attribute(value) for name, value in case.attrs.items()}
    node = helper.make_node(case.op, names, outputs, **attrs)
    present = [arg for arg in case.inputs if arg is not None]
    graph = helper.make_graph(
        [node],
        "one",
        [
            helper.make_tensor_value_info(name, TYPES[arg.dtype], arg.shape)
            for i, (name, arg) in enumerate(zip(names, present, strict=True))
            if i not in case.sized
        ],
        [onnx.ValueInfoProto(name=name) for name in outputs],
        [
            helper.make_tensor(names[i], TYPES[present[i].dtype], present[i].shape, present[i].data)
            for i in case.sized
            if i < len(present)
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def shapes(case: Application) -> list[Dims | None]:
    """Inferred shapes of the outputs."""
    inferred = shape_inference.infer_shapes(_model(case), strict_mode=True, data_prop=True)
    found: list[Dims | None] = []
    for info in inferred.graph.output:
        kind = info.type.tensor_type
        known = kind.HasField("shape")
        dims = (d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim)
        found.append(tuple(dims) if known else None)
    return found


def values(case: Application) -> Any:
    """The first output, computed."""
    feeds = {
        f"x{i}": array(arg)
        for i, arg in enumerate(case.inputs)
        if arg is not None and i not in case.sized
    }
    return ReferenceEvaluator(_model(case)).run(None, feeds)[0]
