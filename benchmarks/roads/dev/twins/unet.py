"""Keras twin of `unet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def double(x: Any, cout: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(cout, 3, padding="same")(x)
            x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
        return x

    def up(x: Any, skip: Any, cout: int) -> Any:
        x = layers.Conv2DTranspose(cout, 2, 2)(x)
        return double(layers.Concatenate()([skip, x]), cout)

    start = keras.Input((32, 32, 3), batch_size=1)
    fine = double(start, 8)
    coarse = double(layers.MaxPooling2D()(fine), 12)
    x = double(layers.MaxPooling2D()(coarse), 16)
    x = up(up(x, coarse, 12), fine, 8)
    return keras.Model(start, layers.Conv2D(2, 1, activation="sigmoid")(x))
