"""Keras twin of `wavenet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    start = keras.Input((48, 1), batch_size=1)
    x, skips = layers.Conv1D(12, 1)(start), []
    for dilation in (1, 2, 4, 8):
        wide = {"padding": "causal", "dilation_rate": dilation}
        signal = layers.Conv1D(12, 2, activation="tanh", **wide)(x)
        gate = layers.Conv1D(12, 2, activation="sigmoid", **wide)(x)
        y = layers.Multiply()([signal, gate])
        if dilation < 8:
            x = layers.Add()([x, layers.Conv1D(12, 1)(y)])
        skips.append(layers.Conv1D(16, 1)(y))
    total = layers.Add()(skips)
    late = layers.Conv1D(16, 1, activation="relu")(layers.ReLU()(total))
    return keras.Model(start, layers.Conv1D(20, 1)(late))
