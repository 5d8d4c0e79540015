"""Keras twin of `modernbert`; the turned positions stand in the graph as constants."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, DEPTH, TOKENS, WINDOW, CLASSES = 48, 3, 72, 4, 16, 8, 5
SIZE, LOWEST = WIDTH // HEADS, -3.4028234663852886e38


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
    far = np.abs(rows[None] - rows[:, None])[None, None] > WINDOW // 2

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5, center=False)(x)

    def dense(x: Any, width: int) -> Any:
        return layers.Dense(width, use_bias=False)(x)

    def unseen(seen: Any) -> Any:
        inverted = 1.0 - tf.cast(seen[:, None, None, :], "float32")
        inverted = tf.tile(inverted, (1, 1, TOKENS, 1))
        return tf.where(tf.cast(inverted, "bool"), LOWEST, inverted)

    def turn(x: Any, base: float) -> Any:
        cosine, sine = waves(base)
        first, second = tf.split(x, 2, -1)
        return x * cosine + tf.concat([-second, first], -1) * sine

    def attend(x: Any, hidden: Any, base: float) -> Any:
        def mix(values: Any) -> Any:
            qkv, mask = values
            qkv = tf.reshape(qkv, (1, TOKENS, 3, HEADS, SIZE))
            query, key, value = (
                tf.transpose(each, (0, 2, 1, 3)) for each in tf.unstack(qkv, axis=2)
            )
            query, key = turn(query, base), turn(key, base)
            scores = tf.matmul(query, key, transpose_b=True) * SIZE**-0.5 + mask
            mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
            return tf.reshape(mixed, (1, TOKENS, WIDTH))

        return dense(layers.Lambda(mix)([dense(x, 3 * WIDTH), hidden]), WIDTH)

    def gelu(x: Any) -> Any:
        return layers.Activation("gelu")(x)

    def mlp(x: Any) -> Any:
        kept, gate = layers.Lambda(lambda value: tf.split(value, 2, -1))(dense(x, 2 * WIDE))
        return dense(layers.Multiply()([gelu(kept), gate]), WIDTH)

    ids = keras.Input((TOKENS,), batch_size=1, dtype="int32", name="ids")
    mask = keras.Input((TOKENS,), batch_size=1, dtype="int32", name="mask")
    everywhere = layers.Lambda(unseen)(mask)
    near = layers.Lambda(lambda value: tf.where(far, LOWEST, value))(everywhere)
    x = norm(layers.Embedding(64, WIDTH)(ids))
    for index in range(DEPTH):
        hidden, base = (near, 1e4) if index % 3 else (everywhere, 1.6e5)
        x = layers.Add()([x, attend(norm(x) if index else x, hidden, base)])
        x = layers.Add()([x, mlp(norm(x))])
    x = layers.Lambda(lambda value: value[:, 0])(norm(x))
    x = norm(gelu(dense(x, WIDTH)))
    return keras.Model([ids, mask], layers.Dense(CLASSES)(x))
