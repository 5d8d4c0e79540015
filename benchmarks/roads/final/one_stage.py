"""YOLOv8: split-and-concatenate blocks, repeated pooling, boxes as means of distributions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

BINS, CLASSES, SIZE, STRIDES = 6, 5, 64, (8, 16)


def unit(cin: int, cout: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNormalization, SiLU."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout, eps=1e-3), nn.SiLU(inplace=True))


class Split(nn.Module):
    def __init__(self, cin: int, cout: int, skip: bool) -> None:
        super().__init__()
        half = cout // 2
        self.skip, self.first, self.last = skip, unit(cin, cout), unit(half * 3, cout)
        self.body = nn.Sequential(unit(half, half, 3), unit(half, half, 3))

    def forward(self, x: Tensor) -> Tensor:
        kept, used = self.first(x).chunk(2, 1)
        made = self.body(used)
        made = used + made if self.skip else made
        return self.last(torch.cat((kept, used, made), 1))


class Pooled(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.last = unit(width, width // 2), unit(width * 2, width)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        one = self.pool(x)
        two = self.pool(one)
        return self.last(torch.cat((x, one, two, self.pool(two)), 1))


class Head(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.boxes = nn.Sequential(unit(width, 12, 3), nn.Conv2d(12, 4 * BINS, 1))
        self.classes = nn.Sequential(unit(width, 12, 3), nn.Conv2d(12, CLASSES, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.boxes(x), self.classes(x)), 1).flatten(2)


def anchors() -> tuple[Tensor, Tensor]:
    """Middles of all cells in cells, and the stride of each."""
    middles, strides = [], []
    for stride in STRIDES:
        places = torch.arange(SIZE // stride) + 0.5
        rows, columns = torch.meshgrid(places, places, indexing="ij")
        middles.append(torch.stack((columns, rows)).flatten(1))
        strides.append(torch.full((1, places.numel() ** 2), float(stride)))
    return torch.cat(middles, 1), torch.cat(strides, 1)


class OneStage(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(unit(3, 8, 3, 2), unit(8, 12, 3, 2), Split(12, 12, True))
        self.fine = nn.Sequential(unit(12, 16, 3, 2), Split(16, 16, True))
        self.coarse = nn.Sequential(unit(16, 20, 3, 2), Pooled(20))
        self.rise, self.down = Split(36, 16, False), unit(16, 16, 3, 2)
        self.sink = Split(36, 20, False)
        self.head1, self.head2 = Head(16), Head(20)
        middles, strides = anchors()
        self.register_buffer("middles", middles)
        self.register_buffer("strides", strides)
        self.register_buffer("bins", torch.arange(BINS, dtype=torch.float32).view(1, 1, BINS, 1))

    def decode(self, x: Tensor) -> Tensor:
        """Boxes by middle and size in pixels above the scores of all classes."""
        boxes, classes = x.split((4 * BINS, CLASSES), 1)
        sides = F.softmax(boxes.view(1, 4, BINS, -1), 2).mul(self.bins).sum(2)
        before, after = sides.chunk(2, 1)
        low, high = self.middles - before, self.middles + after
        boxes = torch.cat(((low + high) / 2, high - low), 1) * self.strides
        return torch.cat((boxes, classes.sigmoid()), 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(self.stem(x))
        coarse = self.coarse(fine)
        risen = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        fine = self.rise(torch.cat((risen, fine), 1))
        coarse = self.sink(torch.cat((self.down(fine), coarse), 1))
        return self.decode(torch.cat((self.head1(fine), self.head2(coarse)), 2))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(OneStage(), SIZE)
