"""Keras twin of `audio_speaker`."""

from __future__ import annotations

from typing import Any

BANDS, FRAMES, WIDTH, SCALE = 12, 24, 16, 4


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Own(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.gamma = self.add_weight(shape=(WIDTH,), initializer="ones", name="gamma")
            self.beta = self.add_weight(shape=(WIDTH,), initializer="zeros", name="beta")

    class Global(Own):
        def call(self, x: Any) -> Any:
            mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
            return self.gamma * (x - mean) / tf.sqrt(variance + 1e-8) + self.beta

    class Channel(Own):
        def call(self, x: Any) -> Any:
            mean, variance = tf.nn.moments(x, [2], keepdims=True)
            return self.gamma * ((x - mean) / tf.sqrt(variance + 1e-8)) + self.beta

    class Group(Own):
        def call(self, x: Any) -> Any:
            y = tf.reshape(x, (1, FRAMES, 4, WIDTH // 4))
            mean, variance = tf.nn.moments(y, [1, 3], keepdims=True)
            y = (y - mean) * tf.math.rsqrt(variance + 1e-5)
            return tf.reshape(y, (1, FRAMES, WIDTH)) * self.gamma + self.beta

    def instance(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, [1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5)

    def conv(x: Any, width: int, kernel: int = 1, act: str | None = None) -> Any:
        return layers.Conv1D(width, kernel, padding="same", activation=act)(x)

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def res2(x: Any) -> Any:
        parts = layers.Lambda(lambda v: tf.split(v, SCALE, axis=-1))(x)
        found = [parts[0]]
        for i in range(1, SCALE):
            y = parts[i] if i == 1 else layers.Add()([parts[i], found[-1]])
            y = layers.Conv1D(WIDTH // SCALE, 3, padding="same", dilation_rate=2)(y)
            found.append(norm(layers.ReLU()(y)))
        return layers.Concatenate()(found)

    def squeeze(x: Any) -> Any:
        y = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling1D()(x))
        y = layers.Dense(WIDTH, activation="sigmoid")(y)
        return layers.Multiply()([x, layers.Reshape((1, WIDTH))(y)])

    def deviation(x: Any, keep: bool) -> Any:
        variance = tf.math.reduce_variance(x, axis=1, keepdims=keep)
        return variance * FRAMES / (FRAMES - 1)

    def context(x: Any) -> Any:
        mean = tf.tile(tf.reduce_mean(x, axis=1, keepdims=True), (1, FRAMES, 1))
        spread = tf.sqrt(tf.maximum(deviation(x, True), 1e-4))
        return tf.concat([x, mean, tf.tile(spread, (1, FRAMES, 1))], axis=-1)

    def weighted(values: Any) -> Any:
        x, weights = values
        mean = tf.reduce_sum(x * weights, axis=1)
        square = tf.reduce_sum(tf.square(x) * weights, axis=1) - tf.square(mean)
        return tf.concat([mean, tf.sqrt(tf.maximum(square, 1e-4))], axis=1)

    def plain(x: Any) -> Any:
        return tf.concat([tf.reduce_mean(x, 1), tf.sqrt(deviation(x, False))], axis=-1)

    start = keras.Input((FRAMES, BANDS), batch_size=1)
    x = conv(layers.Lambda(instance)(start), WIDTH, 5, "relu")
    x = layers.Add()([x, squeeze(res2(x))])
    x = conv(Global()(x), WIDTH, act="relu")
    x = conv(Channel()(x), WIDTH, act="relu")
    x = conv(Group()(x), WIDTH, act="relu")
    weights = conv(layers.Lambda(context)(x), 8, act="tanh")
    weights = layers.Softmax(axis=1)(conv(weights, WIDTH))
    pooled = norm(layers.Lambda(weighted)([x, weights]))
    x = layers.Concatenate()([pooled, layers.Lambda(plain)(x)])
    x = layers.Dense(10)(x)
    return keras.Model(start, layers.Lambda(lambda v: tf.math.l2_normalize(v, axis=1))(x))
