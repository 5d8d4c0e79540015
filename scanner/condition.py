"""The condition language: what a signature demands of the matches of its patterns.

    chain(bottleneck) >= 3 and not op(LSTM) > 0 and dim(block.c1, 0) in [64, 128]

Conditions are Python expressions by syntax; they are compiled into closures over `Facts` and
never evaluated as Python. Answers are true, false or unknown (see `genescan.kleene`), each with
the reasons for it. How facts are found is the business of `genescan.findings`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from genescan import decision, kleene, notation
from genescan.decision import Decision, Side, Term, Test
from genescan.errors import NotationError
from genescan.facts import Facts, Group, Ref, Route
from genescan.fields import ID
from genescan.kleene import ABSENT, UNKNOWN, Value
from genescan.suggest import hint
from genescan.text import fail, literal, syntax_tree

MAX_LENGTH = 4_000
"""Characters of one condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; call it with the facts about a graph."""

    text: str
    test: Test = field(compare=False)
    refs: frozenset[Ref]
    """Every pattern that it speaks of."""
    aliases: frozenset[str]
    """Components whose own condition it asks for."""
    found: frozenset[str]
    """Ids of other signatures that it asks for."""

    def __call__(self, facts: Facts) -> Decision:
        """Decide, with reasons."""
        return self.test(facts)


class _Compiler:
    def __init__(
        self, text: str, patterns: Mapping[str, notation.Body | None], aliases: frozenset[str]
    ) -> None:
        self.lines = [line.encode() for line in text.split("\n")]
        self.patterns, self.aliases = patterns, aliases
        self.refs: set[Ref] = set()
        self.asked: set[str] = set()
        self.found: set[str] = set()
        self.needs = "needs"
        """How reasons introduce a comparison; under `not` the opposite."""

    def text(self, node: ast.expr) -> str:
        """The source of an expression on one line."""
        if node.lineno == node.end_lineno:
            return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
        return ast.unparse(node)

    # statements: true, false or unknown

    def truth(self, node: ast.expr) -> Test:
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(value) for value in node.values]
            combine = decision.all_of if isinstance(node.op, ast.And) else decision.any_of
            return combine(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.negation(node)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            answer = Decision(node.value)
            return lambda facts: answer
        if isinstance(node, ast.Call) and self.function(node) == "found":
            return self.other(node)
        if isinstance(node, ast.Call) and self.function(node) in _COUNTS:
            return self.some(self.term(node), self.text(node))
        if isinstance(node, ast.Name | ast.Attribute):
            return self.presence(node)
        raise fail(node, "expected a comparison, a pattern or a component")

    def negation(self, node: ast.UnaryOp) -> Test:
        before, self.needs = self.needs, _OPPOSITE[self.needs]
        inner = self.truth(node.operand)
        self.needs = before
        return decision.negation(inner)

    def other(self, node: ast.Call) -> Test:
        name = node.args[0] if len(node.args) == 1 and not node.keywords else None
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            raise fail(node, 'write found("area/name")')
        wanted = name.value
        if not ID.fullmatch(wanted):
            raise fail(name, 'write found("area/name")')
        self.found.add(wanted)
        return lambda facts: decision.found(wanted, facts.found(wanted))

    def presence(self, node: ast.Name | ast.Attribute) -> Test:
        if isinstance(node, ast.Name) and node.id in self.aliases:
            alias = node.id
            self.asked.add(alias)
            self.refs.add(Ref(alias))
            return lambda facts: decision.found(alias, facts.holds(alias))
        ref = self.ref(node)
        return self.some(lambda facts: facts.count((ref,)), f"count({ref})")

    def some(self, term: Term, text: str) -> Test:
        """A count where a statement is expected: at least one."""
        row = kleene.COMPARISONS[ast.GtE]
        return decision.comparison(Side(term, text), decision.ONE, self.needs, *row)

    def comparison(self, node: ast.Compare) -> Test:
        sides = [node.left, *node.comparators]
        terms = [Side(self.term(side), self.text(side), _constant(side)) for side in sides]
        tests: list[Test] = []
        for index, sign in enumerate(node.ops):
            row = kleene.COMPARISONS.get(type(sign))
            if row is None:
                raise fail(node, "compare with ==, !=, <, <=, >, >=, in or not in")
            tests.append(decision.comparison(terms[index], terms[index + 1], self.needs, *row))
        return tests[0] if len(tests) == 1 else decision.all_of(tests)

    # values: numbers and lists

    def term(self, node: ast.expr) -> Term:
        if isinstance(node, ast.List | ast.Tuple):
            parts = [self.term(item) for item in node.elts]
            return lambda facts: tuple(part(facts) for part in parts)
        if isinstance(node, ast.BinOp) and type(node.op) in kleene.ARITHMETIC:
            left, right = self.term(node.left), self.term(node.right)
            combine = kleene.ARITHMETIC[type(node.op)]
            return lambda facts: combine(left(facts), right(facts))
        if isinstance(node, ast.Subscript):
            return self.element(node.value, node.slice)
        if isinstance(node, ast.Attribute):
            return self.weight(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Constant | ast.UnaryOp):
            value = literal(node)
            if isinstance(value, int | float) and not isinstance(value, bool):
                number: Value = value
                return lambda facts: number
        raise fail(node, "expected a number, a list or a function such as count(pattern)")

    def element(self, node: ast.expr, position: ast.expr) -> Term:
        index, inner = literal(position), self.term(node)
        if isinstance(index, bool) or not isinstance(index, int):
            raise fail(position, "expected a position")
        return lambda facts: _element(inner(facts), index)

    def weight(self, node: ast.Attribute) -> Term:
        call = node.value
        if node.attr != "shape" or not isinstance(call, ast.Call):
            raise fail(node, "write weight(pattern.node).shape")
        if self.function(call) != "weight" or len(call.args) != 1 or call.keywords:
            raise fail(node, "write weight(pattern.node).shape")
        ref, name = self.node(call.args[0])
        return lambda facts: facts.shape(ref, name)

    def function(self, call: ast.Call) -> str:
        return call.func.id if isinstance(call.func, ast.Name) else ""

    def call(self, call: ast.Call) -> Term:
        name = self.function(call)
        if name in _REDUCE:
            return self.reduction(call, _REDUCE[name])
        if name == "dim":
            if len(call.args) != 2 or call.keywords:
                raise fail(call, "write dim(pattern.node, 0)")
            index = literal(call.args[1])
            if isinstance(index, bool) or not isinstance(index, int):
                raise fail(call.args[1], "expected a position")
            ref, node = self.node(call.args[0])
            return lambda facts: _element(facts.shape(ref, node), index)
        if name == "op":
            if len(call.args) != 1 or call.keywords:
                raise fail(call, "write op(Operator)")
            found = notation.operators(call.args[0])
            return lambda facts: facts.operators(found)
        if name == "inputs":
            return self.inputs(call)
        if name == "outputs":
            if call.args or call.keywords:
                raise fail(call, "outputs() takes nothing")
            return lambda facts: facts.outputs()
        if name in ("count", "covers", "chain", "stages"):
            return self.matches(name, call)
        if name in ("found", "weight"):
            usage = 'found("area/name") is a statement' if name == "found" else "weight(p.n).shape"
            raise fail(call, f"no value: {usage}")
        suggestion = hint(name, FUNCTIONS)
        raise fail(call, f"unknown function {name}()" + (f", {suggestion}" if suggestion else ""))

    def reduction(self, call: ast.Call, reduce: Callable[[Value], Value]) -> Term:
        if not call.args or call.keywords:
            raise fail(call, f"{self.function(call)}() takes a list or several numbers")
        if len(call.args) == 1:
            inner = self.term(call.args[0])
            return lambda facts: reduce(inner(facts))
        parts = [self.term(argument) for argument in call.args]
        return lambda facts: reduce(tuple(part(facts) for part in parts))

    def inputs(self, call: ast.Call) -> Term:
        rank: int | None = None
        for keyword in call.keywords:
            value = literal(keyword.value)
            if keyword.arg != "rank" or isinstance(value, bool) or not isinstance(value, int):
                raise fail(keyword.value, "inputs() takes rank=, a number")
            rank = value
        if call.args:
            raise fail(call, "inputs() takes rank=, a number")
        return lambda facts: facts.inputs(rank)

    def matches(self, name: str, call: ast.Call) -> Term:
        if not call.args:
            raise fail(call, f"{name}() takes a pattern")
        groups = tuple(self.group(argument) for argument in call.args)
        if name in ("count", "covers"):
            if call.keywords:
                raise fail(call, f"{name}() takes patterns only")
            merged = tuple(ref for group in groups for ref in group)
            if name == "count":
                return lambda facts: facts.count(merged)
            return lambda facts: facts.covers(merged)
        settings = {keyword.arg: keyword.value for keyword in call.keywords}
        if settings.keys() - {"through", "at_most"}:
            raise fail(call, f"{name}() takes patterns, through=[Operator, ...] and at_most=n")
        through, at_most = notation.route(settings, at_most=4 if "through" in settings else 0)
        route = Route(through or frozenset(), at_most)
        if name == "chain":
            return lambda facts: facts.chain(groups, route)
        return lambda facts: facts.stages(groups, route)

    # names

    def group(self, node: ast.expr) -> Group:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.group(node.left) + self.group(node.right)
        return (self.ref(node),)

    def ref(self, node: ast.expr) -> Ref:
        path = _dotted(node)
        if path and len(path) == 1 and path[0] in self.patterns:
            ref = Ref("", path[0])
        elif path and len(path) <= 2 and path[0] in self.aliases:
            ref = Ref(*path)
        else:
            raise self.unknown(node, path)
        self.refs.add(ref)
        return ref

    def unknown(self, node: ast.expr, path: list[str]) -> NotationError:
        if not path:
            return fail(node, "expected a pattern")
        suggestion = hint(path[0], [*self.patterns, *self.aliases])
        name = ".".join(path)
        return fail(node, f"unknown pattern {name}" + (f", {suggestion}" if suggestion else ""))

    def node(self, node: ast.expr) -> tuple[Ref, str]:
        path = _dotted(node)
        if len(path) < 2:
            raise fail(node, "write pattern.node")
        if path[0] in self.aliases:
            ref = Ref(path[0])
        elif path[0] in self.patterns:
            ref = Ref("", path[0])
            body = self.patterns[path[0]]
            if body is not None and path[1] not in body.places:
                suggestion = hint(path[1], body.places)
                message = f"pattern {path[0]} has no variable {path[1]}"
                raise fail(node, message + (f", {suggestion}" if suggestion else ""))
        else:
            raise self.unknown(node, path[:1])
        self.refs.add(ref)
        return ref, ".".join(path[1:])


_COUNTS = ("count", "op", "inputs", "outputs")
"""Functions that make a statement on their own: at least one."""

_OPPOSITE = {"needs": "must not be", "must not be": "needs"}

_REDUCE: Mapping[str, Callable[[Value], Value]] = {
    "len": kleene.length,
    "sum": kleene.total,
    "min": kleene.smallest,
    "max": kleene.largest,
}

FUNCTIONS = (
    *("count", "chain", "stages", "covers", "op", "weight", "dim", "inputs", "outputs", "found"),
    *_REDUCE,
)
"""Every function of the language."""


def _dotted(node: ast.expr) -> list[str]:
    """The parts of `a.b.c`; nothing for any other expression."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return [*inner, node.attr] if inner else []
    return []


