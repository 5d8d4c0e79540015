"""A network of the zoo."""

from __future__ import annotations

from typing import Any

from benchmarks.roads.eleventh import zoo


def build(_: Any) -> Any:
    """The model."""
    return zoo("tf_tabular", "deepctr-xdeepfm", 0)
