"""Keras twin of `super_resolution`; torch's order of channels is shuffled by hand."""

from __future__ import annotations

from typing import Any

WIDTH = 12


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def conv(x: Any, cout: int = WIDTH, kernel: int = 3) -> Any:
        return layers.Conv2D(cout, kernel, padding="same")(x)

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def single(x: Any) -> Any:
        return layers.PReLU(shared_axes=[1, 2, 3])(x)

    def shuffle(x: Any) -> Any:
        height, width, channels = x.shape[1:]
        x = layers.Reshape((height, width, channels // 4, 2, 2))(x)
        x = layers.Permute((1, 4, 2, 5, 3))(x)
        return layers.Reshape((2 * height, 2 * width, channels // 4))(x)

    start = keras.Input((16, 16, 1), batch_size=1)
    y = x = single(conv(start, kernel=5))
    for _ in range(2):
        y = layers.Add()([y, norm(conv(single(norm(conv(y)))))])
    x = shuffle(conv(layers.Add()([x, conv(y)]), 4 * WIDTH))
    x = conv(layers.PReLU(shared_axes=[1, 2])(x), 4)
    x = layers.Lambda(lambda value: tf.nn.depth_to_space(value, 2))(x)
    return keras.Model(start, layers.Lambda(lambda value: tf.clip_by_value(value, 0.0, 1.0))(x))
