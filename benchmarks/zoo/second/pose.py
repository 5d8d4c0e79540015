# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Pose networks, HRNet, ENet, mixers and a timm-style ViT."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr, twins
from benchmarks.zoo.second.det_other import Features
from benchmarks.zoo.second.tv_classic import vgg_features
from benchmarks.zoo.second.tv_resnets import Basic, Bottle
from benchmarks.zoo.spec import Spec

JOINTS = 14


class Residual(nn.Module):
    """The pre-activation bottleneck of the stacked hourglass."""

    def __init__(self, fan_in: int, out: int) -> None:
        super().__init__()
        half = out // 2
        self.bn1, self.conv1 = nn.BatchNorm2d(fan_in), nn.Conv2d(fan_in, half, 1)
        self.bn2, self.conv2 = nn.BatchNorm2d(half), nn.Conv2d(half, half, 3, padding=1)
        self.bn3, self.conv3 = nn.BatchNorm2d(half), nn.Conv2d(half, out, 1)
        self.skip = nn.Identity() if fan_in == out else nn.Conv2d(fan_in, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(F.relu(self.bn1(x)))
        out = self.conv2(F.relu(self.bn2(out)))
        return self.conv3(F.relu(self.bn3(out))) + self.skip(x)


class Hourglass(nn.Module):
    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.up1, self.low1 = Residual(width, width), Residual(width, width)
        self.low2 = Hourglass(depth - 1, width) if depth > 1 else Residual(width, width)
        self.low3 = Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        low = self.low3(self.low2(self.low1(F.max_pool2d(x, 2, 2))))
        return self.up1(x) + F.interpolate(low, scale_factor=2)


class Stacked(nn.Module):
    """Stacked hourglasses with intermediate heat maps."""

    def __init__(self, stacks: int, width: int = 16) -> None:
        super().__init__()
        w = width
        self.pre = nn.Sequential(
            nn.Conv2d(3, w // 2, 7, 2, 3), nn.BatchNorm2d(w // 2), nn.ReLU(),
            Residual(w // 2, w), nn.MaxPool2d(2, 2), Residual(w, w), Residual(w, w),
        )  # fmt: skip
        self.hgs = nn.ModuleList(Hourglass(4, w) for _ in range(stacks))
        self.feats = nn.ModuleList(
            nn.Sequential(Residual(w, w), nn.Conv2d(w, w, 1), nn.BatchNorm2d(w), nn.ReLU())
            for _ in range(stacks)
        )
        self.outs = nn.ModuleList(nn.Conv2d(w, JOINTS, 1) for _ in range(stacks))
        self.back = nn.ModuleList(nn.Conv2d(w, w, 1) for _ in range(stacks - 1))
        self.heat = nn.ModuleList(nn.Conv2d(JOINTS, w, 1) for _ in range(stacks - 1))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.pre(x)
        maps = []
        for i, (hourglass, feat, out) in enumerate(
            zip(self.hgs, self.feats, self.outs, strict=True)
        ):
            y = feat(hourglass(x))
            maps.append(out(y))
            if i < len(self.back):
                x = x + self.back[i](y) + self.heat[i](maps[-1])
        return tuple(maps)


def plain(fan_in: int, widths: list[tuple[int, int]], last: bool = False) -> nn.Sequential:
    """Convolutions of (width, kernel) with ReLU; the last one may go without."""
    layers: list[nn.Module] = []
    for i, (width, kernel) in enumerate(widths):
        layers.append(nn.Conv2d(fan_in, width, kernel, padding=kernel // 2))
        if last or i < len(widths) - 1:
            layers.append(nn.ReLU(inplace=True))
        fan_in = width
    return nn.Sequential(*layers)


class OpenPose(nn.Module):
    """The body network: VGG-19 start, two branches, refining stages of 7x7 convolutions."""

    def __init__(self, stages: int) -> None:
        super().__init__()
        vgg = list(vgg_features(19, False))[:23]
        self.front = nn.Sequential(*vgg, *plain(32, [(16, 3), (8, 3)], last=True))
        self.first, self.rest = nn.ModuleList(), nn.ModuleList()
        for out in (2 * JOINTS, JOINTS + 1):
            self.first.append(plain(8, [(8, 3)] * 3 + [(32, 1), (out, 1)]))
        for _ in range(stages - 1):
            pair = nn.ModuleList(
                plain(8 + 3 * JOINTS + 1, [(8, 7)] * 5 + [(8, 1), (out, 1)])
                for out in (2 * JOINTS, JOINTS + 1)
            )
            self.rest.append(pair)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.front(x)
        a, b = self.first[0](x), self.first[1](x)
        for pair in self.rest:
            y = torch.cat([a, b, x], 1)
            a, b = pair[0](y), pair[1](y)
        return a, b


class CPM(nn.Module):
    """Convolutional pose machine: 9x9 and 11x11 kernels, stages that see the belief maps."""

    def __init__(self, stages: int) -> None:
        super().__init__()

        def trunk() -> nn.Sequential:
            layers: list[nn.Module] = []
            fan_in = 3
            for _ in range(3):
                layers += [nn.Conv2d(fan_in, 16, 9, padding=4), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
                fan_in = 16
            return nn.Sequential(*layers, nn.Conv2d(16, 8, 5, padding=2), nn.ReLU())

        self.one, self.two = trunk(), trunk()
        self.first = plain(8, [(32, 9), (32, 1), (JOINTS + 1, 1)])
        self.rest = nn.ModuleList(
            plain(8 + JOINTS + 1, [(16, 11)] * 3 + [(16, 1), (JOINTS + 1, 1)])
            for _ in range(stages - 1)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = [self.first(self.one(x))]
        image = self.two(x)
        for stage in self.rest:
            maps.append(stage(torch.cat([image, maps[-1]], dim=1)))
        return tuple(maps)


class SimpleBaseline(nn.Module):
    """A ResNet, three deconvolutions and a 1x1 convolution."""

    def __init__(self, basic: bool, depths: list[int]) -> None:
        super().__init__()
        self.body = Features(basic, depths)
        layers: list[nn.Module] = []
        fan_in = self.body.widths[3]
        for _ in range(3):
            layers += [nn.ConvTranspose2d(fan_in, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16)]
            layers.append(nn.ReLU(inplace=True))
            fan_in = 16
        self.deconv, self.final = nn.Sequential(*layers), nn.Conv2d(16, JOINTS, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.final(self.deconv(self.body(x)[3]))


class Exchange(nn.Module):
    """One HRNet module: blocks per branch, then every branch to every resolution."""

    def __init__(self, widths: list[int], blocks: int, single: bool = False) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(Basic(w, w, 1, None) for _ in range(blocks))) for w in widths
        )
        self.fuse = nn.ModuleList(
            nn.ModuleList(self.link(widths, j, i) for j in range(len(widths)))
            for i in range(1 if single else len(widths))
        )

    @staticmethod
    def link(w: list[int], j: int, i: int) -> nn.Module:
        """From branch j to branch i."""
        if j == i:
            return nn.Identity()
        if j > i:
            up = nn.Upsample(scale_factor=2 ** (j - i), mode="nearest")
            return nn.Sequential(cbr(w[j], w[i], 1, act=None), up)
        steps: list[nn.Module] = [cbr(w[j], w[j], 3, 2) for _ in range(i - j - 1)]
        return nn.Sequential(*steps, cbr(w[j], w[i], 3, 2, act=None))

    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        xs = [branch(x) for branch, x in zip(self.branches, xs, strict=True)]
        out = []
        for row in self.fuse:
            y = row[0](xs[0])
            for link, x in zip(list(row)[1:], xs[1:], strict=True):
                y = y + link(x)
            out.append(F.relu(y))
        return out


class HRNet(nn.Module):
    """HRNet for poses, or with concatenated branches for segmentation."""

    def __init__(self, width: int, modules: tuple[int, int, int], blocks: int, seg: bool) -> None:
        super().__init__()
        w = [width * 2**i for i in range(4)]
        self.seg, self.stem = seg, nn.Sequential(cbr(3, 16, 3, 2), cbr(16, 16, 3, 2))
        down = cbr(16, 32, 1, act=None)
        rest = 3 if blocks == 4 else 0
        self.layer1 = nn.Sequential(
            Bottle(16, 8, 1, down), *(Bottle(32, 8, 1, None) for _ in range(rest))
        )
        self.split = nn.ModuleList([cbr(32, w[0]), cbr(32, w[1], 3, 2)])
        self.grow = nn.ModuleList([cbr(w[1], w[2], 3, 2), cbr(w[2], w[3], 3, 2)])
        self.stages = nn.ModuleList()
        for index, count in enumerate(modules):
            parts = [
                Exchange(w[: index + 2], blocks, not seg and index == 2 and i == count - 1)
                for i in range(count)
            ]
            self.stages.append(nn.ModuleList(parts))
        total = sum(w) if seg else w[0]
        head = [cbr(total, total, 1)] if seg else []
        self.final = nn.Sequential(*head, nn.Conv2d(total, JOINTS, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(self.stem(x))
        xs = [part(x) for part in self.split]
        for index, stage in enumerate(self.stages):
            if index:
                xs = [*xs, self.grow[index - 1](xs[-1])]
            for part in stage:
                xs = part(xs)
        if not self.seg:
            return self.final(xs[0])
        size = xs[0].shape[2:]
        ups = [F.interpolate(y, size=size, mode="bilinear", align_corners=True) for y in xs[1:]]
        return self.final(torch.cat([xs[0], *ups], 1))


class ENetBlock(nn.Module):
    """ENet's bottleneck: `kind` is regular, a dilation, asymmetric, down or up."""

    def __init__(self, fan_in: int, out: int, kind: str = "1") -> None:
        super().__init__()
        inner, self.kind = fan_in // 4, kind
        k = 2 if kind == "down" else 1
        self.first = self.unit(nn.Conv2d(fan_in, inner, k, k, bias=False))
        if kind == "asym":
            middle: nn.Module = nn.Sequential(
                nn.Conv2d(inner, inner, (5, 1), padding=(2, 0), bias=False),
                nn.BatchNorm2d(inner), nn.PReLU(),
                nn.Conv2d(inner, inner, (1, 5), padding=(0, 2), bias=False),
            )  # fmt: skip
        elif kind == "up":
            middle = nn.ConvTranspose2d(inner, inner, 2, 2, bias=False)
        else:
            rate = int(kind) if kind.isdigit() else 1
            middle = nn.Conv2d(inner, inner, 3, padding=rate, dilation=rate, bias=False)
        self.middle = self.unit(middle, inner)
        self.last = self.unit(nn.Conv2d(inner, out, 1, bias=False))
        self.drop, self.act = nn.Dropout2d(0.1), nn.PReLU()
        self.pool = nn.MaxPool2d(2, 2)
        self.main = nn.Sequential(nn.Conv2d(fan_in, out, 1, bias=False), nn.BatchNorm2d(out))
        self.extra = out - fan_in

    @staticmethod
    def unit(conv: nn.Module, width: int = 0) -> nn.Sequential:
        """A convolution, BatchNorm, PReLU."""
        width = width or int(conv.out_channels)  # type: ignore[arg-type]
        return nn.Sequential(conv, nn.BatchNorm2d(width), nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        main = x
        if self.kind == "down":
            main = F.pad(self.pool(x), (0, 0, 0, 0, 0, self.extra))
        elif self.kind == "up":
            main = F.interpolate(self.main(x), scale_factor=2.0, mode="nearest")
        return self.act(main + self.drop(self.last(self.middle(self.first(x)))))


class ENet(nn.Module):
    def __init__(self, w: int = 16) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 13, 3, 2, 1, bias=False), nn.MaxPool2d(3, 2, 1)
        self.norm, self.act = nn.BatchNorm2d(16), nn.PReLU()
        cycle = ["1", "2", "asym", "4", "1", "8", "asym", "16"]
        blocks = [ENetBlock(16, 4 * w, "down"), *(ENetBlock(4 * w, 4 * w) for _ in range(4))]
        blocks.append(ENetBlock(4 * w, 8 * w, "down"))
        blocks += [ENetBlock(8 * w, 8 * w, kind) for kind in cycle + cycle]
        blocks += [ENetBlock(8 * w, 4 * w, "up"), ENetBlock(4 * w, 4 * w), ENetBlock(4 * w, 4 * w)]
        blocks += [ENetBlock(4 * w, w, "up"), ENetBlock(w, w)]
        self.blocks, self.full = nn.Sequential(*blocks), nn.ConvTranspose2d(w, 6, 3, 2, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(torch.cat((self.conv(x), self.pool(x)), 1)))
        return self.full(self.blocks(x))


class MixerLayer(nn.Module):
    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens, self.channels = self.mlp(tokens, width // 2), self.mlp(width, 4 * width)

    @staticmethod
    def mlp(width: int, inner: int) -> nn.Sequential:
        """Two linear layers."""
        return nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, depth: int, patch: int, width: int = 32, size: int = 128) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)
        tokens = (size // patch) ** 2
        self.blocks = nn.Sequential(*(MixerLayer(tokens, width) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 20)

    def forward(self, x: Tensor) -> Tensor:
        x = self.proj(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(x)).mean(dim=1))


class Skip(nn.Sequential):
    """What is inside, added to its input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x


def convmixer(depth: int, kernel: int, patch: int, width: int = 24) -> nn.Module:
    """ConvMixer from the paper's listing."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, patch, patch), nn.GELU(), nn.BatchNorm2d(width)]
    for _ in range(depth):
        depthwise = nn.Conv2d(width, width, kernel, groups=width, padding="same")
        layers += [
            Skip(depthwise, nn.GELU(), nn.BatchNorm2d(width)),
            nn.Conv2d(width, width, 1), nn.GELU(), nn.BatchNorm2d(width),
        ]  # fmt: skip
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(width, 20))


TIMM, OWN = twins("timm-style"), twins("repository-style")
POSE, SEG = {"task": "pose"}, {"task": "segmentation"}
SPECS: list[Spec] = [
    OWN("hourglass-1", "hourglass", lambda: Stacked(1), **POSE),
    OWN("hourglass-2", "hourglass", lambda: Stacked(2), **POSE),
    OWN("openpose", "openpose", lambda: OpenPose(6), **POSE),
    OWN("openpose-3", "openpose", lambda: OpenPose(3), 96, **POSE, variant="openpose"),
    OWN("cpm", "cpm", lambda: CPM(6), **POSE),
    OWN("simple-baseline-r18", "simple-baseline", lambda: SimpleBaseline(True, [2, 2, 2, 2]),
        (128, 96), **POSE, components="resnet"),
    OWN("simple-baseline-r50", "simple-baseline", lambda: SimpleBaseline(False, [3, 4, 6, 3]),
        (128, 96), **POSE, components="resnet"),
    OWN("hrnet-w32", "hrnet", lambda: HRNet(4, (1, 4, 3), 4, False), (128, 96), **POSE),
    OWN("hrnet-w18-small", "hrnet", lambda: HRNet(4, (1, 1, 1), 2, True), **SEG),
    OWN("enet", "enet", ENet, **SEG),
    OWN("enet-narrow", "enet", lambda: ENet(8), 96, **SEG, variant="enet"),
    TIMM("mixer-s16", "mlp-mixer", lambda: Mixer(8, 16)),
    TIMM("mixer-b32", "mlp-mixer", lambda: Mixer(4, 32)),
    TIMM("convmixer-7", "convmixer", lambda: convmixer(6, 7, 7), 112, variant="convmixer"),
    TIMM("convmixer-9", "convmixer", lambda: convmixer(8, 9, 14), 112, variant="convmixer"),
]  # fmt: skip
