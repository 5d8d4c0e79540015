"""Keras twin of `attentive_cnn`."""

from __future__ import annotations

from typing import Any


def attentions(layers: Any) -> tuple[Any, Any, Any]:
    """Weighing channels, places, and channels by their neighbours."""
    import tensorflow as tf

    def channels(x: Any) -> Any:
        width = x.shape[-1]
        narrow, wide = layers.Dense(4, activation="relu"), layers.Dense(width)
        mean = wide(narrow(layers.GlobalAveragePooling2D()(x)))
        peak = wide(narrow(layers.GlobalMaxPooling2D()(x)))
        gate = layers.Activation("sigmoid")(layers.Add()([mean, peak]))
        return layers.Multiply()([x, layers.Reshape((1, 1, width))(gate)])

    def places(x: Any) -> Any:
        peak = layers.Lambda(lambda value: tf.reduce_max(value, -1, keepdims=True))(x)
        mean = layers.Lambda(lambda value: tf.reduce_mean(value, -1, keepdims=True))(x)
        y = layers.Concatenate()([peak, mean])
        gate = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(y)
        return layers.Multiply()([x, gate])

    def neighbours(x: Any) -> Any:
        width = x.shape[-1]
        y = layers.Reshape((width, 1))(layers.GlobalAveragePooling2D()(x))
        y = layers.Conv1D(1, 3, padding="same", use_bias=False)(y)
        gate = layers.Activation("sigmoid")(layers.Reshape((1, 1, width))(y))
        return layers.Multiply()([x, gate])

    return channels, places, neighbours


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers
    channels, places, neighbours = attentions(layers)

    def leaky(x: Any) -> Any:
        return layers.Activation(lambda value: keras.activations.relu(value, 0.1))(x)

    def block(x: Any, cout: int, *attention: Any) -> Any:
        y = layers.Conv2D(cout, 3, 2)(layers.ZeroPadding2D(1)(x))
        y = leaky(layers.BatchNormalization(epsilon=1e-5)(y))
        y = layers.Conv2D(cout, 3, padding="same")(y)
        y = layers.BatchNormalization(epsilon=1e-5)(y)
        for each in attention:
            y = each(y)
        return leaky(layers.Add()([y, layers.Conv2D(cout, 1, 2)(x)]))

    start = keras.Input((32, 32, 3), batch_size=1)
    x = block(block(start, 12, channels, places), 16, neighbours)
    x = block(x, 20, neighbours, places)
    pools = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    return keras.Model(start, layers.Dense(7)(layers.Concatenate()(pools)))
