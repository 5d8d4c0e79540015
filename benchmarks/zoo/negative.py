# ruff: noqa: D102 - forward() is described by its class
"""Hard negatives: nets that share operators with a known family but not its structure."""

from __future__ import annotations

import random
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.resnets import BasicBlock, Bottleneck, ResNet
from benchmarks.zoo.spec import Built, Spec, image


class ShuffledVgg(nn.Module):
    """The layers of VGG-16 in a random order: activations first, poolings in a row, ..."""

    def __init__(self, seed: int, width: int = 8) -> None:
        super().__init__()
        rng = random.Random(seed)
        kinds = ["conv"] * 13 + ["relu"] * 13 + ["pool"] * 5
        rng.shuffle(kinds)
        cin = 3
        layers: list[nn.Module] = []
        for kind in kinds:
            if kind == "conv":
                cout = width * rng.choice([1, 2, 4])
                layers.append(nn.Conv2d(cin, cout, 3, padding=1))
                cin = cout
            else:
                layers.append(nn.ReLU() if kind == "relu" else nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(cin * 49, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


class Mixer(nn.Module):
    """A block shaped like BERT's whose token mixing is not softmax attention."""

    def __init__(self, mode: str, dim: int = 64, heads: int = 4, length: int = 16) -> None:
        super().__init__()
        self.mode, self.heads = mode, heads
        self.q, self.k, self.v = (nn.Linear(dim, dim) for _ in range(3))
        self.out, self.norm1, self.norm2 = nn.Linear(dim, dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.mix = nn.Linear(length, length)

    def heads_of(self, x: Tensor) -> Tensor:
        batch, length, dim = x.shape
        return x.view(batch, length, self.heads, dim // self.heads).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (self.heads_of(f(x)) for f in (self.q, self.k, self.v))
        scale = (x.shape[-1] // self.heads) ** -0.5
        if self.mode == "linear":
            y = (q @ k.transpose(-1, -2) * scale) @ v
        elif self.mode == "relu":
            y = F.relu(q @ k.transpose(-1, -2) * scale) @ v
        elif self.mode == "gate":
            y = torch.sigmoid(q) * torch.tanh(k) * v
        else:
            y = self.mix((q + k + v).transpose(-1, -2)).transpose(-1, -2)
        y = y.transpose(1, 2).reshape(x.shape)
        x = self.norm1(x + self.out(y))
        return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))


class MixerNet(nn.Module):
    """Embeddings as in BERT, then mixers without softmax attention."""

    def __init__(self, mode: str, depth: int = 4) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(200, 64), nn.Embedding(64, 64)
        self.norm = nn.LayerNorm(64)
        self.blocks = nn.Sequential(*[Mixer(mode) for _ in range(depth)])
        self.pooler = nn.Linear(64, 64)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.blocks(self.norm(self.words(ids) + self.places(places)))
        return torch.tanh(self.pooler(x[:, 0]))


class RandomDag(nn.Module):
    """Convolutions wired as a random DAG with additions, concatenations and products."""

    def __init__(self, seed: int, width: int = 12) -> None:
        super().__init__()
        rng = random.Random(seed)
        self.stem = nn.Conv2d(3, width, 3, 2, 1)
        self.plan: list[tuple[str, list[int]]] = []
        self.nodes = nn.ModuleList()
        for index in range(rng.randint(10, 24)):
            how = rng.choice(["chain", "add", "cat", "mul"])
            wanted = 1 if how == "chain" else 2
            sources = rng.sample(range(index + 1), min(wanted, index + 1))
            cin = width * (len(sources) if how == "cat" else 1)
            kernel = rng.choice([1, 3, 5])
            act = rng.choice([nn.ReLU, nn.SiLU, nn.Tanh, nn.Identity])
            layers: list[nn.Module] = [nn.Conv2d(cin, width, kernel, padding=kernel // 2)]
            layers += [nn.BatchNorm2d(width)] if rng.random() < 0.5 else []
            self.nodes.append(nn.Sequential(*layers, act()))
            self.plan.append((how, sources))
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        values = [self.stem(x)]
        used: set[int] = set()
        for (how, sources), node in zip(self.plan, self.nodes, strict=True):
            used.update(sources)
            parts = [values[i] for i in sources]
            if how == "cat":
                merged = torch.cat(parts, 1)
            else:
                merged = parts[0]
                for part in parts[1:]:
                    merged = merged * part if how == "mul" else merged + part
            values.append(node(merged))
        loose = [values[i] for i in range(len(values)) if i not in used]
        total = loose[0]
        for value in loose[1:]:
            total = total + value
        return self.head(total.mean([2, 3]))


class UnskippedUnet(nn.Module):
    """A U-shaped net without any skip connection."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = 3
        for step in range(4):
            cout = width * 2**step
            layers += [nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            cin = cout
        for step in reversed(range(4)):
            cout = width * 2**step
            layers += [nn.ConvTranspose2d(cin, cout, 2, 2), nn.ReLU()]
            cin = cout
        self.body = nn.Sequential(*layers, nn.Conv2d(cin, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class ColumnReader(nn.Module):
    """Convolutions and an MLP per column: a text recogniser without recurrence."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(1, 16, 3, (2, 1), 1), nn.ReLU(), nn.Conv2d(16, 32, 3, (2, 1), 1), nn.ReLU()
        )
        self.columns = nn.Sequential(nn.Linear(32, 48), nn.ReLU(), nn.Linear(48, 37))

    def forward(self, x: Tensor) -> Tensor:
        return self.columns(self.convs(x).mean(2).permute(2, 0, 1))


Size = int | tuple[int, int]


def still(
    name: str, imitates: str, maker: Callable[[int], nn.Module], size: Size = 224, channels: int = 3
) -> Spec:
    """A negative over an image; the maker gets the model's seed."""

    def build(seed: int) -> Built:
        return image(maker(seed), size, channels)

    return Spec(name, "negative", name, build, f"imitates:{imitates}")


def mixer(mode: str) -> Spec:
    """A BERT-like negative."""

    def build(_: int) -> Built:
        ids = torch.randint(0, 200, (1, 16))
        return Built(MixerNet(mode), {"input_ids": ids}, {"input_ids": {0: "batch"}})

    name = f"bert-{mode}-mixing"
    return Spec(name, "negative", name, build, "imitates:bert", "text", "features")


NEGATIVE: list[Spec] = [
    still("resnet-18-noskip", "resnet", lambda _: ResNet(BasicBlock, [2, 2, 2, 2], skip=False)),
    still("resnet-50-noskip", "resnet", lambda _: ResNet(Bottleneck, [3, 4, 6, 3], skip=False)),
    *[still(f"vgg-shuffled-{i}", "vgg", ShuffledVgg) for i in range(1, 4)],
    *[mixer(mode) for mode in ("linear", "relu", "gate", "mlp")],
    *[still(f"random-dag-{i}", "none", RandomDag, 64) for i in range(1, 6)],
    still("unet-noskip", "unet", lambda _: UnskippedUnet(), 64),
    still("conv-columns", "crnn", lambda _: ColumnReader(), (32, 128), 1),
]
