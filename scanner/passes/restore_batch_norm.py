"""Normal form B: a convolution has no bias; any per-channel affine after it is one normalisation.

Every export can fold a BatchNormalization into the convolution's weight and bias, and most do, so
the unfolded state cannot be told from a bias. The most folded state can be reached from every
export; from it one total rule restores: affine present -> one BatchNormalization, with the grade
of its evidence in `origin`: explicit, decomposed (scale and shift), or bias_only. Where a constant
for each position follows (patches that are told where they are), optimisers add the shift to it;
nothing is left of the affine then, in any export.

Before:
    y = Relu(Conv(x, w[8, 3, 3, 3], w[8], kernel_shape=[3, 3]))

After:
    y = Relu(BatchNormalization(Conv(x, w[8, 3, 3, 3], kernel_shape=[3, 3]), origin="bias_only"))
"""

from __future__ import annotations

import math

from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import filled_with_zero, scalar

_CONVS = ("Conv", "ConvTranspose", "DeformConv")
_GRADES = ("bias_only", "decomposed", "explicit")


def run(draft: Draft) -> None:
    """Name stand-alone affines first, then give each convolution its normalisation."""
    for node in draft.of("Conv"):
        _scale_kernel(draft, node)
    for node in draft.of("BatchNormalization"):
        draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
        draft.retype(node, node.op, {"origin": node.attrs.get("origin", "explicit")})
    for node in draft.of("Mul"):
        _affine(draft, node)
    trained = any(_filled(node.arg(2)) for op in _CONVS for node in draft.of(op))
    trained = trained or any(node.attrs.get("bias") is True for node in draft.of("Linear"))
    for op in _CONVS:
        for node in draft.of(op):
            if trained and node.op != "DeformConv" and scalar(node.arg(2)) == 0.0:
                draft.set_inputs(node, node.inputs[:2], {0: node.via.get(0, ())})
            _normal_form(draft, node)
    for node in draft.of("BatchNormalization"):
        _join(draft, node)


def _filled(bias: Arg) -> bool:
    """Whether a bias has been trained: a stored one of other numbers than zero.

    TFLite stores a bias of zeros where the network has none. In a file whose biases are all zero
    they are just untrained, and a norm that was folded into them cannot be told from nothing;
    biases of other layers tell as well.
    """
    numbers = bias.data if isinstance(bias, Tensor) else None
    return numbers is not None and any(number not in (0, None) for number in numbers)


def _channels(arg: Arg) -> bool:
    """A constant with one number for all, or one per channel."""
    return isinstance(arg, Tensor) and (arg.squeezed is None or len(arg.squeezed) <= 1)


def _per_channel(arg: Arg) -> bool:
    """One number per channel of an image: [C, 1, 1], [1, C, 1, 1] or [1, 1, 1, C]."""
    if not isinstance(arg, Tensor) or arg.shape is None or len(arg.squeezed or ()) != 1:
        return False
    # channels last: one number per channel at the end of all four axes
    return len(arg.shape) >= 2 and (arg.shape[-1] == 1 or len(arg.shape) == 4)


def _per_feature(one: Tensor | None, other: Tensor | None) -> bool:
    """Two constants of one number per feature, of as many: how a row of a table is normalised."""
    if one is None or other is None or one.squeezed is None or one.squeezed != other.squeezed:
        return False
    return len(one.squeezed) == 1 and all(c.shape and c.shape[-1] != 1 for c in (one, other))


def _spreads(node: Draft.Node) -> bool:
    """Whether a factor makes many features of one: an embedding of numbers, which is no affine."""
    before, after = node.dynamic[0].shape, node.out.shape
    if before is None or after is None or before.count(None) != after.count(None):
        return False
    return math.prod(d for d in before if d is not None) < math.prod(
        d for d in after if d is not None
    )


def _constant(node: Draft.Node) -> Tensor | None:
    if len(node.inputs) != 2 or len(node.dynamic) != 1:
        return None
    return next((arg for arg in node.inputs if isinstance(arg, Tensor)), None)


def _scale_kernel(draft: Draft, node: Draft.Node) -> None:
    """A 1x1 depthwise convolution scales channels (ONNX Runtime writes normalisation so)."""
    weight, groups = node.arg(1), node.attrs.get("group", 1)
    if not isinstance(weight, Tensor) or weight.shape is None or len(weight.shape) < 3:
        return
    plain = all(size == 1 for size in weight.shape[1:]) and groups == weight.shape[0] != 1
    strides = node.ints("strides") or ()
    if plain and all(step == 1 for step in strides):
        draft.set_inputs(node, node.inputs[:1], {0: node.via.get(0, ())})
        draft.retype(node, "BatchNormalization", {"origin": "decomposed"})


