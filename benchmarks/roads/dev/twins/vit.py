"""Keras twin of `vit` on Keras' own attention layer."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, PATCH, SIZE = 24, 3, 48, 8, 32


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Start(layers.Layer):  # type: ignore[misc, name-defined]
        """Puts the class token first and adds the positions."""

        def build(self, shape: Any) -> None:
            self.token = self.add_weight(shape=(1, 1, WIDTH), name="token")
            self.places = self.add_weight(shape=(1, shape[1] + 1, WIDTH), name="places")

        def call(self, x: Any) -> Any:
            token = tf.broadcast_to(self.token, (tf.shape(x)[0], 1, WIDTH))
            return tf.concat([token, x], 1) + self.places

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6)(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=False)

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = layers.Conv2D(WIDTH, PATCH, PATCH)(start)
    x = Start()(layers.Reshape((-1, WIDTH))(x))
    for _ in range(2):
        y = norm(x)
        x = layers.Add()([x, layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y)])
        y = layers.Dense(WIDTH)(layers.Dense(WIDE, activation=gelu)(norm(x)))
        x = layers.Add()([x, y])
    return keras.Model(start, layers.Dense(10)(norm(x)[:, 0]))
