"""Name convolutions that are dilated by dealing space out to the batch.

TensorFlow deals every n-th place of an axis out to an image of its own, slides a plain window over
each of these, and puts the results back; converters spell both steps with movement. By the
definition of the two that is one convolution whose window has holes.

Before:
    x = Input(shape=[1, 8, 12])
    a = Transpose(Reshape(x, int64([1, 8, 6, 2])), perm=[3, 0, 1, 2])
    b = Conv(Reshape(a, int64([2, 8, 6])), w[4, 8, 3])
    c = Transpose(Reshape(b, int64([2, 1, 4, 4])), perm=[1, 2, 3, 0])
    y = Reshape(c, int64([1, 4, 8]))

After:
    x = Input(shape=[1, 8, 12])
    y = Conv(x, w[4, 8, 3], dilations=[2])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from genescan.draft import Arg, Draft, Value
from genescan.graph import Dims, Tensor
from genescan.passes import fold_constants

_CHAIN = 12
"""Nodes between the two steps: a window, its affine, and axes of one that come and go."""
_POINTWISE = frozenset({"Add", "Sub", "Mul", "Div", "BatchNormalization", "Relu", "Clip"})
_ONES = frozenset({"Reshape", "Squeeze", "Unsqueeze"})

_Blocks = Mapping[int, int]
"""How many parts an axis is dealt out to."""


class _Movement(NamedTuple):
    """A Reshape, a Transpose and a Reshape, as which both steps are written."""

    source: Value
    nodes: tuple[Draft.Node, Draft.Node, Draft.Node]
    perm: tuple[int, ...]


def run(draft: Draft) -> None:
    """Look at every Reshape that may have put places back, for the window before it."""
    for node in draft.of("Reshape"):
        back = _movement(node)
        chain = None if back is None else _chain(back.source)
        there = None if chain is None else _movement(chain[0])
        if back is None or chain is None or there is None:
            continue
        for each in (*there.nodes, *chain[1:], *back.nodes):
            fold_constants.learn_shapes(each)
        _spread(draft, back, chain, there)


def _movement(last: Draft.Node) -> _Movement | None:
    """What ends with a Reshape, if it is such a movement."""
    turn = _before(last, "Reshape", "Transpose")
    first = None if turn is None else _before(turn, "Transpose", "Reshape")
    source = None if first is None else first.inputs[0]
    perm = None if turn is None else turn.ints("perm")
    if turn is None or first is None or perm is None or not isinstance(source, Value):
        return None
    if sorted(perm) != list(range(len(perm))):
        return None
    return _Movement(source, (first, turn, last), perm)


def _before(node: Draft.Node, op: str, producer: str) -> Draft.Node | None:
    value = node.inputs[0] if node.op == op and node.inputs else None
    return value.node if isinstance(value, Value) and value.node.op == producer else None


def _dealt(
    whole: Dims | None, split: Dims | None, perm: Sequence[int], parts: Dims | None
) -> _Blocks | None:
    """The axes that are cut in two, the latter halves of which go into the batch, in this order."""
    if whole is None or split is None or parts is None or len(parts) != len(whole):
        return None
    count = len(split) - len(whole)
    front, rest = perm[:count], list(perm[count:])
    if count < 1 or len(perm) != len(split) or rest != sorted(rest) or rest[0] != 0:
        return None
    blocks: dict[int, int] = {}
    for place in front:
        size = split[place]
        if place - 1 not in rest or not size:
            return None
        blocks[rest.index(place - 1)] = size
    kept = [split[place] for place in rest]
    if 0 in blocks or None in kept[1:] or list(parts[1:]) != kept[1:]:
        return None
    made = [size and size * blocks.get(axis, 1) for axis, size in enumerate(kept)]
    together = kept[0] and kept[0] * math.prod(blocks.values())
    return blocks if made == list(whole) and parts[0] == together else None


def _chain(value: Value) -> list[Draft.Node] | None:
    """The nodes from where places were dealt out, that step's Reshape first; one is a window."""
    chain: list[Draft.Node] = []
    while len(chain) < _CHAIN:
        node = value.node
        if any(each.op == "Conv" for each in chain) and _movement(node) is not None:
            return [node, *chain[::-1]]
        known = node.op in _POINTWISE | _ONES | {"Conv", "Transpose"}
        if not known or len(node.dynamic) != 1 or value.sole_user is None:
            return None
        chain.append(node)
        value = node.dynamic[0]
    return None


