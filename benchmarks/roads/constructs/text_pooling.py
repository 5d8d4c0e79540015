"""Sums of embeddings, a mask, and the ways to come from words to one vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

TOKENS, WIDTH = 10, 24


class Pooling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(60, WIDTH, padding_idx=0)
        self.places, self.kinds = nn.Embedding(32, WIDTH), nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.attend, self.query = nn.Linear(WIDTH, 16), nn.Linear(16, 1, bias=False)
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.learned = nn.Parameter(torch.randn(WIDTH))
        self.head = nn.Linear(5 * WIDTH, 16)

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(ids.size(1), device=ids.device).unsqueeze(0).expand_as(ids)
        x = self.norm(self.words(ids) + self.places(places) + self.kinds(kinds))
        x = torch.tanh(self.mix(x))
        first = torch.tanh(self.pooler(x[:, 0]))
        spread = mask.unsqueeze(-1).expand(x.size()).float()
        mean = torch.sum(x * spread, 1) / torch.clamp(spread.sum(1), min=1e-9)
        most = x.masked_fill(mask.unsqueeze(-1) == 0, -1e9).max(dim=1)[0]
        scores = self.query(torch.tanh(self.attend(x))).squeeze(-1)
        scores = scores.masked_fill(mask == 0, -1e4)
        weights = torch.softmax(scores, dim=1).unsqueeze(-1)
        attended = (weights * x).sum(dim=1)
        scores = (x * self.learned).sum(-1) + (1.0 - mask.float()) * -10000.0
        learned = torch.bmm(F.softmax(scores, dim=-1).unsqueeze(1), x).squeeze(1)
        x = self.head(torch.cat((first, mean, most, attended, learned), dim=1))
        return F.normalize(x, p=2.0, dim=1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    ids = torch.randint(1, 32, (1, TOKENS))
    mask = torch.ones(1, TOKENS, dtype=torch.int64)
    return Built(Pooling(), {"ids": ids, "kinds": torch.zeros_like(ids), "mask": mask})
