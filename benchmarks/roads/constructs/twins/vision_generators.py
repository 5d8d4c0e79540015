"""Keras twin of `vision_generators`."""

from __future__ import annotations

import math
from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class GroupNorm(layers.Layer):  # type: ignore[misc, name-defined]
        """Four groups of channels."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
            self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")

        def call(self, x: Any) -> Any:
            shape = x.shape
            x = tf.reshape(x, (1, *shape[1:3], 4, shape[3] // 4))
            mean, variance = tf.nn.moments(x, (1, 2, 4), keepdims=True)
            x = tf.reshape((x - mean) * tf.math.rsqrt(variance + 1e-5), (1, *shape[1:]))
            return x * self.scale + self.bias

    class Codes(layers.Layer):  # type: ignore[misc, name-defined]
        """The nearest of a table."""

        def build(self, shape: Any) -> None:
            self.table = self.add_weight(
                shape=(20, shape[-1]), initializer="random_normal", name="table"
            )

        def call(self, x: Any) -> Any:
            flat = tf.reshape(x, (-1, x.shape[-1]))
            far = (
                tf.reduce_sum(flat**2, axis=1, keepdims=True)
                + tf.reduce_sum(self.table**2, axis=1)
                - 2 * tf.matmul(flat, self.table, transpose_b=True)
            )
            return tf.reshape(tf.gather(self.table, tf.argmin(far, axis=1)), tf.shape(x))

    def waves(steps: Any) -> Any:
        rates = tf.exp(-math.log(10000) * tf.range(8, dtype=tf.float32) / 8)
        angles = steps[:, None] * rates[None]
        return tf.concat([tf.cos(angles), tf.sin(angles)], axis=-1)

    def conv(x: Any, cout: int, kernel: int = 3) -> Any:
        return layers.Conv2D(cout, kernel, padding="same")(x)

    def swish(x: Any) -> Any:
        return layers.Activation("swish")(x)

    def modulated(values: Any) -> Any:
        scale, shift = tf.split(values[1][:, None, None], 2, axis=-1)
        return values[0] * (1 + scale) + shift

    def residual(x: Any, style: Any) -> Any:
        y = conv(swish(GroupNorm()(x)), 12)
        y = layers.Lambda(modulated)([GroupNorm()(y), layers.Dense(24)(swish(style))])
        return layers.Add()([layers.Conv2D(12, 1)(x), conv(layers.Dropout(0.1)(swish(y)), 12)])

    def instance(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5)

    def spatial(x: Any, plan: Any) -> Any:
        plan = layers.Lambda(lambda value: tf.image.resize(value, (8, 8), "nearest"))(plan)
        plan = layers.ReLU()(conv(plan, 8))
        scale, shift = conv(plan, 12), conv(plan, 12)
        x = layers.BatchNormalization(epsilon=1e-5, center=False, scale=False)(x)
        return layers.Lambda(lambda v: v[0] * (1 + v[1]) + v[2])([x, scale, shift])

    def leaky(x: Any) -> Any:
        return layers.Lambda(lambda value: tf.nn.leaky_relu(value, 0.2))(x)

    image, time = keras.Input((16, 16, 3), batch_size=1), keras.Input((), batch_size=1)
    style = layers.Dense(16)(layers.Dense(16, activation="swish")(layers.Lambda(waves)(time)))
    x = layers.Conv2D(8, 3, 2)(layers.ZeroPadding2D(1)(image))
    x = residual(x, style)
    x = leaky(layers.Lambda(modulated)([layers.Lambda(instance)(x), layers.Dense(24)(style)]))
    x = Codes()(leaky(spatial(x, image)))
    x = layers.Conv2DTranspose(8, 4, 2, "same", activation="relu")(x)
    return keras.Model([image, time], layers.Activation("tanh")(conv(x, 3)))
