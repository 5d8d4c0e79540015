"""Why a pattern does not match: the best partial match and the first thing wrong with it.

Meant for people, on demand: it tries to bind the pattern with one fault forgiven, keeps the
attempt that gets most of it right, and says in words which variable is to blame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genescan.graph import Attr, Tensor
from genescan.index import Index, operands_pass
from genescan.limits import DEFAULT, Limits
from genescan.match import find
from genescan.outline import Bond, outline
from genescan.pattern import Pattern, PatternNode
from genescan.relations import Budget, Exhausted, Relations

_STARTS = 4
"""Pattern nodes from which a partial match is tried: the anchor and the rarest ones."""

_CANDIDATES = 256
"""Graph nodes tried for each of them."""

_NAME = 80
"""Characters of a source node's name that are shown."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What came of one pattern on one graph."""

    matched: bool
    text: str
    """One sentence; names from the file are cut and made printable."""
    variable: str = ""
    """The pattern variable to blame; empty when the pattern matched."""
    node: int | None = None
    """The graph node found where the variable should be, if any is."""
    bound: tuple[tuple[str, int], ...] = ()
    """The best partial match: variables that could be bound, and their graph nodes."""


@dataclass(frozen=True, slots=True)
class _Fault:
    variable: int
    text: str
    node: int | None = None


