# ruff: noqa: D102 - forward() is described by its class
"""Detectors, text and sound, written with the rest and scanned after its causes were mended."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, conv_bn, hf, model
from benchmarks.zoo.third.later_vision import Basic


def chain(plan: list[tuple[int, int] | str], cin: int, act: bool = True) -> list[nn.Module]:
    """Convolutions with ReLU and poolings in a row."""
    layers: list[nn.Module] = []
    for item in plan:
        if isinstance(item, str):
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers += [nn.Conv2d(cin, item[0], item[1], padding=item[1] // 2), nn.ReLU(inplace=True)]
        cin = item[0]
    return layers if act else layers[:-1]


class HzOpenPose(nn.Module):
    """Hzzone's body model: VGG-19's start, six stages of two branches."""

    def __init__(self, w: int = 4) -> None:
        super().__init__()
        plan: list[tuple[int, int] | str] = [(w, 3), (w, 3), "M", (2 * w, 3), (2 * w, 3), "M"]
        plan += [(4 * w, 3)] * 4 + ["M", (8 * w, 3), (8 * w, 3), (4 * w, 3), (2 * w, 3)]
        self.model0 = nn.Sequential(*chain(plan, 3))
        self.stages = nn.ModuleList()
        for i in range(6):
            cin = 2 * w if not i else 2 * w + 57
            body: list[tuple[int, int] | str] = [(2 * w, 3)] * 3 + [(8 * w, 1)]
            if i:
                body = [(2 * w, 7)] * 5 + [(2 * w, 1)]
            pair = [nn.Sequential(*chain([*body, (n, 1)], cin, False)) for n in (38, 19)]
            self.stages.append(nn.ModuleList(pair))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = feat = self.model0(x)
        for stage in self.stages:
            one, two = stage  # type: ignore[misc]
            a, b = one(y), two(y)
            y = torch.cat([a, b, feat], 1)
        return a, b


class TropONet(nn.Module):
    """TropComplique's O-Net: PReLU, transposed before it is flattened."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 3), nn.PReLU(32), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(32, 64, 3), nn.PReLU(64), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(64, 64, 3), nn.PReLU(64), nn.MaxPool2d(2, 2, ceil_mode=True),
            nn.Conv2d(64, 128, 2), nn.PReLU(128),
        )  # fmt: skip
        self.fc = nn.Sequential(nn.Linear(1152, 256), nn.Dropout(0.25), nn.PReLU(256))
        self.a, self.b, self.c = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.features(x).transpose(3, 2).contiguous()
        y = self.fc(y.view(y.size(0), -1))
        return self.c(y), self.b(y), F.softmax(self.a(y), dim=-1)


