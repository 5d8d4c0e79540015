"""Keras twin of `preact_resnet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def active(x: Any) -> Any:
        return layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-5)(x))

    def block(x: Any, cout: int, stride: int) -> Any:
        y, kept = active(x), x
        if x.shape[-1] != cout:
            kept = layers.Conv2D(cout, 1, stride, use_bias=False)(y)
        y = active(layers.Conv2D(cout // 2, 1, use_bias=False)(y))
        if stride > 1:
            y = layers.ZeroPadding2D()(y)
        padding = "valid" if stride > 1 else "same"
        y = layers.Conv2D(cout // 2, 3, stride, padding, use_bias=False)(y)
        return layers.Add()([kept, layers.Conv2D(cout, 1, use_bias=False)(active(y))])

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(12, 3, padding="same", use_bias=False)(start)
    for cout, stride in ((16, 1), (16, 1), (32, 2), (32, 1)):
        x = block(x, cout, stride)
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(active(x))))
