"""FastSpeech: attention and wide convolutions, durations and pitch foretold, steps spread out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, HEADS, LETTERS, FRAMES, BANDS = 24, 2, 10, 16, 12


def waves() -> Tensor:
    """Sines in the first half of the features, cosines in the second."""
    speeds = torch.exp(torch.arange(WIDTH // 2) * (-math.log(1e4) / (WIDTH // 2)))
    angles = torch.arange(FRAMES)[:, None] * speeds
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        query, key, value = (
            each(x).view(batch, steps, HEADS, -1).transpose(1, 2)
            for each in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(WIDTH / HEADS)
        mixed = (F.softmax(scores, dim=-1) @ value).transpose(1, 2).contiguous()
        return self.out(mixed.view(batch, steps, WIDTH))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.wide, self.narrow = nn.Conv1d(WIDTH, 40, 5, padding=2), nn.Conv1d(40, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x))
        y = self.narrow(F.relu(self.wide(x.transpose(1, 2))))
        return self.norm2(x + y.transpose(1, 2))


class Foretell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(WIDTH, 16, 3, padding=1), nn.Conv1d(16, 16, 3, padding=1)
        self.norm1, self.norm2, self.last = nn.LayerNorm(16), nn.LayerNorm(16), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(F.relu(self.conv1(x.transpose(1, 2))).transpose(1, 2))
        x = self.norm2(F.relu(self.conv2(x.transpose(1, 2))).transpose(1, 2))
        return self.last(x).squeeze(-1)


class Polish(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(BANDS, 16, 5, 1, 2), nn.Conv1d(16, BANDS, 5, 1, 2)
        self.norm1, self.norm2 = nn.BatchNorm1d(16), nn.BatchNorm1d(BANDS)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(self.norm1(self.conv1(x.transpose(1, 2))))
        return x + self.norm2(self.conv2(y)).transpose(1, 2)


class SpeechSynthesis(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(40, WIDTH)
        self.encoder, self.decoder = nn.Sequential(Block(), Block()), nn.Sequential(Block())
        self.durations, self.pitch = Foretell(), Foretell()
        self.tone, self.bands = nn.Conv1d(1, WIDTH, 3, padding=1), nn.Linear(WIDTH, BANDS)
        self.polish = Polish()
        self.register_buffer("waves", waves())

    def forward(self, ids: Tensor, path: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.encoder(self.letters(ids) + self.waves[: ids.shape[1]])
        durations, pitch = self.durations(x), self.pitch(x)
        x = x + self.tone(pitch.unsqueeze(1)).transpose(1, 2)
        x = torch.bmm(path, x) + self.waves
        return self.polish(self.bands(self.decoder(x))), durations, pitch


def build(seed: int) -> Built:
    """The network, its letters and which letter every frame belongs to."""
    path = F.one_hot(torch.arange(FRAMES) * LETTERS // FRAMES, LETTERS).float()[None]
    return Built(SpeechSynthesis(), {"ids": torch.randint(0, 32, (1, LETTERS)), "path": path})
