"""From findings to a verdict: which family, which parts, how sure, and what stays unexplained.

Pure: it sees a canonical graph and what the signatures found in it, nothing of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from genescan import leftover, ops, purpose
from genescan.canonical import Canonical
from genescan.findings import Context, Finding
from genescan.graph import Edge, Node
from genescan.library import Library
from genescan.report import (
    Component,
    Family,
    Match,
    Model,
    Near,
    Outcome,
    Relative,
    Repeated,
)
from genescan.signature import Signature

WHOLE = 0.5
"""Share of compute nodes that a family must explain to name the whole model by it."""
_MOSTLY = 0.7
"""Share that a backbone must explain to be more than the trunk of something else."""
_APART = 0.1
"""Overlap, as a share of the smaller one, up to which two families stand side by side."""
_INSIDE = 0.9
"""Overlap from which the smaller of two families is a part of the larger."""
_UPSAMPLING = frozenset({"Resize", "ConvTranspose", "DepthToSpace", "MaxUnpool", "GridSample"})
_DETECTION = frozenset({"DetectionOutput", "NonMaxSuppression", "RoiAlign", "MaxRoiPool"})
_FEWER = 0.6
"""How much smaller it must be; families of nearly one size are rivals."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A family whose condition holds, with the compute nodes it explains."""

    signature: Signature
    finding: Finding
    nodes: frozenset[int]


def judge(canonical: Canonical, context: Context, *, matches: bool = False) -> Model:
    """The verdict on one canonical graph; path, format and time are the caller's to add."""
    graph, library = canonical.graph, context.library
    claims = [_claim(s, context) for s in library.signatures.values()]
    held = [claim for claim in claims if claim.finding.truth == "true"]
    rivals, parts = _settle([c for c in held if c.signature.level == "family"], library)
    trunks = [claim for claim in rivals if _is_trunk(claim, context)]
    rivals, parts = [claim for claim in rivals if claim not in trunks], [*parts, *trunks]
    components = [c for c in held if c.signature.level == "component"] + parts
    undecided = [
        c.signature.id for c in claims if c.finding.truth == "unknown" or c.finding.undecided
    ]
    top, outcome = _outcome(rivals, parts, context)
    chosen = [*top, *parts, *components]
    explained = frozenset().union(*(c.nodes for c in chosen)) if top or components else frozenset()
    incomplete = (*(f"{name}: search budget" for name in undecided),)
    if canonical.incidents or graph.left_out or (undecided and outcome != "identified"):
        outcome = "partial"
    share = len(explained) / len(context.compute) if context.compute else 0.0
    family = _family(top, share, context) if outcome in ("identified", "partial") else None
    signatures = [c.signature for c in top] if outcome != "unknown" else []
    modality, task, evidence = purpose.read(graph, signatures)
    blocks = leftover.repeated(context) if outcome == "unknown" else ()
    model = Model(
        path="",
        format=graph.format,
        outcome=outcome,
        digest=canonical.digest,
        sized_digest=canonical.sized_digest,
        nodes=sum(node.op != "Input" for node in graph.nodes),
        compute_nodes=len(context.compute),
        family=family,
        candidates=_candidates(top, share, context) if outcome == "ambiguous" else (),
        components=_components(
            top if len(top) > 1 or outcome == "unknown" else [], components, context
        ),
        modality=modality,
        task=task,
        relatives=_relatives(top, library) if outcome != "unknown" else (),
        nearest=_nearest(claims, blocks, context) if outcome in ("unknown", "partial") else (),
        repeated=tuple(block for block, _ in blocks),
        unexplained=leftover.rest(explained, context),
        unknown_operators=_unknown_operators(graph.nodes),
        evidence=evidence,
        errors=tuple(f"canonicalisation lost something: {i}" for i in canonical.incidents[:20]),
        skipped=graph.left_out,
        limits_hit=incomplete,
        facts=dict(graph.meta),
    )
    return replace(model, matches=_matches(chosen, context)) if matches else model


