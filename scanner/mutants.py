"""The mutants of a signature: each loosens one constraint."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from genescan.condition import parse as parse_condition
from genescan.facts import Ref
from genescan.notation import Apply, Body, Check, Either, Expr, Maybe, Name, Path, Step, walk
from genescan.signature import Signature


class Mutant(NamedTuple):
    """A signature with one constraint loosened."""

    what: str
    signature: Signature
    probe: Signature | None = None
    """Without the alternative that the constraint is part of, where there are several."""
    pattern: str = ""
    """Where the constraint stands, unless it is a clause."""


class _Loose(NamedTuple):
    """An expression with one constraint loosened."""

    what: str
    expr: Expr | None
    without: Expr | None = None
    """The expression without the alternative that was loosened."""


def mutants(signature: Signature, shown: set[str]) -> Iterator[Mutant]:
    """The mutants of some patterns and of the condition."""
    asked = {ref.pattern or signature.main for ref in binding(signature) if not ref.alias}
    for name in sorted(asked & shown & signature.patterns.keys()):
        body = signature.patterns[name]
        for variable, expr in body.assigned.items():
            unasked = _without(body, variable)
            for loose in _loosened(expr, body):
                if loose.expr is None:
                    continue
                probe = unasked
                if loose.without is not None:
                    probe = _changed(body, variable, loose.without)
                yield Mutant(
                    f"{name}.{variable}: {loose.what}",
                    _exchanged(signature, name, _changed(body, variable, loose.expr)),
                    None if probe is None else _exchanged(signature, name, probe),
                    name,
                )
    for clause, mutant in _clauses(signature):
        yield Mutant(f"condition: {clause}", mutant)


def _changed(body: Body, variable: str, expr: Expr) -> Body:
    return replace(body, assigned={**body.assigned, variable: expr})


def _exchanged(signature: Signature, name: str, body: Body) -> Signature:
    return replace(signature, patterns={**signature.patterns, name: body})


def _without(body: Body, variable: str) -> Body | None:
    """The pattern without a variable that is only ever one of several alternatives."""
    parts = [part for expr in body.assigned.values() for part in walk(expr)]
    options = sum(
        option == Name(variable)
        for part in parts
        if isinstance(part, Either)
        for option in part.options
    )
    if not options or options != body.reads.get(variable):
        return None
    kept = {name: _left(expr, variable) for name, expr in body.assigned.items()}
    return replace(body, assigned={name: expr for name, expr in kept.items() if name != variable})


def _left(expr: Expr, variable: str) -> Expr:
    """An expression without an alternative."""
    if isinstance(expr, Either):
        others = (option for option in expr.options if option != Name(variable))
        return Either(tuple(_left(option, variable) for option in others))
    if isinstance(expr, Apply | Maybe):
        return expr._replace(args=tuple(arg and _left(arg, variable) for arg in expr.args))
    if isinstance(expr, Path):
        return expr._replace(source=_left(expr.source, variable))
    return expr


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


def binding(signature: Signature) -> frozenset[Ref]:
    """The patterns that the condition depends on."""
    clauses = _conjuncts(signature)
    text = " and ".join(f"({clause})" for clause in clauses if _asks(clause)) or clauses[0]
    return parse_condition(text, signature.patterns, frozenset(signature.uses)).refs


def _clauses(signature: Signature) -> Iterator[tuple[str, Signature]]:
    """Each clause of the condition left out."""
    clauses = _conjuncts(signature)
    for left_out in clauses:
        text = " and ".join(f"({clause})" for clause in clauses if clause is not left_out)
        excludes = left_out.startswith("not ") or " not in " in left_out
        if text and not excludes and not left_out.rstrip(")").endswith(">= 0"):
            aliases = frozenset(signature.uses)
            condition = parse_condition(text, signature.patterns, aliases)
            yield left_out, replace(signature, condition=condition)


def _loosened(expr: Expr | None, body: Body) -> Iterator[_Loose]:
    """An expression with one constraint loosened, one way after the other."""
    if isinstance(expr, Apply):
        yield from _head(expr)
    if isinstance(expr, Apply | Maybe):
        for loose, args in _arguments(expr.args, body):
            rest = None if loose.without is None else expr._replace(args=args[1])
            yield _Loose(loose.what, expr._replace(args=args[0]), rest)
    elif isinstance(expr, Either):
        for place, option in enumerate(expr.options):
            others = (*expr.options[:place], *expr.options[place + 1 :])
            for loose in _loosened(option, body):
                if loose.expr is not None:
                    options = (*expr.options[:place], loose.expr, *expr.options[place + 1 :])
                    yield _Loose(loose.what, Either(options), Either(others))
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
