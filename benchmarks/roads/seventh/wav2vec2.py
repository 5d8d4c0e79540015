"""wav2vec 2.0 as `transformers` has it, spelling: convolutions over sound, then an encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import remove_parametrizations
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from benchmarks.zoo.spec import Built

SAMPLES = 6400


class Wav2Vec2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = Wav2Vec2Config(
            vocab_size=32,
            hidden_size=48,
            num_hidden_layers=3,
            num_attention_heads=3,
            intermediate_size=96,
            conv_dim=(32,) * 7,
            num_conv_pos_embeddings=16,
            num_conv_pos_embedding_groups=4,
            mask_time_prob=0.0,
            mask_feature_prob=0.0,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )
        self.model = Wav2Vec2ForCTC(config)
        remove_parametrizations(self.model.wav2vec2.encoder.pos_conv_embed.conv, "weight")

    def forward(self, sound: Tensor) -> Tensor:
        return self.model(input_values=sound, return_dict=False)[0]


def build(seed: int) -> Built:
    """The network and its input."""
    return Built(Wav2Vec2(), {"sound": torch.randn(1, SAMPLES)})
