# ruff: noqa: D102 - forward() is described by its class
"""ALBERT, DeBERTa, MPNet and ModernBERT after their authors' code."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.hf import Call
from benchmarks.zoo.second.text_common import VOCAB, Plus, ids, twin


class EinsumHeads(nn.Module):
    """`dense_layer_3d` and its inverse of google-research/albert."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        size = dim // heads
        self.w = nn.Parameter(torch.randn(3, dim, heads, size) * 0.1)
        self.b = nn.Parameter(torch.rand(3, heads, size))
        self.out = nn.Parameter(torch.randn(heads, size, dim) * 0.1)
        self.out_bias = nn.Parameter(torch.rand(dim))
        self.softmax = nn.Softmax(-1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (torch.einsum("BFH,HND->BFND", x, self.w[i]) + self.b[i] for i in range(3))
        q, k, v = (part.permute(0, 2, 1, 3) for part in (q, k, v))
        logits = torch.matmul(q, k.transpose(-1, -2)) * (1 / math.sqrt(q.shape[-1]))
        logits = logits + (1.0 - mask[:, None, None, :].float()) * -10000.0
        y = torch.matmul(self.softmax(logits), v).permute(0, 2, 1, 3)
        return torch.einsum("BFND,NDH->BFH", y, self.out) + self.out_bias


class Albert(nn.Module):
    """One shared layer applied many times over factorised embeddings."""

    def __init__(self, layers: int, embed: int, dim: int, heads: int) -> None:
        super().__init__()
        self.layers = layers
        self.words, self.types = nn.Embedding(VOCAB, embed), nn.Embedding(2, embed)
        self.places, self.norm = nn.Embedding(48, embed), nn.LayerNorm(embed, 1e-12)
        self.hidden_mapping = nn.Linear(embed, dim)
        self.attention, self.add1, self.add2 = EinsumHeads(dim, heads), Plus(), Plus()
        self.norm1, self.norm2 = nn.LayerNorm(dim, 1e-12), nn.LayerNorm(dim, 1e-12)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.act: nn.Module = nn.GELU("tanh")
        self.pooler = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        places = self.places.weight[: tokens.shape[1]]
        x = self.hidden_mapping(self.norm(self.words(tokens) + self.types(types) + places))
        for _ in range(self.layers):
            x = self.norm1(self.add1(x, self.attention(x, mask)))
            x = self.norm2(self.add2(x, self.down(self.act(self.up(x)))))
        return torch.tanh(self.pooler(x[:, 0]))


class DisentangledAttention(nn.Module):
    """microsoft/DeBERTa v2: content and log-bucketed relative positions, shared projections."""

    def __init__(self, dim: int, heads: int, span: int) -> None:
        super().__init__()
        self.heads, self.span = heads, span
        self.query_proj, self.key_proj, self.value_proj = (nn.Linear(dim, dim) for _ in range(3))
        self.softmax = nn.Softmax(-1)

    def fold(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        x = x.view(b, t, self.heads, d // self.heads).permute(0, 2, 1, 3)
        return x.contiguous().view(-1, t, d // self.heads)

    def forward(self, x: Tensor, mask: Tensor, table: Tensor, relative: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (self.fold(f(x)) for f in (self.query_proj, self.key_proj, self.value_proj))
        scale = math.sqrt((d // self.heads) * 3)
        scores = torch.bmm(q, k.transpose(-1, -2) / scale)
        pos_k = self.fold(self.key_proj(table[None])).repeat(b, 1, 1)
        pos_q = self.fold(self.query_proj(table[None])).repeat(b, 1, 1)
        c2p_pos = torch.clamp(relative + self.span, 0, 2 * self.span - 1)
        c2p = torch.bmm(q, pos_k.transpose(-1, -2))
        scores = scores + torch.gather(c2p, -1, c2p_pos.expand(b * self.heads, t, t)) / scale
        p2c_pos = torch.clamp(-relative + self.span, 0, 2 * self.span - 1)
        p2c = torch.bmm(k, pos_q.transpose(-1, -2))
        p2c = torch.gather(p2c, -1, p2c_pos.expand(b * self.heads, t, t)).transpose(-1, -2)
        scores = (scores + p2c / scale).view(b, self.heads, t, t)
        hidden = ~(mask[:, None, None, :] * mask[:, None, :, None]).bool()
        probs = self.softmax(scores.masked_fill(hidden, torch.finfo(scores.dtype).min))
        probs = probs.masked_fill(hidden, 0.0).view(-1, t, t)
        y = torch.bmm(probs, v).view(b, self.heads, t, -1).permute(0, 2, 1, 3)
        return y.reshape(b, t, d)


class DebertaV2(nn.Module):
    """DeBERTa-v3's encoder: no absolute positions, normed table of relative ones."""

    def __init__(self, layers: int, dim: int, heads: int, buckets: int = 8) -> None:
        super().__init__()
        self.buckets = buckets
        self.words, self.norm = nn.Embedding(VOCAB, dim), nn.LayerNorm(dim, 1e-7)
        self.table, self.table_norm = nn.Embedding(2 * buckets, dim), nn.LayerNorm(dim, 1e-7)
        self.attn = nn.ModuleList(DisentangledAttention(dim, heads, buckets) for _ in range(layers))
        self.dense = nn.ModuleList(nn.Linear(dim, dim) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(dim, 1e-7) for _ in range(2 * layers))
        self.ffn = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
            for _ in range(layers)
        )
        self.plus, self.out = Plus(), nn.Linear(dim, 2)

    def relative(self, length: int) -> Tensor:
        at = torch.arange(length)
        offset = (at[:, None] - at[None]).float()
        mid = self.buckets // 2
        near = (offset < mid) & (offset > -mid)
        size = torch.where(near, torch.full_like(offset, mid - 1), offset.abs())
        log = torch.ceil(torch.log(size / mid) / math.log(32 / mid) * (mid - 1)) + mid
        return torch.where(size <= mid, offset, log * offset.sign()).long()[None]

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(self.words(tokens)) * mask.unsqueeze(-1).float()
        table, relative = self.table_norm(self.table.weight), self.relative(tokens.shape[1])
        for i, attention in enumerate(self.attn):
            y = self.dense[i](attention(x, mask, table, relative))
            x = self.norms[2 * i](self.plus(y, x))
            x = self.norms[2 * i + 1](self.plus(self.ffn[i](x), x))
        return self.out(F.gelu(x[:, 0]))


class Mpnet(nn.Module):
    """microsoft/MPNet: post-norm RoBERTa with one table of T5-like buckets for all layers."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, dim // heads
        self.embed, self.places = nn.Embedding(VOCAB, dim, 1), nn.Embedding(50, dim, 1)
        self.norm, self.bias = nn.LayerNorm(dim), nn.Embedding(32, heads)
        self.proj = nn.ModuleList(nn.Linear(dim, 3 * dim) for _ in range(layers))
        self.out = nn.ModuleList(nn.Linear(dim, dim) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2 * layers))
        self.fc1 = nn.ModuleList(nn.Linear(dim, 4 * dim) for _ in range(layers))
        self.fc2 = nn.ModuleList(nn.Linear(4 * dim, dim) for _ in range(layers))
        self.act: nn.Module = nn.GELU()
        self.softmax, self.plus = nn.Softmax(-1), Plus()

    def buckets(self, length: int) -> Tensor:
        at = torch.arange(length)
        n = -(at[None] - at[:, None])
        ret = (n < 0).long() * 16
        n = n.abs()
        large = 8 + (torch.log(n.float() / 8 + 1e-9) / math.log(128 / 8) * 8).long()
        return ret + torch.where(n < 8, n, large.clamp(max=15))

    def forward(self, tokens: Tensor) -> Tensor:
        real = tokens.ne(1)
        places = (torch.cumsum(real.int(), 1) * real.int()).long() + 1
        x = self.norm(self.embed(tokens) + self.places(places))
        b, t, d = x.shape
        bias = self.bias(self.buckets(t)).permute(2, 0, 1).unsqueeze(0)
        for i in range(len(self.proj)):
            q, k, v = (
                y.view(b, t, self.heads, self.size).transpose(1, 2)
                for y in self.proj[i](x).chunk(3, -1)
            )
            scores = torch.matmul(q * self.size**-0.5, k.transpose(2, 3)) + bias
            scores = scores.masked_fill(~real[:, None, None], float("-inf"))
            y = torch.matmul(self.softmax(scores), v).transpose(1, 2).reshape(b, t, d)
            x = self.norms[2 * i](self.plus(x, self.out[i](y)))
            x = self.norms[2 * i + 1](self.plus(x, self.fc2[i](self.act(self.fc1[i](x)))))
        return x


class FlexBlock(nn.Module):
    """FlexBERT block: fused Wqkv, rotary, GeGLU; pre-norm, absent before the first attention."""

    def __init__(self, dim: int, heads: int, first: bool, local: bool) -> None:
        super().__init__()
        self.heads, self.local = heads, local
        self.attn_norm = nn.Identity() if first else nn.LayerNorm(dim, bias=False)
        self.mlp_norm = nn.LayerNorm(dim, bias=False)
        self.qkv, self.out = nn.Linear(dim, 3 * dim, False), nn.Linear(dim, dim, False)
        self.up, self.down = nn.Linear(dim, 4 * dim, False), nn.Linear(2 * dim, dim, False)
        self.act: nn.Module = nn.GELU()
        self.softmax, self.add1, self.add2 = nn.Softmax(-1), Plus(), Plus()

    def rope(self, x: Tensor) -> Tensor:
        width, length = x.shape[-1], x.shape[-2]
        base = 10000.0 if self.local else 160000.0
        inv = 1.0 / (base ** (torch.arange(0, width, 2).float() / width))
        angle = torch.arange(length).float()[:, None] * inv[None]
        cos, sin = angle.cos(), angle.sin()
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, d = x.shape
        qkv = self.qkv(self.attn_norm(x)).view(b, t, 3, self.heads, d // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        keep = mask[:, None, None, :].bool()
        if self.local:
            at = torch.arange(t)
            keep = keep & ((at[:, None] - at[None]).abs() <= 3)[None, None]
        scores = self.rope(q) @ self.rope(k).transpose(-1, -2) * (d // self.heads) ** -0.5
        y = self.softmax(scores.masked_fill(~keep, -1e9)) @ v
        x = self.add1(x, self.out(y.transpose(1, 2).reshape(b, t, d)))
        value, gate = self.up(self.mlp_norm(x)).chunk(2, -1)
        return self.add2(x, self.down(self.act(value) * gate))


class FlexBert(nn.Module):
    """ModernBERT: global attention in every third block, local in the others."""

    def __init__(self, layers: int, dim: int, heads: int, head: bool = True) -> None:
        super().__init__()
        self.embed, self.norm = nn.Embedding(VOCAB, dim), nn.LayerNorm(dim, bias=False)
        self.blocks = nn.ModuleList(
            FlexBlock(dim, heads, i == 0, i % 3 != 0) for i in range(layers)
        )
        self.final, self.head = nn.LayerNorm(dim, bias=False), head
        self.dense, self.head_norm = nn.Linear(dim, dim, False), nn.LayerNorm(dim, bias=False)
        self.bias = nn.Parameter(torch.rand(VOCAB))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(self.embed(tokens))
        for block in self.blocks:
            x = block(x, mask)
        x = self.final(x)
        if not self.head:
            return x
        x = self.head_norm(F.gelu(self.dense(x)))
        return F.linear(x, self.embed.weight, self.bias)


def deberta_v1(layers: int, dim: int) -> nn.Module:
    """`DebertaModel` of transformers."""
    from transformers import DebertaConfig, DebertaModel

    options: dict[str, Any] = {
        "vocab_size": VOCAB, "hidden_size": dim, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": 4 * dim, "max_position_embeddings": 32,
        "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0,
        "position_biased_input": False, "max_relative_positions": 32,
    }  # fmt: skip
    model = DebertaModel(DebertaConfig(**options))
    return Call(model, ["input_ids", "attention_mask"], "last_hidden_state", {})


MASKED, ALBERT, FLEX = ids(10, "mask"), "google-research/albert", "flexbert"
MLM, CLS = "masked-language-modelling", "classification"
SPECS = [
    twin("google-albert", "albert", lambda: Albert(4, 16, 48, 4), ids(12, "mask", "types"),
         ALBERT, "albert", "encoder"),
    twin("google-albert-deep", "albert", lambda: Albert(12, 8, 32, 2), ids(10, "mask", "types"),
         ALBERT, "albert-base", "encoder"),
    twin("transformers-deberta", "deberta", lambda: deberta_v1(2, 32), MASKED, "transformers",
         "deberta", "encoder"),
    twin("transformers-deberta-deep", "deberta", lambda: deberta_v1(4, 48), MASKED,
         "transformers", "deberta", "encoder"),
    twin("microsoft-deberta-v3", "deberta", lambda: DebertaV2(2, 32, 4), MASKED,
         "microsoft/deberta", "deberta-v3", "encoder", task=CLS),
    twin("microsoft-deberta-v3-deep", "deberta", lambda: DebertaV2(4, 48, 4), MASKED,
         "microsoft/deberta", "deberta-v3", "encoder", task=CLS),
    twin("microsoft-mpnet", "mpnet", lambda: Mpnet(2, 48, 4), ids(12), "microsoft/mpnet",
         "mpnet", "encoder"),
    twin("microsoft-mpnet-deep", "mpnet", lambda: Mpnet(4, 32, 2), ids(10), "microsoft/mpnet",
         "mpnet", "encoder"),
    twin("flexbert-modernbert-mlm", "modernbert", lambda: FlexBert(4, 32, 4), MASKED, FLEX,
         "modernbert", "encoder", task=MLM),
    twin("flexbert-modernbert", "modernbert", lambda: FlexBert(6, 48, 4, False), MASKED, FLEX,
         "modernbert", "encoder"),
]  # fmt: skip
