# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Other detectors: SSD, RetinaNet, FCOS, CenterNet and face detectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr
from benchmarks.zoo.second.tv_classic import vgg_features
from benchmarks.zoo.second.tv_mobile import Inverted, eighths
from benchmarks.zoo.second.tv_resnets import Basic, Bottle, ResNet

CLASSES = 6


def conv(fan_in: int, fan_out: int, k: int = 3, s: int = 1, p: int = 1) -> nn.Conv2d:
    """A convolution with bias."""
    return nn.Conv2d(fan_in, fan_out, k, s, p)


class L2Norm(nn.Module):
    """SSD's scaled L2 normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), 20.0))

    def forward(self, x: Tensor) -> Tensor:
        norm = x.pow(2).sum(dim=1, keepdim=True).sqrt() + 1e-10
        return self.weight.unsqueeze(0).unsqueeze(2).unsqueeze(3) * torch.div(x, norm)


class SSD300(nn.Module):
    """SSD300 on VGG-16, as in ssd.pytorch."""

    def __init__(self, softmax: bool = True) -> None:
        super().__init__()
        body = list(vgg_features(16, False))[:-1]
        body[16] = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.vgg1, self.vgg2 = nn.Sequential(*body[:23]), nn.Sequential(*body[23:])
        self.tail = nn.Sequential(
            nn.MaxPool2d(3, 1, 1), nn.Conv2d(32, 64, 3, padding=6, dilation=6), nn.ReLU(),
            nn.Conv2d(64, 64, 1), nn.ReLU(),
        )  # fmt: skip
        self.norm, self.softmax = L2Norm(32), softmax
        self.extras = nn.ModuleList([
            conv(64, 16, 1, 1, 0), conv(16, 32, 3, 2, 1), conv(32, 8, 1, 1, 0), conv(8, 16, 3, 2),
            conv(16, 8, 1, 1, 0), conv(8, 16, 3, 1, 0), conv(16, 8, 1, 1, 0), conv(8, 16, 3, 1, 0),
        ])  # fmt: skip
        widths, boxes = (32, 64, 32, 16, 16, 16), (4, 6, 6, 6, 4, 4)
        pairs = list(zip(widths, boxes, strict=True))
        self.loc = nn.ModuleList(conv(w, b * 4) for w, b in pairs)
        self.conf = nn.ModuleList(conv(w, b * CLASSES) for w, b in pairs)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.vgg1(x)
        sources = [self.norm(x)]
        x = self.tail(self.vgg2(x))
        sources.append(x)
        for k, extra in enumerate(self.extras):
            x = F.relu(extra(x), inplace=True)
            if k % 2 == 1:
                sources.append(x)
        loc = [
            a(s).permute(0, 2, 3, 1).contiguous() for s, a in zip(sources, self.loc, strict=True)
        ]
        conf = [
            a(s).permute(0, 2, 3, 1).contiguous() for s, a in zip(sources, self.conf, strict=True)
        ]
        boxes = torch.cat([o.view(o.size(0), -1) for o in loc], 1)
        scores = torch.cat([o.view(o.size(0), -1) for o in conf], 1)
        scores = scores.view(scores.size(0), -1, CLASSES)
        scores = F.softmax(scores, -1) if self.softmax else scores
        return boxes.view(boxes.size(0), -1, 4), scores


class SSDLite(nn.Module):
    """SSDLite on MobileNetV2: separable heads, six scales."""

    def __init__(self, mult: float) -> None:
        super().__init__()
        rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                (6, 160, 3, 2), (6, 320, 1, 1)]  # fmt: skip
        act = nn.ReLU6
        fan_in = eighths(32 * mult)
        layers: list[nn.Module] = [cbr(3, fan_in, 3, 2, act=act)]
        widths = []
        for expand, width, count, stride in rows:
            for i in range(count):
                if stride == 2 and i == 0 and width == 160:
                    hidden = fan_in * expand
                    self.split = cbr(fan_in, hidden, 1, act=act)
                    self.early = nn.Sequential(*layers)
                    widths.append(hidden)
                    layers = [
                        cbr(hidden, hidden, 3, 2, hidden, act),
                        cbr(hidden, eighths(width * mult), 1, act=None),
                    ]
                else:
                    step = 1 if i else stride
                    out = eighths(width * mult)
                    layers.append(Inverted(fan_in, fan_in * expand, out, 3, step, act))
                fan_in = eighths(width * mult)
        self.late = nn.Sequential(*layers, cbr(fan_in, 96, 1, act=act))
        widths.append(96)
        self.extras = nn.ModuleList()
        for out in (64, 48, 48, 32):
            parts = (cbr(widths[-1], out // 2, 1, act=act),
                     cbr(out // 2, out // 2, 3, 2, out // 2, act),
                     cbr(out // 2, out, 1, act=act))  # fmt: skip
            self.extras.append(nn.Sequential(*parts))
            widths.append(out)
        self.loc = nn.ModuleList(self.separable(w, 6 * 4) for w in widths)
        self.conf = nn.ModuleList(self.separable(w, 6 * CLASSES) for w in widths)

    @staticmethod
    def separable(width: int, out: int) -> nn.Module:
        """A depthwise and a pointwise convolution."""
        return nn.Sequential(cbr(width, width, 3, 1, width, nn.ReLU6), nn.Conv2d(width, out, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.split(self.early(x))
        sources = [x]
        x = self.late(x)
        sources.append(x)
        for extra in self.extras:
            x = extra(x)
            sources.append(x)
        boxes, scores = [], []
        for source, loc, conf in zip(sources, self.loc, self.conf, strict=True):
            n = source.shape[0]
            boxes.append(loc(source).permute(0, 2, 3, 1).reshape(n, -1, 4))
            scores.append(conf(source).permute(0, 2, 3, 1).reshape(n, -1, CLASSES))
        return torch.cat(boxes, 1), torch.cat(scores, 1).softmax(-1)


class Features(nn.Module):
    """The stages of a ResNet."""

    def __init__(self, basic: bool, depths: list[int]) -> None:
        super().__init__()
        body = ResNet(Basic, depths, 1) if basic else ResNet(Bottle, depths, 4, 4)
        self.stem, self.maxpool, self.stages = body.stem, body.maxpool, body.stages
        self.widths = [8 * 2**i if basic else 16 * 2**i for i in range(4)]

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.maxpool(self.stem(x))
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out


class FPN(nn.Module):
    """The feature pyramid of torchvision with two more levels."""

    def __init__(self, widths: list[int], out: int) -> None:
        super().__init__()
        self.inner = nn.ModuleList(nn.Conv2d(w, out, 1) for w in widths)
        self.layer = nn.ModuleList(conv(out, out) for _ in widths)
        self.p6, self.p7 = conv(out, out, 3, 2), conv(out, out, 3, 2)

    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        last = self.inner[-1](xs[-1])
        outs = [self.layer[-1](last)]
        for i in range(len(xs) - 2, -1, -1):
            lateral = self.inner[i](xs[i])
            last = lateral + F.interpolate(last, size=lateral.shape[-2:], mode="nearest")
            outs.insert(0, self.layer[i](last))
        p6 = self.p6(outs[-1])
        return [*outs, p6, self.p7(F.relu(p6))]


class RetinaNet(nn.Module):
    def __init__(self, basic: bool, depths: list[int], out: int = 16) -> None:
        super().__init__()
        self.body = Features(basic, depths)
        self.fpn = FPN(self.body.widths[1:], out)
        self.cls, self.box = self.tower(out, 9 * CLASSES), self.tower(out, 9 * 4)

    @staticmethod
    def tower(width: int, out: int) -> nn.Sequential:
        """Four convolutions shared by all levels, and the output."""
        layers: list[nn.Module] = []
        for _ in range(4):
            layers += [conv(width, width), nn.ReLU()]
        return nn.Sequential(*layers, conv(width, out))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scores, boxes = [], []
        for level in self.fpn(self.body(x)[1:]):
            for head, k, kept in ((self.cls, CLASSES, scores), (self.box, 4, boxes)):
                y = head(level)
                n, _, h, w = y.shape
                y = y.view(n, -1, k, h, w).permute(0, 3, 4, 1, 2)
                kept.append(y.reshape(n, -1, k))
        return torch.cat(scores, 1).sigmoid(), torch.cat(boxes, 1)


class FCOS(nn.Module):
    """Anchor-free: group-normalised towers, a learnt scale per level, centre-ness."""

    def __init__(self, out: int = 16) -> None:
        super().__init__()
        self.body = Features(False, [3, 4, 6, 3])
        self.fpn = FPN(self.body.widths[1:], out)
        self.cls, self.reg = self.tower(out), self.tower(out)
        self.logits, self.pred, self.ctr = conv(out, CLASSES), conv(out, 4), conv(out, 1)
        self.scales = nn.ParameterList(nn.Parameter(torch.ones(1)) for _ in range(5))

    @staticmethod
    def tower(width: int) -> nn.Sequential:
        """Four convolutions with group norm."""
        layers: list[nn.Module] = []
        for _ in range(4):
            layers += [conv(width, width), nn.GroupNorm(4, width), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        out: list[Tensor] = []
        for scale, level in zip(self.scales, self.fpn(self.body(x)[1:]), strict=True):
            c, r = self.cls(level), self.reg(level)
            out += [self.logits(c), F.relu(self.pred(r) * scale), self.ctr(r)]
        return tuple(out)


class CenterNet(nn.Module):
    """CenterNet on a ResNet with three deconvolutions and peak finding by max pooling."""

    def __init__(self, depths: list[int], peaks: bool = True) -> None:
        super().__init__()
        self.body, self.peaks = Features(True, depths), peaks
        layers: list[nn.Module] = []
        fan_in = self.body.widths[-1]
        for width in (32, 24, 16):
            layers += [nn.ConvTranspose2d(fan_in, width, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            fan_in = width
        self.deconv = nn.Sequential(*layers)
        self.hm, self.wh, self.reg = (
            nn.Sequential(conv(16, 16), nn.ReLU(), nn.Conv2d(16, k, 1)) for k in (CLASSES, 2, 2)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.deconv(self.body(x)[-1])
        heat = self.hm(x).sigmoid()
        if self.peaks:
            heat = heat * (F.max_pool2d(heat, 3, 1, 1) == heat).float()
        return heat, self.wh(x), self.reg(x)


class BlazeBlock(nn.Module):
    def __init__(self, fan_in: int, fan_out: int, stride: int = 1) -> None:
        super().__init__()
        self.stride, self.pad = stride, fan_out - fan_in
        self.convs = nn.Sequential(
            nn.Conv2d(fan_in, fan_in, 5, stride, 0 if stride == 2 else 2, groups=fan_in),
            nn.Conv2d(fan_in, fan_out, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        h, y = x, x
        if self.stride == 2:
            h = F.pad(x, (1, 2, 1, 2), "constant", 0)
            y = F.max_pool2d(x, 2, 2)
        if self.pad > 0:
            y = F.pad(y, (0, 0, 0, 0, 0, self.pad), "constant", 0)
        return F.relu(self.convs(h) + y)


class BlazeFace(nn.Module):
    def __init__(self, back: bool = False) -> None:
        super().__init__()
        if back:
            plan = [(24, 24, 1)] * 7 + [(24, 24, 2)] + [(24, 24, 1)] * 7 + [(24, 48, 2)]
            plan += [(48, 48, 1)] * 7
            last = BlazeBlock(48, 96, 2)
        else:
            plan = [(24, 24, 1), (24, 28, 1), (28, 32, 2), (32, 36, 1), (36, 42, 1), (42, 48, 2)]
            plan += [(48, 56, 1), (56, 64, 1), (64, 72, 1), (72, 80, 1), (80, 88, 1)]
            last = BlazeBlock(88, 96, 2)
        self.stem = nn.Conv2d(3, 24, 5, 2, 0)
        self.early = nn.Sequential(*(BlazeBlock(*each) for each in plan))
        self.late = nn.Sequential(last, *(BlazeBlock(96, 96) for _ in range(4)))
        near = plan[-1][1]
        self.heads = nn.ModuleList(
            nn.Conv2d(w, k, 1) for w, k in ((near, 2), (96, 6), (near, 32), (96, 96))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.early(F.relu(self.stem(F.pad(x, (1, 2, 1, 2)))))
        h = self.late(x)
        n = x.shape[0]
        given = ((x, 1), (h, 1), (x, 16), (h, 16))
        out = [
            head(each).permute(0, 2, 3, 1).reshape(n, -1, k)
            for head, (each, k) in zip(self.heads, given, strict=True)
        ]
        return torch.cat((out[2], out[3]), 1), torch.cat((out[0], out[1]), 1)


class MTCNN(nn.Module):
    """One of the three networks of MTCNN, as in facenet-pytorch."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        widths = {"p": (10, 16, 32), "r": (28, 48, 64), "o": (32, 64, 64, 128)}[kind]
        layers: list[nn.Module] = []
        fan_in = 3
        pools = {"p": (2, 0, 0), "r": (3, 3, 0), "o": (3, 3, 2, 0)}[kind]
        for index, (width, pool) in enumerate(zip(widths, pools, strict=True)):
            k = 2 if (kind, index) in (("r", 2), ("o", 3)) else 3
            layers += [nn.Conv2d(fan_in, width, k), nn.PReLU(width)]
            layers += [nn.MaxPool2d(pool, 2, ceil_mode=True)] if pool else []
            fan_in = width
        self.body, self.kind = nn.Sequential(*layers), kind
        if kind == "p":
            self.heads = nn.ModuleList(nn.Conv2d(32, k, 1) for k in (2, 4))
        else:
            wide = 128 if kind == "r" else 256
            self.dense, self.prelu = nn.Linear(fan_in * 9, wide), nn.PReLU(wide)
            outs = (2, 4) if kind == "r" else (2, 4, 10)
            self.heads = nn.ModuleList(nn.Linear(wide, k) for k in outs)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.body(x)
        if self.kind != "p":
            x = x.permute(0, 3, 2, 1).contiguous()
            x = self.prelu(self.dense(x.view(x.shape[0], -1)))
        score, *rest = (head(x) for head in self.heads)
        return (*rest, F.softmax(score, dim=1))
