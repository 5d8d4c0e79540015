"""Forecasts: networks of `darts` and `gluonts`, built by the packages' own classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

BACK, AHEAD, SERIES = 48, 12, 3
SHAPE = (2, BACK, SERIES)
LABELS = {"modality": "time-series", "task": "forecast"}
ABSENT = "statsmodels holidays nfoursid pyod xarray shap statsforecast tensorboardX"


def darts(path: str, **options: Any) -> nn.Module:
    """A module of darts that looks back and ahead so far."""
    made = load(f"darts.models.forecasting.{path}", ABSENT)
    drop = {} if path[1:].startswith("linear") else {"dropout": 0.1}
    network: nn.Module = made(
        input_chunk_length=BACK, output_chunk_length=AHEAD, **drop,
        train_sample_shape=((BACK, SERIES), None, None, None, None, (AHEAD, SERIES)), **options,
    )  # fmt: skip
    return network


def past(network: Any, x: Tensor) -> Any:
    """The forecast from the past alone."""
    batch = load("darts.utils.data.torch_datasets.utils:PLModuleInput", ABSENT)
    result = network(batch(past_target=x))
    return getattr(result, "prediction", getattr(result, "output", result))


def known(network: Any, x: Tensor, before: Tensor, after: Tensor) -> Any:
    """The forecast from the past and what is known of past and future."""
    batch = load("darts.utils.data.torch_datasets.utils:PLModuleInput", ABSENT)
    given = batch(
        past_target=x, past_covariates=None, historic_future_covariates=before,
        future_covariates=after,
    )  # fmt: skip
    result = network(given)
    return getattr(result, "prediction", getattr(result, "output", result))


def meta() -> dict[str, dict[str, list[str]]]:
    """How darts names the variables of its fusion transformer: targets and known ones."""
    target = [f"target_{i}" for i in range(SERIES)]
    future = [f"future_covariate_{i}" for i in range(2)]
    return {
        "input": {
            "past_target": target, "historic_future_covariate": future, "future_covariate": future,
            "future_target": target,
        },
        "model_config": {
            "reals_input": target + future, "categorical_input": [],
            "time_varying_encoder_input": target + future, "time_varying_decoder_input": future,
            "static_input": [], "static_input_numeric": [], "static_input_categorical": [],
        },
    }  # fmt: skip


def cast(name: str, family: str, path: str, /, **options: Any) -> Spec:
    """A forecaster of darts from the past of three series."""
    given = {"path": path, "nr_params": 1} | options
    return net("darts", name, family, darts, SHAPE, given, past, **LABELS)


IO = {"input_dim": SERIES, "output_dim": SERIES}
PLAIN = {**IO, "future_cov_dim": 0, "static_cov_dim": 0}
BEATS: dict[str, Any] = {**IO, "num_blocks": 1, "activation": "ReLU", "batch_norm": False}
SIZES = {"input_size": SERIES, "output_size": SERIES}
BOTH = {"x": SHAPE, "before": (2, BACK, 2), "after": (2, AHEAD, 2)}
DARTS = [
    cast("nbeats-generic", "n-beats", "nbeats:_NBEATSModule", **BEATS, generic_architecture=True,
        num_stacks=6, num_layers=4, layer_widths=[48] * 6, expansion_coefficient_dim=5,
        trend_polynomial_degree=2),
    cast("nbeats-interpretable", "n-beats", "nbeats:_NBEATSModule", **{**BEATS, "num_blocks": 3},
        generic_architecture=False, num_stacks=2, num_layers=4, layer_widths=[48] * 2,
        expansion_coefficient_dim=5, trend_polynomial_degree=2),
    cast("nhits", "n-hits", "nhits:_NHiTSModule", **BEATS, num_stacks=3, num_layers=2,
        layer_widths=[64] * 3, pooling_kernel_sizes=((8,), (4,), (1,)),
        n_freq_downsample=((6,), (2,), (1,)), MaxPool1d=True),
    cast("tcn", "tcn", "tcn_model:_TCNModule", input_size=SERIES, kernel_size=3, num_filters=16,
        num_layers=None, dilation_base=2, weight_norm=False, target_size=SERIES,
        target_length=AHEAD),
    cast("tcn-weight-norm", "tcn", "tcn_model:_TCNModule", input_size=SERIES, kernel_size=5,
        num_filters=24, num_layers=4, dilation_base=2, weight_norm=True, target_size=SERIES,
        target_length=AHEAD),
    cast("transformer", "transformer", "transformer_model:_TransformerModule", **SIZES, d_model=32,
        nhead=4, num_encoder_layers=3, num_decoder_layers=3, dim_feedforward=64,
        activation="relu"),
    cast("transformer-swiglu", "transformer", "transformer_model:_TransformerModule", **SIZES,
        d_model=32, nhead=4, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=64,
        activation="SwiGLU", norm_type="RMSNorm"),
    *(
        cast(f"block-{kind.lower()}", kind.lower(), "block_rnn_model:_BlockRNNModule", name=kind,
            input_size=SERIES, hidden_dim=32, num_layers=2, target_size=SERIES, future_cov_dim=0,
            num_layers_out_fc=[])
        for kind in ("LSTM", "GRU", "RNN")
    ),
    cast("dlinear", "dlinear", "dlinear:_DLinearModule", **PLAIN, shared_weights=False,
        kernel_size=25, const_init=False),
    cast("nlinear", "nlinear", "nlinear:_NLinearModule", **PLAIN, shared_weights=False,
        const_init=False, normalize=True),
    cast("tide", "tide", "tide_model:_TideModule", **PLAIN, num_encoder_layers=2,
        num_decoder_layers=2, decoder_output_dim=8, hidden_size=48, temporal_decoder_hidden=24,
        temporal_width_past=4, temporal_width_future=4, use_layer_norm=True),
    net("darts", "tide-covariates", "tide", darts, BOTH, {
        "path": "tide_model:_TideModule", **PLAIN, "input_dim": SERIES + 2, "future_cov_dim": 2,
        "nr_params": 1, "num_encoder_layers": 1, "num_decoder_layers": 1, "decoder_output_dim": 8,
        "hidden_size": 48, "temporal_decoder_hidden": 24, "temporal_width_past": 4,
        "temporal_width_future": 4, "temporal_hidden_size_past": 16,
        "temporal_hidden_size_future": 16, "use_layer_norm": False}, known, **LABELS),
    cast("tsmixer", "tsmixer", "tsmixer_model:_TSMixerModule", **PLAIN, past_cov_dim=0,
        hidden_size=32, ff_size=48, num_blocks=3, activation="ReLU", norm_type="LayerNorm",
        normalize_before=False),
    net("darts", "tft", "tft", darts, BOTH, {
        "path": "tft_model:_TFTModule", "output_dim": (SERIES, 1), "variables_meta": meta(),
        "num_static_components": 0, "hidden_size": 24, "lstm_layers": 1, "num_attention_heads": 4,
        "full_attention": False, "feed_forward": "GatedResidualNetwork",
        "hidden_continuous_size": 8, "categorical_embedding_sizes": {}, "norm_type": "LayerNorm",
        "add_relative_index": False}, known, **LABELS),
]  # fmt: skip


def gluon(module: str, cls: str, **options: Any) -> nn.Module:
    """A network of gluonts that looks back and ahead so far."""
    made = load(f"gluonts.torch.model.{module}.module:{cls}")
    if cls == "TiDEModel":  # the only one without a default of its own
        options["distr_output"] = load("gluonts.torch.distributions:StudentTOutput")()
    network: nn.Module = made(prediction_length=AHEAD, context_length=BACK, **options)
    return network


def seen(network: Any, x: Tensor) -> Any:
    """The parameters of the forecast's distribution, its place and its scale."""
    return network(x, torch.ones_like(x))


