"""Keras twin of `regnet`, padded by hand before strides as Keras' own models are."""

from __future__ import annotations

from typing import Any

GROUP, DEPTHS, WIDTHS = 8, (1, 2, 2), (16, 24, 40)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> Any:
        x = layers.ZeroPadding2D(1)(x) if kernel > 1 else x
        x = layers.Conv2D(cout, kernel, stride, groups=groups, use_bias=False)(x)
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def excite(x: Any, squeezed: int) -> Any:
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = layers.Conv2D(squeezed, 1, activation="relu")(gate)
        gate = layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(gate)
        return layers.Multiply()([x, gate])

    def block(x: Any, cout: int, stride: int) -> Any:
        cin = x.shape[-1]
        y = layers.ReLU()(unit(x, cout))
        y = layers.ReLU()(unit(y, cout, 3, stride, cout // GROUP))
        y = unit(excite(y, cin // 4), cout)
        side = unit(x, cout, 1, stride) if stride > 1 or cin != cout else x
        return layers.ReLU()(layers.Add()([side, y]))

    start = keras.Input((64, 64, 3), batch_size=1)
    x = layers.ReLU()(unit(start, 8, 3, 2))
    for depth, cout in zip(DEPTHS, WIDTHS, strict=True):
        for index in range(depth):
            x = block(x, cout, 1 if index else 2)
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
