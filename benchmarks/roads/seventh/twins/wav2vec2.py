"""Keras twin of `wav2vec2`."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, DEPTH, CHANNELS, SAMPLES, LETTERS = 48, 3, 96, 3, 32, 6400, 32
SIZE, PLACES, GROUPS = WIDTH // HEADS, 16, 4
SOUND = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    def gelu(x: Any) -> Any:
        return layers.Activation("gelu")(x)

    def attend(x: Any) -> Any:
        count = x.shape[1]

        def heads() -> Any:
            parts = layers.Reshape((count, HEADS, SIZE))(layers.Dense(WIDTH)(x))
            return layers.Permute((2, 1, 3))(parts)

        def mix(values: Any) -> Any:
            query, key, value = values
            scores = tf.matmul(query, key, transpose_b=True) * SIZE**-0.5
            return tf.matmul(tf.nn.softmax(scores), value)

        y = layers.Permute((2, 1, 3))(layers.Lambda(mix)([heads(), heads(), heads()]))
        return layers.Dense(WIDTH)(layers.Reshape((count, WIDTH))(y))

    def placed(x: Any) -> Any:
        y = layers.ZeroPadding1D(PLACES // 2)(x)
        y = layers.Conv1D(WIDTH, PLACES, groups=GROUPS)(y)
        y = layers.Lambda(lambda value: value[:, :-1])(y)
        return layers.Add()([x, gelu(y)])

    start = keras.Input((SAMPLES,), batch_size=1)
    x = layers.Reshape((SAMPLES, 1))(start)
    for index, (kernel, stride) in enumerate(SOUND):
        x = layers.Conv1D(CHANNELS, kernel, stride, use_bias=False)(x)
        if not index:
            x = layers.GroupNormalization(CHANNELS, epsilon=1e-5)(x)
        x = gelu(x)
    x = norm(placed(layers.Dense(WIDTH)(norm(x))))
    for _ in range(DEPTH):
        x = norm(layers.Add()([x, attend(x)]))
        x = norm(layers.Add()([x, layers.Dense(WIDTH)(gelu(layers.Dense(WIDE)(x)))]))
    return keras.Model(start, layers.Dense(LETTERS)(x))
