"""Statements about a graph that give an answer with its reasons, and how they combine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from genescan import kleene
from genescan.facts import Facts
from genescan.kleene import Truth, Value


class Decision(NamedTuple):
    """An answer and the reasons for it."""

    truth: Truth
    reasons: tuple[str, ...] = ()


Test: TypeAlias = Callable[[Facts], Decision]
Term: TypeAlias = Callable[[Facts], Value]


class Side(NamedTuple):
    """One side of a comparison."""

    term: Term
    text: str
    """As the signature spells it."""
    constant: bool = False
    """The text says it all: a number or a list of numbers."""

    def show(self, value: Value) -> str:
        """The side with its value, for reasons."""
        return self.text if self.constant else f"{self.text} = {kleene.show(value)}"


ONE = Side(lambda facts: 1, "1", constant=True)


def found(name: str, truth: Truth) -> Decision:
    """The answer of another signature."""
    state = "unknown whether found" if truth is None else "found" if truth else "not found"
    return Decision(truth, (f"{name} {state}",))


def negation(inner: Test) -> Test:
    """Not: what was a reason stays one."""

    def test(facts: Facts) -> Decision:
        truth, reasons = inner(facts)
        return Decision(kleene.negate(truth), reasons)

    return test


def all_of(tests: Sequence[Test]) -> Test:
    """And: the first false decides and gives the reason."""
    return lambda facts: _combine(tests, facts, decisive=False)


def any_of(tests: Sequence[Test]) -> Test:
    """Or: the first true decides and gives the reason."""
    return lambda facts: _combine(tests, facts, decisive=True)


def _combine(tests: Sequence[Test], facts: Facts, *, decisive: bool) -> Decision:
    answers: list[Decision] = []
    for test in tests:
        answer = test(facts)
        if answer.truth is decisive:
            return answer
        answers.append(answer)
    unknown = any(answer.truth is None for answer in answers)
    truth = None if unknown else not decisive
    reasons = [reason for a in answers if a.truth is truth for reason in a.reasons]
    return Decision(truth, tuple(dict.fromkeys(reasons)))


def comparison(
    left: Side, right: Side, needs: str, sign: str, compare: Callable[[Value, Value], Truth]
) -> Test:
    """One comparison; its reason tells the values of both sides."""

    def test(facts: Facts) -> Decision:
        x, y = left.term(facts), right.term(facts)
        reason = f"{left.show(x)} ({needs} {sign} {right.show(y)})"
        return Decision(compare(x, y), (reason,))

    return test
