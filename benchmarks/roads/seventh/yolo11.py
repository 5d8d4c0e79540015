"""YOLO11 as Ultralytics has it: C3k2 stages, attention at the end, boxes as distributions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

CLASSES, SIZE, BINS, STRIDES = 20, 96, 16, (8, 16, 32)
PYRAMID, BOX, NAME = (32, 48, 64), 32, 32


class Conv(nn.Module):
    def __init__(
        self, c1: int, c2: int, k: int = 1, s: int = 1, g: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, k, s, k // 2, groups=g, bias=False)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True) if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, c: int, e: float) -> None:
        super().__init__()
        self.cv1, self.cv2 = Conv(c, int(c * e), 3), Conv(int(c * e), c, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.cv2(self.cv1(x))


class C3k(nn.Module):
    def __init__(self, c: int, n: int = 2) -> None:
        super().__init__()
        half = c // 2
        self.cv1, self.cv2, self.cv3 = Conv(c, half), Conv(c, half), Conv(2 * half, c)
        self.m = nn.Sequential(*(Bottleneck(half, 1.0) for _ in range(n)))

    def forward(self, x: Tensor) -> Tensor:
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class C3k2(nn.Module):
    def __init__(self, c1: int, c2: int, c3k: bool, e: float = 0.5, n: int = 1) -> None:
        super().__init__()
        c = int(c2 * e)
        self.cv1, self.cv2 = Conv(c1, 2 * c), Conv((2 + n) * c, c2)
        self.m = nn.ModuleList(C3k(c) if c3k else Bottleneck(c, 0.5) for _ in range(n))

    def forward(self, x: Tensor) -> Tensor:
        y = list(self.cv1(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.cv2(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = Conv(c, c // 2), Conv(c * 2, c)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = [self.cv1(x)]
        y.extend(self.m(y[-1]) for _ in range(3))
        return self.cv2(torch.cat(y, 1))


class Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.num_heads, self.head_dim = heads, dim // heads
        self.key_dim = self.head_dim // 2
        self.scale = self.key_dim**-0.5
        self.qkv = Conv(dim, dim + self.key_dim * heads * 2, act=False)
        self.proj, self.pe = Conv(dim, dim, act=False), Conv(dim, dim, 3, g=dim, act=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, high, wide = x.shape
        count, sizes = high * wide, [self.key_dim, self.key_dim, self.head_dim]
        qkv = self.qkv(x).view(batch, self.num_heads, self.key_dim * 2 + self.head_dim, count)
        q, k, v = qkv.split(sizes, dim=2)
        attn = (q.transpose(-2, -1) @ k) * self.scale
        attn = attn.softmax(dim=-1)
        x = (v @ attn.transpose(-2, -1)).view(batch, channels, high, wide)
        x = x + self.pe(v.reshape(batch, channels, high, wide))
        return self.proj(x)


class PSABlock(nn.Module):
    def __init__(self, c: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(c, heads)
        self.ffn = nn.Sequential(Conv(c, c * 2), Conv(c * 2, c, act=False))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(x)
        return x + self.ffn(x)


class C2PSA(nn.Module):
    def __init__(self, c1: int) -> None:
        super().__init__()
        self.c = c1 // 2
        self.cv1, self.cv2 = Conv(c1, 2 * self.c), Conv(2 * self.c, c1)
        self.m = nn.Sequential(PSABlock(self.c, 2))

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.cv1(x).split((self.c, self.c), dim=1)
        return self.cv2(torch.cat((a, self.m(b)), 1))


class DFL(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(BINS, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(BINS).float().view(1, BINS, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, count = x.shape
        x = self.conv(x.view(batch, 4, BINS, count).transpose(2, 1).softmax(1))
        return x.view(batch, 4, count)


def make_anchors() -> tuple[Tensor, Tensor]:
    """Centre of every prediction, and the stride of its map."""
    points, strides = [], []
    for stride in STRIDES:
        side = torch.arange(SIZE // stride) + 0.5
        sy, sx = torch.meshgrid(side, side, indexing="ij")
        points.append(torch.stack((sx, sy), -1).view(-1, 2))
        strides.append(torch.full((len(side) ** 2, 1), float(stride)))
    return torch.cat(points), torch.cat(strides)


class Detect(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cv2 = nn.ModuleList(
            nn.Sequential(Conv(c, BOX, 3), Conv(BOX, BOX, 3), nn.Conv2d(BOX, 4 * BINS, 1))
            for c in PYRAMID
        )
        self.cv3 = nn.ModuleList(
            nn.Sequential(
                nn.Sequential(Conv(c, c, 3, g=c), Conv(c, NAME)),
                nn.Sequential(Conv(NAME, NAME, 3, g=NAME), Conv(NAME, NAME)),
                nn.Conv2d(NAME, CLASSES, 1),
            )
            for c in PYRAMID
        )
        self.dfl = DFL()
        anchors, strides = make_anchors()
        self.register_buffer("anchors", anchors.transpose(0, 1).unsqueeze(0))
        self.register_buffer("strides", strides.transpose(0, 1))

    def forward(self, pyramid: list[Tensor]) -> Tensor:
        maps = [
            torch.cat((box(each), name(each)), 1)
            for box, name, each in zip(self.cv2, self.cv3, pyramid, strict=True)
        ]
        batch, outputs = maps[0].shape[0], 4 * BINS + CLASSES
        x_cat = torch.cat([each.view(batch, outputs, -1) for each in maps], 2)
        box, cls = x_cat.split((4 * BINS, CLASSES), 1)
        lt, rb = self.dfl(box).chunk(2, 1)
        x1y1, x2y2 = self.anchors - lt, self.anchors + rb
        dbox = torch.cat(((x1y1 + x2y2) / 2, x2y2 - x1y1), 1) * self.strides
        return torch.cat((dbox, cls.sigmoid()), 1)


class YOLO11(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 24, 3, 2), C3k2(24, 32, False, 0.25))
        self.p3 = nn.Sequential(Conv(32, 32, 3, 2), C3k2(32, 48, False, 0.25))
        self.p4 = nn.Sequential(Conv(48, 48, 3, 2), C3k2(48, 48, True))
        self.p5 = nn.Sequential(Conv(48, 64, 3, 2), C3k2(64, 64, True), SPPF(64), C2PSA(64))
        self.up = nn.Upsample(None, 2, "nearest")
        self.up4, self.up3 = C3k2(112, 48, False), C3k2(96, 32, False)
        self.down3, self.down4 = Conv(32, 32, 3, 2), Conv(48, 48, 3, 2)
        self.out4, self.out5 = C3k2(80, 48, False), C3k2(112, 64, True)
        self.detect = Detect()

    def forward(self, x: Tensor) -> Tensor:
        near = self.p3(self.stem(x))
        middle = self.p4(near)
        far = self.p5(middle)
        mixed = self.up4(torch.cat([self.up(far), middle], 1))
        out3 = self.up3(torch.cat([self.up(mixed), near], 1))
        out4 = self.out4(torch.cat([self.down3(out3), mixed], 1))
        out5 = self.out5(torch.cat([self.down4(out4), far], 1))
        return self.detect([out3, out4, out5])


def build(seed: int) -> Built:
    """The network and its input."""
    return image(YOLO11(), SIZE)
