# ruff: noqa: D102 - forward() is described by its class
"""Sequences, tables, recommenders, text lines and graphs after tutorials and libraries."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, conv_bn, model

IDS = {"input_ids": (1, 14)}


class WordRnn(nn.Module):
    """bentrevett's sentiment model: a recurrent core over words, its last states joined."""

    def __init__(self, kind: type[nn.RNNBase], layers: int, both: bool) -> None:
        super().__init__()
        self.embedding, self.both = nn.Embedding(VOCAB, 20), both
        self.rnn = kind(20, 24, layers, bidirectional=both, dropout=0.1 if layers > 1 else 0.0)
        self.fc, self.dropout = nn.Linear(48 if both else 24, 2), nn.Dropout(0.5)

    def forward(self, text_ids: Tensor) -> Tensor:
        _, state = self.rnn(self.dropout(self.embedding(text_ids.t())))
        hidden = state[0] if isinstance(state, tuple) else state
        last = torch.cat((hidden[-2], hidden[-1]), dim=1) if self.both else hidden[-1]
        return self.fc(self.dropout(last))


class Forecast(nn.Module):
    """The usual time-series tutorial: stacked cells, zero states given, the last step read."""

    def __init__(self, kind: type[nn.RNNBase], layers: int, hidden: int) -> None:
        super().__init__()
        self.rnn, self.layers, self.hidden = (
            kind(5, hidden, layers, batch_first=True),
            layers,
            hidden,
        )
        self.fc = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        h0 = torch.zeros(self.layers, x.size(0), self.hidden)
        state: Any = (h0, torch.zeros_like(h0)) if isinstance(self.rnn, nn.LSTM) else h0
        out, _ = self.rnn(x, state)
        return self.fc(out[:, -1, :])


