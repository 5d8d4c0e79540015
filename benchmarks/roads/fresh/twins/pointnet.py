"""Keras twin of `pointnet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Apply(layers.Layer):  # type: ignore[misc, name-defined]
        """The product of two matrices in a batch."""

        def call(self, values: Any) -> Any:
            return tf.matmul(values[0], values[1])

    def unit(x: Any, cout: int) -> Any:
        x = layers.BatchNormalization(epsilon=1e-5)(layers.Conv1D(cout, 1)(x))
        return layers.ReLU()(x)

    start = keras.Input((40, 3), batch_size=1)
    whole = layers.GlobalMaxPooling1D()(unit(unit(start, 16), 24))
    matrix = layers.Dense(9)(layers.Dense(16, activation="relu")(whole))
    x = Apply()([start, layers.Reshape((3, 3))(matrix)])
    for cout in (16, 24, 32):
        x = unit(x, cout)
    x = layers.Dense(24, activation="relu")(layers.GlobalMaxPooling1D()(x))
    x = layers.Dense(10)(layers.Dropout(0.3)(x))
    return keras.Model(start, layers.Activation("log_softmax")(x))
