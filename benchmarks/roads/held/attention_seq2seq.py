"""Translation before transformers: GRU encoder both ways, GRU decoder, dot-product attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built


class Seq2Seq(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(40, 16), nn.Embedding(40, 16)
        self.encoder = nn.GRU(16, 12, bidirectional=True, batch_first=True)
        self.decoder = nn.GRU(16, 24, batch_first=True)
        self.bridge, self.key = nn.Linear(24, 24), nn.Linear(24, 24, bias=False)
        self.mix, self.head = nn.Linear(48, 24), nn.Linear(24, 40)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory, last = self.encoder(self.source(source))
        first = torch.tanh(self.bridge(torch.cat([last[0], last[1]], dim=1)))
        states, _ = self.decoder(self.target(target), first.unsqueeze(0))
        weights = torch.bmm(states, self.key(memory).transpose(1, 2)).softmax(dim=-1)
        context = torch.bmm(weights, memory)
        mixed = torch.tanh(self.mix(torch.cat([context, states], dim=-1)))
        return self.head(mixed).log_softmax(-1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    source, target = torch.randint(0, 32, (1, 10)), torch.randint(0, 32, (1, 7))
    return Built(Seq2Seq(), {"source": source, "target": target})