def _affine(draft: Draft, node: Draft.Node) -> None:
    """Add(Mul(x, scale), shift) with per-channel constants, away from any convolution."""
    user = node.out.sole_user
    if not node.dynamic:
        return
    if user is None or user.op != "Add" or len(user.dynamic) != 1:
        _centred(draft, node)
        return
    if node.dynamic[0].node.op in _CONVS and node.dynamic[0].sole_user is node:
        return  # the convolution takes it, unless others read it as it is
    affine = _constant(node), _constant(user)
    if not all(map(_per_channel, affine)) and not _per_feature(*affine):
        return
    if _spreads(node):
        return
    first, region = node, [node, user]
    centred = node.dynamic[0].node  # (x - mean) * scale + shift
    alone, mean = node.dynamic[0].sole_user is node, _constant(centred)
    if alone and centred.op == "Add" and (_per_channel(mean) or _per_feature(mean, affine[0])):
        first, region = centred, [centred, node, user]
    source = first.dynamic[0]
    made = draft.fuse(region, user.out, "BatchNormalization", [source], {"origin": "decomposed"})
    made.via = {0: first.via.get(first.inputs.index(source), ())}


def _centred(draft: Draft, node: Draft.Node) -> None:
    """(x - mean) * scale with constants for each channel: a normalisation without an affine."""
    inner = node.dynamic[0].node
    if inner.op != "Add" or inner.out.sole_user is not node or not inner.dynamic:
        return
    source = inner.dynamic[0]
    if not _per_channel(_constant(inner)) or not _per_channel(_constant(node)):
        return
    if source.node.op in (*_CONVS, "Input"):
        return
    made = draft.fuse(
        [inner, node], node.out, "BatchNormalization", [source], {"origin": "decomposed"}
    )
    made.via = {0: inner.via.get(inner.inputs.index(source), ())}


def _normal_form(draft: Draft, node: Draft.Node) -> None:
    grade, chain = -1, []
    bias = node.arg(2)
    if bias is not None and node.op != "DeformConv" and not filled_with_zero(bias):
        grade = 0
    result = node.out
    while (user := result.sole_user) is not None and (found := _grade(user)) is not None:
        grade = max(grade, found)
        chain.append(user)
        result = user.out
    if len(node.inputs) > 2 and node.op != "DeformConv":
        draft.set_inputs(node, node.inputs[:2], {0: node.via.get(0, ())})
    if grade < 0:
        return
    if _takes_shift(result):
        for step in chain:
            draft.replace(step.out, step.dynamic[0], step.via.get(_position(step), ()))
            draft.remove(step, heirs=(node,))
        return
    attrs = {"origin": _GRADES[grade]}
    if [user.op for user in chain] == ["BatchNormalization"]:
        draft.retype(chain[0], "BatchNormalization", attrs)
    elif chain:
        draft.fuse(chain, result, "BatchNormalization", [node.out], attrs)
    else:
        made = draft.add(
            "BatchNormalization",
            [],
            attrs,
            before=node.next,
            origin=(node,),
            shapes=(result.shape,),
        )
        draft.replace(result, made.out)
        draft.set_inputs(made, [result])


def _position(node: Draft.Node) -> int:
    return node.inputs.index(node.dynamic[0])


def _takes_shift(value: Value) -> bool:
    """Whether all that reads a value adds a constant that is more than one number per channel."""
    user = value.sole_user
    if user is None or user.op != "Add":
        return False
    constant = _constant(user)
    return constant is not None and len(constant.squeezed or ()) > 1


def _grade(node: Draft.Node) -> int | None:
    if node.op == "BatchNormalization":
        return _GRADES.index(str(node.attrs.get("origin", "explicit")))
    if node.op in ("Add", "Mul") and len(node.dynamic) == 1 and _channels(_constant(node)):
        return 0 if node.op == "Add" else 1
    return 1 if node.op == "Neg" else None


def _join(draft: Draft, node: Draft.Node) -> None:
    """Two affines in a row are one, and so are an affine and a shift or factor by channel."""
    while (user := node.out.sole_user) is not None and user.op in ("Add", "Mul"):
        if _grade(user) is None:
            break
        draft.replace(user.out, node.out, user.via.get(_position(user), ()))
        draft.remove(user, heirs=(node,))
    value = node.inputs[0]
    if isinstance(value, Value) and value.node.op == node.op and value.sole_user is node:
        draft.fuse([value.node, node], node.out, node.op, value.node.inputs, node.attrs)
