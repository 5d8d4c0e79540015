"""Time-series networks of `tsai`, built by the package's own classes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from types import ModuleType
from typing import Any

from torch import nn

from benchmarks.zoo.fourth.torch_vision import entry, load
from benchmarks.zoo.spec import Spec

CHANNELS, CLASSES, LENGTH = 6, 5, 64


@contextlib.contextmanager
def no_torchvision() -> Iterator[None]:
    """Let fastai import its own vision models, which stand beside those of torchvision."""
    names = ["torchvision", "torchvision.models"]
    empty = {name: ModuleType(name) for name in names if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


def series(name: str, family: str, path: str, long: bool = False, **options: Any) -> Spec:
    """A classifier of six signals; `long` where it wants to know how long they are."""
    length = {"seq_len": LENGTH} if long else {}

    def maker() -> nn.Module:
        with no_torchvision():
            cls = load(f"tsai.models.{path}")
        network: nn.Module = cls(c_in=CHANNELS, c_out=CLASSES, **length, **deepcopy(options))
        return network

    shape = (1, CHANNELS, LENGTH)
    spec = entry("tsai", name, family, maker, shape, modality="time-series")
    return replace(spec, name=f"fifth-tsai-{name}")


TST: dict[str, Any] = {"long": True, "d_model": 32, "n_heads": 4}

SPECS: list[Spec] = [
    series("inceptiontime", "inceptiontime", "InceptionTime:InceptionTime", nf=8),
    series("inceptiontime-plus", "inceptiontime", "InceptionTimePlus:InceptionTimePlus", True,
        nf=12, depth=6, concat_pool=True),
    # the three baselines of Wang et al. 2017: this FCN has nothing to do with segmentation
    series("fcn", "fcn-time-series", "FCN:FCN"),
    series("resnet", "resnet", "ResNet:ResNet"),
    series("mlp", "mlp", "MLP:MLP", True, layers=[96, 64, 48]),
    series("resnet-plus", "resnet", "ResNetPlus:ResNetPlus", True, nf=24),
    series("seresnet-plus", "se-resnet", "ResNetPlus:ResNetPlus", True, nf=32, se=8),
    series("mlp-bn", "mlp", "MLP:MLP", True, layers=[64, 48], ps=[0.1, 0.1], use_bn=True),
    series("xceptiontime", "xceptiontime", "XceptionTime:XceptionTime", nf=8,
        adaptive_size=32),
    series("xceptiontime-plus", "xceptiontime", "XceptionTimePlus:XceptionTimePlus", True, nf=12,
        adaptive_size=32),
    series("omniscale", "os-cnn", "OmniScaleCNN:OmniScaleCNN", True,
        layers=[8 * 32, 5 * 32 * 32 + 2 * 32 * 16]),
    series("lstm-fcn", "lstm-fcn", "RNN_FCN:LSTM_FCN", True, hidden_size=24),
    series("gru-fcn", "gru-fcn", "RNN_FCN:GRU_FCN", True, hidden_size=24),
    series("mlstm-fcn", "mlstm-fcn", "RNN_FCN:MLSTM_FCN", True, hidden_size=24),
    series("rescnn", "rescnn", "ResCNN:ResCNN"),
    series("tcn", "tcn", "TCN:TCN", layers=6 * [16], ks=7),
    series("tcn-deep", "tcn", "TCN:TCN", layers=8 * [25], ks=3),
    series("lstm", "lstm", "RNN:LSTM", hidden_size=32, n_layers=2),
    series("bilstm", "bilstm", "RNN:LSTM", hidden_size=24, n_layers=2, bidirectional=True),
    series("gru", "gru", "RNN:GRU", hidden_size=32, n_layers=2),
    series("gru-one", "gru", "RNNPlus:GRUPlus", True, hidden_size=48),
    series("rnn", "rnn", "RNN:RNN", hidden_size=32, n_layers=2),
    series("lstm-plus", "lstm", "RNNPlus:LSTMPlus", True, hidden_size=[48, 32]),
    series("lstm-attention", "lstm-attention", "RNNAttention:LSTMAttention", True, hidden_size=32,
        n_heads=4, d_ff=64),
    series("gru-attention", "gru-attention", "RNNAttention:GRUAttention", True, hidden_size=32,
        n_heads=4, d_ff=64),
    series("tst", "tst", "TST:TST", **TST, d_ff=64),
    series("tst-plus", "tst", "TSTPlus:TSTPlus", **TST, d_ff=64, n_layers=4),
    series("patchtst", "patchtst", "PatchTST:PatchTST", **TST, d_ff=64, n_layers=3, pred_dim=24),
    series("patchtst-decomposed", "patchtst", "PatchTST:PatchTST", **TST, d_ff=64, pred_dim=24,
        patch_len=8, stride=8, decomposition=True, norm="LayerNorm"),
    # vision transformer over the steps of a series
    series("tsit", "tsit", "TSiTPlus:TSiTPlus", **TST, depth=4, mlp_ratio=2, use_token=True),
    series("tsit-lsa", "tsit", "TSiTPlus:TSiTPlus", **TST, depth=3, mlp_ratio=2, lsa=True,
        pre_norm=True),
    series("sequencer", "sequencer", "TSSequencerPlus:TSSequencerPlus", True, d_model=24, depth=3),
    series("transformer", "transformer-encoder", "TransformerModel:TransformerModel", d_model=32,
        n_head=4, d_ffn=64, n_layers=3),
    series("transformer-lstm", "transformer-lstm", "TransformerRNNPlus:TransformerLSTMPlus", True,
        d_model=32, nhead=4, num_encoder_layers=2, dim_feedforward=64),
    series("convtran", "convtran", "ConvTranPlus:ConvTranPlus", True, d_model=32),
    series("gmlp", "gmlp", "gMLP:gMLP", True, d_model=32, d_ffn=64, depth=4),
    series("xcm", "xcm", "XCM:XCM", True, nf=16),
    series("perceiver", "perceiver", "TSPerceiver:TSPerceiver", True, n_latents=24, d_latent=32,
        n_layers=3, self_n_heads=4),
    series("mwdn", "mwdn", "mWDN:mWDN", True, nf=8),
    series("xresnet18", "resnet", "XResNet1d:xresnet1d18"),
]  # fmt: skip
