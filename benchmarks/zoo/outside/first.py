"""The first ten families. The list was fixed before any draft of them was looked at."""

from __future__ import annotations

from typing import Any

from torch import nn

from benchmarks.zoo.outside import Trio, spec
from benchmarks.zoo.outside import first_keras as keras
from benchmarks.zoo.outside import first_more as more
from benchmarks.zoo.outside import first_torch as torch
from benchmarks.zoo.second import hf_dense
from benchmarks.zoo.second._hf import image_model

TS, DYN, SAVED, LITE = "ts17", "dyn18", "keras_saved", "keras_tflite"
_DENSE = {each.name: each for each in hf_dense.SPECS}


def _levit(name: str, widths: list[int], heads: list[int], depths: list[int], size: int) -> Any:
    options = {"hidden_sizes": widths, "num_attention_heads": heads, "depths": depths,
               "image_size": size}  # fmt: skip
    return image_model(name, "levit", "Levit", options, size=size)


def _cvt(name: str, width: int, depth: list[int], size: int) -> Any:
    options = {"embed_dim": [width, 2 * width, 4 * width], "num_heads": [1, 2, 4], "depth": depth}
    return image_model(name, "cvt", "Cvt", options, size=size)


FAMILIES: dict[str, Trio] = {
    "rt-detr": (
        (_DENSE["hf2-rt-detr-r18"], TS),
        (_DENSE["hf2-rt-detr-r50"], TS),
        (_DENSE["hf2-rt-detr-v2-r18"], TS),
    ),
    "levit": (
        (_levit("levit-128s", [32, 48, 64], [2, 3, 4], [2, 3, 4], 128), TS),
        (_levit("levit-192", [48, 64, 96], [3, 4, 6], [4, 4, 4], 128), TS),
        (_levit("levit-256", [64, 96, 128], [4, 6, 8], [4, 4, 4], 224), DYN),
    ),
    "cvt": (
        (_cvt("cvt-13", 12, [1, 2, 10], 128), TS),
        (_cvt("cvt-21", 16, [1, 4, 16], 128), TS),
        (_cvt("cvt-w24", 24, [2, 2, 20], 224), DYN),
    ),
    "ecapa-tdnn": (
        (spec("ecapa-64", "ecapa-tdnn", lambda: torch.SpeechbrainEcapa(64), (1, 40, 100),
              code="speechbrain"), TS),
        (spec("ecapa-128", "ecapa-tdnn", lambda: torch.SpeechbrainEcapa(128, 96), (1, 40, 200),
              code="speechbrain"), TS),
        (spec("ecapa-ruijie", "ecapa-tdnn", lambda: torch.RuijieEcapa(64), (1, 80, 120),
              code="taoruijie"), TS),
    ),
    "quartznet": (
        (spec("quartznet-5x5", "quartznet", lambda: torch.QuartzNet(5, 5, 32), (1, 64, 128),
              code="nemo"), TS),
        (spec("quartznet-10x5", "quartznet", lambda: torch.QuartzNet(10, 5, 48), (1, 64, 128),
              code="nemo"), TS),
        (spec("quartznet-15x5", "quartznet", lambda: keras.quartznet(15, 5, 24), code="keras"),
         LITE),
    ),
    "gmlp": (
        (spec("gmlp-s", "gmlp", lambda: torch.Gmlp(32, 6, 64), (1, 3, 64, 64),
              code="lucidrains"), TS),
        (spec("gmlp-b", "gmlp", lambda: torch.Gmlp(48, 10, 128), (1, 3, 128, 128),
              code="lucidrains"), TS),
        (spec("gmlp-keras", "gmlp", lambda: keras.gmlp(64, 4, 64), code="keras-io"), SAVED),
    ),
    "n-beats": (
        (spec("nbeats-4", "n-beats", lambda: torch.Beats(4, 32), (1, 40),
              code="philipperemy"), TS),
        (spec("nbeats-9", "n-beats", lambda: torch.Beats(9, 64), (1, 40),
              code="philipperemy"), TS),
        (spec("nbeats-keras", "n-beats", lambda: keras.beats(30, 48, 50, 10), code="keras-tfdev"),
         SAVED),
    ),
    "nafnet": (
        (spec("nafnet-w8", "nafnet", lambda: more.Nafnet(8, [1, 1, 1, 4], 1, [1, 1, 1, 1]),
              (1, 3, 64, 64), code="basicsr"), TS),
        (spec("nafnet-w16", "nafnet", lambda: more.Nafnet(16, [2, 2, 4, 8], 12, [2, 2, 2, 2]),
              (1, 3, 64, 64), code="basicsr"), TS),
        (spec("nafnet-other", "nafnet",
              lambda: more.Nafnet(12, [1, 1, 1, 8], 1, [1, 1, 1, 1], basic=False),
              (1, 3, 96, 96), code="other"), DYN),
    ),
    "deepspeech2": (
        (spec("deepspeech2-5", "deepspeech2", lambda: more.DeepSpeech2(5, 32), (1, 1, 64, 80),
              code="seannaren"), TS),
        (spec("deepspeech2-7", "deepspeech2", lambda: more.DeepSpeech2(7, 48, nn.GRU),
              (1, 1, 64, 100), code="seannaren"), TS),
        (spec("deepspeech2-keras", "deepspeech2", lambda: keras.deepspeech2(5, 32),
              code="keras-io"), SAVED),
    ),
    "mmoe": (
        (spec("mmoe-3", "mmoe", lambda: more.Mmoe(20, 3, 2, 32), (4, 20), code="pytorch"), TS),
        (spec("mmoe-8", "mmoe", lambda: more.Mmoe(40, 8, 3, 48), (4, 40), code="pytorch"), TS),
        (spec("mmoe-keras", "mmoe", lambda: keras.mmoe(30, 6, 2, 24), code="keras-deepctr"),
         SAVED),
    ),
}  # fmt: skip
"""By family: two models of one implementation to learn from, and the one to find."""
