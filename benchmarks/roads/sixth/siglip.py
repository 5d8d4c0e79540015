"""SigLIP's image encoder as timm has it: no class token, a learnt query pools the patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, HEADS, WIDE, DEPTH, PATCH, SIZE = 48, 3, 192, 3, 16, 80
HEAD, TOKENS = WIDTH // HEADS, (SIZE // PATCH) ** 2


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, WIDE), nn.Linear(WIDE, WIDTH)
        self.act = nn.GELU(approximate="tanh")

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        x = F.scaled_dot_product_attention(query, key, value)
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(WIDTH, 1e-6), Attention()
        self.norm2, self.mlp = nn.LayerNorm(WIDTH, 1e-6), Mlp()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class AttentionPoolLatent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.randn(1, 1, WIDTH) * WIDTH**-0.5)
        self.q, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.proj, self.norm, self.mlp = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, 1e-6), Mlp()

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        query = self.q(self.latent.expand(batch, -1, -1))
        query = query.reshape(batch, 1, HEADS, HEAD).transpose(1, 2)
        kv = self.kv(x).reshape(batch, tokens, 2, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        key, value = kv.unbind(0)
        x = F.scaled_dot_product_attention(query, key, value)
        x = self.proj(x.transpose(1, 2).reshape(batch, 1, width))
        x = x + self.mlp(self.norm(x))
        return x[:, 0]


class SigLIP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.pos_embed = nn.Parameter(torch.randn(1, TOKENS, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(Block() for _ in range(DEPTH)))
        self.norm, self.attn_pool = nn.LayerNorm(WIDTH, 1e-6), AttentionPoolLatent()

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        return self.attn_pool(self.norm(self.blocks(x + self.pos_embed)))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(SigLIP(), SIZE)