def _claim(signature: Signature, context: Context) -> _Claim:
    finding = context.finding(signature)
    return _Claim(signature, finding, finding.covered & context.compute)


# --- choosing ----------------------------------------------------------------------------------


def _settle(held: Sequence[_Claim], library: Library) -> tuple[list[_Claim], list[_Claim]]:
    """Families that stand for the model, and families that are parts of those."""
    beaten: set[str] = set()
    inside: set[str] = set()
    present = {claim.signature.id for claim in held}
    for claim in held:
        inside |= _reached(claim.signature.uses.values(), library, "uses") & present
        beaten |= _reached(claim.signature.supersedes, library, "supersedes") & present
    specific = [
        c for c in held if not c.signature.fallback and c.signature.id not in beaten | inside
    ]
    if specific:
        beaten |= {c.signature.id for c in held if c.signature.fallback}
    rivals = [c for c in held if c.signature.id not in beaten | inside]
    parts = [c for c in held if c.signature.id in inside]
    swallowed = [c for c in rivals if any(_holds(other, c) for other in rivals)]
    return [c for c in rivals if c not in swallowed], [*parts, *swallowed]


def _holds(large: _Claim, small: _Claim) -> bool:
    """Whether one family's nodes lie within another's, and are clearly fewer."""
    inner, outer = len(small.nodes), len(large.nodes)
    together = len(small.nodes & large.nodes)
    return inner <= _FEWER * outer and together >= _INSIDE * inner


def _is_trunk(claim: _Claim, context: Context) -> bool:
    """Whether a backbone only feeds something that it does not explain.

    Upsampling after it, outside its patterns, shows a decoder or a detection neck, choosing among
    boxes a detection head, and a large rest something: the network is then not named by its
    backbone alone.
    """
    if claim.signature.role not in ("backbone", "encoder"):
        return False
    small = len(claim.nodes) < _MOSTLY * len(context.compute)
    if small and claim.signature.role == "backbone":
        return True
    nodes, covered = context.graph.nodes, claim.finding.covered
    after = [False] * len(nodes)
    for number, node in enumerate(nodes):
        sources = (operand.source for operand in node.inputs if isinstance(operand, Edge))
        after[number] = any(after[source] or source in claim.nodes for source in sources)
        if after[number] and node.op in _UPSAMPLING | _DETECTION and number not in covered:
            return True
    return False


def _reached(start: Iterable[str], library: Library, field: str) -> set[str]:
    """Ids reached from some ids over a relation of signatures."""
    seen: set[str] = set()
    stack = list(start)
    while stack:
        name = stack.pop()
        if name in seen or name not in library.signatures:
            continue
        seen.add(name)
        signature = library.signatures[name]
        stack.extend(signature.uses.values() if field == "uses" else signature.supersedes)
    return seen


def _outcome(
    rivals: list[_Claim], parts: list[_Claim], context: Context
) -> tuple[list[_Claim], Outcome]:
    """The claims that make the verdict: one, several side by side, or several that conflict."""
    if not rivals or not context.compute:
        return rivals, "unknown"
    rivals = sorted(rivals, key=lambda c: (-len(c.nodes), c.signature.id))
    for a, b in combinations(rivals, 2):
        smaller = min(len(a.nodes), len(b.nodes))
        if len(a.nodes & b.nodes) > _APART * smaller:
            return rivals, "ambiguous"
    together = frozenset[int]().union(*(claim.nodes for claim in [*rivals, *parts]))
    share = len(together) / len(context.compute)
    return rivals, "identified" if share >= WHOLE else "unknown"


# --- describing --------------------------------------------------------------------------------


