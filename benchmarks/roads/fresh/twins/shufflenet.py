"""Keras twin of `shufflenet`; channels stand last, and are shuffled there."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def point(x: Any, cout: int) -> Any:
        return layers.ReLU()(norm(layers.Conv2D(cout, 1, use_bias=False)(x)))

    def deep(x: Any, stride: int) -> Any:
        x = layers.ZeroPadding2D(1)(x)
        return norm(layers.DepthwiseConv2D(3, stride, use_bias=False)(x))

    def shuffle(x: Any) -> Any:
        height, width, channels = x.shape[1:]
        x = layers.Reshape((height, width, 2, channels // 2))(x)
        x = layers.Permute((1, 2, 4, 3))(x)
        return layers.Reshape((height, width, channels))(x)

    def unit(x: Any, cout: int, stride: int) -> Any:
        half = cout // 2
        if stride > 1:
            kept, used = point(deep(x, stride), half), x
        else:
            kept, used = x[..., :half], x[..., half:]
        used = point(deep(point(used, half), stride), half)
        return shuffle(layers.Concatenate()([kept, used]))

    start = keras.Input((64, 64, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(start))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(layers.ReLU()(norm(x))))
    for cout, stride in ((16, 2), (16, 1), (32, 2), (32, 1)):
        x = unit(x, cout, stride)
    x = layers.GlobalAveragePooling2D()(point(x, 48))
    return keras.Model(start, layers.Dense(10)(x))
