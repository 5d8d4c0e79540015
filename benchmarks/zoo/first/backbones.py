# ruff: noqa: D102 - forward() is described by its class
"""Backbones with modules of parallel branches, gates or separable convolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.inception import Branches, ConvUnit, PoolUnit
from benchmarks.zoo.mobile import Pooled, SqueezeExcite, unit
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import still


class ZFNet(nn.Module):
    """AlexNet with a 7x7 stem of stride two."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 7, 2, 1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.LocalResponseNorm(5),
            nn.Conv2d(12, 32, 5, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.LocalResponseNorm(5),
            nn.Conv2d(32, 48, 3, 1, 1), nn.ReLU(), nn.Conv2d(48, 48, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(48, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(32 * 36, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 64), nn.ReLU(),
            nn.Dropout(), nn.Linear(64, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


def conv(cin: int, cout: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution with a bias and Relu: GoogLeNet before batch norm."""
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2), nn.ReLU())


def old_module(cin: int, width: int, kind: str = "max") -> Branches:
    """An Inception module of the first paper."""
    pool: nn.Module = nn.MaxPool2d(3, 1, 1) if kind == "max" else nn.AvgPool2d(3, 1, 1)
    return Branches(
        conv(cin, width, 1), nn.Sequential(conv(cin, width, 1), conv(width, width, 3)),
        nn.Sequential(conv(cin, 4, 1), conv(4, 4, 5)), nn.Sequential(pool, conv(cin, 4, 1)),
    )  # fmt: skip


def googlenet_v1() -> nn.Module:
    """GoogLeNet with local response norms and biases."""
    layers: list[nn.Module] = [
        conv(3, 8, 7, 2), nn.MaxPool2d(3, 2, 1), nn.LocalResponseNorm(5), conv(8, 8, 1),
        conv(8, 24, 3), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2, 1),
    ]  # fmt: skip
    cin = 24
    for count, width in ((2, 8), (5, 12), (2, 16)):
        for _ in range(count):
            layers.append(old_module(cin, width))
            cin = 2 * width + 8
        layers.append(nn.MaxPool2d(3, 2, 1))
    return Pooled(nn.Sequential(*layers[:-1]), nn.Linear(cin, 10))


def double(cin: int, width: int, pool: str) -> Branches:
    """A module of BN-Inception: 1x1, 3x3, two 3x3, pooled."""
    layer: nn.Module = nn.AvgPool2d(3, 1, 1) if pool == "avg" else nn.MaxPool2d(3, 1, 1)
    return Branches(
        ConvUnit(cin, width, 1),
        nn.Sequential(ConvUnit(cin, width, 1), ConvUnit(width, width, 3, 1, 1)),
        nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 1, 1)),
        nn.Sequential(layer, ConvUnit(cin, 8, 1)),
    )


def shrink(cin: int, width: int) -> Branches:
    """A module of BN-Inception that halves the size and passes its input through a pool."""
    return Branches(
        nn.Sequential(ConvUnit(cin, width, 1), ConvUnit(width, width, 3, 2, 1)),
        nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 2, 1)),
        nn.MaxPool2d(3, 2, 1),
    )


def bn_inception() -> nn.Module:
    """Inception with batch norm (v2): 3a-3c, 4a-4e, 5a-5b."""
    layers: list[nn.Module] = [
        ConvUnit(3, 8, 7, 2, 3), nn.MaxPool2d(3, 2, 1), ConvUnit(8, 8, 1),
        ConvUnit(8, 24, 3, 1, 1), nn.MaxPool2d(3, 2, 1),
    ]  # fmt: skip
    cin = 24
    for count, pools in ((2, "avg"), (4, "avg"), (1, "avg")):
        for _ in range(count):
            layers.append(double(cin, 12, pools))
            cin = 40
        if count > 1:
            layers.append(shrink(cin, 12))
            cin += 20
    layers.append(double(cin, 12, "max"))
    return Pooled(nn.Sequential(*layers), nn.Linear(40, 10))


def row(cin: int, cout: int, size: int) -> ConvUnit:
    """A 1xN unit."""
    return ConvUnit(cin, cout, (1, size), pad=(0, size // 2))


def column(cin: int, cout: int, size: int) -> ConvUnit:
    """An Nx1 unit."""
    return ConvUnit(cin, cout, (size, 1), pad=(size // 2, 0))


def stem_v4() -> nn.Sequential:
    """The stem of Inception-v4 and Inception-ResNet-v2 of the paper."""
    return nn.Sequential(
        ConvUnit(3, 8, 3, 2), ConvUnit(8, 8, 3), ConvUnit(8, 8, 3, 1, 1),
        Branches(nn.MaxPool2d(3, 2), ConvUnit(8, 8, 3, 2)),
        Branches(
            nn.Sequential(ConvUnit(16, 8, 1), ConvUnit(8, 8, 3)),
            nn.Sequential(ConvUnit(16, 8, 1), row(8, 8, 7), column(8, 8, 7), ConvUnit(8, 8, 3)),
        ),
        Branches(ConvUnit(16, 16, 3, 2), nn.MaxPool2d(3, 2)),
    )  # fmt: skip


def wide_v4(cin: int) -> Branches:
    """Inception-C of v4: branches that end in a 1x3 and a 3x1 side by side."""
    return Branches(
        ConvUnit(cin, 8, 1),
        nn.Sequential(ConvUnit(cin, 8, 1), Branches(row(8, 8, 3), column(8, 8, 3))),
        nn.Sequential(
            ConvUnit(cin, 8, 1), column(8, 8, 3), row(8, 8, 3),
            Branches(row(8, 8, 3), column(8, 8, 3)),
        ),
        PoolUnit(cin, 8),
    )  # fmt: skip


def inception_v4() -> nn.Module:
    """Inception-v4: four A, seven B, three C."""
    layers: list[nn.Module] = [stem_v4()]
    for _ in range(4):
        layers.append(
            Branches(
                PoolUnit(32, 8), ConvUnit(32, 8, 1),
                nn.Sequential(ConvUnit(32, 8, 1), ConvUnit(8, 8, 3, 1, 1)),
                nn.Sequential(ConvUnit(32, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 1, 1)),
            )
        )  # fmt: skip
    layers.append(
        Branches(
            ConvUnit(32, 8, 3, 2), nn.MaxPool2d(3, 2),
            nn.Sequential(ConvUnit(32, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 2)),
        )
    )  # fmt: skip
    for index in range(7):
        cin = 32 if index else 48
        layers.append(
            Branches(
                PoolUnit(cin, 8), ConvUnit(cin, 8, 1),
                nn.Sequential(ConvUnit(cin, 8, 1), row(8, 8, 7), column(8, 8, 7)),
                nn.Sequential(
                    ConvUnit(cin, 8, 1), row(8, 8, 7), column(8, 8, 7), row(8, 8, 7),
                    column(8, 8, 7),
                ),
            )
        )  # fmt: skip
    layers.append(
        Branches(
            nn.MaxPool2d(3, 2), nn.Sequential(ConvUnit(32, 8, 1), ConvUnit(8, 8, 3, 2)),
            nn.Sequential(ConvUnit(32, 8, 1), row(8, 8, 7), column(8, 8, 7), ConvUnit(8, 8, 3, 2)),
        )
    )  # fmt: skip
    layers += [wide_v4(48), wide_v4(48), wide_v4(48)]
    return Pooled(nn.Sequential(*layers), nn.Linear(48, 10))


class ResidualMix(nn.Module):
    """Branches, a linear 1x1, a scale and the sum with the input."""

    def __init__(self, cin: int, width: int, branches: Branches, scale: float, act: bool) -> None:
        super().__init__()
        self.branches, self.up = branches, nn.Conv2d(width, cin, 1)
        self.scale, self.act = scale, act

    def forward(self, x: Tensor) -> Tensor:
        y = x + self.scale * self.up(self.branches(x))
        return F.relu(y) if self.act else y


def mixed(cin: int, kind: str, scale: float, act: bool = True) -> ResidualMix:
    """The residual modules A (35x35), B (17x17) and C (8x8)."""
    if kind == "a":
        two = nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1))
        three = nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 1, 1))
        return ResidualMix(cin, 24, Branches(ConvUnit(cin, 8, 1), two, three), scale, act)
    size = 7 if kind == "b" else 3
    line = nn.Sequential(ConvUnit(cin, 8, 1), row(8, 8, size), column(8, 8, size))
    return ResidualMix(cin, 16, Branches(ConvUnit(cin, 8, 1), line), scale, act)


class InceptionResNet(nn.Module):
    """Inception-ResNet: five (ten) A, ten (twenty) B, five (ten) C, with reductions between."""

    def __init__(self, version: int) -> None:
        super().__init__()
        n = 5 * version
        cin = 24
        stem: list[nn.Module] = [
            ConvUnit(3, 8, 3, 2), ConvUnit(8, 8, 3), ConvUnit(8, 8, 3, 1, 1), nn.MaxPool2d(3, 2),
            ConvUnit(8, 8, 1), ConvUnit(8, 24, 3),
        ]  # fmt: skip
        if version == 1:
            stem.append(ConvUnit(24, 24, 3, 2))
        else:
            stem += [nn.MaxPool2d(3, 2), double(24, 4, "avg")]
        layers = [*stem, *[mixed(cin, "a", 0.17) for _ in range(n)]]
        reduce_a = nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 2))
        layers.append(Branches(ConvUnit(cin, 8, 3, 2), reduce_a, nn.MaxPool2d(3, 2)))
        cin += 16
        layers += [mixed(cin, "b", 0.1) for _ in range(2 * n)]
        last = nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 1, 1), ConvUnit(8, 8, 3, 2))
        pairs = [nn.Sequential(ConvUnit(cin, 8, 1), ConvUnit(8, 8, 3, 2)) for _ in range(2)]
        layers.append(Branches(*pairs, last, nn.MaxPool2d(3, 2)))
        cin += 24
        layers += [mixed(cin, "c", 0.2) for _ in range(n - 1)]
        layers.append(mixed(cin, "c", 1.0, act=False))
        if version == 2:
            layers.append(ConvUnit(cin, 48, 1))
            cin = 48
        self.features, self.fc = nn.Sequential(*layers), nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(self.features(x), 1), 1))


class GatedBlock(nn.Module):
    """A basic or bottleneck residual block whose result is gated before the sum."""

    def __init__(self, cin: int, width: int, stride: int, groups: int, basic: bool) -> None:
        super().__init__()
        cout = width if basic else 4 * width
        if basic:
            self.body = nn.Sequential(unit(cin, width, 3, stride), unit(width, width, 3, act=None))
        else:
            self.body = nn.Sequential(
                unit(cin, width, 1), unit(width, width, 3, stride, groups),
                unit(width, cout, 1, act=None),
            )  # fmt: skip
        self.gate = SqueezeExcite(cout, max(2, cout // 16), nn.ReLU, nn.Sigmoid)
        self.down = unit(cin, cout, 1, stride, act=None) if stride > 1 or cin != cout else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.gate(self.body(x))
        return F.relu(y + (x if self.down is None else self.down(x)))


def se_resnet(depths: list[int], basic: bool = False, groups: int = 1) -> nn.Module:
    """SE-ResNet and SE-ResNeXt."""
    layers: list[nn.Module] = [unit(3, 8, 7, 2), nn.MaxPool2d(3, 2, 1)]
    cin = 8
    for stage, depth in enumerate(depths):
        width = 8 << stage
        for step in range(depth):
            stride = 2 if step == 0 and stage > 0 else 1
            layers.append(GatedBlock(cin, width, stride, groups, basic))
            cin = width if basic else 4 * width
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


def separable(cin: int, cout: int) -> nn.Sequential:
    """Depthwise and pointwise convolution without anything between, then a norm."""
    return nn.Sequential(
        nn.Conv2d(cin, cin, 3, 1, 1, groups=cin, bias=False), nn.Conv2d(cin, cout, 1, bias=False),
        nn.BatchNorm2d(cout),
    )  # fmt: skip


class XceptionBlock(nn.Module):
    """Separable convolutions, each after a Relu, added to the input."""

    def __init__(self, cin: int, cout: int, count: int, stride: int, first: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for step in range(count):
            if first or step:
                layers.append(nn.ReLU())
            layers.append(separable(cin if step == 0 else cout, cout))
        if stride > 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.body = nn.Sequential(*layers)
        self.skip = unit(cin, cout, 1, stride, act=None) if stride > 1 or cin != cout else None

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + (x if self.skip is None else self.skip(x))


def xception() -> nn.Module:
    """Xception: entry flow, eight middle blocks, exit flow."""
    layers: list[nn.Module] = [
        unit(3, 8, 3, 2), unit(8, 16, 3), XceptionBlock(16, 24, 2, 2, False),
        XceptionBlock(24, 32, 2, 2), XceptionBlock(32, 48, 2, 2),
        *[XceptionBlock(48, 48, 3, 1) for _ in range(8)],
        XceptionBlock(48, 64, 2, 2), separable(64, 96), nn.ReLU(), separable(96, 128), nn.ReLU(),
    ]  # fmt: skip
    return Pooled(nn.Sequential(*layers), nn.Linear(128, 10))


def mini_xception() -> nn.Module:
    """The face-expression network: four separable residual modules, a convolutional head."""
    layers: list[nn.Module] = [unit(1, 8, 3), unit(8, 8, 3)]
    cin = 8
    for cout in (16, 32, 64, 128):
        layers.append(XceptionBlock(cin, cout, 2, 2, False))
        cin = cout
    layers.append(nn.Conv2d(cin, 7, 3, 1, 1))
    return Pooled(nn.Sequential(*layers), nn.Softmax(dim=1))


SPECS: list[Spec] = [
    still("b-zfnet", "alexnet", ZFNet, 224, variant="zfnet"),
    still("b-googlenet-lrn", "inception", googlenet_v1, 128, variant="googlenet"),
    still("b-bn-inception", "inception", bn_inception, 128, variant="inception-v2"),
    still("b-inception-v4", "inception", inception_v4, 160, variant="inception-v4"),
    still("b-inception-resnet-v1", "inception-resnet", lambda: InceptionResNet(1), 128,
          variant="inception-resnet-v1"),
    still("b-inception-resnet-v2", "inception-resnet", lambda: InceptionResNet(2), 128,
          variant="inception-resnet-v2"),
    still("b-se-resnet-18", "se-resnet", lambda: se_resnet([2, 2, 2, 2], True), 64,
          variant="se-resnet-18"),
    still("b-se-resnet-50", "se-resnet", lambda: se_resnet([3, 4, 6, 3]), 64,
          variant="se-resnet-50"),
    still("b-se-resnext-50", "se-resnext", lambda: se_resnet([3, 4, 6, 3], groups=4), 64,
          variant="se-resnext-50"),
    still("b-xception", "xception", xception, 128),
    still("b-mini-xception", "xception", mini_xception, 64, channels=1, variant="mini-xception"),
]  # fmt: skip
