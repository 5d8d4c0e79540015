"""Sizes of values that are spread, padded or enlarged, as far as they are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from genescan.graph import Attr, Dims

_MOST = 2**31


class Steps(NamedTuple):
    """How a window moves; borders are those before all axes, then those behind."""

    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    same: bool
    """Borders are chosen for results of the size of the image over the stride."""
    up: bool
    """The last window may reach beyond the border."""

    def fit(self, image: Dims, kernel: Dims) -> bool:
        """Whether there is one of everything for each axis."""
        rank = len(image)
        return rank == len(kernel) == len(self.strides) == len(self.dilations) == len(self.pads) / 2


def slid(image: Dims, kernel: Dims, steps: Steps) -> Dims:
    """Places that a window has in an image."""
    found: list[int | None] = [None] * len(image)
    # of a rounding up with chosen borders the specification leaves open which of the two decides
    if not steps.fit(image, kernel) or (steps.same and steps.up):
        return tuple(found)
    for axis, (length, window) in enumerate(zip(image, kernel, strict=True)):
        stride, borders = steps.strides[axis], steps.pads[axis] + steps.pads[axis + len(image)]
        if length is None or window is None or not stride:
            continue
        if steps.same:
            found[axis] = -(-length // stride)
        else:
            span = length + borders - steps.dilations[axis] * (window - 1) - 1
            extra = stride - 1 if steps.up else 0
            found[axis] = (span + extra) // stride + 1 if span >= 0 else None
    return tuple(found)


def spread(image: Dims, kernel: Dims, steps: Steps, more: Sequence[int] | None) -> Dims:
    """Sizes of the image that a transposed window makes; `more` is added behind."""
    found: list[int | None] = [None] * len(image)
    extra = more or (0,) * len(image)
    if not steps.fit(image, kernel) or len(extra) != len(image):
        return tuple(found)
    for axis, (length, window) in enumerate(zip(image, kernel, strict=True)):
        stride, borders = steps.strides[axis], steps.pads[axis] + steps.pads[axis + len(image)]
        if length is None or window is None:
            continue
        reach = steps.dilations[axis] * (window - 1) + 1
        whole = stride * (length - 1) + extra[axis] + reach - borders
        found[axis] = _sensible(stride * length if steps.same else whole)
    return tuple(found)


def broadcast(*shapes: Dims | None) -> Dims | None:
    """Multidirectional broadcasting; sizes that cannot be told become None."""
    if not shapes or any(shape is None for shape in shapes):
        return None
    rank = max(len(shape) for shape in shapes if shape is not None)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes if shape is not None and len(shape) >= -axis}
        sizes.discard(1)
        result.append(1 if not sizes else sizes.pop() if len(sizes) == 1 else None)
    return tuple(result)


def padded(data: Dims | None, pads: Sequence[int | None] | None, *, named: bool) -> Dims | None:
    """Sizes with borders around; `named` axes are not followed, nor are unknown borders."""
    if data is None:
        return None
    rank = len(data)
    if pads is None or len(pads) != 2 * rank or named:
        return (None,) * rank
    borders = zip(data, pads[:rank], pads[rank:], strict=True)
    return tuple(
        None
        if size is None or before is None or after is None
        else _sensible(size + before + after)
        for size, before, after in borders
    )


def resized(
    data: Dims | None, target: Sequence[int | None] | None, scales: Sequence[object] | None
) -> Dims | None:
    """Sizes of an image made larger or smaller: those asked for, or the old ones scaled.

    Without either, batch and channels stay, which no network resizes.
    """
    if data is None or len(data) < 2:
        return None
    if target is not None and len(target) == len(data):
        return (*data[:2], *map(_sensible, target[2:]))
    if scales is not None and len(scales) == len(data):
        return (*data[:2], *map(_scaled, data[2:], scales[2:]))
    return (*data[:2], *(None,) * (len(data) - 2))


def folded(
    attrs: Mapping[str, Attr], shapes: Sequence[Dims | None], _: object
) -> list[Dims | None]:
    """Of an image whose squares of pixels become channels."""
    block, data = attrs.get("blocksize"), shapes[0]
    if data is None or len(data) != 4 or not isinstance(block, int) or not 0 < block < _MOST:
        return [None]
    channels, *image = data[1:]
    wide = None if channels is None else channels * block * block
    return [(data[0], wide, *(None if size is None else size // block for size in image))]


def unfolded(
    attrs: Mapping[str, Attr], shapes: Sequence[Dims | None], _: object
) -> list[Dims | None]:
    """Of an image whose channels become squares of pixels."""
    block, data = attrs.get("blocksize"), shapes[0]
    if data is None or len(data) != 4 or not isinstance(block, int) or not 0 < block < _MOST:
        return [None]
    channels, *image = data[1:]
    slim = None if channels is None else channels // (block * block)
    return [(data[0], slim, *(None if size is None else size * block for size in image))]


def _scaled(size: int | None, scale: object) -> int | None:
    """A size times a factor; a factor may be any number that a file holds."""
    if size is None or size >= _MOST or not isinstance(scale, int | float):
        return None
    if not 0 < scale < _MOST:
        return None
    return _sensible(math.floor(size * scale + 1e-4))  # 7 * 1.42857146 is ten


def _sensible(size: int | None) -> int | None:
    """A size that an image can have; a file may ask for any."""
    return size if size is not None and 0 < size < _MOST else None
