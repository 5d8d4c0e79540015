"""Image and volume networks of `vit_pytorch` and `monai`, built by the packages' own classes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import Inputs, Maker, model


@contextlib.contextmanager
def imports(package: str) -> Iterator[None]:
    """Make a package importable without torchvision, torchaudio or the network."""
    if package in ("vit_pytorch", "deepctr_torch") and package not in sys.modules:
        found, bare = find_spec(package), ModuleType(package)  # its __init__ wants more than we do
        bare.__path__ = list(found.submodule_search_locations or []) if found else []
        sys.modules[package] = bare
    stub = package == "speechbrain" and find_spec("torchaudio") is None
    if stub:
        empty: Any = ModuleType("torchaudio")
        empty.transforms = ModuleType("torchaudio.transforms")
        sys.modules["torchaudio"] = empty
    try:
        yield
    finally:
        if stub:
            del sys.modules["torchaudio"]


def load(path: str) -> Any:
    """What `module:name` is."""
    module, _, name = path.partition(":")
    with imports(module.partition(".")[0]):
        return getattr(import_module(module), name)


class Via(nn.Module):
    """Call a network by this function, which picks tensors among what it takes and returns."""

    def __init__(self, net: nn.Module, call: Callable[..., Any]) -> None:
        super().__init__()
        self.net, self.call = net, call

    def forward(self, *values: Tensor) -> Any:
        """What the function makes of the inputs."""
        return self.call(self.net, *values)


def entry(
    package: str,
    name: str,
    family: str,
    maker: Maker,
    inputs: Inputs | tuple[int, ...] | int,
    **labels: str,
) -> Spec:
    """A network of this package; a tuple of numbers is the shape of its only input."""
    shapes = {"input": inputs} if isinstance(inputs, tuple) else inputs
    spec = model(name, family, maker, shapes, package, **labels)
    return replace(spec, name=f"fourth-{package}-{name}")


def vit(
    name: str, family: str, path: str, inputs: Any, options: dict[str, Any], **more: str
) -> Spec:
    """A class of `vit_pytorch`."""

    def maker() -> nn.Module:
        network: nn.Module = load(f"vit_pytorch.{path}")(**deepcopy(options))
        return network

    return entry("vit_pytorch", name, family, maker, inputs, **more)


def mon(
    name: str, family: str, path: str, inputs: Any, options: dict[str, Any], **more: str
) -> Spec:
    """A class of `monai.networks.nets`."""

    def maker() -> nn.Module:
        network: nn.Module = load(f"monai.networks.nets.{path}")(**deepcopy(options))
        return network

    return entry("monai", name, family, maker, inputs, **more)


def plain(depth: Any = 4, dim: int = 64, heads: int = 4, **more: Any) -> dict[str, Any]:
    """Options that the plain vision transformers of `vit_pytorch` share."""
    return {
        "image_size": 96, "patch_size": 16, "num_classes": 10, "dim": dim, "depth": depth,
        "heads": heads, "mlp_dim": 2 * dim, "dim_head": dim // heads, **more,
    }  # fmt: skip


def nd(dims: int, fan_in: int = 1, fan_out: int = 2, **more: Any) -> dict[str, Any]:
    """Options that most networks of `monai` share."""
    return {"spatial_dims": dims, "in_channels": fan_in, "out_channels": fan_out, **more}


def stages(*names: str, **values: list[int]) -> dict[str, int]:
    """Options named s1_<name>, s2_<name> and so on."""
    return {f"s{i + 1}_{k}": v for k in names for i, v in enumerate(values[k])}


VIDEO = {"image_size": 64, "image_patch_size": 16, "frames": 8, "frame_patch_size": 2,
         "num_classes": 10, "dim": 48, "heads": 3, "mlp_dim": 96, "dim_head": 16}  # fmt: skip
CLIP = {"video": (1, 3, 8, 64, 64)}
SEG, GEN = {"task": "segmentation"}, {"task": "generation"}

VIT = [
    vit("vit", "vit", "vit:ViT", 96, plain(6)),
    vit("simple-vit", "vit", "simple_vit:SimpleViT", 96, plain(5)),
    # registers, patch dropout and query-key norms leave the ViT a ViT in their papers
    vit("register-vit", "vit", "simple_vit_with_register_tokens:SimpleViT", 96, plain(4)),
    vit("qk-norm-vit", "vit", "simple_vit_with_qk_norm:SimpleViT", 96, plain(4)),
    vit("patch-dropout-vit", "vit", "vit_with_patch_dropout:ViT", 96, plain(4, 48, 3)),
    vit("flash-vit", "vit", "simple_flash_attn_vit:SimpleViT", 96, plain(4)),
    vit("vit-1d", "vit", "vit_1d:ViT", {"series": (1, 3, 128)},
        {"seq_len": 128, "patch_size": 8, "num_classes": 10, "dim": 48, "depth": 4, "heads": 3,
         "mlp_dim": 96, "dim_head": 16}, modality="time-series"),
    vit("vit-3d", "vit", "vit_3d:ViT", CLIP, {**VIDEO, "depth": 4}, modality="video"),
    vit("simple-vit-3d", "vit", "simple_vit_3d:SimpleViT", CLIP, {**VIDEO, "depth": 3},
        modality="video"),
    vit("vivit", "vivit", "vivit:ViViT", CLIP, {
        **VIDEO, "spatial_depth": 3, "temporal_depth": 2, "use_flash_attn": False},
        modality="video"),
    vit("vivit-factorized", "vivit", "vivit:ViViT", CLIP, {
        **VIDEO, "spatial_depth": 3, "temporal_depth": 3, "use_flash_attn": False,
        "variant": "factorized_self_attention"}, modality="video"),
    # blocks in pairs side by side, from "Three things everyone should know about ViT"
    vit("parallel-vit", "parallel-vit", "parallel_vit:ViT", 96, plain(4)),
    vit("patch-merger-vit", "patchmerger-vit", "vit_with_patch_merger:ViT", 96, plain(6)),
    # shifted patches and locality self-attention for small data sets
    vit("small-dataset-vit", "spt-lsa-vit", "vit_for_small_dataset:ViT", 96, plain(4)),
    vit("nvit", "nvit", "normalized_vit:nViT", 96, plain(4)),
    vit("simple-uvit", "u-vit", "simple_uvit:SimpleUViT", 96, plain(6)),
    vit("hyper-vit", "hyper-connection-vit", "simple_vit_with_hyper_connections:SimpleViT", 96,
        plain(3, num_residual_streams=4)),
    vit("deepvit", "deepvit", "deepvit:DeepViT", 96, plain(5)),
    vit("cait", "cait", "cait:CaiT", 96, plain(6, cls_depth=2)),
    vit("xcit", "xcit", "xcit:XCiT", 96, plain(5, cls_depth=2, patch_size=8)),
    vit("loop-vit", "loopvit", "looped_vit:LoopedViT", 96, {
        "num_classes": 10, "dim": 48, "image_size": 96, "patch_size": 16, "pre_loop_depth": 2,
        "num_looped_blocks": 2, "post_loop_depth": 2, "loop_depth": 3, "heads": 3,
        "dim_head": 16, "mlp_dim": 96}),
    vit("siglip", "siglip", "vat_siglip:SigLIP", 70, {
        "image_size": 70, "patch_size": 14, "dim": 48, "depth": 4, "heads": 4, "mlp_dim": 96},
        task="features"),
    vit("rvt", "rvt", "rvt:RvT", 96, plain(4)),
    vit("look-vit", "lookvit", "look_vit:LookViT", 96, {
        "dim": 48, "image_size": 96, "num_classes": 10, "depth": 2, "patch_size": 16, "heads": 3,
        "mlp_factor": 2, "dim_head": 16, "highres_patch_size": 8, "highres_mlp_factor": 2,
        "cross_attn_heads": 3, "cross_attn_dim_head": 16}),
    vit("t2t-vit", "t2t-vit", "t2t:T2TViT", 96, {
        "image_size": 96, "num_classes": 10, "dim": 48, "depth": 4, "heads": 3, "mlp_dim": 96,
        "dim_head": 16}),
    vit("cct", "cct", "cct:CCT", 96, {
        "img_size": 96, "embedding_dim": 64, "n_conv_layers": 2, "num_layers": 4, "num_heads": 4,
        "mlp_ratio": 2.0, "num_classes": 10, "positional_embedding": "learnable"}),
    vit("cross-vit", "crossvit", "cross_vit:CrossViT", 96, {
        "image_size": 96, "num_classes": 10, "sm_dim": 32, "lg_dim": 64, "sm_patch_size": 12,
        "sm_enc_depth": 1, "sm_enc_heads": 2, "sm_enc_mlp_dim": 64, "sm_enc_dim_head": 16,
        "lg_patch_size": 16, "lg_enc_depth": 2, "lg_enc_heads": 4, "lg_enc_mlp_dim": 128,
        "lg_enc_dim_head": 16, "cross_attn_heads": 4, "cross_attn_dim_head": 16}),
    vit("pit", "pit", "pit:PiT", 96, plain(patch_size=14, depth=(2, 3, 2), image_size=98) | {
        "dim": 48, "heads": (3, 6, 12), "dim_head": 16}),
    vit("levit", "levit", "levit:LeViT", 224, {
        "image_size": 224, "num_classes": 10, "dim": (32, 48, 64), "depth": (2, 3, 4),
        "heads": (2, 3, 4), "mlp_mult": 2, "dim_key": 8, "dim_value": 16}),
    vit("cvt", "cvt", "cvt:CvT", 96, {
        "num_classes": 10,
        **stages("emb_dim", "heads", "depth", emb_dim=[16, 48, 96], heads=[1, 3, 6],
                 depth=[1, 2, 4])}),
    vit("twins-svt", "twins-svt", "twins_svt:TwinsSVT", 224, {
        "num_classes": 10,
        **stages("emb_dim", "depth", emb_dim=[8, 16, 24, 32], depth=[1, 1, 3, 2])}),
    vit("regionvit", "regionvit", "regionvit:RegionViT", 224, {
        "dim": (32, 64, 96, 128), "depth": (2, 2, 3, 2), "num_classes": 10}),
    vit("crossformer", "crossformer", "crossformer:CrossFormer", 224, {
        "dim": (32, 64, 96, 128), "depth": (2, 2, 4, 2), "num_classes": 10}),
    vit("scalable-vit", "scalablevit", "scalable_vit:ScalableViT", 256, {
        "num_classes": 10, "dim": 32, "heads": (2, 4, 8, 16), "depth": (2, 2, 4, 2),
        "ssa_dim_key": (8, 8, 8, 8), "reduction_factor": (8, 4, 2, 1),
        "window_size": (64, 32, None, None), "iwsa_dim_key": 8, "iwsa_dim_value": 8,
        "ssa_dim_value": 8}),
    vit("sep-vit", "sepvit", "sep_vit:SepViT", 224, {
        "num_classes": 10, "dim": 16, "dim_head": 16, "heads": (1, 2, 4, 8),
        "depth": (1, 2, 3, 2)}),
    vit("max-vit", "maxvit", "max_vit:MaxViT", 224, {
        "num_classes": 10, "dim_conv_stem": 16, "dim": 16, "dim_head": 16,
        "depth": (2, 2, 3, 2)}),
    vit("nest", "nest", "nest:NesT", 96, {
        "image_size": 96, "patch_size": 4, "num_classes": 10, "dim": 32, "heads": 2,
        "num_hierarchies": 3, "block_repeats": (2, 2, 4)}),
    vit("mobilevit-xxs", "mobilevit", "mobile_vit:MobileViT", 256, {
        "image_size": (256, 256), "dims": [64, 80, 96], "num_classes": 10,
        "channels": [16, 16, 24, 24, 48, 48, 64, 64, 80, 80, 320], "expansion": 2}),
    vit("mobilevit-xs", "mobilevit", "mobile_vit:MobileViT", 256, {
        "image_size": (256, 256), "dims": [96, 120, 144], "num_classes": 10,
        "channels": [16, 32, 48, 48, 64, 64, 80, 80, 96, 96, 384]}),
]  # fmt: skip

WIDE = (8, 16, 32, 64)
VOLUME, SLICE = (1, 1, 32, 32, 32), (1, 1, 64, 64)
MONAI = [
    mon("resnet18-3d", "resnet", "resnet:ResNet", VOLUME, {
        "block": "basic", "layers": [2, 2, 2, 2], "block_inplanes": list(WIDE),
        "n_input_channels": 1, "num_classes": 3}, modality="volume"),
    mon("resnet50-2d", "resnet", "resnet:ResNet", 96, {
        "block": "bottleneck", "layers": [3, 4, 6, 3], "block_inplanes": list(WIDE),
        "spatial_dims": 2, "n_input_channels": 3, "num_classes": 10}),
    mon("densenet121-2d", "densenet", "densenet:DenseNet121", 96,
        nd(2, 3, 10, init_features=16, growth_rate=8)),
    mon("densenet169-3d", "densenet", "densenet:DenseNet169", VOLUME,
        nd(3, 1, 3, init_features=16, growth_rate=8), modality="volume"),
    mon("efficientnet-b0", "efficientnet", "efficientnet:EfficientNetBN", 96, {
        "model_name": "efficientnet-b0", "pretrained": False, "num_classes": 10}),
    mon("vit-2d", "vit", "vit:ViT", SLICE, {
        "in_channels": 1, "img_size": (64, 64), "patch_size": 8, "hidden_size": 48,
        "mlp_dim": 96, "num_layers": 5, "num_heads": 4, "classification": True,
        "spatial_dims": 2}),
    mon("vit-3d", "vit", "vit:ViT", VOLUME, {
        "in_channels": 1, "img_size": (32, 32, 32), "patch_size": 8, "hidden_size": 48,
        "mlp_dim": 96, "num_layers": 4, "num_heads": 4, "classification": True},
        modality="volume"),
    mon("basic-unet-2d", "unet", "basic_unet:BasicUNet", SLICE,
        nd(2, features=(8, 8, 16, 32, 64, 8)), **SEG),
    mon("basic-unet-3d", "unet", "basic_unet:BasicUNet", VOLUME,
        nd(3, features=(8, 8, 16, 32, 64, 8)), modality="volume", **SEG),
    # the U-Net with residual units of Kerfoot et al.
    mon("residual-unet-2d", "unet", "unet:UNet", SLICE,
        nd(2, channels=(8, 16, 32, 64, 96), strides=(2, 2, 2, 2), num_res_units=2), **SEG),
    mon("plain-unet-3d", "unet", "unet:UNet", VOLUME,
        nd(3, channels=(8, 16, 32, 64), strides=(2, 2, 2)), modality="volume", **SEG),
    # nnU-Net calls itself a configuration of the U-Net
    mon("dynunet", "unet", "dynunet:DynUNet", SLICE, nd(
        2, kernel_size=[3] * 5, strides=[1, 2, 2, 2, 2], upsample_kernel_size=[2] * 4,
        filters=[8, 16, 32, 48, 64]), variant="nnunet", **SEG),
    mon("dynunet-3d", "unet", "dynunet:DynUNet", VOLUME, nd(
        3, kernel_size=[3] * 4, strides=[1, 2, 2, 2], upsample_kernel_size=[2] * 3,
        filters=[8, 16, 32, 48], res_block=True), variant="nnunet-residual", modality="volume",
        **SEG),
    mon("flexible-unet-resnet10", "resnet + unet", "flexible_unet:FlexibleUNet", 64, {
        "in_channels": 3, "out_channels": 2, "backbone": "resnet10",
        "decoder_channels": (64, 32, 16, 8, 8)}, **SEG),
    mon("flexible-unet-efficientnet", "efficientnet + unet", "flexible_unet:FlexibleUNet", 64, {
        "in_channels": 3, "out_channels": 2, "backbone": "efficientnet-b0",
        "decoder_channels": (64, 32, 16, 8, 8)}, **SEG),
    mon("autoencoder", "autoencoder", "autoencoder:AutoEncoder", SLICE, nd(
        2, fan_out=1, channels=(8, 16, 32), strides=(2, 2, 2)), task="reconstruction"),
    mon("autoencoder-3d", "autoencoder", "autoencoder:AutoEncoder", VOLUME, nd(
        3, fan_out=1, channels=(8, 16, 32), strides=(2, 2, 2), num_res_units=2,
        inter_channels=[32, 32], inter_dilations=[1, 2]), modality="volume",
        task="reconstruction"),
    mon("var-autoencoder", "vae", "varautoencoder:VarAutoEncoder", SLICE, {
        "spatial_dims": 2, "in_shape": (1, 64, 64), "out_channels": 1, "latent_size": 8,
        "channels": (8, 16, 32), "strides": (2, 2, 2)}, **GEN),
    mon("var-dense", "vae", "fullyconnectednet:VarFullyConnectedNet", (1, 64), {
        "in_channels": 64, "out_channels": 64, "latent_size": 8, "encode_channels": (48, 24),
        "decode_channels": (24, 48)}, modality="tabular", **GEN),
    # the autoencoder of latent diffusion: a VAE with residual blocks
    mon("autoencoder-kl", "autoencoder-kl", "autoencoderkl:AutoencoderKL", SLICE, nd(
        2, fan_out=1, channels=(8, 16, 32), num_res_blocks=2, norm_num_groups=8,
        attention_levels=(False, False, True)), **GEN),
    mon("diffusion-unet", "diffusion-unet", "diffusion_model_unet:DiffusionModelUNet",
        {"x": SLICE, "timesteps": (1,)}, nd(
            2, fan_out=1, channels=(16, 32, 48), num_res_blocks=2, norm_num_groups=8,
            attention_levels=(False, True, True), num_head_channels=8), **GEN),
    mon("diffusion-unet-3d", "diffusion-unet", "diffusion_model_unet:DiffusionModelUNet",
        {"x": (1, 1, 16, 16, 16), "timesteps": (1,)}, nd(
            3, fan_out=1, channels=(8, 16, 32), num_res_blocks=1, norm_num_groups=8,
            attention_levels=(False, False, True), num_head_channels=8), modality="volume",
        **GEN),
    mon("mlp", "mlp", "fullyconnectednet:FullyConnectedNet", (1, 40), {
        "in_channels": 40, "out_channels": 5, "hidden_channels": (64, 48, 32)},
        modality="tabular"),
    # pre-norm without a last norm and without biases: no GPT-2
    mon("decoder-only", "decoder-only-transformer", "transformer:DecoderOnlyTransformer",
        {"ids": (1, 20)}, {
            "num_tokens": 160, "max_seq_len": 20, "attn_layers_dim": 48, "attn_layers_depth": 4,
            "attn_layers_heads": 4}, modality="text", **GEN),
    mon("attention-unet", "attention-unet", "attentionunet:AttentionUnet", SLICE, nd(
        2, channels=(8, 16, 32, 64), strides=(2, 2, 2)), **SEG),
    mon("unet-plus-plus", "unet++", "basic_unetplusplus:BasicUNetPlusPlus", SLICE, nd(
        2, features=(8, 8, 16, 32, 64, 8)), **SEG),
    mon("segresnet", "segresnet", "segresnet:SegResNet", VOLUME, nd(3), modality="volume", **SEG),
    mon("segresnet-vae", "segresnet-vae", "segresnet:SegResNetVAE", VOLUME, nd(
        3, input_image_size=(32, 32, 32), vae_nz=32), modality="volume", **SEG),
    mon("vnet", "v-net", "vnet:VNet", (1, 1, 32, 32), nd(2), **SEG),
    mon("unetr", "unetr", "unetr:UNETR", VOLUME, {
        "in_channels": 1, "out_channels": 2, "img_size": 32, "feature_size": 8,
        "hidden_size": 48, "mlp_dim": 96, "num_heads": 4}, modality="volume", **SEG),
    mon("swin-unetr", "swin-unetr", "swin_unetr:SwinUNETR", SLICE, {
        "in_channels": 1, "out_channels": 2, "feature_size": 12, "spatial_dims": 2}, **SEG),
    mon("swin-unetr-v2", "swin-unetr", "swin_unetr:SwinUNETR", (1, 1, 64, 64, 64), {
        "in_channels": 1, "out_channels": 2, "feature_size": 12, "use_v2": True},
        modality="volume", **SEG),
    mon("highresnet", "highresnet", "highresnet:HighResNet", VOLUME, nd(3), modality="volume",
        **SEG),
    mon("vqvae", "vq-vae", "vqvae:VQVAE", SLICE, nd(
        2, fan_out=1, channels=(16, 24, 32), num_res_layers=2, num_res_channels=(16, 24, 32),
        embedding_dim=16), **GEN),
    mon("patchgan", "patchgan", "patchgan_discriminator:PatchDiscriminator", SLICE, {
        "spatial_dims": 2, "in_channels": 1, "channels": 8}),
    mon("voxelmorph-unet", "voxelmorph", "voxelmorph:VoxelMorphUNet", (1, 2, 64, 64), {
        "spatial_dims": 2, "in_channels": 2, "unet_out_channels": 8,
        "channels": (8, 16, 16, 16, 16, 16), "final_conv_channels": (8, 8)},
        task="registration"),
    mon("localnet", "localnet", "regunet:LocalNet", (1, 2, 64, 64), {
        "spatial_dims": 2, "in_channels": 2, "num_channel_initial": 8, "out_channels": 2,
        "extract_levels": (0, 1, 2, 3)}, task="registration"),
    mon("mednext", "mednext", "mednext:MedNeXt", VOLUME, nd(
        3, init_filters=8, blocks_down=(2, 2, 2, 2), blocks_up=(2, 2, 2, 2)), modality="volume",
        **SEG),
    mon("restormer", "restormer", "restormer:Restormer", SLICE, {
        "spatial_dims": 2, "in_channels": 1, "out_channels": 1, "dim": 8,
        "num_blocks": (2, 2, 2, 2), "heads": (1, 2, 4, 8), "num_refinement_blocks": 2},
        task="restoration"),
    mon("ahnet", "ahnet", "ahnet:AHNet", (1, 1, 64, 64), {
        "spatial_dims": 2, "layers": (2, 2, 2, 2), "psp_block_num": 2}, **SEG),
    mon("spade", "spade", "spade_network:SPADENet",
        {"segmentation": (1, 3, 32, 32), "image": (1, 1, 32, 32)}, {
            "spatial_dims": 2, "in_channels": 1, "out_channels": 1, "label_nc": 3,
            "input_shape": [32, 32], "channels": [8, 16, 16], "z_dim": 8,
            "spade_intermediate_channels": 8}, **GEN),
    mon("vit-autoencoder", "vit-autoencoder", "vitautoenc:ViTAutoEnc", (1, 1, 48, 48), {
        "in_channels": 1, "img_size": (48, 48), "patch_size": 4, "hidden_size": 48,
        "mlp_dim": 96, "num_layers": 4, "num_heads": 4, "spatial_dims": 2},
        task="reconstruction"),
    mon("quicknat", "quicknat", "quicknat:Quicknat", SLICE, {
        "num_classes": 3, "num_channels": 1, "num_filters": 8, "se_block": "None"}, **SEG),
    mon("seresnet50", "se-resnet", "senet:SEResNet50", 64, {
        "spatial_dims": 2, "in_channels": 3, "num_classes": 10, "layers": (2, 2, 2, 2)}),
    mon("seresnext50", "se-resnext", "senet:SEResNext50", 64, {
        "spatial_dims": 2, "in_channels": 3, "num_classes": 10, "layers": (2, 2, 2, 2)}),
]  # fmt: skip

SPECS: list[Spec] = [*VIT, *MONAI]
