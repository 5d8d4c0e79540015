"""Sound: `openai-whisper`, `encodec`, `dac`, `vocos`, `openunmix` and `coqui-tts`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

AUDIO = {"modality": "audio"}
CODEC = {**AUDIO, "task": "codec"}
ABSENT = "torchaudio monotonic_alignment_search trainer coqpit inflect"


def whisper(layers: int, width: int, mels: int = 80) -> nn.Module:
    """Whisper for clips of 64 frames."""
    part = {"hollow": "tiktoken numba", "stripped": "whisper"}
    sizes = load("whisper.model:ModelDimensions", **part)(
        mels, 32, width, 4, layers, 160, 24, width, 4, layers
    )
    # the fused attention cannot be traced: whether it is causal would depend on the input
    load("whisper.model:MultiHeadAttention", **part).use_sdpa = False
    network: nn.Module = load("whisper.model:Whisper", **part)(sizes)
    return network


CLIP = {"mel": (1, 80, 64), "ids": (1, 12)}
WHI = partial(net, "whisper", modality="audio", task="asr")
WHISPER = [
    WHI("tiny", "whisper", whisper, CLIP, {"layers": 4, "width": 48},
        components="encoder+decoder"),
    WHI("base-encoder", "whisper", whisper, (1, 80, 64), {"layers": 6, "width": 64},
        lambda network, x: network.encoder(x), components="encoder"),
    WHI("large-v3-decoder", "whisper", whisper, {"memory": (1, 32, 48), "ids": (1, 12)}, {
        "layers": 5, "width": 48, "mels": 128},
        lambda network, memory, ids: network.decoder(ids, memory), components="decoder"),
]  # fmt: skip


def encodec(causal: bool = True, norm: str = "weight_norm", **more: Any) -> nn.Module:
    """EnCodec with a quarter of its filters."""
    sizes = {"dimension": 32, "n_filters": 8, "causal": causal, "norm": norm, **more}  # fmt: skip
    encoder = load("encodec.modules.seanet:SEANetEncoder", "torchaudio")(**sizes)
    decoder = load("encodec.modules.seanet:SEANetDecoder", "torchaudio")(**sizes)
    codes = load("encodec.quantization.vq:ResidualVectorQuantizer", "torchaudio")(
        dimension=32, n_q=4, bins=64, kmeans_init=False
    )
    network: nn.Module = load("encodec.model:EncodecModel", "torchaudio")(
        encoder, decoder, codes, [1.5], 24000, 1
    )
    return network


def recoded(network: Any, x: Tensor) -> Any:
    """What the decoder makes of the codes of a clip."""
    frames = network.encoder(x)
    codes = network.quantizer.vq.encode(frames)
    return network.decoder(network.quantizer.decode(codes))


def dac() -> nn.Module:
    """The three parts of DAC, whose own class is made for the package's trainer."""
    make = partial(load, hollow="audiotools", stripped="dac")
    return nn.ModuleDict({
        "encoder": make("dac.model.dac:Encoder")(12, [2, 4, 4], 48),
        "codes": make("dac.nn.quantize:ResidualVectorQuantize")(48, 4, 64, 8),
        "decoder": make("dac.model.dac:Decoder")(48, 96, [4, 4, 2]),
    })  # fmt: skip


DACS = partial(net, "dac", path=dac, **CODEC)
CODECS = [
    net("encodec", "24khz", "encodec", encodec, (1, 1, 1280), None, recoded, **CODEC),
    net("encodec", "encoder", "encodec", encodec, (1, 1, 1280), {"lstm": 0},
        lambda network, x: network.encoder(x), **CODEC),
    net("encodec", "48khz", "encodec", encodec, (1, 1, 1280), {
        "causal": False, "norm": "time_group_norm"}, recoded, **CODEC),
    DACS("codec", "dac", inputs=(1, 1, 1024),
         call=lambda parts, x: parts["decoder"](parts["codes"](parts["encoder"](x))[0])),
    DACS("encoder", "dac", inputs=(1, 1, 1024),
         call=lambda parts, x: parts["codes"](parts["encoder"](x))[1]),
    DACS("decoder", "dac", inputs=(1, 48, 24), call=lambda parts, x: parts["decoder"](x)),
]  # fmt: skip


def vocos(resnet: bool = False, **options: Any) -> nn.Module:
    """The backbone of Vocos with the layer that gives magnitudes and phases."""
    cls = "VocosResNetBackbone" if resnet else "VocosBackbone"
    body = load(f"vocos.models:{cls}", "torchaudio", "vocos")(input_channels=100, **options)
    head = load("vocos.heads:ISTFTHead", "torchaudio", "vocos")(options["dim"], 128, 32)
    return nn.ModuleList([body, head])


def spectrum(network: Any, x: Tensor) -> Any:
    """All but the inverse Fourier transform, which ONNX does not have."""
    body, head = network
    large, phase = head.out(body(x)).transpose(1, 2).chunk(2, 1)
    large = torch.exp(large).clip(max=1e2)
    return large * torch.cos(phase), large * torch.sin(phase)


VOC = partial(net, "vocos", inputs=(1, 100, 32), call=spectrum, modality="audio", task="vocoder")
VOCOS = [
    VOC("mel", "vocos", vocos, options={"dim": 64, "intermediate_dim": 192, "num_layers": 8}),
    VOC("resnet", "vocos-resnet", vocos, options={"resnet": True, "dim": 48, "num_blocks": 3}),
]  # fmt: skip

