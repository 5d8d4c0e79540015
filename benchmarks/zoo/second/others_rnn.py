# ruff: noqa: D102 - forward() is described by its class
"""Recurrent stacks by torch and by hand, text recognisers, attention seq2seq."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import VOCAB, Inputs, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class WordLanguageModel(nn.Module):
    """pytorch/examples' word_language_model: time first, states in and out."""

    def __init__(self, kind: str, dim: int, layers: int) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB)
        self.lstm = kind == "LSTM"
        if kind in ("LSTM", "GRU"):
            self.rnn: nn.RNNBase = getattr(nn, kind)(dim, dim, layers)
        else:
            self.rnn = nn.RNN(dim, dim, layers, nonlinearity="tanh" if "TANH" in kind else "relu")

    def forward(self, tokens: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        emb = self.encoder(tokens.transpose(0, 1))
        if self.lstm:
            output, (h, c) = self.rnn(emb, (hidden[0], hidden[1]))
            state = torch.stack([h, c])
        else:
            output, state = self.rnn(emb, hidden)
        return F.log_softmax(self.decoder(output).view(-1, VOCAB), dim=1), state


class ManualLstm(nn.Module):
    """An LSTM written out gate by gate, one fused matmul per step."""

    def __init__(self, cin: int, dim: int, out: int, split: bool = False) -> None:
        super().__init__()
        self.i2h, self.h2h = nn.Linear(cin, 4 * dim), nn.Linear(dim, 4 * dim)
        self.gates = nn.ModuleList(nn.Linear(cin + dim, dim) for _ in range(4))
        self.out, self.dim, self.split = nn.Linear(dim, out), dim, split
        self.sigmoid, self.tanh = nn.Sigmoid(), nn.Tanh()

    def forward(self, series: Tensor) -> Tensor:
        h = c = series.new_zeros(series.shape[0], self.dim)
        for t in range(series.shape[1]):
            if self.split:
                joined = torch.cat([series[:, t], h], 1)
                i, f, o, g = (gate(joined) for gate in self.gates)
            else:
                i, f, g, o = (self.i2h(series[:, t]) + self.h2h(h)).chunk(4, 1)
            c = self.sigmoid(f) * c + self.sigmoid(i) * self.tanh(g)
            h = self.sigmoid(o) * self.tanh(c)
        return self.out(h)


class ManualGru(nn.Module):
    """A GRU written out with `nn.GRUCell`, or as in Cho et al. with reset before the matmul."""

    def __init__(self, cin: int, dim: int, out: int, cell: bool) -> None:
        super().__init__()
        self.cell = nn.GRUCell(cin, dim) if cell else None
        self.zr, self.n = nn.Linear(cin + dim, 2 * dim), nn.Linear(cin + dim, dim)
        self.out, self.dim = nn.Linear(dim, out), dim
        self.sigmoid, self.tanh = nn.Sigmoid(), nn.Tanh()

    def forward(self, series: Tensor) -> Tensor:
        h = series.new_zeros(series.shape[0], self.dim)
        for t in range(series.shape[1]):
            x = series[:, t]
            if self.cell is not None:
                h = self.cell(x, h)
                continue
            z, r = self.sigmoid(self.zr(torch.cat([x, h], 1))).chunk(2, 1)
            n = self.tanh(self.n(torch.cat([x, r * h], 1)))
            h = (1 - z) * h + z * n
        return self.out(h)


class ElmanName(nn.Module):
    """The character RNN of the PyTorch tutorial, unrolled."""

    def __init__(self, cin: int, dim: int, out: int) -> None:
        super().__init__()
        self.i2h, self.h2h, self.h2o = nn.Linear(cin, dim), nn.Linear(dim, dim), nn.Linear(dim, out)
        self.dim, self.tanh = dim, nn.Tanh()

    def forward(self, series: Tensor) -> Tensor:
        h = series.new_zeros(series.shape[0], self.dim)
        for t in range(series.shape[1]):
            h = self.tanh(self.i2h(series[:, t]) + self.h2h(h))
        return F.log_softmax(self.h2o(h), dim=1)


class KerasStack(nn.Module):
    """keras-io's IMDB and weather examples: (bi)directional layers, then dense ones."""

    def __init__(self, kind: str, both: bool, layers: int, cin: int, dim: int) -> None:
        super().__init__()
        self.embed = None if cin else nn.Embedding(VOCAB, dim)
        maker = getattr(nn, kind)
        widths = [cin or dim] + [dim * (2 if both else 1)] * (layers - 1)
        self.layers = nn.ModuleList(
            maker(w, dim, batch_first=True, bidirectional=both) for w in widths
        )
        self.out = nn.Linear(dim * (2 if both else 1), 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.embed is not None:
            x = self.embed(x)
        state: Tensor | tuple[Tensor, Tensor] = x
        for layer in self.layers:
            x, state = layer(x)
        h = state[0] if isinstance(state, tuple) else state
        return torch.sigmoid(self.out(torch.cat(list(h.unbind(0)), -1)))


class BiLstmCrf(nn.Module):
    """BiLSTM tagger with the emissions of a CRF and its Viterbi scores."""

    def __init__(self, dim: int = 24, tags: int = 5) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.lstm = nn.LSTM(dim, dim // 2, num_layers=1, bidirectional=True)
        self.hidden2tag = nn.Linear(dim, tags)
        self.transitions = nn.Parameter(torch.randn(tags, tags))

    def forward(self, tokens: Tensor) -> Tensor:
        feats = self.hidden2tag(self.lstm(self.embed(tokens).transpose(0, 1))[0])
        best = feats[0]
        for feat in feats[1:]:
            best = (best.unsqueeze(1) + self.transitions).max(-1).values + feat
        return best


class BidirectionalLstm(nn.Module):
    """meijieru/crnn.pytorch's pair of LSTM and linear."""

    def __init__(self, cin: int, hidden: int, out: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(cin, hidden, bidirectional=True)
        self.embedding = nn.Linear(hidden * 2, out)

    def forward(self, x: Tensor) -> Tensor:
        recurrent, _ = self.rnn(x)
        t, b, h = recurrent.size()
        return self.embedding(recurrent.view(t * b, h)).view(t, b, -1)


def vgg_stem(cin: int, w: int) -> list[nn.Module]:
    """The seven convolutions of the original CRNN."""
    plan = [(w, 3, 1), (2 * w, 3, 1), (4 * w, 3, 1), (4 * w, 3, 1), (8 * w, 3, 1), (8 * w, 3, 1),
            (8 * w, 2, 0)]  # fmt: skip
    pools = {0: nn.MaxPool2d(2, 2), 1: nn.MaxPool2d(2, 2)}
    layers: list[nn.Module] = []
    for i, (cout, k, p) in enumerate(plan):
        layers.append(nn.Conv2d(cin, cout, k, 1, p))
        layers += [nn.BatchNorm2d(cout)] if i in (2, 4, 6) else []
        layers.append(nn.ReLU(True))
        if i in pools:
            layers.append(pools[i])
        elif i in (3, 5):
            layers.append(nn.MaxPool2d((2, 2), (2, 1), (0, 1)))
        cin = cout
    return layers


class Residual(nn.Module):
    """A basic residual block with a strided projection."""

    def __init__(self, cin: int, cout: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(),
            nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout),
        )  # fmt: skip
        self.down = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        self.plus = Plus()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.plus(self.body(x), self.down(x)))


def resnet_stem(w: int) -> list[nn.Module]:
    """A small residual backbone that keeps the width."""
    steps = [(w, 2 * w, (2, 2)), (2 * w, 4 * w, (2, 1)), (4 * w, 4 * w, (2, 1)),
             (4 * w, 8 * w, (2, 1))]  # fmt: skip
    first = [nn.Conv2d(1, w, 3, (2, 2), 1), nn.BatchNorm2d(w), nn.ReLU()]
    return [*first, *[Residual(*step) for step in steps]]


def mobile_stem(w: int) -> list[nn.Module]:
    """Depthwise separable convolutions with hard-swish, as PP-OCR's mobile recogniser."""
    layers: list[nn.Module] = [nn.Conv2d(3, w, 3, 2, 1, bias=False), nn.BatchNorm2d(w)]
    layers.append(nn.Hardswish())
    for i, stride in enumerate([(1, 1), (2, 1), (2, 1), (2, 1), (2, 2)]):
        cout = w * (2 if i % 2 == 0 else 1)
        layers += [
            nn.Conv2d(w, w, 3, stride, 1, groups=w, bias=False), nn.BatchNorm2d(w), nn.Hardswish(),
            nn.Conv2d(w, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.Hardswish(),
        ]  # fmt: skip
        w = cout
    return layers


class Crnn(nn.Module):
    """Convolutions, columns as time steps, two bidirectional LSTMs, CTC scores."""

    def __init__(
        self, stem: list[nn.Module], width: int, hidden: int = 24, paddle: bool = False
    ) -> None:
        super().__init__()
        self.cnn, self.paddle = nn.Sequential(*stem), paddle
        if paddle:
            self.lstm = nn.LSTM(width, hidden, 2, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(2 * hidden, 40)
        else:
            self.rnn = nn.Sequential(
                BidirectionalLstm(width, hidden, hidden), BidirectionalLstm(hidden, hidden, 40)
            )

    def forward(self, x: Tensor) -> Tensor:
        conv = self.cnn(x).squeeze(2)
        if self.paddle:
            return F.softmax(self.fc(self.lstm(conv.permute(0, 2, 1))[0]), dim=2)
        return F.log_softmax(self.rnn(conv.permute(2, 0, 1)), dim=2)


class SvtrBlock(nn.Module):
    """PaddleOCR's mixing block: global or local attention, post- or pre-norm of the paper."""

    def __init__(self, dim: int, heads: int, local: bool, hw: tuple[int, int], pre: bool) -> None:
        super().__init__()
        self.heads, self.pre = heads, pre
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm1, self.norm2 = nn.LayerNorm(dim, 1e-6), nn.LayerNorm(dim, 1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        h, w = hw
        at = torch.arange(h * w)
        rows, cols = at // w, at % w
        far = ((rows[:, None] - rows[None]).abs() > 3) | ((cols[:, None] - cols[None]).abs() > 5)
        self.register_buffer("mask", torch.zeros(h * w, h * w).masked_fill(far, float("-inf")))
        self.local, self.softmax, self.plus = local, nn.Softmax(-1), Plus()

    def mix(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0] * (c // self.heads) ** -0.5, qkv[1], qkv[2]
        attn = q @ k.transpose(-2, -1)
        if self.local:
            attn = attn + self.mask
        return self.proj((self.softmax(attn) @ v).permute(0, 2, 1, 3).reshape(b, n, c))

    def forward(self, x: Tensor) -> Tensor:
        if self.pre:
            x = self.plus(x, self.mix(self.norm1(x)))
            return self.plus(x, self.mlp(self.norm2(x)))
        x = self.norm1(self.plus(x, self.mix(x)))
        return self.norm2(self.plus(x, self.mlp(x)))


class Svtr(nn.Module):
    """Overlapping patches, three stages merged in height, pooled columns, CTC."""

    def __init__(self, dim: int, depth: int, pre: bool) -> None:
        super().__init__()
        self.patch = nn.Sequential(
            nn.Conv2d(3, dim // 2, 3, 2, 1), nn.BatchNorm2d(dim // 2), nn.GELU(),
            nn.Conv2d(dim // 2, dim, 3, 2, 1), nn.BatchNorm2d(dim), nn.GELU(),
        )  # fmt: skip
        self.pos = nn.Parameter(torch.randn(1, 8 * 16, dim) * 0.02)
        self.stages, self.merges, self.norms = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        self.sizes = [(8, 16), (4, 16), (2, 16)]
        for i, hw in enumerate(self.sizes):
            blocks = [SvtrBlock(dim, 2, j < (depth + 1) // 2 and i < 2, hw, pre)
                      for j in range(depth)]  # fmt: skip
            self.stages.append(nn.Sequential(*blocks))
            wide = dim + 8
            self.merges.append(nn.Conv2d(dim, wide, 3, (2, 1), 1) if i < 2 else nn.Identity())
            self.norms.append(nn.LayerNorm(wide if i < 2 else dim))
            dim = wide if i < 2 else dim
        self.pool, self.last = nn.AdaptiveAvgPool2d((1, 16)), nn.Conv2d(dim, 24, 1, bias=False)
        self.act, self.ctc = nn.Hardswish(), nn.Linear(24, 40)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).permute(0, 2, 1) + self.pos
        for i, (h, w) in enumerate(self.sizes):
            x = self.stages[i](x)
            if i < 2:
                x = self.merges[i](x.permute(0, 2, 1).reshape(x.shape[0], -1, h, w))
                x = self.norms[i](x.flatten(2).permute(0, 2, 1))
        x = self.norms[2](x).permute(0, 2, 1).reshape(x.shape[0], -1, *self.sizes[2])
        x = self.act(self.last(x.mean(2, keepdim=True))).squeeze(2).permute(0, 2, 1)
        return self.ctc(x)


class TutorialSeq2Seq(nn.Module):
    """The PyTorch translation tutorial: GRU encoder, Bahdanau or dot attention, GRU steps."""

    def __init__(self, dim: int, additive: bool, steps: int = 4) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(VOCAB, dim), nn.Embedding(VOCAB, dim)
        self.encoder = nn.GRU(dim, dim, batch_first=True)
        self.wa, self.ua, self.va = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, 1)
        self.decoder = nn.GRU(2 * dim, dim, batch_first=True)
        self.out, self.additive, self.steps = nn.Linear(dim, VOCAB), additive, steps
        self.softmax = nn.Softmax(-1)

    def forward(self, tokens: Tensor, target: Tensor) -> Tensor:
        keys, hidden = self.encoder(self.source(tokens))
        outputs = []
        for t in range(self.steps):
            query = hidden.permute(1, 0, 2)
            if self.additive:
                scores = self.va(torch.tanh(self.wa(query) + self.ua(keys))).squeeze(2).unsqueeze(1)
            else:
                scores = torch.bmm(query, keys.transpose(1, 2))
            context = torch.bmm(self.softmax(scores), keys)
            step = torch.cat((self.target(target[:, t : t + 1]), context), dim=2)
            output, hidden = self.decoder(step, hidden)
            outputs.append(self.out(output))
        return F.log_softmax(torch.cat(outputs, dim=1), dim=-1)


def stateful(length: int, *shape: int) -> Inputs:
    """Tokens and a recurrent state."""
    return lambda: {**ids(length)(), **tensors(hidden=shape)()}


def rec(
    name: str,
    family: str,
    style: str,
    maker: object,
    inputs: Inputs,
    parts: str = "",
    task: str = "classification",
    modality: str = "series",
    variant: str = "",
) -> Spec:
    """A recurrent model."""
    return twin(name, family, maker, inputs, style, variant, parts, modality, task)  # type: ignore[arg-type]


EX, KERAS, HAND, LM = "pytorch-examples", "keras-io", "written out", "language-modelling"
SERIES, READ = tensors(series=(1, 6, 5)), "text-recognition"
LINE, WIDE = tensors(image=(1, 1, 32, 96)), tensors(image=(1, 1, 32, 64))
RGB = tensors(image=(1, 3, 32, 64))
SPECS = [
    rec("words-lstm", "lstm", EX, lambda: WordLanguageModel("LSTM", 32, 2),
        stateful(10, 2, 2, 1, 32), "lstm", LM, "text"),
    rec("words-gru", "gru", EX, lambda: WordLanguageModel("GRU", 32, 2), stateful(10, 2, 1, 32),
        "gru", LM, "text"),
    rec("words-rnn-tanh", "rnn", EX, lambda: WordLanguageModel("RNN_TANH", 24, 2),
        stateful(8, 2, 1, 24), "rnn", LM, "text"),
    rec("words-rnn-relu", "rnn", EX, lambda: WordLanguageModel("RNN_RELU", 32, 1),
        stateful(8, 1, 1, 32), "rnn", LM, "text"),
    rec("manual-lstm", "lstm", HAND, lambda: ManualLstm(5, 16, 3), SERIES, "lstm"),
    rec("manual-lstm-gates", "lstm", HAND, lambda: ManualLstm(5, 12, 3, True), SERIES, "lstm"),
    rec("manual-gru-cell", "gru", HAND, lambda: ManualGru(5, 16, 3, True), SERIES, "gru"),
    rec("manual-gru-cho", "gru", HAND, lambda: ManualGru(5, 12, 3, False), SERIES, "gru"),
    rec("elman-names", "rnn", HAND, lambda: ElmanName(5, 16, 4), SERIES, "rnn"),
    rec("keras-bilstm", "lstm", KERAS, lambda: KerasStack("LSTM", True, 2, 0, 24), ids(12),
        "bilstm", "classification", "text"),
    rec("keras-lstm-weather", "lstm", KERAS, lambda: KerasStack("LSTM", False, 1, 7, 32),
        tensors(series=(1, 12, 7)), "lstm", "forecasting"),
    rec("keras-gru-series", "gru", KERAS, lambda: KerasStack("GRU", False, 3, 7, 16),
        tensors(series=(1, 12, 7)), "gru", "forecasting"),
    rec("keras-bigru", "gru", KERAS, lambda: KerasStack("GRU", True, 1, 0, 24), ids(12), "bigru",
        "classification", "text"),
    rec("tutorial-bilstm-crf", "lstm", EX, BiLstmCrf, ids(8), "bilstm", "tagging", "text"),
    rec("meijieru-crnn", "crnn", "meijieru", lambda: Crnn(vgg_stem(1, 8), 64), LINE, "bilstm",
        READ, "image"),
    rec("resnet-crnn", "crnn", "clovaai", lambda: Crnn(resnet_stem(8), 64), WIDE, "resnet+bilstm",
        READ, "image"),
    rec("paddle-crnn-mobile", "crnn", "paddleocr", lambda: Crnn(mobile_stem(12), 96, 16, True),
        RGB, "bilstm", READ, "image"),
    rec("paddle-svtr", "svtr", "paddleocr", lambda: Svtr(24, 2, False), RGB, "", READ, "image"),
    rec("paddle-svtr-tiny", "svtr", "paddleocr", lambda: Svtr(32, 3, True), RGB, "", READ, "image",
        "svtr-tiny"),
    rec("tutorial-seq2seq-additive", "attention-seq2seq", EX, lambda: TutorialSeq2Seq(24, True),
        ids(8, "target"), "gru+gru", "translation", "text"),
    rec("tutorial-seq2seq-dot", "attention-seq2seq", EX, lambda: TutorialSeq2Seq(32, False),
        ids(8, "target"), "gru+gru", "translation", "text"),
]  # fmt: skip
