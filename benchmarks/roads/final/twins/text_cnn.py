"""Keras twin of `text_cnn`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    start = keras.Input((16,), batch_size=1, dtype="int32")
    tables = [layers.Embedding(40, 12)(start) for _ in range(2)]
    x = layers.Concatenate()(tables)
    found = [layers.Conv1D(10, width, activation="relu")(x) for width in (3, 4, 5)]
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(each) for each in found])
    return keras.Model(start, layers.Dense(4, activation="softmax")(layers.Dropout(0.5)(x)))
