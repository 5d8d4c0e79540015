# ruff: noqa: D101, D102, D103 - small blocks of published networks, named after their papers
"""The YOLO generations as lists of layers, after the published configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, Spec, image

Act = Callable[[], nn.Module]
Layer = tuple[int | list[int], nn.Module]


def leaky() -> nn.Module:
    return nn.LeakyReLU(0.1)


class Conv(nn.Sequential):
    """Convolution, norm, activation."""

    def __init__(
        self, a: int, b: int, k: int = 1, s: int = 1, act: Act | None = nn.SiLU, g: int = 1
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(a, b, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(b),
        ]  # fmt: skip
        super().__init__(*layers, *([act()] if act else []))


class Bottleneck(nn.Module):
    def __init__(self, c: int, k: tuple[int, int], add: bool, act: Act, e: float = 1.0) -> None:
        super().__init__()
        h = int(c * e)
        self.a, self.b, self.add = Conv(c, h, k[0], 1, act), Conv(h, c, k[1], 1, act), add

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        return x + y if self.add else y


class C3(nn.Module):
    """Two 1x1 convolutions, residual units behind the first, a join and a 1x1."""

    def __init__(self, a: int, b: int, n: int, add: bool = True, act: Act = nn.SiLU,
                 k: int = 1) -> None:  # fmt: skip
        super().__init__()
        h = b // 2
        self.c1, self.c2, self.c3 = (
            Conv(a, h, 1, 1, act), Conv(a, h, 1, 1, act), Conv(2 * h, b, 1, 1, act),
        )  # fmt: skip
        self.m = nn.Sequential(*(Bottleneck(h, (k, 3), add, act) for _ in range(n)))

    def forward(self, x: Tensor) -> Tensor:
        return self.c3(torch.cat((self.m(self.c1(x)), self.c2(x)), 1))


class C2f(nn.Module):
    """One 1x1 cut in two, units whose every output is joined, a 1x1."""

    def __init__(self, a: int, b: int, n: int, add: bool, unit: Callable[[int], nn.Module] | None
                 = None, e: float = 0.5, inner: float = 1.0) -> None:  # fmt: skip
        super().__init__()
        self.h = int(b * e)
        make = unit or (lambda c: Bottleneck(c, (3, 3), add, nn.SiLU, inner))
        self.c1, self.c2 = Conv(a, 2 * self.h), Conv((2 + n) * self.h, b)
        self.m = nn.ModuleList(make(self.h) for _ in range(n))

    def forward(self, x: Tensor) -> Tensor:
        y = list(self.c1(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.c2(torch.cat(y, 1))


def c3k2(a: int, b: int, n: int, deep: bool, e: float = 0.5, add: bool = True) -> nn.Module:
    unit = (lambda c: C3(c, c, 2, add, k=3)) if deep else None
    return C2f(a, b, n, add, unit, e, 0.5)


class SPP(nn.Module):
    """Pools of several sizes side by side, or one repeated, joined."""

    def __init__(self, a: int, b: int, serial: bool, act: Act = nn.SiLU) -> None:
        super().__init__()
        self.c1, self.c2 = Conv(a, a // 2, 1, 1, act), Conv(a * 2, b, 1, 1, act)
        self.pools = nn.ModuleList(
            nn.MaxPool2d(k, 1, k // 2) for k in ([5, 5, 5] if serial else [5, 9, 13])
        )
        self.serial = serial

    def forward(self, x: Tensor) -> Tensor:
        y = [self.c1(x)]
        for pool in self.pools:
            y.append(pool(y[-1] if self.serial else y[0]))
        return self.c2(torch.cat(y, 1))


class Attention(nn.Module):
    """The position-sensitive attention of YOLOv10 and YOLO11."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.hd = heads, dim // heads
        self.kd = self.hd // 2
        self.qkv = Conv(dim, dim + 2 * self.kd * heads, act=None)
        self.proj, self.pe = Conv(dim, dim, act=None), Conv(dim, dim, 3, act=None, g=dim)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        qkv = self.qkv(x).view(b, self.heads, self.kd * 2 + self.hd, h * w)
        q, k, v = qkv.split([self.kd, self.kd, self.hd], dim=2)
        attn = ((q.transpose(-2, -1) @ k) * self.kd**-0.5).softmax(dim=-1)
        y = (v @ attn.transpose(-2, -1)).view(b, c, h, w) + self.pe(v.reshape(b, c, h, w))
        return self.proj(y)


