"""A tagger: letters convolved into words, a highway, two normalised LSTM layers both ways."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

WORDS, LETTERS = 8, 6


class Spelling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.letters, self.conv = nn.Embedding(40, 8), nn.Conv1d(8, 12, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.letters(x).reshape(-1, LETTERS, 8).transpose(1, 2)
        return torch.relu(self.conv(x)).amax(dim=2).reshape(1, -1, 12)


class Highway(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate, self.change = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.gate(x))
        return gate * torch.relu(self.change(x)) + (1 - gate) * x


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.spelling, self.highway = nn.Embedding(40, 12), Spelling(), Highway(24)
        self.lstm1 = nn.LSTM(24, 12, batch_first=True, bidirectional=True)
        self.lstm2 = nn.LSTM(24, 12, batch_first=True, bidirectional=True)
        self.norm1, self.norm2 = nn.LayerNorm(24), nn.LayerNorm(24)
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(24, 9)

    def forward(self, words: Tensor, letters: Tensor) -> Tensor:
        x = self.highway(torch.cat([self.words(words), self.spelling(letters)], dim=-1))
        x = self.drop(self.norm1(self.lstm1(x)[0]))
        x = x + self.drop(self.norm2(self.lstm2(x)[0]))
        return self.head(x)


def build(seed: int) -> Built:
    """The network and its inputs."""
    words, letters = (torch.randint(0, 32, (1, size)) for size in (WORDS, WORDS * LETTERS))
    return Built(Tagger(), {"words": words, "letters": letters})
