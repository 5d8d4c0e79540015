"""Cutting, joining, filling and lists of MIL programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from genescan.converters.assembly import Assembly, ints
from genescan.converters.coreml_emit import FIRST, LAST, done, put, real, shape_of, size_of
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Edge, Operand, Tensor

_DTYPES = {
    "fp16": "float16",
    "fp32": "float32",
    "fp64": "float64",
    "half": "float16",
    "float": "float32",
    "double": "float64",
}


def _cast(a: Assembly, call: Call) -> list[Operand]:
    wanted = call.text("dtype", "float32")
    return done(a, call, "Cast", [call.operand("x")], {"to": _DTYPES.get(wanted, wanted)})


def _axes(a: Assembly, call: Call) -> list[Operand]:
    op = "Squeeze" if call.kind == "squeeze" else "Unsqueeze"
    inputs = [call.operand("x")]
    if "axes" in call.attrs:
        inputs.append(ints(call.integers("axes")))
    return done(a, call, op, inputs)


def _reshape(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Reshape", [call.operand("x"), call.operand("shape")])


def _reshape_like(a: Assembly, call: Call) -> list[Operand] | None:
    shape = call.shapes[0]
    return None if shape is None else [a.reshape(call.operand("x"), shape, call.name)]


def _transpose(a: Assembly, call: Call) -> list[Operand] | None:
    perm = call.integers("perm")
    made = tuple(axis % len(perm) for axis in perm)
    if sorted(made) != list(range(len(made))) or not made:
        return None
    return done(a, call, "Transpose", [call.operand("x")], {"perm": made})


def _concat(a: Assembly, call: Call) -> list[Operand] | None:
    values, axis, shape = call.operands("values"), call.integer("axis"), call.shapes[0]
    if not call.integer("interleave"):
        return done(a, call, "Concat", values, {"axis": axis})
    if shape is None:
        return None
    axis %= len(shape)  # one of each in turn: stack behind the axis, then flatten the two
    parts = [put(a, call, "Unsqueeze", [value, ints([axis + 1])]) for value in values]
    return [a.reshape(put(a, call, "Concat", parts, {"axis": axis + 1}), shape, call.name)]


def _stack(a: Assembly, call: Call) -> list[Operand]:
    axis, values = call.integer("axis"), call.operands("values")
    parts = [put(a, call, "Unsqueeze", [value, ints([axis])]) for value in values]
    return done(a, call, "Concat", parts, {"axis": axis})


def _split(a: Assembly, call: Call) -> list[Operand]:
    inputs, attrs = [call.operand("x")], {"axis": call.integer("axis")}
    if sizes := call.integers("split_sizes"):
        inputs.append(ints(sizes))
    else:
        attrs["num_outputs"] = len(call.shapes)
    return done(a, call, "Split", inputs, attrs)


def cut(
    a: Assembly,
    call: Call,
    value: Operand,
    begin: Sequence[int],
    end: Sequence[int],
    steps: Sequence[int],
    squeezed: Sequence[int] = (),
) -> list[Operand]:
    """A Slice by one (begin, end, step) for each axis; whole axes are left out."""
    rows = [
        (axis, first, last, step)
        for axis, (first, last, step) in enumerate(zip(begin, end, steps, strict=True))
        if (first, last, step) != (0, LAST, 1)
    ]
    if len(rows) == len(squeezed) == 1 and rows[0][0] == squeezed[0]:
        index = Tensor("int64", (), (rows[0][1],))
        return done(a, call, "Gather", [value, index], {"axis": rows[0][0]})
    if rows:
        axes, firsts, lasts, jumps = zip(*rows, strict=True)
        inputs = [value, ints(firsts), ints(lasts), ints(axes), ints(jumps)]
        if not squeezed:
            return done(a, call, "Slice", inputs)
        value = put(a, call, "Slice", inputs)
    if squeezed:
        return done(a, call, "Squeeze", [value, ints(squeezed)])
    return done(a, call, "Identity", [value])


def bounds(
    begin: Sequence[int], end: Sequence[int], steps: Sequence[int],
    first: Sequence[int], last: Sequence[int], squeezed: Sequence[int],
) -> tuple[list[int], list[int]]:  # fmt: skip
    """Begins and ends under masks: a masked bound is the very first or the very last."""
    begins, ends = [], []
    for axis, (low, high, step) in enumerate(zip(begin, end, steps, strict=True)):
        open_low, open_high = _set(first, axis), _set(last, axis)
        begins.append((0 if step > 0 else LAST) if open_low else low)
        ends.append((LAST if step > 0 else FIRST) if open_high else high)
        if _set(squeezed, axis):
            ends[-1] = begins[-1] + 1 if begins[-1] != -1 else LAST
    return begins, ends


def _set(mask: Sequence[int], axis: int) -> bool:
    return axis < len(mask) and bool(mask[axis])


def _slice_by_index(a: Assembly, call: Call) -> list[Operand] | None:
    value, masks = call.operand("x"), [call.integers(m) for m in _MASKS]
    rank = a.rank(value)
    squeezed = [axis for axis, wanted in enumerate(masks[2]) if wanted]
    if "begin" in call.attrs and "end" in call.attrs:
        begin, end = call.integers("begin"), call.integers("end")
        steps = call.integers("stride") or (1,) * len(begin)
        if not len(begin) == len(end) == len(steps) or 0 in steps:
            return None
        return cut(a, call, value, *bounds(begin, end, steps, *masks), steps, squeezed)
    if rank is None or any(masks[:2]) and not all(len(m) in (0, rank) for m in masks):
        return None
    return _dynamic_slice(a, call, rank, squeezed)


_MASKS = ("begin_mask", "end_mask", "squeeze_mask")


def _dynamic_slice(a: Assembly, call: Call, rank: int, squeezed: list[int]) -> list[Operand]:
    """A Slice whose bounds are computed; masks choose between them and the very ends."""
    begin, end = call.operand("begin"), call.operand("end")
    steps = call.integers("stride") or (1,) * rank
    if squeezed and len(squeezed) == rank:
        end = put(a, call, "Add", [begin, ints([1])])
    if first := call.integers("begin_mask"):
        begin = put(a, call, "Where", [_flags(first), ints([0] * rank), begin])
    if last := call.integers("end_mask"):
        end = put(a, call, "Where", [_flags(last), ints([LAST] * rank), end])
    inputs = [call.operand("x"), begin, end, ints(range(rank)), ints(steps)]
    if not squeezed:
        return done(a, call, "Slice", inputs)
    return done(a, call, "Squeeze", [put(a, call, "Slice", inputs), ints(squeezed)])


def _flags(mask: Sequence[int]) -> Tensor:
    return Tensor("bool", (len(mask),), tuple(map(bool, mask)))


def _slice_by_size(a: Assembly, call: Call) -> list[Operand]:
    begin, size = call.operand("begin"), call.operand("size")
    if "begin" in call.attrs and "size" in call.attrs:
        starts, sizes = call.integers("begin"), call.integers("size")
        ends = [s + n if n >= 0 else LAST for s, n in zip(starts, sizes, strict=False)]
        whole = [
            LAST if s == 0 and n == d else e
            for s, n, e, d in zip(
                starts, sizes, ends, a.shape(call.operand("x")) or ends, strict=False
            )
        ]
        return cut(a, call, call.operand("x"), starts[: len(whole)], whole, (1,) * len(whole))
    end = put(a, call, "Add", [begin, size])
    return done(a, call, "Slice", [call.operand("x"), begin, end])


def _slice_update(a: Assembly, call: Call) -> list[Operand] | None:
    """An update along one axis at a position: a cache of keys or values."""
    rank = a.rank(call.operand("x"))
    masks = [call.integers(m) for m in _MASKS]
    partial = [i for i in range(rank or 0) if not (_set(masks[0], i) and _set(masks[1], i))]
    steps = call.integers("stride") or (1,)
    if len(partial) != 1 or any(masks[2]) or any(step != 1 for step in steps):
        return None
    where = put(a, call, "Gather", [call.operand("begin"), ints(partial)], {"axis": 0})
    inputs = [call.operand("x"), call.operand("update"), where]
    return done(a, call, "TensorScatter", inputs, {"axis": partial[0]})


def reversed_axes(a: Assembly, call: Call, value: Operand, axes: Sequence[int]) -> list[Operand]:
    """A value read backwards along some axes."""
    count = len(axes)
    inputs = [value, ints([-1] * count), ints([FIRST] * count), ints(axes), ints([-1] * count)]
    return done(a, call, "Slice", inputs)


def _reverse(a: Assembly, call: Call) -> list[Operand] | None:
    axes = call.integers("axes") or tuple(range(a.rank(call.operand("x")) or 0))
    return reversed_axes(a, call, call.operand("x"), axes) if axes else None


def _reverse_sequence(a: Assembly, call: Call) -> list[Operand]:
    attrs: dict[str, Attr] = {
        "time_axis": call.integer("seq_axis", -1),
        "batch_axis": call.integer("batch_axis"),
    }
    return done(a, call, "ReverseSequence", [call.operand("x"), call.operand("lengths")], attrs)


def _gather(a: Assembly, call: Call) -> list[Operand] | None:
    if call.integer("batch_dims"):
        return None
    inputs = [call.operand("x"), call.operand("indices")]
    return done(a, call, "Gather", inputs, {"axis": call.integer("axis")})


def _gather_nd(a: Assembly, call: Call) -> list[Operand]:
    inputs = [call.operand("x"), call.operand("indices")]
    return done(a, call, "GatherND", inputs, {"batch_dims": call.integer("batch_dims")})


REDUCTIONS = {"update": "none", "add": "add", "mul": "mul", "max": "max", "min": "min"}
_INVERSE = {"sub": ("Neg", "add"), "div": ("Reciprocal", "mul")}


def scattered(
    a: Assembly, call: Call, op: str, inputs: list[Operand], mode: str, axis: int | None = None
) -> list[Operand] | None:
    """A scatter of (data, indices, updates) that replaces, adds, subtracts ..."""
    if mode in _INVERSE:
        inverse, mode = _INVERSE[mode]
        inputs = [*inputs[:2], put(a, call, inverse, inputs[2:])]
    if mode not in REDUCTIONS:
        return None
    attrs: dict[str, Attr] = {"reduction": REDUCTIONS[mode]}
    return done(a, call, op, inputs, attrs if axis is None else {**attrs, "axis": axis})


def _scatter(a: Assembly, call: Call) -> list[Operand] | None:
    data, indices, updates = (call.operand(slot) for slot in ("data", "indices", "updates"))
    mode, axis = call.text("mode", "add"), call.integer("axis")
    if call.kind == "scatter_nd":
        return scattered(a, call, "ScatterND", [data, indices, updates], mode)
    if call.kind == "scatter_along_axis":
        return scattered(a, call, "ScatterElements", [data, indices, updates], mode, axis)
    if axis:
        return None
    column = put(a, call, "Unsqueeze", [indices, ints([-1])])
    return scattered(a, call, "ScatterND", [data, column, updates], mode)


def _topk(a: Assembly, call: Call) -> list[Operand]:
    axis = call.integer("axis", -1)
    largest = int(not call.integer("ascending"))
    attrs: dict[str, Attr] = {"axis": axis, "largest": largest, "sorted": call.integer("sort", 1)}
    count = call.operand("k") or ints([1])
    if isinstance(count, Tensor) and count.scalar is not None:
        count = ints([int(count.scalar)])
    if call.kind == "topk":
        return done(a, call, "TopK", [call.operand("x"), count], attrs)
    count = size_of(a, call, call.operand("x"), axis)
    order = put(a, call, "TopK", [call.operand("x"), count], attrs, outputs=2)
    return [Edge(order.source, 1)]


def _fill(a: Assembly, call: Call) -> list[Operand]:
    shape = call.operand("shape")
    if call.kind == "fill_like":
        shape = shape_of(a, call, call.operand("ref_tensor"))
    value = call.operand("value")
    filled = Tensor("float32", (1,), (0.0,))
    if isinstance(value, Tensor) and value.scalar is not None:
        filled = Tensor(value.dtype, (1,), (value.scalar,))
    elif value is not None:
        return done(a, call, "Expand", [value, shape])
    return done(a, call, "ConstantOfShape", [shape], {"value": filled})


def _range(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "Range", [call.operand(slot) for slot in ("start", "end", "step")])


def _non_zero(a: Assembly, call: Call) -> list[Operand]:
    found = put(a, call, "NonZero", [call.operand("x")])
    return done(a, call, "Transpose", [found], {"perm": (1, 0)})


def _one_hot(a: Assembly, call: Call) -> list[Operand]:
    low, high = call.real("off_value"), call.real("on_value", 1.0)
    values = Tensor("float32", (2,), (low, high))
    inputs = [call.operand("indices"), call.operand("one_hot_vector_size"), values]
    return done(a, call, "OneHot", inputs, {"axis": call.integer("axis", -1)})


def _random(a: Assembly, call: Call) -> list[Operand]:
    kind = call.kind.removeprefix("random_")
    if kind == "categorical":
        value = call.operand("x")
        if call.text("mode", "logits") == "probs":
            value = put(a, call, "Log", [value])
        return done(a, call, "Multinomial", [value], {"sample_size": call.integer("size", 1)})
    probability = call.real("prob", 0.5) if kind == "bernoulli" else 0.0
    filled: dict[str, Attr] = {"value": Tensor("float32", (1,), (probability,))}
    blank = put(a, call, "ConstantOfShape", [call.operand("shape")], filled)
    if kind == "bernoulli":
        return done(a, call, "Bernoulli", [blank])
    names = ("mean", "stddev") if kind == "normal" else ("low", "high")
    renamed = {"mean": "mean", "stddev": "scale", "low": "low", "high": "high"}
    attrs: dict[str, Attr] = {renamed[n]: call.real(n, float(i)) for i, n in enumerate(names)}
    return done(a, call, f"Random{kind.capitalize()}Like", [blank], attrs)


def _make_list(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "SequenceEmpty", [])


def _list_gather(a: Assembly, call: Call) -> list[Operand]:
    joined = put(a, call, "ConcatFromSequence", [call.operand("ls")], {"axis": 0, "new_axis": 1})
    return done(a, call, "Gather", [joined, call.operand("indices")], {"axis": 0})


def _list_scatter(a: Assembly, call: Call) -> list[Operand]:
    return done(a, call, "SplitToSequence", [call.operand("value")], {"axis": 0, "keepdims": 0})


def _quantise(a: Assembly, call: Call) -> list[Operand]:
    op = "QuantizeLinear" if call.kind == "quantize" else "DequantizeLinear"
    inputs = [call.operand("input"), call.operand("scale")]
    if (zero := call.operand("zero_point")) is not None:
        inputs.append(zero)
    attrs: dict[str, Attr] = {"axis": call.integer("axis")} if "axis" in call.attrs else {}
    return done(a, call, op, inputs, attrs)


def _suppress(a: Assembly, call: Call) -> list[Operand]:
    slots = ("boxes", "scores", "max_boxes", "iou_threshold", "score_threshold")
    inputs = [call.operand(slot) for slot in slots]
    if inputs[-1] is None:
        inputs[-1] = real(0.0)
    return done(a, call, "NonMaxSuppression", inputs)


def _classify(a: Assembly, call: Call) -> list[Operand]:
    """Label and table of probabilities: both are read off the probabilities."""
    return [call.operand("probabilities")] * len(call.shapes)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "cast": _cast,
        "axes": _axes,
        "reshape": _reshape,
        "reshape_like": _reshape_like,
        "transpose": _transpose,
        "concat": _concat,
        "stack": _stack,
        "split": _split,
        "slice_by_index": _slice_by_index,
        "slice_by_size": _slice_by_size,
        "slice_update": _slice_update,
        "reverse": _reverse,
        "reverse_sequence": _reverse_sequence,
        "gather": _gather,
        "gather_nd": _gather_nd,
        "scatter": _scatter,
        "topk": _topk,
        "fill": _fill,
        "range": _range,
        "non_zero": _non_zero,
        "one_hot": _one_hot,
        "random": _random,
        "make_list": _make_list,
        "list_gather": _list_gather,
        "list_scatter": _list_scatter,
        "quantise": _quantise,
        "suppress": _suppress,
        "classify": _classify,
    }
)
