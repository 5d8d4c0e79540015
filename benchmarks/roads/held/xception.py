"""Xception: separable convolutions with ReLU before them, strided shortcuts, SAME-like pooling."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class Separable(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.deep = nn.Conv2d(cin, cin, 3, padding=1, groups=cin, bias=False)
        self.point = nn.Conv2d(cin, cout, 1, bias=False)
        self.norm = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.point(self.deep(x)))


class Entry(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.one, self.two = Separable(cin, cout), Separable(cout, cout)
        self.side, self.norm = nn.Conv2d(cin, cout, 1, 2, bias=False), nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.two(F.relu(self.one(F.relu(x))))
        return F.max_pool2d(y, 2, 2) + self.norm(self.side(x))


class Middle(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.ModuleList(Separable(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for each in self.body:
            y = each(F.relu(y))
        return y + x


class Xception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, 2, bias=False), nn.BatchNorm2d(8)
        self.body = nn.Sequential(Entry(8, 16), Entry(16, 24), Middle(24), Middle(24))
        self.last, self.head = Separable(24, 40), nn.Linear(40, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.last(self.body(F.relu(self.norm(self.stem(x))))))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Xception(), 49)
