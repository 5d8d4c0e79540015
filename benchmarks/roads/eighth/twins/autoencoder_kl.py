"""Keras twin of `autoencoder_kl`."""

from __future__ import annotations

from typing import Any

WIDTHS, DEPTH, GROUPS, LATENT, SIDE = (16, 32, 48), 2, 8, 4, 16


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.GroupNormalization(GROUPS, epsilon=1e-6)(x)

    def silu(x: Any) -> Any:
        return layers.Activation("swish")(x)

    def conv(x: Any, width: int) -> Any:
        return layers.Conv2D(width, 3, padding="same")(x)

    def resnet(x: Any, width: int) -> Any:
        y = conv(silu(norm(x)), width)
        y = conv(silu(norm(y)), width)
        if x.shape[-1] != width:
            x = layers.Conv2D(width, 1)(x)
        return layers.Add()([x, y])

    def attend(x: Any) -> Any:
        _, high, wide, width = x.shape

        def mix(values: Any) -> Any:
            query, key, value = values
            scores = tf.matmul(query, key, transpose_b=True) * width**-0.5
            return tf.matmul(tf.nn.softmax(scores), value)

        y = norm(layers.Reshape((high * wide, width))(x))
        parts = [layers.Dense(width)(y) for _ in range(3)]
        y = layers.Dense(width)(layers.Lambda(mix)(parts))
        return layers.Add()([layers.Reshape((high, wide, width))(y), x])

    start = keras.Input((SIDE, SIDE, LATENT), batch_size=1)
    x = conv(layers.Conv2D(LATENT, 1)(start), WIDTHS[-1])
    x = resnet(attend(resnet(x, WIDTHS[-1])), WIDTHS[-1])
    for index, width in enumerate(WIDTHS[::-1]):
        for _ in range(DEPTH):
            x = resnet(x, width)
        if index < len(WIDTHS) - 1:
            x = conv(layers.UpSampling2D(2)(x), width)
    return keras.Model(start, conv(silu(norm(x)), 3))
