"""DeepLab: dilated convolutions side by side with a pooled image, fused with an early stage."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, kernel: int = 3, stride: int = 1, rate: int = 1) -> nn.Sequential:
    """Convolution, BatchNormalization, ReLU."""
    reach = rate * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, stride, reach, rate, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


class Pyramid(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [unit(cin, cout, 1), unit(cin, cout, rate=2), unit(cin, cout, rate=4)]
        )
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), unit(cin, cout, 1))
        self.mix = nn.Sequential(unit(4 * cout, cout, 1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        found = [branch(x) for branch in self.branches]
        whole = F.interpolate(self.whole(x), size=x.shape[-2:], mode="bilinear")
        return self.mix(torch.cat([*found, whole], dim=1))


class Atrous(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.early = nn.Sequential(unit(3, 8, stride=2), unit(8, 12))
        self.late = nn.Sequential(unit(12, 16, stride=2), unit(16, 20, rate=2))
        self.pyramid, self.lateral = Pyramid(20, 12), unit(12, 6, 1)
        self.deep = nn.Conv2d(18, 18, 3, padding=1, groups=18, bias=False)
        self.point, self.head = unit(18, 16, 1), nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        early = self.early(x)
        late = self.pyramid(self.late(early))
        late = F.interpolate(late, scale_factor=2, mode="bilinear", align_corners=False)
        y = self.point(self.deep(torch.cat([late, self.lateral(early)], dim=1)))
        return F.interpolate(self.head(y), scale_factor=2, mode="bilinear", align_corners=False)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Atrous(), 48)
