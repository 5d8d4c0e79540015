# ruff: noqa: D102 - forward() is described by its class
"""Audio networks after WeNet, ESPnet, kan-bayashi, asteroid and `transformers`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import hf, model


class RelAttention(nn.Module):
    """WeNet's relative attention: content and position scores with two biases, no shift."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.h, self.d = heads, dim // heads
        self.q, self.k, self.v, self.o = (nn.Linear(dim, dim) for _ in range(4))
        self.pos = nn.Linear(dim, dim, bias=False)
        self.u, self.w = (nn.Parameter(torch.randn(heads, self.d)) for _ in range(2))

    def forward(self, x: Tensor, pos: Tensor) -> Tensor:
        b, t, _ = x.shape
        q = self.q(x).view(b, t, self.h, self.d)
        k, v = (m(x).view(b, t, self.h, self.d).transpose(1, 2) for m in (self.k, self.v))
        p = self.pos(pos).view(1, -1, self.h, self.d).transpose(1, 2)
        ac = torch.matmul((q + self.u).transpose(1, 2), k.transpose(-2, -1))
        bd = torch.matmul((q + self.w).transpose(1, 2), p.transpose(-2, -1))
        a = torch.softmax((ac + bd) / math.sqrt(self.d), dim=-1)
        return self.o(torch.matmul(a, v).transpose(1, 2).contiguous().view(b, t, -1))


