"""Kernels that are computed: standardised, of length one, mixed by the image, demodulated."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from benchmarks.zoo.spec import Built, image


class Standardised(nn.Conv2d):
    """BiT's convolution: its weight has mean zero and variance one."""

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        spread = weight.view(weight.size(0), -1).std(dim=1).view(-1, 1, 1, 1) + 1e-5
        weight = weight / spread.expand_as(weight)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding)


class Mixed(nn.Module):
    """CondConv: each image has its own mixture of kernels."""

    def __init__(self, cin: int, cout: int, experts: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(experts, cout * cin * 9) * 0.1)
        self.route, self.cin, self.cout = nn.Linear(cin, experts), cin, cout

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.shape
        pooled = F.adaptive_avg_pool2d(x, 1).flatten(1)
        routes = torch.softmax(self.route(pooled) / 30.0, dim=1)
        weight = torch.matmul(routes, self.weight).view(batch * self.cout, self.cin, 3, 3)
        x = x.reshape(1, batch * width, height, wide)
        x = F.conv2d(x, weight, padding=1, groups=batch)
        return x.view(batch, self.cout, height, wide)


class Modulated(nn.Module):
    """StyleGAN2's convolution: scaled by a style, its length brought back to one."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, cout, cin, 3, 3))
        self.style, self.scale = nn.Linear(16, cin), 1 / math.sqrt(cin * 9)
        self.cin, self.cout = cin, cout

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        batch, _, height, wide = x.shape
        style = self.style(code).view(batch, 1, self.cin, 1, 1)
        weight = self.scale * self.weight * style
        length = torch.rsqrt(weight.pow(2).sum([2, 3, 4]) + 1e-8)
        weight = (weight * length.view(batch, self.cout, 1, 1, 1)).view(-1, self.cin, 3, 3)
        x = F.conv2d(x.view(1, batch * self.cin, height, wide), weight, padding=1, groups=batch)
        return x.view(batch, self.cout, height, wide)


class Kernels(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Standardised(3, 8, 3, 2, 1)
        self.norm = nn.GroupNorm(2, 8)
        self.one = parametrizations.weight_norm(nn.Conv2d(8, 8, 3, padding=1))
        self.two = nn.utils.spectral_norm(nn.Conv2d(8, 8, 3, padding=1))
        self.mixed, self.modulated = Mixed(8, 8, 4), Modulated(8, 12)
        self.coded, self.head = nn.Linear(8, 16), nn.Conv2d(12, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.stem(x)))
        x = F.leaky_relu(self.one(x), 0.2)
        x = F.leaky_relu(self.two(x), 0.2)
        x = F.relu(self.mixed(x))
        code = self.coded(x.mean([2, 3]))
        x = F.leaky_relu(self.modulated(x, code), 0.2) * 2**0.5
        return torch.tanh(self.head(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Kernels(), 32)
