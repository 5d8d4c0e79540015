"""Tables and forecasts: `pytorch_tabnet`, `rtdl_revisiting_models` and `neuralforecast`."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.fifth.torch_images import net
from benchmarks.zoo.fourth.torch_vision import Via, entry
from benchmarks.zoo.spec import Spec

TAB = partial(net, "pytorch_tabnet", modality="tabular")
RTDL = partial(net, "rtdl_revisiting_models", modality="tabular")
ROW = (4, 16)


def groups(count: int, **options: Any) -> dict[str, Any]:
    """TabNet's options; every column is a group of its own."""
    sizes = {"input_dim": count, "output_dim": 3, "n_d": 8, "n_a": 8, "n_steps": 3}
    return {**sizes, "group_attention_matrix": torch.eye(count), **options}


def tabular(cls: str, **options: Any) -> nn.Module:
    """A class of `rtdl_revisiting_models`."""
    network: nn.Module = getattr(import_module("rtdl_revisiting_models"), cls)(**options)
    return network


def mixed(network: Any, numbers: Tensor, kind_ids: Tensor) -> Any:
    """A row of numbers and a row of categories."""
    return network(numbers, kind_ids % 5)


FT = {"cls": "FTTransformer", "d_out": 3, "d_block": 32, "attention_n_heads": 4,
      "attention_dropout": 0.1, "ffn_d_hidden_multiplier": 4 / 3, "ffn_dropout": 0.1,
      "residual_dropout": 0.0}  # fmt: skip
TABLES = [
    TAB("tabnet", "tabnet", "tab_network:TabNet", ROW, groups(16)),
    TAB("tabnet-5", "tabnet", "tab_network:TabNet", ROW, groups(16, n_steps=5, n_d=16, n_a=16)),
    TAB("tabnet-encoder", "tabnet", "tab_network:TabNetEncoder", ROW, groups(16, n_shared=1)),
    RTDL("mlp", "mlp", tabular, ROW, {
        "cls": "MLP", "d_in": 16, "d_out": 3, "n_blocks": 3, "d_block": 64, "dropout": 0.1}),
    RTDL("resnet", "tabular-resnet", tabular, ROW, {
        "cls": "ResNet", "d_in": 16, "d_out": 3, "n_blocks": 3, "d_block": 48,
        "d_hidden_multiplier": 2.0, "dropout1": 0.1, "dropout2": 0.0}),
    RTDL("ft-transformer", "ft-transformer", tabular, ROW, {
        **FT, "n_cont_features": 16, "cat_cardinalities": [], "n_blocks": 3},
        lambda network, x: network(x, None)),
    RTDL("ft-transformer-mixed", "ft-transformer", tabular, {
        "numbers": (4, 10), "kind_ids": (4, 3)}, {
            **FT, "n_cont_features": 10, "cat_cardinalities": [5, 6, 7], "n_blocks": 4}, mixed),
]  # fmt: skip

AHEAD, BACK, SERIES = 12, 48, 4


def forecaster(module: str, cls: str, many: bool, options: dict[str, Any]) -> nn.Module:
    """A model of `neuralforecast`, whose package file wants a cluster's software to be imported."""
    name = "neuralforecast"
    if name not in sys.modules:
        found, bare = find_spec(name), ModuleType(name)
        bare.__path__ = list(found.submodule_search_locations or []) if found else []
        sys.modules[name] = bare
    sizes = {"h": AHEAD, "input_size": BACK, **({"n_series": SERIES} if many else {})}
    network: nn.Module = getattr(import_module(f"{name}.models.{module}"), cls)(**sizes, **options)
    return network


def window(network: Any, past: Tensor) -> Any:
    """The batch that the package's trainer makes of a window: no covariates, nothing missing."""
    return network({"insample_y": past, "insample_mask": torch.ones_like(past), "hist_exog": None,
                    "futr_exog": None, "stat_exog": None})  # fmt: skip


def cast(family: str, cls: str, many: bool = False, name: str = "", **options: Any) -> Spec:
    """A forecaster of one series, or of four at once."""
    title = name or cls.lower()
    maker = partial(forecaster, cls.lower(), cls, many, options)
    shape = (1, BACK, SERIES if many else 1)
    labels = {"modality": "time-series", "task": "forecast"}
    spec = entry("neuralforecast", title, family, lambda: Via(maker(), window), shape, **labels)
    return replace(spec, name=f"fifth-neuralforecast-{title}")


ATT: Any = {"hidden_size": 32, "n_head": 4}
RNN: Any = {"encoder_hidden_size": 32, "decoder_hidden_size": 24}
MLP: Any = {"mlp_units": [[48, 48]] * 3}
FORECASTS = [
    cast("n-beats", "NBEATS", **MLP),
    cast("n-beats", "NBEATS", name="nbeats-generic", **MLP, stack_types=["identity"] * 3),
    cast("n-hits", "NHITS", **MLP),
    cast("mlp", "MLP", num_layers=3, hidden_size=48),
    cast("mlp", "MLPMultivariate", True, num_layers=2, hidden_size=64),
    cast("dlinear", "DLinear"),
    cast("nlinear", "NLinear"),
    cast("tide", "TiDE", hidden_size=48, decoder_output_dim=8, temporal_decoder_dim=24,
         num_encoder_layers=2, num_decoder_layers=2),
    cast("tsmixer", "TSMixer", True, n_block=3, ff_dim=24),
    cast("patchtst", "PatchTST", encoder_layers=3, n_heads=4, hidden_size=32,
         linear_hidden_size=64, patch_len=8, stride=4),
    cast("itransformer", "iTransformer", True, hidden_size=32, n_heads=4, e_layers=3, d_ff=64),
    cast("transformer", "VanillaTransformer", **ATT, encoder_layers=2, decoder_layers=1,
         conv_hidden_size=24),
    cast("informer", "Informer", **ATT, encoder_layers=2, conv_hidden_size=24),
    cast("autoformer", "Autoformer", **ATT, encoder_layers=2, conv_hidden_size=24),
    cast("tft", "TFT", hidden_size=24, n_head=4),
    cast("lstm", "LSTM", **RNN),
    cast("gru", "GRU", **RNN),
    cast("rnn", "RNN", **RNN),
    cast("tcn", "TCN", **RNN),
    cast("bitcn", "BiTCN", hidden_size=16),
    cast("deepar", "DeepAR", lstm_hidden_size=24, lstm_n_layers=2),
    cast("kan", "KAN", hidden_size=24),
    cast("softs", "SOFTS", True, hidden_size=32, d_core=24, d_ff=48),
    cast("stemgnn", "StemGNN", True, multi_layer=2),
    cast("timexer", "TimeXer", True, hidden_size=32, n_heads=4, d_ff=48, patch_len=8),
    cast("timemixer", "TimeMixer", True, d_model=16, d_ff=24, down_sampling_layers=2),
    cast("rmok", "RMoK", True),
]  # fmt: skip

SPECS: list[Spec] = [*TABLES, *FORECASTS]
