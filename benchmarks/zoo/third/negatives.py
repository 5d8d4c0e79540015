# ruff: noqa: D102 - forward() is described by its class
"""Hard negatives from the networks of this folder: one defining structure of each is broken."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third import audio, cnn_classic, cnn_modern, dense, detection, others, text
from benchmarks.zoo.third import transformers_vision as vits
from benchmarks.zoo.third._common import Inputs, Maker, conv_bn, model


class ProductUnit(cnn_classic.WeiaiBottle):
    """A bottleneck whose sides multiply."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.shortcut(x) * self.residual_function(x))


class Forgetful(nn.Module):
    """A dense layer that keeps nothing of its input but a projection."""

    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        self.a, self.b = cnn_classic.DenseLayer(cin, growth), nn.Conv2d(cin, cin, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([F.relu(self.b(x)), self.a.bottle_neck(x)], 1)


def forgetful(depths: list[int], growth: int) -> nn.Module:
    """The network of such layers."""
    width, layers = 2 * growth, list[nn.Module]([nn.Conv2d(3, 2 * growth, 3, padding=1)])
    for depth in depths:
        for _ in range(depth):
            layers.append(Forgetful(width, growth))
            width += growth
        layers += [nn.Conv2d(width, width // 2, 1), nn.AvgPool2d(2)]
        width //= 2
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


class Uniform(nn.Module):
    """No softmax: every place counts the same."""

    def forward(self, x: Tensor) -> Tensor:
        return x / x.shape[-1]


def linear_vit() -> nn.Module:
    """A ViT with linear attention weights."""
    net = vits.LucidVit(40, 4, 5, False)
    for part in net.modules():
        if isinstance(part, vits.LucidAttention):
            part.attend = Uniform()  # type: ignore[assignment]
    return net


class BlindUnet(dense.MilesialUnet):
    """Each joint gets the upsampled map twice and no skip."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.inc(x)
        for down in self.downs:
            y = down(y)
        for up, conv in zip(self.ups, self.convs, strict=True):
            y = up(y)
            y = conv(torch.cat([y, torch.tanh(y)], dim=1))
        return self.outc(y)


class Unrotated(text.Llama2c):
    """LLaMA without positions of any kind."""

    def rotate(self, x: Tensor) -> Tensor:
        return x


class SkiplessGpt(text.KarpathyGpt):
    """A GPT whose feed-forward replaces the stream."""

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for block in self.blocks:
            y = block.ln1(x)  # type: ignore[operator]
            heads: Any = block.heads
            x = block.ffwd(block.ln2(block.proj(torch.cat([h(y) for h in heads], -1))))  # type: ignore[operator]
        return self.lm_head(self.ln_f(x))


class Chain(nn.Module):
    """What C2f would be without its cut and its joint."""

    def __init__(self, cin: int, out: int, n: int, add: bool) -> None:
        super().__init__()
        act = nn.SiLU()
        self.net = nn.Sequential(conv_bn(cin, out, 1, act=act), conv_bn(out, out, act=act))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def chained_yolo() -> nn.Module:
    """YOLOv8 with chains for its C2f modules."""
    net = detection.Yolo8(8, 1, False)
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, detection.C2f):
                fan = child.cv1[0].in_channels, child.cv2[0].out_channels
                setattr(parent, name, Chain(fan[0], fan[1], 1, False))
    return net


class Additive(audio.WaveBlock):
    """The gate adds where it should multiply."""

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.conv(x).split(self.conv.out_channels // 2, dim=1)
        ca, cb = self.aux(c).split(self.conv.out_channels // 2, dim=1)
        y = torch.tanh(a + ca) + torch.sigmoid(b + cb)
        return (self.out(y) + x) * math.sqrt(0.5), self.skip(y)


def additive_wavenet() -> nn.Module:
    """Parallel WaveGAN's generator of such blocks."""
    net = audio.ParallelWave(12, 2, 12)
    net.blocks = nn.ModuleList(Additive(12, 2 ** (i % 6)) for i in range(12))
    return net


class Convless(audio.WenetLayer):
    """A Conformer layer whose convolution module is gone."""

    def conv(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x) + self.norms[2].weight  # type: ignore[operator]


def convless() -> nn.Module:
    """The encoder of such layers."""
    net = audio.WenetConformer(4, 32, 4, False)
    net.layers = nn.ModuleList(Convless(32, 4, 15, False) for _ in range(4))
    return net


class Columns(others.HolmeCrnn):
    """A CRNN that reads every column alone."""

    def __init__(self) -> None:
        super().__init__()
        self.l1, self.l2 = nn.Linear(128, 48), nn.Linear(24, 48)

    def forward(self, x: Tensor) -> Tensor:
        y = self.cnn(x).squeeze(2).permute(2, 0, 1)
        y = self.e1(torch.tanh(self.l1(y)))
        return F.log_softmax(self.e2(torch.tanh(self.l2(y))), dim=2)


class Multiplied(cnn_modern.RepUnit):
    """RepVGG's branches multiplied."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(x) * torch.sigmoid(self.one(x))
        return F.relu(y if self.identity is None else y * self.identity(x))


def multiplied() -> nn.Module:
    """A stack of such units."""
    layers: list[nn.Module] = [Multiplied(3, 8, 2)]
    for stage in range(4):
        cin, out = 8 << max(0, stage - 1), 8 << stage
        layers += [Multiplied(cin, out, 2), *[Multiplied(out, out, 1) for _ in range(3)]]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Pointwise(cnn_modern.ConvNextBlock):
    """ConvNeXt's block without neighbours."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.dwconv = nn.Conv2d(dim, dim, 1, groups=dim)


def pointwise() -> nn.Module:
    """ConvNeXt of such blocks."""
    dims, layers = [8, 16, 32, 64], list[nn.Module]()
    for stage, depth in enumerate([3, 3, 9, 3]):
        step = 2 if stage else 4
        layers += [nn.Conv2d(dims[stage - 1] if stage else 3, dims[stage], step, step)]
        layers += [cnn_modern.LayerNorm2d(dims[stage])]
        layers += [Pointwise(dims[stage]) for _ in range(depth)]
    return nn.Sequential(*layers, cnn_modern.Mean2(), nn.LayerNorm(64), nn.Linear(64, 30))


class Flat(dense.PointNet):
    """A PointNet that averages nothing and takes the first point."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.b1(self.c1(x)))
        x = self.b3(self.c3(F.relu(self.b2(self.c2(x)))))[:, :, 0]
        return F.log_softmax(self.fc(x), dim=1), x


class Linked(others.TorchfmDeepFm):
    """DeepFM whose machine only sums."""

    def forward(self, field_ids: Tensor) -> Tensor:
        x = field_ids % 50 + self.offsets
        e = self.emb(x)
        y = self.bias + 0.5 * e.sum(1).sum(1, keepdim=True) + self.mlp(e.flatten(1))
        return torch.sigmoid(y.squeeze(1))


class Untied(nn.Module):
    """Depthwise and pointwise layers of MobileNetV2 in the wrong order, never added."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_bn(3, 16, 3, 2, act=nn.ReLU6())]
        cin = 16
        for out, stride in ((24, 2), (24, 1), (32, 2), (32, 1), (64, 2), (64, 1), (96, 2)):
            layers += [conv_bn(cin, cin, 3, stride, groups=cin, act=nn.ReLU6())]
            layers += [conv_bn(cin, 6 * cin, 1), conv_bn(6 * cin, out, 1, act=nn.ReLU6())]
            cin = out
        self.net, self.fc = nn.Sequential(*layers), nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.net(x).mean((2, 3)))


class Gateless(nn.Module):
    """An LSTM's equations with every gate open."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.x, self.h = nn.Embedding(160, 20), nn.Linear(20, 24), nn.Linear(24, 24)
        self.out = nn.Linear(24, 2)

    def forward(self, ids: Tensor) -> Tensor:
        h = c = torch.zeros(ids.size(0), 24)
        for step in self.embed(ids).unbind(1):
            c = c + torch.sin(self.x(step) + self.h(h))
            h = torch.cos(c)
        return self.out(h)


def broken(how: str, family: str, maker: Maker, inputs: Inputs | int) -> Spec:
    """A negative named after what it imitates."""
    return model(f"not-{family}-{how}", "negative", maker, inputs, "broken twin",
                 components=f"imitates:{family}", task="none")  # fmt: skip


SPECS: list[Spec] = [
    broken("product", "resnet", lambda: cnn_classic.Residual(ProductUnit, [3, 4, 6, 3], 4), 32),
    broken("forgetful", "densenet", lambda: forgetful([6, 12, 8], 8), 32),
    broken("linear", "vit", linear_vit, 64),
    broken("blind", "unet", BlindUnet, 64),
    broken("unrotated", "llama", lambda: Unrotated(4, 48, 6, 2), text.IDS),
    broken("skipless", "gpt2", lambda: SkiplessGpt(4, 32, 4, nn.GELU), text.IDS),
    broken("chained", "yolov8", chained_yolo, 96),
    broken("additive", "wavenet", additive_wavenet, {"noise": (1, 1, 200), "feats": (1, 20, 200)}),
    broken("convless", "conformer", convless, audio.FEATS),
    broken("columns", "crnn", Columns, others.LINE),
    broken("multiplied", "repvgg", multiplied, 64),
    broken("pointwise", "convnext", pointwise, 64),
    broken("first-point", "pointnet", Flat, {"points": (1, 3, 64)}),
    broken("sum", "deepfm", Linked, {"field_ids": (1, 6)}),
    broken("order", "mobilenetv2", Untied, 96),
    broken("gateless", "lstm", Gateless, text.IDS),
]
