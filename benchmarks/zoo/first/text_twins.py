# ruff: noqa: D102 - forward() is described by its class
"""Twins of small text classifiers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class TextCNN(nn.Module):
    """Kim 2014: convolutions of several widths over word vectors, each pooled over time."""

    def __init__(self, kernels: Sequence[int] = (3, 4, 5), norm: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(300, 24)
        self.convs = nn.ModuleList(nn.Conv1d(24, 20, k) for k in kernels)
        self.norms = nn.ModuleList(nn.BatchNorm1d(20) if norm else nn.Identity() for _ in kernels)
        self.head = nn.Linear(20 * len(kernels), 4)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids).transpose(1, 2)
        parts = [
            torch.relu(norm(conv(x))).max(dim=2).values
            for conv, norm in zip(self.convs, self.norms, strict=True)
        ]
        return self.head(torch.cat(parts, dim=1))


class TextCNN2d(nn.Module):
    """The same with two-dimensional windows as wide as a word vector, as in Shawn1993's code."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(300, 24)
        self.convs = nn.ModuleList(nn.Conv2d(1, 20, (k, 24)) for k in (3, 4, 5))
        self.head = nn.Linear(60, 2)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids).unsqueeze(1)
        parts = [torch.relu(conv(x)).squeeze(3) for conv in self.convs]
        pooled = [nn.functional.max_pool1d(p, p.shape[2]).squeeze(2) for p in parts]
        return self.head(torch.cat(pooled, 1))


class AverageWordVec(nn.Module):
    """Mean of word vectors, then one or two fully connected layers."""

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.embed = nn.Embedding(300, 16)
        layers = [nn.Linear(16, hidden), nn.ReLU(), nn.Linear(hidden, 3)]
        self.head = nn.Sequential(*layers) if hidden else nn.Linear(16, 3)

    def forward(self, ids: Tensor) -> Tensor:
        return torch.softmax(self.head(self.embed(ids).mean(dim=1)), -1)
