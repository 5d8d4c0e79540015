"""Whisper as `transformers` has it: two convolutions over a spectrogram, encoder and decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import WhisperConfig, WhisperModel

from benchmarks.zoo.spec import Built

TOKENS = 10


class Whisper(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = WhisperConfig(
            vocab_size=64,
            num_mel_bins=40,
            d_model=48,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=3,
            decoder_attention_heads=3,
            encoder_ffn_dim=192,
            decoder_ffn_dim=192,
            max_source_positions=32,
            max_target_positions=24,
            use_cache=False,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
            suppress_tokens=None,
            begin_suppress_tokens=None,
        )
        self.model = WhisperModel(config)
        mask = torch.full((1, 1, TOKENS, TOKENS), torch.finfo(torch.float32).min).triu(1)
        self.register_buffer("mask", mask)

    def forward(self, mel: Tensor, ids: Tensor) -> Tensor:
        x = self.model(
            input_features=mel,
            decoder_input_ids=ids,
            decoder_attention_mask=self.mask,
            use_cache=False,
            return_dict=False,
        )[0]
        return F.linear(x, self.model.decoder.embed_tokens.weight)


def build(seed: int) -> Built:
    """The network and its inputs, a spectrogram and the words written so far."""
    mel, ids = torch.randn(1, 40, 64), torch.randint(0, 32, (1, TOKENS))
    return Built(Whisper(), {"mel": mel, "ids": ids})
