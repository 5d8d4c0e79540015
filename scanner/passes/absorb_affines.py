"""A factor or shift for each channel that stands before weights goes into these.

So SmoothQuant, an image's pixels and a normalisation before a layer leave no node: TFLite's
converter multiplies them in, and nothing tells them from the weights then. What something else
reads too stays, and the layers read it with that where it is one number. What a convolution pads
it pads before the shift, so it takes factors alone; the affine behind a convolution is that one's
own, and that of a branch whose source others read stays: it is the norm of a residual block.

Before:
    y = Linear(Add(Mul(Relu(x), w[64]), w[64]), w[10, 64])

After:
    y = Linear(Relu(x), w[10, 64], bias=True)
"""

from __future__ import annotations

import math
import re

from genescan.draft import Draft, Value
from genescan.graph import Tensor

_TAKING = ("Linear", "Conv")
_CONVS = ("Conv", "ConvTranspose", "DeformConv")
_MOVED = re.compile(r"(Transpose|Reshape)\(([-\d,]+)\)")
"""The label of contracted movement that tells what becomes of each axis."""
_TYPES = frozenset({"Cast", "Quantize", "Dequantize", "quantised"})

_MOST = 64
"""Readers of one step, and steps in a row, that are looked at."""

_Axes = list[tuple["int | None", bool]]
"""For each axis its size, and whether it is the one that is followed."""


def run(draft: Draft) -> None:
    """Let layers read what stands before factors and shifts, or behind those that others read."""
    for step in draft.of("Mul", "Add", "BatchNormalization"):
        if _is_affine(step) and not _all_take(step):
            _share(draft, step)
    for op in _TAKING:
        for node in draft.of(op):
            while _absorb(draft, node) or (op == "Conv" and _absorb_behind(draft, node)):
                pass


def _constant(node: Draft.Node) -> Tensor | None:
    return next((arg for arg in node.inputs if isinstance(arg, Tensor)), None)


def _single(constant: Tensor | None) -> bool:
    """One number for all, or for each of one axis."""
    return constant is not None and constant.squeezed is not None and len(constant.squeezed) < 2


def _all_take(step: Draft.Node) -> bool:
    """Whether nothing else than weights that can take it in reads a step."""
    users = step.out.users
    if step.out.outputs or len(users) > _MOST:
        return False
    return all(_takes(user, step, step.out) for user in users)


def _share(draft: Draft, step: Draft.Node) -> None:
    """Layers that read x where something else reads x * a + b may as well read that.

    So for two numbers: a state space model reads its input as it is and weighs it by channel, too.
    By channel where a shift follows and nothing but layers reads x besides.
    """
    source, constant, last = step.dynamic[0], _constant(step), _shifted(step)
    way = step.via.get(step.inputs.index(source), ())
    layers = [user for user in source.users if _may_share(user, step, source, way)]
    if constant is None or not layers:
        return
    if constant.squeezed != ():
        biased = all(layer.op == "Linear" and layer.attrs.get("bias") for layer in layers)
        if last is step or not biased or len(layers) + 1 < len(source.users) or source.outputs:
            return
    else:
        last = step
    place = source.node.next
    while place in (step, last):
        place = place.next if place is not None else None
    early = _moved(draft, step, place)
    if last is not step:
        early = _moved(draft, last, place)
    for layer in layers:
        rest = layer.via.get(0, ())[len(way) :]
        draft.set_input(layer, 0, early.out)
        layer.via[0] = rest
    for layer in layers:
        if not _takes(layer, early, early.out):
            draft.set_input(layer, 0, source)
            layer.via[0] = way + layer.via[0]


def _shifted(step: Draft.Node) -> Draft.Node:
    """The shift by channel behind a factor by channel; the factor itself where there is none."""
    after, constant = step.out.sole_user, _constant(step)
    shift = _constant(after) if after is not None and after.op == "Add" else None
    if step.op != "Mul" or after is None or constant is None or shift is None:
        return step
    alone = after.dynamic == [step.out] and not _all_take(after)
    return after if alone and shift.squeezed == constant.squeezed != () else step


