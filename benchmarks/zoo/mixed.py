# ruff: noqa: D102 - forward() is described by its class
"""U-Net, plain CNNs and MLPs, a timm-style ViT and CRNN text recognisers."""

from __future__ import annotations

import random

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.resnets import BasicBlock, conv_bn


def double_conv(cin: int, cout: int) -> nn.Sequential:
    """Two conv-BN-ReLU units."""
    return nn.Sequential(
        *conv_bn(cin, cout, 3), nn.ReLU(inplace=True),
        *conv_bn(cout, cout, 3), nn.ReLU(inplace=True),
    )  # fmt: skip


class UNet(nn.Module):
    """Four-level U-Net with transposed-convolution or bilinear upsampling."""

    def __init__(self, width: int = 4, classes: int = 2, bilinear: bool = False) -> None:
        super().__init__()
        sizes = [width * 2**i for i in range(5)]
        self.downs = nn.ModuleList()
        cin = 3
        for size in sizes:
            self.downs.append(double_conv(cin, size))
            cin = size
        self.ups, self.merges = nn.ModuleList(), nn.ModuleList()
        for size in reversed(sizes[:-1]):
            up: nn.Module = nn.ConvTranspose2d(2 * size, size, 2, 2)
            if bilinear:
                sample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
                up = nn.Sequential(sample, nn.Conv2d(2 * size, size, 1))
            self.ups.append(up)
            self.merges.append(double_conv(2 * size, size))
        self.pool = nn.MaxPool2d(2)
        self.out = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for index, down in enumerate(self.downs):
            x = down(self.pool(x) if index else x)
            skips.append(x)
        for up, merge, skip in zip(self.ups, self.merges, reversed(skips[:-1]), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.out(x)


def random_cnn(seed: int) -> tuple[nn.Module, int]:
    """A plain CNN of random depth, kernels and pooling; returns it with its input size."""
    rng = random.Random(seed)
    act = rng.choice([nn.ReLU, nn.LeakyReLU, nn.ELU, nn.ReLU])
    norm = rng.random() < 0.6
    size = rng.choice([28, 32, 64])
    cin = 3
    layers: list[nn.Module] = []
    for block in range(rng.randint(2, 4)):
        cout = rng.choice([8, 12, 16]) * (block + 1)
        for _ in range(rng.randint(1, 3) if block else 1):
            kernel = rng.choice([3, 3, 5])
            layers.append(nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=not norm))
            layers += [nn.BatchNorm2d(cout)] if norm else []
            layers.append(act())
            cin = cout
        layers.append(rng.choice([nn.MaxPool2d(2), nn.MaxPool2d(2), nn.AvgPool2d(2)]))
        size_now = size >> (block + 1)
        if size_now < 4:
            break
    if rng.random() < 0.5:
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, 10)]
    else:
        hidden = rng.choice([32, 64])
        flat = cin * size_now * size_now
        layers += [nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), nn.Dropout(0.5)]
        layers.append(nn.Linear(hidden, 10))
    return nn.Sequential(*layers), size


def random_mlp(seed: int) -> tuple[nn.Module, int]:
    """A plain MLP of random depth, widths and activation; returns it with its input width."""
    rng = random.Random(seed)
    act = rng.choice([nn.ReLU, nn.Tanh, nn.GELU, nn.Sigmoid, nn.LeakyReLU])
    norm = rng.choice([None, None, nn.BatchNorm1d, nn.LayerNorm])
    width = rng.choice([13, 30, 64, 128])
    first = width
    layers: list[nn.Module] = []
    for _ in range(rng.randint(2, 6)):
        hidden = rng.choice([16, 32, 64, 96])
        layers.append(nn.Linear(width, hidden))
        layers += [norm(hidden)] if norm else []
        layers.append(act())
        layers += [nn.Dropout(0.1)] if rng.random() < 0.3 else []
        width = hidden
    layers.append(nn.Linear(width, rng.choice([1, 3, 10])))
    return nn.Sequential(*layers), first


