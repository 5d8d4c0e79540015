"""OpenVINO: what is told of operators whose sizes are open and whose numbers lie in the `.bin`."""

from __future__ import annotations

from pathlib import Path

import pytest
from openvino_writer import Net, read

from genescan.canonical import canonicalise


def test_updates_are_added_and_keep_no_axis(tmp_path: Path) -> None:
    net = Net()
    x, index, axis = net.input(7, 4), net.const(3, 4, kind="i32"), net.const(kind="i32")
    net.add("Result", net.add("ScatterElementsUpdate", x, index, net.const(3, 4), axis,
                              shape=(7, 4), opset="opset12", reduction="sum"))  # fmt: skip
    made = read(tmp_path, net.xml()).nodes[-1]
    assert (made.op, len(made.inputs), dict(made.attrs)) == (
        "ScatterElements", 3, {"reduction": "add"},
    )  # fmt: skip


@pytest.mark.parametrize("own", [True, False])
def test_a_cut_to_its_own_open_size_is_no_cut(tmp_path: Path, own: bool) -> None:
    net = Net()
    x = net.add("ReLU", net.input(-1, 4), shape=(-1, 4))
    sizes = net.add("ShapeOf", x if own else net.input(-1, 5), shape=(2,))
    cut = net.add("StridedSlice", x, net.const(2), sizes, shape=(-1, 4))
    net.add("Result", net.add("Tanh", cut, shape=(-1, 4)))
    nodes = canonicalise(read(tmp_path, net.xml())).graph.nodes
    assert any(node.op == "Slice" for node in nodes) is not own
