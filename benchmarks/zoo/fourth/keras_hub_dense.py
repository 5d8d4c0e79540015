"""Segmenters, detectors, image-text pairs, generators and newer language models of keras_hub."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.zoo.fourth.keras_hub_models import (
    IMAGE,
    PLAIN,
    R18,
    R50,
    RES,
    VOCAB,
    Maker,
    Options,
    body,
    dec,
    enc,
    net,
    text,
    vit,
)
from benchmarks.zoo.spec import Spec


def hidden(module: str) -> Any:
    """A module of models that `keras_hub.models` does not name."""
    return import_module(f"keras_hub.src.models.{module}")


def resnet(m: Any, blocks: list[int], kind: str = "basic_block", **changes: Any) -> Any:
    """A ResNet backbone for a larger network."""
    return m.ResNetBackbone(
        **{**RES, "stackwise_num_blocks": blocks, "block_type": kind, **changes}
    )


def mit(m: Any) -> Any:
    """The MiT-B0 of SegFormer, narrowed."""
    return m.MiTBackbone(
        layerwise_depths=[2, 2, 2, 2], image_shape=(IMAGE, IMAGE, 3), hidden_dims=[8, 16, 40, 48],
        num_layers=4, layerwise_num_heads=[1, 2, 5, 8], layerwise_sr_ratios=[8, 4, 2, 1],
        max_drop_path_rate=0.1, layerwise_patch_sizes=[7, 3, 3, 3],
        layerwise_strides=[4, 2, 2, 2],
    )  # fmt: skip


def hgnet(m: Any) -> Any:
    """The HGNetV2-B0 of D-FINE, narrowed."""
    return m.HGNetV2Backbone(
        stem_channels=[3, 8, 8], apply_downsample=[False, True, True, True],
        stackwise_stage_filters=[[8, 8, 16, 1, 3, 3], [16, 8, 24, 1, 3, 3],
                                 [24, 12, 32, 2, 3, 5], [32, 16, 48, 1, 3, 5]],
        use_lightweight_conv_block=[False, False, True, True], depths=[1, 1, 2, 1],
        hidden_sizes=[16, 24, 32, 48], embedding_size=8, use_learnable_affine_block=True,
        hidden_act="relu", image_shape=(128, 128, 3), out_features=["stage3", "stage4"],
    )  # fmt: skip


def d_fine(m: Any) -> Any:
    """D-FINE as its documentation builds it, narrowed."""
    body = m.DFineBackbone(
        backbone=hgnet(m), decoder_in_channels=[32, 32], encoder_hidden_dim=32, num_denoising=0,
        num_labels=12, hidden_dim=32, learn_initial_query=False, num_queries=20,
        anchor_image_size=(128, 128), feat_strides=[16, 32], num_feature_levels=2,
        encoder_in_channels=[32, 48], encode_proj_layers=[1], num_attention_heads=4,
        encoder_ffn_dim=64, num_encoder_layers=1, hidden_expansion=0.34, depth_multiplier=0.5,
        eval_idx=-1, num_decoder_layers=3, decoder_attention_heads=4, decoder_ffn_dim=64,
        decoder_n_points=[6, 6], lqe_hidden_dim=16, num_lqe_layers=2,
        out_features=["stage3", "stage4"], image_shape=(128, 128, 3), seed=0,
    )  # fmt: skip
    return m.DFineObjectDetector(body, 12)


def sam(m: Any) -> Any:
    """SAM with prompts of points, a box and a mask."""
    import keras_hub

    layers = keras_hub.layers
    return m.SAMImageSegmenter(m.SAMBackbone(
        image_encoder=m.ViTDetBackbone(**VITDET, num_output_channels=16),
        prompt_encoder=layers.SAMPromptEncoder(
            hidden_size=16, image_embedding_size=(8, 8), input_image_size=(128, 128),
            mask_in_channels=8),
        mask_decoder=layers.SAMMaskDecoder(
            num_layers=2, hidden_size=16, intermediate_dim=32, num_heads=4, embedding_dim=16,
            num_multimask_outputs=3, iou_head_depth=3, iou_head_hidden_dim=16)))  # fmt: skip


def pair(kind: str, projection: bool = True) -> Maker:
    """Two towers, one of images and one of text."""

    def maker(m: Any) -> Any:
        text = getattr(m, f"{kind}TextEncoder")(
            **{**enc(3, 32, 4, embedding_dim=32), PLAIN: 64 if projection else 14}
        )
        image = getattr(m, f"{kind}VisionEncoder")(**vit(3, 32, 4, intermediate_dim=128))
        more = {"projection_dim": 24} if projection else {}
        return getattr(m, f"{kind}Backbone")(image, text, **more)

    return maker


VITDET: Options = {
    "hidden_size": 32, "num_layers": 4, "intermediate_dim": 128, "num_heads": 4,
    "global_attention_layer_indices": [1, 3], "patch_size": 16, "window_size": 4,
    "image_shape": (128, 128, 3),
}  # fmt: skip
SPECS: list[Spec] = [
    net("mit-b0", "mix-transformer", mit),
    net("segformer-b0", "segformer", lambda m: m.SegFormerImageSegmenter(
        m.SegFormerBackbone(mit(m), 32), 7), task="segmentation", components="mix-transformer"),
    net("deeplab-v3-resnet18", "resnet + deeplab", lambda m: m.DeepLabV3ImageSegmenter(
        m.DeepLabV3Backbone(
            resnet(m, R18), "P5", upsampling_size=8, dilation_rates=[6, 12, 18],
            image_shape=(IMAGE, IMAGE, 3)), 7), task="segmentation"),
    net("deeplab-v3-plus-resnet50", "resnet + deeplab", lambda m: m.DeepLabV3ImageSegmenter(
        m.DeepLabV3Backbone(
            resnet(m, R50, "bottleneck_block"), "P5", upsampling_size=8,
            dilation_rates=[6, 12, 18], low_level_feature_key="P2",
            image_shape=(IMAGE, IMAGE, 3)), 7), task="segmentation"),
    net("retinanet-resnet18", "retinanet", lambda m: m.RetinaNetObjectDetector(
        m.RetinaNetBackbone(resnet(m, R18, image_shape=(None, None, 3)), 3, 7, False,
                            image_shape=(IMAGE, IMAGE, 3)), 7), task="detection"),
    net("d-fine", "d-fine", d_fine, task="detection"),
    # Depth Anything is DINOv2 with DPT's head
    net("depth-anything", "dinov2 + dpt", lambda m: m.DepthAnythingDepthEstimator(
        m.DepthAnythingBackbone(
            m.DINOV2Backbone(**vit(4, 32, 4, intermediate_dim=128,
                                   position_embedding_shape=(IMAGE, IMAGE, 3))),
            [4, 2, 1, 0.5], [8, 12, 16, 24], 16, 8, -1, ["stage1", "stage2", "stage3", "stage4"]),
        "relative"), task="depth"),
    body("vitdet", "vitdet", "ViTDet", {**VITDET, "num_output_channels": 16}),
    net("sam", "sam", sam, task="segmentation"),
    net("clip", "clip", pair("CLIP"), components="vit+text"),
    net("metaclip-2", "clip", pair("MetaCLIP2"), components="vit+text"),
    net("siglip", "siglip", pair("SigLIP", False), components="vit+text"),
    net("parseq", "parseq", lambda m: m.PARSeqBackbone(
        m.ViTBackbone(**vit(4, 32, 4, mlp_dim=128, use_class_token=False)), 40, 25, 32, 2, 4, 64),
        task="ocr"),
    net("stable-diffusion-3-vae", "autoencoder-kl",
        lambda _: hidden("vae.vae_backbone").VAEBackbone(
        [32, 32, 64, 64], [2, 2, 2, 2], [64, 64, 32, 32], [3, 3, 3, 3], "mode",
        sample_channels=8), task="generation"),
    net("stable-diffusion-3-mmdit", "mmdit", lambda _: hidden("stable_diffusion_3.mmdit").MMDiT(
        2, 48, 3, 4, 16, latent_shape=(16, 16, 4), context_shape=(10, 24),
        pooled_projection_shape=(20,), qk_norm="rms_norm"), task="generation"),
    body("flux", "flux", "Flux",
         {"input_channels": 16, "hidden_size": 48, "mlp_ratio": 2.0, "num_heads": 4, "depth": 2,
          "depth_single_blocks": 3, "axes_dim": [4, 4, 4], "theta": 10000, "use_bias": True,
          "guidance_embed": True, "image_shape": (16, 16), "text_shape": (10, 24),
          "image_ids_shape": (16, 3), "text_ids_shape": (10, 3), "y_shape": (20,)},
         task="generation"),
    net("rqvae", "rq-vae", lambda _: hidden("rqvae.rqvae_backbone").RQVAEBackbone(
        24, [32, 16], 8, [16, 32], 32, 3), modality="tabular"),
    body("videoprism", "videoprism", "VideoPrism",
         {"num_frames": 4, "patch_size": 8, "hidden_dim": 32, "intermediate_dim": 64,
          "num_heads": 4, "num_spatial_layers": 3, "num_temporal_layers": 2,
          "num_auxiliary_layers": 0, "image_shape": (32, 32, 3)}, modality="video"),
    net("blip2-qformer", "q-former", lambda m: m.BLIP2QFormer(
        8, 4, 4, 32, 64, 24, 2, 0.0, 1e-5), modality="mixed"),
    text("edrec", "edrec", lambda m: m.EdRecBackbone(VOCAB, 3, 3, 32, 64, 4),
         components="encoder+decoder"),
    text("t5gemma", "t5gemma", lambda m: m.T5GemmaBackbone(
        VOCAB, **{f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in {
            "hidden_dim": 48, "intermediate_dim": 96, "num_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 16,
            "layer_types": ["full_attention"] * 3}.items()}), components="encoder+decoder"),
    body("gemma4", "gemma4", "Gemma4",
         dec(7, 48, 4, 2, head_dim=16, image_size=IMAGE, sliding_window_size=8), modality="text"),
    body("qwen3.5", "qwen3.5", "Qwen3_5",
         dec(4, 48, 4, 2, head_dim=16, linear_num_key_heads=2, linear_num_value_heads=4,
             linear_key_head_dim=8, linear_value_head_dim=8), modality="text"),
]  # fmt: skip
