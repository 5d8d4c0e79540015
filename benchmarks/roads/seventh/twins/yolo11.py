"""Keras twin of `yolo11`; the anchors stand in the graph as a constant."""

from __future__ import annotations

from typing import Any

CLASSES, SIZE, BINS, STRIDES = 20, 96, 16, (8, 16, 32)
BOX, NAME = 32, 32


def places() -> tuple[Any, Any]:
    """Centre of every prediction, and the stride of its map."""
    import numpy as np

    grids, steps = [], []
    for stride in STRIDES:
        side = np.arange(SIZE // stride) + 0.5
        rows, columns = np.meshgrid(side, side, indexing="ij")
        grids.append(np.stack((columns, rows), -1).reshape(1, -1, 2))
        steps.append(np.full((1, len(side) ** 2, 1), stride))
    return np.concatenate(grids, 1).astype("float32"), np.concatenate(steps, 1).astype("float32")


def decode(found: Any) -> Any:
    """Boxes in pixels from distances to the four sides."""
    import tensorflow as tf

    anchors, steps = places()
    left_top, right_bottom = tf.split(found, 2, -1)
    first, last = anchors - left_top, anchors + right_bottom
    return tf.concat([(first + last) / 2, last - first], -1) * steps


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def normed(x: Any, act: bool) -> Any:
        x = layers.BatchNormalization(epsilon=1e-3)(x)
        return layers.Activation("swish")(x) if act else x

    def conv(x: Any, cout: int, kernel: int = 1, stride: int = 1, act: bool = True) -> Any:
        x = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
        return normed(layers.Conv2D(cout, kernel, stride, use_bias=False)(x), act)

    def deep(x: Any, act: bool = True) -> Any:
        x = layers.ZeroPadding2D(1)(x)
        return normed(layers.DepthwiseConv2D(3, use_bias=False)(x), act)

    def join(*parts: Any) -> Any:
        return layers.Concatenate()(list(parts))

    def halves(x: Any) -> Any:
        return layers.Lambda(lambda value: tf.split(value, 2, -1))(x)

    def bottleneck(x: Any, ratio: float) -> Any:
        width = x.shape[-1]
        return layers.Add()([x, conv(conv(x, int(width * ratio), 3), width, 3)])

    def c3k(x: Any) -> Any:
        width = x.shape[-1]
        y = conv(x, width // 2)
        for _ in range(2):
            y = bottleneck(y, 1.0)
        return conv(join(y, conv(x, width // 2)), width)

    def c3k2(x: Any, cout: int, inner: bool, ratio: float = 0.5) -> Any:
        first, second = halves(conv(x, 2 * int(cout * ratio)))
        third = c3k(second) if inner else bottleneck(second, 0.5)
        return conv(join(first, second, third), cout)

    def sppf(x: Any) -> Any:
        width = x.shape[-1]
        parts = [conv(x, width // 2)]
        for _ in range(3):
            parts.append(layers.MaxPooling2D(5, 1, "same")(parts[-1]))
        return conv(join(*parts), width)

    def attend(x: Any, heads: int) -> Any:
        _, high, wide, width = x.shape
        size, count = width // heads, high * wide
        small = size // 2

        def split(qkv: Any) -> Any:
            qkv = tf.reshape(qkv, (-1, count, heads, 2 * small + size))
            return tf.split(tf.transpose(qkv, (0, 2, 1, 3)), (small, small, size), -1)

        def flat(value: Any) -> Any:
            return tf.reshape(tf.transpose(value, (0, 2, 1, 3)), (-1, high, wide, width))

        def mix(values: Any) -> Any:
            query, key, value = values
            scores = tf.matmul(query, key, transpose_b=True) * small**-0.5
            return flat(tf.matmul(tf.nn.softmax(scores), value))

        query, key, value = layers.Lambda(split)(conv(x, width + 2 * small * heads, act=False))
        mixed = layers.Lambda(mix)([query, key, value])
        x = layers.Add()([mixed, deep(layers.Lambda(flat)(value), act=False)])
        return conv(x, width, act=False)

    def c2psa(x: Any) -> Any:
        width = x.shape[-1]
        first, second = halves(conv(x, width))
        second = layers.Add()([second, attend(second, 2)])
        y = conv(conv(second, width), width // 2, act=False)
        return conv(join(first, layers.Add()([second, y])), width)

    def double(x: Any) -> Any:
        return layers.UpSampling2D(2)(x)

    def head(x: Any) -> Any:
        box = layers.Conv2D(4 * BINS, 1)(conv(conv(x, BOX, 3), BOX, 3))
        name = conv(deep(conv(deep(x), NAME)), NAME)
        found = join(box, layers.Conv2D(CLASSES, 1)(name))
        return layers.Reshape((found.shape[1] * found.shape[2], 4 * BINS + CLASSES))(found)

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = c3k2(conv(conv(start, 16, 3, 2), 24, 3, 2), 32, False, 0.25)
    near = c3k2(conv(x, 32, 3, 2), 48, False, 0.25)
    middle = c3k2(conv(near, 48, 3, 2), 48, True)
    far = c2psa(sppf(c3k2(conv(middle, 64, 3, 2), 64, True)))
    mixed = c3k2(join(double(far), middle), 48, False)
    out3 = c3k2(join(double(mixed), near), 32, False)
    out4 = c3k2(join(conv(out3, 32, 3, 2), mixed), 48, False)
    out5 = c3k2(join(conv(out4, 48, 3, 2), far), 64, True)
    found = layers.Concatenate(axis=1)([head(each) for each in (out3, out4, out5)])
    parts = layers.Lambda(lambda value: tf.split(value, (4 * BINS, CLASSES), -1))(found)
    count = found.shape[1]
    box = layers.Softmax()(layers.Reshape((count, 4, BINS))(parts[0]))
    box = layers.Reshape((count, 4))(layers.Conv2D(1, 1, use_bias=False)(box))
    box, name = layers.Lambda(decode)(box), layers.Activation("sigmoid")(parts[1])
    return keras.Model(start, join(box, name))
