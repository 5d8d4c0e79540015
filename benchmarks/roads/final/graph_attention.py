"""GAT: nodes weigh their neighbours by a leaky sum of two scores, hidden where no edge is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

NODES, FEATURES = 12, 10


class Attend(nn.Module):
    def __init__(self, heads: int, size: int) -> None:
        super().__init__()
        self.source = nn.Parameter(torch.randn(heads, size, 1) * 0.3)
        self.target = nn.Parameter(torch.randn(heads, size, 1) * 0.3)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        source, target = torch.matmul(x, self.source), torch.matmul(x, self.target)
        scores = F.leaky_relu(source + target.transpose(1, 2), 0.2)
        scores = torch.where(edges > 0, scores, torch.full_like(scores, -1e4))
        return torch.matmul(F.softmax(scores, dim=-1), x)


class Layer(nn.Module):
    def __init__(self, cin: int, heads: int, size: int) -> None:
        super().__init__()
        self.shape = (NODES, heads, size)
        self.project, self.attend = nn.Linear(cin, heads * size, False), Attend(heads, size)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        x = self.project(x).view(self.shape).permute(1, 0, 2)
        return self.attend(x, edges)


class GraphAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Layer(FEATURES, 3, 8), Layer(24, 2, 5)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        x = F.elu(self.first(x, edges).permute(1, 0, 2).reshape(NODES, -1))
        return F.log_softmax(self.second(x, edges).mean(dim=0), dim=1)


def build(seed: int) -> Built:
    """The network, the features of the nodes and the edges between them."""
    edges = (torch.rand(NODES, NODES) > 0.6).float() + torch.eye(NODES)
    return Built(GraphAttention(), {"nodes": torch.randn(NODES, FEATURES), "edges": edges})
