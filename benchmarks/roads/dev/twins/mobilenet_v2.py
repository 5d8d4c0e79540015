"""Keras twin of `mobilenet_v2`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def point(x: Any, cout: int) -> Any:
        return norm(layers.Conv2D(cout, 1, use_bias=False)(x))

    def inverted(x: Any, cout: int, stride: int, expand: int) -> Any:
        kept, cin = x, x.shape[-1]
        if expand > 1:
            x = layers.ReLU(6.0)(point(x, cin * expand))
        if stride > 1:
            x = layers.ZeroPadding2D(1)(x)
        padding = "same" if stride == 1 else "valid"
        x = norm(layers.DepthwiseConv2D(3, stride, padding, use_bias=False)(x))
        x = point(layers.ReLU(6.0)(x), cout)
        return layers.Add()([kept, x]) if stride == 1 and cin == cout else x

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(start))
    x = layers.ReLU(6.0)(norm(x))
    for expand, cout, stride in ((1, 8, 1), (6, 8, 2), (6, 8, 1), (6, 16, 2), (6, 16, 1)):
        x = inverted(x, cout, stride, expand)
    x = layers.GlobalAveragePooling2D()(layers.ReLU(6.0)(point(x, 48)))
    return keras.Model(start, layers.Dense(10)(layers.Dropout(0.2)(x)))
