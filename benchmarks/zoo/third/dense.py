# ruff: noqa: D102 - forward() is described by its class
"""Segmentation, restoration and generation after single-model repositories and tutorials."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, model


def twice(cin: int, out: int, norm: bool = True) -> nn.Sequential:
    """Two convolutions with bias, BatchNorm and ReLU."""
    layers: list[nn.Module] = []
    for a in (cin, out):
        layers.append(nn.Conv2d(a, out, 3, padding=1))
        layers += [nn.BatchNorm2d(out)] if norm else []
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class MilesialUnet(nn.Module):
    """milesial's U-Net: the upsampled map is padded to the skip's size before the joint."""

    def __init__(self, w: int = 8, bilinear: bool = False, levels: int = 4) -> None:
        super().__init__()
        self.inc = twice(3, w)
        self.downs = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), twice(w << i, w << (i + 1))) for i in range(levels)
        )
        self.ups, self.convs = nn.ModuleList(), nn.ModuleList()
        for i in reversed(range(levels)):
            out, cin = w << i, w << (i + 1)
            up: nn.Module = nn.ConvTranspose2d(cin, out, 2, stride=2)
            if bilinear:
                up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.ups.append(up)
            self.convs.append(twice(out + (cin if bilinear else out), out))
        self.outc = nn.Conv2d(w, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.inc(x)]
        for down in self.downs:
            skips.append(down(skips[-1]))
        y = skips.pop()
        for up, conv in zip(self.ups, self.convs, strict=True):
            y, skip = up(y), skips.pop()
            dy, dx = skip.size()[2] - y.size()[2], skip.size()[3] - y.size()[3]
            y = F.pad(y, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
            y = conv(torch.cat([skip, y], dim=1))
        return self.outc(y)


class KerasUnet(nn.Module):
    """zhixuhao's U-Net as of Keras: nearest upsampling, a 2x2 convolution, no BatchNorm."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        self.enc = nn.ModuleList(
            twice(1 if not i else w << (i - 1), w << i, False) for i in range(5)
        )
        self.ups = nn.ModuleList(nn.Conv2d(w << (i + 1), w << i, 2) for i in (3, 2, 1, 0))
        self.dec = nn.ModuleList(twice(w << (i + 1), w << i, False) for i in (3, 2, 1, 0))
        self.last = nn.Sequential(nn.Conv2d(w, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i, stage in enumerate(self.enc):
            x = stage(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        for up, dec, skip in zip(self.ups, self.dec, skips[-2::-1], strict=True):
            y = F.pad(F.interpolate(x, scale_factor=2), (0, 1, 0, 1))
            x = dec(torch.cat([skip, F.relu(up(y))], 1))
        return torch.sigmoid(self.last(x))


class Pix2PixUnit(nn.Module):
    """One level of pix2pix's generator, the inner levels inside it."""

    def __init__(self, outer: int, inner: int, sub: nn.Module | None, place: str = "") -> None:
        super().__init__()
        self.outermost, first = place == "outer", 3 if place == "outer" else outer
        down = nn.Conv2d(first, inner, 4, 2, 1, bias=False)
        up = nn.ConvTranspose2d(inner * (1 if sub is None else 2), outer, 4, 2, 1)
        if place == "outer":
            layers = [down, sub, nn.ReLU(True), up, nn.Tanh()]
        elif sub is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(True), up, nn.BatchNorm2d(outer)]
        else:
            layers = [nn.LeakyReLU(0.2), down, nn.BatchNorm2d(inner), sub, nn.ReLU(True), up,
                      nn.BatchNorm2d(outer), nn.Dropout(0.5)]  # fmt: skip
        self.model = nn.Sequential(*layers)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


def pix2pix(w: int = 8) -> nn.Module:
    """unet_256: eight halvings."""
    net = Pix2PixUnit(8 * w, 8 * w, None)
    for _ in range(3):
        net = Pix2PixUnit(8 * w, 8 * w, net)
    for a, b in ((4, 8), (2, 4), (1, 2)):
        net = Pix2PixUnit(a * w, b * w, net)
    return Pix2PixUnit(3, w, net, "outer")


class AttentionGate(nn.Module):
    """LeeJunHyun's gate on a skip."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.g, self.x = conv_bn(dim, dim // 2, 1, bias=True), conv_bn(dim, dim // 2, 1, bias=True)
        self.psi = nn.Sequential(conv_bn(dim // 2, 1, 1, bias=True), nn.Sigmoid())

    def forward(self, g: Tensor, x: Tensor) -> Tensor:
        return x * self.psi(F.relu(self.g(g) + self.x(x)))


class AttentionUnet(nn.Module):
    """Attention U-Net of the same repository: upsample, 3x3, gate, join, two convolutions."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        self.enc = nn.ModuleList(twice(3 if not i else w << (i - 1), w << i) for i in range(5))
        dims = [w << i for i in (3, 2, 1, 0)]
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), conv_bn(2 * d, d, bias=True, act=nn.ReLU()))
            for d in dims
        )
        self.gates = nn.ModuleList(AttentionGate(d) for d in dims)
        self.dec, self.out = nn.ModuleList(twice(2 * d, d) for d in dims), nn.Conv2d(w, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i, stage in enumerate(self.enc):
            x = stage(F.max_pool2d(x, 2, 2) if i else x)
            skips.append(x)
        for up, gate, dec, skip in zip(self.ups, self.gates, self.dec, skips[-2::-1], strict=True):
            x = up(x)
            x = dec(torch.cat((gate(x, skip), x), dim=1))
        return self.out(x)


class JfDeeplab(nn.Module):
    """jfzhang95's DeepLabV3+: atrous ResNet-like trunk, ASPP, a decoder with a low skip."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, w, 7, 2, act=nn.ReLU()), nn.MaxPool2d(3, 2, 1))
        stages, cin = [], w
        for i, (n, s, d) in enumerate([(3, 1, 1), (4, 2, 1), (6, 2, 1), (3, 1, 2)]):
            units = []
            for j in range(n):
                units.append(Bottleneck(cin, w << i, s if not j else 1, d))
                cin = 4 * (w << i)
            stages.append(nn.Sequential(*units))
        self.stages, a = nn.ModuleList(stages), nn.ReLU()
        self.aspp = nn.ModuleList(
            conv_bn(cin, 32, 3 if d > 1 else 1, dilation=d, act=a) for d in (1, 6, 12, 18)
        )
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), conv_bn(cin, 32, 1, act=a))
        self.join = nn.Sequential(conv_bn(160, 32, 1, act=a), nn.Dropout(0.5))
        self.low = conv_bn(4 * w, 12, 1, act=a)
        self.last = nn.Sequential(conv_bn(44, 32, act=a), nn.Dropout(0.5), conv_bn(32, 32, act=a),
                                  nn.Dropout(0.1), nn.Conv2d(32, 21, 1))  # fmt: skip

    def forward(self, img: Tensor) -> Tensor:
        x = self.stages[0](self.stem(img))
        low = self.low(x)
        for stage in list(self.stages)[1:]:
            x = stage(x)
        rows = [branch(x) for branch in self.aspp]
        rows.append(
            F.interpolate(self.pool(x), size=x.shape[2:], mode="bilinear", align_corners=True)
        )
        y = self.join(torch.cat(rows, dim=1))
        y = F.interpolate(y, size=low.shape[2:], mode="bilinear", align_corners=True)
        y = self.last(torch.cat((y, low), dim=1))
        return F.interpolate(y, size=img.shape[2:], mode="bilinear", align_corners=True)


class Bottleneck(nn.Module):
    """ResNet's bottleneck, perhaps atrous."""

    def __init__(self, cin: int, mid: int, s: int, d: int) -> None:
        super().__init__()
        self.main = nn.Sequential(conv_bn(cin, mid, 1, act=nn.ReLU()), conv_bn(
            mid, mid, 3, s, dilation=d, act=nn.ReLU()), conv_bn(mid, 4 * mid, 1))  # fmt: skip
        self.side = nn.Identity() if cin == 4 * mid and s == 1 else conv_bn(cin, 4 * mid, 1, s)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.side(x))


