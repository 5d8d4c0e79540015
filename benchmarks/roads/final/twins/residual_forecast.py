"""Keras twin of `residual_forecast`."""

from __future__ import annotations

from functools import partial
from typing import Any

PAST, FUTURE = 20, 8


def bases() -> tuple[Any, Any]:
    """Powers of time and waves over it, as rows."""
    import numpy as np

    times = np.arange(-PAST, FUTURE, dtype="float32") / np.float32(PAST)
    angles = [2 * np.pi * turns * times for turns in (1, 2)]
    waves = [act(angle) for act in (np.cos, np.sin) for angle in angles]
    return np.stack([times**power for power in range(3)]), np.stack(waves).astype("float32")


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def spread(basis: Any, theta: Any) -> Any:
        back, fore = tf.split(theta, 2, 1)
        return tf.matmul(back, basis[:, :PAST]), tf.matmul(fore, basis[:, PAST:])

    def block(x: Any, basis: Any) -> tuple[Any, Any]:
        for _ in range(3):
            x = layers.Dense(24, activation="relu")(x)
        if basis is None:
            theta = layers.Dense(PAST + FUTURE)(x)
            return theta[:, :PAST], theta[:, PAST:]
        theta = layers.Dense(2 * len(basis), use_bias=False)(x)
        back, fore = layers.Lambda(partial(spread, basis))(theta)
        return back, fore

    trend, season = bases()
    start = keras.Input((PAST,), batch_size=1)
    left, total = start, start[:, -1:]
    for basis in (trend, trend, season, None):
        back, fore = block(left, basis)
        left, total = left - back, total + fore
    return keras.Model(start, total)
