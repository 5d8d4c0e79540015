"""Keras twin of `text_mixers`."""

from __future__ import annotations

from typing import Any

TOKENS, WIDTH, WIDE, HEADS = 12, 24, 32, 4


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers

    def gelu(x: Any) -> Any:
        return layers.Lambda(lambda v: tf.nn.gelu(v))(x)

    def gating(x: Any) -> Any:
        split = layers.Lambda(lambda v: tf.split(v, 2, -1))
        u, v = split(gelu(layers.Dense(2 * WIDE)(x)))
        v = layers.LayerNormalization(epsilon=1e-5)(v)
        v = layers.Permute((2, 1))(layers.Conv1D(TOKENS, 1)(layers.Permute((2, 1))(v)))
        return layers.Dense(WIDTH)(layers.Multiply()([u, v]))

    def table(size: int) -> Any:
        angle = 2 * np.pi * np.arange(size)[:, None] * np.arange(size)[None] / size
        return np.cos(angle).astype("float32"), np.sin(angle).astype("float32")

    def fourier(x: Any) -> Any:
        (words_cos, words_sin), (cos, sin) = table(TOKENS), table(WIDTH)
        real = tf.matmul(tf.matmul(words_cos[None], x), cos[None])
        return real - tf.matmul(tf.matmul(words_sin[None], x), sin[None])

    def mixing(x: Any) -> Any:
        y = layers.Dense(20)(layers.Permute((2, 1))(x))
        y = layers.Dense(TOKENS)(layers.Lambda(lambda v: tf.square(tf.nn.relu(v)))(y))
        return layers.Permute((2, 1))(y)

    class Shared(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.gamma = self.add_weight(shape=(2, 8), initializer="ones", name="gamma")
            self.beta = self.add_weight(shape=(2, 8), initializer="zeros", name="beta")

        def call(self, values: Any) -> Any:
            z, value, gate = values
            both = tf.einsum("...d,hd->...hd", z, self.gamma) + self.beta
            query, key = tf.unstack(both, axis=-2)
            similar = tf.einsum("bid,bjd->bij", query, key) / TOKENS
            return tf.einsum("bij,bjd->bid", tf.square(tf.nn.relu(similar)), value) * gate

    def gated(x: Any) -> Any:
        hidden = layers.Activation("swish")(layers.Dense(2 * WIDE)(x))
        value, gate = layers.Lambda(lambda v: tf.split(v, 2, -1))(hidden)
        z = layers.Activation("swish")(layers.Dense(8)(x))
        return layers.Dense(WIDTH)(Shared()([z, value, gate]))

    def linear(values: Any) -> Any:
        query, key = tf.nn.elu(values[0]) + 1, tf.nn.elu(values[1]) + 1
        parts = (tf.reshape(v, (1, TOKENS, HEADS, WIDTH // HEADS)) for v in (query, key, values[2]))
        query, key, value = parts
        both = tf.einsum("nshd,nshm->nhmd", key, value)
        z = 1 / (tf.einsum("nlhd,nhd->nlh", query, tf.reduce_sum(key, axis=1)) + 1e-6)
        mixed = tf.einsum("nlhd,nhmd,nlh->nlhm", query, both, z)
        return tf.reshape(mixed, (1, TOKENS, WIDTH))

    def attended(x: Any) -> Any:
        parts = [layers.Dense(WIDTH)(x) for _ in range(3)]
        return layers.Dense(WIDTH)(layers.Lambda(linear)(parts))

    start = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    x = layers.Embedding(50, WIDTH)(start)
    for unit in (gating, layers.Lambda(fourier), mixing, gated, attended):
        x = layers.Add()([x, unit(layers.LayerNormalization(epsilon=1e-5)(x))])
    return keras.Model(start, layers.Dense(4)(layers.GlobalAveragePooling1D()(x)))
