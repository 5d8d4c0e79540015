"""Detection heads: expected distances, decoded boxes, anchors, scaled exponents, joined levels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image

BINS, CLASSES, ANCHORS = 8, 5, 3


class Distances(nn.Module):
    """YOLOv8's integral: a softmax over bins, weighed by a fixed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(BINS, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(BINS, dtype=torch.float).view(1, BINS, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, places = x.shape
        x = x.view(batch, 4, BINS, places).transpose(2, 1).softmax(1)
        return self.conv(x).view(batch, 4, places)


class Decoupled(nn.Module):
    """YOLOv8: boxes and classes of all levels side by side."""

    def __init__(self, widths: tuple[int, int]) -> None:
        super().__init__()
        self.boxes = nn.ModuleList(nn.Conv2d(width, 4 * BINS, 1) for width in widths)
        self.classes = nn.ModuleList(nn.Conv2d(width, CLASSES, 1) for width in widths)
        self.distances = Distances()

    def forward(self, levels: list[Tensor]) -> Tensor:
        flat, centres, strides = [], [], []
        for level, x in enumerate(levels):
            both = torch.cat((self.boxes[level](x), self.classes[level](x)), 1)
            _, _, height, wide = x.shape
            flat.append(both.view(x.shape[0], 4 * BINS + CLASSES, -1))
            rows, columns = torch.meshgrid(
                torch.arange(height) + 0.5, torch.arange(wide) + 0.5, indexing="ij"
            )
            centres.append(torch.stack((columns, rows), -1).view(-1, 2))
            strides.append(torch.full((height * wide, 1), 4.0 * 2**level))
        centre, stride = torch.cat(centres).transpose(0, 1), torch.cat(strides).transpose(0, 1)
        boxes, classes = torch.cat(flat, 2).split((4 * BINS, CLASSES), 1)
        near, far = self.distances(boxes).chunk(2, 1)
        low, high = centre.unsqueeze(0) - near, centre.unsqueeze(0) + far
        boxes = torch.cat(((low + high) / 2, high - low), 1) * stride
        return torch.cat((boxes, classes.sigmoid()), 1)


class Anchored(nn.Module):
    """YOLOv5: offsets to cells and factors of anchors."""

    grid: Tensor
    anchors: Tensor

    def __init__(self, width: int, height: int, wide: int) -> None:
        super().__init__()
        self.conv, self.outputs = nn.Conv2d(width, ANCHORS * (5 + CLASSES), 1), 5 + CLASSES
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(wide), indexing="ij")
        grid = torch.stack((columns, rows), 2).float() - 0.5
        self.register_buffer("grid", grid.expand(1, ANCHORS, height, wide, 2).contiguous())
        sizes = torch.tensor([10.0, 13, 16, 30, 33, 23]).view(1, ANCHORS, 1, 1, 2)
        self.register_buffer("anchors", sizes.expand(1, ANCHORS, height, wide, 2).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        batch, _, height, wide = x.shape
        x = x.view(batch, ANCHORS, self.outputs, height, wide).permute(0, 1, 3, 4, 2).contiguous()
        place, size, rest = x.sigmoid().split((2, 2, CLASSES + 1), 4)
        place, size = (place * 2 + self.grid) * 8.0, (size * 2) ** 2 * self.anchors
        return torch.cat((place, size, rest), 4).view(batch, -1, self.outputs)


class Fully(nn.Module):
    """FCOS: distances by scaled exponents, a centre-ness that weighs the scores."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.GroupNorm(4, width), nn.ReLU()
        )
        self.boxes, self.classes = nn.Conv2d(width, 4, 3, padding=1), nn.Conv2d(width, CLASSES, 1)
        self.centre, self.scale = nn.Conv2d(width, 1, 1), nn.Parameter(torch.tensor([1.0]))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.tower(x)
        boxes = torch.exp(self.boxes(x) * self.scale)
        scores = torch.sqrt(self.classes(x).sigmoid() * self.centre(x).sigmoid())
        scores = scores.permute(0, 2, 3, 1).reshape(x.shape[0], -1, CLASSES)
        return boxes.permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4), scores


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 16, 3, 4, 1), nn.Conv2d(16, 24, 3, 2, 1)
        self.one, self.two, self.three = Decoupled((16, 24)), Anchored(24, 6, 8), Fully(16)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = F.silu(self.stem(x))
        y = F.silu(self.down(x))
        return self.one([x, y]), self.two(y), *self.three(x)


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Heads(), (48, 64))
