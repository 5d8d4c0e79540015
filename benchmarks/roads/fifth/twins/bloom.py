"""Keras twin of `bloom`; the biases by distance and the hidden words stand as one constant."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, TOKENS = 24, 4, 11
SIZE = WIDTH // HEADS


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    slopes = 2.0 ** (-8.0 / HEADS * np.arange(1, HEADS + 1))
    bias = slopes[:, None, None] * np.arange(TOKENS)
    bias = (bias + np.triu(np.full((TOKENS, TOKENS), -1e9), 1)).astype("float32")

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=True)

    def mix(packed: Any) -> Any:
        packed = tf.reshape(packed, (1, TOKENS, HEADS, 3, SIZE))
        query, key, value = (
            tf.transpose(packed[:, :, :, index], (0, 2, 1, 3)) for index in range(3)
        )
        scores = bias + tf.matmul(query, key, transpose_b=True) * (SIZE**-0.5)
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
        return tf.reshape(mixed, (1, TOKENS, WIDTH))

    def tied(x: Any) -> Any:
        return tf.matmul(x, words.embeddings, transpose_b=True)

    start = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    words = layers.Embedding(40, WIDTH)
    x = norm(words(start))
    for _ in range(2):
        y = layers.Lambda(mix)(layers.Dense(3 * WIDTH)(norm(x)))
        x = layers.Add()([x, layers.Dense(WIDTH)(y)])
        y = layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation=gelu)(norm(x)))
        x = layers.Add()([x, y])
    return keras.Model(start, layers.Lambda(tied)(norm(x)))
