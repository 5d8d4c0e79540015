# ruff: noqa: D102 - small blocks of published networks, named after their papers
"""Detectors other than YOLO, after their papers' reference code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.mobile import Inverted, unit
from benchmarks.zoo.resnets import Bottleneck, ResNet
from benchmarks.zoo.spec import Built, Spec, image


def plain(a: int, b: int, k: int = 3, s: int = 1, pad: int | None = None) -> nn.Sequential:
    """Convolution with bias and Relu."""
    return nn.Sequential(nn.Conv2d(a, b, k, s, k // 2 if pad is None else pad), nn.ReLU())


def joined(maps: Sequence[Tensor], width: int) -> Tensor:
    """All levels' predictions as rows."""
    return torch.cat([m.permute(0, 2, 3, 1).reshape(m.shape[0], -1, width) for m in maps], 1)


class SSD(nn.Module):
    """Features of several strides, each read by a box and a class convolution."""

    def __init__(self, stages: Sequence[nn.Module], widths: Sequence[int], classes: int = 5,
                 light: bool = False, softmax: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.stages, self.classes, self.softmax = nn.ModuleList(stages), classes, softmax

        def head(c: int, out: int) -> nn.Module:
            if light:
                return nn.Sequential(unit(c, c, 3, 1, c, nn.ReLU6), nn.Conv2d(c, out, 1))
            return nn.Conv2d(c, out, 3, 1, 1)

        self.loc = nn.ModuleList(head(c, 4 * 4) for c in widths)
        self.conf = nn.ModuleList(head(c, 4 * classes) for c in widths)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        loc = joined([m(v) for m, v in zip(self.loc, maps, strict=True)], 4)
        conf = joined([m(v) for m, v in zip(self.conf, maps, strict=True)], self.classes)
        return loc, conf.softmax(-1) if self.softmax else conf


def vgg_ssd(c: int = 8) -> nn.Module:
    """SSD300: VGG-16 with a dilated sixth layer and four extra stages."""
    layers: list[nn.Module] = []
    a = 3
    for stage, (n, b) in enumerate(((2, c), (2, 2 * c), (3, 4 * c), (3, 8 * c))):
        for _ in range(n):
            layers.append(plain(a, b))
            a = b
        if stage < 3:
            layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
    deep = [
        nn.MaxPool2d(2, 2),
        *(plain(8 * c, 8 * c) for _ in range(3)),
        nn.MaxPool2d(3, 1, 1),
        nn.Sequential(nn.Conv2d(8 * c, 16 * c, 3, 1, 6, 6), nn.ReLU()),
        plain(16 * c, 16 * c, 1),
    ]
    extra = [nn.Sequential(plain(16 * c, 4 * c, 1), plain(4 * c, 8 * c, 3, 2)),
             nn.Sequential(plain(8 * c, 2 * c, 1), plain(2 * c, 4 * c, 3, 2)),
             nn.Sequential(plain(4 * c, 2 * c, 1), plain(2 * c, 4 * c, 3, 1, 0)),
             nn.Sequential(plain(4 * c, 2 * c, 1), plain(2 * c, 4 * c, 3, 1, 0))]  # fmt: skip
    return SSD([nn.Sequential(*layers), nn.Sequential(*deep), *extra],
               [8 * c, 16 * c, 8 * c, 4 * c, 4 * c, 4 * c], softmax=True)  # fmt: skip


def mobile_ssd(scale: int = 8) -> nn.Module:
    """MobileNetV1 with four extra stages."""
    cin = 32 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2)]
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    stages: list[nn.Module] = []
    for full, stride in [*plan, *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        if full == 1024 and stride == 2:
            stages.append(nn.Sequential(*layers))
            layers = []
        layers += [unit(cin, cin, 3, stride, cin), unit(cin, full // scale, 1)]
        cin = full // scale
    stages.append(nn.Sequential(*layers))
    widths = [512 // scale, cin]
    for full in (512, 256, 256, 128):
        out = full // scale
        stages.append(nn.Sequential(unit(cin, out // 2, 1), unit(out // 2, out, 3, 2)))
        widths.append(out)
        cin = out
    return SSD(stages, widths)


def ssdlite(scale: int = 4) -> nn.Module:
    """MobileNetV2 with separable extra stages and heads."""
    cin = 32 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2, act=nn.ReLU6)]
    plan = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)]
    stages: list[nn.Module] = []
    for expand, full, count, stride in [*plan, (6, 160, 3, 2), (6, 320, 1, 1)]:
        for step in range(count):
            cout, s = full // scale, stride if step == 0 else 1
            if full == 160 and step == 0:
                layers.append(unit(cin, cin * 6, 1, act=nn.ReLU6))
                stages.append(nn.Sequential(*layers))
                wide = cin * 6
                layers = [unit(wide, wide, 3, 2, wide, nn.ReLU6), unit(wide, cout, 1, act=None)]
            else:
                layers.append(Inverted(cin, cin * expand, cout, 3, s, nn.ReLU6))
            cin = cout
    layers.append(unit(cin, 1280 // scale, 1, act=nn.ReLU6))
    stages.append(nn.Sequential(*layers))
    widths, cin = [wide, 1280 // scale], 1280 // scale
    for full in (512, 256, 256, 128):
        h, out = full // scale // 2, full // scale
        stages.append(nn.Sequential(unit(cin, h, 1, act=nn.ReLU6), unit(h, h, 3, 2, h, nn.ReLU6),
                                    unit(h, out, 1, act=nn.ReLU6)))  # fmt: skip
        widths.append(out)
        cin = out
    return SSD(stages, widths, light=True)


class Pyramid(nn.Module):
    """The feature pyramid over a ResNet, with two levels above."""

    def __init__(self, widths: Sequence[int], out: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, out, 1) for c in widths)
        self.smooth = nn.ModuleList(nn.Conv2d(out, out, 3, 1, 1) for _ in widths)
        self.p6, self.p7 = nn.Conv2d(widths[-1], out, 3, 2, 1), nn.Conv2d(out, out, 3, 2, 1)

    def forward(self, *x: Tensor) -> list[Tensor]:
        laterals = [m(v) for m, v in zip(self.lateral, x, strict=True)]
        for i in range(len(x) - 1, 0, -1):
            laterals[i - 1] = laterals[i - 1] + F.interpolate(laterals[i], scale_factor=2.0)
        p6 = self.p6(x[-1])
        maps = [m(v) for m, v in zip(self.smooth, laterals, strict=True)]
        return [*maps, p6, self.p7(F.relu(p6))]


class RetinaNet(nn.Module):
    """ResNet, pyramid, and two towers of four convolutions shared by the levels."""

    def __init__(self, out: int = 16, classes: int = 5) -> None:
        super().__init__()
        self.body = ResNet(Bottleneck, [3, 4, 6, 3])
        self.fpn, self.classes = Pyramid([64, 128, 256], out), classes
        self.cls = nn.Sequential(*(plain(out, out) for _ in range(4)),
                                 nn.Conv2d(out, 9 * classes, 3, 1, 1))  # fmt: skip
        self.box = nn.Sequential(*(plain(out, out) for _ in range(4)),
                                 nn.Conv2d(out, 36, 3, 1, 1))  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x, maps = self.body.stem(x), []
        for layer in self.body.layers:
            x = layer(x)
            maps.append(x)
        levels = self.fpn(*maps[1:])
        boxes = joined([self.box(v) for v in levels], 4)
        return joined([self.cls(v) for v in levels], self.classes).sigmoid(), boxes


class CenterNet(nn.Module):
    """ResNet, three transposed convolutions, a branch for each kind of prediction."""

    def __init__(self, peaks: bool = False) -> None:
        super().__init__()
        self.body, layers, a = ResNet(Bottleneck, [3, 4, 6, 3]), [], 256
        for b in (64, 32, 16):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
            a = b
        self.up, self.peaks = nn.Sequential(*layers), peaks
        self.heads = nn.ModuleList(
            nn.Sequential(plain(16, 16), nn.Conv2d(16, n, 1)) for n in (5, 2, 2)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.up(self.body.features(x))
        heat, size, offset = (head(x) for head in self.heads)
        heat = heat.sigmoid()
        if self.peaks:
            heat = heat * (F.max_pool2d(heat, 3, 1, 1) == heat).float()
        return heat, size, offset


class Cascade(nn.Module):
    """One of the three networks of MTCNN."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        plans = {"p": [(3, 10, 3, 2), (10, 16, 3, 0), (16, 32, 3, 0)],
                 "r": [(3, 28, 3, 3), (28, 48, 3, 3), (48, 64, 2, 0)],
                 "o": [(3, 32, 3, 3), (32, 64, 3, 3), (64, 64, 3, 2), (64, 128, 2, 0)]}  # fmt: skip
        layers: list[nn.Module] = []
        for a, b, k, pool in plans[kind]:
            layers += [nn.Conv2d(a, b, k), nn.PReLU(b)]
            if pool:
                layers.append(nn.MaxPool2d(pool, 2, ceil_mode=True))
        self.kind = kind
        if kind != "p":
            width = 128 if kind == "r" else 256
            layers += [
                nn.Flatten(),
                nn.Linear(576 if kind == "r" else 1152, width),
                nn.PReLU(width),
            ]
        self.trunk = nn.Sequential(*layers)
        outs = (2, 4) if kind != "o" else (2, 4, 10)
        self.heads = nn.ModuleList(
            nn.Conv2d(32, n, 1) if kind == "p" else nn.Linear(width, n) for n in outs
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.trunk(x)
        first, *rest = (head(x) for head in self.heads)
        return (*rest, first.softmax(1))


class BlazeBlock(nn.Module):
    """Depthwise and 1x1 without an activation in between, added to the padded input."""

    def __init__(self, a: int, b: int, s: int = 1, k: int = 3, double: int = 0) -> None:
        super().__init__()
        self.s, self.pad = s, b - a
        layers: list[nn.Module] = [nn.Conv2d(a, a, k, s, k // 2, groups=a),
                                   nn.Conv2d(a, double or b, 1)]  # fmt: skip
        if double:
            layers += [nn.ReLU(), nn.Conv2d(double, double, k, 1, k // 2, groups=double),
                       nn.Conv2d(double, b, 1)]  # fmt: skip
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        h = F.max_pool2d(x, self.s, self.s) if self.s > 1 else x
        if self.pad:
            h = F.pad(h, (0, 0, 0, 0, 0, self.pad))
        return F.relu(self.body(x) + h)


class BlazeFace(nn.Module):
    """The front-camera detector; `paper` has 5x5 kernels and double blocks."""

    def __init__(self, paper: bool = False) -> None:
        super().__init__()
        if paper:
            first = [(24, 24, 1, 0), (24, 24, 1, 0), (24, 48, 2, 0), (48, 48, 1, 0), (48, 48, 1, 0),
                     (48, 96, 2, 24), (96, 96, 1, 24), (96, 96, 1, 24)]  # fmt: skip
            second = [(96, 96, 2, 24), (96, 96, 1, 24), (96, 96, 1, 24)]
        else:
            sizes = [24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88]
            first = [(a, b, 2 if b in (32, 48) else 1, 0)
                     for a, b in pairwise(sizes)]  # fmt: skip
            second = [(88, 96, 2, 0), *[(96, 96, 1, 0)] * 4]
        k = 5 if paper else 3

        def chain(plan: Sequence[tuple[int, int, int, int]]) -> nn.Sequential:
            return nn.Sequential(*(BlazeBlock(a, b, s, k, d) for a, b, s, d in plan))

        self.a, self.b = nn.Sequential(plain(3, 24, 5, 2), chain(first)), chain(second)
        mid = first[-1][1]
        self.cls = nn.ModuleList([nn.Conv2d(mid, 2, 1), nn.Conv2d(96, 6, 1)])
        self.reg = nn.ModuleList([nn.Conv2d(mid, 32, 1), nn.Conv2d(96, 96, 1)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.a(x)
        y = self.b(x)
        score = joined([self.cls[0](x), self.cls[1](y)], 1)
        return joined([self.reg[0](x), self.reg[1](y)], 16), score


def seen(name: str, family: str, maker: Callable[[], nn.Module], size: int = 128,
         variant: str = "", task: str = "detection", components: str = "") -> Spec:  # fmt: skip
    """A spec for an image network."""

    def build(_: int) -> Built:
        return image(maker(), size)

    return Spec(name, family, variant or family, build, components, task=task)


SPECS = [
    seen("ssd-vgg", "ssd", vgg_ssd, 300),
    seen("ssd-mobilenetv1", "ssd", mobile_ssd, 224),
    seen("ssdlite-mobilenetv2", "ssd", ssdlite, 224, "ssdlite"),
    seen("retinanet-r50", "retinanet", RetinaNet),
    seen("centernet-r50", "centernet", CenterNet),
    seen("centernet-r50-peaks", "centernet", lambda: CenterNet(True)),
    seen("mtcnn-p", "mtcnn", lambda: Cascade("p"), 64, "p-net"),
    seen("mtcnn-r", "mtcnn", lambda: Cascade("r"), 24, "r-net"),
    seen("mtcnn-o", "mtcnn", lambda: Cascade("o"), 48, "o-net"),
    seen("blazeface", "blazeface", BlazeFace),
    seen("blazeface-paper", "blazeface", lambda: BlazeFace(True)),
]
