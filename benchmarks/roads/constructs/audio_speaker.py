"""Parts of speaker networks: Res2, squeeze and excite, attentive statistics, norms over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

BANDS, FRAMES, WIDTH, SCALE = 12, 24, 16, 4


class Res2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        part = WIDTH // SCALE
        self.convs = nn.ModuleList(
            nn.Conv1d(part, part, 3, padding=2, dilation=2) for _ in range(SCALE - 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(part) for _ in range(SCALE - 1))

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.chunk(x, SCALE, dim=1)
        found = [parts[0]]
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            y = parts[i + 1] if i == 0 else parts[i + 1] + found[-1]
            found.append(norm(F.relu(conv(y))))
        return torch.cat(found, dim=1)


class Squeeze(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(WIDTH, 8), nn.Linear(8, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.one(x.mean(dim=2)))
        return x * torch.sigmoid(self.two(y)).unsqueeze(2)


class GlobalNorm(nn.Module):
    """Conv-TasNet's gLN: over channels and time, by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, WIDTH, 1))
        self.beta = nn.Parameter(torch.zeros(1, WIDTH, 1))

    def forward(self, y: Tensor) -> Tensor:
        mean = y.mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
        power = torch.pow(y - mean, 2).mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
        return self.gamma * (y - mean) / torch.pow(power + 1e-8, 0.5) + self.beta


class ChannelNorm(nn.Module):
    """cLN: over channels, for each step."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(WIDTH, 1))
        self.beta = nn.Parameter(torch.zeros(WIDTH, 1))

    def forward(self, x: Tensor) -> Tensor:
        mean = torch.mean(x, dim=1, keepdim=True)
        var = torch.var(x, dim=1, keepdim=True, unbiased=False)
        return self.gamma * ((x - mean) / torch.sqrt(var + 1e-8)) + self.beta


class Statistics(nn.Module):
    """ECAPA's attentive pooling, with the whole's mean and deviation beside each step."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv1d(3 * WIDTH, 8, 1), nn.Conv1d(8, WIDTH, 1)
        self.norm = nn.BatchNorm1d(2 * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        t = x.size(-1)
        mean = torch.mean(x, dim=2, keepdim=True).repeat(1, 1, t)
        deviation = torch.sqrt(torch.var(x, dim=2, keepdim=True).clamp(min=1e-4)).repeat(1, 1, t)
        weights = torch.tanh(self.one(torch.cat((x, mean, deviation), dim=1)))
        weights = torch.softmax(self.two(weights), dim=2)
        mu = torch.sum(x * weights, dim=2)
        sigma = torch.sqrt((torch.sum((x**2) * weights, dim=2) - mu**2).clamp(min=1e-4))
        return self.norm(torch.cat((mu, sigma), 1))


class Speaker(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.instance = nn.InstanceNorm1d(BANDS)
        self.start = nn.Conv1d(BANDS, WIDTH, 5, padding=2)
        self.res2, self.squeeze = Res2(), Squeeze()
        self.whole, self.channel = GlobalNorm(), ChannelNorm()
        self.group = nn.GroupNorm(4, WIDTH)
        self.one, self.two = nn.Conv1d(WIDTH, WIDTH, 1), nn.Conv1d(WIDTH, WIDTH, 1)
        self.three = nn.Conv1d(WIDTH, WIDTH, 1)
        self.pool, self.head = Statistics(), nn.Linear(4 * WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.start(self.instance(x)))
        x = x + self.squeeze(self.res2(x))
        x = F.relu(self.one(self.whole(x)))
        x = F.relu(self.two(self.channel(x)))
        x = F.relu(self.three(self.group(x)))
        plain = torch.cat([x.mean(-1), x.std(-1)], dim=-1)
        x = self.head(torch.cat([self.pool(x), plain], dim=1))
        return F.normalize(x)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Speaker(), {"x": torch.randn(1, BANDS, FRAMES)}, {"x": {0: "batch", 2: "time"}})
