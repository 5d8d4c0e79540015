"""ShuffleNetV2: channels split in halves, one half convolved, the channels shuffled."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def point(cin: int, cout: int) -> list[nn.Module]:
    """A 1x1 convolution with BatchNormalization and ReLU."""
    return [nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True)]


def deep(width: int, stride: int) -> list[nn.Module]:
    """A depthwise convolution with BatchNormalization."""
    conv = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
    return [conv, nn.BatchNorm2d(width)]


def shuffle(x: Tensor) -> Tensor:
    """Deal the channels of two halves in turn."""
    batch, channels, height, width = x.shape
    x = x.view(batch, 2, channels // 2, height, width)
    return x.transpose(1, 2).contiguous().view(batch, channels, height, width)


class Unit(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        half = cout // 2
        first = cin if stride > 1 else half
        body = [*point(first, half), *deep(half, stride), *point(half, half)]
        self.body, self.side = nn.Sequential(*body), None
        if stride > 1:
            self.side = nn.Sequential(*deep(cin, stride), *point(cin, half))

    def forward(self, x: Tensor) -> Tensor:
        if self.side is None:
            kept, used = x.chunk(2, dim=1)
            return shuffle(torch.cat((kept, self.body(used)), 1))
        return shuffle(torch.cat((self.side(x), self.body(x)), 1))


class ShuffleNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stem = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True)]
        self.stem = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1))
        self.body = nn.Sequential(Unit(8, 16, 2), Unit(16, 16, 1), Unit(16, 32, 2), Unit(32, 32, 1))
        self.top, self.head = nn.Sequential(*point(32, 48)), nn.Linear(48, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.top(self.body(self.stem(x))).mean([2, 3]))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(ShuffleNet(), 64)
