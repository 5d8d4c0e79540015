# ruff: noqa: D102 - forward() is described by its class
"""Language models after tutorials and small public code bases."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, model

IDS = {"input_ids": (1, 14)}
PAIR = {"src_ids": (1, 12), "tgt_ids": (1, 9)}


class KarpathyHead(nn.Module):
    """One head of the lecture's GPT, a list of which is joined."""

    def __init__(self, dim: int, size: int) -> None:
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(dim, size, bias=False) for _ in range(3))
        self.register_buffer("tril", torch.tril(torch.ones(32, 32)))

    def forward(self, x: Tensor) -> Tensor:
        t = x.shape[1]
        k, q = self.key(x), self.query(x)
        wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        wei = wei.masked_fill(self.tril[:t, :t] == 0, float("-inf"))  # type: ignore[index]
        return F.softmax(wei, dim=-1) @ self.value(x)


class KarpathyBlock(nn.Module):
    """Heads side by side, a projection, a feed-forward with ReLU."""

    def __init__(self, dim: int, heads: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(KarpathyHead(dim, dim // heads) for _ in range(heads))
        self.proj, self.ln1, self.ln2 = nn.Linear(dim, dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.ffwd = nn.Sequential(
            nn.Linear(dim, 4 * dim), act(), nn.Linear(4 * dim, dim), nn.Dropout(0.2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.ln1(x)
        x = x + self.proj(torch.cat([h(y) for h in self.heads], dim=-1))
        return x + self.ffwd(self.ln2(x))


class KarpathyGpt(nn.Module):
    """The lecture's bigram.py grown to a GPT."""

    def __init__(self, layers: int, dim: int, heads: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.tok, self.pos = nn.Embedding(VOCAB, dim), nn.Embedding(32, dim)
        self.blocks = nn.Sequential(*[KarpathyBlock(dim, heads, act) for _ in range(layers)])
        self.ln_f, self.lm_head = nn.LayerNorm(dim), nn.Linear(dim, VOCAB)

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        return self.lm_head(self.ln_f(self.blocks(x)))


class RaschkaAttention(nn.Module):
    """Separate projections without bias, masked by a triangle, heads by view."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.h, self.d = heads, dim // heads
        self.wq, self.wk, self.wv = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.out = nn.Linear(dim, dim)
        self.register_buffer("mask", torch.triu(torch.ones(32, 32), diagonal=1))

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        k, q, v = (
            m(x).view(b, n, self.h, self.d).transpose(1, 2) for m in (self.wk, self.wq, self.wv)
        )
        scores = q @ k.transpose(2, 3)
        scores = scores.masked_fill(self.mask.bool()[:n, :n], -torch.inf)  # type: ignore[operator]
        a = torch.softmax(scores / k.shape[-1] ** 0.5, dim=-1)
        return self.out((a @ v).transpose(1, 2).contiguous().view(b, n, -1))


class HandNorm(nn.Module):
    """The book's LayerNorm with a biased variance."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=-1, keepdim=True)
        var = x.var(dim=-1, keepdim=True, unbiased=False)
        return self.scale * ((x - mean) / torch.sqrt(var + 1e-5)) + self.shift


class HandGelu(nn.Module):
    """The book's tanh approximation, term by term."""

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.sqrt(torch.tensor(2.0 / math.pi)) * (x + 0.044715 * torch.pow(x, 3))
        return 0.5 * x * (1 + torch.tanh(inner))


class RaschkaGpt(nn.Module):
    """LLMs-from-scratch."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.tok, self.pos = nn.Embedding(VOCAB, dim), nn.Embedding(32, dim)
        self.att = nn.ModuleList(RaschkaAttention(dim, heads) for _ in range(layers))
        self.ff = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 4 * dim), HandGelu(), nn.Linear(4 * dim, dim))
            for _ in range(layers)
        )
        self.n1, self.n2 = (nn.ModuleList(HandNorm(dim) for _ in range(layers)) for _ in range(2))
        self.final, self.head = HandNorm(dim), nn.Linear(dim, VOCAB, bias=False)

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for att, ff, n1, n2 in zip(self.att, self.ff, self.n1, self.n2, strict=True):
            x = att(n1(x)) + x
            x = ff(n2(x)) + x
        return self.head(self.final(x))


class RMSNorm(nn.Module):
    """By rsqrt of the mean square."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        y = x.float()
        return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).type_as(x) * self.weight


class Llama2c(nn.Module):
    """llama2.c's model.py: real-valued rotation of interleaved pairs, repeated keys."""

    def __init__(self, layers: int, dim: int, heads: int, kv: int, hand: bool = True) -> None:
        super().__init__()
        self.h, self.kv, self.d, self.hand = heads, kv, dim // heads, hand
        self.emb, self.layers = nn.Embedding(VOCAB, dim), nn.ModuleList()
        for _ in range(layers):
            lin = {"q": (dim, dim), "k": (dim, kv * self.d), "v": (dim, kv * self.d),
                   "o": (dim, dim), "w1": (dim, 80), "w3": (dim, 80), "w2": (80, dim)}  # fmt: skip
            parts: dict[str, nn.Module] = {
                n: nn.Linear(a, b, bias=False) for n, (a, b) in lin.items()
            }
            self.layers.append(nn.ModuleDict({**parts, "n1": RMSNorm(dim), "n2": RMSNorm(dim)}))
        self.norm, self.output = RMSNorm(dim), nn.Linear(dim, VOCAB, bias=False)
        freqs = torch.outer(torch.arange(32), 10000.0 ** (-torch.arange(0, self.d, 2) / self.d))
        self.register_buffer("cos", freqs.cos())
        self.register_buffer("sin", freqs.sin())
        self.register_buffer("mask", torch.triu(torch.full((1, 1, 32, 32), float("-inf")), 1))

    def rotate(self, x: Tensor) -> Tensor:
        t = x.shape[1]
        r, i = x.float().reshape(*x.shape[:-1], -1, 2).unbind(-1)
        c, s = (m[:t].view(1, t, 1, -1) for m in (self.cos, self.sin))  # type: ignore[index]
        return torch.stack([r * c - i * s, r * s + i * c], dim=-1).flatten(3)

    def attend(self, m: Any, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q = self.rotate(m["q"](x).view(b, t, self.h, self.d))
        k = self.rotate(m["k"](x).view(b, t, self.kv, self.d))
        v, n = m["v"](x).view(b, t, self.kv, self.d), self.h // self.kv
        if n > 1:
            wide = (b, t, self.kv, n, self.d)
            k, v = (z[:, :, :, None].expand(wide).reshape(b, t, self.h, self.d) for z in (k, v))
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        if self.hand:
            s = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(self.d) + self.mask[:, :, :t, :t]  # type: ignore[index]
            y = torch.matmul(F.softmax(s.float(), dim=-1).type_as(q), v)
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return m["o"](y.transpose(1, 2).contiguous().view(b, t, -1))

    def forward(self, tokens_ids: Tensor) -> Tensor:
        h = self.emb(tokens_ids)
        for m in self.layers:
            h = h + self.attend(m, m["n1"](h))  # type: ignore[index]
            y = m["n2"](h)  # type: ignore[index]
            h = h + m["w2"](F.silu(m["w1"](y)) * m["w3"](y))  # type: ignore[index]
        h = self.norm(h)
        return self.output(h) if self.hand else self.output(h[:, [-1], :])


class CodertimoBert(nn.Module):
    """codertimo's BERT: position table by sine, pre-norm sublayers as in the repository's code."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.tok, self.seg = nn.Embedding(VOCAB, dim), nn.Embedding(3, dim)
        self.register_buffer("pe", torch.randn(1, 32, dim))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                dim, heads, 4 * dim, 0.1, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.out = nn.Linear(dim, VOCAB)

    def forward(self, input_ids: Tensor, segment_types: Tensor) -> Tensor:
        x = self.tok(input_ids) + self.pe[:, : input_ids.size(1)] + self.seg(segment_types)  # type: ignore[index]
        for layer in self.layers:
            x = layer(x)
        return F.log_softmax(self.out(x), dim=-1)


class TutorialTransformer(nn.Module):
    """PyTorch's translation tutorial: nn.Transformer, sine positions, ReLU."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.src, self.tgt, self.dim = nn.Embedding(VOCAB, dim), nn.Embedding(VOCAB, dim), dim
        pos = torch.arange(64).reshape(64, 1) * torch.exp(
            -torch.arange(0, dim, 2) * math.log(1e4) / dim
        )
        self.register_buffer("pe", torch.stack([pos.sin(), pos.cos()], -1).reshape(1, 64, dim))
        self.transformer = nn.Transformer(dim, heads, layers, layers, 2 * dim, batch_first=True)
        self.generator = nn.Linear(dim, VOCAB)

    def embed(self, table: nn.Module, ids: Tensor) -> Tensor:
        return table(ids) * math.sqrt(self.dim) + self.pe[:, : ids.size(1)]  # type: ignore[index]

    def forward(self, src_ids: Tensor, tgt_ids: Tensor) -> Tensor:
        n = tgt_ids.size(1)
        mask = torch.triu(torch.full((n, n), float("-inf")), diagonal=1)
        y = self.transformer(
            self.embed(self.src, src_ids), self.embed(self.tgt, tgt_ids), tgt_mask=mask
        )
        return self.generator(y)


class KimCnn(nn.Module):
    """Shawn1993's cnn-text-classification: 2-D convolutions over the whole embedding."""

    def __init__(self, dim: int = 24, kernels: tuple[int, ...] = (3, 4, 5)) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.convs = nn.ModuleList(nn.Conv2d(1, 16, (k, dim)) for k in kernels)
        self.fc = nn.Linear(16 * len(kernels), 2)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids).unsqueeze(1)
        rows = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([F.max_pool1d(i, i.size(2)).squeeze(2) for i in rows], 1))


class TorchtextClassifier(nn.Module):
    """The news tutorial: a mean of word vectors and one linear layer, here without bags."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.fc = nn.Embedding(VOCAB, 24), nn.Linear(24, 4)

    def forward(self, ids: Tensor) -> Tensor:
        return self.fc(self.embedding(ids).mean(dim=1))


SPECS: list[Spec] = [
    model("karpathy-gpt", "gpt2", lambda: KarpathyGpt(4, 32, 4, nn.ReLU), IDS, "ng-video-lecture",
          modality="text"),
    model("karpathy-gpt-gelu", "gpt2", lambda: KarpathyGpt(6, 36, 6, nn.GELU), IDS,
          "ng-video-lecture", modality="text"),
    model("raschka-gpt", "gpt2", lambda: RaschkaGpt(5, 40, 5), IDS, "rasbt/LLMs-from-scratch",
          modality="text"),
    model("llama2c-stories", "llama", lambda: Llama2c(5, 48, 6, 2), IDS, "karpathy/llama2.c",
          modality="text"),
    model("llama2c-flash", "llama", lambda: Llama2c(6, 36, 6, 6, False), IDS, "karpathy/llama2.c",
          modality="text"),
    model("codertimo-bert", "transformer-encoder", lambda: CodertimoBert(4, 32, 4),
          {**IDS, "segment_types": (1, 14)}, "codertimo/BERT-pytorch", modality="text"),
    model("tutorial-transformer", "transformer", lambda: TutorialTransformer(3, 32, 4), PAIR,
          "pytorch tutorial", modality="text", components="encoder+decoder"),
    model("shawn-textcnn", "textcnn", KimCnn, IDS, "Shawn1993/cnn-text-classification-pytorch",
          modality="text"),
    model("torchtext-mean", "word-average", TorchtextClassifier, IDS, "torchtext tutorial",
          modality="text"),
]  # fmt: skip
