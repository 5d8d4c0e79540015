# ruff: noqa: D102 - forward() is described by its class
"""Speech-to-text, YAMNet, Basic Pitch, and further sizes of the audio twins."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second import audio_speech as speech
from benchmarks.zoo.second import audio_tts as tts
from benchmarks.zoo.second import audio_wave as wave
from benchmarks.zoo.second.text_common import Inputs, ids, tensors, twin
from benchmarks.zoo.second.text_more import PreSide
from benchmarks.zoo.second.text_seq2seq import sinusoids
from benchmarks.zoo.spec import Spec


class SpeechToText(nn.Module):
    """fairseq's s2t transformer encoder: two gated strided convolutions, pre-norm layers."""

    def __init__(self, layers: int, dim: int, heads: int, mels: int = 16) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(mels, 48, 5, 2, 2), nn.Conv1d(24, 2 * dim, 5, 2, 2)])
        self.layers = nn.ModuleList(PreSide(dim, heads, nn.ReLU(), False) for _ in range(layers))
        self.norm, self.scale = nn.LayerNorm(dim), math.sqrt(dim)
        self.register_buffer("places", sinusoids(40, dim))

    def forward(self, feats: Tensor) -> Tensor:
        x = feats.transpose(1, 2)
        for conv in self.convs:
            x = F.glu(conv(x), dim=1)
        x = x.permute(2, 0, 1) * self.scale
        x = x + self.places[: x.shape[0]].unsqueeze(1)
        padding = torch.zeros(x.shape[1], x.shape[0], dtype=torch.bool)
        for layer in self.layers:
            x = layer(x, None, padding, None)
        return self.norm(x).transpose(0, 1)


def yamnet(width: int) -> nn.Module:
    """TensorFlow's YAMNet: MobileNet v1 over a log-mel patch, sigmoid scores."""
    plan = [(2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1)]
    layers: list[nn.Module] = [nn.Conv2d(1, width, 3, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU()]
    cin = width
    for factor, stride in plan:
        cout = width * factor
        layers += [
            nn.Conv2d(cin, cin, 3, stride, 1, groups=cin, bias=False), nn.BatchNorm2d(cin),
            nn.ReLU(), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(),
        ]  # fmt: skip
        cin = cout
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, 52), nn.Sigmoid()]
    return nn.Sequential(*layers)


class BasicPitch(nn.Module):
    """spotify/basic-pitch after harmonic stacking: contour, note and onset maps."""

    def __init__(self, width: int = 8, harmonics: int = 4) -> None:
        super().__init__()
        self.contour = nn.Sequential(
            nn.Conv2d(harmonics, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, (3, 39), padding=(1, 19)), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, 1, 5, padding=2), nn.Sigmoid(),
        )  # fmt: skip
        self.note = nn.Sequential(
            nn.Conv2d(1, 32, 7, (1, 3), (3, 2)), nn.ReLU(), nn.Conv2d(32, 1, (7, 3), 1, (3, 1)),
            nn.Sigmoid(),
        )  # fmt: skip
        self.first = nn.Sequential(
            nn.Conv2d(harmonics, 32, 5, (1, 3), (2, 1)), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.onset = nn.Sequential(nn.Conv2d(33, 1, 3, padding=1), nn.Sigmoid())
        self.shifts = [0, 12, 19, 24][:harmonics]

    def forward(self, cqt: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stacked = [F.pad(cqt[..., s:], (0, s)) for s in self.shifts]
        x = torch.stack(stacked, 1)
        contour = self.contour(x)
        note = self.note(contour)
        onset = self.onset(torch.cat([note, self.first(x)], 1))
        return contour[:, 0], note[:, 0], onset[:, 0]


class Upsampled(nn.Module):
    """The vocoder with its transposed convolution from frames to samples."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose1d(16, 16, 8, 4, 2)
        self.net = wave.WaveNet(4, 3, mel=16, width=24)

    def forward(self, signal: Tensor, mel: Tensor) -> Tensor:
        return self.net(signal, self.up(mel))


def sound(name: str, family: str, style: str, maker: Any, inputs: Inputs, variant: str = "",
          task: str = "speech-recognition") -> Spec:  # fmt: skip
    """An audio model."""
    return twin(name, family, maker, inputs, style, variant, "", "audio", task)


def spoken() -> dict[str, Tensor]:
    """Tokens, their alignment and noise."""
    return {**ids(8)(), **tensors(path=(1, 8, 10), noise=(1, 24, 10))()}


VOC, FAIRSEQ = "vocoder", "fairseq"
SPECS = [
    sound("fairseq-s2t-encoder", "speech2text", FAIRSEQ, lambda: SpeechToText(3, 32, 4),
          tensors(feats=(1, 40, 16))),
    sound("fairseq-hubert-large-ctc", "hubert", FAIRSEQ,
          lambda: speech.Wav2Vec2(4, 48, 4, True, 30), speech.WAVE, "hubert-large"),
    sound("fairseq-wav2vec2-ctc", "wav2vec2", FAIRSEQ,
          lambda: speech.Wav2Vec2(4, 24, 2, False, 32), speech.WAVE),
    sound("openai-whisper-base-encoder", "whisper", "openai/whisper",
          lambda: speech.WhisperEncoder(6, 24, 3, 32, False), tensors(mel=(1, 32, 40)),
          "whisper-base"),
    sound("torchaudio-conformer-small", "conformer", "torchaudio",
          lambda: speech.Conformer(4, 24, 2, False), speech.FEATS),
    sound("google-yamnet", "mobilenetv1", "tensorflow/models", lambda: yamnet(4),
          tensors(patch=(1, 1, 96, 64)), "yamnet", "classification"),
    sound("spotify-basic-pitch", "basicpitch", "spotify", BasicPitch,
          tensors(cqt=(1, 20, 90)), "", "transcription"),
    sound("r9y9-wavenet-upsampled", "wavenet", "r9y9", Upsampled,
          tensors(wave=(1, 1, 40), mel=(1, 16, 10)), "wavenet-vocoder", VOC),
    sound("locuslab-tcn-deep", "tcn", "locuslab", lambda: wave.Tcn([12] * 6, 3, 4),
          tensors(series=(1, 3, 80)), "", "classification"),
    sound("torchaudio-conv-tasnet-deep", "conv-tasnet", "torchaudio",
          lambda: wave.ConvTasNet(5, 3, False, "relu"), tensors(wave=(1, 1, 400)), "",
          "source-separation"),
    sound("nvidia-waveglow-wide", "waveglow", "nvidia", lambda: wave.bare(wave.WaveGlow(4, 8)),
          tensors(mel=(1, 8, 8), noise=(1, 8, 4)), "", VOC),
    sound("jay-vits-deep", "vits", "jaywalnut310", lambda: wave.bare(wave.Vits(3, 4, 24)), spoken,
          "", "text-to-speech"),
    sound("ravanelli-sincnet-wide", "sincnet", "mravanelli", lambda: tts.SincNet(20, 65, 40),
          tts.WAVE, "", "speaker-recognition"),
    sound("arm-ds-cnn-small", "ds-cnn", "mlperf-tiny", lambda: tts.dscnn(12, 3),
          tensors(mfcc=(1, 1, 49, 10)), "", "keyword-spotting"),
    sound("funasr-fsmn-deep", "fsmn", "funasr", lambda: tts.Fsmn(6, 12, 16, 8, 2, 4),
          tensors(feats=(1, 24, 12)), "", "keyword-spotting"),
]  # fmt: skip
