"""The decoder of Stable Diffusion's autoencoder as diffusers has it: a latent becomes an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

WIDTHS, DEPTH, GROUPS, LATENT, SIDE = (16, 32, 48), 2, 8, 4, 16


def norm(width: int) -> nn.GroupNorm:
    """The norm of every block."""
    return nn.GroupNorm(GROUPS, width, eps=1e-6)


class ResnetBlock2D(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(cin), nn.Conv2d(cin, cout, 3, 1, 1)
        self.norm2, self.conv2 = norm(cout), nn.Conv2d(cout, cout, 3, 1, 1)
        self.nonlinearity, self.dropout = nn.SiLU(), nn.Dropout(0.0)
        self.conv_shortcut = nn.Conv2d(cin, cout, 1) if cin != cout else None

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(self.nonlinearity(self.norm1(x)))
        hidden = self.conv2(self.dropout(self.nonlinearity(self.norm2(hidden))))
        if self.conv_shortcut is not None:
            x = self.conv_shortcut(x)
        return (x + hidden) / 1.0


class Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads, self.group_norm = 1, norm(width)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width), nn.Dropout(0.0)])

    def forward(self, x: Tensor) -> Tensor:
        residual = x
        batch, channel, height, width = x.shape
        x = x.view(batch, channel, height * width).transpose(1, 2)
        x = self.group_norm(x.transpose(1, 2)).transpose(1, 2)
        query, key, value = self.to_q(x), self.to_k(x), self.to_v(x)
        size = key.shape[-1] // self.heads
        query, key, value = (
            each.view(batch, -1, self.heads, size).transpose(1, 2) for each in (query, key, value)
        )
        x = F.scaled_dot_product_attention(query, key, value, dropout_p=0.0, is_causal=False)
        x = x.transpose(1, 2).reshape(batch, -1, self.heads * size)
        x = self.to_out[1](self.to_out[0](x))
        x = x.transpose(-1, -2).reshape(batch, channel, height, width)
        return (x + residual) / 1.0


class UNetMidBlock2D(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock2D(width, width) for _ in range(2))
        self.attentions = nn.ModuleList([Attention(width)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Upsample2D(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class UpDecoderBlock2D(nn.Module):
    def __init__(self, cin: int, cout: int, up: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock2D(cin if index == 0 else cout, cout) for index in range(DEPTH)
        )
        self.upsamplers = nn.ModuleList([Upsample2D(cout)] if up else [])

    def forward(self, x: Tensor) -> Tensor:
        for each in self.resnets:
            x = each(x)
        for each in self.upsamplers:
            x = each(x)
        return x


class AutoencoderKLDecoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.post_quant_conv = nn.Conv2d(LATENT, LATENT, 1)
        widths = WIDTHS[::-1]
        self.conv_in, self.mid_block = (
            nn.Conv2d(LATENT, widths[0], 3, 1, 1),
            UNetMidBlock2D(widths[0]),
        )
        self.up_blocks = nn.ModuleList(
            UpDecoderBlock2D(widths[max(index - 1, 0)], width, index < len(widths) - 1)
            for index, width in enumerate(widths)
        )
        self.conv_norm_out, self.conv_act = norm(widths[-1]), nn.SiLU()
        self.conv_out = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, latent: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(self.post_quant_conv(latent)))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(self.conv_act(self.conv_norm_out(x)))


def build(seed: int) -> Built:
    """The network and its input, a latent."""
    latent = torch.randn(1, LATENT, SIDE, SIDE)
    return Built(AutoencoderKLDecoder(), {"latent": latent}, {"latent": {0: "batch"}})
