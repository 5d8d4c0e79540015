"""Kim's text CNN: two tables of words, windows of three widths, the maximum over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built


class TextCnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.still, self.tuned = nn.Embedding(40, 12), nn.Embedding(40, 12)
        self.windows = nn.ModuleList(nn.Conv1d(24, 10, width) for width in (3, 4, 5))
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(30, 4)

    def forward(self, ids: Tensor) -> Tensor:
        x = torch.cat([self.still(ids), self.tuned(ids)], dim=-1).transpose(1, 2)
        found = [F.relu(window(x)) for window in self.windows]
        peaks = [F.max_pool1d(each, each.shape[2]).squeeze(2) for each in found]
        return F.softmax(self.head(self.drop(torch.cat(peaks, dim=1))), dim=1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(TextCnn(), {"ids": torch.randint(0, 32, (1, 16))})
