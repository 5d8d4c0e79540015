"""Detectors, segmenters and other dense predictors of `transformers`, widths scaled down."""

from __future__ import annotations

from typing import Any

from benchmarks.zoo.second._hf import Options, image_model
from benchmarks.zoo.spec import Spec

RESNET: Options = {
    "embedding_size": 16, "hidden_sizes": [32, 48, 64, 96], "depths": [3, 4, 6, 3],
}  # fmt: skip
SHALLOW: Options = {**RESNET, "depths": [2, 2, 2, 2], "layer_type": "basic"}
LAST: Options = {"out_features": ["stage4"]}
THREE: Options = {"out_features": ["stage2", "stage3", "stage4"]}
FOUR: Options = {"out_features": ["stage1", "stage2", "stage3", "stage4"]}
DETR: Options = {
    "num_queries": 20, "d_model": 32, "encoder_layers": 3, "decoder_layers": 3,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
}  # fmt: skip
RT: Options = {
    "encoder_hidden_dim": 32, "encoder_ffn_dim": 64, "encoder_attention_heads": 4, "d_model": 32,
    "num_queries": 20, "decoder_in_channels": [32, 32, 32], "decoder_ffn_dim": 64,
    "decoder_layers": 3, "decoder_attention_heads": 4, "num_denoising": 0,
    "freeze_backbone_batch_norms": False, "anchor_image_size": [128, 128],
}  # fmt: skip
TINY: Options = {
    "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 96,
    "image_size": 128, "patch_size": 16,
}  # fmt: skip
RATIO: Options = {key: TINY[key] for key in TINY if key != "intermediate_size"}
MIX: Options = {
    "hidden_sizes": [8, 16, 40, 64], "num_attention_heads": [1, 2, 5, 8],
    "decoder_hidden_size": 32, "num_labels": 19,
}  # fmt: skip
SAM: Options = {
    "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 4, "num_attention_heads": 2,
    "image_size": 128, "patch_size": 16, "window_size": 3, "global_attn_indexes": [1, 3],
    "num_pos_feats": 8, "mlp_dim": 128,
}  # fmt: skip
HGNET: Options = {
    "stem_channels": [3, 8, 12], "stage_in_channels": [12, 16, 32, 48],
    "stage_mid_channels": [8, 12, 16, 24], "stage_out_channels": [16, 32, 48, 64],
    "hidden_sizes": [16, 32, 48, 64], "embedding_size": 12, "stage_numb_of_layers": [3, 3, 3, 3],
    "stage_num_blocks": [1, 1, 1, 1],
}  # fmt: skip
SWIN: Options = {
    "image_size": 224, "embed_dim": 8, "num_heads": [1, 2, 4, 8], "depths": [2, 2, 2, 2],
}  # fmt: skip
BOXES: Options = {"model": "ForObjectDetection", "outputs": "logits pred_boxes",
                  "task": "detection"}  # fmt: skip
MASKS: Options = {"model": "ForSemanticSegmentation", "task": "segmentation"}
DEPTH: Options = {"model": "ForDepthEstimation", "outputs": "predicted_depth", "task": "depth"}


def detector(
    name: str, family: str, stem: str, options: Options, backbone: Any, **more: Any
) -> Spec:
    """A detector on a convolutional backbone."""
    given = {**options, "backbone_config": backbone}
    return image_model(name, family, stem, given, **{"size": 128, **BOXES, **more})


