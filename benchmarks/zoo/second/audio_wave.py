# ruff: noqa: D102 - forward() is described by its class
"""Waveform models and vocoders: WaveNet, TCN, Conv-TasNet, HiFi-GAN, MelGAN, VITS, WaveGlow."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from benchmarks.zoo.second.text_common import VOCAB, Inputs, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class WaveNet(nn.Module):
    """The causal network of vincentherrmann/pytorch-wavenet; with `mel` r9y9's vocoder."""

    def __init__(self, layers: int, stacks: int, mel: int = 0, width: int = 16) -> None:
        super().__init__()
        self.dilations = [2**i for i in range(layers)] * stacks
        make = lambda f: nn.ModuleList(f(d) for d in self.dilations)  # noqa: E731
        self.start = nn.Conv1d(1 if mel else 32, width, 1)
        self.filters = make(lambda d: nn.Conv1d(width, width, 2, dilation=d))
        self.gates = make(lambda d: nn.Conv1d(width, width, 2, dilation=d))
        self.skip = make(lambda _: nn.Conv1d(width, 24, 1))
        self.residual = make(lambda _: nn.Conv1d(width, width, 1))
        self.local = make(lambda _: nn.Conv1d(max(mel, 1), 2 * width, 1, bias=False))
        self.end1, self.end2 = nn.Conv1d(24, 24, 1), nn.Conv1d(24, 30 if mel else 32, 1)
        self.tanh, self.sigmoid, self.plus = nn.Tanh(), nn.Sigmoid(), Plus()

    def forward(self, x: Tensor, mel: Tensor | None = None) -> Tensor:
        x = self.start(x)
        skips: Tensor | None = None
        for i, dilation in enumerate(self.dilations):
            padded = F.pad(x, (dilation, 0))
            f, g = self.filters[i](padded), self.gates[i](padded)
            if mel is not None:
                a, b = self.local[i](mel).chunk(2, 1)
                f, g = f + a, g + b
            y = self.tanh(f) * self.sigmoid(g)
            s = self.skip[i](y)
            skips = s if skips is None else skips + s
            x = self.plus(x, self.residual[i](y))
        assert skips is not None
        return self.end2(F.relu(self.end1(F.relu(skips))))


class Tcn(nn.Module):
    """locuslab/TCN: weight-normed causal convolutions chomped at the end."""

    def __init__(self, channels: list[int], cin: int, out: int, tokens: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCAB, cin) if tokens else None
        self.blocks, self.downs = nn.ModuleList(), nn.ModuleList()
        self.chops: list[int] = []
        for i, cout in enumerate(channels):
            pad, d = 2 * 2**i, 2**i
            self.chops.append(pad)
            pair = (nn.Conv1d(cin, cout, 3, padding=pad, dilation=d),
                    nn.Conv1d(cout, cout, 3, padding=pad, dilation=d))  # fmt: skip
            self.blocks.append(nn.ModuleList(weight_norm(conv) for conv in pair))
            self.downs.append(nn.Conv1d(cin, cout, 1) if cin != cout else nn.Identity())
            cin = cout
        self.linear, self.relu, self.plus = nn.Linear(cin, out), nn.ReLU(), Plus()

    def forward(self, x: Tensor) -> Tensor:
        if self.embed is not None:
            x = self.embed(x).transpose(1, 2)
        for convs, down, chop in zip(self.blocks, self.downs, self.chops, strict=True):
            y = x
            for conv in convs:
                y = self.relu(conv(y)[:, :, :-chop].contiguous())
            x = self.relu(self.plus(y, down(x)))
        return self.linear(x.transpose(1, 2) if self.embed is not None else x[:, :, -1])


