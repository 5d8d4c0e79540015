"""RNN transducer: an acoustic LSTM and a prediction LSTM joined over all pairs of steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built


class Transducer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(48, 20, num_layers=2, batch_first=True)
        self.norm = nn.LayerNorm(20)
        self.words = nn.Embedding(40, 12)
        self.predictor = nn.LSTM(12, 16, batch_first=True)
        self.heard, self.said = nn.Linear(20, 24), nn.Linear(16, 24, bias=False)
        self.head = nn.Linear(24, 40)

    def forward(self, sound: Tensor, ids: Tensor) -> Tensor:
        batch, steps, bands = sound.shape
        stacked = sound.reshape(batch, steps // 3, 3 * bands)
        heard = self.norm(self.encoder(stacked)[0])
        said, _ = self.predictor(self.words(ids))
        joint = self.heard(heard).unsqueeze(2) + self.said(said).unsqueeze(1)
        return self.head(torch.tanh(joint)).log_softmax(dim=-1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"sound": torch.randn(1, 24, 16), "ids": torch.randint(0, 32, (1, 6))}
    return Built(Transducer(), inputs)
