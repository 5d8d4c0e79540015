"""RepVGG as trained: two convolutions and the block's own input, each normalised, then summed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, kernel: int, stride: int) -> nn.Sequential:
    """Convolution and BatchNormalization."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout))


class Block(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.dense, self.point = unit(cin, cout, 3, stride), unit(cin, cout, 1, stride)
        self.same = nn.BatchNorm2d(cin) if cin == cout and stride == 1 else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(x) + self.point(x)
        return torch.relu(y if self.same is None else y + self.same(x))


class RepVgg(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        plan = ((3, 8, 2), (8, 12, 2), (12, 12, 1), (12, 12, 1), (12, 20, 2), (20, 20, 1))
        self.body = nn.Sequential(*(Block(*row) for row in plan))
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.body(x))
        return self.head(x.view(x.size(0), -1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(RepVgg(), 48)
