"""Forecasters' parts: RevIN, patches by unfold, a moving average, gates, quantiles."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

STEPS, SERIES, WIDTH, PATCH, AHEAD = 32, 4, 16, 8, 6


class RevIN(nn.Module):
    """Each series normed by itself, and the norm undone at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(SERIES)), nn.Parameter(torch.zeros(SERIES))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = torch.mean(x, dim=1, keepdim=True).detach()
        stdev = torch.sqrt(torch.var(x, dim=1, keepdim=True, unbiased=False) + 1e-5).detach()
        return (x - mean) / stdev * self.weight + self.bias, mean, stdev

    def undo(self, x: Tensor, mean: Tensor, stdev: Tensor) -> Tensor:
        return (x - self.bias) / (self.weight + 1e-10) * stdev + mean


class Decomposed(nn.Module):
    """DLinear: the trend by an average over repeated ends, each part by its own layer."""

    def __init__(self) -> None:
        super().__init__()
        self.average = nn.AvgPool1d(5, stride=1)
        self.seasonal, self.trend = nn.Linear(STEPS, AHEAD), nn.Linear(STEPS, AHEAD)

    def forward(self, x: Tensor) -> Tensor:
        front, end = x[:, 0:1, :].repeat(1, 2, 1), x[:, -1:, :].repeat(1, 2, 1)
        trend = self.average(torch.cat([front, x, end], dim=1).permute(0, 2, 1)).permute(0, 2, 1)
        seasonal = (x - trend).permute(0, 2, 1)
        return (self.seasonal(seasonal) + self.trend(trend.permute(0, 2, 1))).permute(0, 2, 1)


class Patches(nn.Module):
    """PatchTST: the last value repeated, windows by unfold, series as batch."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ReplicationPad1d((0, PATCH // 2))
        count = (STEPS + PATCH // 2 - PATCH) // (PATCH // 2) + 1
        self.embed = nn.Linear(PATCH, WIDTH)
        self.places = nn.Parameter(torch.randn(count, WIDTH) * 0.02)
        self.layer = nn.TransformerEncoderLayer(
            WIDTH, 2, 32, dropout=0.0, activation="gelu", batch_first=True
        )
        self.head = nn.Linear(WIDTH * count, AHEAD)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pad(x.permute(0, 2, 1)).unfold(dimension=-1, size=PATCH, step=PATCH // 2)
        b, n, count, _ = x.shape
        x = self.embed(x) + self.places
        x = self.layer(torch.reshape(x, (b * n, count, WIDTH)))
        x = torch.reshape(x, (-1, n, count, WIDTH)).permute(0, 1, 3, 2)
        return self.head(x.flatten(start_dim=-2)).permute(0, 2, 1)


class Residual(nn.Module):
    """TFT's gated residual network."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(SERIES, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.gate, self.skip = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(SERIES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        y = self.two(F.elu(self.one(x)))
        value, gate = self.gate(y).chunk(2, -1)
        return self.norm(self.skip(x) + torch.sigmoid(gate) * value)


class Forecast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.revin, self.decomposed, self.patches = RevIN(), Decomposed(), Patches()
        self.residual, self.quantiles = Residual(), nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, mean, stdev = self.revin(x)
        y = self.decomposed(y) + self.patches(y)
        y = self.revin.undo(y, mean, stdev)
        return y, self.quantiles(self.residual(y))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Forecast(), {"x": torch.randn(1, STEPS, SERIES)}, {"x": {0: "batch"}})
