# ruff: noqa: D102 - forward() is described by its class
"""Text detectors (EAST, DB) and light segmenters (ENet, LinkNet)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.first.dense import cbr, seg
from benchmarks.zoo.resnets import conv_bn
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import still


class Trunk(nn.Module):
    """ResNet-18 that returns the maps of its four stages."""

    def __init__(self, width: int = 4, depths: tuple[int, ...] = (2, 2, 2, 2)) -> None:
        super().__init__()
        self.stem = nn.Sequential(cbr(3, width, 7, 2), nn.MaxPool2d(3, 2, 1))
        self.stages, cin = nn.ModuleList(), width
        for index, depth in enumerate(depths):
            rows, cout = nn.ModuleList(), width * 2**index
            for number in range(depth):
                stride = 2 if index and not number else 1
                body = nn.Sequential(cbr(cin, cout, 3, stride), *conv_bn(cout, cout, 3))
                plain = stride == 1 and cin == cout
                skip = nn.Identity() if plain else nn.Sequential(*conv_bn(cin, cout, 1, stride))
                rows.append(nn.ModuleList([body, skip]))
                cin = cout
            self.stages.append(rows)
        self.widths = [width * 2**i for i in range(len(depths))]

    def forward(self, x: Tensor) -> list[Tensor]:
        x, seen = self.stem(x), []
        for rows in self.stages:
            for body, skip in rows:
                x = torch.relu(body(x) + skip(x))
            seen.append(x)
        return seen


class VggTrunk(nn.Module):
    """VGG-16 with BatchNorm; the maps of its last four stages."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.stages, cin = nn.ModuleList(), 3
        for count, scale in ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8)):
            layers: list[nn.Module] = []
            for _ in range(count):
                layers.append(cbr(cin, width * scale))
                cin = width * scale
            self.stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, 2)))
        self.widths = [2 * width, 4 * width, 8 * width, 8 * width]

    def forward(self, x: Tensor) -> list[Tensor]:
        seen = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        return seen[1:]


