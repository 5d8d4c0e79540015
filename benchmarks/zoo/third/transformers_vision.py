# ruff: noqa: D102 - forward() is described by its class
"""Vision transformers after their authors' repositories and lucidrains' collection."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import conv_bn, hf, model


class LucidAttention(nn.Module):
    """One projection without bias, chunked; the output keeps its bias."""

    def __init__(self, dim: int, heads: int, dim_head: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, dim_head**-0.5
        self.norm, self.attend = nn.LayerNorm(dim), nn.Softmax(dim=-1)
        self.to_qkv = nn.Linear(dim, heads * dim_head * 3, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * dim_head, dim), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        q, k, v = (
            part.view(b, n, self.heads, -1).permute(0, 2, 1, 3)
            for part in self.to_qkv(self.norm(x)).chunk(3, dim=-1)
        )
        dots = torch.matmul(q, k.transpose(-1, -2)) * self.scale
        out = torch.matmul(self.attend(dots), v).permute(0, 2, 1, 3).reshape(b, n, -1)
        return self.to_out(out)


def mlp(dim: int, hidden: int, act: type[nn.Module] = nn.GELU) -> nn.Sequential:
    """A feed-forward with its norm inside."""
    return nn.Sequential(
        nn.LayerNorm(dim), nn.Linear(dim, hidden), act(), nn.Dropout(0.1),
        nn.Linear(hidden, dim), nn.Dropout(0.1),
    )  # fmt: skip


class LucidVit(nn.Module):
    """lucidrains' ViT: patches by reshape, norms around the projection; SimpleViT by choice."""

    def __init__(self, dim: int, depth: int, heads: int, simple: bool) -> None:
        super().__init__()
        self.simple, patch = simple, 16
        self.embed = nn.Sequential(
            nn.LayerNorm(3 * patch * patch), nn.Linear(3 * patch * patch, dim), nn.LayerNorm(dim)
        )
        self.pos = nn.Parameter(torch.randn(1, 16 if simple else 17, dim))
        self.cls = None if simple else nn.Parameter(torch.randn(1, 1, dim))
        self.layers = nn.ModuleList(
            nn.ModuleList([LucidAttention(dim, heads, 8), mlp(dim, 2 * dim)]) for _ in range(depth)
        )
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 30)

    def forward(self, img: Tensor) -> Tensor:
        b, c, h, w = img.shape
        x = img.view(b, c, h // 16, 16, w // 16, 16).permute(0, 2, 4, 3, 5, 1)
        x = self.embed(x.reshape(b, -1, 256 * c))
        if self.cls is not None:
            x = torch.cat((self.cls.expand(b, -1, -1), x), dim=1)
        x = x + self.pos
        for layer in self.layers:
            attn, feed = layer  # type: ignore[misc]
            x = attn(x) + x
            x = feed(x) + x
        x = self.norm(x)
        return self.head(x.mean(dim=1) if self.simple else x[:, 0])


class JeonVit(nn.Module):
    """jeonsworld's ViT: Google's split projections, whose scale divides the scores."""

    def __init__(self, dim: int, depth: int, heads: int, patch: int, size: int) -> None:
        super().__init__()
        self.heads = heads
        self.patch = nn.Conv2d(3, dim, patch, patch)
        self.pos = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, dim))
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.blocks = nn.ModuleList(nn.ModuleDict({
            "n1": nn.LayerNorm(dim, eps=1e-6), "n2": nn.LayerNorm(dim, eps=1e-6),
            "q": nn.Linear(dim, dim), "k": nn.Linear(dim, dim), "v": nn.Linear(dim, dim),
            "o": nn.Linear(dim, dim), "fc1": nn.Linear(dim, 4 * dim),
            "fc2": nn.Linear(4 * dim, dim)}) for _ in range(depth))  # fmt: skip
        self.norm, self.head = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, 21)

    def split(self, x: Tensor) -> Tensor:
        return x.view(*x.size()[:-1], self.heads, -1).permute(0, 2, 1, 3)

    def block(self, m: Any, x: Tensor) -> Tensor:
        y = m["n1"](x)
        q, k, v = self.split(m["q"](y)), self.split(m["k"](y)), self.split(m["v"](y))
        scores = torch.matmul(q, k.transpose(-1, -2)) / q.shape[-1] ** 0.5
        y = torch.matmul(F.softmax(scores, -1), v).permute(0, 2, 1, 3).contiguous()
        x = m["o"](y.view(*y.size()[:-2], -1)) + x
        return m["fc2"](F.gelu(m["fc1"](m["n2"](x)))) + x

    def forward(self, img: Tensor) -> Tensor:
        x = self.patch(img).flatten(2).transpose(-1, -2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.pos
        for m in self.blocks:
            x = self.block(m, x)
        return self.head(self.norm(x)[:, 0])


class WindowAttention(nn.Module):
    """Microsoft's window attention with a gathered table and a shift mask."""

    def __init__(self, dim: int, heads: int, win: int) -> None:
        super().__init__()
        self.heads, self.win = heads, win
        self.table = nn.Parameter(torch.randn((2 * win - 1) ** 2, heads) * 0.02)
        grid = torch.stack(torch.meshgrid(torch.arange(win), torch.arange(win), indexing="ij"))
        flat = grid.flatten(1)
        rel = (flat[:, :, None] - flat[:, None]).permute(1, 2, 0) + win - 1
        self.register_buffer("index", rel[..., 0] * (2 * win - 1) + rel[..., 1])
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attn = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        bias = self.table[self.index.view(-1)].view(n, n, -1)  # type: ignore[operator]
        attn = attn + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if mask is not None:
            attn = attn.view(b // mask.shape[0], mask.shape[0], self.heads, n, n)
            attn = (attn + mask[:, None][None]).view(-1, self.heads, n, n)
        y = (F.softmax(attn, -1) @ v).transpose(1, 2).reshape(b, n, c)
        return self.proj(y)


class SwinBlock(nn.Module):
    """Attention in windows, every other time shifted, then a feed-forward."""

    def __init__(self, dim: int, heads: int, side: int, win: int, shift: int) -> None:
        super().__init__()
        self.win = min(win, side)
        self.side, self.shift = side, 0 if side <= win else shift
        self.norm1, self.mlp = nn.LayerNorm(dim), mlp(dim, 4 * dim)
        self.attn = WindowAttention(dim, heads, self.win)
        self.register_buffer("mask", self.masked() if self.shift else None)

    def cut(self, x: Tensor) -> Tensor:
        b, h, w, c = x.shape
        n = self.win
        y = x.view(b, h // n, n, w // n, n, c).permute(0, 1, 3, 2, 4, 5)
        return y.contiguous().view(-1, n * n, c)

    def masked(self) -> Tensor:
        img = torch.zeros(1, self.side, self.side, 1)
        parts = (slice(0, -self.win), slice(-self.win, -self.shift), slice(-self.shift, None))
        for i, a in enumerate(parts):
            for j, b in enumerate(parts):
                img[:, a, b, :] = 3 * i + j
        rows = self.cut(img).squeeze(-1)
        far = rows.unsqueeze(1) - rows.unsqueeze(2)
        return far.masked_fill(far != 0, -100.0)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        s = self.side
        y = self.norm1(x).view(b, s, s, c)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.attn(self.cut(y), self.mask)
        w = self.win
        y = y.view(b, s // w, s // w, w, w, c).permute(0, 1, 3, 2, 4, 5).reshape(b, s, s, c)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y.view(b, n, c)
        return x + self.mlp(x)


class Merge(nn.Module):
    """Four neighbours joined, normalised and reduced."""

    def __init__(self, dim: int, side: int) -> None:
        super().__init__()
        self.side, self.norm = side, nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        b, _, c = x.shape
        y = x.view(b, self.side, self.side, c)
        parts = [y[:, i::2, j::2, :] for j in (0, 1) for i in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1).view(b, -1, 4 * c)))


class Swin(nn.Module):
    """Microsoft's Swin with resolutions fixed at construction."""

    def __init__(self, dim: int, depths: list[int], size: int, win: int) -> None:
        super().__init__()
        self.patch, self.norm0 = nn.Conv2d(3, dim, 4, 4), nn.LayerNorm(dim)
        side, layers = size // 4, []
        for stage, depth in enumerate(depths):
            heads = dim // 8
            layers += [SwinBlock(dim, heads, side, win, win // 2 * (i % 2)) for i in range(depth)]
            if stage < len(depths) - 1:
                layers.append(Merge(dim, side))
                dim, side = 2 * dim, side // 2
        self.layers, self.norm = nn.Sequential(*layers), nn.LayerNorm(dim)
        self.pool, self.head = nn.AdaptiveAvgPool1d(1), nn.Linear(dim, 30)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(self.norm0(self.patch(x).flatten(2).transpose(1, 2)))
        return self.head(torch.flatten(self.pool(self.norm(x).transpose(1, 2)), 1))


class Pvt(nn.Module):
    """whai362's PVT v1: positions and patch embeddings a stage, keys reduced by convolution."""

    def __init__(self, dims: list[int], depths: list[int], size: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        cin, side = 3, size
        for stage, (dim, depth) in enumerate(zip(dims, depths, strict=True)):
            step = 2 if stage else 4
            side //= step
            ratio = (8, 4, 2, 1)[stage]
            parts: list[nn.Module] = [nn.Conv2d(cin, dim, step, step), nn.LayerNorm(dim)]
            parts += [PvtBlock(dim, 1 + stage, ratio, side) for _ in range(depth)]
            self.stages.append(nn.ModuleList(parts))
            self.register_parameter(f"pos{stage}", nn.Parameter(torch.randn(1, side * side, dim)))
            cin = dim
        self.head = nn.Linear(cin, 30)

    def forward(self, x: Tensor) -> Tensor:
        for index, stage in enumerate(self.stages):
            patch, norm, *blocks = stage  # type: ignore[misc]
            y = patch(x)
            b, c, h, w = y.shape
            z = norm(y.flatten(2).transpose(1, 2)) + getattr(self, f"pos{index}")
            for block in blocks:
                z = block(z)
            x = z.transpose(1, 2).reshape(b, c, h, w)
        return self.head(z.mean(1))


class PvtBlock(nn.Module):
    """Attention to a strided convolution of the tokens, then a feed-forward."""

    def __init__(self, dim: int, heads: int, ratio: int, side: int) -> None:
        super().__init__()
        self.heads, self.side, self.ratio = heads, side, ratio
        self.norm1, self.mlp = nn.LayerNorm(dim), mlp(dim, 4 * dim)
        self.q, self.kv, self.proj = (
            nn.Linear(dim, dim),
            nn.Linear(dim, 2 * dim),
            nn.Linear(dim, dim),
        )
        if ratio > 1:
            self.sr, self.norm = nn.Conv2d(dim, dim, ratio, ratio), nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        y = self.norm1(x)
        q = self.q(y).reshape(b, n, self.heads, -1).permute(0, 2, 1, 3)
        if self.ratio > 1:
            z = y.permute(0, 2, 1).reshape(b, c, self.side, self.side)
            y = self.norm(self.sr(z).reshape(b, c, -1).permute(0, 2, 1))
        k, v = self.kv(y).reshape(b, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = ((q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5).softmax(dim=-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, n, c))
        return x + self.mlp(x)


class FacebookDetr(nn.Module):
    """The demo of DETR's notebook: nn.Transformer, learned row and column positions."""

    def __init__(self, dim: int = 32) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            conv_bn(3, 16, 7, 2, act=nn.ReLU()), nn.MaxPool2d(3, 2, 1),
            *[Bottle(16 << i, 8 << i, s) for i, s in ((0, 1), (1, 2), (2, 2), (3, 2))],
        )  # fmt: skip
        self.conv = nn.Conv2d(256, dim, 1)
        self.transformer = nn.Transformer(dim, 4, 3, 3, 64)
        self.linear_class, self.linear_bbox = nn.Linear(dim, 12), nn.Linear(dim, 4)
        self.query_pos = nn.Parameter(torch.rand(20, dim))
        self.row, self.col = (nn.Parameter(torch.rand(50, dim // 2)) for _ in range(2))

    def forward(self, img: Tensor) -> tuple[Tensor, Tensor]:
        h = self.conv(self.backbone(img))
        rows, cols = h.shape[-2:]
        col = self.col[:cols].unsqueeze(0).repeat(rows, 1, 1)
        row = self.row[:rows].unsqueeze(1).repeat(1, cols, 1)
        pos = torch.cat([col, row], dim=-1).flatten(0, 1).unsqueeze(1)
        h = self.transformer(pos + h.flatten(2).permute(2, 0, 1), self.query_pos.unsqueeze(1))
        return self.linear_class(h), self.linear_bbox(h).sigmoid()


class Bottle(nn.Module):
    """A bottleneck that widens twofold."""

    def __init__(self, cin: int, mid: int, stride: int) -> None:
        super().__init__()
        out = 2 * cin
        self.main = nn.Sequential(
            conv_bn(cin, mid, 1, act=nn.ReLU()), conv_bn(mid, mid, 3, stride, act=nn.ReLU()),
            conv_bn(mid, out, 1),
        )  # fmt: skip
        self.short = conv_bn(cin, out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + self.short(x))


V = {"hidden_size": 48, "num_hidden_layers": 5, "num_attention_heads": 6, "intermediate_size": 96}
PIX = {"pixel_values": (1, 3, 96, 96)}
SPECS: list[Spec] = [
    model("lucidrains-vit", "vit", lambda: LucidVit(40, 6, 5, False), 64, "lucidrains/vit-pytorch"),
    model("lucidrains-simple-vit", "vit", lambda: LucidVit(32, 4, 4, True), 64,
          "lucidrains/vit-pytorch"),
    model("jeonsworld-vit-32", "vit", lambda: JeonVit(48, 4, 6, 32, 128), 128,
          "jeonsworld/ViT-pytorch"),
    model("microsoft-swin-s", "swin", lambda: Swin(16, [2, 2, 18, 2], 128, 4), 128,
          "microsoft/Swin-Transformer"),
    model("microsoft-swin-7", "swin", lambda: Swin(24, [2, 2, 6, 2], 224, 7), 224,
          "microsoft/Swin-Transformer"),
    model("whai362-pvt-small", "pvt", lambda: Pvt([16, 32, 48, 64], [3, 4, 6, 3], 128), 128,
          "whai362/PVT"),
    model("facebook-detr-demo", "detr", FacebookDetr, 128, "facebookresearch/detr demo",
          task="detection", components="resnet+transformer"),
    hf("vit-mae-encoder", "vit", "ViTMAEForPreTraining", "ViTMAEConfig",
       {**V, "image_size": 96, "patch_size": 16, "mask_ratio": 0.0}, PIX, "last_hidden_state",
       modality="image", part="vit"),
    hf("segformer-b1", "segformer", "SegformerForSemanticSegmentation", "SegformerConfig",
       {"hidden_sizes": [8, 16, 40, 64], "depths": [2, 2, 2, 2], "decoder_hidden_size": 32,
        "num_attention_heads": [1, 2, 5, 8], "num_labels": 9}, PIX, modality="image"),
    hf("beit-segmenter-trunk", "beit", "BeitForMaskedImageModeling", "BeitConfig",
       {**V, "image_size": 96, "vocab_size": 40, "use_relative_position_bias": True}, PIX,
       "last_hidden_state", modality="image", part="beit", attention="eager"),
    hf("clip-full-patch16", "clip", "CLIPModel", "CLIPConfig",
       {"text_config": {**V, "vocab_size": 160, "max_position_embeddings": 20, "eos_token_id": 2},
        "vision_config": {**V, "image_size": 96, "patch_size": 16}, "projection_dim": 24},
       {"input_ids": (1, 12), **PIX, "attention_mask": (1, 12)}, "logits_per_image logits_per_text",
       modality="multimodal"),
]  # fmt: skip
