"""The first ten families: networks in Keras, written after the papers and Keras' examples."""

from __future__ import annotations

from typing import Any


def quartznet(blocks: int, repeat: int, width: int) -> Any:
    """QuartzNet of separable convolutions; the skip is added before the last ReLU."""
    import keras
    from keras import layers as L

    def unit(x: Any, kernel: int, relu: bool = True, strides: int = 1, to: int = width) -> Any:
        x = L.SeparableConv1D(to, kernel, strides, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        return L.ReLU()(x) if relu else x

    given = keras.Input(batch_shape=(1, 96, 80))
    x = unit(given, 33, strides=2)
    for index in range(blocks):
        kernel, skip = (33, 39, 51, 63, 75)[index * 5 // blocks], x
        for step in range(repeat):
            x = unit(x, kernel, relu=step < repeat - 1)
        skip = L.BatchNormalization()(L.Conv1D(width, 1, use_bias=False)(skip))
        x = L.ReLU()(L.Add()([x, skip]))
    x = unit(x, 87, to=2 * width)
    x = L.ReLU()(L.BatchNormalization()(L.Conv1D(96, 1, use_bias=False)(x)))
    return keras.Model(given, L.Softmax()(L.Conv1D(29, 1)(x)))


def gmlp(dim: int, depth: int, size: int, patch: int = 8) -> Any:
    """The gMLP of Keras' example on modern MLP models, patches cut beforehand."""
    import keras
    from keras import layers as L

    length = (size // patch) ** 2
    given = keras.Input(batch_shape=(1, length, patch * patch * 3))
    x = L.Dense(dim)(given)
    for _ in range(depth):
        y = L.LayerNormalization(epsilon=1e-6)(x)
        y = L.Dense(dim * 2, activation="gelu")(y)
        u, v = keras.ops.split(y, 2, axis=2)
        v = L.LayerNormalization(epsilon=1e-6)(v)
        v = L.Permute((2, 1))(v)
        v = L.Dense(length, bias_initializer="ones")(v)
        v = L.Permute((2, 1))(v)
        x = x + L.Dense(dim)(u * v)
    x = L.GlobalAveragePooling1D()(x)
    return keras.Model(given, L.Dense(10)(L.Dropout(0.2)(x)))


def beats(stacks: int, width: int, back: int, ahead: int) -> Any:
    """N-BEATS with one projection to backcast and forecast, split after it."""
    import keras
    from keras import layers as L

    given = keras.Input(batch_shape=(1, back))
    x, total = given, None
    for _ in range(stacks):
        y = x
        for _ in range(4):
            y = L.Dense(width, activation="relu")(y)
        theta = L.Dense(back + ahead)(y)
        x = L.Subtract()([x, theta[:, :back]])
        total = theta[:, back:] if total is None else L.Add()([total, theta[:, back:]])
    return keras.Model(given, total)


def deepspeech2(layers: int, width: int) -> Any:
    """The Deep Speech 2 of Keras' example on CTC: ReLU, bidirectional GRU, a dense layer."""
    import keras
    from keras import layers as L

    given = keras.Input(batch_shape=(1, 60, 49))
    x = L.Reshape((60, 49, 1))(given)
    for kernel, strides in (([11, 41], [2, 2]), ([11, 21], [1, 2])):
        x = L.Conv2D(8, kernel, strides, padding="same", use_bias=False)(x)
        x = L.ReLU()(L.BatchNormalization()(x))
    x = L.Reshape((-1, x.shape[-2] * x.shape[-1]))(x)
    for index in range(1, layers + 1):
        gru = L.GRU(width, return_sequences=True, reset_after=True)
        x = L.Bidirectional(gru, merge_mode="concat")(x)
        if index < layers:
            x = L.Dropout(0.5)(x)
    x = L.ReLU()(L.Dense(width * 2)(x))
    return keras.Model(given, L.Dense(31, activation="softmax")(L.Dropout(0.5)(x)))


def mmoe(features: int, experts: int, tasks: int, width: int) -> Any:
    """MMoE in the manner of DeepCTR: gates and experts meet in a sum of products."""
    import keras
    from keras import layers as L

    given = keras.Input(batch_shape=(4, features))
    found = []
    for _ in range(experts):
        y = L.Dense(width, activation="relu")(given)
        found.append(L.Dense(16, activation="relu")(y))
    stacked = keras.ops.stack(found, axis=1)
    outputs = []
    for _ in range(tasks):
        gate = L.Dense(experts, activation="softmax", use_bias=False)(given)
        mixed = keras.ops.sum(stacked * keras.ops.expand_dims(gate, -1), axis=1)
        y = L.Dense(8, activation="relu")(mixed)
        outputs.append(L.Dense(1, activation="sigmoid")(y))
    return keras.Model(given, outputs)
