# ruff: noqa: D102 - forward() is described by its class
"""Designed, re-parametrised, aggregated and mixing backbones."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.mobile import Pooled, SqueezeExcite, unit
from benchmarks.zoo.resnets import BasicBlock, Bottleneck
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import still


class RegBlock(nn.Module):
    """RegNet X and Y: 1x1, grouped 3x3, (gate,) 1x1, all of one width."""

    def __init__(self, cin: int, cout: int, stride: int, group: int, se: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [unit(cin, cout, 1), unit(cout, cout, 3, stride, cout // group)]
        if se:
            layers.append(SqueezeExcite(cout, max(2, cin // 4), nn.ReLU, nn.Sigmoid))
        layers.append(unit(cout, cout, 1, act=None))
        self.body = nn.Sequential(*layers)
        self.down = unit(cin, cout, 1, stride, act=None) if stride > 1 or cin != cout else None

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + (x if self.down is None else self.down(x)))


def regnet(depths: list[int], se: bool) -> nn.Module:
    """A RegNet with a simple stem; every stage begins with stride two."""
    layers: list[nn.Module] = [unit(3, 8, 3, 2)]
    cin = 8
    for depth, cout in zip(depths, (8, 16, 32, 64), strict=True):
        for step in range(depth):
            layers.append(RegBlock(cin, cout, 2 if step == 0 else 1, 4, se))
            cin = cout
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


class RepBlock(nn.Module):
    """3x3, 1x1 and identity branches, each normalised, summed and activated."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.dense = unit(cin, cout, 3, stride, act=None)
        self.point = unit(cin, cout, 1, stride, act=None)
        self.identity = nn.BatchNorm2d(cin) if cin == cout and stride == 1 else None

    def forward(self, x: Tensor) -> Tensor:
        rest = 0 if self.identity is None else self.identity(x)
        return F.relu(self.dense(x) + self.point(x) + rest)


def repvgg(deploy: bool) -> nn.Module:
    """RepVGG-A: stages of 1, 2, 4, 14 and 1 blocks."""
    layers: list[nn.Module] = []
    cin = 3
    for depth, cout in ((1, 8), (2, 8), (4, 16), (14, 24), (1, 48)):
        for step in range(depth):
            stride = 2 if step == 0 else 1
            plain = nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1), nn.ReLU())
            layers.append(plain if deploy else RepBlock(cin, cout, stride))
            cin = cout
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


