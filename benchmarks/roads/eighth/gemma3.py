"""Gemma 3 as `transformers` has it: norms on both sides, few keys, most layers look near only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from benchmarks.zoo.spec import Built

TOKENS, WINDOW = 16, 8


class Gemma3(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = Gemma3TextConfig(
            vocab_size=64,
            hidden_size=48,
            intermediate_size=96,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=1,
            head_dim=16,
            query_pre_attn_scalar=16,
            max_position_embeddings=64,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
            use_cache=False,
            attn_implementation="sdpa",
        )
        self.model = Gemma3ForCausalLM(config)

    def forward(self, ids: Tensor) -> Tensor:
        rows = torch.arange(ids.shape[1])
        past = rows[None, :] <= rows[:, None]
        near = past & (rows[:, None] - rows[None, :] < WINDOW)
        masks = {"full_attention": past[None, None], "sliding_attention": near[None, None]}
        return self.model(input_ids=ids, attention_mask=masks, return_dict=False)[0]


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Gemma3(), {"ids": torch.randint(0, 32, (1, TOKENS))})
