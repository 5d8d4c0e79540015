"""Sound: networks of `funasr`, `asteroid`, `snac` and `demucs`, built by the packages' classes."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.fifth.torch_images import net
from benchmarks.zoo.fourth.torch_vision import load
from benchmarks.zoo.spec import Spec

SOUND: dict[str, str] = {"modality": "audio"}
ASR = {**SOUND, "task": "asr"}
FUN = partial(net, "funasr")
MEL, WIDE = (1, 40, 80), (1, 24, 560)


def encoded(network: Any, x: Tensor) -> Any:
    """An encoder over whole inputs."""
    return network(x, torch.tensor([x.shape[1]]))[0]


def sizes(fan_in: int = 80, blocks: int = 4, **more: Any) -> dict[str, Any]:
    """Options that the encoders share."""
    return {"input_size": fan_in, "output_size": 48, "attention_heads": 4, "num_blocks": blocks,
            **more}  # fmt: skip


def exported(path: str, wrapper: str, **options: Any) -> nn.Module:
    """A network behind the wrapper that the package exports it with."""
    network: nn.Module = load(wrapper)(load(path)(**options))
    return network


def punctuation() -> nn.Module:
    """Words, a SAN-M encoder and the marks after each word."""
    encoder = sizes(48, linear_units=96, input_layer="pe", kernel_size=11)
    network: nn.Module = load("funasr.models.ct_transformer.model:CTTransformer")(
        encoder="SANMEncoder", encoder_conf=encoder, vocab_size=160, embed_unit=48, att_unit=48,
        punc_list=["<unk>", "_", ",", ".", "?"], punc_weight=[1.0] * 5)  # fmt: skip
    return network


SANM = sizes(560, linear_units=96, input_layer="pe", kernel_size=11)
REL: dict[str, Any] = {"pos_enc_layer_type": "rel_pos", "rel_pos_type": "latest"}
FSMN = {"input_dim": 400, "input_affine_dim": 48, "fsmn_layers": 4, "linear_dim": 64,
        "proj_dim": 32, "lorder": 20, "rorder": 0, "lstride": 1, "rstride": 0,
        "output_affine_dim": 48, "output_dim": 60}  # fmt: skip
SPEECH = [
    # the encoder of Paraformer: attention with a memory block, over seven stacked frames
    FUN("paraformer-encoder", "paraformer", "models.sanm.encoder:SANMEncoder", WIDE, SANM, encoded,
        **ASR),
    FUN("paraformer-encoder-export", "paraformer", exported, WIDE, {
        "path": "funasr.models.sanm.encoder:SANMEncoder",
        "wrapper": "funasr.models.sanm.encoder:SANMEncoderExport", **SANM}, encoded, **ASR),
    FUN("ct-transformer", "ct-transformer", punctuation, {"ids": (1, 20)}, None,
        lambda network, ids: network.punc_forward(ids, torch.tensor([20]))[0], modality="text",
        task="punctuation"),
    FUN("fsmn-vad", "fsmn", "models.fsmn_vad_streaming.encoder:FSMN", (1, 30, 400), FSMN,
        lambda network, x: network(x, {}), **SOUND),
    FUN("fsmn-kws", "fsmn", "models.fsmn_kws.encoder:FSMNConvert", (1, 30, 400), FSMN,
        lambda network, x: network(x, {}), **SOUND),
    FUN("cam-plus-plus", "cam++", "models.campplus.model:CAMPPlus", MEL, {
        "growth_rate": 8, "init_channels": 32, "embedding_size": 48, "memory_efficient": False},
        **SOUND),
    FUN("eres2net", "eres2net", "models.eres2net.eres2net:ERes2Net", MEL, {
        "num_blocks": [2, 2, 3, 2], "m_channels": 16, "embedding_size": 48}, **SOUND),
    FUN("eres2net-aug", "eres2net", "models.eres2net.eres2net_aug:ERes2NetAug", MEL, {
        "num_blocks": [2, 2, 3, 2], "m_channels": 24, "embedding_size": 48}, **SOUND),
    FUN("res2net", "res2net", "models.eres2net.eres2net:Res2Net", MEL, {
        "num_blocks": [2, 2, 3, 2], "m_channels": 16, "embedding_size": 48}, **SOUND),
    FUN("conformer", "conformer", "models.conformer.encoder:ConformerEncoder", MEL, sizes(
        linear_units=96, cnn_module_kernel=15, macaron_style=True, **REL,
        selfattention_layer_type="rel_selfattn"), encoded, **ASR),
    FUN("conformer-abs", "conformer", "models.conformer.encoder:ConformerEncoder", MEL, sizes(
        blocks=3, linear_units=96, cnn_module_kernel=15, macaron_style=True,
        pos_enc_layer_type="abs_pos", selfattention_layer_type="selfattn"), encoded, **ASR),
    FUN("branchformer", "branchformer", "models.branchformer.encoder:BranchformerEncoder", MEL,
        sizes(cgmlp_linear_units=96, cgmlp_conv_kernel=15), encoded, **ASR),
    FUN("e-branchformer", "e-branchformer", "models.e_branchformer.encoder:EBranchformerEncoder",
        MEL, sizes(cgmlp_linear_units=96, cgmlp_conv_kernel=15, linear_units=96, use_ffn=True,
                   macaron_ffn=True), encoded, **ASR),
    FUN("transformer", "transformer-encoder", "models.transformer.encoder:TransformerEncoder", MEL,
        sizes(linear_units=96), encoded, **ASR),
    FUN("mossformer", "mossformer", "models.mossformer.mossformer_encoder:MossFormer_MaskNet",
        (1, 32, 64), {"in_channels": 32, "out_channels": 32, "num_blocks": 3}, **SOUND),
]  # fmt: skip

AST = partial(net, "asteroid", modality="audio", task="separation")
WAVE = (1, 1600)
FILTERS = {"n_src": 2, "n_filters": 32}
SEPARATE = [
    AST("conv-tasnet", "conv-tasnet", "models:ConvTasNet", WAVE, {
        **FILTERS, "n_blocks": 4, "n_repeats": 2, "bn_chan": 16, "hid_chan": 32, "skip_chan": 16}),
    AST("conv-tasnet-causal", "conv-tasnet", "models:ConvTasNet", WAVE, {
        **FILTERS, "n_blocks": 5, "n_repeats": 3, "bn_chan": 16, "hid_chan": 32, "skip_chan": 16,
        "norm_type": "cLN", "causal": True, "mask_act": "relu"}),
    AST("sudormrf", "sudormrf", "models:SuDORMRFNet", WAVE, {
        **FILTERS, "bn_chan": 24, "num_blocks": 4}),
    AST("sudormrf-improved", "sudormrf", "models:SuDORMRFImprovedNet", WAVE, {
        **FILTERS, "bn_chan": 24, "num_blocks": 4}),
    AST("lstm-tasnet", "lstm-tasnet", "models:LSTMTasNet", WAVE, {
        **FILTERS, "n_layers": 2, "hid_size": 32}),
    AST("demask", "demask", "models:DeMask", (1, 4096), {"hidden_dims": (64,)}),
]  # fmt: skip

CODEC = {**SOUND, "task": "codec"}
SOURCES = {"sources": ["drums", "voice"], "audio_channels": 1, "channels": 12}
CODECS = [
    net("snac", "snac", "snac", "snac:SNAC", (1, 1, 1024), {
        "encoder_dim": 8, "encoder_rates": [2, 4, 4], "decoder_dim": 64, "noise": False,
        "decoder_rates": [4, 4, 2], "attn_window_size": None, "codebook_size": 64,
        "vq_strides": [4, 2, 1]}, lambda codec, x: codec.decode(codec.encode(x)), **CODEC),
    net("snac", "snac-attention", "snac", "snac:SNAC", (1, 1, 4096), {
        "encoder_dim": 8, "encoder_rates": [2, 4, 4], "decoder_dim": 64, "noise": False,
        "decoder_rates": [4, 4, 2], "attn_window_size": 8, "codebook_size": 64,
        "vq_strides": [4, 2, 1]}, lambda codec, x: codec.decode(codec.encode(x)), **CODEC),
    net("snac", "snac-encoder", "snac", "snac:SNAC", (1, 1, 1024), {
        "encoder_dim": 8, "encoder_rates": [2, 4, 4], "decoder_dim": 64, "noise": False,
        "decoder_rates": [4, 4, 2], "attn_window_size": None, "codebook_size": 64,
        "vq_strides": [4, 2, 1]}, lambda codec, x: tuple(codec.encode(x)), **CODEC),
    net("demucs", "demucs", "demucs", "demucs:Demucs", (1, 1, 8192), {
        **SOURCES, "depth": 4, "resample": False, "normalize": False, "lstm_layers": 2}, **SOUND),
    net("demucs", "demucs-v3", "demucs", "demucs:Demucs", (1, 1, 8192), {
        **SOURCES, "depth": 4, "resample": False, "dconv_mode": 3}, **SOUND),
]  # fmt: skip

SPECS: list[Spec] = [*SPEECH, *SEPARATE, *CODECS]
