"""Brain signals: networks of `braindecode`, built by the package's own classes."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

ABSENT = "mne_bids torchaudio wfdb rotary_embedding_torch linear_attention_transformer"
CHANNELS, CLASSES, RATE = 22, 4, 128


def built(cls: str, **options: Any) -> nn.Module:
    """A network of the package, for these signals."""
    network: nn.Module = load(f"braindecode.models:{cls}", ABSENT, "braindecode")(**options)
    for part in network.modules():  # what bounds the weights in training has no place in a file
        if is_parametrized(part, "weight"):
            remove_parametrizations(part, "weight")
    return network


def eeg(
    name: str, family: str, cls: str, length: int = 512, channels: int = CHANNELS, **more: Any
) -> Spec:
    """A classifier of so many samples of so many electrodes, at 128 samples a second."""
    options = {
        "cls": cls, "n_chans": channels, "n_outputs": CLASSES, "n_times": length, "sfreq": RATE,
        **more,
    }  # fmt: skip
    shape = (1, channels, length)
    return net("braindecode", name, family, built, shape, options, modality="time-series")


SPECS: list[Spec] = [
    eeg("eegnet", "eegnet", "EEGNet"),
    eeg("eegnet-16", "eegnet", "EEGNet", 384, F1=16, D=4, kernel_length=32),
    # the two networks of Schirrmeister et al. 2017
    eeg("shallow-fbcsp", "shallow-convnet", "ShallowFBCSPNet", n_filters_time=24,
        n_filters_spat=24),
    eeg("deep4", "deep-convnet", "Deep4Net", 768, n_filters_time=16, n_filters_spat=16,
        n_filters_2=24, n_filters_3=32, n_filters_4=48),
    eeg("atcnet", "atcnet", "ATCNet", 1024),
    eeg("eeg-conformer", "eeg-conformer", "EEGConformer", n_filters_time=20, num_heads=5),
    eeg("eeg-tcnet", "eeg-tcnet", "EEGTCNet"),
    eeg("eeg-itnet", "eeg-itnet", "EEGITNet"),
    eeg("eeg-nex", "eegnex", "EEGNeX"),
    eeg("eeg-inception-erp", "eeg-inception", "EEGInceptionERP", 256),
    eeg("eeg-inception-mi", "eeg-inception", "EEGInceptionMI", n_filters=12),
    eeg("bdtcn", "tcn", "BDTCN", n_blocks=4, n_filters=24),
    eeg("ctnet", "ctnet", "CTNet"),
    eeg("tidnet", "tidnet", "TIDNet"),
    eeg("sccnet", "sccnet", "SCCNet"),
    eeg("tsception", "tsception", "TSception", hidden_size=32),
    eeg("msvtnet", "msvtnet", "MSVTNet"),
    eeg("sparcnet", "sparcnet", "SPARCNet"),
    eeg("attention-base-net", "attention-base-net", "AttentionBaseNet"),
    eeg("u-sleep", "u-sleep", "USleep", 3840, 2, depth=6),
    eeg("sleep-chambon", "chambon-sleep", "SleepStagerChambon2018", 3840, 2),
    eeg("attn-sleep", "attnsleep", "AttnSleep", 3000, 1, sfreq=100),
]  # fmt: skip
