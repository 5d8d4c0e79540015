"""AlexNet: normalised over near channels, overlapping pools, convolutions in two groups."""

from __future__ import annotations

from torch import nn

from benchmarks.zoo.spec import Built, image


def build(seed: int) -> Built:
    """The network and its input."""
    features = [
        nn.Conv2d(3, 12, 7, 2, 2), nn.ReLU(), nn.LocalResponseNorm(5, 1e-2, 0.75, 2.0),
        nn.MaxPool2d(3, 2), nn.Conv2d(12, 16, 5, padding=2, groups=2), nn.ReLU(),
        nn.LocalResponseNorm(5, 1e-2, 0.75, 2.0), nn.MaxPool2d(3, 2),
        nn.Conv2d(16, 20, 3, padding=1), nn.ReLU(),
        nn.Conv2d(20, 16, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]  # fmt: skip
    head = [
        nn.Flatten(), nn.Dropout(), nn.Linear(64, 32), nn.ReLU(),
        nn.Dropout(), nn.Linear(32, 10), nn.Softmax(dim=1),
    ]  # fmt: skip
    return image(nn.Sequential(*features, *head), 48)
