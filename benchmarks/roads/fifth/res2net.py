"""Res2Net: bottlenecks whose channels are cut in four, each convolved with the one before."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

SCALE = 4


class Bottle2neck(nn.Module):
    def __init__(self, cin: int, width: int, cout: int, stride: int, first: bool) -> None:
        super().__init__()
        self.width, self.first = width, first
        self.conv1 = nn.Conv2d(cin, width * SCALE, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width * SCALE)
        self.pool = nn.AvgPool2d(3, stride, 1) if first else None
        self.convs = nn.ModuleList(
            nn.Conv2d(width, width, 3, stride, 1, bias=False) for _ in range(SCALE - 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(SCALE - 1))
        self.conv3 = nn.Conv2d(width * SCALE, cout, 1, bias=False)
        self.norm3, self.relu = nn.BatchNorm2d(cout), nn.ReLU(inplace=True)
        self.side = None
        if first:
            side = nn.Conv2d(cin, cout, 1, stride, bias=False)
            self.side = nn.Sequential(side, nn.BatchNorm2d(cout))

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.split(self.relu(self.norm1(self.conv1(x))), self.width, 1)
        y, out = parts[0], []
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            y = parts[index] if index == 0 or self.first else y + parts[index]
            y = self.relu(norm(conv(y)))
            out.append(y)
        last = parts[-1] if self.pool is None else self.pool(parts[-1])
        out = self.norm3(self.conv3(torch.cat([*out, last], 1)))
        out += x if self.side is None else self.side(x)
        return self.relu(out)


class Res2Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 12, 7, 2, 3, bias=False), nn.BatchNorm2d(12)
        self.relu, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        self.body = nn.Sequential(
            Bottle2neck(12, 4, 24, 1, True), Bottle2neck(24, 4, 24, 1, False),
            Bottle2neck(24, 6, 40, 2, True), Bottle2neck(40, 6, 40, 1, False),
        )  # fmt: skip
        self.average, self.head = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(40, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.pool(self.relu(self.norm(self.conv(x)))))
        x = self.average(x)
        return self.head(x.view(x.size(0), -1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Res2Net(), 64)
