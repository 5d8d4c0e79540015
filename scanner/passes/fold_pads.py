"""Fold zero padding into the windows that read it.

Exporters write the padding of a convolution as an attribute or as a Pad of its own. Zeros that are
joined to a value are padding too; so are equal borders around what only convolutions read, where
the file keeps the borders' values elsewhere. What is cut off after a convolution was padding that
it need not have had: so many write causal ones. Borders that are not told, around what only
convolutions read place by place, are none. A spectrum of real numbers needs no zeros beside
them.

Before:
    y = Conv(Pad(x, mode="constant"), w[8, 3, 3, 3], kernel_shape=[3, 3])

After:
    y = Conv(x, w[8, 3, 3, 3], kernel_shape=[3, 3])
"""

from __future__ import annotations

import math
from collections import Counter

from genescan.draft import Arg, Draft, Value
from genescan.graph import Dims, Tensor
from genescan.limits import DEFAULT
from genescan.passes.unify_spellings import scalar

_WINDOWS = frozenset({"Conv", "AveragePool"})


def run(draft: Draft) -> None:
    """Bypass every constant-zero Pad whose readers all slide a window."""
    for node in draft.of("DFT"):
        _real(draft, node)
    for node in draft.of("Concat"):
        _joined(draft, node)
    for node in draft.of("Slice"):
        _cropped(draft, node)
    for node in reversed(list(draft.of("Pad"))):  # of two in a row, the one that is read first
        borders = node.arg(1) if len(node.inputs) > 1 else None
        if isinstance(borders, Tensor) and borders.data and set(borders.data) == {0}:
            draft.bypass(node, "no border")
            continue
        if _before_pixels(node, borders):
            for user in node.out.users:
                user.marks["assumed"] = "no border around what is read place by place"
            draft.bypass(node, "no border")
            continue
        value = node.arg(2)
        zero = value is None or (isinstance(value, Tensor) and scalar(value) in (0.0, None))
        constant = node.attrs.get("mode", "constant") == "constant"
        users = node.out.users
        if not zero or not constant or not users or node.out.outputs:
            continue
        if all(_absorbs(user, node) for user in users):
            draft.bypass(node, "padding")
    for node in draft.of("Slice"):
        _cut(draft, node)


def _before_pixels(node: Draft.Node, borders: Arg) -> bool:
    """Whether borders that are not told surround what convolutions read place by place.

    A network that works out its padding from the window writes some before windows of one, too.
    """
    if isinstance(borders, Tensor) and borders.data and None not in borders.data:
        return False
    return (
        bool(node.out.users)
        and not node.out.outputs
        and all(
            user.op == "Conv"
            and user.inputs[0] is node.out
            and {*(user.ints("kernel_shape") or (0,)), *(user.ints("strides") or (1,))} == {1}
            for user in node.out.users
        )
    )


def _real(draft: Draft, node: Draft.Node) -> None:
    """A spectrum of real parts and of imaginary ones that are zero, or spread from one number."""
    value = node.inputs[0]
    pair = value.node if isinstance(value, Value) else None
    if pair is None or pair.op != "Concat" or pair.out.sole_user is not node:
        return
    zeros = pair.inputs[1] if len(pair.inputs) == 2 else None
    if not isinstance(zeros, Tensor) or not zeros.shape or zeros.shape[-1] != 1:
        return
    computed = zeros.data is None and not zeros.name and zeros.payload is None
    if scalar(zeros) == 0.0 or computed:
        draft.bypass(pair, "no imaginary part")
        if computed:
            node.marks["assumed"] = "an imaginary part of zeros"


def _cut(draft: Draft, node: Draft.Node) -> None:
    """A cut of what a convolution over steps found in its padding: it is padded on one side."""
    value, start = node.inputs[0], node.ints("starts")
    while isinstance(value, Value) and value.sole_user is not None and value.node.op == "Add":
        if len(value.node.dynamic) != 1:
            return
        value = value.node.dynamic[0]  # a bias of its own
    if not isinstance(value, Value) or value.node.op != "Conv" or value.sole_user is None:
        return
    steps = {*(node.ints("steps") or ()), *(value.node.ints("strides") or ())}
    if steps - {1, None} or any(start or ()):
        return
    change = _shortened(value.shape, node.out.shape)
    if change is not None:
        long, left = change
        pads = value.node.ints("pads") or (0,)
        spare = max(pads) if start is None else pads[-1]
        if long - left <= spare or left in _sizes(value.node.inputs[0]):
            draft.bypass(node, "padding")
    elif start is None and None in (node.out.shape or (None,)) and _lengthens(value.node):
        value.node.marks["assumed"] = "a cut to the length that it was padded from"
        draft.bypass(node, "padding")


