"""Keras twin of `monodepth`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
        x = layers.Conv2D(cout, kernel, stride, use_bias=False)(x)
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def basic(x: Any, cout: int, stride: int = 1) -> Any:
        y = unit(layers.ReLU()(unit(x, cout, 3, stride)), cout, 3)
        side = x if x.shape[-1] == cout else unit(x, cout, 1, stride)
        return layers.ReLU()(layers.Add()([y, side]))

    def reflected(x: Any, cout: int, act: str) -> Any:
        edges = ((0, 0), (1, 1), (1, 1), (0, 0))
        x = layers.Lambda(lambda value: tf.pad(value, edges, "REFLECT"))(x)
        return layers.Conv2D(cout, 3, activation=act)(x)

    start = keras.Input((48, 80, 3), batch_size=1)
    x = layers.Lambda(lambda value: (value - 0.45) / 0.225)(start)
    first = layers.ReLU()(unit(x, 8, 7, 2))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(first))
    second = basic(basic(x, 12), 12)
    x, depths = basic(basic(second, 16, 2), 16), []
    for cout, skip in ((12, second), (8, first), (6, None)):
        x = layers.UpSampling2D(2)(reflected(x, cout, "elu"))
        x = x if skip is None else layers.Concatenate()([x, skip])
        x = reflected(x, cout, "elu")
        depths.append(reflected(x, 1, "sigmoid"))
    return keras.Model(start, depths)