class GlobalNorm(nn.Module):
    """Conv-TasNet's gLN over channels and time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma, self.beta = (
            nn.Parameter(torch.ones(1, channels, 1)),
            nn.Parameter(torch.rand(1, channels, 1)),
        )

    def forward(self, y: Tensor) -> Tensor:
        mean = y.mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
        var = (y - mean).pow(2).mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
        return self.gamma * (y - mean) / torch.pow(var + 1e-8, 0.5) + self.beta


class ConvTasNet(nn.Module):
    """kaituoxu/torchaudio: encoder, separable dilated blocks, masks, decoder."""

    def __init__(self, blocks: int, repeats: int, custom: bool, act: str = "sigmoid") -> None:
        super().__init__()
        enc, mid, hid, self.speakers = 24, 16, 32, 2
        norm = lambda c: GlobalNorm(c) if custom else nn.GroupNorm(1, c, eps=1e-8)  # noqa: E731
        self.encoder = nn.Conv1d(1, enc, 16, 8, bias=False)
        self.decoder = nn.ConvTranspose1d(enc, 1, 16, 8, bias=False)
        self.norm, self.bottleneck = norm(enc), nn.Conv1d(enc, mid, 1)
        self.body, self.res, self.skips = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for _ in range(repeats):
            for i in range(blocks):
                d = 2**i
                self.body.append(nn.Sequential(
                    nn.Conv1d(mid, hid, 1), nn.PReLU(), norm(hid),
                    nn.Conv1d(hid, hid, 3, padding=d, dilation=d, groups=hid), nn.PReLU(),
                    norm(hid),
                ))  # fmt: skip
                self.res.append(nn.Conv1d(hid, mid, 1))
                self.skips.append(nn.Conv1d(hid, mid, 1))
        self.prelu, self.mask = nn.PReLU(), nn.Conv1d(mid, enc * self.speakers, 1)
        self.act: nn.Module = nn.Sigmoid() if act == "sigmoid" else nn.ReLU()
        self.plus = Plus()

    def forward(self, wave: Tensor) -> Tensor:
        w = self.encoder(wave)
        x = self.bottleneck(self.norm(w))
        total = torch.zeros_like(x)
        for body, res, skip in zip(self.body, self.res, self.skips, strict=True):
            y = body(x)
            x, total = self.plus(x, res(y)), total + skip(y)
        masks = self.act(self.mask(self.prelu(total)))
        masks = masks.view(w.shape[0], self.speakers, w.shape[1], -1)
        split = (masks * w.unsqueeze(1)).flatten(0, 1)
        return self.decoder(split).view(wave.shape[0], self.speakers, -1)


class ResBlock(nn.Module):
    """HiFi-GAN's ResBlock1 (pairs) or ResBlock2 (single convolutions)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], pairs: bool) -> None:
        super().__init__()
        pad = lambda d: (kernel * d - d) // 2  # noqa: E731
        self.convs1 = nn.ModuleList(
            weight_norm(nn.Conv1d(channels, channels, kernel, 1, pad(d), d)) for d in dilations
        )
        self.convs2 = nn.ModuleList(
            weight_norm(nn.Conv1d(channels, channels, kernel, 1, pad(1)))
            for _ in (dilations if pairs else ())
        )
        self.act, self.plus = nn.LeakyReLU(0.1), Plus()

    def forward(self, x: Tensor) -> Tensor:
        for i, conv in enumerate(self.convs1):
            y = conv(self.act(x))
            if len(self.convs2):
                y = self.convs2[i](self.act(y))
            x = self.plus(y, x)
        return x


