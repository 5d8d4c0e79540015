"""NAFNet for restoring images: a norm over channels, halves multiplied, no activation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / (variance + self.eps).sqrt()
        return self.weight.view(1, -1, 1, 1) * x + self.bias.view(1, -1, 1, 1)


class Scaled(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros((1, width, 1, 1)))

    def forward(self, x: Tensor, change: Tensor) -> Tensor:
        return x + change * self.scale


class Gate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        left, right = x.chunk(2, dim=1)
        return left * right


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 2 * width
        self.norm1, self.conv1 = LayerNorm2d(width, 1e-6), nn.Conv2d(width, wide, 1)
        self.conv2 = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.gate = Gate()
        self.channels = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1))
        self.conv3 = nn.Conv2d(width, width, 1)
        self.norm2, self.conv4 = LayerNorm2d(width, 1e-6), nn.Conv2d(width, wide, 1)
        self.conv5 = nn.Conv2d(width, width, 1)
        self.beta, self.gamma = Scaled(width), Scaled(width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.gate(self.conv2(self.conv1(self.norm1(x))))
        x = self.beta(x, self.conv3(y * self.channels(y)))
        y = self.conv5(self.gate(self.conv4(self.norm2(x))))
        return self.gamma(x, y)


class NAFNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.intro, self.ending = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 3, 3, 1, 1)
        self.encoders = nn.ModuleList([Block(8), Block(16)])
        self.downs = nn.ModuleList([nn.Conv2d(8, 16, 2, 2), nn.Conv2d(16, 32, 2, 2)])
        self.middle = Block(32)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(cin, 2 * cin, 1, bias=False), nn.PixelShuffle(2))
            for cin in (32, 16)
        )
        self.decoders = nn.ModuleList([Block(16), Block(8)])

    def forward(self, x: Tensor) -> Tensor:
        y = self.intro(x)
        kept = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            y = encoder(y)
            kept.append(y)
            y = down(y)
        y = self.middle(y)
        for decoder, up, skip in zip(self.decoders, self.ups, kept[::-1], strict=True):
            y = decoder(up(y) + skip)
        return self.ending(y) + x


def build(seed: int) -> Built:
    """The network and its input."""
    return image(NAFNet(), 32)
