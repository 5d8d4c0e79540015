"""Tables and recommendations: `pytorch_widedeep`, `tabm`, `recbole` and others."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

IDS, NUMBERS = ["job", "city", "shop", "day"], ["age", "price", "clicks", "weight"]
ROW = {"ids": (2, 4), "numbers": (2, 4)}
TABLE: dict[str, str] = {"modality": "tabular"}


def wide(cls: str, wide_too: bool = False, **options: Any) -> nn.Module:
    """A model of pytorch_widedeep with the head that its trainer puts on it."""
    absent = "gensim spacy torchvision wandb fastparquet"
    made = load(f"pytorch_widedeep.models.tabular:{cls}", absent)
    whole = load("pytorch_widedeep.models.wide_deep:WideDeep", absent)
    sizes: list[Any] = [(name, 160, 8) if cls in ("TabMlp", "TabResnet", "TabNet") else (name, 160)
                        for name in IDS]  # fmt: skip
    columns = {name: i for i, name in enumerate(IDS + NUMBERS)}
    body = made(columns, cat_embed_input=sizes, continuous_cols=NUMBERS, **options)
    first = load("pytorch_widedeep.models.tabular:Wide", absent)(640, 3) if wide_too else None
    network: nn.Module = whole(wide=first, deeptabular=body, pred_dim=3)
    return network


def rows(network: Any, ids: Tensor, numbers: Tensor) -> Any:
    """A batch as the package's trainer gives it."""
    return network({"deeptabular": torch.cat([ids.float(), numbers], 1), "wide": ids})


def wd(name: str, family: str, cls: str, **options: Any) -> Spec:
    """A model of pytorch_widedeep."""
    return net("pytorch_widedeep", name, family, wide, ROW, {"cls": cls, **options}, rows, **TABLE)


ATT: dict[str, Any] = {"input_dim": 24, "n_heads": 4}
WIDE = [
    wd("tab-mlp", "mlp", "TabMlp", mlp_hidden_dims=[64, 48]),
    wd("wide-and-deep", "wide-and-deep", "TabMlp", mlp_hidden_dims=[64, 48], wide_too=True),
    wd("tab-resnet", "tabular-resnet", "TabResnet", blocks_dims=[64, 48, 48]),
    wd("tabnet", "tabnet", "TabNet"),
    wd("tab-transformer", "tab-transformer", "TabTransformer", **ATT, n_blocks=3),
    wd("ft-transformer", "ft-transformer", "FTTransformer", **ATT, n_blocks=3),
    wd("saint", "saint", "SAINT", **ATT, n_blocks=2),
    wd("tab-perceiver", "tab-perceiver", "TabPerceiver", input_dim=24, n_cross_attn_heads=4,
        n_latents=8, latent_dim=32, n_latent_heads=4, n_latent_blocks=2, n_perceiver_blocks=2),
    wd("tab-fastformer", "fastformer", "TabFastFormer", **ATT, n_blocks=3),
]  # fmt: skip

TT = partial(net, "tab_transformer_pytorch", inputs={"ids": (2, 4), "numbers": (2, 4)}, **TABLE)
SIZES = {"categories": (160,) * 4, "num_continuous": 4, "dim": 32, "depth": 4, "heads": 4,
         "dim_out": 3}  # fmt: skip
LUCID = [
    TT("tab-transformer", "tab-transformer", "tab_transformer_pytorch:TabTransformer",
        options={**SIZES, "mlp_act": nn.ReLU()}),
    TT("ft-transformer", "ft-transformer", "tab_transformer_pytorch:FTTransformer",
        options=SIZES),
]  # fmt: skip


def tabm(**options: Any) -> nn.Module:
    """TabM with the package's defaults for the rest."""
    more = {"n_num_features": 16, "d_out": 3, "d_block": 64, "n_blocks": 3, "k": 16} | options
    network: nn.Module = load("tabm:TabM").make(**more)
    return network


def periodic() -> nn.Module:
    """TabM's dagger: embeddings of the numbers by periodic activations."""
    cls = load("rtdl_num_embeddings:PeriodicEmbeddings")
    return tabm(num_embeddings=cls(16, d_embedding=8, lite=False), d_block=48)


def columns(network: Any, x: Tensor) -> Any:
    """The package joins columns by a function that the exporter does not know."""
    join, torch.column_stack = torch.column_stack, partial(torch.cat, dim=1)
    try:
        return network(x)
    finally:
        torch.column_stack = join


TABM = [
    net("tabm", "tabm", "tabm", tabm, (2, 16), None, columns, **TABLE),
    net("tabm", "tabm-mini", "tabm", tabm, (2, 16), {"arch_type": "tabm-mini"}, columns,
        **TABLE),
    net("tabm", "tabm-periodic", "tabm", periodic, (2, 16), None, columns, **TABLE),
]  # fmt: skip

ITEMS, LONG = 160, 20
FIELDS = ["user_id", "item_id", "gender", "genre", "hour"]


class Settings(dict[str, Any]):
    """RecBole's settings: what is not set is None."""

    def __missing__(self, _: str) -> None:
        """No such setting."""
        return


