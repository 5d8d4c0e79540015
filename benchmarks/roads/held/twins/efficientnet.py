"""Keras twin of `efficientnet`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-3)(x)

    def silu(x: Any) -> Any:
        return layers.Activation("swish")(x)

    def block(x: Any, cin: int, cout: int, kernel: int, stride: int, expand: int) -> Any:
        y, wide = x, cin * expand
        if expand > 1:
            y = silu(norm(layers.Conv2D(wide, 1, use_bias=False)(y)))
        if stride > 1:
            y = layers.ZeroPadding2D(kernel // 2)(y)
        padding = "valid" if stride > 1 else "same"
        y = silu(norm(layers.DepthwiseConv2D(kernel, stride, padding, use_bias=False)(y)))
        gate = layers.Reshape((1, 1, wide))(layers.GlobalAveragePooling2D()(y))
        gate = layers.Conv2D(max(4, cin // 4), 1, activation="swish")(gate)
        gate = layers.Conv2D(wide, 1, activation="sigmoid")(gate)
        y = norm(layers.Conv2D(cout, 1, use_bias=False)(layers.Multiply()([y, gate])))
        return layers.Add()([y, x]) if stride == 1 and cin == cout else y

    start = keras.Input((64, 64, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(start))
    x = silu(norm(x))
    for row in ((8, 8, 3, 1, 1), (8, 12, 3, 2, 4), (12, 12, 3, 1, 4), (12, 16, 5, 2, 4)):
        x = block(x, *row)
    x = silu(norm(layers.Conv2D(40, 1, use_bias=False)(x)))
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
