"""The notation of patterns: text to a tree of what must feed what, with every choice still open.

    a   = Relu(BatchNormalization(Conv(x, kernel_shape=[1, 1])))
    out = Relu(Add(a, maybe(BatchNormalization)(maybe(Conv, kernel_shape=[1, 1])(x))))

The text is Python syntax and is never evaluated. Positional arguments are operand positions
(any position for commutative operators); names that are never assigned are free variables, in
order of first appearance; `_` leaves an operand unconstrained. `genescan.expand` turns the tree
into the patterns that are matched.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from genescan import ops, predicates
from genescan.errors import NotationError
from genescan.pattern import OperandTest, Predicate
from genescan.suggest import hint
from genescan.text import fail, literal, syntax_tree

MAX_STATEMENTS = 200
MAX_PATH = 64
"""Largest `at_most` of a path."""

FORMS = ("maybe", "either", "path", "Any")
"""Names with a meaning of their own, next to operators, classes and operand tests."""


class Step(NamedTuple):
    """Which node to expect: operators, attribute tests and how many nodes read it."""

    ops: frozenset[str] | None
    """None: any operator."""
    attrs: tuple[tuple[str, Predicate], ...] = ()
    consumers: Predicate | None = None
    line: int = 1
    column: int = 1


class Use(NamedTuple):
    """A component by the alias that `uses:` gives it."""

    alias: str


Head: TypeAlias = Step | Use


class Name(NamedTuple):
    """A variable, assigned or free; `output` when one output of its producer is meant."""

    name: str
    output: int | None = None


class Apply(NamedTuple):
    """`Op(a, b)` or `alias(a, b)`; None stands for `_`."""

    head: Head
    args: tuple[Expr | None, ...]
    output: int | None = None


class Maybe(NamedTuple):
    """`maybe(A, B)(x)`: A then B, or x itself."""

    heads: tuple[Head, ...]
    args: tuple[Expr | None, ...]


class Either(NamedTuple):
    """`either(A(x), B(x))`: one of several expressions."""

    options: tuple[Expr, ...]


class Path(NamedTuple):
    """`path(x, through=[...], at_most=n)`: x, seen through a few nodes."""

    source: Expr
    through: frozenset[str] | None
    at_most: int


class Check(NamedTuple):
    """A test on an operand, such as `const()` or `0.5`."""

    test: OperandTest


Expr: TypeAlias = Name | Apply | Maybe | Either | Path | Check


@dataclass(frozen=True, slots=True)
class Body:
    """One pattern as written."""

    assigned: Mapping[str, Expr]
    free: tuple[str, ...]
    """Free variables in order of first appearance; components take arguments in this order."""
    anchor: str
    """The last assigned name, unless the signature says otherwise."""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    """Where each name first appears."""
    reads: Mapping[str, int] = field(default_factory=dict, compare=False)
    """How often each name is read."""

    @property
    def ends(self) -> tuple[str, ...]:
        """Assigned names that nothing reads: the places from which a pattern unfolds."""
        return tuple(name for name in self.assigned if name not in self.reads)


def walk(expr: Expr | None) -> Iterator[Expr]:
    """An expression and all its parts."""
    if expr is None:
        return
    yield expr
    parts: Iterable[Expr | None] = ()
    if isinstance(expr, Apply | Maybe):
        parts = expr.args
    elif isinstance(expr, Either):
        parts = expr.options
    elif isinstance(expr, Path):
        parts = (expr.source,)
    for part in parts:
        yield from walk(part)


def heads(body: Body) -> Iterator[Head]:
    """Every operator and component that a body mentions."""
    for expr in body.assigned.values():
        for part in walk(expr):
            if isinstance(part, Apply):
                yield part.head
            elif isinstance(part, Maybe):
                yield from part.heads


def operators(node: ast.expr) -> frozenset[str]:
    """The operators meant by `Relu`, `Relu | Clip` or a class name; raises `NotationError`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return operators(node.left) | operators(node.right)
    if not isinstance(node, ast.Name):
        raise fail(node, "expected an operator, or several joined by '|'")
    found = ops.members(node.id)
    if found is None:
        known = (*ops.VOCABULARY, *ops.CLASSES, *FORMS, *predicates.OPERAND_TESTS)
        suggestion = hint(node.id, known)
        raise fail(node, f"unknown operator {node.id}" + (f", {suggestion}" if suggestion else ""))
    return found