class Attention(nn.Module):
    """Self-attention with one fused qkv projection, as in timm."""

    def __init__(self, dim: int, heads: int, sdpa: bool) -> None:
        super().__init__()
        self.heads, self.sdpa, self.scale = heads, sdpa, (dim // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        if self.sdpa:
            x = F.scaled_dot_product_attention(q, k, v)
        else:
            x = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1) @ v
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, dim))


class ViTBlock(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, dim: int, heads: int, sdpa: bool) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim, eps=1e-6), Attention(dim, heads, sdpa)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.fc1, self.act, self.fc2 = nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    """timm-style ViT: conv patches, class token, learned positions, norm, Linear head."""

    def __init__(self, dim: int = 48, depth: int = 6, heads: int = 3, sdpa: bool = True) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, dim, 16, 16)
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, 197, dim) * 0.02)
        self.blocks = nn.Sequential(*[ViTBlock(dim, heads, sdpa) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.pos
        return self.head(self.norm(self.blocks(x))[:, 0])


class BiRnn(nn.Module):
    """Bidirectional LSTM or GRU followed by a Linear over every step."""

    def __init__(self, cin: int, hidden: int, cout: int, gru: bool = False) -> None:
        super().__init__()
        kind: type[nn.LSTM] | type[nn.GRU] = nn.GRU if gru else nn.LSTM
        self.rnn = kind(cin, hidden, bidirectional=True)
        self.embedding = nn.Linear(2 * hidden, cout)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.rnn(x)
        length, batch, width = steps.size()
        return self.embedding(steps.view(length * batch, width)).view(length, batch, -1)


def vgg_trunk(width: int) -> nn.Sequential:
    """The seven-conv trunk of CRNN; it reduces a height of 32 to 1."""
    plan = [(1, 3, False), (2, 3, False), (4, 3, True), (4, 3, False), (8, 3, True)]
    tall = ((2, 2), (2, 1), (0, 1))
    square = ((2, 2), (2, 2), (0, 0))
    pools = {0: square, 1: square, 3: tall, 5: tall}
    cin = 1
    layers: list[nn.Module] = []
    for index, (ratio, kernel, norm) in enumerate([*plan, (8, 3, False), (8, 2, True)]):
        cout = width * ratio
        layers.append(nn.Conv2d(cin, cout, kernel, 1, 0 if kernel == 2 else 1))
        layers += [nn.BatchNorm2d(cout)] if norm else []
        layers.append(nn.ReLU(True))
        layers += [nn.MaxPool2d(*pools[index])] if index in pools else []
        cin = cout
    return nn.Sequential(*layers)


class CRNN(nn.Module):
    """VGG-like trunk and two bidirectional recurrent layers (Shi et al.)."""

    def __init__(self, width: int = 8, hidden: int = 32, classes: int = 37, gru: bool = False):
        super().__init__()
        self.cnn = vgg_trunk(width)
        self.rnn = nn.Sequential(
            BiRnn(width * 8, hidden, hidden, gru), BiRnn(hidden, hidden, classes, gru)
        )

    def forward(self, x: Tensor) -> Tensor:
        features = self.cnn(x)
        return self.rnn(features.squeeze(2).permute(2, 0, 1))


class ResNetCRNN(nn.Module):
    """ResNet trunk with height-only strides, then stacked BiLSTM and a Linear."""

    def __init__(self, width: int = 8, hidden: int = 32, classes: int = 37) -> None:
        super().__init__()
        layers: list[nn.Module] = [*conv_bn(1, width, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        cin = width
        for index, depth in enumerate((2, 2, 2, 2)):
            cout = width * 2**index
            layers += [BasicBlock(cin if step == 0 else cout, cout, 1) for step in range(depth)]
            layers += [nn.MaxPool2d((2, 1))] if index else []
            cin = cout
        self.trunk = nn.Sequential(*layers)
        self.rnn = nn.LSTM(cin, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        features = self.trunk(x).mean(2).permute(0, 2, 1)
        steps, _ = self.rnn(features)
        return self.fc(steps)
