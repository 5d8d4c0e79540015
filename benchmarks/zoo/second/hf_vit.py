"""Vision transformers of `transformers` as encoders and classifiers, widths scaled down."""

from __future__ import annotations

from benchmarks.zoo.second._hf import Options, image_model
from benchmarks.zoo.spec import Spec

PLAIN: Options = {
    "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 192,
    "image_size": 128, "patch_size": 16,
}  # fmt: skip
DEEP: Options = {
    **PLAIN, "num_hidden_layers": 6, "hidden_size": 32, "num_attention_heads": 2,
    "intermediate_size": 128, "patch_size": 32,
}  # fmt: skip
RATIO: Options = {key: PLAIN[key] for key in PLAIN if key != "intermediate_size"}
RELATIVE: Options = {"use_relative_position_bias": True, "use_mask_token": False}
SWIN: Options = {
    "image_size": 224, "embed_dim": 12, "num_heads": [1, 2, 4, 8], "depths": [2, 2, 2, 2],
    "window_size": 7,
}  # fmt: skip
PYRAMID: Options = {
    "hidden_sizes": [8, 16, 40, 64], "num_attention_heads": [1, 2, 5, 8], "depths": [2, 2, 2, 2],
    "image_size": 128,
}  # fmt: skip
FEATURES: Options = {"model": "Model", "outputs": "last_hidden_state", "task": "features"}
SMALL: Options = {"size": 128}

PLAINS = [
    image_model("vit", "vit", "ViT", PLAIN, **SMALL),
    image_model("vit-32", "vit", "ViT", DEEP, attention="sdpa", **SMALL),
    image_model("vit-pooler", "vit", "ViT", {**PLAIN, "qkv_bias": False},
                **{**FEATURES, "outputs": "last_hidden_state pooler_output"}, variant="vit",
                **SMALL),
    image_model("deit", "deit", "DeiT", PLAIN, attention="sdpa", **SMALL),
    image_model("deit-distilled", "deit", "DeiT", DEEP, model="ForImageClassificationWithTeacher",
                outputs="logits cls_logits distillation_logits", **SMALL),
    image_model("vit-msn", "vit", "ViTMSN", PLAIN, attention="sdpa", variant="vit-msn", **SMALL),
    image_model("ijepa", "vit", "IJepa", PLAIN, **FEATURES, variant="ijepa", **SMALL),
    image_model("dinov2-classifier", "dinov2", "Dinov2",
                {**RATIO, "patch_size": 14, "image_size": 112, "use_mask_token": False},
                attention="sdpa", size=112, variant="dinov2"),
    image_model("dinov2-swiglu", "dinov2", "Dinov2",
                {**RATIO, "patch_size": 14, "image_size": 112, "use_swiglu_ffn": True},
                **FEATURES, size=112, variant="dinov2-giant"),
    image_model("dinov2-registers", "dinov2", "Dinov2WithRegisters",
                {**RATIO, "patch_size": 14, "image_size": 112}, attention="sdpa", size=112,
                variant="dinov2-registers"),
    image_model("dinov3-vit", "dinov3", "DINOv3ViT",
                {**PLAIN, "num_register_tokens": 4}, **FEATURES, attention="sdpa", **SMALL),
    image_model("dinov3-vit-gated", "dinov3", "DINOv3ViT",
                {**PLAIN, "num_register_tokens": 4, "use_gated_mlp": True}, **FEATURES,
                variant="dinov3-vit", **SMALL),
    image_model("beit", "beit", "Beit", {**PLAIN, **RELATIVE}, attention="sdpa", **SMALL),
    image_model("beit-shared", "beit", "Beit",
                {**DEEP, "use_shared_relative_position_bias": True}, variant="beit", **SMALL),
    image_model("data2vec-vision", "beit", "Data2VecVision", {**PLAIN, **RELATIVE},
                variant="data2vec", **SMALL),
    image_model("vitdet-windowed", "vitdet", "VitDet",
                {**RATIO, "pretrain_image_size": 128, "window_size": 4,
                 "use_relative_position_embeddings": True, "window_block_indices": [0, 1]},
                **FEATURES, **SMALL),
    image_model("vitdet-residual", "vitdet", "VitDet",
                {**RATIO, "pretrain_image_size": 128, "residual_block_indices": [2]},
                **FEATURES, **SMALL),
    image_model("siglip-vision", "siglip", "SiglipVision", PLAIN, model="Model",
                outputs="last_hidden_state pooler_output", attention="sdpa",
                components="image-encoder", task="features", **SMALL),
    image_model("siglip-classifier", "siglip", "Siglip",
                {"vision_config": {**PLAIN, "vision_use_head": False}}, variant="siglip-vision",
                components="image-encoder", **SMALL),
    image_model("clip-vision-16", "clip", "CLIPVision", {**PLAIN, "projection_dim": 24},
                model="ModelWithProjection", outputs="image_embeds last_hidden_state",
                attention="sdpa", components="image-encoder", task="features",
                variant="clip-vision", **SMALL),
    image_model("clip-vision-features", "clip", "CLIPVision", DEEP, **FEATURES,
                components="image-encoder", variant="clip-vision", **SMALL),
]  # fmt: skip