def printable(text: str) -> str:
    """Text from a file, cut to a readable length, control characters escaped."""
    cut = text if len(text) <= _NAME else text[: _NAME - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _value(value: Attr | None) -> str:
    if isinstance(value, tuple):
        return printable("[" + ", ".join(map(str, value)) + "]")
    return "nothing" if value is None else printable(str(value))


def _expected(node: PatternNode) -> str:
    if node.ops is None:
        ops = "any node"
    else:
        names = sorted(node.ops)
        ops = " or ".join(names[:6]) + (f" or {len(names) - 6} more" if len(names) > 6 else "")
    tests = [f"{name}={predicate.text}" for name, predicate in node.attrs]
    tests += [
        f"{'an operand' if position is None else f'operand {position}'} {test.text}"
        for position, test in node.operands
    ]
    if node.consumers is not None:
        tests.append(f"{node.consumers.text} consumers")
    return ops + (" with " + " and ".join(tests) if tests else "")


def explain(pattern: Pattern, index: Index, limits: Limits = DEFAULT) -> Explanation:
    """Say where `pattern` matches, or what stands in the way of its nearest miss."""
    result = find(pattern, index, limits)
    if result.matches:
        first = result.matches[0]
        names = tuple(node.name for node in pattern.nodes)
        text = f"matches at {len(result.matches)} nodes, first at {_where(index, first.anchor)}"
        return Explanation(True, text, bound=tuple(zip(names, first.nodes, strict=True)))
    attempt = _Attempt(pattern, index, limits)
    attempt.run()
    fault = attempt.fault
    name = pattern.nodes[fault.variable].name
    bound = tuple((pattern.nodes[i].name, v) for i, v in sorted(attempt.best.items()))
    unsure = "" if result.complete else " (the search ran out of budget: there may be a match)"
    return Explanation(False, f"{name}: {fault.text}{unsure}", name, fault.node, bound)


def _where(index: Index, number: int) -> str:
    origin = ", ".join(map(printable, index.graph.nodes[number].origin[:3]))
    return f"node {number}: {origin}" if origin else f"node {number}"


class _Attempt:
    """Binds a pattern as far as it goes with one fault forgiven; keeps the best try."""

    def __init__(self, pattern: Pattern, index: Index, limits: Limits) -> None:
        self._pattern, self._index = pattern, index
        self._outline = outline(pattern)
        self._budget = Budget(limits.match_states)
        self._relations = Relations(index, self._budget)
        self._bound: dict[int, int] = {}
        self.best: dict[int, int] = {}
        """The largest set of pattern nodes that was bound without fault."""
        anchor = pattern.anchor
        self.fault = _Fault(anchor, f"no node satisfies {_expected(pattern.nodes[anchor])}")

    def run(self) -> None:
        """Try from the anchor and from the rarest nodes until all but one can be bound."""
        nodes = self._pattern.nodes
        fitting = {i: self._fitting(node) for i, node in enumerate(nodes)}
        for i, numbers in fitting.items():
            if not numbers:
                self.fault = _Fault(i, f"no node satisfies {_expected(nodes[i])}")
                break
        rare = sorted((i for i in fitting if fitting[i]), key=lambda i: len(fitting[i]))
        starts = dict.fromkeys([self._pattern.anchor, *rare])
        self._budget.open(self._budget.total)
        try:
            for start in list(starts)[:_STARTS]:
                order = list(self._order(start))
                for number in fitting[start][:_CANDIDATES]:
                    self._bound = {start: number}
                    if self._descend(order, 0, None):
                        return
        except Exhausted:
            return

    def _fitting(self, node: PatternNode) -> list[int]:
        """The graph nodes that pass all tests of a pattern node on its own."""
        mask = self._index.mask(node, frozenset(), 0)
        narrowed = self._index.members(node, mask)
        return sorted(self._index.nodes(mask) if narrowed is None else narrowed[0])

    def _order(self, start: int) -> Iterator[tuple[int, Bond, int]]:
        """(variable, bond, base) outwards from `start`, operands before consumers."""
        seen = dict.fromkeys([start])
        for _ in range(len(self._pattern.nodes)):
            hops = [
                (bond.source == base, bond.path is not None, place, bond, base)
                for place, base in enumerate(seen)
                for bond in map(self._outline.bonds.__getitem__, self._outline.touching[base])
                if (bond.source if bond.target == base else bond.target) not in seen
            ]
            if not hops:
                return
            *_, bond, base = min(hops, key=lambda hop: hop[:3])
            variable = bond.source if bond.target == base else bond.target
            seen[variable] = None
            yield variable, bond, base

    def _descend(
        self, order: list[tuple[int, Bond, int]], depth: int, fault: _Fault | None
    ) -> bool:
        """Bind from `depth` on; true when all nodes but the faulty one are bound."""
        self._budget.spend(1)
        right = len(self._bound) - (fault is not None and fault.node is not None)
        if fault is not None and right > len(self.best):
            self.fault, self.best = fault, dict(self._bound)
            if fault.node is not None:
                self.best.pop(fault.variable, None)
            if right == len(self._pattern.nodes) - 1:
                return True
        if depth == len(order):
            return False
        variable, bond, base = order[depth]
        if base not in self._bound:
            return self._descend(order, depth + 1, fault)
        found = self._relations.partners(bond, self._bound[base], forward=bond.source == base)
        wrong: list[_Fault] = []
        sound = False
        for number in list(found):
            why = self._objection(variable, number)
            if why is not None:
                wrong.append(_Fault(variable, why, number))
                continue
            sound = True
            if self._with(order, depth, number, fault):
                return True
        if fault is not None or sound:
            return False
        taken = set(self._bound.values())
        wrong.sort(key=lambda miss: miss.node in taken)  # the least telling objection last
        for miss in wrong or [_Fault(variable, self._absence(variable, bond, base))]:
            if self._with(order, depth, miss.node, miss):
                return True
        return False

    def _with(
        self,
        order: list[tuple[int, Bond, int]],
        depth: int,
        number: int | None,
        fault: _Fault | None,
    ) -> bool:
        """Descend with the variable at `depth` bound to `number`, or to nothing."""
        variable = order[depth][0]
        if number is not None:
            self._bound[variable] = number
        done = self._descend(order, depth + 1, fault)
        self._bound.pop(variable, None)
        return done

    def _objection(self, variable: int, number: int) -> str | None:
        """What is wrong with binding `variable` to `number` now."""
        self._budget.spend(1)
        nodes = self._pattern.nodes
        why = self._complaint(variable, number)
        if why is not None:
            return f"expected {_expected(nodes[variable])}, found {why}"
        for other, taken in self._bound.items():
            if taken == number:
                return f"{_where(self._index, number)} already stands for {nodes[other].name}"
        for bond in map(self._outline.bonds.__getitem__, self._outline.touching[variable]):
            ends = self._bound | {variable: number}
            if bond.source not in ends or bond.target not in ends:
                continue
            if not self._relations.hold(bond, ends[bond.source], ends[bond.target]):
                source, target = nodes[bond.source].name, nodes[bond.target].name
                return (
                    f"expected {source} to {_feeds(bond)} {target}, but "
                    f"{_where(self._index, ends[bond.source])} does not so feed "
                    f"{_where(self._index, ends[bond.target])}"
                )
        return None

    def _complaint(self, variable: int, number: int) -> str | None:
        """What the node is that `variable` may not stand for; None when it may."""
        wanted, node = self._pattern.nodes[variable], self._index.graph.nodes[number]
        op, place = printable(node.op), f"({_where(self._index, number)})"
        if wanted.ops is not None and node.op not in wanted.ops:
            return f"{op} {place}"
        for name, predicate in wanted.attrs:
            if not predicate(node.attrs.get(name)):
                return f"{op} with {name}={_value(node.attrs.get(name))} {place}"
        for position, test in wanted.operands:
            if not operands_pass(node.inputs, ((position, test),)):
                shown = range(len(node.inputs)) if position is None else [position]
                return f"{op} with {self._operands(number, shown)} {place}"
        readers, test = self._index.readers(number), wanted.consumers
        if test is None or test(readers) or (self._index.is_last(number) and test(0)):
            return None
        return f"{op} with {readers} consumers {place}"

    def _operands(self, number: int, positions: range | list[int]) -> str:
        """The operands of a node, in words."""
        shown = []
        inputs = self._index.graph.nodes[number].inputs
        for position in list(positions)[:4]:
            operand = inputs[position] if position < len(inputs) else None
            if operand is None:
                text = "left out"
            elif not isinstance(operand, Tensor):
                text = f"made by node {operand.source}"
            elif operand.scalar is not None:
                text = f"= {_value(operand.scalar)}"
            else:
                text = f"a constant of shape {_value(operand.shape)}"
            shown.append(f"operand {position} {text}")
        return ", ".join(shown) or "no operands"

    def _absence(self, variable: int, bond: Bond, base: int) -> str:
        nodes = self._pattern.nodes
        there = f"{nodes[base].name} ({_where(self._index, self._bound[base])})"
        if bond.source == base:
            return f"expected {_expected(nodes[variable])}, but {there} feeds no node so"
        return f"expected {_expected(nodes[variable])}, but no node so feeds {there}"


def _feeds(bond: Bond) -> str:
    if bond.path is not None:
        return f"reach, through at most {bond.path.at_most} nodes,"
    return "feed" if bond.port is None else f"feed operand {bond.port} of"