class CellLoop(nn.Module):
    """The sine-wave example: two LSTM cells stepped by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm1, self.lstm2 = nn.LSTMCell(1, 16), nn.LSTMCell(16, 16)
        self.linear = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        h1 = c1 = h2 = c2 = torch.zeros(x.size(0), 16)
        rows = []
        for step in x.split(1, dim=1):
            h1, c1 = self.lstm1(step, (h1, c1))
            h2, c2 = self.lstm2(h1, (h2, c2))
            rows.append(self.linear(h2))
        return torch.cat(rows, dim=1)


class HolmeCrnn(nn.Module):
    """Holmeyoung's CRNN: seven convolutions, two bidirectional LSTMs with projections."""

    def __init__(self, w: int = 4) -> None:
        super().__init__()
        plan, cin = [(16, 3), (32, 3), (64, 3), (64, 3), (128, 3), (128, 3), (128, 2)], 1
        layers: list[nn.Module] = []
        for i, (out, k) in enumerate(plan):
            layers.append(nn.Conv2d(cin, out * w // 4, k, 1, 0 if i == 6 else 1))
            layers += [nn.BatchNorm2d(out * w // 4)] if i in (2, 4, 6) else []
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            layers += [nn.MaxPool2d(2, 2)] if i in (0, 1) else []
            layers += [nn.MaxPool2d((2, 2), (2, 1), (0, 1))] if i in (3, 5) else []
            cin = out * w // 4
        self.cnn = nn.Sequential(*layers)
        self.r1, self.e1 = nn.LSTM(cin, 24, bidirectional=True), nn.Linear(48, 24)
        self.r2, self.e2 = nn.LSTM(24, 24, bidirectional=True), nn.Linear(48, 37)

    def forward(self, x: Tensor) -> Tensor:
        y = self.cnn(x).squeeze(2).permute(2, 0, 1)
        for rnn, line in ((self.r1, self.e1), (self.r2, self.e2)):
            rows, _ = rnn(y)
            t, b, h = rows.size()
            y = line(rows.view(t * b, h)).view(t, b, -1)
        return F.log_softmax(y, dim=2)


class KerasOcr(nn.Module):
    """The captcha example of keras.io: two convolutions, a dense layer, two BiLSTMs."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.dense, self.drop = nn.Linear(12 * 32, 32), nn.Dropout(0.2)
        self.l1 = nn.LSTM(32, 32, bidirectional=True, batch_first=True)
        self.l2, self.out = nn.LSTM(64, 16, bidirectional=True, batch_first=True), nn.Linear(32, 20)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        b, c, h, w = x.shape
        x = x.permute(0, 3, 2, 1).reshape(b, w, h * c)
        x = self.l1(self.drop(F.relu(self.dense(x))))[0]
        return self.out(self.l2(x)[0]).softmax(dim=-1)


class Bahdanau(nn.Module):
    """bentrevett's translation with attention: a bidirectional GRU read by a stepped one."""

    def __init__(self, e: int = 16, h: int = 24) -> None:
        super().__init__()
        self.src, self.tgt = nn.Embedding(VOCAB, e), nn.Embedding(VOCAB, e)
        self.rnn, self.fc = nn.GRU(e, h, bidirectional=True), nn.Linear(2 * h, h)
        self.attn, self.v = nn.Linear(3 * h, h), nn.Linear(h, 1, bias=False)
        self.dec, self.out = nn.GRU(2 * h + e, h), nn.Linear(3 * h + e, VOCAB)

    def forward(self, src_ids: Tensor, tgt_ids: Tensor) -> Tensor:
        memory, state = self.rnn(self.src(src_ids.t()))
        h = torch.tanh(self.fc(torch.cat((state[-2], state[-1]), dim=1)))
        m, rows = memory.permute(1, 0, 2), []
        for step in self.tgt(tgt_ids.t()).unbind(0):
            many = h.unsqueeze(1).repeat(1, m.shape[1], 1)
            energy = torch.tanh(self.attn(torch.cat((many, m), dim=2)))
            a = F.softmax(self.v(energy).squeeze(2), dim=1).unsqueeze(1)
            w = torch.bmm(a, m).permute(1, 0, 2)
            y, nxt = self.dec(torch.cat((step.unsqueeze(0), w), dim=2), h.unsqueeze(0))
            h = nxt.squeeze(0)
            rows.append(self.out(torch.cat((y.squeeze(0), w.squeeze(0), step), dim=1)))
        return torch.stack(rows, 1)


class TorchrecDlrm(nn.Module):
    """torchrec's DLRM: pairs taken by index from the product of all rows."""

    def __init__(self, tables: int = 5, dim: int = 16) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.EmbeddingBag(50, dim, mode="sum") for _ in range(tables))
        self.dense = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, dim), nn.ReLU())
        n = tables + 1
        self.register_buffer("pairs", torch.triu_indices(n, n, offset=1))
        self.over = nn.Sequential(nn.Linear(dim + n * (n - 1) // 2, 32), nn.ReLU(), nn.Linear(
            32, 16), nn.ReLU(), nn.Linear(16, 1))  # fmt: skip

    def forward(self, dense: Tensor, sparse_ids: Tensor) -> Tensor:
        d = self.dense(dense)
        rows = [table(sparse_ids[:, i : i + 1] % 50) for i, table in enumerate(self.tables)]
        both = torch.stack([d, *rows], dim=1)
        inter = torch.bmm(both, both.transpose(1, 2))
        return self.over(torch.cat((d, inter[:, self.pairs[0], self.pairs[1]]), dim=1))  # type: ignore[index]


class TorchfmDeepFm(nn.Module):
    """rixwew's DeepFM: one table with offsets, square of sum minus sum of squares."""

    def __init__(self, fields: int = 6, dim: int = 8) -> None:
        super().__init__()
        self.emb, self.lin = nn.Embedding(50 * fields, dim), nn.Embedding(50 * fields, 1)
        self.bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("offsets", torch.arange(fields) * 50)
        self.mlp = nn.Sequential(
            nn.Linear(fields * dim, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(32, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1),
        )  # fmt: skip

    def forward(self, field_ids: Tensor) -> Tensor:
        x = field_ids % 50 + self.offsets
        e = self.emb(x)
        fm = 0.5 * (e.sum(1) ** 2 - (e**2).sum(1)).sum(1, keepdim=True)
        y = self.lin(x).sum(1) + self.bias + fm + self.mlp(e.flatten(1))
        return torch.sigmoid(y.squeeze(1))


class WideDeep(nn.Module):
    """rixwew's Wide & Deep of the same parts without the factorisation machine."""

    def __init__(self, fields: int = 6, dim: int = 8) -> None:
        super().__init__()
        self.emb, self.lin = nn.Embedding(50 * fields, dim), nn.Embedding(50 * fields, 1)
        self.bias = nn.Parameter(torch.zeros(1))
        self.mlp = nn.Sequential(nn.Linear(fields * dim, 32), nn.BatchNorm1d(32), nn.ReLU(),
                                 nn.Linear(32, 1))  # fmt: skip

    def forward(self, field_ids: Tensor) -> Tensor:
        y = self.lin(field_ids).sum(1) + self.bias + self.mlp(self.emb(field_ids).flatten(1))
        return torch.sigmoid(y.squeeze(1))


class NeuMf(nn.Module):
    """hexiangnan's NeuMF as ported by yihong-chen."""

    def __init__(self, mf: int = 8, wide: int = 16) -> None:
        super().__init__()
        self.u1, self.i1 = nn.Embedding(60, wide), nn.Embedding(70, wide)
        self.u2, self.i2 = nn.Embedding(60, mf), nn.Embedding(70, mf)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in ((2 * wide, 16), (16, 8)))
        self.out = nn.Linear(8 + mf, 1)

    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        u, i = user_ids % 60, item_ids % 60
        x = torch.cat([self.u1(u), self.i1(i)], dim=-1)
        for layer in self.layers:
            x = F.relu(layer(x))
        both = torch.cat([x, torch.mul(self.u2(u), self.i2(i))], dim=-1)
        return torch.sigmoid(self.out(both))


def funnel() -> nn.Module:
    """The dense autoencoder of many tutorials."""
    dims = [784, 64, 32, 8, 32, 64, 784]
    layers: list[nn.Module] = []
    for a, b in pairwise(dims):
        layers += [nn.Linear(a, b), nn.Sigmoid() if b == 784 else nn.ReLU(True)]
    return nn.Sequential(*layers)


def regressor() -> nn.Module:
    """A perceptron on a table with BatchNorm and dropout."""
    layers: list[nn.Module] = []
    for a, b in ((12, 64), (64, 32), (32, 16)):
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.LeakyReLU(), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Linear(16, 1))


