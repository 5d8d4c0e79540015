"""Keras twin of `siglip` on Keras' own attention layer."""

from __future__ import annotations

from typing import Any

WIDTH, HEADS, WIDE, DEPTH, PATCH, SIZE = 48, 3, 192, 3, 16, 80
HEAD, TOKENS = WIDTH // HEADS, (SIZE // PATCH) ** 2


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Position(layers.Layer):  # type: ignore[misc, name-defined]
        """A learnt vector for every patch."""

        def build(self, shape: Any) -> None:
            self.place = self.add_weight(
                shape=(1, TOKENS, WIDTH), initializer="random_normal", name="place"
            )

        def call(self, x: Any) -> Any:
            return x + self.place

    class Latent(layers.Layer):  # type: ignore[misc, name-defined]
        """A learnt query, once for every image."""

        def build(self, shape: Any) -> None:
            self.latent = self.add_weight(
                shape=(1, 1, WIDTH), initializer="random_normal", name="latent"
            )

        def call(self, x: Any) -> Any:
            return tf.tile(self.latent, (tf.shape(x)[0], 1, 1))

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6)(x)

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=True)

    def mlp(x: Any) -> Any:
        return layers.Dense(WIDTH)(layers.Dense(WIDE, activation=gelu)(x))

    def attend(x: Any, known: Any) -> Any:
        return layers.MultiHeadAttention(HEADS, HEAD)(x, known)

    start = keras.Input((SIZE, SIZE, 3), batch_size=1)
    x = layers.Reshape((TOKENS, WIDTH))(layers.Conv2D(WIDTH, PATCH, PATCH)(start))
    x = Position()(x)
    for _ in range(DEPTH):
        y = norm(x)
        x = layers.Add()([x, attend(y, y)])
        x = layers.Add()([x, mlp(norm(x))])
    x = norm(x)
    x = attend(Latent()(x), x)
    x = layers.Add()([x, mlp(norm(x))])
    return keras.Model(start, layers.Lambda(lambda value: value[:, 0])(x))
