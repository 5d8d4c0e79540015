# ruff: noqa: D102 - forward() is described by its class
"""Classifiers after popular CIFAR collections and single-model repositories."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, model


class WeiaiBasic(nn.Module):
    """Residual and shortcut as two sequences, summed in the activation's call."""

    expansion = 1

    def __init__(self, cin: int, width: int, stride: int) -> None:
        super().__init__()
        self.residual_function = nn.Sequential(
            *conv_bn(cin, width, 3, stride, act=nn.ReLU(True)), *conv_bn(width, width)
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or cin != width:
            self.shortcut = conv_bn(cin, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return nn.ReLU(inplace=True)(self.residual_function(x) + self.shortcut(x))


class WeiaiBottle(nn.Module):
    """The bottleneck of the same collection, its stride on the 3x3 convolution."""

    expansion = 4

    def __init__(self, cin: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.residual_function = nn.Sequential(
            *conv_bn(cin, width, 1, act=nn.ReLU(True)),
            *conv_bn(width, width, 3, stride, act=nn.ReLU(True)),
            *conv_bn(width, out, 1),
        )
        self.shortcut = conv_bn(cin, out, 1, stride) if stride != 1 or cin != out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.shortcut(x) + self.residual_function(x))


class NeXtUnit(nn.Module):
    """ResNeXt's grouped bottleneck: cardinality 32 and base width by the paper's formula."""

    expansion = 4

    def __init__(self, cin: int, width: int, stride: int, cardinality: int = 8) -> None:
        super().__init__()
        inner = cardinality * max(1, width // 8)
        self.split_transforms = nn.Sequential(
            *conv_bn(cin, inner, 1, act=nn.ReLU(True)),
            *conv_bn(inner, inner, 3, stride, groups=cardinality, act=nn.ReLU(True)),
            *conv_bn(inner, 4 * width, 1),
        )
        same = stride == 1 and cin == 4 * width
        self.shortcut = nn.Sequential() if same else conv_bn(cin, 4 * width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.split_transforms(x) + self.shortcut(x))


class SeUnit(nn.Module):
    """moskomule's SE bottleneck: linear layers without bias on a flattened mean."""

    expansion = 4

    def __init__(self, cin: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(cin, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = (
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.fc = nn.Sequential(
            nn.Linear(out, out // 16, bias=False), nn.ReLU(inplace=True),
            nn.Linear(out // 16, out, bias=False), nn.Sigmoid(),
        )  # fmt: skip
        self.downsample = (
            conv_bn(cin, out, 1, stride) if stride != 1 or cin != out else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        b, c, _, _ = y.size()
        gate = self.fc(F.adaptive_avg_pool2d(y, 1).view(b, c)).view(b, c, 1, 1)
        return F.relu(y * gate.expand_as(y) + self.downsample(x))


class PreUnit(nn.Module):
    """kuangliu's pre-activation block: the shortcut reads the activated input."""

    expansion = 1

    def __init__(self, cin: int, width: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(cin), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(cin, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.shortcut = (
            nn.Conv2d(cin, width, 1, stride, bias=False) if stride != 1 or cin != width else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(x))
        skip = self.shortcut(y) if self.shortcut is not None else x
        y = self.conv1(y)
        return self.conv2(F.relu(self.bn2(y))) + skip


class Residual(nn.Module):
    """A stem for small or large images, four stages and a linear layer."""

    def __init__(
        self,
        unit: Callable[[int, int, int], nn.Module],
        depths: list[int],
        expansion: int,
        large: bool = False,
        width: int = 16,
        pre: bool = False,
    ) -> None:
        super().__init__()
        if large:
            act = nn.ReLU()
            self.conv1 = nn.Sequential(conv_bn(3, width, 7, 2, act=act), nn.MaxPool2d(3, 2, 1))
        elif pre:
            self.conv1 = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False))
        else:
            self.conv1 = conv_bn(3, width, act=nn.ReLU(True))
        layers, cin = [], width
        for stage, depth in enumerate(depths):
            for index in range(depth):
                stride = 2 if stage and not index else 1
                layers.append(unit(cin, width << stage, stride))
                cin = (width << stage) * expansion
        self.layers = nn.Sequential(*layers)
        self.last = nn.BatchNorm2d(cin) if pre else None
        self.fc = nn.Linear(cin, 100)

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(self.conv1(x))
        if self.last is not None:
            y = F.relu(self.last(y))
        y = F.avg_pool2d(y, y.shape[-1])
        return self.fc(y.view(y.size(0), -1))


class DenseLayer(nn.Module):
    """weiaicunzai's dense bottleneck: one sequence and one concatenation, old features first."""

    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        inner = 4 * growth
        self.bottle_neck = nn.Sequential(
            nn.BatchNorm2d(cin), nn.ReLU(inplace=True), nn.Conv2d(cin, inner, 1, bias=False),
            nn.BatchNorm2d(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, growth, 3, padding=1, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.bottle_neck(x)], 1)


class BasicDenseLayer(nn.Module):
    """andreasveit's DenseNet without bottlenecks: one 3x3 convolution a layer."""

    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        self.bn, self.conv = nn.BatchNorm2d(cin), nn.Conv2d(cin, growth, 3, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(F.relu(self.bn(x)))], 1)


def densenet(depths: list[int], growth: int, bottleneck: bool = True) -> nn.Module:
    """Dense stages for small images with halving transitions."""
    width = 2 * growth
    kind = DenseLayer if bottleneck else BasicDenseLayer
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1, bias=False)]
    for stage, depth in enumerate(depths):
        for _ in range(depth):
            layers.append(kind(width, growth))
            width += growth
        if stage < len(depths) - 1:
            out = width // 2
            layers += [nn.BatchNorm2d(width)] + ([] if bottleneck else [nn.ReLU()])
            layers += [nn.Conv2d(width, out, 1, bias=False), nn.AvgPool2d(2, stride=2)]
            width = out
    layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, 100))


class Vgg(nn.Module):
    """chengyangfu's CIFAR VGG: dropout before two narrow linear layers."""

    def __init__(self, plan: str, norm: bool, width: int = 8, narrow: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = 3
        for sign in plan:
            if sign == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            out = width * int(sign)
            layers.append(nn.Conv2d(cin, out, 3, padding=1))
            layers += [nn.BatchNorm2d(out)] if norm else []
            layers.append(nn.ReLU(inplace=True))
            cin = out
        self.features = nn.Sequential(*layers)
        heads: list[nn.Module] = [nn.Linear(cin, 10)]
        if narrow:
            heads = [nn.Dropout(), nn.Linear(cin, cin), nn.ReLU(True), nn.Dropout(),
                     nn.Linear(cin, cin), nn.ReLU(True), *heads]  # fmt: skip
        self.classifier = nn.Sequential(*heads)

    def forward(self, x: Tensor) -> Tensor:
        y = self.features(x)
        return self.classifier(y.view(y.size(0), -1))


class Fire(nn.Module):
    """forresti's Fire module with a residual bypass where widths agree."""

    def __init__(self, cin: int, squeeze: int, out: int) -> None:
        super().__init__()
        self.squeeze = conv_bn(cin, squeeze, 1, bias=True, act=nn.ReLU(True))
        self.one = conv_bn(squeeze, out // 2, 1, bias=True, act=nn.ReLU(True))
        self.three = conv_bn(squeeze, out // 2, 3, bias=True, act=nn.ReLU(True))
        self.bypass = cin == out

    def forward(self, x: Tensor) -> Tensor:
        s = self.squeeze(x)
        y = torch.cat([self.one(s), self.three(s)], 1)
        return y + x if self.bypass else y


def squeezenet() -> nn.Module:
    """Weiaicunzai's SqueezeNet for CIFAR with BatchNorm and bypasses."""
    fire = [Fire(24, 4, 32), Fire(32, 4, 32), Fire(32, 8, 64), nn.MaxPool2d(2, 2),
            Fire(64, 8, 64), Fire(64, 12, 96), Fire(96, 12, 96), Fire(96, 16, 128),
            nn.MaxPool2d(2, 2), Fire(128, 16, 128)]  # fmt: skip
    return nn.Sequential(
        conv_bn(3, 24, 3, bias=True, act=nn.ReLU(True)), nn.MaxPool2d(2, 2), *fire,
        nn.Conv2d(128, 100, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


class Inception(nn.Module):
    """kuangliu's GoogLeNet module: every convolution normalised, the 5x5 as two 3x3."""

    def __init__(self, cin: int, a: int, b: tuple[int, int], c: tuple[int, int], d: int) -> None:
        super().__init__()

        def unit(i: int, o: int, k: int) -> nn.Sequential:
            return conv_bn(i, o, k, bias=True, act=nn.ReLU(True))

        self.b1 = unit(cin, a, 1)
        self.b2 = nn.Sequential(unit(cin, b[0], 1), unit(b[0], b[1], 3))
        self.b3 = nn.Sequential(unit(cin, c[0], 1), unit(c[0], c[1], 3), unit(c[1], c[1], 3))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), unit(cin, d, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


def googlenet() -> nn.Module:
    """Nine modules after one convolution, for 32 pixels."""
    rows = [(24, 8, 12, 16, 2, 4, 4), (32, 16, 16, 24, 4, 12, 8), (60, 24, 12, 26, 2, 6, 8),
            (64, 20, 14, 28, 3, 8, 8), (64, 16, 16, 32, 3, 8, 8), (64, 14, 18, 36, 4, 8, 8),
            (66, 32, 20, 40, 4, 16, 16), (104, 32, 20, 40, 4, 16, 16),
            (104, 48, 24, 48, 6, 16, 16)]  # fmt: skip
    layers: list[nn.Module] = [conv_bn(3, 24, 3, bias=True, act=nn.ReLU(True))]
    for index, (cin, a, b0, b1, c0, c1, d) in enumerate(rows):
        layers.append(Inception(cin, a, (b0, b1), (c0, c1), d))
        layers += [nn.MaxPool2d(3, stride=2, padding=1)] if index in (1, 6) else []
    return nn.Sequential(*layers, nn.AvgPool2d(8, 1), nn.Flatten(), nn.Linear(128, 10))


class WideUnit(nn.Module):
    """xternalz's wide block: pre-activation, the shortcut reads it where widths differ."""

    def __init__(self, cin: int, out: int, stride: int, drop: float = 0.3) -> None:
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(cin), nn.BatchNorm2d(out)
        self.conv1 = nn.Conv2d(cin, out, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.drop, self.equal = drop, cin == out
        self.short = None if self.equal else nn.Conv2d(cin, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(x), inplace=False)
        z = F.relu(self.bn2(self.conv1(y)))
        z = self.conv2(F.dropout(z, self.drop, self.training))
        return torch.add(x if self.short is None else self.short(y), z)


def wide(depth: int, k: int) -> nn.Module:
    """Wide ResNet of three stages."""
    n, cin = (depth - 4) // 6, 8
    layers: list[nn.Module] = [nn.Conv2d(3, 8, 3, 1, 1, bias=False)]
    for stage in range(3):
        for index in range(n):
            out = (8 << stage) * k
            layers.append(WideUnit(cin, out, 2 if stage and not index else 1))
            cin = out
    layers += [nn.BatchNorm2d(cin), nn.ReLU(inplace=True), nn.AvgPool2d(8), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(cin, 10))


W, K = "weiaicunzai/pytorch-cifar100", "kuangliu/pytorch-cifar"
SPECS: list[Spec] = [
    model("weiai-resnet-34", "resnet", lambda: Residual(WeiaiBasic, [3, 4, 6, 3], 1), 32, W),
    model("weiai-resnet-152", "resnet", lambda: Residual(WeiaiBottle, [3, 8, 36, 3], 4, width=8),
          32, W),
    model("imagenet-resnet-26", "resnet", lambda: Residual(WeiaiBottle, [2, 2, 2, 2], 4, True),
          160, "pretrained-models.pytorch"),
    model("weiai-resnext-50", "resnext", lambda: Residual(NeXtUnit, [3, 4, 6, 3], 4), 32, W),
    model("moskomule-se-resnet-50", "se-resnet", lambda: Residual(SeUnit, [3, 4, 6, 3], 4, True),
          128, "moskomule/senet.pytorch"),
    model("kuangliu-preact-18", "preact-resnet",
          lambda: Residual(PreUnit, [2, 2, 2, 2], 1, pre=True), 32, K),
    model("weiai-densenet-121", "densenet", lambda: densenet([6, 12, 24, 16], 8), 32, W),
    model("veit-densenet-40", "densenet", lambda: densenet([12, 12, 12], 8, False), 32,
          "andreasveit/densenet-pytorch"),
    model("cfu-vgg-19", "vgg", lambda: Vgg("11M22M4444M8888M8888M", False), 32,
          "chengyangfu/pytorch-vgg-cifar10"),
    model("kuangliu-vgg-16", "vgg", lambda: Vgg("11M22M444M888M888M", True, narrow=False), 32, K),
    model("weiai-squeezenet", "squeezenet", squeezenet, 32, W),
    model("kuangliu-googlenet", "inception", googlenet, 32, K),
    model("xternalz-wrn-22", "wide-resnet", lambda: wide(22, 2), 32, "xternalz/WideResNet-pytorch"),
    model("lenet-tf-tutorial", "lenet", lambda: nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Flatten(),
        nn.Linear(784, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 10)),
        {"image": (1, 1, 28, 28)}, "tensorflow tutorial"),
]  # fmt: skip
