"""Recurrent layers: learned first states, both directions, a projection, last steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

STEPS, WIDTH = 9, 12


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Linear(6, WIDTH)
        self.lstm = nn.LSTM(WIDTH, 10, num_layers=2, bidirectional=True, batch_first=True)
        self.between = nn.Linear(20, WIDTH)
        self.gru = nn.GRU(WIDTH, 10, bidirectional=True)
        self.joined = nn.Linear(20, WIDTH)
        self.plain = nn.RNN(WIDTH, 14, batch_first=True, nonlinearity="tanh")
        self.h0 = nn.Parameter(torch.randn(1, 1, 8) * 0.1)
        self.c0 = nn.Parameter(torch.randn(1, 1, 8) * 0.1)
        self.learned = nn.LSTM(14, 8, batch_first=True)
        self.heads = nn.Linear(8 + 20 + 14, 7)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.relu(self.start(x))
        x, _ = self.lstm(x)
        x = torch.tanh(self.between(x)).permute(1, 0, 2)
        x, state = self.gru(x)
        both = torch.cat((state[-2], state[-1]), dim=1)
        x = self.joined(x).transpose(0, 1)
        x, _ = self.plain(x)
        most = torch.max(x, 1)[0]
        batch = x.size(0)
        states = (self.h0.expand(-1, batch, -1).contiguous(), self.c0.repeat(1, batch, 1))
        x, (last, _) = self.learned(x, states)
        y = self.heads(torch.cat([last.squeeze(0), both, most], dim=-1))
        return y, x[:, -1, :]


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Recurrent(), {"x": torch.randn(1, STEPS, 6)}, {"x": {0: "batch"}})
