"""The TensorFlow reader: patches, and which numbers of constants are known."""

from __future__ import annotations

from tensorflow_writer import const, graph, image, node, read

from genescan.graph import Graph, Tensor


def operators(read: Graph) -> list[str]:
    """Operators without inputs and transposes, in order."""
    return [row.op for row in read.nodes if row.op not in ("Input", "Transpose")]


def test_patches_have_a_window() -> None:
    window = {"ksizes": (1, 3, 3, 1), "strides": (1, 2, 2, 1), "rates": (1, 1, 1, 1)}
    cut = node("y", "ExtractImagePatches", "x", **window, padding="VALID")
    made = read(graph([image("x", 1, 8, 8, 2), cut]))
    (row,) = (found for found in made.nodes if found.op == "Im2Col")
    assert row.attrs == {"kernel_shape": (3, 3), "strides": (2, 2), "dilations": (1, 1)}
    strange = node("y", "ExtractImagePatches", "x", ksizes=(3,), padding="VALID")
    found = read(graph([image("x", 1, 8, 8, 2), strange]))
    assert operators(found) == ["Unknown:tensorflow:ExtractImagePatches"]


def test_of_a_large_constant_one_value_throughout_is_known() -> None:
    def stored(*numbers: float) -> tuple[object, ...] | None:
        rows = [image("x", 64, 64), const("c", numbers, 64, 64), node("y", "Mul", "x c")]
        operand = read(graph(rows)).nodes[1].inputs[1]
        assert isinstance(operand, Tensor)
        return operand.data

    assert stored(1.0) == (1.0,)
    assert stored(1.0, 2.0) is None
    assert stored(*[1.0] * 4096) is None
