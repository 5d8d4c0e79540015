"""Parts of an axis that are joined again, each several times: its nearest pixels.

`restore_rearrangements` calls this. So Keras' UpSampling3D is written, once for each axis;
`drop_resizing` makes one Resize of these.
"""

from __future__ import annotations

from genescan.draft import Draft, Value


def enlarge(draft: Draft, node: Draft.Node) -> None:
    """Make a Resize of a Concat that repeats every part of one Split, in order."""
    first = node.inputs[0] if node.inputs else None
    split = first.node if isinstance(first, Value) else None
    if split is None or split.op != "Split" or len(node.inputs) % len(split.outputs):
        return
    times, source = len(node.inputs) // len(split.outputs), split.inputs[0]
    if times < 2 or list(node.inputs) != [part for part in split.outputs for _ in range(times)]:
        return
    axis = _axis(node)
    if axis is None or axis == 0 or axis != _axis(split) or not isinstance(source, Value):
        return
    shapes = [part.shape for part in split.outputs]
    if all(shape is not None and shape[axis : axis + 1] == (1,) for shape in shapes):
        draft.fuse([split, node], node.out, "Resize", [source], {"mode": "nearest"})


def _axis(node: Draft.Node) -> int | None:
    """The axis of a cut or a join of images, counted from the first."""
    axis, rank = node.attrs.get("axis", 0), node.out.rank
    if not isinstance(axis, int) or rank is None or rank < 4:
        return None
    return axis % rank
