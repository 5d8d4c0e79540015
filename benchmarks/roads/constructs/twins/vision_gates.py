"""Keras twin of `vision_gates`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def pooled(x: Any) -> Any:
        return layers.GlobalAveragePooling2D(keepdims=True)(x)

    def hard(x: Any) -> Any:
        return tf.nn.relu6(x + 3.0) / 6.0

    def eca(x: Any) -> Any:
        y = layers.Reshape((16, 1))(layers.GlobalAveragePooling2D()(x))
        y = layers.Conv1D(1, 3, padding="same", use_bias=False)(y)
        y = layers.Reshape((1, 1, 16))(layers.Activation("sigmoid")(y))
        return layers.Multiply()([x, y])

    def cbam(x: Any) -> Any:
        one, two = layers.Dense(8, activation="relu"), layers.Dense(16)
        mean = two(one(layers.GlobalAveragePooling2D()(x)))
        most = two(one(layers.GlobalMaxPooling2D()(x)))
        gate = layers.Activation("sigmoid")(layers.Add()([mean, most]))
        x = layers.Multiply()([x, layers.Reshape((1, 1, 16))(gate)])

        def both(value: Any) -> Any:
            most = tf.reduce_max(value, axis=-1, keepdims=True)
            return tf.concat((most, tf.reduce_mean(value, axis=-1, keepdims=True)), -1)

        gate = layers.Conv2D(1, 7, padding="same", activation="sigmoid", use_bias=False)(
            layers.Lambda(both)(x)
        )
        return layers.Multiply()([x, gate])

    def coordinates(x: Any) -> Any:
        height = x.shape[1]

        def ends(value: Any) -> Any:
            rows = tf.reduce_mean(value, axis=2, keepdims=True)
            columns = tf.reduce_mean(value, axis=1, keepdims=True)
            return tf.concat((rows, tf.transpose(columns, (0, 2, 1, 3))), 1)

        y = layers.Conv2D(8, 1)(layers.Lambda(ends)(x))
        y = layers.BatchNormalization(epsilon=1e-5)(y)
        y = layers.Lambda(lambda value: value * hard(value))(y)
        rows = layers.Lambda(lambda value: value[:, :height])(y)
        columns = layers.Lambda(lambda value: tf.transpose(value[:, height:], (0, 2, 1, 3)))(y)
        columns = layers.Conv2D(16, 1, activation="sigmoid")(columns)
        rows = layers.Conv2D(16, 1, activation="sigmoid")(rows)
        return layers.Multiply()([layers.Multiply()([x, columns]), rows])

    def selected(x: Any) -> Any:
        near = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        far = layers.Conv2D(16, 3, padding="same", dilation_rate=2, activation="relu")(x)
        parts = layers.Lambda(lambda values: tf.stack(values, 1))([near, far])
        whole = layers.Lambda(lambda value: tf.reduce_mean(tf.reduce_sum(value, 1), (1, 2)))(parts)
        whole = layers.Dense(8)(whole)
        gates = [layers.Dense(16)(whole) for _ in "ab"]

        def weighed(values: Any) -> Any:
            gate = tf.nn.softmax(tf.stack(values[1:], 1), axis=1)
            return tf.reduce_sum(values[0] * gate[:, :, tf.newaxis, tf.newaxis], 1)

        return layers.Lambda(weighed)([parts, *gates])

    def context(x: Any) -> Any:
        _, height, wide, width = x.shape

        def found(values: Any) -> Any:
            mask = tf.nn.softmax(tf.reshape(values[1], (1, height * wide, 1)), axis=1)
            flat = tf.reshape(values[0], (1, height * wide, width))
            return tf.reshape(tf.matmul(flat, mask, transpose_a=True), (1, 1, 1, width))

        y = layers.Lambda(found)([x, layers.Conv2D(1, 1)(x)])
        y = layers.LayerNormalization(axis=(1, 2, 3), epsilon=1e-5)(layers.Conv2D(4, 1)(y))
        return layers.Add()([x, layers.Conv2D(16, 1)(layers.ReLU()(y))])

    def energy(x: Any) -> Any:
        square = tf.square(x - tf.reduce_mean(x, (1, 2), keepdims=True))
        total = tf.reduce_sum(square, (1, 2), keepdims=True) / (x.shape[1] * x.shape[2] - 1)
        return x * tf.sigmoid(square / (4 * (total + 1e-4)) + 0.5)

    start = keras.Input((48, 32, 3), batch_size=1)
    x = layers.Conv2D(16, 3, 2, activation="relu")(layers.ZeroPadding2D(1)(start))
    gate = layers.Conv2D(16, 1)(layers.Conv2D(4, 1, activation="relu")(pooled(x)))
    x = layers.Multiply()([x, layers.Lambda(hard)(gate)])
    x = coordinates(cbam(eca(x)))
    x = layers.Conv2D(16, 3, 2, activation="relu")(layers.ZeroPadding2D(1)(x))
    x = layers.Lambda(energy)(context(selected(x)))
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
