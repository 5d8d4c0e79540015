"""Keras twin of `text_grouped`."""

from __future__ import annotations

from typing import Any

TOKENS, WIDTH, HEADS, GROUPS = 10, 32, 4, 2
SIZE = WIDTH // HEADS


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    hidden = np.triu(np.full((TOKENS, TOKENS), -1e9, "float32"), 1)

    class Norm(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="zeros", name="scale")

        def call(self, x: Any) -> Any:
            square = tf.reduce_mean(tf.square(x), -1, keepdims=True)
            return x * tf.math.rsqrt(square + 1e-6) * (1.0 + self.scale)

    def dense(x: Any, width: int, bias: bool = False) -> Any:
        return layers.Dense(width, use_bias=bias)(x)

    def split(x: Any, count: int) -> Any:
        return tf.reshape(x, (1, TOKENS, count, SIZE))

    def attend(query: Any, key: Any, value: Any, mask: Any = 0.0) -> Any:
        scores = tf.matmul(query, key, transpose_b=True) * SIZE**-0.5 + mask
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
        return tf.reshape(mixed, (1, TOKENS, WIDTH))

    def grouped(values: Any) -> Any:
        query, key, value = (tf.transpose(each, (0, 2, 1, 3)) for each in values)
        key, value = (
            tf.reshape(tf.tile(each[:, :, None], (1, 1, 2, 1, 1)), (1, HEADS, TOKENS, SIZE))
            for each in (key, value)
        )
        return attend(query, key, value, hidden)

    class One(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            given = keras.initializers.Constant(2.0)
            self.factor = self.add_weight(shape=(HEADS, 1, 1), initializer=given, name="factor")

        def call(self, x: Any) -> Any:
            query, key, value = tf.split(x, [WIDTH, SIZE, SIZE], axis=-1)
            query = tf.transpose(split(query, HEADS), (0, 2, 1, 3))
            query, key = (tf.math.l2_normalize(each, axis=-1) for each in (query, key))
            scores = tf.matmul(query, key[:, None], transpose_b=True) * self.factor
            mixed = tf.matmul(tf.nn.softmax(scores), value[:, None])
            return tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (1, TOKENS, WIDTH))

    def repeated(values: Any) -> Any:
        query = split(values[0], HEADS)
        key, value = tf.unstack(tf.reshape(values[1], (1, TOKENS, 2, GROUPS, SIZE)), axis=2)
        key, value = (tf.repeat(each, HEADS // GROUPS, axis=2) for each in (key, value))
        query, key, value = (tf.transpose(each, (0, 2, 1, 3)) for each in (query, key, value))
        return attend(query, key, value, hidden)

    def of_table(values: Any) -> Any:
        return tf.matmul(values, table.embeddings, transpose_b=True)

    start = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    table = layers.Embedding(50, WIDTH)
    x = layers.Lambda(lambda v: v * WIDTH**0.5)(table(start))
    y = Norm()(x)
    query = Norm()(layers.Reshape((TOKENS, HEADS, SIZE))(dense(y, WIDTH)))
    key = Norm()(layers.Reshape((TOKENS, GROUPS, SIZE))(dense(y, GROUPS * SIZE)))
    value = layers.Reshape((TOKENS, GROUPS, SIZE))(dense(y, GROUPS * SIZE))
    y = dense(layers.Lambda(grouped)([query, key, value]), WIDTH)
    x = layers.Add()([x, y])
    y = Norm()(x)
    gate = layers.Activation("swish")(dense(y, 48))
    x = layers.Add()([x, dense(layers.Multiply()([gate, dense(y, 48)]), WIDTH)])
    one = dense(One()(dense(Norm()(x), WIDTH + 2 * SIZE)), WIDTH)
    y = Norm()(x)
    y = layers.Lambda(repeated)([dense(y, WIDTH, True), dense(y, 2 * GROUPS * SIZE, True)])
    x = layers.Add()([layers.Add()([x, one]), dense(y, WIDTH, True)])
    value, gate = layers.Lambda(lambda v: tf.split(v, 2, -1))(dense(Norm()(x), 96, True))
    y = layers.Multiply()([value, layers.Lambda(lambda v: tf.nn.gelu(v))(gate)])
    x = layers.Add()([x, dense(y, WIDTH, True)])
    return keras.Model(start, layers.Lambda(of_table)(x))
