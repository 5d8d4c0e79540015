"""Attention of other kinds: over channels, linear, of reduced keys, with talking heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, HEADS = 24, 3


class CrossCovariance(nn.Module):
    """XCiT's attention between channels."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(HEADS, 1, 1))
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 4, 1)
        query, key, value = qkv.unbind(0)
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
        scores = (query @ key.transpose(-2, -1)) * self.temperature
        x = (scores.softmax(dim=-1) @ value).permute(0, 3, 1, 2).reshape(batch, tokens, width)
        return self.proj(x)


class Efficient(nn.Module):
    """Efficient attention: a softmax of queries, another of keys."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Conv2d(WIDTH, 3 * WIDTH, 1, bias=False), nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, wide = x.shape
        query, key, value = (
            part.reshape(batch, HEADS, WIDTH // HEADS, height * wide)
            for part in self.qkv(x).chunk(3, dim=1)
        )
        query, key = query.softmax(dim=-2) * (WIDTH // HEADS) ** -0.5, key.softmax(dim=-1)
        context = torch.einsum("bhdn,bhen->bhde", key, value)
        found = torch.einsum("bhde,bhdn->bhen", context, query)
        return self.proj(found.reshape(batch, -1, height, wide))


class Reduced(nn.Module):
    """PVT's attention: keys and values of a smaller map."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.reduce, self.norm = nn.Conv2d(WIDTH, WIDTH, 2, 2), nn.LayerNorm(WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, height: int, wide: int) -> Tensor:
        batch, tokens, width = x.shape
        query = self.q(x).reshape(batch, tokens, HEADS, width // HEADS).permute(0, 2, 1, 3)
        small = self.reduce(x.permute(0, 2, 1).reshape(batch, width, height, wide))
        small = self.norm(small.reshape(batch, width, -1).permute(0, 2, 1))
        kv = self.kv(small).reshape(batch, -1, 2, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        key, value = kv[0], kv[1]
        scores = (query @ key.transpose(-2, -1)) * (width // HEADS) ** -0.5
        x = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(batch, tokens, width)
        return self.proj(x)


class Talking(nn.Module):
    """CaiT's attention: heads are mixed before and after the softmax; a scale for each layer."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH)
        self.before, self.after = nn.Linear(HEADS, HEADS), nn.Linear(HEADS, HEADS)
        self.gamma = nn.Parameter(1e-2 * torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = qkv[0] * (width // HEADS) ** -0.5, qkv[1], qkv[2]
        scores = query @ key.transpose(-2, -1)
        scores = self.before(scores.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).softmax(dim=-1)
        scores = self.after(scores.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = (scores @ value).transpose(1, 2).reshape(batch, tokens, width)
        return self.gamma * self.proj(x)


class Mixers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, WIDTH, 4, 4), nn.Conv2d(WIDTH, WIDTH, 3, 1, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.cross, self.efficient, self.reduced = CrossCovariance(), Efficient(), Reduced()
        self.talking, self.head = Talking(), nn.Linear(WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + self.efficient(F.gelu(self.down(x)))
        _, _, height, wide = x.shape
        x = x.flatten(2).transpose(1, 2)
        x = x + self.cross(self.norms[0](x))
        x = x + self.reduced(self.norms[1](x), height, wide)
        x = x + self.talking(self.norms[2](x))
        return self.head(x.mean(dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Mixers(), 32)