class PSA(nn.Module):
    def __init__(self, c: int, heads: int = 2) -> None:
        super().__init__()
        h = c // 2
        self.h, self.c1, self.c2 = h, Conv(c, 2 * h), Conv(2 * h, c)
        self.attn, self.ffn = (
            Attention(h, heads), nn.Sequential(Conv(h, 2 * h), Conv(2 * h, h, act=None)),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.c1(x).split((self.h, self.h), dim=1)
        b = b + self.attn(b)
        return self.c2(torch.cat((a, b + self.ffn(b)), 1))


class SlowDown(nn.Sequential):
    """YOLOv10: a 1x1, then a strided depthwise convolution that is not activated."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(Conv(a, b), Conv(b, b, 3, 2, None, b))


class Inverted(nn.Module):
    """YOLOv10's compact inverted unit."""

    def __init__(self, c: int, add: bool = True) -> None:
        super().__init__()
        self.add = add
        self.m = nn.Sequential(Conv(c, c, 3, g=c), Conv(c, 2 * c), Conv(2 * c, 2 * c, 3, g=2 * c),
                               Conv(2 * c, c), Conv(c, c, 3, g=c))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.m(x) if self.add else self.m(x)


class Elan(nn.Module):
    """YOLOv7: a chain of 3x3 of which every second output is joined with two 1x1."""

    def __init__(self, a: int, h: int, b: int, taps: Sequence[int], act: Act = nn.SiLU) -> None:
        super().__init__()
        self.c1, self.c2 = Conv(a, h, 1, 1, act), Conv(a, h, 1, 1, act)
        self.m = nn.ModuleList(Conv(h, h, 3, 1, act) for _ in range(max(taps) + 1))
        self.taps = taps
        self.out = Conv(h * (2 + len(taps)), b, 1, 1, act)

    def forward(self, x: Tensor) -> Tensor:
        first, y = self.c1(x), self.c2(x)
        outs = [y]
        for m in self.m:
            outs.append(m(outs[-1]))
        tapped = [outs[t + 1] for t in reversed(self.taps)]
        return self.out(torch.cat([*tapped, y, first], 1))


class Transition(nn.Module):
    """YOLOv7: pooled and strided halves side by side."""

    def __init__(self, a: int, h: int) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.MaxPool2d(2, 2), Conv(a, h))
        self.b = nn.Sequential(Conv(a, h), Conv(h, h, 3, 2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.b(x), self.a(x)), 1)


