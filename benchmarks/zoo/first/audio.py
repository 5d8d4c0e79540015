"""Audio models: `transformers` configs at tiny sizes, and twins of networks that it lacks."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.zoo.first import audio_nets as nets
from benchmarks.zoo.first import audio_speech as speech
from benchmarks.zoo.first import audio_vocoders as voc
from benchmarks.zoo.hf import HEADS, HIDDEN, VOCAB, Call, Recipe, entry
from benchmarks.zoo.hf_vision import WAV2VEC2
from benchmarks.zoo.spec import Built, Spec

ASR, TTS, VOC = "speech-recognition", "text-to-speech", "vocoder"
Shape = tuple[int, ...]


def heard(
    name: str,
    family: str,
    maker: Any,
    shape: Shape | dict[str, Shape],
    task: str,
    variant: str = "",
) -> Spec:
    """A twin on one wave or spectrogram, or on several inputs by name."""
    shapes = shape if isinstance(shape, dict) else {"input": shape}

    def build(_: int) -> Built:
        inputs = {key: torch.randn(*size) for key, size in shapes.items()}
        return Built(maker(), inputs, {key: {0: "batch"} for key in inputs})

    return Spec(name, family, variant or name, build, "", "audio", task)


def spelt(name: str, family: str, maker: Any, task: str = TTS) -> Spec:
    """A twin that reads characters."""

    def build(_: int) -> Built:
        return Built(maker(), {"ids": torch.randint(0, 60, (1, 16))}, {"ids": {0: "batch"}})

    return Spec(name, family, name, build, "", "text+audio", task)


def called(
    name: str, family: str, model: str, config: str, options: dict[str, Any], shape: Shape,
    key: str, outputs: str = "last_hidden_state", part: str = "", task: str = ASR,
    attention: str = "",
) -> Spec:  # fmt: skip
    """A `transformers` model on features of any shape; whole numbers are ids."""

    def build(_: int) -> Built:
        import transformers

        extra = {"attn_implementation": attention} if attention else {}
        made = getattr(transformers, model)(getattr(transformers, config)(**options, **extra))
        net: nn.Module = getattr(made, part) if part else made
        value = torch.randint(3, 38, shape) if key == "input_ids" else torch.randn(*shape)
        wrapped = Call(net, [key], outputs, {}) if outputs else net
        return Built(wrapped, {key: value}, {key: {0: "batch"}})

    return Spec(name, family, name, build, "", "audio", task, implementation="transformers")


WAV: dict[str, Any] = {**WAV2VEC2, "num_hidden_layers": 2}
STABLE = {**WAV, "do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}
MOONSHINE: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "intermediate_size": 128, "pad_token_id": 0,
    "encoder_num_hidden_layers": 2, "decoder_num_hidden_layers": 2, "bos_token_id": 1,
    "encoder_num_attention_heads": HEADS, "decoder_num_attention_heads": HEADS, "eos_token_id": 2,
}  # fmt: skip
S2T: dict[str, Any] = {
    "vocab_size": VOCAB, "d_model": HIDDEN, "encoder_layers": 2, "decoder_layers": 2,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS, "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128, "conv_channels": 64, "max_source_positions": 100, "pad_token_id": 1,
}  # fmt: skip
PARAKEET: dict[str, Any] = {
    "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": HEADS,
    "intermediate_size": 128, "subsampling_conv_channels": 16, "num_mel_bins": 80,
}  # fmt: skip


def wave(name: str, family: str, model: str, config: str, options: dict[str, Any]) -> list[Spec]:
    """A self-supervised encoder of waves with a head for characters."""
    recipe = Recipe(model, config, options, "wave", "logits")
    return entry(name, family, recipe, "encoder", "audio", ASR, attention="eager")


CONFORMER: dict[str, Any] = {**WAV, "conv_depthwise_kernel_size": 15}
W2V_BERT: dict[str, Any] = {
    "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": HEADS,
    "intermediate_size": 128, "feature_projection_input_dim": 40, "vocab_size": 32,
    "conv_depthwise_kernel_size": 15,
}  # fmt: skip
FS2: dict[str, Any] = {
    "hidden_size": 32, "vocab_size": 40, "num_mel_bins": 20, "encoder_layers": 1,
    "decoder_layers": 1, "encoder_num_attention_heads": 2, "decoder_num_attention_heads": 2,
    "encoder_linear_units": 64, "decoder_linear_units": 64, "speech_decoder_postnet_units": 32,
    "duration_predictor_channels": 32, "energy_predictor_channels": 32,
    "pitch_predictor_channels": 32,
}  # fmt: skip
VITS: dict[str, Any] = {
    "vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "ffn_dim": 64, "flow_size": 32, "spectrogram_bins": 33, "upsample_initial_channel": 64,
    "prior_encoder_num_wavenet_layers": 2, "posterior_encoder_num_wavenet_layers": 2,
}  # fmt: skip
HEARD = [
    *wave("hubert", "hubert", "HubertForCTC", "HubertConfig", WAV),
    *wave("hubert-large", "hubert", "HubertForCTC", "HubertConfig", STABLE),
    *wave("wav2vec2-large", "wav2vec2", "Wav2Vec2ForCTC", "Wav2Vec2Config", STABLE),
    *wave("wavlm", "wavlm", "WavLMForCTC", "WavLMConfig", WAV),
    *wave("data2vec-audio", "data2vec-audio", "Data2VecAudioForCTC", "Data2VecAudioConfig",
          {**WAV, "num_conv_pos_embeddings": 3, "conv_pos_kernel_size": 9}),
    *wave("wav2vec2-conformer", "conformer", "Wav2Vec2ConformerForCTC", "Wav2Vec2ConformerConfig",
          CONFORMER),
    *wave("wav2vec2-conformer-rotary", "conformer", "Wav2Vec2ConformerForCTC",
          "Wav2Vec2ConformerConfig", {**CONFORMER, "position_embeddings_type": "rotary"}),
    called("wav2vec2-bert", "conformer", "Wav2Vec2BertForCTC", "Wav2Vec2BertConfig", W2V_BERT,
           (1, 24, 40), "input_features", "logits"),
    called("parakeet", "conformer", "ParakeetEncoder", "ParakeetEncoderConfig", PARAKEET,
           (1, 64, 80), "input_features", attention="eager"),
    called("moonshine-encoder", "moonshine", "MoonshineModel", "MoonshineConfig", MOONSHINE,
           (1, 6000), "input_values", part="encoder", attention="sdpa"),
    called("speech-to-text-encoder", "speech2text", "Speech2TextModel", "Speech2TextConfig", S2T,
           (1, 64, 80), "input_features", part="encoder", attention="eager"),
    called("speecht5-hifigan", "hifi-gan", "SpeechT5HifiGan", "SpeechT5HifiGanConfig",
           {"model_in_dim": 20, "upsample_initial_channel": 64}, (1, 24, 20), "spectrogram",
           outputs="", task=VOC),
    called("fastspeech2-conformer", "fastspeech2", "FastSpeech2ConformerModel",
           "FastSpeech2ConformerConfig", FS2, (1, 12), "input_ids", "spectrogram", task=TTS),
    called("vits", "vits", "VitsModel", "VitsConfig", VITS, (1, 12), "input_ids", "waveform",
           task=TTS),
]  # fmt: skip


class MoonshineAll(nn.Module):
    """Wave and text prefix to logits."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import MoonshineConfig, MoonshineForConditionalGeneration

        config = MoonshineConfig(**MOONSHINE, attn_implementation="eager")
        self.model = MoonshineForConditionalGeneration(config)

    def forward(self, wave: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Run both halves without a cache."""
        return self.model(input_values=wave, decoder_input_ids=ids, use_cache=False).logits


def moonshine(_: int) -> Built:
    """The whole Moonshine."""
    inputs = {"wave": torch.randn(1, 6000), "ids": torch.randint(3, VOCAB, (1, 8))}
    return Built(MoonshineAll(), inputs, {key: {0: "batch"} for key in inputs})


MEL, WAVE, SERIES = (1, 20, 24), (1, 1, 800), (1, 6, 40)
STATE = {"frame": (1, 20), "memory": (1, 16, 32), "h1": (1, 40), "c1": (1, 40), "h2": (1, 40),
         "c2": (1, 40), "weights": (1, 16), "summed": (1, 16), "context": (1, 32)}  # fmt: skip
SEP = "source-separation"
TWINS = [
    Spec("moonshine", "moonshine", "moonshine", moonshine, "encoder+decoder", "audio", ASR,
         implementation="transformers"),
    heard("melgan", "melgan", voc.MelGAN, MEL, VOC),
    heard("melgan-multiband", "melgan",
          lambda: voc.MelGAN(scales=(5, 5, 3), stack=4, out=4), MEL, VOC),
    heard("hifi-gan-v1", "hifi-gan", voc.HifiGan, MEL, VOC),
    heard("hifi-gan-v3", "hifi-gan",
          lambda: voc.HifiGan(2, 32, (8, 8, 4), (3, 5, 7)), MEL, VOC),
    heard("wavenet", "wavenet", voc.WaveNet, (1, 32, 64), "generation"),
    heard("wavenet-vocoder", "wavenet", lambda: voc.WaveNet(1, 6, True),
          {"wave": (1, 32, 64), "mel": (1, 10, 64)}, VOC),
    heard("tcn", "tcn", voc.Tcn, SERIES, "classification"),
    heard("tcn-norm", "tcn", lambda: voc.Tcn(6, 2, True), SERIES, "classification"),
    heard("conv-tasnet", "conv-tasnet", voc.ConvTasNet, WAVE, SEP),
    heard("conv-tasnet-relu", "conv-tasnet",
          lambda: voc.ConvTasNet("global", False, "relu"), WAVE, SEP),
    heard("crepe", "crepe", nets.Crepe, (1, 1024), "pitch"),
    heard("crepe-full", "crepe", lambda: nets.Crepe(8), (1, 1024), "pitch"),
    heard("basic-pitch", "basicpitch", nets.BasicPitch, (1, 1, 30, 309), "transcription"),
    heard("sincnet", "sincnet", nets.SincNet, (1, 1, 1600), "speaker-recognition"),
    heard("fsmn", "fsmn", nets.Fsmn, (1, 30, 40), "voice-activity"),
    heard("ds-cnn", "ds-cnn", nets.DsCnn, (1, 1, 49, 10), "keyword-spotting"),
    heard("yamnet", "mobilenetv1", nets.Yamnet, (1, 1, 96, 64), "classification"),
    heard("silero-like", "silero-vad", nets.Silero, (1, 576), "voice-activity"),
    heard("conformer", "conformer", speech.Conformer, (1, 64, 40), ASR),
    heard("conformer-torchaudio", "conformer", lambda: speech.Conformer(2, 31, True), (1, 64, 40),
          ASR),
    spelt("tacotron2", "tacotron2", speech.Tacotron2),
    spelt("tacotron2-encoder", "tacotron2", speech.TacotronEncoder),
    heard("tacotron2-decoder", "tacotron2", speech.TacotronDecoder, STATE, TTS),
    heard("tacotron2-postnet", "tacotron2", speech.Postnet, MEL, TTS),
    spelt("fastspeech2", "fastspeech2", speech.FastSpeech2),
    spelt("fastspeech", "fastspeech2", lambda: speech.FastSpeech2(False)),
]  # fmt: skip

SPECS: list[Spec] = [*HEARD, *TWINS]
