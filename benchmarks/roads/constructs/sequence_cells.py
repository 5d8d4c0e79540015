"""Cells called step by step, with attention of Bahdanau and of Luong, and zoneout-free gates."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

STEPS, WIDTH, TARGET = 7, 12, 3


class Cells(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.embed = nn.Linear(6, WIDTH), nn.Embedding(40, WIDTH)
        self.gru = nn.GRUCell(2 * WIDTH, WIDTH)
        self.lstm = nn.LSTMCell(WIDTH, WIDTH)
        self.w_query, self.w_key = nn.Linear(WIDTH, 10, bias=False), nn.Linear(WIDTH, 10)
        self.v = nn.Linear(10, 1, bias=False)
        self.general = nn.Linear(WIDTH, WIDTH, bias=False)
        self.combine, self.head = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, 40)

    def forward(self, source: Tensor, ids: Tensor) -> Tensor:
        memory = torch.tanh(self.encode(source))
        keys = self.w_key(memory)
        hidden = memory.mean(dim=1)
        h, c = torch.zeros_like(hidden), torch.zeros_like(hidden)
        found = []
        for step in range(TARGET):
            word = self.embed(ids[:, step])
            energy = self.v(torch.tanh(self.w_query(hidden).unsqueeze(1) + keys)).squeeze(2)
            context = torch.bmm(F.softmax(energy, dim=1).unsqueeze(1), memory).squeeze(1)
            hidden = self.gru(torch.cat([word, context], dim=1), hidden)
            h, c = self.lstm(hidden, (h, c))
            scores = torch.bmm(self.general(memory), h.unsqueeze(2)).squeeze(2)
            weights = scores.softmax(dim=-1)
            context = torch.sum(memory * weights[:, :, None], dim=1)
            x = torch.tanh(self.combine(torch.cat((context, h), 1)))
            found.append(F.log_softmax(self.head(x), dim=-1))
        return torch.stack(found, dim=1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"source": torch.randn(1, STEPS, 6), "ids": torch.randint(0, 32, (1, TARGET))}
    return Built(Cells(), inputs)
