"""Diffusion networks and autoencoders of `diffusers`, built by the package's own classes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.fourth.torch_vision import Via, entry
from benchmarks.zoo.spec import Spec


def first(net: Any, *values: Tensor) -> Any:
    """Call a network as its pipeline does, without the named output."""
    return net(*values, return_dict=False)[0]


def named(*names: str, **fixed: Any) -> Any:
    """A call that hands the inputs over by keyword, with further ones that are fixed."""

    def call(net: Any, *values: Tensor) -> Any:
        """The first output."""
        return net(**dict(zip(names, values, strict=True)), **fixed, return_dict=False)[0]

    return call


def dif(name: str, family: str, cls: str, inputs: Any, options: dict[str, Any], call: Any = first,
        **labels: str) -> Spec:  # fmt: skip
    """A class of `diffusers`."""

    def maker() -> nn.Module:
        return Via(getattr(import_module("diffusers"), cls)(**deepcopy(options)), call)

    labels = {"task": "generation"} | labels
    spec = entry("diffusers", name, family, maker, inputs, **labels)
    return replace(spec, name=spec.name.replace("fourth-", "fifth-"))


def latent(size: int = 16, channels: int = 4, text: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """A noisy latent image, its time and, for those that have one, the text's features."""
    inputs: dict[str, Any] = {"sample": (1, channels, size, size), "timestep": (1,)}
    if text[0]:
        inputs["text"] = (1, *text)
    return inputs


def sizes(down: str, up: str, widths: tuple[int, ...], layers: int = 2, **more: Any) -> Any:
    """Options of the U-Nets: kinds of blocks as letters, `a` with attention, `c` with text."""
    kinds = {"d": "DownBlock2D", "a": "AttnDownBlock2D", "c": "CrossAttnDownBlock2D",
             "u": "UpBlock2D", "b": "AttnUpBlock2D", "x": "CrossAttnUpBlock2D",
             "r": "ResnetDownsampleBlock2D", "s": "SimpleCrossAttnDownBlock2D",
             "R": "ResnetUpsampleBlock2D", "S": "SimpleCrossAttnUpBlock2D"}  # fmt: skip
    return {"down_block_types": [kinds[k] for k in down], "up_block_types": [kinds[k] for k in up],
            "block_out_channels": list(widths), "layers_per_block": layers, "norm_num_groups": 8,
            **more}  # fmt: skip


FOUR, THREE = (16, 32, 48, 48), (16, 32, 48)
TEXT = (8, 32)
SD: Any = {"cross_attention_dim": 32, "attention_head_dim": 4, "sample_size": 16}
UNET = "diffusion-unet"


def xl(net: Any, sample: Tensor, time: Tensor, text: Tensor, pooled: Tensor, ids: Tensor) -> Any:
    """The call of SDXL, with the pooled text and the sizes of the picture."""
    extra = {"text_embeds": pooled, "time_ids": ids.float()}
    return net(sample, time, text, added_cond_kwargs=extra, return_dict=False)[0]


def residuals(net: Any, sample: Tensor, time: Tensor, text: Tensor, hint: Tensor) -> Any:
    """The residuals of a ControlNet."""
    down, middle = net(sample, time, text, hint, return_dict=False)
    return (*down, middle)