def _shortened(before: Dims | None, after: Dims | None) -> tuple[int, int] | None:
    """The steps before and after; axes may have moved, or come, in between."""
    steps = [size for size in before[2:] if size != 1] if before else []
    if before is None or after is None or len(steps) != 1 or steps[0] in before[:2]:
        return None  # or it is channels that are cut
    old, new = (Counter(size for size in shape if size != 1) for shape in (before, after))
    gone, come = [*(old - new).elements()], [*(new - old).elements()]
    if gone != steps or len(come) != 1 or gone[0] is None or come[0] is None:
        return None
    return (gone[0], come[0]) if come[0] < gone[0] else None


def _sizes(arg: Arg) -> Dims:
    return arg.shape or () if isinstance(arg, Value) else ()


def _lengthens(conv: Draft.Node) -> bool:
    """Whether a convolution over steps has more of these than it reads."""
    kernel, pads = conv.ints("kernel_shape"), conv.ints("pads")
    if not kernel or not pads or len(kernel) != 1:
        return False
    return sum(pads) > (conv.ints("dilations") or (1,))[0] * (kernel[0] - 1)


def _cropped(draft: Draft, node: Draft.Node) -> None:
    """What is cut off around the result of a transposed convolution is its padding."""
    value, steps = node.inputs[0], {*(node.ints("steps") or ())}
    if not isinstance(value, Value) or value.sole_user is not node or steps - {1, None}:
        return
    made = value.node
    if made.op in ("BatchNormalization", "Add") and len(made.dynamic) == 1:
        made = made.dynamic[0].node
    if made.op != "ConvTranspose":
        return
    kernel, starts, axes = made.ints("kernel_shape") or (), node.ints("starts"), node.ints("axes")
    rank, channels = value.rank or 0, _channels(node, made)
    if axes and starts and min(starts) >= 0:
        known = rank > 2 and channels is not None
        inside = known and all(axis % rank not in (0, channels) for axis in axes)
        inside = inside or (rank < 3 and min(axes) >= 2)
    elif len(kernel) == 1 and starts is None and None in (node.out.shape or (None,)):
        made.marks["assumed"], inside = "a cut of what padding would leave out", True
    else:
        inside = False
    if inside or _shortened(made.out.shape, node.out.shape) is not None:
        draft.bypass(node, "padding")


def _channels(node: Draft.Node, made: Draft.Node) -> int | None:
    """Which axis of a cut holds the channels that a window made: they may stand last."""
    shape, count = node.out.shape or (), (made.out.shape or (None, None))[1]
    if count not in (None, 1) and shape.count(count) == 1:
        return shape.index(count)
    turned = any(label.startswith("Transpose") for label in node.via.get(0, ()))
    return None if turned else 1


def _joined(draft: Draft, node: Draft.Node) -> None:
    """A value between borders of zeros is a padded value."""
    borders = [arg for arg in node.inputs if isinstance(arg, Tensor)]
    if len(node.dynamic) != 1 or not borders or len(borders) + 1 != len(node.inputs):
        return
    place = node.inputs.index(node.dynamic[0])
    stored = all(scalar(border) == 0.0 for border in borders)
    if not stored and not (place == 1 and len(borders) == 2 and _unknown(borders)):
        return
    if not stored and not all(user.op == "Conv" for user in node.out.users):
        return
    draft.set_inputs(node, node.dynamic, {0: node.via.get(place, ())})
    draft.retype(node, "Pad", {"mode": "constant"})
    if not stored:
        node.marks["assumed"] = "zeros around a convolution's operand"


def _unknown(borders: list[Tensor]) -> bool:
    """Two borders of one small size whose values are not told, as only closed files leave them."""
    first, second = borders
    untold = first.data is None and second.data is None
    if not untold or first.shape is None or first.shape != second.shape:
        return False
    return math.prod(size for size in first.shape if size is not None) <= DEFAULT.fold_elements


def _absorbs(user: Draft.Node, node: Draft.Node) -> bool:
    if user.op in _WINDOWS:
        return user.inputs[0] is node.out
    source = node.inputs[0]
    # a maximum ignores zeros only where nothing is negative
    return user.op == "MaxPool" and isinstance(source, Value) and _non_negative(source)


def _non_negative(value: Value) -> bool:
    return value.node.op in ("Relu", "Sigmoid", "Softmax", "Input")
