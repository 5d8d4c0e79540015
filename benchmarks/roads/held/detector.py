"""A detector: feature pyramid from three scales, heads shared between scales, many outputs."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def unit(cin: int, cout: int, stride: int) -> nn.Sequential:
    """Convolution, BatchNormalization, leaky ReLU."""
    conv = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.LeakyReLU(0.1, inplace=True))


class Head(nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.trunk, self.last = nn.Conv2d(12, 12, 3, padding=1), nn.Conv2d(12, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.last(F.relu(self.trunk(x)))
        return x.permute(0, 2, 3, 1).flatten(1, 2)


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(unit(3, 8, 2), unit(8, 8, 1))
        self.stages = nn.ModuleList([unit(8, 12, 2), unit(12, 16, 2), unit(16, 20, 2)])
        self.lateral = nn.ModuleList(nn.Conv2d(size, 12, 1) for size in (12, 16, 20))
        self.smooth = nn.ModuleList(nn.Conv2d(12, 12, 3, padding=1) for _ in range(3))
        self.classes, self.boxes = Head(6), Head(4)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, scales = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            scales.append(x)
        level, outputs = None, []
        for index in (2, 1, 0):
            side = self.lateral[index](scales[index])
            level = side if level is None else side + F.interpolate(level, scale_factor=2.0)
            smooth = self.smooth[index](level)
            outputs += [self.classes(smooth).sigmoid(), self.boxes(smooth)]
        return tuple(outputs)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Detector(), 64)
