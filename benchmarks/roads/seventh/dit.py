"""DiT: a transformer over patches of a noisy latent, every block steered by time and class."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS, DEPTH, PATCH, SIDE, CHANNELS, CLASSES, WAVES = 48, 3, 3, 2, 8, 4, 40, 64
HEAD, GRID = WIDTH // HEADS, SIDE // PATCH


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """What a condition does to normed tokens."""
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class TimestepEmbedder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(WAVES, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH))

    def forward(self, t: Tensor) -> Tensor:
        half = WAVES // 2
        freqs = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        args = t[:, None].float() * freqs[None]
        return self.mlp(torch.cat([torch.cos(args), torch.sin(args)], dim=-1))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, WIDTH * 3), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, WIDTH * 4), nn.Linear(WIDTH * 4, WIDTH)
        self.act = nn.GELU(approximate="tanh")

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class DiTBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.attn, self.mlp = Attention(), Mlp()
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(WIDTH, 6 * WIDTH))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp = self.adaLN_modulation(
            c
        ).chunk(6, dim=1)
        x = x + gate_msa.unsqueeze(1) * self.attn(modulate(self.norm1(x), shift_msa, scale_msa))
        y = self.mlp(modulate(self.norm2(x), shift_mlp, scale_mlp))
        return x + gate_mlp.unsqueeze(1) * y


class FinalLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_final = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.linear = nn.Linear(WIDTH, PATCH * PATCH * 2 * CHANNELS)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(WIDTH, 2 * WIDTH))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(c).chunk(2, dim=1)
        return self.linear(modulate(self.norm_final(x), shift, scale))


def sincos() -> Tensor:
    """The fixed positions of the patches: sines and cosines of column and row."""
    rows, columns = torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij")
    omega = 1.0 / 10000 ** (torch.arange(WIDTH // 4, dtype=torch.float64) / (WIDTH / 4.0))
    angles = [place.reshape(-1)[:, None] * omega for place in (columns, rows)]
    return torch.cat([wave(each) for each in angles for wave in (torch.sin, torch.cos)], 1)


class DiT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.x_embedder = nn.Conv2d(CHANNELS, WIDTH, PATCH, PATCH)
        self.t_embedder, self.y_embedder = TimestepEmbedder(), nn.Embedding(CLASSES + 1, WIDTH)
        self.register_buffer("pos_embed", sincos().float().unsqueeze(0))
        self.blocks = nn.ModuleList(DiTBlock() for _ in range(DEPTH))
        self.final_layer = FinalLayer()

    def unpatchify(self, x: Tensor) -> Tensor:
        x = x.reshape(x.shape[0], GRID, GRID, PATCH, PATCH, 2 * CHANNELS)
        x = torch.einsum("nhwpqc->nchpwq", x)
        return x.reshape(x.shape[0], 2 * CHANNELS, SIDE, SIDE)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        x = self.x_embedder(x).flatten(2).transpose(1, 2) + self.pos_embed
        c = self.t_embedder(t) + self.y_embedder(y)
        for block in self.blocks:
            x = block(x, c)
        return self.unpatchify(self.final_layer(x, c))


def build(seed: int) -> Built:
    """The network and its inputs: a noisy latent, the time and the class."""
    inputs = {"x": torch.randn(1, CHANNELS, SIDE, SIDE), "t": torch.tensor([7])}
    return Built(DiT(), inputs | {"y": torch.tensor([3])})
