"""CLIP-like: an image tower and a text tower, normalised to length one and compared."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS = 24, 3


class QuickGelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 48), QuickGelu(), nn.Linear(48, WIDTH))

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False, attn_mask=hidden)[0]
        return x + self.mlp(self.norm2(x))


class Tower(nn.Module):
    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.randn(places, WIDTH) * 0.02)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.project = nn.Parameter(torch.randn(WIDTH, 16) * WIDTH**-0.5)

    def forward(self, x: Tensor, place: int, hidden: Tensor | None = None) -> Tensor:
        x = (x + self.places).permute(1, 0, 2)
        for block in self.blocks:
            x = block(x, hidden)
        x = self.norm(x.permute(1, 0, 2)[:, place]) @ self.project
        return x / x.norm(dim=-1, keepdim=True)


class TwoTowers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 8, 8, bias=False)
        self.token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.words = nn.Embedding(40, WIDTH)
        self.seen, self.read = Tower(17), Tower(8)
        self.warmth = nn.Parameter(torch.tensor([2.6]))

    def forward(self, image: Tensor, ids: Tensor) -> Tensor:
        x = self.patches(image).flatten(2).permute(0, 2, 1)
        seen = self.seen(torch.cat([self.token.expand(x.shape[0], 1, -1), x], 1), 0)
        hidden = torch.full((8, 8), -1e4).triu_(1)
        read = self.read(self.words(ids), -1, hidden)
        return F.linear(seen, read) * self.warmth.exp()


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"image": torch.randn(1, 3, 32, 32), "ids": torch.randint(0, 32, (1, 8))}
    return Built(TwoTowers(), inputs)
