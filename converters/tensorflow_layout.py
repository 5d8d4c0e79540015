"""Where channels stand, and constants that rules must know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from genescan.converters.assembly import Assembly
from genescan.converters.table import Call
from genescan.graph import Attr, Edge, Operand, Tensor

_FIRST = frozenset({"NCHW", "NCDHW", "CHANNELS_FIRST", "NCHW_VECT_C"})


def constant(value: Operand) -> tuple[int, ...] | None:
    """The integers of a constant operand whose values are known."""
    if not isinstance(value, Tensor) or value.data is None or None in value.data:
        return None
    if not all(math.isfinite(cast(float, item)) for item in value.data):
        return None
    return tuple(int(cast(float, item)) for item in value.data)


def is_first(call: Call) -> bool:
    """Whether a call's data format has channels first."""
    return call.text("data_format", "NHWC") in _FIRST


class Layout:
    """Where channels stand in the operands of one call.

    Args:
        assembly: the graph under construction.
        call: an operator with a data format.
        rank: dimensions of its operands.
    """

    def __init__(self, assembly: Assembly, call: Call, rank: int) -> None:
        self._assembly, self._call, self.rank = assembly, call, rank
        self.last = not is_first(call)

    def window(self, name: str) -> tuple[int, ...]:
        """An attribute with one number per dimension: those of the window; ones if absent."""
        return self.picked(self._call.integers(name))

    def picked(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Of one number per dimension those of the window."""
        if len(sizes) != self.rank:
            return tuple(sizes) if len(sizes) == self.rank - 2 else (1,) * (self.rank - 2)
        return tuple(sizes[1:-1] if self.last else sizes[2:])

    def first(self, value: Operand) -> Operand:
        """A value with channels first."""
        if not self.last:
            return value
        return self._assembly.channels_first(value, self.rank, self._call.name)

    def back(self, edge: Edge) -> Operand:
        """A result in the layout of the call."""
        if not self.last:
            return edge
        return self._assembly.channels_last(edge, self.rank, self._call.name)

    def padding(self) -> dict[str, Attr]:
        """Padding as attributes."""
        kind = self._call.text("padding")
        if kind == "SAME":
            return {"auto_pad": "SAME_UPPER"}
        given = self._call.integers("explicit_paddings")
        if kind != "EXPLICIT" or len(given) != 2 * self.rank:
            return {}
        return {"pads": (*self.picked(given[::2]), *self.picked(given[1::2]))}
