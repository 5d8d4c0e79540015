"""Keras twin of `rep_vgg`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def block(x: Any, cout: int, stride: int) -> Any:
        dense = layers.Conv2D(cout, 3, stride, use_bias=False)(layers.ZeroPadding2D(1)(x))
        y = [norm(dense), norm(layers.Conv2D(cout, 1, stride, use_bias=False)(x))]
        if stride == 1:
            y.append(norm(x))
        return layers.ReLU()(layers.Add()(y))

    x = start = keras.Input((48, 48, 3), batch_size=1)
    for cout, stride in ((8, 2), (12, 2), (12, 1), (12, 1), (20, 2), (20, 1)):
        x = block(x, cout, stride)
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
