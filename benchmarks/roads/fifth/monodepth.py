"""Monodepth2: residual encoder, decoder of reflected borders and ELU, a depth at every scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTHS, DECODED = (8, 12, 16), (6, 8, 12)


class Basic(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(cout), nn.BatchNorm2d(cout)
        side = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        self.side = None if cin == cout else side

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + (x if self.side is None else self.side(x)))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False), nn.BatchNorm2d(8)
        self.relu, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Basic(8, 12, 1), Basic(12, 12, 1))
        self.layer2 = nn.Sequential(Basic(12, 16, 2), Basic(16, 16, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = (x - 0.45) / 0.225
        found = [self.relu(self.norm(self.conv(x)))]
        found.append(self.layer1(self.pool(found[-1])))
        return [*found, self.layer2(found[-1])]


class Conv3x3(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.pad, self.conv = nn.ReflectionPad2d(1), nn.Conv2d(cin, cout, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.pad(x))


class ConvBlock(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv, self.act = Conv3x3(cin, cout), nn.ELU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x))


class Monodepth(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.before, self.after = nn.ModuleList(), nn.ModuleList()
        self.depths = nn.ModuleList(Conv3x3(cout, 1) for cout in DECODED)
        for level, cout in enumerate(DECODED):
            deepest = level == len(DECODED) - 1
            self.before.append(ConvBlock(WIDTHS[-1] if deepest else DECODED[level + 1], cout))
            self.after.append(ConvBlock(cout + (WIDTHS[level - 1] if level else 0), cout))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        features = self.encoder(image)
        x, depths = features[-1], []
        for level in range(len(DECODED) - 1, -1, -1):
            x = [F.interpolate(self.before[level](x), scale_factor=2, mode="nearest")]
            if level > 0:
                x += [features[level - 1]]
            x = self.after[level](torch.cat(x, 1))
            depths.append(torch.sigmoid(self.depths[level](x)))
        return tuple(depths)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Monodepth(), (48, 80))
