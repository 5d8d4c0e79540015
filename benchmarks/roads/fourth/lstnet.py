"""LSTNet for many series: a convolution, a GRU, a GRU that skips a period, a linear part."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

PAST, SERIES, KERNEL, WIDTH, HIDDEN, PERIOD, SEASON, NEAR = 29, 7, 6, 16, 20, 6, 5, 8
TURNS = (PAST - KERNEL) // PERIOD


class LSTNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.dropout = nn.Conv2d(1, WIDTH, (KERNEL, SERIES)), nn.Dropout(0.2)
        self.whole, self.skipping = nn.GRU(WIDTH, HIDDEN), nn.GRU(WIDTH, SEASON)
        self.linear = nn.Linear(HIDDEN + PERIOD * SEASON, SERIES)
        self.near = nn.Linear(NEAR, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch = x.size(0)
        c = F.relu(self.conv(x.view(-1, 1, PAST, SERIES)))
        c = torch.squeeze(self.dropout(c), 3)
        _, r = self.whole(c.permute(2, 0, 1).contiguous())
        r = self.dropout(torch.squeeze(r, 0))
        s = c[:, :, -TURNS * PERIOD :].contiguous()
        s = s.view(batch, WIDTH, TURNS, PERIOD).permute(2, 0, 3, 1).contiguous()
        _, s = self.skipping(s.view(TURNS, batch * PERIOD, WIDTH))
        s = self.dropout(s.view(batch, PERIOD * SEASON))
        found = self.linear(torch.cat((r, s), 1))
        z = x[:, -NEAR:, :].permute(0, 2, 1).contiguous().view(-1, NEAR)
        return torch.sigmoid(found + self.near(z).view(-1, SERIES))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(LSTNet(), {"series": torch.randn(1, PAST, SERIES)})
