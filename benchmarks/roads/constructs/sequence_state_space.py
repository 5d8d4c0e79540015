"""Linear recurrences: S4's convolution, Mamba's scan unrolled, RWKV's shift, RetNet's decay."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

STEPS, WIDTH, STATE = 6, 16, 4


class Mamba(nn.Module):
    """The selective scan in plain torch, as minimal ports have it."""

    def __init__(self) -> None:
        super().__init__()
        self.in_proj = nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.conv1d = nn.Conv1d(WIDTH, WIDTH, 4, groups=WIDTH, padding=3)
        self.x_proj = nn.Linear(WIDTH, 2 + 2 * STATE, bias=False)
        self.dt_proj = nn.Linear(2, WIDTH)
        steps = torch.arange(1, STATE + 1).float().repeat(WIDTH, 1)
        self.A_log, self.D = nn.Parameter(torch.log(steps)), nn.Parameter(torch.ones(WIDTH))
        self.out_proj = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = F.silu(self.conv1d(x.transpose(1, 2))[:, :, :t].transpose(1, 2))
        delta, near, far = self.x_proj(x).split([2, STATE, STATE], dim=-1)
        delta = F.softplus(self.dt_proj(delta))
        decay = torch.exp(delta.unsqueeze(-1) * -torch.exp(self.A_log))
        given = delta.unsqueeze(-1) * near.unsqueeze(2) * x.unsqueeze(-1)
        state, found = torch.zeros(b, WIDTH, STATE), []
        for i in range(t):
            state = decay[:, i] * state + given[:, i]
            found.append(torch.einsum("bdn,bn->bd", state, far[:, i]))
        y = torch.stack(found, dim=1) + x * self.D
        return self.out_proj(y * F.silu(z))


class ChannelMix(nn.Module):
    """RWKV's: the former word by a pad and a cut, squared ReLU, a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.mix_k = nn.Parameter(torch.rand(1, 1, WIDTH))
        self.mix_r = nn.Parameter(torch.rand(1, 1, WIDTH))
        self.key, self.receptance = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(2))
        self.value = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        former = F.pad(x, (0, 0, 1, 0))[:, :-1]
        xk = x * self.mix_k + former * (1 - self.mix_k)
        xr = x * self.mix_r + former * (1 - self.mix_r)
        k = torch.square(torch.relu(self.key(xk)))
        return torch.sigmoid(self.receptance(xr)) * self.value(k)


class Retention(nn.Module):
    """RetNet's parallel form: no softmax, a decay for each head, a norm by group."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.gate = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH)
        self.group_norm = nn.GroupNorm(2, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        place = torch.arange(STEPS)
        distance = (place[:, None] - place[None]).float()
        rates = torch.tensor([0.9, 0.95]).view(2, 1, 1)
        self.register_buffer("decay", torch.where(distance >= 0, rates**distance, 0.0))

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.shape
        q, k, v = self.qkv(x).chunk(3, -1)
        q, k, v = (each.view(b, t, 2, c // 2).transpose(1, 2) for each in (q, k, v))
        mixed = (q @ (k * (c // 2) ** -0.5).transpose(-1, -2) * self.decay) @ v
        mixed = mixed.transpose(1, 2).reshape(b * t, c)
        normed = self.group_norm(mixed).reshape(b, t, c)
        return self.out(F.silu(self.gate(x)) * normed)


class MinGRU(nn.Module):
    """The parallel scan by sums of logarithms."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.hidden = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        k = self.gate(x)
        log_z, log_coefficient = -F.softplus(-k), -F.softplus(k)
        hidden = self.hidden(x)
        log_h = torch.where(hidden >= 0, torch.log(F.relu(hidden) + 0.5), -F.softplus(-hidden))
        a_star = torch.cumsum(log_coefficient, dim=1)
        total = torch.cumsum(torch.exp(log_z + log_h - a_star), dim=1)
        return torch.exp(a_star) * total


class StateSpace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Linear(5, WIDTH)
        self.units = nn.ModuleList([Mamba(), ChannelMix(), Retention(), MinGRU()])
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4))
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        for unit, norm in zip(self.units, self.norms, strict=True):
            x = x + unit(norm(x))
        return self.head(x[:, -1])


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(StateSpace(), {"x": torch.randn(1, STEPS, 5)})
