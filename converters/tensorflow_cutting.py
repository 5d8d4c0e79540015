"""Rules for operators that cut, look up, scatter and choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan.converters.assembly import Assembly, ints, number
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import constant
from genescan.graph import Attr, Edge, Operand, Tensor

_END = 2**63 - 1


def slice_(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, begin, size; a size of -1 goes to the end."""
    value, begin, size = call.inputs[:3]
    starts, sizes = constant(begin), constant(size)
    if starts is not None and sizes is not None and len(starts) == len(sizes):
        pairs = zip(starts, sizes, strict=True)
        ends: Operand = ints([_END if n == -1 else start + n for start, n in pairs])
    elif sizes is not None and set(sizes) == {-1}:
        ends = ints([_END] * len(sizes))
    else:
        ends = assembly.emit("Add", [begin, size], name=call.name)
        if sizes is None or -1 in sizes:
            rest = assembly.emit("Less", [size, ints((0,))], name=call.name)
            ends = assembly.emit("Where", [rest, ints((_END,)), ends], name=call.name)
    return [assembly.emit("Slice", [value, begin, ends], name=call.name)]


def dynamic_slice(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, begin, size."""
    return slice_(assembly, call)


class _Cut:
    """A strided slice as it is spelled: one entry for each index between the brackets."""

    def __init__(self, assembly: Assembly, call: Call) -> None:
        self.assembly, self.call = assembly, call
        self.value, *self.bounds = call.inputs[:4]
        self.known = [constant(bound) for bound in self.bounds]
        self.masks = {
            name: call.integer(f"{name}_mask")
            for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
        }

    def count(self) -> int | None:
        """How many entries there are."""
        for known in self.known:
            if known is not None:
                return len(known)
        shapes = [self.assembly.shape(bound) for bound in self.bounds]
        return next((s[0] for s in shapes if s is not None and len(s) == 1), None)

    def has(self, name: str, index: int) -> bool:
        """Whether an entry is marked."""
        return bool(self.masks[name] >> index & 1)

    def item(self, bound: int, index: int, *, alone: bool = False) -> Operand:
        """One number of a bound, as a list of one or alone."""
        known = self.known[bound]
        if known is not None:
            return Tensor("int64", () if alone else (1,), (known[index],))
        if alone:
            at: Operand = Tensor("int64", (), (index,))
            return self.assembly.emit("Gather", [self.bounds[bound], at], {"axis": 0}, shapes=((),))
        return self.assembly.emit("Slice", [self.bounds[bound], ints((index,)), ints((index + 1,))])

    def axes(self, count: int) -> list[int] | None:
        """The axis of x that each entry is about; counted from the end behind an ellipsis."""
        dots = [i for i in range(count) if self.has("ellipsis", i)]
        found, axis = [], 0
        for index in range(dots[0] if dots else count):
            found.append(axis)
            axis += not self.has("new_axis", index)
        if dots:
            rest = [i for i in range(dots[0] + 1, count) if not self.has("new_axis", i)]
            axis = -len(rest)
            found.append(0)
            for index in range(dots[0] + 1, count):
                found.append(axis)
                axis += not self.has("new_axis", index)
        return found if len(dots) < 2 else None


def strided_slice(assembly: Assembly, call: Call) -> list[Operand] | None:
    """x[begin:end:stride, ...] with all its marks.

    Ranges become one Slice, single indices Gathers, then new axes are put in.
    """
    if len(call.inputs) != 4:
        return None
    cut = _Cut(assembly, call)
    count = cut.count()
    axes = None if count is None or count > 64 else cut.axes(count)
    if count is None or axes is None:
        return None
    ranges: list[int] = []
    singles: list[int] = []
    for index in range(count):
        if cut.has("ellipsis", index) or cut.has("new_axis", index):
            continue
        (singles if cut.has("shrink_axis", index) else ranges).append(index)
    value = _ranges(cut, ranges, axes)
    if value is None:
        return None
    rank = assembly.rank(cut.value)
    if len({axes[i] < 0 for i in singles}) > 1 and rank is None:
        return None
    # from the highest axis down, so that those before keep their number
    places = {i: axes[i] % rank if rank and -rank <= axes[i] < rank else axes[i] for i in singles}
    if any(place < 0 for place in places.values()):  # counted from the end: the lowest first
        ordered = sorted(singles, key=lambda i: places[i])
    else:
        ordered = sorted(singles, key=lambda i: -places[i])
    for index in ordered:
        operands = [value, cut.item(0, index, alone=True)]
        value = assembly.emit("Gather", operands, {"axis": places[index]}, name=call.name)
    return [_new_axes(cut, value, count)]


def _ranges(cut: _Cut, ranges: Sequence[int], axes: Sequence[int]) -> Operand | None:
    """The Slice for all ranges that cut anything."""
    strides = cut.known[2]
    if strides is None:
        return None
    wanted = [
        i for i in ranges
        if not (cut.has("begin", i) and cut.has("end", i) and strides[i] == 1)
    ]  # fmt: skip
    if not wanted:
        return cut.value
    bounds = []
    for bound, name in enumerate(("begin", "end")):
        items: list[Operand] = []
        for i in wanted:
            far = _END if (strides[i] > 0) == bool(bound) else -_END
            open_end = far if bound or strides[i] < 0 else 0
            items.append(ints((open_end,)) if cut.has(name, i) else cut.item(bound, i))
        bounds.append(_list(cut.assembly, items))
    axis, step = ints([axes[i] for i in wanted]), ints([strides[i] for i in wanted])
    operands = [cut.value, *bounds, axis, step]
    return cut.assembly.emit("Slice", operands, name=cut.call.name)


def _list(assembly: Assembly, items: Sequence[Operand]) -> Operand:
    """Lists of one number as one list."""
    known = [constant(item) for item in items]
    if None not in known:
        return ints([number for item in known for number in item or ()])
    return assembly.emit("Concat", items, {"axis": 0}) if len(items) > 1 else items[0]


def _new_axes(cut: _Cut, value: Operand, count: int) -> Operand:
    """Unsqueeze where a new axis is asked for; behind an ellipsis counted from the end."""
    dots = next((i for i in range(count) if cut.has("ellipsis", i)), count)
    left = [i for i in range(count) if not cut.has("shrink_axis", i)]
    axes = []
    for place, index in enumerate(left):
        if cut.has("new_axis", index):
            axes.append(place if index < dots else place - len(left))
    if not axes:
        return value
    return cut.assembly.emit("Unsqueeze", [value, ints(axes)], name=cut.call.name)


def gather(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: x, indices, axis; some axes may be looked up side by side."""
    value, index = call.inputs[:2]
    axis = constant(call.operand(2)) if len(call.inputs) > 2 else (0,)
    batch = call.integer("batch_dims")
    if axis is None or len(axis) != 1:
        return None
    if not batch:
        return [assembly.emit("Gather", [value, index], {"axis": axis[0]}, name=call.name)]
    rank = assembly.rank(index)
    batch = batch + rank if batch < 0 and rank is not None else batch
    if axis[0] not in (batch, 0) or batch < 0:
        return None
    last = assembly.emit("Unsqueeze", [index, ints((-1,))], name=call.name)
    return [assembly.emit("GatherND", [value, last], {"batch_dims": batch}, name=call.name)]


def gather_nd(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, indices."""
    attrs: dict[str, Attr] = {"batch_dims": call.integer("batch_dims")}
    return [assembly.emit("GatherND", call.inputs[:2], attrs, name=call.name)]


def scatter(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: indices, updates, shape."""
    index, updates, shape = call.inputs[:3]
    zero = assembly.emit("ConstantOfShape", [shape], name=call.name)
    attrs: dict[str, Attr] = {"reduction": "add"}
    return [assembly.emit("ScatterND", [zero, index, updates], attrs, name=call.name)]


def tensor_scatter(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, indices, updates."""
    how = call.kind.removeprefix("TensorScatter").lower()
    attrs: dict[str, Attr] = {"reduction": "none" if how == "update" else how}
    shapes = (assembly.shape(call.inputs[0]),)
    return [assembly.emit("ScatterND", call.inputs[:3], attrs, name=call.name, shapes=shapes)]


def reverse(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: x, axes."""
    axes = constant(call.operand(1))
    if axes is None or call.kind != "ReverseV2":
        return None
    if not axes:
        return [call.inputs[0]]
    bounds = [ints([size] * len(axes)) for size in (-1, -_END)]
    operands = [call.inputs[0], *bounds, ints(axes), ints([-1] * len(axes))]
    shapes = (assembly.shape(call.inputs[0]),)
    return [assembly.emit("Slice", operands, name=call.name, shapes=shapes)]


def roll(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Operands: x, shifts, axes; along each axis the end comes before the beginning."""
    value, shifts, axes = call.inputs[0], constant(call.operand(1)), constant(call.operand(2))
    if shifts is None or axes is None or len(shifts) != len(axes):
        return None
    shape = assembly.shape(value)
    for shift, axis in zip(shifts, axes, strict=True):
        size = shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
        start = -shift % size if size else -shift
        if start == 0:
            continue
        cuts = ((start, _END), (0, start))
        halves = [
            assembly.emit("Slice", [value, ints((a,)), ints((b,)), ints((axis,))], name=call.name)
            for a, b in cuts
        ]
        value = assembly.emit("Concat", halves, {"axis": axis}, name=call.name, shapes=(shape,))
    return [value]


def reverse_sequence(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, lengths."""
    attrs: dict[str, Attr] = {
        "time_axis": call.integer("seq_dim"),
        "batch_axis": call.integer("batch_dim"),
    }
    shapes = (assembly.shape(call.inputs[0]),)
    edge = assembly.emit("ReverseSequence", call.inputs[:2], attrs, name=call.name, shapes=shapes)
    return [edge]


def top_k(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: x, how many."""
    count = call.operand(1) if call.kind == "TopKV2" else ints((call.integer("k"),))
    if isinstance(count, Tensor):
        count = Tensor("int64", (1,), count.data)
    attrs: dict[str, Attr] = {"axis": -1, "sorted": int(bool(call.attrs.get("sorted", True)))}
    edge = assembly.emit("TopK", [call.inputs[0], count], attrs, name=call.name, outputs=2)
    return [edge, Edge(edge.source, 1)]


def unique(assembly: Assembly, call: Call) -> list[Operand]:
    """Values and where each is among them; ONNX has two results between."""
    attrs: dict[str, Attr] = {"sorted": 0}
    edge = assembly.emit("Unique", call.inputs[:1], attrs, name=call.name, outputs=4)
    return [edge, Edge(edge.source, 2)]


def non_max(assembly: Assembly, call: Call) -> list[Operand]:
    """Operands: boxes, scores, most, overlap, score; ONNX wants a batch of classes."""
    boxes = assembly.emit("Unsqueeze", [call.inputs[0], ints((0,))], name=call.name)
    scores = assembly.emit("Unsqueeze", [call.inputs[1], ints((0, 1))], name=call.name)
    overlap = [number(call.real("iou_threshold", 0.5))] if call.kind == "NonMaxSuppression" else []
    operands = [boxes, scores, *call.inputs[2:3], *overlap, *call.inputs[3:5]]
    chosen = assembly.emit("NonMaxSuppression", operands, name=call.name, shapes=((None, 3),))
    at = Tensor("int64", (), (2,))
    return [assembly.emit("Gather", [chosen, at], {"axis": 1}, name=call.name, shapes=((None,),))]


def non_max_more(assembly: Assembly, call: Call) -> list[Operand]:
    """Selected indices, their scores in the fifth version, and how many."""
    [index] = non_max(assembly, call)
    count = assembly.emit("Size", [index], name=call.name, shapes=((),))
    if call.kind == "NonMaxSuppressionV4":
        return [index, count]
    scores = assembly.emit("Gather", [call.inputs[1], index], {"axis": 0}, name=call.name)
    return [index, scores, count]


def band(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A triangle of a matrix, where one side is kept whole."""
    lower, upper = constant(call.operand(1)), constant(call.operand(2))
    if lower == (-1,) and upper is not None and len(upper) == 1 and upper[0] >= 0:
        attrs, offset = {"upper": 0}, upper[0]
    elif upper == (-1,) and lower is not None and len(lower) == 1 and lower[0] >= 0:
        attrs, offset = {"upper": 1}, -lower[0]
    else:
        return None
    at = Tensor("int64", (), (offset,))
    return [assembly.emit("Trilu", [call.inputs[0], at], attrs, name=call.name)]


RULES: Mapping[str, Rule] = {
    "slice": slice_,
    "dynamic_slice": dynamic_slice,
    "strided_slice": strided_slice,
    "gather": gather,
    "gather_nd": gather_nd,
    "top_k": top_k,
    "reverse": reverse,
    "roll": roll,
    "reverse_sequence": reverse_sequence,
    "band": band,
    "scatter": scatter,
    "tensor_scatter": tensor_scatter,
    "unique": unique,
    "non_max": non_max,
    "non_max_more": non_max_more,
}
