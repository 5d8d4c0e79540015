"""Keras twin of `encodec`."""

from __future__ import annotations

from typing import Any

WIDTH, FILTERS, RATIOS, BOOKS, CODES, FRAMES = 32, 8, (8, 5, 4, 2), 4, 64, 12


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def elu(x: Any) -> Any:
        return layers.Activation("elu")(x)

    def conv(x: Any, width: int, kernel: int) -> Any:
        if kernel > 1:
            sides = ((0, 0), (kernel - 1, 0), (0, 0))
            x = layers.Lambda(lambda value: tf.pad(value, sides, "REFLECT"))(x)
        return layers.Conv1D(width, kernel)(x)

    def up(x: Any, width: int, ratio: int) -> Any:
        x = layers.Conv1DTranspose(width, ratio * 2, ratio)(x)
        return layers.Lambda(lambda value: value[:, :-ratio])(x)

    def resnet(x: Any) -> Any:
        width = x.shape[-1]
        short = conv(x, width, 1)
        y = conv(elu(conv(elu(x), width // 2, 3)), width, 1)
        return layers.Add()([short, y])

    codes = keras.Input((BOOKS, FRAMES), batch_size=1, dtype="int32")
    books = layers.Lambda(lambda value: tf.unstack(value, axis=1))(codes)
    x = None
    for each in books:
        y = layers.Embedding(CODES, WIDTH)(each)
        x = y if x is None else layers.Add()([x, y])
    width = FILTERS * 2 ** len(RATIOS)
    x = conv(x, width, 7)
    y = layers.LSTM(width, return_sequences=True)(x)
    y = layers.LSTM(width, return_sequences=True)(y)
    x = layers.Add()([y, x])
    for ratio in RATIOS:
        width //= 2
        x = resnet(up(elu(x), width, ratio))
    return keras.Model(codes, conv(elu(x), 1, 7))
