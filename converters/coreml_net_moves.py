"""Layers of neural networks that move, cut, join or fill."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import done, put, shape_of, size_of
from genescan.converters.coreml_net_images import stored
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Edge, Operand, Tensor


def _moved(a: Assembly, call: Call, value: Operand, perm: tuple[int, ...]) -> Operand:
    """Transpose the last three axes; `perm` counts from the first of them."""
    lead = max((a.rank(value) or 4) - 3, 0)
    return a.transpose(value, (*range(lead), *(lead + axis for axis in perm)), call.name)


def _lead(a: Assembly, value: Operand) -> tuple[int, ...]:
    """Target sizes that keep the axes before the last three."""
    rank = a.rank(value) or 4
    return (0,) * max(rank - 3, 0)


def _resolved(a: Assembly, value: Operand, target: tuple[int, ...]) -> tuple[int, ...]:
    """A target with the sizes that it keeps filled in, as far as they are known."""
    shape = a.shape(value) or ()
    sizes = (
        shape[axis] if size == 0 and axis < len(shape) else size for axis, size in enumerate(target)
    )
    return tuple(0 if size is None else size for size in sizes)


def _reshape(a: Assembly, call: Call) -> list[Operand]:
    """Channels, height and width anew, and the sequence with four sizes."""
    value, target = call.operand("x"), call.integers("targetShape")
    full = (*_lead(a, value), *target)
    if len(target) == 4:
        full = target if call.integer("legacy") else (target[0], 1, *target[1:])
    full = _resolved(a, value, full)
    if call.text("mode") != "CHANNEL_LAST":
        return done(a, call, "Reshape", [value, ints(full)])
    last = _moved(a, call, value, (1, 2, 0))
    turned = (*full[:-3], full[-2], full[-1], full[-3])
    made = put(a, call, "Reshape", [last, ints(turned)])
    return [_moved(a, call, made, (2, 0, 1))]


def _flatten(a: Assembly, call: Call) -> list[Operand]:
    value = call.operand("x")
    if call.text("mode") == "CHANNEL_LAST":
        value = _moved(a, call, value, (1, 2, 0))
    target = (*_resolved(a, value, _lead(a, value)), -1, 1, 1)
    return done(a, call, "Reshape", [value, ints(target)])


def _permute(a: Assembly, call: Call) -> list[Operand] | None:
    axes = call.integers("axis") or (0, 1, 2, 3)
    if sorted(axes) != [0, 1, 2, 3]:
        return None
    if not call.integer("legacy") and a.rank(call.operand("x")) == 5:  # the batch stays
        perm = [axis + 1 if axis else 0 for axis in axes]
        axes = (perm[0], 1, *perm[1:])
    return done(a, call, "Transpose", [call.operand("x")], {"perm": axes})


def _concat(a: Assembly, call: Call) -> list[Operand]:
    axis = -3
    if call.integer("sequenceConcat"):
        axis = 0 if call.integer("legacy") else -5
    return done(a, call, "Concat", call.operands("x"), {"axis": axis})


def _split(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {"axis": -3, "num_outputs": len(call.shapes)}
    return done(a, call, "Split", [call.operand("x")], attrs)


def _repeat(a: Assembly, call: Call) -> list[Operand]:
    rank = a.rank(call.operand("x")) or 4
    times = ints([call.integer("nRepetitions") or 1, *(1,) * (rank - 1)])
    return done(a, call, "Tile", [call.operand("x"), times])


def _constant(a: Assembly, call: Call) -> list[Operand]:
    """A constant is an operand, no node."""
    shape = call.integers("shape")
    if call.kind == "loadConstant":
        shape = (*(1,) * (1 if call.integer("legacy") else 2), *shape)
    return [stored(call, "data", shape)]


def _squeeze(a: Assembly, call: Call) -> list[Operand]:
    inputs = [call.operand("x")]
    if not call.integer("squeezeAll"):
        inputs.append(ints(call.integers("axes")))
    return done(a, call, "Squeeze", inputs)


def _expand(a: Assembly, call: Call) -> list[Operand]:
    values = call.operands("x")
    if call.kind == "broadcastToStatic":
        return done(a, call, "Expand", [values[0], ints(call.integers("targetShape"))])
    shape = values[1] if len(values) > 1 else None
    if call.kind == "broadcastToLike":
        shape = shape_of(a, call, shape)
    return done(a, call, "Expand", [values[0], shape])


def _reshape_like(a: Assembly, call: Call) -> list[Operand]:
    values = call.operands("x")
    return done(a, call, "Reshape", [values[0], shape_of(a, call, values[-1])])


def _slice_by_size(a: Assembly, call: Call) -> list[Operand]:
    """A window of fixed length along one axis, at a position that is computed."""
    begin, size = call.operands("x")[1:2], call.integer("size")
    first = put(a, call, "Reshape", [*begin, ints([1])])
    end = put(a, call, "Add", [first, ints([size])])
    return done(a, call, "Slice", [call.operand("x"), first, end, ints([call.integer("axis")])])


def _argsort(a: Assembly, call: Call) -> list[Operand]:
    axis = call.integer("axis")
    attrs: dict[str, Attr] = {"axis": axis, "largest": call.integer("descending")}
    count = size_of(a, call, call.operand("x"), axis)
    order = put(a, call, "TopK", [call.operand("x"), count], attrs, outputs=2)
    return [Edge(order.source, 1)]


def _bernoulli(a: Assembly, call: Call) -> list[Operand]:
    filled: dict[str, Attr] = {"value": Tensor("float32", (1,), (call.real("prob"),))}
    shape = shape_of(a, call, call.operand("x"))
    return done(a, call, "Bernoulli", [put(a, call, "ConstantOfShape", [shape], filled)])


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "reshape": _reshape,
        "flatten": _flatten,
        "permute": _permute,
        "concat": _concat,
        "split": _split,
        "sequenceRepeat": _repeat,
        "loadConstant": _constant,
        "loadConstantND": _constant,
        "squeeze": _squeeze,
        "broadcastToLike": _expand,
        "broadcastToStatic": _expand,
        "broadcastToDynamic": _expand,
        "reshapeLike": _reshape_like,
        "sliceBySize": _slice_by_size,
        "argSort": _argsort,
        "randomBernoulliLike": _bernoulli,
    }
)
