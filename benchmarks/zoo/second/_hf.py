"""Image models of `transformers`: how one is built from its config and wrapped."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, Spec

Options = dict[str, Any]


class Pixels(nn.Module):
    """Call a model with an image and return the named outputs, lists of them flattened."""

    def __init__(self, model: nn.Module, outputs: str, fixed: Options) -> None:
        super().__init__()
        self.model, self.outputs, self.fixed = model, outputs.split(), fixed

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        result = self.model(pixel_values, **self.fixed)
        found: list[Tensor] = []
        for name in self.outputs:
            each = getattr(result, name)
            found += each if isinstance(each, (list, tuple)) else [each]
        return tuple(found)


def configured(config: str, options: Options, attention: str) -> Any:
    """The config; an option `backbone_config` is the name of a config and its options."""
    import transformers

    given = dict(options)
    backbone = given.pop("backbone_config", None)
    if backbone is not None:
        kind, inner = backbone
        given["backbone_config"] = configured(kind, inner, "eager")
    return getattr(transformers, config)(**given, attn_implementation=attention)


def image_model(
    name: str,
    family: str,
    stem: str,
    options: Options,
    *,
    model: str = "ForImageClassification",
    outputs: str = "logits",
    size: int | tuple[int, int] = 224,
    channels: int = 3,
    variant: str = "",
    components: str = "",
    task: str = "classification",
    attention: str = "eager",
    part: str = "",
    fixed: Options | None = None,
) -> Spec:
    """A spec for class `<stem><model>` with `<stem>Config`."""

    def build(_: int) -> Built:
        import transformers

        config = configured(f"{stem}Config", options, attention)
        network = getattr(transformers, stem + model)(config)
        if part:
            network = getattr(network, part)
        height, width = (size, size) if isinstance(size, int) else size
        return Built(
            Pixels(network, outputs, fixed or {}),
            {"pixel_values": torch.randn(1, channels, height, width)},
            {"pixel_values": {0: "batch"}},
        )

    return Spec(
        f"hf2-{name}", family, variant or name, build, components, "image", task,
        implementation="transformers",
    )  # fmt: skip
