"""Gates over channels and places: SE, ECA, CBAM, coordinates, selected kernels, GCNet, SimAM."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, image


class Eca(nn.Module):
    """A convolution over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.conv = nn.AdaptiveAvgPool2d(1), nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(self.pool(x).squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        return x * torch.sigmoid(y).expand_as(x)


class Cbam(nn.Module):
    """Means and maxima of channels, then of places."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Flatten(), nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, width)
        )
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        size = (x.size(2), x.size(3))
        gate = self.mlp(F.avg_pool2d(x, size)) + self.mlp(F.max_pool2d(x, size))
        x = x * torch.sigmoid(gate).unsqueeze(2).unsqueeze(3).expand_as(x)
        both = torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), dim=1)
        return x * torch.sigmoid(self.conv(both))


class Coordinates(nn.Module):
    """Coordinate attention: means of rows and of columns."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.norm = nn.Conv2d(width, 8, 1), nn.BatchNorm2d(8)
        self.rows, self.columns = nn.Conv2d(8, width, 1), nn.Conv2d(8, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        _, _, height, wide = x.size()
        rows = x.mean(3, keepdim=True)
        columns = x.mean(2, keepdim=True).permute(0, 1, 3, 2)
        y = F.hardswish(self.norm(self.one(torch.cat([rows, columns], dim=2))))
        rows, columns = torch.split(y, [height, wide], dim=2)
        columns = columns.permute(0, 1, 3, 2)
        return x * self.columns(columns).sigmoid() * self.rows(rows).sigmoid()


class Selected(nn.Module):
    """SKNet: a softmax between branches."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(width, width, 3, padding=1)
        self.far = nn.Conv2d(width, width, 3, padding=2, dilation=2)
        self.fc, self.fcs = nn.Linear(width, 8), nn.ModuleList(nn.Linear(8, width) for _ in "ab")

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.stack([F.relu(self.near(x)), F.relu(self.far(x))], dim=1)
        whole = torch.sum(parts, dim=1).mean(-1).mean(-1)
        whole = self.fc(whole)
        gate = torch.stack([fc(whole) for fc in self.fcs], dim=1)
        gate = torch.softmax(gate, dim=1).unsqueeze(-1).unsqueeze(-1)
        return (parts * gate).sum(dim=1)


class Context(nn.Module):
    """GCNet: places weighed by a softmax."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mask = nn.Conv2d(width, 1, 1)
        self.add = nn.Sequential(
            nn.Conv2d(width, 4, 1), nn.LayerNorm([4, 1, 1]), nn.ReLU(), nn.Conv2d(4, width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, width, height, wide = x.size()
        mask = self.mask(x).view(batch, 1, height * wide).softmax(2).unsqueeze(-1)
        found = torch.matmul(x.view(batch, width, height * wide).unsqueeze(1), mask)
        return x + self.add(found.view(batch, width, 1, 1))


class Energy(nn.Module):
    """SimAM: an energy for each value, without weights."""

    def forward(self, x: Tensor) -> Tensor:
        _, _, height, wide = x.size()
        square = (x - x.mean(dim=[2, 3], keepdim=True)).pow(2)
        total = square.sum(dim=[2, 3], keepdim=True) / (height * wide - 1)
        return x * torch.sigmoid(square / (4 * (total + 1e-4)) + 0.5)


class Gates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mid = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 2, 1)
        self.squeeze, self.excite = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.eca, self.cbam, self.coordinates = Eca(), Cbam(16), Coordinates(16)
        self.selected, self.context, self.energy = Selected(16), Context(16), Energy()
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        gate = self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
        x = self.coordinates(self.cbam(self.eca(x * F.hardsigmoid(gate))))
        x = F.relu(self.mid(x))
        x = self.energy(self.context(self.selected(x)))
        return self.head(x.mean(3).mean(2))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Gates(), (48, 32))
