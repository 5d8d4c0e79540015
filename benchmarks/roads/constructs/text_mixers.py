"""Mixers of words without plain attention: gMLP, FNet, MLP-Mixer, GAU, linear attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

TOKENS, WIDTH, WIDE, HEADS = 12, 24, 32, 4


class SpatialGating(nn.Module):
    """gMLP's unit: one half, mixed over words by a convolution, gates the other."""

    def __init__(self) -> None:
        super().__init__()
        self.proj_in, self.proj_out = nn.Linear(WIDTH, 2 * WIDE), nn.Linear(WIDE, WIDTH)
        self.norm = nn.LayerNorm(WIDE)
        self.spatial = nn.Conv1d(TOKENS, TOKENS, 1)

    def forward(self, x: Tensor) -> Tensor:
        u, v = F.gelu(self.proj_in(x)).chunk(2, dim=-1)
        return self.proj_out(u * self.spatial(self.norm(v)))


class Fourier(nn.Module):
    """FNet's: the real part of a transform over words and channels, as products."""

    def __init__(self) -> None:
        super().__init__()
        for name, size in (("words", TOKENS), ("channels", WIDTH)):
            index = torch.arange(size).float()
            angle = 2 * torch.pi * index[:, None] * index[None] / size
            self.register_buffer(f"{name}_cos", torch.cos(angle))
            self.register_buffer(f"{name}_sin", torch.sin(angle))

    def forward(self, x: Tensor) -> Tensor:
        real = self.words_cos @ x @ self.channels_cos
        return real - self.words_sin @ x @ self.channels_sin


class Mixing(nn.Module):
    """MLP-Mixer's over words, squared ReLU between."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Linear(TOKENS, 20), nn.Linear(20, TOKENS)

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(F.relu(self.wide(x.transpose(1, 2))).square()).transpose(1, 2)


class GatedAttention(nn.Module):
    """GAU: one head, shared base, squared ReLU for Softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.base = nn.Linear(WIDTH, 2 * WIDE), nn.Linear(WIDTH, 8)
        self.gamma, self.beta = nn.Parameter(torch.ones(2, 8)), nn.Parameter(torch.zeros(2, 8))
        self.out = nn.Linear(WIDE, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        v, gate = F.silu(self.hidden(x)).chunk(2, dim=-1)
        z = F.silu(self.base(x))
        qk = torch.einsum("...d,hd->...hd", z, self.gamma) + self.beta
        q, k = qk.unbind(dim=-2)
        sim = torch.einsum("bid,bjd->bij", q, k) / TOKENS
        return self.out(torch.einsum("bij,bjd->bid", F.relu(sim) ** 2, v) * gate)


class LinearAttention(nn.Module):
    """Katharopoulos': features elu + 1, keys and values summed first."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q, k = F.elu(self.q(x)) + 1, F.elu(self.k(x)) + 1
        q, k, v = (each.view(b, t, HEADS, -1) for each in (q, k, self.v(x)))
        kv = torch.einsum("nshd,nshm->nhmd", k, v)
        z = 1 / (torch.einsum("nlhd,nhd->nlh", q, k.sum(dim=1)) + 1e-6)
        mixed = torch.einsum("nlhd,nhmd,nlh->nlhm", q, kv, z)
        return self.out(mixed.contiguous().view(b, t, -1))


class Mixers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        kinds = (SpatialGating, Fourier, Mixing, GatedAttention, LinearAttention)
        self.units = nn.ModuleList(kind() for kind in kinds)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in kinds)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)
        for unit, norm in zip(self.units, self.norms, strict=True):
            x = x + unit(norm(x))
        return self.head(x.mean(dim=1))


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Mixers(), {"ids": torch.randint(0, 32, (1, TOKENS))})
