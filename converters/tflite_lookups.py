"""Operators of TensorFlow Lite that look up, scatter and sort."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly, ints, number
from genescan.converters.table import Call, Rule
from genescan.converters.tflite_slices import END, flat
from genescan.graph import Attr, Edge, Operand


def _gather(assembly: Assembly, call: Call) -> list[Operand] | None:
    """GATHER; along as many leading axes as `batch_dims` data and indices go together."""
    value, index = call.operand(0), call.operand(1)
    axis, batch = call.integer("axis"), call.integer("batch_dims")
    if not batch:
        return [
            assembly.emit("Gather", [value, index], {"axis": axis}, name=call.name,
                          shapes=call.shapes)
        ]  # fmt: skip
    if batch < 0 or axis != batch:
        return None
    place = assembly.emit("Unsqueeze", [index, ints((-1,))])
    return [
        assembly.emit("GatherND", [value, place], {"batch_dims": batch}, name=call.name,
                      shapes=call.shapes)
    ]  # fmt: skip


def _lookup(assembly: Assembly, call: Call) -> list[Operand] | None:
    """EMBEDDING_LOOKUP: a row of a table for each number."""
    table, index = call.operand(1), call.operand(0)
    return [
        assembly.emit("Gather", [table, index], {"axis": 0}, name=call.name, shapes=call.shapes)
    ]


def _update(assembly: Assembly, call: Call) -> list[Operand] | None:
    """DYNAMIC_UPDATE_SLICE along one axis, as a cache is written."""
    value, part, starts = (call.operand(slot) for slot in range(3))
    whole, piece = assembly.shape(value), assembly.shape(part)
    if whole is None or piece is None or len(whole) != len(piece):
        return None
    axes = [i for i, pair in enumerate(zip(whole, piece, strict=True)) if pair[0] != pair[1]]
    if len(axes) != 1 or not axes[0]:
        return None
    place = assembly.emit("Gather", [starts, ints((axes[0],))], {"axis": 0}, shapes=((1,),))
    return [
        assembly.emit("TensorScatter", [value, part, place], {"axis": axes[0]}, name=call.name,
                      shapes=call.shapes)
    ]  # fmt: skip


def _scatter(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SCATTER_ND: indices, updates, shape; equal indices add up."""
    zeros = assembly.emit("ConstantOfShape", [call.operand(2)], shapes=call.shapes)
    inputs = [zeros, call.operand(0), call.operand(1)]
    return [
        assembly.emit("ScatterND", inputs, {"reduction": "add"}, name=call.name,
                      shapes=call.shapes)
    ]  # fmt: skip


def _segments(assembly: Assembly, call: Call) -> list[Operand] | None:
    """UNSORTED_SEGMENT_*: rows of the same number are joined."""
    value, index, count = (call.operand(slot) for slot in range(3))
    start, reduction = _SEGMENTS[call.kind]
    depth = assembly.rank(index)
    if depth is None:
        return None
    sizes = assembly.emit("Shape", [value])
    rest = assembly.emit("Slice", [sizes, ints((depth,)), ints((END,)), ints((0,))])
    shape = assembly.emit("Concat", [flat(assembly, count), rest], {"axis": 0})
    empty = assembly.emit("Expand", [number(start), shape], shapes=call.shapes)
    place = assembly.emit("Unsqueeze", [index, ints((-1,))])
    return [
        assembly.emit("ScatterND", [empty, place, value], {"reduction": reduction},
                      name=call.name, shapes=call.shapes)
    ]  # fmt: skip


_SEGMENTS = {
    "UNSORTED_SEGMENT_SUM": (0.0, "add"),
    "UNSORTED_SEGMENT_PROD": (1.0, "mul"),
    "UNSORTED_SEGMENT_MAX": (-3.4028234663852886e38, "max"),
    "UNSORTED_SEGMENT_MIN": (3.4028234663852886e38, "min"),
}
"""What an empty segment holds, and how rows are joined."""


def _one_hot(assembly: Assembly, call: Call) -> list[Operand] | None:
    """ONE_HOT: indices, depth, on, off; ONNX has one operand of off and on."""
    index, depth, on, off = (call.operand(slot) for slot in range(4))
    values = assembly.emit(
        "Concat", [flat(assembly, off), flat(assembly, on)], {"axis": 0}, shapes=((2,),)
    )
    attrs: dict[str, Attr] = {"axis": call.integer("axis", -1)}
    return [
        assembly.emit("OneHot", [index, depth, values], attrs, name=call.name, shapes=call.shapes)
    ]


def _places(assembly: Assembly, call: Call) -> list[Operand] | None:
    """WHERE with one operand: the places of what is true, one row for each."""
    found = assembly.emit("NonZero", [call.operand(0)])
    return [
        assembly.emit("Transpose", [found], {"perm": (1, 0)}, name=call.name, shapes=call.shapes)
    ]


def _top(assembly: Assembly, call: Call) -> list[Operand] | None:
    inputs = [call.operand(0), flat(assembly, call.operand(1))]
    made = assembly.emit(
        "TopK", inputs, {"axis": -1}, name=call.name, outputs=2, shapes=call.shapes
    )
    return [made, Edge(made.source, 1)]


def _unique(assembly: Assembly, call: Call) -> list[Operand] | None:
    made = assembly.emit("Unique", [call.operand(0)], {"sorted": 0}, name=call.name, outputs=4)
    results: list[Operand] = [made, Edge(made.source, 2)]
    return results[: len(call.shapes)]


RULES: Mapping[str, Rule] = {
    "gather": _gather,
    "update": _update,
    "scatter": _scatter,
    "segments": _segments,
    "one_hot": _one_hot,
    "places": _places,
    "top": _top,
    "unique": _unique,
    "lookup": _lookup,
}
