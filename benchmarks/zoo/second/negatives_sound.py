# ruff: noqa: D102 - forward() is described by its class
"""Hard negatives of audio, recurrent and tabular twins, and random wirings of their parts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second import audio_tts as tts
from benchmarks.zoo.second import audio_wave as wave
from benchmarks.zoo.second import others_rnn as rnn
from benchmarks.zoo.second import text_state as state
from benchmarks.zoo.second.negatives_text import Only, Times, swap
from benchmarks.zoo.second.text_common import VOCAB, Inputs, Maker, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class RandomCell(nn.Module):
    """A recurrence whose update is a random expression without the gates of any known cell."""

    def __init__(self, seed: int, cin: int = 5, dim: int = 12) -> None:
        super().__init__()
        rng = random.Random(seed)
        self.start, self.dim = nn.Linear(cin, dim), dim
        self.plan: list[tuple[str, int, int]] = []
        self.linears = nn.ModuleList()
        for index in range(rng.randint(4, 8)):
            how = rng.choice(["sum", "product", "max", "difference"])
            self.plan.append((how, rng.randint(0, index + 1), rng.randint(0, index + 1)))
            act = rng.choice([nn.ReLU, nn.Softplus, nn.Hardtanh, nn.ELU])
            self.linears.append(nn.Sequential(nn.Linear(dim, dim), act()))
        self.out = nn.Linear(dim, 3)

    def forward(self, series: Tensor) -> Tensor:
        h = series.new_zeros(series.shape[0], self.dim)
        for t in range(series.shape[1]):
            values = [self.start(series[:, t]), h]
            for (how, i, j), linear in zip(self.plan, self.linears, strict=True):
                a, b = values[i], values[j]
                joined = {"sum": a + b, "product": a * b, "difference": a - b}.get(how)
                values.append(linear(torch.maximum(a, b) if joined is None else joined))
            h = torch.clamp(values[-1] + 0.5 * values[-2], -4, 4)
        return self.out(h)


class TokenDag(nn.Module):
    """Transformer operators in random order: norms, softmaxes, products, no attention block."""

    def __init__(self, seed: int, dim: int = 24) -> None:
        super().__init__()
        rng = random.Random(seed)
        self.embed, self.out = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB)
        self.plan: list[tuple[str, int]] = []
        self.parts = nn.ModuleList()
        for index in range(rng.randint(10, 18)):
            how = rng.choice(["linear", "norm", "softmax", "gelu", "product", "sum", "tokens"])
            self.plan.append((how, rng.randint(max(0, index - 3), index)))
            part: nn.Module = nn.Identity()
            if how in ("linear", "gelu"):
                part = nn.Linear(dim, dim)
            elif how == "norm":
                part = nn.LayerNorm(dim)
            elif how == "tokens":
                part = nn.Linear(8, 8)
            self.parts.append(part)

    def forward(self, tokens: Tensor) -> Tensor:
        values = [self.embed(tokens)]
        for (how, source), part in zip(self.plan, self.parts, strict=True):
            x, other = values[-1], values[source]
            if how == "softmax":
                x = x.softmax(-1)
            elif how == "gelu":
                x = F.gelu(part(x))
            elif how == "product":
                x = x * torch.tanh(other)
            elif how == "sum":
                x = x - other
            elif how == "tokens":
                x = part(x.transpose(1, 2)).transpose(1, 2)
            else:
                x = part(x)
            values.append(x)
        return self.out(values[-1])


class SignalDag(nn.Module):
    """1-D convolutions in random order with odd strides, products and poolings."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        rng = random.Random(seed)
        self.stem, self.plan, self.nodes = nn.Conv1d(1, 8, 9, 2), [], nn.ModuleList()
        for index in range(rng.randint(7, 14)):
            self.plan.append((rng.choice(["one", "product", "difference"]), rng.randint(0, index)))
            k, act = rng.choice([1, 3, 9]), rng.choice([nn.ReLU, nn.Softsign, nn.Tanh])
            conv = nn.Conv1d(8, 8, k, padding=k // 2, groups=rng.choice([1, 2, 8]))
            self.nodes.append(nn.Sequential(conv, act()))
        self.out = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        values = [self.stem(x)]
        for (how, i), node in zip(self.plan, self.nodes, strict=True):
            y = node(values[-1])
            other = values[i]
            values.append({"one": y, "product": y * other, "difference": y - other}[how])
        return self.out(values[-1].amax(-1))


class Scanless(state.Mamba):
    """Mamba whose selective scan is a product at each step: no state is carried."""

    def scan(self, u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        return u * delta * (b * c).sum(-1, keepdim=True) + u * d


class Forgetful(state.Rwkv):
    """RWKV whose weighted sum over the past is gone: each step sees its own value."""

    def wkv(self, k: Tensor, v: Tensor, decay: Tensor, first: Tensor) -> Tensor:
        return torch.tanh(k + first) * v - decay


class Uncut(state.TextCnn):
    """TextCNN without pooling over time: only the first position of each map is read."""

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens).transpose(1, 2)
        maps = [conv(x)[..., :1].squeeze(-1) * 0.5 for conv in self.convs]
        return self.fc(torch.cat(maps, 1))


class Columns(nn.Module):
    """CRNN's convolutions, then no recurrence: products of neighbouring columns."""

    def __init__(self, stem: list[nn.Module], width: int) -> None:
        super().__init__()
        self.cnn, self.a, self.b = nn.Sequential(*stem), nn.Linear(width, 24), nn.Linear(24, 40)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(self.cnn(x).squeeze(2).permute(2, 0, 1))
        return self.b(y * torch.roll(y, 1, 0))


class Unconvolved(nn.Module):
    """wav2vec 2.0's feature extractor alone, averaged: no context network."""

    def __init__(self) -> None:
        super().__init__()
        convs: list[nn.Module] = []
        for i, (k, s) in enumerate([(10, 5)] + [(3, 2)] * 4 + [(2, 2)] * 2):
            convs += [nn.Conv1d(16 if i else 1, 16, k, s), nn.Sigmoid()]
        self.convs, self.out = nn.Sequential(*convs), nn.Linear(16, 30)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.convs(x.unsqueeze(1)).amin(-1))