class SppCsp(nn.Module):
    """YOLOv7's pyramid pooling in one of two branches."""

    def __init__(self, a: int, h: int, act: Act = nn.SiLU, thin: bool = False) -> None:
        super().__init__()
        before = [Conv(a, h, 1, 1, act)]
        if not thin:
            before += [Conv(h, h, 3, 1, act), Conv(h, h, 1, 1, act)]
        self.before, self.side = nn.Sequential(*before), Conv(a, h, 1, 1, act)
        after = [Conv(4 * h, h, 1, 1, act), *([] if thin else [Conv(h, h, 3, 1, act)])]
        self.after, self.out = nn.Sequential(*after), Conv(2 * h, h, 1, 1, act)

    def forward(self, x: Tensor) -> Tensor:
        y = self.before(x)
        pools = [F.max_pool2d(y, k, 1, k // 2) for k in (5, 9, 13)]
        return self.out(torch.cat((self.after(torch.cat([y, *pools], 1)), self.side(x)), 1))


class Focus(nn.Module):
    def __init__(self, b: int, act: Act = nn.SiLU) -> None:
        super().__init__()
        self.conv = Conv(12, b, 3, 1, act)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.cat([
            x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1
        ))  # fmt: skip


class Reorg(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        x = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).contiguous()
        return x.view(b, c * 4, h // 2, w // 2)


class Half(nn.Module):
    """The second half of the channels."""

    def forward(self, x: Tensor) -> Tensor:
        return x.chunk(2, 1)[1]


class Cat(nn.Module):
    def forward(self, *x: Tensor) -> Tensor:
        return torch.cat(x, 1)


class Sum(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


class Up(nn.Upsample):
    def __init__(self) -> None:
        super().__init__(scale_factor=2, mode="nearest")


class Net(nn.Module):
    """A list of layers; each says whose outputs it reads."""

    def __init__(self, layers: Sequence[Layer], outputs: Sequence[int] = (-1,)) -> None:
        super().__init__()
        self.m = nn.ModuleList(module for _, module in layers)
        self.sources, self.outputs = [source for source, _ in layers], outputs

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        y: list[Tensor] = []
        for source, module in zip(self.sources, self.m, strict=True):
            wanted = source if isinstance(source, list) else [source]
            y.append(module(*(y[i] if y else x for i in wanted)))
        outs = tuple(y[i] for i in self.outputs)
        return outs[0] if len(outs) == 1 else outs


class Anchored(nn.Module):
    """One 1x1 convolution a level; decoded as YOLOv5 does, or raw."""

    def __init__(self, channels: Sequence[int], classes: int = 5, decode: bool = True) -> None:
        super().__init__()
        self.no, self.decode = classes + 5, decode
        self.m = nn.ModuleList(nn.Conv2d(c, 3 * self.no, 1) for c in channels)
        self.anchors = nn.Parameter(torch.rand(len(channels), 1, 3, 1, 1, 2) * 50)

    def forward(self, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        z: list[Tensor] = []
        for i, (m, v) in enumerate(zip(self.m, x, strict=True)):
            y = m(v)
            b, _, h, w = y.shape
            y = y.view(b, 3, self.no, h, w).permute(0, 1, 3, 4, 2).contiguous()
            if not self.decode:
                z.append(y)
                continue
            rows, cols = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            grid = torch.stack((cols, rows), 2).view(1, 1, h, w, 2).float()
            xy, wh, conf = y.sigmoid().split((2, 2, self.no - 4), 4)
            xy = (xy * 2 + grid - 0.5) * (8 * 2**i)
            wh = (wh * 2) ** 2 * self.anchors[i]
            z.append(torch.cat((xy, wh, conf), 4).view(b, 3 * h * w, self.no))
        return torch.cat(z, 1) if self.decode else tuple(z)


class Decoupled(nn.Module):
    """YOLOv8's head: a box and a class branch a level, boxes as distributions."""

    def __init__(self, channels: Sequence[int], classes: int = 5, light: bool = False,
                 decode: bool = True, reg: int = 16) -> None:  # fmt: skip
        super().__init__()
        self.nc, self.reg, self.decode = classes, reg, decode
        h2, h3 = max(16, channels[0] // 4, reg * 4), max(channels[0], classes)
        self.box = nn.ModuleList(
            nn.Sequential(Conv(c, h2, 3), Conv(h2, h2, 3), nn.Conv2d(h2, 4 * reg, 1))
            for c in channels
        )
        self.cls = nn.ModuleList(self.classes(c, h3, classes, light) for c in channels)
        self.dfl = nn.Conv2d(reg, 1, 1, bias=False)

    @staticmethod
    def classes(c: int, h: int, out: int, light: bool) -> nn.Module:
        if light:
            parts: list[nn.Module] = [Conv(c, c, 3, g=c), Conv(c, h), Conv(h, h, 3, g=h),
                                      Conv(h, h)]  # fmt: skip
        else:
            parts = [Conv(c, h, 3), Conv(h, h, 3)]
        return nn.Sequential(*parts, nn.Conv2d(h, out, 1))

    def forward(self, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        y = [torch.cat((b(v), c(v)), 1) for b, c, v in zip(self.box, self.cls, x, strict=True)]
        if not self.decode:
            return tuple(y)
        z = torch.cat([v.flatten(2) for v in y], 2)
        box, cls = z.split((4 * self.reg, self.nc), 1)
        b, _, a = box.shape
        dist = self.dfl(box.view(b, 4, self.reg, a).transpose(2, 1).softmax(1)).view(b, 4, a)
        points, strides = [], []
        for i, v in enumerate(y):
            h, w = v.shape[-2:]
            rows, cols = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            points.append(torch.stack((cols, rows), 0).flatten(1).float() + 0.5)
            strides.append(torch.full((1, h * w), 8.0 * 2**i))
        anchors, stride = torch.cat(points, 1)[None], torch.cat(strides, 1)
        lt, rb = dist.chunk(2, 1)
        low, high = anchors - lt, anchors + rb
        boxes = torch.cat(((low + high) / 2, high - low), 1) * stride
        return torch.cat((boxes, cls.sigmoid()), 1)


class XHead(nn.Module):
    """YOLOX: a 1x1 stem, two branches of two 3x3, three 1x1 predictions."""

    def __init__(self, channels: Sequence[int], h: int, classes: int = 5) -> None:
        super().__init__()
        self.stem = nn.ModuleList(Conv(c, h) for c in channels)
        self.cls = nn.ModuleList(nn.Sequential(Conv(h, h, 3), Conv(h, h, 3)) for _ in channels)
        self.reg = nn.ModuleList(nn.Sequential(Conv(h, h, 3), Conv(h, h, 3)) for _ in channels)
        self.pc = nn.ModuleList(nn.Conv2d(h, classes, 1) for _ in channels)
        self.pr = nn.ModuleList(nn.Conv2d(h, 4, 1) for _ in channels)
        self.po = nn.ModuleList(nn.Conv2d(h, 1, 1) for _ in channels)

    def forward(self, *x: Tensor) -> Tensor:
        outs = []
        for i, v in enumerate(x):
            v = self.stem[i](v)
            c, r = self.cls[i](v), self.reg[i](v)
            out = torch.cat((self.pr[i](r), self.po[i](r).sigmoid(), self.pc[i](c).sigmoid()), 1)
            outs.append(out.flatten(2))
        return torch.cat(outs, 2).permute(0, 2, 1)


def spec(
    name: str,
    family: str,
    layers: Callable[[], Sequence[Layer]],
    variant: str = "",
    size: int = 128,
    outputs: Sequence[int] = (-1,),
    task: str = "detection",
) -> Spec:
    """A detector of one list of layers."""

    def build(_: int) -> Built:
        return image(Net(layers(), outputs), size)

    return Spec(name, family, variant or family, build, task=task)
