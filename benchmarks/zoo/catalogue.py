"""All models of the zoo by name."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks.zoo.hf_vision import HF_VISION
from benchmarks.zoo.negative import NEGATIVE
from benchmarks.zoo.sequence import SEQUENCE
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import VISION

HERE = Path(__file__).parent


def specs() -> dict[str, Spec]:
    """Name to spec; names are unique."""
    every = [*VISION, *SEQUENCE, *HF_VISION, *NEGATIVE]
    for split in ("first", "second", "third", "fourth", "fifth", "sixth"):
        for path in sorted((HERE / split).glob("[a-z]*.py")):
            every += module_specs(f"{split}.{path.stem}")
    found = {spec.name: spec for spec in every}
    if len(found) != len(every):
        raise ValueError("duplicate model name")
    return found


def module_specs(name: str) -> list[Spec]:
    """The `SPECS` of one module of `first`, for writing signatures, or of those that judge."""
    module = import_module(f"benchmarks.zoo.{name}")
    split = "dev" if name.startswith("first.") else "test"
    return [replace(spec, split=split) for spec in getattr(module, "SPECS", ())]
