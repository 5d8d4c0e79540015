# ruff: noqa: D102 - forward() is described by its class
"""The second ten families: networks in PyTorch, each in the manner of some public code."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# --- BiSeNet -------------------------------------------------------------------------------------


def cbr(cin: int, cout: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


class Basic(nn.Module):
    """The basic block of ResNet."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            cbr(cin, cout, 3, stride), nn.Conv2d(cout, cout, 3, 1, 1, bias=False),
            nn.BatchNorm2d(cout),
        )  # fmt: skip
        down = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        self.skip = nn.Identity() if cin == cout and stride == 1 else down

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.skip(x))


class Refine(nn.Module):
    """Attention refinement: a gate from the pooled feature."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv, self.atten = cbr(cin, cout), nn.Conv2d(cout, cout, 1, bias=False)
        self.norm = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        gate = self.norm(self.atten(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(gate)


class Bisenet(nn.Module):
    """BiSeNet V1 in the manner of CoinCheung, on a ResNet of basic blocks."""

    def __init__(self, width: int, depths: list[int]) -> None:
        super().__init__()
        w = width
        self.stem = nn.Sequential(nn.Conv2d(3, w, 7, 2, 3, bias=False), nn.BatchNorm2d(w),
                                  nn.ReLU(), nn.MaxPool2d(3, 2, 1))  # fmt: skip
        self.stages, cin = nn.ModuleList(), w
        for i, n in enumerate(depths):
            cout = w * 2**i
            blocks = [Basic(cin if j == 0 else cout, cout, 2 if i and j == 0 else 1)
                      for j in range(n)]  # fmt: skip
            self.stages.append(nn.Sequential(*blocks))
            cin = cout
        self.arm16, self.arm32 = Refine(4 * w, 2 * w), Refine(8 * w, 2 * w)
        self.head16, self.head32 = cbr(2 * w, 2 * w), cbr(2 * w, 2 * w)
        self.avg = cbr(8 * w, 2 * w, 1)
        self.spatial = nn.Sequential(cbr(3, w, 7, 2), cbr(w, w, 3, 2), cbr(w, w, 3, 2),
                                     cbr(w, 2 * w, 1))  # fmt: skip
        self.fuse = cbr(4 * w, 4 * w, 1)
        self.conv1, self.conv2 = nn.Conv2d(4 * w, w, 1), nn.Conv2d(w, 4 * w, 1)
        self.out = nn.Sequential(cbr(4 * w, 4 * w), nn.Conv2d(4 * w, 19, 1), nn.Upsample(
            scale_factor=8, mode="bilinear"))  # fmt: skip

    def context(self, x: Tensor) -> Tensor:
        x = self.stages[1](self.stages[0](self.stem(x)))
        x16 = self.stages[2](x)
        x32 = self.stages[3](x16)
        avg = self.avg(x32.mean((2, 3), keepdim=True))
        y32 = self.arm32(x32) + avg
        y32 = self.head32(F.interpolate(y32, scale_factor=2.0))
        y16 = self.arm16(x16) + y32
        return self.head16(F.interpolate(y16, scale_factor=2.0))

    def forward(self, x: Tensor) -> Tensor:
        y = self.fuse(torch.cat([self.spatial(x), self.context(x)], 1))
        gate = self.conv2(F.relu(self.conv1(y.mean((2, 3), keepdim=True))))
        return self.out(y * torch.sigmoid(gate) + y)


# --- Demucs --------------------------------------------------------------------------------------


class Demucs(nn.Module):
    """Demucs of facebookresearch: strided convolutions with GLU, an LSTM, the way back."""

    def __init__(self, channels: int, depth: int, context: int = 3) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        cin, c = 2, channels
        for index in range(depth):
            self.encoder.append(nn.Sequential(
                nn.Conv1d(cin, c, 8, 4), nn.ReLU(), nn.Conv1d(c, 2 * c, 1), nn.GLU(dim=1)
            ))  # fmt: skip
            back: list[nn.Module] = [
                nn.Conv1d(c, 2 * c, context, padding=context // 2), nn.GLU(dim=1),
                nn.ConvTranspose1d(c, cin if index else 8, 8, 4),
            ]  # fmt: skip
            self.decoder.insert(0, nn.Sequential(*back, *([nn.ReLU()] if index else [])))
            cin, c = c, 2 * c
        self.lstm = nn.LSTM(cin, cin, 2, bidirectional=True)
        self.linear = nn.Linear(2 * cin, cin)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for encode in self.encoder:
            x = encode(x)
            kept.append(x)
        y, _ = self.lstm(x.permute(2, 0, 1))
        x = self.linear(y).permute(1, 2, 0)
        for decode in self.decoder:
            skip = kept.pop()
            x = decode(x + skip[..., : x.shape[-1]])
        return x.view(x.shape[0], 4, 2, x.shape[-1])


# --- x-vector ------------------------------------------------------------------------------------


class Xvector(nn.Module):
    """The x-vector of speechbrain: time-delay layers, mean and deviation, dense layers."""

    def __init__(self, width: int, features: int = 24, last: int = 96) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = features
        for kernel, dilation, cout in ((5, 1, width), (3, 2, width), (3, 3, width), (1, 1, width),
                                       (1, 1, last)):  # fmt: skip
            layers += [nn.Conv1d(cin, cout, kernel, dilation=dilation), nn.LeakyReLU(),
                       nn.BatchNorm1d(cout)]  # fmt: skip
            cin = cout
        self.body, self.embed = nn.Sequential(*layers), nn.Linear(2 * last, width)
        self.head = nn.Sequential(nn.LeakyReLU(), nn.BatchNorm1d(width), nn.Linear(width, width),
                                  nn.LeakyReLU(), nn.BatchNorm1d(width), nn.Linear(width, 40),
                                  nn.LogSoftmax(-1))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        return self.head(self.embed(torch.cat([x.mean(2), x.std(2) + 1e-5], 1)))


# --- PatchTST ------------------------------------------------------------------------------------


class PatchLayer(nn.Module):
    """A transformer layer with BatchNorm after each sum, its attention scores handed on."""

    def __init__(self, dim: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.o, self.up, self.down = nn.Linear(dim, dim), nn.Linear(dim, inner), nn.Linear(
            inner, dim)  # fmt: skip
        self.norm1, self.norm2 = nn.BatchNorm1d(dim), nn.BatchNorm1d(dim)

    def forward(self, x: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        n, t, d = x.shape
        q, k, v = (
            f(x).view(n, t, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v)
        )
        score = q @ k.transpose(-1, -2) / math.sqrt(d // self.heads)
        score = score if before is None else score + before
        y = (torch.softmax(score, -1) @ v).transpose(1, 2).reshape(n, t, d)
        x = self.norm1((x + self.o(y)).transpose(1, 2)).transpose(1, 2)
        y = self.down(F.gelu(self.up(x)))
        return self.norm2((x + y).transpose(1, 2)).transpose(1, 2), score


class PatchTst(nn.Module):
    """PatchTST in the manner of yuqinie98, with RevIN around it."""

    def __init__(self, dim: int, depth: int, length: int = 64, ahead: int = 24) -> None:
        super().__init__()
        self.patch, self.stride = 16, 8
        count = (length - 16) // 8 + 2
        self.embed = nn.Linear(16, dim)
        self.position = nn.Parameter(torch.randn(count, dim) * 0.02)
        self.layers = nn.ModuleList(PatchLayer(dim, 4, 2 * dim) for _ in range(depth))
        self.head = nn.Linear(count * dim, ahead)
        self.gain, self.shift = nn.Parameter(torch.ones(7)), nn.Parameter(torch.zeros(7))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        std = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)
        x = ((x - mean) / std * self.gain + self.shift).permute(0, 2, 1)
        x = F.pad(x, (0, self.stride), mode="replicate").unfold(-1, self.patch, self.stride)
        n, c, p, _ = x.shape
        x, score = self.embed(x).reshape(n * c, p, -1) + self.position, None
        for layer in self.layers:
            x, score = layer(x, score)
        x = self.head(x.reshape(n, c, -1)).permute(0, 2, 1)
        return (x - self.shift) / (self.gain + 1e-10) * std + mean
