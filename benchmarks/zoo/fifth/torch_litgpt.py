"""Language models of `litgpt`: one decoder class and the package's own configurations of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from torch import nn

from benchmarks.zoo.fourth.torch_vision import entry
from benchmarks.zoo.spec import Spec

WIDTH, HEADS, LAYERS = 64, 4, 4


def small(name: str, layers: int = LAYERS) -> nn.Module:
    """The network of this configuration with fewer layers, heads, channels and words."""
    config = import_module("litgpt.config")
    full = config.Config.from_name(name)
    groups = {full.n_head: HEADS, 1: 1}.get(full.n_query_groups, HEADS // 2)
    sizes: dict[str, Any] = {
        "n_layer": layers, "n_embd": WIDTH, "n_head": HEADS, "n_query_groups": groups,
        "head_size": WIDTH // HEADS, "padded_vocab_size": 160, "vocab_size": 160,
        "block_size": 64, "intermediate_size": 16 * round(full.intermediate_size / full.n_embd * 4),
    }  # fmt: skip
    if full.attention_scores_scalar:
        sizes["attention_scores_scalar"] = WIDTH // HEADS
    if full.sliding_window_size:
        sizes["sliding_window_size"] = 8
    if full.n_expert:
        sizes |= {"n_expert": 4, "n_expert_per_token": 2}
    if full.moe_intermediate_size:
        sizes["moe_intermediate_size"] = 48
    network: nn.Module = import_module("litgpt.model").GPT(replace(full, **sizes))
    return network


def lit(name: str, family: str, layers: int = LAYERS) -> Spec:
    """A decoder with its head, over twelve tokens."""
    labels = {"modality": "text", "task": "generation", "variant": name.lower()}
    maker = partial(small, name, layers)
    spec = entry("litgpt", name.lower(), family, maker, {"ids": (1, 12)}, **labels)
    return replace(spec, name=f"fifth-litgpt-{name.lower()}")


SPECS: list[Spec] = [
    lit("pythia-14m", "gpt-neox"),
    lit("pythia-410m", "gpt-neox", 6),
    # the first StableLM was trained with the code and the shape of GPT-NeoX
    lit("stablelm-base-alpha-3b", "gpt-neox"),
    # the later one is a Llama with LayerNorm and a quarter of its channels rotated
    lit("stablelm-3b-4e1t", "stablelm"),
    lit("stable-code-3b", "stablelm", 3),
    lit("falcon-7b", "falcon"),
    lit("falcon-40b", "falcon", 3),
    # despite its name, this one is loaded as a Llama
    lit("Falcon3-1B-Base", "llama"),
    lit("open_llama_3b", "llama"),
    lit("Llama-2-7b-hf", "llama"),
    lit("Llama-3-8B", "llama"),
    lit("Llama-3.2-1B", "llama", 6),
    lit("CodeLlama-7b-hf", "llama", 3),
    lit("tiny-llama-1.1b", "llama"),
    lit("micro-llama-300M", "llama", 3),
    lit("SmolLM2-135M", "llama", 5),
    lit("salamandra-2b", "llama"),
    lit("OLMo-1B-hf", "olmo"),
    lit("OLMo-2-1124-7B", "olmo2"),
    lit("Gemma-2b", "gemma"),
    lit("Gemma-7b", "gemma", 3),
    # norms on both sides of each part and soft caps: a name of its own, as in `fourth`
    lit("Gemma-2-2b", "gemma2"),
    lit("Gemma-3-1b-it", "gemma3", 6),
    lit("CodeGemma-7b-it", "gemma"),
    lit("phi-1_5", "phi"),
    lit("phi-2", "phi", 3),
    # its report: the block of Llama 2; a name of its own, as in `fourth`
    lit("Phi-3-mini-4k-instruct", "phi3"),
    lit("phi-4", "phi3"),
    lit("Mistral-7B-v0.1", "mistral"),
    lit("Mistral-7B-v0.3", "mistral", 3),
    lit("Mixtral-8x7B-v0.1", "mixtral", 3),
    lit("Qwen2.5-0.5B", "qwen2"),
    lit("Qwen2.5-1.5B", "qwen2", 3),
    lit("Qwen3-0.6B", "qwen3"),
    lit("Qwen3-4B", "qwen3", 3),
    lit("Qwen3-30B-A3B", "qwen-moe", 3),
]
