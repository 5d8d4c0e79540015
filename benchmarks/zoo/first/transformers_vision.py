"""Vision transformers and dual encoders built from `transformers` configs at tiny size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from benchmarks.zoo.hf import HEADS, HIDDEN, Call, Recipe, entry
from benchmarks.zoo.hf_vision import CLIP, CLIP_TEXT, CLIP_VISION, SEGFORMER, VIT
from benchmarks.zoo.spec import Built, Spec

CLS, SEG, DET, DEPTH = "classification", "segmentation", "detection", "depth-estimation"
PVT: dict[str, Any] = {
    "image_size": 64, "depths": [2, 2, 2, 2], "hidden_sizes": [8, 16, 40, 64],
    "num_attention_heads": [1, 2, 5, 8], "mlp_ratios": [4, 4, 4, 4],
}  # fmt: skip
PVT2: dict[str, Any] = {**PVT, "mlp_ratios": [8, 8, 4, 4], "num_labels": 10}
MOBILEVIT: dict[str, Any] = {
    "image_size": 64, "hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 16, 24, 32, 64],
    "num_attention_heads": 4, "num_labels": 10,
}  # fmt: skip
DETR: dict[str, Any] = {
    "use_timm_backbone": False, "use_pretrained_backbone": False, "d_model": HIDDEN,
    "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS, "num_queries": 10,
    "num_labels": 5, "backbone": None,
}  # fmt: skip
DPT: dict[str, Any] = {
    **VIT, "image_size": 64, "backbone_out_indices": [0, 1, 2, 3], "is_hybrid": False,
    "neck_hidden_sizes": [8, 16, 32, 32], "fusion_hidden_size": 16, "readout_type": "ignore",
}  # fmt: skip
ANYTHING: dict[str, Any] = {
    "backbone_config": {
        "model_type": "dinov2", **VIT, "image_size": 56, "patch_size": 14,
        "out_indices": [1, 2, 3, 4], "reshape_hidden_states": False, "mlp_ratio": 4,
    },
    "reassemble_hidden_size": HIDDEN, "patch_size": 14, "neck_hidden_sizes": [8, 16, 32, 32],
    "fusion_hidden_size": 16, "head_hidden_size": 8,
}  # fmt: skip
SAM: dict[str, Any] = {
    "hidden_size": HIDDEN, "num_hidden_layers": 4, "num_attention_heads": HEADS, "image_size": 128,
    "patch_size": 16, "output_channels": 16, "window_size": 4, "global_attn_indexes": [1, 3],
    "mlp_dim": 256,
}  # fmt: skip
SIGLIP: dict[str, Any] = {**VIT, "image_size": 64}


def net(name: str, family: str, model: str, config: str, options: dict[str, Any],
        outputs: str = "last_hidden_state", inputs: str = "pixels", attention: str = "sdpa",
        **labels: Any) -> list[Spec]:  # fmt: skip
    """A network of the `transformers` library."""
    labels = {"modality": "image", **labels}
    recipe = Recipe(model, config, options, inputs, outputs)
    made = entry(name, family, recipe, attention=attention, **labels)
    return [replace(spec, implementation="transformers") for spec in made]


def sized(name: str, family: str, model: str, config: str, options: dict[str, Any], outputs: str,
          size: int, variant: str = "", task: str = DET) -> Spec:  # fmt: skip
    """A network whose config does not tell the size of its images."""

    def build(_: int) -> Built:
        import transformers

        made = getattr(transformers, config)(**options, attn_implementation="eager")
        module = Call(getattr(transformers, model)(made), ["pixel_values"], outputs, {})
        pixels = {"pixel_values": torch.randn(1, 3, size, size)}
        return Built(module, pixels, {"pixel_values": {0: "batch"}})

    return Spec(name, family, variant or family, build, task=task, implementation="transformers")


SPECS = [
    *net("tv-segformer", "segformer", "SegformerForSemanticSegmentation", "SegformerConfig",
         {**SEGFORMER, "image_size": 64}, "logits", attention="eager", task=SEG),
    *net("tv-segformer-encoder", "segformer", "SegformerModel", "SegformerConfig",
         {**SEGFORMER, "image_size": 64, "depths": [3, 3, 6, 3]}, attention="eager"),
    *net("tv-pvt", "pvt", "PvtForImageClassification", "PvtConfig", PVT, "logits",
         attention="eager", task=CLS),
    sized("tv-pvtv2", "pvtv2", "PvtV2ForImageClassification", "PvtV2Config", PVT2, "logits", 64,
          "pvtv2", CLS),
    *net("tv-mobilevit", "mobilevit", "MobileViTForImageClassification", "MobileViTConfig",
         MOBILEVIT, "logits", attention="eager", task=CLS),
    sized("tv-detr", "detr", "DetrForObjectDetection", "DetrConfig", DETR, "logits pred_boxes", 64),
    *net("tv-dpt", "dpt", "DPTForDepthEstimation", "DPTConfig", DPT, "predicted_depth",
         task=DEPTH),
    sized("tv-depth-anything", "dpt", "DepthAnythingForDepthEstimation", "DepthAnythingConfig",
          ANYTHING, "predicted_depth", 56, "depth-anything", DEPTH),
    *net("tv-sam-encoder", "sam", "SamVisionModel", "SamVisionConfig", SAM, attention="eager",
         components="image-encoder"),
    *net("tv-clip", "clip", "CLIPModel", "CLIPConfig", CLIP, "logits_per_image logits_per_text",
         "ids pixels mask", modality="image+text", components="text-encoder+image-encoder"),
    *net("tv-clip-text", "clip", "CLIPTextModelWithProjection", "CLIPTextConfig", CLIP_TEXT,
         "text_embeds", "ids mask", attention="eager sdpa", modality="text",
         components="text-encoder"),
    *net("tv-clip-vision", "clip", "CLIPVisionModelWithProjection", "CLIPVisionConfig",
         CLIP_VISION, "image_embeds", attention="eager sdpa", components="image-encoder"),
    *net("tv-deit", "deit", "DeiTForImageClassificationWithTeacher", "DeiTConfig",
         {**VIT, "image_size": 64}, "logits", task=CLS),
    *net("tv-siglip-vision", "vit", "SiglipVisionModel", "SiglipVisionConfig", SIGLIP,
         "last_hidden_state pooler_output", components="image-encoder"),
    *net("tv-dinov2-classifier", "dinov2", "Dinov2ForImageClassification", "Dinov2Config",
         {**VIT, "image_size": 56, "patch_size": 14, "mlp_ratio": 4}, "logits", task=CLS),
]  # fmt: skip
