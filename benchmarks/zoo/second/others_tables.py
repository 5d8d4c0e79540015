# ruff: noqa: D102 - forward() is described by its class
"""Graph nets, recommenders, plain dense nets and tree ensembles."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second.text_common import Inputs, tensors, twin
from benchmarks.zoo.spec import Spec


def spread(index: Tensor, values: Tensor, count: int) -> Tensor:
    """Sum the rows of `values` into `count` rows, as torch_scatter does."""
    wide = index.unsqueeze(-1).expand_as(values)
    return torch.zeros(count, values.shape[-1]).scatter_add(0, wide, values)


class GcnLayer(nn.Module):
    """PyG's `GCNConv`: degrees from the edges, messages scaled on both sides."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.lin, self.bias = nn.Linear(cin, cout, bias=False), nn.Parameter(torch.rand(cout))

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        n = x.shape[0]
        loops = torch.arange(n).unsqueeze(0).repeat(2, 1)
        row, col = torch.cat([edges, loops], 1).unbind(0)
        degree = torch.zeros(n).scatter_add(0, col, torch.ones_like(col, dtype=x.dtype))
        norm = degree.pow(-0.5)
        x = self.lin(x)
        return spread(col, (norm[row] * norm[col]).unsqueeze(-1) * x[row], n) + self.bias


class SageLayer(nn.Module):
    """PyG's `SAGEConv` with mean aggregation."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.lin_l, self.lin_r = nn.Linear(cin, cout), nn.Linear(cin, cout, bias=False)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        n, col = x.shape[0], edges[1]
        count = torch.zeros(n).scatter_add(0, col, torch.ones_like(col, dtype=x.dtype))
        mean = spread(col, x[edges[0]], n) / count.clamp(min=1).unsqueeze(-1)
        return self.lin_l(mean) + self.lin_r(x)


class GatLayer(nn.Module):
    """PyG's `GATConv` with one head: leaky ReLU scores, softmax over the incoming edges."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.lin, self.bias = nn.Linear(cin, cout, bias=False), nn.Parameter(torch.rand(cout))
        self.src, self.dst = nn.Parameter(torch.randn(cout)), nn.Parameter(torch.randn(cout))

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        n, x = x.shape[0], self.lin(x)
        row, col = edges.unbind(0)
        score = (x * self.src).sum(-1)[row] + (x * self.dst).sum(-1)[col]
        score = torch.exp(F.leaky_relu(score, 0.2))
        total = torch.zeros(n).scatter_add(0, col, score)
        return spread(col, (score / (total[col] + 1e-16)).unsqueeze(-1) * x[row], n) + self.bias


class GraphNet(nn.Module):
    """Two or more graph layers over one graph; node or graph scores."""

    def __init__(self, layer: Any, widths: list[int], graph: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layer(a, b) for a, b in pairwise(widths))
        self.graph, self.out = graph, nn.Linear(widths[-1], 4)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            x = layer(x, edges)
            x = F.relu(x) if i < len(self.layers) - 1 else x
        return self.out(x.mean(0, keepdim=True)) if self.graph else F.log_softmax(x, dim=1)


class KipfGcn(nn.Module):
    """tkipf/pygcn with a dense normalised adjacency."""

    def __init__(self, cin: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(cin, hidden) * 0.1)
        self.w2 = nn.Parameter(torch.randn(hidden, classes) * 0.1)
        self.b1, self.b2 = nn.Parameter(torch.rand(hidden)), nn.Parameter(torch.rand(classes))

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        x = F.relu(torch.mm(adjacency, torch.mm(x, self.w1)) + self.b1)
        return F.log_softmax(torch.mm(adjacency, torch.mm(x, self.w2)) + self.b2, dim=1)


def dense(widths: list[int], last: nn.Module | None = None) -> nn.Sequential:
    """Linear layers with ReLU between."""
    layers: list[nn.Module] = []
    for i, (a, b) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(a, b))
        if i < len(widths) - 2:
            layers.append(nn.ReLU())
        elif last is not None:
            layers.append(last)
    return nn.Sequential(*layers)


