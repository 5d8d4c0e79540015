"""All models of the zoo by name."""

from __future__ import annotations

from benchmarks.zoo.hf_vision import HF_VISION
from benchmarks.zoo.negative import NEGATIVE
from benchmarks.zoo.sequence import SEQUENCE
from benchmarks.zoo.spec import Spec
from benchmarks.zoo.vision import VISION


def specs() -> dict[str, Spec]:
    """Name to spec; names are unique."""
    every = [*VISION, *SEQUENCE, *HF_VISION, *NEGATIVE]
    found = {spec.name: spec for spec in every}
    if len(found) != len(every):
        raise ValueError("duplicate model name")
    return found
