"""GhostNet: half of the features are made cheaply from the others, concatenated and cut."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def conv(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and BatchNormalization."""
    layer = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(cout))


class Ghost(nn.Module):
    def __init__(self, cin: int, cout: int, active: bool) -> None:
        super().__init__()
        half = (cout + 1) // 2
        self.cout, self.act = cout, nn.ReLU() if active else nn.Identity()
        self.true, self.cheap = conv(cin, half), conv(half, half, 3, groups=half)

    def forward(self, x: Tensor) -> Tensor:
        true = self.act(self.true(x))
        return torch.cat([true, self.act(self.cheap(true))], dim=1)[:, : self.cout]


class Excite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, 6, 1), nn.Conv2d(6, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1))))
        return x * (F.relu6(gate + 3.0) / 6.0)


class Bottleneck(nn.Module):
    def __init__(self, cin: int, wide: int, cout: int, stride: int) -> None:
        super().__init__()
        self.grow, self.shrink = Ghost(cin, wide, True), Ghost(wide, cout, False)
        self.down, self.side = nn.Identity(), nn.Identity()
        if stride > 1:
            self.down = conv(wide, wide, 3, stride, wide)
            self.side = nn.Sequential(conv(cin, cin, 3, stride, cin), conv(cin, cout))
        self.excite = Excite(wide)

    def forward(self, x: Tensor) -> Tensor:
        return self.shrink(self.excite(self.down(self.grow(x)))) + self.side(x)


def build(seed: int) -> Built:
    """The network and its input."""
    plan = ((8, 18, 11, 2), (11, 21, 11, 1), (11, 24, 16, 2), (16, 27, 16, 1))
    body = [Bottleneck(*row) for row in plan]
    head = [nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 32, 1), nn.ReLU(), nn.Flatten()]
    stem = [conv(3, 8, 3, 2), nn.ReLU()]
    return image(nn.Sequential(*stem, *body, *head, nn.Linear(32, 10)), 48)
