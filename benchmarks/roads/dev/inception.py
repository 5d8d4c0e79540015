"""Inception: parallel branches, factorised 1x7 and 7x1 kernels, pools of uneven sides."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

Pair = int | tuple[int, int]


class Unit(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: Pair, stride: int = 1, pad: Pair = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, pad, bias=False)
        self.norm = nn.BatchNorm2d(cout, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Mixed(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.one = Unit(cin, 8, 1)
        self.three = nn.Sequential(Unit(cin, 8, 1), Unit(8, 8, 3, pad=1))
        thin = [Unit(cin, 8, 1), Unit(8, 8, (1, 7), pad=(0, 3)), Unit(8, 8, (7, 1), pad=(3, 0))]
        self.seven = nn.Sequential(*thin)
        self.pool = Unit(cin, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return torch.cat([self.one(x), self.three(x), self.seven(x), self.pool(pooled)], 1)


class Reduce(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.three = Unit(cin, 16, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.three(x), F.max_pool2d(x, 3, 2)], 1)


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Unit(3, 8, 3, 2), Unit(8, 8, 3), nn.MaxPool2d((3, 2), (2, 1)))
        self.body = nn.Sequential(Mixed(8), Reduce(32), Mixed(48))
        self.tall, self.head = nn.AvgPool2d((2, 1), (2, 1)), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.tall(self.body(self.stem(x)))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Inception(), 48)
