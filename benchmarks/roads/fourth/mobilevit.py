"""MobileViT: inverted residuals, and attention between the like places of all small patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

HEADS, PATCH = 4, 2


def unit(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, BatchNormalization, SiLU."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.SiLU(inplace=True))


class Inverted(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        wide = 2 * cin
        self.body = nn.Sequential(
            unit(cin, wide), unit(wide, wide, 3, stride, wide),
            nn.Conv2d(wide, cout, 1, bias=False), nn.BatchNorm2d(cout),
        )  # fmt: skip
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.skip else self.body(x)


class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def attend(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.norm1(x))
        return x + self.narrow(F.silu(self.wide(self.norm2(x))))


class MobileVitBlock(nn.Module):
    def __init__(self, cin: int, width: int, depth: int) -> None:
        super().__init__()
        self.near, self.grow = unit(cin, cin, 3), nn.Conv2d(cin, width, 1, bias=False)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(depth)))
        self.norm, self.shrink = nn.LayerNorm(width), unit(width, cin)
        self.fuse = unit(2 * cin, cin, 3)

    def forward(self, x: Tensor) -> Tensor:
        kept = x
        x = self.grow(self.near(x))
        batch, width, height, wide = x.shape
        rows, columns = height // PATCH, wide // PATCH
        count, area = rows * columns, PATCH * PATCH
        x = x.reshape(batch * width * rows, PATCH, columns, PATCH).transpose(1, 2)
        x = x.reshape(batch, width, count, area).transpose(1, 3).reshape(batch * area, count, -1)
        x = self.norm(self.layers(x))
        x = x.contiguous().view(batch, area, count, -1).transpose(1, 3)
        x = x.reshape(batch * width * rows, columns, PATCH, PATCH).transpose(1, 2)
        x = self.shrink(x.reshape(batch, width, height, wide))
        return self.fuse(torch.cat((kept, x), dim=1))


class MobileVit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = unit(3, 8, 3, 2)
        self.body = nn.Sequential(
            Inverted(8, 12, 1), Inverted(12, 16, 2), Inverted(16, 16, 1), Inverted(16, 20, 2),
            MobileVitBlock(20, 24, 2), Inverted(20, 28, 2), MobileVitBlock(28, 32, 1),
        )  # fmt: skip
        self.top, self.head = unit(28, 48), nn.Linear(48, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.top(self.body(self.stem(x))).mean((2, 3)))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(MobileVit(), 64)
