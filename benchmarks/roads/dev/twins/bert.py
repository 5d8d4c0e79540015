"""Keras twin of `bert` on Keras' own attention layer; positions and types are looked up, too."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, TOKENS = 24, 3, 48, 12


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Places(layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, ids: Any) -> Any:
            return tf.range(tf.shape(ids)[1])[None]

    class Kinds(layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, ids: Any) -> Any:
            return tf.zeros_like(ids)

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6)(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=False)

    start = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    words = layers.Embedding(40, WIDTH)(start)
    places = layers.Embedding(32, WIDTH)(Places()(start))
    kinds = layers.Embedding(2, WIDTH)(Kinds()(start))
    x = norm(layers.Add()([layers.Add()([words, places]), kinds]))
    for _ in range(2):
        y = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x)
        x = norm(layers.Add()([x, y]))
        y = layers.Dense(WIDTH)(layers.Dense(WIDE, activation=gelu)(x))
        x = norm(layers.Add()([x, y]))
    return keras.Model(start, layers.Dense(WIDTH, activation="tanh")(x[:, 0]))
