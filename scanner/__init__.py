"""genescan tells what a neural-network file is from its computational graph alone.

from genescan import Library, scan_file
print(scan_file("model.onnx", Library.load()).family)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genescan.graph import Graph
    from genescan.library import Library
    from genescan.pipeline import Options, load, scan, scan_file
    from genescan.report import Model, Report

__version__ = "0.1.0"

_HOME = {
    "Graph": "graph",
    "Library": "library",
    "Model": "report",
    "Options": "pipeline",
    "Report": "report",
    "load": "pipeline",
    "scan": "pipeline",
    "scan_file": "pipeline",
}
__all__ = ["Graph", "Library", "Model", "Options", "Report", "load", "scan", "scan_file"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `genescan --help` needs none of them."""
    if name not in _HOME:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"genescan.{_HOME[name]}"), name)
