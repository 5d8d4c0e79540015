"""Recognise decomposed normalisations by what they compute.

From each reduction the pass grows the region that depends on one entry alone, runs it on sample
vectors, and asks whether the result is an affine function of the normalised vector: shift- and
scale-invariant for LayerNormalization, scale-invariant for RMSNormalization (over a mean) and
LpNormalization (over a sum). A per-feature affine after any normalisation joins it.

Before:
    d = Sub(x, ReduceMean(x, axes=[-1]))
    v = ReduceMean(Mul(d, d), axes=[-1])
    y = Add(Mul(Div(d, Sqrt(Add(v, 1e-05))), w[64]), w[64])

After:
    y = LayerNormalization(x, axis="feature")
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence

from genescan import shapes
from genescan.draft import Draft, Value
from genescan.graph import Dims, Tensor
from genescan.passes import regions, shared_norms

_SAMPLES: tuple[regions.Vector, ...] = (
    (0.7, -1.9, 2.6, 0.2, -3.1),
    (5.2, 1.3, -0.8, 2.9, 4.4),
    (-2.0, 0.6, 0.1, -7.5, 1.2),
)
_TOLERANCE = 0.02
_ALLOWED = frozenset(
    {
        "Add", "Sub", "Mul", "Div", "Sqrt", "Reciprocal", "Neg", "Pow", "Abs", "Max", "Clip",
        "Relu", "ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2", "GlobalAveragePool",
    }
)  # fmt: skip
_EXPONENTS = (2.0, 0.5, -0.5)
_NEUTRAL = {"Add": 1e-6, "Sub": 1e-6, "Max": 1e-6, "Clip": 1e-6}
_OPEN = 3
"""Unknown exponents of one region; a normalisation has a square and a root."""
_RESHAPED = re.compile(r"Reshape\((.*)\)")
"""The label of a contracted Reshape: sizes, commas between them."""
_TRANSPOSED = re.compile(r"Transpose\(([\d,]+)\)")
_AFFINE = ("Mul", "Add", "BatchNormalization")
_CHANNELWISE = ("GroupNormalization", "InstanceNormalization")
_ALONG_FEATURES = ("LayerNormalization", "RMSNormalization", "LpNormalization")
_NORMS = ("LayerNormalization", "RMSNormalization", "GroupNormalization", "InstanceNormalization")


def run(draft: Draft) -> None:
    """Fuse around every reduction, then settle attributes and trailing affines of all norms."""
    for node in draft.of("GroupNormalization"):
        if _each_channel(node):
            draft.retype(node, "InstanceNormalization")
    for op, rank in (("InstanceNormalization", 3), ("GroupNormalization", 2)):
        for node in draft.of(op):
            moved = bool(node.via.get(0)) or not node.dynamic
            if (node.out.rank or (None if moved else node.dynamic[0].rank)) == rank:
                draft.retype(node, "LayerNormalization")  # over one axis, as any
    for node in draft.of("MeanVarianceNormalization"):
        shared_norms.spell_out(draft, node)
    for op in ("ReduceMean", "ReduceL2", "ReduceSumSquare", "ReduceSum", "GlobalAveragePool"):
        for node in draft.of(op):
            _around(draft, node)
    for node in draft.of("MeanVarianceNormalization"):
        draft.retype(node, "LayerNormalization" if _last(node) else "InstanceNormalization")
    for node in draft.of("InstanceNormalization"):
        _absorb_wide(draft, node)
    for node in draft.of(*_NORMS):
        shared_norms.apart(draft, node)
    for node in draft.of(*_NORMS):
        _absorb_affine(draft, node)
        draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
        draft.retype(node, node.op, {"axis": "feature"} if node.op == _NORMS[0] else {})


def _each_channel(node: Draft.Node) -> bool:
    """Whether a group is one channel."""
    scale = node.arg(1)
    extent = scale.squeezed if isinstance(scale, Tensor) else None
    return extent is not None and extent == (node.attrs.get("num_groups"),)


def _last(node: Draft.Node) -> bool:
    """Whether all but one of the axes are of one element, or there is but one."""
    axes, sizes = node.ints("axes"), _sizes(node)
    if axes is None or not sizes or len(axes) == 1:
        return axes is not None and len(axes) == 1
    inside = all(-len(sizes) <= axis < len(sizes) for axis in axes)
    return inside and len([axis for axis in axes if sizes[axis] != "1"]) == 1


def _allowed(node: Draft.Node) -> bool:
    return node.op in _ALLOWED


def _base(value: Value, steps: int = 3) -> list[Value]:
    """Entries that a reduced square may be a function of, the farther one first.

    The longest spelling is the square of the magnitude of a difference: three steps.
    """
    node = value.node
    square = node.op in ("Pow", "Abs") or (node.op == "Mul" and len(set(node.inputs)) == 1)
    if square and node.dynamic:
        inner = node.dynamic[0]
        deeper = steps and inner.node.op in ("Sub", "Abs")
        return [*_base(inner, steps - 1), inner] if deeper else [inner]
    if node.op == "Sub" and node.dynamic:
        return [node.dynamic[0]]
    return [value]


def _around(draft: Draft, node: Draft.Node) -> None:
    if not node.alive or not node.dynamic:
        return
    for entry in dict.fromkeys(_base(node.dynamic[0])):
        if entry.node is node:
            continue
        seeds = _back(entry, node)
        if seeds is None:
            continue
        region = regions.sort(regions.grow(entry, seeds, _allowed), entry)
        if any(_fuse_at(draft, entry, last.out, region) for last in reversed(region)):
            return
        found = False
        for last in region:  # two norms of one value have its statistics in common
            found = (last.alive and _fuse_at(draft, entry, last.out, region, region)) or found
        if found:
            return


def _back(entry: Value, node: Draft.Node) -> list[Draft.Node] | None:
    """The nodes between the entry and a reduction; None when something else comes in."""
    nodes, stack = {node: None}, list(node.dynamic)
    while stack:
        value = stack.pop()
        if value is entry or value.node in nodes:
            continue
        if not _allowed(value.node) or not value.node.dynamic or len(nodes) > 8:
            return None
        nodes[value.node] = None
        stack.extend(value.node.dynamic)
    return regions.sort(nodes, entry)


def _fuse_at(
    draft: Draft, entry: Value, exit_: Value, region: list[Draft.Node],
    around: Sequence[Draft.Node] = (),
) -> bool:  # fmt: skip
    part = regions.between(entry, exit_, region)
    reduces = [node for node in part if node.op in regions.REDUCING]
    if len(part) < 2 or not reduces or not regions.closed(part, exit_, around):
        return False
    for assumed in _assumptions(part):
        op = _named(part, entry, exit_, reduces, assumed)
        if op in _ALONG_FEATURES and any(map(_by_place, part)):
            return False
        if op is not None:
            marks = {"assumed": "squares and roots of unknown exponent"} if assumed else {}
            attrs = {"axis": 1} if all(_channels(node) for node in reduces) else {}
            draft.fuse(part, exit_, op, [entry], attrs, marks=marks)
            return True
    return False


def _by_place(node: Draft.Node) -> bool:
    """Whether a constant differs by place and by feature: positions, added after a norm."""
    constants = [arg.squeezed for arg in node.inputs if isinstance(arg, Tensor)]
    return node.op in ("Add", "Mul") and any(len(extent or ()) > 1 for extent in constants)


def _assumptions(part: list[Draft.Node]) -> Iterator[regions.Assumed]:
    """Values for numbers that the file keeps elsewhere; none where all are known.

    Only squares and roots make a normalisation, so each exponent is tried as one of these; what is
    added is taken for an epsilon, a numerator for one. A factor is a sign: differences are written
    as sums of what a minus one was multiplied into; that of a sum makes it a mean.
    """
    found = regions.open_numbers(part)
    exponents = [(node, position) for node, position in found if node.op == "Pow" and position == 1]
    if len(exponents) > _OPEN:
        return
    counts = {place: 1 / len(_SAMPLES[0]) for node in part for place in _counted(node)}
    found = [place for place in found if place not in counts]
    factors = [place for place in found if place[0].op == "Mul"][:_OPEN]
    rest = {place: _NEUTRAL.get(place[0].op, 1.0) for place in found if place not in exponents}
    rest.update(counts)
    for signs in itertools.product((1.0, -1.0), repeat=len(factors)):
        for values in itertools.product(_EXPONENTS, repeat=len(exponents)):
            tried = {**rest, **dict(zip(factors, signs, strict=True))}
            yield {**tried, **dict(zip(exponents, values, strict=True))}


def _counted(node: Draft.Node) -> list[tuple[Draft.Node, int]]:
    """Where a node multiplies a sum by a number that is not told, or by one for each group."""
    if node.op != "Mul" or len(node.dynamic) != 1 or node.dynamic[0].node.op != "ReduceSum":
        return []
    position = 1 - node.inputs.index(node.dynamic[0])
    factor = node.inputs[position]
    told = not isinstance(factor, Tensor) or factor.data is not None
    return [] if told else [(node, position)]


def _named(
    part: list[Draft.Node], entry: Value, exit_: Value, reduces: list[Draft.Node],
    assumed: regions.Assumed,
) -> str | None:  # fmt: skip
    """The normalisation that a region computes."""
    results = [regions.compute(part, entry, exit_, sample, assumed) for sample in _SAMPLES]
    if any(result is None for result in results):
        return None
    values: list[regions.Vector] = [result for result in results if result is not None]
    if _affine([_normalised(sample, centre=True) for sample in _SAMPLES], values):
        if any(_grouped(node, entry) for node in reduces):
            return "GroupNormalization"
        nested = any(_nested(node) for node in reduces)
        wide = (nested or any(map(_several_axes, reduces))) and not any(map(_one_row, reduces))
        if wide and entry.shape is not None and len(entry.shape) - entry.shape.count(1) < 2:
            wide = False  # of one pixel: over channels, or there is nothing to do
        return "InstanceNormalization" if wide else "LayerNormalization"
    if _affine([_normalised(sample, centre=False) for sample in _SAMPLES], values):
        sums = any(node.op not in ("ReduceMean", "GlobalAveragePool") for node in reduces)
        return "LpNormalization" if sums else "RMSNormalization"
    return None


def _channels(node: Draft.Node) -> bool:
    """Over the second axis: an affine by channel is one by feature then."""
    return shapes.known(shapes.operand(node.attrs, "axes", _constants(node), 1)) == (1,)


def _several_axes(node: Draft.Node) -> bool:
    axes, sizes = _axes(node), _sizes(node)
    if node.op == "GlobalAveragePool":  # over all axes from the third on
        axes = tuple(range(2, len(sizes) or 4))
    if axes is not None and all(a is not None and -len(sizes) <= a < len(sizes) for a in axes):
        axes = tuple(axis for axis in axes if axis is not None and sizes[axis] != "1")
    return axes is not None and len(axes) > 1


def _sizes(node: Draft.Node) -> list[str]:
    """What a value was reshaped to before it was reduced; as it is where nothing moved it."""
    labels, value = node.via.get(0, ()), node.arg(0)
    reshapes = [found for label in labels if (found := _RESHAPED.fullmatch(label))]
    if reshapes:
        return str(reshapes[-1][1]).split(",")
    return [] if labels or not isinstance(value, Value) else [str(s) for s in value.shape or ()]


def _nested(node: Draft.Node) -> bool:
    """A mean of means: over two axes, one after the other."""
    value = node.inputs[0]
    return isinstance(value, Value) and value.node.op == node.op == "ReduceMean"


def _axes(node: Draft.Node) -> tuple[int | None, ...] | None:
    return shapes.ints(shapes.operand(node.attrs, "axes", _constants(node), 1))


def _one_row(node: Draft.Node) -> bool:
    """Over a batch of one and axes of one: rows that stand as channels, to use the batch's kernel.

    Keras reshapes [batch, length, features] to [1, batch * length, features, 1].
    """
    sizes, axes = _sizes(node), _axes(node) or ()
    if 0 not in axes or any(axis is None or not -len(sizes) <= axis < len(sizes) for axis in axes):
        return False
    reduced = [sizes[axis] for axis in axes if axis is not None]
    return sizes[0] == "1" and len(reduced) - reduced.count("1") == 1


def _grouped(node: Draft.Node, entry: Value) -> bool:
    """Over all axes but the batch and the groups into which a Reshape gathered channels."""
    *before, last = node.via.get(0) or ("",)
    target = _RESHAPED.fullmatch(last)
    if node.inputs[0] is not entry or target is None or entry.shape is None:
        return False
    sizes = target[1].split(",")
    rank, whole = len(sizes), _turned(entry.shape, before)
    axes = shapes.known(shapes.operand(node.attrs, "axes", _constants(node), 1))
    if node.op == "GlobalAveragePool":
        axes = tuple(range(2, rank))
    if axes is None or rank < 3:
        return False
    reduced = {axis % rank for axis in axes}
    if rank > 3 and reduced == {*range(1, rank - 2), rank - 1}:  # channels last, cut in two
        cut = whole[-1] is not None and whole[-1] == _product(sizes[-2:])
        return sizes[-1] != "1" and (rank == len(whole) + 1 or cut)
    if reduced != set(range(2, rank)):
        return False
    channels = whole[1] if len(whole) > 2 else None
    groups = int(sizes[1]) if sizes[1].isdecimal() else 0
    if channels is None or not 0 < groups < channels or channels % groups:
        return False
    inside, pixels = sizes[2:], [size for size in whole[2:] if size is not None]
    if len(pixels) < len(whole) - 2 or not all(map(str.isdecimal, inside)):
        return True
    return math.prod(map(int, inside)) == channels // groups * math.prod(pixels)  # not a token


def _product(sizes: Sequence[str]) -> int | None:
    return math.prod(map(int, sizes)) if all(map(str.isdecimal, sizes)) else None


def _turned(whole: Dims, labels: Sequence[str]) -> Dims:
    """Sizes on a way, after transposes: tokens behind these are no groups of channels."""
    for label in labels:
        if reshaped := _RESHAPED.fullmatch(label):
            sizes = reshaped[1].split(",")
            whole = tuple(int(size) if size.isdecimal() else None for size in sizes)
        order = _TRANSPOSED.fullmatch(label)
        axes = tuple(map(int, order[1].split(","))) if order else ()
        if sorted(axes) == list(range(len(whole))):
            whole = tuple(whole[axis] for axis in axes)
    return whole


def _constants(node: Draft.Node) -> list[Tensor | None]:
    return [arg if isinstance(arg, Tensor) else None for arg in node.inputs]


def _normalised(sample: regions.Vector, *, centre: bool) -> regions.Vector:
    mean = sum(sample) / len(sample) if centre else 0.0
    moved = [x - mean for x in sample]
    scale = math.sqrt(sum(x * x for x in moved) / len(moved))
    return tuple(x / scale for x in moved)


def _affine(basis: list[regions.Vector], values: list[regions.Vector]) -> bool:
    """Whether one a != 0 and b give values = a * basis + b for every sample."""
    span = basis[0][0] - basis[0][1]
    a = (values[0][0] - values[0][1]) / span
    b = values[0][0] - a * basis[0][0]
    if abs(a) < 1e-9:
        return False
    return all(
        abs(a * x + b - y) <= _TOLERANCE * abs(a)
        for xs, ys in zip(basis, values, strict=True)
        for x, y in zip(xs, ys, strict=True)
    )


def _absorb_wide(draft: Draft, node: Draft.Node) -> None:
    """A factor and a shift for each element of several axes: a layer norm over all of these."""
    scale = node.out.sole_user
    shift = None if scale is None else scale.out.sole_user
    if scale is None or shift is None or (scale.op, shift.op) != ("Mul", "Add"):
        return
    constants = [arg for user in (scale, shift) for arg in user.inputs if isinstance(arg, Tensor)]
    if len(constants) != 2 or constants[0].squeezed != constants[1].squeezed:
        return
    extent, whole = constants[0].squeezed, node.out.shape
    if whole is not None and len(whole) > 3 and set(whole[2:]) == {1}:
        extent = constants[0].shape  # of one pixel: over channels, or there is nothing to do
        extent = extent[1:] if extent is not None and len(extent) == len(whole) else extent
    if extent is None or whole is None or not 2 <= len(extent) < len(whole):
        return
    if all(b in (a, None) for a, b in zip(extent, whole[-len(extent) :], strict=True)):
        draft.fuse([node, scale, shift], shift.out, "LayerNormalization", node.inputs[:1])


def _only_reader(value: Value) -> Draft.Node | None:
    """Who reads a norm besides products with weights: converters fold the affine into these."""
    if value.outputs:
        return None
    rest = [user for user in value.users if not _weighted(user, value)]
    return rest[0] if len(rest) == 1 and value.users[rest[0]] == 1 else None


def _weighted(user: Draft.Node, value: Value) -> bool:
    weight = user.arg(1)
    plain = isinstance(weight, Tensor) and weight.shape is not None and len(weight.shape) == 2
    return user.op in ("MatMul", "Gemm") and user.inputs[0] is value and plain


def _absorb_affine(draft: Draft, node: Draft.Node) -> None:
    while (user := _only_reader(node.out)) is not None and user.op in _AFFINE:
        if user.op == "BatchNormalization":
            channels = node.op in _CHANNELWISE or node.attrs.get("axis") == 1
            if not channels or user.inputs[0] is not node.out:
                return
            draft.replace(user.out, node.out)
            draft.remove(user, heirs=(node,))
            continue
        constant = next((arg for arg in user.inputs if isinstance(arg, Tensor)), None)
        if constant is None or len(user.dynamic) != 1:
            return
        extent = constant.squeezed
        if extent is not None and len(extent) > 1:
            return
        draft.replace(user.out, node.out)
        draft.remove(user, heirs=(node,))
