"""Convolutional networks of `transformers`, channels scaled down."""

from __future__ import annotations

from benchmarks.zoo.second._hf import Options, image_model
from benchmarks.zoo.spec import Spec

BASIC: Options = {
    "embedding_size": 16, "hidden_sizes": [16, 24, 32, 48], "layer_type": "basic",
}  # fmt: skip
BOTTLENECK: Options = {"embedding_size": 16, "hidden_sizes": [32, 64, 96, 128]}
REGNET: Options = {
    "embedding_size": 16, "hidden_sizes": [16, 32, 48, 96], "groups_width": 8,
}  # fmt: skip
CONVNEXT: Options = {"hidden_sizes": [12, 24, 48, 96]}
EFFICIENT: Options = {"width_coefficient": 0.3, "hidden_dim": 384, "depth_divisor": 8}
HGNET: Options = {
    "stem_channels": [3, 8, 12], "stage_in_channels": [12, 16, 32, 48],
    "stage_mid_channels": [8, 12, 16, 24], "stage_out_channels": [16, 32, 48, 64],
    "hidden_sizes": [16, 32, 48, 64], "embedding_size": 12,
}  # fmt: skip
BIT: Options = {
    "embedding_size": 16, "hidden_sizes": [32, 64, 96, 128], "num_groups": 4,
}  # fmt: skip


def resnet(depth: int, depths: list[int], **options: object) -> Spec:
    """A ResNet for classification."""
    base = BASIC if depth < 50 else BOTTLENECK
    return image_model(
        f"resnet-{depth}", "resnet", "ResNet", {**base, "depths": depths, **options}, size=128
    )


RESNETS = [
    resnet(18, [2, 2, 2, 2]),
    resnet(34, [3, 4, 6, 3]),
    resnet(50, [3, 4, 6, 3]),
    resnet(101, [3, 4, 23, 3]),
    image_model("resnet-50-v1", "resnet", "ResNet",
                {**BOTTLENECK, "depths": [3, 4, 6, 3], "downsample_in_bottleneck": True}, size=128),
    image_model("resnet-26-backbone", "resnet", "ResNet",
                {**BOTTLENECK, "depths": [2, 2, 2, 2], "out_indices": [2, 3, 4]},
                model="Backbone", outputs="feature_maps", task="features", variant="resnet-26",
                size=128),
    image_model("bit-50", "preact-resnet", "Bit", {**BIT, "depths": [3, 4, 6, 3]}, size=128,
                variant="bit-50"),
    image_model("bit-26-same", "preact-resnet", "Bit",
                {**BIT, "depths": [2, 2, 2, 2], "global_padding": "SAME"}, size=128,
                variant="bit-26"),
]  # fmt: skip

REGNETS = [
    image_model("regnet-y", "regnet", "RegNet", {**REGNET, "depths": [2, 6, 12, 2]}, size=128,
                variant="regnet-y"),
    image_model("regnet-x", "regnet", "RegNet",
                {**REGNET, "depths": [1, 3, 7, 5], "layer_type": "x"}, size=128,
                variant="regnet-x"),
    image_model("regnet-y-400mf", "regnet", "RegNet",
                {**REGNET, "depths": [1, 3, 6, 6], "groups_width": 4}, size=128,
                variant="regnet-y"),
]  # fmt: skip

