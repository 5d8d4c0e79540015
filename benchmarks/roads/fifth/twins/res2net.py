"""Keras twin of `res2net`."""

from __future__ import annotations

from typing import Any

SCALE = 4


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
        x = layers.Conv2D(cout, kernel, stride, use_bias=False)(x)
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def bottleneck(x: Any, width: int, cout: int, stride: int, first: bool) -> Any:
        y = layers.ReLU()(unit(x, width * SCALE))
        *parts, last = layers.Lambda(lambda value: tf.split(value, SCALE, -1))(y)
        out: list[Any] = []
        for part in parts:
            y = layers.Add()([out[-1], part]) if out and not first else part
            out.append(layers.ReLU()(unit(y, width, 3, stride)))
        if first:
            last = layers.AveragePooling2D(3, stride)(layers.ZeroPadding2D(1)(last))
        y = unit(layers.Concatenate()([*out, last]), cout)
        return layers.ReLU()(layers.Add()([y, unit(x, cout, 1, stride) if first else x]))

    start = keras.Input((64, 64, 3), batch_size=1)
    x = layers.ReLU()(unit(start, 12, 7, 2))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    x = bottleneck(bottleneck(x, 4, 24, 1, True), 4, 24, 1, False)
    x = bottleneck(bottleneck(x, 6, 40, 2, True), 6, 40, 1, False)
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
