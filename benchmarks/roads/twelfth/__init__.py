"""Six networks drawn by lot from the packages of the zoo's sixth population, to measure once.

`random.Random(12)` drew three of the torch packages' and three of the Keras packages', each from
the sorted names. There is one implementation of each: the former have no twin, the latter are
twins alone.
"""

from __future__ import annotations

from typing import Any

from benchmarks.roads import tenth


def zoo(module: str, name: str, seed: int) -> Any:
    """A network of the sixth population."""
    return tenth.zoo(module, name, seed, "sixth")
