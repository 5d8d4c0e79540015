# ruff: noqa: D102 - forward() is described by its class
"""Llama as released and as llama2.c, Mistral, Mixtral, Mamba, RWKV and small text models."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.hf import Call
from benchmarks.zoo.second.text_common import VOCAB, Inputs, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class RMSNorm(nn.Module):
    """`_norm(x.float()).type_as(x) * weight`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)) * self.weight


class Experts(nn.Module):
    """gpt-fast's mixture: gathered weights of the two best experts."""

    def __init__(self, dim: int, inner: int, count: int = 4, best: int = 2) -> None:
        super().__init__()
        self.gate, self.best = nn.Linear(dim, count, bias=False), best
        self.w1 = nn.Parameter(torch.randn(count, inner, dim) * 0.1)
        self.w2 = nn.Parameter(torch.randn(count, dim, inner) * 0.1)
        self.w3 = nn.Parameter(torch.randn(count, inner, dim) * 0.1)
        self.softmax, self.act = nn.Softmax(-1), nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        weights, index = torch.topk(self.softmax(self.gate(flat)), self.best, dim=-1)
        weights = weights / weights.sum(dim=-1, keepdim=True)
        x1 = self.act(torch.einsum("ti,taoi->tao", flat, self.w1[index]))
        x3 = torch.einsum("ti,taoi->tao", flat, self.w3[index])
        out = torch.einsum("tao,taio->tai", x1 * x3, self.w2[index])
        return torch.einsum("tai,ta->ti", out, weights).reshape(x.shape)


