"""What a SavedModel holds besides the graph: it is told, and the verdict is partial."""

from __future__ import annotations

from pathlib import Path

from running import library
from tensorflow_writer import Func, Type, data, function, graph, image, node, read, saved

from genescan.pipeline import scan_file

VARIABLE = node("h", "VarHandleOp", dtype=Type(1), shape=[4, 2])


def test_a_state_that_is_written_is_told() -> None:
    write = [
        node("v", "ReadVariableOp", "h"),
        node("s", "AddV2", "a v:value:0"),
        node("w", "AssignVariableOp", "h s:z:0"),
        node("y", "Identity", "s:z:0 ^w"),
    ]
    called = function("f", "a h*", "out=y:output:0", write)
    outer = function(
        "g", "a h*", "out=c:output:0", [node("c", "PartitionedCall", "a h", f=Func("f"))]
    )
    call = node("c", "StatefulPartitionedCall", "x h", f=Func("g"))
    model = saved(
        graph([image("x", 4, 2), VARIABLE, call], [outer, called]), {"s": ("i=x:0", "o=c:0")}
    )
    assert read(model).left_out == (
        "writes to variables, whose state lasts from one run to the next",
    )


def test_functions_that_no_signature_calls_may_write_what_they_like() -> None:
    call = node("c", "StatefulPartitionedCall", "x h", f=Func("f"))
    read_it = [node("v", "ReadVariableOp", "h"), node("s", "AddV2", "a v:value:0")]
    called = function("f", "a h*", "out=s:z:0", read_it)
    restore = function("restore", "a h*", "out=a", [node("w", "AssignVariableOp", "h a")])
    model = saved(
        graph([image("x", 4, 2), VARIABLE, call], [called, restore]), {"s": ("i=x:0", "o=c:0")}
    )
    assert read(model).left_out == ()


def test_a_second_meta_graph_is_told_and_makes_the_verdict_partial(tmp_path: Path) -> None:
    model = saved(graph([image(), node("y", "Relu", "x")]), {"s": ("i=x:0", "o=y:0")})
    other = saved(
        graph([image(), node("y", "Tanh", "x")]), {"s": ("i=x:0", "o=y:0")}, ("serve", "b")
    )
    model.meta_graphs.extend(other.meta_graphs)
    (tmp_path / "saved_model.pb").write_bytes(data(model))
    found = scan_file(str(tmp_path), library())
    assert (found.outcome, found.skipped) == ("partial", ("1 other meta graphs",))
