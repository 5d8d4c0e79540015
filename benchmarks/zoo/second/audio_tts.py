# ruff: noqa: D102 - forward() is described by its class
"""Tacotron 2 and FastSpeech 2, and small audio classifiers."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import VOCAB, Inputs, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class TacotronEncoder(nn.Module):
    """Embedding, three convolutions with batch norm, one bidirectional LSTM."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, 5, padding=2), nn.BatchNorm1d(dim)) for _ in range(3)
        )
        self.lstm = nn.LSTM(dim, dim // 2, 1, batch_first=True, bidirectional=True)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens).transpose(1, 2)
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.lstm(x.transpose(1, 2))[0]


class TacotronStep(nn.Module):
    """NVIDIA's `Decoder.decode`: prenet, attention LSTM, location attention, decoder LSTM."""

    def __init__(self, dim: int, mels: int, rnn: int) -> None:
        super().__init__()
        self.prenet = nn.ModuleList([nn.Linear(mels, 16, False), nn.Linear(16, 16, False)])
        self.attention_rnn = nn.LSTMCell(16 + dim, rnn)
        self.query, self.memory = nn.Linear(rnn, 12, False), nn.Linear(dim, 12, False)
        self.location_conv = nn.Conv1d(2, 8, 9, padding=4, bias=False)
        self.location_dense, self.v = nn.Linear(8, 12, False), nn.Linear(12, 1, False)
        self.decoder_rnn = nn.LSTMCell(rnn + dim, rnn)
        self.projection, self.gate = nn.Linear(rnn + dim, mels), nn.Linear(rnn + dim, 1)
        self.softmax, self.tanh = nn.Softmax(1), nn.Tanh()

    def forward(
        self, frame: Tensor, state: Tensor, weights: Tensor, context: Tensor, memory: Tensor
    ) -> tuple[Tensor, ...]:
        for layer in self.prenet:
            frame = F.relu(layer(frame))
        ah, ac, dh, dc = (state[:, i] for i in range(4))
        ah, ac = self.attention_rnn(torch.cat((frame, context), -1), (ah, ac))
        place = self.location_dense(self.location_conv(weights).transpose(1, 2))
        energy = self.v(self.tanh(self.query(ah.unsqueeze(1)) + place + self.memory(memory)))
        now = self.softmax(energy.squeeze(-1))
        context = torch.bmm(now.unsqueeze(1), memory).squeeze(1)
        dh, dc = self.decoder_rnn(torch.cat((ah, context), -1), (dh, dc))
        both = torch.cat((dh, context), dim=1)
        state = torch.stack([ah, ac, dh, dc], 1)
        weights = torch.stack([now, weights[:, 1] + now], 1)
        return self.projection(both), self.gate(both), state, weights, context


class TacotronPostnet(nn.Module):
    """Five convolutions with batch norm and tanh, none after the last, added to the input."""

    def __init__(self, mels: int, width: int) -> None:
        super().__init__()
        sizes = [mels, width, width, width, width, mels]
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv1d(a, b, 5, padding=2), nn.BatchNorm1d(b))
            for a, b in pairwise(sizes)
        )

    def forward(self, mel: Tensor) -> Tensor:
        x = mel
        for index, conv in enumerate(self.convs):
            x = torch.tanh(conv(x)) if index < 4 else conv(x)
        return mel + x


