"""A DCGAN generator: transposed convolutions from one point to an image, ending in tanh."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.zoo.spec import Built


def build(seed: int) -> Built:
    """The network and its input."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(20, 32, 4, 1, 0, bias=False)]
    cin = 32
    for cout in (16, 12, 8):
        layers += [nn.BatchNorm2d(cin), nn.ReLU(True)]
        layers.append(nn.ConvTranspose2d(cin, cout, 4, 2, 1, bias=False))
        cin = cout
    layers += [nn.BatchNorm2d(cin), nn.ReLU(True), nn.ConvTranspose2d(cin, 3, 4, 2, 1), nn.Tanh()]
    return Built(nn.Sequential(*layers), {"noise": torch.randn(1, 20, 1, 1)})