class Sorted(nn.Module):
    """DS-CNN's layers sorted by kind: all depthwise, all pointwise, all norms, one ReLU."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(1, width, (10, 4), 2)]
        layers += [nn.Conv2d(width, width, 3, padding=1, groups=width) for _ in range(4)]
        layers += [nn.Conv2d(width, width, 1) for _ in range(4)]
        layers += [nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(width, 12)]
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


def wavenet(**flags: Any) -> nn.Module:
    """WaveNet without its gate's functions, or without growing dilations and skips."""
    model = wave.WaveNet(4, 2)
    if "gate" in flags:
        swap(swap(model, nn.Tanh, nn.Identity()), nn.Sigmoid, nn.Identity())
    else:
        model.dilations = [1] * 8
        for conv in [*model.filters, *model.gates]:
            conv.dilation = (1,)
        swap(model, Plus, Only(1))
    return model


def cells(model: nn.Module, how: str) -> nn.Module:
    """Sigmoid and tanh of the gates gone, or exchanged."""
    if how == "ungated":
        return swap(swap(model, nn.Sigmoid, nn.Identity()), nn.Tanh, nn.Identity())
    named: Any = model
    named.sigmoid, named.tanh = nn.Tanh(), nn.Softplus()
    return model


def no(name: str, family: str, maker: Maker, inputs: Inputs, modality: str = "audio") -> Spec:
    """A negative."""
    return twin(f"not-{name}", "negative", maker, inputs, "broken twin", f"not-{name}",
                f"imitates:{family}", modality, "none")  # fmt: skip


def seeded(maker: Callable[[int], nn.Module], seed: int) -> Maker:
    """The maker with its seed bound."""
    return lambda: maker(seed)


ONE, SERIES = tensors(one_hot=(1, 32, 24)), tensors(series=(1, 4, 5))
SIGNAL, STEPS = tensors(wave=(1, 1, 200)), tensors(series=(1, 2, 50))
STEP = tensors(frame=(1, 10), state=(1, 4, 24), weights=(1, 2, 9), context=(1, 24),
               memory=(1, 9, 24))  # fmt: skip
