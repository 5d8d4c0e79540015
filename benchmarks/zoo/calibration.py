"""Samples for quantisers: the example inputs, and others of their kind."""

from __future__ import annotations

from typing import Any

import numpy as np

SAMPLES = 16


def samples(inputs: dict[str, Any], count: int = SAMPLES) -> list[dict[str, Any]]:
    """The example inputs, then `count` - 1 sets of arrays of the same shapes and types.

    With one sample alone, values that merely happened to be positive look as if a Relu had stood
    there, and a quantiser clips them: such a file computes another function.
    """
    random = np.random.default_rng(0)
    return [inputs] + [
        {name: _varied(array, random) for name, array in inputs.items()} for _ in range(count - 1)
    ]


def _varied(array: Any, random: Any) -> Any:
    """Whole numbers (ids, masks) in another order; other reals in another range, with new signs."""
    rows = array.ndim > 1 and len(array) > 1  # columns may hold ids of different tables
    moved = random.permutation(array) if rows else random.permuted(array, axis=-1)
    whole = np.ones(array.shape[-1:], bool)
    if array.dtype.kind == "f":
        whole = (array == array.round()).all(axis=tuple(range(array.ndim - 1)))
    if whole.all():
        return moved
    scale, shift = 2.0 ** random.uniform(-2, 2), random.uniform(-1, 1)
    signs = random.choice([-1.0, 1.0], array.shape) if random.random() < 0.5 else 1.0
    mixed = random.permuted(array.ravel()).reshape(array.shape)
    return np.where(whole, moved, mixed * signs * scale + shift).astype(array.dtype)
