"""Operators of TensorFlow Lite that cut, join, pad, look up and shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from genescan.converters.assembly import Assembly, ints, number, reshaped
from genescan.converters.table import Call, Rule
from genescan.converters.tflite_windows import constant
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

END = 2**63 - 1
"""The end of a slice that is open."""


def flat(assembly: Assembly, value: Operand) -> Operand:
    """An operand that ONNX wants as a list, where one number is allowed instead."""
    if isinstance(value, Tensor) and value.shape == ():
        return reshaped(value, (1,))
    if isinstance(value, Edge) and assembly.shape(value) == ():
        return assembly.emit("Reshape", [value, ints((1,))], shapes=((1,),))
    return value


def _complex(call: Call) -> bool:
    """Whether the data have one more axis here, of real and imaginary parts."""
    return call.text("dtype").startswith("complex")


def _reshape(assembly: Assembly, call: Call) -> list[Operand] | None:
    value, shape = call.operand(0), call.operand(1)
    given = call.integers("new_shape")
    if shape is None and not given and call.shapes[0] is not None:
        given = tuple(-1 if size is None else size for size in call.shapes[0])
    target = shape if shape is not None else ints(given)
    if _complex(call):
        sizes = constant(target)
        if sizes is None:
            return None
        target = ints((*sizes, 2))
    return [assembly.emit("Reshape", [value, target], name=call.name, shapes=call.shapes)]


def _transpose(assembly: Assembly, call: Call) -> list[Operand] | None:
    perm = constant(call.operand(1)) or call.integers("permutation")
    value = call.operand(0)
    rank = assembly.rank(value)
    if not perm or (rank is not None and rank != len(perm)) or set(perm) != {*range(len(perm))}:
        return None
    return [assembly.transpose(value, tuple(perm), call.name)]


def _squeeze(assembly: Assembly, call: Call) -> list[Operand] | None:
    axes = call.integers("squeeze_dims")
    if _complex(call):
        axes = tuple(axis - (axis < 0) for axis in axes)
    inputs = [call.operand(0), *([ints(axes)] if axes else [])]
    return [assembly.emit("Squeeze", inputs, name=call.name, shapes=call.shapes)]


def _unsqueeze(assembly: Assembly, call: Call) -> list[Operand] | None:
    inputs = [call.operand(0), flat(assembly, call.operand(1))]
    return [assembly.emit("Unsqueeze", inputs, name=call.name, shapes=call.shapes)]


def _pack(assembly: Assembly, call: Call) -> list[Operand] | None:
    """PACK: each operand gets an axis, along which they are joined."""
    axis = call.integer("axis")
    parts = [assembly.emit("Unsqueeze", [v, ints((axis,))]) for v in call.inputs]
    return [assembly.emit("Concat", parts, {"axis": axis}, name=call.name, shapes=call.shapes)]


def _unpack(assembly: Assembly, call: Call) -> list[Operand] | None:
    """UNPACK: cut along an axis, which goes."""
    axis, count = call.integer("axis"), len(call.shapes)
    attrs: dict[str, Attr] = {"axis": axis, "num_outputs": count}
    cut = assembly.emit("Split", [call.operand(0)], attrs, name=call.name, outputs=count)
    return [
        assembly.emit("Squeeze", [Edge(cut.source, port), ints((axis,))], shapes=(dims,))
        for port, dims in enumerate(call.shapes)
    ]


def _split(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SPLIT: axis, data. SPLIT_V: data, sizes, axis."""
    equal = call.kind == "SPLIT"
    axis = constant(call.operand(0 if equal else 2))
    if axis is None or len(axis) != 1:
        return None
    value, count = call.operand(1 if equal else 0), len(call.shapes)
    attrs: dict[str, Attr] = {"axis": axis[0]}
    inputs = [value]
    if equal:
        attrs["num_outputs"] = count
    else:
        inputs.append(call.operand(1))
    cut = assembly.emit("Split", inputs, attrs, name=call.name, outputs=count, shapes=call.shapes)
    return [Edge(cut.source, port) for port in range(count)]


