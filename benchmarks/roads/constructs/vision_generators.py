"""Generators: times as waves, styles that scale and shift, codes by distance, spaces as waves."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built


def waves(steps: Tensor, width: int) -> Tensor:
    """DDPM's embedding of a time."""
    rates = torch.exp(
        -math.log(10000) * torch.arange(width // 2, dtype=torch.float32) / (width // 2)
    )
    angles = steps[:, None].float() * rates[None]
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


class Residual(nn.Module):
    """Guided diffusion's block: a time scales and shifts."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.into = nn.Sequential(nn.GroupNorm(4, cin), nn.SiLU(), nn.Conv2d(cin, cout, 3, 1, 1))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(16, 2 * cout))
        self.norm = nn.GroupNorm(4, cout)
        self.out = nn.Sequential(nn.SiLU(), nn.Dropout(0.1), nn.Conv2d(cout, cout, 3, 1, 1))
        self.skip = nn.Conv2d(cin, cout, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        y = self.into(x)
        scale, shift = torch.chunk(self.time(time)[..., None, None], 2, dim=1)
        return self.skip(x) + self.out(self.norm(y) * (1 + scale) + shift)


class Adapted(nn.Module):
    """AdaIN: statistics of the image are replaced."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.fc = nn.InstanceNorm2d(width), nn.Linear(16, 2 * width)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        h = self.fc(style)
        h = h.view(h.size(0), h.size(1), 1, 1)
        gamma, beta = torch.chunk(h, chunks=2, dim=1)
        return (1 + gamma) * self.norm(x) + beta


class Spatial(nn.Module):
    """SPADE: scale and shift of each place from a map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width, affine=False)
        self.shared = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.gamma, self.beta = nn.Conv2d(8, width, 3, padding=1), nn.Conv2d(8, width, 3, padding=1)

    def forward(self, x: Tensor, plan: Tensor) -> Tensor:
        plan = self.shared(F.interpolate(plan, size=x.size()[2:], mode="nearest"))
        return self.norm(x) * (1 + self.gamma(plan)) + self.beta(plan)


class Codes(nn.Module):
    """VQ-VAE: the nearest of a table."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(20, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1).contiguous()
        flat = x.view(-1, x.shape[-1])
        far = (
            torch.sum(flat**2, dim=1, keepdim=True)
            + torch.sum(self.table.weight**2, dim=1)
            - 2 * torch.matmul(flat, self.table.weight.t())
        )
        return self.table(torch.argmin(far, dim=1)).view(x.shape).permute(0, 3, 1, 2)


class Generators(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 16))
        self.stem, self.block = nn.Conv2d(3, 8, 3, 2, 1), Residual(8, 12)
        self.adapted, self.spatial, self.codes = Adapted(12), Spatial(12), Codes(12)
        self.up, self.head = nn.ConvTranspose2d(12, 8, 4, 2, 1), nn.Conv2d(8, 3, 3, 1, 1)

    def forward(self, image: Tensor, time: Tensor) -> Tensor:
        style = self.time(waves(time, 16))
        x = self.block(self.stem(image), style)
        x = F.leaky_relu(self.adapted(x, style), 0.2)
        x = self.codes(F.leaky_relu(self.spatial(x, image), 0.2))
        return torch.tanh(self.head(F.relu(self.up(x))))


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"image": torch.randn(1, 3, 16, 16), "time": torch.tensor([7.0])}
    return Built(Generators(), inputs)
