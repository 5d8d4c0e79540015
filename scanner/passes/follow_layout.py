"""Count the axes of reductions in the layout that a value had before it was transposed.

Channels-last networks are exported with transposes around every convolution; arithmetic between
two transposes then reduces axes 1 and 2 where a channels-first export reduces 2 and 3.

Before:
    a = Relu(Transpose(x, perm=[0, 2, 3, 1]))
    y = ReduceMean(a, axes=[1, 2])

After:
    a = Relu(Transpose(x, perm=[0, 2, 3, 1]))
    y = ReduceMean(a, axes=[2, 3])
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan import ops, shapes
from genescan.draft import Draft, Value
from genescan.graph import Tensor

_KEEPING = frozenset({"Elementwise", "Activation", "Quantization"})
_KEEPING_OPS = frozenset(
    {"Identity", "Cast", "CastLike", "Dropout", "BatchNormalization", "Concat"}
)
_CUTTING = frozenset({"Slice", "Split", "Pad", "Resize"})
"""Operators whose constants count axes of their own data."""
Order = tuple[int, ...]
"""For each axis of a value, which axis of its source it was; `_NEW` for one that was put in."""
_NEW = -1
_STACK = -2
"""An axis along which several values stand."""
_WINDOWS = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"})


def run(draft: Draft) -> None:
    """One walk in topological order, carrying each value's axes as its source counted them."""
    if not draft.has("Transpose"):
        return
    layout: dict[Value, Order] = {}
    inside = _Inside(layout)
    for node in draft:
        source = node.inputs[0] if node.inputs else None
        order = layout.get(source) if isinstance(source, Value) else None
        inside.follow(node)
        if node.op == "Transpose":
            perm = node.ints("perm")
            if perm is not None and (order is None or len(order) == len(perm)):
                layout[node.out] = perm if order is None else tuple(order[axis] for axis in perm)
        elif node.op in ("Unsqueeze", "Squeeze", "Reshape"):
            moved = _widened(node) if order is None else _narrowed(node, order)
            moved = inside.left(node) if moved is None else moved
            if moved is not None:
                layout[node.out] = moved
        elif node.op in _CUTTING:
            if order is not None:
                layout.update(dict.fromkeys(node.outputs, order))
        elif stacked := _stacked(node, layout):
            layout[node.out] = stacked
        elif order is not None and _by_rows(node):
            layout[node.out] = order
        elif ops.kind(node.op) in _KEEPING or node.op in _KEEPING_OPS:
            known = _common(node, layout)
            if known is not None and not _fills(node, known):
                layout[node.out] = known
                _turn_constants(draft, node, known)
        elif node.op.startswith("Reduce") and order is not None and "counted" not in node.attrs:
            if node.attrs.get("keepdims", 1):
                layout[node.out] = order
            elif _over(node, order) == [_STACK]:
                layout[node.out] = tuple(axis for axis in order if axis != _STACK)
            _count_before(draft, node, order)
    _drop_new_axes(layout)


def _drop_new_axes(layout: Mapping[Value, Order]) -> None:
    """Shapes without axes that were put in: movement goes next."""
    for value, order in layout.items():
        if _NEW in order and value.rank == len(order) and value.shape is not None:
            kept = range(len(order) - order.count(_NEW))
            value.shape = tuple(value.shape[order.index(axis)] for axis in kept)


class _Inside:
    """Values between a Reshape that cuts or joins axes and the one that takes it back.

    A norm by groups cuts channels in two; products with weights may join all axes but the last.
    Behind the second Reshape the axes are as they were.
    """

    def __init__(self, layout: Mapping[Value, Order]) -> None:
        self.layout = layout
        self.before: dict[Value, Value] = {}
        """What was reshaped, by each value in between."""

    def follow(self, node: Draft.Node) -> None:
        """Enter at a Reshape, and stay inside through arithmetic."""
        source = node.inputs[0] if node.inputs else None
        if node.op == "Reshape" and isinstance(source, Value) and source in self.layout:
            if _cuts_one(source, node.out) or _joins_rows(source, node.out):
                self.before[node.out] = source
        elif ops.kind(node.op) in _KEEPING or _by_weights(node):
            before = {self.before[value] for value in node.dynamic if value in self.before}
            if len(before) == 1:
                self.before[node.out] = before.pop()

    def left(self, node: Draft.Node) -> Order | None:
        """The layout behind a Reshape that takes the other one back."""
        source = node.inputs[0]
        outer = self.before.get(source) if isinstance(source, Value) else None
        if outer is None or outer.shape is None or node.out.shape is None:
            return None
        rows = isinstance(source, Value) and source.rank == 2
        old, new = outer.shape[1:], node.out.shape[1:]
        same = old[:-1] == new[:-1] and None not in old if rows else old == new
        return self.layout[outer] if same and len(old) == len(new) else None


def _cuts_one(value: Value, result: Value) -> bool:
    return None is not value.rank == (result.rank or 0) - 1


def _joins_rows(value: Value, result: Value) -> bool:
    before, after = value.shape, result.shape
    if not before or after is None or len(after) != 2:
        return False
    return after[-1] in (before[-1], None)


