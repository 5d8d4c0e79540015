"""Name the rearrangements that are spelled with movement, before movement is contracted.

Channel shuffle (ShuffleNet), pixel shuffle, and group normalisation written as an instance
normalisation over reshaped groups.

Before:
    x = Input(shape=[1, 16, 7, 7])
    a = Reshape(x, int64([1, 2, 8, 7, 7]))
    b = Transpose(a, perm=[0, 2, 1, 3, 4])
    y = Reshape(b, int64([1, 16, 7, 7]))

After:
    x = Input(shape=[1, 16, 7, 7])
    y = ChannelShuffle(x)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor
from genescan.passes import repeated_parts, shuffles, sliding_windows

_SHUFFLES = {
    # (rank between the reshapes, permutation) -> operator, where sizes are not known
    (5, (0, 2, 1, 3, 4)): "ChannelShuffle",
    (4, (0, 2, 1, 3)): "ChannelShuffle",
    (5, (0, 1, 2, 4, 3)): "ChannelShuffle",  # channels last
    (6, (0, 1, 4, 2, 5, 3)): "DepthToSpace",
    (6, (0, 3, 4, 1, 5, 2)): "DepthToSpace",
    (6, (0, 1, 3, 5, 2, 4)): "SpaceToDepth",
    (6, (0, 3, 5, 1, 2, 4)): "SpaceToDepth",
}

_END = 2**31 - 1
"""A bound from here on means the end of the axis."""


def run(draft: Draft) -> None:
    """Look at every Transpose between two Reshapes, and at every reshaped InstanceNormalization."""
    for node in draft.of("Transpose"):
        _shuffle(draft, node)
        _repeat_behind(draft, node)
    for node in draft.of("InstanceNormalization", "MeanVarianceNormalization"):
        _group_norm(draft, node)
    for node in draft.of("Reshape"):
        _upsample(draft, node)
    for node in draft.of("Concat"):
        sliding_windows.gather(draft, node)
    for node in draft.of("Gather", "Slice"):
        _everything(draft, node)
    for node in draft.of("Gather"):
        _roll(draft, node)
        _repeat(draft, node)
    for node in draft.of("GatherND"):
        _one_index(draft, node)
    for node in draft.of("Concat"):
        repeated_parts.enlarge(draft, node)


def _everything(draft: Draft, node: Draft.Node) -> None:
    """A Gather or Slice that takes all there is along its axes only reshapes."""
    data = node.inputs[0]
    if not isinstance(data, Value) or data.shape is None:
        return
    if node.op == "Slice":
        whole = False
        if _slices_all(node, data.shape):
            draft.bypass(node, "slice of everything")
    else:
        axis, index = node.attrs.get("axis", 0), node.arg(1)
        if not isinstance(axis, int) or not -len(data.shape) <= axis < len(data.shape):
            return
        whole = _picks_all(index, data.shape[axis])
    if whole:
        draft.retype(node, "Reshape", {})
        draft.set_inputs(node, [data], {0: node.via.get(0, ())})


def _picks_all(index: Arg, size: int | None) -> bool:
    """Whether indices are all there are, in order; of one element there is one choice."""
    if not isinstance(index, Tensor):
        return False
    picked = shapes.known(index)
    if size == 1 and index.squeezed == ():
        return True
    return picked is not None and len(picked) == size and picked == tuple(range(len(picked)))


def _upsample(draft: Draft, node: Draft.Node) -> None:
    """Rows repeated, then columns: an image made larger by its nearest pixels.

    A single repetition stays: grouped keys and values of an attention are written so.
    """
    second = _repeated(node)
    first = None if second is None else _repeated(second[0].node)
    if second is None:
        _upsample_at_once(draft, node)
    if first is None or second is None or first[2] != second[2] or len(first[0].shape or ()) != 4:
        return
    if sorted((first[1], second[1])) not in ([1, 2], [2, 3]) or second[0].sole_user is None:
        return
    region = [n for value in (node.out, second[0]) for n in _chain(value.node)]
    draft.fuse(region, node.out, "Resize", [first[0]], {"mode": "nearest"})


def _upsample_at_once(draft: Draft, node: Draft.Node) -> None:
    """As `_upsample`, where one Reshape ends the first repetition and begins the second."""
    if _pixels_at_once(draft, node):
        return
    chain = _chain(node, 4)
    if [n.op for n in chain[:4]] != ["Reshape", "Tile", "Reshape", "Tile"] or len(chain) != 5:
        return
    source = chain[4].arg(0)
    if chain[4].op not in ("Reshape", "Unsqueeze") or not isinstance(source, Value):
        return
    image, found = source.shape, [n.out.shape for n in reversed(chain)]
    if image is None or len(image) != 4 or None in image[1:] or None in found:
        return
    batch, *sizes = image
    for axis in (0, 1):  # of height and width, or of rows and columns behind the channels
        wide = found[1]
        times = wide[axis + 2] if wide is not None and len(wide) == 5 else None
        if not times or times < 2:
            continue
        before, (first, second), after = sizes[:axis], sizes[axis : axis + 2], sizes[axis + 2 :]
        if first is None or second is None:
            continue
        rows = (batch, *before, first)
        tall = (batch, *before, first * times, second)
        wanted = [
            (*rows, 1, second, *after),
            (*rows, times, second, *after),
            (*tall, 1, *after),
            (*tall, times, *after),
            (*tall[:-1], second * times, *after),
        ]
        if wanted == found:
            draft.fuse(chain, node.out, "Resize", [source], {"mode": "nearest"})
            return


def _pixels_at_once(draft: Draft, node: Draft.Node) -> bool:
    """Rows and columns that are repeated by one Tile, each along an axis of its own."""
    chain = _chain(node)
    repeats = len(chain) == 3 and chain[1].op in ("Tile", "Expand")
    source = chain[2].arg(0) if repeats else None
    if not isinstance(source, Value) or source.shape is None or len(source.shape) != 4:
        return False
    batch, *sizes = source.shape
    wide = chain[1].out.shape
    for axis in (0, 1):  # of height and width, or of rows and columns behind the channels
        times = wide[axis + 2] if wide is not None and len(wide) == 6 else None
        before, (rows, columns), after = sizes[:axis], sizes[axis : axis + 2], sizes[axis + 2 :]
        if not times or times < 2 or rows is None or columns is None:
            continue
        cut, grown = ((*before, rows, n, columns, n, *after) for n in (1, times))
        whole = (batch, *before, rows * times, columns * times, *after)
        if [n.out.shape for n in chain] == [whole, (batch, *grown), (batch, *cut)]:
            draft.fuse(chain, node.out, "Resize", [source], {"mode": "nearest"})
            return True
    return False


def _repeat_behind(draft: Draft, node: Draft.Node) -> None:
    """Rows that are repeated before channels go to the end are as well repeated after it."""
    chain = _chain(node)
    if [n.op for n in chain] not in (["Transpose", op, "Unsqueeze"] for op in ("Tile", "Expand")):
        return
    source, wide = chain[2].inputs[0], chain[1].out.shape
    if not isinstance(source, Value) or source.shape is None or len(source.shape) != 4:
        return
    batch, channels, rows, columns = source.shape
    times = wide[2] if wide is not None and len(wide) == 5 else None
    if wide != (batch, channels, times, rows, columns) or node.ints("perm") != (0, 3, 2, 4, 1):
        return
    steps: tuple[tuple[str, dict[str, Attr], Dims], ...] = (
        ("Transpose", {"perm": (0, 2, 3, 1)}, (batch, rows, columns, channels)),
        ("Unsqueeze", {"axes": (2,)}, (batch, rows, 1, columns, channels)),
        (chain[1].op, {}, (batch, rows, times, columns, channels)),
    )
    for op, attrs, shape in steps:
        made = draft.add(op, [source], attrs, before=node, origin=chain, shapes=(shape,))
        source = made.out
    draft.replace(node.out, source)
    draft.prune([node.out], heirs=(source.node,))


def _chain(node: Draft.Node, steps: int = 2) -> list[Draft.Node]:
    """A Reshape and the nodes before it."""
    chain = [node]
    for _ in range(steps):
        value = chain[-1].arg(0)
        if isinstance(value, Value) and value.sole_user is chain[-1]:
            chain.append(value.node)
    return chain


def _repeated(node: Draft.Node) -> tuple[Value, int, int] | None:
    """Of Reshape(Tile(Unsqueeze(x))): x, the axis whose elements it repeats, and how often."""
    chain = _chain(node)
    if [n.op for n in chain] not in (["Reshape", op, "Unsqueeze"] for op in ("Tile", "Expand")):
        return None
    source, wide, result = chain[2].inputs[0], chain[1].out.shape, node.out.shape
    if not isinstance(source, Value) or source.shape is None or wide is None or result is None:
        return None
    before = source.shape
    for axis, size in enumerate(before):
        times = wide[axis + 1] if len(wide) == len(before) + 1 else None
        if not size or not times or wide != (*before[: axis + 1], times, *before[axis + 1 :]):
            continue
        wanted = (*before[:axis], size * times, *before[axis + 1 :])
        if len(result) == len(wanted) and all(
            a is None or a == b for a, b in zip(result, wanted, strict=True)
        ):
            return source, axis, times
    return None


def _one_index(draft: Draft, node: Draft.Node) -> None:
    """Indices of one number each pick rows, as a Gather along the first axis does."""
    index = node.arg(1)
    single = isinstance(index, Value) and index.shape and index.shape[-1] == 1
    if single and not node.attrs.get("batch_dims", 0):
        draft.retype(node, "Gather", {"axis": 0})


def _roll(draft: Draft, node: Draft.Node) -> None:
    """A Gather that takes all there is, the end before the beginning: two halves change places.

    So does one whose indices lie elsewhere, but are as many as there are elements: Core ML.
    """
    data, index, axis = node.inputs[0], node.arg(1), node.attrs.get("axis", 0)
    if not isinstance(data, Value) or data.shape is None or not isinstance(index, Tensor):
        return
    if not isinstance(axis, int) or not -len(data.shape) <= axis < len(data.shape):
        return
    size, taken = data.shape[axis], shapes.known(index)
    if size is None or size < 2 or index.shape != (size,):
        return
    bounds: list[dict[str, Attr]] = [{"axes": (axis,)}] * 2
    if taken is not None:
        first = taken[0]
        if not 0 < first < size or taken != (*range(first, size), *range(first)):
            return
        parts = ((first, size), (0, first))
        bounds = [{"starts": (a,), "ends": (b,), "axes": (axis,)} for a, b in parts]
    elif index.data is not None:
        return
    else:
        node.marks["assumed"] = "indices that turn round"
    halves = []
    for attrs in bounds:
        made = draft.add("Slice", [data], attrs, before=node, origin=(node,))
        made.via = {0: node.via.get(0, ())}
        halves.append(made.out)
    draft.set_inputs(node, halves)
    draft.retype(node, "Concat", {"axis": axis})


def _repeat(draft: Draft, node: Draft.Node) -> None:
    """A Gather by a count of all there is, repeated: how OpenVINO repeats the heads of keys.

    The indices were computed from constants, and their numbers are lost; there are so many times
    as many as there are rows.
    """
    data, index, axis = node.inputs[0], node.arg(1), node.attrs.get("axis", 0)
    if not isinstance(data, Value) or data.shape is None or not isinstance(index, Tensor):
        return
    stored = index.name or index.payload is not None or index.data is not None
    if stored or not isinstance(axis, int) or not -len(data.shape) <= axis < len(data.shape):
        return
    size, count = data.shape[axis], (index.squeezed or (None,))[0]
    if len(index.squeezed or ()) == 1 and size and count and count > size and not count % size:
        draft.set_inputs(node, [data], {0: node.via.get(0, ())})
        draft.retype(node, "Tile", {})
        node.marks["assumed"] = "all rows, repeated"


def _slices_all(node: Draft.Node, before: Dims) -> bool:
    """Whether a Slice leaves the size of every axis that it cuts."""
    after = node.out.shape
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 3))
    steps = shapes.operand(node.attrs, "steps", constants, 4)
    turned = steps is not None and set(shapes.ints(steps) or (None,)) != {1}
    if after is None or len(after) != len(before) or turned:
        return False
    starts, ends = (
        shapes.known(shapes.operand(node.attrs, name, constants, position)) or ()
        for name, position in (("starts", 1), ("ends", 2))
    )
    for place, axis in enumerate(range(len(before)) if axes is None else axes):
        if not -len(before) <= axis < len(before):
            return False
        open_end = (*starts[place:], 1)[0] == 0 and (*ends[place:], 0)[0] >= _END
        if not open_end and (before[axis] is None or before[axis] != after[axis]):
            return False
    return True


def _shuffle(draft: Draft, node: Draft.Node) -> None:
    source, after, perm = node.inputs[0], node.out.sole_user, node.ints("perm")
    if not isinstance(source, Value) or after is None or after.op != "Reshape" or perm is None:
        return
    before = source.node
    if before.op != "Reshape" or source.sole_user is not node:
        return
    data = before.inputs[0]
    if not isinstance(data, Value):
        return
    sizes = (data.shape, source.shape, after.out.shape)
    if any(rank is None or None in rank[1:] for rank in sizes):
        name = _by_order(perm, *sizes)
    else:
        whole, cut, result = (rank or () for rank in sizes)
        name = shuffles.name(whole, cut, perm, result)
    if name is not None:
        draft.fuse([before, node, after], after.out, name, [data])


def _by_order(
    perm: tuple[int, ...], whole: Dims | None, cut: Dims | None, result: Dims | None
) -> str | None:
    """The operator that is usually spelt with this order of axes."""
    name = _SHUFFLES.get((len(perm), perm))
    ranks = [None if sizes is None else len(sizes) for sizes in (whole, result)]
    if 4 not in ranks or any(rank not in (4, None) for rank in ranks):
        return None
    if name == "ChannelShuffle" and not _leaves_pixels(whole, cut, perm):
        return None
    return name


def _leaves_pixels(whole: Dims | None, cut: Dims | None, perm: tuple[int, ...]) -> bool:
    """Whether only the channels were cut: a transformer's patches are cut from rows and columns."""
    if whole is None or cut is None or len(whole) != 4:
        return True
    if perm == (0, 1, 2, 4, 3):
        kept = cut[:3] == whole[:3]
    elif len(perm) == 5:
        kept = cut[3:] == whole[2:]
    else:
        height, width = whole[2:]
        kept = cut[3] == (None if height is None or width is None else height * width)
    return kept