class Tacotron(nn.Module):
    """Teacher-forced pass over a few frames, steps unrolled."""

    def __init__(self, dim: int = 24, mels: int = 10, rnn: int = 24) -> None:
        super().__init__()
        self.encoder, self.step = TacotronEncoder(dim), TacotronStep(dim, mels, rnn)
        self.postnet, self.rnn = TacotronPostnet(mels, 16), rnn

    def forward(self, tokens: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        memory = self.encoder(tokens)
        frame, state = torch.zeros_like(mel[:, :, 0]), memory.new_zeros(1, 4, self.rnn)
        weights = memory.new_zeros(1, 2, tokens.shape[1])
        context = torch.zeros_like(memory[:, 0])
        frames, gates = [], []
        for t in range(mel.shape[2]):
            out, gate, state, weights, context = self.step(frame, state, weights, context, memory)
            frames.append(out)
            gates.append(gate)
            frame = mel[:, :, t]
        return self.postnet(torch.stack(frames, 2)), torch.cat(gates, 1)


class FftBlock(nn.Module):
    """FastSpeech's block: attention and two convolutions, both post-normed."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.w_qs, self.w_ks, self.w_vs, self.fc = (nn.Linear(dim, dim) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.w_1, self.w_2 = nn.Conv1d(dim, 2 * dim, 9, padding=4), nn.Conv1d(2 * dim, dim, 1)
        self.softmax, self.plus = nn.Softmax(2), Plus()

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        size = d // self.heads
        q, k, v = (
            f(x).view(b, t, self.heads, size).permute(2, 0, 1, 3).reshape(-1, t, size)
            for f in (self.w_qs, self.w_ks, self.w_vs)
        )
        y = torch.bmm(self.softmax(torch.bmm(q, k.transpose(1, 2)) / size**0.5), v)
        y = y.view(self.heads, b, t, size).permute(1, 2, 0, 3).reshape(b, t, d)
        x = self.norm1(self.plus(self.fc(y), x))
        y = self.w_2(F.relu(self.w_1(x.transpose(1, 2)))).transpose(1, 2)
        return self.norm2(self.plus(y, x))


class Predictor(nn.Module):
    """`VariancePredictor`: two convolutions with ReLU and layer norm, a linear."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(dim, dim, 3, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.linear = nn.Linear(dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(F.relu(conv(x.transpose(1, 2)).transpose(1, 2)))
        return self.linear(x).squeeze(-1)


class FastSpeech2(nn.Module):
    """ming024/FastSpeech2: the length regulator expands by given durations."""

    def __init__(self, layers: int, dim: int, frames: int = 14, mels: int = 10) -> None:
        super().__init__()
        self.embed, self.frames = nn.Embedding(VOCAB, dim), frames
        at = torch.arange(64).float()[:, None]
        angle = at / torch.pow(10000, 2 * (torch.arange(dim) // 2) / dim)
        table = torch.where(torch.arange(dim) % 2 == 0, angle.sin(), angle.cos())
        self.register_buffer("places", table)
        self.encoder = nn.ModuleList(FftBlock(dim, 2) for _ in range(layers))
        self.decoder = nn.ModuleList(FftBlock(dim, 2) for _ in range(layers))
        self.duration, self.pitch, self.energy = (Predictor(dim) for _ in range(3))
        self.pitch_embed, self.energy_embed = nn.Embedding(16, dim), nn.Embedding(16, dim)
        self.register_buffer("bins", torch.linspace(-1, 1, 15))
        self.mel, self.postnet = nn.Linear(dim, mels), TacotronPostnet(mels, 16)

    def forward(self, tokens: Tensor, durations: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embed(tokens) + self.places[: tokens.shape[1]]
        for block in self.encoder:
            x = block(x)
        log_duration = self.duration(x)
        pitch = (self.pitch(x).unsqueeze(-1) > self.bins).long().sum(-1)
        x = x + self.pitch_embed(pitch)
        energy = (self.energy(x).unsqueeze(-1) > self.bins).long().sum(-1)
        x = x + self.energy_embed(energy)
        ends = durations.cumsum(1)
        index = (torch.arange(self.frames)[None, :, None] >= ends[:, None, :]).long().sum(-1)
        index = index.clamp(max=tokens.shape[1] - 1)
        x = torch.gather(x, 1, index.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
        x = x + self.places[: self.frames]
        for block in self.decoder:
            x = block(x)
        mel = self.mel(x)
        return self.postnet(mel.transpose(1, 2)).transpose(1, 2), log_duration


class Crepe(nn.Module):
    """marl/crepe as torchcrepe: six convolutions over 1024 samples, ReLU before the norm."""

    def __init__(self, unit: int) -> None:
        super().__init__()
        outs = [32 * unit, 4 * unit, 4 * unit, 4 * unit, 8 * unit, 16 * unit]
        ins, kernels = [1, *outs[:-1]], [512, 64, 64, 64, 64, 64]
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, (k, 1), (4 if k == 512 else 1, 1))
            for i, o, k in zip(ins, outs, kernels, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(o, eps=0.0010000000474974513) for o in outs)
        self.classifier = nn.Linear(4 * outs[-1], 360)

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, None, :, None]
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.pad(x, (0, 0, 254, 254) if i == 0 else (0, 0, 31, 32))
            x = F.max_pool2d(norm(F.relu(conv(x))), (2, 1), (2, 1))
        x = x.permute(0, 2, 1, 3).reshape(x.shape[0], -1)
        return torch.sigmoid(self.classifier(x))


def dscnn(width: int, blocks: int) -> nn.Module:
    """ARM's ML-KWS-for-MCU, as MLPerf Tiny has it: 10x4 convolution, then separable ones."""
    layers: list[nn.Module] = [nn.ZeroPad2d((1, 2, 4, 5)), nn.Conv2d(1, width, (10, 4), 2)]
    layers += [nn.BatchNorm2d(width), nn.ReLU()]
    for _ in range(blocks):
        layers += [
            nn.Conv2d(width, width, 3, padding=1, groups=width), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
        ]  # fmt: skip
    layers += [nn.AvgPool2d((25, 5)), nn.Flatten(), nn.Linear(width, 12), nn.Softmax(-1)]
    return nn.Sequential(*layers)


class SincNet(nn.Module):
    """mravanelli/SincNet: band-pass filters from their edges, then two convolutions."""

    def __init__(self, filters: int = 12, kernel: int = 65, classes: int = 20) -> None:
        super().__init__()
        edges = 700 * (torch.pow(10, torch.linspace(30, 2600, filters + 1) / 2595) - 1)
        self.low = nn.Parameter(edges[:-1, None] / 16000)
        self.band = nn.Parameter((edges[1:] - edges[:-1])[:, None] / 16000)
        n = torch.arange(-(kernel // 2), 0).float()[None] * 2 * math.pi
        self.register_buffer("n", n)
        self.register_buffer("window", torch.hamming_window(kernel)[: kernel // 2])
        self.norm = nn.LayerNorm(400)
        self.convs = nn.ModuleList([nn.Conv1d(filters, 10, 5), nn.Conv1d(10, 10, 5)])
        self.fcs = nn.ModuleList([nn.Linear(500, 32), nn.Linear(32, 32), nn.Linear(32, classes)])
        self.bns = nn.ModuleList(nn.BatchNorm1d(32) for _ in range(2))

    def filters(self) -> Tensor:
        low = 0.003 + torch.abs(self.low)
        high = torch.clamp(low + 0.003 + torch.abs(self.band), 0.003, 0.5)
        left = (torch.sin(high * self.n) - torch.sin(low * self.n)) / (self.n / 2) * self.window
        center = 2 * (high - low)
        full = torch.cat([left, center, torch.flip(left, dims=[1])], dim=1)
        return (full / (2 * (high - low))).unsqueeze(1)

    def forward(self, wave: Tensor) -> Tensor:
        x = self.norm(wave).unsqueeze(1)
        x = F.max_pool1d(torch.abs(F.conv1d(x, self.filters())), 3)
        x = F.leaky_relu(F.layer_norm(x, [x.shape[-1]]), 0.2)
        for conv in self.convs:
            x = F.max_pool1d(conv(x), 2 if conv is self.convs[0] else 1)
            x = F.leaky_relu(F.layer_norm(x, [x.shape[-1]]), 0.2)
        x = x.flatten(1)
        for i, fc in enumerate(self.fcs):
            x = F.leaky_relu(self.bns[i](fc(x)), 0.2) if i < 2 else F.log_softmax(fc(x), -1)
        return x


class Fsmn(nn.Module):
    """modelscope/FunASR's FSMN-VAD: projection, depthwise memory over time, affine, ReLU."""

    def __init__(self, layers: int, cin: int, dim: int, proj: int, look: int, out: int) -> None:
        super().__init__()
        self.in1, self.in2 = nn.Linear(cin, 12), nn.Linear(12, dim)
        self.linear = nn.ModuleList(nn.Linear(dim, proj, bias=False) for _ in range(layers))
        self.left = nn.ModuleList(
            nn.Conv2d(proj, proj, (8, 1), groups=proj, bias=False) for _ in range(layers)
        )
        self.right = nn.ModuleList(
            nn.Conv2d(proj, proj, (look, 1), groups=proj, bias=False)
            for _ in range(layers if look else 0)
        )
        self.affine = nn.ModuleList(nn.Linear(proj, dim) for _ in range(layers))
        self.out1, self.out2, self.look = nn.Linear(dim, 12), nn.Linear(12, out), look
        self.plus = Plus()

    def forward(self, feats: Tensor) -> Tensor:
        x = F.relu(self.in2(self.in1(feats)))
        for i, linear in enumerate(self.linear):
            p = linear(x).unsqueeze(1).permute(0, 3, 2, 1)
            y = self.plus(p, self.left[i](F.pad(p, [0, 0, 7, 0])))
            if self.look:
                y = self.plus(y, self.right[i](F.pad(p, [0, 0, 0, self.look])[:, :, 1:]))
            x = F.relu(self.affine[i](y.permute(0, 3, 2, 1).squeeze(1)))
        return F.softmax(self.out2(self.out1(x)), -1)


def audio(name: str, family: str, style: str, maker: object, inputs: Inputs, variant: str,
          task: str = "text-to-speech") -> Spec:  # fmt: skip
    """An audio model."""
    return twin(name, family, maker, inputs, style, variant, "", "audio", task)  # type: ignore[arg-type]


def with_tokens(**shapes: tuple[int, ...]) -> Inputs:
    """Tokens and float inputs."""
    return lambda: {**ids(7)(), **tensors(**shapes)()}


def timed() -> dict[str, Tensor]:
    """Tokens, two frames each."""
    return {**ids(7)(), "durations": torch.full((1, 7), 2)}


NV, MING, WAVE = "nvidia/tacotron2", "ming024", tensors(wave=(1, 400))
KWS = "keyword-spotting"
SPECS = [
    audio("nvidia-tacotron2", "tacotron2", NV, Tacotron, with_tokens(mel=(1, 10, 4)), ""),
    audio("nvidia-tacotron2-encoder", "tacotron2", NV, lambda: TacotronEncoder(32), ids(9),
          "tacotron2-encoder"),
    audio("nvidia-tacotron2-step", "tacotron2", NV, lambda: TacotronStep(24, 10, 32),
          tensors(frame=(1, 10), state=(1, 4, 32), weights=(1, 2, 9), context=(1, 24),
                  memory=(1, 9, 24)),
          "tacotron2-decoder"),
    audio("nvidia-tacotron2-postnet", "tacotron2", NV, lambda: TacotronPostnet(16, 32),
          tensors(mel=(1, 16, 20)), "tacotron2-postnet"),
    audio("ming-fastspeech2", "fastspeech2", MING, lambda: FastSpeech2(2, 32), timed, ""),
    audio("ming-fastspeech2-deep", "fastspeech2", MING, lambda: FastSpeech2(4, 16), timed, ""),
    audio("torchcrepe-tiny", "crepe", "torchcrepe", lambda: Crepe(1), tensors(frames=(1, 1024)),
          "crepe-tiny", "pitch"),
    audio("torchcrepe-medium", "crepe", "torchcrepe", lambda: Crepe(2), tensors(frames=(2, 1024)),
          "crepe-medium", "pitch"),
    audio("arm-ds-cnn", "ds-cnn", "mlperf-tiny", lambda: dscnn(16, 4),
          tensors(mfcc=(1, 1, 49, 10)), "", KWS),
    audio("arm-ds-cnn-large", "ds-cnn", "mlperf-tiny", lambda: dscnn(24, 5),
          tensors(mfcc=(1, 1, 49, 10)), "", KWS),
    audio("ravanelli-sincnet", "sincnet", "mravanelli", SincNet, WAVE, "", "speaker-recognition"),
    audio("funasr-fsmn-vad", "fsmn", "funasr", lambda: Fsmn(4, 20, 24, 16, 0, 8),
          tensors(feats=(1, 20, 20)), "fsmn-vad", "voice-activity"),
    audio("funasr-fsmn-kws", "fsmn", "funasr", lambda: Fsmn(3, 16, 32, 12, 3, 6),
          tensors(feats=(1, 24, 16)), "", KWS),
]  # fmt: skip
