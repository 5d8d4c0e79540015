"""The same network on TensorFlow, for `tf_keras` alone."""

from __future__ import annotations

from typing import Any

from benchmarks.roads.ninth import on_tensorflow


def build(_: Any) -> Any:
    """The model."""
    return on_tensorflow("tinynet_e")
