"""Backbones and tasks of keras_hub, built from their own constructors with small options."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.zoo.spec import Spec

Maker = Callable[[Any], Any]
Options = dict[str, Any]
VOCAB, IMAGE = 160, 64
LAST: dict[tuple[str, int], Any] = {}


def once(name: str, seed: int, maker: Callable[[], Any]) -> Any:
    """The network of this name, built once for all of its files: no road changes it."""
    if (name, seed) not in LAST:
        LAST.clear()
        LAST[name, seed] = maker()
    return LAST[name, seed]


def settle(model: Any, seed: int) -> None:
    """Randomise statistics, scales, biases and constant weights so no converter folds one away."""
    import numpy as np

    random = np.random.default_rng(seed)
    for weight in model.weights:
        value = np.asarray(weight)
        if value.dtype.kind != "f" or not value.size:
            continue
        if "moving_variance" in weight.name:
            weight.assign(random.uniform(0.5, 1.5, value.shape).astype(value.dtype))
        else:  # kernels too: initialisers of one seed make some alike, which converters then share
            weight.assign(value + random.uniform(-0.1, 0.1, value.shape).astype(value.dtype))


def fixed(inner: Any) -> Any:
    """The network with one example per batch, fixed lengths and its inputs in a list."""
    import keras

    lengths = {
        "mask_positions": 4, "points": 2, "labels": 2, "boxes": 1, "masks": 1,
        "encoder_input_values": 2048,
    }  # fmt: skip

    def size(name: str, axis: int, given: int | None, rank: int) -> int:
        text = lengths.get(name, 9 if name.startswith("decoder") else 14)
        if rank == 5 and axis in (2, 3):  # a mask of SAM: four times its 8x8 embedding
            return given or 32
        return given or (IMAGE if rank == 4 and name != "boxes" else text) if axis else 1

    given = inner.input
    named = given if isinstance(given, dict) else {"input": given}
    inputs = {}
    for name, each in named.items():
        shape = [size(name, axis, n, len(each.shape)) for axis, n in enumerate(each.shape)]
        inputs[name] = keras.Input(batch_shape=tuple(shape), name=name, dtype=each.dtype)
    values = inputs if isinstance(given, dict) else inputs["input"]
    result = inner(values, training=False)  # or norms of DeepLab and SegFormer would be trained
    return keras.Model(list(inputs.values()), result)


def net(
    name: str,
    family: str,
    maker: Maker,
    *,
    components: str = "",
    modality: str = "image",
    task: str = "features",
    variant: str = "",
) -> Spec:
    """One network; `maker` gets `keras_hub.models`."""

    def build(seed: int) -> Any:
        import keras
        import keras_hub

        keras.utils.set_random_seed(seed)
        model = fixed(maker(keras_hub.models))
        settle(model, seed)
        return model

    return Spec(
        f"fourth-keras_hub-{name}", family, variant or name,
        lambda seed: once(name, seed, lambda: build(seed)), components, modality, task,
        implementation="keras_hub", toolchain="keras",
    )  # fmt: skip


def text(name: str, family: str, maker: Maker, task: str = "features", **more: Any) -> Spec:
    """A network of token ids."""
    return net(name, family, maker, modality="text", task=task, **more)


def lm(name: str, family: str, kind: str, options: Options, **more: Any) -> Spec:
    """A language model: the backbone `kind` in its CausalLM."""

    def maker(m: Any) -> Any:
        backbone = getattr(m, f"{kind}Backbone")(**options)
        return getattr(m, f"{kind}CausalLM")(backbone=backbone, preprocessor=None)

    return text(name, family, maker, "generation", **more)


def masked(name: str, family: str, kind: str, options: Options) -> Spec:
    """An encoder with its head of the masked language model."""

    def maker(m: Any) -> Any:
        return getattr(m, f"{kind}MaskedLM")(getattr(m, f"{kind}Backbone")(**options))

    return text(name, family, maker, "fill-mask")


def judge(name: str, family: str, kind: str, options: Options, **more: Any) -> Spec:
    """An encoder with its head for text classification."""

    def maker(m: Any) -> Any:
        backbone = getattr(m, f"{kind}Backbone")(**options)
        return getattr(m, f"{kind}TextClassifier")(backbone, 3, **more)

    return text(name, family, maker, "classification")


def seen(name: str, family: str, kind: str, options: Options, **more: Any) -> Spec:
    """A backbone with its image classifier."""

    def maker(m: Any) -> Any:
        backbone = getattr(m, f"{kind}Backbone")(**options)
        return getattr(m, f"{kind}ImageClassifier")(backbone, 10)

    return net(name, family, maker, task="classification", **more)


def body(name: str, family: str, kind: str, options: Options, **more: Any) -> Spec:
    """A backbone alone."""
    return net(name, family, lambda m: getattr(m, f"{kind}Backbone")(**options), **more)


def timm(kind: str, architecture: str, head: Options | None = None, **changes: Any) -> Maker:
    """A classifier by the package's own table of options for this name, narrowed."""
    more = {"num_classes": 10, "preprocessor": None, **(head or {})}

    def maker(m: Any) -> Any:
        converter = import_module(f"keras_hub.src.utils.timm.convert_{kind.lower()}")
        options = converter.convert_backbone_config({"architecture": architecture})
        backbone = getattr(m, f"{kind}Backbone")(**{**options, **changes})
        return getattr(m, f"{kind}ImageClassifier")(backbone=backbone, **more)

    return maker


