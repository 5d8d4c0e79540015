"""Norms: of groups, instances, channels first and last, by hand, of responses, of lengths."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class ChannelsFirst(nn.Module):
    """ConvNeXt's own norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Responses(nn.Module):
    """ConvNeXt V2's global response normalisation, channels last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, width))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        length = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
        length = length / (length.mean(dim=-1, keepdim=True) + 1e-6)
        return self.gamma * (x * length) + self.beta + x


class Root(nn.Module):
    """A root mean square over channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6) * self.scale


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = nn.Conv2d(3, 16, 4, 4), ChannelsFirst(16)
        self.deep = nn.Conv2d(16, 16, 7, padding=3, groups=16)
        self.last, self.wide = nn.LayerNorm(16, eps=1e-6), nn.Linear(16, 64)
        self.responses, self.narrow = Responses(64), nn.Linear(64, 16)
        self.one, self.group = nn.Conv2d(16, 16, 3, padding=1), nn.GroupNorm(4, 16)
        self.two, self.whole = nn.Conv2d(16, 16, 3, padding=1), nn.GroupNorm(1, 16)
        self.three, self.each = nn.Conv2d(16, 16, 3, padding=1), nn.InstanceNorm2d(16, affine=True)
        self.four, self.plain = nn.Conv2d(16, 16, 3, padding=1), nn.InstanceNorm2d(16)
        self.five, self.root = nn.Conv2d(16, 16, 3, padding=1), Root(16)
        self.head = nn.Linear(16, 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kept = x = self.first(self.stem(x))
        x = self.last(self.deep(x).permute(0, 2, 3, 1))
        x = self.narrow(self.responses(F.gelu(self.wide(x)))).permute(0, 3, 1, 2)
        x = kept + x
        x = x + F.silu(self.group(self.one(x)))
        x = x + F.gelu(self.whole(self.two(x)))
        x = x + F.relu(self.each(self.three(x)))
        x = x + F.relu(self.plain(self.four(x)))
        x = x + F.relu(self.root(self.five(x)))
        x = F.normalize(x.mean([-2, -1]), dim=1)
        return 16.0 * F.linear(x, F.normalize(self.head.weight))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Norms(), 32)
