# ruff: noqa: D102 - forward() is described by its class
"""mBART, Pegasus, M2M-100, GPT-Neo, Qwen MoE, and BERT and GPT-2 of torch's own layers."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_bert import FairseqAttention
from benchmarks.zoo.second.text_common import VOCAB, Maker, Plus, ids, twin
from benchmarks.zoo.second.text_lit import RMSNorm, Rope, rope_cache
from benchmarks.zoo.second.text_seq2seq import sinusoids


class PreSide(nn.Module):
    """A fairseq layer with `normalize_before`."""

    def __init__(self, dim: int, heads: int, act: nn.Module, cross: bool) -> None:
        super().__init__()
        self.self_attn = FairseqAttention(dim, heads)
        self.cross = FairseqAttention(dim, heads) if cross else None
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3 if cross else 2))
        self.fc1, self.fc2, self.act = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim), act
        self.plus = Plus()

    def forward(
        self, x: Tensor, memory: Tensor | None, padding: Tensor, mask: Tensor | None
    ) -> Tensor:
        h = self.norms[0](x)
        x = self.plus(x, self.self_attn(h, h, padding if memory is None else None, mask))
        if self.cross is not None and memory is not None:
            x = self.plus(x, self.cross(self.norms[1](x), memory, padding))
        return self.plus(x, self.fc2(self.act(self.fc1(self.norms[-1](x)))))


class PreTransformer(nn.Module):
    """mBART (learned positions, embedding norm, GELU), Pegasus or M2M-100 (sinusoids, ReLU)."""

    def __init__(self, layers: int, dim: int, heads: int, mbart: bool, scaled: bool = True) -> None:
        super().__init__()
        self.scale, self.mbart = math.sqrt(dim) if scaled else 1.0, mbart
        act: nn.Module = nn.GELU() if mbart else nn.ReLU()
        self.embed = nn.Embedding(VOCAB, dim)
        self.learned = nn.ModuleList(nn.Embedding(40, dim) for _ in range(2))
        self.register_buffer("places", sinusoids(40, dim))
        self.starts = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.ends = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.encoder = nn.ModuleList(PreSide(dim, heads, act, False) for _ in range(layers))
        self.decoder = nn.ModuleList(PreSide(dim, heads, act, True) for _ in range(layers))

    def start(self, tokens: Tensor, side: int) -> Tensor:
        x, length = self.embed(tokens) * self.scale, tokens.shape[1]
        if self.mbart:
            x = self.starts[side](x + self.learned[side](torch.arange(length) + 2))
        else:
            x = x + self.places[:length]
        return x.transpose(0, 1)

    def forward(self, tokens: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        padding, x, length = mask.eq(0), self.start(tokens, 0), target.shape[1]
        for layer in self.encoder:
            x = layer(x, None, padding, None)
        memory, y = self.ends[0](x), self.start(target, 1)
        future = torch.triu(torch.full((length, length), float("-inf")), 1)
        for layer in self.decoder:
            y = layer(y, memory, padding, future)
        return F.linear(self.ends[1](y).transpose(0, 1), self.embed.weight)


class GptNeo(nn.Module):
    """EleutherAI/gpt-neo: unscaled attention, every second layer local, no biases in qkv."""

    def __init__(self, layers: int, dim: int, heads: int, window: int = 4) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        make = lambda f: nn.ModuleList(f() for _ in range(layers))  # noqa: E731
        self.wte, self.wpe, self.ln = (
            nn.Embedding(VOCAB, dim),
            nn.Embedding(32, dim),
            nn.LayerNorm(dim),
        )
        self.q, self.k = (
            make(lambda: nn.Linear(dim, dim, False)),
            make(lambda: nn.Linear(dim, dim, False)),
        )
        self.v, self.o = make(lambda: nn.Linear(dim, dim, False)), make(lambda: nn.Linear(dim, dim))
        self.n1, self.n2 = make(lambda: nn.LayerNorm(dim)), make(lambda: nn.LayerNorm(dim))
        self.up, self.down = (
            make(lambda: nn.Linear(dim, 4 * dim)),
            make(lambda: nn.Linear(4 * dim, dim)),
        )
        self.act, self.plus, self.softmax = nn.GELU("tanh"), Plus(), nn.Softmax(-1)

    def forward(self, tokens: Tensor) -> Tensor:
        b, t = tokens.shape
        at = torch.arange(t)
        x = self.wte(tokens) + self.wpe(at)
        for i, norm in enumerate(self.n1):
            h = norm(x)
            q, k, v = (
                f[i](h).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v)
            )
            keep = at[:, None] >= at[None]
            if i % 2:
                keep = keep & (at[:, None] - at[None] < self.window)
            scores = torch.where(keep, torch.matmul(q, k.transpose(-1, -2)), torch.tensor(-1e9))
            y = torch.matmul(self.softmax(scores), v).transpose(1, 2).reshape(b, t, -1)
            x = self.plus(x, self.o[i](y))
            x = self.plus(x, self.down[i](self.act(self.up[i](self.n2[i](x)))))
        return F.linear(self.ln(x), self.wte.weight)


class QwenMoe(nn.Module):
    """QwenLM's sparse decoder: biased qkv, routed experts and a sigmoid-gated shared one."""

    def __init__(self, layers: int, dim: int, heads: int, experts: int = 4) -> None:
        super().__init__()
        self.heads, inner = heads, dim
        make = lambda f: nn.ModuleList(f() for _ in range(layers))  # noqa: E731
        self.embed, self.head = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB, False)
        self.n1, self.n2, self.norm = (
            make(lambda: RMSNorm(dim)),
            make(lambda: RMSNorm(dim)),
            RMSNorm(dim),
        )
        self.qkv, self.o = (
            make(lambda: nn.Linear(dim, 3 * dim)),
            make(lambda: nn.Linear(dim, dim, False)),
        )
        self.router = make(lambda: nn.Linear(dim, experts, False))
        swiglu = lambda: nn.ModuleList(  # noqa: E731
            [
                nn.Linear(dim, inner, False),
                nn.Linear(dim, inner, False),
                nn.Linear(inner, dim, False),
            ]
        )
        self.experts = make(lambda: nn.ModuleList(swiglu() for _ in range(experts)))
        self.shared, self.gate = make(swiglu), make(lambda: nn.Linear(dim, 1, False))
        cos, sin = rope_cache(32, dim // heads)
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)
        self.rope, self.softmax, self.act, self.plus = Rope(), nn.Softmax(-1), nn.SiLU(), Plus()

    def feed(self, w: nn.Module, x: Tensor) -> Tensor:
        a, b, c = w.children()
        return c(self.act(a(x)) * b(x))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        b, t, d = x.shape
        cos, sin = self.cos[:t], self.sin[:t]
        hide = torch.ones(t, t, dtype=torch.bool).triu(1)
        for i, norm in enumerate(self.n1):
            qkv = self.qkv[i](norm(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            q, k, v = self.rope(qkv[0], cos, sin), self.rope(qkv[1], cos, sin), qkv[2]
            scores = (q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5).masked_fill(hide, -1e9)
            x = self.plus(x, self.o[i]((self.softmax(scores) @ v).transpose(1, 2).reshape(b, t, d)))
            h = self.n2[i](x)
            weights = self.softmax(self.router[i](h))
            best, index = torch.topk(weights, 2, dim=-1)
            sparse = torch.zeros_like(weights).scatter(-1, index, best)
            y = torch.sigmoid(self.gate[i](h)) * self.feed(self.shared[i], h)
            for j, expert in enumerate(self.experts[i].children()):
                y = y + sparse[..., j : j + 1] * self.feed(expert, h)
            x = self.plus(x, y)
        return self.head(self.norm(x))


class TorchBert(nn.Module):
    """BERT on `nn.TransformerEncoder` with exact GELU and a padding mask."""

    def __init__(self, layers: int, dim: int, heads: int, head: bool) -> None:
        super().__init__()
        self.words, self.types = nn.Embedding(VOCAB, dim), nn.Embedding(2, dim)
        self.places, self.norm = nn.Embedding(40, dim), nn.LayerNorm(dim, 1e-12)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 4 * dim, activation="gelu", batch_first=True, layer_norm_eps=1e-12
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.pooler, self.head = nn.Linear(dim, dim), nn.Linear(dim, 9) if head else None

    def forward(self, tokens: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        places = torch.arange(tokens.shape[1]).unsqueeze(0)
        x = self.norm(self.words(tokens) + self.types(types) + self.places(places))
        x = self.encoder(x, src_key_padding_mask=mask.eq(0))
        return torch.tanh(self.pooler(x[:, 0])) if self.head is None else self.head(x)


class TorchGpt(nn.Module):
    """GPT-2 on pre-norm encoder layers with a causal mask."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCAB, dim), nn.Embedding(32, dim)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 4 * dim, activation=nn.GELU("tanh"), batch_first=True, norm_first=True
        )
        self.h = nn.TransformerEncoder(
            layer, layers, norm=nn.LayerNorm(dim), enable_nested_tensor=False
        )

    def forward(self, tokens: Tensor) -> Tensor:
        t = tokens.shape[1]
        mask = torch.triu(torch.full((t, t), float("-inf")), 1)
        x = self.h(self.wte(tokens) + self.wpe(torch.arange(t)), mask=mask, is_causal=True)
        return F.linear(x, self.wte.weight)


class StdNorm(nn.Module):
    """The Annotated Transformer's norm, by the standard deviation."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.rand(dim))

    def forward(self, x: Tensor) -> Tensor:
        mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return self.a_2 * (x - mean) / (std + 1e-6) + self.b_2


class Annotated(nn.Module):
    """The Annotated Transformer: encoder and decoder of cloned pre-normed sublayers."""

    def __init__(self, layers: int, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.dim, self.layers = heads, dim, layers
        clones = lambda m, n: nn.ModuleList(copy.deepcopy(m) for _ in range(n))  # noqa: E731
        self.source, self.target = nn.Embedding(VOCAB, dim), nn.Embedding(VOCAB, dim)
        self.attn = clones(clones(nn.Linear(dim, dim), 4), 3 * layers)
        feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Linear(4 * dim, dim))
        self.feed, self.norms = clones(feed, 2 * layers), clones(StdNorm(dim), 5 * layers + 2)
        self.generator, self.plus, self.softmax = nn.Linear(dim, VOCAB), Plus(), nn.Softmax(-1)
        self.register_buffer("pe", sinusoids(40, dim))

    def attend(self, i: int, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        w = list(self.attn[i].children())
        q, k, v = (
            f(y).view(y.shape[0], -1, self.heads, self.dim // self.heads).transpose(1, 2)
            for f, y in zip(w, (x, memory, memory), strict=False)
        )
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
        p = self.softmax(scores.masked_fill(mask == 0, -1e9))
        return w[3](torch.matmul(p, v).transpose(1, 2).contiguous().flatten(2))

    def forward(self, tokens: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        keep, t = mask[:, None, None, :], target.shape[1]
        x = self.source(tokens) * math.sqrt(self.dim) + self.pe[: tokens.shape[1]]
        n = iter(self.norms)
        for i in range(self.layers):
            h = next(n)(x)
            x = self.plus(x, self.attend(i, h, h, keep))
            x = self.plus(x, self.feed[i](next(n)(x)))
        memory = next(n)(x)
        y = self.target(target) * math.sqrt(self.dim) + self.pe[:t]
        causal = torch.tril(torch.ones(t, t))[None, None]
        for i in range(self.layers):
            h = next(n)(y)
            y = self.plus(y, self.attend(self.layers + i, h, h, causal))
            y = self.plus(y, self.attend(2 * self.layers + i, next(n)(y), memory, keep))
            y = self.plus(y, self.feed[self.layers + i](next(n)(y)))
        return F.log_softmax(self.generator(next(n)(y)), dim=-1)


PAIR, TRIO, BOTH = ids(9, "mask", "target"), ids(10, "mask", "types"), "encoder+decoder"
FAIRSEQ, TORCH, LM = "fairseq", "torch.nn", "language-modelling"
MBART: Maker = lambda: PreTransformer(2, 32, 4, True)  # noqa: E731
SPECS = [
    twin("fairseq-mbart", "mbart", MBART, PAIR, FAIRSEQ, "", BOTH, task="translation"),
    twin("fairseq-pegasus", "pegasus", lambda: PreTransformer(3, 32, 4, False), PAIR, FAIRSEQ, "",
         BOTH, task="summarisation"),
    twin("mesh-gpt-neo", "gpt-neo", lambda: GptNeo(4, 32, 4), ids(8), "mesh-tensorflow", "",
         "decoder", task=LM),
    twin("qwenlm-moe", "qwen-moe", lambda: QwenMoe(2, 32, 4), ids(6), "qwenlm", "qwen2-moe",
         "decoder", task=LM),
    twin("torch-bert", "bert", lambda: TorchBert(3, 48, 4, False), TRIO, TORCH, "bert", "encoder"),
    twin("torch-bert-tagger", "bert", lambda: TorchBert(4, 32, 2, True), TRIO, TORCH, "bert",
         "encoder", task="tagging"),
    twin("torch-gpt2", "gpt2", lambda: TorchGpt(3, 48, 4), ids(8), TORCH, "gpt2", "decoder",
         task=LM),
    twin("annotated-transformer", "transformer", lambda: Annotated(2, 32, 4), PAIR,
         "annotated-transformer", "transformer", BOTH, task="translation"),
]  # fmt: skip
