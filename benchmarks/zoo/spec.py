"""What one zoo model is: its label, how it is built and how its weights are settled."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass
class Built:
    """A module in eval mode, its example inputs by name and its dynamic axes."""

    module: nn.Module
    inputs: dict[str, Tensor]
    dynamic: dict[str, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """One labelled architecture. `build` gets the seed derived for this model.

    It returns a `Built`, or a Keras model where that is the toolchain.
    """

    name: str
    family: str
    variant: str
    build: Callable[[int], Any]
    components: str = ""
    modality: str = "image"
    task: str = "classification"
    ort_kind: str = ""
    heads: int = 0
    hidden: int = 0
    implementation: str = "twin"
    """Whose code the network is: `twin` of a paper, `transformers`, `keras.applications` ..."""
    split: str = "dev"
    """`dev`: signatures may be written with it; `test`: only judged by it."""
    toolchain: str = "torch"
    """What writes the files: `torch`, by way of ONNX, or `keras`."""


def model_seed(name: str, seed: int) -> int:
    """Seed of one model: the same name and run seed always give the same weights."""
    return (zlib.crc32(name.encode()) + 7919 * seed) % (2**31)


def settle(module: nn.Module) -> nn.Module:
    """Randomise norms, biases and constant parameters so no exporter folds one away."""
    norm_params: set[int] = set()
    with torch.no_grad():
        for sub in module.modules():
            if "Norm" not in type(sub).__name__:
                continue
            for name, param in sub.named_parameters(recurse=False):
                norm_params.add(id(param))
                if "bias" in name:
                    param.uniform_(-0.1, 0.1)
                else:
                    param.uniform_(0.5, 1.5)
            for name, buffer in sub.named_buffers(recurse=False):
                if name == "running_mean":
                    buffer.uniform_(-0.1, 0.1)
                elif name == "running_var":
                    buffer.uniform_(0.5, 1.5)
        for param in module.parameters():
            if id(param) in norm_params or not param.is_floating_point():
                continue
            flat = param.reshape(-1)
            if param.ndim <= 1:
                param.add_(torch.empty_like(param).uniform_(-0.1, 0.1))
            elif bool((flat == flat[0]).all()):
                param.add_(torch.randn_like(param) * 0.02)
    return module.eval()


def make(spec: Spec, seed: int) -> Built:
    """Build one model with settled weights; a pure function of the spec and the seed."""
    derived = model_seed(spec.name, seed)
    torch.manual_seed(derived)
    torch.backends.mha.set_fastpath_enabled(False)  # the fused layer has no ONNX form
    built: Built = spec.build(derived)
    settle(built.module)
    return built


def image(
    module: nn.Module, size: int | tuple[int, int] = 224, channels: int = 3, name: str = "input"
) -> Built:
    """Wrap an image model with one NCHW input whose batch axis may be dynamic."""
    height, width = (size, size) if isinstance(size, int) else size
    return Built(module, {name: torch.randn(1, channels, height, width)}, {name: {0: "batch"}})
