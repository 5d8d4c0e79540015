"""A network of `keras_cv_attention_models`, on torch."""

from __future__ import annotations

from benchmarks.roads.ninth import on_torch
from benchmarks.zoo.spec import Built


def build(_: int) -> Built:
    """The network and its input."""
    return on_torch("mlp_mixer")
