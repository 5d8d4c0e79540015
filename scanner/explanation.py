"""Why a signature holds for a graph or does not, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from genescan.canonical import Canonical
from genescan.errors import NotationError
from genescan.explain import explain as explain_pattern
from genescan.findings import Context, Search
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.render.clean import clean

_SHOWN = 5
"""Matches listed of one pattern."""


def explain(
    canonical: Canonical, library: Library, signature: str, limits: Limits = DEFAULT
) -> Iterator[str]:
    """The verdict of one signature, what decided it, and for every pattern what became of it."""
    index = Index(canonical.graph)
    context = Context(library, index, limits)
    chosen = library.signatures[signature]
    finding = context.finding(chosen)
    said = {"true": "matches", "false": "does not match", "unknown": "is undecided (search budget)"}
    variant = f", variant {finding.variant}" if finding.variant else ""
    yield f"{signature} {said[finding.truth]}{variant}"
    yield f"  condition: {' '.join(chosen.condition.text.split())}"
    for reason in finding.reasons:
        yield f"  {reason}"
    for ref in chosen.condition.refs:
        try:
            linked = library.linked(chosen, ref)
            search = context.search(linked)
        except NotationError as error:
            yield f"  {ref}: {error.message}"
            continue
        if search.matches:
            yield from _found(str(ref), search, canonical.graph)
            continue
        tries = [explain_pattern(pattern, index, limits) for pattern in linked.patterns]
        best = max(tries, key=lambda attempt: len(attempt.bound))
        yield f"  {ref}: no match; the best attempt binds {len(best.bound)} variables"
        for name, number in best.bound:
            if not name.startswith("_"):
                yield f"    {name} = {_node(canonical.graph, number)}"
        yield f"    {best.text}"


def _found(ref: str, search: Search, graph: Graph) -> Iterator[str]:
    more = "" if search.complete else " or more (search budget)"
    yield f"  {ref}: {len(search.matches)} matches{more}"
    for match in search.matches[:_SHOWN]:
        named = {k: v for k, v in match.bound.items() if not k.startswith("_")}
        bound = ", ".join(f"{name}={_node(graph, number)}" for name, number in named.items())
        yield f"    at node {match.anchor}: {bound}"
    if len(search.matches) > _SHOWN:
        yield f"    … and {len(search.matches) - _SHOWN} more"


def _node(graph: Graph, number: int) -> str:
    node = graph.nodes[number]
    name = node.origin[0] if node.origin else ""
    return f"{number} {clean(node.op)} ({clean(name, 60)})"
