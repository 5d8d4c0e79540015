"""Keras twin of `dit`; the places of the patches stand in the graph as a constant."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, DEPTH, PATCH, SIDE, CHANNELS, CLASSES, WAVES = 48, 3, 3, 2, 8, 4, 40, 64
HEAD, GRID = WIDTH // HEADS, SIDE // PATCH
TOKENS = GRID * GRID


def places() -> Any:
    """Sines and cosines of column and row of every patch."""
    import numpy as np

    rows, columns = np.meshgrid(np.arange(GRID), np.arange(GRID), indexing="ij")
    omega = 1.0 / 10000 ** (np.arange(WIDTH // 4) / (WIDTH / 4.0))
    angles = [place.reshape(-1)[:, None] * omega for place in (columns, rows)]
    parts = [wave(each) for each in angles for wave in (np.sin, np.cos)]
    return np.concatenate(parts, 1).astype("float32")[None]


def unpatchify(x: Any) -> Any:
    """The image of the patches."""
    import tensorflow as tf

    x = tf.reshape(x, (-1, GRID, GRID, PATCH, PATCH, 2 * CHANNELS))
    x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
    return tf.reshape(x, (-1, SIDE, SIDE, 2 * CHANNELS))


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    half = WAVES // 2
    frequencies = np.exp(-np.log(10000) * np.arange(half) / half).astype("float32")

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6, center=False, scale=False)(x)

    def silu(x: Any) -> Any:
        return layers.Activation("swish")(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=True)

    def steer(c: Any, count: int) -> Any:
        c = layers.Dense(count * WIDTH)(silu(c))
        return layers.Lambda(lambda value: tf.split(value, count, 1))(c)

    def modulate(x: Any, shift: Any, scale: Any) -> Any:
        def move(values: Any) -> Any:
            x, shift, scale = values
            return x * (1.0 + scale[:, None]) + shift[:, None]

        return layers.Lambda(move)([x, shift, scale])

    def gated(x: Any, y: Any, gate: Any) -> Any:
        y = layers.Lambda(lambda pair: pair[0][:, None] * pair[1])([gate, y])
        return layers.Add()([x, y])

    def wave(t: Any) -> Any:
        angle = tf.cast(t, "float32")[:, None] * frequencies[None]
        return tf.concat([tf.cos(angle), tf.sin(angle)], -1)

    def mix(qkv: Any) -> Any:
        qkv = tf.reshape(qkv, (-1, TOKENS, 3, HEADS, HEAD))
        query, key, value = tf.unstack(tf.transpose(qkv, (2, 0, 3, 1, 4)))
        scores = tf.matmul(query * HEAD**-0.5, key, transpose_b=True)
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
        return tf.reshape(mixed, (-1, TOKENS, WIDTH))

    def attend(x: Any) -> Any:
        return layers.Dense(WIDTH)(layers.Lambda(mix)(layers.Dense(3 * WIDTH)(x)))

    def mlp(x: Any) -> Any:
        return layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation=gelu)(x))

    start = keras.Input((SIDE, SIDE, CHANNELS), batch_size=1, name="x")
    t = keras.Input((), batch_size=1, dtype="int32", name="t")
    y = keras.Input((), batch_size=1, dtype="int32", name="y")
    x = layers.Reshape((TOKENS, WIDTH))(layers.Conv2D(WIDTH, PATCH, PATCH)(start))
    x = layers.Lambda(lambda value: value + places())(x)
    c = layers.Dense(WIDTH)(silu(layers.Dense(WIDTH)(layers.Lambda(wave)(t))))
    c = layers.Add()([c, layers.Embedding(CLASSES + 1, WIDTH)(y)])
    for _ in range(DEPTH):
        shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp = steer(c, 6)
        x = gated(x, attend(modulate(norm(x), shift_msa, scale_msa)), gate_msa)
        x = gated(x, mlp(modulate(norm(x), shift_mlp, scale_mlp)), gate_mlp)
    x = modulate(norm(x), *steer(c, 2))
    x = layers.Dense(PATCH * PATCH * 2 * CHANNELS)(x)
    return keras.Model([start, t, y], layers.Lambda(unpatchify)(x))
