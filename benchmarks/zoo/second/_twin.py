"""How the hand-written networks of this folder are labelled."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from benchmarks.zoo.spec import Built, Spec, image


def twins(implementation: str) -> Callable[..., Spec]:
    """A maker of specs for networks written the way of this public code."""

    def twin(
        name: str,
        family: str,
        maker: Callable[[], nn.Module],
        size: int | tuple[int, int] = 128,
        channels: int = 3,
        *,
        variant: str = "",
        task: str = "classification",
        components: str = "",
    ) -> Spec:
        def build(_: int) -> Built:
            return image(maker(), size, channels)

        return Spec(
            f"{implementation.split('-')[0]}-{name}", family, variant or name, build, components,
            "image", task, implementation=implementation,
        )  # fmt: skip

    return twin


def shaped(
    name: str,
    family: str,
    maker: Callable[[], nn.Module],
    shape: tuple[int, ...],
    *,
    implementation: str,
    variant: str = "",
    modality: str = "image",
    task: str = "generation",
    components: str = "",
) -> Spec:
    """A network whose one input is no image."""

    def build(_: int) -> Built:
        return Built(maker(), {"input": torch.randn(*shape)}, {"input": {0: "batch"}})

    return Spec(
        f"{implementation.split('-')[0]}-{name}", family, variant or name, build, components,
        modality, task, implementation=implementation,
    )  # fmt: skip


def cbr(
    fan_in: int,
    fan_out: int,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
    act: Callable[[], nn.Module] | None = nn.ReLU,
    dilation: int = 1,
) -> nn.Sequential:
    """Convolution without bias, BatchNorm and activation."""
    pad = (kernel - 1) // 2 * dilation
    layers: list[nn.Module] = [
        nn.Conv2d(fan_in, fan_out, kernel, stride, pad, dilation, groups, bias=False),
        nn.BatchNorm2d(fan_out),
    ]
    if act is not None:
        layers.append(act())
    return nn.Sequential(*layers)
