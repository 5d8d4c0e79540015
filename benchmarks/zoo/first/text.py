"""Text models: `transformers` configs at tiny sizes, and twins of the smallest classifiers."""

from __future__ import annotations

from typing import Any

from benchmarks.zoo.first import text_twins as twin
from benchmarks.zoo.hf import HEADS, HIDDEN, VOCAB, Recipe, entry
from benchmarks.zoo.sequence import (
    GPT2,
    LLAMA,
    LOGITS,
    T5,
    TOKENS,
    encoder,
    hand,
    lm,
    seq2seq,
    tokens,
)
from benchmarks.zoo.spec import Spec

CLS, MLM, SUM = "classification", "masked-language-modelling", "summarisation"

DEBERTA: dict[str, Any] = {
    "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0,
    "position_biased_input": False, "num_hidden_layers": 3, "pad_token_id": 0,
}  # fmt: skip
V2: dict[str, Any] = {
    **DEBERTA, "position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True,
}  # fmt: skip
ENCODERS = [
    *encoder("deberta", "deberta", "DebertaModel", "DebertaConfig", attn="eager",
             options=DEBERTA),
    *encoder("deberta-v2-conv", "deberta", "DebertaV2Model", "DebertaV2Config", attn="eager",
             options={**V2, "conv_kernel_size": 3, "conv_act": "gelu"}),
    *encoder("deberta-v3", "deberta", "DebertaV2ForSequenceClassification", "DebertaV2Config",
             attn="eager", options=V2, outputs=LOGITS, task=CLS),
    *encoder("mpnet-mlm", "mpnet", "MPNetForMaskedLM", "MPNetConfig", attn="eager",
             outputs=LOGITS, task=MLM, options={"num_hidden_layers": 3}),
    *encoder("electra-plain", "bert", "ElectraModel", "ElectraConfig", kind="bert",
             options={"embedding_size": HIDDEN}),
    *encoder("electra-discriminator", "electra", "ElectraForPreTraining", "ElectraConfig",
             options={"embedding_size": 32}, outputs=LOGITS, task="detection"),
    *encoder("albert-mlm", "albert", "AlbertForMaskedLM", "AlbertConfig", outputs=LOGITS,
             options={"embedding_size": 32, "pad_token_id": 0, "num_hidden_layers": 3}, task=MLM),
    *encoder("minilm", "bert", "BertModel", "BertConfig",
             options={"hidden_size": 48, "num_hidden_layers": 3, "intermediate_size": 192}),
]  # fmt: skip

M2M: dict[str, Any] = {"pad_token_id": 0, "decoder_start_token_id": 0}
MARIAN: dict[str, Any] = {**M2M, "decoder_vocab_size": VOCAB, "activation_function": "swish"}
SEQ2SEQS = [
    *seq2seq("marian-swish", "marian", "MarianMTModel", "MarianConfig", outputs=LOGITS,
             task="translation", options=MARIAN, attention="sdpa"),
    *seq2seq("marian-encoder", "marian", "MarianModel", "MarianConfig", "encoder",
             options=MARIAN, attention="sdpa"),
    *seq2seq("marian-decoder", "marian", "MarianModel", "MarianConfig", "decoder",
             options=MARIAN, attention="sdpa"),
    *seq2seq("pegasus-encoder", "pegasus", "PegasusModel", "PegasusConfig", "encoder",
             attention="sdpa"),
    *seq2seq("pegasus-decoder", "pegasus", "PegasusModel", "PegasusConfig", "decoder",
             attention="sdpa"),
    *seq2seq("pegasus-relu", "pegasus", "PegasusForConditionalGeneration", "PegasusConfig",
             outputs=LOGITS, task=SUM, options={"activation_function": "relu"}, attention="sdpa"),
    *seq2seq("mbart-encoder", "mbart", "MBartModel", "MBartConfig", "encoder", attention="sdpa"),
    *seq2seq("mbart-decoder", "mbart", "MBartModel", "MBartConfig", "decoder", attention="sdpa"),
    *seq2seq("m2m100", "m2m100", "M2M100ForConditionalGeneration", "M2M100Config",
             outputs=LOGITS, task="translation", options=M2M, attention="sdpa"),
    *seq2seq("flan-t5-encoder", "t5", "T5EncoderModel", "T5Config", "encoder", base=T5,
             options={"feed_forward_proj": "gated-gelu"}, attention="sdpa"),
]  # fmt: skip

