"""Every common activation, each after a convolution of its own."""

from __future__ import annotations

from torch import nn

from benchmarks.zoo.spec import Built, image

ACTIVATIONS: tuple[type[nn.Module], ...] = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.Sigmoid, nn.Hardsigmoid,
    nn.Tanh, nn.Softplus, nn.SiLU, nn.Hardswish, nn.Mish, nn.GELU,
)  # fmt: skip


def build(seed: int) -> Built:
    """The network and its input."""
    layers: list[nn.Module] = []
    cin = 3
    for kind in ACTIVATIONS:
        layers.append(nn.Conv2d(cin, 6, 3, padding=1))
        layers.append(kind(6) if kind is nn.PReLU else kind())
        cin = 6
    layers += [nn.Conv2d(6, 6, 1), nn.GELU(approximate="tanh"), nn.Conv2d(6, 4, 1), nn.Softmax(1)]
    return image(nn.Sequential(*layers), 16)
