# ruff: noqa: D102 - forward() is described by its class
"""Models built from `transformers` configs with random weights, wrapped for export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.spec import Built, Spec

LENGTH, DECODER_LENGTH, VOCAB, HIDDEN, HEADS = 16, 12, 200, 64, 4
SEQ = {0: "batch", 1: "sequence"}
DEC = {0: "batch", 1: "decoder_sequence"}


class Call(nn.Module):
    """Call a Hugging Face model by keyword and keep the named outputs."""

    variadic = True

    def __init__(
        self, model: nn.Module, names: list[str], outputs: str, fixed: dict[str, Any]
    ) -> None:
        super().__init__()
        self.model, self.names, self.outputs, self.fixed = model, names, outputs.split(), fixed

    def forward(self, *args: Tensor) -> tuple[Tensor, ...]:
        result = self.model(**dict(zip(self.names, args, strict=True)), **self.fixed)
        return tuple(getattr(result, name) for name in self.outputs)


class WithPast(nn.Module):
    """A causal LM step that takes and returns its key-value cache as flat tensors."""

    variadic = True

    def __init__(self, model: nn.Module, layers: int) -> None:
        super().__init__()
        self.model, self.layers = model, layers

    def forward(self, *args: Tensor) -> tuple[Tensor, ...]:
        from transformers import DynamicCache

        ids, mask, *past = args
        cache = DynamicCache()
        for index in range(self.layers):
            cache.update(past[2 * index], past[2 * index + 1], index)
        result = self.model(
            input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True
        )
        flat: list[Tensor] = []
        layer: Any
        for layer in cache.layers:
            flat += [layer.keys, layer.values]
        return (result.logits, *flat)


def padded(batch: int, length: int, pad: int) -> Tensor:
    """An attention mask whose last `pad` positions of the last row are off."""
    mask = torch.ones(batch, length, dtype=torch.long)
    mask[-1, length - pad :] = 0
    return mask


def example(kinds: str, config: Any) -> tuple[dict[str, Tensor], dict[str, dict[int, str]]]:
    """Example inputs and dynamic axes for a space-separated list of input kinds."""
    inputs: dict[str, Tensor] = {}
    dynamic: dict[str, dict[int, str]] = {}
    for kind in kinds.split():
        if kind == "ids":
            name, value, axes = "input_ids", torch.randint(3, VOCAB, (1, LENGTH)), SEQ
        elif kind == "mask":
            name, value, axes = "attention_mask", padded(1, LENGTH, 3), SEQ
        elif kind == "type":
            types = (torch.arange(LENGTH) >= 9).long()[None]
            name, value, axes = "token_type_ids", types, SEQ
        elif kind == "dec":
            ids = torch.randint(3, VOCAB, (1, DECODER_LENGTH))
            name, value, axes = "decoder_input_ids", ids, DEC
        elif kind == "target":
            ids = torch.randint(3, VOCAB, (1, DECODER_LENGTH))
            name, value, axes = "input_ids", ids, DEC
        elif kind in ("dec_mask", "target_mask"):
            name = "decoder_attention_mask" if kind == "dec_mask" else "attention_mask"
            value, axes = torch.ones(1, DECODER_LENGTH, dtype=torch.long), DEC
        elif kind == "memory":
            width = getattr(config, "d_model", HIDDEN)
            name, value, axes = "encoder_hidden_states", torch.randn(1, LENGTH, width), SEQ
        elif kind == "memory_mask":
            name, value, axes = "encoder_attention_mask", padded(1, LENGTH, 3), SEQ
        elif kind == "pixels":
            size = getattr(config, "image_size", None) or config.vision_config.image_size
            value = torch.randn(1, 3, size, size)
            name, axes = "pixel_values", {0: "batch"}
        elif kind == "mel":
            frames = 2 * config.max_source_positions
            value = torch.randn(1, config.num_mel_bins, frames)
            name, axes = "input_features", {0: "batch"}
        elif kind == "wave":
            name, value, axes = "input_values", torch.randn(1, 4000), {0: "batch"}
        else:
            raise ValueError(f"unknown input kind {kind}")
        inputs[name], dynamic[name] = value, axes
    return inputs, dynamic


@dataclass(frozen=True)
class Recipe:
    """A `transformers` model class, its config and the way it is called."""

    model: str
    config: str
    options: dict[str, Any]
    inputs: str
    outputs: str = "last_hidden_state"
    part: str = ""
    fixed: dict[str, Any] = field(default_factory=dict)
    past: bool = False

    def build(self, attention: str) -> Built:
        """Instantiate with random weights and wrap."""
        import transformers

        make_config = getattr(transformers, self.config)
        config = make_config(**self.options, attn_implementation=attention)
        model = getattr(transformers, self.model)(config)
        if self.past:
            return self.with_past(model, config)
        if self.part:
            model = getattr(model, self.part)
        inputs, dynamic = example(self.inputs, config)
        return Built(Call(model, list(inputs), self.outputs, self.fixed), inputs, dynamic)

    def with_past(self, model: nn.Module, config: Any) -> Built:
        """One decoding step over a cache of LENGTH positions."""
        layers = config.num_hidden_layers
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        width = config.hidden_size // config.num_attention_heads
        inputs = {
            "input_ids": torch.randint(3, VOCAB, (1, 1)),
            "attention_mask": torch.ones(1, LENGTH + 1, dtype=torch.long),
        }
        dynamic = {"input_ids": {0: "batch"}, "attention_mask": {0: "batch", 1: "total"}}
        for index in range(layers):
            for part in ("key", "value"):
                name = f"past_key_values.{index}.{part}"
                inputs[name] = torch.randn(1, heads, LENGTH, width)
                dynamic[name] = {0: "batch", 2: "past"}
        return Built(WithPast(model, layers), inputs, dynamic)


def entry(
    name: str,
    family: str,
    recipe: Recipe,
    components: str = "encoder",
    modality: str = "text",
    task: str = "features",
    kind: str = "",
    attention: str = "eager sdpa",
    variant: str = "",
    size: tuple[int, int] = (HEADS, HIDDEN),
) -> list[Spec]:
    """One spec per attention implementation; the second one is named `<name>-sdpa`."""
    specs = []
    for choice in attention.split():
        full = f"{name}-sdpa" if choice == "sdpa" and attention != "sdpa" else name

        def build(_: int, choice: str = choice) -> Built:
            return recipe.build(choice)

        labels = (components, modality, task, kind, *size)
        specs.append(Spec(full, family, variant or name, build, *labels))
    return specs