def cls(name: str, family: str, maker: Maker) -> Spec:
    """An image classifier."""
    return net(name, family, maker, task="classification")


def enc(layers: int, hidden: int, heads: int, **more: Any) -> Options:
    """Options that encoders of the BERT kind share."""
    return {
        "vocabulary_size": VOCAB, "num_layers": layers, "hidden_dim": hidden, "num_heads": heads,
        "intermediate_dim": 4 * hidden, "max_sequence_length": 64, **more,
    }  # fmt: skip


def dec(layers: int, hidden: int, heads: int, groups: int, **more: Any) -> Options:
    """Options that decoders of the Llama kind share."""
    return {
        "vocabulary_size": VOCAB, "num_layers": layers, "hidden_dim": hidden,
        "num_query_heads": heads, "num_key_value_heads": groups, "intermediate_dim": 3 * hidden,
        **more,
    }  # fmt: skip


def without(options: Options, *names: str) -> Options:
    """Options less some."""
    return {key: value for key, value in options.items() if key not in names}


def vit(layers: int, hidden: int, heads: int, **more: Any) -> Options:
    """Options that vision transformers share."""
    return {
        "image_shape": (IMAGE, IMAGE, 3), "patch_size": 8, "num_layers": layers,
        "num_heads": heads, "hidden_dim": hidden, **more,
    }  # fmt: skip


SQUARE = {"image_shape": (IMAGE, IMAGE, 3)}
PLAIN = "max_sequence_length"
RES: Options = {
    "input_conv_filters": [64], "input_conv_kernel_sizes": [7],  # the package wants these 64
    "stackwise_num_filters": [64, 24, 32, 48], "stackwise_num_strides": [1, 2, 2, 2], **SQUARE,
}  # fmt: skip
DEEP = {**RES, "input_conv_filters": [16, 16, 64], "input_conv_kernel_sizes": [3, 3, 3]}
R18, R50 = [2, 2, 2, 2], [3, 4, 6, 3]

