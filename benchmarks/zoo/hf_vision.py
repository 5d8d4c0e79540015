"""Transformer vision, audio and image-text models built from `transformers` configs."""

from __future__ import annotations

from typing import Any

from benchmarks.zoo.hf import HEADS, HIDDEN, VOCAB, Recipe, entry
from benchmarks.zoo.spec import Spec

VIT: dict[str, Any] = {
    "hidden_size": HIDDEN, "num_hidden_layers": 4, "num_attention_heads": HEADS,
    "intermediate_size": 4 * HIDDEN, "image_size": 224, "patch_size": 16,
}  # fmt: skip
SWIN: dict[str, Any] = {
    "image_size": 224, "patch_size": 4, "embed_dim": 12, "depths": [2, 2, 6, 2],
    "num_heads": [3, 6, 12, 24], "window_size": 7,
}  # fmt: skip
SEGFORMER: dict[str, Any] = {
    "hidden_sizes": [8, 16, 40, 64], "depths": [2, 2, 2, 2], "num_attention_heads": [1, 2, 5, 8],
    "image_size": 128, "decoder_hidden_size": 32,
}  # fmt: skip
CONVNEXT: dict[str, Any] = {
    "hidden_sizes": [12, 24, 48, 96], "depths": [3, 3, 9, 3], "image_size": 224,
}  # fmt: skip
WHISPER: dict[str, Any] = {
    "vocab_size": VOCAB, "d_model": HIDDEN, "encoder_layers": 3, "decoder_layers": 3,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS,
    "encoder_ffn_dim": 4 * HIDDEN, "decoder_ffn_dim": 4 * HIDDEN, "num_mel_bins": 80,
    "max_source_positions": 50, "max_target_positions": 48, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
}  # fmt: skip
WAV2VEC2: dict[str, Any] = {
    "vocab_size": 32, "hidden_size": HIDDEN, "num_hidden_layers": 3, "intermediate_size": 256,
    "num_attention_heads": HEADS, "conv_dim": [32] * 7, "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
CLIP_TEXT: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "intermediate_size": 4 * HIDDEN,
    "num_hidden_layers": 3, "num_attention_heads": HEADS, "max_position_embeddings": 32,
    "projection_dim": 32, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
CLIP_VISION: dict[str, Any] = {**VIT, "patch_size": 32, "projection_dim": 32}
CLIP: dict[str, Any] = {
    "text_config": CLIP_TEXT, "vision_config": CLIP_VISION, "projection_dim": 32,
}  # fmt: skip


def seen(
    name: str,
    family: str,
    model: str,
    config: str,
    options: dict[str, Any],
    outputs: str = "last_hidden_state",
    **labels: Any,
) -> list[Spec]:
    """An image model."""
    recipe = Recipe(model, config, options, "pixels", outputs)
    return entry(name, family, recipe, modality="image", **labels)


CLS, SEG = "classification", "segmentation"
IMAGES = [
    *seen("vit", "vit", "ViTModel", "ViTConfig", VIT, kind="vit"),
    *seen("vit-classifier", "vit", "ViTForImageClassification", "ViTConfig",
          {**VIT, "num_hidden_layers": 6}, "logits", task=CLS, kind="vit"),
    *seen("deit", "deit", "DeiTForImageClassificationWithTeacher", "DeiTConfig", VIT, "logits",
          task=CLS, kind="vit"),
    *seen("beit", "beit", "BeitForImageClassification", "BeitConfig",
          {**VIT, "use_relative_position_bias": True, "use_absolute_position_embeddings": False,
           "use_mask_token": False}, "logits", task=CLS),
    *seen("swin", "swin", "SwinForImageClassification", "SwinConfig", SWIN, "logits", task=CLS,
          attention="eager", kind="swin", size=(3, 12)),
    *seen("segformer", "segformer", "SegformerForSemanticSegmentation", "SegformerConfig",
          SEGFORMER, "logits", task=SEG, attention="eager", components="encoder+decoder"),
    *seen("dinov2", "dinov2", "Dinov2Model", "Dinov2Config",
          {**VIT, "patch_size": 14, "mlp_ratio": 4}),
    *seen("convnext", "convnext", "ConvNextModel", "ConvNextConfig", CONVNEXT,
          "last_hidden_state pooler_output", attention="eager", variant="convnext-tiny"),
]  # fmt: skip

CLIP_INPUTS = Recipe("CLIPModel", "CLIPConfig", CLIP, "ids pixels mask",
                     "logits_per_image logits_per_text")  # fmt: skip
CLIPS = [
    *entry("clip", "clip", CLIP_INPUTS, "text-encoder+image-encoder", "image+text", "matching",
           "clip"),
    *entry("clip-text", "clip",
           Recipe("CLIPTextModelWithProjection", "CLIPTextConfig", CLIP_TEXT, "ids mask",
                  "text_embeds"), "text-encoder", kind="clip"),
    *entry("clip-vision", "clip",
           Recipe("CLIPVisionModelWithProjection", "CLIPVisionConfig", CLIP_VISION, "pixels",
                  "image_embeds"), "image-encoder", "image", kind="clip"),
]  # fmt: skip

ASR = "speech-recognition"
AUDIO = [
    *entry("whisper-encoder", "whisper",
           Recipe("WhisperModel", "WhisperConfig", WHISPER, "mel", part="encoder"),
           "encoder", "audio", ASR),
    *entry("whisper-decoder", "whisper",
           Recipe("WhisperModel", "WhisperConfig", WHISPER, "target target_mask memory",
                  part="decoder", fixed={"use_cache": False}), "decoder", "audio", ASR),
    *entry("whisper", "whisper",
           Recipe("WhisperForConditionalGeneration", "WhisperConfig", WHISPER, "mel dec dec_mask",
                  "logits", fixed={"use_cache": False}), "encoder+decoder", "audio", ASR),
    *entry("wav2vec2", "wav2vec2",
           Recipe("Wav2Vec2ForCTC", "Wav2Vec2Config", WAV2VEC2, "wave", "logits"),
           "encoder", "audio", ASR),
]  # fmt: skip

HF_VISION: list[Spec] = [*IMAGES, *CLIPS, *AUDIO]
