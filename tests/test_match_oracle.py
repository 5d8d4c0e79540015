"""The matcher against networkx: same anchors, and every witness a true embedding.

networkx 3.6's ISMAGS misses matches, so the oracle is VF2 monomorphism, with operand positions
settled by trying every assignment.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import match_support as nets
import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networkx.algorithms.isomorphism import DiGraphMatcher

from genescan.graph import Edge, Graph
from genescan.index import Index
from genescan.lookahead import Lookahead
from genescan.match import anchors, find, find_variants
from genescan.pattern import Pattern, PatternEdge, PatternNode, PatternPath
from genescan.plan import compile_plan
from genescan.relations import Budget


class TooLong(Exception):
    """The oracle gave up on this pair."""


def node_fits(graph: Graph, number: int, wanted: PatternNode) -> bool:
    node = graph.nodes[number]
    if wanted.ops is not None and node.op not in wanted.ops:
        return False
    if not all(test(node.attrs.get(name)) for name, test in wanted.attrs):
        return False
    for position, check in wanted.operands:
        at = node.inputs if position is None else node.inputs[position : position + 1] or (None,)
        if not any(check(operand) for operand in at):
            return False
    if wanted.consumers is None:
        return True
    readers = sum(
        any(isinstance(o, Edge) and o.source == number for o in other.inputs)
        for other in graph.nodes
    )
    is_output = any(isinstance(o, Edge) and o.source == number for o in graph.outputs)
    return wanted.consumers(readers + is_output) or (not readers and wanted.consumers(0))


def edges_fit(operands: Sequence[tuple[int, int]], edges: Sequence[PatternEdge]) -> bool:
    """Whether distinct (position, output) operands can play the pattern's parallel edges."""
    return any(
        all(
            edge.port in (None, position) and edge.output in (None, output)
            for edge, (position, output) in zip(edges, chosen, strict=True)
        )
        for chosen in itertools.permutations(operands, len(edges))
    )


def as_networkx(graph: Graph) -> Any:
    result = nx.DiGraph()
    result.add_nodes_from((v, {"number": v}) for v in range(len(graph)))
    for v, node in enumerate(graph.nodes):
        for position, operand in enumerate(node.inputs):
            if isinstance(operand, Edge):
                result.add_edge(operand.source, v)
                data = result.edges[operand.source, v]
                data.setdefault("operands", []).append((position, operand.port))
    return result


def path_holds(graph: Graph, path: PatternPath, source: int, target: int) -> bool:
    """Walk back from the target, one operand at a time."""
    level = {target}
    for _ in range(path.at_most + 1):
        level = {o.source for v in level for o in graph.nodes[v].inputs if isinstance(o, Edge)}
        if source in level:
            return True
        level = {v for v in level if path.through is None or graph.nodes[v].op in path.through}
    return False


def embeddings(graph: Graph, pattern: Pattern, most: int = 20_000) -> set[tuple[int, ...]]:
    """Every embedding; raises `TooLong` beyond `most` or after too many comparisons."""
    wanted = nx.DiGraph()
    wanted.add_nodes_from((i, {"wanted": node}) for i, node in enumerate(pattern.nodes))
    for edge in pattern.edges:
        wanted.add_edge(edge.source, edge.target)
        wanted.edges[edge.source, edge.target].setdefault("edges", []).append(edge)
    calls = itertools.count()

    def nodes_match(there: dict[str, Any], here: dict[str, Any]) -> bool:
        if next(calls) > 150_000:
            raise TooLong
        return node_fits(graph, there["number"], here["wanted"])

    matcher = DiGraphMatcher(
        as_networkx(graph),
        wanted,
        node_match=nodes_match,
        edge_match=lambda there, here: edges_fit(there["operands"], here["edges"]),
    )
    found = set()
    for mapping in matcher.subgraph_monomorphisms_iter():
        back = {i: v for v, i in mapping.items()}
        nodes = tuple(back[i] for i in range(len(pattern.nodes)))
        if all(path_holds(graph, p, nodes[p.source], nodes[p.target]) for p in pattern.paths):
            found.add(nodes)
        if len(found) > most:
            raise TooLong
    return found


def quick(pattern: Pattern, index: Index) -> dict[int, tuple[int, ...]]:
    result = find(pattern, index)
    assert result.complete
    return {match.anchor: match.nodes for match in result.matches}


