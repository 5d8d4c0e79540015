"""Name the rearrangements that are spelled with movement, before movement is contracted.

Channel shuffle (ShuffleNet), pixel shuffle, and group normalisation written as an instance
normalisation over reshaped groups.

Before:
    a = Reshape(x, w[5], shape=[1, 2, 8, 7, 7])
    b = Transpose(a, perm=[0, 2, 1, 3, 4])
    y = Reshape(b, w[4], shape=[1, 16, 7, 7])

After:
    y = ChannelShuffle(x)
"""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Draft, Value
from genescan.graph import Dims, Tensor

_SHUFFLES = {
    # (rank between the reshapes, permutation) -> operator
    (5, (0, 2, 1, 3, 4)): "ChannelShuffle",
    (4, (0, 2, 1, 3)): "ChannelShuffle",
    (6, (0, 1, 4, 2, 5, 3)): "DepthToSpace",
    (6, (0, 3, 4, 1, 5, 2)): "DepthToSpace",
    (6, (0, 1, 3, 5, 2, 4)): "SpaceToDepth",
    (6, (0, 3, 5, 1, 2, 4)): "SpaceToDepth",
}


def run(draft: Draft) -> None:
    """Look at every Transpose between two Reshapes, and at every reshaped InstanceNormalization."""
    for node in draft.of("Transpose"):
        _shuffle(draft, node)
    for node in draft.of("InstanceNormalization"):
        _group_norm(draft, node)


def _shuffle(draft: Draft, node: Draft.Node) -> None:
    source, after, perm = node.inputs[0], node.out.sole_user, node.ints("perm")
    if not isinstance(source, Value) or after is None or after.op != "Reshape" or perm is None:
        return
    before = source.node
    if before.op != "Reshape" or source.sole_user is not node:
        return
    name = _SHUFFLES.get((len(perm), perm))
    data = before.inputs[0]
    if name is None or not isinstance(data, Value) or 4 not in (data.rank, after.out.rank):
        return
    if any(rank not in (4, None) for rank in (data.rank, after.out.rank)):
        return
    draft.fuse([before, node, after], after.out, name, [data])


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
    if target is not None and len(target) == 3 and isinstance(before.inputs[0], Value):
        draft.fuse([before, node, after], after.out, "GroupNormalization", [before.inputs[0]])
