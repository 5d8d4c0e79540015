"""Swin: attention inside shifted windows with a bias by relative position, merged patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

WINDOW, HEADS = 4, 2


def relative() -> Tensor:
    """Index of the offset between any two places of a window."""
    grid = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")).flatten(1)
    offset = grid[:, :, None] - grid[:, None, :] + WINDOW - 1
    return offset[0] * (2 * WINDOW - 1) + offset[1]


class Block(nn.Module):
    def __init__(self, width: int, size: int, shift: int) -> None:
        super().__init__()
        self.size, self.shift = size, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.table = nn.Parameter(torch.randn((2 * WINDOW - 1) ** 2, HEADS) * 0.1)
        self.register_buffer("relative", relative())
        self.register_buffer("hidden", self.seams() if shift else None)

    def seams(self) -> Tensor:
        """Hides places that only the shift has made neighbours."""
        parts = torch.zeros(1, self.size, self.size, 1)
        cuts = (slice(0, -WINDOW), slice(-WINDOW, -self.shift), slice(-self.shift, None))
        for number, (rows, columns) in enumerate((r, c) for r in cuts for c in cuts):
            parts[:, rows, columns] = number
        flat = self.windows(parts).squeeze(-1)
        return (flat[:, None] != flat[:, :, None]).float()[:, None] * -100.0

    def windows(self, x: Tensor) -> Tensor:
        """Cut into windows, each a sequence."""
        count = self.size // WINDOW
        x = x.view(-1, count, WINDOW, count, WINDOW, x.shape[-1])
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, WINDOW * WINDOW, x.shape[-1])

    def attend(self, x: Tensor) -> Tensor:
        count, tokens, width = x.shape
        packed = self.qkv(x).reshape(count, tokens, 3, HEADS, width // HEADS)
        query, key, value = packed.permute(2, 0, 3, 1, 4)
        scores = (query * (width // HEADS) ** -0.5) @ key.transpose(-2, -1)
        bias = self.table[self.relative.view(-1)].view(tokens, tokens, HEADS)
        scores = scores + bias.permute(2, 0, 1).unsqueeze(0)
        if self.shift:
            scores = scores + self.hidden
        return self.out((scores.softmax(-1) @ value).transpose(1, 2).reshape(x.shape))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        count = self.size // WINDOW
        y = self.attend(self.windows(y)).view(-1, count, count, WINDOW, WINDOW, x.shape[-1])
        y = y.permute(0, 1, 3, 2, 4, 5).reshape(x.shape)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.mlp(self.norm2(x))


class Merge(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduce(self.norm(torch.cat(corners, -1)))


class Swin(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 12, 4, 4), nn.LayerNorm(12)
        self.body = nn.Sequential(Block(12, 8, 0), Block(12, 8, 2), Merge(12), Block(24, 4, 0))
        self.last, self.head = nn.LayerNorm(24), nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.norm(self.patches(x).permute(0, 2, 3, 1)))
        return self.head(self.last(x).flatten(1, 2).mean(1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Swin(), 32)
