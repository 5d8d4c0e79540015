"""Output shapes from operand shapes, as far as they are known; never an error, only None.

Pure bookkeeping over ONNX operator definitions: a size that cannot be told is None, a rank that
cannot be told makes the whole shape None. Nothing is ever allocated to a declared size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from genescan import ops, sizes
from genescan.graph import Attr, Dims, Tensor

Attrs = Mapping[str, Attr]
Shapes = Sequence["Dims | None"]
Constants = Sequence["Tensor | None"]
"""Operands that are constants, None where an operand is dynamic or left out."""

Rule = Callable[[Attrs, Shapes, Constants], "list[Dims | None]"]


def ints(value: Attr | Tensor | None) -> tuple[int | None, ...] | None:
    """A list of integers from an attribute or a constant; None elements are unknown ones."""
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, int | float):
        value = (value,)
    if not isinstance(value, tuple):
        return None
    try:
        return tuple(None if v is None else int(v) for v in value)
    except (TypeError, ValueError, OverflowError):
        return None


def known(value: Attr | Tensor | None) -> tuple[int, ...] | None:
    """As `ints`, but only when every element is known."""
    values = ints(value)
    return None if values is None or None in values else values  # type: ignore[return-value]


def operand(attrs: Attrs, name: str, constants: Constants, position: int) -> Attr | Tensor | None:
    """What older opsets give as an attribute and newer ones as an operand."""
    if name in attrs:
        return attrs[name]
    return constants[position] if position < len(constants) else None


def _axes(axes: tuple[int, ...], rank: int) -> set[int]:
    return {axis % rank for axis in axes if -rank <= axis < rank} if rank else set()


def _window(attrs: Attrs, shapes: Shapes, channels: int | None, kernel: Dims) -> Dims | None:
    data = shapes[0]
    image = (None,) * len(kernel) if data is None else data[2:]
    size = sizes.slid(image, kernel, _steps(attrs, len(image)))
    return (data[0] if data else None, channels, *size)


def _steps(attrs: Attrs, rank: int) -> sizes.Steps:
    return sizes.Steps(
        known(attrs.get("strides")) or (1,) * rank,
        known(attrs.get("dilations")) or (1,) * rank,
        known(attrs.get("pads")) or (0,) * (2 * rank),
        same=str(attrs.get("auto_pad", "NOTSET")).startswith("SAME"),
        up=bool(attrs.get("ceil_mode")),
    )


def _conv(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    weight = shapes[1] if len(shapes) > 1 else None
    if weight is None or len(weight) < 3:
        return [(shapes[0][0], *(None,) * (len(shapes[0]) - 1)) if shapes[0] else None]
    return [_window(attrs, shapes, weight[0], weight[2:])]


def _conv_transpose(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    weight, data = shapes[1] if len(shapes) > 1 else None, shapes[0]
    if weight is None or len(weight) < 3:
        return [None]
    groups = attrs.get("group", 1)
    channels = weight[1] * groups if weight[1] is not None and isinstance(groups, int) else None
    image = data[2:] if data else (None,) * (len(weight) - 2)
    more, wanted = known(attrs.get("output_padding")), known(attrs.get("output_shape"))
    size: Dims = wanted or ()
    if wanted is None or len(wanted) != len(image):
        size = sizes.spread(image, weight[2:], _steps(attrs, len(image)), more)
    return [(data[0] if data else None, channels, *size)]


def _pool(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    kernel, data = known(attrs.get("kernel_shape")), shapes[0]
    if kernel is None:
        return [None, None]
    return [_window(attrs, shapes, data[1] if data and len(data) > 1 else None, kernel), None]


def _global_pool(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data = shapes[0]
    return [None if data is None else (*data[:2], *(1,) * (len(data) - 2))]


def _matmul(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    a, b = shapes[0], shapes[1] if len(shapes) > 1 else None
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return [None]
    batch = sizes.broadcast(a[:-2], b[:-2])
    return [None if batch is None else (*batch, a[-2], b[-1])]


def _gemm(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    a, b = shapes[0], shapes[1] if len(shapes) > 1 else None
    rows = None if not a or len(a) != 2 else a[1] if attrs.get("transA") else a[0]
    columns = None if not b or len(b) != 2 else b[0] if attrs.get("transB") else b[1]
    return [(rows, columns)]


def _transpose(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, order = shapes[0], known(attrs.get("perm"))
    if data is None or (order is None and "perm" in attrs):  # no order, or one that is not known
        rank = len(data) if data is not None else None if order is None else len(order)
        return [None if rank is None else (None,) * rank]
    order = order or tuple(reversed(range(len(data))))
    if sorted(order) != list(range(len(data))):
        return [None]
    return [tuple(data[axis] for axis in order)]


def _reshape(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, target = shapes[0], ints(operand(attrs, "shape", constants, 1))
    if target is None:
        wanted = shapes[1] if len(shapes) > 1 else None
        if wanted is not None and len(wanted) == 1 and wanted[0] is not None and wanted[0] <= 64:
            return [(None,) * wanted[0]]
        return [None]
    result: list[int | None] = []
    for axis, size in enumerate(target):
        if size == 0 and not attrs.get("allowzero"):
            size = data[axis] if data is not None and axis < len(data) else None
        result.append(size)
    if -1 in result:
        hole = result.index(-1)
        result[hole] = None
        rest = result[:hole] + result[hole + 1 :]
        if data is not None and None not in data and None not in rest:
            product = math.prod(rest)  # type: ignore[arg-type]
            result[hole] = math.prod(data) // product if product else None  # type: ignore[arg-type]
    return [tuple(None if size is not None and size < 0 else size for size in result)]


def _flatten(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, axis = shapes[0], attrs.get("axis", 1)
    if data is None or not isinstance(axis, int):
        return [(None, None)]

    def product(dims: Dims) -> int | None:
        return None if None in dims else math.prod(dims)  # type: ignore[arg-type]

    return [(product(data[:axis]), product(data[axis:]))]


def _squeeze(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, axes = shapes[0], known(operand(attrs, "axes", constants, 1))
    if data is None or (axes is None and None in data):
        return [None]
    drop = {i for i, d in enumerate(data) if d == 1} if axes is None else _axes(axes, len(data))
    return [tuple(d for i, d in enumerate(data) if i not in drop)]


def _unsqueeze(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, axes = shapes[0], known(operand(attrs, "axes", constants, 1))
    if data is None or axes is None:
        return [None]
    rank = len(data) + len(axes)
    added, rest = _axes(axes, rank), iter(data)
    if len(added) != len(axes):
        return [None]
    return [tuple(1 if i in added else next(rest) for i in range(rank))]


def _expand(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    target = ints(constants[1]) if len(constants) > 1 else None
    if target is None:
        return [None]
    return [sizes.broadcast(shapes[0], target)]


def _concat(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    axis, first = attrs.get("axis", 1), next((s for s in shapes if s is not None), None)
    if first is None or not isinstance(axis, int) or not -len(first) <= axis < len(first):
        return [None]
    if any(s is not None and len(s) != len(first) for s in shapes):
        return [None]
    sizes = [None if s is None else s[axis] for s in shapes]
    result = list(first)
    result[axis] = None if None in sizes else sum(sizes)  # type: ignore[arg-type]
    return [tuple(result)]


def _split(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, axis = shapes[0], attrs.get("axis", 0)
    sizes = known(operand(attrs, "split", constants, 1))
    if data is None or not isinstance(axis, int) or not -len(data) <= axis < len(data):
        return []
    if sizes is None:
        parts = attrs.get("outputs", attrs.get("num_outputs"))
        whole = data[axis]
        if not isinstance(parts, int) or not 0 < parts <= 4096:
            return []
        each = None if whole is None else -(-whole // parts)
        return [(*data[: axis % len(data)], each, *data[axis % len(data) + 1 :])] * parts
    return [tuple(s if i == axis % len(data) else d for i, d in enumerate(data)) for s in sizes]


def _slice(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data = shapes[0]
    if data is None:
        return [None]
    starts, ends, axes, steps = (
        known(operand(attrs, name, constants, position))
        for position, name in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    has_axes = "axes" in attrs or (len(shapes) > 3 and shapes[3] is not None)
    if starts is None or ends is None or (has_axes and axes is None):
        if axes is None:
            return [(None,) * len(data)]
        lost = _axes(axes, len(data))
        return [tuple(None if i in lost else d for i, d in enumerate(data))]
    result = list(data)
    for i, axis in enumerate(axes or range(len(starts))):
        if not -len(data) <= axis < len(data) or i >= len(starts) or i >= len(ends):
            return [None]
        full, step = result[axis], steps[i] if steps and i < len(steps) else 1
        if full is None or not step:
            result[axis] = None
        else:  # numpy would cut nothing where a cut backwards starts before the first
            result[axis] = len(range(full)[max(starts[i], -full) : ends[i] : step])
    return [tuple(result)]


def _gather(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, index, axis = shapes[0], shapes[1] if len(shapes) > 1 else None, attrs.get("axis", 0)
    if (
        data is None
        or index is None
        or not isinstance(axis, int)
        or not -len(data) <= axis < len(data)
    ):
        return [None]
    axis %= len(data)
    return [(*data[:axis], *index, *data[axis + 1 :])]


def _reduce(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, given = shapes[0], operand(attrs, "axes", constants, 1)
    if data is None:
        return [None]
    axes = known(given)
    if axes is None and (given is not None or (len(shapes) > 1 and shapes[1] is not None)):
        return [(None,) * len(data)] if attrs.get("keepdims", 1) else [None]
    gone = set(range(len(data))) if not axes else _axes(axes, len(data))
    if attrs.get("keepdims", 1):
        return [tuple(1 if i in gone else d for i, d in enumerate(data))]
    return [tuple(d for i, d in enumerate(data) if i not in gone)]


def _arg(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    axis = attrs.get("axis", 0)
    axes = (axis,) if isinstance(axis, int) else ()
    return _reduce({"axes": axes, "keepdims": attrs.get("keepdims", 1)}, shapes[:1], ())


def _shape(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    return [(None if shapes[0] is None else len(shapes[0]),)]


def _constant_of_shape(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    return [ints(constants[0]) if constants else None]


def _recurrent(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, hidden = shapes[0], attrs.get("hidden_size")
    directions = 2 if attrs.get("direction") == "bidirectional" else 1
    length, batch = (data[0], data[1]) if data is not None and len(data) == 3 else (None, None)
    size = hidden if isinstance(hidden, int) else None
    state: Dims = (directions, batch, size)
    return [(length, directions, batch, size), state, state]


def _resize(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    scales = operand(attrs, "scales", constants, 1 if len(constants) == 2 else 2)
    factors = scales.data if isinstance(scales, Tensor) else scales
    target = ints(operand(attrs, "sizes", constants, 3))
    return [sizes.resized(shapes[0], target, factors if isinstance(factors, tuple) else None)]


def _topk(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, count = shapes[0], known(operand(attrs, "k", constants, 1))
    axis = attrs.get("axis", -1)
    if data is None or not isinstance(axis, int) or not -len(data) <= axis < len(data):
        return _same_rank(attrs, shapes, constants)
    result: list[int | None] = list(data)
    result[axis] = count[0] if count is not None and len(count) == 1 else None
    return [tuple(result)] * 2


def _grid_sample(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, grid = shapes[0], shapes[1] if len(shapes) > 1 else None
    return [(*data[:2], *grid[1:-1]) if data and grid and len(data) == len(grid) else None]


def _tile(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    data, times = shapes[0], known(operand(attrs, "repeats", constants, 1))
    if data is None or times is None or len(data) != len(times):
        return _same_rank(attrs, shapes, constants)
    return [tuple(None if d is None else d * n for d, n in zip(data, times, strict=True))]


def _pad(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    pads = ints(operand(attrs, "pads", constants, 1))
    return [sizes.padded(shapes[0], pads, named=len(constants) > 3)]


def _same_rank(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    return [None if shapes[0] is None else (None,) * len(shapes[0])] * 2


def _same(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    return [shapes[0]]


def _broadcast(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    return [sizes.broadcast(*shapes)]


def _quantised_pair(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    """Each operand stands before its scale and zero point."""
    return [sizes.broadcast(shapes[0], shapes[3])] if len(shapes) > 3 else [None]


def _einsum(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    equation = str(attrs.get("equation", "")).replace(" ", "")
    if "->" not in equation or "." in equation:
        return [None]
    terms, result = equation.split("->", 1)
    size: dict[str, int | None] = {}
    for term, shape in zip(terms.split(","), shapes, strict=False):
        if shape is not None and len(shape) == len(term):
            size.update({k: d for k, d in zip(term, shape, strict=True) if d is not None})
    return [tuple(size.get(letter) for letter in result)]


def _range(attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    values = [c.scalar if c is not None else None for c in constants[:3]]
    if len(values) < 3 or None in values or not values[2]:
        return [(None,)]
    start, limit, step = (float(v) for v in values)  # type: ignore[arg-type]
    count = (limit - start) / step
    return [(max(0, math.ceil(count)) if math.isfinite(count) else None,)]


_RULES: Mapping[str, Rule] = {
    "Conv": _conv, "ConvInteger": _conv, "ConvTranspose": _conv_transpose,
    "MaxPool": _pool, "AveragePool": _pool, "LpPool": _pool,
    "GlobalAveragePool": _global_pool, "GlobalMaxPool": _global_pool,
    "MatMul": _matmul, "MatMulInteger": _matmul, "Gemm": _gemm, "Einsum": _einsum,
    "Transpose": _transpose, "Reshape": _reshape, "Flatten": _flatten, "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze, "Expand": _expand, "Concat": _concat, "Split": _split,
    "Slice": _slice, "Gather": _gather, "ArgMax": _arg, "ArgMin": _arg, "Shape": _shape,
    "Size": lambda a, s, c: [()], "ConstantOfShape": _constant_of_shape, "Range": _range,
    "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent,
    "Resize": _resize, "Upsample": _resize, "Tile": _tile, "GridSample": _grid_sample,
    "Pad": _pad, "SpaceToDepth": sizes.folded, "DepthToSpace": sizes.unfolded,
    "TopK": _topk, "Trilu": _same, "CumSum": _same, "PRelu": _same, "Clip": _same,
    "Where": _broadcast, "Mod": _broadcast, "EyeLike": _same,
    "com.microsoft:QLinearAdd": _quantised_pair, "com.microsoft:QLinearMul": _quantised_pair,
    "QuantizeLinear": _same, "DequantizeLinear": _same,
    "DynamicQuantizeLinear": lambda a, s, c: [s[0], (), ()],
    "ScatterND": _same, "ScatterElements": _same,
    "NonZero": lambda a, s, c: [None if s[0] is None else (len(s[0]) or 1, None)],
    "GatherElements": lambda a, s, c: [s[1] if len(s) > 1 else None],
}  # fmt: skip

_UNARY = frozenset({"Activation", "Normalization"})
_SAME = frozenset({"Identity", "Cast", "CastLike", "Dropout"})


def infer(op: str, attrs: Attrs, shapes: Shapes, constants: Constants) -> list[Dims | None]:
    """Shapes of a node's outputs; shorter than the outputs when nothing is known of the rest."""
    if rule := _RULES.get(op):
        return rule(attrs, shapes, constants) if shapes else []
    kind = ops.kind(op)
    if op.startswith("Reduce"):
        return _reduce(attrs, shapes, constants) if shapes else []
    if op in _SAME or kind in _UNARY:
        return list(shapes[:1])
    if kind in ("Elementwise", "Logic"):
        return [sizes.broadcast(*shapes)]
    return []
