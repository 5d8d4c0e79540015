"""U-Net: two poolings, transposed convolutions upwards, skip connections by concatenation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def double(cin: int, cout: int) -> nn.Sequential:
    """Two convolutions with BatchNormalization and ReLU."""
    layers: list[nn.Module] = []
    for first in (cin, cout):
        layers += [nn.Conv2d(first, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.middle = double(3, 8), double(8, 12), double(12, 16)
        self.pool = nn.MaxPool2d(2)
        self.wide2, self.up2 = nn.ConvTranspose2d(16, 12, 2, 2), double(24, 12)
        self.wide1, self.up1 = nn.ConvTranspose2d(12, 8, 2, 2), double(16, 8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.down1(x)
        coarse = self.down2(self.pool(fine))
        x = self.middle(self.pool(coarse))
        x = self.up2(torch.cat([coarse, self.wide2(x)], 1))
        x = self.up1(torch.cat([fine, self.wide1(x)], 1))
        return torch.sigmoid(self.head(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(UNet(), 32)
