"""Keras twin of `vision_mixers`."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS = 24, 3
HEAD, TOKENS = WIDTH // HEADS, 64


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Scaled(layers.Layer):  # type: ignore[misc, name-defined]
        """Times a weight of some shape."""

        def __init__(self, form: tuple[int, ...]) -> None:
            super().__init__()
            self.form = form

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=self.form, initializer="ones", name="scale")

        def call(self, x: Any) -> Any:
            return x * self.scale

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    def heads(x: Any, count: int) -> Any:
        x = tf.reshape(x, (1, -1, count, HEADS, HEAD))
        return tf.unstack(tf.transpose(x, (2, 0, 3, 1, 4)), axis=0)

    def back(x: Any) -> Any:
        return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (1, -1, WIDTH))

    def cross(x: Any) -> Any:
        def scores(value: Any) -> Any:
            query, key, _ = heads(value, 3)
            query, key = tf.math.l2_normalize(query, axis=2), tf.math.l2_normalize(key, axis=2)
            return tf.matmul(query, key, transpose_a=True)

        def found(values: Any) -> Any:
            value = heads(values[1], 3)[2]
            return back(tf.matmul(value, tf.nn.softmax(values[0]), transpose_b=True))

        qkv = layers.Dense(3 * WIDTH)(x)
        weights = Scaled((HEADS, 1, 1))(layers.Lambda(scores)(qkv))
        return layers.Dense(WIDTH)(layers.Lambda(found)([weights, qkv]))

    def efficient(x: Any) -> Any:
        height, wide = x.shape[1:3]

        def found(value: Any) -> Any:
            query, key, value = (
                tf.reshape(part, (1, height * wide, HEADS, HEAD))
                for part in tf.split(value, 3, axis=-1)
            )
            query, key = tf.nn.softmax(query, axis=-1) * HEAD**-0.5, tf.nn.softmax(key, axis=1)
            context = tf.einsum("bnhd,bnhe->bhde", key, value)
            return tf.reshape(
                tf.einsum("bhde,bnhd->bnhe", context, query), (1, height, wide, WIDTH)
            )

        y = layers.Conv2D(3 * WIDTH, 1, use_bias=False)(x)
        return layers.Conv2D(WIDTH, 1)(layers.Lambda(found)(y))

    def reduced(x: Any) -> Any:
        query = layers.Dense(WIDTH)(x)
        small = layers.Conv2D(WIDTH, 2, 2)(layers.Reshape((8, 8, WIDTH))(x))
        both = layers.Dense(2 * WIDTH)(norm(layers.Reshape((16, WIDTH))(small)))

        def found(values: Any) -> Any:
            (query,), (key, value) = heads(values[0], 1), heads(values[1], 2)
            scores = tf.matmul(query, key, transpose_b=True) * HEAD**-0.5
            return back(tf.matmul(tf.nn.softmax(scores), value))

        return layers.Dense(WIDTH)(layers.Lambda(found)([query, both]))

    def talking(x: Any) -> Any:
        qkv = layers.Dense(3 * WIDTH, use_bias=False)(x)

        def scores(value: Any) -> Any:
            query, key, _ = heads(value, 3)
            scores = tf.matmul(query * HEAD**-0.5, key, transpose_b=True)
            return tf.transpose(scores, (0, 2, 3, 1))

        def weights(value: Any) -> Any:
            value = tf.nn.softmax(tf.transpose(value, (0, 3, 1, 2)))
            return tf.transpose(value, (0, 2, 3, 1))

        def found(values: Any) -> Any:
            weights = tf.transpose(values[0], (0, 3, 1, 2))
            return back(tf.matmul(weights, heads(values[1], 3)[2]))

        y = layers.Lambda(weights)(layers.Dense(HEADS)(layers.Lambda(scores)(qkv)))
        y = layers.Lambda(found)([layers.Dense(HEADS)(y), qkv])
        return Scaled((WIDTH,))(layers.Dense(WIDTH)(y))

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(WIDTH, 4, 4)(start)
    y = layers.Conv2D(WIDTH, 3, padding="same", activation="gelu")(x)
    x = layers.Reshape((TOKENS, WIDTH))(layers.Add()([x, efficient(y)]))
    x = layers.Add()([x, cross(norm(x))])
    x = layers.Add()([x, reduced(norm(x))])
    x = layers.Add()([x, talking(norm(x))])
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))
