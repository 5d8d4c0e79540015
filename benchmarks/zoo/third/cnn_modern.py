# ruff: noqa: D102 - forward() is described by its class
"""Light and modern classifiers after single-model repositories."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, model


class Swish(nn.Module):
    """lukemelas' activation in its export form."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


class SamePad(nn.Conv2d):
    """TensorFlow's padding for a known image size, as a layer before the convolution."""

    def __init__(self, cin: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(cin, out, kernel, stride, groups=groups, bias=False)
        low = (kernel - 1) // 2 if stride == 1 else (kernel - 2) // 2
        high = kernel - stride - low if stride == 2 else low
        self.static_padding = nn.ZeroPad2d((low, high, low, high))

    def forward(self, x: Tensor) -> Tensor:
        y = self.static_padding(x)
        return F.conv2d(y, self.weight, self.bias, self.stride, 0, 1, self.groups)


class MBConv(nn.Module):
    """lukemelas' block; squeeze-and-excite from the block's input width."""

    def __init__(self, cin: int, out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        mid = cin * expand
        self.expand, self.skip = expand != 1, stride == 1 and cin == out
        if self.expand:
            self.conv0, self.bn0 = SamePad(cin, mid, 1), nn.BatchNorm2d(mid, eps=1e-3)
        self.dw, self.bn1 = SamePad(mid, mid, kernel, stride, mid), nn.BatchNorm2d(mid, eps=1e-3)
        squeezed = max(1, cin // 4)
        self.reduce, self.grow = nn.Conv2d(mid, squeezed, 1), nn.Conv2d(squeezed, mid, 1)
        self.project, self.bn2 = SamePad(mid, out, 1), nn.BatchNorm2d(out, eps=1e-3)
        self.swish = Swish()

    def forward(self, inputs: Tensor) -> Tensor:
        x = self.swish(self.bn0(self.conv0(inputs))) if self.expand else inputs
        x = self.swish(self.bn1(self.dw(x)))
        gate = self.grow(self.swish(self.reduce(F.adaptive_avg_pool2d(x, 1))))
        x = self.bn2(self.project(torch.sigmoid(gate) * x))
        return x + inputs if self.skip else x


def efficientnet(depths: list[int], widths: list[int]) -> nn.Module:
    """Seven stages by the paper's table, depths and widths scaled by the caller."""
    kernels, strides, cin = [3, 3, 5, 3, 5, 5, 3], [1, 2, 2, 2, 1, 2, 1], widths[0]
    layers: list[nn.Module] = [SamePad(3, cin, 3, 2), nn.BatchNorm2d(cin), Swish()]
    for stage, depth in enumerate(depths):
        for index in range(depth):
            stride = 1 if index else strides[stage]
            out = widths[stage + 1]
            layers.append(MBConv(cin, out, kernels[stage], stride, 6 if stage else 1))
            cin = out
    layers += [SamePad(cin, 4 * cin, 1), nn.BatchNorm2d(4 * cin), Swish()]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(4 * cin, 50))


class Inverted(nn.Module):
    """tonylins' and d-li14's inverted residual, squeeze-and-excite by choice."""

    def __init__(
        self, cin: int, mid: int, out: int, k: int, stride: int, se: bool, act: type[nn.Module]
    ) -> None:
        super().__init__()
        self.identity = stride == 1 and cin == out
        layers = [*conv_bn(cin, mid, 1, act=act())] if mid != cin else []
        layers += [*conv_bn(mid, mid, k, stride, groups=mid)]
        if act is nn.ReLU6 or not se:
            layers.append(act())
        else:
            layers += [DLi14Se(mid), act()]
        self.conv = nn.Sequential(*layers, *conv_bn(mid, out, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.identity else self.conv(x)


class HardSigmoid(nn.Module):
    """Written out with ReLU6."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + 3) / 6


class HardSwish(nn.Module):
    """Written out with that hard sigmoid."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (F.relu6(x + 3) / 6)


class DLi14Se(nn.Module):
    """Linear layers on the mean, a hard sigmoid behind them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = max(4, width // 4)
        self.fc = nn.Sequential(
            nn.Linear(width, inner), nn.ReLU(inplace=True), nn.Linear(inner, width), HardSigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        return x * self.fc(x.mean((2, 3)).view(b, c)).view(b, c, 1, 1)


V3_LARGE = [(3, 1, 8, 0, 0, 1), (3, 4, 12, 0, 0, 2), (3, 3, 12, 0, 0, 1), (5, 3, 20, 1, 0, 2),
            (5, 3, 20, 1, 0, 1), (5, 3, 20, 1, 0, 1), (3, 6, 40, 0, 1, 2), (3, 2.5, 40, 0, 1, 1),
            (3, 2.3, 40, 0, 1, 1), (3, 2.3, 40, 0, 1, 1), (3, 6, 56, 1, 1, 1),
            (3, 6, 56, 1, 1, 1), (5, 6, 80, 1, 1, 2), (5, 6, 80, 1, 1, 1),
            (5, 6, 80, 1, 1, 1)]  # fmt: skip


def mobilenetv3() -> nn.Module:
    """d-li14's large one."""
    layers: list[nn.Module] = [conv_bn(3, 8, 3, 2, act=HardSwish())]
    cin = 8
    for k, t, out, se, hs, stride in V3_LARGE:
        act = HardSwish if hs else nn.ReLU
        layers.append(Inverted(cin, int(cin * t), int(out), int(k), int(stride), bool(se), act))
        cin = int(out)
    layers += [conv_bn(cin, 6 * cin, 1, act=HardSwish()), nn.AdaptiveAvgPool2d((1, 1))]
    layers += [nn.Flatten(), nn.Linear(6 * cin, 128), HardSwish(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(128, 40))


def mobilenetv2(cifar: bool) -> nn.Module:
    """Tonylins' model; kuangliu's changes the strides for small images."""
    rows = [(1, 8, 1, 1), (6, 12, 2, 1 if cifar else 2), (6, 16, 3, 2), (6, 24, 4, 2),
            (6, 32, 3, 1), (6, 40, 3, 2), (6, 80, 1, 1)]  # fmt: skip
    layers: list[nn.Module] = [conv_bn(3, 16, 3, 1 if cifar else 2, act=nn.ReLU6(True))]
    cin = 16
    for t, out, depth, stride in rows:
        for index in range(depth):
            args = (3, 1 if index else stride, False, nn.ReLU if cifar else nn.ReLU6)
            layers.append(Inverted(cin, cin * t, out, *args))
            cin = out
    layers += [conv_bn(cin, 4 * cin, 1, act=nn.ReLU() if cifar else nn.ReLU6())]
    return nn.Sequential(*layers, Mean(), nn.Linear(4 * cin, 30))


class Mean(nn.Module):
    """The mean over both image axes, one after the other."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(3).mean(2)


def mobilenetv1(alpha: float) -> nn.Module:
    """Marvis' chain of depthwise separable convolutions with a 7x7 average."""

    def dw(cin: int, out: int, stride: int) -> nn.Sequential:
        one = conv_bn(cin, cin, 3, stride, groups=cin, act=nn.ReLU(inplace=True))
        return nn.Sequential(*one, *conv_bn(cin, out, 1, act=nn.ReLU(inplace=True)))

    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2),
            (1024, 1)]  # fmt: skip
    cin = int(32 * alpha)
    layers: list[nn.Module] = [*conv_bn(3, cin, 3, 2, act=nn.ReLU(inplace=True))]
    for out, stride in plan:
        layers.append(dw(cin, int(out * alpha), stride))
        cin = int(out * alpha)
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(cin, 60))


class ShuffleUnit(nn.Module):
    """kuangliu's ShuffleNetV2 unit: a split by index, the shuffle behind the joint."""

    def __init__(self, width: int, down: int = 0) -> None:
        super().__init__()
        half = width // 2
        cin = down or half
        stride = 2 if down else 1
        self.main = nn.Sequential(
            *conv_bn(cin, half, 1, act=nn.ReLU()),
            *conv_bn(half, half, 3, stride, groups=half),
            *conv_bn(half, half, 1, act=nn.ReLU()),
        )
        self.side = None
        if down:
            side = conv_bn(cin, cin, 3, 2, groups=cin)
            self.side = nn.Sequential(*side, *conv_bn(cin, half, 1, act=nn.ReLU()))

    def forward(self, x: Tensor) -> Tensor:
        if self.side is None:
            keep = int(x.size(1) * 0.5)
            y = torch.cat([x[:, :keep, :, :], self.main(x[:, keep:, :, :])], 1)
        else:
            y = torch.cat([self.side(x), self.main(x)], 1)
        n, c, h, w = y.size()
        return y.view(n, 2, c // 2, h, w).permute(0, 2, 1, 3, 4).reshape(n, c, h, w)


def shufflenetv2() -> nn.Module:
    """Stages of 4, 8 and 4 units."""
    layers: list[nn.Module] = [conv_bn(3, 24, 1, act=nn.ReLU())]
    cin = 24
    for width, depth in ((48, 3), (96, 7), (192, 3)):
        layers += [ShuffleUnit(width, cin), *[ShuffleUnit(width) for _ in range(depth)]]
        cin = width
    layers += [conv_bn(cin, 256, 1, act=nn.ReLU()), nn.AvgPool2d(4), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(256, 10))


class LayerNorm2d(nn.Module):
    """ConvNeXt's normalisation over channels first, written out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNextBlock(nn.Module):
    """Facebook's block: channels last between the depthwise convolution and the sum."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(1e-6 * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


def convnext(depths: list[int], dims: list[int]) -> nn.Module:
    """Stem, stages with downsampling between them, a norm of the mean and a head."""
    layers: list[nn.Module] = [nn.Conv2d(3, dims[0], 4, 4), LayerNorm2d(dims[0])]
    for stage, depth in enumerate(depths):
        if stage:
            layers += [LayerNorm2d(dims[stage - 1]), nn.Conv2d(dims[stage - 1], dims[stage], 2, 2)]
        layers += [ConvNextBlock(dims[stage]) for _ in range(depth)]
    return nn.Sequential(*layers, Mean2(), nn.LayerNorm(dims[-1]), nn.Linear(dims[-1], 30))


class Mean2(nn.Module):
    """The mean over both image axes at once."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean([-2, -1])


class RepUnit(nn.Module):
    """DingXiaoH's unit in training form: three branches summed before the activation."""

    def __init__(self, cin: int, out: int, stride: int) -> None:
        super().__init__()
        self.dense, self.one = conv_bn(cin, out, 3, stride), conv_bn(cin, out, 1, stride)
        self.identity = nn.BatchNorm2d(cin) if cin == out and stride == 1 else None

    def forward(self, x: Tensor) -> Tensor:
        rest = 0 if self.identity is None else self.identity(x)
        return F.relu(self.dense(x) + self.one(x) + rest)


def repvgg(depths: list[int]) -> nn.Module:
    """RepVGG-A1 narrowed."""
    layers: list[nn.Module] = [RepUnit(3, 8, 2)]
    cin = 8
    for stage, depth in enumerate(depths):
        for index in range(depth):
            out = 12 << stage
            layers.append(RepUnit(cin, out, 1 if index else 2))
            cin = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, 30))


class MixerBlock(nn.Module):
    """lucidrains' Mixer: 1-D convolutions over patches, linear layers over channels."""

    def __init__(self, patches: int, dim: int) -> None:
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.token = nn.Sequential(nn.Conv1d(patches, 4 * patches, 1), nn.GELU(), nn.Dropout(0.0),
                                   nn.Conv1d(4 * patches, patches, 1))  # fmt: skip
        self.channel = nn.Sequential(nn.Linear(dim, dim // 2), nn.GELU(), nn.Linear(dim // 2, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = self.token(self.n1(x)) + x
        return self.channel(self.n2(x)) + x


class Mixer(nn.Module):
    """Patches cut by reshapes and projected by a linear layer."""

    def __init__(self, dim: int, depth: int, size: int, patch: int) -> None:
        super().__init__()
        self.patch, self.embed = patch, nn.Linear(3 * patch * patch, dim)
        self.blocks = nn.Sequential(*[MixerBlock((size // patch) ** 2, dim) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 30)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        p = self.patch
        y = (
            x.reshape(b, c, h // p, p, w // p, p)
            .permute(0, 2, 4, 3, 5, 1)
            .reshape(b, -1, p * p * c)
        )
        return self.head(self.norm(self.blocks(self.embed(y))).mean(1))


SPECS: list[Spec] = [
    model("lukemelas-efficientnet-b0", "efficientnet", lambda: efficientnet(
        [1, 2, 2, 3, 3, 4, 1], [8, 8, 8, 12, 20, 28, 48, 80]), 128,
        "lukemelas/EfficientNet-PyTorch"),
    model("lukemelas-efficientnet-b3", "efficientnet", lambda: efficientnet(
        [2, 3, 3, 5, 5, 6, 2], [10, 8, 8, 12, 24, 36, 56, 96]), 128,
        "lukemelas/EfficientNet-PyTorch"),
    model("d-li14-mobilenetv3-large", "mobilenetv3", mobilenetv3, 128, "d-li14/mobilenetv3"),
    model("tonylins-mobilenetv2", "mobilenetv2", lambda: mobilenetv2(False), 128,
          "tonylins/pytorch-mobilenet-v2"),
    model("kuangliu-mobilenetv2", "mobilenetv2", lambda: mobilenetv2(True), 32,
          "kuangliu/pytorch-cifar"),
    model("marvis-mobilenet", "mobilenetv1", lambda: mobilenetv1(0.25), 128,
          "marvis/pytorch-mobilenet"),
    model("kuangliu-shufflenetv2", "shufflenetv2", shufflenetv2, 32, "kuangliu/pytorch-cifar"),
    model("facebook-convnext-s", "convnext", lambda: convnext([3, 3, 27, 3], [8, 16, 32, 64]), 64,
          "facebookresearch/ConvNeXt"),
    model("ding-repvgg-a1", "repvgg", lambda: repvgg([2, 4, 14, 1]), 64, "DingXiaoH/RepVGG"),
    model("lucidrains-mixer", "mlp-mixer", lambda: Mixer(32, 6, 64, 16), 64,
          "lucidrains/mlp-mixer-pytorch"),
]  # fmt: skip