UNETS = [
    dif("ddpm", UNET, "UNet2DModel", latent(32, 3), sizes("ddad", "ubuu", FOUR, sample_size=32,
        in_channels=3, out_channels=3, attention_head_dim=8)),
    dif("ddpm-class", UNET, "UNet2DModel", {"sample": (1, 3, 32, 32), "timestep": (1,),
        "class_ids": (1,)}, sizes("raa", "bbR", THREE, 3, sample_size=32, in_channels=3,
        out_channels=3, attention_head_dim=8, num_class_embeds=200,
        resnet_time_scale_shift="scale_shift")),
    # NCSN++ of the score-SDE models: a U-Net with skip sums and Fourier features
    dif("ncsnpp", "ncsn++", "UNet2DModel", latent(32, 3), {
        "sample_size": 32, "in_channels": 3, "out_channels": 3, "layers_per_block": 2,
        "block_out_channels": [32, 64, 64], "center_input_sample": True, "norm_num_groups": None,
        "mid_block_scale_factor": 1.4142, "norm_eps": 1e-6, "time_embedding_type": "fourier",
        "down_block_types": ["SkipDownBlock2D", "AttnSkipDownBlock2D", "SkipDownBlock2D"],
        "up_block_types": ["SkipUpBlock2D", "AttnSkipUpBlock2D", "SkipUpBlock2D"]}),
    dif("sd15", UNET, "UNet2DConditionModel", latent(text=TEXT),
        sizes("cccd", "uxxx", FOUR, **SD), task="text-to-image"),
    dif("sd21", UNET, "UNet2DConditionModel", latent(text=TEXT), sizes(
        "cccd", "uxxx", FOUR, **SD | {"attention_head_dim": [2, 4, 6, 6]},
        use_linear_projection=True), task="text-to-image"),
    dif("sdxl", UNET, "UNet2DConditionModel", {
        **latent(text=TEXT), "pooled": (1, 24), "size_ids": (1, 6)}, sizes(
        "dcc", "xxu", THREE, **SD | {"attention_head_dim": [2, 4, 6]}, use_linear_projection=True,
        transformer_layers_per_block=[1, 2, 4], addition_embed_type="text_time",
        addition_time_embed_dim=8, projection_class_embeddings_input_dim=72), xl,
        task="text-to-image"),
    dif("sd-tiny", UNET, "UNet2DConditionModel", latent(text=TEXT), sizes(
        "ccc", "xxx", THREE, 1, **SD, mid_block_type=None), task="text-to-image"),
    dif("sd-inpaint", UNET, "UNet2DConditionModel", latent(channels=9, text=TEXT),
        sizes("cccd", "uxxx", FOUR, **SD, in_channels=9), task="text-to-image"),
    # DeepFloyd IF: blocks that resample by residuals and attend to text without feed-forward
    dif("deepfloyd-if", UNET, "UNet2DConditionModel", latent(channels=3, text=TEXT), sizes(
        "rsss", "SSSR", FOUR, **SD, in_channels=3, out_channels=6, act_fn="gelu",
        mid_block_type="UNetMidBlock2DSimpleCrossAttn", resnet_time_scale_shift="scale_shift"),
        task="text-to-image"),
    # its report calls it a U-Net with the blocks of BigGAN-deep
    dif("kandinsky3", UNET, "Kandinsky3UNet", {**latent(text=TEXT), "text_mask": (1, 8)}, {
        "time_embedding_dim": 32, "groups": 8, "attention_head_dim": 8, "layers_per_block": 2,
        "block_out_channels": (16, 32, 48, 48), "cross_attention_dim": 32,
        "encoder_hid_dim": 32}, task="text-to-image"),
    dif("stable-cascade", "stable-cascade", "StableCascadeUNet", {
        "sample": (1, 4, 16, 16), "ratio": (1,), "text": (1, 1, 24)}, {
            "in_channels": 4, "out_channels": 4, "timestep_ratio_embedding_dim": 16,
            "conditioning_dim": 32, "block_out_channels": (32, 48), "num_attention_heads": (2, 4),
            "down_num_layers_per_block": (2, 3), "up_num_layers_per_block": (3, 2),
            "clip_text_pooled_in_channels": 24},
        named("sample", "timestep_ratio", "clip_text_pooled"), task="text-to-image"),
    # half of a diffusion U-Net, with zero convolutions
    dif("controlnet", "controlnet", "ControlNetModel", {
        **latent(text=TEXT), "hint": (1, 3, 128, 128)}, {
            "block_out_channels": FOUR, "norm_num_groups": 8, "cross_attention_dim": 32,
            "attention_head_dim": 4, "conditioning_embedding_out_channels": (8, 8, 16, 16)},
        residuals, task="control"),
    dif("t2i-adapter", "t2i-adapter", "T2IAdapter", 64, {
        "channels": [16, 32, 48, 48], "adapter_type": "full_adapter"},
        lambda net, x: net(x), task="control"),
    dif("dance-diffusion", "dance-diffusion", "UNet1DModel", {
        "sample": (1, 2, 512), "timestep": (1,)}, {
            "sample_size": 512, "sample_rate": 16000, "extra_in_channels": 32,
            "block_out_channels": (16, 32, 48)}, modality="audio"),
    # the temporal U-Net of Diffuser (Janner et al.)
    dif("diffuser-1d", "temporal-unet", "UNet1DModel", {"sample": (1, 14, 32), "timestep": (1,)}, {
        "in_channels": 14, "out_channels": 14, "block_out_channels": (16, 32, 64),
        "down_block_types": ("DownResnetBlock1D",) * 3, "act_fn": "mish",
        "up_block_types": ("UpResnetBlock1D",) * 2, "mid_block_type": "MidResTemporalBlock1D",
        "out_block_type": "OutConv1DBlock", "time_embedding_type": "positional",
        "use_timestep_embedding": True, "flip_sin_to_cos": False, "freq_shift": 1,
        "layers_per_block": 1, "downsample_each_block": False}, modality="time-series"),
    # a Stable Diffusion U-Net with a convolution and an attention over time in every block
    dif("modelscope-t2v", "modelscope-t2v", "UNet3DConditionModel", {
        "sample": (1, 4, 4, 16, 16), "timestep": (1,), "text": (1, *TEXT)}, {
            "block_out_channels": FOUR, "norm_num_groups": 8, "cross_attention_dim": 32,
            "attention_head_dim": 8}, modality="video", task="text-to-video"),
    dif("svd", "stable-video-diffusion", "UNetSpatioTemporalConditionModel", {
        "sample": (1, 4, 8, 16, 16), "timestep": (1,), "picture": (1, 1, 32), "time_ids": (1, 3)}, {
            "block_out_channels": (32, 64, 64, 64), "num_attention_heads": (2, 4, 4, 4),
            "cross_attention_dim": 32, "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 24}, modality="video",
        task="image-to-video"),
    dif("animatediff", "animatediff", "UNetMotionModel", {
        "sample": (1, 4, 4, 16, 16), "timestep": (1,), "text": (4, *TEXT)}, {
            "block_out_channels": FOUR, "norm_num_groups": 8, "cross_attention_dim": 32,
            "motion_num_attention_heads": 4, "num_attention_heads": 4,
            "motion_max_seq_length": 8}, modality="video", task="text-to-video"),
]  # fmt: skip

PICTURE = {"sample": (1, 3, 64, 64)}
KL = {"latent_channels": 4, "norm_num_groups": 8, "sample_size": 64}


def ends(count: int, kind: str = "") -> dict[str, Any]:
    """Kinds of encoder and decoder blocks of an autoencoder."""
    return {"down_block_types": [f"{kind}DownEncoderBlock2D"] * count,
            "up_block_types": [f"{kind}UpDecoderBlock2D"] * count}  # fmt: skip


def whole(net: Any, image: Tensor) -> Any:
    """The mean of the code, and what the decoder makes of it."""
    mean = net.encode(image).latent_dist.mode()
    return mean, net.decode(mean).sample


CODE = {"task": "reconstruction"}
KL_SD = {**KL, **ends(4), "block_out_channels": FOUR, "layers_per_block": 2}
AUTO = [
    dif("autoencoder-kl", "autoencoder-kl", "AutoencoderKL", PICTURE, KL_SD, whole, **CODE),
    dif("autoencoder-kl-decoder", "autoencoder-kl", "AutoencoderKL", (1, 4, 8, 8), KL_SD,
        lambda net, code: net.decode(code).sample, **CODE),
    dif("autoencoder-kl-encoder", "autoencoder-kl", "AutoencoderKL", PICTURE, KL_SD,
        lambda net, image: net.encode(image).latent_dist.parameters, **CODE),
    dif("autoencoder-kl-flux", "autoencoder-kl", "AutoencoderKL", PICTURE, {
        **KL_SD, "latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False},
        whole, **CODE),
    dif("taesd", "taesd", "AutoencoderTiny", PICTURE, {
        "encoder_block_out_channels": (16, 16, 16, 16),
        "decoder_block_out_channels": (16, 16, 16, 16)}, **CODE),
    dif("vqmodel", "vqgan", "VQModel", PICTURE, {
        **ends(3), "block_out_channels": THREE, "layers_per_block": 2, "latent_channels": 4,
        "norm_num_groups": 8, "num_vq_embeddings": 64}, **CODE),
    dif("movq", "movq", "VQModel", PICTURE, {
        "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
        "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
        "block_out_channels": (32, 64, 64), "layers_per_block": 2, "latent_channels": 4,
        "norm_num_groups": 8, "num_vq_embeddings": 64, "norm_type": "spatial"}, **CODE),
    dif("asymmetric", "asymmetric-vqgan", "AsymmetricAutoencoderKL", PICTURE, {
        **{f"{k[:-6]}_types": v for k, v in ends(3).items()}, "norm_num_groups": 8,
        "down_block_out_channels": THREE, "up_block_out_channels": (24, 32, 48),
        "layers_per_down_block": 1, "layers_per_up_block": 2}, **CODE),
    dif("dc-ae", "dc-ae", "AutoencoderDC", PICTURE, {
        "latent_channels": 8, "attention_head_dim": 8,
        "encoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
        "decoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
        "encoder_block_out_channels": (16, 32, 64), "decoder_block_out_channels": (16, 32, 64),
        "encoder_layers_per_block": (2, 2, 2), "decoder_layers_per_block": (2, 2, 2),
        "encoder_qkv_multiscales": ((), (), (5,)), "decoder_qkv_multiscales": ((), (), (5,)),
        "decoder_norm_types": "rms_norm", "decoder_act_fns": "silu"}, **CODE),
    dif("oobleck", "oobleck", "AutoencoderOobleck", (1, 2, 1024), {
        "encoder_hidden_size": 8, "downsampling_ratios": [2, 4, 4], "channel_multiples": [1, 2, 4],
        "decoder_channels": 8, "decoder_input_channels": 4}, modality="audio", **CODE),
]  # fmt: skip

DIT = {"num_layers": 4, "num_attention_heads": 4, "attention_head_dim": 16, "sample_size": 16}
CLASSES = {**latent(), "class_ids": (1,)}


def tokens(net: Any, image: Tensor, text: Tensor, pooled: Tensor, time: Tensor) -> Any:
    """Flux over a grid of 8 by 8 patches, whose places are constants."""
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    places = torch.stack([torch.zeros(64), rows.flatten(), columns.flatten()], 1)
    return net(image, text, pooled, time, places, torch.zeros(8, 3), return_dict=False)[0]


STREAM = {"sample": (1, 4, 16, 16), "text": (1, 8, 32), "pooled": (1, 24), "timestep": (1,)}
T2I = {"task": "text-to-image"}
TRANSFORMERS = [
    dif("dit", "dit", "DiTTransformer2DModel", CLASSES, DIT | {"norm_num_groups": 8}),
    dif("dit-6", "dit", "DiTTransformer2DModel", {**latent(24), "class_ids": (1,)}, {
        **DIT, "num_layers": 6, "out_channels": 8, "sample_size": 24, "norm_num_groups": 8}),
    dif("pixart-alpha", "pixart", "PixArtTransformer2DModel", {
        "sample": (1, 4, 16, 16), "text": (1, 8, 32), "timestep": (1,)}, {
            **DIT, "cross_attention_dim": 64, "caption_channels": 32, "norm_num_groups": 8},
        named("hidden_states", "encoder_hidden_states", "timestep",
              added_cond_kwargs={"resolution": None, "aspect_ratio": None}), **T2I),
    dif("sd3", "mmdit", "SD3Transformer2DModel", STREAM, {
        **DIT, "in_channels": 4, "out_channels": 4, "joint_attention_dim": 32,
        "caption_projection_dim": 64, "pooled_projection_dim": 24, "pos_embed_max_size": 16},
        **T2I),
    dif("sd35", "mmdit", "SD3Transformer2DModel", STREAM, {
        **DIT, "in_channels": 4, "out_channels": 4, "joint_attention_dim": 32,
        "caption_projection_dim": 64, "pooled_projection_dim": 24, "pos_embed_max_size": 16,
        "qk_norm": "rms_norm", "dual_attention_layers": (0, 1)}, **T2I),
    dif("flux", "flux", "FluxTransformer2DModel", {
        "image": (1, 64, 16), "text": (1, 8, 32), "pooled": (1, 24), "timestep": (1,)}, {
            "in_channels": 16, "num_layers": 2, "num_single_layers": 4, "attention_head_dim": 16,
            "num_attention_heads": 4, "joint_attention_dim": 32, "pooled_projection_dim": 24,
            "axes_dims_rope": (4, 6, 6)}, tokens, **T2I),
    dif("auraflow", "auraflow", "AuraFlowTransformer2DModel", {
        "sample": (1, 4, 16, 16), "text": (1, 8, 32), "timestep": (1,)}, {
            "sample_size": 16, "num_mmdit_layers": 2, "num_single_dit_layers": 4,
            "attention_head_dim": 16, "num_attention_heads": 4, "joint_attention_dim": 32,
            "caption_projection_dim": 64, "pos_embed_max_size": 64}, **T2I),
    dif("sana", "sana", "SanaTransformer2DModel", {
        "sample": (1, 8, 16, 16), "text": (1, 8, 32), "timestep": (1,)}, {
            "in_channels": 8, "out_channels": 8, "num_attention_heads": 4, "num_layers": 4,
            "attention_head_dim": 16, "num_cross_attention_heads": 4, "sample_size": 16,
            "cross_attention_head_dim": 16, "cross_attention_dim": 64, "caption_channels": 32},
        **T2I),
    dif("unclip-prior", "unclip-prior", "PriorTransformer", {
        "sample": (1, 32), "timestep": (1,), "projected": (1, 32), "text": (1, 16, 32)}, {
            "num_attention_heads": 4, "attention_head_dim": 8, "num_layers": 4,
            "embedding_dim": 32, "num_embeddings": 16}, **T2I),
    dif("kandinsky-prior", "unclip-prior", "PriorTransformer", {
        "sample": (1, 32), "timestep": (1,), "projected": (1, 32), "text": (1, 16, 32)}, {
            "num_attention_heads": 4, "attention_head_dim": 16, "num_layers": 5,
            "embedding_dim": 32, "num_embeddings": 16, "norm_in_type": "layer"}, **T2I),
    dif("amused-uvit", "u-vit", "UVit2DModel", {
        "token_ids": (1, 8, 8), "text": (1, 8, 32), "pooled": (1, 24), "micro": (1, 5)}, {
            "hidden_size": 64, "cond_embed_dim": 24, "micro_cond_encode_dim": 8,
            "micro_cond_embed_dim": 40, "encoder_hidden_size": 32, "vocab_size": 264,
            "codebook_size": 256, "in_channels": 48, "block_out_channels": 48,
            "num_res_blocks": 2, "block_num_heads": 4, "num_hidden_layers": 4,
            "num_attention_heads": 4, "intermediate_size": 96, "sample_size": 8},
        lambda net, *values: net(*values), **T2I),
    dif("stable-audio-dit", "stable-audio-dit", "StableAudioDiTModel", {
        "sample": (1, 8, 32), "timestep": (1,), "text": (1, 8, 24), "whole": (1, 1, 48)}, {
            "sample_size": 32, "in_channels": 8, "out_channels": 8, "num_layers": 4,
            "attention_head_dim": 16, "num_attention_heads": 4,
            "num_key_value_attention_heads": 2, "cross_attention_dim": 24, "time_proj_dim": 32,
            "global_states_input_dim": 48, "cross_attention_input_dim": 24}, modality="audio",
        task="text-to-audio"),
    dif("cogvideox", "cogvideox", "CogVideoXTransformer3DModel", {
        "sample": (1, 2, 4, 16, 16), "text": (1, 8, 32), "timestep": (1,)}, {
            "num_attention_heads": 4, "attention_head_dim": 16, "in_channels": 4,
            "out_channels": 4, "time_embed_dim": 16, "text_embed_dim": 32, "num_layers": 4,
            "sample_width": 16, "sample_height": 16, "sample_frames": 5,
            "max_text_seq_length": 8}, modality="video", task="text-to-video"),
    dif("latte", "latte", "LatteTransformer3DModel", {
        "sample": (1, 4, 4, 16, 16), "step_ids": (1,), "text": (1, 8, 32)}, {
            "num_attention_heads": 4, "attention_head_dim": 16, "in_channels": 4,
            "out_channels": 8, "num_layers": 3, "cross_attention_dim": 64, "sample_size": 16,
            "patch_size": 2, "norm_type": "ada_norm_single", "caption_channels": 32,
            "attention_bias": True, "activation_fn": "gelu-approximate",
            "norm_elementwise_affine": False, "video_length": 4}, modality="video",
        task="text-to-video"),
    dif("wan", "wan", "WanTransformer3DModel", {
        "sample": (1, 4, 2, 16, 16), "timestep": (1,), "text": (1, 8, 32)}, {
            "num_attention_heads": 4, "attention_head_dim": 12, "in_channels": 4,
            "out_channels": 4, "text_dim": 32, "freq_dim": 16, "ffn_dim": 96, "num_layers": 4,
            "rope_max_seq_len": 32}, modality="video", task="text-to-video"),
]  # fmt: skip

SPECS: list[Spec] = [*UNETS, *AUTO, *TRANSFORMERS]
