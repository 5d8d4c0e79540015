"""Keras twin of `crnn`; the batch comes first instead of the steps."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    x = start = keras.Input((32, 48, 1), batch_size=1)
    for index, cout in enumerate((8, 8, 16, 16)):
        x = layers.Conv2D(cout, 3, padding="same")(x)
        if index >= 2:
            x = layers.BatchNormalization(epsilon=1e-5)(x)
        x = layers.MaxPooling2D(2 if index < 2 else (2, 1))(layers.ReLU()(x))
    x = layers.BatchNormalization(epsilon=1e-5)(layers.Conv2D(16, 2)(x))
    x = layers.ReLU()(x)
    x = layers.Reshape((x.shape[2], x.shape[3]))(x)
    for cout in (12, 20):
        x = layers.Bidirectional(layers.LSTM(12, return_sequences=True))(x)
        x = layers.Dense(cout)(x)
    return keras.Model(start, x)
