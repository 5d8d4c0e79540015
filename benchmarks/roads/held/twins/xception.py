"""Keras twin of `xception`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def separable(x: Any, cout: int) -> Any:
        return norm(layers.SeparableConv2D(cout, 3, padding="same", use_bias=False)(x))

    def relu(x: Any) -> Any:
        return layers.Activation("relu")(x)

    x = start = keras.Input((49, 49, 3), batch_size=1)
    x = relu(norm(layers.Conv2D(8, 3, 2, use_bias=False)(x)))
    for cout in (16, 24):
        y = separable(relu(separable(relu(x), cout)), cout)
        side = norm(layers.Conv2D(cout, 1, 2, use_bias=False)(x))
        x = layers.Add()([layers.MaxPooling2D(2)(y), side])
    for _ in range(2):
        y = x
        for _ in range(3):
            y = separable(relu(y), 24)
        x = layers.Add()([y, x])
    x = layers.GlobalAveragePooling2D()(relu(separable(x, 40)))
    return keras.Model(start, layers.Dense(10)(x))
