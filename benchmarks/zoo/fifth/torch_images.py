"""Images: networks of `efficientnet_pytorch`, nnU-Net's architectures, `kornia` and others."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.fourth.torch_vision import Via, entry, load
from benchmarks.zoo.spec import Spec


def net(
    package: str,
    name: str,
    family: str,
    path: Any,
    inputs: Any,
    options: dict[str, Any] | None = None,
    call: Any = None,
    **labels: str,
) -> Spec:
    """A class of a package, or what `path` makes of its parts."""

    def maker() -> nn.Module:
        make = load(f"{package}.{path}") if isinstance(path, str) else path
        network: nn.Module = make(**deepcopy(options or {}))
        return Via(network, call) if call else network

    spec = entry(package, name, family, maker, inputs, **labels)
    return replace(spec, name=f"fifth-{package}-{name}")


def efficientnet(kind: str, **options: Any) -> nn.Module:
    """The package's network, with the swish that its readme says to export."""
    cls = import_module("efficientnet_pytorch").EfficientNet
    network: Any = cls.from_name(f"efficientnet-{kind}", num_classes=10, **options)
    network.set_swish(memory_efficient=False)
    found: nn.Module = network
    return found


EFF = partial(net, "efficientnet_pytorch")
EFFICIENT = [
    EFF("b0", "efficientnet", efficientnet, 96, {"kind": "b0", "image_size": 96}),
    EFF("b0-slim", "efficientnet", efficientnet, 128, {
        "kind": "b0", "image_size": 128, "width_coefficient": 0.5}),
    EFF("b1", "efficientnet", efficientnet, 128, {
        "kind": "b1", "image_size": 128, "width_coefficient": 0.5}),
    EFF("b3-features", "efficientnet", efficientnet, 96, {
        "kind": "b3", "image_size": 96, "width_coefficient": 0.4},
        lambda network, x: network.extract_features(x), task="features"),
    EFF("b4", "efficientnet", efficientnet, 96, {
        "kind": "b4", "image_size": 96, "width_coefficient": 0.4}),
]  # fmt: skip

NNU = partial(net, "dynamic_network_architectures")
SEG: Any = {"task": "segmentation"}
VOL: Any = {"task": "segmentation", "modality": "volume"}
FLAT, SOLID = (1, 1, 64, 64), (1, 1, 32, 32, 32)
PARTS = "dynamic_network_architectures.building_blocks."


def plan(dims: int, widths: tuple[int, ...], blocks: str, count: Any, **more: Any) -> Any:
    """What nnU-Net's planner writes down for its networks."""
    return {
        "input_channels": 1, "n_stages": len(widths), "features_per_stage": list(widths),
        "conv_op": (nn.Conv2d, nn.Conv3d)[dims - 2], "kernel_sizes": 3, blocks: count,
        "strides": [1] + [2] * (len(widths) - 1), "num_classes": 3, "n_conv_per_stage_decoder": 2,
        "conv_bias": True, "norm_op": (nn.InstanceNorm2d, nn.InstanceNorm3d)[dims - 2],
        "norm_op_kwargs": {"eps": 1e-5, "affine": True}, "nonlin": nn.LeakyReLU,
        "nonlin_kwargs": {"inplace": True}, **more,
    }  # fmt: skip


