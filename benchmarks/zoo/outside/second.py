"""The second ten families. The list was fixed before any draft of them was looked at."""

from __future__ import annotations

from typing import Any

import torch as pytorch

from benchmarks.zoo.outside import Trio, spec
from benchmarks.zoo.outside import second_keras as keras
from benchmarks.zoo.outside import second_more as more
from benchmarks.zoo.outside import second_torch as torch
from benchmarks.zoo.outside.first import DYN, LITE, SAVED, TS
from benchmarks.zoo.second._hf import image_model
from benchmarks.zoo.second.hf_dense import DEPTH, DETR, LAST, RESNET, SHALLOW, detector
from benchmarks.zoo.spec import Built, Spec


def _detr(name: str, backbone: Any, layers: int, **more: Any) -> Spec:
    options = {**DETR, "encoder_layers": layers, "decoder_layers": layers, **more}
    return detector(name, "conditional-detr", "ConditionalDetr", options,
                    ("ResNetConfig", {**backbone, **LAST}))  # fmt: skip


def _mobilevitv2(name: str, width: float, size: int) -> Spec:
    options = {"width_multiplier": width, "image_size": size}
    return image_model(name, "mobilevitv2", "MobileViTV2", options, size=size)


def _hiera(name: str, width: int, heads: list[int], depths: list[int], size: int) -> Spec:
    options = {"embed_dim": width, "num_heads": heads, "depths": depths, "image_size": [size] * 2}
    return image_model(name, "hiera", "Hiera", options, size=size)


def _glpn(name: str, widths: list[int], depths: list[int], size: int) -> Spec:
    options = {"hidden_sizes": widths, "depths": depths, "num_attention_heads": [1, 2, 5, 8],
               "decoder_hidden_size": 32}  # fmt: skip
    return image_model(name, "glpn", "GLPN", options, size=size, **DEPTH)


def _patchtst(name: str, dim: int, depth: int) -> Spec:
    def build(_: int) -> Built:
        from transformers import PatchTSTConfig, PatchTSTForPrediction

        from benchmarks.zoo.hf import Call

        config = PatchTSTConfig(
            num_input_channels=5, context_length=64, patch_length=16, patch_stride=8, d_model=dim,
            num_hidden_layers=depth, num_attention_heads=4, ffn_dim=2 * dim, prediction_length=16,
            loss="mse", attn_implementation="eager",
        )  # fmt: skip
        call = Call(PatchTSTForPrediction(config), ["past_values"], "prediction_outputs", {})
        return Built(call, {"past_values": pytorch.randn(1, 64, 5)})

    return Spec(name, "patchtst", name, build, implementation="transformers", split="test")


def _ids(name: str, family: str, code: str, maker: Any, *inputs: Any) -> Spec:
    def build(_: int) -> Built:
        return Built(maker(), {f"input{i}": value for i, value in enumerate(inputs)})

    return Spec(name, family, name, build, implementation=code, split="test")


def _retnet(name: str, code: str, dim: int, depth: int, heads: int) -> Spec:
    ids = pytorch.arange(16)[None] * 7 % 200
    return _ids(name, "retnet", code, lambda: more.Retnet(dim, depth, heads), ids)


def _din(name: str, dim: int, hidden: list[int]) -> Spec:
    ids, past = pytorch.tensor([3, 5]), pytorch.arange(20).view(2, 10)
    mask = past < 15
    return _ids(name, "din", "deepctr-torch", lambda: more.Din(dim, hidden), ids, ids, past, mask)


FAMILIES: dict[str, Trio] = {
    "conditional-detr": (
        (_detr("cond-detr-r18", SHALLOW, 3), TS),
        (_detr("cond-detr-r50", RESNET, 6), TS),
        (_detr("cond-detr-r34", {**SHALLOW, "depths": [3, 4, 6, 3]}, 4, num_queries=30), DYN),
    ),
    "mobilevitv2": (
        (_mobilevitv2("mobilevitv2-0.25", 0.25, 128), DYN),
        (_mobilevitv2("mobilevitv2-0.5", 0.5, 128), DYN),
        (_mobilevitv2("mobilevitv2-0.75", 0.75, 256), DYN),
    ),
    "hiera": (
        (_hiera("hiera-tiny", 12, [1, 2, 4, 8], [1, 2, 7, 2], 128), TS),
        (_hiera("hiera-small", 12, [1, 2, 4, 8], [1, 2, 11, 2], 128), TS),
        (_hiera("hiera-base", 24, [1, 2, 4, 8], [2, 3, 16, 3], 224), DYN),
    ),
    "glpn": (
        (_glpn("glpn-b0", [8, 16, 40, 64], [2, 2, 2, 2], 128), TS),
        (_glpn("glpn-b2", [8, 16, 40, 64], [3, 4, 6, 3], 128), TS),
        (_glpn("glpn-b4", [16, 32, 80, 128], [3, 8, 27, 3], 128), DYN),
    ),
    "bisenet": (
        (spec("bisenet-r18", "bisenet", lambda: torch.Bisenet(8, [2, 2, 2, 2]), (1, 3, 128, 128),
              code="coincheung"), TS),
        (spec("bisenet-r34", "bisenet", lambda: torch.Bisenet(12, [3, 4, 6, 3]), (1, 3, 128, 192),
              code="coincheung"), TS),
        (spec("bisenet-keras", "bisenet", lambda: keras.bisenet(8, [2, 2, 2, 2], 128),
              code="keras"), LITE),
    ),
    "demucs": (
        (spec("demucs-4", "demucs", lambda: torch.Demucs(8, 4), (1, 2, 1876),
              code="facebookresearch"), TS),
        (spec("demucs-5", "demucs", lambda: torch.Demucs(8, 5), (1, 2, 7508),
              code="facebookresearch"), TS),
        (spec("demucs-6", "demucs", lambda: torch.Demucs(6, 6), (1, 2, 30036),
              code="facebookresearch"), DYN),
    ),
    "x-vector": (
        (spec("xvector-32", "x-vector", lambda: torch.Xvector(32), (1, 24, 60),
              code="speechbrain"), TS),
        (spec("xvector-64", "x-vector", lambda: torch.Xvector(64, 40, 192), (1, 40, 90),
              code="speechbrain"), TS),
        (spec("xvector-keras", "x-vector", lambda: keras.xvector(32, 80), code="keras-kaldi"),
         SAVED),
    ),
    "patchtst": (
        (_patchtst("patchtst-2", 32, 3), TS),
        (_patchtst("patchtst-4", 48, 4), TS),
        (spec("patchtst-official", "patchtst", lambda: torch.PatchTst(32, 3), (1, 64, 7),
              code="yuqinie98"), DYN),
    ),
    "retnet": (
        (_retnet("retnet-4", "jamie-stirling", 32, 4, 4), TS),
        (_retnet("retnet-8", "jamie-stirling", 48, 8, 4), TS),
        (_ids("retnet-scale", "retnet", "torchscale", lambda: more.Retnet(32, 6, 4, scaled=True),
              pytorch.arange(16)[None]), TS),
    ),
    "din": (
        (_din("din-80", 8, [64, 16]), TS),
        (_din("din-200", 12, [200, 80]), TS),
        (spec("din-keras", "din", lambda: keras.din(8, [80, 40], 10), code="keras-din"), SAVED),
    ),
}  # fmt: skip
"""By family: two models of one implementation to learn from, and the one to find."""
