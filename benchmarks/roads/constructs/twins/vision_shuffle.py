"""Keras twin of `vision_shuffle`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def conv(x: Any, cout: int, kernel: int = 3, act: str | None = "relu") -> Any:
        return layers.Conv2D(cout, kernel, padding="same", activation=act)(x)

    def focus(x: Any) -> Any:
        cut = (x[:, ::2, ::2], x[:, 1::2, ::2], x[:, ::2, 1::2], x[:, 1::2, 1::2])
        return tf.concat(cut, -1)

    def shuffle(x: Any) -> Any:
        x = tf.reshape(x, (1, 12, 12, 2, 8))
        return tf.reshape(tf.transpose(x, (0, 1, 2, 4, 3)), (1, 12, 12, 16))

    def shift(x: Any) -> Any:
        first, second = tf.split(x, 2, axis=-1)
        return tf.concat((tf.roll(first, 1, 1), tf.roll(second, -1, 2)), -1)

    def gated(x: Any) -> Any:
        one, two, three = tf.split(x, 3, axis=-1)
        return tf.concat((one * tf.sigmoid(two), three, two), -1)

    def unshuffle(x: Any) -> Any:
        _, rows, columns, width = x.shape
        x = tf.reshape(x, (1, rows // 2, 2, columns // 2, 2, width))
        x = tf.transpose(x, (0, 1, 3, 5, 2, 4))
        return tf.reshape(x, (1, rows // 2, columns // 2, width * 4))

    def pixels(x: Any) -> Any:
        _, rows, columns, width = x.shape
        x = tf.reshape(x, (1, rows, columns, width // 4, 2, 2))
        x = tf.transpose(x, (0, 1, 4, 2, 5, 3))
        return tf.reshape(x, (1, rows * 2, columns * 2, width // 4))

    start = keras.Input((48, 48, 3), batch_size=1)
    x = conv(layers.Lambda(focus)(start), 8)
    x = conv(layers.Lambda(lambda value: tf.nn.space_to_depth(value, 2))(x), 16)
    x = layers.Lambda(shift)(conv(layers.Lambda(shuffle)(x), 16))
    x = conv(conv(layers.Lambda(unshuffle)(x), 12, 1), 12, 1, None)
    x = layers.Lambda(pixels)(layers.Lambda(gated)(x))
    return keras.Model(start, conv(x, 5, 3, None))
