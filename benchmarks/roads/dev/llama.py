"""Llama: RMSNorm, rotary positions, grouped-query attention, SwiGLU, no biases."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS, GROUPS, TOKENS = 32, 4, 2, 12
SIZE = WIDTH // HEADS


class RMSNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate pairs of features by an angle that grows with the position."""
    half = SIZE // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + turned * sin


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = RMSNorm(), RMSNorm()
        self.query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.key = nn.Linear(WIDTH, GROUPS * SIZE, bias=False)
        self.value = nn.Linear(WIDTH, GROUPS * SIZE, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.gate, self.up = nn.Linear(WIDTH, 48, bias=False), nn.Linear(WIDTH, 48, bias=False)
        self.down = nn.Linear(48, WIDTH, bias=False)

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, tokens, _ = x.shape
        query = self.query(x).view(batch, tokens, HEADS, SIZE).transpose(1, 2)
        key = self.key(x).view(batch, tokens, GROUPS, SIZE).transpose(1, 2)
        value = self.value(x).view(batch, tokens, GROUPS, SIZE).transpose(1, 2)
        query, key = turn(query, cos, sin), turn(key, cos, sin)
        key, value = self.repeat(key), self.repeat(value)
        scores = torch.matmul(query, key.transpose(2, 3)) / math.sqrt(SIZE)
        hidden = torch.full((tokens, tokens), -1e4).triu(1)
        weights = F.softmax(scores + hidden, dim=-1)
        mixed = torch.matmul(weights, value).transpose(1, 2)
        return self.out(mixed.reshape(batch, tokens, WIDTH))

    def repeat(self, x: Tensor) -> Tensor:
        """Every key and value head for its group of query heads."""
        batch, groups, tokens, size = x.shape
        x = x[:, :, None].expand(batch, groups, HEADS // GROUPS, tokens, size)
        return x.reshape(batch, HEADS, tokens, size)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attend(self.norm1(x), cos, sin)
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm, self.head = RMSNorm(), nn.Linear(WIDTH, 40, bias=False)
        self.register_buffer("speeds", 1.0 / 10_000.0 ** (torch.arange(0, SIZE, 2) / SIZE))

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], dtype=torch.float32)
        angles = places[:, None] * self.speeds[None]
        angles = torch.cat((angles, angles), dim=-1)
        cos, sin = angles.cos(), angles.sin()
        x = self.words(ids)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.head(self.norm(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Llama(), {"ids": torch.randint(0, 32, (1, TOKENS))})
