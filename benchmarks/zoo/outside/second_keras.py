"""The second ten families: networks in Keras, written after the papers and public code."""

from __future__ import annotations

from typing import Any


def bisenet(width: int, depths: list[int], size: int) -> Any:
    """BiSeNet V1 with its modules read from the paper, upsampling before the fusion."""
    import keras
    from keras import layers as L

    def cbr(x: Any, cout: int, kernel: int = 3, strides: int = 1, relu: bool = True) -> Any:
        x = L.Conv2D(cout, kernel, strides, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        return L.ReLU()(x) if relu else x

    def refine(x: Any) -> Any:
        y = L.GlobalAveragePooling2D(keepdims=True)(x)
        y = L.BatchNormalization()(L.Conv2D(x.shape[-1], 1, use_bias=False)(y))
        return L.Multiply()([x, L.Activation("sigmoid")(y)])

    def stage(x: Any, cout: int, n: int, strides: int) -> Any:
        for index in range(n):
            step = strides if index == 0 else 1
            y = cbr(cbr(x, cout, 3, step), cout, relu=False)
            if step > 1 or x.shape[-1] != cout:
                x = cbr(x, cout, 1, step, relu=False)
            x = L.ReLU()(L.Add()([x, y]))
        return x

    given = keras.Input(batch_shape=(1, size, size, 3))
    spatial = cbr(cbr(cbr(given, width, 3, 2), width, 3, 2), 2 * width, 3, 2)
    x = L.MaxPooling2D(3, 2, padding="same")(cbr(given, width, 7, 2))
    found = []
    for index, n in enumerate(depths):
        x = stage(x, width * 2**index, n, 2 if index else 1)
        found.append(x)
    tail = L.GlobalAveragePooling2D(keepdims=True)(x)
    deep = L.UpSampling2D(4, interpolation="bilinear")(L.Multiply()([refine(found[3]), tail]))
    middle = L.UpSampling2D(2, interpolation="bilinear")(refine(found[2]))
    y = cbr(L.Concatenate()([spatial, middle, deep]), 4 * width)
    gate = L.Conv2D(4 * width, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(y))
    gate = L.Conv2D(4 * width, 1, activation="sigmoid")(gate)
    y = L.Conv2D(19, 1)(L.Add()([y, L.Multiply()([y, gate])]))
    return keras.Model(given, L.UpSampling2D(8, interpolation="bilinear")(y))


def xvector(width: int, frames: int, features: int = 30) -> Any:
    """The x-vector of Kaldi: ReLU before the norm, mean and deviation of all frames."""
    import keras
    from keras import layers as L
    from keras import ops

    given = keras.Input(batch_shape=(1, frames, features))
    x = given
    for kernel, dilation, cout in ((5, 1, width), (3, 2, width), (3, 3, width), (1, 1, width),
                                   (1, 1, 3 * width)):  # fmt: skip
        x = L.Conv1D(cout, kernel, dilation_rate=dilation, activation="relu")(x)
        x = L.BatchNormalization()(x)
    mean = ops.mean(x, axis=1)
    std = ops.sqrt(ops.mean(ops.square(x - ops.expand_dims(mean, 1)), axis=1) + 1e-5)
    x = L.Concatenate()([mean, std])
    for _ in range(2):
        x = L.BatchNormalization()(L.Dense(width, activation="relu")(x))
    return keras.Model(given, L.Dense(50, activation="softmax")(x))


def din(dim: int, hidden: list[int], length: int) -> Any:
    """Deep interest network after the paper's code: the gate's unit sees four views of a pair."""
    import keras
    from keras import layers as L
    from keras import ops

    user = keras.Input(batch_shape=(2,), dtype="int32")
    item = keras.Input(batch_shape=(2,), dtype="int32")
    past = keras.Input(batch_shape=(2, length), dtype="int32")
    size = keras.Input(batch_shape=(2,), dtype="int32")
    items = L.Embedding(80, dim)
    query, keys = items(item), items(past)
    wide = ops.reshape(ops.tile(query, [1, length]), (2, length, dim))
    x = L.Concatenate()([wide, keys, wide - keys, wide * keys])
    for units in hidden:
        x = L.Dense(units, activation="sigmoid")(x)
    score = ops.transpose(L.Dense(1)(x), (0, 2, 1))
    steps = ops.convert_to_tensor(ops.arange(length))
    mask = ops.expand_dims(ops.less(steps, ops.expand_dims(size, 1)), 1)
    score = ops.where(mask, score, ops.full_like(score, -4294967295.0))
    score = ops.softmax(score / dim**0.5)
    interest = ops.squeeze(ops.matmul(score, keys), 1)
    interest = L.Dense(dim)(L.BatchNormalization()(interest))
    x = L.Concatenate()([L.Embedding(40, dim)(user), query, interest, query * interest])
    x = L.BatchNormalization()(x)
    for units in (80, 40):
        x = L.Dense(units, activation="sigmoid")(x)
    return keras.Model([user, item, past, size], L.Activation("sigmoid")(L.Dense(1)(x)))
