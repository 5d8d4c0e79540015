"""From a pattern's tree to the patterns that are matched: components in, choices resolved.

Every combination of choices (`maybe`, `either`) is unfolded once, by replaying the tree with a
list of decisions that counts upwards. What several choices make equal is kept once. It does not
search; `genescan.match` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from genescan import notation, ops
from genescan.errors import NotationError
from genescan.limits import DEFAULT
from genescan.notation import Apply, Body, Check, Either, Expr, Head, Maybe, Name, Path, Step, Use
from genescan.pattern import OperandTest, Pattern, PatternEdge, PatternNode, PatternPath

_REMEMBERED = 64
"""Kinds of graphs for which a pattern's variants are remembered."""

MAX_NODES = 400
"""Nodes of one expanded pattern."""

MAX_REPLAYS = 1_024
"""Combinations of choices that are tried before a pattern is refused."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One expansion of a pattern, with what conditions and reports need to read its matches."""

    pattern: Pattern
    names: Mapping[str, int]
    """Pattern node of every variable, those of components as `y.name`."""
    free: frozenset[int]
    """Nodes that are free variables: where the pattern ends, not part of it."""
    entry: int | None
    """The free variable through which matches chain, None when this variant has none."""
    owners: tuple[str, ...] = ()
    """For every node, the variable in whose line it stands: what an explanation may blame."""


@dataclass(frozen=True)
class Linked:
    """A pattern whose components are known; its variants are made when first asked for."""

    name: str
    body: Body
    uses: Mapping[str, Linked] = field(default_factory=dict)
    """Components by alias."""
    limit: int = DEFAULT.variants
    _within: dict[frozenset[tuple[str, str]], tuple[Variant, ...]] = field(
        default_factory=dict, repr=False
    )

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Largest first, no two alike; raises `NotationError` when there are too many or none."""
        return expand(self)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What the engine searches for, parallel to `variants`."""
        return tuple(variant.pattern for variant in self.variants)

    def within(self, feeds: Feeds) -> tuple[Variant, ...]:
        """The variants that a graph with these operator pairs can hold, in the same order.

        Most choices are settled by what the graph never does (a network whose convolutions are
        all normalised), so this is far cheaper than unfolding everything first.
        """
        pairs = feeds.among(self.mentioned)
        known = self._within.get(pairs)
        if known is None:
            if len(self._within) >= _REMEMBERED:
                self._within.clear()
            known = self._within[pairs] = expand(self, feeds)
        return known

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Operators that some variant names, components included."""
        heads = notation.heads(self.body)
        own = [head.ops for head in heads if isinstance(head, Step) and head.ops is not None]
        return frozenset().union(*own, *(used.mentioned for used in self.uses.values()))

    @cached_property
    def required(self) -> tuple[tuple[frozenset[str], int], ...]:
        """Operators that every variant has, and how often: a graph without them has no match."""
        unfolding = _Unfolding(self, _Refuse())
        unfolding.run()
        found = Counter(node.ops for node in unfolding.nodes if node.ops is not None)
        return tuple(found.items())


class Feeds:
    """Which operators feed which in one graph, asked while patterns are unfolded."""

    def __init__(self, pairs: Collection[tuple[str, str]]) -> None:
        self.pairs = pairs
        self._answers: dict[tuple[frozenset[str], frozenset[str]], bool] = {}

    def among(self, operators: frozenset[str]) -> frozenset[tuple[str, str]]:
        """The pairs of which both are among the given operators."""
        return frozenset((a, b) for a, b in self.pairs if a in operators and b in operators)

    def may(self, source: frozenset[str] | None, target: frozenset[str] | None) -> bool:
        """Whether some node of `source` feeds one of `target`; None stands for any operator."""
        if source is None or target is None:
            return True
        known = self._answers.get((source, target))
        if known is None:
            known = any((a, b) in self.pairs for a in source for b in target)
            self._answers[source, target] = known
        return known


class _Impossible(Exception):
    """The choices made so far ask for operators that never feed one another."""


class _Decisions:
    """Counts through all combinations of choices, first choices first."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.among: list[int] = []
        self.position = 0

    def pick(self, count: int) -> int | None:
        if self.position == len(self.taken):
            self.taken.append(0)
            self.among.append(count)
        self.position += 1
        return self.taken[self.position - 1]

    def advance(self) -> bool:
        """Move on to the next combination; False after the last."""
        while self.taken and self.taken[-1] + 1 == self.among[-1]:
            self.taken.pop()
            self.among.pop()
        self.position = 0
        if self.taken:
            self.taken[-1] += 1
        return bool(self.taken)