class Dlrm(nn.Module):
    """facebookresearch/dlrm: bottom MLP, embedding bags, pairwise dots, top MLP."""

    def __init__(self, tables: int, dim: int, sums: bool) -> None:
        super().__init__()
        self.bot = dense([13, 24, dim], nn.ReLU())
        self.emb = nn.ModuleList(nn.Embedding(40, dim) for _ in range(tables))
        pairs = torch.tril_indices(tables + 1, tables + 1, offset=-1)
        self.register_buffer("li", pairs[0])
        self.register_buffer("lj", pairs[1])
        self.top = dense([dim + pairs.shape[1], 32, 16, 1], nn.Sigmoid())
        self.sums = sums

    def forward(self, numbers: Tensor, ids: Tensor) -> Tensor:
        x = self.bot(numbers)
        rows = [table(ids[:, i]) for i, table in enumerate(self.emb)]
        rows = [row.sum(1) if self.sums else row[:, 0] for row in rows]
        t = torch.cat([x, *rows], dim=1).view(x.shape[0], -1, x.shape[1])
        z = torch.bmm(t, torch.transpose(t, 1, 2))
        return self.top(torch.cat([x, z[:, self.li, self.lj]], dim=1))


class NeuMf(nn.Module):
    """hexiangnan's NeuMF: a product of factors next to an MLP."""

    def __init__(self, dim: int, widths: list[int]) -> None:
        super().__init__()
        self.mf_user, self.mf_item = nn.Embedding(50, dim), nn.Embedding(60, dim)
        half = widths[0] // 2
        self.mlp_user, self.mlp_item = nn.Embedding(50, half), nn.Embedding(60, half)
        self.mlp, self.out = dense(widths, nn.ReLU()), nn.Linear(dim + widths[-1], 1)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        mf = self.mf_user(user) * self.mf_item(item)
        mlp = self.mlp(torch.cat([self.mlp_user(user), self.mlp_item(item)], -1))
        return torch.sigmoid(self.out(torch.cat([mf, mlp], -1)))


class WideDeep(nn.Module):
    """deepctr-torch: a linear part over all features next to a DNN; DeepFM adds its FM."""

    def __init__(self, fields: int, dim: int, fm: bool, widths: list[int]) -> None:
        super().__init__()
        self.linear = nn.ModuleList(nn.Embedding(30, 1) for _ in range(fields))
        self.emb = nn.ModuleList(nn.Embedding(30, dim) for _ in range(fields))
        self.dense_linear, self.fm = nn.Linear(4, 1, bias=False), fm
        self.dnn = dense([fields * dim + 4, *widths], nn.ReLU())
        self.dnn_linear = nn.Linear(widths[-1], 1, bias=False)
        self.bias = nn.Parameter(torch.rand(1))

    def forward(self, ids: Tensor, numbers: Tensor) -> Tensor:
        wide = sum((t(ids[:, i]) for i, t in enumerate(self.linear)), self.dense_linear(numbers))
        rows = torch.stack([t(ids[:, i]) for i, t in enumerate(self.emb)], 1)
        logit = wide + self.dnn_linear(self.dnn(torch.cat([rows.flatten(1), numbers], -1)))
        if self.fm:
            square = rows.sum(1, keepdim=True).pow(2)
            cross = square - (rows * rows).sum(1, keepdim=True)
            logit = logit + 0.5 * cross.sum(2)
        return torch.sigmoid(logit + self.bias)


class TwoTower(nn.Module):
    """TensorFlow Recommenders: two towers, cosine of their outputs."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(50, dim), nn.Embedding(60, dim)
        self.left, self.right = dense([dim, 24, 16]), dense([dim, 24, 16])

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        a = F.normalize(self.left(self.user(user)), dim=-1)
        b = F.normalize(self.right(self.item(item)), dim=-1)
        return (a * b).sum(-1)


class TreeOp(torch.autograd.Function):
    """One TreeEnsembleRegressor node for the TorchScript exporter."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, trees: Trees) -> Tensor:
        """Walk the trees."""
        return trees.walk(x)

    @staticmethod
    def symbolic(g: Any, x: Any, trees: Trees) -> Any:
        """The node's attributes carry all of it."""
        types = {int: "_i", float: "_f", str: "_s"}
        named = {
            k + types[type(v[0] if isinstance(v, list) else v)]: v for k, v in trees.spec.items()
        }
        return g.op("ai.onnx.ml::TreeEnsembleRegressor", x, **named)


