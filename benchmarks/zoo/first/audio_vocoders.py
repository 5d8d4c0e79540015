# ruff: noqa: D102 - forward() is described by its class
"""Twins of generators and separators of waves: WaveNet, MelGAN, HiFi-GAN, TCN, Conv-TasNet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """MelGAN's residual stack: a dilated and a pointwise convolution beside a pointwise one."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.ReflectionPad1d(dilation),
            nn.Conv1d(width, width, 3, dilation=dilation),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 1),
        )
        self.short = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.short(x) + self.block(x)


class MelGAN(nn.Module):
    """Kumar et al. 2019."""

    def __init__(
        self, width: int = 64, scales: Sequence[int] = (8, 8, 2, 2), stack: int = 3, out: int = 1
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad1d(3), nn.Conv1d(20, width, 7)]
        for r in scales:
            up = nn.ConvTranspose1d(
                width, width // 2, 2 * r, stride=r, padding=r // 2 + r % 2, output_padding=r % 2
            )
            layers += [nn.LeakyReLU(0.2), up]
            width //= 2
            layers += [Residual(width, 3**j) for j in range(stack)]
        layers += [nn.LeakyReLU(0.2), nn.ReflectionPad1d(3), nn.Conv1d(width, out, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, mel: Tensor) -> Tensor:
        return self.model(mel)


class Fusion(nn.Module):
    """HiFi-GAN's residual block, of kind 1 (two convolutions a step) or 2 (one)."""

    def __init__(self, width: int, kernel: int, dilations: Sequence[int], kind: int) -> None:
        super().__init__()

        def conv(dilation: int) -> nn.Conv1d:
            pad = (kernel * dilation - dilation) // 2
            return nn.Conv1d(width, width, kernel, dilation=dilation, padding=pad)

        self.first = nn.ModuleList(conv(d) for d in dilations)
        self.second = nn.ModuleList(conv(1) if kind == 1 else nn.Identity() for _ in dilations)
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.first, self.second, strict=True):
            y = first(F.leaky_relu(x, 0.1))
            if self.kind == 1:
                y = second(F.leaky_relu(y, 0.1))
            x = x + y
        return x


class HifiGan(nn.Module):
    """Kong et al. 2020: after each upsampling the mean of residual blocks of several kernels."""

    def __init__(
        self,
        kind: int = 1,
        width: int = 64,
        rates: Sequence[int] = (8, 8, 2, 2),
        kernels: Sequence[int] = (3, 7, 11),
    ) -> None:
        super().__init__()
        dilations = (1, 3, 5) if kind == 1 else (1, 3)
        self.pre = nn.Conv1d(20, width, 7, padding=3)
        self.ups, self.blocks = nn.ModuleList(), nn.ModuleList()
        for r in rates:
            self.ups.append(nn.ConvTranspose1d(width, width // 2, 2 * r, r, padding=r // 2))
            width //= 2
            self.blocks.append(nn.ModuleList(Fusion(width, k, dilations, kind) for k in kernels))
        self.post = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.pre(mel)
        for up, group in zip(self.ups, self.blocks, strict=True):
            x = up(F.leaky_relu(x, 0.1))
            total = group[0](x)
            for block in list(group)[1:]:
                total = total + block(x)
            x = total / len(group)
        return torch.tanh(self.post(F.leaky_relu(x)))


class WaveNet(nn.Module):
    """van den Oord et al. 2016: gated dilated causal convolutions with residuals and skips."""

    def __init__(self, cycles: int = 2, depth: int = 4, conditioned: bool = False) -> None:
        super().__init__()
        self.dilations = [2**i for _ in range(cycles) for i in range(depth)]
        size = len(self.dilations)
        self.front = nn.Conv1d(32, 16, 1)
        self.filters = nn.ModuleList(nn.Conv1d(16, 16, 2, dilation=d) for d in self.dilations)
        self.gates = nn.ModuleList(nn.Conv1d(16, 16, 2, dilation=d) for d in self.dilations)
        self.skips = nn.ModuleList(nn.Conv1d(16, 24, 1) for _ in range(size))
        self.outs = nn.ModuleList(nn.Conv1d(16, 16, 1) for _ in range(size))
        self.local = nn.ModuleList(nn.Conv1d(10, 32, 1) for _ in range(size if conditioned else 0))
        self.end = nn.Sequential(nn.ReLU(), nn.Conv1d(24, 24, 1), nn.ReLU(), nn.Conv1d(24, 32, 1))

    def forward(self, x: Tensor, mel: Tensor | None = None) -> Tensor:
        x = self.front(x)
        total: Tensor | None = None
        for i, dilation in enumerate(self.dilations):
            padded = F.pad(x, (dilation, 0))
            f, g = self.filters[i](padded), self.gates[i](padded)
            if mel is not None:
                left, right = self.local[i](mel).chunk(2, 1)
                f, g = f + left, g + right
            y = torch.tanh(f) * torch.sigmoid(g)
            skip = self.skips[i](y)
            total = skip if total is None else total + skip
            x = x + self.outs[i](y)
        return self.end(total)


class Temporal(nn.Module):
    """Bai et al. 2018: two dilated causal convolutions and a residual sum, then ReLU."""

    def __init__(self, before: int, width: int, kernel: int, dilation: int, norm: bool) -> None:
        super().__init__()
        self.pad = (kernel - 1) * dilation
        self.first = nn.Conv1d(before, width, kernel, dilation=dilation)
        self.second = nn.Conv1d(width, width, kernel, dilation=dilation)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) if norm else nn.Identity() for _ in "ab")
        self.short = nn.Conv1d(before, width, 1) if before != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norms[0](self.first(F.pad(x, (self.pad, 0)))))
        y = torch.relu(self.norms[1](self.second(F.pad(y, (self.pad, 0)))))
        return torch.relu(y + self.short(x))


