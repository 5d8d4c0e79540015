"""Six more networks drawn by lot from the packages of the zoo's fifth population, to measure once.

`random.Random(11)` drew three of the torch packages' and three of the Keras packages', each from
the sorted names as they stood then. There is one implementation of each: the former have no twin,
the latter are twins alone, on `tf_keras`.
"""

from __future__ import annotations

from benchmarks.roads.tenth import zoo

__all__ = ["zoo"]
