"""BLOOM as `transformers` has it: linear biases by distance, an early norm, tied words."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BloomConfig, BloomModel
from transformers.models.bloom.modeling_bloom import bloom_gelu_forward

from benchmarks.zoo.spec import Built


class Gelu(nn.Module):
    """The same function without its own gradient, as earlier releases had it for inference."""

    def forward(self, x: Tensor) -> Tensor:
        return bloom_gelu_forward(x)


class Bloom(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = BloomConfig(vocab_size=40, hidden_size=24, n_layer=2, n_head=4, use_cache=False)
        self.model = BloomModel(config)
        for block in self.model.h:
            block.mlp.gelu_impl = Gelu()

    def forward(self, ids: Tensor) -> Tensor:
        x = self.model(input_ids=ids, return_dict=False)[0]
        return F.linear(x, self.model.word_embeddings.weight)


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Bloom(), {"ids": torch.randint(0, 32, (1, 11))})
