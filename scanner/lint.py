"""What is wrong with a signature that can be read: one small check each, all in one table.

Errors keep a signature out of the stable set; warnings ask its author to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from genescan import notation, ops, selftest
from genescan.errors import NotationError
from genescan.expand import Linked, Variant
from genescan.facts import Ref
from genescan.findings import Context
from genescan.formatting import formatted
from genescan.graph import Edge, Graph, Node
from genescan.index import Index
from genescan.library import SUFFIX, Library
from genescan.notation import Body, Step, Use
from genescan.signature import Signature
from genescan.suggest import hint

TODO = "TODO"
"""Marks what a drafted signature leaves for a person to say."""
MAX_SUMMARY = 120
MAX_LINES = 60

OTHER_ATTRS = frozenset(
    [
        *(
            "alpha",
            "axes",
            "axis",
            "bias",
            "blocksize",
            "cache",
            "dtype",
            "ends",
            "groups",
            "heads",
        ),
        *("hidden_size", "kind", "kv_heads", "mask", "max", "min", "mode", "origin", "pads"),
        *("part", "partial", "parts", "shape", "starts", "steps", "unscaled"),
    ]
)
"""Attributes outside equality that canonical graphs keep; any other is dropped before matching."""

COMMON = frozenset(op for op, row in ops.VOCABULARY.items() if row.kind in ("Elementwise", "Logic"))
"""Operators that nearly every graph has: a pattern of these alone is searched everywhere."""

Severity: TypeAlias = Literal["error", "warning"]


class Spot(NamedTuple):
    """Where and what a check complains about."""

    line: int
    column: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Lint:
    """One check: its name says what is wrong, its hint how to mend it."""

    name: str
    severity: Severity
    hint: str
    check: Callable[[Signature, Library], Iterable[Spot]]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that a lint found."""

    lint: str
    severity: Severity
    path: str
    line: int
    column: int
    message: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.message} ({self.hint}) [{self.lint}]"


def _at(signature: Signature, field: str, message: str) -> Spot:
    return Spot(*signature.places.get(field, (1, 1)), message)


def _linked(signature: Signature, library: Library) -> Iterator[tuple[str, Linked]]:
    for name in signature.patterns:
        yield name, library.linked(signature, Ref("", name))


def _variants(signature: Signature, library: Library) -> Iterator[tuple[str, tuple[Variant, ...]]]:
    """Patterns that can be expanded; `PatternCannotBeExpanded` speaks of the others."""
    for name, linked in _linked(signature, library):
        try:
            yield name, linked.variants
        except NotationError:
            continue


def id_differs(signature: Signature, library: Library) -> Iterator[Spot]:
    """The id must be the path, so that a name leads to its file."""
    path = signature.path.replace("\\", "/").removesuffix(SUFFIX)
    if path != signature.id and not path.endswith(f"/{signature.id}"):
        yield _at(signature, "id", f"id {signature.id} differs from the path {path}")


def long_summary(signature: Signature, library: Library) -> Iterator[Spot]:
    """A summary is one line of a table."""
    if len(signature.summary) > MAX_SUMMARY:
        length = len(signature.summary)
        yield _at(signature, "summary", f"summary has {length} characters, {MAX_SUMMARY} fit")


def missing_text(signature: Signature, library: Library) -> Iterator[Spot]:
    """Who reads a verdict wants to know what was found and why that is certain."""
    for field in ("summary", "why"):
        if not getattr(signature, field):
            yield _at(signature, "id", f"{field} is missing")


def missing_references(signature: Signature, library: Library) -> Iterator[Spot]:
    """An architecture without a source cannot be checked."""
    if not signature.references:
        yield _at(signature, "id", "references are missing")


def missing_misses(signature: Signature, library: Library) -> Iterator[Spot]:
    """Every signature has blind spots; naming them is part of the answer."""
    if not signature.misses:
        yield _at(signature, "id", "misses is missing")


def few_tests(signature: Signature, library: Library) -> Iterator[Spot]:
    """A signature without counter-examples proves nothing."""
    if len(signature.match) < 1:
        yield _at(signature, "tests", "no example under tests.match")
    if len(signature.no_match) < 2:
        count = len(signature.no_match)
        yield _at(signature, "tests", f"{count} of at least 2 counter-examples")


def no_model(signature: Signature, library: Library) -> Iterator[Spot]:
    """Inline graphs show the idea; only real files show that it survives the readers."""
    if signature.status == "stable" and signature.level == "family" and not signature.models:
        yield _at(signature, "models", "no fixture model")


def unknown_attribute(signature: Signature, library: Library) -> Iterator[Spot]:
    """An attribute that no operator has never passes its test."""
    for name, body in signature.patterns.items():
        for head in notation.heads(body):
            if not isinstance(head, Step):
                continue
            allowed = head.ops if head.ops is not None else frozenset(ops.VOCABULARY)
            known = {attr for op in allowed for attr in ops.info(op).attrs} | OTHER_ATTRS
            for attr, _ in head.attrs:
                if attr not in known:
                    what = f"pattern {name}: unknown attribute {attr}"
                    place = signature.places[f"patterns.{name}"]
                    yield Spot(*place, what, hint(attr, known))