class Tcn(nn.Module):
    """A temporal convolutional network whose dilations double."""

    def __init__(self, depth: int = 4, kernel: int = 3, norm: bool = False) -> None:
        super().__init__()
        widths = [6] + [20] * depth
        self.body = nn.Sequential(
            *(Temporal(widths[i], widths[i + 1], kernel, 2**i, norm) for i in range(depth))
        )
        self.head = nn.Linear(20, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)[:, :, -1])


class GlobalNorm(nn.Module):
    """Normalisation over channels and time with an affine for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width, 1))
        self.bias = nn.Parameter(torch.zeros(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2), keepdim=True)
        var = ((x - mean) ** 2).mean(dim=(1, 2), keepdim=True)
        return (x - mean) / torch.sqrt(var + 1e-8) * self.weight + self.bias


class Separable(nn.Module):
    """Conv-TasNet's block: pointwise, PReLU, norm, dilated depthwise, PReLU, norm, pointwise."""

    def __init__(self, width: int, hidden: int, dilation: int, norm: str) -> None:
        super().__init__()

        def make() -> nn.Module:
            return GlobalNorm(hidden) if norm == "global" else nn.GroupNorm(1, hidden, eps=1e-8)

        self.shared = nn.Sequential(
            nn.Conv1d(width, hidden, 1), nn.PReLU(), make(),
            nn.Conv1d(hidden, hidden, 3, padding=dilation, dilation=dilation, groups=hidden),
            nn.PReLU(), make(),
        )  # fmt: skip
        self.out, self.skip = nn.Conv1d(hidden, width, 1), nn.Conv1d(hidden, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.shared(x)
        return self.out(y), self.skip(y)


class ConvTasNet(nn.Module):
    """Luo and Mesgarani 2019: learned filters, masks by a stack of separable convolutions."""

    def __init__(self, norm: str = "group", skips: bool = True, act: str = "sigmoid") -> None:
        super().__init__()
        self.sources, self.skips, self.act = 2, skips, act
        self.encoder = nn.Conv1d(1, 32, 16, stride=8, bias=False)
        self.norm = nn.GroupNorm(1, 32, eps=1e-8)
        self.narrow = nn.Conv1d(32, 16, 1)
        self.blocks = nn.ModuleList(
            Separable(16, 24, 2**i, norm) for _ in range(2) for i in range(4)
        )
        self.mask = nn.Sequential(nn.PReLU(), nn.Conv1d(16, 32 * 2, 1))
        self.decoder = nn.ConvTranspose1d(32, 1, 16, stride=8, bias=False)

    def forward(self, wave: Tensor) -> Tensor:
        seen = self.encoder(wave)
        if self.act == "relu":
            seen = torch.relu(seen)
        x = self.narrow(self.norm(seen))
        total: Tensor | float = 0.0
        for block in self.blocks:
            out, skip = block(x)
            x, total = x + out, total + skip
        masks = self.mask(total if self.skips else x)
        masks = torch.relu(masks) if self.act == "relu" else torch.sigmoid(masks)
        masked = seen.unsqueeze(1) * masks.view(wave.shape[0], self.sources, 32, -1)
        waves = self.decoder(masked.view(wave.shape[0] * self.sources, 32, -1))
        return waves.view(wave.shape[0], self.sources, -1)
