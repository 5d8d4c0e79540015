"""Keras twin of `hourglass`."""

from __future__ import annotations

from typing import Any

WIDTH = 12


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int) -> Any:
        x = layers.Conv2D(cout, kernel, padding="same")(x)
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def residual(x: Any) -> Any:
        y = layers.ReLU()(unit(x, WIDTH // 2, 1))
        y = unit(layers.ReLU()(unit(y, WIDTH // 2, 3)), WIDTH, 1)
        return layers.ReLU()(layers.Add()([x, y]))

    def hourglass(x: Any, depth: int) -> Any:
        low = residual(layers.MaxPooling2D(2)(x))
        low = residual(hourglass(low, depth - 1) if depth > 1 else residual(low))
        return layers.Add()([residual(x), layers.UpSampling2D(2)(low)])

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(WIDTH, 7, 2)(layers.ZeroPadding2D(3)(start))
    x = residual(layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x)))
    y = hourglass(x, 2)
    maps = layers.Conv2D(5, 1)(y)
    x = layers.Add()([x, layers.Conv2D(WIDTH, 1)(y)])
    x = layers.Add()([x, layers.Conv2D(WIDTH, 1)(maps)])
    return keras.Model(start, [maps, layers.Conv2D(5, 1)(hourglass(x, 2))])
