"""Keras twin of `sequence_recurrent`."""

from __future__ import annotations

from typing import Any

STEPS, WIDTH = 9, 12


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class States(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.first = self.add_weight(shape=(1, 8), initializer="uniform", name="first")
            self.second = self.add_weight(shape=(1, 8), initializer="uniform", name="second")

        def call(self, x: Any) -> Any:
            count = (tf.shape(x)[0], 1)
            return tf.tile(self.first, count), tf.tile(self.second, count)

    start = keras.Input((STEPS, 6), batch_size=1)
    x = layers.Dense(WIDTH, activation="relu")(start)
    for _ in range(2):
        x = layers.Bidirectional(layers.LSTM(10, return_sequences=True))(x)
    x = layers.Dense(WIDTH, activation="tanh")(x)
    gru = layers.GRU(10, return_sequences=True, return_state=True)
    x, forward, backward = layers.Bidirectional(gru)(x)
    both = layers.Concatenate()([forward, backward])
    x = layers.SimpleRNN(14, return_sequences=True)(layers.Dense(WIDTH)(x))
    most = layers.GlobalMaxPooling1D()(x)
    lstm = layers.LSTM(8, return_sequences=True, return_state=True)
    y, last, _ = lstm(x, initial_state=list(States()(x)))
    head = layers.Dense(7)(layers.Concatenate()([last, both, most]))
    return keras.Model(start, [head, layers.Lambda(lambda v: v[:, -1])(y)])
