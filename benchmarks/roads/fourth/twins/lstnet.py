"""Keras twin of `lstnet`; the batch comes before the steps."""

from __future__ import annotations

from typing import Any

PAST, SERIES, KERNEL, WIDTH, HIDDEN, PERIOD, SEASON, NEAR = 29, 7, 6, 16, 20, 6, 5, 8
TURNS = (PAST - KERNEL) // PERIOD


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def periods(x: Any) -> Any:
        x = tf.reshape(x[:, -TURNS * PERIOD :], (1, TURNS, PERIOD, WIDTH))
        return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (PERIOD, TURNS, WIDTH))

    start = keras.Input((PAST, SERIES), batch_size=1)
    c = layers.Reshape((PAST, SERIES, 1))(start)
    c = layers.Conv2D(WIDTH, (KERNEL, SERIES), activation="relu")(c)
    c = layers.Dropout(0.2)(layers.Reshape((PAST - KERNEL + 1, WIDTH))(c))
    r = layers.Dropout(0.2)(layers.GRU(HIDDEN)(c))
    s = layers.GRU(SEASON)(layers.Lambda(periods)(c))
    s = layers.Lambda(lambda value: tf.reshape(value, (1, PERIOD * SEASON)))(s)
    found = layers.Dense(SERIES)(layers.Concatenate()([r, layers.Dropout(0.2)(s)]))
    z = layers.Permute((2, 1))(layers.Lambda(lambda value: value[:, -NEAR:])(start))
    z = layers.Reshape((SERIES,))(layers.Dense(1)(z))
    return keras.Model(start, layers.Activation("sigmoid")(layers.Add()([found, z])))
