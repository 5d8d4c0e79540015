"""OpenVINO: numbers in the `.bin` that other layers tell, which read them from the same place."""

from __future__ import annotations

from pathlib import Path

import pytest
from openvino_writer import Net, read

from genescan import text
from genescan.canonical import canonicalise
from genescan.graph import Graph


def made(graph: Graph, op: str) -> list[dict[str, object]]:
    """The attributes of an operator's nodes."""
    return [dict(node.attrs) for node in graph.nodes if node.op == op]


@pytest.mark.parametrize("same", [True, False])
def test_a_sum_that_keeps_its_axes_tells_those_of_others(tmp_path: Path, same: bool) -> None:
    net = Net()
    x, axes = net.input(1, 8, 8), net.const(1, kind="i64")
    other = axes if same else net.const(1, kind="i64")
    kept = net.add("ReduceMean", x, axes, shape=(1, 1, 8), keep_dims="true")
    net.add("Result", kept)
    net.add("Result", net.add("ReduceMean", x, other, shape=(1, 8), keep_dims="false"))
    net.add("Result", net.add("MVN", x, other, shape=(1, 8, 8), normalize_variance="true"))
    graph = read(tmp_path, net.xml())
    assert [attrs["axes"] for attrs in made(graph, "ReduceMean")] == [(1,), (1,) if same else (2,)]
    assert ["stored" in attrs for attrs in made(graph, "ReduceMean")] == [False, not same]
    (norm,) = made(graph, "MeanVarianceNormalization")
    assert norm["axes"] == ((1,) if same else (2,))


@pytest.mark.parametrize("same", [True, False])
def test_a_transpose_of_sizes_that_differ_tells_the_order_of_others(
    tmp_path: Path, same: bool
) -> None:
    net = Net()
    order = net.const(4, kind="i64")
    for shape, after, place in (
        ((1, 8, 4, 6), (1, 4, 6, 8), order),
        ((1, 4, 4, 4), (1, 4, 4, 4), order if same else net.const(4, kind="i64")),
    ):
        net.add("Result", net.add("Transpose", net.input(*shape), place, shape=after))
    perms = [attrs["perm"] for attrs in made(read(tmp_path, net.xml()), "Transpose")]
    assert perms == [(0, 2, 3, 1), (0, 2, 3, 1) if same else (None,) * 4]


def dealt(before: int, part: int, after: int) -> Net:
    """A convolution between what deals places out to the batch and what puts them back."""
    net = Net()
    parts = [net.const(3, kind="i64") for _ in range(3)]
    x = net.input(1, 8, before)
    a = net.add("SpaceToBatch", x, *parts, shape=(2, 8, part), opset="opset2")
    b = net.add("Convolution", a, net.const(4, 8, 3), shape=(2, 4, part - 2), strides="1",
                dilations="1", pads_begin="0", pads_end="0")  # fmt: skip
    c = net.add("BatchToSpace", b, *parts, shape=(1, 4, after), opset="opset2")
    net.add("Result", net.add("ReLU", c, shape=(1, 4, after)))
    return net


@pytest.mark.parametrize("sizes", [(12, 6, 8), (12, 8, 12), (11, 8, 11)])
def test_places_dealt_out_to_the_batch_are_holes_in_a_window(
    tmp_path: Path, sizes: tuple[int, int, int]
) -> None:
    graph = canonicalise(read(tmp_path, dealt(*sizes).xml())).graph
    assert [node.op for node in graph.nodes] == ["Input", "Conv", "Relu"]
    assert graph.nodes[1].attrs["dilations"] == (2,)


def test_a_batch_of_open_size_does_not_tell_the_parts(tmp_path: Path) -> None:
    content = dealt(12, 6, 8).xml().replace(b"<dim>2</dim>", b"<dim>-1</dim>")
    ops = [node.op for node in read(tmp_path, content).nodes]
    assert "Unknown:openvino:SpaceToBatch" in ops


@pytest.mark.parametrize("same", [True, False])
def test_the_number_on_both_sides_of_a_softplus_turns_the_sign(tmp_path: Path, same: bool) -> None:
    net = Net()
    x, before = net.input(2, 8), net.const(1, 1)
    behind = before if same else net.const(1, 1)
    soft = net.add("SoftPlus", net.add("Multiply", x, before, shape=(2, 8)), shape=(2, 8))
    log = net.add("Multiply", soft, behind, shape=(2, 8))
    net.add("Result", net.add("Add", log, net.input(2, 8), shape=(2, 8)))
    rendered = text.render(canonicalise(read(tmp_path, net.xml())).graph)
    assert ("Sub(" in rendered) is same


@pytest.mark.parametrize("cut", [True, False])
def test_borders_before_patches_fill_the_last_one(tmp_path: Path, cut: bool) -> None:
    net = Net()
    places = [net.const(3, kind="i64") for _ in range(2)]
    wide = net.add("Pad", net.input(1, 5, 12), *places, shape=(1, 5, 16), pad_mode="edge")
    for start in range(2):
        bounds = [net.const(1, kind="i64") for _ in range(4)]
        part = net.add("Slice", wide, *bounds, shape=(1, 5, 8), opset="opset8") if cut else wide
        net.add("Result", net.add(("Tanh", "Sin")[start], part, shape=(1, 5, 8 if cut else 16)))
    ops = [node.op for node in canonicalise(read(tmp_path, net.xml())).graph.nodes]
    assert ("Concat" in ops, "Pad" in ops) == (cut, not cut)
