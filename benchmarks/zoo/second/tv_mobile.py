# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Mobile and searched classifiers with the structure of torchvision's, timm's and public code."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr, twins
from benchmarks.zoo.spec import Spec

LABELS = 20
Act = Callable[[], nn.Module]


def eighths(value: float) -> int:
    """The nearest multiple of four that loses no more than a tenth."""
    new = max(4, int(value + 2) // 4 * 4)
    return new + 4 if new < 0.9 * value else new


class Excite(nn.Module):
    """torchvision's squeeze-and-excitation."""

    def __init__(self, width: int, inner: int, act: Act, gate: Act) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(width, inner, 1), nn.Conv2d(inner, width, 1)
        self.activation, self.scale_activation = act(), gate()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.activation(self.fc1(self.avgpool(x)))
        return self.scale_activation(self.fc2(scale)) * x


class Inverted(nn.Module):
    """The inverted residual of MobileNetV2 and all that came after it."""

    def __init__(
        self, fan_in: int, hidden: int, fan_out: int, kernel: int, stride: int, act: Act,
        se: tuple[int, Act, Act] | None = None, fused: bool = False, always: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        layers: list[nn.Module] = []
        if fused:
            layers.append(cbr(fan_in, hidden, kernel, stride, act=act))
        else:
            if hidden != fan_in or always:
                layers.append(cbr(fan_in, hidden, 1, act=act))
            layers.append(cbr(hidden, hidden, kernel, stride, hidden, act))
        if se is not None:
            layers.append(Excite(hidden, *se))
        if not fused or hidden != fan_in:
            layers.append(cbr(hidden, fan_out, 1, act=None))
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and fan_in == fan_out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.residual else self.block(x)


class Classifier(nn.Module):
    """Features, pooling and a classifier."""

    def __init__(self, features: nn.Module, head: nn.Module, mean: bool = False) -> None:
        super().__init__()
        self.features, self.classifier, self.mean = features, head, mean

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = x.mean([2, 3]) if self.mean else F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)
        return self.classifier(x)


def drop(width: int) -> nn.Sequential:
    """The usual classifier."""
    return nn.Sequential(nn.Dropout(0.2), nn.Linear(width, LABELS))


def mobilenet_v2(mult: float) -> nn.Module:
    """MobileNetV2."""
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
            (6, 160, 3, 2), (6, 320, 1, 1)]  # fmt: skip
    fan_in = eighths(32 * mult)
    layers: list[nn.Module] = [cbr(3, fan_in, 3, 2, act=nn.ReLU6)]
    for expand, width, count, stride in rows:
        out = eighths(width * mult)
        for i in range(count):
            hidden = fan_in * expand
            layers.append(Inverted(fan_in, hidden, out, 3, 1 if i else stride, nn.ReLU6))
            fan_in = out
    layers.append(cbr(fan_in, 128, 1, act=nn.ReLU6))
    return Classifier(nn.Sequential(*layers), drop(128))


LARGE = """3 16 16 0 R 1,3 64 24 0 R 2,3 72 24 0 R 1,5 72 40 1 R 2,5 120 40 1 R 1,5 120 40 1 R 1,
3 240 80 0 H 2,3 200 80 0 H 1,3 184 80 0 H 1,3 184 80 0 H 1,3 480 112 1 H 1,3 672 112 1 H 1,
5 672 160 1 H 2,5 960 160 1 H 1,5 960 160 1 H 1"""
LITTLE = """3 16 16 1 R 2,3 72 24 0 R 2,3 88 24 0 R 1,5 96 40 1 H 2,5 240 40 1 H 1,5 240 40 1 H 1,
5 120 48 1 H 1,5 144 48 1 H 1,5 288 96 1 H 2,5 576 96 1 H 1,5 576 96 1 H 1"""


