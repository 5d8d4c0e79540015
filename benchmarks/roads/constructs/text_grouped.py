"""Decoder blocks of today: grouped queries, one key, normed queries, SwiGLU packed and split."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

TOKENS, WIDTH, HEADS, GROUPS = 10, 32, 4, 2
SIZE = WIDTH // HEADS


class RMSNorm(nn.Module):
    """Gemma's: one plus the weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        y = x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6)
        return (y * (1.0 + self.weight.float())).type_as(x)


class Grouped(nn.Module):
    """Keys and values repeated by expand and reshape; a causal triangle of infinities."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(WIDTH, HEADS * SIZE, bias=False)
        self.k_proj = nn.Linear(WIDTH, GROUPS * SIZE, bias=False)
        self.v_proj = nn.Linear(WIDTH, GROUPS * SIZE, bias=False)
        self.o_proj = nn.Linear(HEADS * SIZE, WIDTH, bias=False)
        self.q_norm, self.k_norm = RMSNorm(SIZE), RMSNorm(SIZE)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q = self.q_norm(self.q_proj(x).view(b, t, HEADS, SIZE)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(b, t, GROUPS, SIZE)).transpose(1, 2)
        v = self.v_proj(x).view(b, t, GROUPS, SIZE).transpose(1, 2)
        k = k[:, :, None].expand(b, GROUPS, 2, t, SIZE).reshape(b, HEADS, t, SIZE)
        v = v[:, :, None].expand(b, GROUPS, 2, t, SIZE).reshape(b, HEADS, t, SIZE)
        mask = torch.full((t, t), float("-inf")).triu(diagonal=1)
        scores = torch.matmul(q, k.transpose(2, 3)) * SIZE**-0.5 + mask
        mixed = F.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype) @ v
        return self.o_proj(mixed.transpose(1, 2).reshape(b, t, -1))


class OneKey(nn.Module):
    """Falcon's and PaLM's: one key and value for all heads; lengths one and a learned factor."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, WIDTH + 2 * SIZE, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.scale = nn.Parameter(torch.full((HEADS, 1, 1), 2.0))

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q, k, v = torch.split(self.qkv(x), [WIDTH, SIZE, SIZE], dim=-1)
        q = q.view(b, t, HEADS, SIZE).transpose(1, 2)
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1).unsqueeze(1)
        scores = (q @ k.transpose(-1, -2)) * self.scale
        mixed = torch.matmul(scores.softmax(dim=-1), v.unsqueeze(1))
        return self.out(mixed.transpose(1, 2).reshape(b, t, WIDTH))


class Repeated(nn.Module):
    """Keys and values repeated by repeat_interleave, then the fused kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.wq = nn.Linear(WIDTH, WIDTH)
        self.wkv = nn.Linear(WIDTH, 2 * GROUPS * SIZE)
        self.wo = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q = self.wq(x).view(b, t, HEADS, SIZE)
        k, v = self.wkv(x).view(b, t, 2, GROUPS, SIZE).unbind(dim=2)
        k = k.repeat_interleave(HEADS // GROUPS, dim=2)
        v = torch.repeat_interleave(v, HEADS // GROUPS, dim=2)
        q, k, v = (each.transpose(1, 2) for each in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.wo(y.transpose(1, 2).contiguous().view(b, t, WIDTH))


class Grouping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        self.norms = nn.ModuleList(RMSNorm(WIDTH) for _ in range(5))
        self.grouped, self.one, self.repeated = Grouped(), OneKey(), Repeated()
        self.gate, self.up = (nn.Linear(WIDTH, 48, bias=False) for _ in range(2))
        self.down = nn.Linear(48, WIDTH, bias=False)
        self.wide, self.narrow = nn.Linear(WIDTH, 96), nn.Linear(48, WIDTH)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids) * WIDTH**0.5
        x = x + self.grouped(self.norms[0](x))
        y = self.norms[1](x)
        x = x + self.down(F.silu(self.gate(y)) * self.up(y))
        x = x + self.one(self.norms[2](x)) + self.repeated(self.norms[3](x))
        value, gate = self.wide(self.norms[4](x)).chunk(2, dim=-1)
        x = x + self.narrow(value * F.gelu(gate))
        return F.linear(x, self.embed.weight)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Grouping(), {"ids": torch.randint(0, 32, (1, TOKENS))})
