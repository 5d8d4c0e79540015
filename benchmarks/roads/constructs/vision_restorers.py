"""Restoration: halves that gate, attention of channels, patches taken and put back."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, HEADS = 16, 2


class BiasFree(nn.Module):
    """Restormer's norm without a shift, over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        height, wide = x.shape[-2:]
        x = x.flatten(2).transpose(1, 2)
        variance = x.var(-1, keepdim=True, unbiased=False)
        x = x / torch.sqrt(variance + 1e-5) * self.weight
        return x.transpose(1, 2).reshape(-1, WIDTH, height, wide)


class Transposed(nn.Module):
    """Restormer's attention."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(HEADS, 1, 1))
        self.qkv = nn.Conv2d(WIDTH, 3 * WIDTH, 1, bias=False)
        self.deep = nn.Conv2d(3 * WIDTH, 3 * WIDTH, 3, 1, 1, groups=3 * WIDTH, bias=False)
        self.out = nn.Conv2d(WIDTH, WIDTH, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.shape
        query, key, value = (
            part.view(batch, HEADS, width // HEADS, height * wide)
            for part in self.deep(self.qkv(x)).chunk(3, dim=1)
        )
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
        scores = ((query @ key.transpose(-2, -1)) * self.temperature).softmax(dim=-1)
        return self.out((scores @ value).view(batch, width, height, wide))


class Gated(nn.Module):
    """Restormer's feed-forward network."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Conv2d(WIDTH, 48, 1)
        self.deep = nn.Conv2d(48, 48, 3, 1, 1, groups=48)
        self.out = nn.Conv2d(24, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.deep(self.into(x)).chunk(2, dim=1)
        return self.out(F.gelu(one) * two)


class Dense(nn.Module):
    """RCAN's and RDN's: all before, a gate of channels, a small factor."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(WIDTH, 8, 3, 1, 1), nn.Conv2d(WIDTH + 8, 8, 3, 1, 1)
        self.join = nn.Conv2d(WIDTH + 16, WIDTH, 1)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(WIDTH, 4, 1), nn.ReLU(), nn.Conv2d(4, WIDTH, 1),
            nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        one = F.leaky_relu(self.one(x), 0.2, inplace=True)
        two = F.leaky_relu(self.two(torch.cat((x, one), 1)), 0.2, inplace=True)
        y = self.join(torch.cat((x, one, two), 1))
        return x + y * self.gate(y) * 0.2


class Patches(nn.Module):
    """Patches unfolded, weighed and folded again."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(4 * WIDTH, 4 * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        columns = F.unfold(x, 2, stride=2).transpose(1, 2)
        return F.fold(self.mix(columns).transpose(1, 2), size, 2, stride=2)


class Restorers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.45, 0.44, 0.40]).view(1, 3, 1, 1))
        self.stem, self.norm, self.attend = nn.Conv2d(3, WIDTH, 3, 1, 1), BiasFree(), Transposed()
        self.second, self.gated, self.dense = BiasFree(), Gated(), Dense()
        self.patches = Patches()
        self.up = nn.Sequential(
            nn.Conv2d(WIDTH, 4 * WIDTH, 3, 1, 1), nn.PixelShuffle(2), nn.PReLU(WIDTH)
        )
        self.head = nn.Conv2d(WIDTH, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) * 255.0
        y = self.stem(x)
        y = y + self.attend(self.norm(y))
        y = y + self.gated(self.second(y))
        y = self.dense(y) + self.patches(y)
        y = self.head(self.up(y)) + F.interpolate(x, scale_factor=2, mode="bilinear")
        return torch.clamp(y / 255.0 + self.mean, 0.0, 1.0)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Restorers(), 16)
