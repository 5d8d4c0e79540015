"""HiFi-GAN: a spectrogram grown to a wave, several reaches of dilated residuals at each step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

BANDS, WIDTH, GROWTH, REACHES, RATES = 20, 32, (4, 2), (3, 7), (1, 3, 5)


class Residual(nn.Module):
    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        half = kernel // 2
        self.first = nn.ModuleList(
            nn.Conv1d(width, width, kernel, 1, half * rate, rate) for rate in RATES
        )
        self.second = nn.ModuleList(nn.Conv1d(width, width, kernel, 1, half) for _ in RATES)

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.first, self.second, strict=True):
            y = first(F.leaky_relu(x, 0.1))
            x = second(F.leaky_relu(y, 0.1)) + x
        return x


class HifiGan(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv1d(BANDS, WIDTH, 7, 1, 3), nn.Conv1d(8, 1, 7, 1, 3)
        self.ups, self.residuals = nn.ModuleList(), nn.ModuleList()
        for index, growth in enumerate(GROWTH):
            width = WIDTH // 2**index
            self.ups.append(nn.ConvTranspose1d(width, width // 2, 2 * growth, growth, growth // 2))
            self.residuals.append(nn.ModuleList(Residual(width // 2, reach) for reach in REACHES))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for up, residuals in zip(self.ups, self.residuals, strict=True):
            x = up(F.leaky_relu(x, 0.1))
            total = None
            for residual in residuals:
                y = residual(x)
                total = y if total is None else total + y
            x = total / len(REACHES)
        return torch.tanh(self.last(F.leaky_relu(x)))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(HifiGan(), {"spectrum": torch.randn(1, BANDS, 12)})
