# ruff: noqa: D102 - forward() is described by its class
"""Mobile and modern CNNs: MobileNet v1-v3, EfficientNet-B0, ShuffleNetV2, ConvNeXt-tiny."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Act = type[nn.Module]


def unit(
    cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1, act: Act | None = nn.ReLU
) -> nn.Sequential:
    """Convolution, BatchNorm and, unless `act` is None, an activation."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    layers: list[nn.Module] = [conv, nn.BatchNorm2d(cout)]
    if act is not None:
        layers.append(act(inplace=True))
    return nn.Sequential(*layers)


class SqueezeExcite(nn.Module):
    """Global pool, two 1x1 convolutions and a gate."""

    def __init__(self, channels: int, squeeze: int, act: Act, gate: Act) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, channels, 1)
        self.act, self.gate = act(), gate()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.fc2(self.act(self.fc1(F.adaptive_avg_pool2d(x, 1))))
        return self.gate(scale) * x


class Inverted(nn.Module):
    """Inverted residual: expand, depthwise, optional squeeze-excite, linear projection."""

    def __init__(
        self,
        cin: int,
        hidden: int,
        cout: int,
        kernel: int,
        stride: int,
        act: Act,
        se: nn.Module | None = None,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if hidden != cin:
            layers.append(unit(cin, hidden, 1, act=act))
        layers.append(unit(hidden, hidden, kernel, stride, hidden, act))
        if se is not None:
            layers.append(se)
        layers.append(unit(hidden, cout, 1, act=None))
        self.block = nn.Sequential(*layers)
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.skip else self.block(x)


class Pooled(nn.Module):
    """Features, global average pool and a classifier."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features, self.classifier = features, classifier
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def mobilenet_v1(scale: int = 8) -> nn.Module:
    """Thirteen depthwise-separable layers."""
    cin = 32 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2)]
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    plan += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for full, stride in plan:
        cout = full // scale
        layers += [unit(cin, cin, 3, stride, cin), unit(cin, cout, 1)]
        cin = cout
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


def mobilenet_v2(scale: int = 4) -> nn.Module:
    """The torchvision MobileNetV2 with ReLU6."""
    cin = 32 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2, act=nn.ReLU6)]
    plan = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)]
    for expand, full, count, stride in [*plan, (6, 160, 3, 2), (6, 320, 1, 1)]:
        for step in range(count):
            cout, first = full // scale, stride if step == 0 else 1
            layers.append(Inverted(cin, cin * expand, cout, 3, first, nn.ReLU6))
            cin = cout
    layers.append(unit(cin, 1280 // scale, 1, act=nn.ReLU6))
    head = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280 // scale, 10))
    return Pooled(nn.Sequential(*layers), head)


def rounded(value: int) -> int:
    """Nearest multiple of eight, never more than a tenth below: the published rounding."""
    near = max(8, (value + 4) // 8 * 8)
    return near + 8 if near < 0.9 * value else near


V3_SMALL = [
    (16, 3, 16, True, False, 2), (72, 3, 24, False, False, 2), (88, 3, 24, False, False, 1),
    (96, 5, 40, True, True, 2), (240, 5, 40, True, True, 1), (240, 5, 40, True, True, 1),
    (120, 5, 48, True, True, 1), (144, 5, 48, True, True, 1), (288, 5, 96, True, True, 2),
    (576, 5, 96, True, True, 1), (576, 5, 96, True, True, 1),
]  # fmt: skip


def mobilenet_v3_small(scale: int = 4) -> nn.Module:
    """MobileNetV3-small: squeeze-excite with hard sigmoid, hard swish in the deep half."""
    cin = 16 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2, act=nn.Hardswish)]
    for full, kernel, out, excite, hard, stride in V3_SMALL:
        hidden, cout = full // scale, out // scale
        squeeze = rounded(full // 4) // scale
        se = SqueezeExcite(hidden, squeeze, nn.ReLU, nn.Hardsigmoid) if excite else None
        act: Act = nn.Hardswish if hard else nn.ReLU
        layers.append(Inverted(cin, hidden, cout, kernel, stride, act, se))
        cin = cout
    last = 576 // scale
    layers.append(unit(cin, last, 1, act=nn.Hardswish))
    hidden = 1024 // scale
    head = nn.Sequential(
        nn.Linear(last, hidden), nn.Hardswish(inplace=True), nn.Dropout(0.2), nn.Linear(hidden, 10)
    )
    return Pooled(nn.Sequential(*layers), head)


def efficientnet_b0(scale: int = 4) -> nn.Module:
    """EfficientNet-B0: MBConv with SiLU and sigmoid-gated squeeze-excite."""
    cin = 32 // scale
    layers: list[nn.Module] = [unit(3, cin, 3, 2, act=nn.SiLU)]
    plan = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)]
    for expand, kernel, stride, full, count in [
        *plan, (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)
    ]:  # fmt: skip
        for step in range(count):
            cout, hidden = full // scale, cin * expand
            se = SqueezeExcite(hidden, max(1, cin // 4), nn.SiLU, nn.Sigmoid)
            first = stride if step == 0 else 1
            layers.append(Inverted(cin, hidden, cout, kernel, first, nn.SiLU, se))
            cin = cout
    layers.append(unit(cin, 1280 // scale, 1, act=nn.SiLU))
    head = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280 // scale, 10))
    return Pooled(nn.Sequential(*layers), head)


def channel_shuffle(x: Tensor, groups: int = 2) -> Tensor:
    """Interleave channel groups."""
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return torch.transpose(x, 1, 2).contiguous().view(batch, channels, height, width)


class ShuffleUnit(nn.Module):
    """ShuffleNetV2 unit: split (or two strided branches), concat, shuffle."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        half = cout // 2
        self.stride = stride
        self.left: nn.Module | None = None
        if stride > 1:
            self.left = nn.Sequential(unit(cin, cin, 3, stride, cin, None), unit(cin, half, 1))
        self.right = nn.Sequential(
            unit(cin if stride > 1 else half, half, 1),
            unit(half, half, 3, stride, half, None),
            unit(half, half, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.left is None:
            a, b = x.chunk(2, dim=1)
            return channel_shuffle(torch.cat((a, self.right(b)), dim=1))
        return channel_shuffle(torch.cat((self.left(x), self.right(x)), dim=1))


class ShuffleNetV2(nn.Module):
    """ShuffleNetV2 with stage repeats 4, 8, 4."""

    def __init__(self, channels: tuple[int, ...] = (8, 28, 56, 112, 256)) -> None:
        super().__init__()
        cin = channels[0]
        layers: list[nn.Module] = [unit(3, cin, 3, 2), nn.MaxPool2d(3, 2, 1)]
        for cout, count in zip(channels[1:4], (4, 8, 4), strict=True):
            layers += [ShuffleUnit(cin, cout, 2)]
            layers += [ShuffleUnit(cout, cout, 1) for _ in range(count - 1)]
            cin = cout
        layers.append(unit(cin, channels[4], 1))
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(channels[4], 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).mean([2, 3]))


class LayerNorm2d(nn.LayerNorm):
    """LayerNorm over the channels of an NCHW tensor."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    """7x7 depthwise, LayerNorm, two Linear with GELU, layer scale, skip."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.fc1, self.act, self.fc2 = nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim)
        self.layer_scale = nn.Parameter(torch.rand(dim, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.fc2(self.act(self.fc1(y))).permute(0, 3, 1, 2)
        return self.layer_scale * y + x


class ConvNext(nn.Module):
    """The torchvision ConvNeXt layout."""

    def __init__(
        self, depths: tuple[int, ...] = (3, 3, 9, 3), dims: tuple[int, ...] = (12, 24, 48, 96)
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, dims[0], 4, 4), LayerNorm2d(dims[0], eps=1e-6)]
        for index, (depth, dim) in enumerate(zip(depths, dims, strict=True)):
            layers += [ConvNextBlock(dim) for _ in range(depth)]
            if index + 1 < len(dims):
                layers.append(LayerNorm2d(dim, eps=1e-6))
                layers.append(nn.Conv2d(dim, dims[index + 1], 2, 2))
        self.features = nn.Sequential(*layers)
        self.norm = LayerNorm2d(dims[-1], eps=1e-6)
        self.head = nn.Linear(dims[-1], 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(F.adaptive_avg_pool2d(self.features(x), 1))
        return self.head(torch.flatten(x, 1))
