# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""YOLO after Darknet, ultralytics (v3, v5, v8) and Megvii (YOLOX)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.zoo.second._twin import twins
from benchmarks.zoo.spec import Spec

CLASSES = 6


class Conv(nn.Module):
    """Convolution, BatchNorm and SiLU, or Darknet's leaky ReLU."""

    def __init__(
        self, fan_in: int, fan_out: int, k: int = 1, s: int = 1, g: int = 1, p: int | None = None,
        leaky: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        pad = k // 2 if p is None else p
        self.conv = nn.Conv2d(fan_in, fan_out, k, s, pad, groups=g, bias=False)
        self.bn = nn.BatchNorm2d(fan_out)
        self.act = nn.LeakyReLU(0.1) if leaky else nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class DarkUnit(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = Conv(width, width // 2, leaky=True), Conv(width // 2, width, 3, leaky=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.b(self.a(x))


def dark(fan_in: int, fan_out: int, k: int = 3, s: int = 1) -> Conv:
    """Darknet's layer: leaky ReLU."""
    return Conv(fan_in, fan_out, k, s, leaky=True)


class Darknet53(nn.Module):
    """The backbone; with a head, the classifier."""

    def __init__(self, width: int = 4, classify: bool = False) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        fan_in = width
        for count in (1, 2, 8, 8, 4):
            units = [DarkUnit(2 * fan_in) for _ in range(count)]
            stages.append(nn.Sequential(dark(fan_in, 2 * fan_in, 3, 2), *units))
            fan_in *= 2
        self.stem, self.stages = dark(3, width), nn.ModuleList(stages)
        self.head = nn.Linear(fan_in, 20) if classify else None

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        x = self.stem(x)
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out[2:] if self.head is None else self.head(x.mean((2, 3)))


def yolo_decode(p: Tensor, anchors: Tensor, stride: int) -> Tensor:
    """Darknet's box equations on one scale."""
    batch, _, ny, nx = p.shape
    p = p.view(batch, 3, CLASSES + 5, ny, nx).permute(0, 1, 3, 4, 2).contiguous()
    yv, xv = torch.meshgrid(torch.arange(ny), torch.arange(nx), indexing="ij")
    grid = torch.stack((xv, yv), 2).view(1, 1, ny, nx, 2).float()
    xy = (torch.sigmoid(p[..., 0:2]) + grid) * stride
    wh = torch.exp(p[..., 2:4]) * anchors.view(1, 3, 1, 1, 2)
    rest = torch.sigmoid(p[..., 4:])
    return torch.cat((xy, wh, rest), -1).view(batch, -1, CLASSES + 5)


class YoloV3(nn.Module):
    """YOLOv3 with its three heads and decoded boxes."""

    def __init__(self, width: int = 4, decode: bool = True) -> None:
        super().__init__()
        self.body, self.decode = Darknet53(width), decode
        c = [8 * width, 16 * width, 32 * width]
        self.necks, self.heads, self.ups = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for index in (2, 1, 0):
            half = c[index] // 2
            fan_in = c[index] if index == 2 else c[index] + half
            self.necks.append(nn.Sequential(
                dark(fan_in, half, 1), dark(half, c[index]), dark(c[index], half, 1),
                dark(half, c[index]), dark(c[index], half, 1),
            ))  # fmt: skip
            last = nn.Conv2d(c[index], 3 * (CLASSES + 5), 1)
            self.heads.append(nn.Sequential(dark(half, c[index]), last))
            if index:
                up = nn.Upsample(scale_factor=2, mode="nearest")
                self.ups.append(nn.Sequential(dark(half, half // 2, 1), up))
        self.register_buffer("anchors", torch.rand(3, 3, 2) * 50 + 10)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        features = self.body(x)[::-1]
        outs, carry = [], None
        for i, (feature, neck, head) in enumerate(
            zip(features, self.necks, self.heads, strict=True)
        ):
            y = neck(feature if carry is None else torch.cat([carry, feature], 1))
            outs.append(head(y))
            carry = self.ups[i](y) if i < 2 else None
        if not self.decode:
            return tuple(outs)
        made = [yolo_decode(o, self.anchors[i], 32 >> i) for i, o in enumerate(outs)]
        return torch.cat(made, 1)


class YoloV3Tiny(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        w = [width * 2**i for i in range(7)]
        layers: list[nn.Module] = [dark(3, w[0])]
        for i in range(4):
            layers += [nn.MaxPool2d(2, 2), dark(w[i], w[i + 1])]
        self.first = nn.Sequential(*layers)
        self.second = nn.Sequential(
            nn.MaxPool2d(2, 2), dark(w[4], w[5]), nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(2, 1),
            dark(w[5], w[6]), dark(w[6], w[4], 1),
        )  # fmt: skip
        out = 3 * (CLASSES + 5)
        self.big = nn.Sequential(dark(w[4], w[5]), nn.Conv2d(w[5], out, 1))
        self.up = nn.Sequential(dark(w[4], w[3], 1), nn.Upsample(scale_factor=2))
        self.small = nn.Sequential(dark(w[3] + w[4], w[4]), nn.Conv2d(w[4], out, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        route = self.first(x)
        deep = self.second(route)
        return self.big(deep), self.small(torch.cat((self.up(deep), route), 1))


class Bottleneck(nn.Module):
    def __init__(self, width: int, shortcut: bool, k: int = 1) -> None:
        super().__init__()
        self.cv1, self.cv2, self.add = Conv(width, width, k), Conv(width, width, 3), shortcut

    def forward(self, x: Tensor) -> Tensor:
        return x + self.cv2(self.cv1(x)) if self.add else self.cv2(self.cv1(x))


class C3(nn.Module):
    """The cross-stage block of YOLOv5."""

    def __init__(self, fan_in: int, fan_out: int, n: int = 1, shortcut: bool = True) -> None:
        super().__init__()
        inner = fan_out // 2
        self.cv1, self.cv2 = Conv(fan_in, inner), Conv(fan_in, inner)
        self.cv3 = Conv(2 * inner, fan_out)
        self.m = nn.Sequential(*(Bottleneck(inner, shortcut) for _ in range(n)))

    def forward(self, x: Tensor) -> Tensor:
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class C2f(nn.Module):
    """The cross-stage block of YOLOv8."""

    def __init__(self, fan_in: int, fan_out: int, n: int = 1, shortcut: bool = False) -> None:
        super().__init__()
        self.c = fan_out // 2
        self.cv1, self.cv2 = Conv(fan_in, 2 * self.c), Conv((2 + n) * self.c, fan_out)
        self.m = nn.ModuleList(Bottleneck(self.c, shortcut, 3) for _ in range(n))

    def forward(self, x: Tensor) -> Tensor:
        y = list(self.cv1(x).split((self.c, self.c), 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.cv2(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        inner = fan_in // 2
        self.cv1, self.cv2 = Conv(fan_in, inner), Conv(inner * 4, fan_out)
        self.m = nn.MaxPool2d(kernel_size=5, stride=1, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.cv1(x)
        y1 = self.m(x)
        y2 = self.m(y1)
        return self.cv2(torch.cat((x, y1, y2, self.m(y2)), 1))


class SPP(nn.Module):
    """YOLOX's: three pools side by side."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        inner = fan_in // 2
        self.conv1, self.conv2 = Conv(fan_in, inner), Conv(inner * 4, fan_out)
        self.m = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in (5, 9, 13))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x] + [m(x) for m in self.m], dim=1))


class Focus(nn.Module):
    """Every second pixel goes into channels."""

    def __init__(self, fan_out: int) -> None:
        super().__init__()
        self.conv = Conv(12, fan_out, 3)

    def forward(self, x: Tensor) -> Tensor:
        parts = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
        return self.conv(torch.cat(parts, 1))


Cross = Callable[..., nn.Module]


class Pyramid(nn.Module):
    """CSP backbone and path-aggregating neck; `reduce` has lateral 1x1 convolutions."""

    def __init__(
        self, w: list[int], n: tuple[int, ...], cross: Cross, stem: nn.Module, pool: Cross,
        reduce: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        last = cross(w[4], w[4], n[3], True)
        pooled = pool(w[4], w[4])
        self.stem = stem
        self.b2 = nn.Sequential(Conv(w[0], w[1], 3, 2), cross(w[1], w[1], n[0], True))
        self.b3 = nn.Sequential(Conv(w[1], w[2], 3, 2), cross(w[2], w[2], n[1], True))
        self.b4 = nn.Sequential(Conv(w[2], w[3], 3, 2), cross(w[3], w[3], n[2], True))
        tail = (pooled, cross(w[4], w[4], n[3], False)) if pool is SPP else (last, pooled)
        self.b5 = nn.Sequential(Conv(w[3], w[4], 3, 2), *tail)
        self.lat5 = Conv(w[4], w[3]) if reduce else nn.Identity()
        self.lat4 = Conv(w[3], w[2]) if reduce else nn.Identity()
        in4 = 2 * w[3] if reduce else w[4] + w[3]
        in3 = 2 * w[2] if reduce else w[3] + w[2]
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.n4, self.n3 = cross(in4, w[3], n[0], False), cross(in3, w[2], n[0], False)
        self.d3, self.d4 = Conv(w[2], w[2], 3, 2), Conv(w[3], w[3], 3, 2)
        mid = 2 * w[2] if reduce else w[2] + w[3]
        top = 2 * w[3] if reduce else w[3] + w[4]
        self.o4, self.o5 = cross(mid, w[3], n[0], False), cross(top, w[4], n[0], False)

    def forward(self, x: Tensor) -> list[Tensor]:
        p3 = self.b3(self.b2(self.stem(x)))
        p4 = self.b4(p3)
        lat5 = self.lat5(self.b5(p4))
        lat4 = self.lat4(self.n4(torch.cat((self.up(lat5), p4), 1)))
        out3 = self.n3(torch.cat((self.up(lat4), p3), 1))
        out4 = self.o4(torch.cat((self.d3(out3), lat4), 1))
        return [out3, out4, self.o5(torch.cat((self.d4(out4), lat5), 1))]


class YoloV5(nn.Module):
    def __init__(self, w: list[int], n: tuple[int, ...], focus: bool = False) -> None:
        super().__init__()
        stem = Focus(w[0]) if focus else Conv(3, w[0], 6, 2, p=2)
        self.body = Pyramid(w, n, C3, stem, SPPF, True)
        self.m = nn.ModuleList(nn.Conv2d(x, 3 * (CLASSES + 5), 1) for x in w[2:])
        self.register_buffer("anchors", torch.rand(3, 1, 3, 1, 1, 2) * 50 + 10)

    def forward(self, x: Tensor) -> Tensor:
        z = []
        for i, (feature, head) in enumerate(zip(self.body(x), self.m, strict=True)):
            y = head(feature)
            bs, _, ny, nx = y.shape
            y = y.view(bs, 3, CLASSES + 5, ny, nx).permute(0, 1, 3, 4, 2).contiguous()
            yv, xv = torch.meshgrid(torch.arange(ny), torch.arange(nx), indexing="ij")
            grid = torch.stack((xv, yv), 2).expand(1, 3, ny, nx, 2) - 0.5
            xy, wh, conf = y.sigmoid().split((2, 2, CLASSES + 1), 4)
            xy = (xy * 2 + grid) * (8 << i)
            wh = (wh * 2) ** 2 * self.anchors[i]
            z.append(torch.cat((xy, wh, conf), 4).view(bs, 3 * nx * ny, CLASSES + 5))
        return torch.cat(z, 1)


class YoloV8(nn.Module):
    """YOLOv8 with its distribution focal head; `segment` adds mask coefficients and prototypes."""

    def __init__(self, w: list[int], n: tuple[int, ...], segment: bool = False) -> None:
        super().__init__()
        self.body = Pyramid(w, n, C2f, Conv(3, w[0], 3, 2), SPPF, False)
        c2, c3 = 16, max(w[2], 8)
        self.cv2 = nn.ModuleList(
            nn.Sequential(Conv(x, c2, 3), Conv(c2, c2, 3), nn.Conv2d(c2, 64, 1)) for x in w[2:]
        )
        self.cv3 = nn.ModuleList(
            nn.Sequential(Conv(x, c3, 3), Conv(c3, c3, 3), nn.Conv2d(c3, CLASSES, 1)) for x in w[2:]
        )
        self.dfl = nn.Conv2d(16, 1, 1, bias=False).requires_grad_(False)
        self.dfl.weight.data[:] = torch.arange(16, dtype=torch.float).view(1, 16, 1, 1)
        self.cv4 = nn.ModuleList()
        if segment:
            self.cv4 = nn.ModuleList(
                nn.Sequential(Conv(x, 8, 3), Conv(8, 8, 3), nn.Conv2d(8, 8, 1)) for x in w[2:]
            )
            self.proto = nn.Sequential(
                Conv(w[2], 12, 3), nn.ConvTranspose2d(12, 12, 2, 2), Conv(12, 12, 3), Conv(12, 8)
            )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        features = self.body(x)
        pairs = zip(features, self.cv2, self.cv3, strict=True)
        outs = [torch.cat((a(f), b(f)), 1) for f, a, b in pairs]
        flat = torch.cat([o.view(o.shape[0], 64 + CLASSES, -1) for o in outs], 2)
        box, score = flat.split((64, CLASSES), 1)
        b, _, a = box.shape
        dist = self.dfl(box.view(b, 4, 16, a).transpose(2, 1).softmax(1)).view(b, 4, a)
        points, strides = [], []
        for i, o in enumerate(outs):
            h, w = o.shape[2:]
            sy, sx = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
            points.append(torch.stack((sx, sy), -1).view(-1, 2))
            strides.append(torch.full((h * w, 1), float(8 << i)))
        anchors = torch.cat(points).transpose(0, 1).unsqueeze(0)
        lt, rb = dist.chunk(2, 1)
        x1y1, x2y2 = anchors - lt, anchors + rb
        boxes = torch.cat(((x1y1 + x2y2) / 2, x2y2 - x1y1), 1) * torch.cat(strides).T
        found = torch.cat((boxes, score.sigmoid()), 1)
        if not len(self.cv4):
            return found
        parts = [m(f).view(b, 8, -1) for m, f in zip(self.cv4, features, strict=True)]
        return torch.cat((found, torch.cat(parts, 2)), 1), self.proto(features[0])


class YoloX(nn.Module):
    """YOLOX: a decoupled head without anchors."""

    def __init__(self, w: list[int], n: tuple[int, ...]) -> None:
        super().__init__()
        self.body = Pyramid(w, n, C3, Focus(w[0]), SPP, True)
        h = w[2]
        self.stems = nn.ModuleList(Conv(x, h) for x in w[2:])
        self.cls = nn.ModuleList(nn.Sequential(Conv(h, h, 3), Conv(h, h, 3)) for _ in w[2:])
        self.reg = nn.ModuleList(nn.Sequential(Conv(h, h, 3), Conv(h, h, 3)) for _ in w[2:])
        self.cls_preds = nn.ModuleList(nn.Conv2d(h, CLASSES, 1) for _ in w[2:])
        self.reg_preds = nn.ModuleList(nn.Conv2d(h, 4, 1) for _ in w[2:])
        self.obj_preds = nn.ModuleList(nn.Conv2d(h, 1, 1) for _ in w[2:])

    def forward(self, x: Tensor) -> Tensor:
        outs = []
        for k, feature in enumerate(self.body(x)):
            y = self.stems[k](feature)
            reg_feature = self.reg[k](y)
            score = self.cls_preds[k](self.cls[k](y)).sigmoid()
            parts = [self.reg_preds[k](reg_feature), self.obj_preds[k](reg_feature).sigmoid()]
            outs.append(torch.cat([*parts, score], 1))
        return torch.cat([o.flatten(start_dim=2) for o in outs], dim=2).permute(0, 2, 1)


NANO, SMALL = [4, 8, 16, 24, 32], [8, 12, 24, 32, 48]
DARK, ULTRA, MEGVII = (twins(f"{each}-style") for each in ("darknet", "ultralytics", "megvii"))
BOX, SEG = "detection", "instance-segmentation"
SPECS: list[Spec] = [
    DARK("darknet53", "darknet", lambda: Darknet53(classify=True), variant="darknet-53"),
    DARK("yolov3", "yolo", YoloV3, 96, variant="yolov3", task=BOX),
    DARK("yolov3-raw", "yolo", lambda: YoloV3(2, False), 128, variant="yolov3", task=BOX),
    DARK("yolov3-tiny", "yolo", YoloV3Tiny, variant="yolov3-tiny", task=BOX),
    ULTRA("yolov5n", "yolo", lambda: YoloV5(NANO, (1, 2, 3, 1)), variant="yolov5", task=BOX),
    ULTRA("yolov5m", "yolo", lambda: YoloV5(SMALL, (2, 4, 6, 2)), 96, variant="yolov5", task=BOX),
    ULTRA("yolov5s-focus", "yolo", lambda: YoloV5(SMALL, (1, 3, 3, 1), True), 96,
          variant="yolov5", task=BOX),
    ULTRA("yolov8n", "yolo", lambda: YoloV8(NANO, (1, 2, 2, 1)), variant="yolov8", task=BOX),
    ULTRA("yolov8m", "yolo", lambda: YoloV8(SMALL, (2, 4, 4, 2)), 96, variant="yolov8", task=BOX),
    ULTRA("yolov8n-seg", "yolo", lambda: YoloV8(NANO, (1, 2, 2, 1), True), 96,
          variant="yolov8", task=SEG),
    MEGVII("yolox-nano", "yolo", lambda: YoloX(NANO, (1, 3, 3, 1)), variant="yolox", task=BOX),
    MEGVII("yolox-m", "yolo", lambda: YoloX(SMALL, (2, 6, 6, 2)), 96, variant="yolox", task=BOX),
]  # fmt: skip
