"""Cuts and transforms of OpenVINO, whose bounds and axes lie in the weights beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from openvino_writer import Net, read


@pytest.mark.parametrize(
    ("before", "after", "masks", "expected"),
    [
        ([-1, 14], [-1, 1, 14], {"begin": "1,0,1", "end": "1,0,1", "new_axis": "0,1,0"},
         [("Unsqueeze", {"axes": (1,)})]),
        ([4, -1], [4, -1, 1], {"ellipsis": "1,0", "new_axis": "0,1"},
         [("Unsqueeze", {"axes": (2,)})]),
        ([8, 14], [8, 1, 5], {"begin": "1,0,1", "end": "1,0,0", "new_axis": "0,1,0"},
         [("Slice", {"axes": (1,)}), ("Reshape", {})]),
        ([8, -1], [8, 1, -1], {"begin": "1,0,0", "end": "1,0,1", "new_axis": "0,1,0"},
         [("Slice", {"steps": (None,)}), ("Reshape", {})]),
        ([8, 14], [1, 14], {"end": "0,0,1", "new_axis": "0,1,0", "shrink_axis": "1,0,0"},
         [("Slice", {"axes": (0,)}), ("Reshape", {})]),
        ([8, 14], [8, 14], {"begin": "1,1", "end": "1,1"}, [("Slice", {"steps": (None,)})]),
    ],
)  # fmt: skip
def test_a_slice_that_only_adds_an_axis_cuts_nothing(
    tmp_path: Path, before: list[int], after: list[int], masks: dict[str, str],
    expected: list[tuple[str, dict[str, object]]],
) -> None:  # fmt: skip
    count = next(iter(masks.values())).count(",") + 1
    net = Net()
    x = net.input(*before)
    bounds = [net.const(count) for _ in range(3)]
    data = {f"{name}_mask": bits for name, bits in masks.items()}
    net.add("Result", net.add("StridedSlice", x, *bounds, shape=after, **data))
    made = read(tmp_path, net.xml()).nodes[1:]
    assert [(node.op, dict(node.attrs)) for node in made] == expected


def test_a_transform_over_two_axes_is_two(tmp_path: Path) -> None:
    net = Net()
    x = net.input(1, 8, 8, 2)
    net.add("Result", net.add("DFT", x, net.const(2), shape=(1, 8, 8, 2), opset="opset7"))
    assert [node.op for node in read(tmp_path, net.xml()).nodes] == ["Input", "DFT", "DFT"]


def test_patches_have_a_window(tmp_path: Path) -> None:
    net = Net()
    window = {"sizes": "3,3", "strides": "2,2", "rates": "1,1"}
    made = net.add("ExtractImagePatches", net.input(1, 2, 8, 8), shape=(1, 18, 3, 3), **window)
    net.add("Result", made)
    row = read(tmp_path, net.xml()).nodes[-1]
    assert (row.op, row.attrs["kernel_shape"], row.attrs["strides"]) == ("Im2Col", (3, 3), (2, 2))