MOE: dict[str, Any] = {
    **LLAMA, "num_hidden_layers": 2, "num_experts_per_tok": 2,
    "experts_implementation": "batched_mm",
}  # fmt: skip
QWEN_MOE: dict[str, Any] = {
    **MOE, "num_experts": 4, "moe_intermediate_size": 64, "shared_expert_intermediate_size": 96,
    "decoder_sparse_step": 1, "head_dim": 16,
}  # fmt: skip
FALCON: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 3, **TOKENS,
    "num_attention_heads": HEADS,
}  # fmt: skip
STATE: dict[str, Any] = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 2, **TOKENS,
}  # fmt: skip
LMS = [
    *lm("mixtral", "mixtral", "MixtralForCausalLM", "MixtralConfig",
        {**MOE, "num_local_experts": 4}),
    *lm("qwen2-moe", "qwen-moe", "Qwen2MoeForCausalLM", "Qwen2MoeConfig", QWEN_MOE),
    *lm("qwen3-moe", "qwen-moe", "Qwen3MoeForCausalLM", "Qwen3MoeConfig", QWEN_MOE),
    *lm("falcon", "falcon", "FalconForCausalLM", "FalconConfig",
        {**FALCON, "multi_query": True, "parallel_attn": True, "bias": False, "alibi": False}),
    *lm("falcon-40b", "falcon", "FalconForCausalLM", "FalconConfig",
        {**FALCON, "new_decoder_architecture": True, "num_kv_heads": 2, "bias": False,
         "alibi": False}),
    *lm("gpt-neo", "gpt-neo", "GPTNeoForCausalLM", "GPTNeoConfig",
        {"vocab_size": VOCAB, "hidden_size": HIDDEN, "num_layers": 4, "num_heads": HEADS,
         "attention_types": [[["global", "local"], 2]], "window_size": 8,
         "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2},
        attention="eager"),
    *lm("gpt2-small", "gpt2", "GPT2LMHeadModel", "GPT2Config", {**GPT2, "n_layer": 2},
        attention="sdpa", variant="gpt2"),
]  # fmt: skip


def state(name: str, family: str, model: str, config: str, options: dict[str, Any]) -> list[Spec]:
    """A language model without attention, which takes ids alone."""
    recipe = Recipe(model, config, options, "ids", LOGITS, fixed={"use_cache": False})
    return entry(name, family, recipe, "decoder", task="language-modelling", attention="eager")


STATES = [
    *state("mamba", "mamba", "MambaForCausalLM", "MambaConfig", {**STATE, "state_size": 8}),
    *state("rwkv", "rwkv", "RwkvForCausalLM", "RwkvConfig",
           {**STATE, "context_length": 64, "attention_hidden_size": HIDDEN}),
]  # fmt: skip

TWINS = [
    hand("textcnn", "textcnn", tokens(twin.TextCNN, 24), CLS),
    hand("textcnn-norm", "textcnn", tokens(lambda: twin.TextCNN(kernels=(2, 3, 4), norm=True), 24),
         CLS),
    hand("textcnn-2d", "textcnn", tokens(twin.TextCNN2d, 24), CLS),
    hand("average-word-vec", "averagewordvec", tokens(twin.AverageWordVec, 24), CLS),
    hand("fasttext", "averagewordvec", tokens(lambda: twin.AverageWordVec(hidden=0), 24), CLS),
]  # fmt: skip

SPECS: list[Spec] = [*ENCODERS, *SEQ2SEQS, *LMS, *STATES, *TWINS]
