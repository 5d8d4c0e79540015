"""Borders: reflected, repeated, uneven, blurred; transposed with an odd rest."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


def same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's border, as EfficientNet's ports compute it."""
    height, wide = x.size()[-2:]
    rows = max((-(-height // stride) - 1) * stride + kernel - height, 0)
    columns = max((-(-wide // stride) - 1) * stride + kernel - wide, 0)
    return F.pad(x, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])


class Blur(nn.Module):
    """A fixed kernel for each channel before a stride."""

    kernel: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 2.0, 1.0])
        kernel = line[:, None] * line[None, :] / 16
        self.register_buffer("kernel", kernel[None, None].repeat(width, 1, 1, 1))
        self.pad = nn.ReflectionPad2d([1, 1, 1, 1])

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(self.pad(x), self.kernel, stride=2, groups=x.shape[1])


class Borders(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 8, 5)
        self.three = nn.Conv2d(8, 12, 3, padding=1, padding_mode="replicate")
        self.four = nn.Conv2d(12, 12, 3, padding=(0, 1))
        self.five = nn.Conv2d(12, 12, (1, 5), padding="same")
        self.reflect, self.blur = nn.ReflectionPad2d(2), Blur(12)
        self.six = nn.ConvTranspose2d(12, 8, 3, 2, 1, output_padding=1)
        self.seven = nn.ConvTranspose2d(8, 8, 4, 2, 1)
        self.eight, self.zero = nn.Conv2d(8, 4, 2), nn.ZeroPad2d((0, 1, 0, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(same(x, 3, 2)))
        x = F.relu(self.two(self.reflect(x)))
        x = F.relu(self.three(x))
        x = F.relu(self.four(x))
        x = F.relu(self.five(x))
        x = self.blur(x)
        x = F.relu(self.six(x))
        x = F.relu(self.seven(x))
        return self.eight(self.zero(x))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Borders(), 32)
