"""Linear attention: keys and values are summed up once, queries read the sum; no softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS = 24, 3


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        def heads(y: Tensor) -> Tensor:
            return y.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)

        query = F.elu(heads(self.query(x))) + 1.0
        key = F.elu(heads(self.key(x))) + 1.0
        known = key.transpose(-1, -2) @ heads(self.value(x))
        total = query @ key.sum(dim=-2, keepdim=True).transpose(-1, -2)
        mixed = (query @ known) / (total + 1e-6)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.wide, self.narrow = nn.Linear(WIDTH, 96), nn.Linear(48, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        gate, value = self.wide(self.norm2(x)).chunk(2, dim=-1)
        return x + self.narrow(F.gelu(gate) * value)


class LinearTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.places = nn.Linear(8, WIDTH), nn.Parameter(torch.randn(1, 16, WIDTH))
        self.blocks, self.norm = nn.Sequential(Block(), Block()), nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, series: Tensor) -> Tensor:
        x = self.blocks(self.first(series) + self.places)
        return self.head(self.norm(x).amax(dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(LinearTransformer(), {"series": torch.randn(1, 16, 8)})