def _groups(node: Draft.Node, channels: int | None, groups: int | None) -> bool:
    """Whether each of so many groups of channels is normalised over all it holds."""
    return node.ints("axes") in ((2,), (-1,)) and bool(
        channels and groups and not channels % groups
    )


def _target(node: Draft.Node) -> Dims | None:
    given = node.arg(1) if len(node.inputs) > 1 else None
    return shapes.ints(given if isinstance(given, Tensor) else node.attrs.get("shape"))


def _group_norm(draft: Draft, node: Draft.Node) -> None:
    source, after = node.inputs[0], node.out.sole_user
    if not isinstance(source, Value) or after is None or after.op != "Reshape":
        return
    before = source.node
    if before.op != "Reshape" or source.sole_user is not node:
        return
    target = _target(before)
    data = before.inputs[0]
    if target is None or len(target) != 3 or not isinstance(data, Value):
        return
    channels = data.shape[1] if data.shape is not None and len(data.shape) > 1 else None
    if node.op == "MeanVarianceNormalization" and not _groups(node, channels, target[1]):
        return
    alone = channels is not None and channels == target[1]  # as many groups as channels
    name = "InstanceNormalization" if alone else "GroupNormalization"
    if data.rank == 2 or (data.shape and source.shape and data.shape[-2:] == source.shape[-2:]):
        name = "LayerNormalization"  # parts of a row, as the heads of a token
    draft.fuse([before, node, after], after.out, name, [data])
