# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Residual networks with the structure of torchvision's and of the common CIFAR code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr, twins
from benchmarks.zoo.spec import Spec

LABELS = 20
Block = Callable[[int, int, int, nn.Module | None], nn.Module]


def conv3(fan_in: int, fan_out: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A padded 3x3 convolution."""
    return nn.Conv2d(fan_in, fan_out, 3, stride, 1, groups=groups, bias=False)


class Squeeze(nn.Module):
    """Squeeze-and-excitation with linear layers, as in the first SE-ResNet code."""

    def __init__(self, width: int, reduction: int = 4) -> None:
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(width, width // reduction, bias=False), nn.ReLU(inplace=True),
            nn.Linear(width // reduction, width, bias=False), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        y = self.fc(self.avg_pool(x).view(b, c)).view(b, c, 1, 1)
        return x * y.expand_as(x)


class SqueezeConv(nn.Module):
    """The same with 1x1 convolutions, as in timm."""

    def __init__(self, width: int, reduction: int = 4) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, width // reduction, 1)
        self.fc2 = nn.Conv2d(width // reduction, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(y))))


class Basic(nn.Module):
    expansion = 1

    def __init__(
        self, fan_in: int, width: int, stride: int, down: nn.Module | None,
        se: Callable[[int], nn.Module] = lambda _: nn.Identity(),
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv1, self.bn1 = conv3(fan_in, width, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv3(width, width), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.se, self.downsample = se(width), down

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.se(self.bn2(self.conv2(out)))
        out += identity
        return self.relu(out)


class Bottle(nn.Module):
    expansion = 4

    def __init__(
        self, fan_in: int, planes: int, stride: int, down: nn.Module | None, groups: int = 1,
        base: float = 1.0, caffe: bool = False,
        se: Callable[[int], nn.Module] = lambda _: nn.Identity(),
    ) -> None:  # fmt: skip
        super().__init__()
        width = int(planes * base) * groups
        first, second = (stride, 1) if caffe else (1, stride)
        self.conv1 = nn.Conv2d(fan_in, width, 1, first, bias=False)
        self.conv2 = conv3(width, width, second, groups)
        self.conv3 = nn.Conv2d(width, planes * 4, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.bn3, self.relu = nn.BatchNorm2d(planes * 4), nn.ReLU(inplace=True)
        self.se, self.downsample = se(planes * 4), down

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.se(self.bn3(self.conv3(out)))
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(
        self, block: Block, depths: list[int], expansion: int, width: int = 8, deep: bool = False,
        average: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.average = average
        stem = [cbr(3, width // 2, 3, 2), cbr(width // 2, width // 2), cbr(width // 2, width)]
        self.stem = nn.Sequential(*stem) if deep else cbr(3, width, 7, 2)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.fan_in, self.expansion = width, expansion
        stages = [
            self.stage(block, width * 2**i, depth, 2 if i else 1) for i, depth in enumerate(depths)
        ]
        self.stages = nn.Sequential(*stages)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.fan_in, LABELS)

    def stage(self, block: Block, planes: int, depth: int, stride: int) -> nn.Sequential:
        """The blocks of one resolution."""
        down: nn.Module | None = None
        out = planes * self.expansion
        if stride != 1 or self.fan_in != out:
            if self.average:  # variant D
                pool = nn.AvgPool2d(2, 2, ceil_mode=True) if stride == 2 else nn.Identity()
                down = nn.Sequential(pool, cbr(self.fan_in, out, 1, act=None))
            else:
                down = cbr(self.fan_in, out, 1, stride, act=None)
        blocks = [block(self.fan_in, planes, stride, down)]
        self.fan_in = out
        blocks += [block(out, planes, 1, None) for _ in range(depth - 1)]
        return nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.maxpool(self.stem(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class ShortcutA(nn.Module):
    """The parameter-free shortcut of the CIFAR networks: every second pixel, zero channels."""

    def __init__(self, pad: int) -> None:
        super().__init__()
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad), "constant", 0)


class CifarResNet(nn.Module):
    """Three stages of 16, 32 and 64 channels; depth 6n+2."""

    def __init__(self, depth: int, free: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = [cbr(3, 8)]
        fan_in = 8
        for index in range(3):
            width = 8 * 2**index
            for position in range((depth - 2) // 6):
                stride = 2 if index and position == 0 else 1
                down: nn.Module | None = None
                if fan_in != width:
                    projected = cbr(fan_in, width, 1, stride, act=None)
                    down = ShortcutA(width // 4) if free else projected
                layers.append(Basic(fan_in, width, stride, down))
                fan_in = width
        self.layers = nn.Sequential(*layers)
        self.linear = nn.Linear(fan_in, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = self.layers(x)
        out = F.avg_pool2d(out, out.size()[3])
        return self.linear(out.view(out.size(0), -1))


class KuangLiu(nn.Module):
    """ResNet-18 for CIFAR with four stages and a 3x3 stem."""

    def __init__(self, depths: list[int]) -> None:
        super().__init__()
        body = ResNet(Basic, depths, 1)
        self.stem, self.stages, self.linear = cbr(3, 8), body.stages, nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = F.avg_pool2d(self.stages(self.stem(x)), 4)
        return self.linear(out.view(out.size(0), -1))


class WideBlock(nn.Module):
    """Pre-activation block of the Wide ResNet for CIFAR."""

    def __init__(self, fan_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(fan_in), nn.BatchNorm2d(width)
        self.conv1, self.conv2 = conv3(fan_in, width, stride), conv3(width, width)
        self.same = fan_in == width
        self.short = nn.Identity() if self.same else nn.Conv2d(fan_in, width, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(x))
        short = x if self.same else self.short(out)
        out = F.relu(self.bn2(self.conv1(out)))
        return torch.add(short, self.conv2(out))


class WideResNet(nn.Module):
    def __init__(self, depth: int, widen: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv3(3, 4)]
        fan_in = 4
        for index in range(3):
            width = 4 * widen * 2**index
            for position in range((depth - 4) // 6):
                layers.append(WideBlock(fan_in, width, 2 if index and position == 0 else 1))
                fan_in = width
        self.layers = nn.Sequential(*layers)
        self.bn1, self.fc = nn.BatchNorm2d(fan_in), nn.Linear(fan_in, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = F.avg_pool2d(F.relu(self.bn1(self.layers(x))), 8)
        return self.fc(out.view(-1, out.shape[1]))


NEXT = partial(Bottle, groups=4, base=0.5)
TV, TIMM, CIFAR = twins("torchvision-style"), twins("timm-style"), twins("cifar-style")
SPECS: list[Spec] = [
    TV("resnet-18", "resnet", lambda: ResNet(Basic, [2, 2, 2, 2], 1)),
    TV("resnet-34", "resnet", lambda: ResNet(Basic, [3, 4, 6, 3], 1)),
    TV("resnet-50", "resnet", lambda: ResNet(Bottle, [3, 4, 6, 3], 4)),
    TV("resnet-101", "resnet", lambda: ResNet(Bottle, [3, 4, 23, 3], 4, 4)),
    TV("resnet-50-caffe", "resnet", lambda: ResNet(partial(Bottle, caffe=True), [3, 4, 6, 3], 4),
       variant="resnet-50-v1"),
    TV("wide-resnet-50", "wide-resnet",
       lambda: ResNet(partial(Bottle, base=2.0), [3, 4, 6, 3], 4, 4)),
    TV("resnext-50", "resnext", lambda: ResNet(NEXT, [3, 4, 6, 3], 4)),
    TV("resnext-101", "resnext", lambda: ResNet(NEXT, [3, 4, 23, 3], 4, 4)),
    TIMM("resnet-50d", "resnet",
         lambda: ResNet(Bottle, [3, 4, 6, 3], 4, deep=True, average=True)),
    TIMM("resnet-26", "resnet", lambda: ResNet(Bottle, [2, 2, 2, 2], 4)),
    TIMM("seresnet-50", "se-resnet",
         lambda: ResNet(partial(Bottle, se=SqueezeConv), [3, 4, 6, 3], 4)),
    TIMM("seresnext-26", "se-resnext",
         lambda: ResNet(partial(NEXT, se=SqueezeConv), [2, 2, 2, 2], 4)),
    CIFAR("seresnet-18", "se-resnet",
          lambda: ResNet(partial(Basic, se=Squeeze), [2, 2, 2, 2], 1)),
    CIFAR("resnet-20", "resnet", lambda: CifarResNet(20), 32),
    CIFAR("resnet-56", "resnet", lambda: CifarResNet(56, False), 32),
    CIFAR("resnet-18", "resnet", lambda: KuangLiu([2, 2, 2, 2]), 32, variant="resnet-18-cifar"),
    CIFAR("wide-resnet-16", "wide-resnet", lambda: WideResNet(16, 4), 32),
    CIFAR("wide-resnet-28", "wide-resnet", lambda: WideResNet(28, 2), 32),
]  # fmt: skip
