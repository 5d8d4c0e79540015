"""Keras twin of `sequence_forecast`."""

from __future__ import annotations

from typing import Any

STEPS, SERIES, WIDTH, PATCH, AHEAD = 32, 4, 16, 8, 6
COUNT = (STEPS + PATCH // 2 - PATCH) // (PATCH // 2) + 1


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class RevIN(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.weight = self.add_weight(shape=(SERIES,), initializer="ones", name="weight")
            self.bias = self.add_weight(shape=(SERIES,), initializer="zeros", name="bias")

        def call(self, x: Any) -> Any:
            mean = tf.reduce_mean(x, axis=1, keepdims=True)
            spread = tf.sqrt(tf.math.reduce_variance(x, axis=1, keepdims=True) + 1e-5)
            return (x - mean) / spread * self.weight + self.bias, mean, spread

        def undo(self, values: Any) -> Any:
            x, mean, spread = values
            return (x - self.bias) / (self.weight + 1e-10) * spread + mean

    class Places(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=(COUNT, WIDTH), initializer="uniform", name="table")

        def call(self, x: Any) -> Any:
            return x + self.table

    def turned(x: Any) -> Any:
        return layers.Permute((2, 1))(x)

    def decomposed(x: Any) -> Any:
        def ends(v: Any) -> Any:
            return tf.concat([tf.repeat(v[:, :1], 2, 1), v, tf.repeat(v[:, -1:], 2, 1)], 1)

        trend = layers.AveragePooling1D(5, 1)(layers.Lambda(ends)(x))
        seasonal = layers.Subtract()([x, trend])
        parts = [layers.Dense(AHEAD)(turned(each)) for each in (seasonal, trend)]
        return turned(layers.Add()(parts))

    def patches(x: Any) -> Any:
        x = tf.transpose(x, (0, 2, 1))
        x = tf.concat([x, tf.tile(x[..., -1:], (1, 1, PATCH // 2))], -1)
        places = [[PATCH // 2 * i + j for j in range(PATCH)] for i in range(COUNT)]
        return tf.gather(x, places, axis=-1)

    def patched(x: Any) -> Any:
        x = Places()(layers.Dense(WIDTH)(layers.Lambda(patches)(x)))
        x = layers.Lambda(lambda v: tf.reshape(v, (SERIES, COUNT, WIDTH)))(x)
        y = layers.MultiHeadAttention(2, WIDTH // 2)(x, x)
        x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, y]))
        y = layers.Lambda(lambda v: tf.nn.gelu(v))(layers.Dense(32)(x))
        y = layers.Dense(WIDTH)(y)
        x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, y]))
        x = layers.Permute((2, 1))(x)
        x = layers.Lambda(lambda v: tf.reshape(v, (1, SERIES, WIDTH * COUNT)))(x)
        return turned(layers.Dense(AHEAD)(x))

    def residual(x: Any) -> Any:
        y = layers.Dense(WIDTH)(layers.Activation("elu")(layers.Dense(WIDTH)(x)))
        value, gate = layers.Lambda(lambda v: tf.split(v, 2, -1))(layers.Dense(2 * WIDTH)(y))
        y = layers.Multiply()([layers.Activation("sigmoid")(gate), value])
        return layers.LayerNormalization(epsilon=1e-5)(layers.Add()([layers.Dense(WIDTH)(x), y]))

    start = keras.Input((STEPS, SERIES), batch_size=1)
    revin = RevIN()
    x, mean, spread = revin(start)
    x = layers.Add()([decomposed(x), patched(x)])
    x = layers.Lambda(revin.undo)([x, mean, spread])
    return keras.Model(start, [x, layers.Dense(3)(residual(x))])
