"""Keras twin of `one_stage`; the cells stand before their features."""

from __future__ import annotations

from typing import Any

BINS, CLASSES, SIZE, STRIDES = 6, 5, 64, (8, 16)


def blocks(layers: Any) -> tuple[Any, Any, Any, Any]:
    """The unit, the split block, the pooled block and the head."""

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(1)(x) if stride > 1 else x
        pad = "valid" if stride > 1 else "same"
        x = layers.Conv2D(cout, kernel, stride, pad, use_bias=False)(x)
        return layers.Activation("swish")(layers.BatchNormalization(epsilon=1e-3)(x))

    def split(x: Any, cout: int, skip: bool) -> Any:
        half = cout // 2
        x = unit(x, cout)
        kept, used = x[..., :half], x[..., half:]
        made = unit(unit(used, half, 3), half, 3)
        made = layers.Add()([used, made]) if skip else made
        return unit(layers.Concatenate()([kept, used, made]), cout)

    def pooled(x: Any, width: int) -> Any:
        found = [unit(x, width // 2)]
        for _ in range(3):
            found.append(layers.MaxPooling2D(5, 1, "same")(found[-1]))
        return unit(layers.Concatenate()(found), width)

    def head(x: Any) -> Any:
        boxes = layers.Conv2D(4 * BINS, 1)(unit(x, 12, 3))
        x = layers.Concatenate()([boxes, layers.Conv2D(CLASSES, 1)(unit(x, 12, 3))])
        return layers.Reshape((-1, 4 * BINS + CLASSES))(x)

    return unit, split, pooled, head


def anchors() -> tuple[Any, Any]:
    """Middles of all cells in cells, and the stride of each."""
    import numpy as np

    middles, strides = [], []
    for stride in STRIDES:
        places = np.arange(SIZE // stride) + 0.5
        middles.append(np.stack(np.meshgrid(places, places), -1).reshape(-1, 2))
        strides.append(np.full((places.size**2, 1), stride))
    return np.concatenate(middles).astype("float32"), np.concatenate(strides).astype("float32")


def decode(x: Any) -> Any:
    """Boxes by middle and size in pixels before the scores of all classes."""
    import tensorflow as tf

    middles, strides = anchors()
    boxes, classes = tf.split(x, (4 * BINS, CLASSES), -1)
    likely = tf.nn.softmax(tf.reshape(boxes, (1, -1, 4, BINS)), -1)
    sides = tf.reduce_sum(likely * tf.range(BINS, dtype=tf.float32), -1)
    before, after = tf.split(sides, 2, -1)
    low, high = middles - before, middles + after
    boxes = tf.concat([(low + high) / 2, high - low], -1) * strides
    return tf.concat([boxes, tf.sigmoid(classes)], -1)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    unit, split, pooled, head = blocks(layers)
    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = split(unit(unit(start, 8, 3, 2), 12, 3, 2), 12, True)
    fine = split(unit(x, 16, 3, 2), 16, True)
    coarse = pooled(unit(fine, 20, 3, 2), 20)
    fine = split(layers.Concatenate()([layers.UpSampling2D(2)(coarse), fine]), 16, False)
    coarse = split(layers.Concatenate()([unit(fine, 16, 3, 2), coarse]), 20, False)
    x = layers.Concatenate(axis=1)([head(fine), head(coarse)])
    return keras.Model(start, layers.Lambda(decode)(x))
