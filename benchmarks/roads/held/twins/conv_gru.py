"""Keras twin of `conv_gru`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    x = start = keras.Input((32, 40, 1), batch_size=1)
    for kernel, stride, pad in (((11, 5), (2, 2), (5, 2)), ((7, 5), (2, 1), (3, 2))):
        x = layers.Conv2D(8, kernel, stride)(layers.ZeroPadding2D(pad)(x))
        x = layers.ReLU(20.0)(layers.BatchNormalization(epsilon=1e-5)(x))
    x = layers.Permute((2, 3, 1))(x)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    for _ in range(2):
        x = layers.Bidirectional(layers.GRU(12, return_sequences=True))(x)
    return keras.Model(start, layers.Dense(20, activation="softmax")(x))