class LoopExperts(nn.Module):
    """mistral-src's mixture: every expert in turn, weighted by the gate's softmax over two."""

    def __init__(self, dim: int, inner: int, count: int = 4) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, count, bias=False)
        self.experts = nn.ModuleList(FeedForward(dim, inner) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        chosen, index = torch.topk(self.gate(x), 2)
        chosen = F.softmax(chosen, dim=-1)
        total = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            weight = torch.where(index == i, chosen, torch.zeros_like(chosen)).sum(-1, True)
            total = total + weight * expert(x)
        return total


class FeedForward(nn.Module):
    """w2(silu(w1 x) * w3 x)."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.w1, self.w3 = nn.Linear(dim, inner, False), nn.Linear(dim, inner, False)
        self.w2, self.act = nn.Linear(inner, dim, False), nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(self.act(self.w1(x)) * self.w3(x))


class ReferenceLlama(nn.Module):
    """meta-llama's `Transformer` in real arithmetic, as llama2.c has it; Mistral by `window`."""

    def __init__(
        self,
        layers: int,
        dim: int,
        heads: int,
        kv: int,
        window: int = 0,
        feed: type[nn.Module] = FeedForward,
    ) -> None:
        super().__init__()
        self.heads, self.kv, self.size = heads, kv, dim // heads
        self.window = window
        self.embed, self.output = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB, False)
        side = kv * self.size
        self.attn = nn.ModuleList(
            nn.ModuleList(nn.Linear(*shape, bias=False)  # type: ignore[misc]
                          for shape in ((dim, dim), (dim, side), (dim, side), (dim, dim)))
            for _ in range(layers)
        )  # fmt: skip
        maker: Any = feed
        self.feed = nn.ModuleList(maker(dim, 5 * dim // 2) for _ in range(layers))
        self.norms = nn.ModuleList(RMSNorm(dim) for _ in range(2 * layers + 1))
        self.softmax, self.plus = nn.Softmax(-1), Plus()
        freqs = 1.0 / (10000.0 ** (torch.arange(0, self.size, 2).float() / self.size))
        angle = torch.outer(torch.arange(32).float(), freqs)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def rotary(self, x: Tensor, start: int) -> Tensor:
        real, imag = x.reshape(*x.shape[:-1], -1, 2).unbind(-1)
        cos = self.cos[start : start + x.shape[1]][None, :, None]
        sin = self.sin[start : start + x.shape[1]][None, :, None]
        turned = [real * cos - imag * sin, real * sin + imag * cos]
        return torch.stack(turned, dim=-1).flatten(3)

    def repeat(self, x: Tensor) -> Tensor:
        b, t, _, d = x.shape
        if self.kv == self.heads:
            return x
        wide = x[:, :, :, None, :].expand(b, t, self.kv, self.heads // self.kv, d)
        return wide.reshape(b, t, self.heads, d)

    def forward(self, tokens: Tensor, past: Tensor | None = None) -> Any:
        b, t = tokens.shape
        start = 0 if past is None else past.shape[3]
        x, total = self.embed(tokens), start + t
        at = torch.arange(total)
        hide = at[None, :] > at[start:, None]
        if self.window:
            hide = hide | (at[None, :] <= at[start:, None] - self.window)
        mask = torch.zeros(t, total).masked_fill(hide, float("-inf"))
        presents = []
        for i, (wq, wk, wv, wo) in enumerate(self.attn):
            h = self.norms[2 * i](x)
            q = self.rotary(wq(h).view(b, t, self.heads, self.size), start)
            k = self.rotary(wk(h).view(b, t, self.kv, self.size), start)
            v = wv(h).view(b, t, self.kv, self.size)
            if past is not None:
                k = torch.cat([past[i, 0], k], 1)
                v = torch.cat([past[i, 1], v], 1)
                presents.append(torch.stack([k, v]))
            q, keys, values = (y.transpose(1, 2) for y in (q, self.repeat(k), self.repeat(v)))
            scores = torch.matmul(q, keys.transpose(2, 3)) / math.sqrt(self.size) + mask
            y = torch.matmul(self.softmax(scores), values).transpose(1, 2).reshape(b, t, -1)
            x = self.plus(x, wo(y))
            x = self.plus(x, self.feed[i](self.norms[2 * i + 1](x)))
        logits = self.output(self.norms[-1](x))
        return (logits, torch.stack(presents)) if presents else logits


class Mamba(nn.Module):
    """mamba-minimal: selective scan as a Python loop over the steps."""

    def __init__(self, layers: int, dim: int, state: int = 8, rank: int = 4) -> None:
        super().__init__()
        self.rank, self.state, inner = rank, state, 2 * dim
        make = lambda f: nn.ModuleList(f() for _ in range(layers))  # noqa: E731
        self.embedding, self.norm_f = nn.Embedding(VOCAB, dim), RMSNorm(dim)
        self.norms = make(lambda: RMSNorm(dim))
        self.in_proj = make(lambda: nn.Linear(dim, 2 * inner, bias=False))
        self.conv1d = make(lambda: nn.Conv1d(inner, inner, 4, groups=inner, padding=3))
        self.x_proj = make(lambda: nn.Linear(inner, rank + 2 * state, bias=False))
        self.dt_proj = make(lambda: nn.Linear(rank, inner))
        self.out_proj = make(lambda: nn.Linear(inner, dim, bias=False))
        steps = torch.arange(1, state + 1).float().repeat(inner, 1)
        self.a_log = nn.ParameterList(torch.log(steps) for _ in range(layers))
        self.d = nn.ParameterList(torch.ones(inner) for _ in range(layers))
        self.act, self.plus = nn.SiLU(), Plus()

    def scan(self, u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        decay = torch.exp(torch.einsum("bld,dn->bldn", delta, a))
        drive = torch.einsum("bld,bln,bld->bldn", delta, b, u)
        x = torch.zeros(u.shape[0], u.shape[2], self.state)
        ys = []
        for i in range(u.shape[1]):
            x = decay[:, i] * x + drive[:, i]
            ys.append(torch.einsum("bdn,bn->bd", x, c[:, i, :]))
        return torch.stack(ys, dim=1) + u * d

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        length = x.shape[1]
        for i, norm in enumerate(self.norms):
            u, res = self.in_proj[i](norm(x)).chunk(2, -1)
            u = self.conv1d[i](u.transpose(1, 2))[:, :, :length].transpose(1, 2)
            u = self.act(u)
            delta, b, c = self.x_proj[i](u).split([self.rank, self.state, self.state], -1)
            delta = F.softplus(self.dt_proj[i](delta))
            y = self.scan(u, delta, -torch.exp(self.a_log[i].float()), b, c, self.d[i])
            x = self.plus(self.out_proj[i](y * self.act(res)), x)
        return F.linear(self.norm_f(x), self.embedding.weight)


class Rwkv(nn.Module):
    """RWKV-4 (BlinkDL): token shift, the WKV recurrence step by step, squared-ReLU channels."""

    def __init__(self, layers: int, dim: int) -> None:
        super().__init__()
        make = lambda f: nn.ModuleList(f() for _ in range(layers))  # noqa: E731
        table = lambda: nn.ParameterList(torch.rand(dim) for _ in range(layers))  # noqa: E731
        self.emb, self.ln0 = nn.Embedding(VOCAB, dim), nn.LayerNorm(dim)
        self.ln1, self.ln2 = make(lambda: nn.LayerNorm(dim)), make(lambda: nn.LayerNorm(dim))
        self.mix = nn.ParameterList(torch.rand(5, dim) for _ in range(layers))
        self.decay, self.first = table(), table()
        self.time = make(lambda: nn.ModuleList(nn.Linear(dim, dim, False) for _ in range(4)))
        self.key = make(lambda: nn.Linear(dim, 4 * dim, False))
        self.value = make(lambda: nn.Linear(4 * dim, dim, False))
        self.gate = make(lambda: nn.Linear(dim, dim, False))
        self.ln_out, self.head = nn.LayerNorm(dim), nn.Linear(dim, VOCAB, False)
        self.shift, self.plus, self.sigmoid = nn.ZeroPad2d((0, 0, 1, -1)), Plus(), nn.Sigmoid()

    def wkv(self, k: Tensor, v: Tensor, decay: Tensor, first: Tensor) -> Tensor:
        w = -torch.exp(decay)
        num, den = torch.zeros_like(k[:, 0]), torch.zeros_like(k[:, 0])
        top, out = torch.full_like(k[:, 0], -1e38), []
        for t in range(k.shape[1]):
            kk, vv = k[:, t], v[:, t]
            new = torch.maximum(top, first + kk)
            e1, e2 = torch.exp(top - new), torch.exp(first + kk - new)
            out.append((e1 * num + e2 * vv) / (e1 * den + e2))
            new = torch.maximum(top + w, kk)
            e1, e2 = torch.exp(top + w - new), torch.exp(kk - new)
            num, den, top = e1 * num + e2 * vv, e1 * den + e2, new
        return torch.stack(out, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.ln0(self.emb(tokens))
        for i in range(len(self.ln1)):
            h = self.ln1[i](x)
            last = self.shift(h)
            mixed = [h * m + last * (1 - m) for m in self.mix[i]]
            k_w, v_w, r_w, o_w = self.time[i]
            k, v, r = k_w(mixed[0]), v_w(mixed[1]), self.sigmoid(r_w(mixed[2]))
            x = self.plus(x, o_w(r * self.wkv(k, v, self.decay[i], self.first[i])))
            h = self.ln2[i](x)
            last = self.shift(h)
            k = torch.square(
                torch.relu(self.key[i](h * self.mix[i][3] + last * (1 - self.mix[i][3])))
            )
            r = self.sigmoid(self.gate[i](h * self.mix[i][4] + last * (1 - self.mix[i][4])))
            x = self.plus(x, r * self.value[i](k))
        return self.head(self.ln_out(x))


class TextCnn(nn.Module):
    """Kim (2014) with 2-D kernels as wide as the embedding, or with 1-D ones as keras-io."""

    def __init__(self, dim: int, kernels: tuple[int, ...], flat: bool = False) -> None:
        super().__init__()
        self.embed, self.flat = nn.Embedding(VOCAB, dim), flat
        self.convs = nn.ModuleList(
            nn.Conv1d(dim, 12, k) if flat else nn.Conv2d(1, 12, (k, dim)) for k in kernels
        )
        self.fc = nn.Linear(12 * len(kernels), 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        if self.flat:
            return self.fc(
                torch.cat([torch.relu(c(x.transpose(1, 2))).amax(-1) for c in self.convs], 1)
            )
        x = x.unsqueeze(1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([F.max_pool1d(m, m.size(2)).squeeze(2) for m in maps], 1))


class Averaged(nn.Module):
    """fastText: the mean of word vectors, then a linear layer; `deep` is a DAN."""

    def __init__(self, dim: int, deep: bool = False, masked: bool = False) -> None:
        super().__init__()
        self.embed, self.masked = nn.Embedding(VOCAB, dim, padding_idx=0), masked
        hidden = [nn.Linear(dim, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU()] if deep else []
        self.out = nn.Sequential(*hidden, nn.Linear(24 if deep else dim, 5))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        if self.masked:
            weight = tokens.ne(0).float().unsqueeze(-1)
            return self.out((x * weight).sum(1) / weight.sum(1).clamp(min=1.0))
        return self.out(x.mean(dim=1))


def hf(model: str, config: str, masked: bool = False, **options: Any) -> nn.Module:
    """A causal LM of transformers, without cache."""
    import transformers

    made = getattr(transformers, config)(vocab_size=VOCAB, **options)
    names = ["input_ids", "attention_mask"] if masked else ["input_ids"]
    return Call(getattr(transformers, model)(made), names, "logits", {"use_cache": False})


def lm(name: str, family: str, style: str, maker: Any, variant: str = "", n: int = 8) -> Spec:
    """A causal language model."""
    return twin(name, family, maker, ids(n), style, variant, "decoder", task="language-modelling")


def cached() -> dict[str, Tensor]:
    """One token after six cached ones, two layers, two kv heads of eight."""
    return {**ids(1)(), **tensors(past=(2, 2, 1, 6, 2, 8))()}


def cls(name: str, family: str, style: str, maker: Any, inputs: Inputs, variant: str = "") -> Spec:
    """A text classifier."""
    return twin(name, family, maker, inputs, style, variant, task="classification")


MAMBA: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8,
                         "time_step_rank": 4}  # fmt: skip
MOE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 48,
                       "num_attention_heads": 4, "num_key_value_heads": 2,
                       "num_local_experts": 4, "experts_implementation": "batched_mm"}  # fmt: skip
FALCON: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
META, HF = "meta-llama", "transformers"
SPECS = [
    lm("meta-llama", "llama", META, lambda: ReferenceLlama(2, 32, 4, 4)),
    lm("meta-llama-3", "llama", META, lambda: ReferenceLlama(3, 48, 6, 2), "llama-3"),
    twin("llama2c-past", "llama", lambda: ReferenceLlama(2, 32, 4, 2), cached,
         "llama2.c", "llama", "decoder", task="language-modelling"),
    lm("mistral-src", "mistral", "mistral-src", lambda: ReferenceLlama(2, 32, 4, 2, 4)),
    lm("mistral-src-deep", "mistral", "mistral-src", lambda: ReferenceLlama(4, 48, 4, 1, 4)),
    lm("gpt-fast-mixtral", "mixtral", "gpt-fast",
       lambda: ReferenceLlama(2, 32, 4, 2, feed=Experts), "", 6),
    lm("mistral-src-mixtral", "mixtral", "mistral-src",
       lambda: ReferenceLlama(2, 32, 4, 2, feed=LoopExperts), "", 6),
    twin("transformers-mixtral", "mixtral",
         lambda: hf("MixtralForCausalLM", "MixtralConfig", True, **MOE), ids(6, "mask"), HF, "",
         "decoder", task="language-modelling"),
    lm("transformers-falcon", "falcon", HF,
       lambda: hf("FalconForCausalLM", "FalconConfig", **FALCON), "falcon-7b"),
    lm("mamba-minimal", "mamba", "mamba-minimal", lambda: Mamba(2, 32), "", 6),
    lm("mamba-minimal-deep", "mamba", "mamba-minimal", lambda: Mamba(3, 24, 4, 2), "", 5),
    lm("transformers-mamba", "mamba", HF,
       lambda: hf("MambaForCausalLM", "MambaConfig", **MAMBA), "", 5),
    lm("blink-rwkv", "rwkv", "rwkv-lm", lambda: Rwkv(2, 32), "rwkv-4", 6),
    lm("blink-rwkv-deep", "rwkv", "rwkv-lm", lambda: Rwkv(3, 24), "rwkv-4", 5),
    lm("transformers-rwkv", "rwkv", HF,
       lambda: hf("RwkvForCausalLM", "RwkvConfig", hidden_size=32, num_hidden_layers=2),
       "rwkv-4", 5),
    cls("kim-textcnn", "textcnn", "kim", lambda: TextCnn(24, (3, 4, 5)), ids(16)),
    cls("kim-textcnn-5", "textcnn", "kim", lambda: TextCnn(32, (1, 2, 3, 4, 5)), ids(20)),
    cls("keras-textcnn", "textcnn", "keras-io", lambda: TextCnn(24, (3, 4, 5), True), ids(16)),
    cls("fasttext-classifier", "averagewordvec", "fasttext", lambda: Averaged(16), ids(12),
        "fasttext"),
    cls("dan-classifier", "averagewordvec", "dan", lambda: Averaged(24, True, True), ids(12),
        "dan"),
]  # fmt: skip