class Residual(nn.Module):
    """A body added to its input."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + x


def convmixer(depth: int = 8, dim: int = 24, kernel: int = 9, patch: int = 7) -> nn.Module:
    """ConvMixer: residual depthwise and pointwise convolutions, GELU before each norm."""

    def tail() -> list[nn.Module]:
        return [nn.GELU(), nn.BatchNorm2d(dim)]

    layers: list[nn.Module] = [nn.Conv2d(3, dim, patch, patch), *tail()]
    for _ in range(depth):
        wide = nn.Conv2d(dim, dim, kernel, groups=dim, padding="same")
        layers += [Residual(nn.Sequential(wide, *tail())), nn.Conv2d(dim, dim, 1), *tail()]
    return Pooled(nn.Sequential(*layers), nn.Linear(dim, 10))


class MixerBlock(nn.Module):
    """Token mixing and channel mixing, each a pre-normed two-layer perceptron."""

    def __init__(self, tokens: int, dim: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.tokens = nn.Sequential(
            nn.Linear(tokens, dim // 2), nn.GELU(), nn.Linear(dim // 2, tokens)
        )
        self.channels = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class MLPMixer(nn.Module):
    """MLP-Mixer over non-overlapping patches."""

    def __init__(self, size: int = 96, patch: int = 16, dim: int = 32, depth: int = 6) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, dim, patch, patch)
        tokens = (size // patch) ** 2
        self.blocks = nn.Sequential(*[MixerBlock(tokens, dim) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.patch(x).flatten(2).transpose(1, 2))
        return self.head(self.norm(x).mean(1))


class Exchange(nn.Module):
    """HRNet module: residual blocks in each resolution, then every branch reads all branches."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*[BasicBlock(w, w, 1) for _ in range(4)]) for w in widths
        )
        self.fuse = nn.ModuleList(
            nn.ModuleList(self.bridge(widths, j, i) for j in range(len(widths)))
            for i in range(len(widths))
        )

    @staticmethod
    def bridge(widths: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            up = nn.Upsample(scale_factor=2 ** (source - target), mode="nearest")
            return nn.Sequential(unit(widths[source], widths[target], 1, act=None), up)
        steps: list[nn.Module] = []
        for step in range(target - source):
            last = step == target - source - 1
            cout = widths[target] if last else widths[source]
            steps.append(unit(widths[source], cout, 3, 2, act=None if last else nn.ReLU))
        return nn.Sequential(*steps)

    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        xs = [branch(x) for branch, x in zip(self.branches, xs, strict=True)]
        fused = []
        for row in self.fuse:
            total = row[0](xs[0])
            for layer, x in zip(row[1:], xs[1:], strict=True):
                total = total + layer(x)
            fused.append(F.relu(total))
        return fused


class HRNet(nn.Module):
    """HRNet-W18-small with the classification head."""

    def __init__(self, widths: tuple[int, ...] = (8, 16, 24, 32)) -> None:
        super().__init__()
        blocks = [Bottleneck(16, 4, 1), Bottleneck(16, 4, 1)]
        self.stem = nn.Sequential(unit(3, 16, 3, 2), unit(16, 16, 3, 2), *blocks)
        self.enter = nn.ModuleList([unit(16, widths[0], 3), unit(16, widths[1], 3, 2)])
        self.stages = nn.ModuleList()
        self.lower = nn.ModuleList()
        for count, modules in ((2, 1), (3, 1), (4, 1)):
            stage = [Exchange(list(widths[:count])) for _ in range(modules)]
            self.stages.append(nn.Sequential(*stage))
            if count < 4:
                self.lower.append(unit(widths[count - 1], widths[count], 3, 2))
        self.grow = nn.ModuleList([Bottleneck(w, w, 1) for w in widths])
        self.down = nn.ModuleList([unit(4 * a, 4 * b, 3, 2) for a, b in pairwise(widths)])
        self.head = nn.Sequential(
            unit(4 * widths[-1], 96, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.fc = nn.Linear(96, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        xs = [layer(x) for layer in self.enter]
        for index, stage in enumerate(self.stages):
            xs = stage(xs)
            if index < len(self.lower):
                xs = [*xs, self.lower[index](xs[-1])]
        y = self.grow[0](xs[0])
        for grow, down, x in zip(list(self.grow)[1:], self.down, xs[1:], strict=True):
            y = grow(x) + down(y)
        return self.fc(self.head(y))


def leaky(cin: int, cout: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, norm and LeakyReLU 0.1."""
    return nn.Sequential(*unit(cin, cout, kernel, stride, act=None), nn.LeakyReLU(0.1))


def darknet19() -> nn.Module:
    """Darknet-19: 3x3 and 1x1 convolutions between five pools, a 1x1 classifier."""
    layers: list[nn.Module] = [leaky(3, 4, 3), nn.MaxPool2d(2), leaky(4, 8, 3)]
    cin = 8
    for cout, count in ((16, 3), (32, 3), (64, 5), (128, 5)):
        layers.append(nn.MaxPool2d(2))
        for step in range(count):
            layers.append(leaky(cin, cout, 3) if step % 2 == 0 else leaky(cin, cout // 2, 1))
            cin = cout if step % 2 == 0 else cout // 2
    layers.append(nn.Conv2d(cin, 10, 1))
    return Pooled(nn.Sequential(*layers), nn.Identity())


class DarkBlock(nn.Module):
    """1x1 and 3x3, added to the input."""

    def __init__(self, width: int, mid: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.body = nn.Sequential(dark(width, mid, 1, 1, act), dark(mid, width, 3, 1, act))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def dark(cin: int, cout: int, kernel: int, stride: int, act: type[nn.Module]) -> nn.Sequential:
    """Convolution, norm and the activation of this Darknet."""
    layer = nn.LeakyReLU(0.1) if act is nn.LeakyReLU else act()
    return nn.Sequential(*unit(cin, cout, kernel, stride, act=None), layer)


def darknet53() -> nn.Module:
    """Darknet-53: stages of 1, 2, 8, 8 and 4 residual blocks."""
    act = nn.LeakyReLU
    layers: list[nn.Module] = [dark(3, 4, 3, 1, act)]
    cin = 4
    for count in (1, 2, 8, 8, 4):
        layers.append(dark(cin, 2 * cin, 3, 2, act))
        cin *= 2
        layers += [DarkBlock(cin, cin // 2, act) for _ in range(count)]
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


class CrossStage(nn.Module):
    """A cross-stage partial stage: two 1x1 branches, blocks in one of them, joined."""

    def __init__(self, cin: int, cout: int, count: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.down = dark(cin, cout, 3, 2, act)
        mid = cout // 2
        self.part1, self.part2 = dark(cout, mid, 1, 1, act), dark(cout, mid, 1, 1, act)
        self.blocks = nn.Sequential(*[DarkBlock(mid, mid, act) for _ in range(count)])
        self.post, self.last = dark(mid, mid, 1, 1, act), dark(cout, cout, 1, 1, act)

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x)
        return self.last(torch.cat([self.post(self.blocks(self.part2(x))), self.part1(x)], 1))


def csp_darknet(act: type[nn.Module] = nn.Mish) -> nn.Module:
    """CSPDarknet-53 of YOLOv4."""
    layers: list[nn.Module] = [dark(3, 4, 3, 1, act)]
    cin = 4
    for count in (1, 2, 8, 8, 4):
        layers.append(CrossStage(cin, 2 * cin, count, act))
        cin *= 2
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


class TreeBlock(nn.Module):
    """A basic block whose skip comes from outside."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(unit(cin, cout, 3, stride), unit(cout, cout, 3, act=None))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return F.relu(self.body(x) + skip)


class Tree(nn.Module):
    """Deep layer aggregation: two subtrees whose results a root joins, with earlier ones."""

    def __init__(
        self, level: int, cin: int, cout: int, stride: int, extra: int = 0, root: bool = False
    ) -> None:
        super().__init__()
        inner = 2 * cout + extra + (cin if root else 0)
        self.level, self.root_input = level, root
        self.tree1: nn.Module
        self.tree2: nn.Module
        if level == 1:
            self.tree1, self.tree2 = TreeBlock(cin, cout, stride), TreeBlock(cout, cout, 1)
            self.root = unit(inner, cout, 1)
        else:
            self.tree1 = Tree(level - 1, cin, cout, stride)
            self.tree2 = Tree(level - 1, cout, cout, 1, extra + cout + (cin if root else 0))
        self.pool = nn.MaxPool2d(stride) if stride > 1 else nn.Identity()
        self.project = unit(cin, cout, 1, act=None) if cin != cout else nn.Identity()

    def forward(self, x: Tensor, earlier: list[Tensor] | None = None) -> Tensor:
        kept = list(earlier or [])
        bottom = self.pool(x)
        if self.root_input:
            kept.append(bottom)
        if self.level == 1:
            first = self.tree1(x, self.project(bottom))
            second = self.tree2(first, first)
            return self.root(torch.cat([second, first, *kept], 1))
        first = self.tree1(x)
        return self.tree2(first, [*kept, first])


def dla34() -> nn.Module:
    """DLA-34."""
    w = (4, 8, 16, 24, 32, 48)
    layers: list[nn.Module] = [unit(3, w[0], 7), unit(w[0], w[0], 3), unit(w[0], w[1], 3, 2)]
    layers += [Tree(1, w[1], w[2], 2), Tree(2, w[2], w[3], 2, root=True)]
    layers += [Tree(2, w[3], w[4], 2, root=True), Tree(1, w[4], w[5], 2, root=True)]
    return Pooled(nn.Sequential(*layers), nn.Linear(w[5], 10))


SPECS: list[Spec] = [
    still("b-regnetx", "regnet", lambda: regnet([1, 2, 7, 12], False), 64, variant="regnetx"),
    still("b-regnety", "regnet", lambda: regnet([1, 3, 6, 6], True), 64, variant="regnety"),
    still("b-repvgg-train", "repvgg", lambda: repvgg(False), 96, variant="repvgg"),
    still("b-repvgg-deploy", "repvgg", lambda: repvgg(True), 96, variant="repvgg-deployed"),
    still("b-convmixer", "convmixer", convmixer, 112),
    still("b-mlp-mixer", "mlp-mixer", MLPMixer, 96),
    still("b-hrnet", "hrnet", HRNet, 96),
    still("b-darknet-19", "darknet", darknet19, 96, variant="darknet-19"),
    still("b-darknet-53", "darknet", darknet53, 96, variant="darknet-53"),
    still("b-csp-darknet-53", "cspdarknet", csp_darknet, 96, variant="cspdarknet-53"),
    still("b-csp-darknet-silu", "cspdarknet", lambda: csp_darknet(nn.SiLU), 96,
          variant="cspdarknet-53"),
    still("b-dla-34", "dla", dla34, 96, variant="dla-34"),
]  # fmt: skip
