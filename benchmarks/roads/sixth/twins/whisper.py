"""Keras twin of `whisper`; the hidden words stand in the graph as a constant."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, MELS, FRAMES, TOKENS = 48, 3, 192, 40, 64, 10
SIZE, STEPS = WIDTH // HEADS, FRAMES // 2


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    hidden = np.triu(np.full((TOKENS, TOKENS), -1e9, "float32"), 1)

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=False)

    def heads(x: Any, bias: bool = True) -> Any:
        count = x.shape[1]
        x = layers.Reshape((count, HEADS, SIZE))(layers.Dense(WIDTH, use_bias=bias)(x))
        return layers.Permute((2, 1, 3))(x)

    def attend(x: Any, known: Any, causal: bool = False) -> Any:
        def mix(values: Any) -> Any:
            query, key, value = values
            scores = tf.matmul(query * SIZE**-0.5, key, transpose_b=True)
            scores = scores + hidden if causal else scores
            return tf.matmul(tf.nn.softmax(scores), value)

        query, key, value = heads(x), heads(known, bias=False), heads(known)
        y = layers.Permute((2, 1, 3))(layers.Lambda(mix)([query, key, value]))
        return layers.Dense(WIDTH)(layers.Reshape((x.shape[1], WIDTH))(y))

    def mlp(x: Any) -> Any:
        return layers.Dense(WIDTH)(layers.Dense(WIDE, activation=gelu)(x))

    def placed(x: Any, limit: int) -> Any:
        count = x.shape[1]
        places = layers.Lambda(lambda _: tf.range(count)[None])(x)
        return layers.Add()([x, layers.Embedding(limit, WIDTH)(places)])

    def tied(x: Any) -> Any:
        return tf.matmul(x, words.embeddings, transpose_b=True)

    mel = keras.Input((FRAMES, MELS), batch_size=1)
    ids = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    x = layers.Conv1D(WIDTH, 3, activation=gelu)(layers.ZeroPadding1D(1)(mel))
    x = layers.Conv1D(WIDTH, 3, 2, activation=gelu)(layers.ZeroPadding1D(1)(x))
    x = placed(x, STEPS)
    for _ in range(2):
        y = norm(x)
        x = layers.Add()([x, attend(y, y)])
        x = layers.Add()([x, mlp(norm(x))])
    memory = norm(x)
    words = layers.Embedding(64, WIDTH)
    x = placed(words(ids), 24)
    for _ in range(2):
        y = norm(x)
        x = layers.Add()([x, attend(y, y, causal=True)])
        x = layers.Add()([x, attend(norm(x), memory)])
        x = layers.Add()([x, mlp(norm(x))])
    return keras.Model([mel, ids], layers.Lambda(tied)(norm(x)))
