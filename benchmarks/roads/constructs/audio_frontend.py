"""A speech front end in the graph: pre-emphasis, a transform as convolution, mel, subsampling."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

SAMPLES, SIZE, HOP, MELS, WIDTH = 640, 32, 16, 16, 24


class Frontend(nn.Module):
    """Power of a windowed transform, mel bands, decibels, norm of each feature over time."""

    def __init__(self) -> None:
        super().__init__()
        index = torch.arange(SIZE).float()
        angle = 2 * torch.pi * torch.arange(SIZE // 2 + 1).float()[:, None] * index[None] / SIZE
        window = torch.hann_window(SIZE)
        self.register_buffer("real", (torch.cos(angle) * window)[:, None])
        self.register_buffer("imag", (-torch.sin(angle) * window)[:, None])
        self.register_buffer("mel", torch.rand(SIZE // 2 + 1, MELS))

    def forward(self, wave: Tensor) -> Tensor:
        wave = torch.cat([wave[:, :1], wave[:, 1:] - 0.97 * wave[:, :-1]], dim=1)
        wave = F.pad(wave.unsqueeze(1), (SIZE // 2, SIZE // 2), mode="reflect")
        real = F.conv1d(wave, self.real, stride=HOP)
        imag = F.conv1d(wave, self.imag, stride=HOP)
        power = real.pow(2) + imag.pow(2)
        bands = torch.matmul(power.transpose(1, 2), self.mel)
        x = 10.0 * torch.log10(torch.clamp(bands, min=1e-10))
        mean, std = x.mean(dim=1, keepdim=True), x.std(dim=1, keepdim=True)
        return (x - mean) / (std + 1e-5)


class Subsampling(nn.Module):
    """Two convolutions of stride two, channels and bands made one axis."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.ReLU()
        )
        self.out = nn.Linear(8 * (((MELS - 1) // 2 - 1) // 2), WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x.unsqueeze(1))
        b, c, t, f = x.size()
        return self.out(x.transpose(1, 2).contiguous().view(b, t, c * f))


class Separable(nn.Module):
    """QuartzNet's: deep over time, point, norm."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.deep = nn.Conv1d(WIDTH, WIDTH, kernel, padding=kernel // 2, groups=WIDTH, bias=False)
        self.point = nn.Conv1d(WIDTH, WIDTH, 1, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.point(self.deep(x))) + x)


class Recogniser(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.frontend, self.subsampling = Frontend(), Subsampling()
        self.one, self.two = Separable(5), Separable(3)
        self.decoder = nn.Conv1d(WIDTH, 29, 1)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        x = self.subsampling(self.frontend(wave)).transpose(1, 2)
        x = self.decoder(self.two(self.one(x)))
        found = F.log_softmax(x.transpose(1, 2), dim=-1)
        return found, found.argmax(dim=-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Recogniser(), {"wave": torch.randn(1, SAMPLES)})
