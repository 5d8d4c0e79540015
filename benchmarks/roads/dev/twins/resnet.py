"""Keras twin of `resnet`: strided convolutions pad explicitly, as torch does."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def conv(x: Any, cout: int, kernel: int, stride: int) -> Any:
        if kernel > 1:
            x = layers.ZeroPadding2D(kernel // 2)(x)
        x = layers.Conv2D(cout, kernel, stride, use_bias=False)(x)
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def basic(x: Any, cout: int, stride: int) -> Any:
        kept = x
        if stride != 1 or x.shape[-1] != cout:
            kept = conv(x, cout, 1, stride)
        x = layers.ReLU()(conv(x, cout, 3, stride))
        return layers.ReLU()(layers.Add()([conv(x, cout, 3, 1), kept]))

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.ReLU()(conv(start, 8, 7, 2))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for cout, stride in ((8, 1), (8, 1), (16, 2), (16, 1)):
        x = basic(x, cout, stride)
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
