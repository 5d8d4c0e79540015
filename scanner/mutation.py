"""Whether every constraint of a signature is needed: the mutation check.

A mutant is the signature with one constraint loosened: any operator, an attribute or operand that
is not asked for, a clause of the condition dropped. A constraint is *needed* when some near miss,
stored or derived, is refused by the signature and accepted by the mutant; one that nothing needs is
a constraint that nobody can break, or an example that is missing. What several patterns say of a
variable of the same name in the same words is loosened in all of them at once.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from genescan.condition import parse as parse_condition
from genescan.facts import Ref
from genescan.findings import Context
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.near_misses import derive, examples, holds, stored
from genescan.notation import Apply, Body, Check, Either, Expr, Maybe, Name, Path, Step
from genescan.signature import Signature


@dataclass(frozen=True, slots=True)
class Mutation:
    """What the mutation check says of a signature."""

    unneeded: tuple[str, ...]
    """Constraints that no near miss needs, its own tests and derived ones together."""
    unshown: tuple[str, ...]
    """Patterns that occur in no example: nothing can be said of their constraints."""


def check(signature: Signature, library: Library, limits: Limits = DEFAULT) -> Mutation:
    """Loosen each constraint and ask whether a near miss notices."""
    misses = derive(signature, library, limits)
    refused = [Index(miss.graph) for miss in misses if not miss.accepted]
    shown_in = [Index(graph) for _, graph in examples(signature)]
    kept = [*shown_in, *(Index(miss.graph) for miss in misses if miss.accepted)]
    graphs = [*(Index(graph) for graph in stored(signature)), *refused]
    shown = _shown(signature, library, shown_in, limits)

    def accepts(mutant: Signature, indices: Sequence[Index]) -> list[bool]:
        changed = _exchanged(library, mutant)
        return [holds(mutant, changed, index, limits) for index in indices]

    left = []
    for mutant in mutants(signature, shown):
        if mutant.probe is not None and all(accepts(mutant.probe, shown_in)):
            continue  # an alternative that no example takes
        # a mutant that refuses what was accepted asks for more, not less: a chain without links
        if not any(accepts(mutant.signature, graphs)) and all(accepts(mutant.signature, kept)):
            left.append(mutant.what)
    binding = {ref.pattern or signature.main for ref in _binding(signature) if not ref.alias}
    return Mutation(tuple(left), tuple(sorted(binding - shown)))


def _shown(
    signature: Signature, library: Library, indices: Sequence[Index], limits: Limits
) -> set[str]:
    """The patterns that occur in some example."""
    found: set[str] = set()
    for index in indices:
        context = Context(library, index, limits)
        for name in signature.patterns:
            if context.search(library.linked(signature, Ref("", name))).matches:
                found.add(name)
    return found


def _exchanged(library: Library, mutant: Signature) -> Library:
    """The library with a mutant in the place of its original."""
    linked = {key: value for key, value in library._linked.items() if key[0] != mutant.id}
    return replace(library, signatures={**library.signatures, mutant.id: mutant}, _linked=linked)


# --- mutants -----------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A signature with one constraint loosened."""

    what: str
    signature: Signature
    probe: Signature | None = None
    """Without the alternative that the constraint is part of, where there are several."""


class _Loose(NamedTuple):
    """An expression with one constraint loosened."""

    what: str
    expr: Expr | None
    without: Expr | None = None
    """The expression without the alternative that was loosened."""


def mutants(signature: Signature, patterns: set[str]) -> Iterator[Mutant]:
    """The mutants of some patterns and of the condition."""
    asked = {ref.pattern or signature.main for ref in _binding(signature) if not ref.alias}
    groups: dict[tuple[str, str, int], list[tuple[str, _Loose]]] = defaultdict(list)
    for name in sorted(asked & patterns & signature.patterns.keys()):
        body = signature.patterns[name]
        for variable, expr in body.assigned.items():
            times: dict[str, int] = defaultdict(int)
            for loose in _loosened(expr, body):
                times[loose.what] += 1
                groups[variable, loose.what, times[loose.what]].append((name, loose))
    for (variable, what, _), members in groups.items():
        names = " and ".join(name for name, _ in members)
        loosened = _exchange(signature, variable, [(n, loose.expr) for n, loose in members])
        probe = None
        if all(loose.without is not None for _, loose in members):
            probe = _exchange(signature, variable, [(n, loose.without) for n, loose in members])
        yield Mutant(f"{names}.{variable}: {what}", loosened, probe)
    for clause, mutant in _clauses(signature):
        yield Mutant(f"condition: {clause}", mutant)


