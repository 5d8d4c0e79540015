# ruff: noqa: D102 - forward() is described by its class
"""Hard negatives over images: builders whose one switch breaks what defines the family."""

from __future__ import annotations

import random
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import tensors, twin
from benchmarks.zoo.spec import Spec


def unit(cin: int, cout: int, k: int = 3, s: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    conv = nn.Conv2d(cin, cout, k, s, k // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


def head(cin: int) -> nn.Sequential:
    """Global pooling and a linear layer."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, 10))


class Residual(nn.Module):
    """A ResNet block; `how` says what stands where the addition of the input should."""

    def __init__(self, cin: int, cout: int, stride: int, how: str, deep: bool, k: int) -> None:
        super().__init__()
        mid = cout // 2 if deep else cout
        layers = [unit(cin, mid, 1)] if deep else []
        layers.append(unit(mid if deep else cin, mid, k, stride))
        last = 1 if deep else k
        self.body = nn.Sequential(*layers, nn.Conv2d(mid, cout, last, 1, last // 2))
        self.down = nn.Conv2d(cin, cout, 1, stride)
        self.join, self.how = nn.Conv2d(2 * cout, cout, 1), how

    def forward(self, x: Tensor) -> Tensor:
        y, s = self.body(x), self.down(x)
        if self.how == "product":
            return F.relu(y * s)
        if self.how == "concat":
            return F.relu(self.join(torch.cat([y, s], 1)))
        if self.how == "max":
            return F.relu(torch.maximum(y, s))
        return F.relu(y + s) if self.how == "sum" else F.relu(y)


def resnet(how: str, deep: bool, k: int = 3) -> nn.Module:
    """Stem and four stages of two blocks."""
    layers: list[nn.Module] = [unit(3, 16, 7, 2), nn.MaxPool2d(3, 2, 1)]
    for cin, cout, stride in ((16, 16, 1), (16, 32, 2), (32, 48, 2), (48, 64, 2)):
        layers += [Residual(cin, cout, stride, how, deep, k), Residual(cout, cout, 1, how, deep, k)]
    return nn.Sequential(*layers, head(64))


def vgg(seed: int, how: str) -> nn.Module:
    """VGG's counts with 1x1 kernels, in random order, or with its classifier in front."""
    rng = random.Random(seed)
    plan = [8, 8, 0, 16, 16, 0, 24, 24, 24, 0, 32, 32, 32, 0]
    layers: list[nn.Module] = []
    cin = 3
    if how == "mixed":  # every convolution has another kernel and stride, the poolings are average
        for cout in plan:
            k = rng.choice([1, 5, 7, 9])
            layers += [nn.Conv2d(cin, cout, k, 1, k // 2), nn.Tanh()] if cout else [nn.AvgPool2d(2)]
            cin = cout or cin
        return nn.Sequential(*layers, head(cin))
    if how == "shuffled":
        kinds = ["conv"] * 10 + ["relu"] * 10 + ["pool"] * 4
        rng.shuffle(kinds)
        for kind in kinds:
            if kind == "conv":
                cout = rng.choice([8, 16, 24])
                layers.append(nn.Conv2d(cin, cout, 3, padding=1))
                cin = cout
            else:
                layers.append(nn.ReLU() if kind == "relu" else nn.MaxPool2d(2))
        return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(10))
    for cout in plan:
        if cout:
            layers += [nn.Conv2d(cin, cout, 1), nn.ReLU()]
        else:
            layers.append(nn.MaxPool2d(2))
        cin = cout or cin
    return nn.Sequential(*layers, head(cin))


class Dense(nn.Module):
    """DenseNet without dense connections: each layer sees only the one before, or a product."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.stem, self.how = unit(3, 16, 7, 2), how
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 1), nn.BatchNorm2d(32),
                          nn.ReLU(), nn.Conv2d(32, 16, 3, padding=1)) for _ in range(8)
        )  # fmt: skip
        self.head = head(16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for i, layer in enumerate(self.layers):
            x = layer(x) if self.how == "chain" else x * torch.tanh(layer(x))
            x = F.avg_pool2d(x, 2) if i in (2, 5) else x
        return self.head(x)


class Parallel(nn.Module):
    """Inception's or Fire's branches in series, or multiplied instead of concatenated."""

    def __init__(self, cin: int, kernels: tuple[int, ...], how: str, squeeze: bool) -> None:
        super().__init__()
        self.first = unit(cin, cin // 2, 1) if squeeze else nn.Identity()
        width = cin // 2 if squeeze else cin
        self.last, self.how = unit(width, cin, 1), how
        self.branches = nn.ModuleList(unit(width, width, k) for k in kernels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        if self.how == "series":
            for branch in self.branches:
                x = branch(x)
            return self.last(x)
        y = self.branches[0](x)
        for branch in list(self.branches)[1:]:
            y = y * branch(x)
        return self.last(y)


def branched(kernels: tuple[int, ...], how: str, squeeze: bool, count: int = 5) -> nn.Module:
    """A stack of such blocks."""
    blocks: list[nn.Module] = [unit(3, 24, 7, 2), nn.MaxPool2d(3, 2)]
    for _ in range(count):
        blocks.append(Parallel(24, kernels, how, squeeze))
    return nn.Sequential(*blocks, head(24))


class Gate(nn.Module):
    """Squeeze-and-excitation whose scale is not a gate: added, or without sigmoid, or spatial."""

    def __init__(self, width: int, how: str) -> None:
        super().__init__()
        self.a, self.b, self.how = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1), how

    def forward(self, x: Tensor) -> Tensor:
        s = self.b(torch.sin(self.a(x.mean((2, 3), keepdim=True))))
        return x + s if self.how == "added" else x * s


def mobile(how: str) -> nn.Module:
    """MobileNet's convolutions in orders and kinds that no longer factorise a convolution."""
    layers: list[nn.Module] = [unit(3, 16, 3, 2)]
    if how == "sorted":  # first all depthwise ones, then all pointwise ones
        layers += [unit(16, 16, 3, 2 if i in (2, 5) else 1, 16) for i in range(8)]
        layers += [unit(16, 16, 1) for _ in range(8)]
    elif how == "depthwise":  # channels never mix
        layers += [unit(16, 16, 5 if i % 2 else 3, 1, 16) for i in range(10)]
    else:  # inverted the wrong way, no linear end, no skip, additive gates
        for i in range(6):
            s = 2 if i in (2, 4) else 1
            layers += [unit(16, 8, 1), unit(8, 8, 3, s, 8), unit(8, 16, 1), Gate(16, how)]
    return nn.Sequential(*layers, head(16))


class Plain(nn.Module):
    """ConvNeXt's operators: no residual, kernels swapped (1x1 depthwise, 7x7 pointwise)."""

    def __init__(self, how: str) -> None:
        super().__init__()
        k, p = (1, 3) if how == "kernels" else (7, 1)
        self.stem, self.skip = nn.Conv2d(3, 16, 4, 4), how == "kernels"
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(16, 16, k, padding=k // 2, groups=16), nn.GroupNorm(1, 16),
                          nn.Conv2d(16, 32, p, padding=p // 2), nn.GELU(),
                          nn.Conv2d(32, 16, p, padding=p // 2)) for _ in range(5)
        )  # fmt: skip
        self.head = head(16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x * block(x) if self.skip else block(x)
        return self.head(x)


class Patches(nn.Module):
    """A ViT whose tokens never meet, meet by unnormalised products, or without residuals."""

    def __init__(self, how: str, windows: bool = False, dim: int = 32) -> None:
        super().__init__()
        self.how, self.windows = how, windows
        self.patch, self.cls = nn.Conv2d(3, dim, 8, 8), nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, 64 + (not windows), dim) * 0.02)
        make = lambda f: nn.ModuleList(f() for _ in range(4))  # noqa: E731
        self.qkv = make(lambda: nn.Linear(dim, 3 * dim))
        self.out = make(lambda: nn.Linear(dim, dim))
        self.n1, self.n2 = make(lambda: nn.LayerNorm(dim)), make(lambda: nn.LayerNorm(dim))
        self.mlp = make(
            lambda: nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        )
        self.last = nn.Linear(dim, 10)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if self.how == "tokens-apart":
            return torch.tanh(q) * torch.relu(k) + v
        scores = q @ k.transpose(-1, -2) * 0.3
        if self.how == "relu":
            return torch.relu(scores) @ v
        return scores.softmax(-1) @ v if self.how == "skipless" else torch.cos(scores) @ v

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        if not self.windows:
            x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.pos
        for i in range(4):
            h = self.n1[i](x)
            if self.windows:
                h = h.view(4, 16, -1)
            y = self.out[i](self.mix(*self.qkv[i](h).chunk(3, -1))).reshape(x.shape)
            if self.how == "skipless":
                x = self.mlp[i](self.n2[i](y))
            else:
                x = x + y
                x = x + self.mlp[i](self.n2[i](x))
        return self.last(x.mean(1) if self.windows else x[:, 0])


class Uneven(nn.Module):
    """U-Net whose decoder gets each level as one vector, or as a factor, but never as a map."""

    def __init__(self, how: str) -> None:
        super().__init__()
        sizes = [8, 12, 16, 20]
        self.downs = nn.ModuleList(
            nn.Sequential(unit(a, b), unit(b, b)) for a, b in zip([3, *sizes], sizes, strict=False)
        )
        self.ups = nn.ModuleList(nn.ConvTranspose2d(20, 20, 2, 2) for _ in range(3))
        self.side = nn.ModuleList(nn.Conv2d(c, 20, 1) for c in sizes[:3])
        self.convs = nn.ModuleList(unit(20, 20) for _ in range(3))
        self.out, self.how = nn.Conv2d(20, 2, 1), how

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for i, down in enumerate(self.downs):
            x = down(x)
            kept.append(x)
            x = F.max_pool2d(x, 2) if i < 3 else x
        for i, (up, conv) in enumerate(zip(self.ups, self.convs, strict=True)):
            x = up(x)
            if self.how == "product":
                x = x * torch.tanh(self.side[2 - i](kept[2 - i]))
            x = conv(x)
            if self.how == "late" and i == 2:  # one global vector per level, no maps
                for side, level in zip(self.side, kept, strict=False):
                    x = x + side(level.mean((2, 3), keepdim=True))
        return self.out(x)


class Dag(nn.Module):
    """A random graph of convolutions, sums, products, concatenations and poolings."""

    def __init__(self, seed: int, spread: int) -> None:
        super().__init__()
        rng = random.Random(seed)
        self.stem, self.plan, self.nodes = nn.Conv2d(3, 12, 5, 2, 2), [], nn.ModuleList()
        for index in range(rng.randint(8, 20)):
            first, second = rng.randint(max(0, index - spread), index), rng.randint(0, index)
            how = rng.choice(["one", "sum", "product", "concat", "gate"])
            k, groups = rng.choice([1, 3, 5, 7]), rng.choice([1, 1, 4, 12])
            act = rng.choice([nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Identity])
            cin = 24 if how == "concat" else 12
            body: list[nn.Module] = [nn.Conv2d(cin, 12, k, padding=k // 2, groups=groups), act()]
            if rng.random() < 0.4:
                body.insert(rng.randint(0, 2), nn.AvgPool2d(3, 1, 1))
            self.nodes.append(nn.Sequential(*body))
            self.plan.append((how, first, second))
        self.head = head(12)

    def forward(self, x: Tensor) -> Tensor:
        values = [self.stem(x)]
        for (how, i, j), node in zip(self.plan, self.nodes, strict=True):
            a, b = values[i], values[j]
            if how == "concat":
                a = torch.cat([a, b], 1)
            elif how in ("sum", "product"):
                a = a + b if how == "sum" else a * b
            elif how == "gate":
                a = a * torch.sin(b)
            values.append(node(a))
        return self.head(sum(values[len(values) // 2 + 1 :], values[-1]))


def lenet(how: str) -> nn.Module:
    """LeNet's or AlexNet's layers the wrong way round: pooled first, convolved last."""
    if how == "lenet":
        layers = [nn.AvgPool2d(2), nn.AvgPool2d(2), nn.Tanh(), nn.Linear(8, 28), nn.Linear(28, 16),
                  nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 4), nn.Flatten()]  # fmt: skip
        return nn.Sequential(*layers)
    pools = [nn.MaxPool2d(3, 2), nn.MaxPool2d(3, 2)]
    convs = [nn.Conv2d(3, 12, 3, padding=1), nn.Conv2d(12, 16, 5, padding=2), nn.ReLU(),
             nn.Conv2d(16, 8, 11, padding=5)]  # fmt: skip
    return nn.Sequential(*pools, *convs, nn.Flatten(), nn.LazyLinear(16), nn.Linear(16, 10))


class Shuffle(nn.Module):
    """ShuffleNet's grouped units without any shuffle or split: the groups never mix."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.stem, self.head = unit(3, 24, 3, 2), head(24)
        self.blocks = nn.Sequential(*[
            nn.Sequential(unit(24, 24, 1, 1, groups), unit(24, 24, 3, 1, 24),
                          unit(24, 24, 1, 1, groups)) for _ in range(6)
        ])  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))


def seen(
    name: str,
    imitates: str,
    maker: Callable[[], nn.Module],
    size: int = 64,
    channels: int = 3,
) -> Spec:
    """A negative over images."""

    def build() -> nn.Module:
        model = maker().eval()
        with torch.no_grad():  # lazy layers take their sizes here
            model(torch.zeros(1, channels, size, size))
        return model

    inputs = tensors(image=(1, channels, size, size))
    labels = (f"not-{name}", f"imitates:{imitates}", "image", "none")
    return twin(f"not-{name}", "negative", build, inputs, "broken builder", *labels)


def many(maker: Callable[..., nn.Module], *args: object) -> Callable[[], nn.Module]:
    """The maker with its arguments bound now."""
    return lambda: maker(*args)


SPECS = [
    # residual additions replaced or gone
    *[seen(f"resnet-{how}-{'bottleneck' if deep else 'basic'}", "resnet", many(resnet, how, deep))
      for how in ("product", "concat", "max", "none") for deep in (True, False)],
    # 3x3 and 1x1 kernels swapped: no spatial context in any block
    seen("resnet-pointwise", "resnet", many(resnet, "none", False, 1)),
    seen("vgg-pointwise", "vgg", many(vgg, 0, "pointwise")),
    *[seen(f"vgg-shuffled-order-{i}", "vgg", many(vgg, i, "shuffled")) for i in (11, 12, 13, 14)],
    *[seen(f"vgg-mixed-kernels-{i}", "vgg", many(vgg, i, "mixed")) for i in (21, 22)],
    *[seen(f"densenet-{how}", "densenet", many(Dense, how)) for how in ("chain", "product")],
    *[seen(f"inception-{how}", "inception", many(branched, (1, 3, 5), how, False))
      for how in ("series", "product")],
    *[seen(f"squeezenet-{how}", "squeezenet", many(branched, (1, 3), how, True))
      for how in ("series", "product")],
    *[seen(f"mobilenet-{how}", "mobilenetv1", many(mobile, how))
      for how in ("sorted", "depthwise")],
    *[seen(f"efficientnet-{how}", "efficientnet", many(mobile, how)) for how in ("added", "free")],
    *[seen(f"convnext-{how}", "convnext", many(Plain, how)) for how in ("kernels", "skipless")],
    *[seen(f"vit-{how}", "vit", many(Patches, how))
      for how in ("tokens-apart", "relu", "cosine", "skipless")],
    *[seen(f"swin-{how}", "swin", many(Patches, how, True)) for how in ("tokens-apart", "relu")],
    *[seen(f"unet-{how}", "unet", many(Uneven, how)) for how in ("late", "product")],
    seen("lenet-reversed", "lenet", many(lenet, "lenet"), 32, 1),
    seen("alexnet-reversed", "alexnet", many(lenet, "alexnet")),
    seen("shufflenet-unmixed", "shufflenet", many(Shuffle, 3)),
    *[seen(f"dag-local-{i}", "none", many(Dag, i, 1)) for i in range(31, 36)],
    *[seen(f"dag-wide-{i}", "none", many(Dag, i, 9)) for i in range(41, 47)],
]  # fmt: skip
