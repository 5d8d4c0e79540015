"""Encoder-decoder transformer on torch's own layers: causal self-attention, cross-attention."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

WIDTH, HEADS, WIDE = 24, 3, 48


class Embedded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(40, WIDTH), nn.Embedding(32, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1]).unsqueeze(0)
        return self.norm(self.words(ids) * math.sqrt(WIDTH) + self.places(places))


class EncoderDecoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = Embedded(), Embedded()
        shape = (WIDTH, HEADS, WIDE, 0.0, nn.functional.gelu)
        self.encoder = nn.ModuleList(
            nn.TransformerEncoderLayer(*shape, batch_first=True) for _ in range(2)
        )
        self.decoder = nn.ModuleList(
            nn.TransformerDecoderLayer(*shape, batch_first=True) for _ in range(2)
        )
        self.head = nn.Linear(WIDTH, 40)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory = self.source(source)
        for encode in self.encoder:
            memory = encode(memory)
        x = self.target(target)
        hidden = torch.full((x.shape[1], x.shape[1]), -1e4).triu(1)
        for decode in self.decoder:
            x = decode(x, memory, tgt_mask=hidden)
        return self.head(x)


def build(seed: int) -> Built:
    """The network and its inputs."""
    source, target = torch.randint(0, 32, (1, 10)), torch.randint(0, 32, (1, 8))
    return Built(EncoderDecoder(), {"source": source, "target": target})
