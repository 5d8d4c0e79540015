"""RetinaFace on the smallest MobileNet: faces and their landmarks on three maps of a pyramid."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

SIZE, WIDTH, ANCHORS = 128, 32, 2
STAGES = (
    ((8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)),
    ((64, 64, 2), (64, 64, 1), (64, 64, 1)),
    ((64, 96, 2), (96, 96, 1)),
)


def conv_bn(cin: int, cout: int, stride: int = 1, leaky: float = 0.0) -> nn.Sequential:
    """A convolution, its norm and its activation."""
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, stride, 1, bias=False),
        nn.BatchNorm2d(cout),
        nn.LeakyReLU(negative_slope=leaky, inplace=True),
    )


def conv_bn_no_relu(cin: int, cout: int) -> nn.Sequential:
    """The same without an activation."""
    return nn.Sequential(nn.Conv2d(cin, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout))


def conv_bn1x1(cin: int, cout: int, leaky: float) -> nn.Sequential:
    """The same of one pixel."""
    return nn.Sequential(
        nn.Conv2d(cin, cout, 1, bias=False),
        nn.BatchNorm2d(cout),
        nn.LeakyReLU(negative_slope=leaky, inplace=True),
    )


def conv_dw(cin: int, cout: int, stride: int, leaky: float = 0.1) -> nn.Sequential:
    """A convolution of every channel by itself, then one of every pixel by itself."""
    return nn.Sequential(
        nn.Conv2d(cin, cin, 3, stride, 1, groups=cin, bias=False),
        nn.BatchNorm2d(cin),
        nn.LeakyReLU(negative_slope=leaky, inplace=True),
        nn.Conv2d(cin, cout, 1, bias=False),
        nn.BatchNorm2d(cout),
        nn.LeakyReLU(negative_slope=leaky, inplace=True),
    )


class SSH(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv3X3 = conv_bn_no_relu(width, width // 2)
        self.conv5X5_1 = conv_bn(width, width // 4, leaky=0.1)
        self.conv5X5_2 = conv_bn_no_relu(width // 4, width // 4)
        self.conv7X7_2 = conv_bn(width // 4, width // 4, leaky=0.1)
        self.conv7x7_3 = conv_bn_no_relu(width // 4, width // 4)

    def forward(self, x: Tensor) -> Tensor:
        conv3x3, conv5x5_1 = self.conv3X3(x), self.conv5X5_1(x)
        conv5x5 = self.conv5X5_2(conv5x5_1)
        conv7x7 = self.conv7x7_3(self.conv7X7_2(conv5x5_1))
        return F.relu(torch.cat([conv3x3, conv5x5, conv7x7], dim=1))


class FPN(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.output1, self.output2, self.output3 = (conv_bn1x1(w, WIDTH, 0.1) for w in widths)
        self.merge1, self.merge2 = (conv_bn(WIDTH, WIDTH, leaky=0.1) for _ in range(2))

    def forward(self, x: list[Tensor]) -> list[Tensor]:
        one, two, three = self.output1(x[0]), self.output2(x[1]), self.output3(x[2])
        up3 = F.interpolate(three, size=[two.size(2), two.size(3)], mode="nearest")
        two = self.merge2(two + up3)
        up2 = F.interpolate(two, size=[one.size(2), one.size(3)], mode="nearest")
        return [self.merge1(one + up2), two, three]


class Head(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.conv1x1 = size, nn.Conv2d(WIDTH, ANCHORS * size, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1x1(x).permute(0, 2, 3, 1).contiguous()
        return out.view(out.shape[0], -1, self.size)


class RetinaFace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first, *others = STAGES
        stages = [nn.Sequential(conv_bn(3, 8, 2, 0.1), *(conv_dw(*each) for each in first))]
        stages += [nn.Sequential(*(conv_dw(*each) for each in stage)) for stage in others]
        self.body = nn.ModuleList(stages)
        self.fpn = FPN([stage[-1][1] for stage in STAGES])
        self.ssh = nn.ModuleList(SSH(WIDTH) for _ in STAGES)
        self.BboxHead, self.ClassHead, self.LandmarkHead = (
            nn.ModuleList(Head(size) for _ in STAGES) for size in (4, 2, 10)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        maps = []
        for stage in self.body:
            x = stage(x)
            maps.append(x)
        features = [ssh(each) for ssh, each in zip(self.ssh, self.fpn(maps), strict=True)]
        boxes, names, marks = (
            torch.cat([head(each) for head, each in zip(heads, features, strict=True)], dim=1)
            for heads in (self.BboxHead, self.ClassHead, self.LandmarkHead)
        )
        return boxes, F.softmax(names, dim=-1), marks


def build(seed: int) -> Built:
    """The network and its input."""
    return image(RetinaFace(), SIZE)
