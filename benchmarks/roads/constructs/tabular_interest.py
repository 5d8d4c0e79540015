"""Recommenders: DIN's unit with Dice, experts behind gates, NeuMF, two towers by cosine."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

HISTORY, ROWS, WIDTH, EXPERTS, TASKS = 6, 60, 12, 3, 2


class Dice(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width, eps=1e-8)
        self.alpha = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        p = torch.sigmoid(self.norm(x))
        return self.alpha * (1 - p) * x + p * x


class Unit(nn.Module):
    """DIN: candidate, history, difference and product; scores without Softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4 * WIDTH, 16), nn.Linear(16, 1)
        self.act = nn.PReLU()

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        queries = query.unsqueeze(1).expand(-1, keys.shape[1], -1)
        x = torch.cat([queries, keys, queries - keys, queries * keys], dim=-1)
        scores = self.two(self.act(self.one(x)))
        return torch.matmul(scores.transpose(1, 2), keys).squeeze(1)


class Experts(nn.Module):
    """MMoE: all experts stacked, a gate for each task."""

    def __init__(self) -> None:
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(3 * WIDTH, 10) for _ in range(EXPERTS))
        self.gates = nn.ModuleList(nn.Linear(3 * WIDTH, EXPERTS) for _ in range(TASKS))
        self.towers = nn.ModuleList(nn.Linear(10, 1) for _ in range(TASKS))

    def forward(self, x: Tensor) -> list[Tensor]:
        found = torch.stack([F.relu(expert(x)) for expert in self.experts], dim=1)
        answers = []
        for gate, tower in zip(self.gates, self.towers, strict=True):
            weights = F.softmax(gate(x), dim=-1).unsqueeze(1)
            answers.append(torch.sigmoid(tower(torch.bmm(weights, found).squeeze(1))))
        return answers


class Towers(nn.Module):
    """The cosine of two projections, times a learned factor."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(WIDTH, 8), nn.Linear(WIDTH, 8)
        self.temperature = nn.Parameter(torch.tensor([0.7]))

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        left, right = F.normalize(self.left(u), p=2, dim=1), F.normalize(self.right(i), p=2, dim=1)
        return torch.sum(left * right, dim=1) * self.temperature.exp()


class Interest(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.items, self.users = nn.Embedding(ROWS, WIDTH), nn.Embedding(ROWS, WIDTH)
        self.unit, self.experts = Unit(), Experts()
        self.mix, self.dice = nn.Linear(3 * WIDTH, 3 * WIDTH), Dice(3 * WIDTH)
        self.deep, self.neural = nn.Linear(2 * WIDTH, 10), nn.Linear(WIDTH + 10, 1, bias=False)
        self.towers = Towers()

    def forward(self, user: Tensor, item: Tensor, history: Tensor) -> tuple[Tensor, ...]:
        u, i, keys = self.users(user), self.items(item), self.items(history)
        x = self.dice(self.mix(torch.cat([u, i, self.unit(i, keys)], -1)))
        first, second = self.experts(x)
        deep = F.relu(self.deep(torch.cat([u, i], dim=-1)))
        neural = self.neural(torch.cat([torch.mul(u, i), deep], dim=-1))
        towers = self.towers(u, i)
        return first, second, torch.sigmoid(neural).view(-1), towers


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {
        "user": torch.randint(0, 32, (1,)),
        "item": torch.randint(0, 32, (1,)),
        "history": torch.randint(0, 32, (1, HISTORY)),
    }
    return Built(Interest(), inputs)
