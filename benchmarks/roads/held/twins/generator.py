"""Keras twin of `generator`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    start = keras.Input((1, 1, 20), batch_size=1)
    x = layers.Conv2DTranspose(32, 4, 1, "valid", use_bias=False)(start)
    for cout in (16, 12, 8):
        x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
        x = layers.Conv2DTranspose(cout, 4, 2, "same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
    return keras.Model(start, layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh")(x))
