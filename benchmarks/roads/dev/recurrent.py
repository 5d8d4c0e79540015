"""A language model of two LSTM layers and a GRU layer over an embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(40, 16)
        self.lstm = nn.LSTM(16, 20, num_layers=2, batch_first=True)
        self.gru = nn.GRU(20, 12, batch_first=True)
        self.head = nn.Linear(12, 40)

    def forward(self, ids: Tensor) -> Tensor:
        x, _ = self.lstm(self.embedding(ids))
        x, _ = self.gru(x)
        return self.head(x)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Recurrent(), {"ids": torch.randint(0, 32, (1, 12))})
