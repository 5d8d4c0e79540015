"""Single architectures, each of a package of its own: attention, MLPs, liquid nets, diffusion."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

WORDS = {"ids": (1, 64)}
TEXT = {"modality": "text"}
LM: dict[str, Any] = {"num_tokens": 160, "dim": 48, "depth": 4, "heads": 4}
SERIES = (1, 24, 6)


def wired(cls: str, neurons: int = 0, **options: Any) -> nn.Module:
    """A liquid network, fully wired or by the automatic wiring of its package."""
    wiring: Any = 24
    if neurons:
        wiring = load("ncps.wirings:AutoNCP")(neurons, 4)
    network: nn.Module = load(f"ncps.torch:{cls}")(6, wiring, **options)
    return network


def first(network: Any, x: Tensor) -> Any:
    """The outputs without the state."""
    return network(x)[0]


def kan(*width: int) -> nn.Module:
    """A Kolmogorov-Arnold network without its symbolic half, as `speed()` leaves it."""
    cls = load("kan:KAN")
    network: nn.Module = cls(
        width=list(width), grid=5, k=3, symbolic_enabled=False, save_act=False, auto_save=False
    )
    return network


DIFF = "denoising_diffusion_pytorch"
DIFFUSE = {
    "hollow": "torchvision ema_pytorch accelerate pytorch_fid", "stripped": DIFF,
    "task": "generation",
}  # fmt: skip

SPECS: list[Spec] = [
    net("linformer", "lm", "linformer", "linformer:LinformerLM", WORDS, {
        **LM, "seq_len": 64, "k": 16}, **TEXT),
    net("linformer", "lm-shared", "linformer", "linformer:LinformerLM", WORDS, {
        **LM, "seq_len": 64, "k": 16, "share_kv": True, "one_kv_head": True}, **TEXT),
    net("performer_pytorch", "lm", "performer", "performer_pytorch:PerformerLM", WORDS, {
        **LM, "max_seq_len": 64, "dim_head": 16, "nb_features": 32, "causal": False}, **TEXT),
    net("performer_pytorch", "lm-relu", "performer", "performer_pytorch:PerformerLM", WORDS, {
        **LM, "max_seq_len": 64, "dim_head": 16, "nb_features": 24, "generalized_attention": True,
        "rotary_position_emb": False}, **TEXT),
    net("conformer", "conformer", "conformer", "conformer:Conformer", (1, 40, 48), {
        "dim": 48, "depth": 4, "heads": 4, "dim_head": 12, "conv_kernel_size": 15},
        modality="audio", task="asr"),
    net("g_mlp_pytorch", "vision", "gmlp", "g_mlp_pytorch:gMLPVision", 96, {
        "image_size": 96, "patch_size": 16, "num_classes": 10, "dim": 64, "depth": 5}),
    net("g_mlp_pytorch", "text", "gmlp", "g_mlp_pytorch:gMLP", WORDS, {
        "num_tokens": 160, "dim": 48, "depth": 5, "seq_len": 64}, **TEXT),
    net("g_mlp_pytorch", "amlp", "amlp", "g_mlp_pytorch:gMLP", WORDS, {
        "num_tokens": 160, "dim": 48, "depth": 4, "seq_len": 64, "attn_dim": 24}, **TEXT),
    net("mlp_mixer_pytorch", "mixer", "mlp-mixer", "mlp_mixer_pytorch:MLPMixer", 96, {
        "image_size": 96, "channels": 3, "patch_size": 16, "num_classes": 10, "dim": 64,
        "depth": 6}),
    net("ncps", "cfc", "cfc", wired, SERIES, {"cls": "CfC"}, first, modality="time-series"),
    net("ncps", "cfc-ncp", "cfc", wired, SERIES, {"cls": "CfC", "neurons": 24}, first,
        modality="time-series"),
    net("ncps", "ltc", "ltc", wired, SERIES, {"cls": "LTC", "neurons": 16}, first,
        modality="time-series"),
    net("kan", "kan", "kan", lambda: kan(6, 5, 1), (4, 6), modality="tabular"),
    net("kan", "kan-deep", "kan", lambda: kan(4, 6, 5, 3), (4, 4), modality="tabular"),
    net(DIFF, "unet", "diffusion-unet", f"{DIFF}.{DIFF}:Unet", {
        "x": (1, 3, 32, 32), "time": (1,)}, {
            "dim": 16, "dim_mults": (1, 2, 4, 8), "attn_dim_head": 8}, **DIFFUSE),
    net(DIFF, "unet-1d", "diffusion-unet", f"{DIFF}.{DIFF}_1d:Unet1D", {
        "x": (1, 4, 64), "time": (1,)}, {
            "dim": 16, "dim_mults": (1, 2, 4, 8), "channels": 4, "attn_dim_head": 8}, **DIFFUSE),
    net(DIFF, "karras-unet", "edm2", f"{DIFF}.karras_unet:KarrasUnet", {
        "x": (1, 3, 32, 32), "time": (1,)}, {
            "image_size": 32, "dim": 16, "dim_max": 48, "channels": 3, "num_downsamples": 2,
            "num_blocks_per_stage": 2, "attn_res": (16, 8), "attn_dim_head": 16}, **DIFFUSE),
]  # fmt: skip
