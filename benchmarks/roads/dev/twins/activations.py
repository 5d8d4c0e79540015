"""Keras twin of `activations`; hard functions are spelt out, for the Kerases define them apart."""

from __future__ import annotations

from typing import Any


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def leaky(x: Any) -> Any:
        return keras.activations.relu(x, 0.01)

    def hard_sigmoid(x: Any) -> Any:
        return layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)

    def gelu(approximate: bool) -> Any:
        return layers.Activation(lambda x: keras.activations.gelu(x, approximate))

    acts = [
        layers.ReLU(), layers.ReLU(6.0), layers.Activation(leaky),
        layers.PReLU(shared_axes=[1, 2]), layers.ELU(), layers.Activation("selu"),
        layers.Activation("sigmoid"), hard_sigmoid, layers.Activation("tanh"),
        layers.Activation("softplus"), layers.Activation("swish"),
        lambda x: x * hard_sigmoid(x), layers.Activation("mish"), gelu(False),
    ]  # fmt: skip
    x = start = keras.Input((16, 16, 3), batch_size=1)
    for act in acts:
        x = act(layers.Conv2D(6, 3, padding="same")(x))
    x = gelu(True)(layers.Conv2D(6, 1)(x))
    return keras.Model(start, layers.Softmax()(layers.Conv2D(4, 1)(x)))
