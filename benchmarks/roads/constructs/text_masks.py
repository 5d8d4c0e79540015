"""Attention under masks as authors write them: infinity, large numbers, ALiBi, a window."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

TOKENS, WIDTH, HEADS = 12, 32, 4
SIZE = WIDTH // HEADS


class Packed(nn.Module):
    """nanoGPT's: packed projections, a stored triangle, masked_fill."""

    def __init__(self) -> None:
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        bias = torch.tril(torch.ones(TOKENS, TOKENS)).view(1, 1, TOKENS, TOKENS)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.size()
        q, k, v = self.c_attn(x).split(WIDTH, dim=2)
        k = k.view(b, t, HEADS, c // HEADS).transpose(1, 2)
        q = q.view(b, t, HEADS, c // HEADS).transpose(1, 2)
        v = v.view(b, t, HEADS, c // HEADS).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :t, :t] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))


class Alibi(nn.Module):
    """Slopes by head times distances, added to the scores."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        slopes = torch.tensor([2.0 ** (-8.0 * (i + 1) / HEADS) for i in range(HEADS)])
        self.register_buffer("slopes", slopes.view(HEADS, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q, k, v = (
            layer(x).reshape(b, t, HEADS, SIZE).permute(0, 2, 1, 3)
            for layer in (self.q, self.k, self.v)
        )
        place = torch.arange(t, device=x.device)
        distance = -(place[None, :] - place[:, None]).abs().float()
        bias = self.slopes * distance.unsqueeze(0)
        scores = torch.einsum("bhid,bhjd->bhij", q, k) / SIZE**0.5 + bias
        mixed = torch.einsum("bhij,bhjd->bhid", scores.softmax(-1), v)
        return self.out(mixed.permute(0, 2, 1, 3).reshape(b, t, WIDTH))


class Window(nn.Module):
    """A causal window made in the graph, with the least number of the type."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        qkv = self.qkv(x).view(b, t, 3, HEADS, SIZE).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        row = torch.arange(t).unsqueeze(1)
        column = torch.arange(t).unsqueeze(0)
        hidden = torch.logical_or(column > row, column <= row - self.window)
        mask = torch.where(hidden, torch.finfo(x.dtype).min, 0.0)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(y.transpose(1, 2).flatten(2))


class Masks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4))
        self.packed, self.alibi, self.window = Packed(), Alibi(), Window(4)
        self.whole = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.head = nn.Linear(WIDTH, 50, bias=False)

    def forward(self, ids: Tensor, keep: Tensor) -> Tensor:
        x = self.embed(ids)
        x = x + self.packed(self.norms[0](x))
        x = x + self.alibi(self.norms[1](x))
        x = x + self.window(self.norms[2](x))
        y = self.norms[3](x)
        y, _ = self.whole(y, y, y, key_padding_mask=keep == 0, need_weights=False)
        return self.head(x + y)


def build(seed: int) -> Built:
    """The network and its inputs."""
    ids = torch.randint(0, 32, (1, TOKENS))
    return Built(Masks(), {"ids": ids, "keep": torch.ones(1, TOKENS, dtype=torch.int64)})
