"""Keras twin of `codebook`."""

from __future__ import annotations

from typing import Any

WIDTH, CODES = 8, 24


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Nearest(layers.Layer):  # type: ignore[misc, name-defined]
        """The nearest vector of a table for every place, and its number."""

        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=(CODES, WIDTH), name="table")

        def call(self, x: Any) -> Any:
            flat = tf.reshape(x, (-1, WIDTH))
            lengths = tf.reduce_sum(flat**2, 1, keepdims=True) + tf.reduce_sum(self.table**2, 1)
            codes = tf.argmin(lengths - 2 * tf.matmul(flat, self.table, transpose_b=True), 1)
            found = tf.gather(self.table, codes)
            return tf.reshape(found, (-1, *x.shape[1:])), tf.reshape(codes, (-1, *x.shape[1:3]))

    start = keras.Input((24, 24, 3), batch_size=1)
    x = start
    for cout in (12, 16):
        x = layers.Conv2D(cout, 4, 2, activation="relu")(layers.ZeroPadding2D(1)(x))
    found, codes = Nearest()(layers.Conv2D(WIDTH, 1)(x))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(found)
    x = layers.Conv2DTranspose(12, 4, 2, "same", activation="relu")(x)
    return keras.Model(start, [layers.Conv2DTranspose(3, 4, 2, "same")(x), codes])