def careful(pattern: Pattern, index: Index) -> dict[int, tuple[int, ...]]:
    plan = compile_plan(pattern, index)
    if plan is None:
        return {}
    budget = Budget(10**9)
    budget.open(10**8)
    search = Lookahead(plan, index, budget)
    solved = {anchor: search.solve(anchor) for anchor in anchors(plan, index)}
    return {anchor: nodes for anchor, nodes in solved.items() if nodes is not None}


def agree(graph: Graph, pattern: Pattern) -> bool:
    """Check both engines against the oracle; whether there was a match (None: undecided)."""
    truth = embeddings(graph, pattern)
    index = Index(graph)
    engines: tuple[Callable[[Pattern, Index], dict[int, tuple[int, ...]]], ...] = (quick, careful)
    for engine in engines:
        found = engine(pattern, index)
        assert set(found) == {nodes[pattern.anchor] for nodes in truth}, engine.__name__
        assert set(found.values()) <= truth, engine.__name__
        assert all(nodes[pattern.anchor] == anchor for anchor, nodes in found.items())
    return bool(truth)


NETWORKS = {
    "resnet": lambda: nets.resnet((2, 2)),
    "densenet": lambda: nets.densenet((3, 3)),
    "inception": lambda: nets.inception(2),
    "bert": lambda: nets.bert(2),
    "llama": lambda: nets.llama(2),
    "moe": lambda: nets.moe(1, 5),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parts_of_networks_are_found_where_the_oracle_finds_them(name: str) -> None:
    rng = random.Random(f"parts of {name}")
    graph = NETWORKS[name]()
    hits = decided = 0
    for _ in range(25):
        pattern = nets.sample(graph, rng, rng.randint(1, 9))
        try:
            hits += agree(graph, pattern)
            decided += 1
        except TooLong:
            continue
    assert decided >= 15 and hits >= 8, "the samples have lost their bite"


def add_extras(pattern: Pattern, rng: random.Random) -> Pattern:
    """Give a sampled pattern operand tests, consumer tests and a path now and then."""
    nodes, pick = list(pattern.nodes), rng.randrange(len(pattern.nodes))
    dice = rng.random()
    if dice < 0.2:
        nodes[pick] = replace(nodes[pick], consumers=nets.equal(rng.choice([0, 1, 2])))
    elif dice < 0.4:
        test = nets.operand_test(rng.choice(["const", 0.5, [8, 8]]))
        nodes[pick] = replace(nodes[pick], operands=((rng.choice([None, 0, 1, 2]), test),))
    paths: tuple[PatternPath, ...] = ()
    if rng.random() < 0.3:
        through = rng.choice([None, frozenset({"Relu", "Add"}), frozenset({"Conv"})])
        nodes.append(PatternNode("far", rng.choice([None, frozenset({"Relu"})])))
        far = len(nodes) - 1
        source, target = (pick, far) if rng.random() < 0.5 else (far, pick)
        paths = (PatternPath(source, target, through, rng.randint(0, 3)),)
    return replace(pattern, nodes=tuple(nodes), paths=paths)


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.integers(0, 10**9), st.integers(4, 26), st.integers(1, 6))
def test_random_graphs_with_hubs_parallel_edges_ports_and_paths(
    seed: int, nodes: int, size: int
) -> None:
    rng = random.Random(seed)
    graph = nets.scrambled(rng, nodes)
    try:
        agree(graph, add_extras(nets.sample(graph, rng, size), rng))
    except TooLong:
        return


def test_the_largest_variant_that_matches_is_kept() -> None:
    rng = random.Random("variants")
    for _ in range(60):
        graph = nets.scrambled(rng, 18)
        whole = nets.sample(graph, rng, 4, wild=0.3)
        parts = [whole]
        for i in reversed(range(len(whole.nodes))):
            if i > whole.anchor:  # dropping the last node leaves the numbers of the others alone
                last = parts[-1]
                edges = tuple(e for e in last.edges if i not in (e.source, e.target))
                parts.append(replace(last, nodes=last.nodes[:i], edges=edges))
        truth: dict[int, int] = {}
        for variant, pattern in reversed(list(enumerate(parts))):
            truth |= {nodes[whole.anchor]: variant for nodes in embeddings(graph, pattern)}
        result = find_variants(parts, Index(graph))
        assert result.complete
        assert {m.anchor: m.variant for m in result.matches} == truth
