"""Activations that few networks use, each after a convolution of its own."""

from __future__ import annotations

from torch import nn

from benchmarks.zoo.spec import Built, image


def build(seed: int) -> Built:
    """The network and its input."""
    acts: list[nn.Module] = [
        nn.CELU(1.5), nn.Hardtanh(-2.0, 3.0), nn.Softsign(), nn.LogSigmoid(), nn.Tanhshrink(),
        nn.Softshrink(0.1), nn.Hardshrink(0.1), nn.Threshold(0.2, 0.0), nn.GLU(1),
        nn.LogSoftmax(1),
    ]  # fmt: skip
    layers: list[nn.Module] = []
    cin = 3
    for act in acts:
        layers += [nn.Conv2d(cin, 6, 3, padding=1), act]
        cin = 3 if isinstance(act, nn.GLU) else 6
    return image(nn.Sequential(*layers), 16)
