# ruff: noqa: D102 - forward() is described by its class
"""Decoder language models, each after the code of its authors or a well-known port."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import VOCAB, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class NanoBlock(nn.Module):
    """nanoGPT's block; `flash` picks the fused operator."""

    def __init__(self, dim: int, heads: int, flash: bool, bias: bool) -> None:
        super().__init__()
        self.heads, self.flash = heads, flash
        self.ln_1, self.ln_2 = nn.LayerNorm(dim, bias=bias), nn.LayerNorm(dim, bias=bias)
        self.c_attn, self.c_proj = nn.Linear(dim, 3 * dim, bias), nn.Linear(dim, dim, bias)
        self.c_fc, self.c_out = nn.Linear(dim, 4 * dim, bias), nn.Linear(4 * dim, dim, bias)
        self.gelu: nn.Module = nn.GELU() if flash else nn.GELU("tanh")
        self.softmax = nn.Softmax(-1)
        self.add1, self.add2 = Plus(), Plus()
        self.register_buffer("bias", torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32))

    def attend(self, x: Tensor) -> Tensor:
        b, t, c = x.size()
        q, k, v = self.c_attn(x).split(c, dim=2)
        k = k.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        q = q.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        v = v.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        if self.flash:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :t, :t] == 0, float("-inf"))
            y = self.softmax(att) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))

    def forward(self, x: Tensor) -> Tensor:
        x = self.add1(x, self.attend(self.ln_1(x)))
        return self.add2(x, self.c_out(self.gelu(self.c_fc(self.ln_2(x)))))


class NanoGpt(nn.Module):
    """nanoGPT (fused, tied) or minGPT (explicit mask, untied)."""

    def __init__(
        self, layers: int, dim: int, heads: int, flash: bool = True, bias: bool = True
    ) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCAB, dim), nn.Embedding(32, dim)
        self.h = nn.ModuleList(NanoBlock(dim, heads, flash, bias) for _ in range(layers))
        self.ln_f, self.lm_head = nn.LayerNorm(dim, bias=bias), nn.Linear(dim, VOCAB, False)
        self.last = flash
        if flash:
            self.wte.weight = self.lm_head.weight

    def forward(self, idx: Tensor) -> Tensor:
        pos = torch.arange(0, idx.size(1), dtype=torch.long).unsqueeze(0)
        x = self.wte(idx) + self.wpe(pos)
        for block in self.h:
            x = block(x)
        x = self.ln_f(x)
        return self.lm_head(x[:, [-1], :]) if self.last else self.lm_head(x)


