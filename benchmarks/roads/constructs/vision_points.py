"""Points: neighbours by distance, features of edges, a learnt turn, the greatest of a group."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

NEAR, POINTS = 6, 32


def neighbours(x: Tensor) -> Tensor:
    """DGCNN's nearest points."""
    inner = -2 * torch.matmul(x.transpose(2, 1), x)
    square = torch.sum(x**2, dim=1, keepdim=True)
    distance = -square - inner - square.transpose(2, 1)
    return distance.topk(k=NEAR, dim=-1)[1]


def edges(x: Tensor) -> Tensor:
    """A point beside its difference from each neighbour."""
    batch, width, count = x.shape
    index = neighbours(x)
    index = (index + torch.arange(batch).view(-1, 1, 1) * count).view(-1)
    x = x.transpose(2, 1).contiguous()
    near = x.view(batch * count, -1)[index, :].view(batch, count, NEAR, width)
    x = x.view(batch, count, 1, width).repeat(1, 1, NEAR, 1)
    return torch.cat((near - x, x), dim=3).permute(0, 3, 1, 2).contiguous()


class Turn(nn.Module):
    """PointNet's T-Net: a matrix near the identity."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv1d(3, 16, 1), nn.Conv1d(16, 24, 1)
        self.norm, self.fc, self.out = nn.BatchNorm1d(16), nn.Linear(24, 16), nn.Linear(16, 9)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.two(F.relu(self.norm(self.one(x)))))
        x = torch.max(x, 2, keepdim=True)[0].view(-1, 24)
        x = self.out(F.relu(self.fc(x)))
        return (x + torch.eye(3).flatten().view(1, 9)).view(-1, 3, 3)


class Local(nn.Module):
    """Point Transformer's attention of vectors, between a point and all others."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.place = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width))
        self.weigh = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        far = self.place(places[:, :, None] - places[:, None])
        scores = self.weigh(self.q(x)[:, :, None] - self.k(x)[:, None] + far)
        scores = F.softmax(scores / scores.size(-1) ** 0.5, dim=-2)
        return torch.einsum("bmnf,bmnf->bmf", scores, self.v(x)[:, None] + far) + x


class Points(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.turn = Turn()
        self.edge = nn.Sequential(
            nn.Conv2d(6, 16, 1, bias=False), nn.BatchNorm2d(16), nn.LeakyReLU(0.2)
        )
        self.local, self.wide = Local(16), nn.Conv1d(16, 32, 1, bias=False)
        self.norm, self.head = nn.BatchNorm1d(32), nn.Linear(64, 10)

    def forward(self, points: Tensor) -> Tensor:
        turned = torch.bmm(points.transpose(2, 1), self.turn(points)).transpose(2, 1)
        x = self.edge(edges(turned)).max(dim=-1, keepdim=False)[0]
        x = self.local(x.transpose(1, 2), turned.transpose(1, 2)).transpose(1, 2)
        x = F.leaky_relu(self.norm(self.wide(x)), negative_slope=0.2)
        most = F.adaptive_max_pool1d(x, 1).view(x.size(0), -1)
        mean = F.adaptive_avg_pool1d(x, 1).view(x.size(0), -1)
        return F.log_softmax(self.head(torch.cat((most, mean), 1)), dim=1)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Points(), {"points": torch.randn(1, 3, POINTS)})
