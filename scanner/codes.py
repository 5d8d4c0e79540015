"""Numbers as a quantiser stores them, and back."""

from __future__ import annotations

from collections.abc import Sequence

from genescan.graph import Tensor

_Data = tuple[int | float | bool | None, ...]
_CODES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "uint16": (0, 65535)}


def dequantise(args: Sequence[Tensor | None]) -> _Data | None:
    """The numbers of codes."""
    data, scale = args[0], args[1]
    zero = args[2] if len(args) > 2 else None
    if data is None or scale is None or data.data is None or scale.scalar is None:
        return None
    origin = 0 if zero is None else zero.scalar
    if origin is None:
        return None
    return tuple(None if v is None else (v - origin) * scale.scalar for v in data.data)


def quantise(args: Sequence[Tensor | None]) -> _Data | None:
    """The codes of numbers."""
    data, scale = args[0], args[1]
    zero = args[2] if len(args) > 2 else None
    bounds = _CODES.get("uint8" if zero is None else zero.dtype)
    if data is None or scale is None or data.data is None or not scale.scalar or bounds is None:
        return None
    low, high = bounds
    origin = 0 if zero is None else zero.scalar
    if origin is None:
        return None
    return tuple(
        None if v is None else max(low, min(high, round(v / scale.scalar) + origin))
        for v in data.data
    )
