"""How long a scan with 300 rules takes: `python -m benchmarks.matching` from the repository root.

A few rules are written by hand; the others are random connected parts of generated networks
(5 to 40 nodes, 8 % wildcards, 12 % alternatives), which hit more often than real rules do.
Target: at most 30 ms for a warm scan of a graph of about 2,000 nodes.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from genescan.graph import Edge, Graph
from genescan.index import Index
from genescan.match import find
from genescan.pattern import Pattern
from genescan.plan import compile_plan, could_match
from tests import match_support as nets

RULES = 300

BY_HAND = (
    {
        "name": "bottleneck",
        "nodes": {
            "x": "*",
            "c1": {"op": "Conv", "attrs": {"kernel_shape": [1, 1]}},
            "b1": "BatchNormalization",
            "r1": "Relu",
            "c2": {"op": "Conv", "attrs": {"kernel_shape": [3, 3]}},
            "b2": "BatchNormalization",
            "r2": "Relu",
            "c3": {"op": "Conv", "attrs": {"kernel_shape": [1, 1]}},
            "b3": "BatchNormalization",
            "add": "Add",
            "out": "Relu",
        },
        "edges": (
            "x -> c1:0",
            "c1 -> b1:0",
            "b1 -> r1:0",
            "r1 -> c2:0",
            "c2 -> b2:0",
            "b2 -> r2:0",
            "r2 -> c3:0",
            "c3 -> b3:0",
            "b3 -> add",
            "x -> add",
            "add -> out:0",
        ),
    },
    {
        "name": "swiglu",
        "nodes": {
            "x": "*",
            "g": "MatMul",
            "s": "Sigmoid",
            "a": "Mul",
            "u": "MatMul",
            "m": "Mul",
            "d": "MatMul",
        },
        "edges": (
            "x -> g:0",
            "g -> s:0",
            "g -> a",
            "s -> a",
            "x -> u:0",
            "a -> m",
            "u -> m",
            "m -> d:0",
        ),
    },
    {
        "name": "rotary",
        "nodes": {
            "t": "*",
            "a": "Slice",
            "b": "Slice",
            "n": "Neg",
            "c": {"op": "Concat", "attrs": {"axis": -1}},
            "m": "Mul",
            "k": "Mul",
            "out": "Add",
        },
        "edges": (
            "t -> a:0",
            "t -> b:0",
            "b -> n:0",
            "n -> c:0",
            "a -> c:1",
            "t -> m",
            "c -> k",
            "m -> out",
            "k -> out",
        ),
    },
    {
        "name": "scaled attention",
        "nodes": {
            "s": "MatMul",
            "scale": {"op": "Mul|Div", "operands": {"any": "const"}},
            "mask": "*",
            "masked": "Add",
            "p": {"op": "Softmax", "attrs": {"axis": -1}},
            "v": "*",
            "out": "MatMul",
        },
        "edges": (
            "s -> scale",
            "scale -> masked",
            "mask -> masked",
            "masked -> p:0",
            "p -> out:0",
            "v -> out:1",
        ),
    },
)


def chain(graph: Graph, times: int) -> Graph:
    """Copies of a graph, the inputs of each fed by the end of the one before."""
    nodes = list(graph.nodes)
    size = len(nodes)
    for copy in range(1, times):
        for node in graph.nodes:
            inputs = tuple(
                o._replace(source=o.source + copy * size) if isinstance(o, Edge) else o
                for o in node.inputs
            )
            if node.op == "Input":
                node, inputs = type(node)("Relu", (), {}), (Edge(copy * size - 1),)
            nodes.append(type(node)(node.op, inputs, node.attrs, node.outputs, node.origin))
    return Graph(tuple(nodes), (Edge(len(nodes) - 1),))


def rules(sources: list[Graph]) -> list[Pattern]:
    """The rule set: the same one on every run."""
    rng = random.Random(2026)
    sampled = [
        nets.sample(
            rng.choice(sources),
            rng,
            rng.randint(5, 40),
            wild=0.08,
            noise=0.0,
            free_ports=0.0,
            widest=6,
        )
        for _ in range(RULES - len(BY_HAND))
    ]
    return [*map(nets.pattern, BY_HAND), *map(count_ends, sampled)]


def count_ends(pattern: Pattern) -> Pattern:
    """The pattern anchored where it ends, as signatures are."""
    feeding = {edge.source for edge in pattern.edges}
    end = next(i for i in range(len(pattern.nodes)) if i not in feeding)
    return replace(pattern, anchor=end)


def clock(run: Callable[[], object], times: int) -> float:
    """Best of some runs, in milliseconds."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def report(name: str, graph: Graph, patterns: list[Pattern]) -> None:
    """Print one line of the table."""
    times = 5 if len(graph) < 20_000 else 1
    build = clock(lambda: Index(graph), times)
    index = Index(graph)
    start = time.perf_counter()
    for pattern in patterns:
        find(pattern, index)
    cold = (time.perf_counter() - start) * 1e3
    kept = [p for p in patterns if could_match(p, index)]
    results = [find(p, index) for p in patterns]
    cells = (
        f"{len(graph):,}",
        str(len(index.label_nodes)),
        f"{build:.1f}",
        str(len(kept)),
        str(sum(bool(r.matches) for r in results)),
        f"{sum(len(r.matches) for r in results):,}",
        str(sum(not r.complete for r in results)),
        f"{clock(lambda: [could_match(p, index) for p in patterns], times):.2f}",
        f"{clock(lambda: [compile_plan(p, index) for p in kept], times):.1f}",
        f"{cold:.1f}",
        f"{clock(lambda: [find(p, index) for p in patterns], times):.1f}",
    )
    print(f"{name:<14}" + "".join(f"{cell:>9}" for cell in cells))


def main() -> None:
    """Print the table; all times in milliseconds."""
    small = {
        "resnet50": nets.resnet(),
        "densenet121": nets.densenet(),
        "inception": nets.inception(),
        "bert": nets.bert(),
        "llama16": nets.llama(16),
        "moe": nets.moe(),
    }
    patterns = rules(list(small.values()))
    heads = "nodes labels index kept hit anchors unknown filter plan cold warm"
    print(f"{'graph':<14}" + "".join(f"{head:>9}" for head in heads.split()))
    large = {
        "llama42": nets.llama(42),
        "resnet_x570": chain(nets.resnet(), 570),
        "llama2083": nets.llama(2083),
        "moe64x177": nets.moe(64, 177),
    }
    only = sys.argv[1:]
    for name, graph in {**small, **large}.items():
        if not only or name in only:
            report(name, graph, patterns)


if __name__ == "__main__":
    main()
