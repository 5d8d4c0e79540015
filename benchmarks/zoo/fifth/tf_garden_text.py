"""Text networks of the TensorFlow Model Garden (tf-models-official), with small options."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth.tf_common import Maker, Shape, net
from benchmarks.zoo.spec import Spec

LENGTH = 32
NAMES = "input_word_ids input_mask input_type_ids"
IDS: dict[str, Shape] = dict.fromkeys(NAMES.split(), (LENGTH,))


def part(path: str) -> Any:
    """A class of the Model Garden; its folder of text models where nothing else is told."""
    root = "official." if path.startswith("projects.") else "official.nlp.modeling."
    module, _, name = path.rpartition(".")
    return getattr(import_module(root + module), name)


def encoder(layers: int = 4, hidden: int = 32, heads: int = 4, **more: Any) -> dict[str, Any]:
    """Options that the encoders share."""
    return {
        "vocab_size": 160, "num_layers": layers, "hidden_size": hidden,
        "num_attention_heads": heads, "max_sequence_length": LENGTH, "type_vocab_size": 2,
        "inner_dim": 4 * hidden, **more,
    }  # fmt: skip


def text(
    name: str, family: str, maker: Maker, extra: dict[str, Shape] | None = None, **more: Any
) -> Spec:
    """A network of token ids, mask and types."""
    shapes = {**IDS, **(extra or {})}
    return net(
        "tf-models-official", name, family, maker, shapes, modality="text", named=True,
        ids=" ".join(shapes), **more,
    )  # fmt: skip


def judge(name: str, family: str, path: str, options: dict[str, Any]) -> Spec:
    """An encoder with the classification head."""

    def maker(_: Any) -> Any:
        network = part(path)(**options)
        return part("models.bert_classifier.BertClassifier")(network, num_classes=3)

    return text(name, family, maker)


def masked(name: str, family: str, path: str, options: dict[str, Any], **more: Any) -> Spec:
    """An encoder with the head of the masked language model."""

    def maker(_: Any) -> Any:
        network = part(path)(**options)
        return part("models.bert_pretrainer.BertPretrainerV2")(network)

    return text(name, family, maker, {"masked_lm_positions": (4,)}, task="fill-mask", **more)


def bare(name: str, family: str, path: str, options: dict[str, Any]) -> Spec:
    """An encoder alone: its last sequence."""

    def maker(_: Any) -> Any:
        network = part(path)(**options)
        return lambda given: network(given)["sequence_output"]

    return text(name, family, maker, task="features")


def xlnet(keras: Any) -> Any:
    """XLNet with the classification head."""
    network = part("networks.xlnet_base.XLNetBase")(
        vocab_size=160, num_layers=4, hidden_size=32, num_attention_heads=4, head_size=8,
        inner_size=128, dropout_rate=0.0, attention_dropout_rate=0.0, attention_type="bi",
        bi_data=False, inner_activation="gelu",
        initializer=keras.initializers.RandomNormal(stddev=0.1),
    )  # fmt: skip
    return part("models.xlnet.XLNetClassifier")(network, num_classes=3, dropout_rate=0.0)


def t5(keras: Any, **options: Any) -> Any:
    """T5 for one step of training: encoder, decoder and logits."""
    module = import_module("official.nlp.modeling.models.t5")
    params = module.T5TransformerParams(
        num_layers=3, d_model=32, d_kv=8, num_heads=4, d_ff=64, vocab_size=160,
        one_hot_embedding=False, **options,
    )  # fmt: skip

    class Whole(keras.layers.Layer):
        """Calls the module of TensorFlow, which is no layer."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = module.T5Transformer(params)

        def call(self, given: Any) -> Any:
            """The logits."""
            source, target = given["inputs"], given["targets"]
            return self.inner(source, decoder_input_tokens=target, decoder_target_tokens=target)[
                "logits"
            ]

    return Whole()


def seq2seq(_: Any) -> Any:
    """The Transformer of translation: logits for given targets."""
    module = import_module("official.nlp.modeling.models.seq2seq_transformer")
    sizes: dict[str, Any] = {
        "num_layers": 3, "num_attention_heads": 4, "intermediate_size": 128,
        "activation": "relu", "norm_first": True,
    }  # fmt: skip
    return module.Seq2SeqTransformer(
        vocab_size=160, embedding_width=32, encoder_layer=module.TransformerEncoder(**sizes),
        decoder_layer=module.TransformerDecoder(**sizes),
    )  # fmt: skip


def pair(name: str, family: str, maker: Maker) -> Spec:
    """An encoder and a decoder."""
    return net(
        "tf-models-official", name, family, maker, {"inputs": (14,), "targets": (9,)},
        components="encoder+decoder", modality="text", task="translation", named=True,
        ids="inputs targets",
    )  # fmt: skip


BERT = "networks.bert_encoder.BertEncoderV2"
MOBILE: dict[str, Any] = {
    "word_vocab_size": 160, "word_embed_size": 16, "type_vocab_size": 2,
    "max_sequence_length": LENGTH, "num_blocks": 4, "hidden_size": 64, "num_attention_heads": 4,
    "intermediate_size": 64, "intra_bottleneck_size": 16,
}  # fmt: skip
ALBERT = {
    "vocab_size": 160, "embedding_width": 16, "hidden_size": 32, "num_layers": 4,
    "num_attention_heads": 4, "max_sequence_length": LENGTH, "type_vocab_size": 2,
    "intermediate_size": 128, "dict_outputs": True,
}  # fmt: skip
BIG = {
    "vocab_size": 160, "hidden_size": 32, "num_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": LENGTH, "type_vocab_size": 2, "intermediate_size": 128,
    "block_size": 4, "num_rand_blocks": 1,
}  # fmt: skip
SPECS: list[Spec] = [
    masked("bert-mlm", "bert", BERT, encoder()),
    judge("bert-classifier", "bert", "networks.bert_encoder.BertEncoder",
          encoder(3, 48, 6, dict_outputs=True)),
    bare("albert", "albert", "networks.albert_encoder.AlbertEncoder", ALBERT),
    bare("mobilebert", "mobilebert", "networks.mobile_bert_encoder.MobileBERTEncoder", MOBILE),
    pair("t5", "t5", t5),
    pair("transformer", "transformer", seq2seq),
    text("xlnet", "xlnet", xlnet),
    masked("fnet-mlm", "fnet", "networks.fnet.FNet", encoder()),
    bare("funnel", "funnel", "networks.funnel_transformer.FunnelTransformerEncoder",
         encoder(4, pool_stride=[1, 2, 1, 2])),
    bare("roformer", "roformer", "projects.roformer.roformer_encoder.RoformerEncoder", encoder()),
    bare("bigbird", "bigbird", "projects.bigbird.encoder.BigBirdEncoder", BIG),
    bare("sparse-mixer", "sparse-mixer", "networks.sparse_mixer.SparseMixer",
         encoder(4, moe_layers=(1,), attention_layers=(3,), num_experts=4)),
    pair("t5-gated", "t5", lambda keras: t5(
        keras, ffn_activations=("gelu", "linear"), logits_via_embedding=False)),
    bare("bert-factorised", "bert", BERT, encoder(4, 36, 6, embedding_width=12, norm_first=True)),
]  # fmt: skip
