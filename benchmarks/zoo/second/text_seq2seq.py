# ruff: noqa: D102 - forward() is described by its class
"""BART and Marian in fairseq style, T5 in x-transformers style, a Keras transformer block."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_bert import FairseqAttention
from benchmarks.zoo.second.text_common import VOCAB, Plus, ids, tensors, twin


class Side(nn.Module):
    """One encoder or decoder layer of fairseq's `transformer.py`, norms after the sums."""

    def __init__(self, dim: int, heads: int, act: nn.Module, cross: bool) -> None:
        super().__init__()
        self.self_attn = FairseqAttention(dim, heads)
        self.cross = FairseqAttention(dim, heads) if cross else None
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3 if cross else 2))
        self.fc1, self.fc2, self.act = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim), act
        self.plus = Plus()

    def forward(
        self, x: Tensor, memory: Tensor | None, padding: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        own = padding if memory is None else None
        x = self.norms[0](self.plus(x, self.self_attn(x, x, own, mask)))
        if self.cross is not None and memory is not None:
            x = self.norms[1](self.plus(x, self.cross(x, memory, padding)))
        return self.norms[-1](self.plus(x, self.fc2(self.act(self.fc1(x)))))


def sinusoids(length: int, dim: int) -> Tensor:
    """Sines in the first half, cosines in the second, as Marian has them."""
    freq = torch.exp(torch.arange(dim // 2).float() * -(math.log(10000) / (dim // 2 - 1)))
    angle = torch.arange(length).float()[:, None] * freq[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class FairseqTransformer(nn.Module):
    """BART (learned positions, embedding norm, GELU) or Marian (sinusoids, scaled, swish)."""

    def __init__(
        self, layers: int, dim: int, heads: int, marian: bool = False, part: str = "both"
    ) -> None:
        super().__init__()
        self.marian, self.part, self.dim = marian, part, dim
        act: nn.Module = nn.SiLU() if marian else nn.GELU()
        self.embed = nn.Embedding(VOCAB, dim)
        if marian:
            self.register_buffer("places", sinusoids(40, dim))
        else:
            self.places = nn.Parameter(torch.randn(40, dim) * 0.1)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.encoder = nn.ModuleList(Side(dim, heads, act, False) for _ in range(layers))
        self.decoder = nn.ModuleList(Side(dim, heads, act, True) for _ in range(layers))
        self.final_bias = nn.Parameter(torch.rand(1, VOCAB))

    def start(self, tokens: Tensor, which: int) -> Tensor:
        length = tokens.shape[1]
        if self.marian:
            return (self.embed(tokens) * math.sqrt(self.dim) + self.places[:length]).transpose(0, 1)
        places = self.places[torch.arange(length) + 2]
        return self.norms[which](self.embed(tokens) + places).transpose(0, 1)

    def encode(self, tokens: Tensor, padding: Tensor) -> Tensor:
        x = self.start(tokens, 0)
        for layer in self.encoder:
            x = layer(x, None, padding, None)
        return x

    def decode(self, tokens: Tensor, memory: Tensor, padding: Tensor | None) -> Tensor:
        x, length = self.start(tokens, 1), tokens.shape[1]
        mask = torch.triu(torch.full((length, length), float("-inf")), 1)
        for layer in self.decoder:
            x = layer(x, memory, padding, mask)
        return F.linear(x.transpose(0, 1), self.embed.weight) + self.final_bias

    def forward(self, tokens: Tensor, second: Tensor, third: Tensor | None = None) -> Tensor:
        if self.part == "encoder":
            return self.encode(tokens, second.eq(0)).transpose(0, 1)
        if self.part == "decoder":
            return self.decode(tokens, second.transpose(0, 1), None)
        assert third is not None
        padding = second.eq(0)
        return self.decode(third, self.encode(tokens, padding), padding)


class SimpleRMSNorm(nn.Module):
    """T5's norm: no mean, no bias."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.g


class RelativePositionBias(nn.Module):
    """x-transformers' bucketed bias, one table per stack."""

    def __init__(self, heads: int, causal: bool) -> None:
        super().__init__()
        self.causal, self.table = causal, nn.Embedding(32, heads)

    def forward(self, length: int) -> Tensor:
        at = torch.arange(length)
        n = -(at[None, :] - at[:, None])
        buckets, shift = 32, torch.zeros_like(n)
        if not self.causal:
            buckets = 16
            shift = (n < 0).long() * buckets
            n = n.abs()
        else:
            n = n.clamp(min=0)
        exact = buckets // 2
        far = torch.log(n.float().clamp(min=1) / exact) / math.log(128 / exact) * (buckets - exact)
        far = (exact + far.long()).clamp(max=buckets - 1)
        return self.table(shift + torch.where(n < exact, n, far)).permute(2, 0, 1)


class TAttention(nn.Module):
    """Unscaled attention without biases."""

    def __init__(self, dim: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads, self.size, inner = heads, size, heads * size
        self.to_q, self.to_k = nn.Linear(dim, inner, False), nn.Linear(dim, inner, False)
        self.to_v, self.to_out = nn.Linear(dim, inner, False), nn.Linear(inner, dim, False)
        self.softmax = nn.Softmax(-1)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor | None, mask: Tensor) -> Tensor:
        q = self.to_q(x).unflatten(-1, (self.heads, -1))
        k = self.to_k(context).unflatten(-1, (self.heads, -1))
        v = self.to_v(context).unflatten(-1, (self.heads, -1))
        dots = torch.einsum("bihd,bjhd->bhij", q, k)
        if bias is not None:
            dots = dots + bias
        dots = dots.masked_fill(~mask, -torch.finfo(dots.dtype).max)
        y = torch.einsum("bhij,bjhd->bihd", self.softmax(dots), v)
        return self.to_out(y.flatten(2))


class TFeed(nn.Module):
    """ReLU feed-forward, or the gated GELU of version 1.1."""

    def __init__(self, dim: int, inner: int, gated: bool) -> None:
        super().__init__()
        self.wi = nn.Linear(dim, inner, False)
        self.gate = nn.Linear(dim, inner, False) if gated else None
        self.wo = nn.Linear(inner, dim, False)
        self.act: nn.Module = nn.GELU("tanh") if gated else nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.wi(x))
        return self.wo(y if self.gate is None else y * self.gate(x))


class T5(nn.Module):
    """Pre-norm encoder and decoder; `encoder` alone on request."""

    def __init__(
        self, layers: int, dim: int, heads: int, gated: bool = False, only: bool = False
    ) -> None:
        super().__init__()
        self.embed, self.only, self.tied, self.dim = nn.Embedding(VOCAB, dim), only, not gated, dim
        size, inner = dim // heads, 3 * dim
        make = lambda f, n: nn.ModuleList(f() for _ in range(n))  # noqa: E731
        self.enc = make(lambda: TAttention(dim, heads, size), layers)
        self.enc_ff = make(lambda: TFeed(dim, inner, gated), layers)
        self.enc_norm = make(lambda: SimpleRMSNorm(dim), 2 * layers + 1)
        self.enc_bias = RelativePositionBias(heads, False)
        count = 0 if only else layers
        self.dec = make(lambda: TAttention(dim, heads, size), 2 * count)
        self.dec_ff = make(lambda: TFeed(dim, inner, gated), count)
        self.dec_norm = make(lambda: SimpleRMSNorm(dim), 3 * count + 1)
        self.dec_bias = RelativePositionBias(heads, True)
        self.to_logits, self.plus = nn.Linear(dim, VOCAB, False), Plus()

    def forward(self, tokens: Tensor, mask: Tensor, target: Tensor | None = None) -> Tensor:
        keep, x = mask.bool()[:, None, None, :], self.embed(tokens)
        bias = self.enc_bias(tokens.shape[1])
        for i, (attn, feed) in enumerate(zip(self.enc, self.enc_ff, strict=True)):
            y = self.enc_norm[2 * i](x)
            x = self.plus(x, attn(y, y, bias, keep))
            x = self.plus(x, feed(self.enc_norm[2 * i + 1](x)))
        memory = self.enc_norm[-1](x)
        if self.only or target is None:
            return memory
        length, x = target.shape[1], self.embed(target)
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        bias = self.dec_bias(length)
        for i, feed in enumerate(self.dec_ff):
            y = self.dec_norm[3 * i](x)
            x = self.plus(x, self.dec[2 * i](y, y, bias, causal))
            x = self.plus(x, self.dec[2 * i + 1](self.dec_norm[3 * i + 1](x), memory, None, keep))
            x = self.plus(x, feed(self.dec_norm[3 * i + 2](x)))
        x = self.dec_norm[-1](x)
        if self.tied:
            return F.linear(x * self.dim**-0.5, self.embed.weight)
        return self.to_logits(x)


class KerasBlock(nn.Module):
    """keras-io's text classifier: einsum attention per head, ReLU feed-forward, post-norm."""

    def __init__(self, dim: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(VOCAB, dim), nn.Embedding(40, dim)
        size = dim // heads
        self.w = nn.Parameter(torch.randn(blocks, 3, dim, heads, size) * 0.1)
        self.b = nn.Parameter(torch.rand(blocks, 3, heads, size))
        self.o = nn.Parameter(torch.randn(blocks, heads, size, dim) * 0.1)
        self.ffn = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, dim)) for _ in range(blocks)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(dim, 1e-6) for _ in range(2 * blocks))
        self.head = nn.Sequential(nn.Linear(dim, 20), nn.ReLU(), nn.Linear(20, 2), nn.Softmax(-1))
        self.scale, self.plus, self.softmax = size**-0.5, Plus(), nn.Softmax(-1)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token(tokens) + self.place(torch.arange(tokens.shape[1]))
        for i, feed in enumerate(self.ffn):
            q, k, v = (
                torch.einsum("abc,cde->abde", x, self.w[i, j]) + self.b[i, j] for j in range(3)
            )
            probs = self.softmax(torch.einsum("aecd,abcd->acbe", k, q * self.scale))
            y = torch.einsum("acbe,aecd->abcd", probs, v)
            x = self.norms[2 * i](self.plus(x, torch.einsum("abcd,cde->abe", y, self.o[i])))
            x = self.norms[2 * i + 1](self.plus(x, feed(x)))
        return self.head(x.mean(1))


def memory() -> dict[str, Tensor]:
    """Target tokens and what the encoder gave."""
    return {**ids(8)(), **tensors(memory=(1, 10, 48))()}


PAIR, BOTH, XT = ids(10, "mask", "target"), "encoder+decoder", "x-transformers"
GEN = "text-generation"
SPECS = [
    twin("fairseq-bart", "bart", lambda: FairseqTransformer(2, 48, 4), PAIR, "fairseq", "bart",
         BOTH, task=GEN),
    twin("fairseq-bart-deep", "bart", lambda: FairseqTransformer(4, 32, 2), PAIR, "fairseq",
         "bart", BOTH, task=GEN),
    twin("fairseq-bart-encoder", "bart", lambda: FairseqTransformer(3, 48, 4, part="encoder"),
         ids(10, "mask"), "fairseq", "bart", "encoder"),
    twin("fairseq-bart-decoder", "bart", lambda: FairseqTransformer(2, 48, 4, part="decoder"),
         memory, "fairseq", "bart", "decoder", task=GEN),
    twin("marian-nmt", "marian", lambda: FairseqTransformer(2, 48, 4, True), PAIR, "marian",
         "marian", BOTH, task="translation"),
    twin("marian-nmt-deep", "marian", lambda: FairseqTransformer(3, 32, 4, True), PAIR, "marian",
         "marian", BOTH, task="translation"),
    twin("xt-t5", "t5", lambda: T5(2, 32, 4), PAIR, XT, "t5", BOTH, task=GEN),
    twin("xt-t5-deep", "t5", lambda: T5(3, 48, 4), PAIR, XT, "t5", BOTH, task=GEN),
    twin("xt-t5-gated", "t5", lambda: T5(2, 48, 4, True), PAIR, XT, "t5-v1.1", BOTH, task=GEN),
    twin("xt-t5-encoder", "t5", lambda: T5(3, 32, 2, only=True), ids(10, "mask"), XT, "t5",
         "encoder"),
    twin("keras-text-transformer", "transformer", lambda: KerasBlock(32, 2, 1), ids(12),
         "keras-io", "transformer", "encoder", task="classification"),
    twin("keras-text-transformer-3", "transformer", lambda: KerasBlock(48, 4, 3), ids(12),
         "keras-io", "transformer", "encoder", task="classification"),
]  # fmt: skip
