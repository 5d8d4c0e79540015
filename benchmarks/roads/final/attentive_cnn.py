"""CBAM and ECA: channels weighed by two pools, places by two statistics, channels by neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class Channels(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, 4), nn.ReLU(), nn.Linear(4, width))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mlp(F.adaptive_avg_pool2d(x, 1).flatten(1))
        peak = self.mlp(F.adaptive_max_pool2d(x, 1).flatten(1))
        return x * torch.sigmoid(mean + peak)[:, :, None, None]


class Places(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        peak, mean = torch.max(x, dim=1, keepdim=True)[0], torch.mean(x, dim=1, keepdim=True)
        return x * torch.sigmoid(self.conv(torch.cat([peak, mean], dim=1)))


class Neighbours(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(-1, -2)
        y = self.conv(y).transpose(-1, -2).unsqueeze(-1)
        return x * torch.sigmoid(y).expand_as(x)


class Block(nn.Module):
    def __init__(self, cin: int, cout: int, *attention: nn.Module) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(cin, cout, 3, 2, 1), nn.Conv2d(cout, cout, 3, 1, 1)
        self.norm1, self.norm2 = nn.BatchNorm2d(cout), nn.BatchNorm2d(cout)
        self.attention, self.side = nn.Sequential(*attention), nn.Conv2d(cin, cout, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.norm1(self.conv1(x)), 0.1)
        y = self.attention(self.norm2(self.conv2(y)))
        return F.leaky_relu(y + self.side(x), 0.1)


class AttentiveCnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block1 = Block(3, 12, Channels(12), Places())
        self.block2 = Block(12, 16, Neighbours())
        self.block3 = Block(16, 20, Neighbours(), Places())
        self.head = nn.Linear(40, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.block2(self.block1(x)))
        return self.head(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(AttentiveCnn(), 32)