def unread_variable(signature: Signature, library: Library) -> Iterator[Spot]:
    """A name that nothing reads and nothing counts is a slip, or a branch left hanging."""
    texts = [signature.condition.text, *(condition.text for _, condition in signature.variants)]
    for name, body in signature.patterns.items():
        for end in body.ends:
            if end != body.anchor and not any(f"{name}.{end}" in text for text in texts):
                yield _at(signature, f"patterns.{name}", f"pattern {name}: nothing reads {end}")


def mistyped_variable(signature: Signature, library: Library) -> Iterator[Spot]:
    """A free variable that looks like an assigned one is one with a slip in it."""
    for name, body in signature.patterns.items():
        for free in body.free:
            close = [known for known in body.assigned if len(free) > 3 and _near(free, known)]
            if close:
                message = f"pattern {name}: {free} is never assigned"
                yield Spot(
                    *signature.places[f"patterns.{name}"], message, f"did you mean {close[0]}?"
                )


def _near(a: str, b: str) -> bool:
    return bool(hint(a, [b]))


def open_operands(signature: Signature, library: Library) -> Iterator[Spot]:
    """A component called with fewer operands than it has free variables leaves some open."""
    for name, body in signature.patterns.items():
        for expr in body.assigned.values():
            for part in notation.walk(expr):
                if isinstance(part, notation.Apply) and isinstance(part.head, Use):
                    alias = part.head.alias
                    free = library.linked(signature, Ref(alias)).body.free
                    if len(part.args) < len(free):
                        left = ", ".join(free[len(part.args) :])
                        message = f"pattern {name}: {alias}() leaves {left} open"
                        yield _at(signature, f"patterns.{name}", message)


def disconnected(signature: Signature, library: Library) -> Iterator[Spot]:
    """A pattern in two pieces matches any two things that happen to be in one graph."""
    for name, variants in _variants(signature, library):
        if any(_pieces(variant) > 1 for variant in variants):
            yield _at(signature, f"patterns.{name}", f"pattern {name} falls into pieces")


def _pieces(variant: Variant) -> int:
    leader = list(range(len(variant.pattern.nodes)))

    def find(node: int) -> int:
        while leader[node] != node:
            node = leader[node]
        return node

    pattern = variant.pattern
    bonds = [(edge.source, edge.target) for edge in pattern.edges]
    for source, target in bonds + [(path.source, path.target) for path in pattern.paths]:
        leader[find(source)] = find(target)
    return sum(leader[node] == node for node in range(len(leader)))


def single_node(signature: Signature, library: Library) -> Iterator[Spot]:
    """A family that a graph of one node already shows is no family."""
    if signature.level == "component":
        return
    wanted = {op for name, body in signature.patterns.items() for op in _mentioned(body)}
    for op in sorted(wanted):
        if ops.kind(op) == "Classical":  # there one operator is a whole model
            continue
        graph = Graph((Node("Input"), Node(op, (Edge(0),), ops.complete(op, {}))), (Edge(1),))
        if Context(library, Index(graph)).finding(signature).truth == "true":
            yield _at(signature, "condition", f"a single {op} already satisfies the condition")
            return


def _mentioned(body: Body) -> Iterator[str]:
    for head in notation.heads(body):
        if isinstance(head, Step) and head.ops is not None:
            yield from sorted(head.ops)[:4]


def no_rare_operator(signature: Signature, library: Library) -> Iterator[Spot]:
    """Without an operator that few graphs have, every graph must be searched."""
    for name, linked in _linked(signature, library):
        if all(wanted & COMMON for wanted, _ in linked.required):
            yield _at(signature, f"patterns.{name}", f"pattern {name} needs common operators only")


def cannot_expand(signature: Signature, library: Library) -> Iterator[Spot]:
    """Too many variants, or none."""
    for name, linked in _linked(signature, library):
        try:
            _ = linked.variants
        except NotationError as error:
            yield _at(signature, f"patterns.{name}", f"pattern {name}: {error.message}")


def unused_component(signature: Signature, library: Library) -> Iterator[Spot]:
    """A component under `uses` that nothing uses."""
    conditions = [signature.condition, *(condition for _, condition in signature.variants)]
    used = {ref.alias for condition in conditions for ref in condition.refs}
    for body in signature.patterns.values():
        used |= {head.alias for head in notation.heads(body) if isinstance(head, Use)}
    for alias in signature.uses:
        if alias not in used:
            yield _at(signature, "uses", f"{alias} is never used")


def unused_pattern(signature: Signature, library: Library) -> Iterator[Spot]:
    """A pattern that no condition speaks of."""
    conditions = [signature.condition, *(condition for _, condition in signature.variants)]
    used = {ref.pattern for condition in conditions for ref in condition.refs if not ref.alias}
    for name in signature.patterns:
        if name not in used and name != signature.main:
            yield _at(signature, f"patterns.{name}", f"pattern {name} is never asked for")


