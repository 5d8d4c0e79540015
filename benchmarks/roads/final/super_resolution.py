"""SRResNet: residuals with PReLU, a skip over all of them, pixels shuffled out of channels."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image

WIDTH = 12


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.BatchNorm2d(WIDTH), nn.PReLU(),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.BatchNorm2d(WIDTH),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class SuperResolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, WIDTH, 5, padding=2), nn.PReLU())
        self.body = nn.Sequential(Residual(), Residual(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1))
        self.grow = nn.Sequential(
            nn.Conv2d(WIDTH, 4 * WIDTH, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(WIDTH)
        )
        self.last = nn.Sequential(nn.Conv2d(WIDTH, 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.last(self.grow(x + self.body(x))).clamp(0.0, 1.0)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(SuperResolution(), 16, channels=1)
