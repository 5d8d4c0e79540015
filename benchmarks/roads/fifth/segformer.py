"""SegFormer as `transformers` has it: keys from reduced maps, convolved MLPs, a light decoder."""

from __future__ import annotations

from torch import Tensor, nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from benchmarks.zoo.spec import Built, image


class Segformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = SegformerConfig(
            depths=[1, 1, 2, 1],
            hidden_sizes=[8, 16, 20, 32],
            num_attention_heads=[1, 2, 2, 4],
            mlp_ratios=[2, 2, 2, 2],
            decoder_hidden_size=24,
            num_labels=6,
        )
        self.model = SegformerForSemanticSegmentation(config)

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image, return_dict=False)[0]


def build(seed: int) -> Built:
    """The network and its input."""
    return image(Segformer(), 64)