def _moved(draft: Draft, step: Draft.Node, place: Draft.Node | None) -> Draft.Node:
    """An affine at another place."""
    early = draft.add(
        step.op, step.inputs, step.attrs, before=place, origin=(step,),
        shapes=(step.out.shape,), marks=step.marks,
    )  # fmt: skip
    early.via = dict(step.via)
    draft.replace(step.out, early.out)
    draft.remove(step, heirs=(early,))
    return early


def _may_share(user: Draft.Node, step: Draft.Node, source: Value, way: tuple[str, ...]) -> bool:
    """Whether a reader is a layer that could take a step in, moved alike; a shift needs a bias."""
    if user is step or user.op not in _TAKING or user.inputs[0] is not source:
        return False
    shifted = step.op == "Mul" or bool(user.attrs.get("bias"))
    return shifted and user.via.get(0, ())[: len(way)] == way


def _absorb(draft: Draft, node: Draft.Node) -> bool:
    """Let weights take the step before them, where no other reads that."""
    value = node.inputs[0]
    step = value.node if isinstance(value, Value) else None
    if step is None or not isinstance(value, Value) or not _takes(node, step, value):
        return False
    if not _all_take(step):
        return False
    source = step.dynamic[0]
    via = step.via.get(step.inputs.index(source), ()) + node.via.get(0, ())
    if node.op == "Linear" and step.op != "Mul":
        draft.retype(node, "Linear", {**node.attrs, "bias": True})
    draft.set_input(node, 0, source)
    node.via[0] = via
    if step.out.dead:
        draft.remove(step, heirs=(node,))
    return True


def _is_affine(step: Draft.Node) -> bool:
    return step.op in ("Mul", "Add", "BatchNormalization") and len(step.dynamic) == 1


def _base(step: Draft.Node) -> Value:
    """What the first of the affines in a row reads."""
    value = step.dynamic[0]
    for _ in range(_MOST):
        if not _is_affine(value.node) or not _single(_constant(value.node)):
            break
        value = value.node.dynamic[0]
    return value


def _takes(node: Draft.Node, step: Draft.Node, value: Value) -> bool:
    """Whether a node's weight can take in a factor, a shift or a normalisation."""
    constant = _constant(step)
    if node.op not in _TAKING or not _is_affine(step) or constant is None or not _single(constant):
        return False
    base = _base(step)
    behind = base.node.op in _CONVS
    if step.op == "Mul":
        return _takes_scale(node, value, constant) and (
            not behind
            or (
                len(value.users) <= _MOST
                and all(_takes_scale(user, value, constant) for user in value.users)
            )
        )
    weight = node.arg(1)
    if node.op != "Linear" or behind or not isinstance(weight, Tensor) or not weight.shape:
        return False
    if constant.squeezed == () and step.op == "Add":
        return True
    if base.sole_user is None:
        return False
    return constant.squeezed == weight.shape[-1:] and _is_last(_followed(step, constant), node)


def _takes_scale(user: Draft.Node, value: Value, scale: Tensor) -> bool:
    """Whether a factor for all, or for each channel, may as well stand in a node's weight."""
    weight, group = user.arg(1), user.attrs.get("group", 1)
    if user.op not in _TAKING or not isinstance(weight, Tensor) or user.inputs[0] is not value:
        return False
    if scale.squeezed == ():
        return True
    if user.op == "Linear":
        return _weighs_features(user, weight, value.node, scale)
    inner = weight.shape[1] if weight.shape is not None and len(weight.shape) > 2 else None
    return isinstance(group, int) and inner is not None and scale.squeezed == (inner * group,)


def _weighs_features(user: Draft.Node, weight: Tensor, step: Draft.Node, scale: Tensor) -> bool:
    """Whether a factor belongs to what a layer sums over, as far as can be told."""
    size, count = weight.shape[-1] if weight.shape else None, (scale.squeezed or (None,))[0]
    if size is None or count is None or size != count:
        return size is None or count is None or size % count == 0
    axes = _followed(step, scale)
    return axes is None or _is_last(axes, user)


