"""Keras twin of `text_masks`."""

from __future__ import annotations

from typing import Any

TOKENS, WIDTH, HEADS = 12, 32, 4
SIZE = WIDTH // HEADS


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers

    def heads(x: Any) -> Any:
        return tf.transpose(tf.reshape(x, (1, TOKENS, HEADS, SIZE)), (0, 2, 1, 3))

    def joined(x: Any) -> Any:
        return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (1, TOKENS, WIDTH))

    def packed(x: Any) -> Any:
        query, key, value = (heads(part) for part in tf.split(x, 3, axis=-1))
        scores = tf.matmul(query, key, transpose_b=True) * (1.0 / SIZE**0.5)
        triangle = tf.linalg.band_part(tf.ones((TOKENS, TOKENS)), -1, 0)
        scores = tf.where(triangle == 0.0, -np.inf, scores)
        return joined(tf.matmul(tf.nn.softmax(scores), value))

    def alibi(values: Any) -> Any:
        query, key, value = (tf.reshape(each, (1, TOKENS, HEADS, SIZE)) for each in values)
        slopes = tf.constant([[[2.0 ** (-8.0 * (i + 1) / HEADS)]] for i in range(HEADS)])
        place = tf.range(TOKENS)
        distance = -tf.cast(tf.abs(place[None, :] - place[:, None]), "float32")
        scores = tf.einsum("bihd,bjhd->bhij", query, key) / SIZE**0.5 + slopes * distance
        mixed = tf.einsum("bhij,bjhd->bihd", tf.nn.softmax(scores, axis=-1), value)
        return tf.reshape(mixed, (1, TOKENS, WIDTH))

    def window(x: Any) -> Any:
        x = tf.transpose(tf.reshape(x, (1, TOKENS, 3, HEADS, SIZE)), (2, 0, 3, 1, 4))
        query, key, value = tf.unstack(x, axis=0)
        row, column = tf.range(TOKENS)[:, None], tf.range(TOKENS)[None]
        hidden = tf.logical_or(column > row, column <= row - 4)
        mask = tf.where(hidden, -1e9, 0.0)
        scores = tf.matmul(query, key, transpose_b=True) / tf.sqrt(float(SIZE)) + mask
        return joined(tf.matmul(tf.nn.softmax(scores), value))

    ids = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    keep = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    x = layers.Embedding(50, WIDTH)(ids)
    y = layers.Dense(3 * WIDTH)(layers.LayerNormalization(epsilon=1e-5)(x))
    x = layers.Add()([x, layers.Dense(WIDTH)(layers.Lambda(packed)(y))])
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    y = [layers.Dense(WIDTH, use_bias=False)(y) for _ in range(3)]
    x = layers.Add()([x, layers.Dense(WIDTH, use_bias=False)(layers.Lambda(alibi)(y))])
    y = layers.Dense(3 * WIDTH)(layers.LayerNormalization(epsilon=1e-5)(x))
    x = layers.Add()([x, layers.Dense(WIDTH)(layers.Lambda(window)(y))])
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    mask = layers.Lambda(lambda v: tf.not_equal(v, 0)[:, None, :])(keep)
    y = layers.MultiHeadAttention(HEADS, SIZE)(y, y, attention_mask=mask)
    x = layers.Dense(50, use_bias=False)(layers.Add()([x, y]))
    return keras.Model([ids, keep], x)
