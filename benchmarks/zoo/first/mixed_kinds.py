# ruff: noqa: D102 - forward() is described by its class
"""Point clouds, graphs, tables, plain RNNs and other kinds of network."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.first.dense import cbr
from benchmarks.zoo.spec import Built, Spec


def mlp(sizes: list[int], last: bool = True) -> nn.Sequential:
    """Linear layers with ReLU between them, and after the last if wanted."""
    layers: list[nn.Module] = []
    for cin, cout in itertools.pairwise(sizes):
        layers += [nn.Linear(cin, cout), nn.ReLU()]
    return nn.Sequential(*layers if last else layers[:-1])


def shared(sizes: list[int], last: bool = True) -> nn.Sequential:
    """The same for every point: 1x1 convolutions with BatchNorm."""
    layers: list[nn.Module] = []
    for cin, cout in itertools.pairwise(sizes):
        layers += [nn.Conv1d(cin, cout, 1), nn.BatchNorm1d(cout), nn.ReLU()]
    return nn.Sequential(*layers if last else layers[:-1])


class Align(nn.Module):
    """T-Net: a square matrix predicted from all points, near the identity."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.points, self.dense = shared([size, 16, 32, 64]), mlp([64, 32, 16, size**2], False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(self.points(x).max(2)[0])
        return (y + torch.eye(self.size).flatten()).view(-1, self.size, self.size)


class PointNet(nn.Module):
    """PointNet, classifying the cloud or each of its points."""

    def __init__(self, parts: bool = False, align: bool = True) -> None:
        super().__init__()
        self.parts = parts
        self.align = nn.ModuleList([Align(3), Align(16)] if align else [])
        self.first, self.second = shared([3, 16]), shared([16, 32, 64], False)
        dense = [nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 5)]
        self.head = shared([80, 32, 16, 5], False) if parts else nn.Sequential(*dense)

    def forward(self, x: Tensor) -> Tensor:
        if len(self.align):
            x = torch.bmm(x.transpose(2, 1), self.align[0](x)).transpose(2, 1)
        x = self.first(x)
        if len(self.align):
            x = torch.bmm(x.transpose(2, 1), self.align[1](x)).transpose(2, 1)
        y = self.second(x).max(2, keepdim=self.parts)[0]
        if self.parts:
            y = torch.cat([y.repeat(1, 1, x.shape[2]), x], 1)
        return self.head(y)


class PillarEncoder(nn.Module):
    """Pillar feature net: one linear layer per point, then the maximum over a pillar."""

    def __init__(self, cout: int = 8) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(9, cout, bias=False), nn.BatchNorm1d(cout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.linear(x).permute(0, 2, 1)).permute(0, 2, 1)
        return torch.relu(y).max(1)[0]


class PillarNet(nn.Module):
    """PointPillars behind the scattering: three stages, upsampled, joined, three heads."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.downs, self.ups, cin = nn.ModuleList(), nn.ModuleList(), width
        for count, cout, up in ((3, 8, 1), (5, 16, 2), (5, 32, 4)):
            self.downs.append(
                nn.Sequential(cbr(cin, cout, 3, 2), *[cbr(cout, cout) for _ in range(count)])
            )
            rise = nn.ConvTranspose2d(cout, 16, up, up, bias=False)
            self.ups.append(nn.Sequential(rise, nn.BatchNorm2d(16), nn.ReLU()))
            cin = cout
        self.heads = nn.ModuleList(nn.Conv2d(48, n, 1) for n in (2, 14, 4))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = []
        for down, up in zip(self.downs, self.ups, strict=True):
            x = down(x)
            maps.append(up(x))
        y = torch.cat(maps, 1)
        return tuple(head(y) for head in self.heads)


class PointPillars(nn.Module):
    """The whole of it, with the scattering in between."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.net = PillarEncoder(), PillarNet()

    def forward(self, points: Tensor, places: Tensor) -> tuple[Tensor, ...]:
        canvas = torch.zeros(1, 8, 16 * 16)
        x = self.encoder(points).t()[None]
        spread = canvas.scatter(2, places[None, None].expand(1, 8, -1), x)
        return self.net(spread.view(1, 8, 16, 16))


