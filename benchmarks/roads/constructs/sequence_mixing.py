"""More of series: TSMixer, N-BEATS' residual stacks, Informer's distilling, Time2Vec."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

STEPS, SERIES, WIDTH, AHEAD = 16, 4, 12, 5


class Mixer(nn.Module):
    """TSMixer's block: norm over time and series, products over each."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm1d(STEPS * SERIES) for _ in range(2))
        self.time = nn.Linear(STEPS, STEPS)
        self.one, self.two = nn.Linear(SERIES, 8), nn.Linear(8, SERIES)

    def normed(self, index: int, x: Tensor) -> Tensor:
        return self.norms[index](x.flatten(1, 2)).view(-1, STEPS, SERIES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.normed(0, x)
        x = x + F.relu(self.time(torch.transpose(y, 1, 2))).transpose(1, 2)
        return x + self.two(F.relu(self.one(self.normed(1, x))))


class Doubly(nn.Module):
    """N-BEATS: each block takes its backcast from what it was given and adds a forecast."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(STEPS, 16) for _ in range(2))
        self.thetas = nn.ModuleList(nn.Linear(16, STEPS + AHEAD, bias=False) for _ in range(2))
        grid = torch.arange(STEPS + AHEAD).float() / STEPS
        self.register_buffer("basis", torch.stack([grid**i for i in range(3)]))
        self.trend = nn.Linear(16, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        total = x.new_zeros(x.size(0), AHEAD)
        for layer, theta in zip(self.layers, self.thetas, strict=True):
            y = theta(F.relu(layer(x)))
            x = x - y[:, :STEPS]
            total = total + y[:, STEPS:]
        y = torch.mm(self.trend(F.relu(self.layers[0](x))), self.basis)
        return total + y[:, -AHEAD:]


class Distilling(nn.Module):
    """Informer's: a circular convolution, norm, ELU, pooled by two."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(WIDTH, WIDTH, 3, padding=1, padding_mode="circular")
        self.norm, self.pool = nn.BatchNorm1d(WIDTH), nn.MaxPool1d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x.permute(0, 2, 1))
        return self.pool(F.elu(self.norm(x))).transpose(1, 2)


class Time2Vec(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w0, self.b0 = nn.Parameter(torch.randn(SERIES, 1)), nn.Parameter(torch.randn(1))
        self.w, self.b = nn.Parameter(torch.randn(SERIES, WIDTH - 1)), nn.Parameter(torch.randn(11))

    def forward(self, x: Tensor) -> Tensor:
        line = torch.matmul(x, self.w0) + self.b0
        waves = torch.sin(torch.matmul(x, self.w) + self.b)
        return torch.cat([line, waves], -1)


class Mixing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mixer, self.doubly = Mixer(), Doubly()
        self.time, self.distilling = Time2Vec(), Distilling()
        self.token = nn.Conv1d(SERIES, WIDTH, 3, padding=1, padding_mode="circular", bias=False)
        self.rates = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.head = nn.Linear(WIDTH, SERIES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.mixer(x)
        b, t, n = x.shape
        single = self.doubly(x.transpose(1, 2).reshape(b * n, t)).view(b, n, AHEAD)
        y = self.time(x) + self.token(x.permute(0, 2, 1)).transpose(1, 2)
        y = self.distilling(y)
        y = y[:, 1:] - torch.sigmoid(self.rates) * y[:, :-1]
        return single.transpose(1, 2), F.softplus(self.head(torch.mean(y, dim=1)))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Mixing(), {"x": torch.randn(1, STEPS, SERIES)})
