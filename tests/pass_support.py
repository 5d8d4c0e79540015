"""Passes on graphs in the notation, and the real models at hand, for the tests of rewriting."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from genescan import ops, text
from genescan.digest import canonical_order, digest
from genescan.draft import Draft
from genescan.graph import Edge, Graph, Operand
from genescan.passes import Pass, drop_unused

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("GENESCAN_CORPUS", ROOT.parent / "shared" / "corpus"))
"""A folder of real models; tests that read it are skipped where there is none."""
FIXTURES = sorted((ROOT / "fixtures" / "onnx").rglob("*.onnx"))
"""Small real models that come with the repository."""


def fixture_name(path: Path) -> str:
    """A short name of a model file for a test's id."""
    return "/".join(path.with_suffix("").parts[-2:])


def renumbered(graph: Graph, order: Sequence[int]) -> Graph:
    """The same graph with its nodes in another topological order."""
    place = {old: new for new, old in enumerate(order)}

    def moved(operand: Operand) -> Operand:
        return (
            operand._replace(source=place[operand.source]) if isinstance(operand, Edge) else operand
        )

    return replace(
        graph,
        nodes=tuple(
            replace(node, inputs=tuple(map(moved, node.inputs)))
            for node in (graph.nodes[old] for old in order)
        ),
        outputs=tuple(map(moved, graph.outputs)),
        shapes={(place[index], port): dims for (index, port), dims in graph.shapes.items()},
    )


def ordered(graph: Graph) -> Graph:
    """Canonical order, inputs by name (those that are read), defining attributes in full."""
    draft = Draft(graph)
    for node in draft.of("Input"):
        if node.out.dead:
            draft.remove(node, "unread")
    for node in draft:
        node.attrs = ops.complete(node.op, node.attrs)
    graph = draft.freeze()

    def place(index: int) -> tuple[bool, str]:
        node = graph.nodes[index]
        return node.op != "Input", node.origin[0] if node.op == "Input" else ""

    return canonical_order(renumbered(graph, sorted(range(len(graph)), key=place)))


def finished(draft: Draft) -> Graph:
    """What a draft has come to, without what no output needs."""
    drop_unused.run(draft)
    return ordered(draft.freeze())


def run_alone(step: Pass, graph: Graph) -> Graph:
    """One pass over a graph, nothing before and nothing after it."""
    draft = Draft(graph)
    step.run(draft)
    return finished(draft)


def example(docstring: str, title: str) -> str:
    """The indented block below `title:` in a docstring."""
    block = re.search(rf"^{title}:\n((?:    .*\n|\n)+)", docstring + "\n", re.MULTILINE)
    assert block is not None, f"no block '{title}:' in the docstring"
    return re.sub("^    ", "", block[1], flags=re.MULTILINE)


def expect_same(found: Graph, expected: Graph) -> None:
    """Equal structure, equal text, and every attribute that `expected` writes down."""
    expected = ordered(expected)
    assert text.render(found) == text.render(expected)
    assert digest(found, sized=True) == digest(expected, sized=True)
    for node, wanted in zip(found.nodes, expected.nodes, strict=True):
        assert dict(wanted.attrs).items() <= dict(node.attrs).items(), node.op
