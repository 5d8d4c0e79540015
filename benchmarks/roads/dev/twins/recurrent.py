"""Keras twin of `recurrent`; Keras' GRU resets after the product by default, as torch's does."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    start = keras.Input((12,), batch_size=1, dtype="int32")
    x = layers.Embedding(40, 16)(start)
    x = layers.LSTM(20, return_sequences=True)(x)
    x = layers.LSTM(20, return_sequences=True)(x)
    x = layers.GRU(12, return_sequences=True)(x)
    return keras.Model(start, layers.Dense(40)(x))
