"""Keras twin of `mlp_mixer`."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6)(x)

    def mlp(x: Any, wide: int) -> Any:
        y = layers.Dense(wide)(x)
        y = layers.Activation(lambda value: keras.activations.gelu(value, approximate=False))(y)
        return layers.Dense(x.shape[-1])(y)

    start = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Reshape((16, 24))(layers.Conv2D(24, 8, 8)(start))
    for _ in range(3):
        y = layers.Permute((2, 1))(norm(x))
        x = layers.Add()([x, layers.Permute((2, 1))(mlp(y, 20))])
        x = layers.Add()([x, mlp(norm(x), 48)])
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling1D()(norm(x))))
