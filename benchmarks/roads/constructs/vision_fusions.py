"""Affinities of places and channels, context heads, soft peaks, coordinates, outer products."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class NonLocal(nn.Module):
    """The embedded Gaussian of non-local networks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta, self.phi, self.g = (nn.Conv2d(width, width // 2, 1) for _ in range(3))
        self.out, self.pool = nn.Conv2d(width // 2, width, 1), nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.shape
        value = self.pool(self.g(x)).view(batch, width // 2, -1).permute(0, 2, 1)
        query = self.theta(x).view(batch, width // 2, -1).permute(0, 2, 1)
        key = self.pool(self.phi(x)).view(batch, width // 2, -1)
        found = torch.matmul(F.softmax(torch.matmul(query, key), dim=-1), value)
        found = found.permute(0, 2, 1).contiguous().view(batch, width // 2, height, wide)
        return self.out(found) + x


class Channels(nn.Module):
    """DANet's attention between channels; far ones count."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.size()
        flat = x.view(batch, width, -1)
        energy = torch.bmm(flat, flat.permute(0, 2, 1))
        energy = torch.max(energy, -1, keepdim=True)[0].expand_as(energy) - energy
        found = torch.bmm(torch.softmax(energy, dim=-1), flat).view(batch, width, height, wide)
        return self.gamma * found + x


class Places(nn.Module):
    """DANet's and SAGAN's attention between places."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(width, 4, 1), nn.Conv2d(width, 4, 1)
        self.value, self.gamma = nn.Conv2d(width, width, 1), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.size()
        query = self.query(x).view(batch, -1, height * wide).permute(0, 2, 1)
        key = self.key(x).view(batch, -1, height * wide)
        scores = torch.softmax(torch.bmm(query, key), dim=-1)
        value = self.value(x).view(batch, -1, height * wide)
        found = torch.bmm(value, scores.permute(0, 2, 1)).view(batch, width, height, wide)
        return self.gamma * found + x


class Objects(nn.Module):
    """OCR: regions by a softmax over places, then pixels by regions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.classes = nn.Conv2d(width, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, width, _, _ = x.shape
        maps = F.softmax(self.classes(x).view(batch, 5, -1), dim=2)
        found = torch.matmul(maps, x.view(batch, width, -1).permute(0, 2, 1))
        return found.permute(0, 2, 1).unsqueeze(3)


class Peaks(nn.Module):
    """The mean place of each heat map."""

    def forward(self, x: Tensor) -> Tensor:
        batch, count, height, wide = x.shape
        heat = F.softmax(x.reshape(batch, count, height * wide), 2).view(batch, count, height, wide)
        columns = torch.arange(wide, dtype=torch.float32) / (wide - 1)
        rows = torch.arange(height, dtype=torch.float32) / (height - 1)
        across = (heat.sum(dim=2) * columns).sum(dim=2, keepdim=True)
        down = (heat.sum(dim=3) * rows).sum(dim=2, keepdim=True)
        return torch.cat((across, down), dim=2)


def placed(x: Tensor) -> Tensor:
    """CoordConv: the place of each pixel as two more channels."""
    rows = torch.linspace(-1, 1, x.shape[2])
    columns = torch.linspace(-1, 1, x.shape[3])
    down, across = torch.meshgrid(rows, columns, indexing="ij")
    grid = torch.stack((across, down)).unsqueeze(0).expand(x.shape[0], -1, -1, -1)
    return torch.cat([x, grid], 1)


class Fusions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mid = nn.Conv2d(5, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 2, 1)
        self.near, self.far, self.channels = NonLocal(16), Places(16), Channels()
        self.objects, self.join = Objects(16), nn.Conv2d(16, 8, (1, 1))
        self.maps, self.peaks, self.head = nn.Conv2d(16, 4, 1), Peaks(), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.near(F.relu(self.stem(placed(x))))
        x = F.relu(self.mid(x))
        x = self.far(x) + self.channels(x)
        found = self.join(self.objects(x))
        flat = self.join(x).flatten(2)
        outer = torch.einsum("bin,bjn->bij", flat, flat) / flat.shape[2]
        outer = outer.reshape(outer.size(0), -1)
        outer = torch.sign(outer) * torch.sqrt(outer.abs() + 1e-5)
        return self.peaks(self.maps(x)), found, self.head(F.normalize(outer))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Fusions(), 32)
