"""The OpenVINO reader: cuts that make axes vanish or insert them, and patches."""

from __future__ import annotations

from pathlib import Path

import pytest
from openvino_writer import Net, read


@pytest.mark.parametrize(
    ("before", "after", "masks", "expected"),
    [
        ([4, 8], [4, 1, 8], {"new_axis_mask": "0,1,0"}, []),
        ([4, 8], [4, 1, 3], {"new_axis_mask": "0,1,0"}, [{"axes": (1,)}]),
        ([4, 8], [1, 8], {"new_axis_mask": "1,0", "shrink_axis_mask": "0,1"}, [{"axes": (0,)}]),
        ([4, 8], [4, 8, 1], {"ellipsis_mask": "1,0", "new_axis_mask": "0,1"}, [{"steps": (None,)}]),
    ],
)  # fmt: skip
def test_new_axes_of_a_cut_are_left_to_a_reshape(
    tmp_path: Path, before: list[int], after: list[int], masks: dict[str, object],
    expected: list[dict[str, object]],
) -> None:  # fmt: skip
    net = Net()
    bounds = [net.const(3) for _ in range(3)]
    made = net.add("StridedSlice", net.input(*before), *bounds, shape=after, **masks)
    net.add("Result", made)
    _, *cuts, last = read(tmp_path, net.xml()).nodes
    assert (last.op, [dict(cut.attrs) for cut in cuts]) == ("Reshape", expected)


def test_patches_have_a_window(tmp_path: Path) -> None:
    net = Net()
    window = {"sizes": "3,3", "strides": "2,2", "rates": "1,1"}
    made = net.add("ExtractImagePatches", net.input(1, 2, 8, 8), shape=(1, 18, 3, 3), **window)
    net.add("Result", made)
    row = read(tmp_path, net.xml()).nodes[-1]
    assert (row.op, row.attrs["kernel_shape"], row.attrs["strides"]) == ("Im2Col", (3, 3), (2, 2))
