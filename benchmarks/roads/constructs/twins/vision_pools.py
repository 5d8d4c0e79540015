"""Keras twin of `vision_pools`; TensorFlow has no borders that a mean leaves out but its own."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Gem(layers.Layer):  # type: ignore[misc, name-defined]
        """The generalised mean."""

        def build(self, shape: Any) -> None:
            start = keras.initializers.Constant(3.0)
            self.p = self.add_weight(shape=(1,), initializer=start, name="p")

        def call(self, x: Any) -> Any:
            x = tf.pow(tf.maximum(x, 1e-6), self.p)
            return tf.pow(tf.reduce_mean(x, axis=(1, 2)), 1.0 / self.p)

    def stage(x: Any, size: int) -> Any:
        step = 24 // size
        y = layers.AveragePooling2D(step)(x)
        y = layers.Conv2D(4, 1, use_bias=False, activation="relu")(y)
        return layers.Lambda(
            lambda value: tf.compat.v1.image.resize_bilinear(value, (24, 24), align_corners=True)
        )(y)

    start = keras.Input((48, 48, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, activation="relu")(layers.ZeroPadding2D(1)(start))
    x = layers.Concatenate()([x, *(stage(x, size) for size in (1, 2, 3, 6))])
    x = layers.Conv2D(8, 3, padding="same")(x)
    x = layers.MaxPooling2D(3, 2, "same")(x)
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(x)
    x = layers.AveragePooling2D(3, 2, "same")(x)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    near = layers.Permute((3, 1, 2))(layers.MaxPooling2D(3)(x))
    near = layers.Dense(10)(layers.Flatten()(near))
    x = layers.Add()([layers.MaxPooling2D(2)(x), layers.AveragePooling2D(2)(x)])
    far = layers.Dense(10)(Gem()(x))
    both = layers.Add()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return keras.Model(start, layers.Add()([layers.Add()([near, far]), layers.Dense(10)(both)]))
