# ruff: noqa: D102 - forward() is described by its class
"""Parts the judging half shares: example inputs, labels, and joints that negatives can swap."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, Spec

Maker = Callable[[], nn.Module]
Inputs = Callable[[], dict[str, Tensor]]
SEQ = {0: "batch", 1: "sequence"}
VOCAB = 180


class Plus(nn.Module):
    """A residual addition as a module, so that a negative can replace it."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return skip + branch


def ids(length: int = 12, *more: str) -> Inputs:
    """Token ids, and on request `mask`, `types` and `target` ids."""

    def make() -> dict[str, Tensor]:
        found = {"input_ids": torch.randint(3, VOCAB, (1, length))}
        if "mask" in more:
            found["input_mask"] = torch.ones(1, length, dtype=torch.long)
            found["input_mask"][:, -2:] = 0
        if "types" in more:
            found["segment_ids"] = (torch.arange(length) > length // 2).long()[None]
        if "target" in more:
            found["target_ids"] = torch.randint(3, VOCAB, (1, length - 3))
        return found

    return make


def tensors(**shapes: tuple[int, ...]) -> Inputs:
    """Float inputs of these shapes by name."""

    def make() -> dict[str, Tensor]:
        return {name: torch.randn(*shape) for name, shape in shapes.items()}

    return make


def twin(
    name: str,
    family: str,
    maker: Maker,
    inputs: Inputs,
    implementation: str,
    variant: str = "",
    components: str = "",
    modality: str = "text",
    task: str = "features",
) -> Spec:
    """One labelled model of the judging half."""

    def build(_: int) -> Built:
        values = inputs()
        axes = {k: SEQ if v.dtype == torch.long else {0: "batch"} for k, v in values.items()}
        return Built(maker(), values, axes)

    return Spec(
        name, family, variant or family, build, components, modality, task,
        implementation=implementation,
    )  # fmt: skip
