"""FastViT as timm has it, after its branches were merged: convolutions mix, attention at last."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTHS, DEPTHS, RATIO, HEAD, SIZE, CLASSES = (12, 24, 48, 96), (1, 2, 2, 2), 3, 16, 128, 20


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x_se = x.mean((2, 3), keepdim=True)
        return x * self.fc2(F.relu(self.fc1(x_se))).sigmoid()


class MobileOneBlock(nn.Module):
    def __init__(
        self, cin: int, cout: int, k: int, s: int = 1, groups: int = 1, use_se: bool = False
    ) -> None:
        super().__init__()
        self.reparam_conv = nn.Conv2d(cin, cout, k, s, k // 2, groups=groups)
        self.se = SqueezeExcite(cout) if use_se else nn.Identity()
        self.act = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.se(self.reparam_conv(x)))


class ConvMlp(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim, bias=False)
        self.bn = nn.BatchNorm2d(dim)
        self.fc1, self.fc2 = nn.Conv2d(dim, dim * RATIO, 1), nn.Conv2d(dim * RATIO, dim, 1)
        self.act, self.drop = nn.GELU(), nn.Dropout(0.0)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop(self.act(self.fc1(self.bn(self.conv(x)))))
        return self.drop(self.fc2(x))


class LayerScale2d(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(1e-5 * torch.ones(dim, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class RepMixerBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.token_mixer = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.mlp, self.layer_scale = ConvMlp(dim), LayerScale2d(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.token_mixer(x)
        return x + self.layer_scale(self.mlp(x))


class Attention(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.num_heads, self.scale = dim // HEAD, HEAD**-0.5
        self.qkv, self.proj = nn.Linear(dim, dim * 3, bias=False), nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, high, wide = x.shape
        count = high * wide
        x = x.flatten(2).transpose(-2, -1)
        qkv = self.qkv(x).reshape(batch, count, 3, self.num_heads, HEAD).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        x = F.scaled_dot_product_attention(q, k, v)
        x = self.proj(x.transpose(1, 2).reshape(batch, count, channels))
        return x.transpose(-2, -1).reshape(batch, channels, high, wide)


class AttentionBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm, self.token_mixer = nn.BatchNorm2d(dim), Attention(dim)
        self.layer_scale_1, self.mlp = LayerScale2d(dim), ConvMlp(dim)
        self.layer_scale_2 = LayerScale2d(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.layer_scale_1(self.token_mixer(self.norm(x)))
        return x + self.layer_scale_2(self.mlp(x))


class PatchEmbed(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        large = nn.Conv2d(cin, cout, 7, 2, 3, groups=cin)
        self.proj = nn.Sequential(large, MobileOneBlock(cout, cout, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x)


class FastViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first, last = WIDTHS[0], WIDTHS[-1]
        self.stem = nn.Sequential(
            MobileOneBlock(3, first, 3, 2),
            MobileOneBlock(first, first, 3, 2, groups=first),
            MobileOneBlock(first, first, 1),
        )
        stages: list[nn.Module] = []
        for index, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            late = index == len(WIDTHS) - 1
            if index:
                stages.append(PatchEmbed(WIDTHS[index - 1], width))
            if late:
                stages.append(nn.Conv2d(width, width, 7, padding=3, groups=width))
            block = AttentionBlock if late else RepMixerBlock
            stages.extend(block(width) for _ in range(depth))
        self.stages = nn.Sequential(*stages)
        self.final_conv = MobileOneBlock(last, last * 2, 3, groups=last, use_se=True)
        self.pool, self.flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten(1)
        self.fc = nn.Linear(last * 2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.final_conv(self.stages(self.stem(x)))
        return self.fc(self.flatten(self.pool(x)))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(FastViT(), SIZE)
