"""Style transfer: reflected borders, instance normalisation, residuals, nearest upsampling."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class Unit(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(cin, cout, kernel, stride)
        self.norm = nn.InstanceNorm2d(cout, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(self.pad(x)))


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = Unit(width, width, 3), Unit(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(F.relu(self.one(x))) + x


class StyleTransfer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([Unit(3, 8, 9), Unit(8, 12, 3, 2), Unit(12, 16, 3, 2)])
        self.body = nn.Sequential(Residual(16), Residual(16))
        self.up = nn.ModuleList([Unit(16, 12, 3), Unit(12, 8, 3)])
        self.pad, self.last = nn.ReflectionPad2d(4), nn.Conv2d(8, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        for each in self.down:
            x = F.relu(each(x))
        x = self.body(x)
        for each in self.up:
            x = F.relu(each(F.interpolate(x, scale_factor=2, mode="nearest")))
        return self.last(self.pad(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(StyleTransfer(), 32)
