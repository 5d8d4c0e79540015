"""Images made larger and smaller in all ways, moved by fields, told from volumes of differences."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

Pair = tuple[Tensor, Tensor]


class Flow(nn.Module):
    """A volume of correlations, a field from it, and the second image moved by the field."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.field, self.most = nn.Conv2d(9 + width, 2, 3, padding=1), 1

    def volume(self, one: Tensor, two: Tensor) -> Tensor:
        """PWC-Net's products with neighbours."""
        _, _, height, wide = one.shape
        padded = F.pad(two, [self.most] * 4)
        found = []
        for row in range(2 * self.most + 1):
            for column in range(2 * self.most + 1):
                moved = padded[:, :, row : row + height, column : column + wide]
                found.append(torch.mean(one * moved, 1, keepdim=True))
        return torch.cat(found, 1)

    def forward(self, one: Tensor, two: Tensor) -> Pair:
        batch, _, height, wide = one.shape
        volume = F.leaky_relu(self.volume(one, two), 0.1)
        flow = self.field(torch.cat((volume, one), 1))
        across = torch.linspace(-1.0, 1.0, wide).view(1, 1, 1, wide).expand(batch, -1, height, -1)
        down = torch.linspace(-1.0, 1.0, height).view(1, 1, height, 1).expand(batch, -1, -1, wide)
        scale = torch.cat(
            (flow[:, 0:1] / ((wide - 1.0) / 2.0), flow[:, 1:2] / ((height - 1.0) / 2.0)), 1
        )
        grid = (torch.cat((across, down), 1) + scale).permute(0, 2, 3, 1)
        return flow, F.grid_sample(two, grid, mode="bilinear", align_corners=True)


class Resizes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.flow = nn.Conv2d(3, 8, 3, 2, 1), Flow(8)
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.three, self.four = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(16, 8, 1)
        self.near, self.smooth = (
            nn.Upsample(scale_factor=2),
            nn.UpsamplingBilinear2d(scale_factor=2),
        )
        self.head = nn.Conv2d(10, 3, 3, padding=1)

    def forward(self, first: Tensor, second: Tensor) -> Pair:
        a, b = F.relu(self.stem(first)), F.relu(self.stem(second))
        flow, moved = self.flow(a, b)
        x = F.relu(self.one(self.near(moved)))
        x = F.relu(self.two(F.interpolate(x, scale_factor=0.5, mode="bilinear")))
        y = F.relu(self.three(F.avg_pool2d(x, 2)))
        y = F.interpolate(y, size=x.shape[-2:], mode="nearest")
        x = F.relu(self.four(torch.cat((x, y), 1)))
        x = self.smooth(torch.cat((x, flow), 1))
        x = self.head(x)
        base = F.interpolate(first, size=x.shape[2:], mode="bicubic", align_corners=False)
        return torch.clamp(x + base, 0, 1), flow


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"first": torch.randn(1, 3, 32, 48), "second": torch.randn(1, 3, 32, 48)}
    return Built(Resizes(), inputs, {name: {0: "batch"} for name in inputs})
