# ruff: noqa: D102 - forward() is described by its class
"""BERT and its close relatives, after the code their authors released."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import VOCAB, Maker, Plus, ids, twin
from benchmarks.zoo.spec import Spec


class TanhGelu(nn.Module):
    """GELU as `modeling.py` spells it."""

    def forward(self, x: Tensor) -> Tensor:
        cdf = 0.5 * (1.0 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))
        return x * cdf


class MomentsNorm(nn.Module):
    """Layer norm as TF 1 computes it: moments, then `batch_normalization`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.rand(dim) + 0.5), nn.Parameter(torch.rand(dim))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) * (x - mean)).mean(-1, keepdim=True)
        inv = torch.rsqrt(variance + 1e-12) * self.gamma
        return x * inv + (self.beta - mean * inv)


@dataclass
class Config:
    """Sizes and switches of a BERT-like encoder."""

    layers: int = 2
    dim: int = 32
    heads: int = 2
    embed: int = 0
    types: bool = True
    moments: bool = False
    shared: bool = False
    inner: int = 0

    def norm(self) -> nn.Module:
        """The layer norm of this code base."""
        return MomentsNorm(self.dim) if self.moments else nn.LayerNorm(self.dim, eps=1e-12)


class AttentionLayer(nn.Module):
    """`attention_layer`: 2-D matrices, transpose_for_scores, additive mask of -10000."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.n, self.h = c.heads, c.dim // c.heads
        self.query, self.key, self.value = (nn.Linear(c.dim, c.dim) for _ in range(3))
        self.softmax = nn.Softmax(-1)

    def split(self, x: Tensor, batch: int, length: int) -> Tensor:
        return x.reshape(batch, length, self.n, self.h).permute(0, 2, 1, 3)

    def forward(self, x: Tensor, adder: Tensor, batch: int, length: int) -> Tensor:
        q, k, v = (self.split(f(x), batch, length) for f in (self.query, self.key, self.value))
        scores = torch.matmul(q, k.transpose(-1, -2)) * (1.0 / math.sqrt(self.h)) + adder
        context = torch.matmul(self.softmax(scores), v).permute(0, 2, 1, 3)
        return context.reshape(batch * length, self.n * self.h)


class Layer(nn.Module):
    """One transformer layer with both norms after the residual additions."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.attention, self.output = AttentionLayer(c), nn.Linear(c.dim, c.dim)
        self.norm1, self.norm2 = c.norm(), c.norm()
        inner = c.inner or 4 * c.dim
        self.intermediate, self.down = nn.Linear(c.dim, inner), nn.Linear(inner, c.dim)
        self.act: nn.Module = TanhGelu()
        self.add1, self.add2 = Plus(), Plus()

    def forward(self, x: Tensor, adder: Tensor, batch: int, length: int) -> Tensor:
        x = self.norm1(self.add1(self.output(self.attention(x, adder, batch, length)), x))
        return self.norm2(self.add2(self.down(self.act(self.intermediate(x))), x))


