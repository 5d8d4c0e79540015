"""Two stacked hourglasses: pooled down, upsampled and added, with a prediction after each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

WIDTH = 12


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        half = WIDTH // 2
        self.body = nn.Sequential(
            nn.Conv2d(WIDTH, half, 1), nn.BatchNorm2d(half), nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1), nn.BatchNorm2d(half), nn.ReLU(),
            nn.Conv2d(half, WIDTH, 1), nn.BatchNorm2d(WIDTH),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class Hourglass(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.side, self.low, self.back = Residual(), Residual(), Residual()
        self.inner = Hourglass(depth - 1) if depth > 1 else Residual()
        self.pool, self.up = nn.MaxPool2d(2), nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x: Tensor) -> Tensor:
        low = self.back(self.inner(self.low(self.pool(x))))
        return self.side(x) + self.up(low)


class Stacked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTH, 7, 2, 3), nn.BatchNorm2d(WIDTH), nn.ReLU(), Residual()
        )
        self.glass1, self.glass2 = Hourglass(2), Hourglass(2)
        self.maps1, self.maps2 = nn.Conv2d(WIDTH, 5, 1), nn.Conv2d(WIDTH, 5, 1)
        self.again, self.onward = nn.Conv2d(5, WIDTH, 1), nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        y = self.glass1(x)
        maps = self.maps1(y)
        x = x + self.onward(y) + self.again(maps)
        return maps, self.maps2(self.glass2(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Stacked(), 32)
