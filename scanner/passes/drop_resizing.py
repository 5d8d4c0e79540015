"""Drop resizing to the size that is there already.

A network that brings several maps to one size writes a Resize for each, also for the map that has
the size; some exporters leave that one out. Where sizes are open it cannot be told, and stays.

Before:
    x = Input(shape=[1, 8, 16, 16])
    y = Relu(Resize(x, None, None, int64([1, 8, 16, 16]), mode="linear"))

After:
    x = Input(shape=[1, 8, 16, 16])
    y = Relu(x)
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.passes import fold_constants


def run(draft: Draft) -> None:
    """Bypass every Resize whose image has the same known sizes before and after."""
    for node in draft.of("Resize", "Upsample"):
        fold_constants.learn_shapes(node)
        source = node.inputs[0]
        before = source.shape if isinstance(source, Value) else None
        after = node.out.shape
        cropped = node.attrs.get("coordinate_transformation_mode") == "tf_crop_and_resize"
        if before is None or after is None or len(before) < 3 or cropped:
            continue
        if before[1:] == after[1:] and None not in after[2:]:
            targets = node.dynamic[1:]
            draft.bypass(node, "resized to its own size")
            draft.prune(targets, "size of a resize")
