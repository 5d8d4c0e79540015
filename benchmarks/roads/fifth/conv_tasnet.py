"""Conv-TasNet: learnt frames of a wave, dilated blocks normed over all, a mask for each speaker."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built

FRAMES, NARROW, WIDE, WINDOW, SPEAKERS, LENGTH = 20, 12, 24, 8, 2, 120
STRIDE = WINDOW // 2


class DepthConv1d(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.conv1, self.act1 = nn.Conv1d(NARROW, WIDE, 1), nn.PReLU()
        self.conv2 = nn.Conv1d(WIDE, WIDE, 3, 1, dilation, dilation, WIDE)
        self.norm1, self.norm2 = nn.GroupNorm(1, WIDE, 1e-8), nn.GroupNorm(1, WIDE, 1e-8)
        self.act2 = nn.PReLU()
        self.change, self.skip = nn.Conv1d(WIDE, NARROW, 1), nn.Conv1d(WIDE, NARROW, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.norm1(self.act1(self.conv1(x)))
        y = self.norm2(self.act2(self.conv2(y)))
        return self.change(y), self.skip(y)


class Separator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.narrow = nn.GroupNorm(1, FRAMES, 1e-8), nn.Conv1d(FRAMES, NARROW, 1)
        self.blocks = nn.ModuleList(DepthConv1d(2**i) for _ in range(2) for i in range(3))
        self.output = nn.Sequential(nn.PReLU(), nn.Conv1d(NARROW, SPEAKERS * FRAMES, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.narrow(self.norm(x))
        total = 0.0
        for block in self.blocks:
            change, skip = block(x)
            x = x + change
            total = total + skip
        return self.output(total)


class ConvTasNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Conv1d(1, FRAMES, WINDOW, STRIDE, bias=False)
        self.separator = Separator()
        self.decoder = nn.ConvTranspose1d(FRAMES, 1, WINDOW, STRIDE, bias=False)

    def forward(self, wave: Tensor) -> Tensor:
        batch = wave.shape[0]
        border = torch.zeros(batch, 1, STRIDE)
        frames = self.encoder(torch.cat([border, wave.unsqueeze(1), border], 2))
        masks = torch.sigmoid(self.separator(frames)).view(batch, SPEAKERS, FRAMES, -1)
        masked = frames.unsqueeze(1) * masks
        out = self.decoder(masked.view(batch * SPEAKERS, FRAMES, -1))
        return out[:, :, STRIDE:-STRIDE].contiguous().view(batch, SPEAKERS, -1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(ConvTasNet(), {"wave": torch.randn(1, LENGTH)})
