"""DeepFM: tables of several ids, all pairs multiplied by the square of a sum, and a deep part."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

WIDTH = 8


class Factorisation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(40, WIDTH), nn.Embedding(50, WIDTH)
        self.tags, self.numbers = nn.Embedding(40, WIDTH), nn.Linear(6, WIDTH)
        self.wide = nn.ModuleList(nn.Embedding(size, 1) for size in (40, 50))
        self.deep = nn.Sequential(
            nn.Linear(4 * WIDTH, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(24, 12), nn.ReLU(), nn.Linear(12, 1),
        )  # fmt: skip

    def forward(self, user: Tensor, item: Tensor, tags: Tensor, numbers: Tensor) -> Tensor:
        mean = self.tags(tags).mean(dim=1)
        fields = torch.stack([self.user(user), self.item(item), mean, self.numbers(numbers)], 1)
        linear = self.wide[0](user) + self.wide[1](item)
        pairs = fields.sum(dim=1).pow(2) - fields.pow(2).sum(dim=1)
        deep = self.deep(fields.flatten(1))
        return torch.sigmoid(linear + 0.5 * pairs.sum(dim=1, keepdim=True) + deep)


def build(seed: int) -> Built:
    """The network and its inputs, a batch of three."""
    ids = {name: torch.randint(0, 32, (3,)) for name in ("user", "item")}
    tags, numbers = torch.randint(0, 32, (3, 5)), torch.randn(3, 6)
    return Built(Factorisation(), {**ids, "tags": tags, "numbers": numbers})