def mobilenet_v3(table: str, mult: float) -> nn.Module:
    """MobileNetV3."""
    fan_in = eighths(16 * mult)
    layers: list[nn.Module] = [cbr(3, fan_in, 3, 2, act=nn.Hardswish)]
    for row in table.replace("\n", "").split(","):
        kernel, wide, out, excite, kind, stride = row.split()
        hidden, width = eighths(int(wide) * mult), eighths(int(out) * mult)
        se = (eighths(hidden / 4), nn.ReLU, nn.Hardsigmoid) if excite == "1" else None
        act: Act = nn.Hardswish if kind == "H" else nn.ReLU
        layers.append(Inverted(fan_in, hidden, width, int(kernel), int(stride), act, se))
        fan_in = width
    layers.append(cbr(fan_in, 6 * fan_in, 1, act=nn.Hardswish))
    head = nn.Sequential(
        nn.Linear(6 * fan_in, 128), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(128, LABELS)
    )
    return Classifier(nn.Sequential(*layers), head)


def mnasnet(mult: float) -> nn.Module:
    """MNASNet-B1 of torchvision."""
    first, second = eighths(32 * mult), eighths(16 * mult)
    layers: list[nn.Module] = [
        cbr(3, first, 3, 2), cbr(first, first, 3, 1, first), cbr(first, second, 1, act=None),
    ]  # fmt: skip
    fan_in = second
    for width, kernel, stride, expand, count in (
        (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2),
        (192, 5, 2, 6, 4), (320, 3, 1, 6, 1),
    ):  # fmt: skip
        out = eighths(width * mult)
        for i in range(count):
            hidden = fan_in * expand
            layers.append(Inverted(fan_in, hidden, out, kernel, 1 if i else stride, nn.ReLU))
            fan_in = out
    layers.append(cbr(fan_in, 128, 1))
    return Classifier(nn.Sequential(*layers), drop(128), mean=True)


