# ruff: noqa: D102 - forward() is described by its class
"""Hand-written recurrent models and plain torch Transformers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RnnKind = type[nn.LSTM] | type[nn.GRU]


class RnnLanguageModel(nn.Module):
    """Embedding, stacked unidirectional LSTM or GRU, Linear over the vocabulary."""

    def __init__(self, kind: RnnKind, layers: int = 2, dim: int = 48, vocab: int = 400):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.rnn = kind(dim, dim, num_layers=layers, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, ids: Tensor) -> Tensor:
        steps, _ = self.rnn(self.embed(ids))
        return self.out(steps)


class RnnClassifier(nn.Module):
    """Embedding, stacked bidirectional RNN, Linear over the last step or over every step."""

    def __init__(
        self, kind: RnnKind, layers: int = 2, tagger: bool = False, both: bool = True
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(400, 32)
        self.rnn = kind(32, 40, num_layers=layers, batch_first=True, bidirectional=both)
        self.out = nn.Linear(80 if both else 40, 9)
        self.tagger = tagger

    def forward(self, ids: Tensor) -> Tensor:
        steps, _ = self.rnn(self.embed(ids))
        return self.out(steps if self.tagger else steps[:, -1])


class LstmForecaster(nn.Module):
    """LSTM over a numeric series with a Linear on the last step."""

    def __init__(self, features: int = 7, hidden: int = 32) -> None:
        super().__init__()
        self.rnn = nn.LSTM(features, hidden, batch_first=True)
        self.out = nn.Sequential(nn.Linear(hidden, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, series: Tensor) -> Tensor:
        steps, _ = self.rnn(series)
        return self.out(steps[:, -1, :])


class LstmAutoencoder(nn.Module):
    """Encoder LSTM whose final state, repeated over time, drives a decoder LSTM."""

    def __init__(self, features: int = 8, hidden: int = 32, length: int = 20) -> None:
        super().__init__()
        self.length = length
        self.encoder = nn.LSTM(features, hidden, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, features)

    def forward(self, series: Tensor) -> Tensor:
        _, (state, _) = self.encoder(series)
        repeated = state[-1].unsqueeze(1).repeat(1, self.length, 1)
        steps, _ = self.decoder(repeated)
        return self.out(steps)


class LstmSeq2Seq(nn.Module):
    """Encoder LSTM passing its state to a decoder LSTM over target tokens."""

    def __init__(self, dim: int = 40, vocab: int = 300) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(vocab, dim), nn.Embedding(vocab, dim)
        self.encoder = nn.LSTM(dim, dim, batch_first=True)
        self.decoder = nn.LSTM(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, ids: Tensor, decoder_ids: Tensor) -> Tensor:
        _, state = self.encoder(self.source(ids))
        steps, _ = self.decoder(self.target(decoder_ids), state)
        return self.out(steps)


class TorchEncoder(nn.Module):
    """Token and position embeddings, nn.TransformerEncoder, Linear."""

    def __init__(self, layers: int = 3, dim: int = 48, pre_norm: bool = False) -> None:
        super().__init__()
        self.embed, self.pos = nn.Embedding(300, dim), nn.Embedding(64, dim)
        layer = nn.TransformerEncoderLayer(
            dim, 4, 4 * dim, batch_first=True, norm_first=pre_norm, activation="relu"
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.out = nn.Linear(dim, 9)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.out(self.encoder(self.embed(ids) + self.pos(places)))


class TorchSeq2Seq(nn.Module):
    """nn.Transformer encoder and decoder with a causal target mask."""

    def __init__(self, layers: int = 2, dim: int = 48, decoder_only: bool = False) -> None:
        super().__init__()
        self.embed, self.decoder_only = nn.Embedding(300, dim), decoder_only
        if not decoder_only:
            encoder = nn.TransformerEncoderLayer(dim, 4, 4 * dim, batch_first=True)
            self.encoder = nn.TransformerEncoder(encoder, layers, enable_nested_tensor=False)
        decoder = nn.TransformerDecoderLayer(dim, 4, 4 * dim, batch_first=True)
        self.decoder = nn.TransformerDecoder(decoder, layers)
        self.register_buffer("mask", torch.triu(torch.full((16, 16), float("-inf")), 1))
        self.out = nn.Linear(dim, 300)

    def forward(self, source: Tensor, decoder_ids: Tensor) -> Tensor:
        memory = source if self.decoder_only else self.encoder(self.embed(source))
        target = self.embed(decoder_ids)
        return self.out(self.decoder(target, memory, tgt_mask=self.mask, tgt_is_causal=True))
