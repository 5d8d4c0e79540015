"""Steps that the rules of both CoreML forms share: emit with inferred shapes, joins, axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan import shapes as shape_rules
from genescan.converters.assembly import Assembly, ints
from genescan.converters.table import Call
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

FIRST, LAST = -(1 << 62), 1 << 62
"""Slice bounds that mean the very beginning and the very end."""


def put(
    a: Assembly,
    call: Call,
    op: str,
    inputs: Sequence[Operand],
    attrs: Mapping[str, Attr] | None = None,
    *,
    outputs: int = 1,
    shapes: Sequence[Dims | None] = (),
) -> Edge:
    """Emit one operator; shapes that are not declared are inferred from the operands."""
    full = dict(attrs or {})
    if not any(shape is not None for shape in shapes):
        constants = [value if isinstance(value, Tensor) else None for value in inputs]
        shapes = shape_rules.infer(op, full, [a.shape(v) for v in inputs], constants)[:outputs]
    return a.emit(op, inputs, full, name=call.name, outputs=outputs, shapes=shapes)


def done(
    a: Assembly,
    call: Call,
    op: str,
    inputs: Sequence[Operand],
    attrs: Mapping[str, Attr] | None = None,
) -> list[Operand]:
    """Emit the operator that makes the outputs of `call`, with their declared shapes."""
    made = put(a, call, op, inputs, attrs, outputs=len(call.shapes), shapes=call.shapes)
    return [Edge(made.source, port) for port in range(len(call.shapes))]


def real(value: float) -> Tensor:
    """One number as an operand."""
    return Tensor("float32", (), (float(value),))


def shape_of(a: Assembly, call: Call, value: Operand) -> Operand:
    """The shape of a value as an operand: a constant when it is known."""
    shape = a.shape(value)
    if shape is not None and None not in shape:
        return Tensor("int64", (len(shape),), shape)
    return put(a, call, "Shape", [value])


def size_of(a: Assembly, call: Call, value: Operand, axis: int) -> Operand:
    """The length of one axis as an operand with one element."""
    shape = a.shape(value)
    if shape is not None and -len(shape) <= axis < len(shape) and shape[axis] is not None:
        return Tensor("int64", (1,), (shape[axis],))
    whole = put(a, call, "Shape", [value])
    return put(a, call, "Gather", [whole, ints([axis])], {"axis": 0})


def turned(a: Assembly, call: Call, value: Operand) -> Operand | None:
    """A value with its last two axes swapped; None when its rank is not known."""
    rank = a.rank(value)
    if rank is None or rank < 2:
        return None
    return a.transpose(value, (*range(rank - 2), rank - 1, rank - 2), call.name)


def scaled(a: Assembly, call: Call, value: Operand, factor: float, addend: float) -> Operand:
    """`value * factor + addend`, without the steps that change nothing."""
    if factor != 1.0:
        value = put(a, call, "Mul", [value, real(factor)])
    if addend:
        value = put(a, call, "Add", [value, real(addend)])
    return value


def reduced(
    a: Assembly, call: Call, op: str, value: Operand, axes: Sequence[int] | None, keep: bool
) -> list[Operand]:
    """A reduction along some axes, or along all of them."""
    attrs: dict[str, Attr] = {"keepdims": int(keep)}
    if axes is not None:
        attrs["axes"] = tuple(axes)
    return done(a, call, op, [value], attrs)


def channelwise(value: Operand, trailing: int) -> Operand:
    """A vector of one number per channel, shaped to stand before `trailing` other axes."""
    if not isinstance(value, Tensor) or value.shape is None or len(value.shape) != 1:
        return value
    shape = (*value.shape, *(1,) * trailing)
    return Tensor(value.dtype, shape, value.data, value.name, value.payload)