HIERARCHICAL = [
    image_model("swin", "swin", "Swin", {**SWIN, "depths": [2, 2, 6, 2]}, size=224,
                variant="swin-tiny"),
    image_model("swin-backbone", "swin", "Swin", {**SWIN, "out_indices": [1, 2, 3, 4]},
                model="Backbone", outputs="feature_maps", size=224, task="features",
                variant="swin"),
    image_model("swin-absolute", "swin", "Swin", {**SWIN, "use_absolute_embeddings": True},
                **FEATURES, size=224, variant="swin"),
    image_model("swinv2", "swinv2", "Swinv2", SWIN, size=224),
    image_model("swinv2-8", "swinv2", "Swinv2", {**SWIN, "window_size": 8, "image_size": 128},
                **FEATURES, size=128, variant="swinv2"),
    image_model("pvt", "pvt", "Pvt", PYRAMID, size=128, variant="pvt-tiny"),
    image_model("pvt-small", "pvt", "Pvt", {**PYRAMID, "depths": [3, 4, 6, 3]}, size=128),
    image_model("pvtv2-b1", "pvtv2", "PvtV2", PYRAMID, size=128),
    image_model("pvtv2-b2-li", "pvtv2", "PvtV2",
                {**PYRAMID, "depths": [3, 4, 6, 3], "linear_attention": True}, size=128),
    image_model("mobilevit-xxs", "mobilevit", "MobileViT",
                {"hidden_sizes": [32, 40, 48], "neck_hidden_sizes": [8, 8, 16, 24, 32, 40, 96],
                 "image_size": 128}, size=128),
    image_model("mobilevit-s", "mobilevit", "MobileViT",
                {"hidden_sizes": [32, 40, 48], "neck_hidden_sizes": [8, 16, 16, 24, 32, 40, 96],
                 "image_size": 128, "num_attention_heads": 2}, size=128),
    image_model("mobilevitv2-0.25", "mobilevitv2", "MobileViTV2",
                {"width_multiplier": 0.25, "image_size": 128}, size=128, variant="mobilevitv2"),
    image_model("levit-128", "levit", "Levit",
                {"hidden_sizes": [32, 48, 64], "num_attention_heads": [2, 3, 4],
                 "image_size": 128}, size=128),
    image_model("cvt-13", "cvt", "Cvt",
                {"embed_dim": [12, 24, 48], "num_heads": [1, 2, 3], "depth": [1, 2, 4]}, size=128),
    image_model("hiera-tiny", "hiera", "Hiera",
                {"embed_dim": 12, "num_heads": [1, 2, 4, 8], "depths": [1, 2, 4, 2],
                 "image_size": [128, 128]}, size=128),
]  # fmt: skip

SPECS: list[Spec] = [*PLAINS, *HIERARCHICAL]
