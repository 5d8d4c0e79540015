"""Keras twin of `vision_norms`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Affine(layers.Layer):  # type: ignore[misc, name-defined]
        """A norm by hand with a weight for each channel."""

        def __init__(self, function: Any, shift: bool = True) -> None:
            super().__init__()
            self.function, self.shift = function, shift

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
            if self.shift:
                self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")

        def call(self, x: Any) -> Any:
            x = self.function(x) * self.scale
            return x + self.bias if self.shift else x

    class Responses(layers.Layer):  # type: ignore[misc, name-defined]
        """Global response normalisation."""

        def build(self, shape: Any) -> None:
            form = (1, 1, 1, shape[-1])
            self.gamma = self.add_weight(shape=form, initializer="random_normal", name="gamma")
            self.beta = self.add_weight(shape=form, initializer="random_normal", name="beta")

        def call(self, x: Any) -> Any:
            length = tf.norm(x, axis=(1, 2), keepdims=True)
            length = length / (tf.reduce_mean(length, axis=-1, keepdims=True) + 1e-6)
            return self.gamma * (x * length) + self.beta + x

    class Cosine(layers.Layer):  # type: ignore[misc, name-defined]
        """A product with rows of length one."""

        def build(self, shape: Any) -> None:
            form = (shape[-1], 10)
            self.weight = self.add_weight(shape=form, initializer="random_normal", name="weight")

        def call(self, x: Any) -> Any:
            x = tf.math.l2_normalize(x, axis=-1)
            return 16.0 * tf.matmul(x, tf.math.l2_normalize(self.weight, axis=0))

    def near(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, (3,), keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-6)

    def instance(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5)

    def groups(count: int) -> Any:
        def norm(x: Any) -> Any:
            _, rows, columns, width = x.shape
            x = tf.reshape(x, (1, rows, columns, count, width // count))
            mean, variance = tf.nn.moments(x, (1, 2, 4), keepdims=True)
            x = (x - mean) * tf.math.rsqrt(variance + 1e-5)
            return tf.reshape(x, (1, rows, columns, width))

        return norm

    def root(x: Any) -> Any:
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + 1e-6)

    def unit(x: Any, norm: Any, act: Any) -> Any:
        y = norm(layers.Conv2D(16, 3, padding="same")(x))
        return layers.Add()([x, layers.Activation(act)(y)])

    start = keras.Input((32, 32, 3), batch_size=1)
    kept = x = Affine(near)(layers.Conv2D(16, 4, 4)(start))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.DepthwiseConv2D(7, padding="same")(x))
    x = layers.Dense(16)(Responses()(layers.Dense(64, activation="gelu")(x)))
    x = layers.Add()([kept, x])
    x = unit(x, Affine(groups(4)), "swish")
    x = unit(x, Affine(groups(1)), "gelu")
    x = unit(x, Affine(instance), "relu")
    x = unit(x, layers.Lambda(instance), "relu")
    x = unit(x, Affine(root, shift=False), "relu")
    return keras.Model(start, Cosine()(layers.GlobalAveragePooling2D()(x)))