class HifiGan(nn.Module):
    """jik876/hifi-gan's `Generator`."""

    def __init__(self, mel: int, width: int, rates: tuple[int, ...], pairs: bool = True) -> None:
        super().__init__()
        kernels = (3, 7, 11) if pairs else (3, 5)
        dilations = (1, 3, 5) if pairs else (1, 3)
        self.pre = weight_norm(nn.Conv1d(mel, width, 7, 1, padding=3))
        self.ups, self.blocks = nn.ModuleList(), nn.ModuleList()
        for rate in rates:
            up = nn.ConvTranspose1d(width, width // 2, 2 * rate, rate, padding=rate // 2)
            self.ups.append(weight_norm(up))
            width //= 2
            self.blocks.append(nn.ModuleList(ResBlock(width, k, dilations, pairs) for k in kernels))
        self.post = weight_norm(nn.Conv1d(width, 1, 7, 1, padding=3))
        self.act, self.last = nn.LeakyReLU(0.1), nn.LeakyReLU(0.01)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.pre(mel)
        for up, blocks in zip(self.ups, self.blocks, strict=True):
            x = up(self.act(x))
            total = blocks[0](x)
            for block in list(blocks)[1:]:
                total = total + block(x)
            x = total / len(blocks)
        return torch.tanh(self.post(self.last(x)))


class MelResnet(nn.Module):
    """MelGAN's dilated residual stack with a 1x1 shortcut and reflection padding."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(0.2), nn.ReflectionPad1d(dilation),
            nn.Conv1d(width, width, 3, dilation=dilation), nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 1),
        )  # fmt: skip
        self.shortcut, self.plus = nn.Conv1d(width, width, 1), Plus()

    def forward(self, x: Tensor) -> Tensor:
        return self.plus(self.shortcut(x), self.block(x))


def melgan(mel: int, width: int, ratios: tuple[int, ...], depth: int = 3) -> nn.Module:
    """descriptinc/melgan-neurips' `Generator`."""
    layers: list[nn.Module] = [nn.ReflectionPad1d(3), nn.Conv1d(mel, width, 7)]
    for r in ratios:
        up = nn.ConvTranspose1d(width, width // 2, 2 * r, r, r // 2 + r % 2, r % 2)
        layers += [nn.LeakyReLU(0.2), up]
        width //= 2
        layers += [MelResnet(width, 3**i) for i in range(depth)]
    layers += [nn.LeakyReLU(0.2), nn.ReflectionPad1d(3), nn.Conv1d(width, 1, 7), nn.Tanh()]
    return nn.Sequential(*layers)


class GatedStack(nn.Module):
    """The fused WaveNet stack `WN` of WaveGlow and VITS."""

    def __init__(self, width: int, kernel: int, layers: int, growth: int) -> None:
        super().__init__()
        self.width = width
        self.ins, self.outs = nn.ModuleList(), nn.ModuleList()
        for i in range(layers):
            d = growth**i
            conv = nn.Conv1d(width, 2 * width, kernel, dilation=d, padding=(kernel * d - d) // 2)
            self.ins.append(weight_norm(conv))
            last = i == layers - 1
            self.outs.append(weight_norm(nn.Conv1d(width, width if last else 2 * width, 1)))

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor:
        output = torch.zeros_like(x)
        for i, (conv, out) in enumerate(zip(self.ins, self.outs, strict=True)):
            y = conv(x)
            if cond is not None:
                y = y + cond[:, 2 * i * self.width : 2 * (i + 1) * self.width]
            a, b = y[:, : self.width], y[:, self.width :]
            y = out(torch.tanh(a) * torch.sigmoid(b))
            if i < len(self.ins) - 1:
                x, output = x + y[:, : self.width], output + y[:, self.width :]
            else:
                output = output + y
        return output


class WaveGlow(nn.Module):
    """NVIDIA/waveglow inference: inverse 1x1 convolutions and affine couplings."""

    def __init__(self, flows: int, group: int = 4, mel: int = 8, width: int = 16) -> None:
        super().__init__()
        half, self.layers = group // 2, 3
        self.upsample = nn.ConvTranspose1d(mel, mel, 16, 4, 6)
        self.cond = nn.ModuleList(nn.Conv1d(mel * group, 6 * width, 1) for _ in range(flows))
        self.start = nn.ModuleList(nn.Conv1d(half, width, 1) for _ in range(flows))
        self.wn = nn.ModuleList(GatedStack(width, 3, 3, 2) for _ in range(flows))
        self.end = nn.ModuleList(nn.Conv1d(width, 2 * half, 1) for _ in range(flows))
        self.inverse = nn.ModuleList(nn.Conv1d(group, group, 1, bias=False) for _ in range(flows))
        self.group, self.half = group, half

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        spect = self.upsample(mel)
        b, c, t = spect.shape
        spect = spect.view(b, c, t // self.group, self.group).permute(0, 1, 3, 2).flatten(1, 2)
        audio = noise
        for k in reversed(range(len(self.wn))):
            first, second = audio[:, : self.half], audio[:, self.half :]
            out = self.end[k](self.wn[k](self.start[k](first), self.cond[k](spect)))
            shift, scale = out[:, : self.half], out[:, self.half :]
            audio = torch.cat([first, (second - shift) / torch.exp(scale)], 1)
            audio = self.inverse[k](audio)
        return audio.permute(0, 2, 1).flatten(1)


class VitsLayer(nn.Module):
    """VITS' text layer: windowed relative keys and values, convolutional feed-forward."""

    def __init__(self, dim: int, heads: int, length: int) -> None:
        super().__init__()
        self.heads, self.size = heads, dim // heads
        self.qkvo = nn.ModuleList(nn.Conv1d(dim, dim, 1) for _ in range(4))
        self.emb_k = nn.Parameter(torch.randn(9, self.size) * 0.1)
        self.emb_v = nn.Parameter(torch.randn(9, self.size) * 0.1)
        at = torch.arange(length)
        offset = at[None] - at[:, None]
        self.register_buffer("index", (offset + 4).clamp(0, 8))
        self.register_buffer("near", (offset.abs() <= 4).float())
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.c1, self.c2 = nn.Conv1d(dim, 4 * dim, 3, padding=1), nn.Conv1d(4 * dim, dim, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        b, d, t = x.shape
        q, k, v = (
            f(x).view(b, self.heads, self.size, t).transpose(2, 3) for f in list(self.qkvo)[:3]
        )
        q = q / math.sqrt(self.size)
        near = self.near.unsqueeze(-1)
        keys, values = self.emb_k[self.index] * near, self.emb_v[self.index] * near
        scores = q @ k.transpose(-2, -1) + torch.einsum("bhtd,tsd->bhts", q, keys)
        p = F.softmax(scores, -1)
        y = p @ v + torch.einsum("bhts,tsd->bhtd", p, values)
        y = self.qkvo[3](y.transpose(2, 3).reshape(b, d, t))
        x = self.n1((x + y).transpose(1, 2)).transpose(1, 2)
        y = self.c2(torch.relu(self.c1(x)))
        return self.n2((x + y).transpose(1, 2)).transpose(1, 2)


class Vits(nn.Module):
    """jaywalnut310/vits inference with given durations: prior, inverse flows, HiFi-GAN."""

    def __init__(self, layers: int, flows: int, dim: int = 16, length: int = 8) -> None:
        super().__init__()
        self.embed, self.dim = nn.Embedding(VOCAB, dim), dim
        self.layers = nn.ModuleList(VitsLayer(dim, 2, length) for _ in range(layers))
        self.proj, half = nn.Conv1d(dim, 2 * dim, 1), dim // 2
        self.pre = nn.ModuleList(nn.Conv1d(half, dim, 1) for _ in range(flows))
        self.wn = nn.ModuleList(GatedStack(dim, 5, 4, 1) for _ in range(flows))
        self.post = nn.ModuleList(nn.Conv1d(dim, half, 1) for _ in range(flows))
        self.decoder = HifiGan(dim, 16, (4, 2))

    def forward(self, tokens: Tensor, path: Tensor, noise: Tensor) -> Tensor:
        x = (self.embed(tokens) * math.sqrt(self.dim)).transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        mean, log = self.proj(x).chunk(2, 1)
        mean, log = mean @ path, log @ path
        z = mean + noise * torch.exp(log) * 0.667
        for pre, wn, post in zip(self.pre, self.wn, self.post, strict=True):
            z = torch.flip(z, [1])
            a, b = z.chunk(2, 1)
            z = torch.cat([a, b - post(wn(pre(a)))], 1)
        return self.decoder(z)


def bare(model: nn.Module) -> nn.Module:
    """The model without weight norm, as its authors ship it for inference."""
    for module in model.modules():
        if hasattr(module, "parametrizations") and isinstance(
            module, nn.Conv1d | nn.ConvTranspose1d
        ):
            nn.utils.parametrize.remove_parametrizations(module, "weight")
    return model


def wave(name: str, family: str, style: str, maker: object, inputs: Inputs, variant: str = "",
         task: str = "vocoder") -> Spec:  # fmt: skip
    """An audio model."""
    return twin(name, family, maker, inputs, style, variant, "", "audio", task)  # type: ignore[arg-type]


def speech() -> dict[str, Tensor]:
    """Tokens, their alignment to twelve frames and noise."""
    return {**ids(8)(), **tensors(path=(1, 8, 12), noise=(1, 16, 12))()}


MEL, JIK, DESC = tensors(mel=(1, 16, 10)), "jik876/hifi-gan", "descriptinc"
MIX, SEP = tensors(wave=(1, 1, 320)), "source-separation"
SPECS = [
    wave("vincent-wavenet", "wavenet", "pytorch-wavenet", lambda: WaveNet(4, 2),
         tensors(one_hot=(1, 32, 40)), "", "generation"),
    wave("r9y9-wavenet", "wavenet", "r9y9", lambda: WaveNet(5, 2, mel=16),
         tensors(wave=(1, 1, 40), mel=(1, 16, 40)), "wavenet-vocoder"),
    wave("locuslab-tcn", "tcn", "locuslab", lambda: Tcn([16, 16, 16], 1, 10),
         tensors(series=(1, 1, 50)), "", "classification"),
    wave("locuslab-tcn-bare", "tcn", "locuslab", lambda: bare(Tcn([12, 16, 16, 24], 2, 1)),
         tensors(series=(1, 2, 50)), "", "regression"),
    twin("locuslab-tcn-words", "tcn", lambda: bare(Tcn([24, 24, 24, 24], 24, VOCAB, True)),
         ids(16), "locuslab", "tcn", task="language-modelling"),
    wave("kaituoxu-conv-tasnet", "conv-tasnet", "kaituoxu", lambda: ConvTasNet(3, 2, True, "relu"),
         MIX, "", SEP),
    wave("torchaudio-conv-tasnet", "conv-tasnet", "torchaudio",
         lambda: ConvTasNet(4, 2, False), MIX, "", SEP),
    wave("jik-hifigan", "hifi-gan", JIK, lambda: bare(HifiGan(16, 32, (4, 4))), MEL,
         "hifi-gan-v1"),
    wave("jik-hifigan-weightnorm", "hifi-gan", JIK, lambda: HifiGan(16, 32, (4, 2, 2)), MEL,
         "hifi-gan-v2"),
    wave("jik-hifigan-v3", "hifi-gan", JIK, lambda: bare(HifiGan(16, 32, (4, 4, 2), False)), MEL,
         "hifi-gan-v3"),
    wave("desc-melgan", "melgan", DESC, lambda: melgan(16, 64, (4, 4, 2)), MEL),
    wave("desc-melgan-four", "melgan", DESC, lambda: melgan(16, 64, (8, 8, 2, 2)), MEL),
    wave("nvidia-waveglow", "waveglow", "nvidia", lambda: bare(WaveGlow(3)),
         tensors(mel=(1, 8, 8), noise=(1, 4, 8))),
    wave("jay-vits", "vits", "jaywalnut310", lambda: bare(Vits(2, 4)), speech, "",
         "text-to-speech"),
]  # fmt: skip
