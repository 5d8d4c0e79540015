"""SpaceToBatch and BatchToSpace of OpenVINO, spelt as the movement that they are.

How many parts an axis is dealt out to lies in the `.bin`; the batch tells it.
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters import openvino_infer as infer
from genescan.converters.assembly import Assembly, ints, number
from genescan.converters.openvino_windows import emit
from genescan.converters.table import Call
from genescan.graph import Operand, Tensor

_Sizes = tuple[int, ...]


def deal(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Places are dealt out to the batch, after as many were added as the parts need."""
    shapes = _known(assembly, call)
    blocks = None if shapes is None else _blocks(*shapes)
    if shapes is None or blocks is None:
        return None
    data, (before, after) = call.operand(0), shapes
    padded = tuple(size * blocks.get(axis, 1) for axis, size in enumerate(after))
    padded = (before[0], *padded[1:])
    if any(size < old for size, old in zip(padded, before, strict=True)):
        return None
    if padded != before:
        borders = [Tensor("int64", (2 * len(before),)), number(0.0)]
        data = assembly.emit("Pad", [data, *borders], name=call.name, shapes=(padded,))
    split, perm = _cut(padded, blocks)
    data = assembly.emit("Reshape", [data, ints(split)], name=call.name, shapes=(split,))
    return emit(assembly, call, "Reshape", [assembly.transpose(data, perm, call.name), ints(after)])


def collect(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Places are put back, and those that are too many cut off."""
    shapes = _known(assembly, call)
    blocks = None if shapes is None else _blocks(*shapes[::-1])
    if shapes is None or blocks is None:
        return None
    before, after = shapes
    whole = (after[0], *(s * blocks.get(axis, 1) for axis, s in enumerate(before[1:], 1)))
    if any(size < new for size, new in zip(whole, after, strict=True)):
        return None
    split, perm = _cut(whole, blocks)
    dealt = tuple(split[axis] for axis in perm)
    back = tuple(map(perm.index, range(len(perm))))
    data = call.operand(0)
    data = assembly.emit("Reshape", [data, ints(dealt)], name=call.name, shapes=(dealt,))
    turned = assembly.transpose(data, back, call.name)
    if whole == after:
        return emit(assembly, call, "Reshape", [turned, ints(after)])
    data = assembly.emit("Reshape", [turned, ints(whole)], name=call.name, shapes=(whole,))
    return emit(assembly, call, "Slice", [data], {"axes": infer.changed(whole, after)})


def _known(assembly: Assembly, call: Call) -> tuple[_Sizes, _Sizes] | None:
    """The shapes before and after, where all sizes are known."""
    before, after = assembly.shape(call.operand(0)), call.shapes[0]
    if before is None or after is None or len(before) != len(after):
        return None
    sizes = [tuple(size for size in shape if size) for shape in (before, after)]
    return (sizes[0], sizes[1]) if len(sizes[0]) == len(sizes[1]) == len(before) > 1 else None


def _blocks(whole: _Sizes, parts: _Sizes) -> Mapping[int, int] | None:
    """How many parts each axis is dealt out to: as many each, of several."""
    axes = [axis for axis in infer.changed(whole, parts) if axis]
    if not axes or parts[0] % whole[0]:
        return None
    count = parts[0] // whole[0]
    each = round(count ** (1 / len(axes)))
    return dict.fromkeys(axes, each) if each ** len(axes) == count > 1 else None


def _cut(whole: _Sizes, blocks: Mapping[int, int]) -> tuple[_Sizes, _Sizes]:
    """Sizes with each axis cut in two, and the permutation that brings the latter halves first."""
    split: list[int] = []
    front: list[int] = []
    for axis, size in enumerate(whole):
        block = blocks.get(axis)
        split += [size] if block is None else [size // block, block]
        front += [] if block is None else [len(split) - 1]
    rest = (axis for axis in range(len(split)) if axis not in front)
    return tuple(split), (*front, *rest)
