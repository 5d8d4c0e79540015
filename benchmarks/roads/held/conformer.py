"""Conformer: half-step feed-forwards around attention and a gated depthwise convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH = 24


class Convolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.batch = nn.LayerNorm(WIDTH), nn.BatchNorm1d(WIDTH)
        self.wide, self.out = nn.Conv1d(WIDTH, 2 * WIDTH, 1), nn.Conv1d(WIDTH, WIDTH, 1)
        self.deep = nn.Conv1d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        y = F.glu(self.wide(self.norm(x).transpose(1, 2)), dim=1)
        return self.out(F.silu(self.batch(self.deep(y)))).transpose(1, 2)


class Conformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.forward1, self.forward2 = self.feed(), self.feed()
        self.norm = nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 3, batch_first=True)
        self.convolution, self.last = Convolution(), nn.LayerNorm(WIDTH)

    def feed(self) -> nn.Sequential:
        """A feed-forward part, normalised first."""
        wide, narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        return nn.Sequential(nn.LayerNorm(WIDTH), wide, nn.SiLU(), narrow)

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.forward1(x)
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = x + self.convolution(x)
        return self.last(x + 0.5 * self.forward2(x))


class Recogniser(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(1, 6, 3, 2, 1)
        self.first = nn.Linear(48, WIDTH)
        self.blocks, self.head = nn.Sequential(Conformer(), Conformer()), nn.Linear(WIDTH, 20)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.shrink(x))
        x = self.first(x.transpose(1, 2).flatten(2))
        return F.log_softmax(self.head(self.blocks(x)), dim=-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Recogniser(), {"spectrum": torch.randn(1, 1, 24, 16)})
