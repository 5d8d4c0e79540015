"""Keras twin of `retinaface`."""

from __future__ import annotations

from typing import Any

SIZE, WIDTH, ANCHORS = 128, 32, 2
STAGES = (
    ((8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)),
    ((64, 64, 2), (64, 64, 1), (64, 64, 1)),
    ((64, 96, 2), (96, 96, 1)),
)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def normed(x: Any, act: bool) -> Any:
        x = layers.BatchNormalization(epsilon=1e-5)(x)
        return layers.Lambda(lambda value: tf.nn.leaky_relu(value, 0.1))(x) if act else x

    def conv(x: Any, cout: int, kernel: int = 3, stride: int = 1, act: bool = True) -> Any:
        x = layers.ZeroPadding2D(1)(x) if kernel > 1 else x
        return normed(layers.Conv2D(cout, kernel, stride, use_bias=False)(x), act)

    def separable(x: Any, cout: int, stride: int) -> Any:
        x = layers.ZeroPadding2D(1)(x)
        x = normed(layers.DepthwiseConv2D(3, stride, use_bias=False)(x), True)
        return conv(x, cout, 1)

    def ssh(x: Any) -> Any:
        first, second = conv(x, WIDTH // 2, act=False), conv(x, WIDTH // 4)
        third = conv(second, WIDTH // 4, act=False)
        fourth = conv(conv(second, WIDTH // 4), WIDTH // 4, act=False)
        return layers.ReLU()(layers.Concatenate()([first, third, fourth]))

    def heads(maps: list[Any], size: int) -> Any:
        found = [layers.Conv2D(ANCHORS * size, 1)(each) for each in maps]
        flat = [
            layers.Reshape((each.shape[1] * each.shape[2] * ANCHORS, size))(each) for each in found
        ]
        return layers.Concatenate(axis=1)(flat)

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x, maps = conv(start, 8, 3, 2), []
    for stage in STAGES:
        for _, cout, stride in stage:
            x = separable(x, cout, stride)
        maps.append(x)
    one, two, three = (conv(each, WIDTH, 1) for each in maps)
    two = conv(layers.Add()([two, layers.UpSampling2D(2)(three)]), WIDTH)
    one = conv(layers.Add()([one, layers.UpSampling2D(2)(two)]), WIDTH)
    maps = [ssh(each) for each in (one, two, three)]
    boxes, names, marks = heads(maps, 4), heads(maps, 2), heads(maps, 10)
    return keras.Model(start, [boxes, layers.Softmax()(names), marks])
