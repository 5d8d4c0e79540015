"""Draft a signature from models of one family: what they share, in the words of the language.

The blocks that all models have in common (`genescan.blocks`) become patterns. Where the bundled
signatures show that few known families are built alike, each block is cut into pieces, most of
which are asked for: another implementation then may differ inside the block. Families whose own
examples have the same pieces are told apart by name. Which kinds of operators all or none of the
models have completes the condition. The draft carries an example and near misses of its own, so
that the lints and tests that judge every signature judge it too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from genescan import blocks, ops, sketch
from genescan.findings import Context, Finding
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.neighbours import Neighbours
from genescan.sketch import Pattern, source

MOST = 3
"""Blocks of one draft."""
_TELLING = ("Attention", "Recurrent", "Normalization", "Pool", "Classical", "Control", "Signal")
"""Classes of operators whose absence is part of what a family is."""
_ALSO = ("Conv", "ConvTranspose", "Linear", "Concat", "Resize", "DepthToSpace", "GridSample",
         "Softmax", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "PRelu", "Elu", "Gelu", "Swish",
         "HardSwish", "Gather", "ScatterND", "DeformConv", "ChannelShuffle", "Embedding",
         "LayerNormalization", "BatchNormalization", "RMSNormalization", "GroupNormalization",
         "InstanceNormalization")  # fmt: skip
"""Single operators of which the same is true."""
_HEADS = ("Softmax", "Sigmoid", "Tanh", "Pool", "Gather", "ScatterND")
_AT_MOST = 2
"""How often operators may occur that end a network, or a gate of it, whatever its body is."""
_NEEDED = ("Conv", "Embedding", "Recurrent", "SDPA", "ConvTranspose")
"""Operators and classes whose presence is: a network of text has the block of one of images."""
_PIECE = 6
"""Nodes of a piece: smaller ones say little, larger ones differ between implementations."""
_COMMON = 20
"""Known families that are built alike, from which on pieces say too little."""
_TOO_COMMON = 60
"""The same of whole blocks: a draft that has to list more of them says nothing."""


class NothingShared(Exception):
    """The models have no block in common that could name a family."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted signature."""

    patterns: tuple[Pattern, ...]
    condition: str
    needs: Mapping[str, int]
    """How many matches of each pattern its example has."""
    others: tuple[str, ...] = ()
    """Lines of the example for operators that are needed outside the patterns."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How much a draft asks for, of what the model has that has least."""

    piece: int
    """Nodes of a piece; 0 for whole blocks, each of which is asked for."""
    count: float
    share: float
    """Of the explained nodes."""


_LEVELS = (_Level(_PIECE, 0.4, 0.55), _Level(0, 0.5, 0.7), _Level(0, 1.0, 0.97))


def draft(
    graphs: Sequence[Graph],
    others: Sequence[Graph] = (),
    limits: Limits = DEFAULT,
    library: Library | None = None,
) -> Draft:
    """What all `graphs` share and none of `others` fulfils, loosely if that is enough.

    Args:
        graphs: Models of one family.
        others: Models that are not of it.
        limits: Budgets of the searches.
        library: Known families to tell the new one from; without it blocks stay whole.

    Raises:
        NothingShared: no block in common, or nothing that tells them from `others`.
    """
    known = Neighbours(library or Library(), graphs, limits)
    wrong: list[Graph] = []
    for level in _LEVELS if library else _LEVELS[1:]:
        patterns = _patterns(known, level)
        if not patterns:
            continue
        made = _conditioned(patterns, known, level)
        if made is None:
            continue
        wrong = [graph for graph in others if holds(made, graph, limits, library)]
        if not wrong:
            return made
    if not wrong:
        raise NothingShared("the models have no block in common that few known families have")
    raise NothingShared(f"nothing tells them from {len(wrong)} of the others")


def holds(
    made: Draft, graph: Graph, limits: Limits = DEFAULT, library: Library | None = None
) -> bool:
    """Whether a draft's condition is true of a graph."""
    grown, signature = (library or Library()).plus(source(made.patterns, made.condition))
    return Context(grown, Index(graph), limits).finding(signature).truth == "true"


def _finding(patterns: Sequence[Pattern], graph: Graph, limits: Limits) -> Finding:
    """Where the patterns occur."""
    names = " | ".join(pattern.name for pattern in patterns)
    library, signature = Library().plus(source(patterns, f"count({names}) >= 0"))
    return Context(library, Index(graph), limits).finding(signature)


# --- conditions --------------------------------------------------------------------------------