DETECTORS = [
    detector("detr-resnet-50", "detr", "Detr", DETR, ("ResNetConfig", {**RESNET, **LAST}),
             components="resnet+transformer"),
    detector("detr-resnet-18", "detr", "Detr", {**DETR, "encoder_layers": 2, "decoder_layers": 2},
             ("ResNetConfig", {**SHALLOW, **LAST}), size=160,
             components="resnet+transformer"),
    detector("detr-segmentation", "detr", "Detr",
             {**DETR, "d_model": 64, "encoder_attention_heads": 8, "decoder_attention_heads": 8},
             ("ResNetConfig", {**SHALLOW, **FOUR}),
             model="ForSegmentation", outputs="logits pred_boxes pred_masks",
             components="resnet+transformer"),
    detector("table-transformer", "detr", "TableTransformer", DETR,
             ("ResNetConfig", {**SHALLOW, **LAST}), variant="table-transformer",
             components="resnet+transformer"),
    detector("conditional-detr", "conditional-detr", "ConditionalDetr", DETR,
             ("ResNetConfig", {**SHALLOW, **LAST}), components="resnet+transformer"),
    detector("deformable-detr", "deformable-detr", "DeformableDetr",
             {**DETR, "num_feature_levels": 3}, ("ResNetConfig", {**SHALLOW, **THREE}),
             components="resnet+transformer"),
    detector("rt-detr-r18", "rt-detr", "RTDetr", {**RT, "encoder_in_channels": [48, 64, 96]},
             ("RTDetrResNetConfig", {**SHALLOW, **THREE, "embedding_size": 32}),
             components="resnet+transformer"),
    detector("rt-detr-r50", "rt-detr", "RTDetr", {**RT, "encoder_in_channels": [48, 64, 96]},
             ("RTDetrResNetConfig", {**RESNET, **THREE}), components="resnet+transformer"),
    detector("rt-detr-v2-r18", "rt-detr", "RTDetrV2", {**RT, "encoder_in_channels": [48, 64, 96]},
             ("RTDetrResNetConfig", {**SHALLOW, **THREE, "embedding_size": 32}),
             components="resnet+transformer",
             variant="rt-detr-v2"),
    detector("d-fine", "d-fine", "DFine", {**RT, "encoder_in_channels": [32, 48, 64]},
             ("HGNetV2Config", {**HGNET, **THREE}), components="hgnet+transformer"),
    image_model("yolos-tiny", "yolos", "Yolos",
                {**TINY, "image_size": [128, 128], "num_detection_tokens": 10}, size=128, **BOXES),
    image_model("yolos-small", "yolos", "Yolos",
                {**TINY, "image_size": [128, 160], "num_detection_tokens": 10,
                 "use_mid_position_embeddings": False}, size=(128, 160), attention="sdpa",
                **BOXES),
]  # fmt: skip

SEGMENTERS = [
    image_model("segformer-b0", "segformer", "Segformer", {**MIX, "depths": [2, 2, 2, 2]},
                size=128, components="encoder+decoder", **MASKS),
    image_model("segformer-b2", "segformer", "Segformer", {**MIX, "depths": [3, 4, 6, 3]},
                size=128, components="encoder+decoder", **MASKS),
    image_model("segformer-mit-b1", "segformer", "Segformer", {**MIX, "depths": [2, 2, 2, 2]},
                size=160, components="encoder"),
    image_model("dpt-large", "dpt", "DPT",
                {**TINY, "neck_hidden_sizes": [8, 16, 24, 32], "fusion_hidden_size": 16,
                 "backbone_out_indices": [0, 1, 2, 3]}, size=128, **DEPTH),
    image_model("dpt-segmentation", "dpt", "DPT",
                {**TINY, "neck_hidden_sizes": [8, 16, 24, 32], "fusion_hidden_size": 16,
                 "backbone_out_indices": [0, 1, 2, 3], "use_batch_norm_in_fusion_residual": True,
                 "use_auxiliary_head": False}, size=128, attention="sdpa", **MASKS),
    image_model("dpt-dinov2-small", "dpt", "DPT",
                {"neck_hidden_sizes": [8, 16, 24, 32], "fusion_hidden_size": 16,
                 "backbone_config": ("Dinov2Config",
                 {**RATIO, "patch_size": 14, "image_size": 112, "out_indices": [1, 2, 3, 4],
                  "reshape_hidden_states": False})}, size=112, components="dinov2", **DEPTH),
    image_model("depth-anything", "depth-anything", "DepthAnything",
                {"neck_hidden_sizes": [8, 16, 24, 32], "fusion_hidden_size": 16,
                 "head_hidden_size": 8, "reassemble_hidden_size": 32, "backbone_config":
                 ("Dinov2Config", {**RATIO, "patch_size": 14, "image_size": 112,
                  "out_indices": [1, 2, 3, 4], "reshape_hidden_states": False})},
                size=112, components="dinov2", **DEPTH),
    image_model("glpn", "glpn", "GLPN", {key: MIX[key] for key in list(MIX)[:2]}, size=128,
                **DEPTH),
    image_model("upernet-convnext", "upernet", "UperNet",
                {"hidden_size": 24, "use_auxiliary_head": False, "backbone_config":
                 ("ConvNextConfig", {"hidden_sizes": [8, 16, 24, 32], "depths": [2, 2, 2, 2],
                  **FOUR})}, size=128, components="convnext", **MASKS),
    image_model("upernet-swin", "upernet", "UperNet",
                {"hidden_size": 24, "use_auxiliary_head": False, "backbone_config":
                 ("SwinConfig", {**SWIN, **FOUR})}, size=224, components="swin", **MASKS),
    image_model("deeplabv3-mobilevit", "deeplab", "MobileViT",
                {"hidden_sizes": [32, 40, 48], "neck_hidden_sizes": [8, 8, 16, 24, 32, 40, 96],
                 "image_size": 128, "output_stride": 16, "aspp_out_channels": 24}, size=128,
                components="mobilevit", variant="deeplabv3", **MASKS),
    image_model("beit-upernet", "beit", "Beit",
                {**TINY, "use_relative_position_bias": True, "out_indices": [1, 2, 3, 4],
                 "use_auxiliary_head": False}, size=128, components="upernet",
                variant="beit-upernet", **MASKS),
]  # fmt: skip

