"""Keras twin of `dlrm`."""

from __future__ import annotations

from typing import Any

DENSE, TABLES, ROWS, WIDTH = 13, 26, 40, 16
BOTTOM, TOP = (64, 32, WIDTH), (64, 32, 1)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers
    count = TABLES + 1
    pairs = [row * count + column for row in range(count) for column in range(row)]

    def interact(parts: Any) -> Any:
        t = tf.reshape(tf.concat(parts, 1), (-1, count, WIDTH))
        z = tf.reshape(tf.matmul(t, t, transpose_b=True), (-1, count * count))
        return tf.gather(z, pairs, axis=1)

    dense = keras.Input((DENSE,), batch_size=1, name="numbers")
    sparse = keras.Input((TABLES,), batch_size=1, dtype="int32", name="categories")
    x = dense
    for width in BOTTOM:
        x = layers.Dense(width, activation="relu")(x)
    ids = layers.Lambda(lambda value: tf.unstack(value, axis=1))(sparse)
    rows = [layers.Embedding(ROWS, WIDTH)(each) for each in ids]
    x = layers.Concatenate()([x, layers.Lambda(interact)([x, *rows])])
    for index, width in enumerate(TOP):
        x = layers.Dense(width, activation="sigmoid" if index == len(TOP) - 1 else "relu")(x)
    return keras.Model([dense, sparse], x)
