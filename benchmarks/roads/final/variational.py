"""A conditional variational autoencoder: mean and spread, noise given from outside, ELU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

CODE = 6


class Variational(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1), nn.ELU(), nn.Conv2d(8, 12, 3, 2, 1), nn.ELU(), nn.Flatten()
        )
        self.mean, self.spread = nn.Linear(192, CODE), nn.Linear(192, CODE)
        self.label, self.first = nn.Embedding(40, 4), nn.Linear(CODE + 4, 192)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (12, 4, 4)), nn.ELU(), nn.UpsamplingNearest2d(scale_factor=2),
            nn.Conv2d(12, 8, 3, padding=1), nn.ELU(), nn.UpsamplingNearest2d(scale_factor=2),
            nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, image: Tensor, label: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.encoder(image)
        mean, spread = self.mean(x), self.spread(x)
        code = mean + torch.exp(0.5 * spread) * noise
        x = self.first(torch.cat([code, self.label(label)], dim=1))
        return self.decoder(x), mean, spread


def build(seed: int) -> Built:
    """The network and its inputs."""
    label = torch.randint(0, 32, (1,))
    inputs = {"image": torch.rand(1, 1, 16, 16), "label": label, "noise": torch.randn(1, CODE)}
    return Built(Variational(), inputs)
