"""How the networks of this folder are labelled and called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, Spec

Maker = Callable[[], nn.Module]
Inputs = dict[str, tuple[int, ...]]
VOCAB = 160


class Call(nn.Module):
    """Call a `transformers` model by keyword and return the named outputs."""

    variadic = True  # forward(*values): the exporter wants the axes as one tuple

    def __init__(self, model: nn.Module, names: list[str], outputs: str, fixed: Any) -> None:
        super().__init__()
        self.model, self.names, self.outputs, self.fixed = model, names, outputs.split(), fixed

    def forward(self, *values: Tensor) -> tuple[Tensor, ...]:
        """The outputs, flattened."""
        result = self.model(**dict(zip(self.names, values, strict=True)), **self.fixed)
        found = [getattr(result, name) for name in self.outputs]
        return tuple(found)


def example(name: str, shape: tuple[int, ...]) -> Tensor:
    """Token ids, a mask or floats, as the input's name tells."""
    if "mask" in name:
        return torch.ones(shape, dtype=torch.long)
    if "types" in name or "token_type" in name:
        return (torch.arange(shape[-1]) > shape[-1] // 2).long().expand(shape).contiguous()
    if "ids" in name:
        return torch.randint(3, VOCAB, shape)
    return torch.randn(shape)


def model(
    name: str,
    family: str,
    maker: Maker,
    inputs: Inputs | int,
    implementation: str,
    *,
    variant: str = "",
    components: str = "",
    modality: str = "image",
    task: str = "classification",
) -> Spec:
    """One labelled model; an input given as a number is an RGB image of that size."""
    shapes = {"input": (1, 3, inputs, inputs)} if isinstance(inputs, int) else inputs

    def build(_: int) -> Built:
        values = {key: example(key, shape) for key, shape in shapes.items()}
        axes = {key: {0: "batch"} for key in values}
        return Built(maker(), values, axes)

    return Spec(
        f"third-{name}", family, variant or name, build, components, modality, task,
        implementation=implementation,
    )  # fmt: skip


def hf(
    name: str,
    family: str,
    cls: str,
    config: str,
    options: dict[str, Any],
    inputs: Inputs,
    outputs: str = "logits",
    *,
    components: str = "",
    modality: str = "text",
    task: str = "features",
    attention: str = "sdpa",
    part: str = "",
    **fixed: Any,
) -> Spec:
    """A class of `transformers` with this config, and the keywords it is called with."""

    def maker() -> nn.Module:
        import transformers

        settings = getattr(transformers, config)(**options, attn_implementation=attention)
        network = getattr(transformers, cls)(settings)
        if part:
            network = getattr(network, part)
        return Call(network, list(inputs), outputs, fixed)

    return model(
        name, family, maker, inputs, "transformers", components=components, modality=modality,
        task=task,
    )  # fmt: skip


def conv_bn(
    fan_in: int,
    fan_out: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    groups: int = 1,
    dilation: int = 1,
    bias: bool = False,
    act: nn.Module | None = None,
) -> nn.Sequential:
    """Convolution, BatchNorm and, where one is given, an activation."""
    pad = dilation * (kernel - 1) // 2
    layers: list[nn.Module] = [
        nn.Conv2d(fan_in, fan_out, kernel, stride, pad, dilation, groups, bias),
        nn.BatchNorm2d(fan_out),
    ]
    if act is not None:
        layers.append(act)
    return nn.Sequential(*layers)
