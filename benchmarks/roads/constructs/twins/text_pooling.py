"""Keras twin of `text_pooling`."""

from __future__ import annotations

from typing import Any

TOKENS, WIDTH = 10, 24


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def places(x: Any) -> Any:
        return tf.range(tf.shape(x)[1])[None]

    class Learned(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.probe = self.add_weight(shape=(WIDTH,), initializer="uniform", name="probe")

        def call(self, values: Any) -> Any:
            x, mask = values
            scores = tf.reduce_sum(x * self.probe, -1)
            scores = scores + (1.0 - tf.cast(mask, "float32")) * -10000.0
            return tf.matmul(tf.nn.softmax(scores)[:, None], x)[:, 0]

    def mean(values: Any) -> Any:
        x, mask = values
        spread = tf.cast(mask, "float32")[..., None]
        return tf.reduce_sum(x * spread, 1) / tf.maximum(tf.reduce_sum(spread, 1), 1e-9)

    def most(values: Any) -> Any:
        return tf.reduce_max(tf.where(tf.equal(values[1], 0)[..., None], -1e9, values[0]), 1)

    def attended(values: Any) -> Any:
        x, scores, mask = values
        scores = tf.where(tf.equal(mask, 0), -1e4, tf.squeeze(scores, -1))
        return tf.reduce_sum(tf.nn.softmax(scores, axis=1)[..., None] * x, axis=1)

    ids, kinds, mask = (keras.Input((TOKENS,), batch_size=1, dtype="int32") for _ in range(3))
    words = layers.Embedding(60, WIDTH)(ids)
    x = layers.Add()([words, layers.Embedding(32, WIDTH)(layers.Lambda(places)(ids))])
    x = layers.Add()([x, layers.Embedding(2, WIDTH)(kinds)])
    x = layers.LayerNormalization(epsilon=1e-12)(x)
    x = layers.Activation("tanh")(layers.Dense(WIDTH)(x))
    first = layers.Dense(WIDTH, activation="tanh")(layers.Lambda(lambda v: v[:, 0])(x))
    scores = layers.Dense(1, use_bias=False)(layers.Dense(16, activation="tanh")(x))
    parts = [
        first,
        layers.Lambda(mean)([x, mask]),
        layers.Lambda(most)([x, mask]),
        layers.Lambda(attended)([x, scores, mask]),
        Learned()([x, mask]),
    ]
    x = layers.Dense(16)(layers.Concatenate()(parts))
    x = layers.Lambda(lambda v: tf.math.l2_normalize(v, axis=1))(x)
    return keras.Model([ids, kinds, mask], x)
