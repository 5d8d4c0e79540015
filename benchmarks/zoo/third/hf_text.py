"""Text models of `transformers` by other configs, heads and sizes than elsewhere in the zoo."""

from __future__ import annotations

from typing import Any

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, hf


def enc(layers: int, hidden: int, heads: int, **more: Any) -> dict[str, Any]:
    """Options that encoders of the BERT kind share."""
    return {
        "vocab_size": VOCAB, "num_hidden_layers": layers, "hidden_size": hidden,
        "num_attention_heads": heads, "intermediate_size": 4 * hidden,
        "max_position_embeddings": 64, **more,
    }  # fmt: skip


def dec(layers: int, hidden: int, heads: int, **more: Any) -> dict[str, Any]:
    """Options that decoders of the Llama kind share."""
    return {
        "vocab_size": VOCAB, "num_hidden_layers": layers, "hidden_size": hidden,
        "num_attention_heads": heads, "intermediate_size": 3 * hidden, "pad_token_id": 0,
        "bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 64, **more,
    }  # fmt: skip


def both(hidden: int, heads: int, layers: int, **more: Any) -> dict[str, Any]:
    """Options that encoder-decoders of the BART kind share."""
    return {
        "vocab_size": VOCAB, "d_model": hidden, "encoder_layers": layers,
        "decoder_layers": layers, "encoder_attention_heads": heads,
        "decoder_attention_heads": heads, "encoder_ffn_dim": 4 * hidden,
        "decoder_ffn_dim": 4 * hidden, "max_position_embeddings": 64, "pad_token_id": 1, **more,
    }  # fmt: skip


T5 = {"vocab_size": VOCAB, "d_model": 40, "d_kv": 8, "d_ff": 96, "num_heads": 5,
      "decoder_start_token_id": 0}  # fmt: skip
IDS, PAIR = {"input_ids": (1, 14)}, {"input_ids": (1, 14), "attention_mask": (1, 14)}
TRIO = {**PAIR, "token_type_ids": (1, 14)}
SEQ = {"input_ids": (1, 14), "decoder_input_ids": (1, 9)}
QA, HIDDEN = "start_logits end_logits", "last_hidden_state"
OFF = {"use_cache": False}

