"""Two graphs have one digest exactly if structure does not tell them apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pass_support as support
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genescan import ops, text
from genescan.digest import canonical_order, colours, digest
from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor

ATTRS: dict[str, dict[str, Attr]] = {
    "Conv": {"kernel_shape": (3, 3), "group": 1},
    "LSTM": {"direction": "forward"},
}
KINDS = ["Add", "Mul", "Concat", "Relu", "Conv", "Sub", "LSTM", "Split"]


@st.composite
def dags(draw: st.DrawFn) -> Graph:
    """Random graphs with hubs, repeated operands, weights, gaps and several outputs."""
    nodes = [Node("Input", origin=(f"in{i}",)) for i in range(draw(st.integers(1, 2)))]
    for number in range(draw(st.integers(1, 12))):
        op = draw(st.sampled_from(KINDS))
        operands: list[Operand] = []
        for _ in range(draw(st.integers(1, 3))):
            source = draw(st.integers(0, len(nodes) - 1))
            port = draw(st.integers(0, nodes[source].outputs - 1))
            weight = Tensor(shape=(8,) * draw(st.integers(1, 2)))
            operands.append(draw(st.sampled_from([Edge(source, port)] * 3 + [weight, None])))
        outputs = 2 if op == "Split" else 1
        nodes.append(Node(op, tuple(operands), ATTRS.get(op, {}), outputs, (f"n{number}",)))
    read = {o.source for n in nodes for o in n.inputs if isinstance(o, Edge)}
    ends = tuple(Edge(i) for i in range(len(nodes)) if i not in read)
    return Graph(tuple(nodes), ends)


def shuffled(graph: Graph, rng: random.Random) -> Graph:
    """Another topological order of the nodes; inputs keep theirs, it is part of the interface."""
    waiting = {
        i: {o.source for o in n.inputs if isinstance(o, Edge)} for i, n in enumerate(graph.nodes)
    }
    order: list[int] = list(graph.inputs)
    while len(order) < len(graph):
        placed = set(order)
        order.append(rng.choice([i for i in waiting if i not in placed and waiting[i] <= placed]))
    return support.renumbered(graph, order)


def renamed(graph: Graph) -> Graph:
    """Other names, other sources, other evidence; and commutative operands the other way round."""
    nodes = tuple(
        replace(
            node,
            origin=("other",),
            marks={"packed": "one"},
            inputs=node.inputs[::-1] if ops.commutative(node.op) else node.inputs,
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, format="onnx", meta={"producer": "someone"})


@given(dags(), st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(graph: Graph, rng: random.Random) -> None:
    other = renamed(shuffled(graph, rng))
    assert digest(other) == digest(graph)
    assert digest(other, sized=True) == digest(graph, sized=True)


@given(dags(), st.randoms(use_true_random=False))
def test_the_canonical_order_is_a_function_of_the_structure(
    graph: Graph, rng: random.Random
) -> None:
    other = canonical_order(renamed(shuffled(graph, rng)))
    assert text.render(other, all_attrs=True) == text.render(canonical_order(graph), all_attrs=True)


@given(dags())
def test_the_canonical_order_is_topological_and_keeps_every_node(graph: Graph) -> None:
    result = canonical_order(graph)
    for index, node in enumerate(result.nodes):
        assert all(o.source < index for o in node.inputs if isinstance(o, Edge))
    assert sorted(node.origin for node in result.nodes) == sorted(n.origin for n in graph.nodes)
    assert canonical_order(result) == result


def mutate(graph: Graph, place: int, change: Callable[[Node], Node]) -> Graph:
    nodes = list(graph.nodes)
    nodes[place] = change(nodes[place])
    return replace(graph, nodes=tuple(nodes))


@given(dags(), st.data())
def test_another_operator_is_another_digest(graph: Graph, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i in range(len(graph)) if i not in graph.inputs]))
    assert digest(mutate(graph, place, lambda n: replace(n, op="Tanh"))) != digest(graph)


@given(dags(), st.data())
def test_one_node_more_is_another_digest(graph: Graph, data: st.DataObject) -> None:
    node = Node("Tanh", (Edge(data.draw(st.integers(0, len(graph) - 1))),))
    longer = replace(graph, nodes=(*graph.nodes, node))
    assert digest(longer) != digest(graph)


SAME = [
    # TFLite drops a bias of zeros, Core ML writes one where there is none
    ("a bias", "y = Linear(x, w[8, 8], bias=True)", "y = Linear(x, w[8, 8], bias=False)"),
    ("names", "a = Relu(x)\ny = Tanh(a)", "foo = Relu(bar)\nbaz = Tanh(foo)"),
    ("operand order of a sum", "y = Add(Relu(x), Tanh(x))", "y = Add(Tanh(x), Relu(x))"),
    ("an attribute that defines nothing", "y = Relu(x, max=6.0)", "y = Relu(x)"),
    ("a default written out", "y = Conv(x, w[8, 3, 3, 3], group=1)", "y = Conv(x, w[8, 3, 3, 3])"),
    ("an input that nobody reads", "z = Input()\ny = Relu(x)\nOutput(y)", "y = Relu(x)"),
    ("which values leave the model", "a = Relu(x)\ny = Tanh(a)\nOutput(y, a)", "y = Tanh(Relu(x))"),
    ("sizes", "y = Conv(x, w[8, 3, 3, 3])", "y = Conv(x, w[16, 4, 3, 3])"),
]
DIFFERENT = [
    ("an operator", "y = Relu(x)", "y = Tanh(x)"),
    ("an edge", "a = Relu(x)\ny = Sub(a, Tanh(a))", "a = Relu(x)\ny = Sub(a, Tanh(x))"),
    ("operand order of a difference", "y = Sub(Relu(x), x)", "y = Sub(x, Relu(x))"),
    (
        "a port",
        "s = Split(x, outputs=2)\ny = Relu(s[0])",
        "s = Split(x, outputs=2)\ny = Relu(s[1])",
    ),
    (
        "a kernel",
        "y = Conv(x, w[...], kernel_shape=[3, 3])",
        "y = Conv(x, w[...], kernel_shape=[1, 1])",
    ),
    (
        "a stride",
        "y = MaxPool(x, kernel_shape=[2, 2])",
        "y = MaxPool(x, kernel_shape=[2, 2], strides=[2, 2])",
    ),
    ("a group class", "y = Conv(x, w[...], group='depthwise')", "y = Conv(x, w[...])"),
    ("a direction", "y = LSTM(x, direction='bidirectional')", "y = LSTM(x)"),
    ("a form of GELU", "y = Gelu(x, approximate='tanh')", "y = Gelu(x)"),
    ("a weight in place of a value", "y = MatMul(x, w[8, 8])", "y = MatMul(x, x)"),
    ("an operand left out", "y = Conv(x, w[8], None)", "y = Conv(x, w[8])"),
    (
        "a shared value and a repeated one",
        "a = Relu(x)\ny = Sub(a, a)",
        "y = Sub(Relu(x), Relu(x))",
    ),
    (
        "a shared sub-graph and a repeated one, read by different nodes",
        "a = Relu(Tanh(x))\nb = Sigmoid(a)\nc = Exp(a)",
        "b = Sigmoid(Relu(Tanh(x)))\nc = Exp(Relu(Tanh(x)))",
    ),
    ("two inputs and one read twice", "y = Add(x, x)", "y = Add(x, z)"),
    (
        "a pair of chains crossed",
        "a = Relu(x)\nb = Tanh(z)\ny = Concat(a, b)",
        "a = Relu(x)\nb = Tanh(x)\ny = Concat(a, b)",
    ),
]


@pytest.mark.parametrize(("what", "one", "other"), SAME, ids=[row[0] for row in SAME])
def test_equal(what: str, one: str, other: str) -> None:
    assert digest(text.parse(one)) == digest(text.parse(other))


@pytest.mark.parametrize(("what", "one", "other"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_different(what: str, one: str, other: str) -> None:
    assert digest(text.parse(one)) != digest(text.parse(other))


def test_the_sized_digest_tells_widths_but_no_ones() -> None:
    def sized(source: str) -> str:
        return digest(text.parse(source), sized=True)

    assert sized("y = Add(x, w[8])") != sized("y = Add(x, w[16])")
    assert sized("y = Add(x, w[8])") == sized("y = Add(x, w[1, 8])")
    assert sized("y = Add(x, w[8])") != digest(text.parse("y = Add(x, w[8])"))


def test_nodes_of_one_colour_cannot_be_told_apart() -> None:
    graph = text.parse("a = Relu(x)\nb = Relu(x)\nc = Tanh(x)\ny = Add(a, b)\nOutput(y, c)")
    x, a, b, c, y = colours(graph)
    assert a == b
    assert len({x, a, c, y}) == 4


def test_a_digest_names_its_scheme() -> None:
    assert digest(text.parse("y = Relu(x)")).startswith("gs1:")
