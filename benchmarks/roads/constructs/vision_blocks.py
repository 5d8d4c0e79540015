"""Blocks without attention: pools, gates of places, mixers, atrous context, odd activations."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, SIDE = 16, 8


class Pooled(nn.Module):
    """PoolFormer's and MetaFormer's."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.pool = (
            nn.GroupNorm(1, WIDTH),
            nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        )
        self.scale = nn.Parameter(1e-2 * torch.ones(WIDTH))
        self.star, self.bias = nn.Parameter(torch.ones(1) * 0.8), nn.Parameter(torch.ones(1) * -0.4)
        self.one, self.two = nn.Conv2d(WIDTH, 32, 1), nn.Conv2d(32, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        x = x + self.scale.unsqueeze(-1).unsqueeze(-1) * (self.pool(y) - y)
        return x + self.two(self.star * F.relu(self.one(x)) ** 2 + self.bias)


class Spatial(nn.Module):
    """gMLP's gate."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.into = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 32)
        self.inner, self.proj = nn.LayerNorm(16), nn.Conv1d(SIDE * SIDE, SIDE * SIDE, 1)
        self.out = nn.Linear(16, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        one, two = F.gelu(self.into(self.norm(x))).chunk(2, dim=-1)
        return x + self.out(one * self.proj(self.inner(two)))


class Affine(nn.Module):
    """ResMLP's norm."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha, self.beta = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return self.alpha * x + self.beta


class Across(nn.Module):
    """ResMLP's mixing of patches."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.mix = Affine(), nn.Linear(SIDE * SIDE, SIDE * SIDE)
        self.scale = nn.Parameter(0.1 * torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.mix(self.norm(x).transpose(1, 2)).transpose(1, 2)


class Atrous(nn.Module):
    """DeepLab's context with the pooled branch."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Sequential(nn.Conv2d(WIDTH, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.far = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(WIDTH, 8, 3, padding=rate, dilation=rate, bias=False),
                nn.BatchNorm2d(8), nn.ReLU(),
            )
            for rate in (2, 3)
        )  # fmt: skip
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(WIDTH, 8, 1), nn.ReLU())
        self.join = nn.Conv2d(32, WIDTH, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        whole = F.interpolate(
            self.whole(x), size=x.shape[-2:], mode="bilinear", align_corners=False
        )
        return self.join(torch.cat([self.near(x), *(far(x) for far in self.far), whole], dim=1))


class Curves(nn.Module):
    """Rare activations, one after another, a convolution between."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 1) for _ in range(9))
        self.twice, self.three = nn.Conv2d(WIDTH, 2 * WIDTH, 1), nn.Conv2d(WIDTH, 3 * WIDTH, 1)
        self.slopes = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        curves = (
            nn.Mish(), nn.CELU(0.5), nn.Softplus(), nn.Hardtanh(-1, 1), self.slopes,
            nn.LogSigmoid(), nn.Softsign(), nn.Tanhshrink(),
            lambda x: x * torch.tanh(F.softplus(x)),
        )  # fmt: skip
        for conv, curve in zip(self.convs, curves, strict=True):
            x = x + curve(conv(x))
        x = F.glu(self.twice(x), dim=1)
        batch, _, height, wide = x.shape
        return self.three(x).view(batch, WIDTH, 3, height, wide).max(dim=2)[0]


class Blocks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.pooled, self.atrous = nn.Conv2d(3, WIDTH, 4, 4), Pooled(), Atrous()
        self.spatial, self.across, self.curves = Spatial(), Across(), Curves()
        self.classes = nn.Conv2d(WIDTH, 5, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.curves(self.atrous(self.pooled(self.stem(x))))
        batch, width, height, wide = x.shape
        y = self.across(self.spatial(x.reshape(batch, width, -1).permute(0, 2, 1)))
        y = y.permute(0, 2, 1).reshape(batch, width, height, wide)
        maps = F.interpolate(self.classes(y), scale_factor=4.0, mode="bilinear", align_corners=True)
        return maps.argmax(1), F.softmax(maps, dim=1)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Blocks(), 32)
