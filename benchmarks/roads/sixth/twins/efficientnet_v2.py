"""Keras twin of `efficientnet_v2`."""

from __future__ import annotations

from typing import Any

PLAN = (  # squeezed, channels, stride, ratio
    (False, 16, 1, 1), (False, 32, 2, 4), (False, 32, 1, 4), (False, 64, 2, 4),
    (False, 64, 1, 4), (True, 64, 2, 4), (True, 64, 1, 4), (True, 80, 1, 6), (True, 80, 1, 6),
)  # fmt: skip


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any, act: bool) -> Any:
        x = layers.BatchNormalization(epsilon=1e-3)(x)
        return layers.Activation("swish")(x) if act else x

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1, act: bool = True) -> Any:
        x = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
        return norm(layers.Conv2D(cout, kernel, stride, use_bias=False)(x), act)

    def deep(x: Any, stride: int) -> Any:
        x = layers.ZeroPadding2D(1)(x)
        return norm(layers.DepthwiseConv2D(3, stride, use_bias=False)(x), True)

    def squeeze(x: Any, channels: int) -> Any:
        y = layers.GlobalAveragePooling2D(keepdims=True)(x)
        y = layers.Conv2D(channels, 1, activation="swish")(y)
        y = layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(y)
        return layers.Multiply()([y, x])

    def block(x: Any, squeezed: bool, cout: int, stride: int, ratio: int) -> Any:
        cin = x.shape[-1]
        if squeezed:
            y = squeeze(deep(unit(x, cin * ratio), stride), cin // 4)
            y = unit(y, cout, act=False)
        elif ratio > 1:
            y = unit(unit(x, cin * ratio, 3, stride), cout, act=False)
        else:
            y = unit(x, cout, 3, stride)
        return layers.Add()([y, x]) if stride == 1 and cin == cout else y

    start = keras.Input((96, 96, 3), batch_size=1)
    x = unit(start, 16, 3, 2)
    for row in PLAN:
        x = block(x, *row)
    x = layers.GlobalAveragePooling2D()(unit(x, 160))
    return keras.Model(start, layers.Dense(20)(layers.Dropout(0.2)(x)))
