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


def _report(name: str, truth: Truth) -> Decision:
    state = "unknown whether found" if truth is None else "found" if truth else "not found"
    return Decision(truth, (f"{name} {state}",))


def _all(tests: Sequence[Test]) -> Test:
    """And: the first false decides; reasons are those that made the answer."""

    def test(facts: Facts) -> Decision:
        answers: list[Decision] = []
        for part in tests:
            answer = part(facts)
            if answer.truth is False:
                return answer
            answers.append(answer)
        truth = kleene.both(answer.truth for answer in answers)
        return Decision(truth, _reasons(answers, truth))

    return test


def _any(tests: Sequence[Test]) -> Test:
    """Or: the first true decides."""

    def test(facts: Facts) -> Decision:
        answers: list[Decision] = []
        for part in tests:
            answer = part(facts)
            if answer.truth is True:
                return answer
            answers.append(answer)
        truth = kleene.any_of(answer.truth for answer in answers)
        return Decision(truth, _reasons(answers, truth))

    return test


def _reasons(answers: Sequence[Decision], truth: Truth) -> tuple[str, ...]:
    wanted = [reason for a in answers if a.truth is truth for reason in a.reasons]
    return tuple(dict.fromkeys(wanted))


_Side: TypeAlias = "tuple[Term, str, bool]"


def _one(facts: Facts) -> Value:
    return 1


def _compare(
    left: _Side, right: _Side, needs: str, sign: str, compare: Callable[[Value, Value], Truth]
) -> Test:
    """One comparison; its reason tells the values on both sides."""
    (a, a_text, a_constant), (b, b_text, b_constant) = left, right

    def test(facts: Facts) -> Decision:
        x, y = a(facts), b(facts)
        got = a_text if a_constant else f"{a_text} = {kleene.show(x)}"
        needed = b_text if b_constant else f"{b_text} = {kleene.show(y)}"
        return Decision(compare(x, y), (f"{got} ({needs} {sign} {needed})",))

    return test
