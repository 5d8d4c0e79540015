"""GPT-2: causal attention by a stored triangle, tanh GELU written out, output tied to the words."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS, TOKENS = 24, 3, 12


class NewGelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))
        return 0.5 * x * (1.0 + torch.tanh(inner))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.packed, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 48), NewGelu(), nn.Linear(48, WIDTH))
        self.register_buffer("seen", torch.tril(torch.ones(32, 32, dtype=torch.bool))[None, None])

    def attend(self, x: Tensor) -> Tensor:
        batch, tokens, _ = x.shape
        parts = self.packed(x).split(WIDTH, dim=2)
        query, key, value = (
            part.view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2) for part in parts
        )
        scores = query @ key.transpose(-2, -1) / math.sqrt(WIDTH // HEADS)
        seen = self.seen[:, :, :tokens, :tokens]
        scores = torch.where(seen, scores, torch.full([], -1e4))
        mixed = (torch.softmax(scores, -1) @ value).transpose(1, 2)
        return self.out(mixed.contiguous().view(batch, tokens, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(40, WIDTH), nn.Embedding(32, WIDTH)
        self.blocks, self.norm = nn.Sequential(Block(), Block()), nn.LayerNorm(WIDTH)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        return F.linear(self.norm(self.blocks(x)), self.words.weight)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(GPT2(), {"ids": torch.randint(0, 32, (1, TOKENS))})
