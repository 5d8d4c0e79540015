# ruff: noqa: D102 - forward() is described by its class
"""Decoder language models in the style of lit-gpt: one block class, configured per family."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import VOCAB, Plus, ids, twin
from benchmarks.zoo.spec import Spec


class RMSNorm(nn.Module):
    """Root mean square norm, computed in float32; Gemma adds one to the weight."""

    def __init__(self, size: int, eps: float = 1e-5, unit: bool = False) -> None:
        super().__init__()
        self.weight, self.eps, self.unit = nn.Parameter(torch.ones(size)), eps, unit

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        normed = x * torch.rsqrt(torch.mean(x * x, dim=-1, keepdim=True) + self.eps)
        return normed * (1 + self.weight) if self.unit else normed * self.weight


@dataclass
class Config:
    """The fields of lit-gpt's `Config` that the zoo needs."""

    layers: int = 2
    dim: int = 32
    heads: int = 4
    groups: int = 4
    size: int = 0
    inner: int = 0
    rotary: float = 1.0
    parallel: bool = False
    shared_norm: bool = False
    bias: bool = False
    qkv_bias: bool = False
    head_bias: bool = False
    norm: str = "rms"
    mlp: str = "llama"
    qk_norm: bool = False
    scaled: bool = False
    tied: bool = False
    window: int = 0
    fused: bool = False

    def head_size(self) -> int:
        """Width of one head."""
        return self.size or self.dim // self.heads

    def make_norm(self, size: int = 0) -> nn.Module:
        """The norm of this family."""
        width = size or self.dim
        return nn.LayerNorm(width) if self.norm == "layer" else RMSNorm(width, 1e-6, self.scaled)


def rope_cache(length: int, width: int, base: float = 10000.0) -> tuple[Tensor, Tensor]:
    """Cosines and sines, both halves alike."""
    theta = 1.0 / (base ** (torch.arange(0, width, 2).float() / width))
    angles = torch.outer(torch.arange(length).float(), theta).repeat(1, 2)
    return angles.cos(), angles.sin()


class Rope(nn.Module):
    """Rotate halves by the angle of the position."""

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        half = x.size(-1) // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return (x * cos) + (turned * sin)


class CausalSelfAttention(nn.Module):
    """Fused qkv grouped by query group, partial rotary, explicit or fused attention."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c, self.size = c, c.head_size()
        self.attn = nn.Linear(
            c.dim, (c.heads + 2 * c.groups) * self.size, bias=c.bias or c.qkv_bias
        )
        self.proj = nn.Linear(c.heads * self.size, c.dim, bias=c.bias)
        self.norm_q = c.make_norm(self.size) if c.qk_norm else nn.Identity()
        self.norm_k = c.make_norm(self.size) if c.qk_norm else nn.Identity()
        self.softmax, self.rope = nn.Softmax(-1), Rope()

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.size()
        c, n = self.c, int(self.c.rotary * self.size)
        per = c.heads // c.groups
        qkv = self.attn(x).view(batch, length, c.groups, per + 2, self.size)
        q, k, v = qkv.permute(0, 2, 3, 1, 4).split((per, 1, 1), dim=2)
        if 1 < c.groups < c.heads or c.groups == 1 < c.heads:
            shape = (batch, c.groups, per, length, self.size)
            k, v = k.expand(*shape), v.expand(*shape)
        q, k, v = (part.reshape(batch, c.heads, length, self.size) for part in (q, k, v))
        q, k = self.norm_q(q), self.norm_k(k)
        if n == self.size:
            q, k = self.rope(q, cos, sin), self.rope(k, cos, sin)
        elif n:
            q = torch.cat((self.rope(q[..., :n], cos, sin), q[..., n:]), dim=-1)
            k = torch.cat((self.rope(k[..., :n], cos, sin), k[..., n:]), dim=-1)
        if c.fused:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            att = (q @ k.transpose(-2, -1)) * self.size**-0.5
            y = self.softmax(att.masked_fill(~mask, torch.finfo(att.dtype).min)) @ v
        return self.proj(y.transpose(1, 2).reshape(batch, length, -1))


class MLP(nn.Module):
    """`GptNeoxMLP`, `LLaMAMLP` or `GemmaMLP`."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        inner = c.inner or 4 * c.dim
        self.gated = c.mlp in ("llama", "gemma")
        self.fc_1, self.proj = nn.Linear(c.dim, inner, c.bias), nn.Linear(inner, c.dim, c.bias)
        self.fc_2 = nn.Linear(c.dim, inner, c.bias) if self.gated else nn.Identity()
        tanh = c.mlp in ("gemma", "phi")
        self.act: nn.Module = nn.SiLU() if c.mlp == "llama" else nn.GELU("tanh" if tanh else "none")

    def forward(self, x: Tensor) -> Tensor:
        if self.gated:
            return self.proj(self.act(self.fc_1(x)) * self.fc_2(x))
        return self.proj(self.act(self.fc_1(x)))


