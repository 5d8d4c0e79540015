"""Activations that few networks use but most exporters take, each after a convolution."""

from __future__ import annotations

from torch import nn

from benchmarks.zoo.spec import Built, image


def build(seed: int) -> Built:
    """The network and its input."""
    acts: list[nn.Module] = [
        nn.Hardtanh(-2.0, 3.0), nn.Softsign(), nn.Tanhshrink(), nn.GLU(1), nn.LogSoftmax(1),
    ]  # fmt: skip
    layers: list[nn.Module] = []
    cin = 3
    for act in acts:
        layers += [nn.Conv2d(cin, 6, 3, padding=1), act]
        cin = 3 if isinstance(act, nn.GLU) else 6
    return image(nn.Sequential(*layers), 16)
