# ruff: noqa: D102 - forward() is described by its class
"""The first ten families: networks in PyTorch, each in the manner of some public code."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# --- ECAPA-TDNN ----------------------------------------------------------------------------------


class Tdnn(nn.Module):
    """Convolution, ReLU, BatchNorm; padded by reflection, as speechbrain does."""

    def __init__(self, cin: int, cout: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.pad = dilation * (kernel - 1) // 2
        self.conv = nn.Conv1d(cin, cout, kernel, dilation=dilation)
        self.norm = nn.BatchNorm1d(cout)

    def forward(self, x: Tensor) -> Tensor:
        if self.pad:
            x = F.pad(x, (self.pad, self.pad), mode="reflect")
        return self.norm(F.relu(self.conv(x)))


class SpeechbrainBlock(nn.Module):
    """TDNN, Res2Net convolutions over eight parts, TDNN, squeeze and excitation, skip."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.first, self.last = Tdnn(width, width, 1), Tdnn(width, width, 1)
        part = width // 8
        self.parts = nn.ModuleList(Tdnn(part, part, 3, dilation) for _ in range(7))
        self.down, self.up = nn.Conv1d(width, 16, 1), nn.Conv1d(16, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        done: list[Tensor] = []
        for i, part in enumerate(torch.chunk(self.first(x), 8, dim=1)):
            if i == 0:
                done.append(part)
            else:
                done.append(self.parts[i - 1](part if i == 1 else part + done[-1]))
        y = self.last(torch.cat(done, 1))
        gate = torch.sigmoid(self.up(torch.relu(self.down(y.mean(2, keepdim=True)))))
        return gate * y + x


class SpeechbrainEcapa(nn.Module):
    """ECAPA-TDNN of speechbrain: attention sees the mean and deviation of all frames."""

    def __init__(self, width: int, dim: int = 48) -> None:
        super().__init__()
        self.stem = Tdnn(40, width, 5)
        self.blocks = nn.ModuleList(SpeechbrainBlock(width, d) for d in (2, 3, 4))
        self.mix = Tdnn(3 * width, 3 * width, 1)
        self.near, self.score = Tdnn(9 * width, 32, 1), nn.Conv1d(32, 3 * width, 1)
        self.norm, self.head = nn.BatchNorm1d(6 * width), nn.Conv1d(6 * width, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, found = self.stem(x), []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        x = self.mix(torch.cat(found, 1))
        mean, std = x.mean(2, keepdim=True), x.var(2, keepdim=True, unbiased=False)
        std = std.clamp(min=1e-6).sqrt()
        wide = torch.cat([x, mean.expand_as(x), std.expand_as(x)], 1)
        weight = torch.softmax(self.score(torch.tanh(self.near(wide))), 2)
        mean = (weight * x).sum(2)
        std = ((weight * (x - mean.unsqueeze(2)).pow(2)).sum(2)).clamp(min=1e-12).sqrt()
        return self.head(self.norm(torch.cat([mean, std], 1)).unsqueeze(2))


class RuijieBlock(nn.Module):
    """The same block of another repository: slices, sums before, convolutions padded by zeros."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        part = width // 8
        self.part = part
        self.conv1, self.bn1 = nn.Conv1d(width, width, 1), nn.BatchNorm1d(width)
        self.convs = nn.ModuleList(
            nn.Conv1d(part, part, 3, dilation=dilation, padding=dilation) for _ in range(7)
        )
        self.bns = nn.ModuleList(nn.BatchNorm1d(part) for _ in range(7))
        self.conv3, self.bn3 = nn.Conv1d(width, width, 1), nn.BatchNorm1d(width)
        self.se = nn.Sequential(
            nn.AdaptiveAvgPool1d(1), nn.Conv1d(width, 16, 1), nn.ReLU(), nn.BatchNorm1d(16),
            nn.Conv1d(16, width, 1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(F.relu(self.conv1(x)))
        parts = torch.split(y, self.part, 1)
        out = last = self.bns[0](F.relu(self.convs[0](parts[0])))
        for i in range(1, 7):
            last = self.bns[i](F.relu(self.convs[i](last + parts[i])))
            out = torch.cat((out, last), 1)
        y = torch.cat((out, parts[7]), 1)
        y = self.bn3(F.relu(self.conv3(y)))
        return y * self.se(y) + x


class RuijieEcapa(nn.Module):
    """ECAPA-TDNN in the manner of TaoRuijie: each block reads the sum of those before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv1d(80, width, 5, padding=2), nn.BatchNorm1d(width)
        self.blocks = nn.ModuleList(RuijieBlock(width, d) for d in (2, 3, 4))
        self.mix = nn.Conv1d(3 * width, 96, 1)
        self.attention = nn.Sequential(
            nn.Conv1d(3 * 96, 32, 1), nn.ReLU(), nn.BatchNorm1d(32), nn.Tanh(),
            nn.Conv1d(32, 96, 1), nn.Softmax(dim=2),
        )  # fmt: skip
        self.bn5, self.fc6, self.bn6 = nn.BatchNorm1d(192), nn.Linear(192, 24), nn.BatchNorm1d(24)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(F.relu(self.conv1(x)))
        a = self.blocks[0](x)
        b = self.blocks[1](x + a)
        c = self.blocks[2](x + a + b)
        x = F.relu(self.mix(torch.cat((a, b, c), 1)))
        t = x.size(-1)
        mean = x.mean(2, keepdim=True).repeat(1, 1, t)
        std = torch.sqrt(torch.var(x, 2, keepdim=True).clamp(min=1e-4)).repeat(1, 1, t)
        w = self.attention(torch.cat((x, mean, std), 1))
        mu = torch.sum(x * w, 2)
        sg = torch.sqrt((torch.sum((x**2) * w, 2) - mu**2).clamp(min=1e-4))
        return self.bn6(self.fc6(self.bn5(torch.cat((mu, sg), 1))))


# --- QuartzNet -----------------------------------------------------------------------------------


def separable(cin: int, cout: int, kernel: int, relu: bool = True) -> nn.Sequential:
    """A depthwise convolution over time, a pointwise one, BatchNorm, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv1d(cin, cin, kernel, padding=kernel // 2, groups=cin, bias=False),
        nn.Conv1d(cin, cout, 1, bias=False),
        nn.BatchNorm1d(cout),
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


class JasperBlock(nn.Module):
    """Separable convolutions, a projected skip, ReLU after the sum."""

    def __init__(self, cin: int, cout: int, kernel: int, repeat: int) -> None:
        super().__init__()
        inner = [separable(cin if i == 0 else cout, cout, kernel) for i in range(repeat - 1)]
        self.body = nn.Sequential(*inner, separable(cout, cout, kernel, relu=False))
        self.skip = nn.Sequential(nn.Conv1d(cin, cout, 1, bias=False), nn.BatchNorm1d(cout))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.skip(x))


class QuartzNet(nn.Module):
    """QuartzNet in the manner of NeMo, B blocks of R separable convolutions."""

    def __init__(self, blocks: int, repeat: int, width: int, features: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(features, features, 33, 2, 16, groups=features, bias=False),
            nn.Conv1d(features, width, 1, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
        )  # fmt: skip
        kernels = [33, 39, 51, 63, 75]
        self.body = nn.Sequential(*(
            JasperBlock(width, width, kernels[i * 5 // blocks], repeat) for i in range(blocks)
        ))  # fmt: skip
        self.late = separable(width, 2 * width, 87)
        self.last = nn.Sequential(nn.Conv1d(2 * width, 64, 1), nn.BatchNorm1d(64), nn.ReLU())
        self.head = nn.Conv1d(64, 29, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.last(self.late(self.body(self.stem(x))))
        return F.log_softmax(self.head(x).transpose(1, 2), -1)


# --- gMLP ----------------------------------------------------------------------------------------


class GmlpBlock(nn.Module):
    """A spatial gating unit between two projections, as lucidrains writes it."""

    def __init__(self, dim: int, inner: int, length: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(dim), nn.Linear(dim, inner), nn.Linear(
            inner // 2, dim)  # fmt: skip
        self.gate_norm = nn.LayerNorm(inner // 2)
        self.weight = nn.Parameter(torch.randn(1, length, length) * 0.02)
        self.bias = nn.Parameter(torch.ones(1, length))

    def forward(self, x: Tensor) -> Tensor:
        y = F.gelu(self.up(self.norm(x)))
        left, gate = y.chunk(2, dim=-1)
        gate = F.conv1d(self.gate_norm(gate), self.weight[0].unsqueeze(-1), self.bias[0])
        return self.down(gate * left) + x


class Gmlp(nn.Module):
    """gMLP over image patches."""

    def __init__(self, dim: int, depth: int, size: int, patch: int = 16) -> None:
        super().__init__()
        length = (size // patch) ** 2
        self.embed = nn.Conv2d(3, dim, patch, patch)
        self.blocks = nn.Sequential(*(GmlpBlock(dim, 4 * dim, length) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.embed(x).flatten(2).transpose(1, 2))
        return self.head(self.norm(x).mean(1))


# --- N-BEATS -------------------------------------------------------------------------------------


class BeatsBlock(nn.Module):
    """Four dense layers; one projection for the backcast and one for the forecast."""

    def __init__(self, back: int, ahead: int, width: int, theta: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(back, width), nn.Linear(width, width)
        self.fc3, self.fc4 = nn.Linear(width, width), nn.Linear(width, width)
        self.theta_b = nn.Linear(width, theta)
        self.theta_f = nn.Linear(width, theta)
        self.back, self.ahead = nn.Linear(theta, back), nn.Linear(theta, ahead)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for layer in (self.fc1, self.fc2, self.fc3, self.fc4):
            x = F.relu(layer(x))
        return self.back(self.theta_b(x)), self.ahead(self.theta_f(x))


class Beats(nn.Module):
    """N-BEATS, generic, in the manner of philipperemy."""

    def __init__(self, blocks: int, width: int, back: int = 40, ahead: int = 8) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(BeatsBlock(back, ahead, width, 8) for _ in range(blocks))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total = torch.zeros(x.shape[0], 8)
        for block in self.blocks:
            back, ahead = block(x)
            x, total = x - back, total + ahead
        return x, total
