# ruff: noqa: D102 - forward() is described by its class
"""More spellings and sizes of backbones, and FastViT in both of its forms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.first.backbones import se_resnet
from benchmarks.zoo.first.backbones_mobile import Stage, inverted
from benchmarks.zoo.first.backbones_modern import DarkBlock, HRNet, Tree, dark, regnet
from benchmarks.zoo.mobile import LayerNorm2d, Pooled, unit
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import still


class ConvTokens(nn.Module):
    """MLP-Mixer over linear patches; tokens are mixed by one-dimensional 1x1 convolutions."""

    def __init__(self, size: int = 96, patch: int = 8, dim: int = 40, depth: int = 4) -> None:
        super().__init__()
        self.patch, self.count = patch, (size // patch) ** 2
        self.embed = nn.Linear(3 * patch * patch, dim)
        n, act = self.count, nn.GELU
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(2 * depth + 1)])
        self.tokens = nn.ModuleList(
            [
                nn.Sequential(nn.Conv1d(n, 2 * n, 1), act(), nn.Conv1d(2 * n, n, 1))
                for _ in range(depth)
            ]
        )
        self.channels = nn.ModuleList(
            [nn.Sequential(nn.Linear(dim, 20), act(), nn.Linear(20, dim)) for _ in range(depth)]
        )
        self.head = nn.Linear(dim, 10)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        p = self.patch
        x = x.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1)
        x = self.embed(x.reshape(b, self.count, p * p * c))
        for index, (tokens, channels) in enumerate(zip(self.tokens, self.channels, strict=True)):
            x = x + tokens(self.norms[2 * index](x))
            x = x + channels(self.norms[2 * index + 1](x))
        return self.head(self.norms[-1](x).mean(1))


class ConvBlock(nn.Module):
    """A ConvNeXt block whose perceptron is two 1x1 convolutions."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.depth, self.norm = nn.Conv2d(dim, dim, 7, padding=3, groups=dim), LayerNorm2d(dim)
        self.up, self.down = nn.Conv2d(dim, 4 * dim, 1), nn.Conv2d(4 * dim, dim, 1)
        self.scale = nn.Parameter(torch.rand(dim, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.down(F.gelu(self.up(self.norm(self.depth(x)))))


def convnext_conv() -> nn.Module:
    """ConvNeXt-tiny with convolutional perceptrons."""
    layers: list[nn.Module] = [nn.Conv2d(3, 12, 4, 4), LayerNorm2d(12)]
    cin = 12
    for depth, dim in ((3, 12), (3, 24), (9, 48), (3, 96)):
        if dim != cin:
            layers += [LayerNorm2d(cin), nn.Conv2d(cin, dim, 2, 2)]
        layers += [ConvBlock(dim) for _ in range(depth)]
        cin = dim
    head = nn.Sequential(nn.LayerNorm(cin), nn.Linear(cin, 10))
    return Pooled(nn.Sequential(*layers), head)


class SplitStage(nn.Module):
    """A cross-stage partial stage whose two branches are halves of one 1x1 convolution."""

    def __init__(self, cin: int, cout: int, count: int) -> None:
        super().__init__()
        act, mid = nn.LeakyReLU, cout // 2
        self.down, self.expand = dark(cin, cout, 3, 2, act), dark(cout, cout, 1, 1, act)
        self.blocks = nn.Sequential(*[DarkBlock(mid, mid, act) for _ in range(count)])
        self.post, self.last = dark(mid, mid, 1, 1, act), dark(cout, cout, 1, 1, act)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.expand(self.down(x)).chunk(2, 1)
        return self.last(torch.cat([a, self.post(self.blocks(b))], 1))


def csp_split() -> nn.Module:
    """CSPDarknet-53 with split stages."""
    layers: list[nn.Module] = [dark(3, 8, 3, 1, nn.LeakyReLU)]
    cin = 8
    for count in (1, 2, 8, 8, 4):
        layers.append(SplitStage(cin, 2 * cin, count))
        cin *= 2
    return Pooled(nn.Sequential(*layers), nn.Linear(cin, 10))


class PoseNet(nn.Module):
    """HRNet whose highest resolution predicts heat maps."""

    def __init__(self) -> None:
        super().__init__()
        self.net = HRNet((8, 16, 32, 48))
        self.last = nn.Conv2d(8, 17, 1)

    def forward(self, x: Tensor) -> Tensor:
        net = self.net
        x = net.stem(x)
        xs = [layer(x) for layer in net.enter]
        for index, stage in enumerate(net.stages):
            xs = stage(xs)
            if index < len(net.lower):
                xs = [*xs, net.lower[index](xs[-1])]
        return self.last(xs[0])


class Mixer(nn.Module):
    """RepMixer: trained as x + s * (mix(x) - norm(x)), deployed as one depthwise convolution."""

    def __init__(self, dim: int, deploy: bool) -> None:
        super().__init__()
        self.deploy = deploy
        self.conv = nn.Conv2d(dim, dim, 3, 1, 1, groups=dim)
        if not deploy:
            self.norm, self.identity = nn.BatchNorm2d(dim), nn.BatchNorm2d(dim)
            self.wide = unit(dim, dim, 3, 1, dim, None)
            self.point = unit(dim, dim, 1, 1, dim, None)
            self.scale = nn.Parameter(torch.rand(dim, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.deploy:
            return self.conv(x)
        mixed = self.wide(x) + self.point(x) + self.identity(x)
        return x + self.scale * (mixed - self.norm(x))


class FastBlock(nn.Module):
    """RepMixer and a convolutional perceptron behind a depthwise 7x7."""

    def __init__(self, dim: int, deploy: bool) -> None:
        super().__init__()
        self.mixer = Mixer(dim, deploy)
        self.depth = unit(dim, dim, 7, 1, dim, None)
        self.up, self.down = nn.Conv2d(dim, 3 * dim, 1), nn.Conv2d(3 * dim, dim, 1)
        self.scale = nn.Parameter(torch.rand(dim, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.mixer(x)
        return x + self.scale * self.down(F.gelu(self.up(self.depth(x))))


def one(cin: int, cout: int, kernel: int, stride: int, groups: int) -> nn.Sequential:
    """A deployed MobileOne layer."""
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups), nn.GELU()
    )


def fastvit(deploy: bool) -> nn.Module:
    """FastViT-T8: four stages of RepMixer blocks."""
    cin = 12
    layers: list[nn.Module] = [
        one(3, cin, 3, 2, 1),
        one(cin, cin, 3, 2, cin),
        one(cin, cin, 1, 1, 1),
    ]
    for stage, depth in enumerate((2, 2, 4, 2)):
        dim = 12 << stage
        if stage:
            layers += [nn.Conv2d(cin, dim, 7, 2, 3, groups=cin), nn.GELU(), *one(dim, dim, 1, 1, 1)]
        layers += [FastBlock(dim, deploy) for _ in range(depth)]
        cin = dim
    layers.append(one(cin, 2 * cin, 3, 1, cin))
    return Pooled(nn.Sequential(*layers), nn.Linear(2 * cin, 10))


def dla(root_residual: bool = False) -> nn.Module:
    """A DLA with deeper trees."""
    w = (4, 8, 16, 24, 32, 48)
    layers: list[nn.Module] = [unit(3, w[0], 7), unit(w[0], w[0], 3), unit(w[0], w[1], 3, 2)]
    layers += [Tree(1, w[1], w[2], 2), Tree(3, w[2], w[3], 2, root=True)]
    layers += [Tree(3, w[3], w[4], 2, root=True), Tree(1, w[4], w[5], 2, root=True)]
    return Pooled(nn.Sequential(*layers), nn.Linear(w[5], 10))


EDGE: list[Stage] = [
    ("f", 4, 3, 1, 8, 1), ("f", 8, 3, 2, 12, 2), ("f", 8, 3, 2, 16, 4), ("i", 8, 5, 2, 24, 5),
    ("i", 8, 5, 1, 32, 4), ("i", 8, 5, 2, 48, 2),
]  # fmt: skip

SPECS: list[Spec] = [
    still("b-mlp-mixer-conv", "mlp-mixer", ConvTokens, 96, variant="mlp-mixer"),
    still("b-convnext-conv", "convnext", convnext_conv, 64, variant="convnext-tiny"),
    still("b-csp-darknet-split", "cspdarknet", csp_split, 96, variant="cspdarknet-53"),
    still("b-hrnet-pose", "hrnet", PoseNet, 96, variant="hrnet", task="pose-estimation"),
    still("b-fastvit-deploy", "fastvit", lambda: fastvit(True), 96, variant="fastvit"),
    still("b-fastvit-train", "fastvit", lambda: fastvit(False), 96, variant="fastvit"),
    still("b-dla-deep", "dla", dla, 96, variant="dla"),
    still("b-regnety-32", "regnet", lambda: regnet([2, 5, 12, 1], True), 64, variant="regnety"),
    still("b-se-resnet-101", "se-resnet", lambda: se_resnet([3, 4, 23, 3]), 64,
          variant="se-resnet-101"),
    still("b-efficientnet-edgetpu", "efficientnet-edgetpu", lambda: inverted(EDGE, 8, 160, nn.ReLU),
          96, variant="efficientnet-edgetpu"),
]  # fmt: skip