def _slice(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SLICE: data, begin, size, where -1 is what is left."""
    value, begin, size = (call.operand(slot) for slot in range(3))
    starts, sizes = constant(begin), constant(size)
    ends: Operand
    if starts is not None and sizes is not None and len(starts) == len(sizes):
        pairs = zip(starts, sizes, strict=True)
        ends = ints(tuple(END if size < 0 else start + size for start, size in pairs))
    elif sizes is not None and -1 not in sizes:
        ends = assembly.emit("Add", [begin, size])
    else:
        total = assembly.emit("Add", [begin, size])
        left = assembly.emit("Less", [size, Tensor("int64", (), (0,))])
        ends = assembly.emit("Where", [left, Tensor("int64", (), (END,)), total])
    return [assembly.emit("Slice", [value, begin, ends], name=call.name, shapes=call.shapes)]


class _Bounds(NamedTuple):
    """One entry of a strided slice, and the axis of the data that it is for."""

    entry: int
    axis: int
    whole_start: bool
    whole_end: bool
    shrink: bool


def _bounds(call: Call, count: int, rank: int | None) -> tuple[list[_Bounds], list[int]] | None:
    """Entries that cut, and the places of new axes in the result."""
    ellipsis, added, shrink = (
        call.integer(f"{name}_mask") for name in ("ellipsis", "new_axis", "shrink_axis")
    )
    cuts: list[_Bounds] = []
    new: list[int] = []
    axis = place = 0
    for entry in range(count):
        bit = 1 << entry
        if ellipsis & bit:
            if rank is None:
                return None
            later = sum(1 for other in range(entry + 1, count) if not added >> other & 1)
            place += max(0, rank - axis - later)
            axis = max(axis, rank - later)
        elif added & bit:
            new.append(place)
            place += 1
        else:
            masks = (call.integer("begin_mask") & bit, call.integer("end_mask") & bit)
            cuts.append(_Bounds(entry, axis, bool(masks[0]), bool(masks[1]), bool(shrink & bit)))
            axis += 1
            place += not shrink & bit
    return cuts, new


def _strided(assembly: Assembly, call: Call) -> list[Operand] | None:
    """STRIDED_SLICE: cut, drop the axes that are shrunk, then add the new ones."""
    value, begin, end, step = (call.operand(slot) for slot in range(4))
    steps, count = constant(step), _length(assembly, begin)
    found = None if count is None else _bounds(call, count, assembly.rank(value))
    if found is None or steps is None or count is None or len(steps) != count:
        return None
    if call.integer("offset"):
        end = assembly.emit("Add", [begin, end])
    cuts, new = found
    forward = {cut.entry: steps[cut.entry] > 0 for cut in cuts}
    rows = [(c.entry, c.whole_start, 0 if forward[c.entry] else END) for c in cuts]
    starts = _bound(assembly, begin, rows)
    rows = [(c.entry, c.whole_end, END if forward[c.entry] else -END) for c in cuts]
    single = {c.entry: _entry(begin, c.entry) for c in cuts if c.shrink}
    ends = _bound(assembly, end, rows, {k: v for k, v in single.items() if v is not None})
    dropped = tuple(c.axis for c in cuts if c.shrink)
    axes = ints(tuple(c.axis for c in cuts))
    strides = ints(tuple(1 if c.shrink else steps[c.entry] for c in cuts))
    plain = not dropped and not new
    if cuts:
        value = assembly.emit("Slice", [value, starts, ends, axes, strides], name=call.name,
                              shapes=call.shapes if plain else ())  # fmt: skip
    if dropped:
        value = assembly.emit("Squeeze", [value, ints(dropped)], name=call.name,
                              shapes=() if new else call.shapes)  # fmt: skip
    if new:
        value = assembly.emit("Unsqueeze", [value, ints(tuple(new))], name=call.name,
                              shapes=call.shapes)  # fmt: skip
    return [value]


def _length(assembly: Assembly, value: Operand) -> int | None:
    """How many entries a list operand has; None when unknown, or more than a tensor has axes."""
    dims = assembly.shape(value)
    count = dims[0] if dims is not None and len(dims) == 1 else None
    return None if count is None or count > assembly.limits.tensor_rank else count


def _entry(value: Operand, entry: int) -> int | None:
    """The end of a cut of one element that begins at a known place."""
    known = constant(value)
    if known is None:
        return None
    return END if known[entry] == -1 else known[entry] + 1


def _bound(
    assembly: Assembly, value: Operand, rows: list[tuple[int, bool, int]],
    fixed: Mapping[int, int] | None = None,
) -> Operand:  # fmt: skip
    """Starts or ends of a slice: entries of `value`, or the open bound where the mask says so."""
    known, given = constant(value), fixed or {}
    parts = [
        given[entry] if entry in given else opened if whole or known is None else known[entry]
        for entry, whole, opened in rows
    ]
    if known is not None or all(entry in given or whole for entry, whole, _ in rows):
        return ints(tuple(parts))
    picked = assembly.emit("Gather", [value, ints(tuple(row[0] for row in rows))], {"axis": 0})
    masked = tuple(entry in given or whole for entry, whole, _ in rows)
    if not any(masked):
        return picked
    return assembly.emit(
        "Where", [Tensor("bool", (len(rows),), masked), ints(tuple(parts)), picked]
    )


def _pad(assembly: Assembly, call: Call) -> list[Operand] | None:
    """PAD, PADV2 and MIRROR_PAD: amounts are pairs by axis; ONNX has all begins, then all ends."""
    value, amounts = call.operand(0), call.operand(1)
    pairs = constant(amounts)
    target: Operand
    if pairs is not None:
        target = ints((*pairs[::2], *pairs[1::2]))
    else:
        turned = assembly.emit("Transpose", [amounts], {"perm": (1, 0)})
        target = assembly.emit("Reshape", [turned, ints((-1,))])
    mode = ("reflect", "symmetric")[call.integer("mode") == 1]
    if call.kind != "MIRROR_PAD":
        mode = "constant"
    fill = call.operand(2) if call.kind == "PADV2" else number(0.0)
    inputs = [value, target, *([fill] if mode == "constant" else [])]
    return [assembly.emit("Pad", inputs, {"mode": mode}, name=call.name, shapes=call.shapes)]


def _fill(assembly: Assembly, call: Call) -> list[Operand] | None:
    """FILL: shape, value."""
    inputs = [call.operand(1), flat(assembly, call.operand(0))]
    return [assembly.emit("Expand", inputs, name=call.name, shapes=call.shapes)]


def _zeros(assembly: Assembly, call: Call) -> list[Operand] | None:
    shape = assembly.emit("Shape", [call.operand(0)])
    return [assembly.emit("Expand", [number(0.0), shape], name=call.name, shapes=call.shapes)]


def _rank(assembly: Assembly, call: Call) -> list[Operand] | None:
    rank = assembly.rank(call.operand(0))
    if rank is not None:
        return [Tensor("int64", (), (rank,))]
    sizes = assembly.emit("Shape", [call.operand(0)])
    count = assembly.emit("Shape", [sizes], shapes=((1,),))
    return [assembly.emit("Squeeze", [count, ints((0,))], name=call.name, shapes=call.shapes)]


def _reversed(assembly: Assembly, call: Call) -> list[Operand] | None:
    """REVERSE_V2: a slice that steps backwards."""
    axes = constant(call.operand(1))
    if axes is None:
        return None
    count = len(axes)
    bounds = [ints((-1,) * count), ints((-END,) * count), ints(axes), ints((-1,) * count)]
    inputs = [call.operand(0), *bounds]
    return [assembly.emit("Slice", inputs, name=call.name, shapes=call.shapes)]


def _broadcast_args(assembly: Assembly, call: Call) -> list[Operand] | None:
    """BROADCAST_ARGS of shapes of equal rank: the larger size of each axis."""
    ranks = {_length(assembly, value) for value in call.inputs}
    if len(ranks) != 1 or None in ranks:
        return None
    return [assembly.emit("Max", call.inputs, name=call.name, shapes=call.shapes)]


def spread(assembly: Assembly, value: Operand, axes: tuple[int, ...], shape: Dims) -> Operand:
    """STABLEHLO_BROADCAST_IN_DIM: operand axes become `axes` of the result."""
    dims = assembly.shape(value)
    if dims is None or len(dims) != len(axes) or None in shape:
        return None
    wide: list[int | None] = [1] * len(shape)
    for axis, size in zip(axes, dims, strict=True):
        wide[axis] = size
    placed = assembly.reshape(value, tuple(wide))
    return assembly.emit("Expand", [placed, Tensor("int64", (len(shape),), shape)], shapes=(shape,))


RULES: Mapping[str, Rule] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "pack": _pack,
    "unpack": _unpack,
    "split": _split,
    "slice": _slice,
    "strided": _strided,
    "pad": _pad,
    "fill": _fill,
    "zeros": _zeros,
    "rank": _rank,
    "reversed": _reversed,
    "broadcast_args": _broadcast_args,
}
