"""Keras twin of `mobilevit` on Keras' own attention layer."""

from __future__ import annotations

from typing import Any

HEADS, PATCH = 4, 2


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(1)(x) if stride > 1 else x
        padding = "valid" if stride > 1 else "same"
        x = layers.Conv2D(cout, kernel, stride, padding, use_bias=False)(x)
        return layers.Activation("swish")(norm(x))

    def inverted(x: Any, cout: int, stride: int) -> Any:
        cin = x.shape[-1]
        y = unit(x, 2 * cin)
        y = layers.ZeroPadding2D(1)(y) if stride > 1 else y
        padding = "valid" if stride > 1 else "same"
        y = norm(layers.DepthwiseConv2D(3, stride, padding, use_bias=False)(y))
        y = norm(layers.Conv2D(cout, 1, use_bias=False)(layers.Activation("swish")(y)))
        return layers.Add()([x, y]) if stride == 1 and cin == cout else y

    def layer(x: Any) -> Any:
        width = x.shape[-1]
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(HEADS, width // HEADS)(y, y)])
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Dense(width)(layers.Dense(2 * width, activation="swish")(y))
        return layers.Add()([x, y])

    def mobilevit(x: Any, width: int, depth: int) -> Any:
        kept, (_, height, wide, cin) = x, x.shape
        rows, columns = height // PATCH, wide // PATCH

        def unfold(value: Any) -> Any:
            value = tf.reshape(value, (rows, PATCH, columns, PATCH, width))
            value = tf.transpose(value, (1, 3, 0, 2, 4))
            return tf.reshape(value, (PATCH * PATCH, rows * columns, width))

        def fold(value: Any) -> Any:
            value = tf.reshape(value, (PATCH, PATCH, rows, columns, width))
            value = tf.transpose(value, (2, 0, 3, 1, 4))
            return tf.reshape(value, (1, height, wide, width))

        x = layers.Conv2D(width, 1, use_bias=False)(unit(x, cin, 3))
        x = layers.Lambda(unfold)(x)
        for _ in range(depth):
            x = layer(x)
        x = layers.Lambda(fold)(layers.LayerNormalization(epsilon=1e-5)(x))
        return unit(layers.Concatenate()([kept, unit(x, cin)]), cin, 3)

    start = keras.Input((64, 64, 3), batch_size=1)
    x = unit(start, 8, 3, 2)
    for cout, stride in ((12, 1), (16, 2), (16, 1), (20, 2)):
        x = inverted(x, cout, stride)
    x = mobilevit(inverted(mobilevit(x, 24, 2), 28, 2), 32, 1)
    x = layers.GlobalAveragePooling2D()(unit(x, 48))
    return keras.Model(start, layers.Dense(10)(x))
