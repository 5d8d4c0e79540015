"""Keras twin of `hifi_gan`."""

from __future__ import annotations

from typing import Any

BANDS, WIDTH, GROWTH, REACHES, RATES = 20, 32, (4, 2), (3, 7), (1, 3, 5)


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def leaky(x: Any, slope: float = 0.1) -> Any:
        return layers.Lambda(lambda value: tf.nn.leaky_relu(value, slope))(x)

    def residual(x: Any, kernel: int) -> Any:
        for rate in RATES:
            y = layers.Conv1D(x.shape[-1], kernel, padding="same", dilation_rate=rate)(leaky(x))
            y = layers.Conv1D(x.shape[-1], kernel, padding="same")(leaky(y))
            x = layers.Add()([y, x])
        return x

    start = keras.Input((12, BANDS), batch_size=1)
    x = layers.Conv1D(WIDTH, 7, padding="same")(start)
    for index, growth in enumerate(GROWTH):
        cout = WIDTH // 2 ** (index + 1)
        x = layers.Conv1DTranspose(cout, 2 * growth, growth, "same")(leaky(x))
        x = layers.Add()([residual(x, reach) for reach in REACHES])
        x = layers.Lambda(lambda value: value / len(REACHES))(x)
    x = layers.Conv1D(1, 7, padding="same", activation="tanh")(leaky(x, 0.01))
    return keras.Model(start, x)
