"""T5 1.1 as `transformers` has it: RMS norms, bucketed relative positions, a gated feed-forward."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import T5Config, T5ForConditionalGeneration

from benchmarks.zoo.spec import Built


class T5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = T5Config(
            vocab_size=40,
            d_model=24,
            d_kv=8,
            d_ff=48,
            num_layers=2,
            num_heads=3,
            relative_attention_num_buckets=16,
            relative_attention_max_distance=32,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,
            use_cache=False,
        )
        self.model = T5ForConditionalGeneration(config)

    def forward(self, ids: Tensor, target: Tensor) -> Tensor:
        return self.model(input_ids=ids, decoder_input_ids=target, return_dict=False)[0]


def build(seed: int) -> Built:
    """The network and its inputs, the words read and those written so far."""
    ids, target = torch.randint(0, 32, (1, 12)), torch.randint(0, 32, (1, 7))
    return Built(T5(), {"ids": ids, "target": target})
