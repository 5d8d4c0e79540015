"""Tokens: class token, interpolated places, windows that shift, a pooling query, the best few."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

WIDTH, HEADS, WINDOW, SIDE = 24, 3, 4, 8


def cut(x: Tensor) -> Tensor:
    """Windows of an image with channels last."""
    batch, height, wide, width = x.shape
    x = x.view(batch, height // WINDOW, WINDOW, wide // WINDOW, WINDOW, width)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, WINDOW * WINDOW, width)


def joined(windows: Tensor, height: int, wide: int) -> Tensor:
    """The image again."""
    batch = int(windows.shape[0] / (height * wide / WINDOW / WINDOW))
    x = windows.view(batch, height // WINDOW, wide // WINDOW, WINDOW, WINDOW, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(batch, height, wide, -1)


class Windowed(nn.Module):
    """Attention inside windows with a table of relative places."""

    index: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn((2 * WINDOW - 1) ** 2, HEADS) * 0.02)
        places = torch.stack(
            torch.meshgrid(torch.arange(WINDOW), torch.arange(WINDOW), indexing="ij")
        ).flatten(1)
        far = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + WINDOW - 1
        self.register_buffer("index", far[..., 0] * (2 * WINDOW - 1) + far[..., 1])
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        scores = (query * (width // HEADS) ** -0.5) @ key.transpose(-2, -1)
        bias = self.table[self.index.view(-1)].view(tokens, tokens, -1).permute(2, 0, 1)
        scores = scores + bias.contiguous().unsqueeze(0)
        if mask is not None:
            count = mask.shape[0]
            scores = scores.view(batch // count, count, HEADS, tokens, tokens)
            scores = (scores + mask.unsqueeze(1).unsqueeze(0)).view(-1, HEADS, tokens, tokens)
        x = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, tokens, width)
        return self.proj(x)


class Block(nn.Module):
    """Swin's block."""

    mask: Tensor | None

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.norm, self.attend, self.shift = nn.LayerNorm(WIDTH), Windowed(), shift
        mask = None
        if shift:
            regions, count = torch.zeros(1, SIDE, SIDE, 1), 0
            parts = (slice(0, -WINDOW), slice(-WINDOW, -shift), slice(-shift, None))
            for rows in parts:
                for columns in parts:
                    regions[:, rows, columns, :] = count
                    count += 1
            flat = cut(regions).squeeze(-1)
            mask = torch.where(flat.unsqueeze(1) != flat.unsqueeze(2), -100.0, 0.0)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        y = self.norm(x).view(batch, SIDE, SIDE, width)
        if self.shift:
            y = torch.roll(y, shifts=(-self.shift, -self.shift), dims=(1, 2))
        y = joined(self.attend(cut(y), self.mask), SIDE, SIDE)
        if self.shift:
            y = torch.roll(y, shifts=(self.shift, self.shift), dims=(1, 2))
        return x + y.view(batch, tokens, width)


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 4, 4)
        self.place = nn.Parameter(torch.randn(1, 17, WIDTH) * 0.02)
        self.whole = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        self.blocks = nn.Sequential(Block(0), Block(2))
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 48, batch_first=True, norm_first=True)
        self.layer, self.score = layer, nn.Linear(WIDTH, 1)
        self.probe = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        self.pool = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.head = nn.Linear(WIDTH, 10)

    def places(self) -> Tensor:
        """DINO's places, made for another grid."""
        grid = self.place[:, 1:].reshape(1, 4, 4, WIDTH).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, scale_factor=2.0, mode="bicubic")
        grid = grid.permute(0, 2, 3, 1).view(1, -1, WIDTH)
        return torch.cat((self.place[:, :1], grid), dim=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.blocks(self.stem(x).flatten(2).transpose(1, 2))
        x = torch.cat((self.whole.expand(x.shape[0], -1, -1), x), dim=1) + self.places()
        x = self.layer(x)
        scores = self.score(x[:, 1:]).squeeze(-1)
        best = scores.topk(16, dim=1)[1].unsqueeze(-1).expand(-1, -1, WIDTH)
        kept = torch.cat((x[:, :1], torch.gather(x[:, 1:], 1, best)), dim=1)
        found = self.pool(self.probe.expand(x.shape[0], -1, -1), kept, kept, need_weights=False)[0]
        return self.head(found.squeeze(1)), x[:, 0]


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Tokens(), 32)
