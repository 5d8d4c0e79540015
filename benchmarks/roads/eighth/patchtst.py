"""PatchTST: every series by itself, cut into patches that attend to each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

SERIES, STEPS, AHEAD, PATCH, STRIDE = 5, 96, 24, 16, 8
WIDTH, HEADS, WIDE, DEPTH = 32, 4, 64, 3
PATCHES, SIZE = (STEPS - PATCH) // STRIDE + 2, WIDTH // HEADS


class RevIN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.affine_weight = nn.Parameter(torch.ones(SERIES))
        self.affine_bias = nn.Parameter(torch.zeros(SERIES))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = torch.mean(x, dim=1, keepdim=True)
        stdev = torch.sqrt(torch.var(x, dim=1, keepdim=True, unbiased=False) + 1e-5)
        return (x - mean) / stdev * self.affine_weight + self.affine_bias, mean, stdev

    def back(self, x: Tensor, mean: Tensor, stdev: Tensor) -> Tensor:
        x = (x - self.affine_bias) / (self.affine_weight + 1e-10)
        return x * stdev + mean


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.W_Q, self.W_K, self.W_V = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.to_out, self.scale = (
            nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Dropout(0.0)),
            SIZE**-0.5,
        )

    def forward(self, x: Tensor, prev: Tensor | None) -> tuple[Tensor, Tensor]:
        batch = x.shape[0]
        q = self.W_Q(x).view(batch, -1, HEADS, SIZE).transpose(1, 2)
        k = self.W_K(x).view(batch, -1, HEADS, SIZE).permute(0, 2, 3, 1)
        v = self.W_V(x).view(batch, -1, HEADS, SIZE).transpose(1, 2)
        scores = torch.matmul(q, k) * self.scale
        if prev is not None:
            scores = scores + prev
        output = torch.matmul(F.softmax(scores, dim=-1), v)
        output = output.transpose(1, 2).contiguous().view(batch, -1, WIDTH)
        return self.to_out(output), scores


class Norm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


class TSTEncoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attn, self.norm_attn, self.norm_ffn = Attention(), Norm(), Norm()
        self.ff = nn.Sequential(
            nn.Linear(WIDTH, WIDE), nn.GELU(), nn.Dropout(0.0), nn.Linear(WIDE, WIDTH)
        )

    def forward(self, x: Tensor, prev: Tensor | None) -> tuple[Tensor, Tensor]:
        found, scores = self.self_attn(x, prev)
        x = self.norm_attn(x + found)
        return self.norm_ffn(x + self.ff(x)), scores


class PatchTST(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.revin_layer, self.padding = RevIN(), nn.ReplicationPad1d((0, STRIDE))
        self.W_P, self.W_pos = nn.Linear(PATCH, WIDTH), nn.Parameter(torch.rand(PATCHES, WIDTH))
        self.layers = nn.ModuleList(TSTEncoderLayer() for _ in range(DEPTH))
        self.flatten, self.linear = nn.Flatten(-2), nn.Linear(WIDTH * PATCHES, AHEAD)

    def forward(self, x: Tensor) -> Tensor:
        z, mean, stdev = self.revin_layer(x)
        z = self.padding(z.permute(0, 2, 1))  # in slices, for few exporters know `unfold`
        starts = range(0, PATCHES * STRIDE, STRIDE)
        z = torch.stack([z[..., start : start + PATCH] for start in starts], dim=-2)
        z = self.W_P(z)
        u = z.reshape(-1, PATCHES, WIDTH) + self.W_pos
        scores = None
        for layer in self.layers:
            u, scores = layer(u, scores)
        z = u.reshape(-1, SERIES, PATCHES, WIDTH).permute(0, 1, 3, 2)
        z = self.linear(self.flatten(z)).permute(0, 2, 1)
        return self.revin_layer.back(z, mean, stdev)


def build(seed: int) -> Built:
    """The network and its input, what was seen of every series."""
    return Built(PatchTST(), {"x": torch.randn(1, STEPS, SERIES)})
