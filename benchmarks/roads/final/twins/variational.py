"""Keras twin of `variational`; flat features are in torch's order."""

from __future__ import annotations

from typing import Any

CODE = 6


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def shrink(x: Any, cout: int) -> Any:
        return layers.Conv2D(cout, 3, 2, activation="elu")(layers.ZeroPadding2D(1)(x))

    def grow(x: Any, cout: int, act: str) -> Any:
        x = layers.UpSampling2D(2)(x)
        return layers.Conv2D(cout, 3, padding="same", activation=act)(x)

    image = keras.Input((16, 16, 1), batch_size=1)
    label = keras.Input((), batch_size=1, dtype="int32")
    noise = keras.Input((CODE,), batch_size=1)
    x = layers.Permute((3, 1, 2))(shrink(shrink(image, 8), 12))
    x = layers.Flatten()(x)
    mean, spread = layers.Dense(CODE)(x), layers.Dense(CODE)(x)
    code = layers.Lambda(lambda values: values[0] + tf.exp(0.5 * values[1]) * values[2])(
        [mean, spread, noise]
    )
    x = layers.Concatenate()([code, layers.Embedding(40, 4)(label)])
    x = layers.Reshape((12, 4, 4))(layers.Dense(192)(x))
    x = layers.Activation("elu")(layers.Permute((2, 3, 1))(x))
    x = grow(grow(x, 8, "elu"), 1, "sigmoid")
    return keras.Model([image, label, noise], [x, mean, spread])
