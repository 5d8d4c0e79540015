"""Keras twin of `segformer` on Keras' own attention layer."""

from __future__ import annotations

from typing import Any

PLAN = (  # depth, width, heads, reduction
    (1, 8, 1, 8),
    (1, 16, 2, 4),
    (2, 20, 2, 2),
    (1, 32, 4, 1),
)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    def gelu(x: Any) -> Any:
        return layers.Activation(lambda value: keras.activations.gelu(value, approximate=False))(x)

    def flat(x: Any) -> Any:
        return layers.Reshape((x.shape[1] * x.shape[2], x.shape[3]))(x)

    def layer(x: Any, side: int, heads: int, reduction: int) -> Any:
        width = x.shape[-1]
        y = known = norm(x)
        if reduction > 1:
            known = layers.Reshape((side, side, width))(y)
            known = norm(flat(layers.Conv2D(width, reduction, reduction)(known)))
        x = layers.Add()([layers.MultiHeadAttention(heads, width // heads)(y, known), x])
        y = layers.Reshape((side, side, 2 * width))(layers.Dense(2 * width)(norm(x)))
        y = gelu(flat(layers.DepthwiseConv2D(3, padding="same")(y)))
        return layers.Add()([layers.Dense(width)(y), x])

    x = start = keras.Input((64, 64, 3), batch_size=1)
    found = []
    for index, (depth, width, heads, reduction) in enumerate(PLAN):
        kernel, stride = (3, 2) if index else (7, 4)
        x = layers.Conv2D(width, kernel, stride)(layers.ZeroPadding2D(kernel // 2)(x))
        side = x.shape[1]
        x = norm(flat(x))
        for _ in range(depth):
            x = layer(x, side, heads, reduction)
        x = layers.Reshape((side, side, width))(norm(x))
        found.append(x)
    maps = []
    for x in found:
        side = x.shape[1]
        y = layers.Reshape((side, side, 24))(layers.Dense(24)(flat(x)))
        maps.append(layers.Lambda(lambda value: tf.image.resize(value, (16, 16)))(y))
    x = layers.Conv2D(24, 1, use_bias=False)(layers.Concatenate()(maps[::-1]))
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
    return keras.Model(start, layers.Conv2D(6, 1)(x))