def efficientnet(mult: float, depth: float) -> nn.Module:
    """EfficientNet-B0 and deeper."""
    fan_in = eighths(32 * mult)
    layers: list[nn.Module] = [cbr(3, fan_in, 3, 2, act=nn.SiLU)]
    for expand, kernel, stride, width, count in (
        (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
        (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
    ):  # fmt: skip
        out = eighths(width * mult)
        for i in range(-int(-count * depth // 1)):
            se = (max(1, fan_in // 4), nn.SiLU, nn.Sigmoid)
            block = Inverted(fan_in, fan_in * expand, out, kernel, 1 if i else stride, nn.SiLU, se)
            layers.append(block)
            fan_in = out
    layers.append(cbr(fan_in, 4 * fan_in, 1, act=nn.SiLU))
    return Classifier(nn.Sequential(*layers), drop(4 * fan_in))


def efficientnet_v2(counts: tuple[int, ...], mult: float) -> nn.Module:
    """EfficientNetV2: three fused stages, then three with squeeze-and-excitation."""
    fan_in = eighths(24 * mult)
    layers: list[nn.Module] = [cbr(3, fan_in, 3, 2, act=nn.SiLU)]
    rows = [(1, 1, 24), (4, 2, 48), (4, 2, 64), (4, 2, 128), (6, 1, 160), (6, 2, 256)]
    for index, ((expand, stride, width), count) in enumerate(zip(rows, counts, strict=True)):
        out = eighths(width * mult)
        for i in range(count):
            fused = index < 3
            se = None if fused else (fan_in // 4, nn.SiLU, nn.Sigmoid)
            layers.append(
                Inverted(fan_in, fan_in * expand, out, 3, 1 if i else stride, nn.SiLU, se, fused)
            )
            fan_in = out
    layers.append(cbr(fan_in, 128, 1, act=nn.SiLU))
    return Classifier(nn.Sequential(*layers), drop(128))


class Shuffle(nn.Module):
    """The unit of ShuffleNetV2."""

    def __init__(self, fan_in: int, fan_out: int, stride: int) -> None:
        super().__init__()
        self.stride, half = stride, fan_out // 2
        if stride > 1:
            self.branch1 = nn.Sequential(
                cbr(fan_in, fan_in, 3, stride, fan_in, None), cbr(fan_in, half, 1)
            )
        inner = fan_in if stride > 1 else half
        self.branch2 = nn.Sequential(
            cbr(inner, half, 1), cbr(half, half, 3, stride, half, None), cbr(half, half, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 1:
            x1, x2 = x.chunk(2, dim=1)
            out = torch.cat((x1, self.branch2(x2)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        batch, channels, height, width = out.size()
        out = out.view(batch, 2, channels // 2, height, width)
        out = torch.transpose(out, 1, 2).contiguous()
        return out.view(batch, channels, height, width)


def shufflenet_v2(widths: tuple[int, int, int]) -> nn.Module:
    """ShuffleNetV2."""
    layers: list[nn.Module] = [cbr(3, 12, 3, 2), nn.MaxPool2d(3, 2, 1)]
    fan_in = 12
    for width, repeats in zip(widths, (4, 8, 4), strict=True):
        layers.append(Shuffle(fan_in, width, 2))
        layers += [Shuffle(width, width, 1) for _ in range(repeats - 1)]
        fan_in = width
    layers.append(cbr(fan_in, 128, 1))
    return Classifier(nn.Sequential(*layers), nn.Linear(128, LABELS), mean=True)


class RegBlock(nn.Module):
    """A RegNet block of torchvision: bottleneck of ratio one with groups."""

    def __init__(self, fan_in: int, width: int, stride: int, group: int, excite: bool) -> None:
        super().__init__()
        self.proj = cbr(fan_in, width, 1, stride, act=None) if stride > 1 else nn.Identity()
        se = Excite(width, fan_in // 4, nn.ReLU, nn.Sigmoid) if excite else nn.Identity()
        self.f = nn.Sequential(
            cbr(fan_in, width, 1), cbr(width, width, 3, stride, width // group), se,
            cbr(width, width, 1, act=None),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.proj(x) + self.f(x), inplace=True)


def regnet(depths: tuple[int, ...], widths: tuple[int, ...], group: int, se: bool) -> nn.Module:
    """RegNetX or RegNetY."""
    layers: list[nn.Module] = [cbr(3, 16, 3, 2)]
    fan_in = 16
    for depth, width in zip(depths, widths, strict=True):
        for i in range(depth):
            layers.append(RegBlock(fan_in, width, 1 if i else 2, group, se))
            fan_in = width
    return Classifier(nn.Sequential(*layers), nn.Linear(fan_in, LABELS))


class Ghost(nn.Module):
    """The ghost module."""

    def __init__(self, fan_in: int, fan_out: int, act: Act | None) -> None:
        super().__init__()
        half = -(-fan_out // 2)
        self.oup = fan_out
        self.primary_conv = cbr(fan_in, half, 1, act=act)
        self.cheap_operation = cbr(half, half, 3, 1, half, act)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.primary_conv(x)
        return torch.cat([x1, self.cheap_operation(x1)], dim=1)[:, : self.oup, :, :]


class GhostBottleneck(nn.Module):
    def __init__(
        self, fan_in: int, hidden: int, out: int, kernel: int, stride: int, se: bool
    ) -> None:
        super().__init__()
        self.ghost1 = Ghost(fan_in, hidden, nn.ReLU)
        depthwise = cbr(hidden, hidden, kernel, stride, hidden, None)
        self.depthwise = depthwise if stride > 1 else nn.Identity()
        self.se = Excite(hidden, hidden // 4, nn.ReLU, nn.Hardsigmoid) if se else nn.Identity()
        self.ghost2 = Ghost(hidden, out, None)
        short = nn.Sequential(
            cbr(fan_in, fan_in, kernel, stride, fan_in, None), cbr(fan_in, out, 1, act=None)
        )
        self.shortcut = nn.Identity() if fan_in == out and stride == 1 else short

    def forward(self, x: Tensor) -> Tensor:
        out = self.ghost2(self.se(self.depthwise(self.ghost1(x))))
        return out + self.shortcut(x)


def ghostnet(mult: float) -> nn.Module:
    """GhostNet."""
    fan_in = eighths(16 * mult)
    layers: list[nn.Module] = [cbr(3, fan_in, 3, 2)]
    for kernel, wide, width, se, stride in (
        (3, 16, 16, 0, 1), (3, 48, 24, 0, 2), (3, 72, 24, 0, 1), (5, 72, 40, 1, 2),
        (5, 120, 40, 1, 1), (3, 240, 80, 0, 2), (3, 200, 80, 0, 1), (3, 184, 80, 0, 1),
        (3, 184, 80, 0, 1), (3, 480, 112, 1, 1), (3, 672, 112, 1, 1), (5, 672, 160, 1, 2),
        (5, 960, 160, 0, 1), (5, 960, 160, 1, 1), (5, 960, 160, 0, 1), (5, 960, 160, 1, 1),
    ):  # fmt: skip
        hidden, out = eighths(wide * mult), eighths(width * mult)
        layers.append(GhostBottleneck(fan_in, hidden, out, kernel, stride, bool(se)))
        fan_in = out
    wide = eighths(960 * mult)
    layers += [cbr(fan_in, wide, 1), nn.AdaptiveAvgPool2d((1, 1))]
    layers += [nn.Conv2d(wide, 128, 1), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(128, LABELS))


def repvgg(counts: tuple[int, ...], widths: tuple[int, ...]) -> nn.Module:
    """RepVGG after its branches were merged."""
    layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, 2, 1), nn.ReLU()]
    fan_in = widths[0]
    for count, width in zip(counts, widths, strict=True):
        for i in range(count):
            layers += [nn.Conv2d(fan_in, width, 3, 1 if i else 2, 1), nn.ReLU()]
            fan_in = width
    return Classifier(nn.Sequential(*layers), nn.Linear(fan_in, LABELS))


TV, TIMM, OWN = twins("torchvision-style"), twins("timm-style"), twins("repository-style")
SPECS: list[Spec] = [
    TV("mobilenetv2", "mobilenetv2", lambda: mobilenet_v2(0.25)),
    TV("mobilenetv2-0.5", "mobilenetv2", lambda: mobilenet_v2(0.5), 96, variant="mobilenetv2"),
    TV("mobilenetv3-large", "mobilenetv3", lambda: mobilenet_v3(LARGE, 0.25)),
    TV("mobilenetv3-small", "mobilenetv3", lambda: mobilenet_v3(LITTLE, 0.5)),
    TV("mnasnet-1.0", "mnasnet", lambda: mnasnet(0.25)),
    TV("mnasnet-0.5", "mnasnet", lambda: mnasnet(0.35), 96),
    TV("efficientnet-b0", "efficientnet", lambda: efficientnet(0.25, 1.0)),
    TV("efficientnet-b2", "efficientnet", lambda: efficientnet(0.25, 1.2)),
    TV("efficientnetv2-s", "efficientnetv2", lambda: efficientnet_v2((2, 4, 4, 6, 9, 15), 0.2)),
    TIMM("efficientnetv2-b0", "efficientnetv2", lambda: efficientnet_v2((1, 2, 2, 3, 5, 8), 0.3)),
    TV("shufflenetv2-1.0", "shufflenetv2", lambda: shufflenet_v2((16, 32, 64))),
    TV("shufflenetv2-2.0", "shufflenetv2", lambda: shufflenet_v2((32, 64, 96)), 96),
    TV("regnet-y-400mf", "regnet", lambda: regnet((1, 3, 6, 6), (16, 24, 48, 96), 8, True)),
    TV("regnet-x-800mf", "regnet", lambda: regnet((1, 3, 7, 5), (16, 32, 64, 96), 16, False)),
    OWN("ghostnet", "ghostnet", lambda: ghostnet(0.35)),
    OWN("ghostnet-0.5", "ghostnet", lambda: ghostnet(0.25), 96, variant="ghostnet"),
    OWN("repvgg-a0", "repvgg", lambda: repvgg((2, 4, 14, 1), (12, 16, 24, 64))),
    OWN("repvgg-b0", "repvgg", lambda: repvgg((4, 6, 16, 1), (12, 16, 24, 64))),
]
