"""Crossed features: FM, DCN of both kinds, DLRM's triangle, CIN, AutoInt, wide and deep."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

FIELDS, ROWS, SIZE, DENSE = 5, 60, 8, 6
WIDTH = FIELDS * SIZE


class CrossV1(nn.Module):
    """DCN: a vector times the first input, as deepctr-torch has it."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel0 = nn.Parameter(torch.randn(WIDTH, 1) * 0.2)
        self.kernel1 = nn.Parameter(torch.randn(WIDTH, 1) * 0.2)
        self.bias0 = nn.Parameter(torch.zeros(WIDTH, 1))
        self.bias1 = nn.Parameter(torch.zeros(WIDTH, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        x_0 = inputs.unsqueeze(2)
        x_l = x_0
        for kernel, bias in ((self.kernel0, self.bias0), (self.kernel1, self.bias1)):
            xl_w = torch.tensordot(x_l, kernel, dims=([1], [0]))
            x_l = torch.matmul(x_0, xl_w) + bias + x_l
        return torch.squeeze(x_l, dim=2)


class CrossV2(nn.Module):
    """DCN-V2 of low rank: two layers, times the first input."""

    def __init__(self) -> None:
        super().__init__()
        self.v = nn.ModuleList(nn.Linear(WIDTH, 6, bias=False) for _ in range(2))
        self.u = nn.ModuleList(nn.Linear(6, WIDTH) for _ in range(2))

    def forward(self, x0: Tensor) -> Tensor:
        x = x0
        for v, u in zip(self.v, self.u, strict=True):
            x = x0 * u(v(x)) + x
        return x


class Compressed(nn.Module):
    """xDeepFM's CIN: outer products of fields, compressed by a convolution of one."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(FIELDS * FIELDS, 6, 1), nn.Conv1d(6 * FIELDS, 6, 1)])

    def forward(self, x: Tensor) -> Tensor:
        b, _, d = x.shape
        h, found = x, []
        for conv in self.convs:
            z = torch.einsum("bhd,bmd->bhmd", h, x).reshape(b, -1, d)
            h = F.relu(conv(z))
            found.append(h)
        return torch.sum(torch.cat(found, dim=1), -1)


class Interacting(nn.Module):
    """AutoInt's layer: two heads as a batch, a residual layer, ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.w_query = nn.Parameter(torch.randn(SIZE, SIZE) * 0.3)
        self.w_key = nn.Parameter(torch.randn(SIZE, SIZE) * 0.3)
        self.w_value = nn.Parameter(torch.randn(SIZE, SIZE) * 0.3)
        self.w_res = nn.Parameter(torch.randn(SIZE, SIZE) * 0.3)

    def forward(self, x: Tensor) -> Tensor:
        query = torch.tensordot(x, self.w_query, dims=([-1], [0]))
        key = torch.tensordot(x, self.w_key, dims=([-1], [0]))
        value = torch.tensordot(x, self.w_value, dims=([-1], [0]))
        query = torch.stack(torch.split(query, SIZE // 2, dim=2))
        key = torch.stack(torch.split(key, SIZE // 2, dim=2))
        value = torch.stack(torch.split(value, SIZE // 2, dim=2))
        scores = torch.einsum("bnik,bnjk->bnij", query, key)
        mixed = torch.matmul(F.softmax(scores, dim=-1), value)
        mixed = torch.cat(torch.split(mixed, 1), dim=-1).squeeze(0)
        return F.relu(mixed + torch.tensordot(x, self.w_res, dims=([-1], [0])))


class Crossing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(ROWS, SIZE) for _ in range(FIELDS))
        self.weights = nn.ModuleList(nn.Embedding(ROWS, 1) for _ in range(FIELDS))
        self.bottom, self.wide = nn.Linear(DENSE, SIZE), nn.Linear(DENSE, 1)
        self.v1, self.v2, self.cin, self.auto = CrossV1(), CrossV2(), Compressed(), Interacting()
        count = FIELDS + 1
        self.register_buffer("pairs", torch.tril_indices(count, count, offset=-1))
        self.top = nn.Linear(count * (count - 1) // 2 + SIZE, 16)
        self.deep = nn.Linear(3 * WIDTH + 12 + 16, 1)

    def forward(self, dense: Tensor, ids: Tensor) -> Tensor:
        rows = [table(ids[:, i]) for i, table in enumerate(self.tables)]
        x = torch.stack(rows, dim=1)
        linear = torch.cat([w(ids[:, i]) for i, w in enumerate(self.weights)], -1).sum(1, True)
        square_of_sum = torch.pow(torch.sum(x, dim=1), 2)
        sum_of_square = torch.sum(x * x, dim=1)
        fm = 0.5 * torch.sum(square_of_sum - sum_of_square, dim=1, keepdim=True)
        bottom = F.relu(self.bottom(dense))
        both = torch.cat([bottom.unsqueeze(1), x], dim=1)
        products = torch.bmm(both, torch.transpose(both, 1, 2))
        flat = products[:, self.pairs[0], self.pairs[1]]
        top = F.relu(self.top(torch.cat([bottom, flat], dim=1)))
        start = torch.flatten(x, 1)
        auto = self.auto(x).flatten(start_dim=1)
        deep = torch.cat([self.v1(start), self.v2(start), auto, self.cin(x), top], dim=-1)
        return torch.sigmoid(self.deep(deep) + fm + linear + self.wide(dense)).squeeze(1)


def build(seed: int) -> Built:
    """The network and its inputs."""
    inputs = {"dense": torch.randn(1, DENSE), "ids": torch.randint(0, 32, (1, FIELDS))}
    return Built(Crossing(), inputs)
