# ruff: noqa: D102 - forward() is described by its class
"""The second ten families: more networks in PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# --- RetNet --------------------------------------------------------------------------------------


def decay(heads: int, length: int) -> Tensor:
    """The decaying causal mask of each head."""
    gamma = 1 - 2.0 ** (-5 - torch.arange(heads))
    steps = torch.arange(length)
    lower = torch.tril(torch.ones(length, length))
    powers = gamma[:, None, None] ** (steps[:, None] - steps[None]).clamp(min=0)
    return lower * powers


def rotated(x: Tensor, sin: Tensor, cos: Tensor) -> Tensor:
    """Rotary positions on interleaved pairs."""
    turned = torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2)
    return x * cos + turned * sin


class Scaled(nn.Module):
    """A norm by the root of the mean of squares."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class Retention(nn.Module):
    """Multi-scale retention in parallel form, gated by Swish."""

    def __init__(self, dim: int, heads: int, length: int, scaled: bool) -> None:
        super().__init__()
        self.heads, self.scaled = heads, scaled
        names = ("q", "k", "v", "g", "o")
        self.w = nn.ModuleDict({n: nn.Linear(dim, dim, bias=False) for n in names})
        self.norm: nn.Module = Scaled(dim // heads) if scaled else nn.GroupNorm(heads, dim)
        angle = 1 / 10000 ** torch.linspace(0, 1, dim // heads // 2)
        at = torch.arange(length)[:, None] * angle.repeat_interleave(2)[None]
        self.register_buffer("sin", torch.sin(at))
        self.register_buffer("cos", torch.cos(at))
        self.register_buffer("mask", decay(heads, length))

    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        q, k, v = (
            self.w[name](x).view(n, t, self.heads, -1).transpose(1, 2) for name in ("q", "k", "v")
        )
        k = k * (d // self.heads) ** -0.5
        sin, cos, mask = (self.get_buffer(name) for name in ("sin", "cos", "mask"))
        score = rotated(q, sin, cos) @ rotated(k, sin, cos).transpose(-1, -2) * mask
        if self.scaled:
            score = score / score.detach().sum(-1, keepdim=True).abs().clamp(min=1)
            y = self.norm((score @ v).transpose(1, 2)).reshape(n, t, d)
        else:
            y = (score @ v).transpose(1, 2).reshape(n * t, d)
            y = self.norm(y).view(n, t, d)
        return self.w["o"](F.silu(self.w["g"](x)) * y)


class RetnetLayer(nn.Module):
    """Retention and a feed-forward part, each after a norm and with a skip."""

    def __init__(self, dim: int, heads: int, length: int, scaled: bool) -> None:
        super().__init__()
        norm: Any = Scaled if scaled else nn.LayerNorm
        self.norm1, self.norm2 = norm(dim), norm(dim)
        self.retention = Retention(dim, heads, length, scaled)
        self.up, self.down = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.gate = nn.Linear(dim, 2 * dim) if scaled else None

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.retention(self.norm1(x))
        y = self.norm2(x)
        if self.gate is None:
            return x + self.down(F.gelu(self.up(y)))
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Retnet(nn.Module):
    """RetNet: `scaled` is torchscale's later code, else that of Jamie-Stirling."""

    def __init__(self, dim: int, depth: int, heads: int, length: int = 16,
                 scaled: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.embed = nn.Embedding(200, dim)
        self.layers = nn.Sequential(
            *(RetnetLayer(dim, heads, length, scaled) for _ in range(depth))
        )
        self.norm: nn.Module = Scaled(dim) if scaled else nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 200, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.norm(self.layers(self.embed(ids))))


# --- DIN -----------------------------------------------------------------------------------------


class Din(nn.Module):
    """Deep interest network in the manner of DeepCTR-Torch: sigmoids inside, a weighted sum."""

    def __init__(self, dim: int, hidden: list[int], length: int = 10, users: int = 50) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(users, dim), nn.Embedding(100, dim)
        sizes = [4 * dim, *hidden]
        self.unit = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, hidden, strict=False))
        self.score = nn.Linear(hidden[-1], 1)
        self.dnn = nn.Sequential(nn.Linear(3 * dim, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU())
        self.out = nn.Linear(16, 1, bias=False)

    def forward(self, user: Tensor, item: Tensor, past: Tensor, mask: Tensor) -> Tensor:
        query, keys = self.item(item).unsqueeze(1), self.item(past)
        wide = query.expand_as(keys)
        x = torch.cat([wide, keys, wide - keys, wide * keys], -1)
        for layer in self.unit:
            x = torch.sigmoid(layer(x))
        score = self.score(x).transpose(1, 2)
        score = torch.where(mask.unsqueeze(1), score, torch.zeros_like(score))
        interest = torch.matmul(score, keys).squeeze(1)
        x = torch.cat([self.user(user), self.item(item), interest], -1)
        return torch.sigmoid(self.out(self.dnn(x)))
