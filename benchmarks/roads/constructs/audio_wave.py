"""Waves from features: causal and dilated gates, snake, upsampling, sums of several widths."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

FRAMES, BANDS, WIDTH = 20, 10, 16


class Gated(nn.Module):
    """WaveNet's unit: a causal pad, two halves, skip and residual."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.left = 2 * dilation
        self.conv = nn.Conv1d(WIDTH, 2 * WIDTH, 3, dilation=dilation)
        self.skip, self.residual = nn.Conv1d(WIDTH, WIDTH, 1), nn.Conv1d(WIDTH, WIDTH, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(F.pad(x, (self.left, 0)))
        tanh, gate = torch.split(y, y.size(1) // 2, dim=1)
        y = torch.tanh(tanh) * torch.sigmoid(gate)
        return (x + self.residual(y)) * 0.5**0.5, self.skip(y)


class Chomped(nn.Module):
    """TCN's block: both sides padded, the right one cut; weights normed."""

    def __init__(self) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.one = norm(nn.Conv1d(WIDTH, WIDTH, 3, padding=4, dilation=2))
        self.two = norm(nn.Conv1d(WIDTH, WIDTH, 3, padding=4, dilation=2))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.one(x)[:, :, :-4].contiguous())
        y = F.relu(self.two(y)[:, :, :-4].contiguous())
        return F.relu(x + y)


class Snake(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + (1.0 / (self.alpha + 1e-9)) * torch.sin(x * self.alpha) ** 2


class Widths(nn.Module):
    """HiFi-GAN's: the mean of what several kernels find."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(channels, channels, k, padding="same") for k in (3, 7))

    def forward(self, x: Tensor) -> Tensor:
        found = None
        for conv in self.convs:
            y = x + conv(F.leaky_relu(x, 0.1))
            found = y if found is None else found + y
        return found / len(self.convs)


class Wave(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Conv1d(BANDS, WIDTH, 1)
        self.gated = nn.ModuleList(Gated(rate) for rate in (1, 2, 4))
        self.chomped = Chomped()
        self.glu = nn.Conv1d(WIDTH, 2 * WIDTH, 3, padding=1)
        self.up = nn.ConvTranspose1d(WIDTH, 8, 8, stride=4, padding=2)
        self.widths, self.snake = Widths(8), Snake(8)
        self.shuffle = nn.Conv1d(8, 8, 3, padding=1)
        self.last = nn.Conv1d(4, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        total = 0
        for unit in self.gated:
            x, skip = unit(x)
            total = total + skip
        x = self.chomped(F.relu(total))
        x = F.glu(self.glu(x), dim=1)
        x = self.snake(self.widths(self.up(F.leaky_relu(x, 0.1))))
        x = self.shuffle(x)
        b, c, t = x.shape
        x = x.view(b, 2, c // 2, t).permute(0, 2, 3, 1).reshape(b, c // 2, 2 * t)
        return torch.tanh(self.last(F.leaky_relu(x))).squeeze(1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Wave(), {"x": torch.randn(1, BANDS, FRAMES)}, {"x": {0: "batch"}})
