"""Sequence, audio and transformer vision models with their labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.zoo import recurrent as rec
from benchmarks.zoo.hf import HEADS, HIDDEN, VOCAB, Recipe, entry
from benchmarks.zoo.spec import Built, Spec

Maker = Callable[[], nn.Module]
Builder = Callable[[int], Built]

TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
BERT: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 4,
    "num_attention_heads": HEADS, "intermediate_size": 4 * HIDDEN, "max_position_embeddings": 64,
}  # fmt: skip
SEQ2SEQ: dict[str, Any] = {
    "vocab_size": VOCAB, "d_model": HIDDEN, "encoder_layers": 3, "decoder_layers": 3,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS,
    "encoder_ffn_dim": 4 * HIDDEN, "decoder_ffn_dim": 4 * HIDDEN, "max_position_embeddings": 64,
}  # fmt: skip
T5: dict[str, Any] = {
    "vocab_size": VOCAB, "d_model": HIDDEN, "d_kv": HIDDEN // HEADS, "d_ff": 3 * HIDDEN,
    "num_layers": 3, "num_heads": HEADS,
}  # fmt: skip
GPT2: dict[str, Any] = {
    "vocab_size": VOCAB, "n_embd": HIDDEN, "n_layer": 4, "n_head": HEADS, "n_positions": 64,
    "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
LLAMA: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 4,
    "num_attention_heads": HEADS, "num_key_value_heads": 2, "intermediate_size": 3 * HIDDEN,
    "max_position_embeddings": 64, **TOKENS,
}  # fmt: skip
NO_CACHE = {"use_cache": False}


def encoder(
    name: str, family: str, model: str, config: str, inputs: str = "ids mask", **more: Any
) -> list[Spec]:
    """A BERT-like encoder; `options` adds to the shared BERT options."""
    options = {**BERT, **more.pop("options", {})}
    outputs, attention = more.pop("outputs", "last_hidden_state"), more.pop("attn", "eager sdpa")
    recipe = Recipe(model, config, options, inputs, outputs)
    return entry(name, family, recipe, attention=attention, **more)


def bert(name: str, model: str, inputs: str, outputs: str, task: str, layers: int) -> list[Spec]:
    """One of the BERT heads."""
    extra = {"num_hidden_layers": layers}
    labels = {"task": task, "kind": "bert", "variant": name.removesuffix("-full")}
    return encoder(
        name, "bert", model, "BertConfig", inputs, options=extra, outputs=outputs, **labels
    )


def lm(
    name: str, family: str, model: str, config: str, options: dict[str, Any], **more: Any
) -> list[Spec]:
    """A causal language model with a mask input, as exported for serving."""
    inputs, kind = more.pop("inputs", "ids mask"), more.pop("kind", "")
    past = more.pop("past", False)
    recipe = Recipe(model, config, options, inputs, "logits", fixed=NO_CACHE, past=past)
    return entry(
        name, family, recipe, "decoder", task="language-modelling", kind=kind, **more
    )  # fmt: skip


def seq2seq(
    name: str, family: str, model: str, config: str, part: str = "", **more: Any
) -> list[Spec]:
    """An encoder-decoder, or one of its halves."""
    options = {**more.pop("base", SEQ2SEQ), **more.pop("options", {})}
    outputs = more.pop("outputs", "last_hidden_state")
    if part == "encoder":
        recipe = Recipe(model, config, options, "ids mask", outputs, "encoder")
        return entry(name, family, recipe, "encoder", **more)
    if part == "decoder":
        inputs = "target memory memory_mask"
        recipe = Recipe(model, config, options, inputs, outputs, "decoder", NO_CACHE)
        return entry(name, family, recipe, "decoder", **more)
    recipe = Recipe(model, config, options, "ids mask dec", outputs, "", NO_CACHE)
    return entry(name, family, recipe, "encoder+decoder", **more)


LAST, LOGITS, POOLED = "last_hidden_state", "logits", "last_hidden_state pooler_output"
HAS_MASK = "ids mask type"

BERTS = [
    *bert("bert", "BertModel", "ids", POOLED, "features", 4),
    *bert("bert-full", "BertModel", HAS_MASK, POOLED, "features", 6),
    *bert("bert-classifier", "BertForSequenceClassification", HAS_MASK, LOGITS,
          "classification", 3),
    *bert("bert-mlm", "BertForMaskedLM", "ids mask", LOGITS, "masked-language-modelling", 4),
    *bert("bert-tagger", "BertForTokenClassification", HAS_MASK, LOGITS, "tagging", 2),
]  # fmt: skip

ENCODERS = [
    *encoder("roberta", "roberta", "RobertaModel", "RobertaConfig", kind="bert",
             outputs=POOLED),
    *encoder("distilbert", "distilbert", "DistilBertModel", "DistilBertConfig", kind="bert",
             options={"dim": HIDDEN, "hidden_dim": 4 * HIDDEN, "n_layers": 3, "n_heads": HEADS}),
    *encoder("electra", "electra", "ElectraModel", "ElectraConfig", kind="bert",
             options={"embedding_size": 32}),
    *encoder("albert", "albert", "AlbertModel", "AlbertConfig", kind="bert",
             options={"embedding_size": 32, "pad_token_id": 0}),
    *encoder("deberta-v2", "deberta-v2", "DebertaV2Model", "DebertaV2Config", attn="eager",
             options={"relative_attention": True, "pos_att_type": ["p2c", "c2p"],
                      "position_buckets": 16, "norm_rel_ebd": "layer_norm",
                      "share_att_key": True, "position_biased_input": False,
                      "type_vocab_size": 0}),
    *encoder("mpnet", "mpnet", "MPNetModel", "MPNetConfig", attn="eager"),
    *encoder("modernbert", "modernbert", "ModernBertModel", "ModernBertConfig",
             options={**TOKENS, "cls_token_id": 1, "sep_token_id": 2, "num_hidden_layers": 6,
                      "intermediate_size": 96, "local_attention": 8}),
    *encoder("modernbert-mlm", "modernbert", "ModernBertForMaskedLM", "ModernBertConfig",
             outputs=LOGITS, task="masked-language-modelling",
             options={**TOKENS, "cls_token_id": 1, "sep_token_id": 2,
                      "intermediate_size": 96, "local_attention": 8}),
]  # fmt: skip

SEQ2SEQS = [
    *seq2seq("bart", "bart", "BartModel", "BartConfig", kind="bart"),
    *seq2seq("bart-encoder", "bart", "BartModel", "BartConfig", "encoder", kind="bart"),
    *seq2seq("bart-decoder", "bart", "BartModel", "BartConfig", "decoder", kind="bart"),
    *seq2seq("bart-generation", "bart", "BartForConditionalGeneration", "BartConfig",
             outputs=LOGITS, task="text-generation", kind="bart"),
    *seq2seq("mbart", "mbart", "MBartModel", "MBartConfig"),
    *seq2seq("marian", "marian", "MarianMTModel", "MarianConfig", outputs=LOGITS,
             task="translation",
             options={"decoder_vocab_size": VOCAB, "pad_token_id": 0,
                      "decoder_start_token_id": 0}),
    *seq2seq("pegasus", "pegasus", "PegasusForConditionalGeneration", "PegasusConfig",
             outputs=LOGITS, task="summarisation"),
    *seq2seq("t5-encoder", "t5", "T5EncoderModel", "T5Config", "encoder", base=T5, kind="t5"),
    *seq2seq("t5", "t5", "T5ForConditionalGeneration", "T5Config", base=T5, outputs=LOGITS,
             options={"decoder_start_token_id": 0}, task="text-generation", kind="t5"),
    *seq2seq("t5-gated", "t5", "T5ForConditionalGeneration", "T5Config", base=T5,
             outputs=LOGITS, task="text-generation",
             options={"decoder_start_token_id": 0, "feed_forward_proj": "gated-gelu",
                      "tie_word_embeddings": False}),
]  # fmt: skip

MHA = {**LLAMA, "num_key_value_heads": HEADS, "num_hidden_layers": 3}
LMS = [
    *lm("gpt2", "gpt2", "GPT2LMHeadModel", "GPT2Config", GPT2, kind="gpt2"),
    *lm("gpt2-past", "gpt2", "GPT2LMHeadModel", "GPT2Config", GPT2, past=True, variant="gpt2"),
    *lm("opt", "opt", "OPTForCausalLM", "OPTConfig",
        {"vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 3, **TOKENS,
         "ffn_dim": 4 * HIDDEN, "num_attention_heads": HEADS, "max_position_embeddings": 64,
         "word_embed_proj_dim": HIDDEN}),
    *lm("gpt-neox", "gpt-neox", "GPTNeoXForCausalLM", "GPTNeoXConfig",
        {**BERT, "num_hidden_layers": 3, **TOKENS}, kind="gpt_neox"),
    *lm("gpt-j", "gpt-j", "GPTJForCausalLM", "GPTJConfig",
        {**GPT2, "n_layer": 3, "rotary_dim": 8}, attention="eager"),
    *lm("bloom", "bloom", "BloomForCausalLM", "BloomConfig",
        {"vocab_size": VOCAB, "hidden_size": HIDDEN, "n_layer": 3, "n_head": HEADS, **TOKENS},
        attention="eager"),
    *lm("llama", "llama", "LlamaForCausalLM", "LlamaConfig", LLAMA),
    *lm("llama-mha", "llama", "LlamaForCausalLM", "LlamaConfig", MHA, variant="llama"),
    *lm("llama-past", "llama", "LlamaForCausalLM", "LlamaConfig", LLAMA, past=True,
        variant="llama"),
    *lm("mistral", "mistral", "MistralForCausalLM", "MistralConfig",
        {**LLAMA, "sliding_window": 8}),
    *lm("qwen2", "qwen2", "Qwen2ForCausalLM", "Qwen2Config", LLAMA),
    *lm("qwen3", "qwen3", "Qwen3ForCausalLM", "Qwen3Config", {**LLAMA, "head_dim": 16}),
    *lm("gemma", "gemma", "GemmaForCausalLM", "GemmaConfig",
        {**LLAMA, "head_dim": 16, "num_key_value_heads": 1}),
    *lm("phi", "phi", "PhiForCausalLM", "PhiConfig", {**MHA, "partial_rotary_factor": 0.5},
        kind="phi"),
]  # fmt: skip


def tokens(maker: Maker, length: int = 16, vocab: int = 300) -> Builder:
    """Build function of a hand-written model over token ids."""

    def build(_: int) -> Built:
        ids = torch.randint(0, vocab, (1, length))
        return Built(maker(), {"input_ids": ids}, {"input_ids": {0: "batch", 1: "sequence"}})

    return build


def series(maker: Maker, features: int, length: int = 20) -> Builder:
    """Build function of a hand-written model over a numeric series."""

    def build(_: int) -> Built:
        return Built(
            maker(), {"series": torch.randn(1, length, features)}, {"series": {0: "batch"}}
        )

    return build


def pair(maker: Maker, memory: bool = False) -> Builder:
    """Build function of a hand-written encoder-decoder or decoder over a memory."""

    def build(_: int) -> Built:
        source = torch.randn(1, 16, 48) if memory else torch.randint(0, 300, (1, 16))
        inputs = {"source": source, "decoder_ids": torch.randint(0, 300, (1, 16))}
        return Built(maker(), inputs, {name: {0: "batch"} for name in inputs})

    return build


def hand(
    name: str, family: str, build: Builder, task: str, components: str = "", modality: str = "text"
) -> Spec:
    """A hand-written spec."""
    return Spec(name, family, name, build, components, modality, task)


LMT, CLS, TAG = "language-modelling", "classification", "tagging"
RECURRENT = [
    hand("lstm-lm", "lstm", tokens(lambda: rec.RnnLanguageModel(nn.LSTM)), LMT, "lstm"),
    hand("bilstm-classifier", "lstm", tokens(lambda: rec.RnnClassifier(nn.LSTM)), CLS, "bilstm"),
    hand("bilstm-tagger", "lstm", tokens(lambda: rec.RnnClassifier(nn.LSTM, 3, True)), TAG,
         "bilstm"),
    hand("lstm-forecaster", "lstm", series(rec.LstmForecaster, 7), "forecasting", "lstm",
         "series"),
    hand("lstm-autoencoder", "lstm", series(rec.LstmAutoencoder, 8), "reconstruction",
         "lstm+lstm", "series"),
    hand("lstm-seq2seq", "lstm", pair(rec.LstmSeq2Seq), "translation", "lstm+lstm"),
    hand("gru-classifier", "gru", tokens(lambda: rec.RnnClassifier(nn.GRU, both=False)), CLS,
         "gru"),
    hand("bigru-tagger", "gru", tokens(lambda: rec.RnnClassifier(nn.GRU, tagger=True)), TAG,
         "bigru"),
    hand("gru-lm", "gru", tokens(lambda: rec.RnnLanguageModel(nn.GRU)), LMT, "gru"),
    hand("transformer-encoder", "transformer", tokens(rec.TorchEncoder), TAG, "encoder"),
    hand("transformer-encoder-prenorm", "transformer",
         tokens(lambda: rec.TorchEncoder(pre_norm=True)), TAG, "encoder"),
    hand("transformer", "transformer", pair(rec.TorchSeq2Seq), "translation",
         "encoder+decoder"),
    hand("transformer-decoder", "transformer",
         pair(lambda: rec.TorchSeq2Seq(decoder_only=True), True), LMT, "decoder"),
]  # fmt: skip

SEQUENCE: list[Spec] = [*BERTS, *ENCODERS, *SEQ2SEQS, *LMS, *RECURRENT]