class _Refuse(_Decisions):
    """Chooses nothing: unfolds only what every variant has."""

    def pick(self, count: int) -> int | None:
        return None


class _Value(NamedTuple):
    """What an expression stands for; all fields empty: nothing to test."""

    node: int | None = None
    output: int | None = None
    skipped: bool = False
    """An absent optional node lies behind it."""
    path: Path | None = None
    test: OperandTest | None = None


class _Scope:
    """Variables of one body in one place."""

    def __init__(self, linked: Linked, prefix: str = "") -> None:
        self.linked, self.prefix = linked, prefix
        self.bound: dict[str, _Value] = {}
        self.arguments: dict[str, tuple[Expr | None, _Scope]] = {}


class _Unfolding:
    """Builds one variant."""

    def __init__(self, linked: Linked, decisions: _Decisions, feeds: Feeds | None = None) -> None:
        self.linked, self.decisions, self.feeds = linked, decisions, feeds
        self.nodes: list[PatternNode] = []
        self.edges: dict[PatternEdge, bool] = {}
        self.paths: list[PatternPath] = []
        self.names: dict[str, int] = {}
        self.free: set[int] = set()
        self.owner = ""
        self.owners: list[str] = []
        self.generated = 0
        self.degenerate = False

    def run(self) -> _Value:
        """Unfold everything; returns the anchor's value."""
        scope = _Scope(self.linked)
        return self.scope(scope)

    def scope(self, scope: _Scope) -> _Value:
        body = scope.linked.body
        anchor = self.variable(body.anchor, scope)
        for name in body.ends:
            self.variable(name, scope)
        return anchor

    def add(self, name: str, node: PatternNode) -> int:
        if len(self.nodes) >= MAX_NODES:
            raise NotationError(f"the pattern has more than {MAX_NODES} nodes", 1, 1)
        self.nodes.append(node)
        self.owners.append(self.owner)
        self.names[name] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def fresh(self) -> str:
        self.generated += 1
        return f"_{self.generated}"

    def variable(self, name: str, scope: _Scope) -> _Value:
        value = scope.bound.get(name)
        if value is not None:
            return value
        full = scope.prefix + name
        before, self.owner = self.owner, full
        if name in scope.linked.body.assigned:
            value = self.value(scope.linked.body.assigned[name], scope, full)
        elif name in scope.arguments:
            expr, outer = scope.arguments[name]
            value = _Value() if expr is None else self.value(expr, outer, "")
        else:
            value = _Value(self.add(full, PatternNode(full, None)))
            self.free.add(len(self.nodes) - 1)
        if value.node is not None:
            self.names.setdefault(full, value.node)
        self.owner = before
        scope.bound[name] = value
        return value

    def value(self, expr: Expr, scope: _Scope, name: str) -> _Value:
        """Unfold an expression; `name` is what its node will be called, if known."""
        if isinstance(expr, Name):
            value = self.variable(expr.name, scope)
            return value if expr.output is None else value._replace(output=expr.output)
        if isinstance(expr, Check):
            return _Value(test=expr.test)
        if isinstance(expr, Path):
            return self.value(expr.source, scope, "")._replace(path=expr)
        if isinstance(expr, Either):
            choice = self.decisions.pick(len(expr.options))
            return _Value() if choice is None else self.value(expr.options[choice], scope, name)
        if isinstance(expr, Maybe):
            return self.maybe(expr, scope, name)
        value = self.apply(expr.head, [(a, scope) for a in expr.args], scope, name)
        return value if expr.output is None else value._replace(output=expr.output)

    def maybe(self, expr: Maybe, scope: _Scope, name: str) -> _Value:
        first = expr.args[0]
        if self.decisions.pick(2) != 0:
            value = _Value() if first is None else self.value(first, scope, name)
            return value._replace(skipped=True)
        inner: Expr = Apply(expr.heads[0], expr.args)
        for head in expr.heads[1:]:
            inner = Apply(head, (inner,))
        return self.value(inner, scope, name)

    def apply(
        self, head: Head, args: list[tuple[Expr | None, _Scope]], scope: _Scope, name: str
    ) -> _Value:
        if isinstance(head, Use):
            return self.component(head, args, scope, name)
        values = [_Value() if a is None else self.value(a, outer, "") for a, outer in args]
        allowed = self.split(head, len(args))
        loose = allowed is None or ops.commutative(next(iter(allowed)))
        tests = tuple(
            (None if loose else port, value.test)
            for port, value in enumerate(values)
            if value.test is not None
        )
        name = name or self.fresh()
        node = self.add(name, PatternNode(name, allowed, head.attrs, tests, head.consumers))
        loose = loose and not self.twice(values)
        for port, value in enumerate(values):
            self.connect(value, node, None if loose else port)
        return _Value(node)

    def twice(self, values: list[_Value]) -> bool:
        """Whether both operands are one value, as in Mul(x, x): then both positions count."""
        if len(values) != 2 or values[0].node is None or values[0][:2] != values[1][:2]:
            return False
        if values[0].skipped or values[1].skipped:
            self.degenerate = True  # Add(maybe(Conv)(x), x) without its Conv is Add(x, x)
        return True

    def split(self, step: Step, operands: int) -> frozenset[str] | None:
        """Operators of a step; where only some are commutative, one kind or the other."""
        if step.ops is None or operands == 0:
            return step.ops
        loose = frozenset(op for op in step.ops if ops.commutative(op))
        if not loose or loose == step.ops:
            return step.ops
        choice = self.decisions.pick(2)
        if choice is None:
            return step.ops
        return step.ops - loose if choice else loose

    def connect(self, value: _Value, target: int, port: int | None) -> None:
        if value.node is None:
            return
        if value.path is not None:
            path = value.path
            self.paths.append(PatternPath(value.node, target, path.through, path.at_most))
            return
        if self.feeds and not self.feeds.may(self.nodes[value.node].ops, self.nodes[target].ops):
            raise _Impossible
        edge = PatternEdge(value.node, target, port, value.output)
        if edge in self.edges and (value.skipped or self.edges[edge]):
            self.degenerate = True
        self.edges[edge] = value.skipped

    def component(
        self, use: Use, args: list[tuple[Expr | None, _Scope]], scope: _Scope, name: str
    ) -> _Value:
        linked = scope.linked.uses[use.alias]
        free = linked.body.free
        if len(args) > len(free):
            raise NotationError(f"{use.alias} takes {len(free)} operands, not {len(args)}", 1, 1)
        self.generated += 1
        prefix = f"{name or f'{scope.prefix}{use.alias}_{self.generated}'}."
        inner = _Scope(linked, prefix)
        inner.arguments = dict(zip(free, args, strict=False))
        return self.scope(inner)

    def finish(self, anchor: _Value) -> Variant | None:
        """The variant, or None when these choices make no sense together."""
        usable = anchor.node is not None and anchor.node not in self.free and not anchor.path
        if self.degenerate or not usable:
            return None
        assert anchor.node is not None
        pattern = Pattern(
            self.linked.name,
            tuple(self.nodes),
            tuple(self.edges),
            anchor.node,
            tuple(self.paths),
        )
        free = self.linked.body.free
        entry = "entry" if "entry" in free else free[0] if free else ""
        start = self.names.get(entry)
        return Variant(pattern, self.names, frozenset(self.free), start, tuple(self.owners))


