"""Families that no signature knows, three models each: `genescan learn` is judged by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from benchmarks.zoo.spec import Built, Spec

Trio: TypeAlias = tuple[tuple[Spec, str], tuple[Spec, str], tuple[Spec, str]]
"""Two models to learn from and a third to find, each with its exporter."""


def spec(
    name: str, family: str, maker: Callable[[], Any], *shapes: tuple[int, ...], code: str
) -> Spec:
    """A network with float inputs of these shapes; a Keras model where `code` says so."""

    def built(_: int) -> Built:
        inputs = {f"input{i}": torch.randn(*shape) for i, shape in enumerate(shapes)}
        return Built(maker(), inputs)

    def keras_model(seed: int) -> Any:
        return settled(maker, seed)

    keras = code.startswith("keras")
    return Spec(
        name, family, name, keras_model if keras else built, implementation=code,
        split="test", toolchain="keras" if keras else "torch",
    )  # fmt: skip


def settled(maker: Callable[[], Any], seed: int) -> Any:
    """A Keras model whose norms and biases are random, so that no exporter folds one away."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    model = maker()
    random = np.random.default_rng(seed)
    for weight in model.weights:
        name = weight.name
        if name in ("gamma", "moving_variance", "bias", "beta", "moving_mean"):
            low = 0.5 if name in ("gamma", "moving_variance") else -0.1
            weight.assign(random.uniform(low, low + 0.2, tuple(weight.shape)).astype("float32"))
    return model
