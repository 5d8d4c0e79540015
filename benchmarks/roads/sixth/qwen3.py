"""Qwen3 as `transformers` has it: grouped queries, normed queries and keys, rotary, SwiGLU."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from benchmarks.zoo.spec import Built

TOKENS = 14


class Qwen3(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = Qwen3Config(
            vocab_size=64,
            hidden_size=48,
            intermediate_size=112,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=16,
            max_position_embeddings=128,
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
            tie_word_embeddings=False,
            use_cache=False,
            bos_token_id=0,
            eos_token_id=1,
        )
        self.model = Qwen3ForCausalLM(config)
        mask = torch.full((1, 1, TOKENS, TOKENS), torch.finfo(torch.float32).min).triu(1)
        self.register_buffer("mask", mask)

    def forward(self, ids: Tensor) -> Tensor:
        return self.model(
            input_ids=ids, attention_mask=self.mask, use_cache=False, return_dict=False
        )[0]


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Qwen3(), {"ids": torch.randint(0, 32, (1, TOKENS))})
