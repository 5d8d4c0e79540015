"""Norms by hand, as each author spells them, between linear layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

TOKENS, WIDTH = 10, 24


class Rooted(nn.Module):
    """lucidrains': a unit vector times the root of the width times gamma."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.g = WIDTH**0.5, nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=-1) * self.scale * self.g


class Powered(nn.Module):
    """The mean square to the power of minus one half."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * (x.square().mean(-1, keepdim=True) + 1e-6).pow(-0.5)


class Divided(nn.Module):
    """By the length over the root of the width (Zhang and Sennrich's own code)."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        norm_x = x.norm(2, dim=-1, keepdim=True)
        rms_x = norm_x * WIDTH ** (-1.0 / 2)
        return self.scale * (x / (rms_x + 1e-8))


class ScaleNorm(nn.Module):
    """One learned length for all."""

    def __init__(self) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.tensor([WIDTH**0.5]))

    def forward(self, x: Tensor) -> Tensor:
        n = torch.norm(x, dim=-1, keepdim=True).clamp(min=1e-5)
        return x / n * self.g


class ByHand(nn.Module):
    """The annotated Transformer's: mean and unbiased deviation, eps beside the deviation."""

    def __init__(self) -> None:
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return self.a_2 * (x - mean) / (std + 1e-6) + self.b_2


class Biased(nn.Module):
    """The variance without correction, through var."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        u = x.mean(-1, keepdim=True)
        s = (x - u).pow(2).mean(-1, keepdim=True)
        x = (x - u) / torch.sqrt(s + 1e-5)
        return self.weight * x + self.bias


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        kinds = (Rooted, Powered, Divided, ScaleNorm, ByHand, Biased)
        self.norms = nn.ModuleList(kind() for kind in kinds)
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in kinds)
        self.start = nn.Linear(8, WIDTH)
        self.bare = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = x + F.gelu(layer(norm(x)))
        x = self.head(self.bare(x))
        return F.normalize(x, p=2, dim=-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Norms(), {"x": torch.randn(1, TOKENS, 8)}, {"x": {0: "batch", 1: "time"}})
