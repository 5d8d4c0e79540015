"""HRNet: branches of two resolutions kept side by side, fused by strides and bilinear resizing."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution and BatchNormalization."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout))


class Basic(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = unit(width, width), unit(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.two(F.relu(self.one(x))))


class Fuse(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = Basic(8), Basic(16)
        self.down, self.up = unit(8, 16, 3, 2), unit(16, 8, 1)

    def forward(self, fine: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        fine, coarse = self.fine(fine), self.coarse(coarse)
        risen = F.interpolate(self.up(coarse), size=fine.shape[2:], mode="bilinear")
        return F.relu(fine + risen), F.relu(self.down(fine) + coarse)


class HighResolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.split = unit(3, 8, 3, 2), unit(8, 16, 3, 2)
        self.fuse1, self.fuse2 = Fuse(), Fuse()
        self.mix, self.head = unit(24, 24, 1), nn.Conv2d(24, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = F.relu(self.stem(x))
        fine, coarse = self.fuse1(fine, F.relu(self.split(fine)))
        fine, coarse = self.fuse2(fine, coarse)
        risen = F.interpolate(coarse, size=fine.shape[2:], mode="bilinear")
        return self.head(F.relu(self.mix(torch.cat([fine, risen], 1))))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(HighResolution(), 32)