def _followed(step: Draft.Node, constant: Tensor) -> _Axes | None:
    """The axes of a result, that of the constant marked; by size where its order is another."""
    shape, extent = step.out.shape, constant.shape or (1,)
    aligned = step.op != "BatchNormalization"
    if shape is None and aligned and extent[-1] != 1:
        shape = (None, extent[-1])
    if shape is None or len(shape) < 2:
        return None
    places = [axis for axis, size in enumerate(shape) if size in (constant.squeezed or ())]
    place = 1
    if aligned:
        place = len(shape) - len(extent) + [size != 1 for size in extent].index(True)
    if place not in places:
        place = places[0] if len(places) == 1 else -1
    return [(size, axis == place) for axis, size in enumerate(shape)]


def _is_last(axes: _Axes | None, node: Draft.Node) -> bool:
    """Whether the axis that is followed is what a layer sums over, its last."""
    if axes is None:
        return False
    size = next((size for size, marked in axes if marked), None)
    others = [other for other, marked in axes[1:] if not marked and other is not None]
    if size is not None and size not in (*others, math.prod(others)):
        return True  # no other axis has as many, however it is moved
    for label in node.via.get(0, ()):
        if label not in _TYPES:
            axes = _move(axes, label)
        if not axes:
            return False
    return axes[-1][1]


def _move(axes: _Axes, label: str) -> _Axes | None:
    """What becomes of the axes; one is lost where a Reshape joins or cuts it."""
    found = _MOVED.fullmatch(label)
    if found is None:
        return None
    if found[1] == "Transpose":
        order = [int(axis) for axis in found[2].split(",")]
        return [axes[axis] for axis in order] if sorted(order) == [*range(len(axes))] else None
    rest = [axis for axis in axes if axis[0] != 1]
    moved: _Axes = []
    for text in reversed(found[2].split(",")):
        if text == "1":
            moved.append((1, False))
            continue
        same = bool(rest) and str(rest[-1][0]) == text
        moved.append(rest.pop() if same else (int(text) if text.isdecimal() else None, False))
        rest = rest if same else []
    return moved[::-1]


def _absorb_behind(draft: Draft, node: Draft.Node) -> bool:
    """X * a + b before a convolution is as well (x + b / a): of an input, or of two numbers."""
    value = node.inputs[0]
    shift = value.node if isinstance(value, Value) else None
    if shift is not None and shift.op == "BatchNormalization":
        return _shift_alone(draft, shift)
    if shift is None or shift.op != "Add" or len(shift.dynamic) != 1 or shift.out.outputs:
        return False
    scale = shift.dynamic[0].node
    if scale.op != "Mul" or len(scale.dynamic) != 1 or scale.out.sole_user is not shift:
        return False
    source, constant = scale.dynamic[0], _constant(scale)
    numbers = [each is not None and each.squeezed == () for each in (constant, _constant(shift))]
    if constant is None or not (source.node.op == "Input" or all(numbers)):
        return False
    if not all(_takes_scale(user, shift.out, constant) for user in shift.out.users):
        return False
    draft.replace(scale.out, source, scale.via.get(scale.inputs.index(source), ()))
    draft.remove(scale, heirs=(shift,))
    return True


def _shift_alone(draft: Draft, norm: Draft.Node) -> bool:
    """The norm of an input, whose factors convolutions take in, leaves a shift."""
    source, constant = norm.inputs[0], _constant(norm)
    if not isinstance(source, Value) or source.node.op != "Input" or constant is None:
        return False
    users = norm.out.users
    if norm.out.outputs or not all(_takes_scale(user, norm.out, constant) for user in users):
        return False
    shift = Tensor(constant.dtype, constant.squeezed, None)
    draft.set_inputs(norm, [source, shift], {0: norm.via.get(0, ())})
    draft.retype(norm, "Add", {})
    return True
