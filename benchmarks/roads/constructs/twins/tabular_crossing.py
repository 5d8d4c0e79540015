"""Keras twin of `tabular_crossing`."""

from __future__ import annotations

from typing import Any

FIELDS, ROWS, SIZE, DENSE = 5, 60, 8, 6
WIDTH = FIELDS * SIZE


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers

    class Cross(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            given: dict[str, Any] = {"shape": (WIDTH, 1)}
            self.kernels = [self.add_weight(**given, name=f"kernel{i}") for i in range(2)]
            self.biases = [
                self.add_weight(**given, initializer="zeros", name=f"bias{i}") for i in range(2)
            ]

        def call(self, inputs: Any) -> Any:
            first = tf.expand_dims(inputs, 2)
            x = first
            for kernel, bias in zip(self.kernels, self.biases, strict=True):
                x = tf.matmul(first, tf.tensordot(x, kernel, axes=(1, 0))) + bias + x
            return tf.squeeze(x, axis=2)

    class Interacting(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            names = ("query", "key", "value", "rest")
            self.kernels = [self.add_weight(shape=(SIZE, SIZE), name=name) for name in names]

        def call(self, x: Any) -> Any:
            query, key, value, rest = (tf.tensordot(x, w, axes=(-1, 0)) for w in self.kernels)
            query, key, value = (
                tf.stack(tf.split(each, 2, axis=2)) for each in (query, key, value)
            )
            scores = tf.matmul(query, key, transpose_b=True)
            mixed = tf.matmul(tf.nn.softmax(scores), value)
            mixed = tf.squeeze(tf.concat(tf.split(mixed, 2), axis=-1), axis=0)
            return tf.nn.relu(mixed + rest)

    def crossed(x: Any) -> Any:
        first = x
        for _ in range(2):
            y = layers.Dense(WIDTH)(layers.Dense(6, use_bias=False)(x))
            x = layers.Add()([layers.Multiply()([first, y]), x])
        return x

    def outer(values: Any) -> Any:
        both = tf.einsum("bhd,bmd->bhmd", *values)
        return tf.transpose(tf.reshape(both, (1, both.shape[1] * FIELDS, SIZE)), (0, 2, 1))

    def compressed(x: Any) -> Any:
        h, found = x, []
        for _ in range(2):
            h = layers.Conv1D(6, 1, activation="relu")(layers.Lambda(outer)([h, x]))
            h = layers.Permute((2, 1))(h)
            found.append(h)
        return layers.Lambda(lambda v: tf.reduce_sum(tf.concat(v, axis=1), -1))(found)

    def machine(x: Any) -> Any:
        square = tf.square(tf.reduce_sum(x, axis=1))
        return 0.5 * tf.reduce_sum(square - tf.reduce_sum(x * x, axis=1), axis=1, keepdims=True)

    def triangle(x: Any) -> Any:
        row, column = np.tril_indices(FIELDS + 1, -1)
        products = tf.matmul(x, x, transpose_b=True)
        flat = tf.reshape(products, (1, (FIELDS + 1) ** 2))
        return tf.gather(flat, (row * (FIELDS + 1) + column).astype("int32"), axis=1)

    dense = keras.Input((DENSE,), batch_size=1)
    ids = keras.Input((FIELDS,), batch_size=1, dtype="int32")
    fields = [layers.Lambda(lambda v, i=i: v[:, i])(ids) for i in range(FIELDS)]
    rows = [layers.Embedding(ROWS, SIZE)(field) for field in fields]
    x = layers.Lambda(lambda v: tf.stack(v, axis=1))(rows)
    weights = layers.Concatenate()([layers.Embedding(ROWS, 1)(field) for field in fields])
    line = layers.Lambda(lambda v: tf.reduce_sum(v, axis=1, keepdims=True))(weights)
    bottom = layers.Dense(SIZE, activation="relu")(dense)
    both = layers.Lambda(lambda v: tf.concat([v[0][:, None], v[1]], 1))([bottom, x])
    flat = layers.Lambda(triangle)(both)
    top = layers.Dense(16, activation="relu")(layers.Concatenate()([bottom, flat]))
    start = layers.Flatten()(x)
    auto = layers.Flatten()(Interacting()(x))
    parts = [Cross()(start), crossed(start), auto, compressed(x), top]
    deep = layers.Dense(1)(layers.Concatenate()(parts))
    wide = layers.Dense(1)(dense)
    total = layers.Lambda(lambda v: tf.add_n(v))([deep, layers.Lambda(machine)(x), line, wide])
    return keras.Model([dense, ids], layers.Lambda(lambda v: tf.sigmoid(v)[:, 0])(total))
