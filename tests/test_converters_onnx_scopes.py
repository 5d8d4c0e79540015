"""ONNX sub-graphs and local functions: whose names are whose."""

from __future__ import annotations

import pytest
from onnx_writer import (
    BOOL,
    INT64,
    attribute,
    function,
    graph,
    node,
    read,
    tensor,
    value,
)

from genescan.errors import ModelError
from genescan.graph import Edge, Tensor


def test_sub_graphs_read_outer_values_through_their_last_inputs() -> None:
    """Own operands first, then what each body captures; outer constants go inside."""
    body = graph(
        [node("Add", "item a", "s"), node("Mul", "s w", "t"), node("Add", "t b", "out")],
        "i cond item",
        "cond out",
    )
    nodes = [
        node("Exp", "x", "a"),
        node("Log", "x", "b"),
        node("Loop", "n c x", "y", body=body),
    ]
    constants = [tensor("n", (), INT64), tensor("c", (), BOOL), tensor("w", (1,), float_data=[2.0])]
    loop = read(graph(nodes, initializer=constants)).nodes[3]
    inner = loop.bodies["body"]
    assert loop.inputs[2:] == (Edge(0), Edge(1), Edge(2))
    assert inner.captures == ("a", "b")
    assert [row.origin for row in inner.nodes if row.op == "Input"] == [
        ("i",),
        ("cond",),
        ("item",),
        ("a",),
        ("b",),
    ]
    assert inner.nodes[5].inputs == (Edge(2), Edge(3))
    assert inner.nodes[6].inputs == (Edge(5), Tensor("float32", (1,), (2.0,), "w"))
    assert inner.outputs == (Edge(1), Edge(7))


def test_captures_pass_through_every_level() -> None:
    leaf = graph([node("Relu", "deep", "z")], "", "z")
    middle = graph([node("If", "c", "z", then_branch=leaf)], "", "z")
    nodes = [node("Exp", "x", "deep"), node("If", "c", "y", then_branch=middle)]
    outer = read(graph(nodes, "x c")).nodes[3]
    assert outer.inputs == (Edge(1), Edge(1), Edge(2))  # its condition, then c and deep inside
    inner = outer.bodies["then_branch"]
    assert inner.captures == ("c", "deep")
    assert inner.nodes[2].inputs == (Edge(0), Edge(1))
    assert inner.nodes[2].bodies["then_branch"].captures == ("deep",)


def test_captured_values_keep_what_is_known_of_them() -> None:
    body = graph([node("Add", "x a", "z")], "", "z")
    nodes = [node("Exp", "x", "a"), node("If", "c", "y", then_branch=body)]
    known = graph(nodes, [value("x", 2), value("c")], value_info=[value("a", 2, 3)])
    inner = read(known).nodes[3].bodies["then_branch"]
    assert inner.nodes[0].attrs == {"dtype": "float32", "shape": (2,)}
    assert inner.nodes[1].attrs == {"shape": (2, 3)}


def test_two_branches_capture_one_after_the_other() -> None:
    branches = {
        "then_branch": graph([node("Relu", "a", "z")], "", "z"),
        "else_branch": graph([node("Add", "b a", "z")], "", "z"),
    }
    nodes = [node("Exp", "x", "a"), node("Log", "x", "b"), node("If", "c", "y", **branches)]
    row = read(graph(nodes, "x c")).nodes[4]
    assert list(row.bodies) == ["then_branch", "else_branch"]
    assert row.inputs == (Edge(1), Edge(2), Edge(3), Edge(2))


def test_a_body_may_define_an_outer_name_anew() -> None:
    body = graph([node("Tanh", "x", "a"), node("Relu", "a", "z")], "", "z")
    nodes = [node("Exp", "x", "a"), node("If", "a", "y", then_branch=body)]
    row = read(nodes).nodes[2]
    assert row.inputs == (Edge(1), Edge(0))
    assert row.bodies["then_branch"].captures == ("x",)


def test_a_branch_may_return_an_outer_value_or_a_constant() -> None:
    branches = {
        "then_branch": graph([], "", "x"),
        "else_branch": graph([node("Constant", "", "k", value_int=1)], "", "k"),
    }
    row = read([node("If", "x", "y", **branches)]).nodes[1]
    assert row.bodies["then_branch"].outputs == (Edge(0),)
    assert row.bodies["else_branch"].outputs == (Tensor("int64", (), (1,), "k"),)


