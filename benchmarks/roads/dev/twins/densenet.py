"""Keras twin of `densenet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def active(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))

    def dense(x: Any) -> Any:
        for _ in range(3):
            y = layers.Conv2D(16, 1, use_bias=False)(active(x))
            y = layers.Conv2D(8, 3, padding="same", use_bias=False)(active(y))
            x = layers.Concatenate()([x, y])
        return x

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(16, 7, 2, use_bias=False)(layers.ZeroPadding2D(3)(start))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(active(x)))
    x = layers.Conv2D(20, 1, use_bias=False)(active(dense(x)))
    x = active(dense(layers.AveragePooling2D(2)(x)))
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
