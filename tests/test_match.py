"""Matching by example: one file of small cases a topic, in tests/cases/match.

A case is a graph in the notation, a pattern as plain data, and the names of the graph nodes
that must be the anchors, no more and no fewer. Edges read `a -> b` (any operand of b),
`a -> b:1` (its second), `a[1] -> b` (from the second output of a). The anchor is the last
pattern node. `witness` adds the bindings where only one embedding is possible.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import match_support as nets
import pytest
import yaml

from genescan import text
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.index import Index, bitset, elements
from genescan.limits import Limits
from genescan.match import find, find_variants
from genescan.pattern import OperandTest, Pattern, PatternEdge, PatternNode, PatternPath, Predicate
from genescan.plan import could_match

CASES = Path(__file__).parent / "cases" / "match"


def cases(*stems: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{stem}: {case['about']}")
        for stem in stems
        for case in yaml.safe_load((CASES / f"{stem}.yml").read_text())
    ]


def names(graph: Graph) -> dict[str, int]:
    return {node.origin[0]: i for i, node in enumerate(graph.nodes) if node.origin}


@pytest.mark.parametrize("case", cases("nodes", "edges", "paths"))
def test_case(case: dict[str, Any]) -> None:
    graph, pattern = text.parse(case["graph"]), nets.pattern(case["pattern"])
    result = find(pattern, Index(graph))
    numbers = names(graph)
    assert [m.anchor for m in result.matches] == sorted(numbers[n] for n in case["expect"])
    assert result.complete
    if "witness" in case:
        bound = dict(zip((n.name for n in pattern.nodes), result.matches[0].nodes, strict=True))
        assert bound == {variable: numbers[name] for variable, name in case["witness"].items()}


def wild(count: int, ops: dict[int, str], *edges: tuple[int, int], anchor: int = 0) -> Pattern:
    """A pattern of wildcards, some of them named operators."""
    nodes = [PatternNode(f"n{i}", frozenset({ops[i]}) if i in ops else None) for i in range(count)]
    return Pattern("wild", tuple(nodes), tuple(PatternEdge(*e) for e in edges), anchor)


def star(leaves: int) -> Pattern:
    """A wildcard that feeds several products."""
    ops = dict.fromkeys(range(1, leaves + 1), "MatMul")
    return wild(leaves + 1, ops, *((0, i) for i in ops))


def test_a_star_on_a_hub_is_counted_by_anchor_not_by_embedding() -> None:
    index = Index(nets.moe(2, 64))
    hubs = find(star(3), index)
    assert hubs.complete
    assert len(hubs.matches) == 2  # the two normalised inputs, not 2 * 129 * 128 * 127 stars
    at_leaf = find(replace(star(3), anchor=1), index)
    assert at_leaf.complete
    assert len(at_leaf.matches) == 2 * (2 * 64 + 1)


def test_a_star_with_one_leaf_too_many_is_settled_without_trying_all_choices() -> None:
    fits = find(star(33), Index(nets.moe(1, 16)))
    misses = find(star(34), Index(nets.moe(1, 16)))
    assert (len(fits.matches), fits.complete) == (1, True)
    assert (len(misses.matches), misses.complete) == (0, True)


def test_wildcard_branches_into_a_join_finish() -> None:
    branches = [(0, i) for i in (1, 2, 3, 4)]
    ways = [(i, i + 4) for i in (1, 2, 3, 4)]
    joins = [(i, 9) for i in (5, 6, 7, 8)]
    pattern = wild(10, {9: "Concat"}, *branches, *ways, *joins, anchor=9)
    for graph, anchors in ((nets.densenet(), 0), (nets.inception(), None)):
        result = find(pattern, Index(graph))
        assert result.complete
        if anchors is not None:
            assert len(result.matches) == anchors


def test_a_long_chain_of_wildcards_finishes() -> None:
    graph = nets.llama(4)
    length = 40
    pattern = wild(length, {}, *((i, i + 1) for i in range(length - 1)), anchor=length - 1)
    depth = [0] * len(graph)
    for v, node in enumerate(graph.nodes):
        depth[v] = 1 + max((depth[o.source] for o in node.inputs if isinstance(o, Edge)), default=0)
    result = find(pattern, Index(graph))
    assert [m.anchor for m in result.matches] == [v for v, d in enumerate(depth) if d >= length]


def maze(layers: int = 12, width: int = 12) -> Graph:
    """Layers in which everybody reads everybody: exponentially many ways, no way out."""
    net = nets.Net()
    last = [net.add("Input")]
    for _ in range(layers):
        last = [net.add("Concat", *last) for _ in range(width)]
    net.add("Softmax", net.add("Relu", *last[:1]))
    return net.graph()


def test_an_answer_out_of_reach_is_unknown_and_takes_bounded_time() -> None:
    # two disjoint chains through the maze, both to end near its only exit
    chain = 12
    ops = dict.fromkeys(range(2 * chain), "Concat") | {2 * chain: "Softmax"}
    edges = [(i, i + 1) for k in (0, chain) for i in range(k, k + chain - 1)]
    paths = tuple(PatternPath(end, 2 * chain, None, 3) for end in (chain - 1, 2 * chain - 1))
    pattern = replace(wild(2 * chain + 1, ops, *edges, anchor=0), paths=paths)
    start = time.monotonic()
    result = find(pattern, Index(maze()), Limits(match_states=2_000))
    assert time.monotonic() - start < 20
    assert not result.complete


def test_a_tiny_budget_gives_unknown_never_no() -> None:
    graph = nets.llama(2)
    pattern = nets.sample(graph, random.Random(3), 30, wild=0, noise=0)
    assert find(pattern, Index(graph)).matches
    starved = find(pattern, Index(graph), Limits(match_states=1))
    assert starved.matches or not starved.complete


def test_a_variant_that_ran_out_does_not_cast_doubt_on_anchors_found_by_a_later_one() -> None:
    graph = text.parse("a = Relu(Sigmoid(Tanh(x)))")
    long = wild(4, {3: "Relu", 2: "Sigmoid"}, (0, 1), (1, 2), (2, 3), anchor=3)
    short = wild(1, {0: "Relu"})
    both = find_variants((long, short), Index(graph))
    assert [(m.variant, m.anchor) for m in both.matches] == [(0, 3)]
    only_short = find_variants((wild(1, {0: "Conv"}), short), Index(graph))
    assert [m.variant for m in only_short.matches] == [1]


def test_the_order_of_the_nodes_in_the_pattern_does_not_matter() -> None:
    rng = random.Random(5)
    graph = nets.bert(2)
    for _ in range(10):
        pattern = nets.sample(graph, rng, 12)
        order = list(range(len(pattern.nodes)))
        rng.shuffle(order)
        place = {old: new for new, old in enumerate(order)}
        shuffled = replace(
            pattern,
            nodes=tuple(pattern.nodes[old] for old in order),
            edges=tuple(
                replace(e, source=place[e.source], target=place[e.target])
                for e in reversed(pattern.edges)
            ),
            anchor=place[pattern.anchor],
        )
        index = Index(graph)
        anchors = [m.anchor for m in find(pattern, index).matches]
        assert [m.anchor for m in find(shuffled, index).matches] == anchors


def test_the_prefilter_never_rejects_what_matches_and_rejects_by_operators() -> None:
    index = Index(text.parse("a = Relu(Conv(x, w[8, 3, 3, 3]))"))
    assert could_match(wild(2, {0: "Conv", 1: "Relu"}, (0, 1)), index)
    assert not could_match(wild(2, {0: "Relu", 1: "Conv"}, (0, 1)), index), "no such edge"
    assert not could_match(wild(2, {0: "Conv", 1: "Conv"}), index), "only one Conv"
    assert not could_match(wild(1, {0: "LSTM"}), index), "no LSTM"


def test_predicates_run_once_per_kind_of_node() -> None:
    graph = nets.resnet()
    calls = []

    def spy(value: object) -> bool:
        calls.append(value)
        return value == (3, 3)

    node = PatternNode("c", frozenset({"Conv"}), (("kernel_shape", Predicate("[3, 3]", spy)),))
    index = Index(graph)
    assert len(find(Pattern("p", (node,), (), 0), index).matches) == 16
    assert len(calls) == 3  # 7x7, 1x1 and 3x3
    assert len(find(Pattern("q", (node, node), (), 0), index).matches) == 16
    assert len(calls) == 3, "remembered across patterns"


def test_operand_tests_run_once_per_kind_of_operands() -> None:
    seen = []

    def spy(operand: object) -> bool:
        seen.append(operand)
        return isinstance(operand, Tensor)

    node = PatternNode("c", frozenset({"Conv"}), (), ((1, OperandTest("const()", spy)),))
    assert len(find(Pattern("p", (node,), (), 0), Index(nets.resnet())).matches) == 53
    assert len(seen) == 1


def test_one_and_true_are_different_attribute_values() -> None:
    graph = Graph((Node("Relu", (), {"axis": 1}), Node("Relu", (), {"axis": True})))
    is_true = Predicate("true", lambda value: value is True)
    node = PatternNode("r", frozenset({"Relu"}), (("axis", is_true),))
    matches = find(Pattern("p", (node,), (), 0), Index(graph)).matches
    assert [m.anchor for m in matches] == [1]


def test_a_graph_of_all_different_nodes_is_indexed_in_linear_time() -> None:
    nodes = [Node("Input")]
    nodes += [Node("Relu", (Edge(i),), {"axis": i}) for i in range(30_000)]
    start = time.monotonic()
    index = Index(Graph(tuple(nodes), (Edge(30_000),)))
    result = find(wild(3, {1: "Relu", 2: "Relu"}, (0, 1), (1, 2), anchor=2), index)
    assert time.monotonic() - start < 10
    assert len(result.matches) == 29_999


def test_an_empty_graph_matches_nothing() -> None:
    assert find(wild(1, {}), Index(Graph(()))).matches == ()


@pytest.mark.parametrize("members", [[], [0], [7, 8], [0, 63, 64, 1000]])
def test_bitsets_list_their_members(members: list[int]) -> None:
    assert elements(bitset(members, 1001)) == members
