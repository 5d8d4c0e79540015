"""MobileNetV4 hybrid as timm has it: inverted bottlenecks of every kind, attention of one key."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

SIZE, CLASSES, KEY = 128, 20, 16


class ConvNormAct(nn.Module):
    def __init__(
        self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1,
        act: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn, self.act = nn.BatchNorm2d(cout), nn.ReLU() if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class EdgeResidual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, ratio: float) -> None:
        super().__init__()
        wide = int(cin * ratio)
        self.conv_exp = ConvNormAct(cin, wide, 3, stride)
        self.conv_pwl = ConvNormAct(wide, cout, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_pwl(self.conv_exp(x))


class UniversalInvertedResidual(nn.Module):
    def __init__(
        self, cin: int, cout: int, start: int, mid: int, stride: int, ratio: float
    ) -> None:
        super().__init__()
        wide, self.has_skip = int(cin * ratio), cin == cout and stride == 1
        first = stride if not mid else 1
        self.dw_start = ConvNormAct(cin, cin, start, first, cin, False) if start else nn.Identity()
        self.pw_exp = ConvNormAct(cin, wide)
        self.dw_mid = ConvNormAct(wide, wide, mid, stride, wide) if mid else nn.Identity()
        self.pw_proj = ConvNormAct(wide, cout, act=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.pw_proj(self.dw_mid(self.pw_exp(self.dw_start(x))))
        return y + x if self.has_skip else y


class MultiQueryAttention2d(nn.Module):
    def __init__(self, width: int, heads: int, kv_stride: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Conv2d(width, heads * KEY, 1, bias=False)
        self.key, self.value = self.small(width, kv_stride), self.small(width, kv_stride)
        self.output = nn.Conv2d(heads * KEY, width, 1, bias=False)

    def small(self, width: int, stride: int) -> nn.Sequential:
        """One key or value for all heads, from a smaller map if there is a stride."""
        layers: list[nn.Module] = []
        if stride > 1:
            layers.append(nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False))
            layers.append(nn.BatchNorm2d(width))
        return nn.Sequential(*layers, nn.Conv2d(width, KEY, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        batch, _, high, wide = x.shape
        q = self.query(x).reshape(batch, self.heads, KEY, -1).transpose(-1, -2).contiguous()
        k = self.key(x).reshape(batch, KEY, -1).transpose(1, 2).unsqueeze(1).contiguous()
        v = self.value(x).reshape(batch, KEY, -1).transpose(1, 2).unsqueeze(1).contiguous()
        attn = (q * KEY**-0.5 @ k.transpose(-1, -2)).softmax(dim=-1)
        o = (attn @ v).transpose(1, 2).reshape(batch, high, wide, self.heads * KEY)
        return self.output(o.permute(0, 3, 1, 2).contiguous())


class MobileAttention(nn.Module):
    def __init__(self, width: int, heads: int, kv_stride: int) -> None:
        super().__init__()
        self.norm, self.attn = nn.BatchNorm2d(width), MultiQueryAttention2d(width, heads, kv_stride)
        self.gamma = nn.Parameter(1e-5 * torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.attn(self.norm(x))
        return y * self.gamma.view(1, -1, 1, 1) + x


class MobileNetV4(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        uir, attend = UniversalInvertedResidual, MobileAttention
        self.stem = ConvNormAct(3, 16, 3, 2)
        self.blocks = nn.Sequential(
            EdgeResidual(16, 24, 2, 4.0),
            uir(24, 32, 3, 5, 2, 4.0), uir(32, 32, 3, 3, 1, 2.0),
            uir(32, 48, 3, 5, 2, 6.0), uir(48, 48, 0, 0, 1, 2.0), attend(48, 4, 2),
            uir(48, 48, 3, 3, 1, 4.0), attend(48, 4, 2), uir(48, 48, 3, 0, 1, 4.0),
            uir(48, 64, 5, 5, 2, 6.0), uir(64, 64, 5, 0, 1, 2.0), attend(64, 4, 1),
            uir(64, 64, 5, 5, 1, 4.0), ConvNormAct(64, 96),
        )  # fmt: skip
        self.global_pool, self.conv_head = nn.AdaptiveAvgPool2d(1), ConvNormAct(96, 128)
        self.classifier = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_head(self.global_pool(self.blocks(self.stem(x))))
        return self.classifier(F.dropout(x.flatten(1), 0.0, self.training))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(MobileNetV4(), SIZE)