class East(nn.Module):
    """EAST: U-shaped merging, then a score map, four distances and an angle."""

    def __init__(self, trunk: Any, quads: bool = False, scope: int = 512) -> None:
        super().__init__()
        self.trunk, self.scope = trunk, scope
        sizes = trunk.widths[::-1]
        cin, self.merges = sizes[0], nn.ModuleList()
        for size, cout in zip(sizes[1:], (16, 8, 4), strict=True):
            self.merges.append(nn.Sequential(cbr(cin + size, cout, 1), cbr(cout, cout)))
            cin = cout
        self.last = cbr(cin, 4)
        self.score = nn.Conv2d(4, 1, 1)
        self.box, self.angle = nn.Conv2d(4, 8 if quads else 4, 1), nn.Conv2d(4, 1, 1)
        self.quads = quads

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        maps = self.trunk(image)[::-1]
        x = maps[0]
        for merge, skip in zip(self.merges, maps[1:], strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = merge(torch.cat([x, skip], 1))
        x = self.last(x)
        score = torch.sigmoid(self.score(x))
        if self.quads:
            return score, self.box(x)
        box = torch.sigmoid(self.box(x)) * self.scope
        angle = (torch.sigmoid(self.angle(x)) - 0.5) * math.pi
        return score, torch.cat([box, angle], 1)


class DBNet(nn.Module):
    """DB: feature pyramid, four maps joined, a probability map at full resolution."""

    def __init__(self, inner: int = 16, train: bool = False) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.laterals = nn.ModuleList(
            nn.Conv2d(size, inner, 1, bias=False) for size in self.trunk.widths
        )
        part = inner // 4
        self.outs = nn.ModuleList(
            nn.Conv2d(inner, part, 3, padding=1, bias=False) for _ in self.trunk.widths
        )
        heads = 2 if train else 1
        self.heads = nn.ModuleList(self.head(inner, part) for _ in range(heads))

    @staticmethod
    def head(inner: int, part: int) -> nn.Sequential:
        return nn.Sequential(
            cbr(inner, part), nn.ConvTranspose2d(part, part, 2, 2), nn.BatchNorm2d(part),
            nn.ReLU(), nn.ConvTranspose2d(part, 1, 2, 2), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        maps = [lateral(x) for lateral, x in zip(self.laterals, self.trunk(image), strict=True)]
        x, merged = maps[-1], [maps[-1]]
        for lower in maps[-2::-1]:
            x = F.interpolate(x, scale_factor=2, mode="nearest") + lower
            merged.append(x)
        parts = [
            F.interpolate(out(x), scale_factor=2**scale, mode="nearest") if scale else out(x)
            for out, x, scale in zip(self.outs[::-1], merged, (3, 2, 1, 0), strict=True)
        ]
        y = torch.cat(parts, 1)
        found = [head(y) for head in self.heads]
        if len(found) == 1:
            return found[0]
        binary = torch.reciprocal(1 + torch.exp(-50 * (found[0] - found[1])))
        return torch.cat([*found, binary], 1)


class Bottle(nn.Module):
    """A bottleneck of ENet: plain, downsampling, dilated, asymmetric or upsampling."""

    def __init__(self, cin: int, cout: int, kind: str = "plain", rate: int = 1) -> None:
        super().__init__()
        mid, self.kind = max(cin // 4, 2), kind
        down = kind == "down"
        first = nn.Conv2d(cin, mid, 2 if down else 1, 2 if down else 1, bias=False)
        middle: list[nn.Module] = [nn.Conv2d(mid, mid, 3, padding=rate, dilation=rate, bias=False)]
        if kind == "asymmetric":
            middle = [nn.Conv2d(mid, mid, (5, 1), padding=(2, 0), bias=False),
                      nn.Conv2d(mid, mid, (1, 5), padding=(0, 2), bias=False)]  # fmt: skip
        if kind == "up":
            middle = [nn.ConvTranspose2d(mid, mid, 3, 2, 1, 1, bias=False)]
        act = nn.ReLU if kind in ("up", "decode") else nn.PReLU
        self.body = nn.Sequential(
            first, nn.BatchNorm2d(mid), act(), *middle, nn.BatchNorm2d(mid), act(),
            nn.Conv2d(mid, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.Dropout2d(0.1),
        )  # fmt: skip
        self.act = act()
        self.extra = cout - cin
        self.skip = nn.Sequential(*conv_bn(cin, cout, 1)) if kind == "up" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        skip = self.skip(x)
        if self.kind == "down":
            skip = F.pad(F.max_pool2d(x, 2, 2), (0, 0, 0, 0, 0, self.extra))
        if self.kind == "up":
            skip = F.interpolate(skip, scale_factor=2, mode="nearest")
        return self.act(self.body(x) + skip)


class ENet(nn.Module):
    """ENet; unpooling is by resizing, as in exports that know no unpooling."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.start = nn.Conv2d(3, 13, 3, 2, 1, bias=False)
        self.norm = nn.Sequential(nn.BatchNorm2d(16), nn.PReLU())
        second = [("plain", 1), ("plain", 2), ("asymmetric", 1), ("plain", 4),
                  ("plain", 1), ("plain", 8), ("asymmetric", 1), ("plain", 16)]  # fmt: skip
        rows = [Bottle(16, 32, "down"), *[Bottle(32, 32) for _ in range(4)], Bottle(32, 48, "down")]
        rows += [Bottle(48, 48, kind, rate) for _ in range(2) for kind, rate in second]
        rows += [Bottle(48, 32, "up"), *[Bottle(32, 32, "decode") for _ in range(2)]]
        self.body = nn.Sequential(*rows, Bottle(32, 16, "up"), Bottle(16, 16, "decode"))
        self.last = nn.ConvTranspose2d(16, classes, 3, 2, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(torch.cat([self.start(x), F.max_pool2d(x, 2, 2)], 1))
        return self.last(self.body(x))


class LinkNet(nn.Module):
    """LinkNet: a ResNet-18 trunk whose maps are added to the decoder's."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.trunk = Trunk(8)
        sizes = [8, *self.trunk.widths]
        self.ups = nn.ModuleList(
            self.block(a, b, 2 if i else 1)
            for i, (a, b) in enumerate(zip(sizes[1:], sizes, strict=False))
        )
        self.end = nn.Sequential(
            nn.ConvTranspose2d(8, 8, 3, 2, 1, 1), nn.BatchNorm2d(8), nn.ReLU(), cbr(8, 8),
            nn.ConvTranspose2d(8, classes, 2, 2),
        )  # fmt: skip

    @staticmethod
    def block(cin: int, cout: int, stride: int) -> nn.Sequential:
        mid = cin // 4
        up = nn.ConvTranspose2d(mid, mid, 3, stride, 1, stride - 1, bias=False)
        return nn.Sequential(
            cbr(cin, mid, 1), up, nn.BatchNorm2d(mid), nn.ReLU(), cbr(mid, cout, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = self.trunk(x)
        y = maps[3]
        for index in (3, 2, 1):
            y = self.ups[index](y) + maps[index - 1]
        return self.end(self.ups[0](y))


def text(name: str, family: str, maker: Any, variant: str = "") -> Spec:
    """A text detector."""
    return still(name, family, maker, 64, variant=variant or family, task="text-detection")


SPECS = [
    text("d-east-vgg", "east", lambda: East(VggTrunk())),
    text("d-east-resnet", "east", lambda: East(Trunk())),
    text("d-dbnet", "dbnet", DBNet),
    text("d-dbnet-all", "dbnet", lambda: DBNet(train=True)),
    seg("d-enet", "enet", ENet, variant="enet"),
    seg("d-linknet", "linknet", LinkNet, variant="linknet"),
]
