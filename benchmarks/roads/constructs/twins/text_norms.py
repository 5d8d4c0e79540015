"""Keras twin of `text_norms`."""

from __future__ import annotations

from typing import Any

TOKENS, WIDTH = 10, 24


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Own(layers.Layer):  # type: ignore[misc, name-defined]
        """A scale, and a shift where the norm has one."""

        shifted = False
        shape: tuple[int, ...] = (WIDTH,)

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=self.shape, initializer="ones", name="scale")
            if self.shifted:
                self.shift = self.add_weight(shape=(WIDTH,), initializer="zeros", name="shift")

    class Rooted(Own):
        def call(self, x: Any) -> Any:
            return tf.math.l2_normalize(x, axis=-1) * WIDTH**0.5 * self.scale

    class Powered(Own):
        def call(self, x: Any) -> Any:
            mean = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
            return self.scale * x * tf.pow(mean + 1e-6, -0.5)

    class Divided(Own):
        def call(self, x: Any) -> Any:
            length = tf.norm(x, axis=-1, keepdims=True) * WIDTH**-0.5
            return self.scale * (x / (length + 1e-8))

    class ScaleNorm(Own):
        shape = (1,)

        def call(self, x: Any) -> Any:
            length = tf.maximum(tf.norm(x, axis=-1, keepdims=True), 1e-5)
            return x / length * self.scale

    class ByHand(Own):
        shifted = True

        def call(self, x: Any) -> Any:
            mean = tf.reduce_mean(x, axis=-1, keepdims=True)
            square = tf.reduce_sum(tf.square(x - mean), axis=-1, keepdims=True) / (WIDTH - 1)
            return self.scale * (x - mean) / (tf.sqrt(square) + 1e-6) + self.shift

    class Biased(Own):
        shifted = True

        def call(self, x: Any) -> Any:
            mean, variance = tf.nn.moments(x, [-1], keepdims=True)
            return self.scale * ((x - mean) / tf.sqrt(variance + 1e-5)) + self.shift

    start = keras.Input((TOKENS, 8), batch_size=1)
    x = layers.Dense(WIDTH)(start)
    for kind in (Rooted, Powered, Divided, ScaleNorm, ByHand, Biased):
        y = layers.Dense(WIDTH)(kind()(x))
        x = layers.Add()([x, layers.Lambda(lambda v: tf.nn.gelu(v))(y)])
    x = layers.LayerNormalization(epsilon=1e-5, center=False, scale=False)(x)
    x = layers.Dense(5)(x)
    x = layers.Lambda(lambda v: tf.math.l2_normalize(v, axis=-1))(x)
    return keras.Model(start, x)
