"""Restoration and super-resolution: networks of `spandrel`, built by the package's classes."""

from __future__ import annotations

from typing import Any

from benchmarks.zoo.sixth.common import net
from benchmarks.zoo.spec import Spec

SCALE, CLEAN = "super-resolution", "restoration"


def sp(
    name: str, family: str, path: str, inputs: Any, task: str = SCALE, call: Any = None, **more: Any
) -> Spec:
    """A class of spandrel: the folder of the architecture, its file and the class."""
    folder, _, rest = path.partition("/")
    root = "spandrel.architectures"
    return net(
        "spandrel", name, family, f"{root}.{folder}.__arch.{rest}", inputs, more, call,
        hollow="torchvision", stripped=f"spandrel {root} {root}.{folder}", task=task,
    )  # fmt: skip


# two groups of two layers for the many of six by six; the widths below those of the papers
DEEP: dict[str, Any] = {"depths": [2, 2, 2], "num_heads": [4, 4, 4], "embed_dim": 32}
SWIN: dict[str, Any] = {**DEEP, "img_size": 32, "window_size": 8, "mlp_ratio": 2.0}
UP2: dict[str, Any] = {"upscale": 2, "upsampler": "pixelshuffle"}
HEADS4: dict[str, Any] = {"depth": [2, 2], "num_heads": [4, 4], "embed_dim": 32, "img_size": 32}
LEVELS: dict[str, Any] = {"nc": [16, 24, 32, 48], "nb": 4, "in_nc": 3, "out_nc": 3}
NAF = {"width": 12, "middle_blk_num": 1, "enc_blk_nums": [1, 1, 2, 4], "dec_blk_nums": [1, 1, 1, 1]}

