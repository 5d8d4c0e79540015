"""MLP-Mixer: dense layers over patches and over channels in turn, no attention."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


def mlp(width: int, wide: int) -> nn.Sequential:
    """Two dense layers around GELU."""
    return nn.Sequential(nn.Linear(width, wide), nn.GELU(), nn.Linear(wide, width))


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(24, 1e-6), nn.LayerNorm(24, 1e-6)
        self.tokens, self.channels = mlp(16, 20), mlp(24, 48)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class MlpMixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 8, 8)
        self.layers = nn.Sequential(Mixer(), Mixer(), Mixer())
        self.norm, self.head = nn.LayerNorm(24, 1e-6), nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.layers(x)).mean(dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(MlpMixer(), 32)
