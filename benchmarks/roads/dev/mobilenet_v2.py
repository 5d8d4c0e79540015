"""MobileNetV2: inverted residuals of depthwise convolutions, ReLU6, linear bottlenecks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution and BatchNormalization."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(cout)]


class Inverted(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = cin * expand
        layers = [*unit(cin, wide, 1), nn.ReLU6(inplace=True)] if expand > 1 else []
        layers += [*unit(wide, wide, 3, stride, wide), nn.ReLU6(inplace=True)]
        self.body = nn.Sequential(*layers, *unit(wide, cout, 1))
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.skip else self.body(x)


class MobileNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [*unit(3, 8, 3, 2), nn.ReLU6(inplace=True)]
        cin = 8
        for expand, cout, stride in ((1, 8, 1), (6, 8, 2), (6, 8, 1), (6, 16, 2), (6, 16, 1)):
            layers.append(Inverted(cin, cout, stride, expand))
            cin = cout
        self.body = nn.Sequential(*layers, *unit(cin, 48, 1), nn.ReLU6(inplace=True))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(48, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = F.adaptive_avg_pool2d(self.body(x), (1, 1))
        return self.head(torch.flatten(x, 1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(MobileNetV2(), 32)
