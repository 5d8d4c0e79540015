"""Keras twin of `t5`; the buckets of all distances stand in the graph as a constant."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, SIZE, WIDE, BUCKETS, FAR = 24, 3, 8, 48, 16, 32


def buckets(tokens: int, both: bool) -> Any:
    """The number of the bucket that a distance falls into, wider the farther away."""
    import numpy as np

    places = np.arange(tokens)
    distance = places[None] - places[:, None]
    count = BUCKETS // 2 if both else BUCKETS
    first = count * (distance > 0) if both else 0
    distance = np.abs(distance) if both else np.maximum(-distance, 0)
    exact = count // 2
    ratio = np.maximum(distance, 1).astype("float32") / exact
    late = exact + (np.log(ratio) / np.log(FAR / exact) * (count - exact)).astype("int32")
    return first + np.where(distance < exact, distance, np.minimum(late, count - 1))


def attend(layers: Any) -> Any:
    """Attention whose scores are not scaled, with a bias or none."""
    import tensorflow as tf

    def heads(x: Any) -> Any:
        tokens = x.shape[1]
        x = layers.Dense(HEADS * SIZE, use_bias=False)(x)
        return layers.Permute((2, 1, 3))(layers.Reshape((tokens, HEADS, SIZE))(x))

    def mix(values: Any) -> Any:
        query, key, value, *bias = values
        scores = tf.matmul(query, key, transpose_b=True)
        scores = scores + bias[0] if bias else scores
        return tf.matmul(tf.nn.softmax(scores), value)

    def attention(x: Any, memory: Any, bias: Any = None) -> Any:
        values = [heads(x), heads(memory), heads(memory)]
        mixed = layers.Lambda(mix)([*values, bias] if bias is not None else values)
        mixed = layers.Reshape((x.shape[1], HEADS * SIZE))(layers.Permute((2, 1, 3))(mixed))
        return layers.Dense(WIDTH, use_bias=False)(mixed)

    return attention


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    attention = attend(layers)

    class Norm(layers.Layer):  # type: ignore[misc, name-defined]
        """The root of the mean square."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(WIDTH,), initializer="ones", name="scale")

        def call(self, x: Any) -> Any:
            square = tf.reduce_mean(tf.square(x), -1, keepdims=True)
            return self.scale * (x * tf.math.rsqrt(square + 1e-6))

    def distance(ids: Any, both: bool) -> Any:
        """A bias for each head by distance; the later words are hidden from a decoder."""
        tokens = ids.shape[1]
        places = layers.Lambda(lambda _: tf.constant(buckets(tokens, both), tf.int32))(ids)
        hidden = np.triu(np.full((tokens, tokens), -1e9, "float32"), 1)

        def turn(value: Any) -> Any:
            bias = tf.transpose(value, (2, 0, 1))[None]
            return bias if both else bias + hidden

        return layers.Lambda(turn)(layers.Embedding(BUCKETS, HEADS)(places))

    def feed(x: Any) -> Any:
        gate = layers.Dense(WIDE, use_bias=False)(x)
        gate = layers.Lambda(lambda value: tf.nn.gelu(value, approximate=True))(gate)
        y = layers.Multiply()([gate, layers.Dense(WIDE, use_bias=False)(x)])
        return layers.Dense(WIDTH, use_bias=False)(y)

    words = layers.Embedding(40, WIDTH)

    def stack(ids: Any, memory: Any = None) -> Any:
        x = words(ids)
        bias = distance(ids, memory is None)
        for _ in range(2):
            y = Norm()(x)
            x = layers.Add()([x, attention(y, y, bias)])
            if memory is not None:
                x = layers.Add()([x, attention(Norm()(x), memory)])
            x = layers.Add()([x, feed(Norm()(x))])
        return Norm()(x)

    ids = keras.Input((12,), batch_size=1, dtype="int32")
    target = keras.Input((7,), batch_size=1, dtype="int32")
    x = stack(target, stack(ids))
    return keras.Model([ids, target], layers.Dense(40, use_bias=False)(x))