def _exchange(
    signature: Signature, variable: str, changes: Sequence[tuple[str, Expr | None]]
) -> Signature:
    """The signature with other expressions for one variable of some patterns."""
    patterns = dict(signature.patterns)
    for name, expr in changes:
        if expr is not None:
            body = patterns[name]
            patterns[name] = replace(body, assigned={**body.assigned, variable: expr})
    return replace(signature, patterns=patterns)


def _conjuncts(signature: Signature) -> list[str]:
    """The clauses of a condition."""
    tree = ast.parse(f"({signature.condition.text.strip()})", mode="eval").body
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [ast.unparse(value) for value in tree.values]
    return [ast.unparse(tree)]


def _asks(clause: str) -> bool:
    """Whether it asks for a pattern: coverage and `>= 0` only count matches as explained."""
    absent = clause.endswith((">= 0", "== 0")) or clause.startswith("not ")
    return not absent and not clause.startswith("covers(")


def _binding(signature: Signature) -> frozenset[Ref]:
    """The patterns that the condition depends on."""
    clauses = _conjuncts(signature)
    text = " and ".join(f"({clause})" for clause in clauses if _asks(clause)) or clauses[0]
    return parse_condition(text, signature.patterns, frozenset(signature.uses)).refs


def _clauses(signature: Signature) -> Iterator[tuple[str, Signature]]:
    """Each clause of the condition left out."""
    clauses = _conjuncts(signature)
    for left_out in clauses:
        text = " and ".join(f"({clause})" for clause in clauses if clause is not left_out)
        if text and not left_out.endswith(">= 0") and not left_out.startswith("not "):
            aliases = frozenset(signature.uses)
            condition = parse_condition(text, signature.patterns, aliases)
            yield left_out, replace(signature, condition=condition)


def _loosened(expr: Expr | None, body: Body) -> Iterator[_Loose]:
    """An expression with one constraint loosened, one way after the other."""
    if isinstance(expr, Apply):
        yield from _head(expr)
        for loose, args in _arguments(expr.args, body):
            without = None if loose.without is None else expr._replace(args=args[1])
            yield _Loose(loose.what, expr._replace(args=args[0]), without)
    elif isinstance(expr, Maybe):
        for loose, args in _arguments(expr.args, body):
            without = None if loose.without is None else expr._replace(args=args[1])
            yield _Loose(loose.what, expr._replace(args=args[0]), without)
    elif isinstance(expr, Either):
        for place, option in enumerate(expr.options):
            rest = (*expr.options[:place], *expr.options[place + 1 :])
            for loose in _loosened(option, body):
                if loose.expr is not None:
                    options = (*expr.options[:place], loose.expr, *expr.options[place + 1 :])
                    yield _Loose(loose.what, Either(options), Either(rest))
    elif isinstance(expr, Path):
        for loose in _loosened(expr.source, body):
            if loose.expr is not None:
                yield _Loose(loose.what, expr._replace(source=loose.expr))


def _head(expr: Apply) -> Iterator[_Loose]:
    head = expr.head
    if not isinstance(head, Step):
        return
    if head.ops is not None:
        wanted = " | ".join(sorted(head.ops)[:3])
        yield _Loose(f"any operator for {wanted}", expr._replace(head=head._replace(ops=None)))
    for place, (attr, test) in enumerate(head.attrs):
        rest = (*head.attrs[:place], *head.attrs[place + 1 :])
        loosened = expr._replace(head=head._replace(attrs=rest))
        yield _Loose(f"without {attr}={test.text}", loosened)
    if head.consumers is not None:
        yield _Loose("without consumers", expr._replace(head=head._replace(consumers=None)))


_Args = tuple[Expr | None, ...]


def _arguments(args: _Args, body: Body) -> Iterator[tuple[_Loose, tuple[_Args, _Args]]]:
    """Each operand loosened: all operands then, and all without the alternative it was part of."""
    for place, arg in enumerate(args):
        before, after = args[:place], args[place + 1 :]
        whole = (*before, None, *after)
        if isinstance(arg, Check) or (isinstance(arg, Name) and _joined(arg, body)):
            yield _Loose(f"any operand {place}", None), (whole, whole)
        elif arg is not None and not isinstance(arg, Name):
            yield _Loose(f"any operand {place}", None), (whole, whole)
            for loose in _loosened(arg, body):
                changed = (*before, loose.expr, *after), (*before, loose.without, *after)
                yield loose, changed


def _joined(name: Name, body: Body) -> bool:
    """Whether a variable says something: it is assigned, or read in several places."""
    return name.name in body.assigned or body.reads.get(name.name, 0) > 1