def _spread(draft: Draft, back: _Movement, chain: list[Draft.Node], there: _Movement) -> None:
    """Let the chain work on what was dealt out, its window with holes."""
    start, *between = chain
    last, undone = back.nodes[2], tuple(map(back.perm.index, range(len(back.perm))))
    blocks = _dealt(last.out.shape, back.nodes[1].out.shape, undone, back.source.shape)
    found = _dealt(there.source.shape, there.nodes[0].out.shape, there.perm, start.out.shape)
    if found is None or blocks is None or len([n for n in between if n.op == "Conv"]) != 1:
        return
    ways = [found]
    for node in between:
        places = _followed(node, ways[-1])
        if places is None:
            return
        ways.append(places)
    if list(ways[-1].items()) != list(blocks.items()):
        return
    value = there.source
    for node, places in zip(between, ways[1:], strict=True):
        _widen(draft, node, value, places)
        value = node.out
    draft.replace(last.out, value)
    draft.prune([last.out, start.out], heirs=(value.node,))


def _followed(node: Draft.Node, places: _Blocks) -> _Blocks | None:
    """Where the dealt axes are behind a node; None where it does not work on each place alone."""
    value, after = node.dynamic[0], node.out.shape
    before = value.shape
    if before is None or after is None or None in before[1:] or None in after[1:]:
        return None
    if node.op == "Conv":
        return places if len(before) == len(after) and min(places) > 1 and _plain(node) else None
    if node.op == "Transpose":
        perm = node.ints("perm")
        if perm is None or sorted(perm) != list(range(len(before))) or perm[0] != 0:
            return None
        return {perm.index(axis): block for axis, block in places.items()}
    if node.op in _POINTWISE:
        alike = all(_alike(arg, places, len(after)) for arg in node.inputs)
        return places if alike and (node.op != "BatchNormalization" or 1 not in places) else None
    real = [[axis for axis, size in enumerate(sizes) if size != 1] for sizes in (before, after)]
    same = [before[axis] for axis in real[0]] == [after[axis] for axis in real[1]]
    if not same or before[0] != after[0] or any(before[axis] == 1 for axis in places):
        return None
    return {real[1][real[0].index(axis)]: block for axis, block in places.items()}


def _alike(arg: Arg, places: _Blocks, rank: int) -> bool:
    """Whether a constant is the same at all places."""
    if not isinstance(arg, Tensor):
        return True
    if arg.shape is None:
        return False
    lead = rank - len(arg.shape)
    return all(axis < lead or arg.shape[axis - lead] == 1 for axis in (0, *places))


def _plain(node: Draft.Node) -> bool:
    """Whether a window takes every place of its axes, and no padding."""
    padded = node.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    steps, pads = node.ints("strides") or (), node.ints("pads") or ()
    return not padded and set(steps) <= {1} and not any(pads)


def _widen(draft: Draft, node: Draft.Node, value: Value, places: _Blocks) -> None:
    """Let a node work on all places at once."""
    shape = node.out.shape or ()
    rows = shape[0] and shape[0] // math.prod(places.values())
    node.out.shape = (rows, *(s and s * places.get(i, 1) for i, s in enumerate(shape[1:], 1)))
    draft.set_input(node, node.inputs.index(node.dynamic[0]), value)
    if node.op == "Reshape":
        sizes = tuple(-1 if size is None else size for size in node.out.shape)
        draft.set_input(node, 1, Tensor("int64", (len(sizes),), sizes))
    elif node.op == "Conv":
        holes = node.ints("dilations") or (1,) * (len(shape) - 2)
        spread = tuple(hole * places.get(axis, 1) for axis, hole in enumerate(holes, 2))
        draft.retype(node, "Conv", {**node.attrs, "dilations": spread})
