# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Segmentation networks: torchvision, segmentation-models and well-known repositories."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr, twins
from benchmarks.zoo.second.det_other import Features
from benchmarks.zoo.second.tv_classic import vgg_features
from benchmarks.zoo.spec import Spec

CLASSES = 6


class Dilated(nn.Module):
    """A ResNet whose last two stages dilate in place of striding."""

    def __init__(self, basic: bool, depths: list[int], last: bool = True) -> None:
        super().__init__()
        self.body = Features(basic, depths)
        self.widths = self.body.widths
        for index, rate in ((2, 2), (3, 4)) if last else ((3, 2),):
            for module in self.body.stages[index].modules():
                if isinstance(module, nn.Conv2d):
                    module.stride = (1, 1)
                    if module.kernel_size == (3, 3):
                        module.dilation = module.padding = (rate, rate)

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.body(x)


class FCN(nn.Module):
    """torchvision's FCN on a dilated ResNet."""

    def __init__(self, aux: bool = False) -> None:
        super().__init__()
        self.backbone = Dilated(False, [3, 4, 6, 3])
        self.classifier = self.head(128)
        self.aux = self.head(64) if aux else None

    @staticmethod
    def head(width: int) -> nn.Sequential:
        """A convolution to a quarter and the classifier."""
        quarter = width // 4
        return nn.Sequential(cbr(width, quarter), nn.Dropout(0.1), nn.Conv2d(quarter, CLASSES, 1))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        size = x.shape[-2:]
        features = self.backbone(x)
        out = self.classifier(features[3])
        out = F.interpolate(out, size=size, mode="bilinear", align_corners=False)
        if self.aux is None:
            return out
        aux = self.aux(features[2])
        return out, F.interpolate(aux, size=size, mode="bilinear", align_corners=False)


