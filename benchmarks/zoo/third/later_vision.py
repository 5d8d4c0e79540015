# ruff: noqa: D102 - forward() is described by its class
"""Image networks, written with the rest and scanned after its causes were mended."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, model


def alexnet() -> nn.Module:
    """d2l.ai's AlexNet."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 11, 4, 1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(12, 32, 5, padding=2),
        nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(32, 48, 3, padding=1), nn.ReLU(),
        nn.Conv2d(48, 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )  # fmt: skip


class RegUnit(nn.Module):
    """kuangliu's RegNetY unit: squeeze-and-excite of the input's width, ReLU and sigmoid."""

    def __init__(self, cin: int, out: int, stride: int, group: int) -> None:
        super().__init__()
        self.a = conv_bn(cin, out, 1, act=nn.ReLU())
        self.b = conv_bn(out, out, 3, stride, groups=out // group, act=nn.ReLU())
        self.se1, self.se2 = (
            nn.Conv2d(out, max(1, cin // 4), 1),
            nn.Conv2d(max(1, cin // 4), out, 1),
        )
        self.c = conv_bn(out, out, 1)
        same = stride == 1 and cin == out
        self.shortcut = nn.Sequential() if same else conv_bn(cin, out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        y = y * self.se2(F.relu(self.se1(F.adaptive_avg_pool2d(y, (1, 1))))).sigmoid()
        return F.relu(self.c(y) + self.shortcut(x))


def regnet() -> nn.Module:
    """RegNetY-400MF for small images."""
    layers: list[nn.Module] = [conv_bn(3, 16, 3, act=nn.ReLU())]
    cin = 16
    for depth, out, stride in ((1, 16, 1), (2, 32, 2), (7, 64, 2), (12, 128, 2)):
        for i in range(depth):
            layers.append(RegUnit(cin, out, 1 if i else stride, 8))
            cin = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(cin, 10))


class Basic(nn.Module):
    """A basic residual block."""

    def __init__(self, cin: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.main = nn.Sequential(conv_bn(cin, out, 3, stride, act=nn.ReLU()), conv_bn(out, out))
        self.side = nn.Sequential() if stride == 1 and cin == out else conv_bn(cin, out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.side(x))


class SimpleTree(nn.Module):
    """kuangliu's simplified DLA tree."""

    def __init__(self, cin: int, out: int, level: int, stride: int) -> None:
        super().__init__()
        one = level == 1
        self.left: nn.Module = (
            Basic(cin, out, stride) if one else SimpleTree(cin, out, level - 1, stride)
        )
        self.right: nn.Module = Basic(out, out) if one else SimpleTree(out, out, level - 1, 1)
        self.root = conv_bn(2 * out, out, 1, act=nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        one = self.left(x)
        return self.root(torch.cat([one, self.right(one)], 1))


def dla() -> nn.Module:
    """Simplified DLA for small images."""
    layers: list[nn.Module] = [conv_bn(3, 8, act=nn.ReLU()), conv_bn(8, 8, act=nn.ReLU())]
    layers += [conv_bn(8, 16, act=nn.ReLU()), SimpleTree(16, 32, 1, 1), SimpleTree(32, 64, 2, 2)]
    layers += [SimpleTree(64, 96, 2, 2), SimpleTree(96, 128, 1, 2), nn.AvgPool2d(4), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(128, 10))


class GhostModule(nn.Module):
    """A 1x1 convolution and a cheap depthwise one of it, joined and cut."""

    def __init__(self, cin: int, out: int, relu: bool) -> None:
        super().__init__()
        half, self.out = math.ceil(out / 2), out
        act = nn.ReLU() if relu else None
        self.primary, self.cheap = (
            conv_bn(cin, half, 1, act=act),
            conv_bn(half, half, 3, groups=half, act=act),
        )

    def forward(self, x: Tensor) -> Tensor:
        one = self.primary(x)
        return torch.cat([one, self.cheap(one)], dim=1)[:, : self.out, :, :]


class GhostUnit(nn.Module):
    """iamhankai's bottleneck: hard-sigmoid gates, a depthwise shortcut where it strides."""

    def __init__(self, cin: int, mid: int, out: int, k: int, stride: int, se: bool) -> None:
        super().__init__()
        self.g1, self.g2 = GhostModule(cin, mid, True), GhostModule(mid, out, False)
        self.dw = conv_bn(mid, mid, k, stride, groups=mid) if stride > 1 else nn.Sequential()
        self.se1, self.se2 = (nn.Conv2d(mid, 4, 1), nn.Conv2d(4, mid, 1)) if se else (None, None)
        short = [*conv_bn(cin, cin, k, stride, groups=cin), *conv_bn(cin, out, 1)]
        self.shortcut = nn.Sequential(*([] if stride == 1 and cin == out else short))

    def forward(self, x: Tensor) -> Tensor:
        y = self.dw(self.g1(x))
        if self.se1 is not None and self.se2 is not None:
            gate = self.se2(F.relu(self.se1(F.adaptive_avg_pool2d(y, 1))))
            y = y * (F.relu6(gate + 3.0) / 6.0)
        return self.g2(y) + self.shortcut(x)


def ghostnet() -> nn.Module:
    """The sixteen bottlenecks of the paper, narrowed."""
    rows = [(3, 8, 8, 0, 1), (3, 24, 12, 0, 2), (3, 36, 12, 0, 1), (5, 36, 20, 1, 2),
            (5, 60, 20, 1, 1), (3, 120, 40, 0, 2), (3, 100, 40, 0, 1), (3, 92, 40, 0, 1),
            (3, 92, 40, 0, 1), (3, 240, 56, 1, 1), (3, 336, 56, 1, 1), (5, 336, 80, 1, 2),
            (5, 480, 80, 0, 1), (5, 480, 80, 1, 1), (5, 480, 80, 0, 1),
            (5, 480, 80, 1, 1)]  # fmt: skip
    layers: list[nn.Module] = [conv_bn(3, 8, 3, 2, act=nn.ReLU())]
    cin = 8
    for k, mid, out, se, stride in rows:
        layers.append(GhostUnit(cin, mid, out, k, stride, bool(se)))
        cin = out
    layers += [conv_bn(cin, 240, 1, act=nn.ReLU()), nn.AdaptiveAvgPool2d((1, 1))]
    return nn.Sequential(
        *layers, nn.Conv2d(240, 128, 1), nn.ReLU(), nn.Flatten(), nn.Linear(128, 20)
    )


class SeNext(nn.Module):
    """Cadene's SE-ResNeXt bottleneck."""

    def __init__(self, cin: int, width: int, stride: int) -> None:
        super().__init__()
        mid, out = width * 2, width * 4
        self.a, self.b = (
            conv_bn(cin, mid, 1, act=nn.ReLU()),
            conv_bn(mid, mid, 3, stride, groups=8, act=nn.ReLU()),
        )
        self.c, self.fc1, self.fc2 = (
            conv_bn(mid, out, 1),
            nn.Conv2d(out, out // 16, 1),
            nn.Conv2d(out // 16, out, 1),
        )
        self.side = conv_bn(cin, out, 1, stride) if stride > 1 or cin != out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.c(self.b(self.a(x)))
        gate = torch.sigmoid(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(y, 1)))))
        return F.relu(gate * y + self.side(x))


def se_resnext() -> nn.Module:
    """Depths 3, 4, 6 and 3; the stem's pooling rounds up instead of padding."""
    layers: list[nn.Module] = [
        conv_bn(3, 16, 7, 2, act=nn.ReLU()),
        nn.MaxPool2d(3, 2, ceil_mode=True),
    ]
    cin = 16
    for stage, depth in enumerate((3, 4, 6, 3)):
        for i in range(depth):
            layers.append(SeNext(cin, 16 << stage, 2 if stage and not i else 1))
            cin = 64 << stage
    return nn.Sequential(*layers, nn.AvgPool2d(4, stride=1), nn.Flatten(), nn.Linear(cin, 20))


class FusedUnit(nn.Module):
    """d-li14's EfficientNetV2 blocks: fused early, squeezed late."""

    def __init__(self, cin: int, out: int, stride: int, grow: int, fused: bool) -> None:
        super().__init__()
        mid, a = cin * grow, nn.SiLU()
        self.identity, self.fused = stride == 1 and cin == out, fused
        if fused and grow == 1:
            self.one: nn.Module = conv_bn(cin, out, 3, stride, act=a)
        elif fused:
            self.one = nn.Sequential(*conv_bn(cin, mid, 3, stride, act=a), *conv_bn(mid, out, 1))
        else:
            self.one = nn.Sequential(
                *conv_bn(cin, mid, 1, act=a), *conv_bn(mid, mid, 3, stride, groups=mid, act=a)
            )
            self.fc = nn.Sequential(
                nn.Linear(mid, cin // 4), nn.SiLU(), nn.Linear(cin // 4, mid), nn.Sigmoid()
            )
            self.two = conv_bn(mid, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.one(x)
        if not self.fused:
            b, c, _, _ = y.size()
            y = self.two(y * self.fc(F.adaptive_avg_pool2d(y, 1).view(b, c)).view(b, c, 1, 1))
        return x + y if self.identity else y


def efficientnetv2() -> nn.Module:
    """EfficientNetV2-S."""
    rows = [(1, 8, 2, 1, True), (4, 12, 4, 2, True), (4, 16, 4, 2, True), (4, 32, 6, 2, False),
            (6, 40, 9, 1, False), (6, 64, 15, 2, False)]  # fmt: skip
    layers: list[nn.Module] = [conv_bn(3, 8, 3, 2, act=nn.SiLU())]
    cin = 8
    for grow, out, depth, stride, fused in rows:
        for i in range(depth):
            layers.append(FusedUnit(cin, out, 1 if i else stride, grow, fused))
            cin = out
    layers += [conv_bn(cin, 160, 1, act=nn.SiLU()), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(160, 20))


class Dense5(nn.Module):
    """xinntao's first residual dense block."""

    def __init__(self, nf: int, gc: int) -> None:
        super().__init__()
        outs = [gc] * 4 + [nf]
        self.convs = nn.ModuleList(nn.Conv2d(nf + i * gc, o, 3, 1, 1) for i, o in enumerate(outs))

    def forward(self, x: Tensor) -> Tensor:
        rows = [x]
        for conv in list(self.convs)[:-1]:
            rows.append(F.leaky_relu(conv(torch.cat(rows, 1)), 0.2))
        return self.convs[4](torch.cat(rows, 1)) * 0.2 + x


class Rrdb(nn.Module):
    """Three of them with a scaled skip."""

    def __init__(self, nf: int, gc: int) -> None:
        super().__init__()
        self.net = nn.Sequential(*[Dense5(nf, gc) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) * 0.2 + x


class OldEsrgan(nn.Module):
    """The generator of ESRGAN's first repository."""

    def __init__(self, nf: int = 12, nb: int = 4, gc: int = 6) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, nf, 3, 1, 1), nn.Conv2d(nf, 3, 3, 1, 1)
        self.trunk = nn.Sequential(*[Rrdb(nf, gc) for _ in range(nb)])
        self.tc, self.u1, self.u2, self.hr = (nn.Conv2d(nf, nf, 3, 1, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        fea = self.first(x)
        fea = fea + self.tc(self.trunk(fea))
        fea = F.leaky_relu(self.u1(F.interpolate(fea, scale_factor=2, mode="nearest")), 0.2)
        fea = F.leaky_relu(self.u2(F.interpolate(fea, scale_factor=2, mode="nearest")), 0.2)
        return self.last(F.leaky_relu(self.hr(fea), 0.2))


class Fcn8(nn.Module):
    """wkentaro's FCN8s: padding by a hundred, scaled scores, crops."""

    def __init__(self, w: int = 4, n: int = 11) -> None:
        super().__init__()
        stages, cin = [], 3
        for i, depth in enumerate((2, 2, 3, 3, 3)):
            out, layers = w << min(i, 3), list[nn.Module]()
            for j in range(depth):
                layers += [
                    nn.Conv2d(cin, out, 3, padding=1 if i or j else 100),
                    nn.ReLU(inplace=True),
                ]
                cin = out
            stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, stride=2, ceil_mode=True)))
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Sequential(nn.Conv2d(cin, 64, 7), nn.ReLU(True), nn.Dropout2d(),
                                nn.Conv2d(64, 64, 1),
                                nn.ReLU(True), nn.Dropout2d(), nn.Conv2d(64, n, 1))  # fmt: skip
        self.s3, self.s4 = nn.Conv2d(w * 4, n, 1), nn.Conv2d(w * 8, n, 1)
        self.up2, self.up2b = (nn.ConvTranspose2d(n, n, 4, stride=2, bias=False) for _ in range(2))
        self.up8 = nn.ConvTranspose2d(n, n, 16, stride=8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h, maps = x, []
        for stage in self.stages:
            h = stage(h)
            maps.append(h)
        h = self.up2(self.fc(h))
        s = self.s4(maps[3] * 0.01)[:, :, 5 : 5 + h.size()[2], 5 : 5 + h.size()[3]]
        h = self.up2b(h + s)
        s = self.s3(maps[2] * 0.0001)[:, :, 9 : 9 + h.size()[2], 9 : 9 + h.size()[3]]
        h = self.up8(h + s)
        return h[:, :, 31 : 31 + x.size()[2], 31 : 31 + x.size()[3]].contiguous()


class LinkDecoder(nn.Module):
    """e-lab's decoder: squeeze, transposed convolution, widen."""

    def __init__(self, cin: int, out: int) -> None:
        super().__init__()
        mid, a = cin // 4, nn.ReLU(True)
        self.one, self.two = conv_bn(cin, mid, 1, act=a), conv_bn(mid, out, 1, act=a)
        self.up = nn.Sequential(nn.ConvTranspose2d(mid, mid, 3, 2, 1, 1), nn.BatchNorm2d(mid), a)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.up(self.one(x)))


class LinkNet(nn.Module):
    """LinkNet on ResNet-18's stages."""

    def __init__(self, w: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, w, 7, 2, act=nn.ReLU()), nn.MaxPool2d(3, 2, 1))
        dims = [w, w, 2 * w, 4 * w, 8 * w]
        self.enc = nn.ModuleList(
            nn.Sequential(Basic(a, b, 2 if i else 1), Basic(b, b))
            for i, (a, b) in enumerate(pairwise(dims))
        )
        self.dec = nn.ModuleList(
            nn.Sequential(LinkDecoder(b, a))
            for a, b in ((4 * w, 8 * w), (2 * w, 4 * w), (w, 2 * w))
        )
        self.last = nn.Sequential(
            nn.ConvTranspose2d(w, 12, 3, 2, 1, 1), nn.BatchNorm2d(12), nn.ReLU(),
            conv_bn(12, 12, act=nn.ReLU()),
            nn.ConvTranspose2d(12, 5, 2, 2),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x, maps = self.stem(x), []
        for enc in self.enc:
            x = enc(x)
            maps.append(x)
        for dec, skip in zip(self.dec, maps[-2::-1], strict=True):
            x = dec(x) + skip
        return self.last(x)


class PoolBlock(nn.Module):
    """sail-sg's PoolFormer block: GroupNorm of one group, layer scales."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.n1, self.n2 = nn.GroupNorm(1, dim), nn.GroupNorm(1, dim)
        self.pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.mlp = nn.Sequential(nn.Conv2d(dim, 4 * dim, 1), nn.GELU(), nn.Conv2d(4 * dim, dim, 1))
        self.s1, self.s2 = (nn.Parameter(1e-5 * torch.ones(dim)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.n1(x)
        x = x + self.s1.unsqueeze(-1).unsqueeze(-1) * (self.pool(y) - y)
        return x + self.s2.unsqueeze(-1).unsqueeze(-1) * self.mlp(self.n2(x))


def poolformer() -> nn.Module:
    """PoolFormer-S24."""
    dims, layers = [16, 32, 48, 64], list[nn.Module]()
    for i, depth in enumerate((4, 4, 12, 4)):
        k, s, p = (3, 2, 1) if i else (7, 4, 2)
        layers.append(nn.Conv2d(dims[i - 1] if i else 3, dims[i], k, s, p))
        layers += [PoolBlock(dims[i]) for _ in range(depth)]
    return nn.Sequential(
        *layers, nn.GroupNorm(1, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 20)
    )


SPECS: list[Spec] = [
    model("d2l-alexnet", "alexnet", alexnet, {"image": (1, 1, 224, 224)}, "d2l.ai"),
    model("kuangliu-regnety", "regnet", regnet, 32, "kuangliu/pytorch-cifar"),
    model("kuangliu-dla", "dla", dla, 32, "kuangliu/pytorch-cifar"),
    model("iamhankai-ghostnet", "ghostnet", ghostnet, 96, "iamhankai/ghostnet.pytorch"),
    model("cadene-se-resnext-50", "se-resnext", se_resnext, 128, "pretrained-models.pytorch"),
    model("d-li14-efficientnetv2-s", "efficientnetv2", efficientnetv2, 96, "d-li14/efficientnetv2"),
    model("xinntao-old-esrgan", "esrgan", OldEsrgan, 24, "xinntao/ESRGAN", task="super-resolution"),
    model("wkentaro-fcn8s", "fcn", Fcn8, 96, "wkentaro/pytorch-fcn", task="segmentation"),
    model("e-lab-linknet", "linknet", LinkNet, 128, "e-lab/pytorch-linknet", task="segmentation"),
    model("sail-poolformer-s24", "poolformer", poolformer, 64, "sail-sg/poolformer"),
    model("yjn-srcnn", "srcnn", lambda: nn.Sequential(
        nn.Conv2d(1, 32, 9, padding=4), nn.ReLU(True), nn.Conv2d(32, 16, 5, padding=2),
        nn.ReLU(True), nn.Conv2d(16, 1, 5, padding=2)), {"image": (1, 1, 33, 33)},
        "yjn870/SRCNN-pytorch", task="super-resolution"),
]  # fmt: skip