MOBILE = [
    image_model("mobilenetv1-0.25", "mobilenetv1", "MobileNetV1", {"depth_multiplier": 0.25},
                size=128, variant="mobilenetv1"),
    image_model("mobilenetv1-0.5-pt", "mobilenetv1", "MobileNetV1",
                {"depth_multiplier": 0.5, "tf_padding": False}, size=160, variant="mobilenetv1"),
    image_model("mobilenetv2-0.35", "mobilenetv2", "MobileNetV2", {"depth_multiplier": 0.35},
                size=128, variant="mobilenetv2"),
    image_model("mobilenetv2-0.5-pt", "mobilenetv2", "MobileNetV2",
                {"depth_multiplier": 0.5, "tf_padding": False, "finegrained_output": False},
                size=160, variant="mobilenetv2"),
    image_model("deeplabv3-mobilenetv2", "deeplab", "MobileNetV2",
                {"depth_multiplier": 0.35, "output_stride": 16}, model="ForSemanticSegmentation",
                size=129, variant="deeplabv3+", components="mobilenetv2", task="segmentation"),
    image_model("efficientnet-b0", "efficientnet", "EfficientNet",
                {**EFFICIENT, "depth_coefficient": 1.0, "depthwise_padding": []}, size=128),
    image_model("efficientnet-b1", "efficientnet", "EfficientNet",
                {**EFFICIENT, "depth_coefficient": 1.1}, size=128),
    image_model("pp-lcnet", "pp-lcnet", "PPLCNet", {"scale": 0.25, "class_expand": 96}, size=128,
                outputs="last_hidden_state"),
]  # fmt: skip

MODERN = [
    image_model("convnext-tiny", "convnext", "ConvNext",
                {**CONVNEXT, "depths": [3, 3, 9, 3]}, size=128),
    image_model("convnext-small-backbone", "convnext", "ConvNext",
                {**CONVNEXT, "depths": [3, 3, 27, 3], "out_indices": [1, 2, 3, 4]},
                model="Backbone", outputs="feature_maps", size=128, task="features",
                variant="convnext-small"),
    image_model("convnextv2-atto", "convnextv2", "ConvNextV2",
                {**CONVNEXT, "depths": [2, 2, 6, 2]}, size=128),
    image_model("convnextv2-tiny", "convnextv2", "ConvNextV2",
                {**CONVNEXT, "depths": [3, 3, 9, 3]}, size=128),
    image_model("dinov3-convnext", "convnext", "DINOv3ConvNext",
                {**CONVNEXT, "depths": [3, 3, 9, 3]}, model="Model",
                outputs="last_hidden_state pooler_output", size=128, task="features",
                variant="dinov3-convnext"),
    image_model("hgnetv2", "hgnet", "HGNetV2", HGNET, size=128, variant="hgnetv2"),
    image_model("hgnetv2-lab", "hgnet", "HGNetV2",
                {**HGNET, "use_learnable_affine_block": True, "stage_numb_of_layers": [3, 3, 3, 3],
                 "stage_num_blocks": [1, 1, 1, 1]}, size=128, variant="hgnetv2"),
    image_model("poolformer-s12", "poolformer", "PoolFormer",
                {"hidden_sizes": [8, 16, 32, 48], "depths": [2, 2, 6, 2]}, size=128),
    image_model("focalnet-tiny", "focalnet", "FocalNet",
                {"embed_dim": 12, "hidden_sizes": [24, 48, 96, 96], "depths": [2, 2, 6, 2]},
                size=128),
    image_model("focalnet-tiny-lrf", "focalnet", "FocalNet",
                {"embed_dim": 12, "hidden_sizes": [24, 48, 96, 96], "depths": [2, 2, 6, 2],
                 "focal_levels": [3, 3, 3, 3], "use_conv_embed": True, "use_layerscale": True},
                size=128, variant="focalnet-tiny"),
    image_model("textnet-tiny", "textnet", "TextNet",
                {"stem_out_channels": 16, "hidden_sizes": [16, 16, 24, 32, 48],
                 "conv_layer_kernel_sizes": [[[3, 3], [3, 3], [3, 3]],
                                             [[3, 3], [1, 3], [3, 3], [3, 1]],
                                             [[3, 3], [3, 3], [3, 1], [1, 3]],
                                             [[3, 3], [3, 1], [1, 3], [3, 3]]],
                 "conv_layer_strides": [[1, 2, 1], [2, 1, 1, 1], [2, 1, 1, 1], [2, 1, 1, 1]]},
                size=128),
]  # fmt: skip

SPECS: list[Spec] = [*RESNETS, *REGNETS, *MOBILE, *MODERN]
