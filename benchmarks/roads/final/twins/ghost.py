"""Keras twin of `ghost`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def conv(x: Any, cout: int) -> Any:
        return norm(layers.Conv2D(cout, 1, use_bias=False)(x))

    def deep(x: Any, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(1)(x) if stride > 1 else x
        pad = "valid" if stride > 1 else "same"
        return norm(layers.DepthwiseConv2D(3, stride, pad, use_bias=False)(x))

    def ghost(x: Any, cout: int, active: bool) -> Any:
        true = conv(x, (cout + 1) // 2)
        true = layers.ReLU()(true) if active else true
        cheap = deep(true)
        cheap = layers.ReLU()(cheap) if active else cheap
        return layers.Concatenate()([true, cheap])[..., :cout]

    def excite(x: Any) -> Any:
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = layers.Conv2D(x.shape[-1], 1)(layers.Conv2D(6, 1, activation="relu")(gate))
        return layers.Multiply()([x, layers.ReLU(6.0)(gate + 3.0) / 6.0])

    def bottleneck(x: Any, wide: int, cout: int, stride: int) -> Any:
        y = ghost(x, wide, True)
        y = ghost(excite(deep(y, stride) if stride > 1 else y), cout, False)
        return layers.Add()([y, conv(deep(x, stride), cout) if stride > 1 else x])

    start = keras.Input((48, 48, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(start))
    x = layers.ReLU()(norm(x))
    for row in ((18, 11, 2), (21, 11, 1), (24, 16, 2), (27, 16, 1)):
        x = bottleneck(x, *row)
    x = layers.Conv2D(32, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return keras.Model(start, layers.Dense(10)(layers.Flatten()(x)))
