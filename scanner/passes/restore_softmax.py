"""Fuse a softmax that is written as a quotient, or as one of what its greatest was taken off.

Before:
    m = ReduceMax(x, axes=[-1], keepdims=1)
    e = Exp(Sub(x, m))
    y = Div(e, ReduceSum(e, axes=[-1], keepdims=1))

After:
    y = Softmax(x, axis=-1)
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor


def run(draft: Draft) -> None:
    """Look at every quotient whose divisor is the sum of its dividend, then at each softmax."""
    for node in draft.of("Div", "Mul"):
        _fuse(draft, node)
    for node in draft.of("Softmax"):
        source, axis = node.inputs[0], node.attrs.get("axis", -1)
        shift = source.node if isinstance(source, Value) and source.sole_user is node else None
        if shift and shift.op == "Sub" and isinstance(axis, int) and _shifted(shift, axis):
            draft.replace(shift.out, shift.dynamic[0], shift.via.get(0, ()))
            draft.prune([shift.out], heirs=(node,))


def _axis(node: Draft.Node) -> int | None:
    """The single axis that a reduction runs over and keeps."""
    axes, stored = node.ints("axes"), node.arg(1)
    if axes is None and isinstance(stored, Tensor) and stored.data is not None:
        axes = tuple(int(axis) for axis in stored.data if axis is not None)
    return axes[0] if axes and len(axes) == 1 and node.attrs.get("keepdims", 1) else None


def _fuse(draft: Draft, node: Draft.Node) -> None:
    if len(node.dynamic) != 2 or len(node.inputs) != 2:
        return
    for powers, below in (node.dynamic, node.dynamic[::-1]):
        region = [node]
        if node.op == "Mul":
            if below.node.op != "Reciprocal" or not below.node.dynamic:
                continue
            region.append(below.node)
            below = below.node.dynamic[0]
        total, power = below.node, powers.node
        if total.op != "ReduceSum" or power.op != "Exp" or total.arg(0) is not powers:
            continue
        axis = _axis(total)
        if axis is None or set(powers.users) != {node, total}:
            continue
        region += [total, power]
        source = power.inputs[0]
        if not isinstance(source, Value):
            continue
        via = power.via.get(0, ())
        if source.node.op == "Sub" and source.sole_user is power and _shifted(source.node, axis):
            shift = source.node
            region += [shift, *_maximum(shift.dynamic[-1])]
            source, via = shift.dynamic[0], shift.via.get(0, ())
        draft.fuse(region, node.out, "Softmax", [source], {"axis": axis}, via={0: via})
        return


def _maximum(value: Value) -> list[Draft.Node]:
    """What takes a maximum, after a guard against minus infinity as JAX writes it."""
    node = value.node
    guarded = node.op == "Max" and len(node.dynamic) == 1
    return [node, node.dynamic[0].node] if guarded else [node]


def _shifted(node: Draft.Node, axis: int) -> bool:
    """Whether the greatest element along the axis is taken off."""
    value, greatest = node.inputs
    if not isinstance(value, Value) or not isinstance(greatest, Value):
        return False
    top = _maximum(greatest)[-1]
    along, rank = _axis(top), value.rank
    same = along == axis or (along is not None and rank is not None and along % rank == axis % rank)
    return top.op == "ReduceMax" and top.inputs[0] is value and same and greatest.sole_user is node