def dated(network: Any, x: Tensor, before: Tensor, after: Tensor) -> Any:
    """The same, knowing the dates and that there is one kind of series."""
    kind, real = torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1)
    return network(kind, real, before, x, torch.ones_like(x), after)


def tided(network: Any, x: Tensor, before: Tensor, after: Tensor) -> Any:
    """The same in the order that TiDE takes it."""
    kind, real = torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1)
    return network(real, kind, before, x, torch.ones_like(x), after)


def unrolled(network: Any, x: Tensor, before: Tensor, after: Tensor) -> Any:
    """DeepAR's distribution over the past and one step ahead."""
    kind, real = torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1)
    return network.unroll_lagged_rnn(
        kind, real, before, x, torch.ones_like(x), after[:, :1]
    )[0]  # fmt: skip


def glu(name: str, family: str, module: str, cls: str, call: Any = seen, **options: Any) -> Spec:
    """A forecaster of gluonts."""
    length = BACK + options.pop("lags", 0)
    many = (SERIES,) if cls == "ITransformerModel" else ()
    shapes: dict[str, tuple[int, ...]] = {"x": (1, length, *many)}
    if call in (dated, tided, unrolled):
        shapes |= {"before": (1, length, 4), "after": (1, AHEAD, 4)}
    given = {"module": module, "cls": cls, **options}
    return net("gluonts", name, family, gluon, shapes, given, call, **LABELS)


ATT: dict[str, Any] = {"d_model": 32, "nhead": 4, "dim_feedforward": 64, "dropout": 0.1,
    "activation": "relu", "norm_first": False, "num_encoder_layers": 2,
    "scaling": "mean"}  # fmt: skip
GLUON = [
    glu("simple-feedforward", "mlp", "simple_feedforward", "SimpleFeedForwardModel",
        lambda network, x: network(x), hidden_dimensions=[48, 48]),
    glu("dlinear", "dlinear", "d_linear", "DLinearModel", hidden_dimension=20),
    glu("itransformer", "itransformer", "i_transformer", "ITransformerModel", **ATT),
    glu("lag-tst", "lag-tst", "lag_tst", "LagTSTModel", freq="D", lags=5, lags_seq=[1, 2, 5],
        **ATT),
    glu("deepar", "deepar", "deepar", "DeepARModel", unrolled, lags=7, lags_seq=[1, 2, 7], freq="D",
        num_feat_dynamic_real=4, hidden_size=24),
    glu("tide", "tide", "tide", "TiDEModel", tided, num_feat_dynamic_real=4,
        num_feat_dynamic_proj=2, num_feat_static_real=1, num_feat_static_cat=1, cardinality=[1],
        embedding_dimension=[4], feat_proj_hidden_dim=4, encoder_hidden_dim=32,
        decoder_hidden_dim=32, temporal_hidden_dim=16, distr_hidden_dim=16, decoder_output_dim=8,
        dropout_rate=0.1, num_layers_encoder=2, num_layers_decoder=2, layer_norm=True,
        scaling="mean"),
]  # fmt: skip

SPECS: list[Spec] = [*DARTS, *GLUON]
