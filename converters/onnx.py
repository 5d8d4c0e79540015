"""The ONNX reader: a file's skeleton becomes a `genescan.graph.Graph`.

Weights are never read, external data is never opened, and nothing of the `onnx` package runs.
Operator versions are not reconciled here; the passes see the opsets in `Graph.meta`.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from genescan.converters.base import Clock, Source, quote
from genescan.converters.onnx_block import BlockReader, Key, undefined
from genescan.converters.onnx_build import Builder
from genescan.converters.onnx_functions import Library
from genescan.converters.onnx_ops import plain_domain
from genescan.converters.onnx_values import Values, text
from genescan.converters.schema import message_class
from genescan.converters.wire import parse
from genescan.errors import ModelError
from genescan.graph import Graph
from genescan.limits import Limits

_DROPPED = frozenset(
    {
        "doc_string",
        "metadata_props",
        "training_info",
        "quantization_annotation",
        "configuration",
        "device_configurations",
    }
)
"""Prose, exporters' notes and deployment hints: nothing here describes the network."""
_OPSETS = 64
"""Opset imports that are reported."""


def read(source: Source, limits: Limits) -> Graph:
    """The graph of an ONNX file.

    Raises:
        ModelError: the file is malformed; the place is a byte offset, a node or a tensor.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    model_class = message_class("onnx", "onnx.ModelProto")
    model, skeleton = parse(source, model_class, _DROPPED, limits)
    if not model.HasField("graph"):
        raise ModelError("the model has no graph")
    reader = BlockReader(Values(skeleton.skipped, limits), clock)
    block = reader.graph(model.graph)
    if not block.rows:
        raise ModelError("the graph has no nodes")
    if not block.outputs:
        raise ModelError("the graph has no outputs")
    undefined(block)
    library = Library(_functions(model), reader, limits)
    library.measure(block)
    return Builder(library, limits, clock).graph(block, _meta(model))


def _functions(model: Any) -> dict[Key, Any]:
    functions: dict[Key, Any] = {}
    for proto in model.functions:
        key = Key(plain_domain(text(proto.domain)), text(proto.name), text(proto.overload))
        if key in functions:
            raise ModelError(f"function {quote(key.name)} is defined twice")
        functions[key] = proto
    return functions


def _meta(model: Any) -> dict[str, str]:
    """Facts for the report; quoted, since anybody may have written them."""
    meta = {
        f"opset:{quote(text(opset.domain) or 'ai.onnx')[1:-1]}": str(opset.version)
        for opset in islice(model.opset_import, _OPSETS)
    }
    meta["ir_version"] = str(model.ir_version)
    producer = f"{text(model.producer_name)} {text(model.producer_version)}".strip()
    if producer:
        meta["producer"] = quote(producer)[1:-1]
    return meta
