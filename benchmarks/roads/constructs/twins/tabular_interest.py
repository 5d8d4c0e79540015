"""Keras twin of `tabular_interest`."""

from __future__ import annotations

from typing import Any

HISTORY, ROWS, WIDTH, EXPERTS, TASKS = 6, 60, 12, 3, 2


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Dice(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.alpha = self.add_weight(shape=(shape[0][-1],), initializer="zeros", name="alpha")

        def call(self, values: Any) -> Any:
            x, normed = values
            p = tf.sigmoid(normed)
            return self.alpha * (1.0 - p) * x + p * x

    class Factor(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.factor = self.add_weight(shape=(1,), initializer="zeros", name="factor")

        def call(self, values: Any) -> Any:
            left, right = (tf.math.l2_normalize(each, axis=1) for each in values)
            return tf.reduce_sum(left * right, axis=1) * tf.exp(self.factor)

    def compared(values: Any) -> Any:
        query, keys = values
        query = tf.tile(query[:, None], (1, HISTORY, 1))
        return tf.concat([query, keys, query - keys, query * keys], axis=-1)

    user = keras.Input((), batch_size=1, dtype="int32")
    item = keras.Input((), batch_size=1, dtype="int32")
    history = keras.Input((HISTORY,), batch_size=1, dtype="int32")
    u = layers.Embedding(ROWS, WIDTH)(user)
    items = layers.Embedding(ROWS, WIDTH)
    i, keys = items(item), items(history)
    y = layers.Dense(16)(layers.Lambda(compared)([i, keys]))
    scores = layers.Dense(1)(layers.PReLU(shared_axes=(1, 2))(y))
    interest = layers.Lambda(lambda v: tf.matmul(v[0], v[1], transpose_a=True)[:, 0])
    both = layers.Concatenate()([u, i, interest([scores, keys])])
    x = layers.Dense(3 * WIDTH)(both)
    x = Dice()([x, layers.BatchNormalization(epsilon=1e-8)(x)])
    found = [layers.Dense(10, activation="relu")(x) for _ in range(EXPERTS)]
    experts = layers.Lambda(lambda v: tf.stack(v, axis=1))(found)
    answers = []
    for _ in range(TASKS):
        gate = layers.Dense(EXPERTS, activation="softmax")(x)
        mixed = layers.Lambda(lambda v: tf.matmul(v[0][:, None], v[1])[:, 0])([gate, experts])
        answers.append(layers.Dense(1, activation="sigmoid")(mixed))
    deep = layers.Dense(10, activation="relu")(layers.Concatenate()([u, i]))
    both = layers.Concatenate()([layers.Multiply()([u, i]), deep])
    neural = layers.Dense(1, use_bias=False)(both)
    neural = layers.Lambda(lambda v: tf.reshape(tf.sigmoid(v), (-1,)))(neural)
    towers = Factor()([layers.Dense(8)(u), layers.Dense(8)(i)])
    return keras.Model([user, item, history], [*answers, neural, towers])
