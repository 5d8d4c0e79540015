"""A network of the zoo."""

from __future__ import annotations

from typing import Any

from benchmarks.roads.thirteenth import zoo


def build(_: Any) -> Any:
    """The model."""
    return zoo("tf_cv", "keras_cv-densenet121", 0)
