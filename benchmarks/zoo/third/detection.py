# ruff: noqa: D102 - forward() is described by its class
"""Detectors after repositories other than those of `first` and `second`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, model


def leaky(cin: int, out: int, k: int, s: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm and LeakyReLU."""
    return conv_bn(cin, out, k, s, act=nn.LeakyReLU(0.1))


class DarkUnit(nn.Module):
    """1x1 and 3x3, added to the input."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(leaky(dim, dim // 2, 1), leaky(dim // 2, dim, 3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layer(x)


class BubYolo3(nn.Module):
    """bubbliiiing's YOLOv3: named stages, five-convolution heads, raw maps out."""

    def __init__(self, w: int = 4) -> None:
        super().__init__()
        self.stem, self.stages = leaky(3, w, 3), nn.ModuleList()
        for i, n in enumerate([1, 2, 8, 8, 4]):
            down = leaky(w << i, w << (i + 1), 3, 2)
            self.stages.append(nn.Sequential(down, *[DarkUnit(w << (i + 1)) for _ in range(n)]))
        self.fives = nn.ModuleList(
            self.five(cin, mid) for cin, mid in ((32 * w, 16 * w), (24 * w, 8 * w), (12 * w, 4 * w))
        )
        self.outs = nn.ModuleList(
            nn.Sequential(leaky(mid, 2 * mid, 3), nn.Conv2d(2 * mid, 75, 1))
            for mid in (16 * w, 8 * w, 4 * w)
        )
        self.ups = nn.ModuleList(leaky(mid, mid // 2, 1) for mid in (16 * w, 8 * w))

    def five(self, cin: int, mid: int) -> nn.Sequential:
        return nn.Sequential(leaky(cin, mid, 1), leaky(mid, 2 * mid, 3), leaky(2 * mid, mid, 1),
                             leaky(mid, 2 * mid, 3), leaky(2 * mid, mid, 1))  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, maps = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        found = []
        for level in range(3):
            if level:
                x = F.interpolate(self.ups[level - 1](x), scale_factor=2, mode="nearest")
                x = torch.cat([x, maps[4 - level]], 1)
            x = self.fives[level](x)
            found.append(self.outs[level](x))
        return tuple(found)


class Csp(nn.Module):
    """A C3: two 1x1 branches, units behind one, a 1x1 over both."""

    def __init__(self, cin: int, out: int, n: int, act: nn.Module, add: bool = True) -> None:
        super().__init__()
        mid = out // 2
        self.add = add
        self.one, self.two = conv_bn(cin, mid, 1, act=act), conv_bn(cin, mid, 1, act=act)
        self.units = nn.ModuleList(
            nn.Sequential(conv_bn(mid, mid, 1, act=act), conv_bn(mid, mid, 3, act=act))
            for _ in range(n)
        )
        self.out = conv_bn(2 * mid, out, 1, act=act)

    def forward(self, x: Tensor) -> Tensor:
        y = self.one(x)
        for unit in self.units:
            y = unit(y) + y if self.add else unit(y)
        return self.out(torch.cat((y, self.two(x)), dim=1))


class Spp(nn.Module):
    """Pooling of three sizes side by side."""

    def __init__(self, dim: int, act: nn.Module) -> None:
        super().__init__()
        self.one, self.two = conv_bn(dim, dim // 2, 1, act=act), conv_bn(2 * dim, dim, 1, act=act)
        self.pools = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in (5, 9, 13))

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        return self.two(torch.cat([x, *[pool(x) for pool in self.pools]], 1))


class CspDark(nn.Module):
    """Trunk and path-aggregation neck of C3 blocks, strided 6x6 or 3x3 stem."""

    def __init__(self, w: int, act: nn.Module, depth: int, add: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, 6, 2, 2, bias=False), nn.BatchNorm2d(w), act)
        self.stages = nn.ModuleList()
        for i, n in enumerate((1, 2, 3, 1)):
            out = w << (i + 1)
            body: list[nn.Module] = [conv_bn(w << i, out, 3, 2, act=act)]
            body.append(Csp(out, out, n * depth, act))
            body += [Sppf(out, act)] if i == 3 else []
            self.stages.append(nn.Sequential(*body))
        self.lat5, self.lat4 = conv_bn(16 * w, 8 * w, 1, act=act), conv_bn(8 * w, 4 * w, 1, act=act)
        self.td4, self.td3 = (
            Csp(16 * w, 8 * w, depth, act, False),
            Csp(8 * w, 4 * w, depth, act, False),
        )
        self.down3, self.down4 = (conv_bn(c, c, 3, 2, act=act) for c in (4 * w, 8 * w))
        self.bu4, self.bu5 = (
            Csp(8 * w, 8 * w, depth, act, False),
            Csp(16 * w, 16 * w, depth, act, False),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.stages[0](self.stem(x))
        c3 = self.stages[1](x)
        c4 = self.stages[2](c3)
        p5 = self.lat5(self.stages[3](c4))
        p4 = self.lat4(self.td4(torch.cat([F.interpolate(p5, scale_factor=2.0), c4], 1)))
        n3 = self.td3(torch.cat([F.interpolate(p4, scale_factor=2.0), c3], 1))
        n4 = self.bu4(torch.cat([self.down3(n3), p4], 1))
        return n3, n4, self.bu5(torch.cat([self.down4(n4), p5], 1))


class Sppf(nn.Module):
    """One pool three times in a row."""

    def __init__(self, dim: int, act: nn.Module) -> None:
        super().__init__()
        self.one, self.two = conv_bn(dim, dim // 2, 1, act=act), conv_bn(2 * dim, dim, 1, act=act)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        y = self.pool(x)
        z = self.pool(y)
        return self.two(torch.cat((x, y, z, self.pool(z)), 1))


class MmYolo5(nn.Module):
    """mmyolo's YOLOv5: the trunk above, one raw prediction a level, reshaped by anchors."""

    def __init__(self, w: int = 8, act: nn.Module | None = None, depth: int = 1) -> None:
        super().__init__()
        self.trunk = CspDark(w, act or nn.SiLU(inplace=True), depth)
        self.preds = nn.ModuleList(nn.Conv2d(c * w, 3 * 13, 1) for c in (4, 8, 16))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        found: list[Tensor] = []
        for feat, pred in zip(self.trunk(x), self.preds, strict=True):
            y = pred(feat)
            b, _, h, w = y.shape
            y = y.view(b, 3, 13, h, w)
            found += [y[:, :, 5:, ...].reshape(b, -1, h, w), y[:, :, :4, ...].reshape(b, -1, h, w),
                      y[:, :, 4:5, ...].reshape(b, -1, h, w)]  # fmt: skip
        return tuple(found)


class MmYolox(nn.Module):
    """mmdetection's YOLOX: stacked towers a level, raw maps of class, box and objectness."""

    def __init__(self, w: int = 6) -> None:
        super().__init__()
        act = nn.SiLU()
        self.trunk, f = CspDark(w, act, 1), 4 * w
        self.stems = nn.ModuleList(conv_bn(c * w, f, 1, act=act) for c in (4, 8, 16))

        def tower() -> nn.Sequential:
            return nn.Sequential(conv_bn(f, f, act=act), conv_bn(f, f, act=act))

        self.cls, self.reg = (nn.ModuleList(tower() for _ in range(3)) for _ in range(2))
        self.p_cls, self.p_reg, self.p_obj = (
            nn.ModuleList(nn.Conv2d(f, n, 1) for _ in range(3)) for n in (8, 4, 1)
        )

    def forward(self, img: Tensor) -> Tensor:
        rows = []
        for i, feat in enumerate(self.trunk(img)):
            x = self.stems[i](feat)
            c, r = self.cls[i](x), self.reg[i](x)
            maps = [self.p_reg[i](r), self.p_obj[i](r).sigmoid(), self.p_cls[i](c).sigmoid()]
            rows.append(torch.cat(maps, 1).flatten(start_dim=2))
        return torch.cat(rows, dim=2).permute(0, 2, 1)


class C2f(nn.Module):
    """ultralytics' C2f by split instead of chunk."""

    def __init__(self, cin: int, out: int, n: int, add: bool) -> None:
        super().__init__()
        act, self.c, self.add = nn.SiLU(), out // 2, add
        self.cv1, self.cv2 = (
            conv_bn(cin, out, 1, act=act),
            conv_bn((2 + n) * self.c, out, 1, act=act),
        )
        self.m = nn.ModuleList(
            nn.Sequential(conv_bn(self.c, self.c, act=act), conv_bn(self.c, self.c, act=act))
            for _ in range(n)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = list(self.cv1(x).split((self.c, self.c), 1))
        for unit in self.m:
            y.append(y[-1] + unit(y[-1]) if self.add else unit(y[-1]))
        return self.cv2(torch.cat(y, 1))


class Yolo8(nn.Module):
    """jahongir7174's YOLOv8-pt: decoded boxes by expected distances."""

    def __init__(self, w: int = 8, n: int = 1, decode: bool = True) -> None:
        super().__init__()
        act = nn.SiLU()
        self.decode, chans = decode, [w, 2 * w, 4 * w, 8 * w, 16 * w]
        self.stem, self.stages = conv_bn(3, w, 3, 2, act=act), nn.ModuleList()
        for i, d in enumerate((1, 2, 2, 1)):
            c = chans[i + 1]
            self.stages.append(
                nn.Sequential(conv_bn(chans[i], c, 3, 2, act=act), C2f(c, c, d * n, True))
            )
        self.spp = Sppf(16 * w, act)
        self.h1, self.h2 = C2f(24 * w, 8 * w, n, False), C2f(12 * w, 4 * w, n, False)
        self.d3, self.h4 = conv_bn(4 * w, 4 * w, 3, 2, act=act), C2f(12 * w, 8 * w, n, False)
        self.d5, self.h6 = conv_bn(8 * w, 8 * w, 3, 2, act=act), C2f(24 * w, 16 * w, n, False)
        self.box, self.cls = (
            nn.ModuleList(
                nn.Sequential(
                    conv_bn(c, 16, act=act), conv_bn(16, 16, act=act), nn.Conv2d(16, o, 1)
                )
                for c in (4 * w, 8 * w, 16 * w)
            )
            for o in (64, 20)
        )
        self.dfl = nn.Conv2d(16, 1, 1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.stages[0](self.stem(x))
        p3 = self.stages[1](x)
        p4 = self.stages[2](p3)
        p5 = self.spp(self.stages[3](p4))
        h1 = self.h1(torch.cat([F.interpolate(p5, scale_factor=2.0), p4], 1))
        h2 = self.h2(torch.cat([F.interpolate(h1, scale_factor=2.0), p3], 1))
        h4 = self.h4(torch.cat([self.d3(h2), h1], 1))
        h6 = self.h6(torch.cat([self.d5(h4), p5], 1))
        maps = [
            torch.cat([b(f), c(f)], 1)
            for b, c, f in zip(self.box, self.cls, (h2, h4, h6), strict=True)
        ]
        if not self.decode:
            return tuple(maps)
        y = torch.cat([m.view(m.shape[0], 84, -1) for m in maps], 2)
        box, cls = y.split((64, 20), 1)
        b, _, a = box.shape
        box = self.dfl(box.view(b, 4, 16, a).transpose(2, 1).softmax(1)).view(b, 4, a)
        lt, rb = box.split((2, 2), 1)
        return (torch.cat((lt - rb, lt + rb, cls.sigmoid()), 1),)


class Elan(nn.Module):
    """YOLOv7's aggregation: every second output of a 3x3 chain and both 1x1 branches."""

    def __init__(self, cin: int, mid: int, out: int, act: nn.Module) -> None:
        super().__init__()
        self.a, self.b = conv_bn(cin, mid, 1, act=act), conv_bn(cin, mid, 1, act=act)
        self.c = nn.ModuleList(conv_bn(mid, mid, act=act) for _ in range(4))
        self.out = conv_bn(4 * mid, out, 1, act=act)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.a(x), self.b(x)
        one = self.c[1](self.c[0](second))
        two = self.c[3](self.c[2](one))
        return self.out(torch.cat([two, one, second, first], 1))


class Mp(nn.Module):
    """Halving by pooling and by a strided convolution side by side."""

    def __init__(self, dim: int, act: nn.Module) -> None:
        super().__init__()
        h = dim // 2
        self.a = nn.Sequential(nn.MaxPool2d(2, 2), conv_bn(dim, h, 1, act=act))
        self.b = nn.Sequential(conv_bn(dim, h, 1, act=act), conv_bn(h, h, 3, 2, act=act))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b(x), self.a(x)], 1)


class Yolo7(nn.Module):
    """bubbliiiing's YOLOv7: ELAN trunk and neck, plain heads."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        act = nn.SiLU()
        self.stem = nn.Sequential(conv_bn(3, w, act=act), conv_bn(w, 2 * w, 3, 2, act=act),
                                  conv_bn(2 * w, 2 * w, act=act))  # fmt: skip
        self.s2 = nn.Sequential(
            conv_bn(2 * w, 4 * w, 3, 2, act=act), Elan(4 * w, 2 * w, 8 * w, act)
        )
        self.s3 = nn.Sequential(Mp(8 * w, act), Elan(8 * w, 4 * w, 16 * w, act))
        self.s4 = nn.Sequential(Mp(16 * w, act), Elan(16 * w, 8 * w, 16 * w, act))
        self.s5 = nn.Sequential(Mp(16 * w, act), Elan(16 * w, 8 * w, 16 * w, act), Spp(16 * w, act))
        self.l5, self.l4 = conv_bn(16 * w, 8 * w, 1, act=act), conv_bn(8 * w, 4 * w, 1, act=act)
        self.r4, self.r3 = conv_bn(16 * w, 8 * w, 1, act=act), conv_bn(16 * w, 4 * w, 1, act=act)
        self.u4, self.u3 = Elan(16 * w, 4 * w, 8 * w, act), Elan(8 * w, 2 * w, 4 * w, act)
        self.m3, self.m4 = Mp(4 * w, act), Mp(8 * w, act)
        self.n4, self.n5 = Elan(12 * w, 4 * w, 8 * w, act), Elan(24 * w, 8 * w, 16 * w, act)
        self.heads = nn.ModuleList(
            nn.Sequential(conv_bn(c * w, 2 * c * w, act=act), nn.Conv2d(2 * c * w, 39, 1))
            for c in (4, 8, 16)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        c3 = self.s3(self.s2(self.stem(x)))
        c4 = self.s4(c3)
        c5 = self.s5(c4)
        up = F.interpolate(self.l5(c5), scale_factor=2.0, mode="nearest")
        p4 = self.u4(torch.cat([self.r4(c4), up], 1))
        up = F.interpolate(self.l4(p4), scale_factor=2.0, mode="nearest")
        p3 = self.u3(torch.cat([self.r3(c3), up], 1))
        n4 = self.n4(torch.cat([self.m3(p3), p4], 1))
        n5 = self.n5(torch.cat([self.m4(n4), c5], 1))
        return tuple(head(f) for head, f in zip(self.heads, (p3, n4, n5), strict=True))


class ZhouCenter(nn.Module):
    """xingyizhou's ResNet-18 with three transposed convolutions and one head each."""

    def __init__(self, w: int = 16) -> None:
        super().__init__()
        self.conv1 = conv_bn(3, w, 7, 2, act=nn.ReLU(True))
        blocks: list[nn.Module] = [nn.MaxPool2d(3, 2, 1)]
        cin = w
        for i in range(4):
            blocks += [Basic(cin, w << i, 2 if i else 1), Basic(w << i, w << i, 1)]
            cin = w << i
        self.blocks, ups = nn.Sequential(*blocks), []
        for out in (64, 32, 16):
            ups += [
                nn.ConvTranspose2d(cin, out, 4, 2, 1, bias=False),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
            cin = out
        self.deconv = nn.Sequential(*ups)
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Conv2d(16, 24, 3, 1, 1), nn.ReLU(True), nn.Conv2d(24, n, 1))
            for n in (10, 2, 2)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.deconv(self.blocks(self.conv1(x)))
        return tuple(head(y) for head in self.heads)


class Basic(nn.Module):
    """ResNet's basic block."""

    def __init__(self, cin: int, out: int, s: int) -> None:
        super().__init__()
        self.main = nn.Sequential(conv_bn(cin, out, 3, s, act=nn.ReLU(True)), conv_bn(out, out))
        self.side = nn.Identity() if s == 1 and cin == out else conv_bn(cin, out, 1, s)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.side(x))


SPECS: list[Spec] = [
    model("bubbliiiing-yolov3", "yolov3", BubYolo3, 96, "bubbliiiing/yolo3-pytorch",
          task="detection"),
    model("mmyolo-yolov5-s", "yolov5", MmYolo5, 96, "open-mmlab/mmyolo", task="detection"),
    model("mmyolo-yolov5-l-leaky", "yolov5", lambda: MmYolo5(8, nn.LeakyReLU(0.1), 3), 96,
          "open-mmlab/mmyolo", task="detection"),
    model("mmdet-yolox", "yolox", MmYolox, 96, "open-mmlab/mmdetection", task="detection"),
    model("jahongir-yolov8n", "yolov8", Yolo8, 96, "jahongir7174/YOLOv8-pt", task="detection"),
    model("mmyolo-yolov8l", "yolov8", lambda: Yolo8(8, 3, False), 96, "open-mmlab/mmyolo",
          task="detection"),
    model("bubbliiiing-yolov7", "yolov7", Yolo7, 96, "bubbliiiing/yolov7-pytorch",
          task="detection"),
    model("zhou-centernet", "centernet", ZhouCenter, 128, "xingyizhou/CenterNet", task="detection",
          components="resnet"),
]  # fmt: skip