def dcgan(nz: int = 100, w: int = 8) -> nn.Module:
    """The generator of PyTorch's tutorial."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(nz, 8 * w, 4, 1, 0, bias=False)]
    for k in (8, 4, 2, 1):
        out = k * w // 2 if k > 1 else 3
        layers += [
            nn.BatchNorm2d(k * w),
            nn.ReLU(True),
            nn.ConvTranspose2d(k * w, out, 4, 2, 1, bias=False),
        ]
    return nn.Sequential(*layers, nn.Tanh())


class ErikGan(nn.Module):
    """eriklindernoren's DCGAN: a linear layer, then upsampling and convolutions."""

    def __init__(self, w: int = 16, size: int = 32) -> None:
        super().__init__()
        self.side, self.w = size // 4, w
        self.l1 = nn.Linear(100, w * self.side**2)
        self.blocks = nn.Sequential(
            nn.BatchNorm2d(w), nn.Upsample(scale_factor=2), nn.Conv2d(w, w, 3, 1, 1),
            nn.BatchNorm2d(w, 0.8), nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2),
            nn.Conv2d(w, w // 2, 3, 1, 1), nn.BatchNorm2d(w // 2, 0.8), nn.LeakyReLU(0.2),
            nn.Conv2d(w // 2, 1, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return self.blocks(self.l1(z).view(z.shape[0], self.w, self.side, self.side))


class SrUnit(nn.Module):
    """3x3, activation, 3x3, scaled and added."""

    def __init__(self, w: int, act: nn.Module, norm: bool, scale: float = 1.0) -> None:
        super().__init__()
        mid = [nn.BatchNorm2d(w)] if norm else []
        last = [nn.BatchNorm2d(w)] if norm else []
        self.body = nn.Sequential(
            nn.Conv2d(w, w, 3, 1, 1), *mid, act, nn.Conv2d(w, w, 3, 1, 1), *last
        )
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) * self.scale + x


class SuperNet(nn.Module):
    """Head, residual body with a long skip, shuffled upsampling; EDSR's or SRResNet's parts."""

    def __init__(self, n: int, w: int, edsr: bool, scale: int = 4) -> None:
        super().__init__()
        act: nn.Module = nn.ReLU(True) if edsr else nn.PReLU()
        k = 3 if edsr else 9
        self.head = nn.Sequential(nn.Conv2d(3, w, k, 1, k // 2), *([] if edsr else [nn.PReLU()]))
        tail = [nn.Conv2d(w, w, 3, 1, 1)] + ([] if edsr else [nn.BatchNorm2d(w)])
        units = [SrUnit(w, act, not edsr, 0.1 if edsr else 1.0) for _ in range(n)]
        self.body, ups = nn.Sequential(*units, *tail), []
        for _ in range(scale // 2):
            ups += [nn.Conv2d(w, 4 * w, 3, 1, 1), nn.PixelShuffle(2)]
            ups += [] if edsr else [nn.PReLU()]
        self.up, self.out = nn.Sequential(*ups), nn.Conv2d(w, 3, k, 1, k // 2)
        self.register_buffer("shift", torch.tensor([0.45, 0.44, 0.40]).view(1, 3, 1, 1))
        self.edsr = edsr

    def forward(self, x: Tensor) -> Tensor:
        shift: Tensor = self.shift  # type: ignore[assignment]
        y = self.head(x - shift if self.edsr else x)
        y = self.out(self.up(self.body(y) + y))
        return y + shift if self.edsr else (torch.tanh(y) + 1) / 2


class FastStyle(nn.Module):
    """PyTorch's fast_neural_style: reflection padding, instance norm, nearest upsampling."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()

        def conv(a: int, b: int, k: int, s: int = 1) -> list[nn.Module]:
            return [nn.ReflectionPad2d(k // 2), nn.Conv2d(a, b, k, s)]

        def normed(a: int, b: int, k: int, s: int = 1) -> list[nn.Module]:
            return [*conv(a, b, k, s), nn.InstanceNorm2d(b, affine=True), nn.ReLU()]

        down = [*normed(3, w, 9), *normed(w, 2 * w, 3, 2), *normed(2 * w, 4 * w, 3, 2)]
        self.down, self.res = nn.Sequential(*down), nn.ModuleList()
        for _ in range(5):
            body = [*normed(4 * w, 4 * w, 3), *conv(4 * w, 4 * w, 3)]
            self.res.append(nn.Sequential(*body, nn.InstanceNorm2d(4 * w, affine=True)))
        self.up1, self.up2 = (
            nn.Sequential(*normed(4 * w, 2 * w, 3)),
            nn.Sequential(*normed(2 * w, w, 3)),
        )
        self.out = nn.Sequential(*conv(w, 3, 9))

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(x)
        for body in self.res:
            y = body(y) + y
        y = self.up1(F.interpolate(y, mode="nearest", scale_factor=2))
        return self.out(self.up2(F.interpolate(y, mode="nearest", scale_factor=2)))


class ExampleVae(nn.Module):
    """PyTorch's example VAE on flattened digits."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 64), nn.Linear(64, 10), nn.Linear(64, 10)
        self.fc3, self.fc4 = nn.Linear(10, 64), nn.Linear(64, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


class TNet(nn.Module):
    """fxia22's spatial transformer: shared perceptron, maximum, three linear layers, plus one."""

    def __init__(self, k: int, w: int) -> None:
        super().__init__()
        self.k = k
        self.conv = nn.Sequential(nn.Conv1d(k, w, 1), nn.BatchNorm1d(w), nn.ReLU(), nn.Conv1d(
            w, 2 * w, 1), nn.BatchNorm1d(2 * w), nn.ReLU(), nn.Conv1d(2 * w, 16 * w, 1),
            nn.BatchNorm1d(16 * w), nn.ReLU())  # fmt: skip
        self.fc = nn.Sequential(nn.Linear(16 * w, 8 * w), nn.BatchNorm1d(8 * w), nn.ReLU(),
                                nn.Linear(8 * w, 4 * w), nn.BatchNorm1d(4 * w), nn.ReLU(),
                                nn.Linear(4 * w, k * k))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        y = torch.max(self.conv(x), 2, keepdim=True)[0].view(x.shape[0], -1)
        eye = torch.eye(self.k).view(1, self.k * self.k)
        return (self.fc(y) + eye).view(-1, self.k, self.k)


class PointNet(nn.Module):
    """fxia22's classifier with the feature transform."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        self.stn, self.fstn = TNet(3, w), TNet(w, w)
        self.c1, self.b1 = nn.Conv1d(3, w, 1), nn.BatchNorm1d(w)
        self.c2, self.b2 = nn.Conv1d(w, 2 * w, 1), nn.BatchNorm1d(2 * w)
        self.c3, self.b3 = nn.Conv1d(2 * w, 16 * w, 1), nn.BatchNorm1d(16 * w)
        self.fc = nn.Sequential(nn.Linear(16 * w, 8 * w), nn.BatchNorm1d(8 * w), nn.ReLU(),
                                nn.Linear(8 * w, 4 * w), nn.Dropout(0.3), nn.BatchNorm1d(4 * w),
                                nn.ReLU(), nn.Linear(4 * w, 16))  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.bmm(x.transpose(2, 1), self.stn(x)).transpose(2, 1)
        x = F.relu(self.b1(self.c1(x)))
        x = torch.bmm(x.transpose(2, 1), self.fstn(x)).transpose(2, 1)
        x = self.b3(self.c3(F.relu(self.b2(self.c2(x)))))
        x = torch.max(x, 2, keepdim=True)[0].view(x.shape[0], -1)
        return F.log_softmax(self.fc(x), dim=1), x


SPECS: list[Spec] = [
    model("milesial-unet", "unet", MilesialUnet, 96, "milesial/Pytorch-UNet", task="segmentation"),
    model("milesial-unet-odd", "unet", lambda: MilesialUnet(8, True, 4), 100,
          "milesial/Pytorch-UNet", task="segmentation"),
    model("zhixuhao-unet", "unet", KerasUnet, {"image": (1, 1, 64, 64)}, "zhixuhao/unet",
          task="segmentation"),
    model("pix2pix-unet-256", "unet", pix2pix, 256, "junyanz/pytorch-CycleGAN-and-pix2pix",
          task="generation"),
    model("attention-unet", "attention-unet", AttentionUnet, 64, "LeeJunHyun/Image_Segmentation",
          task="segmentation"),
    model("jfzhang-deeplabv3plus", "deeplab", JfDeeplab, 128, "jfzhang95/pytorch-deeplab-xception",
          task="segmentation"),
    model("dcgan-tutorial", "dcgan", dcgan, {"noise": (1, 100, 1, 1)}, "pytorch tutorial"),
    model("erik-dcgan", "dcgan", ErikGan, {"noise": (1, 100)}, "eriklindernoren/PyTorch-GAN"),
    model("sanghyun-edsr-x4", "edsr", lambda: SuperNet(8, 16, True), 24,
          "sanghyun-son/EDSR-PyTorch", task="super-resolution"),
    model("leftthomas-srgan", "srresnet", lambda: SuperNet(5, 16, False), 24, "leftthomas/SRGAN",
          task="super-resolution"),
    model("fast-neural-style", "style-transfer", FastStyle, 64, "pytorch/examples"),
    model("pytorch-vae", "vae", ExampleVae, {"input": (1, 1, 28, 28)}, "pytorch/examples"),
    model("fxia-pointnet", "pointnet", PointNet, {"points": (1, 3, 64)}, "fxia22/pointnet.pytorch",
          modality="points"),
]  # fmt: skip