def encoder(block: str, count: tuple[int, ...], **more: Any) -> nn.Module:
    """The package's ResNet-D below its widest size: stem, stages, mean and classes."""
    more |= {"norm_op": nn.BatchNorm2d, "nonlin": nn.ReLU, "input_channels": 3}
    more["block"] = load(f"{PARTS}residual:{block}")
    options = plan(2, (16, 32, 64, 128), "n_blocks_per_stage", list(count), **more)
    for name in ("num_classes", "n_conv_per_stage_decoder"):
        del options[name]
    stages = load(f"{PARTS}residual_encoders:ResidualEncoder")(**options, return_skips=False)
    return nn.Sequential(stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


WIDE, PLAIN, BLOCKS = (8, 16, 32, 48, 64), "n_conv_per_stage", "n_blocks_per_stage"
UNETS = "architectures.unet:"
NNUNET = [
    NNU("plain-2d", "unet", UNETS + "PlainConvUNet", FLAT, plan(2, WIDE, PLAIN, 2), **SEG),
    NNU("plain-2d-deep", "unet", UNETS + "PlainConvUNet", FLAT, plan(
        2, (*WIDE, 64), PLAIN, 2, norm_op=nn.BatchNorm2d), **SEG),
    NNU("plain-3d", "unet", UNETS + "PlainConvUNet", SOLID, plan(3, WIDE, PLAIN, 2), **VOL),
    # nnU-Net's residual encoders are its own presets of the U-Net
    NNU("resenc-2d", "unet", UNETS + "ResidualEncoderUNet", FLAT, plan(
        2, WIDE, BLOCKS, [1, 2, 3, 3, 2]), variant="nnunet-resenc", **SEG),
    NNU("resenc-3d", "unet", UNETS + "ResidualEncoderUNet", SOLID, plan(
        3, WIDE[:4], BLOCKS, [1, 2, 3, 2]), variant="nnunet-resenc", **VOL),
    NNU("residual-2d", "unet", UNETS + "ResidualUNet", FLAT, plan(
        2, WIDE, BLOCKS, [1, 2, 2, 2, 2]), **SEG),
    NNU("resnet-d-basic", "resnet", encoder, 96, {"block": "BasicBlockD", "count": (2, 2, 2, 2)}),
    NNU("resnet-d-bottleneck", "resnet", encoder, 96, {
        "block": "BottleneckD", "count": (3, 4, 6, 3), "bottleneck_channels": [8, 8, 16, 32]}),
    NNU("se-resnet-d", "se-resnet", encoder, 96, {
        "block": "BasicBlockD", "count": (2, 2, 2, 2), "squeeze_excitation": True}),
    NNU("vgg16", "vgg", "architectures.vgg:VGG16", 64, {"n_classes": 10}),
    NNU("resnet18-cifar", "resnet", "architectures.resnet:ResNet18_CIFAR", 32, {"n_classes": 10}),
]  # fmt: skip

KOR = partial(net, "kornia")
PATCH = (4, 1, 32, 32)
RT = "kornia.models.rt_detr.architecture."
SAM = "kornia.models.sam.architecture."
BARE = {"pretrained": False}


def hgnet() -> nn.Module:
    """PP-HGNetV2-L with an eighth of its channels."""
    stage = load(f"{RT}hgnetv2:StageConfig")
    rows = [(8, 8, 16, 1, False, False, 3, 6), (16, 12, 64, 1, True, False, 3, 6),
            (64, 24, 128, 3, True, True, 5, 6), (128, 48, 256, 1, True, True, 5, 6)]  # fmt: skip
    network: nn.Module = load(f"{RT}hgnetv2:PPHGNetV2")([3, 8, 8], [stage(*row) for row in rows])
    return network


def rtdetr(backbone: Any) -> nn.Module:
    """RT-DETR around this backbone, with fewer channels behind it."""
    body = backbone()
    neck = load(f"{RT}hybrid_encoder:HybridEncoder")(body.out_channels, 64, 128, 0.5)
    head = load(f"{RT}rtdetr_head:RTDETRHead")(10, 64, 60, [64, 64, 64], 3)
    network: nn.Module = load("kornia.models.rt_detr.model:RTDETR")(body, neck, head)
    return network


def sam() -> nn.Module:
    """Segment Anything for images of 256 by 256."""
    two_way = load(f"{SAM}transformer:TwoWayTransformer")(2, 64, 4, 128)
    parts = {
        "image": load(f"{SAM}image_encoder:ImageEncoderViT")(
            img_size=256, embed_dim=48, depth=4, num_heads=4, out_chans=64, use_rel_pos=True,
            window_size=7, global_attn_indexes=(1, 3)),
        "prompt": load(f"{SAM}prompt_encoder:PromptEncoder")(64, (16, 16), (256, 256), 16),
        "mask": load(f"{SAM}mask_decoder:MaskDecoder")(
            transformer_dim=64, transformer=two_way, num_multimask_outputs=3, iou_head_depth=3,
            iou_head_hidden_dim=64),
    }  # fmt: skip
    return nn.ModuleDict(parts)


def segment(parts: Any, image: Tensor, points: Tensor) -> Any:
    """Masks for two foreground points."""
    sparse, dense = parts["prompt"]((points, torch.ones(1, 2)), None, None)
    places = parts["prompt"].get_dense_pe()
    return parts["mask"](parts["image"](image), places, sparse, dense, True)


def every(network: Any, x: Tensor) -> Any:
    """All outputs of a network that names them."""
    return tuple(network(x).values())


VISION = {"image_size": 96, "patch_size": 16, "embed_dim": 64, "depth": 5, "num_heads": 4}
KORNIA = [
    KOR("vit", "vit", "models.vit:VisionTransformer", 96, VISION, task="features"),
    KOR("vit-8", "vit", "models.vit:VisionTransformer", 64, VISION | {
        "image_size": 64, "patch_size": 8, "depth": 4}, task="features"),
    KOR("mobilevit-xxs", "mobilevit", "models.vit_mobile:MobileViT", 256, {"mode": "xxs"}),
    KOR("mobilevit-xs", "mobilevit", "models.vit_mobile:MobileViT", 256, {"mode": "xs"}),
    KOR("tinyvit", "tinyvit", "models.tiny_vit:TinyViT", 96, {
        "img_size": 96, "num_classes": 10, "embed_dims": (16, 32, 48, 64), "depths": (2, 2, 4, 2),
        "num_heads": (1, 2, 3, 4), "window_sizes": (6, 6, 6, 3)}),
    KOR("efficientvit-b0", "efficientvit", "models.efficient_vit.backbone:efficientvit_backbone_b0",
        96, call=every, task="features"),
    KOR("efficientvit-b1", "efficientvit", "models.efficient_vit.backbone:efficientvit_backbone_b1",
        96, call=every, task="features"),
    KOR("efficientvit-large", "efficientvit",
        "models.efficient_vit.backbone:EfficientViTLargeBackbone", 96, {
            "width_list": [8, 16, 32, 64, 128], "depth_list": [1, 1, 1, 4, 4], "qkv_dim": 16},
        every, task="features"),
    KOR("hgnetv2", "hgnet", hgnet, 128, task="features"),
    KOR("rtdetr-hgnetv2", "rt-detr", rtdetr, 160, {"backbone": hgnet}, task="detection"),
    KOR("rtdetr-r18", "rt-detr", rtdetr, 160, {
        "backbone": lambda: load(f"{RT}resnet_d:ResNetD").from_config("18")}, task="detection"),
    KOR("sam", "sam", sam, {"image": (1, 3, 256, 256), "points": (1, 2, 2)}, call=segment, **SEG),
    KOR("sam-encoder", "sam", sam, 256, call=lambda parts, x: parts["image"](x), **SEG),
    KOR("rrdbnet", "esrgan", "models.rrdbnet:RRDBNet", 32, {
        "num_in_ch": 3, "num_out_ch": 3, "num_feat": 24, "num_block": 4, "num_grow_ch": 12},
        task="super-resolution"),
    # the network of PyTorch's tutorial on sub-pixel convolution
    KOR("small-sr", "espcn", "models.small_sr:SmallSRNet", (1, 1, 48, 48), {
        "upscale_factor": 3, "pretrained": False}, task="super-resolution"),
    KOR("yunet", "yunet", "models.yunet:YuNet", 160, {"phase": "test", **BARE},
        every, task="face-detection"),
    KOR("tfeat", "tfeat", "feature:TFeat", PATCH, BARE, task="descriptor"),
    KOR("hardnet", "hardnet", "feature:HardNet", PATCH, BARE, task="descriptor"),
    KOR("hynet", "hynet", "feature:HyNet", PATCH, BARE, task="descriptor"),
    KOR("sosnet", "sosnet", "feature:SOSNet", PATCH, BARE, task="descriptor"),
    KOR("keynet", "keynet", "feature.keynet:KeyNet", FLAT, BARE, task="keypoints"),
    KOR("orinet", "orinet", "feature.orientation:OriNet", PATCH, BARE, task="orientation"),
    KOR("affnet", "affnet", "feature:LAFAffNetShapeEstimator", PATCH, BARE,
        lambda network, x: network.features(x), task="orientation"),
    # its paper: a variation of the U-Net
    KOR("disk", "unet", "feature:DISK", 64, None,
        lambda network, x: network.heatmap_and_dense_descriptors(x), task="keypoints"),
    KOR("xfeat", "xfeat", "feature.xfeat:XFeatModel", 96, task="keypoints"),
    KOR("hourglass", "hourglass", "feature.sold2.backbones:HourglassBackbone", (1, 1, 128, 128), {
        "input_channel": 1}, task="features"),
    KOR("resnet-fpn", "resnet + fpn", "feature.loftr.backbone:ResNetFPN_8_2", (1, 1, 64, 64), {
        "config": {"initial_dim": 16, "block_dims": [16, 24, 32]}}, task="features"),
]  # fmt: skip

PER = partial(net, "perceiver_pytorch")
PERCEIVER = [
    PER("perceiver", "perceiver", "perceiver_pytorch:Perceiver", (1, 24, 24, 3), {
        "input_channels": 3, "input_axis": 2, "num_freq_bands": 4, "max_freq": 10.0, "depth": 3,
        "num_latents": 16, "latent_dim": 48, "latent_heads": 4, "cross_dim_head": 16,
        "latent_dim_head": 12, "num_classes": 10, "self_per_cross_attn": 2}),
    PER("perceiver-io", "perceiver-io", "perceiver_io:PerceiverIO", {
        "sample": (1, 40, 24), "queries": (1, 6, 24)}, {
            "dim": 24, "queries_dim": 24, "logits_dim": 10, "depth": 4, "num_latents": 16,
            "latent_dim": 48, "latent_heads": 4, "cross_dim_head": 16, "latent_dim_head": 12},
        lambda network, x, queries: network(x, queries=queries)),
    PER("perceiver-lm", "perceiver-io", "perceiver_io:PerceiverLM", {"ids": (1, 20)}, {
        "num_tokens": 160, "dim": 24, "max_seq_len": 24, "depth": 3, "num_latents": 16,
        "latent_dim": 48, "latent_heads": 4, "cross_dim_head": 16, "latent_dim_head": 12},
        modality="text"),
]  # fmt: skip

SPECS: list[Spec] = [*EFFICIENT, *NNUNET, *KORNIA, *PERCEIVER]
