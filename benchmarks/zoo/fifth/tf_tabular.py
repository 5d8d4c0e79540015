"""Networks of deepctr for click-through rates, of spektral for graphs and of keras-tcn."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth.tf_common import Shape, net
from benchmarks.zoo.spec import Spec

COLUMNS = ["user", "item", "shop", "hour", "device", "city"]
DENSE = ["price", "age", "clicks"]


def columns() -> list[Any]:
    """Six columns of ids and three of numbers."""
    feature = import_module("deepctr.feature_column")
    sparse = [feature.SparseFeat(name, 50, embedding_dim=8) for name in COLUMNS]
    return [*sparse, *(feature.DenseFeat(name, 1) for name in DENSE)]


def ctr(name: str, family: str, path: str, linear: bool = True, **options: Any) -> Spec:
    """A model of deepctr on these columns."""
    shapes: dict[str, Shape] = dict.fromkeys([*COLUMNS, *DENSE], (1,))

    def maker(_: Any) -> Any:
        given = columns()
        made = getattr(import_module("deepctr.models"), path)
        return made(*([given] * (2 if linear else 1)), **options)

    return net(
        "deepctr", name, family, maker, shapes, modality="tabular", task="ranking", named=True,
        ids=" ".join(COLUMNS),
    )  # fmt: skip


def history(name: str, family: str, path: str, **options: Any) -> Spec:
    """A model of deepctr on a user, an item and the items seen before."""
    shapes: dict[str, Shape] = {
        "user": (1,), "gender": (1,), "item": (1,), "cate": (1,), "score": (1,),
        "hist_item": (6,), "hist_cate": (6,), "seq_length": (1,),
    }  # fmt: skip

    def maker(_: Any) -> Any:
        feature = import_module("deepctr.feature_column")
        sparse, long = feature.SparseFeat, feature.VarLenSparseFeat
        more = {"embedding_dim": 8}
        past = [
            long(sparse(f"hist_{key}", 50, embedding_name=key, **more), 6, length_name="seq_length")
            for key in ("item", "cate")
        ]
        given = [sparse(key, 50, **more) for key in ("user", "gender", "item", "cate")]
        made = getattr(import_module("deepctr.models"), path)
        return made([*given, feature.DenseFeat("score", 1), *past], ["item", "cate"], **options)

    return net(
        "deepctr", name, family, maker, shapes, modality="tabular", task="ranking", named=True,
        ids=" ".join(key for key in shapes if key != "score"),
    )  # fmt: skip


def graph(name: str, family: str, layer: str, edges: int = 0, **options: Any) -> Spec:
    """Three layers of spektral on a dense graph of 16 nodes, and a dense layer for each node."""
    shapes: dict[str, Shape] = {"x": (16, 12), "a": (16, 16)}
    if edges:
        shapes["e"] = (16, 16, edges)

    def maker(keras: Any) -> Any:
        made = getattr(import_module("spektral.layers"), layer)
        layers = [made(32, activation="relu", **options) for _ in range(3)]
        head = keras.layers.Dense(5)

        def call(given: list[Any]) -> Any:
            x, *rest = given
            for each in layers:
                x = each([x, *rest])
            return head(x)

        return call

    return net("spektral", name, family, maker, shapes, modality="graph")


def gcn(_: Any) -> Any:
    """The GCN of spektral's models."""
    return import_module("spektral.models.gcn").GCN(5, channels=24)


def tcn(keras: Any, **options: Any) -> Any:
    """keras-tcn with a dense head."""
    layer = import_module("tcn").TCN(24, dilations=(1, 2, 4, 8), **options)
    head = keras.layers.Dense(4)
    return lambda x: head(layer(x))


SMALL = {"dnn_hidden_units": (48, 32)}
SERIES: dict[str, Shape] = {"input": (64, 6)}
SPECS: list[Spec] = [
    ctr("deepfm", "deepfm", "DeepFM", **SMALL),
    ctr("dcn", "dcn", "DCN", cross_num=3, **SMALL),
    ctr("xdeepfm", "xdeepfm", "xDeepFM", cin_layer_size=(16, 16), **SMALL),
    ctr("autoint", "autoint", "AutoInt", att_head_num=2, **SMALL),
    ctr("wide-and-deep", "wide-and-deep", "WDL", **SMALL),
    ctr("mmoe", "mmoe", "MMOE", False, expert_dnn_hidden_units=(32, 16),
        tower_dnn_hidden_units=(16,)),
    history("din", "din", "DIN", att_hidden_size=(16, 8), **SMALL),
    net("keras-tcn", "tcn", "tcn", lambda keras: tcn(keras, use_skip_connections=True), SERIES,
        modality="series"),
    graph("gat", "gat", "GATConv", attn_heads=2),
    net("spektral", "gcn", "gcn-dense", gcn, {"x": (16, 12), "a": (16, 16)}, modality="graph"),
    graph("ecc", "message-passing", "ECCConv", 4, kernel_network=[16]),
    graph("cheb", "chebnet", "ChebConv", K=3),
    graph("arma", "arma", "ARMAConv", order=2, iterations=2),
    ctr("nfm", "nfm", "NFM", **SMALL),
    ctr("pnn", "pnn", "PNN", False, use_outter=False, **SMALL),
    ctr("fibinet", "fibinet", "FiBiNET", **SMALL),
    ctr("dcn-mix", "dcn", "DCNMix", cross_num=2, low_rank=8, num_experts=2, **SMALL),
    ctr("ple", "ple", "PLE", False, shared_expert_num=1, specific_expert_num=1,
        expert_dnn_hidden_units=(32,), tower_dnn_hidden_units=(16,)),
    ctr("mlr", "mlr", "MLR", False),
    history("bst", "bst", "BST", transformer_num=2, att_head_num=4, **SMALL),
    net("keras-tcn", "tcn-norm", "tcn",
        lambda keras: tcn(keras, use_batch_norm=True, nb_stacks=2, return_sequences=True), SERIES,
        modality="series"),
]  # fmt: skip
