"""Graphs: dense GCN and GAT, messages gathered and scattered, sets, a pointer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

NODES, EDGES, WIDTH = 7, 12, 12


class Dense(nn.Module):
    """Kipf's by a dense matrix: self loops, the root of degrees on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        looped = adjacency + torch.eye(NODES)
        root = looped.sum(dim=-1).pow(-0.5)
        normed = root.unsqueeze(-1) * looped * root.unsqueeze(-2)
        return F.relu(normed @ self.weight(x))


class Attending(nn.Module):
    """GAT as in pyGAT: two halves of a vector, LeakyReLU, absent edges hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(WIDTH, WIDTH) * 0.3)
        self.a = nn.Parameter(torch.randn(2 * WIDTH, 1) * 0.3)

    def forward(self, h: Tensor, adjacency: Tensor) -> Tensor:
        wh = torch.matmul(h, self.w)
        left = torch.matmul(wh, self.a[:WIDTH, :])
        right = torch.matmul(wh, self.a[WIDTH:, :])
        e = F.leaky_relu(left + right.transpose(-2, -1), 0.2)
        hidden = -9e15 * torch.ones_like(e)
        attention = F.softmax(torch.where(adjacency > 0, e, hidden), dim=-1)
        return F.elu(torch.matmul(attention, wh))


class Messages(nn.Module):
    """Messages along edges, added up at their targets; GIN's sum beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.message, self.update = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.eps = nn.Parameter(torch.tensor([0.1]))

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        source, target = edges[0], edges[1]
        pairs = torch.cat([x[source], x[target]], dim=-1)
        messages = F.relu(self.message(pairs))
        spread = target.unsqueeze(1).expand_as(messages)
        total = torch.zeros_like(x).scatter_add(0, spread, messages)
        return F.relu(self.update(torch.cat([(1 + self.eps) * x, total], dim=-1)))


class Graph(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(5, WIDTH)
        self.dense, self.attending, self.messages = Dense(), Attending(), Messages()
        self.self_layer, self.near = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH, bias=False)
        self.phi, self.rho = nn.Linear(WIDTH, 16), nn.Linear(48, 4)
        self.query, self.key = nn.Linear(48, 10), nn.Linear(WIDTH, 10)
        self.v = nn.Parameter(torch.randn(10, 1))

    def forward(self, x: Tensor, adjacency: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embed(x)
        x = self.dense(x, adjacency)
        x = x + self.attending(x, adjacency)
        mean = torch.matmul(adjacency, x) / adjacency.sum(1, keepdim=True).clamp(min=1)
        x = F.normalize(F.relu(self.self_layer(x) + self.near(mean)), p=2, dim=-1)
        x = self.messages(x, edges)
        y = F.relu(self.phi(x))
        pooled = torch.cat([y.mean(0), y.max(dim=0).values, y.sum(0)], dim=-1)
        scores = torch.tanh(self.query(pooled) + self.key(x)) @ self.v
        scores = scores.view(-1)
        return self.rho(pooled), F.log_softmax(10 * torch.tanh(scores), dim=0)


def build(seed: int) -> Built:
    """The network and its inputs: nodes, a matrix and a list of edges."""
    inputs = {
        "x": torch.randn(NODES, 5),
        "adjacency": (torch.rand(NODES, NODES) > 0.5).float() + 0.1,
        "edges": torch.randint(0, NODES, (2, EDGES)),
    }
    return Built(Graph(), inputs)
