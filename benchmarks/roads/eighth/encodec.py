"""EnCodec's decoder as shipped, weight norm merged: codes of several books become a waveform."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTH, FILTERS, RATIOS, BOOKS, CODES, FRAMES = 32, 8, (8, 5, 4, 2), 4, 64, 12


class Quantizer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Embedding(CODES, WIDTH) for _ in range(BOOKS))

    def decode(self, codes: Tensor) -> Tensor:
        total = torch.tensor(0.0)
        for index, layer in enumerate(self.layers):
            total = total + layer(codes[index]).permute(0, 2, 1)
        return total


class EncodecConv1d(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.conv, self.padding = nn.Conv1d(cin, cout, kernel), kernel - 1

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (self.padding, 0), mode="reflect"))


class EncodecConvTranspose1d(nn.Module):
    def __init__(self, cin: int, cout: int, ratio: int) -> None:
        super().__init__()
        self.conv, self.padding = nn.ConvTranspose1d(cin, cout, ratio * 2, ratio), ratio

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x[..., : x.shape[-1] - self.padding]


class EncodecLSTM(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(2, 0, 1)
        return (self.lstm(x)[0] + x).permute(1, 2, 0)


class EncodecResnetBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.ELU(),
            EncodecConv1d(width, width // 2, 3),
            nn.ELU(),
            EncodecConv1d(width // 2, width, 1),
        )
        self.shortcut = EncodecConv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.block(x)


class EncodecDecoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quantizer = Quantizer()
        width = FILTERS * 2 ** len(RATIOS)
        layers: list[nn.Module] = [EncodecConv1d(WIDTH, width, 7), EncodecLSTM(width)]
        for ratio in RATIOS:
            layers += [nn.ELU(), EncodecConvTranspose1d(width, width // 2, ratio)]
            layers.append(EncodecResnetBlock(width // 2))
            width //= 2
        self.layers = nn.Sequential(*layers, nn.ELU(), EncodecConv1d(width, 1, 7))

    def forward(self, codes: Tensor) -> Tensor:
        return self.layers(self.quantizer.decode(codes.transpose(0, 1)))


def build(seed: int) -> Built:
    """The network and its input, codes of every book."""
    return Built(EncodecDecoder(), {"codes": torch.randint(0, 32, (1, BOOKS, FRAMES))})