def _family(claims: Sequence[_Claim], explained: float, context: Context) -> Family | None:
    if not claims:
        return None
    reasons = [reason for claim in claims for reason in claim.finding.reasons]
    confidence = 0.55 + 0.44 * explained
    reasons.append(f"{explained:.0%} of {len(context.compute)} compute nodes explained")
    unknown = sum(_unknown_operators(context.graph.nodes).values())
    if unknown:
        share = unknown / max(1, len(context.compute))
        confidence -= min(0.3, share)
        reasons.append(f"{unknown} unknown operators lower it")
    if any(claim.signature.fallback for claim in claims):
        confidence = min(confidence, 0.7)
        reasons.append("a general description, no specific family matched")
    variants = [claim.finding.variant for claim in claims]
    return Family(
        id=" + ".join(claim.signature.id for claim in claims),
        title=" + ".join(claim.signature.title for claim in claims),
        variant=variants[0] if len(claims) == 1 else None,
        confidence=round(max(0.05, confidence), 3),
        reasons=tuple(reasons),
        indistinguishable=tuple(n for c in claims for n in c.signature.indistinguishable),
    )


def _candidates(claims: Sequence[_Claim], explained: float, context: Context) -> tuple[Family, ...]:
    families = (_family([claim], explained, context) for claim in claims)
    return tuple(family for family in families if family is not None)


def _components(
    families: Iterable[_Claim], components: Iterable[_Claim], context: Context
) -> tuple[Component, ...]:
    found = {}
    for claim in [*families, *components]:
        signature, nodes = claim.signature, claim.nodes or claim.finding.covered
        if not nodes or signature.id in found:
            continue
        ordered = sorted(nodes)
        found[signature.id] = Component(
            id=signature.id,
            title=signature.title,
            role=signature.role,
            level=signature.level,
            variant=claim.finding.variant,
            count=max((len(s.matches) for s in claim.finding.searches.values()), default=0),
            coverage=round(len(claim.nodes) / max(1, len(context.compute)), 4),
            nodes=(ordered[0], ordered[-1]),
            first=leftover.name(context.graph.nodes[ordered[0]]),
            last=leftover.name(context.graph.nodes[ordered[-1]]),
        )
    return tuple(sorted(found.values(), key=lambda c: (c.level != "family", -c.coverage, c.id)))


def _relatives(claims: Iterable[_Claim], library: Library) -> tuple[Relative, ...]:
    own = {claim.signature.id for claim in claims}
    found: dict[str, set[str]] = {}
    for claim in claims:
        parts = set(claim.signature.uses.values())
        for name in claim.signature.relatives:
            found.setdefault(name, set())
        for other in library.signatures.values():
            shared = parts & set(other.uses.values())
            if other.level == "family" and shared:
                found.setdefault(other.id, set()).update(shared)
    return tuple(
        Relative(name, tuple(sorted(through)))
        for name, through in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        if name not in own
    )


def _nearest(
    claims: Iterable[_Claim], blocks: Sequence[tuple[Repeated, frozenset[int]]], context: Context
) -> tuple[Near, ...]:
    """Families some of whose patterns occur, though their condition does not hold."""
    near = [
        Near(
            claim.signature.id,
            round(len(claim.nodes) / max(1, len(context.compute)), 4),
            claim.finding.reasons,
            tuple(
                block.digest
                for block, nodes in blocks
                if len(nodes & claim.finding.covered) >= _INSIDE * len(nodes)
            ),
        )
        for claim in claims
        if claim.signature.level == "family" and claim.nodes and not claim.signature.fallback
    ]
    return tuple(sorted(near, key=lambda n: (-len(n.blocks), -n.coverage, n.id))[:5])


def _unknown_operators(nodes: Iterable[Node]) -> dict[str, int]:
    counts = Counter(node.op for node in nodes if ops.kind(node.op) == "Unknown")
    return dict(sorted(counts.items()))


def _matches(claims: Iterable[_Claim], context: Context) -> tuple[Match, ...]:
    nodes = context.graph.nodes
    return tuple(
        Match(
            claim.signature.id,
            pattern,
            match.anchor,
            {
                name: leftover.name(nodes[i])
                for name, i in match.bound.items()
                if not name.startswith("_")
            },
        )
        for claim in {c.signature.id: c for c in claims}.values()
        for pattern, search in claim.finding.searches.items()
        for match in search.matches[:1000]
    )
