"""Pre-activation ResNet: BatchNormalization and ReLU stand before each convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


class Block(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        middle = cout // 2
        self.norms = nn.ModuleList(nn.BatchNorm2d(size) for size in (cin, middle, middle))
        self.conv1 = nn.Conv2d(cin, middle, 1, bias=False)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False)
        self.conv3 = nn.Conv2d(middle, cout, 1, bias=False)
        self.shortcut = nn.Conv2d(cin, cout, 1, stride, bias=False) if cin != cout else None

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norms[0](x))
        kept = x if self.shortcut is None else self.shortcut(y)
        y = self.conv1(y)
        y = self.conv2(torch.relu(self.norms[1](y)))
        return kept + self.conv3(torch.relu(self.norms[2](y)))


class PreActResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, 1, 1, bias=False)
        self.body = nn.Sequential(Block(12, 16, 1), Block(16, 16, 1), Block(16, 32, 2))
        self.last, self.norm, self.head = Block(32, 32, 1), nn.BatchNorm2d(32), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.last(self.body(self.stem(x)))))
        return self.head(x.mean((2, 3)))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(PreActResNet(), 32)
