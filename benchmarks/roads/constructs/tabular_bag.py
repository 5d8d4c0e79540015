"""fastText's classifier and GMF: bags of words summed and averaged; RWKV's negative pad."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

BAG, WIDTH = 8, 12


class Bag(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.EmbeddingBag(80, WIDTH, mode="mean")
        self.sum = nn.EmbeddingBag(80, WIDTH, mode="sum")
        self.words = nn.Embedding(80, WIDTH)
        self.shift = nn.ZeroPad2d((0, 0, 1, -1))
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.head = nn.Linear(3 * WIDTH, 4)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids)
        x = F.relu(self.mix(x + self.shift(x))).sum(dim=1)
        return F.softmax(self.head(torch.cat([self.mean(ids), self.sum(ids), x], dim=1)), dim=1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Bag(), {"ids": torch.randint(0, 32, (1, BAG))})
