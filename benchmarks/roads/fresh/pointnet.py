"""PointNet: a learnt transform of the points, a shared network per point, the maximum over all."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built


def unit(cin: int, cout: int) -> nn.Sequential:
    """A dense layer on every point."""
    return nn.Sequential(nn.Conv1d(cin, cout, 1), nn.BatchNorm1d(cout), nn.ReLU())


class Transform(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.points = nn.Sequential(unit(3, 16), unit(16, 24))
        self.whole = nn.Sequential(nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 9))

    def forward(self, x: Tensor) -> Tensor:
        matrix = self.whole(self.points(x).amax(2)).view(-1, 3, 3)
        return torch.bmm(x.transpose(1, 2), matrix).transpose(1, 2)


class PointNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.transform = Transform()
        self.points = nn.Sequential(unit(3, 16), unit(16, 24), unit(24, 32))
        self.head = nn.Sequential(
            nn.Linear(32, 24), nn.ReLU(), nn.Dropout(0.3), nn.Linear(24, 10), nn.LogSoftmax(1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.max(self.points(self.transform(x)), 2)[0])


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(PointNet(), {"points": torch.randn(1, 3, 40)})
