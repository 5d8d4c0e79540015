# ruff: noqa: D102 - forward() is described by its class
"""Twins of convolutional networks that listen: CREPE, BasicPitch, SincNet, FSMN, YAMNet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Crepe(nn.Module):
    """Kim et al. 2018: six wide convolutions on 1024 samples, 360 bins of pitch."""

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        outs = [n * scale for n in (32, 4, 4, 4, 8, 16)]
        ins = [1, *outs[:-1]]
        self.convs = nn.ModuleList(
            nn.Conv1d(i, o, 512 if n == 0 else 64, stride=4 if n == 0 else 1)
            for n, (i, o) in enumerate(zip(ins, outs, strict=True))
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(o, eps=0.001) for o in outs)
        self.head = nn.Linear(outs[-1] * 4, 360)

    def forward(self, frame: Tensor) -> Tensor:
        x = frame[:, None]
        for n, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.pad(x, (254, 254) if n == 0 else (31, 32))
            x = F.max_pool1d(norm(torch.relu(conv(x))), 2)
        return torch.sigmoid(self.head(x.permute(0, 2, 1).flatten(1)))


class BasicPitch(nn.Module):
    """Bittner et al. 2022, after the constant-Q transform: stacked harmonics, three outputs."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.shifts = [-36, 0, 36, 57, 72, 84, 93, 101]
        self.contour = nn.Sequential(
            nn.Conv2d(8, width, (3, 39), padding="same"), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, 1, 5, padding="same"), nn.Sigmoid(),
        )  # fmt: skip
        self.note = nn.Sequential(
            nn.Conv2d(1, 32, 7, stride=(1, 3), padding=(3, 2)), nn.ReLU(),
            nn.Conv2d(32, 1, (7, 3), padding="same"), nn.Sigmoid(),
        )  # fmt: skip
        self.onset = nn.Sequential(
            nn.Conv2d(8, 32, 5, stride=(1, 3), padding=(2, 1)), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.onset_out = nn.Conv2d(33, 1, 3, padding="same")

    def forward(self, cqt: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        harmonics = []
        for shift in self.shifts:
            if shift > 0:
                harmonics.append(F.pad(cqt[:, :, :, shift:], (0, shift)))
            elif shift < 0:
                harmonics.append(F.pad(cqt[:, :, :, :shift], (-shift, 0)))
            else:
                harmonics.append(cqt)
        stacked = torch.cat(harmonics, 1)[:, :, :, :264]
        contour = self.contour(stacked)
        note = self.note(contour)
        onset = torch.sigmoid(self.onset_out(torch.cat([note, self.onset(stacked)], 1)))
        return onset, note, contour


class SincConv(nn.Module):
    """Band-pass filters whose edges are learned; the taps follow from them in the graph."""

    def __init__(self, filters: int = 16, kernel: int = 101) -> None:
        super().__init__()
        self.low = nn.Parameter(torch.linspace(30, 3000, filters).view(-1, 1) / 16000)
        self.band = nn.Parameter(torch.linspace(80, 400, filters).view(-1, 1) / 16000)
        n = torch.linspace(0, kernel / 2 - 1, steps=kernel // 2)
        self.register_buffer("window", 0.54 - 0.46 * torch.cos(2 * math.pi * n / kernel))
        self.register_buffer("places", 2 * math.pi * torch.arange(-(kernel // 2), 0).view(1, -1))

    def forward(self, wave: Tensor) -> Tensor:
        low = 0.003 + self.low.abs()
        high = torch.clamp(low + 0.003 + self.band.abs(), 0.003, 0.5)
        band = (high - low)[:, 0]
        left = (torch.sin(high @ self.places) - torch.sin(low @ self.places)) / (self.places / 2)
        left = left * self.window
        taps = torch.cat([left, 2 * band.view(-1, 1), left.flip(1)], 1) / (2 * band[:, None])
        return F.conv1d(wave, taps[:, None])


class SincNet(nn.Module):
    """Ravanelli and Bengio 2018: sinc filters, two convolutions, fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.sinc = SincConv()
        self.convs = nn.ModuleList([nn.Conv1d(16, 12, 5), nn.Conv1d(12, 12, 5)])
        self.norms = nn.ModuleList(
            [nn.LayerNorm([16, 500]), nn.LayerNorm([12, 165]), nn.LayerNorm([12, 53])]
        )
        self.dense = nn.ModuleList([nn.Linear(636, 64), nn.Linear(64, 64)])
        self.dense_norms = nn.ModuleList([nn.BatchNorm1d(64), nn.BatchNorm1d(64)])
        self.head = nn.Linear(64, 10)

    def forward(self, wave: Tensor) -> Tensor:
        x = F.max_pool1d(torch.abs(self.sinc(wave)), 3)
        x = F.leaky_relu(self.norms[0](x), 0.2)
        for conv, norm in zip(self.convs, list(self.norms)[1:], strict=True):
            x = F.leaky_relu(norm(F.max_pool1d(conv(x), 3)), 0.2)
        x = x.flatten(1)
        for dense, norm in zip(self.dense, self.dense_norms, strict=True):
            x = F.leaky_relu(norm(dense(x)), 0.2)
        return self.head(x)


class Memory(nn.Module):
    """FSMN's block: projection, depthwise memory over time with a skip, expansion."""

    def __init__(self, width: int, inner: int, left: int, right: int) -> None:
        super().__init__()
        self.shrink = nn.Linear(width, inner, bias=False)
        self.left = nn.Conv2d(inner, inner, (left, 1), groups=inner, bias=False)
        self.right = nn.Conv2d(inner, inner, (right, 1), groups=inner, bias=False)
        self.sizes = (left, right)
        self.expand = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.shrink(x)
        part = y.unsqueeze(1).permute(0, 3, 2, 1)
        left, right = self.sizes
        past = self.left(F.pad(part, (0, 0, left - 1, 0)))
        future = self.right(F.pad(part, (0, 0, 0, right))[:, :, 1:, :])
        y = (part + past + future).permute(0, 3, 2, 1).squeeze(1)
        return torch.relu(self.expand(y))


class Fsmn(nn.Module):
    """Feedforward sequential memory network, as a detector of speech has it."""

    def __init__(self, depth: int = 4) -> None:
        super().__init__()
        self.front = nn.Sequential(nn.Linear(40, 24), nn.Linear(24, 32), nn.ReLU())
        self.blocks = nn.Sequential(*(Memory(32, 16, 10, 3) for _ in range(depth)))
        self.head = nn.Sequential(nn.Linear(32, 24), nn.Linear(24, 20))

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(self.head(self.blocks(self.front(x))), -1)


class DsCnn(nn.Module):
    """Zhang et al. 2017: one convolution, then depthwise-separable ones of one width, pooled."""

    def __init__(self, depth: int = 4, width: int = 24) -> None:
        super().__init__()

        def unit(conv: nn.Module) -> list[nn.Module]:
            return [conv, nn.BatchNorm2d(width), nn.ReLU()]

        layers = unit(nn.Conv2d(1, width, (10, 4), stride=2, padding=(5, 1)))
        for _ in range(depth):
            layers += unit(nn.Conv2d(width, width, 3, padding=1, groups=width))
            layers += unit(nn.Conv2d(width, width, 1))
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, 12)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))


class Yamnet(nn.Module):
    """MobileNetV1 on patches of a log-mel spectrogram."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        plan = [(1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1)] + [(8, 1)] * 5 + [(16, 2), (16, 1)]
        layers: list[nn.Module] = [nn.Conv2d(1, width, 3, 2, 1), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
        strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
        for (times, _), stride in zip(plan, strides, strict=True):
            after = width * times * 2 if times > 1 else width * 2
            layers += [
                nn.Conv2d(before, before, 3, stride, 1, groups=before), nn.BatchNorm2d(before),
                nn.ReLU(), nn.Conv2d(before, after, 1), nn.BatchNorm2d(after), nn.ReLU(),
            ]  # fmt: skip
            before = after
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(before, 21)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.head(self.body(x).mean((2, 3))))


class Silero(nn.Module):
    """A detector of speech: Fourier filters, four convolutions, one step of an LSTM."""

    def __init__(self, strides: Sequence[int] = (1, 2, 2, 1)) -> None:
        super().__init__()
        self.fourier = nn.Conv1d(1, 66, 64, stride=32, bias=False)
        widths = [33, 32, 16, 16, 32]
        self.convs = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], 3, stride=s, padding=1)
            for i, s in enumerate(strides)
        )
        self.cell = nn.LSTM(32, 32)
        self.head = nn.Conv1d(32, 1, 1)

    def forward(self, wave: Tensor) -> Tensor:
        x = self.fourier(F.pad(wave, (0, 32), mode="reflect")[:, None])
        x = torch.sqrt(x[:, :33] ** 2 + x[:, 33:] ** 2)
        for conv in self.convs:
            x = torch.relu(conv(x))
        y, _ = self.cell(x.permute(2, 0, 1))
        return torch.sigmoid(self.head(torch.relu(y.permute(1, 2, 0)))).mean(2)
