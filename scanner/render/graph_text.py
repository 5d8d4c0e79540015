"""A graph in the notation of `genescan.text`."""

from __future__ import annotations

from genescan import text
from genescan.graph import Graph


def render(graph: Graph, detail: bool = False) -> str:
    """The canonical text: the same for every export of a network; `detail` adds all attributes."""
    return text.render(graph, all_attrs=detail)
