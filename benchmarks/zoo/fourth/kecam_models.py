"""Vision networks of keras_cv_attention_models (kecam), by its constructors with small options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.zoo.fourth.keras_hub_models import once, settle
from benchmarks.zoo.spec import Spec

PACKAGE = "keras_cv_attention_models"


def package() -> Any:
    """The package on tf_keras: it writes `tensorflow.keras`, which is Keras 3 in the worker."""
    import tensorflow

    older = import_module("tf_keras")
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    tensorflow.keras = older
    sys.modules["tensorflow.keras"] = older
    sys.modules["tensorflow.keras.utils"] = older.utils
    return import_module(PACKAGE)


def net(
    name: str,
    family: str,
    path: str,
    size: int | None = 64,
    *,
    components: str = "",
    modality: str = "image",
    task: str = "classification",
    prepare: Callable[[Any], dict[str, Any]] | None = None,
    **options: Any,
) -> Spec:
    """One network: `path` is the constructor's place below the package."""

    def build(seed: int) -> Any:
        kecam = package()
        keras = import_module("tf_keras")
        keras.utils.set_random_seed(seed)
        maker = getattr(import_module(f"{PACKAGE}.{path.rpartition('.')[0]}"), path.split(".")[-1])
        given = {"pretrained": None, **options, **(prepare(kecam) if prepare else {})}
        if size:
            given = {"input_shape": (size, size, 3), "num_classes": 10, **given}
        inner = maker(**given)
        inputs = [
            keras.Input(batch_shape=(1, *(n or 14 for n in each.shape[1:])), dtype=each.dtype)
            for each in inner.inputs
        ]
        model = keras.Model(inputs, inner(inputs if len(inputs) > 1 else inputs[0]))
        settle(model, seed)
        plain = model.export  # the roads of Keras 3 pass a word that tf_keras does not know
        model.export = lambda target, verbose=False: plain(target)
        return model

    return Spec(
        f"fourth-kecam-{name}", family, name,
        lambda seed: once(f"kecam-{name}", seed, lambda: build(seed)), components, modality, task,
        implementation=PACKAGE, toolchain="keras",
    )  # fmt: skip


def spot(name: str, family: str, path: str, size: int = 128, **options: Any) -> Spec:
    """A detector."""
    return net(name, family, path, size, task="detection", **options)


def b0(kecam: Any) -> dict[str, Any]:
    """A narrow EfficientNet-B0 for EfficientDet."""
    body = kecam.efficientnet.EfficientNetV1(
        out_channels=[8, 8, 16, 16, 24, 32, 40], first_conv_filter=8, num_classes=0,
        output_conv_filter=0, input_shape=(128, 128, 3), pretrained=None)  # fmt: skip
    picks = ["stack_2_block1_output", "stack_4_block2_output", "stack_6_block0_output"]
    return {"backbone": body, "features_pick": picks}


