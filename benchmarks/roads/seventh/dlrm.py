"""DLRM: numbers through one MLP, 26 tables of categories, their dot products through another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

DENSE, TABLES, ROWS, WIDTH = 13, 26, 40, 16
BOTTOM, TOP = (DENSE, 64, 32, WIDTH), (WIDTH + TABLES * (TABLES + 1) // 2, 64, 32, 1)


def mlp(sizes: tuple[int, ...], sigmoid: int) -> nn.Sequential:
    """Linear layers with an activation after each, `sigmoid` after the layer of that number."""
    layers: list[nn.Module] = []
    for index in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[index], sizes[index + 1]))
        layers.append(nn.Sigmoid() if index == sigmoid else nn.ReLU())
    return nn.Sequential(*layers)


class DLRM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bot_l, self.top_l = mlp(BOTTOM, -1), mlp(TOP, len(TOP) - 2)
        self.emb_l = nn.ModuleList(nn.Embedding(ROWS, WIDTH) for _ in range(TABLES))

    def interact_features(self, x: Tensor, ly: list[Tensor]) -> Tensor:
        batch, width = x.shape
        t = torch.cat([x, *ly], dim=1).view((batch, -1, width))
        z = torch.bmm(t, torch.transpose(t, 1, 2))
        _, ni, nj = z.shape
        li = torch.tensor([i for i in range(ni) for j in range(i)])
        lj = torch.tensor([j for i in range(nj) for j in range(i)])
        return torch.cat([x, z[:, li, lj]], dim=1)

    def forward(self, dense: Tensor, sparse: Tensor) -> Tensor:
        x = self.bot_l(dense)
        ly = [table(sparse[:, index]) for index, table in enumerate(self.emb_l)]
        return self.top_l(self.interact_features(x, ly))


def build(seed: int) -> Built:
    """The network and its inputs."""
    dense, sparse = torch.rand(1, DENSE), torch.randint(0, 32, (1, TABLES))
    return Built(DLRM(), {"dense": dense, "sparse": sparse})
