"""Drop stacks that are taken apart again: each part stands for itself.

Codes of several quantisers are one tensor on paper; a decoder in the same file looks each up alone,
and some converters see that.

Before:
    s = Concat(Unsqueeze(a, int64([0])), Unsqueeze(b, int64([0])), axis=0)
    y = Add(Gather(s, int64(0), axis=0), Gather(s, int64(1), axis=0))

After:
    y = Add(a, b)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor


def run(draft: Draft) -> None:
    """Let the readers of single parts of every stack read the parts."""
    for node in draft.of("Concat"):
        axis = node.attrs.get("axis")
        if not isinstance(axis, int) or axis < 0:
            continue
        if not all(_made(arg) == axis or _thin(arg, axis) for arg in node.inputs):
            continue
        for user in list(node.out.users):
            _take(draft, node, user, axis)


def _thin(arg: Arg, axis: int) -> bool:
    """Whether a value has one element along an axis."""
    shape = None if arg is None else arg.shape
    return shape is not None and axis < len(shape) and shape[axis] == 1


def _made(arg: Arg) -> int | None:
    """The axis that an Unsqueeze has made, if it made one."""
    if not isinstance(arg, Value) or arg.node.op != "Unsqueeze":
        return None
    axes = _known(arg.node, "axes", 1)
    return axes[0] if axes is not None and len(axes) == 1 else None


def _take(draft: Draft, stack: Draft.Node, user: Draft.Node, axis: int) -> None:
    """Put parts in place of what a reader cuts out of a stack along its axis."""
    if user.inputs[0] is not stack.out:
        return
    if user.op == "Split" and user.attrs.get("axis", 0) == axis:
        if len(user.outputs) == len(stack.inputs):
            for value, part in zip(user.outputs, stack.inputs, strict=True):
                draft.replace(value, part)
    elif user.op == "Gather" and user.attrs.get("axis", 0) == axis:
        place = user.arg(1)
        at = place.data if isinstance(place, Tensor) and place.shape == () else None
        if at and isinstance(at[0], int) and -len(stack.inputs) <= at[0] < len(stack.inputs):
            part = stack.inputs[at[0]]
            if isinstance(part, Value) and _made(part) == axis:
                draft.replace(user.out, part.node.inputs[0])
    elif user.op == "Slice" and _known(user, "axes", 3) == (axis,):
        starts, ends = _known(user, "starts", 1), _known(user, "ends", 2)
        number = starts[0] if starts and len(starts) == 1 else -1
        if 0 <= number < len(stack.inputs) and ends == (number + 1,):
            draft.replace(user.out, stack.inputs[number])
    draft.prune(user.outputs, "taken apart again")


def _known(node: Draft.Node, name: str, position: int) -> tuple[int, ...] | None:
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    return shapes.known(shapes.operand(node.attrs, name, constants, position))
