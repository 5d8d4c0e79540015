"""Slice and StridedSlice of OpenVINO: bounds lie elsewhere, masks and shapes say what is cut."""

from __future__ import annotations

from typing import NamedTuple

from genescan.converters import openvino_infer as infer
from genescan.converters.assembly import Assembly
from genescan.converters.openvino_windows import constant, emit
from genescan.converters.table import Call
from genescan.graph import Attr, Dims, Operand, Tensor

_MOST = 64
"""Axes that an index may name; a file may declare any number."""


class _Index(NamedTuple):
    """What a StridedSlice does with each axis."""

    kept: Dims
    """Sizes after the cut, before axes vanish and new ones appear."""
    gone: tuple[int, ...]
    new: tuple[int, ...]
    """New axes, counted in the result."""
    whole: bool
    """Whether nothing is cut; a step of minus one, which nobody writes beside a new axis, apart."""


def cut(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A Slice; axes that vanish or are new are left to a Reshape."""
    data, (result,) = call.operand(0), call.shapes
    before = assembly.shape(data)
    moved = any(_bits(call, name) for name in ("shrink_axis_mask", "new_axis_mask"))
    masks = (call.integers(name) for name in ("begin_mask", "new_axis_mask", "shrink_axis_mask"))
    count = infer.count(assembly.shape(call.operand(1))) or max(map(len, masks))
    index = _index(call, before, result, count)
    if index is not None and index.whole and index.new:
        return emit(assembly, call, "Unsqueeze", [data], {"axes": index.new})
    kept = result if not moved else index.kept if index is not None else None
    gone = index.gone if index is not None else _bits(call, "shrink_axis_mask")
    attrs: dict[str, Attr] = {}
    axes = tuple(sorted({*infer.changed(before, kept), *gone}))
    if axes:
        attrs["axes"] = axes
    elif len(call.inputs) > 3:
        attrs["steps"] = (None,)  # it may as well turn an axis round
    bounds = list(call.inputs[1:3])
    inputs = [data] if all(map(constant, bounds)) else [data, *bounds]
    if not moved:
        return emit(assembly, call, "Slice", inputs, attrs)
    part = assembly.emit("Slice", inputs, attrs, name=call.name, shapes=(kept,))
    return emit(assembly, call, "Reshape", [part, Tensor("int64", None, result)])


def _bits(call: Call, name: str) -> tuple[int, ...]:
    """The positions that a mask marks."""
    return tuple(i for i, bit in enumerate(call.integers(name)) if bit)


def _index(call: Call, before: Dims | None, result: Dims | None, count: int) -> _Index | None:
    """The masks, laid along the axes before and after."""
    if before is None or result is None or count > _MOST:
        return None
    given, kept, gone, new, whole = list(result), list[int | None](), list[int](), list[int](), True
    for kind in _entries(call, len(before), count):
        place = len(result) - len(given)
        if kind == "gone":
            gone.append(len(kept))
            kept.append(1)
        elif not given:
            return None
        elif kind == "new":
            new.append(place)
            given.pop(0)
        else:
            size = before[len(kept)] if len(kept) < len(before) else None
            whole &= kind == "open" or None is not size == given[0]
            kept.append(given.pop(0))
    if given or len(kept) != len(before):
        return None
    whole &= not gone and not infer.changed(before, tuple(kept))
    return _Index(tuple(kept), tuple(gone), tuple(new), whole)


def _entries(call: Call, rank: int, count: int) -> list[str]:
    """What an index says of each axis: gone, new, open at both ends, or cut."""
    new, gone, dots = (
        _bits(call, f"{name}_mask") for name in ("new_axis", "shrink_axis", "ellipsis")
    )
    ends = {*_bits(call, "begin_mask")} & {*_bits(call, "end_mask")}
    rest = ["open"] * max(0, rank - (count - len(new) - len(dots)))
    entries = []
    for place in range(count):
        if place in dots:
            entries += rest
        elif place in new:
            entries.append("new")
        else:
            entries.append("gone" if place in gone else "open" if place in ends else "cut")
    return entries if dots else entries + rest
