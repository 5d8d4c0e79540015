"""YOLOX: a focus stem, CSP stages, pyramid both ways, decoupled heads decoded on a grid."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

CLASSES, SIZE, HEAD, STRIDES = 20, 96, 32, (8, 16, 32)


class BaseConv(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, (kernel - 1) // 2, bias=False)
        self.bn, self.act = nn.BatchNorm2d(cout, eps=1e-3), nn.SiLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class Focus(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv = BaseConv(cin * 4, cout, 3)

    def forward(self, x: Tensor) -> Tensor:
        top_left, top_right = x[..., ::2, ::2], x[..., ::2, 1::2]
        bottom_left, bottom_right = x[..., 1::2, ::2], x[..., 1::2, 1::2]
        return self.conv(torch.cat((top_left, bottom_left, top_right, bottom_right), dim=1))


class Bottleneck(nn.Module):
    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = BaseConv(channels, channels, 1), BaseConv(channels, channels, 3)
        self.add = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return y + x if self.add else y


class CSPLayer(nn.Module):
    def __init__(self, cin: int, cout: int, count: int = 1, shortcut: bool = True) -> None:
        super().__init__()
        half = cout // 2
        self.conv1, self.conv2 = BaseConv(cin, half, 1), BaseConv(cin, half, 1)
        self.conv3 = BaseConv(2 * half, cout, 1)
        self.m = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(count)))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.conv1(x), self.conv2(x)
        return self.conv3(torch.cat((self.m(first), second), dim=1))


class SPPBottleneck(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        half = cin // 2
        self.conv1, self.conv2 = BaseConv(cin, half, 1), BaseConv(half * 4, cout, 1)
        self.m = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (5, 9, 13))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x] + [pool(x) for pool in self.m], dim=1))


class CSPDarknet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Focus(3, 16)
        self.dark2 = nn.Sequential(BaseConv(16, 32, 3, 2), CSPLayer(32, 32))
        self.dark3 = nn.Sequential(BaseConv(32, 48, 3, 2), CSPLayer(48, 48, 2))
        self.dark4 = nn.Sequential(BaseConv(48, 64, 3, 2), CSPLayer(64, 64, 2))
        self.dark5 = nn.Sequential(
            BaseConv(64, 96, 3, 2), SPPBottleneck(96, 96), CSPLayer(96, 96, shortcut=False)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        near = self.dark3(self.dark2(self.stem(x)))
        middle = self.dark4(near)
        return near, middle, self.dark5(middle)


class PAFPN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.upsample = CSPDarknet(), nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral_conv0, self.reduce_conv1 = BaseConv(96, 64, 1), BaseConv(64, 48, 1)
        self.c3_p4 = CSPLayer(128, 64, shortcut=False)
        self.c3_p3 = CSPLayer(96, 48, shortcut=False)
        self.bu_conv2, self.bu_conv1 = BaseConv(48, 48, 3, 2), BaseConv(64, 64, 3, 2)
        self.c3_n3 = CSPLayer(96, 64, shortcut=False)
        self.c3_n4 = CSPLayer(128, 96, shortcut=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        near, middle, far = self.backbone(x)
        lateral = self.lateral_conv0(far)
        reduced = self.reduce_conv1(self.c3_p4(torch.cat([self.upsample(lateral), middle], 1)))
        out2 = self.c3_p3(torch.cat([self.upsample(reduced), near], 1))
        out1 = self.c3_n3(torch.cat([self.bu_conv2(out2), reduced], 1))
        out0 = self.c3_n4(torch.cat([self.bu_conv1(out1), lateral], 1))
        return out2, out1, out0


class Head(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.stem = BaseConv(cin, HEAD, 1)
        self.cls_convs = nn.Sequential(BaseConv(HEAD, HEAD, 3), BaseConv(HEAD, HEAD, 3))
        self.reg_convs = nn.Sequential(BaseConv(HEAD, HEAD, 3), BaseConv(HEAD, HEAD, 3))
        self.cls_pred, self.reg_pred = nn.Conv2d(HEAD, CLASSES, 1), nn.Conv2d(HEAD, 4, 1)
        self.obj_pred = nn.Conv2d(HEAD, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        classes = self.cls_pred(self.cls_convs(x))
        features = self.reg_convs(x)
        box, known = self.reg_pred(features), self.obj_pred(features)
        return torch.cat([box, known.sigmoid(), classes.sigmoid()], 1)


class YOLOX(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = PAFPN()
        self.heads = nn.ModuleList(Head(cin) for cin in (48, 64, 96))

    def forward(self, x: Tensor) -> Tensor:
        pyramid = self.backbone(x)
        maps = [head(each) for head, each in zip(self.heads, pyramid, strict=True)]
        sizes = [each.shape[-2:] for each in maps]
        found = torch.cat([each.flatten(start_dim=2) for each in maps], dim=2).permute(0, 2, 1)
        grids, strides = [], []
        for (high, wide), stride in zip(sizes, STRIDES, strict=True):
            rows, columns = torch.meshgrid(torch.arange(high), torch.arange(wide), indexing="ij")
            grid = torch.stack((columns, rows), 2).view(1, -1, 2)
            grids.append(grid)
            strides.append(torch.full((*grid.shape[:2], 1), stride))
        grid, step = torch.cat(grids, 1).type(x.dtype), torch.cat(strides, 1).type(x.dtype)
        centre = (found[..., 0:2] + grid) * step
        return torch.cat([centre, torch.exp(found[..., 2:4]) * step, found[..., 4:]], dim=-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(YOLOX(), SIZE)