def plain_cnn() -> nn.Module:
    """The CIFAR tutorial of a framework: three convolutions, two linear layers."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 64),
        nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


class DenseGcn(nn.Module):
    """tkipf's pygcn with a dense adjacency matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.w1, self.b1 = nn.Parameter(torch.randn(24, 16)), nn.Parameter(torch.randn(16))
        self.w2, self.b2 = nn.Parameter(torch.randn(16, 7)), nn.Parameter(torch.randn(7))

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        x = F.relu(torch.mm(adj, torch.mm(x, self.w1)) + self.b1)
        x = F.dropout(x, 0.5, training=self.training)
        return F.log_softmax(torch.mm(adj, torch.mm(x, self.w2)) + self.b2, dim=1)


class DbNet(nn.Module):
    """WenmuZhou's DBNet: a light trunk, a pyramid joined at a quarter, two heads and the step."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        a, cin = nn.ReLU(True), w
        self.stem, self.stages = (
            nn.Sequential(conv_bn(3, w, 7, 2, act=a), nn.MaxPool2d(3, 2, 1)),
            nn.ModuleList(),
        )
        for i in range(4):
            s = 2 if i else 1
            self.stages.append(nn.Sequential(Unit(cin, w << i, s), Unit(w << i, w << i, 1)))
            cin = w << i
        self.red = nn.ModuleList(conv_bn(w << i, 16, 1, act=a) for i in range(4))
        self.smooth = nn.ModuleList(conv_bn(16, 16, act=a) for _ in range(3))
        self.join = conv_bn(64, 64, act=a)
        self.prob, self.thresh = (
            nn.Sequential(conv_bn(64, 16, act=a), nn.ConvTranspose2d(16, 16, 2, 2),
                          nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 1, 2, 2),
                          nn.Sigmoid()) for _ in range(2)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x, maps = self.stem(x), []
        for stage, red in zip(self.stages, self.red, strict=True):
            x = stage(x)
            maps.append(red(x))
        p = maps.pop()
        rows = [p]
        for smooth in self.smooth:
            skip = maps.pop()
            p = smooth(F.interpolate(p, size=skip.shape[2:]) + skip)
            rows.insert(0, p)
        size = rows[0].shape[2:]
        y = self.join(torch.cat([rows[0], *[F.interpolate(r, size=size) for r in rows[1:]]], 1))
        p, t = self.prob(y), self.thresh(y)
        return torch.cat((p, t, torch.reciprocal(1 + torch.exp(-50 * (p - t)))), dim=1)


class Unit(nn.Module):
    """A basic residual block."""

    def __init__(self, cin: int, out: int, s: int) -> None:
        super().__init__()
        self.main = nn.Sequential(conv_bn(cin, out, 3, s, act=nn.ReLU()), conv_bn(out, out))
        self.side = nn.Identity() if s == 1 and cin == out else conv_bn(cin, out, 1, s)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.side(x))


TS, LINE, ROW = {"series": (1, 12, 5)}, {"image": (1, 1, 32, 100)}, {"row": (1, 12)}
SPECS: list[Spec] = [
    model("sentiment-bilstm", "lstm", lambda: WordRnn(nn.LSTM, 2, True), IDS,
          "bentrevett/pytorch-sentiment-analysis", modality="text"),
    model("sentiment-rnn", "rnn", lambda: WordRnn(nn.RNN, 1, False), IDS,
          "bentrevett/pytorch-sentiment-analysis", modality="text"),
    model("sentiment-bigru", "gru", lambda: WordRnn(nn.GRU, 2, True), IDS,
          "bentrevett/pytorch-sentiment-analysis", modality="text"),
    model("forecast-lstm-3", "lstm", lambda: Forecast(nn.LSTM, 3, 20), TS, "tutorial",
          modality="timeseries"),
    model("forecast-gru", "gru", lambda: Forecast(nn.GRU, 2, 32), TS, "tutorial",
          modality="timeseries"),
    model("sine-cells", "lstm", CellLoop, {"series": (1, 8)}, "pytorch/examples",
          modality="timeseries"),
    model("holme-crnn", "crnn", HolmeCrnn, LINE, "Holmeyoung/crnn-pytorch", modality="ocr"),
    model("captcha-crnn", "crnn", KerasOcr, {"image": (1, 1, 48, 100)}, "keras.io", modality="ocr"),
    model("trevett-seq2seq", "attention-seq2seq", Bahdanau,
          {"src_ids": (1, 9), "tgt_ids": (1, 5)}, "bentrevett/pytorch-seq2seq", modality="text"),
    model("torchrec-dlrm", "dlrm", TorchrecDlrm, {"dense": (1, 13), "sparse_ids": (1, 5)},
          "pytorch/torchrec", modality="tabular"),
    model("torchfm-deepfm", "deepfm", TorchfmDeepFm, {"field_ids": (1, 6)}, "rixwew/pytorch-fm",
          modality="tabular"),
    model("torchfm-wide-deep", "wide-and-deep", WideDeep, {"field_ids": (1, 6)},
          "rixwew/pytorch-fm", modality="tabular"),
    model("yihong-neumf", "neumf", NeuMf, {"user_ids": (4,), "item_ids": (4,)},
          "yihong-chen/neural-collaborative-filtering", modality="tabular"),
    model("dense-autoencoder", "autoencoder", funnel, {"row": (1, 784)}, "tutorial"),
    model("table-mlp", "mlp", regressor, ROW, "tutorial", modality="tabular"),
    model("keras-cifar-cnn", "cnn", plain_cnn, 32, "tutorial"),
    model("pygcn-dense", "gcn-dense", DenseGcn, {"x": (30, 24), "adj": (30, 30)}, "tkipf/pygcn",
          modality="graph"),
    model("wenmu-dbnet", "dbnet", DbNet, 128, "WenmuZhou/DBNet.pytorch", task="text-detection"),
]  # fmt: skip
