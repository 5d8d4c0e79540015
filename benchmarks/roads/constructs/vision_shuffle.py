"""Space to depth by slices, by views and by the operator; channels shuffled, rolled, shifted."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def focus(x: Tensor) -> Tensor:
    """YOLOv5's first step."""
    parts = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
    return torch.cat(parts, 1)


def space_to_depth(x: Tensor) -> Tensor:
    """TResNet's stem."""
    batch, width, rows, columns = x.size()
    x = x.view(batch, width, rows // 2, 2, columns // 2, 2)
    return x.permute(0, 3, 5, 1, 2, 4).contiguous().view(batch, width * 4, rows // 2, columns // 2)


def shuffle(x: Tensor, groups: int) -> Tensor:
    """ShuffleNet's mixing of groups."""
    batch, width, rows, columns = x.shape
    x = x.view(batch, groups, width // groups, rows, columns).transpose(1, 2)
    return x.reshape(batch, -1, rows, columns)


class Shuffles(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(12, 8, 3, padding=1), nn.Conv2d(32, 16, 3, padding=1)
        self.three, self.four = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(64, 12, 1)
        self.down, self.up = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        self.five, self.six = nn.Conv2d(12, 12, 1), nn.Conv2d(3, 5, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.one(focus(x)))
        x = torch.relu(self.two(space_to_depth(x)))
        x = torch.relu(self.three(shuffle(x, 2)))
        first, second = x.chunk(2, dim=1)
        x = torch.cat((torch.roll(first, 1, 2), torch.roll(second, -1, 3)), 1)
        x = torch.relu(self.four(self.down(x)))
        one, two, three = torch.split(self.five(x), [4, 4, 4], dim=1)
        x = torch.cat([one * torch.sigmoid(two), three, two], dim=1)
        return self.six(self.up(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Shuffles(), 48)