def unknown_signature(signature: Signature, library: Library) -> Iterator[Spot]:
    """An id that no file has."""
    for field, ids in (("relatives", signature.relatives), ("supersedes", signature.supersedes)):
        for other in ids:
            if other not in library.signatures:
                spot = _at(signature, field, f"{field}: no signature {other}")
                yield spot._replace(hint=hint(other, library.signatures))


def fallback_with_variants(signature: Signature, library: Library) -> Iterator[Spot]:
    """A fallback is what is said when nothing specific can be."""
    if signature.fallback and signature.variants:
        yield _at(signature, "fallback", "a fallback has no variants")


def long_file(signature: Signature, library: Library) -> Iterator[Spot]:
    """Small signatures win."""
    lines = signature.source.count("\n")
    if lines > MAX_LINES:
        yield Spot(1, 1, f"{lines} lines, {MAX_LINES} are enough for most")


def draft_text(signature: Signature, library: Library) -> Iterator[Spot]:
    """What a draft leaves for a person to say."""
    for number, line in enumerate(signature.source.splitlines(), 1):
        if TODO in line:
            yield Spot(number, line.index(TODO) + 1, f"{TODO} is left")


def not_formatted(signature: Signature, library: Library) -> Iterator[Spot]:
    """Files that look alike are read faster."""
    if signature.source and formatted(signature.source) != signature.source:
        yield Spot(1, 1, "not in the one layout")


def subsumed(signature: Signature, library: Library) -> Iterator[Spot]:
    """Two families that hold of the same graphs, of which neither speaks of the other."""
    if signature.level != "family" or signature.fallback:
        return
    rivals: set[str] | None = None
    for example in signature.match:
        try:
            context = Context(library, Index(selftest.graph(example, signature.source)))
        except NotationError:
            return  # its test says so
        held = {
            other.id
            for other in library
            if other.level == "family"
            and not other.fallback
            and context.finding(other).truth == "true"
        }
        rivals = held if rivals is None else rivals & held
    for other in sorted((rivals or set()) - {signature.id}):
        if not _related(signature, library.signatures[other], library):
            yield _at(signature, "condition", f"{other} holds of all examples too")


def _related(a: Signature, b: Signature, library: Library) -> bool:
    """Whether one uses, supersedes or names the other."""
    return any(y.id in {*x.uses.values(), *x.supersedes, *x.relatives} for x, y in ((a, b), (b, a)))


LINTS: tuple[Lint, ...] = (
    Lint("IdDiffersFromPath", "error", "rename the file or the id", id_differs),
    Lint("SummaryTooLong", "error", "move details to why", long_summary),
    Lint("MissingText", "error", "say it in one sentence", missing_text),
    Lint("MissingReferences", "error", "name the paper or the code", missing_references),
    Lint("TooFewTests", "error", "add an example and two near misses", few_tests),
    Lint("UnknownAttribute", "error", "see the vocabulary", unknown_attribute),
    Lint("Disconnected", "error", "connect it, or write two patterns", disconnected),
    Lint("SingleNodeMatches", "error", "ask for more structure", single_node),
    Lint("PatternCannotBeExpanded", "error", "use fewer maybe(...) and either(...)", cannot_expand),
    Lint("UnusedComponent", "error", "use it or remove it", unused_component),
    Lint("UnknownSignature", "error", "correct the id", unknown_signature),
    Lint("FallbackWithVariants", "error", "drop one of them", fallback_with_variants),
    Lint("MissingMisses", "warning", "name the known blind spots", missing_misses),
    Lint("NoFixtureModel", "warning", "name a fixture under models.match", no_model),
    Lint("UnreadVariable", "warning", "read it, or make it the anchor", unread_variable),
    Lint("MistypedVariable", "warning", "assign it, or name it otherwise", mistyped_variable),
    Lint("OpenOperands", "warning", "pass '_' to say that any will do", open_operands),
    Lint("NoRareOperator", "warning", "name an operator that few graphs have", no_rare_operator),
    Lint("UnusedPattern", "warning", "ask for it or remove it", unused_pattern),
    Lint("DraftText", "warning", "say it in your words", draft_text),
    Lint("NotFormatted", "warning", "run genescan signatures fmt", not_formatted),
    Lint("Subsumed", "warning", "tell them apart, or name it under supersedes", subsumed),
    Lint("LongFile", "warning", "move shared parts to a component", long_file),
)
"""Every lint, in the order of their reports."""

RANK: Mapping[Severity, int] = {"error": 0, "warning": 1}


def check(signature: Signature, library: Library) -> tuple[Complaint, ...]:
    """All complaints about a signature of `library`, errors first."""
    found = [
        Complaint(lint.name, lint.severity, signature.path, *spot[:3], spot.hint or lint.hint)
        for lint in LINTS
        for spot in lint.check(signature, library)
    ]
    return tuple(sorted(found, key=lambda c: (RANK[c.severity], c.line, c.column)))
