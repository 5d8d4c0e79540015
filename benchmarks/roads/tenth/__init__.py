"""Six networks drawn by lot from the packages of the zoo's fifth population, to measure once.

`random.Random(10)` drew three of the torch packages' and three of the Keras packages', each from
the sorted names as they stood then. There is one implementation of each: the former have no twin,
the latter are twins alone, on `tf_keras`.
"""

from __future__ import annotations

from typing import Any


def zoo(module: str, name: str, seed: int, population: str = "fifth") -> Any:
    """A network of the zoo: what its `build` gives."""
    from benchmarks.zoo.catalogue import module_specs

    specs = module_specs(f"{population}.{module}")
    (spec,) = (each for each in specs if each.name == f"{population}-{name}")
    return spec.build(seed)