def gathered(x: Tensor, edges: Tensor, weight: Tensor | None = None) -> Tensor:
    """Sum of the messages along the edges, for each target."""
    messages = x[edges[0]] if weight is None else x[edges[0]] * weight[:, None]
    index = edges[1][:, None].expand_as(messages)
    return torch.zeros_like(x).scatter_add(0, index, messages)


class GraphNet(nn.Module):
    """GCN, GraphSAGE (mean), GIN or GAT over an edge list, as PyTorch Geometric computes them."""

    def __init__(self, kind: str, width: int = 16, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.kind, self.heads, self.loops = kind, heads, layers > 2
        sizes = [12] + [width] * (layers - 1) + [8]
        pairs = list(itertools.pairwise(sizes))
        self.near = nn.ModuleList(nn.Linear(a, b, bias=kind == "sage") for a, b in pairs)
        self.own = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairs)
        self.mlps = nn.ModuleList(mlp([a, width, b], False) for a, b in pairs)
        self.bias = nn.ParameterList(nn.Parameter(torch.zeros(b)) for _, b in pairs)
        self.onto = nn.ParameterList(
            nn.Parameter(torch.randn(1, heads, b // heads)) for _, b in pairs
        )
        self.by = nn.ParameterList(
            nn.Parameter(torch.randn(1, heads, b // heads)) for _, b in pairs
        )

    def layer(self, i: int, x: Tensor, edges: Tensor) -> Tensor:
        ones = torch.ones(edges.shape[1])
        if self.kind == "gin":
            return self.mlps[i](x + gathered(x, edges))
        degree = torch.zeros(x.shape[0]).scatter_add(0, edges[1], ones)
        if self.kind == "sage":
            mean = gathered(x, edges) / degree.clamp(min=1)[:, None]
            return self.near[i](mean) + self.own[i](x)
        y = self.near[i](x)
        if self.kind == "gcn":
            scale = degree.pow(-0.5).masked_fill(degree == 0, 0.0)
            return gathered(y, edges, scale[edges[0]] * scale[edges[1]]) + self.bias[i]
        y = y.view(x.shape[0], self.heads, -1)
        score = (y * self.by[i]).sum(-1)[edges[0]] + (y * self.onto[i]).sum(-1)[edges[1]]
        score = F.leaky_relu(score, 0.2)
        index = edges[1][:, None].expand_as(score)
        most = torch.zeros(x.shape[0], self.heads).scatter_reduce(0, index, score, "amax")
        raised = (score - most[edges[1]]).exp()
        total = torch.zeros(x.shape[0], self.heads).scatter_add(0, index, raised)
        share = raised / (total[edges[1]] + 1e-16)
        messages = y[edges[0]] * share[..., None]
        wide = edges[1][:, None, None].expand_as(messages)
        return torch.zeros_like(y).scatter_add(0, wide, messages).flatten(1) + self.bias[i]

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        count = len(self.near)
        if self.loops:
            own = torch.arange(x.shape[0])
            edges = torch.cat([edges, torch.stack([own, own])], 1)
        for i in range(count):
            x = self.layer(i, x, edges)
            x = torch.relu(x) if i < count - 1 else x
        return x


class DenseGcn(nn.Module):
    """GCN over a dense normalised adjacency matrix (Kipf)."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(12, 16), nn.Linear(16, 4)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        x = torch.relu(adjacency @ self.one(x))
        return torch.log_softmax(adjacency @ self.two(x), -1)


class Dlrm(nn.Module):
    """DLRM: dense features and looked-up ones, products of every pair, an MLP."""

    def __init__(self, tables: int = 4, width: int = 8, bags: bool = False) -> None:
        super().__init__()
        kind: Any = nn.EmbeddingBag if bags else nn.Embedding
        more = {"mode": "sum"} if bags else {}
        self.tables = nn.ModuleList(kind(50, width, **more) for _ in range(tables))
        self.bottom = mlp([13, 32, 16, width])
        pairs = (tables + 1) * tables // 2
        self.top = mlp([width + pairs, 32, 16, 1], False)

    def forward(self, dense: Tensor, ids: Tensor) -> Tensor:
        x = self.bottom(dense)
        looked = [
            table(ids[:, i : i + 1] if isinstance(table, nn.EmbeddingBag) else ids[:, i])
            for i, table in enumerate(self.tables)
        ]
        stack = torch.stack([x, *looked], 1)
        products = torch.bmm(stack, stack.transpose(1, 2))
        count = stack.shape[1]
        rows = torch.tensor([i for i in range(count) for j in range(i)])
        cols = torch.tensor([j for i in range(count) for j in range(i)])
        return torch.sigmoid(self.top(torch.cat([x, products[:, rows, cols]], 1)))


class Ncf(nn.Module):
    """Neural collaborative filtering: NeuMF, with GMF and MLP side by side."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(60, size) for size in (width, width, 16, 16))
        self.mlp, self.out = mlp([32, 16, 8]), nn.Linear(width + 8, 1)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        a, b, c, d = self.tables
        product = a(user) * b(item)
        deep = self.mlp(torch.cat([c(user), d(item)], -1))
        return torch.sigmoid(self.out(torch.cat([product, deep], -1)))


class WideDeep(nn.Module):
    """Wide & Deep, or DeepFM with its products of factors."""

    def __init__(self, fields: int = 5, width: int = 8, factors: bool = False) -> None:
        super().__init__()
        self.factors = factors
        self.linear, self.table = nn.Embedding(200, 1), nn.Embedding(200, width)
        self.deep, self.fields = mlp([fields * width, 32, 16, 1], False), fields

    def forward(self, ids: Tensor) -> Tensor:
        x = self.table(ids)
        total = self.linear(ids).sum(1) + self.deep(x.flatten(1))
        if self.factors:
            square = x.sum(1).pow(2) - x.pow(2).sum(1)
            total = total + 0.5 * square.sum(1, keepdim=True)
        return torch.sigmoid(total)


class TwoTower(nn.Module):
    """Two towers of embeddings and MLPs, compared by a product."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(80, width), nn.Embedding(80, width)
        self.left, self.right = mlp([width, 32, 16], False), mlp([width, 32, 16], False)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        a, b = self.left(self.users(user)), self.right(self.items(item))
        return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1)


class Averaged(nn.Module):
    """fastText and its kin: the mean of looked-up vectors, classified."""

    def __init__(self, hidden: bool = False) -> None:
        super().__init__()
        self.table = nn.Embedding(100, 16)
        self.head = mlp([16, 16, 2], False) if hidden else nn.Linear(16, 2)

    def forward(self, ids: Tensor) -> Tensor:
        return torch.softmax(self.head(self.table(ids).mean(1)), -1)


class Rnn(nn.Module):
    """Elman layers over embeddings or numbers."""

    def __init__(self, words: bool = True, layers: int = 2, both: bool = False) -> None:
        super().__init__()
        self.table = nn.Embedding(80, 16) if words else None
        self.rnn = nn.RNN(16, 24, layers, batch_first=True, bidirectional=both)
        self.out = nn.Linear(48 if both else 24, 9)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.rnn(x if self.table is None else self.table(x))
        return self.out(steps if self.table is not None else steps[:, -1])


class AttentionSeq2Seq(nn.Module):
    """One step of an RNN decoder that attends to what an RNN encoder saw (Bahdanau, Luong)."""

    def __init__(self, kind: str = "bahdanau", cell: Any = nn.GRU, encoder: bool = True) -> None:
        super().__init__()
        self.kind, self.both = kind, encoder
        self.source, self.target = nn.Embedding(60, 16), nn.Embedding(60, 16)
        self.encoder = cell(16, 24, batch_first=True, bidirectional=encoder)
        wide = 48 if encoder else 24
        self.bridge = nn.Linear(wide, 24)
        self.key, self.query, self.score = nn.Linear(wide, 24), nn.Linear(24, 24), nn.Linear(24, 1)
        self.decoder = cell(16 + wide if kind == "bahdanau" else 16, 24, batch_first=True)
        self.join, self.out = nn.Linear(24 + wide, 24), nn.Linear(24, 60)

    def forward(self, ids: Tensor, last: Tensor) -> Tensor:
        seen, state = self.encoder(self.source(ids))
        state = state[0] if isinstance(state, tuple) else state
        state = torch.tanh(self.bridge(torch.cat([state[i] for i in range(len(state))], -1)))
        word = self.target(last)
        if self.kind == "bahdanau":
            score = self.score(torch.tanh(self.query(state)[:, None] + self.key(seen)))
            context = (torch.softmax(score, 1) * seen).sum(1, keepdim=True)
            steps, _ = self.decoder(torch.cat([word, context], -1), self.begin(state))
            return self.out(steps)
        steps, _ = self.decoder(word, self.begin(state))
        share = torch.softmax(torch.bmm(steps, self.key(seen).transpose(1, 2)), -1)
        context = torch.bmm(share, seen)
        return self.out(torch.tanh(self.join(torch.cat([context, steps], -1))))

    def begin(self, state: Tensor) -> Any:
        first = state[None]
        return (first, torch.zeros_like(first)) if isinstance(self.decoder, nn.LSTM) else first


def made(
    name: str, family: str, maker: Any, variant: str = "", task: str = "", **inputs: Tensor
) -> Spec:
    """A network over named tensors."""

    def build(_: int) -> Built:
        return Built(maker(), dict(inputs))

    return Spec(name, family, variant or family, build, modality="mixed", task=task or "other")


torch.manual_seed(0)
CLOUD = torch.randn(2, 3, 32)
EDGES = torch.tensor([[0, 1, 2, 3, 4, 5, 0, 2], [1, 2, 3, 4, 5, 0, 3, 5]])
NODES = torch.randn(6, 12)
IDS, ONE = torch.randint(0, 50, (2, 6)), torch.randint(0, 50, (2,))
REC = "recommendation"


def graph(kind: str, layers: int = 2) -> Spec:
    """A message-passing network."""
    name = f"m-{kind}" if layers == 2 else f"m-{kind}-{layers}"
    return made(name, "gnn", lambda: GraphNet(kind, layers=layers), kind, x=NODES, edges=EDGES)


SPECS = [
    made("m-pointnet", "pointnet", PointNet, x=CLOUD),
    made("m-pointnet-plain", "pointnet", lambda: PointNet(align=False), x=CLOUD),
    made("m-pointnet-parts", "pointnet", lambda: PointNet(True), x=CLOUD),
    made("m-pointpillars", "pointpillars", PointPillars,
         points=torch.randn(5, 20, 9), places=torch.tensor([1, 20, 44, 99, 250])),
    made("m-pointpillars-net", "pointpillars", PillarNet, x=torch.randn(1, 8, 16, 16)),
    graph("gcn"), graph("sage"), graph("gat"), graph("gin"), graph("gcn", 4), graph("gat", 3),
    made("m-gcn-dense", "gcn-dense", DenseGcn, x=NODES, adjacency=torch.rand(6, 6)),
    made("m-dlrm", "dlrm", Dlrm, task=REC, dense=torch.randn(2, 13), ids=IDS),
    made("m-dlrm-bags", "dlrm", lambda: Dlrm(bags=True), task=REC,
         dense=torch.randn(2, 13), ids=IDS),
    made("m-ncf", "ncf", Ncf, task=REC, user=ONE, item=ONE + 1),
    made("m-wide-deep", "wide-and-deep", WideDeep, task=REC, ids=IDS[:, :5]),
    made("m-deepfm", "deepfm", lambda: WideDeep(factors=True), task=REC, ids=IDS[:, :5]),
    made("m-two-tower", "two-tower", TwoTower, task=REC, user=ONE, item=ONE + 1),
    made("m-averaged", "word-average", Averaged, ids=IDS),
    made("m-averaged-hidden", "word-average", lambda: Averaged(True), ids=IDS),
    made("m-rnn-words", "rnn", Rnn, ids=IDS),
    made("m-rnn-series", "rnn", lambda: Rnn(False, 1), x=torch.randn(2, 7, 16)),
    made("m-rnn-both", "rnn", lambda: Rnn(both=True), ids=IDS),
    made("m-seq2seq-bahdanau", "attention-seq2seq", AttentionSeq2Seq, ids=IDS, last=IDS[:, :1]),
    made("m-seq2seq-luong", "attention-seq2seq", lambda: AttentionSeq2Seq("luong"),
         ids=IDS, last=IDS[:, :1]),
    made("m-seq2seq-lstm", "attention-seq2seq", lambda: AttentionSeq2Seq("luong", nn.LSTM, False),
         ids=IDS, last=IDS[:, :1]),
]  # fmt: skip
