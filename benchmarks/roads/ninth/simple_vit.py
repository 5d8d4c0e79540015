"""A network of the zoo."""

from __future__ import annotations

from benchmarks.roads.ninth import zoo
from benchmarks.zoo.spec import Built


def build(seed: int) -> Built:
    """The network and its inputs."""
    return zoo("torch_vision", "vit_pytorch-simple-vit", seed)
