"""Keras twin of `factorisation`."""

from __future__ import annotations

from typing import Any

WIDTH = 8


def pairs(fields: Any) -> Any:
    """Half of the square of the sum less the sum of the squares."""
    import tensorflow as tf

    difference = tf.square(tf.reduce_sum(fields, 1)) - tf.reduce_sum(tf.square(fields), 1)
    return 0.5 * tf.reduce_sum(difference, 1, keepdims=True)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers
    user, item = (keras.Input((), batch_size=3, dtype="int32") for _ in range(2))
    tags, numbers = keras.Input((5,), batch_size=3, dtype="int32"), keras.Input((6,), batch_size=3)
    mean = layers.GlobalAveragePooling1D()(layers.Embedding(40, WIDTH)(tags))
    found = [layers.Embedding(40, WIDTH)(user), layers.Embedding(50, WIDTH)(item), mean]
    found.append(layers.Dense(WIDTH)(numbers))
    fields = layers.Lambda(lambda values: tf.stack(values, 1))(found)
    linear = layers.Add()([layers.Embedding(40, 1)(user), layers.Embedding(50, 1)(item)])
    deep = layers.Dense(24)(layers.Flatten()(fields))
    deep = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(deep))
    deep = layers.Dense(12, activation="relu")(layers.Dropout(0.2)(deep))
    score = layers.Add()([linear, layers.Lambda(pairs)(fields), layers.Dense(1)(deep)])
    return keras.Model([user, item, tags, numbers], layers.Activation("sigmoid")(score))
