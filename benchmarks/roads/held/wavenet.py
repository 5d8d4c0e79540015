"""WaveNet: dilated causal convolutions with gates, residuals and a sum of skips."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built


class Layer(nn.Module):
    def __init__(self, dilation: int, last: bool) -> None:
        super().__init__()
        self.reach = dilation
        self.signal = nn.Conv1d(12, 12, 2, dilation=dilation)
        self.gate = nn.Conv1d(12, 12, 2, dilation=dilation)
        self.skip = nn.Conv1d(12, 16, 1)
        self.out = None if last else nn.Conv1d(12, 12, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        past = F.pad(x, (self.reach, 0))
        y = torch.tanh(self.signal(past)) * torch.sigmoid(self.gate(past))
        return x if self.out is None else x + self.out(y), self.skip(y)


class WaveNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, 12, 1)
        self.layers = nn.ModuleList(Layer(dilation, dilation == 8) for dilation in (1, 2, 4, 8))
        self.late, self.head = nn.Conv1d(16, 16, 1), nn.Conv1d(16, 20, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        total = None
        for layer in self.layers:
            x, skip = layer(x)
            total = skip if total is None else total + skip
        return self.head(F.relu(self.late(F.relu(total))))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(WaveNet(), {"wave": torch.randn(1, 1, 48)})