def rec(kind: str, module: str, cls: str, **options: Any) -> nn.Module:
    """A model of RecBole with its own settings from the package, on a data set of 160 items."""
    import yaml

    hollow = "colorama tensorboard thop texttable torch.utils.tensorboard"
    made = load(f"recbole.model.{kind}_recommender.{module}:{cls}", hollow, "recbole")
    token = load("recbole.utils:FeatureType", hollow, "recbole").TOKEN
    own = (files("recbole") / "properties" / "model" / f"{cls}.yaml").read_text()
    config = Settings({
        # YAML reads 1e-12 as text
        **{k: float(v) if "e-" in str(v) else v for k, v in (yaml.safe_load(own) or {}).items()},
 "USER_ID_FIELD": "user_id", "ITEM_ID_FIELD": "item_id",
        "LIST_SUFFIX": "_list", "ITEM_LIST_LENGTH_FIELD": "length", "NEG_PREFIX": "neg_",
        "MAX_ITEM_LIST_LENGTH": LONG, "device": torch.device("cpu"), "LABEL_FIELD": "label",
        "train_neg_sample_args": {"distribution": "none"}, "numerical_features": [], **options,
    })  # fmt: skip
    data = SimpleNamespace(
        num=lambda _: ITEMS, fields=lambda **_: FIELDS, field2type=dict.fromkeys(FIELDS, token),
        user_num=ITEMS, item_num=ITEMS,
    )  # fmt: skip
    network: nn.Module = made(config, data)
    return network


def ranked(network: Any, ids: Tensor) -> Any:
    """The scores of all items after these ones."""
    length = torch.full((ids.shape[0],), LONG)
    given = {"item_id_list": ids, "length": length, "user_id": ids[:, 0]}
    return network.full_sort_predict(given)


def scored(network: Any, ids: Tensor) -> Any:
    """The score of each row of ids."""
    return network.predict({name: ids[:, i] for i, name in enumerate(FIELDS)})


def seq(name: str, family: str, cls: str, **options: Any) -> Spec:
    """A model of what comes next in a sequence of items."""
    given = {"kind": "sequential", "module": cls.lower(), "cls": cls, **options}
    return net("recbole", name, family, rec, {"ids": (2, LONG)}, given, ranked, modality="tabular",
               task="recommendation")  # fmt: skip


def ctx(name: str, family: str, cls: str, module: str = "", **options: Any) -> Spec:
    """A model of clicks from fields of a user and an item."""
    given = {"kind": "context_aware", "module": module or cls.lower(), "cls": cls, **options}
    return net("recbole", name, family, rec, {"ids": (2, len(FIELDS))}, given, scored,
               modality="tabular", task="recommendation")  # fmt: skip


RECBOLE = [
    seq("sasrec", "sasrec", "SASRec"),
    seq("bert4rec", "bert4rec", "BERT4Rec"),
    seq("gru4rec", "gru4rec", "GRU4Rec"),
    seq("caser", "caser", "Caser"),
    seq("narm", "narm", "NARM"),
    seq("stamp", "stamp", "STAMP"),
    seq("nextitnet", "nextitnet", "NextItNet", block_num=3),
    seq("lightsans", "lightsans", "LightSANs"),
    net("recbole", "neumf", "neumf", rec, {"ids": (2, 5)}, {
        "kind": "general", "module": "neumf", "cls": "NeuMF"}, scored, modality="tabular",
        task="recommendation"),
    ctx("fm", "fm", "FM"),
    ctx("deepfm", "deepfm", "DeepFM"),
    ctx("autoint", "autoint", "AutoInt"),
    ctx("nfm", "nfm", "NFM"),
    ctx("afm", "afm", "AFM"),
    ctx("xdeepfm", "xdeepfm", "xDeepFM"),
    ctx("dcn-v2", "dcn-v2", "DCNV2"),
    ctx("wide-deep", "wide-and-deep", "WideDeep"),
    ctx("pnn", "pnn", "PNN"),
]  # fmt: skip


def policy(images: bool, **options: Any) -> nn.Module:
    """An actor and critic of stable_baselines3, or its network of Q values."""
    spaces = load("gymnasium:spaces")
    seen = spaces.Box(0, 255, (4, 84, 84), "uint8") if images else spaces.Box(-1, 1, (17,))
    if options.pop("value", False):
        maker = load(f"stable_baselines3.dqn.policies:{'CnnPolicy' if images else 'MlpPolicy'}")
        network: nn.Module = maker(seen, spaces.Discrete(6), lambda _: 1e-3, **options).q_net
        return network
    maker = load("stable_baselines3.common.policies:ActorCriticPolicy")
    if images:
        maker = load("stable_baselines3.common.policies:ActorCriticCnnPolicy")
    network = maker(seen, spaces.Box(-1, 1, (6,)), lambda _: 1e-3, **options)
    return network


def acted(network: Any, seen: Tensor) -> Any:
    """The mean of the action and the value of the state."""
    actor, critic = network.mlp_extractor(network.extract_features(seen))
    return network.action_net(actor), network.value_net(critic)


SB3 = partial(net, "stable_baselines3", modality="control", task="policy")
POLICIES = [
    SB3("ppo-mlp", "mlp", policy, (1, 17), {"images": False}, acted),
    SB3("ppo-cnn", "nature-cnn", policy, (1, 4, 84, 84), {"images": True}, acted),
    SB3("dqn-mlp", "mlp", policy, (1, 17), {"images": False, "value": True}),
    SB3("dqn-cnn", "nature-cnn", policy, (1, 4, 84, 84), {"images": True, "value": True}),
]  # fmt: skip

SPECS: list[Spec] = [*WIDE, *LUCID, *TABM, *RECBOLE, *POLICIES]