class Block(nn.Module):
    """Sequential or parallel residual."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.norm_1, self.attn, self.mlp = c.make_norm(), CausalSelfAttention(c), MLP(c)
        self.norm_2 = nn.Identity() if c.shared_norm else c.make_norm()
        self.add1, self.add2 = Plus(), Plus()

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        normed = self.norm_1(x)
        y = self.attn(normed, cos, sin, mask)
        if self.c.parallel:
            inner = self.mlp(normed if self.c.shared_norm else self.norm_2(x))
            return self.add2(self.add1(x, y), inner)
        x = self.add1(x, y)
        return self.add2(x, self.mlp(self.norm_2(x)))


class LitGpt(nn.Module):
    """`GPT` of lit-gpt."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.wte, self.norm = nn.Embedding(VOCAB, c.dim), c.make_norm()
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.lm_head = nn.Linear(c.dim, VOCAB, bias=c.head_bias)
        if c.tied:
            self.lm_head.weight = self.wte.weight
        cos, sin = rope_cache(32, int(c.rotary * c.head_size()))
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)
        mask = torch.ones(32, 32, dtype=torch.bool).tril()
        if c.window:
            mask &= torch.ones(32, 32, dtype=torch.bool).triu(1 - c.window)
        self.register_buffer("mask", mask[None, None])

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.size(1)
        cos, sin, mask = self.cos[:length], self.sin[:length], self.mask[:, :, :length, :length]
        x = self.wte(tokens)
        if self.c.scaled:
            x = x * (self.c.dim**0.5)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return self.lm_head(self.norm(x))


NEOX = Config(rotary=0.25, size=16, parallel=True, bias=True, qkv_bias=True, norm="layer",
              mlp="neox", dim=64)  # fmt: skip
PHI = Config(rotary=0.5, parallel=True, shared_norm=True, bias=True, norm="layer", mlp="phi",
             head_bias=True)  # fmt: skip
FALCON = Config(groups=1, parallel=True, shared_norm=True, norm="layer", mlp="neox", tied=True)
LLAMA = Config(inner=80)
QWEN2 = Config(inner=80, groups=2, qkv_bias=True)
QWEN3 = Config(inner=80, groups=2, qk_norm=True, size=16)
GEMMA = Config(inner=96, groups=1, size=16, scaled=True, mlp="gemma", tied=True)


def lit(name: str, family: str, variant: str, c: Config, **more: object) -> Spec:
    """A model in the style of lit-gpt."""
    chosen = Config(**{**vars(c), **more})
    return twin(name, family, lambda: LitGpt(chosen), ids(8), "lit-gpt", variant, "decoder",
                task="language-modelling")  # fmt: skip


SPECS = [
    lit("lit-pythia", "gpt-neox", "pythia", NEOX),
    lit(
        "lit-neox-wide",
        "gpt-neox",
        "gpt-neox",
        NEOX,
        dim=32,
        heads=2,
        groups=2,
        layers=3,
        fused=True,
    ),
    lit("lit-phi", "phi", "phi-1.5", PHI),
    lit("lit-phi-2", "phi", "phi-2", PHI, dim=48, layers=3, fused=True),
    lit("lit-falcon", "falcon", "falcon-7b", FALCON),
    lit("lit-falcon-40b", "falcon", "falcon-40b", FALCON, groups=2, shared_norm=False, layers=3),
    lit("lit-llama", "llama", "llama", LLAMA),
    lit("lit-llama-3", "llama", "llama-3", LLAMA, groups=2, layers=3, fused=True),
    lit("lit-mistral", "mistral", "mistral", LLAMA, groups=2, window=4),
    lit("lit-qwen2", "qwen2", "qwen2", QWEN2),
    lit("lit-qwen2-wide", "qwen2", "qwen2", QWEN2, dim=48, layers=3, fused=True),
    lit("lit-qwen3", "qwen3", "qwen3", QWEN3),
    lit("lit-qwen3-wide", "qwen3", "qwen3", QWEN3, layers=3, dim=48, tied=True, fused=True),
    lit("lit-gemma", "gemma", "gemma", GEMMA),
    lit("lit-gemma-7b", "gemma", "gemma-7b", GEMMA, groups=4, layers=3),
]