def _by_weights(node: Draft.Node) -> bool:
    """A product that makes each element of the last axis from the last axis alone."""
    weight = node.arg(1)
    plain = isinstance(weight, Tensor) and weight.shape is not None and len(weight.shape) == 2
    return node.op in ("MatMul", "Gemm") and plain and isinstance(node.inputs[0], Value)


def _by_rows(node: Draft.Node) -> bool:
    """Whether a node leaves all axes where they are, though it is not arithmetic on elements."""
    normed = ops.kind(node.op) == "Normalization" and len(node.dynamic) == 1
    return _by_weights(node) or (normed and node.op not in _KEEPING_OPS)


def _widened(node: Draft.Node) -> Order | None:
    """The layout of a window's result that gets one more axis."""
    source, constant = node.inputs[0], node.arg(1)
    axes = shapes.known(constant if isinstance(constant, Tensor) else None)
    rank = source.rank if isinstance(source, Value) and source.node.op in _WINDOWS else None
    if node.op != "Unsqueeze" or axes is None or rank is None or len(axes) != 1:
        return None
    axis = axes[0] % (rank + 1)
    return (*range(axis), _NEW, *range(axis, rank))


def _narrowed(node: Draft.Node, order: Order) -> Order | None:
    """The layout once an axis that was put in is dropped again."""
    if _NEW not in order:
        return None
    axis, before, after = order.index(_NEW), node.inputs[0], node.out.shape
    dims = before.shape if isinstance(before, Value) else None
    if dims is None or after is None or len(dims) != len(order):
        return None
    rest = (*dims[:axis], *dims[axis + 1 :])
    if rest != after or rest.count(None) > 1:
        return None
    return (*order[:axis], *order[axis + 1 :])


def _common(node: Draft.Node, layout: Mapping[Value, Order]) -> Order | None:
    """The layout of all operands that have one, unless another takes part element by element."""
    known = {layout[value] for value in node.dynamic if value in layout}
    others = (value for value in node.dynamic if value not in layout)
    if len(known) != 1 or any(_whole(value, node.out) for value in others):
        return None
    return known.pop()


def _fills(node: Draft.Node, order: Order) -> bool:
    """Whether values are put side by side along an axis that was put in for it."""
    axis = node.attrs.get("axis")
    inside = isinstance(axis, int) and -len(order) <= axis < len(order)
    return node.op == "Concat" and isinstance(axis, int) and inside and order[axis] == _NEW


def _stacked(node: Draft.Node, layout: Mapping[Value, Order]) -> Order | None:
    """The layout of values of one layout that stand along an axis put in for them."""
    axis, parts = node.attrs.get("axis"), [value.node for value in node.dynamic]
    if node.op != "Concat" or not isinstance(axis, int) or len(parts) != len(node.inputs):
        return None
    if any(part.op != "Unsqueeze" or not isinstance(part.inputs[0], Value) for part in parts):
        return None
    orders = {layout.get(value) for part in parts for value in part.dynamic[:1]}
    rank = node.out.rank
    order = orders.pop() if len(orders) == 1 else None
    if order is None or rank != len(order) + 1 or _NEW in order or not -rank <= axis < rank:
        return None
    return (*order[: axis % rank], _STACK, *order[axis % rank :])


def _over(node: Draft.Node, order: Order) -> list[int]:
    """The axes that a reduction runs over, as its source counted them."""
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 1)) or ()
    return [order[axis] for axis in axes if -len(order) <= axis < len(order)]


def _turn_constants(draft: Draft, node: Draft.Node, order: Order) -> None:
    """Constants that are broadcast, and the axis of a Concat, in the layout of the source."""
    if _STACK in order:
        return
    axis = node.attrs.get("axis")
    inside = isinstance(axis, int) and -len(order) <= axis < len(order)
    if node.op == "Concat" and isinstance(axis, int) and inside and order[axis] != _NEW:
        draft.retype(node, node.op, {**node.attrs, "axis": order[axis]})
    for position, arg in enumerate(node.inputs):
        if not isinstance(arg, Tensor) or not arg.shape or len(arg.shape) > len(order):
            continue
        if arg.squeezed == () or order == tuple(range(len(order))):
            continue
        shape = (1,) * (len(order) - len(arg.shape)) + arg.shape
        if any(size != 1 for size, axis in zip(shape, order, strict=True) if axis == _NEW):
            continue
        kept = len(order) - order.count(_NEW)
        made = tuple(shape[order.index(axis)] for axis in range(kept))
        data = arg.data if len(arg.squeezed or ()) == 1 else None  # one axis keeps its order
        turned = Tensor(arg.dtype, made, data, arg.name, arg.payload)
        draft.set_input(node, position, turned)


def _whole(value: Value, result: Value) -> bool:
    """Whether a value takes part element by element, so that its own axes count too."""
    return value.shape is not None and value.shape == result.shape


def _count_before(draft: Draft, node: Draft.Node, order: Order) -> None:
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 1))
    if axes is None or not all(-len(order) <= axis < len(order) for axis in axes):
        return
    counted = tuple(sorted(order[axis] for axis in axes if order[axis] != _NEW))
    if not counted or _STACK in order:
        return
    draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
    draft.retype(node, node.op, {**node.attrs, "axes": counted, "counted": "before transposes"})
