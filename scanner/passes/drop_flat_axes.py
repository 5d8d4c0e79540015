"""Let a window slide along the axes that its data has, without one that was put in for it.

Runtimes that know images only take a sequence for an image of height one: an axis is put in, a
window of size one slides along it, and it is taken out again. The sizes of the data do not matter,
only that the axis was put in; an image that happens to be one pixel high stays an image.

Before:
    x = Input(shape=[1, 4, 32])
    a = Unsqueeze(x, axes=[2])
    c = Conv(a, w[8, 4, 1, 3], kernel_shape=[1, 3], pads=[0, 1, 0, 1])
    y = Relu(c)

After:
    x = Input(shape=[1, 4, 32])
    a = Unsqueeze(x, axes=[2])
    s = Squeeze(a, axes=[2])
    c = Conv(s, w[8, 4, 3], kernel_shape=[3], pads=[1, 1])
    y = Relu(Unsqueeze(c, axes=[2]))
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor

_WINDOWS = ("Conv", "MaxPool", "AveragePool")
_FAR = 4
"""Movements between the step that puts an axis in and the window."""


def run(draft: Draft) -> None:
    """Look at every window over two axes, in topological order."""
    if not any(draft.has(op) for op in ("Unsqueeze", "Reshape")):
        return
    for node in draft:
        if node.op in _WINDOWS and len(node.outputs) == 1:
            for axis in (2, 3):
                if _flat(node, axis):
                    _drop(draft, node, axis)
                    break


def _kernel(node: Draft.Node) -> tuple[int | None, ...] | None:
    weight = node.arg(1)
    if node.op == "Conv":
        shape = weight.shape if isinstance(weight, Tensor) else None
        return None if shape is None else shape[2:]
    return node.ints("kernel_shape")


def _flat(node: Draft.Node, axis: int) -> bool:
    """Whether a window slides along an axis of size one that was put in for it."""
    kernel, pads = _kernel(node), node.ints("pads") or (0,) * 4
    if kernel is None or len(kernel) != 2 or kernel[axis - 2] != 1 or len(pads) != 4:
        return False
    return not pads[axis - 2] and not pads[axis] and _put_in(node.inputs[0], axis)


def _put_in(value: Arg, axis: int) -> bool:
    """Whether an axis comes from a step that makes three dimensions four."""
    for _ in range(_FAR):
        if not isinstance(value, Value):
            return False
        node = value.node
        if node.op == "Transpose":
            perm = node.ints("perm")
            if perm is None or len(perm) != 4:
                return False
            axis, value = perm[axis], node.inputs[0]
        elif node.op == "Unsqueeze":
            constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
            axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 1))
            return axes is not None and axis in [a % 4 for a in axes]
        else:
            before, after = node.inputs[0] if node.inputs else None, node.out.shape
            rank = before.rank if isinstance(before, Value) else None
            made = after is not None and len(after) == 4 and after[axis] == 1
            return node.op == "Reshape" and rank == 3 and made
    return False


def _without(numbers: tuple[int, ...], place: int) -> tuple[int, ...]:
    """Per-axis numbers (or begins and ends) without those of one axis."""
    return tuple(n for i, n in enumerate(numbers) if i % 2 != place)


def _shape(shape: Dims | None, axis: int) -> Dims | None:
    return None if shape is None else (*shape[:axis], *shape[axis + 1 :])


def _drop(draft: Draft, node: Draft.Node, axis: int) -> None:
    """Squeeze the data and the weight, and put the axis back behind the window."""
    attrs: dict[str, Attr] = dict(node.attrs)
    for name in ("kernel_shape", "strides", "dilations", "pads"):
        given = node.ints(name)
        if given is not None:
            attrs[name] = _without(given, axis - 2)
    data, weight = node.inputs[0], node.arg(1)
    taken = draft.add(
        "Squeeze", [data], {"axes": (axis,)}, before=node, origin=(node,),
        shapes=(_shape(data.shape if data is not None else None, axis),),
    )  # fmt: skip
    taken.via = {0: node.via.get(0, ())}
    operands: list[Arg] = [taken.out, *node.inputs[1:]]
    if node.op == "Conv" and isinstance(weight, Tensor):
        shape = _shape(weight.shape, axis)
        operands[1] = Tensor(weight.dtype, shape, weight.data, weight.name, weight.payload)
    made = draft.add(
        node.op, operands, attrs, before=node, origin=(node,),
        shapes=(_shape(node.out.shape, axis),), marks=node.marks,
    )  # fmt: skip
    back = draft.add(
        "Unsqueeze", [made.out], {"axes": (axis,)}, before=node, origin=(node,),
        shapes=(node.out.shape,),
    )  # fmt: skip
    draft.replace(node.out, back.out)
    draft.remove(node, heirs=(made,))
