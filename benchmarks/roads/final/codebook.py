"""VQ-VAE: every place of a small map becomes the nearest of a table of vectors, then grows."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, CODES = 8, 24


class Nearest(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(CODES, WIDTH) * 0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.permute(0, 2, 3, 1).reshape(-1, WIDTH)
        lengths = (flat**2).sum(1, keepdim=True) + (self.table**2).sum(1)
        codes = torch.argmin(lengths - 2 * flat @ self.table.t(), dim=1)
        batch, _, height, width = x.shape
        found = F.embedding(codes, self.table).view(batch, height, width, WIDTH)
        return found.permute(0, 3, 1, 2), codes.view(batch, height, width)


class Codebook(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 12, 4, 2, 1), nn.ReLU(), nn.Conv2d(12, 16, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(16, WIDTH, 1),
        )  # fmt: skip
        self.nearest = Nearest()
        self.decoder = nn.Sequential(
            nn.Conv2d(WIDTH, 16, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(16, 12, 4, 2, 1),
            nn.ReLU(), nn.ConvTranspose2d(12, 3, 4, 2, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found, codes = self.nearest(self.encoder(x))
        return self.decoder(found), codes


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Codebook(), 24)