OTHERS = [
    image_model("sam-encoder", "sam", "SamVision", SAM, model="Model", size=128,
                outputs="last_hidden_state", components="image-encoder", task="features"),
    image_model("sam-encoder-sdpa", "sam", "SamVision", {**SAM, "window_size": 4}, model="Model",
                size=128, outputs="last_hidden_state", components="image-encoder",
                task="features", attention="sdpa", variant="sam-encoder"),
    image_model("sam-hq-encoder", "sam", "SamHQVision", SAM, model="Model", size=128,
                outputs="last_hidden_state", components="image-encoder", task="features"),
    image_model("swin2sr-x2", "swin2sr", "Swin2SR",
                {"embed_dim": 24, "depths": [2, 2], "num_heads": [2, 2], "image_size": 32},
                model="ForImageSuperResolution", outputs="reconstruction", size=32,
                task="super-resolution"),
    image_model("swin2sr-lightweight", "swin2sr", "Swin2SR",
                {"embed_dim": 24, "depths": [2, 2, 2], "num_heads": [2, 2, 2], "image_size": 32,
                 "upsampler": "pixelshuffledirect", "upscale": 4},
                model="ForImageSuperResolution", outputs="reconstruction", size=32,
                task="super-resolution"),
    image_model("vitpose", "vitpose", "VitPose",
                {"num_labels": 17, "backbone_config": ("VitPoseBackboneConfig",
                 {**RATIO, "image_size": [128, 96], "patch_size": [16, 16],
                  "out_indices": [4]})}, model="ForPoseEstimation", outputs="heatmaps",
                size=(128, 96), task="pose"),
    image_model("vitpose-classic", "vitpose", "VitPose",
                {"num_labels": 17, "use_simple_decoder": False, "backbone_config":
                 ("VitPoseBackboneConfig", {**RATIO, "image_size": [128, 96],
                  "patch_size": [16, 16], "out_indices": [4]})}, model="ForPoseEstimation",
                outputs="heatmaps", size=(128, 96), task="pose", variant="vitpose"),
    image_model("pp-ocrv5-det", "dbnet", "PPOCRV5MobileDet", {"neck_out_channels": 24},
                model="ForObjectDetection", outputs="last_hidden_state", size=128,
                task="text-detection", components="pp-lcnet", variant="pp-ocrv5-mobile-det"),
    image_model("superpoint", "superpoint", "SuperPoint",
                {"encoder_hidden_sizes": [8, 8, 16, 16], "decoder_hidden_size": 32,
                 "descriptor_decoder_dim": 32}, model="ForKeypointDetection", part="encoder",
                outputs="last_hidden_state", size=128, channels=1, task="features",
                components="encoder"),
]  # fmt: skip

SPECS: list[Spec] = [*DETECTORS, *SEGMENTERS, *OTHERS]