class Trees(nn.Module):
    """Perfect binary trees over numeric features: a forest, or a boosted ensemble."""

    def __init__(self, count: int, depth: int, features: int, targets: int, boost: bool) -> None:
        super().__init__()
        inner, leaves = 2**depth - 1, 2**depth
        self.depth, self.targets = depth, targets
        self.feature = torch.randint(0, features, (count, inner))
        self.threshold = torch.randn(count, inner)
        self.leaf = torch.rand(count, leaves, 1 if boost else targets) / count
        total = inner + leaves
        nodes = [(t, n) for t in range(count) for n in range(total)]
        ends = [(t, n) for t in range(count) for n in range(inner, total)]
        self.spec: dict[str, Any] = {
            "n_targets": targets,
            "aggregate_function": "SUM",
            "nodes_treeids": [t for t, _ in nodes],
            "nodes_nodeids": [n for _, n in nodes],
            "nodes_modes": ["BRANCH_LEQ" if n < inner else "LEAF" for _, n in nodes],
            "nodes_featureids": [int(self.feature[t, n]) if n < inner else 0 for t, n in nodes],
            "nodes_values": [float(self.threshold[t, n]) if n < inner else 0.0 for t, n in nodes],
            "nodes_truenodeids": [2 * n + 1 if n < inner else 0 for _, n in nodes],
            "nodes_falsenodeids": [2 * n + 2 if n < inner else 0 for _, n in nodes],
        }
        targets_of = lambda t: [t % targets] if boost else list(range(targets))  # noqa: E731
        rows = [(t, n, k, c) for t, n in ends for c, k in enumerate(targets_of(t))]
        self.boost = boost
        self.spec |= {
            "target_treeids": [t for t, _, _, _ in rows],
            "target_nodeids": [n for _, n, _, _ in rows],
            "target_ids": [k for _, _, k, _ in rows],
            "target_weights": [float(self.leaf[t, n - inner, c]) for t, n, _, c in rows],
        }

    def walk(self, x: Tensor) -> Tensor:
        out = torch.zeros(x.shape[0], self.targets)
        for row in range(x.shape[0]):
            for tree in range(len(self.leaf)):
                node = 0
                for _ in range(self.depth):
                    right = x[row, self.feature[tree, node]] > self.threshold[tree, node]
                    node = 2 * node + 1 + int(right)
                value = self.leaf[tree, node - len(self.feature[tree])]
                if self.boost:
                    out[row, tree % self.targets] += value[0]
                else:
                    out[row] += value
        return out

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_exporting():
            return torch.onnx.ops.symbolic(
                "ai.onnx.ml::TreeEnsembleRegressor", (x,), self.spec, dtype=torch.float32,
                shape=(x.shape[0], self.targets), version=3,
            )  # fmt: skip
        return TreeOp.apply(x, self)


class Forest(nn.Module):
    """Trees and what follows them: argmax of a forest, logistic of boosting, or nothing."""

    def __init__(self, trees: Trees, end: str) -> None:
        super().__init__()
        self.trees, self.end = trees, end

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.trees(x)
        if self.end == "vote":
            return y.argmax(-1), y
        return (torch.sigmoid(y),) if self.end == "logistic" else (y,)


def graph(nodes: int, width: int) -> Inputs:
    """Node features and random edges, each node with at least one."""

    def make() -> dict[str, Tensor]:
        ring = torch.stack([torch.arange(nodes), (torch.arange(nodes) + 1) % nodes])
        return {"x": torch.randn(nodes, width),
                "edge_index": torch.cat([ring, torch.randint(0, nodes, (2, 8))], 1)}  # fmt: skip

    return make


def whole(*shape: int, name: str = "ids", more: Inputs | None = None) -> Inputs:
    """Small category numbers, before or after float inputs."""
    return lambda: {**(more() if more else {}), name: torch.randint(0, 30, shape)}


