"""Volumes: three-dimensional windows, norms and resizes; differences between two views."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built


class Volumes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.view = nn.Conv2d(3, 6, 3, 2, 1)
        self.one = nn.Sequential(nn.Conv3d(12, 8, 3, padding=1, bias=False), nn.BatchNorm3d(8))
        self.down = nn.Sequential(nn.Conv3d(8, 12, 3, 2, 1), nn.InstanceNorm3d(12), nn.LeakyReLU())
        self.split = nn.Conv3d(12, 12, (1, 3, 3), padding=(0, 1, 1))
        self.later = nn.Conv3d(12, 12, (3, 1, 1), padding=(1, 0, 0), groups=2)
        self.up = nn.ConvTranspose3d(12, 8, 2, 2)
        self.out, self.squeeze = nn.Conv3d(8, 1, 3, padding=1), nn.Linear(12, 12)

    def cost(self, left: Tensor, right: Tensor) -> Tensor:
        """PSMNet's volume: both views beside each other, shifted."""
        parts = []
        for step in range(4):
            if step:
                both = torch.cat((left[:, :, :, step:], right[:, :, :, :-step]), 1)
                parts.append(F.pad(both, (step, 0)))
            else:
                parts.append(torch.cat((left, right), 1))
        return torch.stack(parts, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        x = F.relu(self.one(self.cost(F.relu(self.view(left)), F.relu(self.view(right)))))
        y = F.relu(self.later(F.relu(self.split(self.down(x)))))
        gate = torch.sigmoid(self.squeeze(y.mean([2, 3, 4])))
        y = y * gate[:, :, None, None, None]
        x = self.out(F.relu(self.up(y) + x))
        x = F.interpolate(x, scale_factor=2, mode="trilinear", align_corners=False).squeeze(1)
        steps = torch.arange(8, dtype=torch.float32).view(1, 8, 1, 1)
        return torch.sum(F.softmax(-x, dim=1) * steps, 1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"left": torch.randn(1, 3, 16, 24), "right": torch.randn(1, 3, 16, 24)}
    return Built(Volumes(), inputs)
