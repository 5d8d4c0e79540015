"""Keras twin of `nafnet`; torch's order of shuffled channels is kept by hand."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    class Scaled(layers.Layer):  # type: ignore[misc, name-defined]
        """Adds the change, each channel of it scaled."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(
                shape=(1, 1, 1, shape[0][-1]), initializer="zeros", name="scale"
            )

        def call(self, values: Any) -> Any:
            return values[0] + values[1] * self.scale

    def norm(x: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-6)(x)

    def gate(x: Any) -> Any:
        left, right = layers.Lambda(lambda value: tf.split(value, 2, -1))(x)
        return layers.Multiply()([left, right])

    def block(x: Any) -> Any:
        width = x.shape[-1]
        y = layers.Conv2D(2 * width, 1)(norm(x))
        y = gate(layers.DepthwiseConv2D(3, padding="same")(y))
        whole = layers.GlobalAveragePooling2D(keepdims=True)(y)
        y = layers.Multiply()([y, layers.Conv2D(width, 1)(whole)])
        x = Scaled()([x, layers.Conv2D(width, 1)(y)])
        y = gate(layers.Conv2D(2 * width, 1)(norm(x)))
        return Scaled()([x, layers.Conv2D(width, 1)(y)])

    def up(x: Any) -> Any:
        height, width, channels = x.shape[1:]
        x = layers.Conv2D(2 * channels, 1, use_bias=False)(x)
        x = layers.Reshape((height, width, channels // 2, 2, 2))(x)
        x = layers.Permute((1, 4, 2, 5, 3))(x)
        return layers.Reshape((2 * height, 2 * width, channels // 2))(x)

    start = keras.Input((32, 32, 3), batch_size=1)
    x, kept = layers.Conv2D(8, 3, padding="same")(start), []
    for wide in (16, 32):
        x = block(x)
        kept.append(x)
        x = layers.Conv2D(wide, 2, 2)(x)
    x = block(x)
    for skip in kept[::-1]:
        x = block(layers.Add()([up(x), skip]))
    x = layers.Conv2D(3, 3, padding="same")(x)
    return keras.Model(start, layers.Add()([x, start]))
