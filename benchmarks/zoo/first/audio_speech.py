# ruff: noqa: D102 - forward() is described by its class
"""Twins of speech networks: Conformer, Tacotron 2, FastSpeech 2."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class HalfStep(nn.Module):
    """Conformer's feed-forward: norm, expansion, Swish, projection; half of it is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.5 * self.net(x)


class ConvModule(nn.Module):
    """Pointwise with a gate, depthwise, norm, Swish, pointwise."""

    def __init__(self, width: int, kernel: int, group_norm: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.net = nn.Sequential(
            nn.Conv1d(width, 2 * width, 1), nn.GLU(dim=1),
            nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width),
            nn.GroupNorm(1, width) if group_norm else nn.BatchNorm1d(width), nn.SiLU(),
            nn.Conv1d(width, width, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.net(self.norm(x).transpose(1, 2)).transpose(1, 2)


class ConformerBlock(nn.Module):
    """Gulati et al. 2020: half feed-forward, attention, convolution, half feed-forward, norm."""

    def __init__(self, width: int, kernel: int, group_norm: bool) -> None:
        super().__init__()
        self.first, self.last = HalfStep(width), HalfStep(width)
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.conv = ConvModule(width, kernel, group_norm)
        self.end = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        n = self.norm(x)
        x = x + self.attention(n, n, n, need_weights=False)[0]
        return self.end(self.last(self.conv(x)))


class Conformer(nn.Module):
    """Convolutional subsampling by four, then Conformer blocks and a classifier of each frame."""

    def __init__(self, depth: int = 3, kernel: int = 15, group_norm: bool = False) -> None:
        super().__init__()
        halves = [nn.Conv2d(1, 16, 3, 2), nn.ReLU(), nn.Conv2d(16, 16, 3, 2), nn.ReLU()]
        self.sub = nn.Sequential(*halves)
        self.front = nn.Linear(16 * 9, 48)
        self.blocks = nn.Sequential(*(ConformerBlock(48, kernel, group_norm) for _ in range(depth)))
        self.head = nn.Linear(48, 30)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.sub(mel[:, None]).transpose(1, 2).flatten(2)
        return self.head(self.blocks(self.front(x)))


class TacotronEncoder(nn.Module):
    """Three convolutions over embedded characters and a bidirectional LSTM."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embed = nn.Embedding(60, width)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(3))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(3))
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids).transpose(1, 2)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = torch.relu(norm(conv(x)))
        return self.lstm(x.transpose(1, 2))[0]


class TacotronStep(nn.Module):
    """One frame: prenet, attention cell, location-sensitive attention, decoder cell."""

    def __init__(self, width: int = 32, mels: int = 20) -> None:
        super().__init__()
        self.pre = nn.ModuleList([nn.Linear(mels, 16), nn.Linear(16, 16)])
        self.first, self.second = nn.LSTMCell(16 + width, 40), nn.LSTMCell(40 + width, 40)
        self.query, self.memory = nn.Linear(40, 24, bias=False), nn.Linear(width, 24, bias=False)
        self.place, self.dense = nn.Conv1d(2, 8, 31, padding=15, bias=False), nn.Linear(8, 24)
        self.energy = nn.Linear(24, 1, bias=False)
        self.mel, self.gate = nn.Linear(40 + width, mels), nn.Linear(40 + width, 1)

    def forward(self, frame: Tensor, memory: Tensor, state: Sequence[Tensor]) -> list[Tensor]:
        h1, c1, h2, c2, weights, summed, context = state
        x = frame
        for layer in self.pre:
            x = torch.relu(layer(x))
        h1, c1 = self.first(torch.cat([x, context], -1), (h1, c1))
        seen = self.dense(self.place(torch.stack([weights, summed], 1)).transpose(1, 2))
        score = self.energy(torch.tanh(self.query(h1)[:, None] + seen + self.memory(memory)))
        weights = torch.softmax(score[..., 0], 1)
        summed, context = summed + weights, torch.bmm(weights[:, None], memory)[:, 0]
        h2, c2 = self.second(torch.cat([h1, context], -1), (h2, c2))
        both = torch.cat([h2, context], -1)
        return [self.mel(both), self.gate(both), h1, c1, h2, c2, weights, summed, context]


class Postnet(nn.Module):
    """Five convolutions with tanh that refine a spectrogram."""

    def __init__(self, mels: int = 20, width: int = 32) -> None:
        super().__init__()
        sizes = [mels, width, width, width, width, mels]
        self.convs = nn.ModuleList(
            nn.Conv1d(sizes[i], sizes[i + 1], 5, padding=2) for i in range(5)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(size) for size in sizes[1:])

    def forward(self, mel: Tensor) -> Tensor:
        x = mel
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = norm(conv(x))
            x = torch.tanh(x) if i < 4 else x
        return mel + x


class Tacotron2(nn.Module):
    """Shen et al. 2018, with a fixed number of frames."""

    def __init__(self, frames: int = 3) -> None:
        super().__init__()
        self.encoder, self.step, self.postnet = TacotronEncoder(), TacotronStep(), Postnet()
        self.frames = frames

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        memory = self.encoder(ids)
        size, length, width = memory.shape
        state = [memory.new_zeros(size, n) for n in (40, 40, 40, 40, length, length, width)]
        frame, mels, gates = memory.new_zeros(size, 20), [], []
        for _ in range(self.frames):
            frame, gate, *state = self.step(frame, memory, state)
            mels.append(frame)
            gates.append(gate)
        return self.postnet(torch.stack(mels, 2)), torch.cat(gates, 1)


class TacotronDecoder(nn.Module):
    """One step with its state as inputs and outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.step = TacotronStep()

    def forward(
        self, frame: Tensor, memory: Tensor, h1: Tensor, c1: Tensor, h2: Tensor, c2: Tensor,
        weights: Tensor, summed: Tensor, context: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        return tuple(self.step(frame, memory, (h1, c1, h2, c2, weights, summed, context)))


class FftBlock(nn.Module):
    """FastSpeech's block: attention and two convolutions, norms after the sums."""

    def __init__(self, width: int, hidden: int, kernel: int) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.first = nn.Conv1d(width, hidden, kernel, padding=kernel // 2)
        self.second = nn.Conv1d(hidden, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        size, length, width = x.shape
        q, k, v = (
            layer(x).view(size, length, 2, width // 2).transpose(1, 2)
            for layer in (self.q, self.k, self.v)
        )
        weights = torch.softmax(q @ k.transpose(2, 3) / (width // 2) ** 0.5, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(size, length, width)
        x = self.norms[0](self.o(mixed) + x)
        y = self.second(torch.relu(self.first(x.transpose(1, 2)))).transpose(1, 2)
        return self.norms[1](y + x)


class Variance(nn.Module):
    """Predictor of duration, pitch or energy: twice convolution, ReLU, norm; then a number."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(torch.relu(conv(x.transpose(1, 2)).transpose(1, 2)))
        return self.head(x).squeeze(-1)


class FastSpeech2(nn.Module):
    """Ren et al. 2020; frames are spread by a path made of the summed durations."""

    def __init__(self, second: bool = True, frames: int = 40) -> None:
        super().__init__()
        self.embed, self.places = nn.Embedding(60, 32), nn.Parameter(torch.randn(16, 32))
        self.encoder = nn.Sequential(*(FftBlock(32, 64, 9) for _ in range(2)))
        self.decoder = nn.Sequential(*(FftBlock(32, 64, 9) for _ in range(3)))
        self.duration = Variance(32)
        self.pitch = Variance(32) if second else None
        self.energy = Variance(32) if second else None
        self.register_buffer("bins", torch.linspace(-1, 1, 15))
        self.pitches, self.energies = nn.Embedding(16, 32), nn.Embedding(16, 32)
        self.more = nn.Parameter(torch.randn(frames, 32))
        self.mel, self.postnet = nn.Linear(32, 20), Postnet()
        self.frames = frames

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        x = self.encoder(self.embed(ids) + self.places)
        steps = torch.clamp(torch.round(torch.exp(self.duration(x)) - 1), min=0)
        if self.pitch is not None and self.energy is not None:
            x = x + self.pitches((self.pitch(x)[..., None] > self.bins).sum(-1))
            x = x + self.energies((self.energy(x)[..., None] > self.bins).sum(-1))
        ends = torch.cumsum(steps, 1)
        before = (torch.arange(self.frames)[None, :, None] < ends[:, None]).float()
        path = before - F.pad(before, (1, 0))[:, :, :-1]
        mel = self.mel(self.decoder(path @ x + self.more))
        return self.postnet(mel.transpose(1, 2)), steps
