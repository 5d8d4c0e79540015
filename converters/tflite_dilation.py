"""Dilated convolutions that TensorFlow wrote as a plain one between two rearrangements.

SPACE_TO_BATCH_ND deals the pixels out to several small images, a plain convolution runs over
each, BATCH_TO_SPACE_ND puts them back: by the definition of the two that is one convolution whose
window has holes. What is padded before is cropped behind or is the padding of the convolution.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from genescan import shapes
from genescan.converters.assembly import ints
from genescan.converters.tflite_model import Block, Row
from genescan.converters.tflite_values import Value
from genescan.graph import Attr, Dims

_CONVS = {"CONV_2D", "DEPTHWISE_CONV_2D"}
_BETWEEN = {"EXPAND_DIMS", "SQUEEZE", "ADD"}
"""What may stand beside the convolution: an axis for its height, a bias."""
_OWNERS = _CONVS | _BETWEEN
_OPERANDS = 3
"""Those of a convolution with its bias."""
_LONGEST = 6
_VALID = 1


def undilate(block: Block) -> None:
    """Give dilations to the convolutions of a sub-graph, and drop the rearrangements."""
    if not any(row.kind == "SPACE_TO_BATCH_ND" for row in block.rows):
        return
    _name_axes(block)
    _unshare(block)
    readers: dict[int, list[int]] = {}
    for index, row in enumerate(block.rows):
        for tensor in row.inputs:
            readers.setdefault(tensor, []).append(index)
    makers = Counter(tensor for row in block.rows for tensor in row.outputs)
    gone: set[int] = set()
    for index, row in enumerate(block.rows):
        if row.kind == "SPACE_TO_BATCH_ND" and len(row.inputs) == 3:
            chain = _chain(block, index, readers, makers)
            if chain and _settle(block, chain):
                gone |= {chain[0], chain[-1]}
    block.rows = [row for index, row in enumerate(block.rows) if index not in gone]


def _unshare(block: Block) -> None:
    """Give every convolution a rearrangement of its own, where several read one."""
    rearranged = {r.outputs[0] for r in block.rows if r.kind == "SPACE_TO_BATCH_ND" and r.outputs}
    rows: list[Row] = []  # the last one first
    readers: dict[int, list[int]] = defaultdict(list)
    for row in reversed(block.rows):
        widened = row.kind == "EXPAND_DIMS" and row.inputs[:1] and row.inputs[0] in rearranged
        shared = widened or row.kind == "SPACE_TO_BATCH_ND"
        copies = _copies(block, row, rows, readers) if shared and len(row.outputs) == 1 else []
        for made in (*copies, row):
            for tensor in set(made.inputs):
                readers[tensor].append(len(rows))
            rows.append(made)
    block.rows = rows[::-1]


def _copies(
    block: Block, row: Row, later: list[Row], readers: Mapping[int, Sequence[int]]
) -> list[Row]:
    """A copy of a row for each convolution that reads it, but one when nothing else does."""
    made, copies = row.outputs[0], []
    users = readers.get(made, ())
    own = [
        index for index in users if later[index].kind in _OWNERS and len(later[index].inputs) < 5
    ]
    for index in own[len(own) == len(users) :]:
        block.values.append(block.values[made])
        twin = len(block.values) - 1
        user = later[index]
        inputs = tuple(twin if tensor == made else tensor for tensor in user.inputs)
        later[index] = user._replace(inputs=inputs)
        copies.append(row._replace(outputs=(twin,)))
    return copies


def _name_axes(block: Block) -> None:
    """A RESHAPE beside a rearrangement that only puts in or drops an axis of size one says so."""
    dealt = {r.outputs[0] for r in block.rows if r.kind == "SPACE_TO_BATCH_ND" and r.outputs}
    gathered = {r.inputs[0] for r in block.rows if r.kind == "BATCH_TO_SPACE_ND" and r.inputs}
    for index, row in enumerate(block.rows):
        if row.kind != "RESHAPE" or not row.inputs or len(row.outputs) != 1:
            continue
        before, after = (block.values[i].shape for i in (row.inputs[0], row.outputs[0]))
        if row.inputs[0] in dealt and (axis := _put_in(before, after)):
            block.values.append(Value("", "int32", (1,), ints((axis,)), False, True))
            inputs = (row.inputs[0], len(block.values) - 1)
            block.rows[index] = row._replace(kind="EXPAND_DIMS", inputs=inputs)
        elif row.outputs[0] in gathered and (axis := _put_in(after, before)):
            attrs: dict[str, Attr] = {"squeeze_dims": (axis,)}
            block.rows[index] = row._replace(kind="SQUEEZE", inputs=row.inputs[:1], attrs=attrs)


def _put_in(slim: Dims | None, wide: Dims | None) -> int:
    """Which axis of size one `wide` has more than `slim`; 0 when that is not the difference."""
    if slim is None or wide is None or len(slim) != 3 or len(wide) != 4:
        return 0
    fits = (a for a in (1, 2) if wide[a] == 1 and (*wide[:a], *wide[a + 1 :]) == slim)
    return next(fits, 0)


def _chain(
    block: Block, first: int, readers: dict[int, list[int]], makers: Counter[int]
) -> list[int]:
    """Rows from one rearrangement to the other, each the only reader of the one before."""
    chain = [first]
    while len(chain) < _LONGEST:
        made = block.rows[chain[-1]].outputs
        following = readers.get(made[0], []) if len(made) == 1 else []
        if len(following) != 1 or made[0] in block.outputs or makers[made[0]] != 1:
            return []
        row = block.rows[following[0]]
        if following[0] <= chain[-1] or len(row.outputs) != 1:
            return []
        chain.append(following[0])
        if row.kind == "BATCH_TO_SPACE_ND":
            kinds = [block.rows[index].kind for index in chain[1:-1]]
            convs = [kind for kind in kinds if kind in _CONVS]
            plain = len(convs) == 1 and all(k in _CONVS or k in _BETWEEN for k in kinds)
            return chain if plain and len(row.inputs) == 3 else []
    return []


def _settle(block: Block, chain: Sequence[int]) -> bool:
    """Rewrite the rows of a chain; False when they are no dilated convolution."""
    rows, values = block.rows, block.values
    first, last = rows[chain[0]], rows[chain[-1]]
    steps, back = (shapes.known(values[row.inputs[1]].constant) for row in (first, last))
    at = next(i for i in chain if rows[i].kind in _CONVS)
    conv, source = rows[at], values[first.inputs[0]].shape
    pads = _pads(block, first.inputs[2], last.inputs[2])
    if not steps or steps != back or pads is None or source is None or not _plain(conv):
        return False
    axis = _height(block, chain, len(source))
    if axis is None or len(steps) + (axis > 0) != 2 or min(steps) < 1:
        return False
    if axis:  # one axis is dealt out, the other is the one of size one
        hole = axis - 1
        steps = (*steps[:hole], 1, *steps[hole:])
        pads = [(*half[:hole], 0, *half[hole:]) for half in pads]
    attrs: dict[str, Attr] = {
        **conv.attrs,
        "dilation_hfactor": steps[0],
        "dilation_wfactor": steps[1],
        "pads": (*pads[0], *pads[1]),
    }
    _rewire(block, chain, at, conv._replace(attrs=attrs), axis)
    return True


def _plain(conv: Row) -> bool:
    names = ("stride_w", "stride_h", "dilation_wfactor", "dilation_hfactor")
    alone = all(conv.attrs.get(name, 1) in (0, 1) for name in names)
    return alone and conv.attrs.get("padding") == _VALID


def _pads(block: Block, before: int, behind: int) -> list[tuple[int, ...]] | None:
    """Padding that is left at the beginnings and the ends once the crop is taken off."""
    values = block.values
    if before == behind and (shape := values[before].shape):
        count = shape[0]
        return None if count is None or count > 2 else [(0,) * count] * 2
    padded, cropped = (shapes.known(values[i].constant) for i in (before, behind))
    if padded is None or cropped is None or len(padded) != len(cropped):
        return None
    left = [a - b for a, b in zip(padded, cropped, strict=True)]
    return None if min(left, default=0) < 0 else [tuple(left[::2]), tuple(left[1::2])]


def _height(block: Block, chain: Sequence[int], rank: int) -> int | None:
    """Which axis of size one is put in before the convolution; 0 for none, None if unclear."""
    rows, values = block.rows, block.values
    added = [rows[i] for i in chain if rows[i].kind == "EXPAND_DIMS"]
    dropped = [rows[i] for i in chain if rows[i].kind == "SQUEEZE"]
    if not added and not dropped:
        return 0 if rank == 4 else None
    if len(added) != 1 or len(dropped) != 1 or rank != 3 or len(added[0].inputs) != 2:
        return None
    axes = shapes.known(values[added[0].inputs[1]].constant)
    gone = dropped[0].attrs.get("squeeze_dims")
    if axes is None or len(axes) != 1 or not isinstance(gone, tuple) or len(gone) != 1:
        return None
    axis = axes[0] % 4
    same = isinstance(gone[0], int) and gone[0] % 4 == axis
    return axis if same and axis in (1, 2) else None


def _rewire(block: Block, chain: Sequence[int], at: int, conv: Row, axis: int) -> None:
    """Let the chain read and make what the rearrangements read and made."""
    rows, values = block.rows, block.values
    source, result = rows[chain[0]].inputs[0], rows[chain[-1]].outputs[0]
    rows[at] = conv
    made, shape, seen = rows[chain[0]].outputs[0], values[source].shape, False
    for index in chain[1:-1]:
        row = rows[index]
        inputs = tuple(source if tensor == made else tensor for tensor in row.inputs)
        made, seen = row.outputs[0], seen or index == at
        if index == chain[-2]:
            rows[index] = row._replace(inputs=inputs, outputs=(result,))
            return
        rows[index] = row._replace(inputs=inputs)
        source = made
        shape = values[result].shape if seen else values[rows[chain[0]].inputs[0]].shape
        wide = (
            bool(axis)
            and (seen or row.kind == "EXPAND_DIMS")
            and not (seen and any(rows[i].kind == "SQUEEZE" for i in chain[1:-1] if i <= index))
        )
        values[made] = values[made]._replace(shape=_widened(shape, axis if wide else 0))


def _widened(shape: Dims | None, axis: int) -> Dims | None:
    """A shape with an axis of size one put in."""
    return shape if shape is None or not axis else (*shape[:axis], 1, *shape[axis:])
