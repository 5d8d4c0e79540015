"""Families of `transformers` that no other population took, from its configs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, hf
from benchmarks.zoo.third.hf_text import OFF, PAIR, SEQ, both, dec, enc

GQA: dict[str, Any] = {"num_key_value_heads": 2}
LAST = "last_hidden_state"
BLOCK = {"vocab_size": VOCAB, "n_embd": 48, "n_layer": 3, "n_head": 4, "n_positions": 48}
MIXED = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "vocab_size": VOCAB}
HYBRID = {"mamba_n_heads": 4, "mamba_d_head": 24, "mamba_n_groups": 1, "mamba_d_state": 16,
          "mamba_chunk_size": 8}  # fmt: skip
SPEECH = {
    "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 96,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
VIT = {"hidden_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
       "intermediate_size": 96, "image_size": 64, "patch_size": 8}  # fmt: skip


def tf(name: str, family: str, cls: str, options: dict[str, Any], *given: Any, **more: Any) -> Spec:
    """A class of `transformers`; its config is called like it."""
    config = more.pop("config", "")
    if not config:
        config = cls.partition("For")[0].removesuffix("Model") + "Config"
    spec = hf(name, family, cls, config, options, *given, **more)
    return replace(spec, name=f"sixth-transformers-{name}")


def lm(name: str, family: str, kind: str, options: dict[str, Any], **more: Any) -> Spec:
    """A causal language model."""
    return tf(name, family, f"{kind}ForCausalLM", options, PAIR, task="generation", **OFF | more)


def image(
    name: str, family: str, cls: str, options: dict[str, Any], size: int, **more: Any
) -> Spec:
    """A classifier of images, or what else they are for."""
    shape = {"pixel_values": (1, 3, size, size)}
    labels = {"modality": "image", "task": "classification"} | more
    return tf(name, family, cls, {**options, "num_labels": 10}, shape, **labels)


# the older exporter of torch fails on some of the rotary positions, the newer one does not
DECODERS = [
    lm("granite", "granite", "Granite", dec(4, 48, 4, **GQA, logits_scaling=4.0)),
    lm("cohere", "cohere", "Cohere", dec(4, 48, 4, **GQA)),
    lm("cohere2", "cohere2", "Cohere2", dec(4, 48, 4, **GQA, sliding_window=8, head_dim=12)),
    lm("glm", "glm", "Glm", dec(4, 48, 4, **GQA, head_dim=12)),
    lm("glm4", "glm4", "Glm4", dec(4, 48, 4, **GQA, head_dim=12)),
    lm("ernie4.5", "ernie4.5", "Ernie4_5", dec(4, 48, 4, **GQA, head_dim=12)),
    lm("exaone4", "exaone4", "Exaone4", dec(4, 48, 4, **GQA, sliding_window=8)),
    lm("starcoder2", "starcoder2", "Starcoder2", dec(4, 48, 4, **GQA)),
    lm("nemotron", "nemotron", "Nemotron", dec(4, 48, 4, **GQA)),
    lm("helium", "helium", "Helium", dec(4, 48, 4, **GQA, head_dim=12)),
    lm("arcee", "arcee", "Arcee", dec(4, 48, 4, **GQA)),
    lm("apertus", "apertus", "Apertus", dec(4, 48, 4, **GQA)),
    lm("persimmon", "persimmon", "Persimmon", dec(4, 48, 4)),
    lm("gpt-bigcode", "gpt-bigcode", "GPTBigCode", BLOCK),
    lm("codegen", "codegen", "CodeGen", {**BLOCK, "rotary_dim": 8}, attention="eager"),
    lm("mpt", "mpt", "Mpt", {
        "vocab_size": VOCAB, "d_model": 48, "n_heads": 4, "n_layers": 4, "max_seq_len": 48},
        attention="eager"),
    lm("xglm", "xglm", "XGLM", {
        "vocab_size": VOCAB, "d_model": 48, "ffn_dim": 96, "num_layers": 4, "attention_heads": 4,
        "max_position_embeddings": 64}, attention="eager"),
    lm("biogpt", "biogpt", "BioGpt", enc(4, 48, 4)),
    lm("lfm2", "lfm2", "Lfm2", dec(4, 48, 4, **GQA, layer_types=[
        "conv", "conv", "full_attention", "conv"])),
    lm("falcon-h1", "falcon-h1", "FalconH1", dec(
        3, 48, 4, **GQA, **HYBRID, mamba_d_ssm=96), attention="eager"),
    lm("bamba", "bamba", "Bamba", dec(
        3, 48, 4, **GQA, **HYBRID, attn_layer_indices=[1]), attention="eager"),
    lm("mamba2", "mamba2", "Mamba2", {
        **MIXED, "hidden_size": 48, "num_hidden_layers": 3, "num_heads": 4, "head_dim": 24,
        "state_size": 16, "n_groups": 1, "chunk_size": 8}, attention="eager"),
]  # fmt: skip

ENCODERS = [
    tf("longformer", "longformer", "LongformerModel", enc(4, 48, 4, attention_window=8), {
        "input_ids": (1, 16), "attention_mask": (1, 16)}, LAST, attention="eager"),
    tf("rembert", "rembert", "RemBertForMaskedLM", enc(
        4, 48, 4, input_embedding_size=24, output_embedding_size=32), PAIR, attention="eager"),
    tf("squeezebert", "squeezebert", "SqueezeBertForMaskedLM", enc(4, 48, 4, embedding_size=48),
       PAIR, attention="eager"),
    tf("convbert", "convbert", "ConvBertForMaskedLM", enc(4, 48, 4, embedding_size=24), PAIR,
       attention="eager"),
    tf("megatron-bert", "megatron-bert", "MegatronBertForMaskedLM", enc(4, 48, 4), PAIR,
       attention="eager"),
    tf("layoutlm", "layoutlm", "LayoutLMForMaskedLM", enc(4, 48, 4, max_2d_position_embeddings=128),
       PAIR, attention="eager"),
    tf("xlm", "xlm", "XLMModel", {
        "vocab_size": VOCAB, "emb_dim": 48, "n_layers": 4, "n_heads": 4,
        "max_position_embeddings": 64}, PAIR, LAST, attention="eager", **OFF),
    tf("canine", "canine", "CanineModel", enc(
        4, 48, 4, num_hash_buckets=64, local_transformer_stride=8), {
            "input_ids": (1, 64), "attention_mask": (1, 64)}, LAST, attention="eager"),
]  # fmt: skip

PAIRS = [
    tf("prophetnet", "prophetnet", "ProphetNetForConditionalGeneration", {
        "vocab_size": VOCAB, "hidden_size": 48, "encoder_ffn_dim": 96, "decoder_ffn_dim": 96,
        "num_encoder_layers": 3, "num_decoder_layers": 3, "num_encoder_attention_heads": 4,
        "num_decoder_attention_heads": 4, "max_position_embeddings": 64}, SEQ,
        components="encoder+decoder", attention="eager", **OFF),
    tf("led", "led", "LEDForConditionalGeneration", {
        **both(32, 4, 3), "attention_window": 8, "max_encoder_position_embeddings": 64,
        "max_decoder_position_embeddings": 64}, {
            "input_ids": (1, 16), "decoder_input_ids": (1, 9)}, components="encoder+decoder",
        attention="eager", **OFF),
    tf("longt5", "longt5", "LongT5ForConditionalGeneration", {
        "vocab_size": VOCAB, "d_model": 40, "d_kv": 8, "d_ff": 96, "num_heads": 5,
        "num_layers": 3, "local_radius": 7, "decoder_start_token_id": 0,
        "encoder_attention_type": "transient-global", "global_block_size": 4}, {
            "input_ids": (1, 16), "decoder_input_ids": (1, 9)}, components="encoder+decoder",
        attention="eager", **OFF),
]  # fmt: skip

IMAGES = [
    image("swiftformer", "swiftformer", "SwiftFormerForImageClassification", {
        "depths": [2, 2, 3, 2], "embed_dims": [16, 32, 48, 64], "image_size": 64}, 64,
        attention="eager", config="SwiftFormerConfig"),
    image("bit", "bit", "BitForImageClassification", {
        "embedding_size": 16, "hidden_sizes": [32, 64, 96, 128], "depths": [2, 2, 2, 2],
        "num_groups": 8}, 64, attention="eager"),
    image("vit-msn", "vit", "ViTMSNForImageClassification", VIT, 64),
    tf("timesformer", "timesformer", "TimesformerForVideoClassification", {
        **VIT, "num_frames": 4, "num_labels": 10}, {"pixel_values": (1, 4, 3, 64, 64)},
        modality="video", task="classification", attention="eager"),
    tf("videomae", "videomae", "VideoMAEForVideoClassification", {
        **VIT, "patch_size": 16, "num_frames": 4, "num_labels": 10}, {
            "pixel_values": (1, 4, 3, 64, 64)}, modality="video", task="classification"),
]  # fmt: skip

OTHERS = [
    tf("ast", "ast", "ASTForAudioClassification", {
        "hidden_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
        "intermediate_size": 96, "max_length": 64, "num_mel_bins": 64}, {
            "input_values": (1, 64, 64)}, modality="audio", task="classification"),
    tf("sew", "sew", "SEWForCTC", {
        **SPEECH, "vocab_size": 32, "conv_dim": [16] * 7, "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "conv_stride": [5, 2, 2, 2, 2, 2, 2], "squeeze_factor": 2}, {"input_values": (1, 4000)},
        modality="audio", task="asr", attention="eager"),
    tf("unispeech-sat", "unispeech-sat", "UniSpeechSatForCTC", {
        **SPEECH, "vocab_size": 32, "conv_dim": [16] * 7}, {"input_values": (1, 4000)},
        modality="audio", task="asr", attention="eager"),
    tf("patchtsmixer", "patchtsmixer", "PatchTSMixerForPrediction", {
        "context_length": 48, "prediction_length": 12, "num_input_channels": 3, "patch_length": 8,
        "patch_stride": 8, "d_model": 32, "num_layers": 4}, {"past_values": (1, 48, 3)},
        "prediction_outputs", modality="time-series", task="forecast", attention="eager"),
]  # fmt: skip

SPECS: list[Spec] = [*DECODERS, *ENCODERS, *PAIRS, *IMAGES, *OTHERS]