SPECS: list[Spec] = [
    sp("esrgan", "esrgan", "ESRGAN/RRDB:RRDBNet", 32, num_filters=24, num_blocks=5),
    # Real-ESRGAN's x2 network folds the image to a quarter of its size first
    sp("real-esrgan-x2plus", "esrgan", "ESRGAN/RRDB:RRDBNet", 32, num_filters=24, num_blocks=4,
        scale=4, in_nc=12, shuffle_factor=2),
    sp("compact", "srvggnet", "Compact/SRVGG:SRVGGNetCompact", 48, num_feat=32, num_conv=16),
    sp("compact-x2", "srvggnet", "Compact/SRVGG:SRVGGNetCompact", 48, num_feat=24, num_conv=8,
        upscale=2),
    sp("swinir", "swinir", "SwinIR/SwinIR:SwinIR", 32, **SWIN, **UP2),
    sp("swinir-light", "swinir", "SwinIR/SwinIR:SwinIR", 32, **SWIN, upscale=4,
        upsampler="pixelshuffledirect"),
    sp("swinir-denoise", "swinir", "SwinIR/SwinIR:SwinIR", 32, CLEAN, **SWIN, upscale=1,
        upsampler=""),
    sp("swin2sr", "swin2sr", "Swin2SR/Swin2SR:Swin2SR", 32, **SWIN, **UP2),
    sp("hat", "hat", "HAT/HAT:HAT", 32, **SWIN, **UP2, num_feat=24, squeeze_factor=8),
    sp("drct", "drct", "DRCT/drct_arch:DRCT", 32, **SWIN, **UP2, gc=16),
    sp("dat", "dat", "DAT/DAT:DAT", 32, **HEADS4, upscale=2, split_size=[8, 8]),
    sp("dat-light", "dat", "DAT/DAT:DAT", 32, **HEADS4, upscale=4, split_size=[8, 16],
        upsampler="pixelshuffledirect"),
    sp("rgt", "rgt", "RGT/rgt:RGT", 32, **HEADS4, upscale=2),
    sp("rcan", "rcan", "RCAN/rcan_arch:RCAN", 32, n_resgroups=3, n_resblocks=4, n_feats=24,
        reduction=8),
    sp("real-cugan-x2", "real-cugan", "RealCUGAN/upcunet_v3:UpCunet2x", 64),
    sp("real-cugan-x3", "real-cugan", "RealCUGAN/upcunet_v3:UpCunet3x", 64),
    sp("real-cugan-pro-x4", "real-cugan", "RealCUGAN/upcunet_v3:UpCunet4x", 64, pro=True),
    sp("safmn", "safmn", "SAFMN/safmn:SAFMN", 48, dim=36),
    sp("span", "span", "SPAN/span:SPAN", 48, num_in_ch=3, num_out_ch=3, feature_channels=32),
    sp("omnisr", "omni-sr", "OmniSR/OmniSR:OmniSR", 32, num_feat=32, block_num=1, res_num=3),
    sp("plksr", "plksr", "PLKSR/PLKSR:PLKSR", 32, dim=32, n_blocks=8),
    sp("realplksr", "plksr", "PLKSR/RealPLKSR:RealPLKSR", 32, dim=32, n_blocks=8),
    sp("mosr", "mosr", "MoSR/mosr_arch:MoSR", 32, dim=32, n_block=8),
    sp("swift-srgan", "swift-srgan", "SwiftSRGAN/SwiftSRGAN:Generator", 32, num_channels=32),
    sp("ditn", "ditn", "DITN/DITN_Real:DITN_Real", 32, dim=24, UFONE_blocks=1),
    sp("craft-sr", "craft-sr", "CRAFT/CRAFT:CRAFT", 32, depths=[2, 2],
        num_heads=[6, 6], upscale=2),
    sp("dncnn", "dncnn", "DnCNN/network_dncnn:DnCNN", (1, 1, 48, 48), CLEAN, nc=32),
    sp("dncnn-color-fused", "dncnn", "DnCNN/network_dncnn:DnCNN", 48, CLEAN, nc=32, nb=20,
        act_mode="R", in_nc=3, out_nc=3),
    sp("drunet", "drunet", "DRUNet/network_unet:DRUNet", (1, 4, 64, 64), CLEAN,
        **(LEVELS | {"in_nc": 4})),
    sp("scunet", "scunet", "SCUNet/SCUNet:SCUNet", 64, CLEAN, dim=64, config=[2, 2, 1, 1, 1, 2, 2],
        input_resolution=64),
    sp("nafnet", "nafnet", "NAFNet/NAFNet_arch:NAFNet", 64, CLEAN, **NAF),
    sp("nafnet-deep", "nafnet", "NAFNet/NAFNet_arch:NAFNet", 64, CLEAN, **NAF | {
        "enc_blk_nums": [2, 2, 4, 6], "dec_blk_nums": [2, 2, 2, 2], "width": 8}),
    sp("kbnet-s", "kbnet", "KBNet/kbnet_s:KBNet_s", 64, CLEAN, **NAF | {"width": 8}),
    sp("uformer", "uformer", "Uformer/Uformer:Uformer", 128, CLEAN, img_size=128, embed_dim=8,
        depths=[1, 1, 1, 1, 1, 1, 1, 1, 1], num_heads=[1, 1, 2, 4, 8, 8, 4, 2, 1],
        modulator=True),
    sp("retinexformer", "retinexformer", "RetinexFormer/retinexformer_arch:RetinexFormer", 64,
        CLEAN, n_feat=24, stage=1, num_blocks=[1, 2, 2]),
    sp("mixdehazenet", "mixdehazenet", "MixDehazeNet/MixDehazeNet:MixDehazeNet", 64, CLEAN,
        depths=[2, 2, 4, 2, 2], embed_dims=[16, 24, 32, 24, 16]),
    sp("hvi-cidnet", "hvi-cidnet", "HVICIDNet/cidnet:CIDNet", 64, CLEAN,
        channels=[12, 12, 24, 48], heads=[1, 2, 4, 8]),
]  # fmt: skip