def test_nodes_are_sorted_by_what_their_bodies_read() -> None:
    body = graph([node("Relu", "late", "z")], "", "z")
    row = read([node("If", "x", "y", then_branch=body), node("Exp", "x", "late")])
    assert [each.op for each in row.nodes] == ["Input", "Exp", "If"]


def test_functions_are_inlined_with_their_own_names() -> None:
    double = function("double", "a", "y", [node("Add", "a a", "h"), node("Relu", "h", "y")])
    calls = [
        node("double", "x", "h", domain="local", name="first"),
        node("double", "h", "y", domain="local", name="second"),
    ]
    row = read(calls, double)
    assert [each.op for each in row.nodes] == ["Input", "Add", "Relu", "Add", "Relu"]
    assert [each.inputs[0] for each in row.nodes[1:]] == [Edge(0), Edge(1), Edge(2), Edge(3)]
    assert row.nodes[3].origin == ("second/h",)


def test_function_attributes_come_from_the_call_else_from_the_defaults() -> None:
    inner = [node("Elu", "a", "h", alpha="@slope"), node("Selu", "h", "y", gamma="@other")]
    body = function(
        "act", "a", "y", inner, attribute=["other"], attribute_proto=[attribute("slope", 0.25)]
    )
    given = node("act", "x", "h", domain="local", slope=0.5, other=2.0)
    bare = node("act", "h", "y", domain="local")
    attrs = [row.attrs for row in read([given, bare], body).nodes[1:]]
    assert attrs == [{"alpha": 0.5}, {"gamma": 2.0}, {"alpha": 0.25}, {}]


def test_constants_of_functions_may_come_from_attributes() -> None:
    inner = [node("Constant", "", "k", value_float="@by"), node("Mul", "a k", "y")]
    row = read(
        [node("scale", "x", "y", domain="local", by=3.0)], function("scale", "a", "y", inner)
    )
    assert row.nodes[1].inputs[1] == Tensor("float32", (), (3.0,), "k")


def test_functions_may_leave_operands_out_and_return_operands() -> None:
    body = function("f", "a b", "y a", [node("Clip", "a b", "y")])
    row = read(graph([node("f", "x", "y same", domain="local")], "x", "y same"), body)
    assert row.nodes[1].inputs == (Edge(0), None)
    assert row.outputs == (Edge(1), Edge(0))


def test_functions_redefine_standard_operators() -> None:
    """What the file says a name means is what it means."""
    body = function("Relu", "a", "y", [node("Tanh", "a", "y")], domain="")
    assert [row.op for row in read([node("Relu", "x", "y")], body).nodes] == ["Input", "Tanh"]


def test_overloads_are_different_functions() -> None:
    bodies = [
        function("f", "a", "y", [node(op, "a", "y")], overload=str(i))
        for i, op in enumerate(("Exp", "Log"))
    ]
    call = node("f", "x", "y", domain="local")
    call.overload = "1"
    assert read([call], *bodies).nodes[1].op == "Log"


def test_functions_are_inlined_inside_sub_graphs_and_sub_graphs_inside_functions() -> None:
    branch = graph([node("inner", "a", "z", domain="local")], "", "z")
    outer = function("outer", "a", "y", [node("If", "a", "y", then_branch=branch)])
    inner = function("inner", "a", "y", [node("Elu", "a", "y")])
    row = read([node("outer", "x", "y", domain="local", name="call")], outer, inner).nodes[1]
    body = row.bodies["then_branch"]
    assert row.inputs == (Edge(0), Edge(0))
    assert [each.op for each in body.nodes] == ["Input", "Elu"]
    assert body.nodes[1].origin == ("call/z/y",)


def test_shapes_declared_at_the_call_hold_for_the_inlined_node() -> None:
    body = function("f", "a", "b", [node("Exp", "a", "b")])
    nodes = [node("f", "x", "h", domain="local"), node("Relu", "h", "y")]
    assert read(graph(nodes, value_info=[value("h", 4)]), body).shapes == {(1, 0): (4,)}


def test_functions_that_nobody_calls_are_not_even_read() -> None:
    broken = function("f", "a", "y", [node("Add", "a ghost", "y")])
    assert len(read([node("Relu", "x", "y")], broken)) == 2


def test_too_many_outputs_of_a_call() -> None:
    with pytest.raises(ModelError, match="more outputs than the function has"):
        read([node("f", "x", "y z", domain="local")], function("f", "a", "a", []))
