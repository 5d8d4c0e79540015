"""BERT: three embeddings, post-norm encoder layers with exact GELU, a pooler on the first token."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

WIDTH, HEADS, WIDE, TOKENS = 24, 3, 48, 12


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)

        query, key, value = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS)
        mixed = torch.matmul(torch.softmax(scores, -1), value)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, WIDTH))


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-6), nn.LayerNorm(WIDTH, 1e-6)
        self.up, self.down = nn.Linear(WIDTH, WIDE), nn.Linear(WIDE, WIDTH)
        self.act = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.down(self.act(self.up(x))))


class Bert(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.kinds = nn.Embedding(40, WIDTH), nn.Embedding(2, WIDTH)
        self.places = nn.Embedding(32, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, 1e-6)
        self.layers = nn.Sequential(Layer(), Layer())
        self.pooler = nn.Linear(WIDTH, WIDTH)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1])[None]
        x = self.words(ids) + self.places(places) + self.kinds(torch.zeros_like(ids))
        x = self.layers(self.norm(x))
        return torch.tanh(self.pooler(x[:, 0]))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Bert(), {"ids": torch.randint(0, 32, (1, TOKENS))})