def _shape(pattern: Pattern) -> object:
    """Equal for patterns that differ in the names of their nodes only."""
    nodes = tuple((n.ops, n.attrs, n.operands, n.consumers) for n in pattern.nodes)
    return nodes, frozenset(pattern.edges), frozenset(pattern.paths), pattern.anchor


def expand(linked: Linked, feeds: Feeds | None = None) -> tuple[Variant, ...]:
    """All variants of a pattern, or those that a graph can hold, largest first.

    Raises:
        NotationError: There are too many variants, or none at all.
    """
    decisions = _Decisions()
    found: dict[object, Variant] = {}
    for replay in range(MAX_REPLAYS):
        unfolding = _Unfolding(linked, decisions, feeds)
        variant = None
        try:
            variant = unfolding.finish(unfolding.run())
        except _Impossible:
            pass  # and so are all choices that begin alike: none was made after this one
        except RecursionError:
            raise NotationError("too deeply nested", 1, 1) from None
        if variant is not None:
            found.setdefault(_shape(variant.pattern), variant)
        if len(found) > linked.limit or replay == MAX_REPLAYS - 1:
            raise NotationError(f"the pattern has more than {linked.limit} variants", 1, 1)
        if not decisions.advance():
            break
    if not found and feeds is None:
        raise NotationError("the anchor is never an operator", 1, 1)
    return tuple(sorted(found.values(), key=lambda v: -len(v.pattern.nodes)))