def _patterns(known: Neighbours, level: _Level) -> tuple[Pattern, ...]:
    """The shared blocks, or their pieces, each once.

    Where known families explain a part of every model, as a backbone that many have, the largest
    block of the rest is the family's own.
    """
    graphs, taken = known.graphs, known.explained()
    own = blocks.shared(graphs, 1, taken) if taken else ()
    found = [("own", block) for block in own]
    found += [("block", block) for block in blocks.shared(graphs, MOST)]
    if level.piece:
        found = [(n, p) for n, b in found for p in blocks.pieces(b, graphs, level.piece)]
    made = (sketch.pattern(b, graphs, f"{name}{i}") for i, (name, b) in enumerate(found, 1))
    different = dict[tuple[str, ...], Pattern]()
    for pattern in made:
        different.setdefault(pattern.lines, pattern)
    return tuple(
        p for p in different.values() if all(_count(p, graph, known.limits) for graph in graphs)
    )


def _conditioned(patterns: tuple[Pattern, ...], known: Neighbours, level: _Level) -> Draft | None:
    """Counts, the share that is explained, what is absent, and who is not meant.

    None where too many known families are made of the patterns.
    """
    graphs, limits = known.graphs, known.limits
    share = min(_share(patterns, graph, limits) for graph in graphs)
    wanted = math.floor(20 * share * level.share) / 20
    counts = {p.name: [_count(p, graph, limits) for graph in graphs] for p in patterns}
    kinds = _kinds(counts, level)
    alike = known.alike(patterns, kinds, wanted)
    if len(alike) > (_COMMON if level.piece else _TOO_COMMON):
        return None
    terms = list(_counted(counts, kinds, level))
    if wanted >= 0.2:
        terms.append(f"covers({', '.join(counts)}) >= {wanted:g}")
    needed, others = _present(graphs, patterns)
    terms += [f"op({name}) >= 1" for name in needed]
    terms += _absence(graphs)
    terms += [f'not found("{name}")' for name in alike]
    needs = {name: math.ceil(max(each) * level.count) for name, each in counts.items()}
    return Draft(patterns, " and ".join(terms), needs, others)


def _kinds(names: Iterable[str], level: _Level) -> tuple[tuple[str, ...], ...]:
    """What is counted together: each block by itself, or all pieces of a kind."""
    kinds = defaultdict[str, list[str]](list)
    for name in names:
        kinds[name.rstrip("0123456789") if level.piece else name].append(name)
    return tuple(map(tuple, kinds.values()))


def _counted(
    counts: Mapping[str, Sequence[int]], kinds: Iterable[Sequence[str]], level: _Level
) -> Iterator[str]:
    """How many matches of each kind are asked for."""
    for names in kinds:
        least = min(map(sum, zip(*(counts[name] for name in names), strict=True)))
        yield f"count({' | '.join(names)}) >= {max(1, math.ceil(least * level.count))}"


def _count(pattern: Pattern, graph: Graph, limits: Limits) -> int:
    return len(_finding((pattern,), graph, limits).searches[pattern.name].matches)


def _share(patterns: Sequence[Pattern], graph: Graph, limits: Limits) -> float:
    covered = _finding(patterns, graph, limits).covered
    working = [i for i, node in enumerate(graph.nodes) if ops.computes(node.op)]
    return sum(i in covered for i in working) / len(working) if working else 0.0


def _absence(graphs: Sequence[Graph]) -> Iterator[str]:
    """Classes and operators that none of the models has; a head may have a few."""
    present = {node.op for graph in graphs for node in graph.nodes}
    kinds = {ops.kind(op) for op in present}
    classes = [name for name in _TELLING if name not in kinds]
    absent = [op for op in _ALSO if op not in present and ops.kind(op) not in classes]
    names = [*classes, *absent]
    if body := [name for name in names if name not in _HEADS]:
        yield f"op({' | '.join(body)}) == 0"
    if heads := [name for name in names if name in _HEADS]:
        yield f"op({' | '.join(heads)}) <= {_AT_MOST}"


def _present(
    graphs: Sequence[Graph], patterns: Sequence[Pattern]
) -> tuple[list[str], tuple[str, ...]]:
    """Telling operators that all models have, and an example of each outside the patterns."""
    needed, shown = [], []
    inside = {line.partition(" = ")[2].partition("(")[0] for p in patterns for line in p.lines}
    for name in _NEEDED:
        nodes = [[n for n in graph.nodes if name in (n.op, ops.kind(n.op))] for graph in graphs]
        if all(nodes):
            needed.append(name)
            if not any(name in (op, ops.kind(op)) for op in inside):
                shown.append(sketch.shown(nodes[0][0]))
    return needed, tuple(dict.fromkeys(shown))


def lines(made: Draft) -> Iterator[str]:
    """The example graph of a draft: each block as often as the condition needs it.

    Every part is a loop, because only there may names be taken again.
    """
    for line in made.others:
        yield "for _ in range(1):"
        yield f"    {line}"
    for pattern in made.patterns:
        yield f"for _ in range({made.needs[pattern.name]}):"
        for line in pattern.example:
            yield f"    {line}"
