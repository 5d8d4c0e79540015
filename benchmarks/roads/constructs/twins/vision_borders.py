"""Keras twin of `vision_borders`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    line = np.array([1.0, 2.0, 1.0], "float32")
    blur = np.tile((line[:, None] * line[None] / 16)[:, :, None, None], (1, 1, 12, 1))

    def edged(x: Any, size: int, mode: str = "REFLECT") -> Any:
        edges = ((0, 0), (size, size), (size, size), (0, 0))
        return layers.Lambda(lambda value: tf.pad(value, edges, mode))(x)

    def softened(x: Any) -> Any:
        return tf.nn.depthwise_conv2d(x, blur, (1, 2, 2, 1), "VALID")

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, "same", activation="relu")(start)
    x = layers.Conv2D(8, 5, activation="relu")(edged(x, 2))
    x = layers.Conv2D(12, 3, activation="relu")(edged(x, 1, "SYMMETRIC"))
    x = layers.Conv2D(12, 3, activation="relu")(layers.ZeroPadding2D((0, 1))(x))
    x = layers.Conv2D(12, (1, 5), padding="same", activation="relu")(x)
    x = layers.Lambda(softened)(edged(x, 1))
    x = layers.Conv2DTranspose(8, 3, 2, "same", activation="relu")(x)
    x = layers.Conv2DTranspose(8, 4, 2, "same", activation="relu")(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    return keras.Model(start, layers.Conv2D(4, 2)(x))
