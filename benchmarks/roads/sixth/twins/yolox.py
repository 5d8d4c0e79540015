"""Keras twin of `yolox`; the grid stands in the graph as a constant."""

from __future__ import annotations

from typing import Any

CLASSES, SIZE, HEAD, STRIDES = 20, 96, 32, (8, 16, 32)


def places() -> tuple[Any, Any]:
    """Column and row of every prediction, and the stride of its map."""
    import numpy as np

    grids, steps = [], []
    for stride in STRIDES:
        side = SIZE // stride
        rows, columns = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        grids.append(np.stack((columns, rows), 2).reshape(1, -1, 2))
        steps.append(np.full((1, side * side, 1), stride))
    return np.concatenate(grids, 1).astype("float32"), np.concatenate(steps, 1).astype("float32")


def focus(x: Any) -> Any:
    """The four pixels of every square as channels."""
    import tensorflow as tf

    parts = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
    return tf.concat(parts, -1)


def decode(found: Any) -> Any:
    """Boxes in pixels."""
    import tensorflow as tf

    grid, step = places()
    centre = (found[..., 0:2] + grid) * step
    return tf.concat([centre, tf.exp(found[..., 2:4]) * step, found[..., 4:]], -1)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def unit(x: Any, cout: int, kernel: int = 1, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(kernel // 2)(x) if kernel > 1 else x
        x = layers.Conv2D(cout, kernel, stride, use_bias=False)(x)
        return layers.Activation("swish")(layers.BatchNormalization(epsilon=1e-3)(x))

    def join(*parts: Any) -> Any:
        return layers.Concatenate()(list(parts))

    def csp(x: Any, cout: int, count: int = 1, shortcut: bool = False) -> Any:
        first, second = unit(x, cout // 2), unit(x, cout // 2)
        for _ in range(count):
            y = unit(unit(first, cout // 2), cout // 2, 3)
            first = layers.Add()([y, first]) if shortcut else y
        return unit(join(first, second), cout)

    def pyramid_pool(x: Any, cout: int) -> Any:
        x = unit(x, x.shape[-1] // 2)
        return unit(join(x, *(layers.MaxPooling2D(k, 1, "same")(x) for k in (5, 9, 13))), cout)

    def double(x: Any) -> Any:
        return layers.UpSampling2D(2)(x)

    def head(x: Any) -> Any:
        x = unit(x, HEAD)
        classes = layers.Conv2D(CLASSES, 1)(unit(unit(x, HEAD, 3), HEAD, 3))
        features = unit(unit(x, HEAD, 3), HEAD, 3)
        box, known = layers.Conv2D(4, 1)(features), layers.Conv2D(1, 1)(features)
        known, classes = (layers.Activation("sigmoid")(each) for each in (known, classes))
        found = join(box, known, classes)
        return layers.Reshape((found.shape[1] * found.shape[2], 5 + CLASSES))(found)

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = unit(layers.Lambda(focus)(start), 16, 3)
    x = csp(unit(x, 32, 3, 2), 32, 1, True)
    near = csp(unit(x, 48, 3, 2), 48, 2, True)
    middle = csp(unit(near, 64, 3, 2), 64, 2, True)
    far = csp(pyramid_pool(unit(middle, 96, 3, 2), 96), 96)
    lateral = unit(far, 64)
    reduced = unit(csp(join(double(lateral), middle), 64), 48)
    out2 = csp(join(double(reduced), near), 48)
    out1 = csp(join(unit(out2, 48, 3, 2), reduced), 64)
    out0 = csp(join(unit(out1, 64, 3, 2), lateral), 96)
    found = layers.Concatenate(axis=1)([head(each) for each in (out2, out1, out0)])
    return keras.Model(start, layers.Lambda(decode)(found))
