"""A spatial transformer: a small network picks six numbers, the image is sampled along them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

SIZE = 24


def grid() -> Tensor:
    """Column, row and one for every place of the image, between -1 and 1."""
    places = (torch.arange(SIZE) * 2 + 1) / SIZE - 1
    rows, columns = torch.meshgrid(places, places, indexing="ij")
    return torch.stack([columns, rows, torch.ones_like(rows)], dim=-1).view(1, -1, 3)


class SpatialTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.MaxPool2d(2),
            nn.ReLU(), nn.Flatten(), nn.Linear(128, 12), nn.ReLU(), nn.Linear(12, 6),
        )  # fmt: skip
        self.read = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2), nn.Softplus(), nn.Conv2d(8, 12, 3, 2), nn.Softplus(),
            nn.AvgPool2d(5), nn.Flatten(), nn.Linear(12, 10), nn.LogSoftmax(dim=1),
        )  # fmt: skip
        self.register_buffer("grid", grid())

    def forward(self, x: Tensor) -> Tensor:
        turn = self.look(x).view(-1, 2, 3)
        places = (self.grid @ turn.transpose(1, 2)).view(-1, SIZE, SIZE, 2)
        return self.read(F.grid_sample(x, places, align_corners=False))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(SpatialTransformer(), SIZE, channels=1)
