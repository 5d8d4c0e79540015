"""Keras twin of `audio_wave`; weights normed are plain weights."""

from __future__ import annotations

from typing import Any

FRAMES, BANDS, WIDTH = 20, 10, 16


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Snake(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.alpha = self.add_weight(shape=(shape[-1],), initializer="ones", name="alpha")

        def call(self, x: Any) -> Any:
            return x + (1.0 / (self.alpha + 1e-9)) * tf.square(tf.sin(x * self.alpha))

    def conv(x: Any, width: int, kernel: int = 1, rate: int = 1, padding: str = "same") -> Any:
        return layers.Conv1D(width, kernel, padding=padding, dilation_rate=rate)(x)

    def leaky(x: Any, slope: float = 0.1) -> Any:
        return layers.Lambda(lambda v: tf.nn.leaky_relu(v, slope))(x)

    def gated(x: Any, rate: int) -> tuple[Any, Any]:
        y = conv(x, 2 * WIDTH, 3, rate, "causal")
        value, gate = layers.Lambda(lambda v: tf.split(v, 2, axis=-1))(y)
        y = layers.Multiply()([tf_tanh(value), layers.Activation("sigmoid")(gate)])
        rest = conv(y, WIDTH)
        x = layers.Lambda(lambda v: (v[0] + v[1]) * 0.5**0.5)([x, rest])
        return x, conv(y, WIDTH)

    def tf_tanh(x: Any) -> Any:
        return layers.Activation("tanh")(x)

    def widths(x: Any) -> Any:
        parts = [layers.Add()([x, conv(leaky(x), 8, kernel)]) for kernel in (3, 7)]
        return layers.Lambda(lambda v: v / 2)(layers.Add()(parts))

    def shuffled(x: Any) -> Any:
        x = tf.reshape(x, (1, 4 * FRAMES, 2, 4))
        return tf.reshape(x, (1, 8 * FRAMES, 4))

    start = keras.Input((FRAMES, BANDS), batch_size=1)
    x, skips = conv(start, WIDTH), []
    for rate in (1, 2, 4):
        x, skip = gated(x, rate)
        skips.append(skip)
    x = layers.ReLU()(layers.Add()(skips))
    y = layers.ReLU()(conv(x, WIDTH, 3, 2, "causal"))
    y = layers.ReLU()(conv(y, WIDTH, 3, 2, "causal"))
    x = layers.ReLU()(layers.Add()([x, y]))
    value, gate = layers.Lambda(lambda v: tf.split(v, 2, axis=-1))(conv(x, 2 * WIDTH, 3))
    x = layers.Multiply()([value, layers.Activation("sigmoid")(gate)])
    x = layers.Conv1DTranspose(8, 8, strides=4, padding="same")(leaky(x))
    x = conv(Snake()(widths(x)), 8, 3)
    x = conv(leaky(layers.Lambda(shuffled)(x), 0.01), 1, 7)
    return keras.Model(start, layers.Lambda(lambda v: tf.tanh(v)[..., 0])(x))
