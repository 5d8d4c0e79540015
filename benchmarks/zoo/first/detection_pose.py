# ruff: noqa: D102 - forward() is described by its class
"""Networks of key points: stacked hourglass, convolutional pose machine, OpenPose."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.first.detection_heads import plain, seen

POSE = "pose-estimation"


class Residual(nn.Module):
    """The pre-activated bottleneck of the stacked hourglass."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        h = b // 2
        self.body = nn.Sequential(
            nn.BatchNorm2d(a), nn.ReLU(), nn.Conv2d(a, h, 1), nn.BatchNorm2d(h), nn.ReLU(),
            nn.Conv2d(h, h, 3, 1, 1), nn.BatchNorm2d(h), nn.ReLU(), nn.Conv2d(h, b, 1),
        )  # fmt: skip
        self.skip = nn.Conv2d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.skip(x)


class Hourglass(nn.Module):
    """One hourglass: down, inner part, up, plus a residual at this resolution."""

    def __init__(self, depth: int, c: int) -> None:
        super().__init__()
        self.side, self.low, self.out = Residual(c, c), Residual(c, c), Residual(c, c)
        self.inner: nn.Module = Hourglass(depth - 1, c) if depth > 1 else Residual(c, c)

    def forward(self, x: Tensor) -> Tensor:
        low = self.out(self.inner(self.low(F.max_pool2d(x, 2, 2))))
        return self.side(x) + F.interpolate(low, scale_factor=2.0)


class Stacked(nn.Module):
    """Stacked hourglasses with intermediate heat maps fed back."""

    def __init__(self, stacks: int = 2, c: int = 16, joints: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3), nn.BatchNorm2d(8), nn.ReLU(),
                                  Residual(8, 8), nn.MaxPool2d(2, 2), Residual(8, 8),
                                  Residual(8, c))  # fmt: skip
        self.glass = nn.ModuleList(
            nn.Sequential(Hourglass(4, c), Residual(c, c), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c),
                          nn.ReLU())
            for _ in range(stacks)
        )  # fmt: skip
        self.heat = nn.ModuleList(nn.Conv2d(c, joints, 1) for _ in range(stacks))
        self.back = nn.ModuleList(nn.Conv2d(joints, c, 1) for _ in range(stacks - 1))
        self.feat = nn.ModuleList(nn.Conv2d(c, c, 1) for _ in range(stacks - 1))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, outs = self.stem(x), []
        for i, glass in enumerate(self.glass):
            y = glass(x)
            outs.append(self.heat[i](y))
            if i < len(self.back):
                x = x + self.feat[i](y) + self.back[i](outs[-1])
        return tuple(outs)


class Machine(nn.Module):
    """Convolutional pose machine: each stage reads the image features and the last beliefs."""

    def __init__(self, stages: int = 4, joints: int = 15, c: int = 16) -> None:
        super().__init__()
        trunk: list[nn.Module] = []
        a = 3
        for b in (c, c, c):
            trunk += [plain(a, b, 9), nn.MaxPool2d(3, 2, 1)]
            a = b
        self.trunk = nn.Sequential(*trunk, plain(c, c, 5))
        self.first = nn.Sequential(plain(c, 4 * c, 9), plain(4 * c, 4 * c, 1),
                                   nn.Conv2d(4 * c, joints, 1))  # fmt: skip
        self.more = nn.ModuleList(
            nn.Sequential(plain(c + joints, c, 11), plain(c, c, 11), plain(c, c, 11),
                          plain(c, c, 1), nn.Conv2d(c, joints, 1))
            for _ in range(stages - 1)
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        f = self.trunk(x)
        outs = [self.first(f)]
        for stage in self.more:
            outs.append(stage(torch.cat((f, outs[-1]), 1)))
        return tuple(outs)


class OpenPose(nn.Module):
    """VGG trunk; stages of two branches for part affinities and heat maps."""

    def __init__(self, stages: int = 6, c: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        a = 3
        for n, b in ((2, c), (2, 2 * c), (4, 4 * c), (2, 8 * c)):
            for _ in range(n):
                layers.append(plain(a, b))
                a = b
            if b < 8 * c:
                layers.append(nn.MaxPool2d(2, 2))
        self.trunk = nn.Sequential(*layers, plain(a, 4 * c), plain(4 * c, 2 * c))
        f = 2 * c

        def branch(cin: int, out: int, first: bool) -> nn.Sequential:
            if first:
                body = [plain(cin, f), plain(f, f), plain(f, f), plain(f, 4 * f, 1)]
                return nn.Sequential(*body, nn.Conv2d(4 * f, out, 1))
            body = [plain(cin if i == 0 else f, f, 7) for i in range(5)]
            return nn.Sequential(*body, plain(f, f, 1), nn.Conv2d(f, out, 1))

        widths = [f] + [f + 38 + 19] * (stages - 1)
        self.paf = nn.ModuleList(branch(w, 38, i == 0) for i, w in enumerate(widths))
        self.heat = nn.ModuleList(branch(w, 19, i == 0) for i, w in enumerate(widths))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        f = x = self.trunk(x)
        for paf, heat in zip(self.paf, self.heat, strict=True):
            a, b = paf(x), heat(x)
            x = torch.cat((a, b, f), 1)
        return a, b


SPECS = [
    seen("hourglass-2", "hourglass", Stacked, task=POSE),
    seen("cpm", "cpm", Machine, task=POSE),
    seen("openpose", "openpose", OpenPose, task=POSE),
]