UNMIX = [
    net("openunmix", name, "open-unmix", "openunmix.model:OpenUnmix", (1, 1, 128, 16), {
        "nb_bins": 128, "nb_channels": 1, "hidden_size": 48, "unidirectional": one_way},
        hollow="torchaudio", stripped="openunmix", modality="audio", task="separation")
    for name, one_way in (("umx", False), ("umx-unidirectional", True))
]  # fmt: skip

TTS = partial(net, "TTS", hollow=ABSENT, stripped="TTS")
MEL = (1, 80, 16)
WAVE = {"modality": "audio", "task": "vocoder"}
SPEECH = {"modality": "audio", "task": "tts"}
HIFI = {
    "in_channels": 80, "out_channels": 1, "resblock_dilation_sizes": [[1, 3, 5]] * 3,
    "resblock_kernel_sizes": [3, 7, 11], "upsample_kernel_sizes": [16, 16, 4, 4],
    "upsample_initial_channel": 64, "upsample_factors": [8, 8, 2, 2], "resblock_type": "1",
    "inference_padding": 0,
}  # fmt: skip
HIFI3 = HIFI | {
    "resblock_type": "2", "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
    "resblock_kernel_sizes": [3, 5, 7], "upsample_kernel_sizes": [16, 16, 8],
    "upsample_factors": [8, 8, 4],
}  # fmt: skip


def length(network: Any, ids: Tensor) -> Any:
    """An encoder of texts that are as long as they seem."""
    return network(ids, torch.tensor([ids.shape[1]]))


def glow(**options: Any) -> nn.Module:
    """The decoder of Glow-TTS with the inverses of its convolutions, as one speaks with it."""
    network: Any = load("TTS.tts.layers.glow_tts.decoder:Decoder", ABSENT, "TTS")(**options)
    network.store_inverse()
    made: nn.Module = network
    return made


def flow(network: Any, x: Tensor) -> Any:
    """The decoder of Glow-TTS backwards, as it speaks."""
    return network(x, torch.ones_like(x[:, :1]), reverse=True)[0]


GLOW = {"num_chars": 160, "out_channels": 80, "hidden_channels": 48, "hidden_channels_dp": 48}
REL = {"kernel_size": 3, "dropout_p": 0.1, "num_layers": 4, "num_heads": 2,
       "hidden_channels_ffn": 96}  # fmt: skip
COQUI = [
    TTS("hifigan-v2", "hifi-gan", "TTS.vocoder.models.hifigan_generator:HifiganGenerator", MEL,
        HIFI, **WAVE),
    TTS("hifigan-v3", "hifi-gan", "TTS.vocoder.models.hifigan_generator:HifiganGenerator", MEL,
        HIFI3, **WAVE),
    TTS("melgan", "melgan", "TTS.vocoder.models.melgan_generator:MelganGenerator", MEL, {
        "base_channels": 96}, **WAVE),
    TTS("multiband-melgan", "multiband-melgan",
        "TTS.vocoder.models.multiband_melgan_generator:MultibandMelganGenerator", MEL, {
            "base_channels": 96}, **WAVE),
    TTS("fullband-melgan", "melgan",
        "TTS.vocoder.models.fullband_melgan_generator:FullbandMelganGenerator", MEL, {
            "base_channels": 96}, **WAVE),
    TTS("parallel-wavegan", "parallel-wavegan",
        "TTS.vocoder.models.parallel_wavegan_generator:ParallelWaveganGenerator", MEL, {
            "num_res_blocks": 9, "res_channels": 16, "gate_channels": 32, "skip_channels": 16,
            "upsample_factors": [4, 4, 4, 4]}, **WAVE),
    TTS("glow-tts-encoder", "glow-tts", "TTS.tts.layers.glow_tts.encoder:Encoder", {
        "ids": (1, 20)}, {**GLOW, "encoder_type": "rel_pos_transformer", "encoder_params": {
            **REL, "rel_attn_window_size": 4, "input_length": None}}, length, **SPEECH,
        components="encoder"),
    TTS("glow-tts-decoder", "glow-tts", glow, (1, 80, 32), {
        "in_channels": 80, "hidden_channels": 32, "kernel_size": 5, "dilation_rate": 1,
        "num_flow_blocks": 4, "num_coupling_layers": 4}, flow, **SPEECH, components="decoder"),
    TTS("vits-text", "vits", "TTS.tts.layers.vits.networks:TextEncoder", {"ids": (1, 20)}, {
        "n_vocab": 160, "out_channels": 48, "hidden_channels": 48, "hidden_channels_ffn": 96,
        "num_heads": 2, "num_layers": 6, "kernel_size": 3, "dropout_p": 0.1}, length, **SPEECH,
        components="encoder"),
    TTS("speaker-lstm", "ge2e", "TTS.encoder.models.lstm:LSTMSpeakerEncoder", (1, 40, 64), {
        "input_dim": 40, "proj_dim": 32, "lstm_dim": 64}, **AUDIO, task="speaker"),
    # the network of "Clova baseline system for the VoxCeleb speaker recognition challenge"
    TTS("speaker-resnet", "se-resnet", "TTS.encoder.models.resnet:ResNetSpeakerEncoder",
        (1, 64, 64), {"input_dim": 64, "proj_dim": 64, "layers": [3, 4, 6, 3],
                      "num_filters": [16, 24, 32, 48]}, **AUDIO, task="speaker"),
]  # fmt: skip

SPECS: list[Spec] = [*WHISPER, *CODECS, *VOCOS, *UNMIX, *COQUI]
