"""EfficientNetV2 as torchvision has it: fused inverted residuals first, then deep ones with SE."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def unit(
    cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True
) -> nn.Sequential:
    """Convolution, BatchNormalization, SiLU or nothing."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    norm = nn.BatchNorm2d(cout, eps=1e-3)
    return nn.Sequential(conv, norm, nn.SiLU(inplace=True)) if act else nn.Sequential(conv, norm)


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.pool, self.act, self.scale = nn.AdaptiveAvgPool2d(1), nn.SiLU(True), nn.Sigmoid()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(self.fc2(self.act(self.fc1(self.pool(x))))) * x


class Residual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.same = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)
        if self.same:
            y += x
        return y


class FusedMBConv(Residual):
    def __init__(self, cin: int, cout: int, stride: int, ratio: int) -> None:
        super().__init__(cin, cout, stride)
        if ratio == 1:
            self.block = nn.Sequential(unit(cin, cout, 3, stride))
        else:
            wide = cin * ratio
            self.block = nn.Sequential(unit(cin, wide, 3, stride), unit(wide, cout, act=False))


class MBConv(Residual):
    def __init__(self, cin: int, cout: int, stride: int, ratio: int) -> None:
        super().__init__(cin, cout, stride)
        wide = cin * ratio
        self.block = nn.Sequential(
            unit(cin, wide), unit(wide, wide, 3, stride, wide),
            SqueezeExcitation(wide, cin // 4), unit(wide, cout, act=False),
        )  # fmt: skip


class EfficientNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            unit(3, 16, 3, 2),
            FusedMBConv(16, 16, 1, 1),
            FusedMBConv(16, 32, 2, 4), FusedMBConv(32, 32, 1, 4),
            FusedMBConv(32, 64, 2, 4), FusedMBConv(64, 64, 1, 4),
            MBConv(64, 64, 2, 4), MBConv(64, 64, 1, 4),
            MBConv(64, 80, 1, 6), MBConv(80, 80, 1, 6),
            unit(80, 160),
        )  # fmt: skip
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2, inplace=True), nn.Linear(160, 20))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(x)).flatten(1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(EfficientNetV2(), 96)
