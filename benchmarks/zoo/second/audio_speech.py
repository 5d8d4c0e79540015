# ruff: noqa: D102 - forward() is described by its class
"""Speech encoders and recognisers: Whisper, Moonshine, wav2vec 2.0, HuBERT, Conformers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_bert import FairseqAttention
from benchmarks.zoo.second.text_common import VOCAB, Inputs, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class WhisperAttention(nn.Module):
    """openai/whisper's: no key bias, both sides scaled by the fourth root."""

    def __init__(self, dim: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.query, self.value, self.out = (nn.Linear(dim, dim) for _ in range(3))
        self.key, self.softmax = nn.Linear(dim, dim, bias=False), nn.Softmax(-1)

    def forward(self, x: Tensor, xa: Tensor | None, mask: Tensor | None) -> Tensor:
        source = x if xa is None else xa
        q, k, v = self.query(x), self.key(source), self.value(source)
        scale = (q.shape[-1] // self.heads) ** -0.25
        q, k, v = (y.view(*y.shape[:2], self.heads, -1).permute(0, 2, 1, 3) for y in (q, k, v))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=mask is not None)
        else:
            qk = (q * scale) @ (k * scale).transpose(-1, -2)
            if mask is not None:
                qk = qk + mask[: x.shape[1], : x.shape[1]]
            y = self.softmax(qk.float()) @ v
        return self.out(y.permute(0, 2, 1, 3).flatten(start_dim=2))


class WhisperBlock(nn.Module):
    """`ResidualAttentionBlock`."""

    def __init__(self, dim: int, heads: int, cross: bool, fused: bool) -> None:
        super().__init__()
        self.attn, self.attn_ln = WhisperAttention(dim, heads, fused), nn.LayerNorm(dim)
        self.cross_attn = WhisperAttention(dim, heads, fused) if cross else None
        self.cross_attn_ln = nn.LayerNorm(dim) if cross else None
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.mlp_ln, self.plus = nn.LayerNorm(dim), Plus()

    def forward(self, x: Tensor, xa: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        x = self.plus(x, self.attn(self.attn_ln(x), None, mask))
        if self.cross_attn is not None and self.cross_attn_ln is not None:
            x = self.plus(x, self.cross_attn(self.cross_attn_ln(x), xa, None))
        return self.plus(x, self.mlp(self.mlp_ln(x)))


class WhisperEncoder(nn.Module):
    """`AudioEncoder`."""

    def __init__(self, layers: int, dim: int, heads: int, mels: int, fused: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(mels, dim, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(dim, dim, kernel_size=3, stride=2, padding=1)
        inv = torch.exp(-math.log(10000) / (dim // 2 - 1) * torch.arange(dim // 2))
        scaled = torch.arange(20)[:, None] * inv[None, :]
        self.register_buffer("places", torch.cat([scaled.sin(), scaled.cos()], dim=1))
        self.blocks = nn.ModuleList(WhisperBlock(dim, heads, False, fused) for _ in range(layers))
        self.ln_post = nn.LayerNorm(dim)

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).permute(0, 2, 1)
        x = x + self.places
        for block in self.blocks:
            x = block(x)
        return self.ln_post(x)


class WhisperDecoder(nn.Module):
    """`TextDecoder`."""

    def __init__(self, layers: int, dim: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.embed, self.ln = nn.Embedding(VOCAB, dim), nn.LayerNorm(dim)
        self.places = nn.Parameter(torch.randn(24, dim) * 0.1)
        self.blocks = nn.ModuleList(WhisperBlock(dim, heads, True, fused) for _ in range(layers))
        mask = torch.empty(24, 24).fill_(float("-inf")).triu_(1)
        self.register_buffer("mask", mask)

    def forward(self, tokens: Tensor, xa: Tensor) -> Tensor:
        x = self.embed(tokens) + self.places[: tokens.shape[-1]]
        for block in self.blocks:
            x = block(x, xa, self.mask)
        return (self.ln(x) @ self.embed.weight.transpose(0, 1)).float()


class Whisper(nn.Module):
    """Encoder and decoder together."""

    def __init__(self, layers: int, dim: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.encoder = WhisperEncoder(layers, dim, heads, 16, fused)
        self.decoder = WhisperDecoder(layers, dim, heads, fused)

    def forward(self, mel: Tensor, tokens: Tensor) -> Tensor:
        return self.decoder(tokens, self.encoder(mel))


class MoonshineLayer(nn.Module):
    """useful-sensors/moonshine: bias-free norms and projections, partial rotary positions."""

    def __init__(self, dim: int, heads: int, decoder: bool) -> None:
        super().__init__()
        self.heads, self.decoder = heads, decoder
        self.norms = nn.ModuleList(nn.LayerNorm(dim, bias=False) for _ in range(2 + decoder))
        self.own = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(4))
        self.other = nn.ModuleList(
            nn.Linear(dim, dim, bias=False) for _ in range(4 if decoder else 0)
        )
        self.up, self.down = nn.Linear(dim, (8 if decoder else 4) * dim), nn.Linear(4 * dim, dim)
        self.softmax, self.plus = nn.Softmax(-1), Plus()

    def rope(self, x: Tensor) -> Tensor:
        width = x.shape[-1] // 2
        inv = 1.0 / (10000 ** (torch.arange(0, width, 2).float() / width))
        freqs = torch.outer(torch.arange(x.shape[-2]).float(), inv)
        freqs = torch.stack((freqs, freqs), -1).flatten(-2)
        turn, keep = x[..., :width], x[..., width:]
        pairs = torch.stack((-turn[..., 1::2], turn[..., ::2]), -1).flatten(-2)
        return torch.cat((turn * freqs.cos() + pairs * freqs.sin(), keep), -1)

    def attend(self, w: nn.ModuleList, x: Tensor, source: Tensor, causal: bool) -> Tensor:
        q, k, v = (
            f(y).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for f, y in zip(w, (x, source, source), strict=False)
        )
        if source is x:
            q, k = self.rope(q), self.rope(k)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if causal:
            hide = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(hide, -1e9)
        return w[3]((self.softmax(scores) @ v).transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        h = self.norms[0](x)
        x = self.plus(x, self.attend(self.own, h, h, self.decoder))
        if memory is not None:
            x = self.plus(x, self.attend(self.other, self.norms[1](x), memory, False))
        h = self.up(self.norms[-1](x))
        if self.decoder:
            h, gate = h.chunk(2, -1)
            return self.plus(x, self.down(F.silu(gate) * h))
        return self.plus(x, self.down(F.gelu(h)))


class Moonshine(nn.Module):
    """Strided convolutions over the waveform, encoder and, on request, decoder."""

    def __init__(self, layers: int, dim: int, heads: int, full: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, dim, 127, 64, bias=False)
        self.norm = nn.GroupNorm(1, dim)
        self.conv2, self.conv3 = nn.Conv1d(dim, 2 * dim, 7, 3), nn.Conv1d(2 * dim, dim, 3, 2)
        self.encoder = nn.ModuleList(MoonshineLayer(dim, heads, False) for _ in range(layers))
        count = layers if full else 0
        self.decoder = nn.ModuleList(MoonshineLayer(dim, heads, True) for _ in range(count))
        self.ln, self.ln_out = nn.LayerNorm(dim, bias=False), nn.LayerNorm(dim, bias=False)
        self.embed = nn.Embedding(VOCAB, dim)

    def forward(self, wave: Tensor, tokens: Tensor | None = None) -> Tensor:
        x = self.norm(torch.tanh(self.conv1(wave.unsqueeze(1))))
        x = F.gelu(self.conv3(F.gelu(self.conv2(x)))).transpose(1, 2)
        for layer in self.encoder:
            x = layer(x)
        memory = self.ln(x)
        if tokens is None:
            return memory
        y = self.embed(tokens)
        for layer in self.decoder:
            y = layer(y, memory)
        return F.linear(self.ln_out(y), self.embed.weight)


class ChannelNorm(nn.Module):
    """fairseq's TransposeLast, LayerNorm, TransposeLast."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.transpose(-2, -1)).transpose(-2, -1)


class Wav2Vec2(nn.Module):
    """fairseq: seven convolutions, grouped positional convolution, post- or pre-norm encoder."""

    def __init__(self, layers: int, dim: int, heads: int, large: bool, labels: int = 0) -> None:
        super().__init__()
        self.large = large
        convs: list[nn.Module] = []
        width, kernels = 24, [(10, 5)] + [(3, 2)] * 4 + [(2, 2)] * 2
        for index, (kernel, stride) in enumerate(kernels):
            convs.append(nn.Conv1d(width if index else 1, width, kernel, stride, bias=large))
            if large:
                convs.append(ChannelNorm(width))
            elif index == 0:
                convs.append(nn.GroupNorm(width, width))
            convs.append(nn.GELU())
        self.feature_extractor, self.layer_norm = nn.Sequential(*convs), nn.LayerNorm(width)
        self.post_extract_proj = nn.Linear(width, dim)
        conv = nn.Conv1d(dim, dim, 16, padding=8, groups=4)
        self.pos_conv = nn.utils.parametrizations.weight_norm(conv, name="weight", dim=2)
        self.attn = nn.ModuleList(FairseqAttention(dim, heads) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2 * layers + 1))
        self.fc1 = nn.ModuleList(nn.Linear(dim, 4 * dim) for _ in range(layers))
        self.fc2 = nn.ModuleList(nn.Linear(4 * dim, dim) for _ in range(layers))
        self.act, self.plus = nn.GELU(), Plus()
        self.proj = nn.Linear(dim, labels) if labels else nn.Identity()

    def forward(self, wave: Tensor) -> Tensor:
        x = self.feature_extractor(wave.unsqueeze(1)).transpose(1, 2)
        x = self.post_extract_proj(self.layer_norm(x))
        places = self.act(self.pos_conv(x.transpose(1, 2))[:, :, :-1])
        x = x + places.transpose(1, 2)
        if not self.large:
            x = self.norms[-1](x)
        x = x.transpose(0, 1)
        for i, attn in enumerate(self.attn):
            first, second = self.norms[2 * i], self.norms[2 * i + 1]
            if self.large:
                h = first(x)
                x = self.plus(x, attn(h, h))
                x = self.plus(x, self.fc2[i](self.act(self.fc1[i](second(x)))))
            else:
                x = first(self.plus(x, attn(x, x)))
                x = second(self.plus(x, self.fc2[i](self.act(self.fc1[i](x)))))
        x = x.transpose(0, 1)
        return self.proj(self.norms[-1](x) if self.large else x)


class ConformerBlock(nn.Module):
    """Half feed-forwards around attention and convolution; espnet adds relative positions."""

    def __init__(self, dim: int, heads: int, relative: bool, kernel: int = 7) -> None:
        super().__init__()
        self.heads, self.relative = heads, relative
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(5))
        make = lambda: nn.Sequential(nn.Linear(dim, 4 * dim), nn.SiLU(), nn.Linear(4 * dim, dim))  # noqa: E731
        self.ff1, self.ff2 = make(), make()
        self.qkvo = nn.ModuleList(nn.Linear(dim, dim) for _ in range(4))
        self.linear_pos = nn.Linear(dim, dim, bias=False)
        self.pos_bias_u = nn.Parameter(torch.randn(heads, dim // heads) * 0.1)
        self.pos_bias_v = nn.Parameter(torch.randn(heads, dim // heads) * 0.1)
        self.pointwise1, self.glu = nn.Conv1d(dim, 2 * dim, 1), nn.GLU(dim=1)
        self.depthwise = nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=dim)
        self.bn, self.act = nn.BatchNorm1d(dim), nn.SiLU()
        self.pointwise2 = nn.Conv1d(dim, dim, 1)
        self.softmax, self.plus = nn.Softmax(-1), Plus()

    def attend(self, x: Tensor, table: Tensor) -> Tensor:
        q, k, v = (
            f(x).view(x.shape[0], -1, self.heads, x.shape[-1] // self.heads).transpose(1, 2)
            for f in list(self.qkvo)[:3]
        )
        if self.relative:
            p = self.linear_pos(table).view(1, -1, self.heads, q.shape[-1]).transpose(1, 2)
            ac = torch.matmul(q + self.pos_bias_u[:, None], k.transpose(-2, -1))
            bd = torch.matmul(q + self.pos_bias_v[:, None], p.transpose(-2, -1))
            b, h, t, n = bd.shape
            bd = torch.cat([torch.zeros(b, h, t, 1), bd], -1).view(b, h, n + 1, t)
            scores = ac + bd[:, :, 1:].reshape(b, h, t, n)[..., : n // 2 + 1]
        else:
            scores = torch.matmul(q, k.transpose(-2, -1))
        y = torch.matmul(self.softmax(scores / math.sqrt(q.shape[-1])), v)
        return self.qkvo[3](y.transpose(1, 2).flatten(2))

    def convolve(self, x: Tensor) -> Tensor:
        y = self.glu(self.pointwise1(x.transpose(1, 2)))
        return self.pointwise2(self.act(self.bn(self.depthwise(y)))).transpose(1, 2)

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        x = self.plus(x, 0.5 * self.ff1(self.norms[0](x)))
        x = self.plus(x, self.attend(self.norms[1](x), table))
        x = self.plus(x, self.convolve(self.norms[2](x)))
        x = self.plus(x, 0.5 * self.ff2(self.norms[3](x)))
        return self.norms[4](x)


class Conformer(nn.Module):
    """Two strided 2-D convolutions, blocks, CTC output."""

    def __init__(self, layers: int, dim: int, heads: int, relative: bool) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, dim, 3, 2), nn.ReLU(), nn.Conv2d(dim, dim, 3, 2), nn.ReLU()
        )
        self.out, self.dim = nn.Linear(dim * 4, dim), dim
        self.blocks = nn.ModuleList(ConformerBlock(dim, heads, relative) for _ in range(layers))
        self.ctc = nn.Linear(dim, 30)

    def forward(self, feats: Tensor) -> Tensor:
        x = self.conv(feats.unsqueeze(1))
        x = self.out(x.transpose(1, 2).flatten(2)) * math.sqrt(self.dim)
        t = x.shape[1]
        at = torch.arange(t - 1, -t, -1).float()[:, None]
        angle = at * torch.exp(torch.arange(0, self.dim, 2).float() * -(math.log(1e4) / self.dim))
        table = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        for block in self.blocks:
            x = block(x, table)
        return F.log_softmax(self.ctc(x), dim=-1)


def asr(name: str, family: str, style: str, maker: object, inputs: Inputs, variant: str = "",
        parts: str = "") -> Spec:  # fmt: skip
    """A speech model."""
    return twin(name, family, maker, inputs, style, variant, parts, "audio",  # type: ignore[arg-type]
                "speech-recognition")  # fmt: skip


def both(**shapes: tuple[int, ...]) -> Inputs:
    """Float inputs and the tokens of the decoder."""
    return lambda: {**tensors(**shapes)(), **ids(6)()}


def decoding() -> dict[str, Tensor]:
    """Tokens and encoded audio."""
    return {**ids(6)(), **tensors(audio_features=(1, 20, 32))()}


MEL, WAVE, FEATS = tensors(mel=(1, 16, 40)), tensors(wave=(1, 2400)), tensors(feats=(1, 40, 19))
OPENAI, USEFUL, FAIRSEQ = "openai/whisper", "useful-sensors", "fairseq"
ENC, BOTH = "encoder", "encoder+decoder"
SPECS = [
    asr("openai-whisper-encoder", "whisper", OPENAI, lambda: WhisperEncoder(2, 32, 4, 16, False),
        MEL, "", ENC),
    asr("openai-whisper-encoder-fused", "whisper", OPENAI,
        lambda: WhisperEncoder(4, 48, 4, 16, True), MEL, "whisper-tiny", ENC),
    asr("openai-whisper-decoder", "whisper", OPENAI, lambda: WhisperDecoder(2, 32, 4, False),
        decoding, "", "decoder"),
    asr("openai-whisper-full", "whisper", OPENAI, lambda: Whisper(2, 32, 4, True),
        both(mel=(1, 16, 40)), "", BOTH),
    asr("useful-moonshine-encoder", "moonshine", USEFUL, lambda: Moonshine(3, 32, 4, False),
        tensors(wave=(1, 4000)), "", ENC),
    asr("useful-moonshine-full", "moonshine", USEFUL, lambda: Moonshine(2, 48, 4, True),
        both(wave=(1, 4000)), "", BOTH),
    asr("fairseq-wav2vec2", "wav2vec2", FAIRSEQ, lambda: Wav2Vec2(2, 32, 4, False), WAVE, "", ENC),
    asr("fairseq-wav2vec2-large-ctc", "wav2vec2", FAIRSEQ,
        lambda: Wav2Vec2(3, 48, 4, True, 32), WAVE, "wav2vec2-large", ENC),
    asr("fairseq-hubert", "hubert", FAIRSEQ, lambda: Wav2Vec2(3, 32, 4, False), WAVE, "", ENC),
    asr("espnet-conformer", "conformer", "espnet", lambda: Conformer(2, 32, 4, True), FEATS),
    asr("espnet-conformer-deep", "conformer", "espnet", lambda: Conformer(3, 48, 4, True), FEATS),
    asr("torchaudio-conformer", "conformer", "torchaudio", lambda: Conformer(2, 48, 4, False),
        FEATS),
]  # fmt: skip
