# ruff: noqa: D102 - forward() is described by its class
"""Text-line readers with mixing blocks: SVTR and its light form."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec, image


def unit(cin: int, cout: int, kernel: int | tuple[int, int], stride: tuple[int, int] = (1, 1),
         act: type[nn.Module] = nn.GELU, groups: int = 1) -> nn.Sequential:  # fmt: skip
    """Convolution, BatchNorm and activation."""
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    pad = (size[0] // 2, size[1] // 2)
    conv = nn.Conv2d(cin, cout, size, stride, pad, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), act())


class Mixing(nn.Module):
    """Mixing block: attention over all places or near ones, and an MLP."""

    def __init__(
        self, width: int, heads: int, near: Tensor | None, pre: bool, act: type[nn.Module]
    ):
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), act(), nn.Linear(4 * width, width))
        self.one, self.two = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.heads, self.pre = heads, pre
        self.register_buffer("near", near)

    def mix(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        scores = scores if self.near is None else scores + self.near
        y = scores.softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x: Tensor) -> Tensor:
        if self.pre:
            x = x + self.mix(self.one(x))
            return x + self.mlp(self.two(x))
        x = self.one(x + self.mix(x))
        return self.two(x + self.mlp(x))


def window(height: int, width: int, size: tuple[int, int] = (7, 11)) -> Tensor:
    """Mask of local mixing: minus infinity outside a window."""
    mask = torch.ones(height * width, height + size[0] - 1, width + size[1] - 1)
    for h in range(height):
        for w in range(width):
            mask[h * width + w, h : h + size[0], w : w + size[1]] = 0.0
    top, left = size[0] // 2, size[1] // 2
    inner = mask[:, top : height + top, left : width + left].flatten(1)
    return torch.where(inner < 1, 0.0, float("-inf"))[None, None]


class Svtr(nn.Module):
    """SVTR: patches by two strided convolutions, three stages of mixing, height merged."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 48), depths: tuple[int, ...] = (2, 3, 2)):
        super().__init__()
        height, width = 8, 16
        self.patches = nn.Sequential(
            unit(3, widths[0] // 2, 3, (2, 2)), unit(widths[0] // 2, widths[0], 3, (2, 2))
        )
        self.places = nn.Parameter(torch.randn(1, height * width, widths[0]))
        self.stages, self.merges, number = nn.ModuleList(), nn.ModuleList(), 0
        for stage, (size, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks: list[nn.Module] = []
            for _ in range(depth):
                near = window(height, width) if number < sum(depths) // 2 else None
                blocks.append(Mixing(size, 2, near, False, nn.GELU))
                number += 1
            self.stages.append(nn.Sequential(*blocks))
            if stage < 2:
                self.merges.append(nn.Conv2d(size, widths[stage + 1], 3, (2, 1), 1))
                self.merges.append(nn.LayerNorm(widths[stage + 1]))
                height //= 2
        self.last = nn.Conv2d(widths[2], 32, 1, bias=False)
        self.out = nn.Linear(32, 40)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x)
        height, width = x.shape[2:]
        x = x.flatten(2).transpose(1, 2) + self.places
        for stage, blocks in enumerate(self.stages):
            x = blocks(x)
            if stage < 2:
                grid = x.transpose(1, 2).reshape(x.shape[0], -1, height, width)
                grid = self.merges[2 * stage](grid)
                height = grid.shape[2]
                x = self.merges[2 * stage + 1](grid.flatten(2).transpose(1, 2))
        grid = x.transpose(1, 2).reshape(x.shape[0], -1, height, width)
        grid = F.hardswish(self.last(F.adaptive_avg_pool2d(grid, (1, width))))
        return self.out(grid.squeeze(2).transpose(1, 2))


class SvtrLight(nn.Module):
    """PP-OCR's reader: a light CNN, two mixing blocks between 1x1 convolutions, a join, classes."""

    def __init__(self, kernel: int | tuple[int, int] = (1, 3), width: int = 32) -> None:
        super().__init__()
        act = nn.Hardswish
        rows: list[nn.Module] = [unit(3, 8, 3, (2, 2), act)]
        for cin, cout, stride in ((8, 16, (1, 1)), (16, 32, (2, 1)), (32, 64, (2, 1))):
            rows += [unit(cin, cin, 3, stride, act, cin), unit(cin, cout, 1, act=act)]
        self.body = nn.Sequential(*rows, nn.AvgPool2d((2, 2)))
        self.squeeze = nn.Sequential(
            unit(64, 8, kernel, act=nn.SiLU), unit(8, width, 1, act=nn.SiLU)
        )
        blocks = [Mixing(width, 4, None, True, nn.SiLU) for _ in range(2)]
        self.mixing, self.norm = nn.Sequential(*blocks), nn.LayerNorm(width)
        self.widen = unit(width, 64, 1, act=nn.SiLU)
        self.join = nn.Sequential(unit(128, 8, kernel, act=nn.SiLU), unit(8, width, 1, act=nn.SiLU))
        self.out = nn.Linear(width, 40)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        y = self.squeeze(x)
        shape = y.shape
        y = self.norm(self.mixing(y.flatten(2).transpose(1, 2)))
        y = self.widen(y.transpose(1, 2).reshape(shape))
        y = self.join(torch.cat([x, y], 1))
        return torch.softmax(self.out(y.mean(2).transpose(1, 2)), -1)


def reader(name: str, maker: type[nn.Module], variant: str, **options: object) -> Spec:
    """A text-line reader."""
    return Spec(name, "svtr", variant, lambda _: image(maker(**options), (32, 64)),
                task="text-recognition")  # fmt: skip


SPECS = [
    reader("d-svtr", Svtr, "svtr"),
    reader("d-svtr-deep", Svtr, "svtr", depths=(3, 4, 3)),
    reader("d-svtr-light", SvtrLight, "svtr-lcnet"),
    reader("d-svtr-light-3x3", SvtrLight, "svtr-lcnet", kernel=3),
]
