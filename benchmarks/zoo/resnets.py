# ruff: noqa: D102 - forward() is described by its class
"""ResNet relatives with the published layer order, stride placement and stage depths."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def conv_bn(cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A bias-free convolution with 'same' padding followed by BatchNorm."""
    pad = kernel // 2
    conv = nn.Conv2d(cin, cout, kernel, stride, pad, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(cout)]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a skip (ResNet-18 and -34)."""

    expansion = 1

    def __init__(self, cin: int, width: int, stride: int, skip: bool = True) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(cin, width, 3, stride)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv_bn(width, width, 3)
        self.downsample: nn.Module | None = None
        self.skip = skip
        if skip and (stride != 1 or cin != width):
            self.downsample = nn.Sequential(*conv_bn(cin, width, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.skip:
            out = out + (x if self.downsample is None else self.downsample(x))
        return self.relu(out)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1; the stride sits on the 3x3 (v1.5) or on the first 1x1 (v1)."""

    expansion = 4

    def __init__(
        self,
        cin: int,
        width: int,
        stride: int,
        skip: bool = True,
        groups: int = 1,
        widen: int = 1,
        v1: bool = False,
    ) -> None:
        super().__init__()
        inner, cout = width * widen, width * self.expansion
        self.conv1, self.bn1 = conv_bn(cin, inner, 1, stride if v1 else 1)
        self.conv2, self.bn2 = conv_bn(inner, inner, 3, 1 if v1 else stride, groups)
        self.conv3, self.bn3 = conv_bn(inner, cout, 1)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        self.skip = skip
        if skip and (stride != 1 or cin != cout):
            self.downsample = nn.Sequential(*conv_bn(cin, cout, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.skip:
            out = out + (x if self.downsample is None else self.downsample(x))
        return self.relu(out)


class ResNet(nn.Module):
    """The torchvision layout: 7x7 stem (or a 3x3 CIFAR stem), four stages, GAP, Linear."""

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: list[int],
        width: int = 8,
        classes: int = 10,
        cifar: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        if cifar:
            self.stem = nn.Sequential(*conv_bn(3, width, 3), nn.ReLU(inplace=True))
        else:
            self.stem = nn.Sequential(
                *conv_bn(3, width, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
            )
        cin, stages = width, []
        for index, depth in enumerate(depths):
            blocks: list[nn.Module] = []
            for step in range(depth):
                stride = 2 if index > 0 and step == 0 else 1
                blocks.append(block(cin, width * 2**index, stride, **options))
                cin = width * 2**index * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layers = nn.Sequential(*stages)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(cin, classes)

    def features(self, x: Tensor) -> Tensor:
        return self.layers(self.stem(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.avgpool(self.features(x)), 1))


class PreActBlock(nn.Module):
    """BN-ReLU-conv units with an untouched identity path (ResNet v2)."""

    def __init__(self, cin: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        cout = width * 4 if bottleneck else width
        if bottleneck:
            plan = [(cin, width, 1, 1), (width, width, 3, stride), (width, cout, 1, 1)]
        else:
            plan = [(cin, width, 3, stride), (width, width, 3, 1)]
        self.norms = nn.ModuleList([nn.BatchNorm2d(a) for a, _, _, _ in plan])
        self.convs = nn.ModuleList(
            [nn.Conv2d(a, b, k, s, k // 2, bias=False) for a, b, k, s in plan]
        )
        self.relu = nn.ReLU(inplace=False)
        self.shortcut: nn.Module | None = None
        if stride != 1 or cin != cout:
            self.shortcut = nn.Conv2d(cin, cout, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.norms[0](x))
        skip = x if self.shortcut is None else self.shortcut(first)
        out = self.convs[0](first)
        for norm, conv in zip(list(self.norms)[1:], list(self.convs)[1:], strict=True):
            out = conv(self.relu(norm(out)))
        return out + skip


class PreActResNet(nn.Module):
    """Pre-activation ResNet with the ImageNet stem and a final BN-ReLU."""

    def __init__(self, depths: list[int], bottleneck: bool, width: int = 8) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.pool = nn.MaxPool2d(3, 2, 1)
        cin, blocks = width, []
        for index, depth in enumerate(depths):
            for step in range(depth):
                stride = 2 if index > 0 and step == 0 else 1
                blocks.append(PreActBlock(cin, width * 2**index, stride, bottleneck))
                cin = width * 2**index * (4 if bottleneck else 1)
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(cin)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.blocks(self.pool(self.conv1(x)))))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))