class WenetLayer(nn.Module):
    """Macaron feed-forward, attention, convolution module, feed-forward, final norm."""

    def __init__(self, dim: int, heads: int, kernel: int, causal: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(dim, eps=1e-5) for _ in range(5))
        self.ff1, self.ff2 = (
            nn.Sequential(
                nn.Linear(dim, 4 * dim), nn.SiLU(), nn.Dropout(0.1), nn.Linear(4 * dim, dim)
            )
            for _ in range(2)
        )
        self.attn, self.lorder = RelAttention(dim, heads), kernel - 1 if causal else 0
        self.pw1, self.pw2 = nn.Conv1d(dim, 2 * dim, 1), nn.Conv1d(dim, dim, 1)
        self.dw = nn.Conv1d(dim, dim, kernel, 1, 0 if causal else kernel // 2, groups=dim)
        self.cnorm: nn.Module = nn.LayerNorm(dim) if causal else nn.BatchNorm1d(dim)
        self.causal = causal

    def conv(self, x: Tensor) -> Tensor:
        y = x.transpose(1, 2)
        if self.lorder:
            y = F.pad(y, (self.lorder, 0), "constant", 0.0)
        y = self.dw(F.glu(self.pw1(y), dim=1))
        if self.causal:
            y = F.silu(self.cnorm(y.transpose(1, 2))).transpose(1, 2)
        else:
            y = F.silu(self.cnorm(y))
        return self.pw2(y).transpose(1, 2)

    def forward(self, x: Tensor, pos: Tensor) -> Tensor:
        x = x + 0.5 * self.ff1(self.norms[0](x))
        x = x + self.attn(self.norms[1](x), pos)
        x = x + self.conv(self.norms[2](x))
        x = x + 0.5 * self.ff2(self.norms[3](x))
        return self.norms[4](x)


class WenetConformer(nn.Module):
    """Conv2d subsampling by four, layers, and a CTC projection."""

    def __init__(self, layers: int, dim: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.sub = nn.Sequential(
            nn.Conv2d(1, dim, 3, 2), nn.ReLU(), nn.Conv2d(dim, dim, 3, 2), nn.ReLU()
        )
        self.out, self.dim = nn.Linear(dim * 19, dim), dim
        place = torch.arange(100).unsqueeze(1) * torch.exp(torch.arange(0, dim, 2) * -0.2)
        self.register_buffer("pe", torch.stack([place.sin(), place.cos()], -1).view(1, 100, dim))
        self.layers = nn.ModuleList(
            WenetLayer(dim, heads, 8 if causal else 15, causal) for _ in range(layers)
        )
        self.after, self.ctc = nn.LayerNorm(dim), nn.Linear(dim, 40)

    def forward(self, feats: Tensor) -> Tensor:
        x = self.sub(feats.unsqueeze(1))
        b, c, t, f = x.size()
        x = self.out(x.transpose(1, 2).contiguous().view(b, t, c * f)) * self.dim**0.5
        pos = self.pe[:, :t]  # type: ignore[index]
        for layer in self.layers:
            x = layer(x, pos)
        return F.log_softmax(self.ctc(self.after(x)), dim=2)


class KanResidual(nn.Module):
    """kan-bayashi's HiFi-GAN residual block: activations as modules, pairs of convolutions."""

    def __init__(self, k: int, ch: int, pairs: bool) -> None:
        super().__init__()
        self.one, self.two = nn.ModuleList(), nn.ModuleList()
        for d in (1, 3, 5):
            conv = nn.Conv1d(ch, ch, k, 1, dilation=d, padding=(k - 1) // 2 * d)
            self.one.append(nn.Sequential(nn.LeakyReLU(0.1), conv))
            if pairs:
                conv = nn.Conv1d(ch, ch, k, 1, dilation=1, padding=(k - 1) // 2)
                self.two.append(nn.Sequential(nn.LeakyReLU(0.1), conv))

    def forward(self, x: Tensor) -> Tensor:
        for i, one in enumerate(self.one):
            y = one(x)
            x = (self.two[i](y) if len(self.two) else y) + x
        return x


class KanHifi(nn.Module):
    """The generator of ParallelWaveGAN's HiFi-GAN."""

    def __init__(self, ch: int, scales: list[int], kernels: list[int], pairs: bool) -> None:
        super().__init__()
        self.input, self.ups, self.blocks = (
            nn.Conv1d(40, ch, 7, padding=3),
            nn.ModuleList(),
            nn.ModuleList(),
        )
        for i, s in enumerate(scales):
            a, b = ch >> i, ch >> (i + 1)
            up = nn.ConvTranspose1d(a, b, 2 * s, s, s // 2 + s % 2, s % 2)
            self.ups.append(nn.Sequential(nn.LeakyReLU(0.1), up))
            self.blocks += [KanResidual(k, b, pairs) for k in kernels]
        last = ch >> len(scales)
        self.output = nn.Sequential(nn.LeakyReLU(), nn.Conv1d(last, 1, 7, padding=3), nn.Tanh())
        self.n = len(kernels)

    def forward(self, c: Tensor) -> Tensor:
        c = self.input(c)
        for i, up in enumerate(self.ups):
            c = up(c)
            cs: Any = 0.0
            for j in range(self.n):
                cs = cs + self.blocks[i * self.n + j](c)
            c = cs / self.n
        return self.output(c)


class KanStack(nn.Module):
    """MelGAN's residual stack with reflection padding."""

    def __init__(self, ch: int, d: int) -> None:
        super().__init__()
        self.stack = nn.Sequential(nn.LeakyReLU(0.2), nn.ReflectionPad1d(d), nn.Conv1d(
            ch, ch, 3, dilation=d), nn.LeakyReLU(0.2), nn.Conv1d(ch, ch, 1))  # fmt: skip
        self.skip = nn.Conv1d(ch, ch, 1)

    def forward(self, c: Tensor) -> Tensor:
        return self.stack(c) + self.skip(c)


def melgan(ch: int, scales: list[int], out: int) -> nn.Module:
    """kan-bayashi's MelGAN, one band or several."""
    layers: list[nn.Module] = [nn.ReflectionPad1d(3), nn.Conv1d(40, ch, 7)]
    for i, s in enumerate(scales):
        a, b = ch >> i, ch >> (i + 1)
        layers += [nn.LeakyReLU(0.2), nn.ConvTranspose1d(a, b, 2 * s, s, s // 2 + s % 2, s % 2)]
        layers += [KanStack(b, 3**j) for j in range(4)]
    last = ch >> len(scales)
    layers += [nn.LeakyReLU(0.2), nn.ReflectionPad1d(3), nn.Conv1d(last, out, 7), nn.Tanh()]
    return nn.Sequential(*layers)


class WaveBlock(nn.Module):
    """kan-bayashi's gated residual block with local conditioning; skips are summed."""

    def __init__(self, ch: int, d: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(ch, 2 * ch, 3, padding=d, dilation=d)
        self.aux = nn.Conv1d(20, 2 * ch, 1, bias=False)
        self.out, self.skip = nn.Conv1d(ch, ch, 1), nn.Conv1d(ch, ch, 1)

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.conv(x).split(self.conv.out_channels // 2, dim=1)
        ca, cb = self.aux(c).split(self.conv.out_channels // 2, dim=1)
        y = torch.tanh(a + ca) * torch.sigmoid(b + cb)
        return (self.out(y) + x) * math.sqrt(0.5), self.skip(y)


class ParallelWave(nn.Module):
    """Parallel WaveGAN's generator: a WaveNet without causality over noise and features."""

    def __init__(self, layers: int, stacks: int, ch: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, ch, 1)
        per = layers // stacks
        self.blocks = nn.ModuleList(WaveBlock(ch, 2 ** (i % per)) for i in range(layers))
        self.last = nn.Sequential(nn.ReLU(), nn.Conv1d(ch, ch, 1), nn.ReLU(), nn.Conv1d(ch, 1, 1))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        x, skips = self.first(x), torch.zeros(())
        for block in self.blocks:
            x, h = block(x, c)
            skips = skips + h
        return self.last(skips * math.sqrt(1.0 / len(self.blocks)))


class GlobLN(nn.Module):
    """asteroid's global norm with its own parameters."""

    def __init__(self, ch: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(ch)), nn.Parameter(torch.zeros(ch))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2), keepdim=True)
        var = torch.pow(x - mean, 2).mean(dim=(1, 2), keepdim=True)
        y = (x - mean) / (var + 1e-8).sqrt()
        return (self.gamma * y.transpose(1, -1) + self.beta).transpose(1, -1)


class AsteroidBlock(nn.Module):
    """1x1, PReLU, norm, dilated depthwise, PReLU, norm, then residual and skip."""

    def __init__(self, a: int, h: int, d: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Conv1d(a, h, 1), nn.PReLU(), GlobLN(h),
            nn.Conv1d(h, h, 3, padding=d, dilation=d, groups=h), nn.PReLU(), GlobLN(h),
        )  # fmt: skip
        self.res, self.skip = nn.Conv1d(h, a, 1), nn.Conv1d(h, a, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.shared(x)
        return self.res(y), self.skip(y)


class Asteroid(nn.Module):
    """asteroid's ConvTasNet: encoder, masker with PReLU before the masks, decoder."""

    def __init__(
        self, n: int = 32, a: int = 16, h: int = 32, blocks: int = 6, repeats: int = 2
    ) -> None:
        super().__init__()
        self.enc, self.dec = (
            nn.Conv1d(1, n, 16, 8, bias=False),
            nn.ConvTranspose1d(n, 1, 16, 8, bias=False),
        )
        self.bottleneck = nn.Sequential(GlobLN(n), nn.Conv1d(n, a, 1))
        self.tcn = nn.ModuleList(
            AsteroidBlock(a, h, 2**x) for _ in range(repeats) for x in range(blocks)
        )
        self.mask, self.n = nn.Sequential(nn.PReLU(), nn.Conv1d(a, 2 * n, 1)), n

    def forward(self, wav: Tensor) -> Tensor:
        w = F.relu(self.enc(wav))
        y = self.bottleneck(w)
        skips: Any = 0.0
        for layer in self.tcn:
            res, skip = layer(y)
            skips, y = skips + skip, y + res
        mask = torch.sigmoid(self.mask(skips).view(-1, 2, self.n, w.shape[-1]))
        masked = mask * w.unsqueeze(1)
        return self.dec(masked.view(-1, self.n, w.shape[-1])).view(wav.shape[0], 2, -1)


class RemyTcn(nn.Module):
    """philipperemy's TCN: relu after the sum, skips of all blocks summed at the end."""

    def __init__(self, ch: int = 24, dilations: tuple[int, ...] = (1, 2, 4, 8, 16)) -> None:
        super().__init__()
        self.a, self.b, self.d = nn.ModuleList(), nn.ModuleList(), dilations
        for i, d in enumerate(dilations):
            self.a.append(nn.Conv1d(3 if not i else ch, ch, 3, dilation=d))
            self.b.append(nn.Conv1d(ch, ch, 3, dilation=d))
        self.match, self.out = nn.Conv1d(3, ch, 1), nn.Linear(ch, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: Any = 0.0
        for i, d in enumerate(self.d):
            y = F.relu(self.a[i](F.pad(x, (2 * d, 0))))
            y = F.relu(self.b[i](F.pad(y, (2 * d, 0))))
            skips = skips + y
            x = F.relu((self.match(x) if not i else x) + y)
        return self.out(skips[:, :, -1])


AUD, WAVE, MEL = "audio", {"input_values": (1, 4000)}, {"input_features": (1, 20, 40)}
E_ = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 30,
      "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
      "mask_time_prob": 0.0, "xvector_output_dim": 24,
      "tdnn_dim": (16, 16, 16, 16, 24)}  # fmt: skip
W_ = {"vocab_size": 160, "d_model": 40, "encoder_attention_heads": 5,
      "decoder_attention_heads": 5, "encoder_ffn_dim": 160, "decoder_ffn_dim": 160,
      "num_mel_bins": 20, "pad_token_id": 0,
      "max_source_positions": 20, "max_target_positions": 24, "decoder_start_token_id": 1,
      "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
FEATS, SPK = {"feats": (1, 60, 80)}, {"mel": (1, 40, 24)}
SPECS: list[Spec] = [
    model("wenet-conformer", "conformer", lambda: WenetConformer(4, 32, 4, False), FEATS, "WeNet",
          modality=AUD),
    model("wenet-conformer-causal", "conformer", lambda: WenetConformer(6, 24, 2, True), FEATS,
          "WeNet", modality=AUD),
    model("kan-hifigan", "hifi-gan", lambda: KanHifi(64, [5, 5, 4, 3], [3, 7, 11], True), SPK,
          "kan-bayashi/ParallelWaveGAN", modality=AUD),
    model("kan-hifigan-light", "hifi-gan", lambda: KanHifi(32, [8, 8, 4], [3, 5, 7], False), SPK,
          "kan-bayashi/ParallelWaveGAN", modality=AUD),
    model("kan-melgan-multiband", "melgan", lambda: melgan(48, [8, 4, 2], 4), SPK,
          "kan-bayashi/ParallelWaveGAN", modality=AUD),
    model("parallel-wavegan", "wavenet", lambda: ParallelWave(30, 3, 12),
          {"noise": (1, 1, 400), "feats": (1, 20, 400)}, "kan-bayashi/ParallelWaveGAN",
          modality=AUD),
    model("asteroid-conv-tasnet", "conv-tasnet", Asteroid, {"wave": (1, 1, 1600)}, "asteroid",
          modality=AUD),
    model("remy-tcn", "tcn", RemyTcn, {"series": (1, 3, 60)}, "philipperemy/keras-tcn",
          modality="timeseries"),
    hf("whisper-base-full", "whisper", "WhisperForConditionalGeneration", "WhisperConfig",
       {**W_, "encoder_layers": 6, "decoder_layers": 6},
       {**MEL, "decoder_input_ids": (1, 8)}, modality=AUD, use_cache=False),
    hf("whisper-classifier", "whisper", "WhisperForAudioClassification", "WhisperConfig",
       {**W_, "encoder_layers": 3, "decoder_layers": 3, "num_labels": 7}, MEL, modality=AUD,
       attention="eager"),
    hf("wav2vec2-xlsr", "wav2vec2", "Wav2Vec2ForSequenceClassification", "Wav2Vec2Config",
       {**E_, "num_hidden_layers": 5, "do_stable_layer_norm": True, "feat_extract_norm": "layer",
        "conv_bias": True, "use_weighted_layer_sum": True}, WAVE, modality=AUD),
    hf("hubert-classifier", "hubert", "HubertForSequenceClassification", "HubertConfig",
       {**E_, "num_hidden_layers": 4}, WAVE, modality=AUD, attention="eager"),
    hf("wavlm-xvector", "wavlm", "WavLMForXVector", "WavLMConfig", {**E_, "num_hidden_layers": 4},
       {"input_values": (1, 12000)}, "embeddings", modality=AUD, attention="eager"),
    hf("data2vec-audio-ctc", "data2vec-audio", "Data2VecAudioForCTC", "Data2VecAudioConfig",
       {**E_, "num_hidden_layers": 4, "num_conv_pos_embeddings": 5}, WAVE, modality=AUD),
    hf("moonshine-base", "moonshine", "MoonshineForConditionalGeneration", "MoonshineConfig",
       {"vocab_size": 160, "hidden_size": 32, "encoder_num_hidden_layers": 4, "bos_token_id": 1,
        "decoder_num_hidden_layers": 4, "encoder_num_attention_heads": 4, "eos_token_id": 2,
        "decoder_num_attention_heads": 4, "intermediate_size": 64, "decoder_start_token_id": 1,
        "pad_token_id": 0}, {**WAVE, "decoder_input_ids": (1, 8)}, modality=AUD, use_cache=False),
    hf("s2t-full", "speech2text", "Speech2TextForConditionalGeneration", "Speech2TextConfig",
       {**W_, "encoder_layers": 4, "decoder_layers": 3, "input_feat_per_channel": 20,
        "conv_channels": 32, "max_source_positions": 40},
       {"input_features": (1, 40, 20), "decoder_input_ids": (1, 8)}, modality=AUD,
       attention="eager", use_cache=False),
]  # fmt: skip
