"""RegNetY: bottlenecks of equal width with grouped convolutions and squeeze-and-excitation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

GROUP, DEPTHS, WIDTHS = 8, (1, 2, 2), (16, 24, 40)


def unit(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and BatchNormalization."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout))


class Excite(nn.Module):
    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.down, self.up = nn.Conv2d(width, squeezed, 1), nn.Conv2d(squeezed, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.up(torch.relu(self.down(self.pool(x)))))


class Block(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.act = nn.ReLU(inplace=True)
        self.side = unit(cin, cout, 1, stride) if stride > 1 or cin != cout else nn.Identity()
        self.conv1, self.conv2 = unit(cin, cout), unit(cout, cout, 3, stride, cout // GROUP)
        self.excite, self.conv3 = Excite(cout, cin // 4), unit(cout, cout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.conv2(self.act(self.conv1(x))))
        y = self.conv3(self.excite(y))
        return self.act(self.side(x) + y)


class RegNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blocks, cin = [], 8
        for depth, cout in zip(DEPTHS, WIDTHS, strict=True):
            for index in range(depth):
                blocks.append(Block(cin, cout, 1 if index else 2))
                cin = cout
        self.stem, self.act = unit(3, 8, 3, 2), nn.ReLU(inplace=True)
        self.body, self.pool = nn.Sequential(*blocks), nn.AdaptiveAvgPool2d((1, 1))
        self.head = nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.body(self.act(self.stem(x))))
        return self.head(x.flatten(start_dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(RegNet(), 64)
