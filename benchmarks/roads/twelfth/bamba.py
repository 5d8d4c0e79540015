"""A network of the zoo."""

from __future__ import annotations

from benchmarks.roads.twelfth import zoo
from benchmarks.zoo.spec import Built


def build(seed: int) -> Built:
    """The network and its inputs."""
    built: Built = zoo("torch_language", "transformers-bamba", seed)
    return built