class FCN8s(nn.Module):
    """The original FCN-8s on VGG-16 with transposed convolutions and crops."""

    def __init__(self) -> None:
        super().__init__()
        layers = list(vgg_features(16, False))
        layers[0].padding = (100, 100)
        for index in (4, 9, 16, 23, 30):
            layers[index] = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.to3, self.to4, self.to5 = (
            nn.Sequential(*layers[a:b]) for a, b in ((0, 17), (17, 24), (24, 31))
        )
        self.fc = nn.Sequential(
            nn.Conv2d(32, 64, 7), nn.ReLU(), nn.Dropout2d(), nn.Conv2d(64, 64, 1), nn.ReLU(),
            nn.Dropout2d(), nn.Conv2d(64, CLASSES, 1),
        )  # fmt: skip
        self.score3, self.score4 = nn.Conv2d(16, CLASSES, 1), nn.Conv2d(32, CLASSES, 1)
        self.up2 = nn.ConvTranspose2d(CLASSES, CLASSES, 4, 2, bias=False)
        self.up4 = nn.ConvTranspose2d(CLASSES, CLASSES, 4, 2, bias=False)
        self.up8 = nn.ConvTranspose2d(CLASSES, CLASSES, 16, 8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        pool3 = self.to3(x)
        pool4 = self.to4(pool3)
        up = self.up2(self.fc(self.to5(pool4)))
        side = self.score4(pool4)[:, :, 5 : 5 + up.size(2), 5 : 5 + up.size(3)]
        up = self.up4(up + side)
        side = self.score3(pool3)[:, :, 9 : 9 + up.size(2), 9 : 9 + up.size(3)]
        up = self.up8(up + side)
        return up[:, :, 31 : 31 + size[0], 31 : 31 + size[1]].contiguous()


class ASPP(nn.Module):
    def __init__(self, fan_in: int, out: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.convs = nn.ModuleList([cbr(fan_in, out, 1)])
        self.convs.extend(cbr(fan_in, out, 3, dilation=rate) for rate in rates)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), cbr(fan_in, out, 1))
        self.project = nn.Sequential(cbr(out * 5, out, 1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        outs = [conv(x) for conv in self.convs]
        pooled = self.pool(x)
        size = x.shape[-2:]
        outs.append(F.interpolate(pooled, size=size, mode="bilinear", align_corners=False))
        return self.project(torch.cat(outs, dim=1))


class DeepLab(nn.Module):
    """DeepLabV3 of torchvision, or V3+ with the low-level decoder."""

    def __init__(self, plus: bool, depths: list[int], basic: bool = False) -> None:
        super().__init__()
        self.backbone = Dilated(basic, depths, last=not plus)
        wide, low = self.backbone.widths[3], self.backbone.widths[0]
        rates = (6, 12, 18) if plus else (12, 24, 36)
        self.aspp, self.plus = ASPP(wide, 16, rates), plus
        self.low = cbr(low, 8, 1) if plus else nn.Identity()
        body = [cbr(24, 16), cbr(16, 16)] if plus else [cbr(16, 16)]
        self.classifier = nn.Sequential(*body, nn.Conv2d(16, CLASSES, 1))

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        features = self.backbone(x)
        y = self.aspp(features[3])
        if self.plus:
            low = self.low(features[0])
            y = F.interpolate(y, size=low.shape[-2:], mode="bilinear", align_corners=True)
            y = torch.cat((y, low), 1)
        return F.interpolate(self.classifier(y), size=size, mode="bilinear", align_corners=False)


def double(fan_in: int, out: int, norm: bool = True) -> nn.Sequential:
    """U-Net's pair of convolutions, with or without BatchNorm."""
    if norm:
        return nn.Sequential(cbr(fan_in, out), cbr(out, out))
    return nn.Sequential(
        nn.Conv2d(fan_in, out, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(out, out, 3, padding=1), nn.ReLU(inplace=True),
    )  # fmt: skip


class UNet(nn.Module):
    """The U-Net of milesial's repository, which pads what is up to the size of the skip."""

    def __init__(self, bilinear: bool, norm: bool = True, width: int = 4, pad: bool = True) -> None:
        super().__init__()
        w = [width * 2**i for i in range(5)]
        factor = 2 if bilinear else 1
        self.pad, self.inc = pad, double(3, w[0], norm)
        deep = [w[1], w[2], w[3], w[4] // factor]
        ins = zip(w, deep, strict=False)
        self.down = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), double(a, b, norm)) for a, b in ins
        )
        self.up, self.fuse = nn.ModuleList(), nn.ModuleList()
        for i in (4, 3, 2, 1):
            up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.up.append(up if bilinear else nn.ConvTranspose2d(w[i], w[i - 1], 2, stride=2))
            out = w[i - 1] // factor if i > 1 else w[0]
            self.fuse.append(double(w[i], out, norm))
        self.outc = nn.Conv2d(w[0], CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.inc(x)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        for up, fuse, skip in zip(self.up, self.fuse, skips[::-1], strict=True):
            x = up(x)
            if self.pad:
                dy, dx = skip.size()[2] - x.size()[2], skip.size()[3] - x.size()[3]
                x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
            x = fuse(torch.cat([skip, x], dim=1))
        return self.outc(x)


class SmpUNet(nn.Module):
    """The U-Net of segmentation-models: ResNet encoder, nearest upsampling."""

    def __init__(self, basic: bool, depths: list[int]) -> None:
        super().__init__()
        self.encoder = Features(basic, depths)
        skips = [*self.encoder.widths[2::-1], 8 if basic else 4, 0]
        fan_in = self.encoder.widths[3]
        self.blocks = nn.ModuleList()
        for skip, out in zip(skips, (32, 24, 16, 12, 8), strict=True):
            self.blocks.append(nn.Sequential(cbr(fan_in + skip, out), cbr(out, out)))
            fan_in = out
        self.head = nn.Conv2d(fan_in, CLASSES, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.encoder.stem(x)
        y = self.encoder.maxpool(first)
        features = [first]
        for stage in self.encoder.stages:
            y = stage(y)
            features.append(y)
        for i, block in enumerate(self.blocks):
            y = F.interpolate(y, scale_factor=2.0, mode="nearest")
            if i < 4:
                y = torch.cat([y, features[3 - i]], dim=1)
            y = block(y)
        return self.head(y)


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear upsampling to the size of the other."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class RSU(nn.Module):
    """The residual U-block of U2-Net; `flat` dilates in place of pooling."""

    def __init__(self, height: int, fan_in: int, mid: int, out: int, flat: bool = False) -> None:
        super().__init__()
        rate = [1, 2, 4, 8]
        self.flat, self.rin = flat, self.rebn(fan_in, out)
        self.enc = nn.ModuleList([self.rebn(out, mid)])
        for i in range(1, height - 1):
            self.enc.append(self.rebn(mid, mid, rate[i] if flat else 1))
        self.bottom = self.rebn(mid, mid, 8 if flat else 2)
        self.dec = nn.ModuleList()
        for i in range(height - 2, -1, -1):
            self.dec.append(self.rebn(2 * mid, mid if i else out, rate[i] if flat else 1))
        self.pool = nn.MaxPool2d(2, stride=2, ceil_mode=True)

    @staticmethod
    def rebn(fan_in: int, out: int, rate: int = 1) -> nn.Sequential:
        """Convolution with bias, BatchNorm, ReLU."""
        conv = nn.Conv2d(fan_in, out, 3, padding=rate, dilation=rate)
        return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        x = whole = self.rin(x)
        kept = []
        for i, enc in enumerate(self.enc):
            x = enc(x)
            kept.append(x)
            if not self.flat and i < len(self.enc) - 1:
                x = self.pool(x)
        y = self.bottom(kept[-1])
        for dec, skip in zip(self.dec, kept[::-1], strict=True):
            y = dec(torch.cat((y if y.shape == skip.shape else resize(y, skip), skip), 1))
        return y + whole


class U2Net(nn.Module):
    def __init__(self, small: bool) -> None:
        super().__init__()
        if small:
            rows = [(3, 2, 8), (8, 2, 8), (8, 2, 8), (8, 2, 8), (8, 2, 8), (8, 2, 8)]
            backs = [(16, 2, 8)] * 5
        else:
            rows = [(3, 4, 8), (8, 4, 16), (16, 8, 24), (24, 8, 32), (32, 8, 32), (32, 8, 32)]
            backs = [(64, 8, 32), (64, 8, 24), (48, 4, 16), (32, 4, 8), (16, 2, 8)]
        heights = [7, 6, 5, 4, 4, 4]
        self.stages = nn.ModuleList(
            RSU(h, *row, flat=i > 3) for i, (h, row) in enumerate(zip(heights, rows, strict=True))
        )
        self.backs = nn.ModuleList(
            RSU(h, *row, flat=i == 0)
            for i, (h, row) in enumerate(zip([4, 4, 5, 6, 7], backs, strict=True))
        )
        self.pool = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        widths = [row[2] for row in backs[::-1]] + [rows[-1][2]]
        self.sides = nn.ModuleList(nn.Conv2d(w, 1, 3, padding=1) for w in widths)
        self.outconv = nn.Conv2d(6, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        kept = []
        for i, stage in enumerate(self.stages):
            x = stage(self.pool(x) if i else x)
            kept.append(x)
        outs = [x]
        for back, skip in zip(self.backs, kept[4::-1], strict=True):
            x = back(torch.cat((resize(x, skip), skip), 1))
            outs.append(x)
        maps = [side(o) for side, o in zip(self.sides, outs[::-1], strict=True)]
        maps = [maps[0]] + [resize(m, maps[0]) for m in maps[1:]]
        fused = self.outconv(torch.cat(maps, 1))
        return tuple(torch.sigmoid(m) for m in (fused, *maps))


class PSPNet(nn.Module):
    """Pyramid pooling on a dilated ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Dilated(True, [2, 2, 2, 2])
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(s), cbr(64, 16, 1)) for s in (1, 2, 4, 8)
        )
        self.last = nn.Sequential(cbr(128, 16), nn.Dropout2d(0.1), nn.Conv2d(16, CLASSES, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.backbone(x)[3]
        y = torch.cat([y] + [resize(stage(y), y) for stage in self.stages], 1)
        return resize(self.last(y), x)


R18, R50 = [2, 2, 2, 2], [3, 4, 6, 3]
TV, SMP, OWN = (twins(f"{each}-style") for each in ("torchvision", "smp", "repository"))
TASK = {"task": "segmentation"}
SPECS: list[Spec] = [
    TV("fcn-resnet-50", "fcn", FCN, **TASK, components="resnet"),
    TV("fcn-resnet-50-aux", "fcn", lambda: FCN(True), 96, **TASK, components="resnet",
       variant="fcn-resnet-50"),
    OWN("fcn8s", "fcn", FCN8s, 160, **TASK, components="vgg", variant="fcn-8s"),
    TV("deeplabv3-r50", "deeplab", lambda: DeepLab(False, R50), **TASK, variant="deeplabv3",
       components="resnet"),
    TV("deeplabv3-r18", "deeplab", lambda: DeepLab(False, R18, True), 96, **TASK,
       variant="deeplabv3", components="resnet"),
    SMP("deeplabv3plus-r50", "deeplab", lambda: DeepLab(True, R50), **TASK, variant="deeplabv3+",
        components="resnet"),
    SMP("deeplabv3plus-r18", "deeplab", lambda: DeepLab(True, R18, True), 160, **TASK,
        variant="deeplabv3+", components="resnet"),
    OWN("unet", "unet", lambda: UNet(False), **TASK),
    OWN("unet-bilinear", "unet", lambda: UNet(True), 96, **TASK, variant="unet"),
    OWN("unet-plain", "unet", lambda: UNet(False, False, 8, False), 64, **TASK, variant="unet"),
    SMP("unet-r18", "unet", lambda: SmpUNet(True, R18), **TASK, components="resnet",
        variant="unet-resnet"),
    SMP("unet-r50", "unet", lambda: SmpUNet(False, R50), 96, **TASK, components="resnet",
        variant="unet-resnet"),
    OWN("u2net", "u2net", lambda: U2Net(False), **TASK),
    OWN("u2netp", "u2net", lambda: U2Net(True), 96, **TASK),
    SMP("pspnet", "pspnet", PSPNet, **TASK, components="resnet"),
]  # fmt: skip
