# ruff: noqa: D102 - forward() is described by its class
"""Networks that make images: super-resolution, generators, autoencoders, diffusion."""

from __future__ import annotations

import itertools
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built, Spec
from benchmarks.zoo.vision import still


class Espcn(nn.Sequential):
    """ESPCN: three or four convolutions, then sub-pixel rearrangement."""

    def __init__(self, act: Any = nn.Tanh, scale: int = 3, deep: bool = False) -> None:
        more = [nn.Conv2d(16, 16, 3, padding=1), act()] if deep else []
        super().__init__(
            nn.Conv2d(1, 16, 5, padding=2), act(), *more, nn.Conv2d(16, 8, 3, padding=1), act(),
            nn.Conv2d(8, scale**2, 3, padding=1), nn.PixelShuffle(scale),
        )  # fmt: skip


class Srcnn(nn.Sequential):
    """SRCNN: 9x9, 1x1 (or 5x5) and 5x5 on an image enlarged before."""

    def __init__(self, middle: int = 1) -> None:
        super().__init__(
            nn.Conv2d(1, 16, 9, padding=4), nn.ReLU(),
            nn.Conv2d(16, 8, middle, padding=middle // 2), nn.ReLU(), nn.Conv2d(8, 1, 5, padding=2),
        )  # fmt: skip


class ResNetSR(nn.Module):
    """SRResNet (BatchNorm, PReLU, 9x9 ends) or, without norms, EDSR (ReLU, 3x3)."""

    def __init__(self, norm: bool, blocks: int = 5, width: int = 8, doublings: int = 2) -> None:
        super().__init__()
        act: Any = nn.PReLU if norm else nn.ReLU
        kernel = 9 if norm else 3

        def conv(size: int = 3, cin: int = width, cout: int = width) -> list[nn.Module]:
            return [nn.Conv2d(cin, cout, size, padding=size // 2)]

        def normed() -> list[nn.Module]:
            return conv() + ([nn.BatchNorm2d(width)] if norm else [])

        self.start = nn.Sequential(*conv(kernel, 3), *([act()] if norm else []))
        self.blocks = nn.ModuleList(
            nn.Sequential(*normed(), act(), *normed()) for _ in range(blocks)
        )
        self.close = nn.Sequential(*normed())
        ups: list[nn.Module] = []
        for _ in range(doublings):
            ups += [*conv(3, width, 4 * width), nn.PixelShuffle(2), *([act()] if norm else [])]
        self.end = nn.Sequential(*ups, *conv(kernel, width, 3))
        self.scale = 1.0 if norm else 0.1

    def forward(self, x: Tensor) -> Tensor:
        x = y = self.start(x)
        for block in self.blocks:
            y = y + (block(y) if self.scale == 1.0 else block(y) * self.scale)
        return self.end(x + self.close(y))


class Dense5(nn.Module):
    """Five convolutions, each of all maps so far; their result is scaled and added."""

    def __init__(self, width: int, grow: int) -> None:
        super().__init__()
        sizes = [grow] * 4 + [width]
        self.convs = nn.ModuleList(
            nn.Conv2d(width + i * grow, size, 3, padding=1) for i, size in enumerate(sizes)
        )

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for index, conv in enumerate(self.convs):
            y = conv(torch.cat(seen, 1))
            seen.append(F.leaky_relu(y, 0.2) if index < 4 else y)
        return seen[-1] * 0.2 + x


class Esrgan(nn.Module):
    """RRDBNet of ESRGAN and Real-ESRGAN."""

    def __init__(self, blocks: int = 3, width: int = 8, grow: int = 4, shuffle: int = 1) -> None:
        super().__init__()
        self.shuffle = shuffle
        self.start = nn.Conv2d(3 * shuffle**2, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(*[Dense5(width, grow) for _ in range(3)]) for _ in range(blocks)
        )
        self.body, self.up1, self.up2, self.high = (
            nn.Conv2d(width, width, 3, padding=1) for _ in range(4)
        )
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if self.shuffle > 1:
            x = F.pixel_unshuffle(x, self.shuffle)
        x = y = self.start(x)
        for block in self.blocks:
            y = block(y) * 0.2 + y
        x = x + self.body(y)
        for up in (self.up1, self.up2):
            x = F.leaky_relu(up(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.last(F.leaky_relu(self.high(x), 0.2))


class Dcgan(nn.Sequential):
    """The generator of DCGAN: a code enlarged by transposed 4x4 convolutions."""

    def __init__(self, code: int = 16, width: int = 4, steps: int = 3) -> None:
        cin = width * 2**steps
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(code, cin, 4, 1, 0, bias=False), nn.BatchNorm2d(cin), nn.ReLU(),
        ]  # fmt: skip
        for _ in range(steps):
            layers += [nn.ConvTranspose2d(cin, cin // 2, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(cin // 2), nn.ReLU()]
            cin //= 2
        super().__init__(*layers, nn.ConvTranspose2d(cin, 3, 4, 2, 1), nn.Tanh())


class DenseGan(nn.Module):
    """The same from a dense layer, as in Keras tutorials."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Sequential(nn.Linear(16, 16 * 16), nn.BatchNorm1d(256), nn.LeakyReLU(0.3))
        self.body = nn.Sequential(
            nn.ConvTranspose2d(16, 16, 5, 1, 2, bias=False), nn.BatchNorm2d(16), nn.LeakyReLU(0.3),
            nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.3),
            nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, code: Tensor) -> Tensor:
        return self.body(self.dense(code).view(-1, 16, 4, 4))


class ConvAutoencoder(nn.Sequential):
    """Strided convolutions down, transposed ones up, and no skips."""

    def __init__(self, pooled: bool = False) -> None:
        down: list[nn.Module] = []
        up: list[nn.Module] = []
        for cin, cout in ((1, 8), (8, 16), (16, 32)):
            stride = 1 if pooled else 2
            down += [nn.Conv2d(cin, cout, 3, stride, 1), nn.ReLU()]
            down += [nn.MaxPool2d(2)] if pooled else []
        for cin, cout in ((32, 16), (16, 8), (8, 1)):
            if pooled:
                up += [nn.Upsample(scale_factor=2), nn.Conv2d(cin, cout, 3, padding=1)]
            else:
                up += [nn.ConvTranspose2d(cin, cout, 3, 2, 1, 1)]
            up.append(nn.Sigmoid() if cout == 1 else nn.ReLU())
        super().__init__(*down, *up)


class Vae(nn.Module):
    """A variational autoencoder, dense or convolutional; noise is drawn or left out."""

    def __init__(self, conv: bool = False, code: int = 6) -> None:
        super().__init__()
        size = 32 * 16 if conv else 64
        if conv:
            self.down: nn.Module = nn.Sequential(
                nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
                nn.Flatten(),
            )  # fmt: skip
            self.up: nn.Module = nn.Sequential(
                nn.Linear(code, size), nn.ReLU(), nn.Unflatten(1, (32, 4, 4)),
                nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(),
                nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Sigmoid(),
            )  # fmt: skip
        else:
            self.down = nn.Sequential(nn.Linear(256, size), nn.ReLU())
            self.up = nn.Sequential(
                nn.Linear(code, size), nn.ReLU(), nn.Linear(size, 256), nn.Sigmoid()
            )
        self.mean, self.spread = nn.Linear(size, code), nn.Linear(size, code)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = self.down(x)
        mean, spread = self.mean(h), self.spread(h)
        z = mean + torch.exp(0.5 * spread) * torch.randn_like(spread)
        return self.up(z), mean, spread


class DenseAutoencoder(nn.Sequential):
    """Dense layers that narrow to a code and widen again."""

    def __init__(
        self, sizes: tuple[int, ...] = (64, 48, 48, 8, 48, 48, 64), norm: bool = True
    ) -> None:
        layers: list[nn.Module] = []
        for cin, cout in itertools.pairwise(sizes):
            layers += [nn.Linear(cin, cout)]
            layers += [nn.BatchNorm1d(cout)] if norm else []
            layers += [nn.ReLU()]
        super().__init__(*layers[: -2 if norm else -1])


class TimeBlock(nn.Module):
    """Residual block of a diffusion U-Net: the time embedding is added between convolutions."""

    def __init__(
        self, cin: int, cout: int, time: int, attention: bool, shift: bool = False
    ) -> None:
        super().__init__()
        self.shift = shift
        self.one = nn.Sequential(
            nn.GroupNorm(4, cin), nn.SiLU(), nn.Conv2d(cin, cout, 3, padding=1)
        )
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(time, 2 * cout if shift else cout))
        self.two = nn.Sequential(
            nn.GroupNorm(4, cout), nn.SiLU(), nn.Conv2d(cout, cout, 3, padding=1)
        )
        self.skip = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()
        self.norm = nn.GroupNorm(4, cout) if attention else None
        self.qkv, self.out = nn.Conv2d(cout, 3 * cout, 1), nn.Conv2d(cout, cout, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        y, bias = self.one(x), self.time(time)[:, :, None, None]
        if self.shift:
            scale, bias = bias.chunk(2, 1)
            y = self.two[1:](self.two[0](y) * (1 + scale) + bias)
        else:
            y = self.two(y + bias)
        x = y + self.skip(x)
        if self.norm is None:
            return x
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, 3, 1, c, h * w).transpose(-1, -2).unbind(1)
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(-1, -2).reshape(b, c, h, w))


class Diffusion(nn.Module):
    """The noise predictor of DDPM."""

    def __init__(
        self, width: int = 8, levels: int = 3, blocks: int = 2, shift: bool = False
    ) -> None:
        super().__init__()
        time = 4 * width
        self.width, self.levels = width, levels
        self.time = nn.Sequential(nn.Linear(width, time), nn.SiLU(), nn.Linear(time, time))
        self.start = nn.Conv2d(3, width, 3, padding=1)
        cin, widths = width, [width]
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        for level in range(levels):
            for _ in range(blocks):
                self.downs.append(TimeBlock(cin, width * 2**level, time, level == 1, shift))
                cin = width * 2**level
                widths.append(cin)
            if level < levels - 1:
                self.downs.append(nn.Conv2d(cin, cin, 3, 2, 1))
                widths.append(cin)
        self.middle = nn.ModuleList([TimeBlock(cin, cin, time, on, shift) for on in (True, False)])
        for level in reversed(range(levels)):
            for _ in range(blocks + 1):
                self.ups.append(TimeBlock(cin + widths.pop(), width * 2**level, time, level == 1))
                cin = width * 2**level
            if level:
                self.ups.append(nn.Conv2d(cin, cin, 3, padding=1))
        self.end = nn.Sequential(nn.GroupNorm(4, cin), nn.SiLU(), nn.Conv2d(cin, 3, 3, padding=1))

    def forward(self, x: Tensor, steps: Tensor) -> Tensor:
        half = self.width // 2
        rates = torch.exp(-math.log(10000) * torch.arange(half, device=x.device) / half)
        angles = steps.float()[:, None] * rates[None]
        time = self.time(torch.cat([angles.sin(), angles.cos()], -1))
        x = self.start(x)
        seen = [x]
        for layer in self.downs:
            x = layer(x, time) if isinstance(layer, TimeBlock) else layer(x)
            seen.append(x)
        for block in self.middle:
            x = block(x, time)
        for layer in self.ups:
            if isinstance(layer, TimeBlock):
                x = layer(torch.cat([x, seen.pop()], 1), time)
            else:
                x = layer(F.interpolate(x, scale_factor=2, mode="nearest"))
        return self.end(x)


def enlarge(name: str, family: str, maker: Any, channels: int = 3, variant: str = "") -> Spec:
    """A super-resolution network."""
    return still(name, family, maker, 24, channels, variant or family, "super-resolution")


def coded(name: str, family: str, maker: Any, *shape: int, task: str = "reconstruction") -> Spec:
    """A network over one tensor of any shape."""

    def build(_: int) -> Built:
        return Built(maker(), {"input": torch.randn(*shape)}, {"input": {0: "batch"}})

    return Spec(name, family, family, build, task=task)


def diffusion(name: str, **options: int) -> Spec:
    """A diffusion U-Net with its image and time step."""

    def build(_: int) -> Built:
        inputs = {"sample": torch.randn(1, 3, 16, 16), "timestep": torch.tensor([7])}
        return Built(Diffusion(**options), inputs)

    return Spec(name, "diffusion-unet", "diffusion-unet", build, task="generation")


GEN = "generation"
SPECS = [
    enlarge("d-espcn", "espcn", Espcn, 1),
    enlarge("d-espcn-relu", "espcn", lambda: Espcn(nn.ReLU, 2, True), 1),
    enlarge("d-srcnn", "srcnn", Srcnn, 1), enlarge("d-srcnn-955", "srcnn", lambda: Srcnn(5), 1),
    enlarge("d-srresnet", "srresnet", lambda: ResNetSR(True)),
    enlarge("d-edsr", "edsr", lambda: ResNetSR(False)),
    enlarge("d-edsr-x2", "edsr", lambda: ResNetSR(False, 8, 12, 1)),
    enlarge("d-esrgan", "esrgan", Esrgan),
    enlarge("d-esrgan-x2", "esrgan", lambda: Esrgan(shuffle=2)),
    coded("d-dcgan", "dcgan", Dcgan, 2, 16, 1, 1, task=GEN),
    coded("d-dcgan-dense", "dcgan", DenseGan, 2, 16, task=GEN),
    coded("d-autoencoder-conv", "autoencoder", ConvAutoencoder, 1, 1, 32, 32),
    coded("d-autoencoder-pooled", "autoencoder", lambda: ConvAutoencoder(True), 1, 1, 32, 32),
    coded("d-autoencoder-dense", "autoencoder", DenseAutoencoder, 2, 64),
    coded("d-autoencoder-plain", "autoencoder",
          lambda: DenseAutoencoder((64, 32, 8, 32, 64), False), 2, 64),
    coded("d-vae-dense", "vae", Vae, 1, 256),
    coded("d-vae-conv", "vae", lambda: Vae(True), 1, 1, 16, 16),
    diffusion("d-diffusion"),
    diffusion("d-diffusion-deep", levels=4, blocks=1),
    diffusion("d-diffusion-adm", shift=True),
]  # fmt: skip