class L2Norm(nn.Module):
    """amdegroot's channel norm with a learned scale."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n) * 20)

    def forward(self, x: Tensor) -> Tensor:
        norm = x.pow(2).sum(dim=1, keepdim=True).sqrt() + 1e-10
        return self.weight.unsqueeze(0).unsqueeze(2).unsqueeze(3).expand_as(x) * torch.div(x, norm)


class Ssd300(nn.Module):
    """amdegroot's SSD300: VGG with dilated fc6, extras, heads permuted and joined."""

    def __init__(self, w: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = 3
        for i, (out, n) in enumerate(((w, 2), (2 * w, 2), (4 * w, 3), (8 * w, 3), (8 * w, 3))):
            for _ in range(n):
                layers += [nn.Conv2d(cin, out, 3, padding=1), nn.ReLU(inplace=True)]
                cin = out
            pool = nn.MaxPool2d(2, 2, ceil_mode=i == 2) if i < 4 else nn.MaxPool2d(3, 1, 1)
            layers.append(pool)
        layers += [nn.Conv2d(cin, 16 * w, 3, padding=6, dilation=6), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(16 * w, 16 * w, 1), nn.ReLU(inplace=True)]
        self.vgg, self.norm = nn.ModuleList(layers), L2Norm(8 * w)
        plan = [(16, 4, 1, 1), (4, 8, 3, 2), (8, 2, 1, 1), (2, 4, 3, 2), (4, 2, 1, 1), (2, 4, 3, 1),
                (4, 2, 1, 1), (2, 4, 3, 1)]  # fmt: skip
        self.extras = nn.ModuleList(
            nn.Conv2d(a * w, b * w, k, s, 1 if k == 3 and s == 2 else 0) for a, b, k, s in plan
        )
        dims = [8 * w, 16 * w, 8 * w, 4 * w, 4 * w, 4 * w]
        boxes = [4, 6, 6, 6, 4, 4]
        self.loc, self.conf = (
            nn.ModuleList(
                nn.Conv2d(d, b * n, 3, padding=1) for d, b in zip(dims, boxes, strict=True)
            )
            for n in (4, 6)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for layer in list(self.vgg)[:23]:
            x = layer(x)
        maps = [self.norm(x)]
        for layer in list(self.vgg)[23:]:
            x = layer(x)
        maps.append(x)
        for i, extra in enumerate(self.extras):
            x = F.relu(extra(x), inplace=True)
            maps += [x] if i % 2 else []
        loc, conf = (
            torch.cat([h(m).permute(0, 2, 3, 1).contiguous().view(m.size(0), -1)
                       for h, m in zip(heads, maps, strict=True)], 1)
            for heads in (self.loc, self.conf)
        )  # fmt: skip
        return loc.view(loc.size(0), -1, 4), F.softmax(conf.view(conf.size(0), -1, 6), dim=-1)


class YhRetina(nn.Module):
    """yhenon's RetinaNet on ResNet-18: pyramid, two towers of four, sigmoid inside."""

    def __init__(self, w: int = 8, f: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, w, 7, 2, act=nn.ReLU()), nn.MaxPool2d(3, 2, 1))
        dims = [w, w, 2 * w, 4 * w, 8 * w]
        self.stages = nn.ModuleList(
            nn.Sequential(Basic(a, b, 2 if i else 1), Basic(b, b))
            for i, (a, b) in enumerate(pairwise(dims))
        )
        self.lat = nn.ModuleList(nn.Conv2d(d, f, 1) for d in (8 * w, 4 * w, 2 * w))
        self.smooth = nn.ModuleList(nn.Conv2d(f, f, 3, padding=1) for _ in range(3))
        self.p6, self.p7 = nn.Conv2d(8 * w, f, 3, 2, 1), nn.Conv2d(f, f, 3, 2, 1)
        self.cls, self.reg = (
            nn.Sequential(*chain([(f, 3)] * 4, f), nn.Conv2d(f, n, 3, padding=1)) for n in (45, 36)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x, maps = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        p = self.lat[0](maps[3])
        rows = [self.smooth[0](p)]
        for i in (1, 2):
            p = self.lat[i](maps[3 - i]) + F.interpolate(p, scale_factor=2, mode="nearest")
            rows.append(self.smooth[i](p))
        p6 = self.p6(maps[3])
        feats = [*rows[::-1], p6, self.p7(F.relu(p6))]
        reg = [self.reg(f).permute(0, 2, 3, 1).contiguous().view(x.size(0), -1, 4) for f in feats]
        cls = []
        for f in feats:
            y = torch.sigmoid(self.cls(f)).permute(0, 2, 3, 1)
            b, h, w, _ = y.shape
            cls.append(y.view(b, h, w, 9, 5).contiguous().view(b, -1, 5))
        return torch.cat(cls, dim=1), torch.cat(reg, dim=1)


class MarvisYolo2(nn.Module):
    """marvis' YOLOv2: Darknet-19, the reorganised passthrough, one map."""

    def __init__(self, w: int = 4) -> None:
        super().__init__()
        plan = [(1, 3), "M", (2, 3), "M", (4, 3), (2, 1), (4, 3), "M", (8, 3), (4, 1), (8, 3), "M",
                (16, 3), (8, 1), (16, 3), (8, 1), (16, 3)]  # fmt: skip
        self.one, cin = self.stack(plan, 1, w)
        deep = ["M", (32, 3), (16, 1), (32, 3), (16, 1), (32, 3), (32, 3), (32, 3)]
        self.two, _ = self.stack(deep, cin, w)
        self.side, self.join = self.unit(16 * w, 2 * w, 1), self.unit(40 * w, 32 * w, 3)
        self.out = nn.Conv2d(32 * w, 50, 1)

    @staticmethod
    def unit(cin: int, out: int, k: int) -> nn.Sequential:
        return conv_bn(cin, out, k, act=nn.LeakyReLU(0.1, inplace=True))

    def stack(self, plan: list[Any], cin: int, w: int) -> tuple[nn.Sequential, int]:
        layers: list[nn.Module] = []
        for item in plan:
            if item == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            fan = 3 if not layers and cin == 1 else cin * w
            layers.append(self.unit(fan, item[0] * w, item[1]))
            cin = item[0]
        return nn.Sequential(*layers), cin

    def forward(self, x: Tensor) -> Tensor:
        fine = self.one(x)
        y = self.side(fine)
        b, c, h, w = y.size()
        y = y.view(b, c, h // 2, 2, w // 2, 2).transpose(3, 4).contiguous()
        y = y.view(b, c, (h // 2) * (w // 2), 4).transpose(2, 3).contiguous()
        y = y.view(b, c, 4, h // 2, w // 2).transpose(1, 2).contiguous()
        y = y.view(b, 4 * c, h // 2, w // 2)
        return self.out(self.join(torch.cat((y, self.two(fine)), 1)))


class DinoBlock(nn.Module):
    """Facebook's DINOv2 block: fused projection, layer scales."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.h, self.qkv, self.proj = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.n1, self.n2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.g1, self.g2 = (nn.Parameter(torch.ones(dim)) for _ in range(2))
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(self.n1(x)).reshape(b, n, 3, self.h, c // self.h).permute(2, 0, 3, 1, 4)
        a = (q * (c // self.h) ** -0.5 @ k.transpose(-2, -1)).softmax(dim=-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, n, c)) * self.g1
        return x + self.mlp(self.n2(x)) * self.g2


class DinoV2(nn.Module):
    """The trunk with four registers, patch tokens and class token out."""

    def __init__(self, dim: int = 48, depth: int = 6) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, dim, 14, 14)
        self.cls, self.pos = (
            nn.Parameter(torch.randn(1, 1, dim)),
            nn.Parameter(torch.randn(1, 50, dim)),
        )
        self.reg = nn.Parameter(torch.randn(1, 4, dim))
        self.blocks, self.norm = (
            nn.Sequential(*[DinoBlock(dim, 6) for _ in range(depth)]),
            nn.LayerNorm(dim),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.patch(x).flatten(2).transpose(1, 2)
        y = torch.cat((self.cls.expand(y.shape[0], -1, -1), y), dim=1) + self.pos
        y = torch.cat((y[:, :1], self.reg.expand(y.shape[0], -1, -1), y[:, 1:]), dim=1)
        y = self.norm(self.blocks(y))
        return y[:, 0], y[:, 5:]


class FastLlama(nn.Module):
    """gpt-fast's LLaMA: one projection split by sizes, complex pairs by stack, fused attention."""

    def __init__(self, layers: int = 4, dim: int = 48, heads: int = 6, kv: int = 3) -> None:
        super().__init__()
        self.h, self.kv, self.d, self.dim = heads, kv, dim // heads, dim
        self.emb, self.out = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB, bias=False)
        self.norms = nn.ParameterList(nn.Parameter(torch.ones(dim)) for _ in range(2 * layers + 1))
        self.wqkv = nn.ModuleList(
            nn.Linear(dim, dim + 2 * kv * self.d, bias=False) for _ in range(layers)
        )
        self.wo = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(layers))
        self.w1, self.w3 = (
            nn.ModuleList(nn.Linear(dim, 112, bias=False) for _ in range(layers)) for _ in range(2)
        )
        self.w2 = nn.ModuleList(nn.Linear(112, dim, bias=False) for _ in range(layers))
        angle = torch.outer(torch.arange(32), 1e4 ** (-torch.arange(0, self.d, 2) / self.d))
        self.register_buffer("freqs", torch.stack([angle.cos(), angle.sin()], dim=-1))
        self.register_buffer("mask", torch.tril(torch.ones(32, 32, dtype=torch.bool)))

    def norm(self, x: Tensor, i: int) -> Tensor:
        return x * torch.rsqrt(torch.mean(x * x, dim=-1, keepdim=True) + 1e-5) * self.norms[i]

    def rotate(self, x: Tensor) -> Tensor:
        s = x.float().reshape(*x.shape[:-1], -1, 2)
        f = self.freqs[: x.shape[1]].view(1, s.size(1), 1, s.size(3), 2)  # type: ignore[index]
        y = torch.stack([s[..., 0] * f[..., 0] - s[..., 1] * f[..., 1],
                         s[..., 1] * f[..., 0] + s[..., 0] * f[..., 1]], -1)  # fmt: skip
        return y.flatten(3)

    def forward(self, ids: Tensor) -> Tensor:
        x, (b, t) = self.emb(ids), ids.shape
        mask = self.mask[None, None, :t, :t]  # type: ignore[index]
        for i, qkv in enumerate(self.wqkv):
            size = self.kv * self.d
            q, k, v = qkv(self.norm(x, 2 * i)).split([self.dim, size, size], dim=-1)
            q, k = (
                self.rotate(q.view(b, t, self.h, self.d)),
                self.rotate(k.view(b, t, self.kv, self.d)),
            )
            q, k, v = (z.transpose(1, 2) for z in (q, k, v.view(b, t, self.kv, self.d)))
            k, v = (z.repeat_interleave(self.h // self.kv, dim=1) for z in (k, v))
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            x = x + self.wo[i](y.transpose(1, 2).contiguous().view(b, t, self.dim))
            z = self.norm(x, 2 * i + 1)
            x = x + self.w2[i](F.silu(self.w1[i](z)) * self.w3[i](z))
        return self.out(self.norm(x, -1))


class PytorchicBert(nn.Module):
    """dhlee347's BERT: its own norm and GELU, split heads, masked by a large number."""

    def __init__(self, layers: int = 4, dim: int = 36, heads: int = 6) -> None:
        super().__init__()
        self.h = heads
        self.tok, self.pos, self.seg = (
            nn.Embedding(VOCAB, dim),
            nn.Embedding(32, dim),
            nn.Embedding(2, dim),
        )
        self.gamma = nn.ParameterList(nn.Parameter(torch.ones(dim)) for _ in range(2 * layers + 1))
        self.beta = nn.ParameterList(nn.Parameter(torch.zeros(dim)) for _ in range(2 * layers + 1))
        sizes = {**dict.fromkeys("qkvo", (dim, dim)), "a": (dim, 4 * dim), "b": (4 * dim, dim)}
        self.layers = nn.ModuleList(
            nn.ModuleDict({n: nn.Linear(*s) for n, s in sizes.items()}) for _ in range(layers)
        )
        self.fc, self.cls = nn.Linear(dim, dim), nn.Linear(dim, 2)

    def norm(self, x: Tensor, i: int) -> Tensor:
        u = x.mean(-1, keepdim=True)
        s = (x - u).pow(2).mean(-1, keepdim=True)
        return self.gamma[i] * ((x - u) / torch.sqrt(s + 1e-12)) + self.beta[i]

    def forward(self, input_ids: Tensor, segment_types: Tensor, input_mask: Tensor) -> Tensor:
        b, t = input_ids.shape
        pos = torch.arange(t).unsqueeze(0).expand_as(input_ids)
        x = self.norm(self.tok(input_ids) + self.pos(pos) + self.seg(segment_types), 0)
        for i, m in enumerate(self.layers):
            q, k, v = (m[n](x).view(b, t, self.h, -1).transpose(1, 2) for n in "qkv")  # type: ignore[index]
            s = q @ k.transpose(-2, -1) / math.sqrt(k.size(-1))
            s = s - 10000.0 * (1.0 - input_mask[:, None, None, :].float())
            y = (F.softmax(s, dim=-1) @ v).transpose(1, 2).contiguous().view(b, t, -1)
            x = self.norm(x + m["o"](y), 2 * i + 1)  # type: ignore[index]
            y = m["a"](x)  # type: ignore[index]
            x = self.norm(x + m["b"](y * 0.5 * (1.0 + torch.erf(y / math.sqrt(2.0)))), 2 * i + 2)  # type: ignore[index]
        return self.cls(torch.tanh(self.fc(x[:, 0])))


def crepe(c: int = 4) -> nn.Module:
    """Marl's CREPE: ReLU before BatchNorm, wide kernels, frames of 1024."""
    layers, cin = list[nn.Module](), 1
    for out, k, s in ((32, 512, 4), (4, 64, 1), (4, 64, 1), (4, 64, 1), (8, 64, 1), (16, 64, 1)):
        left = (k - s) // 2 if s > 1 else 31
        layers += [nn.ZeroPad2d((0, 0, left, k - s - left))]
        layers += [nn.Conv2d(cin, out * c, (k, 1), (s, 1)), nn.ReLU()]
        layers += [nn.BatchNorm2d(out * c), nn.MaxPool2d((2, 1)), nn.Dropout(0.25)]
        cin = out * c
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(cin * 4, 360), nn.Sigmoid())


class TwoTower(nn.Module):
    """A retrieval model: an embedding and two dense layers a side, a scaled product."""

    def __init__(self) -> None:
        super().__init__()
        deep = ([nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 12)] for _ in range(2))
        self.u, self.i = (nn.Sequential(nn.Embedding(VOCAB, 16), *side) for side in deep)

    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        u, i = F.normalize(self.u(user_ids), dim=-1), F.normalize(self.i(item_ids), dim=-1)
        return (u * i).sum(dim=-1) / 0.1


ROPE = {"vocab_size": VOCAB, "hidden_size": 40, "num_hidden_layers": 4, "num_attention_heads": 5,
        "intermediate_size": 96, "max_position_embeddings": 64, "pad_token_id": 0}  # fmt: skip
PAIR = {"input_ids": (1, 14), "attention_mask": (1, 14)}
SPECS: list[Spec] = [
    model("hzzone-openpose", "openpose", HzOpenPose, 96, "Hzzone/pytorch-openpose"),
    model("trop-onet", "mtcnn", TropONet, 48, "TropComplique/mtcnn-pytorch"),
    model("amdegroot-ssd300", "ssd", Ssd300, 300, "amdegroot/ssd.pytorch", components="vgg"),
    model("yhenon-retinanet", "retinanet", YhRetina, 128, "yhenon/pytorch-retinanet"),
    model("marvis-yolov2", "yolov2", MarvisYolo2, 128, "marvis/pytorch-yolo2"),
    model("facebook-dinov2", "dinov2", DinoV2, 98, "facebookresearch/dinov2"),
    model("gpt-fast-llama", "llama", FastLlama, {"input_ids": (1, 14)}, "gpt-fast",
          modality="text"),
    model("pytorchic-bert", "bert", PytorchicBert,
          {"input_ids": (1, 14), "segment_types": (1, 14), "input_mask": (1, 14)},
          "dhlee347/pytorchic-bert", modality="text"),
    model("marl-crepe", "crepe", crepe, {"frames": (1, 1, 1024, 1)}, "marl/crepe",
          modality="audio"),
    model("retrieval-two-tower", "two-tower", TwoTower, {"user_ids": (4,), "item_ids": (4,)},
          "tutorial", modality="tabular"),
    hf("smollm", "llama", "LlamaModel", "LlamaConfig", {**ROPE, "num_key_value_heads": 5}, PAIR,
       "last_hidden_state", use_cache=False),
    hf("qwen2-moe-1", "qwen2", "Qwen2ForTokenClassification", "Qwen2Config",
       {**ROPE, "num_key_value_heads": 1}, PAIR, attention="eager", use_cache=False),
    hf("pythia-410m", "gpt-neox", "GPTNeoXForTokenClassification", "GPTNeoXConfig",
       {**ROPE, "use_parallel_residual": True}, PAIR, attention="eager", use_cache=False),
    hf("t5-classifier", "t5", "T5ForTokenClassification", "T5Config",
       {"vocab_size": VOCAB, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_heads": 4, "num_layers": 4,
        "feed_forward_proj": "gated-gelu"}, PAIR, components="encoder"),
    hf("roberta-lm", "roberta", "RobertaForMultipleChoice", "RobertaConfig", ROPE,
       {"input_ids": (1, 3, 14)}),
]  # fmt: skip
