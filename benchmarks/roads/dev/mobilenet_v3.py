"""MobileNetV3: hard swish, squeeze-and-excitation with a hard sigmoid, 5x5 depthwise kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

PLAN = (  # kernel, wide, cout, squeeze, hard swish, stride
    (3, 8, 8, True, False, 2),
    (3, 24, 12, False, False, 2),
    (5, 32, 12, True, True, 1),
    (5, 32, 16, True, True, 1),
)


class Excite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, 8, 1)
        self.fc2 = nn.Conv2d(8, channels, 1)
        self.relu, self.gate = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(self.fc2(self.relu(self.fc1(self.pool(x))))) * x


class Inverted(nn.Module):
    def __init__(
        self, cin: int, kernel: int, wide: int, cout: int, squeeze: bool, hard: bool, stride: int
    ) -> None:
        super().__init__()
        act = nn.Hardswish if hard else nn.ReLU
        layers: list[nn.Module] = []
        if wide != cin:
            layers += [nn.Conv2d(cin, wide, 1, bias=False), nn.BatchNorm2d(wide), act()]
        depthwise = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        layers += [depthwise, nn.BatchNorm2d(wide), act()]
        if squeeze:
            layers.append(Excite(wide))
        layers += [nn.Conv2d(wide, cout, 1, bias=False), nn.BatchNorm2d(cout)]
        self.body = nn.Sequential(*layers)
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + x if self.skip else self.body(x)


class MobileNetV3(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)]
        layers.append(nn.Hardswish())
        cin = 8
        for kernel, wide, cout, squeeze, hard, stride in PLAN:
            layers.append(Inverted(cin, kernel, wide, cout, squeeze, hard, stride))
            cin = cout
        layers += [nn.Conv2d(cin, 40, 1, bias=False), nn.BatchNorm2d(40), nn.Hardswish()]
        self.body, self.pool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(nn.Linear(40, 48), nn.Hardswish(), nn.Linear(48, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.flatten(self.pool(self.body(x)), 1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(MobileNetV3(), 64)