class GoogleBert(nn.Module):
    """`BertModel` of google-research/bert with one of its heads."""

    def __init__(self, c: Config, head: str = "pooler", labels: int = 3) -> None:
        super().__init__()
        self.c, self.head = c, head
        width = c.embed or c.dim
        self.table = nn.Parameter(torch.randn(VOCAB, width) * 0.02)
        self.types = nn.Parameter(torch.randn(2, width) * 0.02)
        self.places = nn.Parameter(torch.randn(48, width) * 0.02)
        self.norm = MomentsNorm(width) if c.moments else nn.LayerNorm(width, eps=1e-12)
        self.project = nn.Linear(width, c.dim) if c.embed else nn.Identity()
        count = 1 if c.shared else c.layers
        self.layers = nn.ModuleList(Layer(c) for _ in range(count))
        self.pooler, self.out = nn.Linear(c.dim, c.dim), nn.Linear(c.dim, labels)
        self.transform, self.bias = nn.Linear(c.dim, width), nn.Parameter(torch.rand(VOCAB))
        self.transform_norm = nn.LayerNorm(width, eps=1e-12)
        self.act: nn.Module = TanhGelu()

    def encode(self, tokens: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        batch, length = tokens.shape
        x = F.embedding(tokens, self.table)
        if self.c.types:  # the original looks types up with a one-hot product
            hot = F.one_hot(types.reshape(-1), 2).to(x.dtype)
            x = x + torch.matmul(hot, self.types).reshape(batch, length, -1)
        x = self.norm(x + self.places[:length][None])
        x = self.project(x)
        adder = (1.0 - mask[:, None, None, :].to(x.dtype)) * -10000.0
        x = x.reshape(batch * length, self.c.dim)
        for index in range(self.c.layers):
            layer = self.layers[0 if self.c.shared else index]
            x = layer(x, adder, batch, length)
        return x.reshape(batch, length, self.c.dim)

    def forward(self, tokens: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        x = self.encode(tokens, mask, torch.zeros_like(tokens) if types is None else types)
        if self.head == "mlm":
            x = self.transform_norm(self.act(self.transform(x)))
            return torch.matmul(x, self.table.transpose(0, 1)) + self.bias
        if self.head == "discriminator":
            return self.out(self.act(self.pooler(x)))[..., 0]
        if self.head == "squad":
            logits = self.out(x).permute(2, 0, 1)
            return torch.stack(list(logits.unbind(0)[:2]))
        pooled = torch.tanh(self.pooler(x[:, 0:1].squeeze(1)))
        return F.log_softmax(self.out(pooled), -1) if self.head == "classifier" else pooled


class FairseqAttention(nn.Module):
    """`MultiheadAttention` of fairseq: time first, scaled queries, `bmm`."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, dim // heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (
            nn.Linear(dim, dim) for _ in range(4)
        )
        self.softmax = nn.Softmax(-1)

    def shape(self, x: Tensor, batch: int) -> Tensor:
        return x.contiguous().view(-1, batch * self.heads, self.width).transpose(0, 1)

    def forward(
        self, x: Tensor, memory: Tensor, padding: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        length, batch, dim = x.shape
        q = self.shape(self.q_proj(x) * self.width**-0.5, batch)
        k, v = self.shape(self.k_proj(memory), batch), self.shape(self.v_proj(memory), batch)
        weights = torch.bmm(q, k.transpose(1, 2))
        if mask is not None:
            weights = weights + mask.unsqueeze(0)
        if padding is not None:
            weights = weights.view(batch, self.heads, length, -1)
            weights = weights.masked_fill(padding[:, None, None, :], float("-inf"))
            weights = weights.view(batch * self.heads, length, -1)
        y = torch.bmm(self.softmax(weights.float()), v)
        return self.out_proj(y.transpose(0, 1).contiguous().view(length, batch, dim))


class SentenceLayer(nn.Module):
    """`TransformerSentenceEncoderLayer`: post-norm, exact GELU."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.self_attn = FairseqAttention(dim, heads)
        self.self_attn_layer_norm, self.final_layer_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.act: nn.Module = nn.GELU()
        self.add1, self.add2 = Plus(), Plus()

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(self.add1(x, self.self_attn(x, x, padding)))
        return self.final_layer_norm(self.add2(x, self.fc2(self.act(self.fc1(x)))))


class FairseqRoberta(nn.Module):
    """`RobertaModel` of fairseq: positions counted over real tokens, tied LM head."""

    def __init__(self, layers: int = 3, dim: int = 48, heads: int = 4, head: str = "lm") -> None:
        super().__init__()
        self.head = head
        self.embed, self.places = nn.Embedding(VOCAB, dim, 1), nn.Embedding(64, dim, 1)
        self.norm = nn.LayerNorm(dim)
        self.layers = nn.ModuleList(SentenceLayer(dim, heads) for _ in range(layers))
        self.dense, self.layer_norm = nn.Linear(dim, dim), nn.LayerNorm(dim)
        self.bias, self.out = nn.Parameter(torch.rand(VOCAB)), nn.Linear(dim, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        real = tokens.ne(1)
        places = (torch.cumsum(real.int(), dim=1) * real.int()).long() + 1
        x = self.norm(self.embed(tokens) + self.places(places))
        x = (x * real.unsqueeze(-1).type_as(x)).transpose(0, 1)
        for layer in self.layers:
            x = layer(x, ~real)
        x = x.transpose(0, 1)
        if self.head == "lm":
            x = self.layer_norm(F.gelu(self.dense(x)))
            return F.linear(x, self.embed.weight) + self.bias
        return self.out(torch.tanh(self.dense(x[:, 0, :])))


class DistilLayer(nn.Module):
    """The student's `TransformerBlock`, attention by the fused operator."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_lin, self.k_lin, self.v_lin, self.out_lin = (nn.Linear(dim, dim) for _ in range(4))
        self.sa_norm, self.out_norm = nn.LayerNorm(dim, 1e-12), nn.LayerNorm(dim, 1e-12)
        self.ffn = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (
            f(x).unflatten(-1, (self.heads, d // self.heads)).transpose(1, 2)
            for f in (self.q_lin, self.k_lin, self.v_lin)
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.sa_norm(self.out_lin(y.transpose(1, 2).reshape(b, t, d)) + x)
        return self.out_norm(self.ffn(x) + x)


class Distil(nn.Module):
    """DistilBERT, or with token types and averaged output MiniLM as sentence encoder."""

    def __init__(self, layers: int, dim: int, heads: int, sentence: bool = False) -> None:
        super().__init__()
        self.sentence = sentence
        self.words, self.places = nn.Embedding(VOCAB, dim), nn.Embedding(48, dim)
        self.types = nn.Embedding(2, dim) if sentence else None
        self.norm = nn.LayerNorm(dim, 1e-12)
        self.layers = nn.ModuleList(DistilLayer(dim, heads) for _ in range(layers))
        self.pre, self.out = nn.Linear(dim, dim), nn.Linear(dim, 2)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1])[None])
        if self.types is not None:
            x = x + self.types(torch.zeros_like(tokens))
        x = self.norm(x)
        keep = mask[:, None, None, :].bool()
        for layer in self.layers:
            x = layer(x, keep)
        if not self.sentence:
            return self.out(F.relu(self.pre(x[:, 0])))
        weight = mask.unsqueeze(-1).float()
        mean = (x * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return F.normalize(mean, p=2, dim=1)


def bert(name: str, head: str, c: Config, variant: str = "", family: str = "bert") -> Spec:
    """A model in the style of google-research/bert."""
    task = {"mlm": "masked-language-modelling", "pooler": "features"}.get(head, "classification")
    kinds = ("mask", "types") if c.types else ("mask",)
    labels = {"squad": 2, "discriminator": 1}.get(head, 3)
    maker: Maker = lambda: GoogleBert(c, head, labels)  # noqa: E731
    style = {"electra": "google-research/electra", "albert": "google-research/albert"}
    return twin(name, family, maker, ids(12, *kinds), style.get(family, "google-research/bert"),
                variant, "encoder", task=task)  # fmt: skip


ROBERTA, DISTIL = "fairseq", "distil reference"
SPECS = [
    bert("google-bert-tiny", "pooler", Config(2, 32, 2, moments=True), "bert-tiny"),
    bert("google-bert-mini-mlm", "mlm", Config(4, 48, 4), "bert-mini"),
    bert("google-bert-base-squad", "squad", Config(12, 24, 3), "bert-base"),
    bert("google-bert-tiny-classifier", "classifier", Config(2, 64, 4), "bert-tiny"),
    bert("google-electra-tiny", "discriminator", Config(3, 32, 4, embed=16), "electra-small",
         "electra"),
    bert("google-electra-base", "discriminator", Config(4, 48, 4, embed=0), "electra-base",
         "electra"),
    twin("fairseq-roberta-mlm", "roberta", FairseqRoberta, ids(12), ROBERTA, "roberta",
         "encoder", task="masked-language-modelling"),
    twin("fairseq-roberta-classifier", "roberta", lambda: FairseqRoberta(2, 64, 4, "cls"),
         ids(10), ROBERTA, "roberta", "encoder", task="classification"),
    twin("distil-classifier", "distilbert", lambda: Distil(3, 48, 4), ids(12, "mask"), DISTIL,
         "distilbert", "encoder", task="classification"),
    twin("distil-six", "distilbert", lambda: Distil(6, 32, 2), ids(10, "mask"), DISTIL,
         "distilbert", "encoder", task="classification"),
    twin("minilm-l6-sentence", "bert", lambda: Distil(6, 36, 6, True), ids(12, "mask"),
         "sentence-transformers", "minilm-l6", "encoder", task="embedding"),
]  # fmt: skip
