# ruff: noqa: D102 - forward() is described by its class
"""Networks with a value for every pixel: segmentation and text detection."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.resnets import conv_bn
from benchmarks.zoo.spec import Built, Spec
from benchmarks.zoo.vision import still

CONVS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORMS: dict[int, Any] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.InstanceNorm3d}
POOLS: dict[int, Any] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
UPS: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def cbr(cin: int, cout: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm and ReLU."""
    pad = dilation * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, stride, pad, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


def resized(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear resizing to the size of another map."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class UNetND(nn.Module):
    """U-Net for signals or volumes: two convolutions a level, pooling, concatenated skips."""

    def __init__(self, rank: int, depth: int = 4, width: int = 4) -> None:
        super().__init__()
        sizes = [width * 2**i for i in range(depth)]

        def double(cin: int, cout: int) -> nn.Sequential:
            layers: list[nn.Module] = []
            for source in (cin, cout):
                layers += [CONVS[rank](source, cout, 3, padding=1), NORMS[rank](cout), nn.ReLU()]
            return nn.Sequential(*layers)

        self.downs = nn.ModuleList(double(a, b) for a, b in zip([1, *sizes], sizes, strict=False))
        self.pool = POOLS[rank](2)
        back = sizes[::-1]
        pairs = list(pairwise(back))
        self.ups = nn.ModuleList(UPS[rank](a, b, 2, 2) for a, b in pairs)
        self.merges = nn.ModuleList(double(2 * b, b) for _, b in pairs)
        self.out = CONVS[rank](width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for index, down in enumerate(self.downs):
            x = down(self.pool(x) if index else x)
            skips.append(x)
        for up, merge, skip in zip(self.ups, self.merges, skips[-2::-1], strict=True):
            x = merge(torch.cat([up(x), skip], 1))
        return self.out(x)


class Rsu(nn.Module):
    """Residual U-block of U2-Net; with `dilated` the one that does not pool (RSU-4F)."""

    def __init__(self, height: int, cin: int, mid: int, cout: int, dilated: bool = False) -> None:
        super().__init__()
        self.dilated = dilated
        self.first = cbr(cin, cout)
        rates = [2**i for i in range(height)] if dilated else [1] * (height - 1) + [2]
        self.downs = nn.ModuleList(
            cbr(mid if i else cout, mid, dilation=rate) for i, rate in enumerate(rates)
        )
        outs = [mid] * (height - 2) + [cout]
        back = rates[-2::-1] if dilated else [1] * (height - 1)
        self.ups = nn.ModuleList(
            cbr(2 * mid, size, dilation=rate) for size, rate in zip(outs, back, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        start = y = self.first(x)
        seen: list[Tensor] = []
        for index, down in enumerate(self.downs):
            last = index == len(self.downs) - 1
            if index and not last and not self.dilated:
                y = F.max_pool2d(y, 2, 2, ceil_mode=True)
            y = down(y)
            seen.append(y)
        for up, skip in zip(self.ups, seen[-2::-1], strict=True):
            y = resized(y, skip) if y.shape != skip.shape else y
            y = up(torch.cat([y, skip], 1))
        return y + start


class U2Net(nn.Module):
    """U2-Net of six stages; `entry` adds the strided convolution of IS-Net."""

    def __init__(self, wide: int = 8, mid: int = 4, entry: bool = False) -> None:
        super().__init__()
        self.entry = nn.Conv2d(3, wide, 3, 2, 1) if entry else nn.Identity()
        first = wide if entry else 3
        self.downs = nn.ModuleList(
            Rsu(h, wide if h < 7 or d else first, mid, wide, d)
            for h, d in ((7, False), (6, False), (5, False), (4, False), (4, True), (4, True))
        )
        self.ups = nn.ModuleList(
            Rsu(h, 2 * wide, mid, wide, d)
            for h, d in ((4, True), (4, False), (5, False), (6, False), (7, False))
        )
        self.sides = nn.ModuleList(nn.Conv2d(wide, 1, 3, padding=1) for _ in range(6))
        self.fuse = None if entry else nn.Conv2d(6, 1, 1)

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = self.entry(image)
        seen: list[Tensor] = []
        for index, down in enumerate(self.downs):
            x = down(F.max_pool2d(x, 2, 2, ceil_mode=True) if index else x)
            seen.append(x)
        outs = [x]
        for up, skip in zip(self.ups, seen[-2::-1], strict=True):
            x = up(torch.cat([resized(x, skip), skip], 1))
            outs.append(x)
        maps = [resized(side(y), image) for side, y in zip(self.sides, outs[::-1], strict=True)]
        if self.fuse is None:
            return tuple(torch.sigmoid(m) for m in maps)
        return tuple(torch.sigmoid(m) for m in (self.fuse(torch.cat(maps, 1)), *maps))


class Aspp(nn.Module):
    """Atrous spatial pyramid pooling; without rates the light form for phones."""

    def __init__(self, cin: int, cout: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.flat = cbr(cin, cout, 1)
        self.atrous = nn.ModuleList(cbr(cin, cout, 3, dilation=rate) for rate in rates)
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), cbr(cin, cout, 1))
        self.project = cbr((len(rates) + 2) * cout, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.flat(x), *(conv(x) for conv in self.atrous)]
        parts.append(resized(self.pooled(x), x))
        return self.project(torch.cat(parts, 1))


class Dilated(nn.Module):
    """A ResNet of bottlenecks, strides 4 to 8, then dilation; gives early and late maps."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(cbr(3, 2 * width, 7, 2), nn.MaxPool2d(3, 2, 1))
        cin, stages = 2 * width, []
        for stage, (blocks, stride, rate) in enumerate(
            ((3, 1, 1), (4, 2, 1), (6, 1, 2), (3, 1, 4))
        ):
            mid = width * 2**stage
            rows = nn.ModuleList()
            for index in range(blocks):
                step = stride if index == 0 else 1
                body = nn.Sequential(
                    cbr(cin, mid, 1), cbr(mid, mid, 3, step, rate), *conv_bn(mid, 4 * mid, 1)
                )
                skip = nn.Sequential(*conv_bn(cin, 4 * mid, 1, step)) if index == 0 else None
                rows.append(nn.ModuleList([body, skip or nn.Identity()]))
                cin = 4 * mid
            stages.append(rows)
        self.stages, self.early, self.late = nn.ModuleList(stages), 4 * width, cin

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        early = x
        for number, rows in enumerate(self.stages):
            for body, skip in rows:
                x = torch.relu(body(x) + skip(x))
            early = x if number == 0 else early
        return early, x


class DeepLab(nn.Module):
    """DeepLabv3; with `plus` the decoder of v3+ that joins early features."""

    def __init__(self, plus: bool = False, rates: tuple[int, ...] = (12, 24, 36)) -> None:
        super().__init__()
        self.trunk = Dilated()
        self.aspp = Aspp(self.trunk.late, 16, rates)
        self.early = cbr(self.trunk.early, 6, 1) if plus else None
        self.head = cbr(22 if plus else 16, 16)
        self.out = nn.Conv2d(16, 5, 1)

    def forward(self, image: Tensor) -> Tensor:
        early, late = self.trunk(image)
        x = self.aspp(late)
        if self.early is not None:
            x = torch.cat([self.early(early), resized(x, early)], 1)
        return resized(self.out(self.head(x)), image)


class FcnResNet(nn.Module):
    """FCN as in torchvision: a dilated ResNet, one 3x3 convolution, a 1x1 one, resizing."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Dilated()
        self.head = nn.Sequential(cbr(self.trunk.late, 16), nn.Dropout(0.1), nn.Conv2d(16, 5, 1))

    def forward(self, image: Tensor) -> Tensor:
        return resized(self.head(self.trunk(image)[1]), image)


class FcnVgg(nn.Module):
    """FCN-8s, -16s or -32s over VGG-16: scores upsampled by transposed convolutions and added."""

    def __init__(self, stride: int = 8, width: int = 4, classes: int = 5) -> None:
        super().__init__()
        self.stages, cin = nn.ModuleList(), 3
        for count, scale in ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8)):
            layers: list[nn.Module] = []
            for _ in range(count):
                layers += [nn.Conv2d(cin, width * scale, 3, padding=1), nn.ReLU()]
                cin = width * scale
            self.stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, 2)))
        wide = 16 * width
        self.dense = nn.Sequential(
            nn.Conv2d(cin, wide, 7, padding=3), nn.ReLU(), nn.Dropout(),
            nn.Conv2d(wide, wide, 1), nn.ReLU(), nn.Dropout(), nn.Conv2d(wide, classes, 1),
        )  # fmt: skip
        joins = {8: 2, 16: 1, 32: 0}[stride]
        self.scores = nn.ModuleList(nn.Conv2d(8 * width // 2**i, classes, 1) for i in range(joins))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(classes, classes, 4, 2, 1) for _ in self.scores)
        self.last = nn.ConvTranspose2d(classes, classes, 2 * stride, stride, stride // 2)

    def forward(self, x: Tensor) -> Tensor:
        seen: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        y = self.dense(x)
        for score, up, skip in zip(self.scores, self.ups, seen[3::-1], strict=False):
            y = up(y) + score(skip)
        return self.last(y)


SEG = "segmentation"


def seg(name: str, family: str, maker: Any, size: int = 64, variant: str = "") -> Spec:
    """A segmenter."""
    return still(name, family, maker, size, variant=variant, task=SEG)


def grid(name: str, rank: int, depth: int) -> Spec:
    """A U-Net over a signal or a volume."""

    def build(_: int) -> Built:
        shape = (64,) if rank == 1 else (16, 16, 16)
        return Built(UNetND(rank, depth), {"input": torch.randn(1, 1, *shape)})

    return Spec(name, "unet", "unet", build, task=SEG)


SPECS = [
    grid("d-unet-1d", 1, 4), grid("d-unet-3d", 3, 4),
    seg("d-u2net", "u2net", U2Net, 64),
    seg("d-isnet", "u2net", lambda: U2Net(entry=True), 128, variant="is-net"),
    seg("d-deeplabv3", "deeplab", DeepLab, variant="deeplabv3"),
    seg("d-deeplabv3plus", "deeplab", lambda: DeepLab(True), variant="deeplabv3+"),
    seg("d-fcn-resnet", "fcn", FcnResNet, variant="fcn-resnet"),
    seg("d-fcn-8s", "fcn", FcnVgg, variant="fcn-8s"),
    seg("d-fcn-16s", "fcn", lambda: FcnVgg(16), variant="fcn-16s"),
    seg("d-fcn-32s", "fcn", lambda: FcnVgg(32), variant="fcn-32s"),
]  # fmt: skip