class OpenAiBlock(nn.Module):
    """gpt-2's `model.py`: conv1d as a matmul, w*b - 1e10*(1-b), cached keys and values."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        sizes = {"attn": (dim, 3 * dim), "proj": (dim, dim), "fc": (dim, 4 * dim),
                 "out": (4 * dim, dim)}  # fmt: skip
        self.w = nn.ParameterDict({k: torch.randn(s) * 0.05 for k, s in sizes.items()})
        self.b = nn.ParameterDict({k: torch.rand(s[1]) for k, s in sizes.items()})

    def conv1d(self, x: Tensor, name: str) -> Tensor:
        flat = torch.matmul(x.reshape(-1, x.shape[-1]), self.w[name]) + self.b[name]
        return flat.reshape(x.shape[0], x.shape[1], -1)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        b, t, d = x.shape
        parts = self.conv1d(self.ln_1(x), "attn").split(d, 2)
        q, k, v = (
            part.reshape(b, t, self.heads, d // self.heads).permute(0, 2, 1, 3) for part in parts
        )
        present = torch.stack([k, v], dim=1)
        k, v = torch.cat([past[:, 0], k], -2), torch.cat([past[:, 1], v], -2)
        w = torch.matmul(q, k.transpose(-1, -2)) * (1 / math.sqrt(d // self.heads))
        count = k.shape[-2]
        keep = (torch.arange(t)[:, None] >= torch.arange(count)[None] - count + t).to(w.dtype)
        w = w * keep - 1e10 * (1 - keep)
        w = torch.exp(w - w.max(-1, keepdim=True).values)
        w = w / w.sum(-1, keepdim=True)
        a = torch.matmul(w, v).permute(0, 2, 1, 3).reshape(b, t, d)
        x = x + self.conv1d(a, "proj")
        h = self.conv1d(self.ln_2(x), "fc")
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * torch.pow(h, 3))))
        return x + self.conv1d(h, "out"), present


class OpenAiGpt(nn.Module):
    """The TF 1 model with one `past` tensor for all layers."""

    def __init__(self, layers: int = 2, dim: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.wte = nn.Parameter(torch.randn(VOCAB, dim) * 0.05)
        self.wpe = nn.Parameter(torch.randn(32, dim) * 0.05)
        self.blocks = nn.ModuleList(OpenAiBlock(dim, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(dim)

    def forward(self, tokens: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        start = past.shape[-2]
        places = start + torch.arange(tokens.shape[1])
        x = F.embedding(tokens, self.wte) + F.embedding(places, self.wpe)
        presents = []
        for index, block in enumerate(self.blocks):
            x, present = block(x, past[:, index])
            presents.append(present)
        x = self.ln_f(x)
        return torch.matmul(x, self.wte.transpose(0, 1)), torch.stack(presents, dim=1)


class GptJ(nn.Module):
    """mesh-transformer-jax: one norm, attention and MLP in parallel, interleaved rotary."""

    def __init__(self, layers: int, dim: int, heads: int, rotary: int) -> None:
        super().__init__()
        self.heads, self.rotary, self.size = heads, rotary, dim // heads
        self.embed = nn.Embedding(VOCAB, dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(layers))
        self.qvk = nn.ModuleList(
            nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(4)) for _ in range(layers)
        )
        self.mlp = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU("tanh"), nn.Linear(4 * dim, dim))
            for _ in range(layers)
        )
        self.softmax, self.plus = nn.Softmax(-1), Plus()
        self.final, self.out = nn.LayerNorm(dim), nn.Linear(dim, VOCAB)
        inv = 1.0 / (10000 ** (torch.arange(0, rotary, 2).float() / rotary))
        sinusoid = torch.einsum("i,j->ij", torch.arange(32).float(), inv)
        self.register_buffer("sin", sinusoid.sin().repeat_interleave(2, -1))
        self.register_buffer("cos", sinusoid.cos().repeat_interleave(2, -1))

    def rotate(self, x: Tensor) -> Tensor:
        turn, keep = x[..., : self.rotary], x[..., self.rotary :]
        pairs = torch.stack((-turn[..., 1::2], turn[..., ::2]), -1).flatten(-2)
        t = x.shape[1]
        turned = turn * self.cos[:t][None, :, None] + pairs * self.sin[:t][None, :, None]
        return torch.cat([turned, keep], -1)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        b, t, d = x.shape
        bias = (1 - torch.tril(torch.ones(t, t))) * -1e10
        for norm, (q_w, v_w, k_w, o_w), mlp in zip(self.norms, self.qvk, self.mlp, strict=True):
            h = norm(x)
            q, v, k = (f(h).reshape(b, t, self.heads, self.size) for f in (q_w, v_w, k_w))
            q, k = self.rotate(q), self.rotate(k)
            logits = torch.einsum("bthd,bThd->bhtT", q, k) / math.sqrt(self.size) + bias
            y = torch.einsum("bhtT,bThd->bthd", self.softmax(logits), v).reshape(b, t, d)
            x = self.plus(x, o_w(y) + mlp(h))
        return self.out(self.final(x))


class Bloom(nn.Module):
    """Megatron-DeepSpeed style: ALiBi by `baddbmm`, fused qkv per head, embedding norm."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, dim // heads
        self.embed, self.first = nn.Embedding(VOCAB, dim), nn.LayerNorm(dim)
        make = lambda i, o: nn.ModuleList(nn.Linear(i, o) for _ in range(layers))  # noqa: E731
        self.qkv, self.dense = make(dim, 3 * dim), make(dim, dim)
        self.up, self.down = make(dim, 4 * dim), make(4 * dim, dim)
        self.norm1 = nn.ModuleList(nn.LayerNorm(dim) for _ in range(layers))
        self.norm2 = nn.ModuleList(nn.LayerNorm(dim) for _ in range(layers))
        self.act: nn.Module = nn.GELU("tanh")
        self.softmax, self.plus, self.final = nn.Softmax(-1), Plus(), nn.LayerNorm(dim)
        slopes = torch.tensor([2 ** (-8 * (i + 1) / heads) for i in range(heads)])
        self.register_buffer("slopes", slopes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        x = self.first(self.embed(tokens))
        b, t, d = x.shape
        places = ((mask.cumsum(-1) - 1) * mask)[:, None, :]
        alibi = (self.slopes[None, :, None] * places).reshape(b * self.heads, 1, t).float()
        hide = torch.triu(torch.ones(t, t, dtype=torch.bool), 1)[None, None]
        hide = hide | (mask[:, None, None, :] == 0)
        for i in range(len(self.qkv)):
            qkv = self.qkv[i](self.norm1[i](x)).view(b, t, self.heads, 3, self.size)
            q, k, v = (
                qkv[..., j, :].transpose(1, 2).reshape(b * self.heads, t, self.size)
                for j in range(3)
            )
            scores = torch.baddbmm(alibi, q, k.transpose(1, 2), alpha=1 / math.sqrt(self.size))
            scores = scores.view(b, self.heads, t, t).masked_fill(hide, -65504.0)
            probs = self.softmax(scores).view(b * self.heads, t, t)
            y = torch.bmm(probs, v).view(b, self.heads, t, self.size).permute(0, 2, 1, 3)
            x = self.plus(x, self.dense[i](y.reshape(b, t, d)))
            x = self.plus(x, self.down[i](self.act(self.up[i](self.norm2[i](x)))))
        return F.linear(self.final(x), self.embed.weight)


class Opt(nn.Module):
    """metaseq: pre-norm, ReLU, learned positions offset by two, time-first attention."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, dim // heads
        self.embed, self.places = nn.Embedding(VOCAB, dim), nn.Embedding(40, dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2 * layers + 1))
        self.attn = nn.ModuleList(
            nn.ModuleList(nn.Linear(dim, dim) for _ in range(4)) for _ in range(layers)
        )
        self.fc1 = nn.ModuleList(nn.Linear(dim, 4 * dim) for _ in range(layers))
        self.fc2 = nn.ModuleList(nn.Linear(4 * dim, dim) for _ in range(layers))
        self.act: nn.Module = nn.ReLU()
        self.softmax, self.plus = nn.Softmax(-1), Plus()

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        places = (torch.cumsum(mask, 1) * mask).long() - 1
        x = (self.embed(tokens) + self.places(places + 2)).transpose(0, 1)
        t, b, d = x.shape
        future = torch.triu(torch.full((t, t), float("-inf")), 1)
        fold = lambda y: y.contiguous().view(t, b * self.heads, self.size).transpose(0, 1)  # noqa: E731
        for i, (k_w, v_w, q_w, o_w) in enumerate(self.attn):
            h = self.norms[2 * i](x)
            q, k, v = fold(q_w(h) * self.size**-0.5), fold(k_w(h)), fold(v_w(h))
            probs = self.softmax(torch.bmm(q, k.transpose(1, 2)) + future)
            y = torch.bmm(probs, v).transpose(0, 1).contiguous().view(t, b, d)
            x = self.plus(x, o_w(y))
            x = self.plus(x, self.fc2[i](self.act(self.fc1[i](self.norms[2 * i + 1](x)))))
        return F.linear(self.norms[-1](x).transpose(0, 1), self.embed.weight)


def gpt(name: str, family: str, variant: str, style: str, maker: object, *more: str) -> Spec:
    """A causal language model."""
    return twin(name, family, maker, ids(8, *more), style, variant, "decoder",  # type: ignore[arg-type]
                task="language-modelling")  # fmt: skip


def with_past() -> dict[str, Tensor]:
    """One new token after four cached ones."""
    return {**ids(2)(), **tensors(past=(1, 2, 2, 4, 4, 8))()}


SPECS = [
    gpt("nanogpt", "gpt2", "gpt2", "nanogpt", lambda: NanoGpt(3, 48, 4)),
    gpt("nanogpt-nobias", "gpt2", "gpt2", "nanogpt", lambda: NanoGpt(2, 32, 2, bias=False)),
    gpt("nanogpt-deep", "gpt2", "gpt2", "nanogpt", lambda: NanoGpt(6, 24, 4)),
    gpt("mingpt", "gpt2", "gpt2", "mingpt", lambda: NanoGpt(2, 48, 4, flash=False)),
    gpt("mingpt-mini", "gpt2", "gpt2", "mingpt", lambda: NanoGpt(4, 32, 4, flash=False)),
    twin("openai-gpt2-past", "gpt2", OpenAiGpt, with_past, "openai/gpt-2", "gpt2", "decoder",
         task="language-modelling"),
    gpt("mesh-gpt-j", "gpt-j", "gpt-j", "mesh-transformer-jax", lambda: GptJ(2, 32, 2, 8)),
    gpt("mesh-gpt-j-deep", "gpt-j", "gpt-j", "mesh-transformer-jax", lambda: GptJ(3, 48, 4, 4)),
    gpt("megatron-bloom", "bloom", "bloom", "megatron", lambda: Bloom(2, 32, 4), "mask"),
    gpt("megatron-bloom-deep", "bloom", "bloom", "megatron", lambda: Bloom(3, 48, 8), "mask"),
    gpt("metaseq-opt", "opt", "opt", "metaseq", lambda: Opt(2, 32, 4), "mask"),
    gpt("metaseq-opt-deep", "opt", "opt", "metaseq", lambda: Opt(3, 48, 4), "mask"),
]  # fmt: skip
