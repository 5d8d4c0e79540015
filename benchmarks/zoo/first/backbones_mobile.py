# ruff: noqa: D102 - forward() is described by its class
"""Small backbones for phones and microcontrollers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.mobile import Act, Inverted, Pooled, SqueezeExcite, channel_shuffle, unit
from benchmarks.zoo.spec import Built, Spec, image
from benchmarks.zoo.vision import still

Stage = tuple[str, int, int, int, int, int]
"""Kind, expansion, kernel, stride, channels, repeats."""


class Fused(nn.Module):
    """Inverted residual whose expansion and depthwise convolution are one full convolution."""

    def __init__(
        self, cin: int, hidden: int, cout: int, kernel: int, stride: int, act: Act
    ) -> None:
        super().__init__()
        if hidden == cin:
            self.block = unit(cin, cout, kernel, stride, act=act)
        else:
            self.block = nn.Sequential(
                unit(cin, hidden, kernel, stride, act=act), unit(hidden, cout, 1, act=None)
            )
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.skip else self.block(x)


def inverted(stages: list[Stage], stem: int, last: int, act: Act) -> nn.Module:
    """A network of inverted residuals: `f` fused, `i` plain, `s` with a gate."""
    layers: list[nn.Module] = [unit(3, stem, 3, 2, act=act)]
    cin = stem
    for kind, expand, kernel, stride, cout, count in stages:
        for step in range(count):
            first, hidden = stride if step == 0 else 1, cin * expand
            if kind == "f":
                layers.append(Fused(cin, hidden, cout, kernel, first, act))
            else:
                gate_act = nn.SiLU if act is nn.SiLU else nn.ReLU
                gate = SqueezeExcite(hidden, max(2, cin // 4), gate_act, nn.Sigmoid)
                se = gate if kind == "s" else None
                layers.append(Inverted(cin, hidden, cout, kernel, first, act, se))
            cin = cout
    layers.append(unit(cin, last, 1, act=act))
    return Pooled(nn.Sequential(*layers), nn.Linear(last, 10))


MNASNET_B1: list[Stage] = [
    ("i", 1, 3, 1, 6, 1), ("i", 3, 3, 2, 8, 3), ("i", 3, 5, 2, 12, 3), ("i", 6, 5, 2, 20, 3),
    ("i", 6, 3, 1, 24, 2), ("i", 6, 5, 2, 48, 4), ("i", 6, 3, 1, 80, 1),
]  # fmt: skip
MNASNET_A1: list[Stage] = [
    ("i", 1, 3, 1, 6, 1), ("i", 6, 3, 2, 8, 2), ("s", 3, 5, 2, 12, 3), ("i", 6, 3, 2, 20, 4),
    ("s", 6, 3, 1, 28, 2), ("s", 6, 5, 2, 40, 3), ("i", 6, 3, 1, 80, 1),
]  # fmt: skip
LITE: list[Stage] = [
    ("i", 1, 3, 1, 6, 1), ("i", 6, 3, 2, 8, 2), ("i", 6, 5, 2, 12, 2), ("i", 6, 3, 2, 20, 3),
    ("i", 6, 5, 1, 28, 3), ("i", 6, 5, 2, 48, 4), ("i", 6, 3, 1, 80, 1),
]  # fmt: skip
V2_S: list[Stage] = [
    ("f", 1, 3, 1, 8, 2), ("f", 4, 3, 2, 12, 4), ("f", 4, 3, 2, 16, 4), ("s", 4, 3, 2, 24, 6),
    ("s", 6, 3, 1, 28, 9), ("s", 6, 3, 2, 40, 15),
]  # fmt: skip
V2_B0: list[Stage] = [
    ("f", 1, 3, 1, 4, 1), ("f", 4, 3, 2, 8, 2), ("f", 4, 3, 2, 12, 2), ("s", 4, 3, 2, 24, 3),
    ("s", 6, 3, 1, 28, 5), ("s", 6, 3, 2, 40, 8),
]  # fmt: skip
EDGE: list[Stage] = [
    ("i", 1, 3, 1, 4, 1), ("f", 8, 3, 2, 8, 1), ("f", 4, 3, 1, 8, 3), ("f", 8, 3, 2, 12, 1),
    ("f", 4, 3, 1, 12, 3), ("i", 8, 3, 2, 24, 1), ("i", 4, 3, 1, 24, 3), ("i", 8, 3, 1, 28, 1),
    ("i", 4, 3, 1, 28, 3), ("i", 8, 5, 2, 40, 1), ("i", 4, 5, 1, 40, 3), ("i", 8, 3, 1, 48, 1),
]  # fmt: skip


class GhostModule(nn.Module):
    """A convolution for half the channels, a cheap depthwise one for the other half."""

    def __init__(self, cin: int, cout: int, act: bool) -> None:
        super().__init__()
        half, kind = cout // 2, nn.ReLU if act else None
        self.primary = unit(cin, half, 1, act=kind)
        self.cheap = unit(half, half, 3, 1, half, act=kind)
        self.cout = cout

    def forward(self, x: Tensor) -> Tensor:
        first = self.primary(x)
        return torch.cat([first, self.cheap(first)], 1)[:, : self.cout]


class GhostBottleneck(nn.Module):
    """Two ghost modules, a depthwise convolution between them where the stride is two."""

    def __init__(self, cin: int, mid: int, cout: int, kernel: int, stride: int, se: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [GhostModule(cin, mid, True)]
        if stride > 1:
            layers.append(unit(mid, mid, kernel, stride, mid, None))
        if se:
            layers.append(SqueezeExcite(mid, max(2, mid // 4), nn.ReLU, nn.Hardsigmoid))
        layers.append(GhostModule(mid, cout, False))
        self.body = nn.Sequential(*layers)
        self.skip: nn.Module = nn.Identity()
        if stride > 1 or cin != cout:
            self.skip = nn.Sequential(
                unit(cin, cin, kernel, stride, cin, None), unit(cin, cout, 1, act=None)
            )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.skip(x)


GHOST: list[tuple[int, int, int, bool, int]] = [
    (3, 16, 16, False, 1), (3, 48, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2),
    (5, 120, 40, True, 1), (3, 240, 80, False, 2), (3, 200, 80, False, 1), (3, 184, 80, False, 1),
    (3, 184, 80, False, 1), (3, 480, 112, True, 1), (3, 672, 112, True, 1), (5, 672, 160, True, 2),
    (5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
]  # fmt: skip


def ghostnet(scale: int = 4) -> nn.Module:
    """GhostNet 1.0x."""
    cin = 16 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2)]
    for kernel, mid, cout, se, stride in GHOST:
        layers.append(GhostBottleneck(cin, mid // scale, cout // scale, kernel, stride, se))
        cin = cout // scale
    layers += [unit(cin, 240, 1), nn.AdaptiveAvgPool2d(1), nn.Conv2d(240, 320, 1), nn.ReLU()]
    return Pooled(nn.Sequential(*layers), nn.Linear(320, 10))


def pp_lcnet(scale: int = 8) -> nn.Module:
    """PP-LCNet: separable convolutions with HardSwish, gates at the end."""
    plan = [(3, 32, 1), (3, 64, 2), (3, 64, 1), (3, 128, 2), (3, 128, 1), (3, 256, 2)]
    plan += [(5, 256, 1)] * 5 + [(5, 512, 2), (5, 512, 1)]
    cin, act = 16 // scale, nn.Hardswish
    layers: list[nn.Module] = [unit(3, cin, 3, 2, act=act)]
    for index, (kernel, full, stride) in enumerate(plan):
        cout = full // scale
        layers.append(unit(cin, cin, kernel, stride, cin, act))
        if index >= len(plan) - 2:
            layers.append(SqueezeExcite(cin, cin // 4, nn.ReLU, nn.Hardsigmoid))
        layers.append(unit(cin, cout, 1, act=act))
        cin = cout
    layers += [nn.AdaptiveAvgPool2d(1), nn.Conv2d(cin, 160, 1, bias=False), nn.Hardswish()]
    return Pooled(nn.Sequential(*layers), nn.Linear(160, 10))


class ShuffleUnitV1(nn.Module):
    """Grouped 1x1, shuffle, depthwise, grouped 1x1; a sum or, with a stride, a concatenation."""

    def __init__(self, cin: int, cout: int, stride: int, groups: int, first: bool) -> None:
        super().__init__()
        mid, out = cout // 4, cout - cin if stride > 1 else cout
        self.reduce = unit(cin, mid, 1, 1, 1 if first else groups)
        self.depth = unit(mid, mid, 3, stride, mid, None)
        self.expand = unit(mid, out, 1, 1, groups, None)
        self.pool = nn.AvgPool2d(3, stride, 1) if stride > 1 else None
        self.groups, self.act = groups, nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(self.depth(channel_shuffle(self.reduce(x), self.groups)))
        return self.act(x + y if self.pool is None else torch.cat([self.pool(x), y], 1))


def shufflenet_v1(groups: int = 3) -> nn.Module:
    """ShuffleNet v1 with stages of 4, 8 and 4 units."""
    layers: list[nn.Module] = [unit(3, 24, 3, 2), nn.MaxPool2d(3, 2, 1)]
    cin = 24
    for stage, (cout, count) in enumerate(((60, 4), (120, 8), (240, 4))):
        for step in range(count):
            layers.append(
                ShuffleUnitV1(cin, cout, 2 if step == 0 else 1, groups, stage + step == 0)
            )
            cin = cout
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


def ds_cnn(layers: int = 4, width: int = 16, stem: tuple[int, int] = (10, 4)) -> nn.Module:
    """Keyword spotter over an MFCC picture: a wide convolution, separable ones, a pool."""
    first = nn.Conv2d(1, width, stem, 2, (stem[0] // 2, stem[1] // 2), bias=False)
    stack: list[nn.Module] = [first, nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.2)]
    for _ in range(layers):
        stack += [unit(width, width, 3, 1, width), unit(width, width, 1)]
    return Pooled(nn.Sequential(*stack), nn.Sequential(nn.Linear(width, 12), nn.Softmax(1)))


def speech(name: str, layers: int) -> Spec:
    """A keyword spotter over 49 frames of ten coefficients."""

    def build(_: int) -> Built:
        return image(ds_cnn(layers), (49, 10), 1)

    return Spec(name, "ds-cnn", "ds-cnn", build, "", "audio", "keyword-spotting")


SPECS: list[Spec] = [
    still("b-mobilenet-edgetpu", "mobilenet-edgetpu", lambda: inverted(EDGE, 8, 160, nn.ReLU), 96,
          variant="mobilenet-edgetpu"),
    still("b-mnasnet-b1", "mnasnet", lambda: inverted(MNASNET_B1, 8, 160, nn.ReLU), 96,
          variant="mnasnet-b1"),
    still("b-mnasnet-a1", "mnasnet", lambda: inverted(MNASNET_A1, 8, 160, nn.ReLU), 96,
          variant="mnasnet-a1"),
    still("b-efficientnet-lite0", "efficientnet-lite", lambda: inverted(LITE, 8, 160, nn.ReLU6), 96,
          variant="efficientnet-lite0"),
    still("b-efficientnetv2-s", "efficientnetv2", lambda: inverted(V2_S, 8, 160, nn.SiLU), 96,
          variant="efficientnetv2-s"),
    still("b-efficientnetv2-b0", "efficientnetv2", lambda: inverted(V2_B0, 8, 160, nn.SiLU), 96,
          variant="efficientnetv2-b0"),
    still("b-ghostnet", "ghostnet", ghostnet, 96, variant="ghostnet"),
    still("b-pp-lcnet", "pp-lcnet", pp_lcnet, 96, variant="pp-lcnet"),
    still("b-shufflenet-v1", "shufflenet", shufflenet_v1, 96, variant="shufflenet-v1"),
    speech("b-ds-cnn", 4),
    speech("b-ds-cnn-large", 5),
]  # fmt: skip
