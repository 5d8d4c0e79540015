"""Keras twin of `mobilenet_v3`: hard functions spelt out by ReLU6, as Keras' own models do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PLAN = (  # kernel, wide, cout, squeeze, hard swish, stride
    (3, 8, 8, True, False, 2),
    (3, 24, 12, False, False, 2),
    (5, 32, 12, True, True, 1),
    (5, 32, 16, True, True, 1),
)


def hard_gate(layers: Any) -> Callable[[Any], Any]:
    """A sigmoid of three straight pieces."""
    return lambda x: layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    hard_sigmoid = hard_gate(layers)

    def hard_swish(x: Any) -> Any:
        return layers.Multiply()([x, hard_sigmoid(x)])

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def point(x: Any, cout: int) -> Any:
        return norm(layers.Conv2D(cout, 1, use_bias=False)(x))

    def excite(x: Any) -> Any:
        y = layers.GlobalAveragePooling2D(keepdims=True)(x)
        y = layers.Conv2D(8, 1, activation="relu")(y)
        return layers.Multiply()([x, hard_sigmoid(layers.Conv2D(x.shape[-1], 1)(y))])

    def inverted(
        x: Any, kernel: int, wide: int, cout: int, squeeze: bool, hard: bool, stride: int
    ) -> Any:
        kept, act = x, hard_swish if hard else layers.ReLU()
        if wide != kept.shape[-1]:
            x = act(point(x, wide))
        if stride > 1:
            x = layers.ZeroPadding2D(kernel // 2)(x)
        padding = "same" if stride == 1 else "valid"
        x = act(norm(layers.DepthwiseConv2D(kernel, stride, padding, use_bias=False)(x)))
        x = point(excite(x) if squeeze else x, cout)
        return layers.Add()([x, kept]) if stride == 1 and kept.shape[-1] == cout else x

    start = keras.Input((64, 64, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(start))
    x = hard_swish(norm(x))
    for row in PLAN:
        x = inverted(x, *row)
    x = layers.GlobalAveragePooling2D()(hard_swish(point(x, 40)))
    return keras.Model(start, layers.Dense(10)(hard_swish(layers.Dense(48)(x))))
