"""Pools: to fixed sizes, generalised means, Lp, ceiled, both kinds at once, a pyramid of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class Pyramid(nn.Module):
    """PSPNet's pyramid of pools."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), nn.Conv2d(width, 4, 1, bias=False), nn.ReLU())
            for size in (1, 2, 3, 6)
        )
        self.out = nn.Conv2d(width + 16, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        found = [
            F.interpolate(stage(x), size=size, mode="bilinear", align_corners=True)
            for stage in self.stages
        ]
        return self.out(torch.cat([x, *found], 1))


class Gem(nn.Module):
    """The generalised mean of retrieval networks."""

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.ones(1) * 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.clamp(min=1e-6).pow(self.p)
        return F.avg_pool2d(x, (x.size(-2), x.size(-1))).pow(1.0 / self.p)


class Pools(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.pyramid = nn.Conv2d(3, 8, 3, 2, 1), Pyramid(8)
        self.ceiled = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.mean = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
        self.two, self.three = nn.Conv2d(8, 12, 3, padding=1), nn.Conv2d(12, 16, 3, padding=1)
        self.corner = nn.AdaptiveMaxPool2d((2, 2))
        self.near, self.gem = nn.Linear(64, 10), Gem()
        self.far, self.both = nn.Linear(16, 10), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pyramid(torch.relu(self.stem(x)))
        x = torch.relu(self.two(self.ceiled(x)))
        x = torch.relu(self.three(self.mean(x)))
        near = self.near(self.corner(x).flatten(1))
        x = F.max_pool2d(x, 2) + F.avg_pool2d(x, 2)
        far = self.far(self.gem(x).flatten(1))
        both = F.adaptive_avg_pool2d(x, 1) + F.adaptive_max_pool2d(x, 1)
        return near + far + self.both(both.view(both.size(0), -1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Pools(), 48)
