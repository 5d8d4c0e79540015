"""Keras twin of `tagger`."""

from __future__ import annotations

from typing import Any

WORDS, LETTERS = 8, 6


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def both(x: Any) -> Any:
        x = layers.Bidirectional(layers.LSTM(12, return_sequences=True))(x)
        return layers.Dropout(0.3)(layers.LayerNormalization(epsilon=1e-5)(x))

    def highway(x: Any) -> Any:
        gate = layers.Dense(24, activation="sigmoid")(x)
        change = layers.Dense(24, activation="relu")(x)
        return gate * change + (1.0 - gate) * x

    def spelling(x: Any) -> Any:
        x = layers.Embedding(40, 8)(x)
        x = layers.Lambda(lambda value: tf.reshape(value, (WORDS, LETTERS, 8)))(x)
        x = layers.Conv1D(12, 3, padding="same", activation="relu")(x)
        x = layers.GlobalMaxPooling1D()(x)
        return layers.Lambda(lambda value: tf.reshape(value, (1, WORDS, 12)))(x)

    words = keras.Input((WORDS,), batch_size=1, dtype="int32")
    letters = keras.Input((WORDS * LETTERS,), batch_size=1, dtype="int32")
    x = layers.Embedding(40, 12)(words)
    x = both(highway(layers.Concatenate()([x, spelling(letters)])))
    x = layers.Add()([x, both(x)])
    return keras.Model([words, letters], layers.Dense(9)(x))
