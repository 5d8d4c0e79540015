"""ESIM for inference in words: two sentences read both ways, aligned, compared and read again."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

WORDS, WIDTH, HIDDEN = 40, 16, 14


class Compare(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Sequential(nn.Linear(8 * HIDDEN, HIDDEN), nn.ReLU())
        self.dropout = nn.Dropout(0.5)
        self.composition = nn.LSTM(HIDDEN, HIDDEN, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        enhanced = torch.cat([x, other, x - other, x * other], dim=-1)
        return self.composition(self.dropout(self.projection(enhanced)))[0]


class ESIM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH, padding_idx=0)
        self.encoding = nn.LSTM(WIDTH, HIDDEN, batch_first=True, bidirectional=True)
        self.compare = Compare()
        self.classification = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(8 * HIDDEN, HIDDEN), nn.Tanh(), nn.Dropout(0.5),
            nn.Linear(HIDDEN, 3),
        )  # fmt: skip

    def forward(self, premise: Tensor, hypothesis: Tensor) -> tuple[Tensor, Tensor]:
        left, right = self.words(premise), self.words(hypothesis)
        left, right = self.encoding(left)[0], self.encoding(right)[0]
        alike = left.bmm(right.transpose(2, 1).contiguous())
        weights = torch.softmax(alike, dim=-1)
        back = torch.softmax(alike.transpose(1, 2).contiguous(), dim=-1)
        found = [self.compare(left, weights.bmm(right)), self.compare(right, back.bmm(left))]
        pools = [pool for x in found for pool in (x.mean(dim=1), x.max(dim=1)[0])]
        logits = self.classification(torch.cat(pools, dim=1))
        return logits, torch.softmax(logits, dim=-1)


def build(seed: int) -> Built:
    """The network and its inputs, two sentences."""
    premise, hypothesis = torch.randint(1, 32, (1, 9)), torch.randint(1, 32, (1, 7))
    return Built(ESIM(), {"premise": premise, "hypothesis": hypothesis})
