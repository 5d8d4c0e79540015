# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Super-resolution, style transfer, generators, autoencoders and points."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import shaped, twins
from benchmarks.zoo.spec import Spec


class SRCNN(nn.Module):
    def __init__(self, width: int = 64, middle: int = 5) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 9, padding=4)
        self.conv2 = nn.Conv2d(width, width // 2, middle, padding=middle // 2)
        self.conv3 = nn.Conv2d(width // 2, 1, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


class ESPCN(nn.Module):
    def __init__(self, scale: int, tanh: bool = True) -> None:
        super().__init__()
        act = nn.Tanh if tanh else nn.ReLU
        self.body = nn.Sequential(
            nn.Conv2d(1, 64, 5, padding=2), act(), nn.Conv2d(64, 32, 3, padding=1), act(),
            nn.Conv2d(32, scale**2, 3, padding=1),
        )  # fmt: skip
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.body(x))


class SRBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(self.body(x), x)


class EDSRBlock(nn.Module):
    """basicsr's residual block without normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, 1, 1)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.relu(self.conv1(x))) * 0.1


class SRResNet(nn.Module):
    """The generator of SRGAN."""

    def __init__(self, blocks: int, ups: int, width: int = 16) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, width, 9, 1, 4), nn.PReLU())
        self.trunk = nn.Sequential(*(SRBlock(width) for _ in range(blocks)))
        self.join = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )
        layers: list[nn.Module] = []
        for _ in range(ups):
            layers += [nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2), nn.PReLU()]
        self.tail = nn.Sequential(*layers, nn.Conv2d(width, 3, 9, 1, 4))

    def forward(self, x: Tensor) -> Tensor:
        out = self.head(x)
        return self.tail(self.join(self.trunk(out)) + out)


class EDSR(nn.Module):
    def __init__(self, blocks: int, width: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, 1, 1)
        self.body = nn.Sequential(*(EDSRBlock(width) for _ in range(blocks)))
        self.after = nn.Conv2d(width, width, 3, 1, 1)
        self.up = nn.Sequential(
            nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2),
            nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2),
        )  # fmt: skip
        self.last = nn.Conv2d(width, 3, 3, 1, 1)
        self.register_buffer("mean", torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first((x - self.mean) * 255.0)
        x = self.last(self.up(self.after(self.body(x)) + x))
        return x / 255.0 + self.mean


class RDB(nn.Module):
    """The residual dense block of ESRGAN."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(width + i * growth, growth if i < 4 else width, 3, 1, 1) for i in range(5)
        )

    def forward(self, x: Tensor) -> Tensor:
        kept = [x]
        for conv in self.convs[:4]:
            kept.append(F.leaky_relu(conv(torch.cat(kept, 1)), 0.2))
        return self.convs[4](torch.cat(kept, 1)) * 0.2 + x


class RRDB(nn.Module):
    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(RDB(width, growth) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) * 0.2 + x


class RRDBNet(nn.Module):
    """ESRGAN's generator; Real-ESRGAN at twice the size unshuffles the pixels first."""

    def __init__(self, blocks: int, unshuffle: int = 1, width: int = 16, growth: int = 8) -> None:
        super().__init__()
        self.unshuffle = unshuffle
        self.first = nn.Conv2d(3 * unshuffle**2, width, 3, 1, 1)
        self.body = nn.Sequential(*(RRDB(width, growth) for _ in range(blocks)))
        self.conv_body, self.up1, self.up2, self.hr = (
            nn.Conv2d(width, width, 3, 1, 1) for _ in range(4)
        )
        self.last, self.lrelu = nn.Conv2d(width, 3, 3, 1, 1), nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_unshuffle(x, self.unshuffle) if self.unshuffle > 1 else x
        feature = self.first(x)
        feature = feature + self.conv_body(self.body(feature))
        for up in (self.up1, self.up2):
            feature = self.lrelu(up(F.interpolate(feature, scale_factor=2, mode="nearest")))
        return self.last(self.lrelu(self.hr(feature)))


