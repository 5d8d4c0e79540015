"""Keras twin of `atrous`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int = 3, stride: int = 1, rate: int = 1) -> Any:
        if stride > 1:
            x = layers.ZeroPadding2D(1)(x)
        pad = "valid" if stride > 1 else "same"
        x = layers.Conv2D(cout, kernel, stride, pad, dilation_rate=rate, use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))

    def grow(x: Any, factor: int) -> Any:
        return layers.UpSampling2D(factor, interpolation="bilinear")(x)

    start = keras.Input((48, 48, 3), batch_size=1)
    early = unit(unit(start, 8, stride=2), 12)
    late = unit(unit(early, 16, stride=2), 20, rate=2)
    branches = [unit(late, 12, 1), unit(late, 12, rate=2), unit(late, 12, rate=4)]
    whole = unit(layers.GlobalAveragePooling2D(keepdims=True)(late), 12, 1)
    late = unit(layers.Concatenate()([*branches, grow(whole, 12)]), 12, 1)
    late = grow(layers.Dropout(0.5)(late), 2)
    y = layers.Concatenate()([late, unit(early, 6, 1)])
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
    return keras.Model(start, grow(layers.Conv2D(5, 1)(unit(y, 16, 1)), 2))