SPECS: list[Spec] = [
    hf("bert-qa-12", "bert", "BertForQuestionAnswering", "BertConfig", enc(12, 24, 3), TRIO, QA),
    hf("bert-pretraining", "bert", "BertForPreTraining", "BertConfig", enc(5, 40, 5), TRIO,
       "prediction_logits seq_relationship_logits"),
    hf("camembert", "roberta", "CamembertForTokenClassification", "CamembertConfig",
       enc(6, 48, 6, num_labels=9), PAIR),
    hf("xlm-roberta", "roberta", "XLMRobertaForSequenceClassification", "XLMRobertaConfig",
       enc(4, 32, 2), PAIR, attention="eager"),
    hf("distilbert-qa", "distilbert", "DistilBertForQuestionAnswering", "DistilBertConfig",
       {"vocab_size": VOCAB, "dim": 36, "n_heads": 6, "n_layers": 5, "hidden_dim": 100}, PAIR, QA),
    hf("electra-generator", "electra", "ElectraForMaskedLM", "ElectraConfig",
       enc(6, 32, 4, embedding_size=16), TRIO),
    hf("albert-xxlarge", "albert", "AlbertForTokenClassification", "AlbertConfig",
       enc(8, 64, 16, embedding_size=8, hidden_act="gelu"), TRIO),
    hf("mpnet-qa", "mpnet", "MPNetForQuestionAnswering", "MPNetConfig", enc(5, 24, 4), PAIR, QA,
       attention="eager"),
    hf("deberta-v3-qa", "deberta", "DebertaV2ForQuestionAnswering", "DebertaV2Config",
       enc(4, 36, 6, relative_attention=True, position_buckets=16, norm_rel_ebd="layer_norm",
           share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
           type_vocab_size=0), PAIR, QA, attention="eager"),
    hf("modernbert-tagger", "modernbert", "ModernBertForTokenClassification", "ModernBertConfig",
       enc(7, 32, 4, local_attention=8, global_attn_every_n_layers=3, pad_token_id=0), PAIR),
    hf("distilgpt2", "gpt2", "GPT2LMHeadModel", "GPT2Config",
       {"vocab_size": VOCAB, "n_embd": 36, "n_layer": 6, "n_head": 6, "n_positions": 48}, PAIR,
       **OFF),
    hf("gpt2-classifier", "gpt2", "GPT2ForTokenClassification", "GPT2Config",
       {"vocab_size": VOCAB, "n_embd": 32, "n_layer": 3, "n_head": 2, "n_positions": 48}, IDS,
       attention="eager"),
    hf("gpt-neo-local", "gpt-neo", "GPTNeoForCausalLM", "GPTNeoConfig",
       {"vocab_size": VOCAB, "hidden_size": 40, "num_layers": 4, "num_heads": 5, "window_size": 6,
        "attention_types": [[["global", "local"], 2]], "max_position_embeddings": 48}, PAIR,
       attention="eager", **OFF),
    hf("pythia-classifier", "gpt-neox", "GPTNeoXForSequenceClassification", "GPTNeoXConfig",
       dec(4, 48, 4), PAIR, **OFF),
    hf("gptj", "gpt-j", "GPTJForCausalLM", "GPTJConfig",
       {"vocab_size": VOCAB, "n_embd": 48, "n_layer": 3, "n_head": 4, "rotary_dim": 8,
        "n_positions": 48}, PAIR, attention="eager", **OFF),
    hf("opt-small", "opt", "OPTForCausalLM", "OPTConfig",
       {"vocab_size": VOCAB, "hidden_size": 36, "num_hidden_layers": 6, "num_attention_heads": 6,
        "ffn_dim": 72, "max_position_embeddings": 64, "word_embed_proj_dim": 36}, PAIR, **OFF),
    hf("bloomz", "bloom", "BloomForTokenClassification", "BloomConfig",
       {"vocab_size": VOCAB, "hidden_size": 48, "n_layer": 4, "n_head": 6}, PAIR,
       attention="eager", **OFF),
    hf("tinyllama", "llama", "LlamaForCausalLM", "LlamaConfig",
       dec(5, 48, 6, num_key_value_heads=1, tie_word_embeddings=True), PAIR, **OFF),
    hf("llama3-rope", "llama", "LlamaForSequenceClassification", "LlamaConfig",
       dec(4, 64, 8, num_key_value_heads=2, rope_scaling={
           "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 32}), PAIR, attention="eager", **OFF),
    hf("mistral-embed", "mistral", "MistralModel", "MistralConfig",
       dec(3, 48, 6, num_key_value_heads=3, sliding_window=6), PAIR, HIDDEN, **OFF),
    hf("qwen2.5", "qwen2", "Qwen2ForSequenceClassification", "Qwen2Config",
       dec(4, 48, 6, num_key_value_heads=2), PAIR, **OFF),
    hf("qwen3-embedding", "qwen3", "Qwen3Model", "Qwen3Config",
       dec(4, 40, 5, num_key_value_heads=1, head_dim=16), PAIR, HIDDEN, attention="eager", **OFF),
    hf("gemma-mqa", "gemma", "GemmaForCausalLM", "GemmaConfig",
       dec(3, 48, 4, num_key_value_heads=1, head_dim=16), PAIR, **OFF),
    hf("phi-classifier", "phi", "PhiForTokenClassification", "PhiConfig",
       dec(3, 48, 4, partial_rotary_factor=0.5), PAIR, **OFF),
    hf("falcon-new", "falcon", "FalconForTokenClassification", "FalconConfig",
       dec(3, 48, 6, new_decoder_architecture=True, num_kv_heads=2), PAIR, **OFF),
    hf("mamba-deep", "mamba", "MambaForCausalLM", "MambaConfig",
       {"vocab_size": VOCAB, "hidden_size": 24, "num_hidden_layers": 4, "state_size": 8},
       {"input_ids": (1, 5)}, attention="eager", **OFF),
    hf("mt5", "t5", "MT5ForConditionalGeneration", "MT5Config", {**T5, "num_layers": 3}, SEQ,
       components="encoder+decoder", **OFF),
    hf("umt5-encoder", "t5", "T5EncoderModel", "T5Config",
       {**T5, "num_layers": 6, "feed_forward_proj": "relu"}, PAIR, HIDDEN, components="encoder"),
    hf("bart-classifier", "bart", "BartForSequenceClassification", "BartConfig",
       both(32, 4, 3, eos_token_id=2), {"input_ids": (1, 14)}, "last_hidden_state", part="model",
       **OFF),
    hf("blenderbot-small", "bart", "BlenderbotSmallForConditionalGeneration",
       "BlenderbotSmallConfig", both(40, 5, 4), SEQ, components="encoder+decoder", **OFF),
    hf("marian-big", "marian", "MarianMTModel", "MarianConfig",
       both(48, 6, 4, activation_function="relu"), SEQ, components="encoder+decoder", **OFF),
    hf("nllb", "m2m100", "M2M100ForConditionalGeneration", "M2M100Config", both(32, 4, 3), SEQ,
       components="encoder+decoder", **OFF),
]  # fmt: skip
