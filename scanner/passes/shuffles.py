"""What a Reshape, a Transpose and a Reshape do together, however they cut the axes on the way.

The same movement is written over more or fewer axes: converters drop axes of size one and join
neighbours that stay neighbours. Brought to the fewest axes, a movement is compared with what
ChannelShuffle, SpaceToDepth and DepthToSpace would do to the same sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from typing import TypeAlias

from genescan.graph import Dims

Sizes: TypeAlias = "tuple[int, ...]"
Movement: TypeAlias = "tuple[Sizes, Sizes]"
"""The sizes of the cut axes, and the order in which they are taken."""

_BATCH = 1_000_003
"""Stands for a batch of unknown size: a prime that no other size has."""


def settled(cut: Sizes, order: Sequence[int]) -> Movement:
    """The same movement over the fewest axes."""
    taken = [axis for axis in order if cut[axis] != 1]
    runs: list[list[int]] = []
    left = sorted(taken)
    after = dict(pairwise(left))
    for axis in taken:
        if runs and after.get(runs[-1][-1]) == axis:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    before = sorted(runs)
    sizes = tuple(math.prod(cut[axis] for axis in run) for run in before)
    return sizes, tuple(before.index(run) for run in runs)


def name(whole: Dims, cut: Dims, order: Sequence[int], result: Dims) -> str | None:
    """The operator that moves an image of sizes `whole` so, None where it is none of the three."""
    filled = [_filled(sizes) for sizes in (whole, cut, result)]
    if any(sizes is None for sizes in filled) or len(whole) != 4 or len(result) != 4:
        return None
    before, middle, after = (sizes for sizes in filled if sizes is not None)
    if _BATCH in (*before, *middle, *after):  # a file may fix the batch half way
        batch = _BATCH if _BATCH in middle else middle[0]
        before, after = ((batch, *sizes[1:]) for sizes in (before, after))
    if before[0] != after[0] or not math.prod(before) == math.prod(middle) == math.prod(after):
        return None
    wanted = settled(middle, order)
    if wanted == ((math.prod(middle),), (0,)):
        return None
    known = _known(before, after, middle)
    return next((op for op, *way in known if settled(*way) == wanted), None)


def _filled(sizes: Dims) -> Sizes | None:
    """Known sizes; only the first may be open."""
    rest = [size for size in sizes[1:] if size is not None]
    if len(rest) + 1 != len(sizes):
        return None
    return (_BATCH if sizes[0] is None else sizes[0], *rest)


def _known(before: Sizes, after: Sizes, middle: Sizes) -> Iterator[tuple[str, Sizes, Sizes]]:
    """All named movements between two images, with channels first and with channels last."""
    for first in (True, False):
        turn = (0, 1, 2, 3) if first else (0, 3, 1, 2)
        small, large = (tuple(sizes[axis] for axis in turn) for sizes in (before, after))
        if small == large:
            yield from _shuffles(small, first, middle)
        else:
            yield from _folded("SpaceToDepth", small, large, first)
            for op, cut, order in _folded("DepthToSpace", large, small, first):
                back = tuple(sorted(range(6), key=order.__getitem__))
                yield op, tuple(cut[axis] for axis in order), back


def _shuffles(image: Sizes, first: bool, middle: Sizes) -> Iterator[tuple[str, Sizes, Sizes]]:
    """Channels gathered in groups, as many as one of the cut axes has, change places with these."""
    batch, channels, height, width = image
    for groups in dict.fromkeys(middle):
        if 1 < groups < channels and channels % groups == 0:
            inner = (groups, channels // groups)
            cut = (batch, *inner, height, width) if first else (batch, height, width, *inner)
            yield "ChannelShuffle", cut, (0, 2, 1, 3, 4) if first else (0, 1, 2, 4, 3)


def _folded(op: str, large: Sizes, small: Sizes, first: bool) -> Iterator[tuple[str, Sizes, Sizes]]:
    """Squares of pixels that become channels, in whatever order."""
    batch, channels, height, width = large
    _, wide, rows, columns = small
    if not rows or not columns or height % rows or width % columns:
        return
    down, across = height // rows, width // columns
    if channels * down * across != wide or down * across == 1:
        return
    inside = (rows, down, columns, across)
    cut = (batch, channels, *inside) if first else (batch, *inside, channels)
    for chosen in permutations((1, 3, 5) if first else (2, 4, 5)):
        yield op, cut, (0, *chosen, 2, 4) if first else (0, 1, 3, *chosen)
