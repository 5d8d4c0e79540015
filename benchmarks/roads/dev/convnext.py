"""ConvNeXt: 7x7 depthwise convolutions, LayerNorm over channels in both layouts, layer scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class ChannelNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, 1e-6)
        self.up, self.down = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.down(F.gelu(self.up(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 8, 4, 4), ChannelNorm(8, 1e-6), Block(8), Block(8)]
        for cin, cout in ((8, 16), (16, 24)):
            layers += [ChannelNorm(cin, 1e-6), nn.Conv2d(cin, cout, 2, 2), Block(cout)]
        self.body = nn.Sequential(*layers)
        self.norm, self.head = nn.LayerNorm(24, 1e-6), nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.body(x).mean([-2, -1])))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(ConvNeXt(), 32)
