"""Keras twin of `mobilenet_v4`."""

from __future__ import annotations

from typing import Any

SIZE, CLASSES, KEY = 128, 20, 16


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

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=1e-5)(x)

    def padded(x: Any, kernel: int) -> Any:
        return layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x

    def conv(x: Any, cout: int, kernel: int = 1, stride: int = 1, act: bool = True) -> Any:
        x = norm(layers.Conv2D(cout, kernel, stride, use_bias=False)(padded(x, kernel)))
        return layers.ReLU()(x) if act else x

    def deep(x: Any, kernel: int, stride: int = 1, act: bool = True) -> Any:
        x = norm(layers.DepthwiseConv2D(kernel, stride, use_bias=False)(padded(x, kernel)))
        return layers.ReLU()(x) if act else x

    def uir(x: Any, cout: int, start: int, mid: int, stride: int, ratio: float) -> Any:
        cin = x.shape[-1]
        y = deep(x, start, 1 if mid else stride, False) if start else x
        y = conv(y, int(cin * ratio))
        y = conv(deep(y, mid, stride) if mid else y, cout, act=False)
        return layers.Add()([y, x]) if cin == cout and stride == 1 else y

    def small(x: Any, stride: int) -> Any:
        x = deep(x, 3, stride, False) if stride > 1 else x
        x = layers.Conv2D(KEY, 1, use_bias=False)(x)
        return layers.Reshape((x.shape[1] * x.shape[2], KEY))(x)

    def attend(x: Any, heads: int, stride: int) -> Any:
        _, high, wide, width = x.shape

        def mix(values: Any) -> Any:
            query, key, value = values
            query = tf.reshape(query, (-1, high * wide, heads, KEY))
            query = tf.transpose(query, (0, 2, 1, 3)) * KEY**-0.5
            scores = tf.matmul(query, key[:, None], transpose_b=True)
            mixed = tf.matmul(tf.nn.softmax(scores), value[:, None])
            mixed = tf.transpose(mixed, (0, 2, 1, 3))
            return tf.reshape(mixed, (-1, high, wide, heads * KEY))

        y = norm(x)
        query = layers.Conv2D(heads * KEY, 1, use_bias=False)(y)
        y = layers.Lambda(mix)([query, small(y, stride), small(y, stride)])
        y = layers.Conv2D(width, 1, use_bias=False)(y)
        return layers.Add()([Scale()(y), x])

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = conv(start, 16, 3, 2)
    x = conv(conv(x, 64, 3, 2), 24, act=False)
    x = uir(uir(x, 32, 3, 5, 2, 4.0), 32, 3, 3, 1, 2.0)
    x = attend(uir(uir(x, 48, 3, 5, 2, 6.0), 48, 0, 0, 1, 2.0), 4, 2)
    x = uir(attend(uir(x, 48, 3, 3, 1, 4.0), 4, 2), 48, 3, 0, 1, 4.0)
    x = attend(uir(uir(x, 64, 5, 5, 2, 6.0), 64, 5, 0, 1, 2.0), 4, 1)
    x = conv(uir(x, 64, 5, 5, 1, 4.0), 96)
    x = conv(layers.GlobalAveragePooling2D(keepdims=True)(x), 128)
    return keras.Model(start, layers.Dense(CLASSES)(layers.Flatten()(x)))
