"""What constants must have said, told from the declared shapes before and after an operator.

The values of axes, permutations and bounds lie in the `.bin` file. Each function here gives None
where the shapes leave it open, with one convention: axes of equal size keep their order, and of
axes that cannot be told apart the last ones are meant (the first is the batch).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

from genescan.graph import Dims

Axes: TypeAlias = "tuple[int, ...]"

_MOST = 10
"""Rank up to which subsets of axes are tried."""


def reduced(before: Dims | None, after: Dims | None, keep: bool, count: int | None) -> Axes | None:
    """The axes that a reduction takes away, or leaves with size one."""
    if before is None:
        return None
    if after is None:
        return tuple(range(len(before))) if count == len(before) else None
    if not keep:
        gone = len(before) - len(after)
        return removed(before, after) if count in (None, gone) else None
    if len(before) != len(after):
        return None
    certain = [i for i, (b, a) in enumerate(zip(before, after, strict=True)) if a == 1 and b != 1]
    ones = [i for i, (b, a) in enumerate(zip(before, after, strict=True)) if a == 1 and b == 1]
    missing = 0 if count is None else count - len(certain)
    if missing < 0 or missing > len(ones):
        return None
    return tuple(sorted(certain + ones[len(ones) - missing :]))


def certain(before: Dims | None, after: Dims | None, keep: bool, count: int) -> Axes | None:
    """The axes of a reduction where the shapes allow no others."""
    if before is None or after is None or len(before) > _MOST:
        return None
    if keep:
        axes = reduced(before, after, keep, count)
        return axes if axes is not None and all(before[axis] != 1 for axis in axes) else None
    rest = [
        axes
        for axes in combinations(range(len(before)), count)
        if _agree([size for i, size in enumerate(before) if i not in axes], after)
    ]
    return rest[0] if len(rest) == 1 else None


def removed(before: Dims, after: Dims) -> Axes | None:
    """The last axes whose removal leaves `after`, unknown sizes being equal to each other first."""
    gone = len(before) - len(after)
    if gone < 0 or len(before) > _MOST:
        return None
    best: Axes | None = None
    most = -1
    for axes in combinations(range(len(before)), gone):
        left = [size for i, size in enumerate(before) if i not in axes]
        same = sum(x == y for x, y in zip(left, after, strict=True))
        if same >= most and _agree(left, after):
            best, most = axes, same
    return best


def _agree(left: Sequence[int | None], right: Sequence[int | None]) -> bool:
    """Whether two shapes can be one."""
    return len(left) == len(right) and all(
        x is None or y is None or x == y for x, y in zip(left, right, strict=True)
    )


def permutation(before: Dims | None, after: Dims | None) -> Axes | None:
    """The order in which `after` takes the axes of `before`."""
    if before is None or after is None or len(before) != len(after):
        return None
    free = list(range(len(before)))
    order = []
    for size in after:
        axis = next((axis for axis in free if before[axis] == size), None)
        if axis is None:
            return None
        free.remove(axis)
        order.append(axis)
    return None if order == list(range(len(before))) else tuple(order)


def orders(before: Dims | None, after: Dims | None) -> Iterator[Axes]:
    """All orders in which `after` may take the axes of `before`."""
    if before is None or after is None or Counter(before) != Counter(after):
        return

    def further(taken: Axes) -> Iterator[Axes]:
        if len(taken) == len(after):
            yield taken
            return
        for axis, size in enumerate(before):
            if axis not in taken and size == after[len(taken)]:
                yield from further((*taken, axis))

    yield from further(())


def changed(before: Dims | None, after: Dims | None) -> Axes:
    """The axes whose size is another afterwards."""
    if before is None or after is None or len(before) != len(after):
        return ()
    return tuple(i for i, (x, y) in enumerate(zip(before, after, strict=True)) if x != y)


def cut(before: Dims | None, parts: Sequence[Dims | None]) -> int | None:
    """The axis along which a value is split into parts."""
    if before is None or any(part is None or len(part) != len(before) for part in parts):
        return None
    for axis in reversed(range(len(before))):
        sizes = [part[axis] for part in parts if part is not None]
        whole = before[axis]
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes) and sum(known) == whole:
            others = (part[:axis] + part[axis + 1 :] for part in parts if part is not None)
            if all(other == before[:axis] + before[axis + 1 :] for other in others):
                return axis
    axes = {axis for part in parts for axis in changed(before, part)}
    return axes.pop() if len(axes) == 1 else None


def taken(data: Dims | None, index: Dims | None, after: Dims | None) -> int | None:
    """The axis along which a Gather takes elements."""
    if data is None or index is None or after is None or len(after) != len(data) + len(index) - 1:
        return None
    made = [data[:axis] + index + data[axis + 1 :] for axis in range(len(data))]
    if after in made:  # an open size stays an open one: what was taken from is another axis
        return made.index(after)
    return next((axis for axis, each in enumerate(made) if _agree(each, after)), None)


def count(shape: Dims | None) -> int | None:
    """How many values a constant of this shape holds."""
    if shape is None or None in shape:
        return None
    return math.prod(size for size in shape if size is not None)
