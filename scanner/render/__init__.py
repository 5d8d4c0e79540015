"""Renderers: a report or a graph to text. Adding one is a module and one line here.

A report's module has `render(report, verbosity, terminal) -> str`, where `terminal` allows colour
and the terminal's width; a graph's has `render(graph) -> str`. Modules are imported when used.
"""

from __future__ import annotations

from collections.abc import Mapping

REPORTS: Mapping[str, str] = {
    "table": "genescan.render.table",
    "json": "genescan.render.document",
    "ndjson": "genescan.render.lines",
}

GRAPHS: Mapping[str, str] = {
    "text": "genescan.render.graph_text",
    "json": "genescan.render.graph_json",
    "dot": "genescan.render.graph_dot",
}
