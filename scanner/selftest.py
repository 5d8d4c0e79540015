"""Run the tests that a signature carries: its examples must match, its near misses must not.

Inline graphs are canonical graphs and may have loops (`genescan.unroll`). Fixture models are
run elsewhere: they need readers.
"""

from __future__ import annotations

from dataclasses import dataclass

from genescan import document, edits, text
from genescan.edits import EditError
from genescan.errors import NotationError
from genescan.findings import Context, Finding
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.match import find_variants
from genescan.signature import Example, NearMiss, Signature
from genescan.unroll import unroll


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one test."""

    signature: str
    test: str
    """Such as `match[textbook]`."""
    failure: str = ""
    """Why it failed, in a sentence; empty when it passed."""

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return not self.failure

    def __str__(self) -> str:
        return f"{self.signature}::{self.test}" + (f": {self.failure}" if self.failure else "")


class _Broken(Exception):
    """The test itself is wrong."""


def graph(example: Example, source: str = "") -> Graph:
    """The graph of an example; raises `NotationError` with the place in the signature file."""
    lines: tuple[int, ...] = ()
    try:
        expanded, lines = unroll(example.text)
        return text.parse(expanded)
    except NotationError as error:
        line = lines[error.line - 1] if 0 < error.line <= len(lines) else error.line
        place = line, 1 if lines else error.column
        if example.scalar is not None and source:
            place = document.locate(source, example.scalar, *place)
        raise NotationError(error.message, *place) from None


def run(signature: Signature, library: Library, limits: Limits = DEFAULT) -> tuple[Outcome, ...]:
    """Run every inline test of a signature.

    Args:
        signature: The signature.
        library: Where its components are.
        limits: Budgets of the search.
    """
    outcomes: list[Outcome] = []
    for example in signature.match:
        failure = _attempt(signature, example, library, limits, expected=True)
        outcomes.append(Outcome(signature.id, f"match[{example.name}]", failure))
    for negative in signature.no_match:
        failure = _attempt(signature, negative, library, limits, expected=False)
        outcomes.append(Outcome(signature.id, f"no_match[{negative.name}]", failure))
    return tuple(outcomes)


def _attempt(
    signature: Signature,
    test: Example | NearMiss,
    library: Library,
    limits: Limits,
    *,
    expected: bool,
) -> str:
    """Why the test fails; empty when it passes."""
    try:
        original, subject = _subjects(signature, test)
        finding = Context(library, Index(subject), limits).finding(signature)
    except (NotationError, _Broken) as error:
        return f"the test is wrong: {error}"
    if isinstance(test, Example):
        return _judge(finding, expected, test.variant)
    failure = _judge(finding, expected, "")
    if failure or not test.because:
        return failure
    try:
        return _blame(test.because, signature, library, original, subject, limits)
    except NotationError as error:
        return f"nothing can be blamed: {error}"


def _subjects(signature: Signature, test: Example | NearMiss) -> tuple[Graph, Graph]:
    """The graph of an example twice, or an example before and after its edit."""
    if isinstance(test, Example):
        made = graph(test, signature.source)
        return made, made
    example = next(example for example in signature.match if example.name == test.edit)
    original = graph(example, signature.source)
    try:
        return original, edits.apply(original, test.set)
    except EditError as error:
        raise _Broken(f"{test.line}:{test.column}: {error}") from None


def _judge(finding: Finding, expected: bool, variant: str) -> str:
    reasons = "; ".join(finding.reasons) or "no reason given"
    wanted = "true" if expected else "false"
    if finding.truth != wanted:
        verb = "should match" if expected else "should not match"
        return f"{verb}, but the condition is {finding.truth}: {reasons}"
    if variant and finding.variant != variant:
        return f"should be {variant}, but is {finding.variant or 'no variant'}"
    return ""


def _blame(
    because: str,
    signature: Signature,
    library: Library,
    original: Graph,
    edited: Graph,
    limits: Limits,
) -> str:
    """Whether an explanation blames the variable (and attribute) that the author named.

    What matched the example is explained on the edited graph, in the same variant.
    """
    from genescan.explain import explain  # only near misses with a reason need it

    blamed: list[str] = []
    before, after = Index(original), Index(edited)
    for ref in sorted(signature.condition.refs):
        if ref.alias and not library.signatures[signature.uses[ref.alias]].patterns:
            continue
        linked = library.linked(signature, ref)
        matches = find_variants(linked.patterns, before, limits).matches
        for number in sorted({match.variant for match in matches}):
            variant = linked.variants[number]
            told = explain(variant.pattern, after, limits)
            if told.matched:
                continue
            owner = variant.owners[variant.names[told.variable]]
            name = f"{ref.alias}.{owner}" if ref.alias else owner
            variable, _, attribute = because.rpartition(".")
            if because == name or (variable == name and attribute in told.text):
                return ""
            blamed.append(f"{name} ({told.text})")
    return f"should blame {because}, but blames {', '.join(blamed) or 'nothing: it still matches'}"