TEXT: list[Spec] = [
    masked("bert-mlm", "bert", "Bert", enc(4, 32, 4)),
    judge("bert-classifier", "bert", "Bert", enc(3, 48, 6)),
    masked("distilbert-mlm", "distilbert", "DistilBert", enc(4, 36, 6)),
    judge("distilbert-classifier", "distilbert", "DistilBert", enc(3, 32, 4), hidden_dim=32),
    masked("roberta-mlm", "roberta", "Roberta", enc(4, 32, 4)),
    judge("xlm-roberta", "roberta", "XLMRoberta", enc(3, 40, 5), hidden_dim=40),
    masked("albert-mlm", "albert", "Albert", enc(6, 48, 6, embedding_dim=12)),
    masked("deberta-v3-mlm", "deberta", "DebertaV3", enc(4, 36, 6, bucket_size=16)),
    judge("deberta-v3-classifier", "deberta", "DebertaV3", enc(3, 32, 4, bucket_size=8),
          hidden_dim=32),
    body("electra", "electra", "Electra",
         {**without(enc(4, 32, 4, embedding_dim=16), "vocabulary_size"), "vocab_size": VOCAB},
         modality="text"),
    masked("fnet-mlm", "fnet", "FNet", without(enc(4, 32, 4), "num_heads")),
    masked("roformer-v2-mlm", "roformer", "RoformerV2",
           without(enc(4, 32, 4, head_size=8), PLAIN)),
    body("esm2", "esm", "ESM", enc(4, 32, 4, use_pre_layer_norm=True), modality="text"),
    body("xlnet", "xlnet", "XLNet", without(enc(4, 32, 4), PLAIN), modality="text"),
    lm("gpt2-lm", "gpt2", "GPT2", enc(4, 32, 4)),
    lm("gpt-neox-lm", "gpt-neox", "GPTNeoX", enc(4, 32, 4)),
    lm("opt-lm", "opt", "OPT", enc(4, 32, 4)),
    lm("bloom-lm", "bloom", "Bloom", without(enc(4, 32, 4), PLAIN)),
    lm("falcon-lm", "falcon", "Falcon",
       {**without(enc(4, 32, 4), PLAIN, "num_heads"), "num_attention_heads": 4}),
    lm("llama-lm", "llama", "Llama", dec(4, 48, 6, 6)),
    lm("llama3-lm", "llama", "Llama3",
       dec(3, 64, 8, 2, rope_max_wavelength=500000, rope_frequency_adjustment_factor=8.0,
           rope_low_freq_factor=1.0, rope_high_freq_factor=4.0,
           rope_pretraining_sequence_length=32)),
    lm("mistral-lm", "mistral", "Mistral", dec(4, 48, 6, 2, sliding_window=8)),
    lm("mixtral-lm", "mixtral", "Mixtral", dec(3, 48, 6, 2, num_experts=4, sliding_window=64)),
    lm("qwen2-lm", "qwen2", "Qwen", dec(4, 48, 6, 2)),
    lm("qwen3-lm", "qwen3", "Qwen3", dec(4, 48, 6, 2, head_dim=16)),
    lm("qwen2-moe-lm", "qwen-moe", "QwenMoe",
       dec(3, 48, 6, 2, num_experts=4, top_k=2, moe_intermediate_dim=24,
           shared_expert_intermediate_dim=48)),
    lm("qwen3-moe-lm", "qwen-moe", "Qwen3Moe",
       dec(3, 48, 6, 2, num_experts=4, top_k=2, moe_intermediate_dim=24, head_dim=8)),
    lm("gemma-lm", "gemma", "Gemma", dec(4, 48, 4, 1, head_dim=16)),
    # Gemma 2 adds norms after each part, soft caps and local layers: a name and block of its own
    lm("gemma2-lm", "gemma2", "Gemma",
       dec(4, 48, 4, 2, head_dim=16, use_post_ffw_norm=True, use_post_attention_norm=True,
           attention_logit_soft_cap=50.0, final_logit_soft_cap=30.0,
           use_sliding_window_attention=True, sliding_window_size=8)),
    lm("gemma3-lm", "gemma3", "Gemma3",
       dec(7, 48, 4, 2, head_dim=16, image_size=IMAGE, use_post_ffw_norm=True,
           use_post_attention_norm=True, use_sliding_window_attention=True,
           sliding_window_size=8)),
    # Phi-3 is no parallel block of phi-1/2 but a Llama-like one: its own name
    lm("phi3-lm", "phi3", "Phi3", dec(4, 48, 6, 2)),
    lm("gpt-oss-lm", "gpt-oss", "GptOss",
       dec(4, 48, 6, 2, num_experts=4, head_dim=8, sliding_window=8)),
    lm("smollm3-lm", "smollm3", "SmolLM3",
       {"vocabulary_size": VOCAB, "hidden_dim": 48, "intermediate_dim": 128, "num_layers": 4,
        "num_attention_heads": 6, "num_key_value_heads": 2, "attention_bias": False,
        "attention_dropout": 0.0, "rope_layer_enabled_list": [True, True, True, False],
        "layer_types": ["attention"] * 4, "mlp_bias": False, "layer_norm_epsilon": 1e-5,
        "max_position_embeddings": 64, "rope_theta": 10000.0, "partial_rotary_factor": 1.0}),
    # RWKV-7 is of the RWKV family by its paper, though its state is a delta rule's matrix
    lm("rwkv7-lm", "rwkv", "RWKV7",
       {"vocabulary_size": VOCAB, "hidden_size": 32, "head_size": 8, "num_layers": 2,
        "intermediate_dim": 64, "gate_lora": 8, "mv_lora": 8, "aaa_lora": 8, "decay_lora": 8}),
    text("bart", "bart", lambda m: m.BartSeq2SeqLM(m.BartBackbone(**enc(3, 32, 4))), "translation",
         components="encoder+decoder"),
    text("t5", "t5", lambda m: m.T5Seq2SeqLM(m.T5Backbone(
        **without(enc(3, 32, 4, use_gated_activation=False), PLAIN))), "translation",
         components="encoder+decoder"),
    text("t5-gated", "t5", lambda m: m.T5Backbone(
        **without(enc(4, 36, 6, activation="gelu", key_value_dim=8, tie_embedding_weights=False),
                  PLAIN)), components="encoder+decoder"),
]  # fmt: skip
AUDIO: list[Spec] = [
    body("whisper", "whisper", "Whisper",
         without(enc(3, 32, 4, num_mels=16, max_encoder_sequence_length=28,
                     max_decoder_sequence_length=16), PLAIN), modality="audio"),
    body("moonshine", "moonshine", "Moonshine",
         {"vocabulary_size": VOCAB, "filter_dim": 32, "encoder_num_layers": 3,
          "decoder_num_layers": 3, "hidden_dim": 32, "intermediate_dim": 64,
          "encoder_num_heads": 4, "decoder_num_heads": 4}, modality="audio"),
]  # fmt: skip
VISION: list[Spec] = [
    seen("resnet18", "resnet", "ResNet",
         {**RES, "stackwise_num_blocks": R18, "block_type": "basic_block"}),
    seen("resnet50", "resnet", "ResNet",
         {**RES, "stackwise_num_blocks": R50, "block_type": "bottleneck_block"}),
    seen("resnet50-v2", "preact-resnet", "ResNet",
         {**RES, "stackwise_num_blocks": R50, "block_type": "bottleneck_block",
          "use_pre_activation": True}),
    seen("resnet18-vd", "resnet", "ResNet",
         {**DEEP, "stackwise_num_blocks": R18, "block_type": "basic_block_vd"}),
    seen("resnet50-vd", "resnet", "ResNet",
         {**DEEP, "stackwise_num_blocks": R50, "block_type": "bottleneck_block_vd"}),
    cls("vgg16", "vgg", timm(
        "VGG", "vgg16", {"pooling_hidden_dim": 48}, image_shape=(224, 224, 3),
        stackwise_num_filters=[4, 8, 12, 16, 16])),
    seen("densenet121", "densenet", "DenseNet",
         {"stackwise_num_repeats": [6, 12, 24, 16], "growth_rate": 4, **SQUARE}),
    cls("darknet53", "darknet", timm("CSPNet", "darknet53", stem_filters=8,
                                     stackwise_num_filters=[8, 16, 24, 32, 48], **SQUARE)),
    cls("cspdarknet53", "cspdarknet", timm("CSPNet", "cspdarknet53", stem_filters=8,
                                           stackwise_num_filters=[8, 16, 24, 32, 48], **SQUARE)),
    cls("cspresnet50", "cspresnet", timm("CSPNet", "cspresnet50", stem_filters=16,
                                         stackwise_num_filters=[16, 24, 32, 48], **SQUARE)),
    cls("mobilenet-v3-small", "mobilenetv3",
        timm("MobileNet", "mobilenetv3_small_050", {"num_features": 96},
                              output_num_filters=96, **SQUARE)),
    cls("mobilenet-v3-large", "mobilenetv3",
        timm("MobileNet", "mobilenetv3_large_100", {"num_features": 96}, output_num_filters=96,
             last_layer_filter=192, stackwise_num_filters=[
                 [16] * 2, [24] * 3, [32] * 4, [40] * 2, [48] * 3], **SQUARE)),
    cls("efficientnet-b0", "efficientnet", timm(
        "EfficientNet", "efficientnet_b0", stackwise_width_coefficients=[0.25] * 7,
        num_features=64, input_shape=(IMAGE, IMAGE, 3))),
    cls("efficientnet-lite0", "efficientnet-lite", timm(
        "EfficientNet", "efficientnet_lite0", stackwise_width_coefficients=[0.25] * 7,
        num_features=64, input_shape=(IMAGE, IMAGE, 3))),
    cls("efficientnet-es", "efficientnet-edgetpu", timm(
        "EfficientNet", "efficientnet_es", stackwise_width_coefficients=[0.25] * 6,
        num_features=64, input_shape=(IMAGE, IMAGE, 3))),
    cls("efficientnetv2-rw-t", "efficientnetv2", timm(
        "EfficientNet", "efficientnet_rw_t", stackwise_width_coefficients=[0.25] * 6,
        num_features=64, input_shape=(IMAGE, IMAGE, 3))),
    cls("hgnetv2-b0", "hgnet", timm(
        "HGNetV2", "hgnetv2_b0", stem_channels=[3, 8, 8], embedding_size=8,
        hidden_sizes=[16, 24, 32, 48], stackwise_stage_filters=[
            [8, 8, 16, 1, 3, 3], [16, 8, 24, 1, 3, 3], [24, 12, 32, 2, 3, 5],
            [32, 16, 48, 1, 3, 5]], **SQUARE)),
    seen("xception41", "xception", "Xception",
         {"stackwise_conv_filters": [[8, 16], [24, 24], [32, 32], [48, 48],
                                     *([[48, 48, 48]] * 8), [48, 64], [80, 96]],
          "stackwise_pooling": [False, True, True, True, *([False] * 8), True, False], **SQUARE}),
    seen("vit", "vit", "ViT", vit(4, 32, 4, mlp_dim=128)),
    seen("deit", "deit", "DeiT", vit(4, 32, 4, intermediate_dim=128)),
    seen("swin", "swin", "SwinTransformer",
         {"image_shape": (128, 128, 3), "embed_dim": 16, "depths": (2, 2, 4, 2),
          "num_heads": (2, 4, 4, 8), "window_size": 4}),
    body("dinov2", "dinov2", "DINOV2",
         vit(4, 32, 4, intermediate_dim=128, position_embedding_shape=(IMAGE, IMAGE, 3))),
    body("dinov2-giant-registers", "dinov2", "DINOV2",
         vit(4, 32, 4, intermediate_dim=128, position_embedding_shape=(IMAGE, IMAGE, 3),
             num_register_tokens=4, use_swiglu_ffn=True)),
    body("dinov3", "dinov3", "DINOV3", vit(4, 32, 4, intermediate_dim=128)),
]  # fmt: skip
SPECS: list[Spec] = [*TEXT, *AUDIO, *VISION]
