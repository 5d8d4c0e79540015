"""Diffusion U-Net: group norm and SiLU, a time embedding added in, attention in the middle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built


class Residual(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(4, cin), nn.GroupNorm(4, cout)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.time = nn.Linear(32, cout)
        self.side = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        y = y + self.time(F.silu(time))[:, :, None, None]
        return self.side(x) + self.conv2(F.silu(self.norm2(y)))


class Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(4, width)
        self.qkv, self.out = nn.Conv1d(width, 3 * width, 1), nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.shape
        flat = self.norm(x).reshape(batch, width, height * wide)
        query, key, value = self.qkv(flat).chunk(3, dim=1)
        scores = torch.einsum("bct,bcs->bts", query, key) * width**-0.5
        mixed = torch.einsum("bts,bcs->bct", scores.softmax(-1), value)
        return x + self.out(mixed).reshape(batch, width, height, wide)


class DiffusionUNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 32))
        self.first = nn.Conv2d(3, 16, 3, padding=1)
        self.down1, self.shrink = Residual(16, 16), nn.Conv2d(16, 16, 3, 2, 1)
        self.down2, self.attention, self.middle = Residual(16, 24), Attention(24), Residual(24, 24)
        self.grow, self.up = nn.Conv2d(24, 24, 3, padding=1), Residual(40, 16)
        self.norm, self.last = nn.GroupNorm(4, 16), nn.Conv2d(16, 3, 3, padding=1)
        self.register_buffer("speeds", torch.exp(-math.log(1e4) * torch.arange(8) / 8))

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        angles = step[:, None] * self.speeds[None]
        time = self.time(torch.cat([angles.sin(), angles.cos()], dim=-1))
        fine = self.down1(self.first(x), time)
        x = self.middle(self.attention(self.down2(self.shrink(fine), time)), time)
        x = self.grow(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.up(torch.cat([x, fine], dim=1), time)
        return self.last(F.silu(self.norm(x)))


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"image": torch.randn(1, 3, 16, 16), "step": torch.tensor([7.0])}
    return Built(DiffusionUNet(), inputs)