class _Reader:
    """Reads the statements of one body."""

    def __init__(self, aliases: frozenset[str]) -> None:
        self.aliases = aliases
        self.assigned: dict[str, Expr] = {}
        self.free: dict[str, None] = {}
        self.places: dict[str, tuple[int, int]] = {}
        self.reads: dict[str, int] = {}

    def statement(self, node: ast.stmt) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(node, ast.Assign) or not isinstance(target, ast.Name):
            raise fail(node, "expected 'name = Operator(...)'")
        name = target.id
        if name in self.assigned:
            raise fail(target, f"{name} is already taken")
        if name in self.free:
            raise fail(target, f"{name} is assigned after it was read")
        if name == "_" or name in self.aliases or name in FORMS or ops.members(name):
            raise fail(target, f"{name} has a meaning of its own and cannot be a variable")
        try:
            expr = self.expression(node.value)
            if isinstance(expr, Name):
                raise fail(node.value, "expected an operator")
        except NotationError:
            # later lines that read the name are not wrong because this one is
            expr = Apply(Step(None), ())
            raise
        finally:
            self.assigned[name] = expr
            self.places.setdefault(name, (target.lineno, target.col_offset + 1))

    def name(self, node: ast.Name, output: int | None = None) -> Name:
        if node.id in self.aliases:
            raise fail(node, f"{node.id} is a component: write {node.id}(...)")
        if node.id not in self.assigned:
            if ops.members(node.id) or node.id in FORMS:
                raise fail(node, f"{node.id} is an operator: write {node.id}(...)")
            self.free.setdefault(node.id)
        self.places.setdefault(node.id, (node.lineno, node.col_offset + 1))
        self.reads[node.id] = self.reads.get(node.id, 0) + 1
        return Name(node.id, output)

    def expression(self, node: ast.expr) -> Expr:
        if isinstance(node, ast.Name):
            if node.id == "_":
                raise fail(node, "'_' stands for an operand only")
            return self.name(node)
        if isinstance(node, ast.Subscript):
            return self.subscript(node)
        test = predicates.operand(node)
        if test is not None:
            return Check(test)
        if isinstance(node, ast.Call):
            return self.call(node)
        raise fail(node, "expected an operator, a variable or an operand test")

    def subscript(self, node: ast.Subscript) -> Expr:
        output = literal(node.slice)
        if isinstance(output, bool) or not isinstance(output, int) or output < 0:
            raise fail(node.slice, "expected an output number")
        if isinstance(node.value, ast.Name):
            return self.name(node.value, output)
        inner = self.expression(node.value)
        if not isinstance(inner, Apply):
            raise fail(node, "only a variable or an operator has outputs")
        return Apply(inner.head, inner.args, output)

    def operand(self, node: ast.expr) -> Expr | None:
        if isinstance(node, ast.Starred):
            raise fail(node, "'*' has no meaning here")
        if isinstance(node, ast.Name) and node.id == "_":
            return None
        return self.expression(node)

    def call(self, node: ast.Call) -> Expr:
        function = node.func
        if isinstance(function, ast.Call):
            if isinstance(function.func, ast.Name) and function.func.id == "maybe":
                return self.maybe(function, node)
            raise fail(node, "only maybe(...) is called twice")
        if isinstance(function, ast.Name):
            if function.id == "either":
                return self.either(node)
            if function.id == "path":
                return self.path(node)
            if function.id == "maybe":
                raise fail(node, "write maybe(Operator)(operand)")
        head = self.head(function, node.keywords)
        return Apply(head, tuple(self.operand(argument) for argument in node.args))

    def head(self, node: ast.expr, keywords: list[ast.keyword]) -> Head:
        """An operator with its tests, or a component."""
        if isinstance(node, ast.Name) and node.id in self.aliases:
            if keywords:
                raise fail(keywords[0].value, "a component takes no attributes")
            return Use(node.id)
        found = None if isinstance(node, ast.Name) and node.id == "Any" else operators(node)
        attrs: dict[str, Predicate] = {}
        for keyword in keywords:
            if keyword.arg is None:
                raise fail(keyword.value, "'**' has no meaning here")
            attrs[keyword.arg] = predicates.attribute(keyword.value)
        consumers = attrs.pop("consumers", None)
        return Step(found, tuple(attrs.items()), consumers, node.lineno, node.col_offset + 1)

    def maybe(self, inner: ast.Call, outer: ast.Call) -> Maybe:
        if outer.keywords:
            raise fail(outer.keywords[0].value, "attributes go inside maybe(...)")
        if not inner.args or not outer.args:
            raise fail(inner, "write maybe(Operator)(operand)")
        several = len(inner.args) > 1 or isinstance(inner.args[0], ast.Call)
        if several and inner.keywords:
            raise fail(inner, "write maybe(A(attr=1), B)(x) to give one of several attributes")
        found = [
            self.head(part.func, part.keywords)
            if isinstance(part, ast.Call) and not part.args
            else self.head(part, inner.keywords)
            for part in inner.args
        ]
        return Maybe(tuple(found), tuple(self.operand(argument) for argument in outer.args))

    def either(self, node: ast.Call) -> Either:
        if node.keywords or len(node.args) < 2:
            raise fail(node, "either() takes two or more expressions")
        return Either(tuple(self.expression(argument) for argument in node.args))

    def path(self, node: ast.Call) -> Path:
        settings = {keyword.arg: keyword.value for keyword in node.keywords}
        if len(node.args) != 1 or settings.keys() - {"through", "at_most"}:
            raise fail(node, "write path(x, through=[Operator, ...], at_most=8)")
        return Path(self.expression(node.args[0]), *route(settings, at_most=8))


