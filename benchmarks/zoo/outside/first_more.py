# ruff: noqa: D102 - forward() is described by its class
"""The first ten families: more networks in PyTorch."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# --- NAFNet --------------------------------------------------------------------------------------


class ChannelNorm(nn.Module):
    """A layer norm over channels of an image, written out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        mu = x.mean(1, keepdim=True)
        var = (x - mu).pow(2).mean(1, keepdim=True)
        y = (x - mu) / (var + 1e-6).sqrt()
        return self.weight.view(1, -1, 1, 1) * y + self.bias.view(1, -1, 1, 1)


class LastNorm(nn.Module):
    """The same by a transpose and a layer norm of the framework."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class NafBlock(nn.Module):
    """Gates by products of halves, no activation: the block of NAFNet."""

    def __init__(self, c: int, basic: bool) -> None:
        super().__init__()
        norm = ChannelNorm if basic else LastNorm
        self.norm1, self.norm2 = norm(c), norm(c)
        self.conv1, self.conv2 = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 3, 1, 1,
                                                                    groups=2 * c)  # fmt: skip
        self.conv3, self.conv4, self.conv5 = (
            nn.Conv2d(c, c, 1), nn.Conv2d(c, 2 * c, 1), nn.Conv2d(c, c, 1),
        )  # fmt: skip
        self.sca, self.basic = nn.Conv2d(c, c, 1), basic
        self.beta = nn.Parameter(torch.rand(1, c, 1, 1) + 0.1)
        self.gamma = nn.Parameter(torch.rand(1, c, 1, 1) + 0.1)

    def forward(self, inp: Tensor) -> Tensor:
        x = self.conv2(self.conv1(self.norm1(inp)))
        left, right = x.chunk(2, dim=1)
        x = left * right
        pooled = F.adaptive_avg_pool2d(x, 1) if self.basic else x.mean((2, 3), keepdim=True)
        x = x * self.sca(pooled)
        y = inp + self.conv3(x) * self.beta
        left, right = self.conv4(self.norm2(y)).chunk(2, dim=1)
        return y + self.conv5(left * right) * self.gamma


class Nafnet(nn.Module):
    """NAFNet: a U of such blocks; `basic` is the code of BasicSR, else another's."""

    def __init__(self, width: int, enc: list[int], mid: int, dec: list[int],
                 basic: bool = True) -> None:  # fmt: skip
        super().__init__()
        self.intro, self.ending = nn.Conv2d(3, width, 3, 1, 1), nn.Conv2d(width, 3, 3, 1, 1)
        self.enc, self.dec = nn.ModuleList(), nn.ModuleList()
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        c = width
        for n in enc:
            self.enc.append(nn.Sequential(*(NafBlock(c, basic) for _ in range(n))))
            self.downs.append(nn.Conv2d(c, 2 * c, 2, 2))
            c *= 2
        self.mid = nn.Sequential(*(NafBlock(c, basic) for _ in range(mid)))
        for n in dec:
            up = nn.Conv2d(c, 2 * c, 1, bias=False)
            self.ups.append(nn.Sequential(up, nn.PixelShuffle(2)))
            c //= 2
            self.dec.append(nn.Sequential(*(NafBlock(c, basic) for _ in range(n))))

    def forward(self, inp: Tensor) -> Tensor:
        x, kept = self.intro(inp), []
        for blocks, down in zip(self.enc, self.downs, strict=True):
            x = blocks(x)
            kept.append(x)
            x = down(x)
        x = self.mid(x)
        for up, blocks, skip in zip(self.ups, self.dec, reversed(kept), strict=True):
            x = blocks(up(x) + skip)
        return self.ending(x) + inp


# --- DeepSpeech 2 --------------------------------------------------------------------------------


class BatchRnn(nn.Module):
    """BatchNorm over all frames, then a recurrent layer whose directions are summed."""

    def __init__(self, cin: int, width: int, kind: type[nn.LSTM | nn.GRU], norm: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(cin) if norm else None
        self.rnn = kind(cin, width, bidirectional=True, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        if self.norm is not None:
            t, n = x.shape[:2]
            x = self.norm(x.reshape(t * n, -1)).view(t, n, -1)
        x, _ = self.rnn(x)
        return x.view(x.shape[0], x.shape[1], 2, -1).sum(2)


class DeepSpeech2(nn.Module):
    """Deep Speech 2 in the manner of SeanNaren: two convolutions, recurrent layers, a head."""

    def __init__(self, layers: int, width: int, kind: type[nn.LSTM | nn.GRU] = nn.LSTM) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, (41, 11), (2, 2), (20, 5)), nn.BatchNorm2d(8), nn.Hardtanh(0, 20),
            nn.Conv2d(8, 8, (21, 11), (2, 1), (10, 5)), nn.BatchNorm2d(8), nn.Hardtanh(0, 20),
        )  # fmt: skip
        sizes = [8 * 16] + [width] * (layers - 1)
        self.rnns = nn.Sequential(*(
            BatchRnn(cin, width, kind, i > 0) for i, cin in enumerate(sizes)
        ))  # fmt: skip
        self.norm, self.head = nn.BatchNorm1d(width), nn.Linear(width, 29, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = x.view(x.shape[0], x.shape[1] * x.shape[2], x.shape[3]).permute(2, 0, 1)
        x = self.rnns(x)
        t, n = x.shape[:2]
        x = self.head(self.norm(x.reshape(t * n, -1))).view(t, n, -1)
        return F.softmax(x.transpose(0, 1), -1)


# --- MMoE ----------------------------------------------------------------------------------------


def dense(*sizes: int) -> nn.Sequential:
    """Dense layers with ReLU after each but the last."""
    layers: list[nn.Module] = []
    for cin, cout in pairwise(sizes):
        layers += [nn.Linear(cin, cout), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Mmoe(nn.Module):
    """Experts stacked, a softmax gate for each task, a tower for each."""

    def __init__(self, features: int, experts: int, tasks: int, width: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(dense(features, width, 16) for _ in range(experts))
        self.gates = nn.ParameterList(
            nn.Parameter(torch.randn(features, experts)) for _ in range(tasks)
        )
        self.towers = nn.ModuleList(dense(16, 8, 1) for _ in range(tasks))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        out = torch.stack([expert(x) for expert in self.experts])
        gates = [torch.softmax(x @ gate, dim=1) for gate in self.gates]
        mixed = [g.t().unsqueeze(2).expand(-1, -1, 16) * out for g in gates]
        pairs = zip(self.towers, mixed, strict=True)
        return tuple(torch.sigmoid(tower(each.sum(0))) for tower, each in pairs)
