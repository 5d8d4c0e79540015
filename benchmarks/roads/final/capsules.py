"""Capsules: vectors squashed to a length, routed by agreement in three unrolled rounds."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

INNER, OUTER, CLASSES, ROUNDS = 4, 6, 5, 3


def squash(x: Tensor) -> Tensor:
    """Keep the direction and bring the length below one."""
    square = (x * x).sum(dim=-1, keepdim=True)
    return x * (square / (1.0 + square) / torch.sqrt(square + 1e-6))


class Routing(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CLASSES, count, OUTER, INNER) * 0.2)
        self.bias = nn.Parameter(torch.zeros(CLASSES, 1, OUTER))

    def forward(self, x: Tensor) -> Tensor:
        votes = torch.einsum("ocij,bcj->boci", self.weight, x)
        wishes = torch.zeros_like(votes[..., :1])
        for turn in range(ROUNDS):
            share = torch.softmax(wishes, dim=1)
            answer = squash((share * votes).sum(dim=2, keepdim=True) + self.bias)
            if turn < ROUNDS - 1:
                wishes = wishes + (votes * answer).sum(dim=-1, keepdim=True)
        return answer.squeeze(2)


class Capsules(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 5), nn.Conv2d(8, 4 * INNER, 3, 2)
        self.routing = Routing(4 * 5 * 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(torch.relu(self.first(x)))
        x = x.view(x.shape[0], 4, INNER, -1).transpose(2, 3).reshape(x.shape[0], -1, INNER)
        return self.routing(squash(x)).norm(dim=-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Capsules(), 16, channels=1)
