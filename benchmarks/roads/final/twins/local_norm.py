"""Keras twin of `local_norm`; TensorFlow's norm sums where torch's takes the mean."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def near(x: Any) -> Any:
        return tf.nn.local_response_normalization(x, 2, 2.0, 1e-2 / 5, 0.75)

    def conv(x: Any, cout: int, kernel: int, groups: int = 1) -> Any:
        return layers.Conv2D(cout, kernel, padding="same", groups=groups, activation="relu")(x)

    start = keras.Input((48, 48, 3), batch_size=1)
    x = layers.Conv2D(12, 7, 2, activation="relu")(layers.ZeroPadding2D(2)(start))
    x = layers.MaxPooling2D(3, 2)(layers.Lambda(near)(x))
    x = layers.MaxPooling2D(3, 2)(layers.Lambda(near)(conv(x, 16, 5, groups=2)))
    x = layers.MaxPooling2D(3, 2)(conv(conv(x, 20, 3), 16, 3, groups=2))
    x = layers.Dropout(0.5)(layers.Flatten()(layers.Permute((3, 1, 2))(x)))
    x = layers.Dropout(0.5)(layers.Dense(32, activation="relu")(x))
    return keras.Model(start, layers.Dense(10, activation="softmax")(x))
