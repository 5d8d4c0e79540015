# ruff: noqa: D102 - forward() is described by its class
"""The last networks of this population, scanned once when all that came before was mended."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Spec
from benchmarks.zoo.third._common import VOCAB, conv_bn, model


def rect(cin: int, out: int, k: tuple[int, int], stride: int = 1) -> nn.Sequential:
    """A convolution of any kernel that keeps its size, BatchNorm, ReLU."""
    pad = (k[0] // 2, k[1] // 2) if stride == 1 else 0
    conv = nn.Conv2d(cin, out, k, stride, pad, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out, eps=1e-3), nn.ReLU())


class FaceBlock(nn.Module):
    """facenet-pytorch's residual Inception blocks: scaled, joined, projected."""

    def __init__(
        self, cin: int, plans: list[list[tuple[int, tuple[int, int]]]], scale: float
    ) -> None:
        super().__init__()
        self.branches, total, self.scale = nn.ModuleList(), 0, scale
        for plan in plans:
            c, layers = cin, []
            for out, k in plan:
                layers.append(rect(c, out, k))
                c = out
            total += c
            self.branches.append(nn.Sequential(*layers))
        self.conv = nn.Conv2d(total, cin, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(torch.cat([branch(x) for branch in self.branches], 1))
        return F.relu(y * self.scale + x)


class FaceReduce(nn.Module):
    """Branches that stride, beside a pooling."""

    def __init__(self, cin: int, plans: list[list[int]]) -> None:
        super().__init__()
        self.branches, self.pool = nn.ModuleList(), nn.MaxPool2d(3, stride=2)
        for plan in plans:
            c, layers = cin, []
            for i, out in enumerate(plan):
                last = i == len(plan) - 1
                k = (3, 3) if last or i else (1, 1)
                layers.append(rect(c, out, k, 2 if last else 1))
                c = out
            self.branches.append(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([*[branch(x) for branch in self.branches], self.pool(x)], 1)


def facenet() -> nn.Module:
    """InceptionResnetV1 at an eighth of its width."""
    one, three, row, col = (1, 1), (3, 3), (1, 7), (7, 1)
    layers: list[nn.Module] = [
        rect(3, 4, three, 2),
        nn.Conv2d(4, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
    ]
    layers += [rect(4, 8, three), nn.MaxPool2d(3, stride=2), rect(8, 10, one), rect(10, 24, three)]
    layers += [rect(24, 32, three, 2)]
    a = [[(4, one)], [(4, one), (4, three)], [(4, one), (4, three), (4, three)]]
    layers += [FaceBlock(32, a, 0.17) for _ in range(5)] + [FaceReduce(32, [[48], [24, 24, 32]])]
    b = [[(16, one)], [(16, one), (16, row), (16, col)]]
    layers += [FaceBlock(112, b, 0.10) for _ in range(10)]
    layers += [FaceReduce(112, [[32, 48], [32, 32], [32, 32, 32]])]
    c = [[(24, one)], [(24, one), (24, (1, 3)), (24, (3, 1))]]
    layers += [FaceBlock(224, c, 0.20) for _ in range(5)]
    layers += [
        nn.AdaptiveAvgPool2d(1),
        nn.Dropout(0.6),
        nn.Flatten(),
        nn.Linear(224, 64, bias=False),
    ]
    return nn.Sequential(*layers, nn.BatchNorm1d(64))


class Mv2(nn.Module):
    """MobileNetV2's block with SiLU."""

    def __init__(self, cin: int, out: int, stride: int, grow: int) -> None:
        super().__init__()
        mid = cin * grow
        self.same = stride == 1 and cin == out
        self.conv = nn.Sequential(
            conv_bn(cin, mid, 1, act=nn.SiLU()),
            conv_bn(mid, mid, 3, stride, groups=mid, act=nn.SiLU()), conv_bn(mid, out, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.same else self.conv(x)


class PreNorm(nn.Module):
    """lucidrains' attention and feed-forward, as copied by many."""

    def __init__(self, dim: int, heads: int, size: int, hidden: int) -> None:
        super().__init__()
        self.h, self.scale, inner = heads, size**-0.5, heads * size
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * inner, bias=False), nn.Linear(inner, dim)
        self.ff = nn.Sequential(nn.Linear(dim, hidden), nn.SiLU(), nn.Linear(hidden, dim))

    def forward(self, x: Tensor) -> Tensor:
        b, p, n, _ = x.shape
        q, k, v = (
            z.view(b, p, n, self.h, -1).transpose(2, 3) for z in self.qkv(self.n1(x)).chunk(3, -1)
        )
        a = (q @ k.transpose(-1, -2) * self.scale).softmax(-1)
        x = self.out((a @ v).transpose(2, 3).reshape(b, p, n, -1)) + x
        return self.ff(self.n2(x)) + x


class VitUnit(nn.Module):
    """chinhsuanwu's MobileViT block: unfolded by reshapes, joined with its input."""

    def __init__(self, dim: int, cin: int, depth: int) -> None:
        super().__init__()
        self.c1, self.c2 = conv_bn(cin, cin, 3, act=nn.SiLU()), conv_bn(cin, dim, 1, act=nn.SiLU())
        self.layers = nn.Sequential(*[PreNorm(dim, 4, 8, 2 * dim) for _ in range(depth)])
        self.c3 = conv_bn(dim, cin, 1, act=nn.SiLU())
        self.c4 = conv_bn(2 * cin, cin, 3, act=nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        y = self.c2(self.c1(x))
        b, d, h, w = y.shape
        z = y.reshape(b, d, h // 2, 2, w // 2, 2).permute(0, 3, 5, 2, 4, 1).reshape(b, 4, -1, d)
        z = self.layers(z).reshape(b, 2, 2, h // 2, w // 2, d)
        y = z.permute(0, 5, 3, 1, 4, 2).reshape(b, d, h, w)
        return self.c4(torch.cat((self.c3(y), x), 1))


def mobilevit() -> nn.Module:
    """MobileViT-XXS narrowed."""
    layers: list[nn.Module] = [
        conv_bn(3, 16, 3, 2, act=nn.SiLU()),
        Mv2(16, 16, 1, 2),
        Mv2(16, 24, 2, 2),
    ]
    layers += [Mv2(24, 24, 1, 2), Mv2(24, 24, 1, 2), Mv2(24, 32, 2, 2), VitUnit(32, 32, 2)]
    layers += [Mv2(32, 40, 2, 2), VitUnit(40, 40, 4), Mv2(40, 48, 2, 2), VitUnit(48, 48, 3)]
    layers += [conv_bn(48, 96, 1, act=nn.SiLU()), nn.AvgPool2d(4, 1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(96, 20, bias=False))


class Timed(nn.Module):
    """lucidrains' diffusion block: two convolutions with GroupNorm, scaled and shifted by time."""

    def __init__(self, cin: int, out: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(32, 2 * out))
        self.p1, self.p2 = nn.Conv2d(cin, out, 3, padding=1), nn.Conv2d(out, out, 3, padding=1)
        self.n1, self.n2 = nn.GroupNorm(4, out), nn.GroupNorm(4, out)
        self.res = nn.Conv2d(cin, out, 1) if cin != out else nn.Identity()

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        scale, shift = self.mlp(t)[:, :, None, None].chunk(2, dim=1)
        y = F.silu(self.n1(self.p1(x)) * (scale + 1) + shift)
        return F.silu(self.n2(self.p2(y))) + self.res(x)


class MapAttention(nn.Module):
    """Attention over a map, linear (softmax on queries and keys) or full."""

    def __init__(self, dim: int, linear: bool) -> None:
        super().__init__()
        self.linear, self.norm = linear, nn.GroupNorm(1, dim)
        self.qkv, self.out = nn.Conv2d(dim, 96, 1, bias=False), nn.Conv2d(32, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        q, k, v = (z.reshape(b, 4, 8, h * w) for z in self.qkv(self.norm(x)).chunk(3, dim=1))
        if self.linear:
            context = torch.einsum("bhdn,bhen->bhde", k.softmax(-1), v)
            y = torch.einsum("bhde,bhdn->bhen", context, q.softmax(-2) * 8**-0.5)
        else:
            a = torch.einsum("bhdi,bhdj->bhij", q * 8**-0.5, k).softmax(-1)
            y = torch.einsum("bhij,bhdj->bhid", a, v).permute(0, 1, 3, 2)
        return self.out(y.reshape(b, 32, h, w)) + x


class Denoiser(nn.Module):
    """The U-Net of denoising-diffusion-pytorch."""

    def __init__(self, w: int = 8) -> None:
        super().__init__()
        dims = [w, w, 2 * w, 4 * w]
        self.init = nn.Conv2d(3, w, 7, padding=3)
        self.time = nn.Sequential(nn.Linear(w, 32), nn.GELU(), nn.Linear(32, 32))
        self.register_buffer(
            "freqs", torch.exp(torch.arange(w // 2) * -(math.log(1e4) / (w // 2 - 1)))
        )
        pairs = list(pairwise(dims))
        self.downs = nn.ModuleList(
            nn.ModuleList(
                [Timed(a, a), Timed(a, a), MapAttention(a, True), nn.Conv2d(a, b, 4, 2, 1)]
            )
            for a, b in pairs
        )
        self.m1, self.m2, self.ma = (
            Timed(dims[-1], dims[-1]),
            Timed(dims[-1], dims[-1]),
            MapAttention(dims[-1], False),
        )
        self.ups = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Conv2d(b, a, 3, padding=1),
                    Timed(2 * a, a),
                    Timed(2 * a, a),
                    MapAttention(a, True),
                ]
            )
            for a, b in reversed(pairs)
        )
        self.last, self.final = Timed(2 * w, w), nn.Conv2d(w, 3, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        e = time[:, None] * self.freqs[None, :]  # type: ignore[index]
        t = self.time(torch.cat((e.sin(), e.cos()), dim=-1))
        x = self.init(x)
        first, skips = x, []
        for b1, b2, attend, down in self.downs:  # type: ignore[misc]
            x = b1(x, t)
            skips.append(x)
            x = attend(b2(x, t))
            skips.append(x)
            x = down(x)
        x = self.m2(self.ma(self.m1(x, t)), t)
        for up, b1, b2, attend in self.ups:  # type: ignore[misc]
            x = up(F.interpolate(x, scale_factor=2, mode="nearest"))
            x = b1(torch.cat((x, skips.pop()), dim=1), t)
            x = attend(b2(torch.cat((x, skips.pop()), dim=1), t))
        return self.final(self.last(torch.cat((x, first), dim=1), t))


class Shuffle1(nn.Module):
    """kuangliu's ShuffleNet unit: grouped 1x1, shuffle, depthwise, grouped 1x1."""

    def __init__(self, cin: int, out: int, stride: int, groups: int) -> None:
        super().__init__()
        mid, self.stride, self.g = out // 4, stride, groups
        g = 1 if cin == 24 else groups
        self.a, self.b = (
            conv_bn(cin, mid, 1, groups=g, act=nn.ReLU()),
            conv_bn(mid, mid, 3, stride, groups=mid),
        )
        self.c = conv_bn(mid, out - cin if stride == 2 else out, 1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        n, c, h, w = y.size()
        y = y.view(n, self.g, c // self.g, h, w).permute(0, 2, 1, 3, 4).reshape(n, c, h, w)
        y = self.c(F.relu(self.b(y)))
        if self.stride == 2:
            return F.relu(torch.cat([y, F.avg_pool2d(x, 3, stride=2, padding=1)], 1))
        return F.relu(y + x)


def shufflenet() -> nn.Module:
    """ShuffleNetG2 narrowed."""
    layers: list[nn.Module] = [conv_bn(3, 24, 1, act=nn.ReLU())]
    cin = 24
    for out, depth in ((56, 4), (112, 8), (224, 4)):
        layers += [Shuffle1(cin if not i else out, out, 1 if i else 2, 2) for i in range(depth)]
        cin = out
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(cin, 10))


class XBlock(nn.Module):
    """tstandley's Xception block: activations before separable convolutions, a pooled end."""

    def __init__(self, cin: int, out: int, reps: int, stride: int, first: bool = True) -> None:
        super().__init__()
        self.skip = conv_bn(cin, out, 1, stride) if out != cin or stride != 1 else None
        layers: list[nn.Module] = []
        for i in range(reps):
            a = cin if not i else out
            layers += [nn.ReLU()] if i or first else []
            layers += [
                nn.Conv2d(a, a, 3, 1, 1, groups=a, bias=False),
                nn.Conv2d(a, out, 1, bias=False),
            ]
            layers.append(nn.BatchNorm2d(out))
        layers += [nn.MaxPool2d(3, stride, 1)] if stride != 1 else []
        self.rep = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.rep(x) + (x if self.skip is None else self.skip(x))


def xception(w: int = 8) -> nn.Module:
    """Entry, eight middle blocks, exit."""
    layers: list[nn.Module] = [nn.Conv2d(3, w, 3, 2, bias=False), nn.BatchNorm2d(w), nn.ReLU()]
    layers += [nn.Conv2d(w, 2 * w, 3, bias=False), nn.BatchNorm2d(2 * w), nn.ReLU()]
    layers += [
        XBlock(2 * w, 4 * w, 2, 2, False),
        XBlock(4 * w, 8 * w, 2, 2),
        XBlock(8 * w, 12 * w, 2, 2),
    ]
    layers += [XBlock(12 * w, 12 * w, 3, 1) for _ in range(8)]
    layers += [nn.ReLU(), XBlock(12 * w, 16 * w, 2, 2, False)]
    for a, b in ((16 * w, 20 * w), (20 * w, 24 * w)):
        layers += [nn.Conv2d(a, a, 3, 1, 1, groups=a, bias=False), nn.Conv2d(a, b, 1, bias=False)]
        layers += [nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(24 * w, 20))


class Recommender(nn.Module):
    """GRU4Rec: item embeddings, a GRU, scores of all items by the same table."""

    def __init__(self) -> None:
        super().__init__()
        self.items, self.gru = nn.Embedding(VOCAB, 32), nn.GRU(32, 48, batch_first=True)
        self.dense = nn.Linear(48, 32)

    def forward(self, item_ids: Tensor) -> Tensor:
        out, _ = self.gru(self.items(item_ids))
        return torch.matmul(self.dense(out[:, -1]), self.items.weight.t())


class RotatedHalves(nn.Module):
    """rasbt's Llama 3 from scratch: halves rotated by tables, keys repeated, SiLU gates."""

    def __init__(self, layers: int = 4, dim: int = 48, heads: int = 6, kv: int = 2) -> None:
        super().__init__()
        self.h, self.kv, self.d = heads, kv, dim // heads
        self.emb, self.out = nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB, bias=False)
        small = kv * self.d
        sizes = {**dict.fromkeys("qo", (dim, dim)), **dict.fromkeys("kv", (dim, small)),
                 **dict.fromkeys("ab", (dim, 96)), "c": (96, dim)}  # fmt: skip
        self.layers = nn.ModuleList(
            nn.ModuleDict({**{n: nn.Linear(*s, bias=False) for n, s in sizes.items()},
                           "n1": nn.RMSNorm(dim, eps=1e-5), "n2": nn.RMSNorm(dim, eps=1e-5)})
            for _ in range(layers)
        )  # fmt: skip
        self.norm = nn.RMSNorm(dim, eps=1e-5)
        angles = torch.arange(32)[:, None] * 1e4 ** (-torch.arange(0, self.d, 2) / self.d)
        angles = torch.cat([angles, angles], dim=1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.triu(torch.ones(32, 32), diagonal=1).bool())

    def rotate(self, x: Tensor) -> Tensor:
        t, half = x.shape[2], self.d // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return x * self.cos[:t, :] + turned * self.sin[:t, :]  # type: ignore[index]

    def forward(self, ids: Tensor) -> Tensor:
        x, (b, t) = self.emb(ids), ids.shape
        for m in self.layers:
            y = m["n1"](x)  # type: ignore[index]
            q = self.rotate(m["q"](y).view(b, t, self.h, self.d).transpose(1, 2))  # type: ignore[index]
            k = self.rotate(m["k"](y).view(b, t, self.kv, self.d).transpose(1, 2))  # type: ignore[index]
            v = m["v"](y).view(b, t, self.kv, self.d).transpose(1, 2)  # type: ignore[index]
            k, v = (z.repeat_interleave(self.h // self.kv, dim=1) for z in (k, v))
            s = (q @ k.transpose(2, 3)).masked_fill(self.mask[:t, :t], -torch.inf)  # type: ignore[index]
            y = torch.softmax(s / self.d**0.5, dim=-1) @ v
            x = x + m["o"](y.transpose(1, 2).reshape(b, t, -1))  # type: ignore[index]
            y = m["n2"](x)  # type: ignore[index]
            x = x + m["c"](F.silu(m["a"](y)) * m["b"](y))  # type: ignore[index]
        return self.out(self.norm(x))


def espcn() -> nn.Module:
    """yjn870's ESPCN."""
    return nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.Tanh(), nn.Conv2d(32, 16, 3, padding=1),
                         nn.Tanh(), nn.Conv2d(16, 9, 3, padding=1), nn.PixelShuffle(3))  # fmt: skip


SPECS: list[Spec] = [
    model("facenet-inception-resnet", "inception-resnet", facenet, 160, "timesler/facenet-pytorch"),
    model("chinhsuanwu-mobilevit", "mobilevit", mobilevit, 128, "chinhsuanwu/mobilevit-pytorch"),
    model("lucidrains-ddpm", "diffusion-unet", Denoiser, {"x": (1, 3, 32, 32), "time": (1,)},
          "lucidrains/denoising-diffusion-pytorch", task="generation"),
    model("kuangliu-shufflenet-g2", "shufflenet", shufflenet, 32, "kuangliu/pytorch-cifar"),
    model("tstandley-xception", "xception", xception, 160, "tstandley/Xception-PyTorch"),
    model("gru4rec", "gru", Recommender, {"item_ids": (1, 10)}, "hidasib/GRU4Rec",
          modality="tabular"),
    model("rasbt-llama3", "llama", RotatedHalves, {"input_ids": (1, 14)}, "rasbt/LLMs-from-scratch",
          modality="text"),
    model("yjn-espcn", "espcn", espcn, {"image": (1, 1, 24, 24)}, "yjn870/ESPCN-pytorch",
          task="super-resolution"),
]  # fmt: skip
