"""Keras twin of `graph_attention`."""

from __future__ import annotations

from typing import Any

NODES, FEATURES = 12, 10


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Attend(layers.Layer):  # type: ignore[misc, name-defined]
        """Features of all neighbours, weighed."""

        def build(self, shape: Any) -> None:
            heads, _, size = shape[0]
            self.source = self.add_weight(shape=(heads, size, 1), name="source")
            self.target = self.add_weight(shape=(heads, size, 1), name="target")

        def call(self, values: Any) -> Any:
            x, edges = values
            target = tf.matmul(x, self.target)
            scores = tf.matmul(x, self.source) + tf.transpose(target, (0, 2, 1))
            scores = tf.nn.leaky_relu(scores, 0.2)
            scores = tf.where(edges > 0, scores, -1e4 * tf.ones_like(scores))
            return tf.matmul(tf.nn.softmax(scores), x)

    def attend(x: Any, edges: Any, heads: int, size: int) -> Any:
        x = layers.Dense(heads * size, use_bias=False)(x)
        x = layers.Reshape((heads, size))(x)
        x = layers.Lambda(lambda value: tf.transpose(value, (1, 0, 2)))(x)
        return Attend()([x, edges])

    def joined(x: Any) -> Any:
        return tf.nn.elu(tf.reshape(tf.transpose(x, (1, 0, 2)), (NODES, -1)))

    nodes = keras.Input((FEATURES,), batch_size=NODES)
    edges = keras.Input((NODES,), batch_size=NODES)
    x = layers.Lambda(joined)(attend(nodes, edges, 3, 8))
    x = attend(x, edges, 2, 5)
    x = layers.Lambda(lambda value: tf.nn.log_softmax(tf.reduce_mean(value, 0)))(x)
    return keras.Model([nodes, edges], x)
