"""A graph as JSON: nodes with operands, attributes, origins and evidence."""

from __future__ import annotations

import json
from typing import Any

from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor


def _attr(value: Attr) -> Any:
    if isinstance(value, Tensor):
        return {"dtype": value.dtype, "shape": value.shape}
    return value


def _operand(operand: Operand) -> Any:
    if isinstance(operand, Edge):
        return {"node": operand.source, "output": operand.port, "via": list(operand.via)}
    return None if operand is None else {"weight": operand.shape, "name": operand.name}


def _node(index: int, node: Node) -> dict[str, Any]:
    return {
        "id": index,
        "op": node.op,
        "inputs": [_operand(operand) for operand in node.inputs],
        "attrs": {name: _attr(value) for name, value in node.attrs.items()},
        "outputs": node.outputs,
        "origin": list(node.origin),
        "marks": dict(node.marks),
    }


def render(graph: Graph, detail: bool = False) -> str:
    """Indented JSON; edges refer to nodes by id."""
    document = {
        "format": graph.format,
        "nodes": [_node(index, node) for index, node in enumerate(graph.nodes)],
        "outputs": [_operand(operand) for operand in graph.outputs],
    }
    return json.dumps(document, indent=1) + "\n"
