"""N-BEATS: dense stacks that subtract what they explain and sum up what they foresee."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

PAST, FUTURE = 20, 8


def times() -> Tensor:
    """All steps, past and to come, from -1 on."""
    return torch.arange(-PAST, FUTURE) / PAST


def trend() -> Tensor:
    """Powers of time as rows."""
    return torch.stack([times() ** power for power in range(3)])


def season() -> Tensor:
    """Waves of one and two turns as rows."""
    angles = [2 * math.pi * turns * times() for turns in (1, 2)]
    return torch.stack([act(angle) for act in (torch.cos, torch.sin) for angle in angles])


class Block(nn.Module):
    def __init__(self, basis: Tensor | None) -> None:
        super().__init__()
        width = PAST + FUTURE if basis is None else 2 * basis.shape[0]
        self.trunk = nn.Sequential(
            nn.Linear(PAST, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 24)
        )
        self.theta = nn.Linear(24, width, bias=basis is None)
        self.register_buffer("basis", basis)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        theta = self.theta(torch.relu(self.trunk(x)))
        if self.basis is None:
            return theta[:, :PAST], theta[:, PAST:]
        back, fore = theta.chunk(2, dim=1)
        return back @ self.basis[:, :PAST], fore @ self.basis[:, PAST:]


class ResidualForecast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(each) for each in (trend(), trend(), season(), None))

    def forward(self, series: Tensor) -> Tensor:
        left, total = series, series[:, -1:]
        for block in self.blocks:
            back, fore = block(left)
            left, total = left - back, total + fore
        return total


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(ResidualForecast(), {"series": torch.randn(1, PAST)})