R50, R26 = [3, 4, 6, 3], [2, 2, 2, 2]
WIDE = [32, 64, 96, 128]
NARROW = [16, 32, 48, 64]
SMALL = [16, 24, 32, 48]
TRANSFORMER: dict[str, Any] = {"depth": 4, "embed_dim": 48, "num_heads": 4, "patch_size": 8}
LISTED: list[Spec] = [
    net("resnet50", "resnet", "aotnet.AotNet", num_blocks=R50, out_channels=WIDE, stem_width=16),
    net("resnet26d", "resnet", "resnet_family.ResNetD", num_blocks=R26, out_channels=WIDE,
        stem_width=16),
    net("resnext26", "resnext", "resnet_family.ResNeXt", num_blocks=R26, out_channels=WIDE,
        stem_width=16, groups=8),
    net("se-resnext26", "se-resnext", "resnet_family.ResNeXt", num_blocks=R26, out_channels=WIDE,
        stem_width=16, groups=8, se_ratio=1 / 4),
    net("regnety", "regnet", "resnet_family.RegNetY", num_blocks=[2, 5, 13, 2],
        out_channels=[16, 32, 48, 64], group_size=8, stem_width=16),
    net("mobilenetv3-large", "mobilenetv3", "mobilenetv3_family.MobileNetV3", width_ratio=0.35,
        output_num_features=96),
    net("lcnet-050", "pp-lcnet", "mobilenetv3_family.LCNet", width_ratio=0.25,
        output_num_features=96),
    net("ghostnet-050", "ghostnet", "ghostnet.GhostNet", width_mul=0.25, output_conv_filter=96),
    net("efficientnet-b0", "efficientnet", "efficientnet.EfficientNetV1",
        out_channels=[8, 8, 16, 16, 24, 32, 40], first_conv_filter=8, output_conv_filter=64),
    net("efficientnet-edgetpu-small", "efficientnet-edgetpu", "efficientnet.EfficientNetEdgeTPU",
        expands=[-1, 4, 8, 8, 8, 8, 8], out_channels=[8, 8, 16, 16, 24, 32, 40],
        first_conv_filter=8, output_conv_filter=64),
    net("convnext-tiny", "convnext", "convnext.ConvNeXt", out_channels=NARROW),
    net("convnextv2-atto", "convnextv2", "convnext.ConvNeXtV2", num_blocks=[2, 2, 6, 2],
        out_channels=SMALL),
    net("vit", "vit", "beit.ViT", **TRANSFORMER),
    # FlexiViT is a ViT trained with patches of many sizes
    net("flexivit", "vit", "beit.FlexiViT", **TRANSFORMER),
    net("beit", "beit", "beit.Beit", **TRANSFORMER),
    net("dinov2", "dinov2", "beit.DINOv2", **TRANSFORMER),
    net("swinv2", "swinv2", "swin_transformer_v2.SwinTransformerV2", 128, num_blocks=[2, 2, 4, 2],
        num_heads=[2, 2, 4, 4], embed_dim=16, window_size=4),
    net("pvt-v2-b0", "pvtv2", "pvt.PyramidVisionTransformerV2", embed_dims=[8, 16, 40, 64]),
    net("mlp-mixer", "mlp-mixer", "mlp_family.MLPMixer", num_blocks=4, patch_size=8,
        stem_width=48, tokens_mlp_dim=32, channels_mlp_dim=96),
    net("mobilevit-xxs", "mobilevit", "mobilevit.MobileViT", 128,
        out_channels=[8, 16, 24, 32, 40], attn_channels=[0, 0, 32, 40, 48], expand_ratio=2,
        output_num_features=96),
    net("fastvit-t8", "fastvit", "fastvit.FastViT", 128, out_channels=[16, 32, 64, 128]),
    net("fastvit-sa12-deploy", "fastvit", "fastvit.FastViT", 128, num_blocks=[2, 2, 6, 2],
        out_channels=[32, 32, 64, 64], deploy=True,
        block_types=["conv", "conv", "conv", "transform"]),
    spot("yolox-nano", "yolox", "yolox.YOLOX", depth_mul=0.33, width_mul=0.125,
         use_depthwise_conv=True),
    spot("yolov7", "yolov7", "yolov7.YOLOV7", csp_channels=[8, 16, 32, 32], stem_width=8,
         fpn_hidden_channels=[32, 16, 32, 64]),
    spot("yolov8-n", "yolov8", "yolov8.YOLOV8", csp_channels=[8, 16, 32, 64]),
    net("stable-diffusion-unet", "diffusion-unet", "stable_diffusion.UNet", None,
        input_shape=(16, 16, 4), hidden_channels=32, num_heads=4, conditional_embedding=24,
        task="generation"),
    net("gpt2", "gpt2", "gpt2.GPT2", None, num_blocks=4, embedding_size=48, num_heads=4,
        vocab_size=160, max_block_size=32, modality="text", task="generation"),
    net("llama2", "llama", "llama2.LLaMA2", None, num_blocks=4, embedding_size=48, num_heads=4,
        vocab_size=160, max_block_size=32, modality="text", task="generation"),
]  # fmt: skip
OTHERS: list[Spec] = [
    net("resnest26", "resnest", "resnest.ResNest", num_blocks=R26, out_channels=WIDE,
        stem_width=16),
    net("cotnet26", "cotnet", "cotnet.CotNet", num_blocks=R26, strides=[1, 2, 2, 2],
        out_channels=WIDE, stem_width=16),
    net("botnet26", "botnet", "botnet.BotNet", num_blocks=R26, out_channels=WIDE, stem_width=16),
    net("halonet-h0", "halonet", "halonet.HaloNet", 256, num_blocks=[2, 2, 3, 2],
        halo_block_size=8, halo_halo_size=3, expansion=0.25, num_heads=[4, 4, 4, 4],
        stem_width=16),
    net("nfnet-f0", "nfnet", "nfnets.NormFreeNet", num_blocks=[1, 2, 6, 3], out_channels=WIDE,
        stem_width=16, group_size=8),
    net("tinynet-e", "tinynet", "mobilenetv3_family.TinyNetE", output_num_features=96),
    net("fbnetv3-b", "fbnetv3", "mobilenetv3_family.FBNetV3", width_ratio=0.25,
        output_num_features=96),
    net("ghostnetv2", "ghostnetv2", "ghostnet.GhostNetV2", width_mul=0.25, output_conv_filter=96),
    net("cspnext-tiny", "cspnext", "cspnext.CSPNeXt", num_blocks=[1, 2, 2, 1],
        out_channels=SMALL, stem_width=8),
    net("fasternet-t0", "fasternet", "fasternet.FasterNet", embed_dim=16, output_conv_filter=96),
    net("vanillanet-6", "vanillanet", "vanillanet.VanillaNet", out_channels=[32, 64, 96, 96],
        strides=[2, 2, 2, 1], stem_width=24),
    net("repvit-m09", "repvit", "repvit.RepViT", num_blocks=[2, 2, 6, 2], out_channels=NARROW),
    net("inceptionnext-tiny", "inceptionnext", "inceptionnext.InceptionNeXt",
        embed_dims=NARROW),
    net("hornet-tiny", "hornet", "hornet.HorNet", num_blocks=[2, 3, 6, 2], embed_dim=32),
    net("moganet-xtiny", "moganet", "moganet.MogaNet", num_blocks=[2, 2, 4, 2],
        out_channels=[16, 32, 48, 64]),
    net("edgenext-xxs", "edgenext", "edgenext.EdgeNeXt", out_channels=[24, 48, 88, 168]),
    net("eva02-tiny", "eva02", "beit.EVA02", **TRANSFORMER),
    net("levit-128s", "levit", "levit.LeViT", 128, patch_channel=32, out_channels=[48, 64, 64],
        num_heads=[2, 3, 4]),
    net("coat-lite-tiny", "coat", "coat.CoaT", embed_dims=[16, 32, 48, 64], num_heads=4,
        head_splits=[1, 1, 2]),
    net("coatnet-0", "coatnet", "coatnet.CoAtNet", num_blocks=[2, 2, 3, 2], out_channels=NARROW,
        stem_width=16, head_dimension=16),
    net("maxvit-tiny", "maxvit", "maxvit.MaxViT", 128, num_blocks=[2, 2, 3, 2],
        out_channels=NARROW, stem_width=16, head_dimension=16),
    net("cmt-tiny", "cmt", "cmt.CMT", num_blocks=[2, 2, 4, 2], out_channels=NARROW),
    net("davit-t", "davit", "davit.DaViT", num_blocks=[2, 2, 4, 2], out_channels=NARROW,
        num_heads=[1, 2, 3, 4]),
    net("gcvit-xxt", "gcvit", "gcvit.GCViT", 128, num_blocks=[2, 2, 4, 2], embed_dim=16,
        num_heads=[2, 4, 4, 8]),
    net("gpvit-l1", "gpvit", "gpvit.GPViT", 128, num_layers=6, embed_dims=48, num_window_heads=6,
        num_group_heads=3, group_attention_layer_ids=[1, 4],
        group_attention_layer_group_tokens=[16, 8]),
    net("hiera-tiny", "hiera", "hiera.Hiera", num_blocks=[1, 2, 4, 2], embed_dim=16),
    net("iformer-small", "inception-transformer", "iformer.InceptionTransformer",
        num_blocks=[2, 2, 3, 2], embed_dims=[24, 48, 60, 72], num_heads=[3, 6, 10, 12],
        num_attn_low_heads=[1, 3, [7, 8, 9], 11]),
    net("tinyvit-5m", "tinyvit", "tinyvit.TinyViT", 128, num_blocks=[2, 2, 4, 2],
        out_channels=[16, 32, 40, 80]),
    net("uniformer-small", "uniformer", "uniformer.Uniformer", num_blocks=[2, 2, 3, 2],
        out_channels=NARROW, head_dimension=16),
    net("volo-d1", "volo", "volo.VOLO", num_blocks=[2, 4], embed_dims=[24, 48],
        num_heads=[3, 6], mlp_ratios=[3, 3], stem_hidden_dim=16),
    net("caformer-s18", "caformer", "caformer.CAFormer", num_blocks=[2, 2, 4, 2],
        out_channels=NARROW, head_dim=16, head_filter=96),
    net("convformer-s18", "convformer", "caformer.CAFormer", num_blocks=[2, 2, 4, 2],
        out_channels=NARROW, head_filter=96, block_types=["conv"] * 4),
    net("efficientformer-l1", "efficientformer", "efficientformer.EfficientFormer",
        num_blocks=[2, 2, 3, 3], out_channels=[16, 32, 48, 64]),
    net("efficientformerv2-s0", "efficientformerv2", "efficientformer.EfficientFormerV2",
        out_channels=[16, 24, 32, 48]),
    net("efficientvit-b0", "efficientvit", "efficientvit.EfficientViT_B",
        out_channels=[16, 32, 48, 64], output_filters=[96, 128]),
    net("efficientvit-m0", "efficientvit-m", "efficientvit.EfficientViT_M", 128,
        out_channels=[32, 48, 64], num_heads=4),
    net("fastervit-0", "fastervit", "fastervit.FasterViT", 128, num_blocks=[2, 2, 3, 2],
        stem_hidden_dim=16, embed_dim=16),
    net("nat-mini", "nat", "nat.NAT", 128, num_blocks=[2, 2, 3, 2], out_channels=NARROW),
    net("gmlp-tiny", "gmlp", "mlp_family.GMLP", num_blocks=4, patch_size=8, stem_width=48,
        channels_mlp_dim=96),
    net("resmlp-12", "resmlp", "mlp_family.ResMLP", num_blocks=4, patch_size=8, stem_width=48,
        channels_mlp_dim=96),
    net("wavemlp-t", "wavemlp", "mlp_family.WaveMLP", out_channels=NARROW),
    net("mobilevitv2-050", "mobilevitv2", "mobilevit.MobileViT_V2", 128,
        out_channels=[8, 16, 24, 32, 40], stem_width=8),
    spot("yolor-csp", "yolor", "yolor.YOLOR", csp_depthes=[2, 3, 3, 2],
         csp_channels=[16, 24, 32, 48]),
    spot("yolo-nas-s", "yolo-nas", "yolov8.YOLO_NAS", csp_channels=[24, 36, 48, 60],
         paf_output_channels=[12, 24, 36]),
    spot("efficientdet-d0", "efficientdet", "efficientdet.EfficientDet", prepare=b0,
         num_channels=16),
]  # fmt: skip
SPECS: list[Spec] = [*LISTED[::2], *OTHERS[::2], *LISTED[1::2], *OTHERS[1::2]]
