"""Keras twin of `inception`; the padding of an average does not count, which is Keras' way."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def unit(x: Any, cout: int, kernel: Any, stride: int = 1, padding: str = "valid") -> Any:
        x = layers.Conv2D(cout, kernel, stride, padding, use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(epsilon=1e-3)(x))

    def mixed(x: Any) -> Any:
        one = unit(x, 8, 1)
        three = unit(unit(x, 8, 1), 8, 3, padding="same")
        seven = unit(unit(x, 8, 1), 8, (1, 7), padding="same")
        seven = unit(seven, 8, (7, 1), padding="same")
        pooled = unit(layers.AveragePooling2D(3, 1, "same")(x), 8, 1)
        return layers.Concatenate()([one, three, seven, pooled])

    start = keras.Input((48, 48, 3), batch_size=1)
    x = unit(unit(start, 8, 3, 2), 8, 3)
    x = mixed(layers.MaxPooling2D((3, 2), (2, 1))(x))
    x = layers.Concatenate()([unit(x, 16, 3, 2), layers.MaxPooling2D(3, 2)(x)])
    x = layers.AveragePooling2D((2, 1), (2, 1))(mixed(x))
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