class Reflect(nn.Sequential):
    """Reflection padding and a convolution, after upsampling if wanted."""

    def __init__(self, fan_in: int, out: int, k: int, s: int = 1, up: bool = False) -> None:
        first = [nn.Upsample(scale_factor=2, mode="nearest")] if up else []
        super().__init__(*first, nn.ReflectionPad2d(k // 2), nn.Conv2d(fan_in, out, k, s))


class StyleBlock(nn.Module):
    def __init__(self, width: int, affine: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = Reflect(width, width, 3), Reflect(width, width, 3)
        self.in1, self.in2 = (nn.InstanceNorm2d(width, affine=affine) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.in1(self.conv1(x)))
        return self.in2(self.conv2(out)) + x


class TransformerNet(nn.Module):
    """Fast style transfer, as in the PyTorch examples; `transposed` as in CycleGAN."""

    def __init__(self, blocks: int = 5, transposed: bool = False, w: int = 8) -> None:
        super().__init__()
        norm = partial(nn.InstanceNorm2d, affine=not transposed)
        first = 7 if transposed else 9
        layers: list[nn.Module] = [Reflect(3, w, first), norm(w), nn.ReLU()]
        for i in (1, 2):
            down = nn.Conv2d(w * i, 2 * w * i, 3, 2, 1) if transposed else None
            layers += [down or Reflect(w * i, 2 * w * i, 3, 2), norm(2 * w * i), nn.ReLU()]
        layers += [StyleBlock(4 * w, not transposed) for _ in range(blocks)]
        for i in (2, 1):
            up = nn.ConvTranspose2d(2 * w * i, w * i, 3, 2, 1, 1) if transposed else None
            layers += [up or Reflect(2 * w * i, w * i, 3, 1, True), norm(w * i), nn.ReLU()]
        layers.append(Reflect(w, 3, first))
        self.model = nn.Sequential(*layers, *([nn.Tanh()] if transposed else []))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def dcgan(steps: int, latent: int = 32, width: int = 4) -> nn.Module:
    """The generator of DCGAN."""
    fan = width * 2**steps
    layers: list[nn.Module] = [
        nn.ConvTranspose2d(latent, fan, 4, 1, 0, bias=False), nn.BatchNorm2d(fan), nn.ReLU(True),
    ]  # fmt: skip
    for _ in range(steps):
        layers += [nn.ConvTranspose2d(fan, fan // 2, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(fan // 2), nn.ReLU(True)]
        fan //= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(fan, 3, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(steps: int, width: int = 4) -> nn.Module:
    """The discriminator of DCGAN."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for _ in range(steps):
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width)]
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        width *= 2
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 1, 0, bias=False), nn.Sigmoid())


class DenseVAE(nn.Module):
    """The variational autoencoder of the PyTorch examples, at its mean."""

    def __init__(self, sample: bool) -> None:
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 96), nn.Linear(96, 20), nn.Linear(96, 20)
        self.fc3, self.fc4, self.sample = nn.Linear(20, 96), nn.Linear(96, 784), sample

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + 0.3 * torch.exp(0.5 * logvar) if self.sample else mu
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


class ConvVAE(nn.Module):
    """The convolutional one of PyTorch-VAE."""

    def __init__(self) -> None:
        super().__init__()
        widths = [8, 16, 24, 32]
        enc: list[nn.Module] = []
        fan_in = 3
        for width in widths:
            enc += [nn.Conv2d(fan_in, width, 3, 2, 1), nn.BatchNorm2d(width), nn.LeakyReLU()]
            fan_in = width
        dec: list[nn.Module] = []
        for a, b in ((32, 24), (24, 16), (16, 8), (8, 8)):
            dec += [nn.ConvTranspose2d(a, b, 3, 2, 1, 1), nn.BatchNorm2d(b), nn.LeakyReLU()]
        self.encoder, self.decoder = nn.Sequential(*enc), nn.Sequential(*dec)
        self.mu, self.var, self.back = nn.Linear(512, 16), nn.Linear(512, 16), nn.Linear(16, 512)
        self.last = nn.Sequential(nn.Conv2d(8, 3, 3, padding=1), nn.Tanh())

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = torch.flatten(self.encoder(x), start_dim=1)
        mu, var = self.mu(h), self.var(h)
        z = torch.exp(0.5 * var) * 0.5 + mu
        return self.last(self.decoder(self.back(z).view(-1, 32, 4, 4))), mu, var


def autoencoder(pool: bool) -> nn.Module:
    """A convolutional autoencoder of tutorials."""
    if pool:
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(16, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.ConvTranspose2d(4, 16, 2, 2), nn.ReLU(), nn.ConvTranspose2d(16, 1, 2, 2),
            nn.Sigmoid(),
        )  # fmt: skip
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(32, 64, 7), nn.ConvTranspose2d(64, 32, 7), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 3, 2, 1, 1), nn.Sigmoid(),
    )  # fmt: skip


class TNet(nn.Module):
    """The transform network of PointNet."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k
        self.convs = nn.Sequential(*points(k, (16, 32, 64)))
        self.dense = nn.Sequential(*flat(64, (32, 16)), nn.Linear(16, k * k))

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(torch.max(self.convs(x), 2, keepdim=True)[0].view(-1, 64))
        return (y + torch.eye(self.k).view(1, -1)).view(-1, self.k, self.k)


def points(fan_in: int, widths: tuple[int, ...], last: bool = True) -> list[nn.Module]:
    """Shared dense layers as convolutions of width one."""
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        layers += [nn.Conv1d(fan_in, width, 1), nn.BatchNorm1d(width)]
        layers += [nn.ReLU()] if last or i < len(widths) - 1 else []
        fan_in = width
    return layers


def flat(fan_in: int, widths: tuple[int, ...]) -> list[nn.Module]:
    """Dense layers with BatchNorm."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(fan_in, width), nn.BatchNorm1d(width), nn.ReLU()]
        fan_in = width
    return layers


class PointNet(nn.Module):
    """PointNet for classification, or with labels per point."""

    def __init__(self, segment: bool = False) -> None:
        super().__init__()
        self.stn, self.fstn, self.segment = TNet(3), TNet(16), segment
        self.first = nn.Sequential(*points(3, (16,)))
        self.rest = nn.Sequential(*points(16, (32, 64), last=False))
        self.head = nn.Sequential(*flat(64, (32, 16)), nn.Linear(16, 10))
        self.dense = nn.Sequential(*points(80, (32, 24, 16)), nn.Conv1d(16, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.bmm(x.transpose(2, 1), self.stn(x)).transpose(2, 1)
        x = self.first(x)
        local = torch.bmm(x.transpose(2, 1), self.fstn(x)).transpose(2, 1)
        x = torch.max(self.rest(local), 2, keepdim=True)[0].view(-1, 64)
        if not self.segment:
            return F.log_softmax(self.head(x), dim=1)
        x = x.view(-1, 64, 1).repeat(1, 1, local.size(2))
        return F.log_softmax(self.dense(torch.cat([x, local], 1)).transpose(2, 1), dim=-1)


OWN, BASIC = twins("repository-style"), twins("basicsr-style")
SR, GEN = "super-resolution", "generation"
CLOUD = {"implementation": "repository-style", "modality": "points"}
LATENT = {"implementation": "repository-style", "components": "generator"}
SPECS: list[Spec] = [
    OWN("srcnn", "srcnn", SRCNN, 48, 1, task=SR, variant="srcnn-955"),
    OWN("srcnn-915", "srcnn", lambda: SRCNN(32, 1), 64, 1, task=SR),
    OWN("espcn-x3", "espcn", lambda: ESPCN(3), 32, 1, task=SR, variant="espcn"),
    OWN("espcn-x4", "espcn", lambda: ESPCN(4, False), 24, 1, task=SR, variant="espcn"),
    OWN("srresnet-x4", "srresnet", lambda: SRResNet(16, 2), 24, task=SR, variant="srresnet"),
    OWN("srresnet-x2", "srresnet", lambda: SRResNet(5, 1), 32, task=SR, variant="srresnet"),
    BASIC("edsr-x4", "edsr", lambda: EDSR(16), 24, task=SR, variant="edsr"),
    BASIC("esrgan-x4", "esrgan", lambda: RRDBNet(5), 24, task=SR, variant="rrdbnet"),
    BASIC("real-esrgan-x2", "esrgan", lambda: RRDBNet(3, 2), 32, task=SR, variant="rrdbnet"),
    OWN("style", "style-transfer", TransformerNet, 64, task="style-transfer"),
    OWN("cyclegan-9", "cyclegan", lambda: TransformerNet(9, True), 64, task="style-transfer"),
    shaped("dcgan-64", "dcgan", lambda: dcgan(3), (1, 32, 1, 1), **LATENT),
    shaped("dcgan-128", "dcgan", lambda: dcgan(4, 48), (1, 48, 1, 1), **LATENT),
    OWN("dcgan-discriminator", "dcgan", lambda: discriminator(3), 64,
        components="discriminator"),
    OWN("vae-dense", "vae", lambda: DenseVAE(False), 28, 1, task=GEN, variant="vae"),
    OWN("vae-conv", "vae", ConvVAE, 64, task=GEN),
    OWN("autoencoder-conv", "autoencoder", lambda: autoencoder(False), 28, 1, task=GEN),
    OWN("autoencoder-pool", "autoencoder", lambda: autoencoder(True), 28, 1, task=GEN),
    shaped("pointnet", "pointnet", PointNet, (2, 3, 64), task="classification", **CLOUD),
    shaped("pointnet-seg", "pointnet", lambda: PointNet(True), (2, 3, 48), task="segmentation",
           **CLOUD),
]  # fmt: skip
