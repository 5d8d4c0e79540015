"""Merge nodes that compute the same from the same operands.

Some optimisers share what a source computes twice; the shared form can be reached from both. The
product of two values one way round is the transposed product of the other way round.

Before:
    y = Add(Relu(x), Tanh(Relu(x)))

After:
    r = Relu(x)
    y = Add(r, Tanh(r))
"""

from __future__ import annotations

import math

from genescan import ops, shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Tensor
from genescan.passes import contract_movement

_CHANCE = frozenset(
    {
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
        "Multinomial", "Dropout",
    }
)  # fmt: skip
_TYPES = ("Cast", "Quantize", "Dequantize", "quantised")
_ONES = ("Squeeze", "Unsqueeze", "Expand", "Tile")
_INTEGERS = ("int64", "int32")
"""Types of sizes, axes and indices: where these are equal, they are meant to be."""


def run(draft: Draft) -> None:
    """One walk in topological order: operands are merged before their readers."""
    seen: dict[object, Draft.Node] = {}
    for node in draft:
        if node.op == "Input" or node.op in _CHANCE or node.bodies:
            continue
        key = _key(node) if _certain(node) else id(node)
        first = seen.setdefault(key, node)
        if first is node or not _as_large(node, first):
            _merge_turned(draft, node, seen)
            continue
        for mine, kept in zip(node.outputs, first.outputs, strict=True):
            draft.replace(mine, kept)
        draft.remove(node, heirs=(first,))


def run_again(draft: Draft) -> None:
    """Means and sums that differ in how axes are counted or kept, then what is made of them."""
    seen: dict[object, Draft.Node] = {}
    for node in draft:
        if node.op.startswith("Reduce"):
            key = _reduction(node)
        elif ops.kind(node.op) == "Elementwise" and not node.op.startswith("Random"):
            key = (*_key(node), _turns(node))
        else:
            continue
        first = None if key is None else seen.setdefault(key, node)
        if first is None or first is node or not _as_large(node, first):
            continue
        if not _same_to_readers(node, first):
            continue
        for mine, kept in zip(node.outputs, first.outputs, strict=True):
            draft.replace(mine, kept)
        draft.remove(node, heirs=(first,))


def _as_large(node: Draft.Node, first: Draft.Node) -> bool:
    """A product of a column and a row has more elements than one of elements: movement is gone."""
    both = node.out.shape, first.out.shape
    if any(shape is None or None in shape for shape in both):
        return True
    sizes = {math.prod(size or 0 for size in shape or ()) for shape in both}
    return len(sizes) == 1


def _reduction(node: Draft.Node) -> tuple[object, ...] | None:
    """Equal for reductions of one value over the same axes; None where these are not known."""
    value = node.inputs[0]
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 1))
    if not isinstance(value, Value) or value.rank is None or axes is None or node.dynamic[1:]:
        return None
    places = tuple(sorted(axis % value.rank for axis in axes if -value.rank <= axis < value.rank))
    return node.op, id(value), places, node.attrs.get("stored"), _turns(node)


def _turns(node: Draft.Node) -> tuple[object, ...]:
    """What moved the operands; at means and sums without the axes of one that come and go."""
    kept = []
    for place, arg in enumerate(node.inputs):
        reduced = isinstance(arg, Value) and arg.node.op.startswith("Reduce")
        way = (w for w in _way(node, place) if not (reduced and w.startswith(_ONES)))
        kept.append(tuple(way))
    return tuple(sorted(kept) if ops.commutative(node.op) else kept)


def _same_to_readers(node: Draft.Node, first: Draft.Node) -> bool:
    """Whether readers may as well read the other one, which perhaps kept an axis of one."""
    same = all(a.rank == b.rank for a, b in zip(node.outputs, first.outputs, strict=True))
    return same or not any(user.op.startswith("Reduce") for user in node.out.users)


def _merge_turned(draft: Draft, node: Draft.Node, seen: dict[object, Draft.Node]) -> None:
    """Of MatMul(a, Transpose(b)) and MatMul(b, Transpose(a)) keep the former, read transposed."""
    if node.op != "MatMul" or len(node.inputs) != 2 or len(node.dynamic) != 2:
        return
    key = node.op, _key(node)[1], tuple(_operand(arg) for arg in node.inputs[::-1]), 1
    first = seen.get(key)
    if first is None or first is node or not first.alive:
        return
    mine, other = ([_way(each, place) for place in (0, 1)] for each in (node, first))
    turns = [way[1][-1:] for way in (mine, other)]
    if not all(len(turn) == 1 and contract_movement.swaps_last(turn[0]) for turn in turns):
        return
    if mine[0] == other[1][:-1] and other[0] == mine[1][:-1]:
        draft.replace(node.out, first.out, tuple(turns[0]))
        draft.remove(node, heirs=(first,))


def _way(node: Draft.Node, place: int) -> list[str]:
    """The movement before an operand, without what changes types alone."""
    return [label for label in node.via.get(place, ()) if label not in _TYPES]


def _certain(node: Draft.Node) -> bool:
    """Whether operands and attributes say all: a Slice with unknown bounds is like no other."""
    bounds = ("part" in node.attrs, {"starts", "ends"} <= node.attrs.keys())
    return node.op != "Slice" or any(bounds)


def _key(node: Draft.Node) -> tuple[object, ...]:
    counts = node.op.startswith("Scatter") or ops.kind(node.op) == "Normalization"
    operands = [_operand(arg, counts) for arg in node.inputs]
    if ops.commutative(node.op):
        operands.sort(key=repr)
    attrs = tuple(sorted((name, _attr(value)) for name, value in node.attrs.items()))
    if node.op == "Softmax":  # over rows or over columns of one product
        attrs += (("turned", _attr(sum(map(contract_movement.swaps_last, _way(node, 0))) % 2)),)
    if node.op == "Resize":  # sizes are no operands any more
        attrs += (("shape", repr(node.out.shape)),)
    return node.op, attrs, tuple(operands), len(node.outputs)


def _operand(arg: Arg, counts: bool = False) -> object:
    """Equal for the same value, and for constants known to be equal.

    Vectors of numbers are weights, but for the zeros and ones of a sum that `counts`, and of a
    norm that learned nothing.
    """
    if not isinstance(arg, Tensor):
        return id(arg)
    known = arg.data is not None and None not in arg.data
    plain = counts and len(set(arg.data or ())) == 1
    single = not arg.data or (len(arg.data) == 1 and not arg.squeezed)
    if known and (single or arg.dtype in _INTEGERS or plain):
        return arg.dtype, arg.shape, arg.data
    if arg.squeezed == () and arg.payload is not None:  # OpenVINO stores equal numbers once
        return arg.dtype, arg.payload
    return id(arg)


def _attr(value: Attr) -> str:
    return repr(value)
