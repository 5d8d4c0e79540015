"""ModernBERT as `transformers` has it, classifying: most layers look at near words only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import ModernBertConfig, ModernBertForSequenceClassification

from benchmarks.zoo.spec import Built

TOKENS, WINDOW = 16, 8


class ModernBert(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = ModernBertConfig(
            vocab_size=64,
            hidden_size=48,
            intermediate_size=72,
            num_hidden_layers=4,
            num_attention_heads=3,
            max_position_embeddings=64,
            local_attention=WINDOW,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            cls_token_id=1,
            sep_token_id=2,
            num_labels=5,
        )
        self.model = ModernBertForSequenceClassification(config)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        lowest, (batch, count) = torch.finfo(torch.float32).min, mask.shape
        inverted = 1.0 - mask[:, None, None, :].expand(batch, 1, count, count).to(torch.float32)
        everywhere = inverted.masked_fill(inverted.to(torch.bool), lowest)
        rows = torch.arange(count).unsqueeze(0)
        near = (torch.abs(rows - rows.T) <= WINDOW // 2).unsqueeze(0).unsqueeze(0)
        masks = {
            "full_attention": everywhere,
            "sliding_attention": everywhere.masked_fill(near.logical_not(), lowest),
        }
        return self.model(input_ids=ids, attention_mask=masks, return_dict=False)[0]


def build(seed: int) -> Built:
    """The network and its inputs, words and which of them are there."""
    ids, mask = torch.randint(0, 32, (1, TOKENS)), torch.ones(1, TOKENS, dtype=torch.int64)
    mask[:, -3:] = 0
    return Built(ModernBert(), {"ids": ids, "mask": mask})
