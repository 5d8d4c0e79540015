"""Keras twin of `qwen3`; angles and hidden words stand in the graph as constants."""

from __future__ import annotations

from typing import Any

WIDTH, WIDE, HEADS, GROUPS, SIZE, TOKENS = 48, 112, 4, 2, 16, 14


def angles() -> tuple[Any, Any]:
    """Cosine and sine for every place, twice for both halves of a head."""
    import numpy as np

    rates = 1.0 / 1e6 ** (np.arange(0, SIZE, 2) / SIZE)
    turned = np.arange(TOKENS)[:, None] * np.concatenate([rates, rates])
    return np.cos(turned).astype("float32"), np.sin(turned).astype("float32")


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    cosine, sine = angles()
    hidden = np.triu(np.full((TOKENS, TOKENS), -1e9, "float32"), 1)

    class Norm(layers.Layer):  # type: ignore[misc, name-defined]
        """The root of the mean square."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

        def call(self, x: Any) -> Any:
            square = tf.reduce_mean(tf.square(x), -1, keepdims=True)
            return self.scale * (x * tf.math.rsqrt(square + 1e-6))

    def dense(x: Any, width: int) -> Any:
        return layers.Dense(width, use_bias=False)(x)

    def heads(x: Any, count: int) -> Any:
        return layers.Reshape((TOKENS, count, SIZE))(dense(x, count * SIZE))

    def turn(x: Any) -> Any:
        x = tf.transpose(x, (0, 2, 1, 3))
        first, second = tf.split(x, 2, -1)
        return x * cosine + tf.concat([-second, first], -1) * sine

    def shared(x: Any) -> Any:
        return tf.repeat(x, HEADS // GROUPS, 1)

    def mix(values: Any) -> Any:
        query, key, value = values
        query, key = turn(query), shared(turn(key))
        value = shared(tf.transpose(value, (0, 2, 1, 3)))
        scores = tf.matmul(query, key, transpose_b=True) * SIZE**-0.5 + hidden
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
        return tf.reshape(mixed, (1, TOKENS, HEADS * SIZE))

    start = keras.Input((TOKENS,), batch_size=1, dtype="int32")
    x = layers.Embedding(64, WIDTH)(start)
    for _ in range(2):
        y = Norm()(x)
        query, key = Norm()(heads(y, HEADS)), Norm()(heads(y, GROUPS))
        y = layers.Lambda(mix)([query, key, heads(y, GROUPS)])
        x = layers.Add()([x, dense(y, WIDTH)])
        y = Norm()(x)
        gate = layers.Activation("swish")(dense(y, WIDE))
        x = layers.Add()([x, dense(layers.Multiply()([gate, dense(y, WIDE)]), WIDTH)])
    return keras.Model(start, dense(Norm()(x), 64))
