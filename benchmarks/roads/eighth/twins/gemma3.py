"""Keras twin of `gemma3`; turned positions are constants and the last layer has its own weights."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, SIZE, WIDE, DEPTH, TOKENS, WINDOW, WORDS = 48, 4, 16, 96, 3, 16, 8, 64


def waves(base: float) -> tuple[Any, Any]:
    """Cosine and sine of every angle by which a query or a key is turned."""
    import numpy as np

    frequency = 1.0 / base ** (np.arange(0, SIZE, 2) / SIZE)
    angle = np.arange(TOKENS)[:, None] * np.tile(frequency, 2)
    return np.cos(angle).astype("float32"), np.sin(angle).astype("float32")


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    rows = np.arange(TOKENS)
    past = rows[None, :] <= rows[:, None]
    near = past & (rows[:, None] - rows[None, :] < WINDOW)

    class Norm(layers.Layer):  # type: ignore[misc, name-defined]
        """RMS norm whose factor is one more than its weight."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="zeros", name="scale")

        def call(self, x: Any) -> Any:
            mean = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
            return x * tf.math.rsqrt(mean + 1e-6) * (1.0 + self.scale)

    def dense(x: Any, width: int) -> Any:
        return layers.Dense(width, use_bias=False)(x)

    def split(x: Any, heads: int) -> Any:
        x = layers.Reshape((TOKENS, heads, SIZE))(dense(x, heads * SIZE))
        return layers.Permute((2, 1, 3))(x)

    def turn(x: Any, base: float) -> Any:
        cosine, sine = waves(base)
        first, second = tf.split(x, 2, -1)
        return x * cosine + tf.concat([-second, first], -1) * sine

    def attend(x: Any, seen: Any, base: float) -> Any:
        hidden = np.where(seen, 0.0, -3.4028234663852886e38).astype("float32")

        def mix(values: Any) -> Any:
            query, key, value = values
            query, key = turn(query, base), turn(key, base)
            key, value = (tf.tile(each, (1, HEADS, 1, 1)) for each in (key, value))
            scores = tf.matmul(query, key, transpose_b=True) * SIZE**-0.5 + hidden
            return tf.matmul(tf.nn.softmax(scores), value)

        query, key, value = split(x, HEADS), split(x, 1), split(x, 1)
        query, key = Norm()(query), Norm()(key)
        mixed = layers.Permute((2, 1, 3))(layers.Lambda(mix)([query, key, value]))
        return dense(layers.Reshape((TOKENS, HEADS * SIZE))(mixed), WIDTH)

    def mlp(x: Any) -> Any:
        gate = layers.Lambda(lambda value: tf.nn.gelu(value, approximate=True))(dense(x, WIDE))
        return dense(layers.Multiply()([gate, dense(x, WIDE)]), WIDTH)

    ids = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    x = layers.Embedding(WORDS, WIDTH)(ids)
    x = layers.Lambda(lambda value: value * WIDTH**0.5)(x)
    for index in range(DEPTH):
        last = index == DEPTH - 1
        y = attend(Norm()(x), past if last else near, 1e6 if last else 1e4)
        x = layers.Add()([x, Norm()(y)])
        x = layers.Add()([x, Norm()(mlp(Norm()(x)))])
    return keras.Model(ids, dense(Norm()(x), WORDS))
