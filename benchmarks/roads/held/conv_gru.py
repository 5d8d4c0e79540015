"""Speech recogniser: strided convolutions over a spectrogram, clipped ReLU, GRUs both ways."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


class ConvGru(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, (11, 5), (2, 2), (5, 2)), nn.BatchNorm2d(8), nn.Hardtanh(0.0, 20.0),
            nn.Conv2d(8, 8, (7, 5), (2, 1), (3, 2)), nn.BatchNorm2d(8), nn.Hardtanh(0.0, 20.0),
        )  # fmt: skip
        self.gru1 = nn.GRU(64, 12, batch_first=True, bidirectional=True)
        self.gru2 = nn.GRU(24, 12, batch_first=True, bidirectional=True)
        self.head = nn.Linear(24, 20)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        batch, channels, bands, steps = x.shape
        x = x.permute(0, 3, 1, 2).reshape(batch, steps, channels * bands)
        x, _ = self.gru1(x)
        x, _ = self.gru2(x)
        return self.head(x).softmax(-1)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(ConvGru(), (32, 40), channels=1)