def _constant(node: ast.expr) -> bool:
    return not any(isinstance(part, ast.Call) for part in ast.walk(node))


def _element(value: Value, index: int) -> Value:
    if isinstance(value, tuple):
        return value[index] if -len(value) <= index < len(value) else ABSENT
    return UNKNOWN if value == UNKNOWN else ABSENT


def parse(
    text: str,
    patterns: Mapping[str, notation.Body | None],
    aliases: frozenset[str] = frozenset(),
) -> Condition:
    """Compile a condition; raises `NotationError` with the place in `text`.

    Args:
        text: The expression; line breaks do not matter.
        patterns: Own patterns by name; None for one that could not be read.
        aliases: Names of components.
    """
    if len(text) > MAX_LENGTH:
        raise NotationError(f"longer than {MAX_LENGTH} characters", 1, 1)
    try:
        return _compile(text, patterns, aliases)
    except NotationError as error:
        # the text was put in parentheses, so that it may run over several lines
        column = error.column - 1 if error.line == 1 else error.column
        raise NotationError(error.message, error.line, max(column, 1)) from None
    except RecursionError:
        raise NotationError("too deeply nested", 1, 1) from None


def _compile(
    text: str, patterns: Mapping[str, notation.Body | None], aliases: frozenset[str]
) -> Condition:
    wrapped = f"({text}\n)"
    body = syntax_tree(wrapped).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise NotationError("expected one expression", 1, 2)
    compiler = _Compiler(wrapped, patterns, aliases)
    test = compiler.truth(body[0].value)
    return Condition(
        " ".join(text.split()),
        test,
        frozenset(compiler.refs),
        frozenset(compiler.asked),
        frozenset(compiler.found),
    )