def route(
    settings: Mapping[str | None, ast.expr], at_most: int
) -> tuple[frozenset[str] | None, int]:
    """Read `through=` and `at_most=`; `at_most` is the default. Raises `NotationError`."""
    through: frozenset[str] | None = None
    if (listed := settings.get("through")) is not None:
        parts = listed.elts if isinstance(listed, ast.List | ast.Tuple) else [listed]
        through = frozenset[str]().union(*(operators(part) for part in parts))
    if (given := settings.get("at_most")) is not None:
        value = literal(given)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_PATH:
            raise fail(given, f"at_most is a number from 0 to {MAX_PATH}")
        at_most = value
    return through, at_most


def parse(
    text: str, aliases: frozenset[str] = frozenset(), anchor: str = ""
) -> tuple[Body | None, list[NotationError]]:
    """Read a pattern's text; returns it, or None with every problem found.

    Args:
        text: The body.
        aliases: Names of the components that it may use.
        anchor: The variable to count, if not the last assigned one.
    """
    reader = _Reader(aliases)
    problems: list[NotationError] = []
    try:
        statements = syntax_tree(text).body
        if len(statements) > MAX_STATEMENTS:
            raise fail(statements[-1], f"more than {MAX_STATEMENTS} lines")
    except NotationError as error:
        return None, [error]
    for statement in statements:
        try:
            reader.statement(statement)
        except NotationError as error:
            problems.append(error)
        except RecursionError:
            problems.append(fail(statement, "too deeply nested"))
    if not reader.assigned and not problems:
        problems.append(NotationError("the pattern is empty", 1, 1))
    if anchor and anchor not in reader.assigned:
        suggestion = hint(anchor, reader.assigned)
        message = f"the anchor {anchor} is not assigned"
        problems.append(NotationError(message + (f", {suggestion}" if suggestion else ""), 1, 1))
    if problems:
        return None, problems
    last = anchor or next(reversed(reader.assigned))
    return Body(reader.assigned, tuple(reader.free), last, reader.places, reader.reads), []
