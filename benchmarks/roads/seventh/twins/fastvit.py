"""Keras twin of `fastvit`; Keras' depthwise layers have a multiplier where torch has groups."""

from __future__ import annotations

from typing import Any

WIDTHS, DEPTHS, RATIO, HEAD, SIZE, CLASSES = (12, 24, 48, 96), (1, 2, 2, 2), 3, 16, 128, 20


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Scale(layers.Layer):  # type: ignore[misc, name-defined]
        """A factor for every channel."""

        def build(self, shape: Any) -> None:
            first = keras.initializers.Constant(1e-5)
            self.gamma = self.add_weight(shape=(shape[-1],), initializer=first, name="gamma")

        def call(self, x: Any) -> Any:
            return x * self.gamma

    def gelu(x: Any) -> Any:
        return layers.Activation("gelu")(x)

    def padded(x: Any, kernel: int) -> Any:
        return layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x

    def conv(x: Any, cout: int, kernel: int = 1, stride: int = 1) -> Any:
        return layers.Conv2D(cout, kernel, stride)(padded(x, kernel))

    def deep(x: Any, kernel: int, stride: int = 1, times: int = 1, bias: bool = True) -> Any:
        layer = layers.DepthwiseConv2D(kernel, stride, depth_multiplier=times, use_bias=bias)
        return layer(padded(x, kernel))

    def squeeze(x: Any) -> Any:
        channels = x.shape[-1]
        y = layers.GlobalAveragePooling2D(keepdims=True)(x)
        y = layers.Conv2D(channels // 16, 1, activation="relu")(y)
        y = layers.Conv2D(channels, 1, activation="sigmoid")(y)
        return layers.Multiply()([x, y])

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def mlp(x: Any) -> Any:
        width = x.shape[-1]
        x = norm(deep(x, 7, bias=False))
        return conv(gelu(conv(x, width * RATIO)), width)

    def mixer(x: Any) -> Any:
        x = deep(x, 3)
        return layers.Add()([x, Scale()(mlp(x))])

    def attend(x: Any) -> Any:
        _, high, wide, width = x.shape
        heads, count = width // HEAD, high * wide

        def mix(value: Any) -> Any:
            qkv = tf.reshape(value, (-1, count, 3, heads, HEAD))
            query, key, value = tf.unstack(tf.transpose(qkv, (2, 0, 3, 1, 4)))
            scores = tf.matmul(query * HEAD**-0.5, key, transpose_b=True)
            mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), (0, 2, 1, 3))
            return tf.reshape(mixed, (-1, count, width))

        x = layers.Dense(width * 3, use_bias=False)(layers.Reshape((count, width))(x))
        x = layers.Dense(width)(layers.Lambda(mix)(x))
        return layers.Reshape((high, wide, width))(x)

    def attentive(x: Any) -> Any:
        x = layers.Add()([x, Scale()(attend(norm(x)))])
        return layers.Add()([x, Scale()(mlp(x))])

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = gelu(conv(start, WIDTHS[0], 3, 2))
    x = gelu(conv(gelu(deep(x, 3, 2)), WIDTHS[0]))
    for index, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
        late = index == len(WIDTHS) - 1
        if index:
            x = gelu(conv(deep(x, 7, 2, 2), width))
        if late:
            x = deep(x, 7)
        for _ in range(depth):
            x = attentive(x) if late else mixer(x)
    x = gelu(squeeze(deep(x, 3, times=2)))
    return keras.Model(start, layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(x)))
