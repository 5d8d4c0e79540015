"""DenseNet: BatchNormalization before the convolution, growing concatenations, a transition."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def before(cin: int, cout: int, kernel: int) -> list[nn.Module]:
    """BatchNormalization, ReLU and a convolution, in this order."""
    conv = nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=False)
    return [nn.BatchNorm2d(cin), nn.ReLU(inplace=True), conv]


class Dense(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(*before(cin + 8 * index, 16, 1), *before(16, 8, 3)) for index in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class DenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stem = [nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
        self.stem = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1))
        self.dense1, self.between = Dense(16), nn.Sequential(*before(40, 20, 1), nn.AvgPool2d(2, 2))
        self.dense2, self.norm, self.head = Dense(20), nn.BatchNorm2d(44), nn.Linear(44, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dense2(self.between(self.dense1(self.stem(x))))
        x = F.relu(self.norm(x), inplace=True)
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(DenseNet(), 32)
