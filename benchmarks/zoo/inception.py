# ruff: noqa: D102 - forward() is described by its class
"""GoogLeNet (Inception v1 with BatchNorm) and Inception v3, without auxiliary heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Size = int | tuple[int, int]


class ConvUnit(nn.Module):
    """Convolution, BatchNorm (eps 0.001), ReLU: the BasicConv2d of torchvision."""

    def __init__(self, cin: int, cout: int, kernel: Size, stride: int = 1, pad: Size = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, pad, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Branches(nn.Module):
    """Parallel branches concatenated over the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


GOOGLENET: list[tuple[int, int, int, int, int, int] | int] = [
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), 3,
    (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128), 2,
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
]  # fmt: skip


class GoogLeNet(nn.Module):
    """Nine inception blocks. torchvision uses 3x3 in the '5x5' branch; so does this."""

    def __init__(self, scale: int = 8, five: int = 3) -> None:
        super().__init__()
        stem, mid = 64 // scale, 192 // scale
        layers: list[nn.Module] = [
            ConvUnit(3, stem, 7, 2, 3), nn.MaxPool2d(3, 2, ceil_mode=True),
            ConvUnit(stem, stem, 1), ConvUnit(stem, mid, 3, 1, 1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        ]  # fmt: skip
        cin = mid
        for step in GOOGLENET:
            if isinstance(step, int):
                layers.append(nn.MaxPool2d(step, 2, ceil_mode=True))
                continue
            a, b, c, d, e, f = (n // scale for n in step)
            layers.append(
                Branches(
                    ConvUnit(cin, a, 1),
                    nn.Sequential(ConvUnit(cin, b, 1), ConvUnit(b, c, 3, 1, 1)),
                    nn.Sequential(ConvUnit(cin, d, 1), ConvUnit(d, e, five, 1, five // 2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), ConvUnit(cin, f, 1)),
                )
            )
            cin = a + c + e + f
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(F.adaptive_avg_pool2d(self.features(x), (1, 1)), 1)
        return self.fc(self.dropout(x))


class PoolUnit(nn.Module):
    """A 3x3 average pool followed by a 1x1 unit."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.unit = ConvUnit(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.unit(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))


def split_pair(cin: int, cout: int) -> Branches:
    """The 1x3 and 3x1 pair at the end of an Inception-E branch."""
    return Branches(
        ConvUnit(cin, cout, (1, 3), pad=(0, 1)), ConvUnit(cin, cout, (3, 1), pad=(1, 0))
    )


class InceptionV3(nn.Module):
    """The torchvision Inception v3: stem, A x3, B, C x4, D, E x2."""

    def __init__(self, scale: int = 8) -> None:
        super().__init__()
        self.scale = scale
        s = self.channels
        stem: list[nn.Module] = [
            ConvUnit(3, s(32), 3, 2), ConvUnit(s(32), s(32), 3), ConvUnit(s(32), s(64), 3, 1, 1),
            nn.MaxPool2d(3, 2), ConvUnit(s(64), s(80), 1), ConvUnit(s(80), s(192), 3),
            nn.MaxPool2d(3, 2),
        ]  # fmt: skip
        blocks: list[nn.Module] = [
            self.block_a(192, 32), self.block_a(256, 64), self.block_a(288, 64), self.block_b(288),
            self.block_c(768, 128), self.block_c(768, 160), self.block_c(768, 160),
            self.block_c(768, 192), self.block_d(768), self.block_e(1280), self.block_e(2048),
        ]  # fmt: skip
        self.features = nn.Sequential(*stem, *blocks)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout()
        self.fc = nn.Linear(s(2048), 10)

    def channels(self, full: int) -> int:
        """A published channel count at this width."""
        return full // self.scale

    def block_a(self, cin: int, pool: int) -> Branches:
        s = self.channels
        return Branches(
            ConvUnit(s(cin), s(64), 1),
            nn.Sequential(ConvUnit(s(cin), s(48), 1), ConvUnit(s(48), s(64), 5, pad=2)),
            nn.Sequential(
                ConvUnit(s(cin), s(64), 1),
                ConvUnit(s(64), s(96), 3, pad=1),
                ConvUnit(s(96), s(96), 3, pad=1),
            ),
            PoolUnit(s(cin), s(pool)),
        )

    def block_b(self, cin: int) -> Branches:
        s = self.channels
        return Branches(
            ConvUnit(s(cin), s(384), 3, 2),
            nn.Sequential(
                ConvUnit(s(cin), s(64), 1),
                ConvUnit(s(64), s(96), 3, pad=1),
                ConvUnit(s(96), s(96), 3, 2),
            ),
            nn.MaxPool2d(3, 2),
        )

    def block_c(self, cin: int, mid: int) -> Branches:
        s = self.channels
        row: tuple[tuple[int, int], tuple[int, int]] = ((1, 7), (0, 3))
        col: tuple[tuple[int, int], tuple[int, int]] = ((7, 1), (3, 0))
        m, out = s(mid), s(192)
        return Branches(
            ConvUnit(s(cin), out, 1),
            nn.Sequential(
                ConvUnit(s(cin), m, 1),
                ConvUnit(m, m, row[0], pad=row[1]),
                ConvUnit(m, out, col[0], pad=col[1]),
            ),
            nn.Sequential(
                ConvUnit(s(cin), m, 1),
                ConvUnit(m, m, col[0], pad=col[1]),
                ConvUnit(m, m, row[0], pad=row[1]),
                ConvUnit(m, m, col[0], pad=col[1]),
                ConvUnit(m, out, row[0], pad=row[1]),
            ),
            PoolUnit(s(cin), out),
        )

    def block_d(self, cin: int) -> Branches:
        s = self.channels
        return Branches(
            nn.Sequential(ConvUnit(s(cin), s(192), 1), ConvUnit(s(192), s(320), 3, 2)),
            nn.Sequential(
                ConvUnit(s(cin), s(192), 1),
                ConvUnit(s(192), s(192), (1, 7), pad=(0, 3)),
                ConvUnit(s(192), s(192), (7, 1), pad=(3, 0)),
                ConvUnit(s(192), s(192), 3, 2),
            ),
            nn.MaxPool2d(3, 2),
        )

    def block_e(self, cin: int) -> Branches:
        s = self.channels
        return Branches(
            ConvUnit(s(cin), s(320), 1),
            nn.Sequential(ConvUnit(s(cin), s(384), 1), split_pair(s(384), s(384))),
            nn.Sequential(
                ConvUnit(s(cin), s(448), 1),
                ConvUnit(s(448), s(384), 3, pad=1),
                split_pair(s(384), s(384)),
            ),
            PoolUnit(s(cin), s(192)),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout(self.avgpool(self.features(x)))
        return self.fc(torch.flatten(x, 1))
