"""Tables: TabNet's masks and gated blocks, feature tokens, bags of words, periodic numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

FEATURES, WIDTH, CATEGORIES, BAG = 6, 16, 3, 5


class Gated(nn.Module):
    """TabNet's GLU block: halves by a slice, summed with the former, times root one half."""

    def __init__(self, cin: int) -> None:
        super().__init__()
        self.fc, self.bn = nn.Linear(cin, 2 * WIDTH, bias=False), nn.BatchNorm1d(2 * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.fc(x))
        return torch.mul(x[:, :WIDTH], torch.sigmoid(x[:, WIDTH:]))


class TabNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.first = nn.BatchNorm1d(FEATURES), Gated(FEATURES)
        self.second, self.step = Gated(WIDTH), Gated(FEATURES)
        self.mask, self.mask_norm = nn.Linear(8, FEATURES, bias=False), nn.BatchNorm1d(FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        prior = torch.ones(x.shape)
        y = self.first(x)
        y = (y + self.second(y)) * torch.sqrt(torch.tensor(0.5))
        mask = torch.softmax(torch.mul(self.mask_norm(self.mask(y[:, 8:])), prior), dim=-1)
        prior = torch.mul(1.3 - mask, prior)
        return F.relu(self.step(torch.mul(mask, x))[:, :8])


class Tokens(nn.Module):
    """FT-Transformer: a vector for each number and category, a learned first one."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(FEATURES, WIDTH))
        self.bias = nn.Parameter(torch.randn(FEATURES, WIDTH))
        self.cls = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.table = nn.Embedding(60, WIDTH)
        self.register_buffer("offsets", torch.tensor([0, 10, 25]))
        self.norm = nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.wide, self.narrow = nn.Linear(WIDTH, 40), nn.Linear(20, WIDTH)
        self.last = nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor, categories: Tensor) -> Tensor:
        numbers = self.weight.unsqueeze(0) * x.unsqueeze(-1) + self.bias[None]
        words = self.table(categories + self.offsets.unsqueeze(0))
        cls = self.cls.expand(x.size(0), -1, -1)
        x = torch.cat([cls, numbers, words], dim=1)
        y = self.norm(x)
        y, _ = self.attention(y[:, :1], y, y)
        y = x[:, :1] + y
        a, b = self.wide(y).chunk(2, dim=-1)
        y = y + self.narrow(a * F.relu(b))
        return F.relu(self.last(y[:, 0]))


class Periodic(nn.Module):
    """Sines and cosines of learned rates, then a layer for each feature."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = nn.Parameter(torch.randn(FEATURES, 4))
        self.weight = nn.Parameter(torch.randn(FEATURES, 8, 5) * 0.3)
        self.bias = nn.Parameter(torch.zeros(FEATURES, 5))

    def forward(self, x: Tensor) -> Tensor:
        angle = 2 * torch.pi * self.rates * x[..., None]
        y = torch.cat([torch.cos(angle), torch.sin(angle)], -1)
        y = (y[..., None, :] @ self.weight).squeeze(-2) + self.bias
        return F.relu(y).flatten(1)


class Features(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tabnet, self.tokens, self.periodic = TabNet(), Tokens(), Periodic()
        self.bag = nn.Embedding(60, WIDTH)
        self.head = nn.Linear(8 + WIDTH + 30 + WIDTH, 3)

    def forward(self, x: Tensor, categories: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        parts = [
            self.tabnet(x),
            self.tokens(x, categories),
            self.periodic(x),
            self.bag(words).mean(1),
        ]
        x = self.head(torch.cat(parts, dim=1))
        probability = torch.softmax(x, dim=1)
        value, index = torch.topk(probability, k=2, dim=1)
        return value, index


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {
        "x": torch.randn(1, FEATURES),
        "categories": torch.randint(0, 10, (1, CATEGORIES)),
        "words": torch.randint(0, 32, (1, BAG)),
    }
    return Built(Features(), inputs)
