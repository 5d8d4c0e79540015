"""Rules for operators that move, join, split and fill."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly, ints, reshaped
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import constant
from genescan.errors import LimitExceeded
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_MOST = 65_536
"""Parts of one value."""


def transpose(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: x, permutation."""
    value, perm = call.inputs[0], constant(call.operand(1))
    if perm is None or sorted(perm) != list(range(len(perm))):
        return None
    return [assembly.transpose(value, perm, call.name)]


def expand_dims(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: x, axis."""
    value, axis = call.inputs[0], constant(call.operand(1))
    if axis is None or len(axis) != 1:
        return None
    rank = assembly.rank(value)
    if isinstance(value, Tensor) and rank is not None and -rank <= axis[0] + 1 <= rank + 1:
        place = axis[0] % (rank + 1)
        shape = value.shape or ()
        return [reshaped(value, (*shape[:place], 1, *shape[place:]))]
    return [assembly.emit("Unsqueeze", [value, ints(axis)], name=call.name)]


def squeeze(assembly: Assembly, call: Call) -> list[Operand]:
    """Without the named axes, or without all of size one."""
    axes = call.integers("squeeze_dims") or call.integers("axis")
    inputs = [call.inputs[0], *([ints(axes)] if axes else [])]
    return [assembly.emit("Squeeze", inputs, name=call.name)]


def concat(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The axis is the last operand, in the first version the first."""
    values, axis = [*call.inputs[:-1]], call.inputs[-1]
    if call.kind == "Concat":
        values, axis = [*call.inputs[1:]], call.inputs[0]
    along = constant(axis)
    if along is None or len(along) != 1 or not values:
        return None
    return [assembly.emit("Concat", values, {"axis": along[0]}, name=call.name)]


def pack(assembly: Assembly, call: Call) -> list[Operand]:
    """Values along a new axis."""
    axis = call.integer("axis")
    apart: list[Operand] = []
    for value in call.inputs:
        if isinstance(value, Tensor) and value.shape == () and value.data is not None:
            apart.append(Tensor(value.dtype, (1,), value.data, value.name))
        else:
            apart.append(assembly.emit("Unsqueeze", [value, ints((axis,))], name=call.name))
    return [assembly.emit("Concat", apart, {"axis": axis}, name=call.name)]


def _parts(call: Call, name: str) -> int:
    count = call.integer(name, len(call.shapes))
    if not 0 <= count <= _MOST:
        raise LimitExceeded(f"{_MOST} parts of one value")
    return count


def unpack(assembly: Assembly, call: Call) -> list[Operand]:
    """Values along an axis, which goes."""
    count, axis = _parts(call, "num"), call.integer("axis")
    edge = assembly.emit("Split", call.inputs[:1], {"axis": axis}, name=call.name, outputs=count)
    return [
        assembly.emit("Squeeze", [Edge(edge.source, port), ints((axis,))], name=call.name)
        for port in range(min(count, len(call.shapes)))
    ]


def split(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: axis, x; with sizes x, sizes, axis."""
    if call.kind == "Split":
        axis, inputs = constant(call.operand(0)), [call.inputs[1]]
    else:
        axis, inputs = constant(call.operand(2)), [*call.inputs[:2]]
    if axis is None or len(axis) != 1:
        return None
    sizes = constant(inputs[1]) if len(inputs) > 1 else None
    if sizes is not None and -1 in sizes:
        whole = (assembly.shape(inputs[0]) or ())[axis[0] :][:1]
        rest = whole[0] - sum(sizes) - 1 if whole and whole[0] is not None else None
        made: Dims = tuple(rest if size == -1 else size for size in sizes)
        inputs[1] = Tensor("int64", (len(made),), made)
    count = _parts(call, "num_split")
    if count == 1:
        return [inputs[0]]
    edge = assembly.emit("Split", inputs, {"axis": axis[0]}, name=call.name, outputs=count)
    return [Edge(edge.source, port) for port in range(count)]


def shape_n(assembly: Assembly, call: Call) -> list[Operand]:
    """The shapes of several values."""
    return [assembly.emit("Shape", [value], name=call.name) for value in call.inputs]


def rank(assembly: Assembly, call: Call) -> list[Operand]:
    """The number of dimensions."""
    known = assembly.rank(call.inputs[0])
    if known is not None:
        return [Tensor("int64", (), (known,))]
    shape = assembly.emit("Shape", call.inputs[:1], name=call.name)
    return [assembly.emit("Size", [shape], name=call.name, shapes=((),))]


def fill(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: shape, value."""
    shape, value = call.inputs[:2]
    if isinstance(value, Tensor) and value.scalar is not None:
        one = Tensor(value.dtype, (1,), value.data)
        return [assembly.emit("ConstantOfShape", [shape], {"value": one}, name=call.name)]
    return [assembly.emit("Expand", [value, shape], name=call.name)]


def zeros(assembly: Assembly, call: Call) -> list[Operand]:
    """As many zeros, or ones, as an operand has elements."""
    value = Tensor("float32", (1,), (float(call.kind == "OnesLike"),))
    shape = assembly.emit("Shape", call.inputs[:1], name=call.name)
    shapes = (assembly.shape(call.inputs[0]),)
    edge = assembly.emit(
        "ConstantOfShape", [shape], {"value": value}, name=call.name, shapes=shapes
    )
    return [edge]


def where(assembly: Assembly, call: Call) -> list[Operand]:
    """The places of what is not zero, a row each."""
    edge = assembly.emit("NonZero", call.inputs[:1], name=call.name, shapes=((None, None),))
    return [assembly.transpose(edge, (1, 0), call.name)]


def pad(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, pairs of sizes, value."""
    value, pairs = call.inputs[:2]
    modes = {"REFLECT": "reflect", "SYMMETRIC": "symmetric"}
    attrs: dict[str, Attr] = {"mode": modes.get(call.text("mode"), "constant")}
    sizes = constant(pairs)
    if sizes is not None and not any(sizes):
        return [value]
    if sizes is not None:
        pads: Operand = ints((*sizes[::2], *sizes[1::2]))
    else:
        turned = assembly.transpose(pairs, (1, 0), call.name)
        pads = assembly.emit("Reshape", [turned, ints((-1,))], name=call.name)
    data = assembly.shape(value)
    made: Dims | None = None
    if data is not None and sizes is not None and len(sizes) == 2 * len(data):
        each = zip(data, sizes[::2], sizes[1::2], strict=True)
        made = tuple(None if size is None else size + a + b for size, a, b in each)
    operands = [value, pads, *call.inputs[2:3]]
    return [assembly.emit("Pad", operands, attrs, name=call.name, shapes=(made,))]


def one_hot(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: indices, depth, on, off."""
    index, depth, on, off = call.inputs[:4]
    pair = [
        Tensor(v.dtype, (1,), v.data) if isinstance(v, Tensor)
        else assembly.emit("Unsqueeze", [v, ints((0,))]) for v in (off, on)
    ]  # fmt: skip
    values = assembly.emit("Concat", pair, {"axis": 0}, name=call.name)
    attrs: dict[str, Attr] = {"axis": call.integer("axis", -1)}
    shape, count = assembly.shape(index), constant(depth)
    made: Dims | None = None
    if shape is not None and attrs["axis"] == -1:
        made = (*shape, count[0] if count else None)
    edge = assembly.emit("OneHot", [index, depth, values], attrs, name=call.name, shapes=(made,))
    return [edge]


def random(assembly: Assembly, call: Call) -> list[Operand]:
    """Numbers by chance, of a shape."""
    op = "RandomUniform" if "Uniform" in call.kind else "RandomNormal"
    sizes = constant(call.inputs[0])
    return [assembly.emit(op, call.inputs[:1], name=call.name, shapes=(sizes,))]


RULES: Mapping[str, Rule] = {
    "transpose": transpose,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "concat": concat,
    "pack": pack,
    "unpack": unpack,
    "split": split,
    "shape_n": shape_n,
    "rank": rank,
    "fill": fill,
    "zeros": zeros,
    "where": where,
    "pad": pad,
    "one_hot": one_hot,
    "random": random,
}