def table(name: str, family: str, style: str, maker: Any, inputs: Inputs, variant: str = "",
          task: str = "classification", modality: str = "tabular") -> Spec:  # fmt: skip
    """A model over tables or graphs."""
    return twin(name, family, maker, inputs, style, variant, "", modality, task)


PYG, REC, ROW = "pytorch-geometric", "recommendation", tensors(row=(1, 12))
USERS = whole(4, name="user", more=None)
PAIR: Inputs = lambda: {**USERS(), "item": torch.randint(0, 30, (4,))}  # noqa: E731
CLICKS: Inputs = lambda: {**whole(2, 6)(), **tensors(numbers=(2, 4))()}  # noqa: E731
SPECS = [
    table("pyg-gcn", "gnn", PYG, lambda: GraphNet(GcnLayer, [8, 16, 4]), graph(10, 8), "gcn",
          modality="graph"),
    table("pyg-gcn-pooled", "gnn", PYG, lambda: GraphNet(GcnLayer, [8, 16, 16, 16], True),
          graph(12, 8), "gcn", modality="graph"),
    table("pyg-sage", "gnn", PYG, lambda: GraphNet(SageLayer, [8, 16, 4]), graph(10, 8), "sage",
          modality="graph"),
    table("pyg-gat", "gnn", PYG, lambda: GraphNet(GatLayer, [8, 16, 4]), graph(10, 8), "gat",
          modality="graph"),
    table("kipf-gcn", "gcn-dense", "tkipf/pygcn", lambda: KipfGcn(12, 16, 4),
          tensors(x=(9, 12), adjacency=(9, 9)), modality="graph"),
    table("facebook-dlrm", "dlrm", "facebookresearch", lambda: Dlrm(4, 16, False),
          whole(2, 4, 1, more=tensors(numbers=(2, 13))), task=REC),
    table("facebook-dlrm-bags", "dlrm", "facebookresearch", lambda: Dlrm(7, 8, True),
          whole(2, 7, 3, more=tensors(numbers=(2, 13))), task=REC),
    table("neumf", "ncf", "hexiangnan", lambda: NeuMf(8, [32, 16, 8]), PAIR, "neumf", REC),
    table("neumf-deep", "ncf", "hexiangnan", lambda: NeuMf(16, [64, 32, 16, 8]), PAIR, "neumf",
          REC),
    table("deepctr-wide-deep", "wide-and-deep", "deepctr",
          lambda: WideDeep(6, 8, False, [32, 16]), CLICKS, task=REC),
    table("deepctr-deepfm", "deepfm", "deepctr", lambda: WideDeep(6, 8, True, [32, 32]), CLICKS,
          task=REC),
    table("tfrs-two-tower", "two-tower", "tensorflow-recommenders", lambda: TwoTower(16), PAIR,
          task=REC),
    table("adult-mlp", "mlp", "keras-io", lambda: dense([12, 32, 16, 1], nn.Sigmoid()), ROW),
    table("mnist-mlp", "mlp", "pytorch-examples",
          lambda: nn.Sequential(nn.Flatten(), dense([196, 64, 64, 10], nn.LogSoftmax(-1))),
          tensors(image=(1, 1, 14, 14)), modality="image"),
    table("actor-mlp", "mlp", "cleanrl",
          lambda: nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(),
                                nn.Linear(24, 3)), ROW, task="control"),
    table("logistic-regression", "linear", "scikit-learn",
          lambda: nn.Sequential(nn.Linear(12, 3), nn.Softmax(-1)), ROW),
    table("linear-regression", "linear", "scikit-learn", lambda: nn.Linear(12, 1), ROW,
          task="regression"),
    table("random-forest", "tree-ensemble", "scikit-learn",
          lambda: Forest(Trees(6, 3, 12, 3, False), "vote"), ROW, "random-forest"),
    table("gradient-boosting", "tree-ensemble", "scikit-learn",
          lambda: Forest(Trees(8, 3, 12, 1, True), "logistic"), ROW, "gradient-boosting"),
    table("extra-trees-regression", "tree-ensemble", "scikit-learn",
          lambda: Forest(Trees(5, 4, 12, 1, False), ""), ROW, "extra-trees", "regression"),
]  # fmt: skip
