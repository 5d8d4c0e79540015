"""A graph in the DOT language of Graphviz."""

from __future__ import annotations

from genescan import ops
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.render.clean import clean

_COLOURS = {
    "Contraction": "#cfe2ff",
    "Recurrent": "#e2d9f3",
    "Attention": "#f7d6e6",
    "Normalization": "#e9ecef",
    "Activation": "#d1e7dd",
    "Pool": "#fff3cd",
    "Boundary": "#ffffff",
    "Unknown": "#f8d7da",
}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(node: Node) -> str:
    lines = [clean(node.op)]
    for operand in node.inputs:
        if isinstance(operand, Tensor) and operand.shape:
            lines.append("w " + "x".join("?" if d is None else str(d) for d in operand.shape))
    for name in ops.info(node.op).attrs:
        value = node.attrs.get(name)
        if value is not None and value != ops.default(node.op, name, node.attrs):
            lines.append(clean(f"{name}={value}"))
    if node.op == "Input":
        lines.append(clean(node.origin[0] if node.origin else ""))
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)


def render(graph: Graph, detail: bool = False) -> str:
    """A directed graph, top to bottom, coloured by operator class."""
    rows = ["digraph genescan {", "  rankdir=TB;", '  node [shape=box, style="rounded,filled"];']
    for index, node in enumerate(graph.nodes):
        colour = _COLOURS.get(ops.kind(node.op), "#f8f9fa")
        rows.append(f'  n{index} [label="{_label(node)}", fillcolor="{colour}"];')
    for index, node in enumerate(graph.nodes):
        for operand in node.inputs:
            if isinstance(operand, Edge):
                label = _quoted(clean(" ".join(operand.via), 60))
                rows.append(f"  n{operand.source} -> n{index} [tooltip={label}];")
    return "\n".join([*rows, "}"]) + "\n"