SPECS = [
    # the gate multiplies two linear maps; no dilation grows and no residual is left
    no("wavenet-ungated", "wavenet", lambda: wavenet(gate=1), ONE),
    no("wavenet-undilated", "wavenet", lambda: wavenet(flat=1), ONE),
    # temporal blocks without or with multiplied residuals
    no("tcn-no-skips", "tcn", lambda: swap(wave.bare(wave.Tcn([12, 12, 12], 2, 3)), Plus,
                                           Only(0)), STEPS),
    no("tcn-product-skips", "tcn", lambda: swap(wave.bare(wave.Tcn([12, 12, 12], 2, 3)), Plus,
                                                Times()), STEPS),
    # the separator has no residual path
    no("conv-tasnet-product-skips", "conv-tasnet",
       lambda: swap(wave.ConvTasNet(3, 2, True), Plus, Times()), SIGNAL),
    no("conv-tasnet-no-skips", "conv-tasnet",
       lambda: swap(wave.ConvTasNet(3, 2, False), Plus, Only(1)), SIGNAL),
    # vocoders whose residual blocks are no residual blocks
    no("hifi-gan-no-skips", "hifi-gan",
       lambda: swap(wave.bare(wave.HifiGan(16, 32, (4, 4))), Plus, Only(0)), wave.MEL),
    no("hifi-gan-product-skips", "hifi-gan",
       lambda: swap(wave.bare(wave.HifiGan(16, 32, (4, 2))), Plus, Times()), wave.MEL),
    no("melgan-no-skips", "melgan",
       lambda: swap(wave.melgan(16, 32, (4, 2)), Plus, Only(1)), wave.MEL),
    no("melgan-product-skips", "melgan",
       lambda: swap(wave.melgan(16, 32, (4, 2)), Plus, Times()), wave.MEL),
    # the decoder's attention weights are no distribution
    no("tacotron2-relu-attention", "tacotron2",
       lambda: swap(tts.TacotronStep(24, 10, 24), nn.Softmax, nn.ReLU()), STEP),
    # the memory multiplies the signal instead of joining it
    no("fsmn-product-memory", "fsmn", lambda: swap(tts.Fsmn(3, 12, 16, 8, 3, 4), Plus, Times()),
       tensors(feats=(1, 16, 12))),
    no("wav2vec2-contextless", "wav2vec2", Unconvolved, tensors(wave=(1, 2400))),
    no("ds-cnn-sorted", "ds-cnn", Sorted, tensors(mfcc=(1, 1, 49, 10))),
    # no recurrence between the convolutions and the scores
    no("crnn-columns", "crnn", lambda: Columns(rnn.vgg_stem(1, 8), 64),
       tensors(image=(1, 1, 32, 64)), "image"),
    no("crnn-resnet-columns", "crnn", lambda: Columns(rnn.resnet_stem(8), 64),
       tensors(image=(1, 1, 32, 64)), "image"),
    # gates without squashing functions, or with the wrong ones
    no("lstm-ungated", "lstm", lambda: cells(rnn.ManualLstm(5, 12, 3), "ungated"), SERIES,
       "series"),
    no("lstm-exchanged", "lstm", lambda: cells(rnn.ManualLstm(5, 12, 3), "exchanged"), SERIES,
       "series"),
    no("gru-ungated", "gru", lambda: cells(rnn.ManualGru(5, 12, 3, False), "ungated"), SERIES,
       "series"),
    no("gru-exchanged", "gru", lambda: cells(rnn.ManualGru(5, 12, 3, False), "exchanged"), SERIES,
       "series"),
    no("textcnn-unpooled", "textcnn", lambda: Uncut(16, (3, 4, 5), True), ids(12), "text"),
    # the recurrence over time is gone, or the residual additions are
    no("mamba-scanless", "mamba", lambda: Scanless(2, 16), ids(6), "text"),
    no("rwkv-forgetful", "rwkv", lambda: Forgetful(2, 16), ids(6), "text"),
    no("rwkv-product-skips", "rwkv", lambda: swap(state.Rwkv(2, 16), Plus, Times()), ids(4),
       "text"),
    *[no(f"cell-{i}", "lstm", seeded(RandomCell, i), SERIES, "series") for i in range(51, 59)],
    *[no(f"token-dag-{i}", "transformer", seeded(TokenDag, i), ids(8), "text")
      for i in range(61, 69)],
    *[no(f"signal-dag-{i}", "none", seeded(SignalDag, i), SIGNAL) for i in range(71, 77)],
]  # fmt: skip
