"""EfficientNet: inverted residuals with SiLU and squeeze-and-excitation gated by a sigmoid."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, BatchNormalization, SiLU."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout, eps=1e-3), nn.SiLU(True))


class Excite(nn.Module):
    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, squeezed, 1), nn.Conv2d(squeezed, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = x.mean((2, 3), keepdim=True)
        gate = self.up(nn.functional.silu(self.down(gate)))
        return x * torch.sigmoid(gate)


class MBConv(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = cin * expand
        body = [unit(cin, wide, 1)] if expand > 1 else []
        body += [unit(wide, wide, kernel, stride, wide), Excite(wide, max(4, cin // 4))]
        self.body = nn.Sequential(*body)
        self.project, self.norm = nn.Conv2d(wide, cout, 1, bias=False), nn.BatchNorm2d(cout, 1e-3)
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.project(self.body(x)))
        return y + x if self.skip else y


class EfficientNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        plan = ((8, 8, 3, 1, 1), (8, 12, 3, 2, 4), (12, 12, 3, 1, 4), (12, 16, 5, 2, 4))
        self.stem = unit(3, 8, 3, 2)
        self.body = nn.Sequential(*(MBConv(*row) for row in plan))
        self.top, self.head = unit(16, 40, 1), nn.Linear(40, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.top(self.body(self.stem(x)))
        return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(EfficientNet(), 64)
