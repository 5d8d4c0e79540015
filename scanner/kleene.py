"""Values that may be uncertain: ranges for numbers, true, false and unknown for statements.

A search that ran out of budget knows that there are *at least* so many matches. A comparison
that holds over the whole range is true, one that fails over all of it is false, and anything
else is unknown.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Truth: TypeAlias = "bool | None"
"""None is unknown."""


@dataclass(frozen=True, slots=True)
class Span:
    """A number known to lie between two bounds; exact numbers are plain ints and floats."""

    low: float
    high: float

    def __str__(self) -> str:
        if math.isinf(self.high):
            return "unknown" if math.isinf(self.low) or self.low == 0 else f"at least {self.low}"
        return f"{self.low} to {self.high}"


class Absent:
    """The size of something that is not there: it equals, exceeds and contains nothing."""

    def __str__(self) -> str:
        return "absent"


ABSENT = Absent()
UNKNOWN = Span(-math.inf, math.inf)
"""A value of which nothing is known, be it a number or a list."""

Value: TypeAlias = "int | float | str | tuple[Value, ...] | Span | Absent"


def at_least(low: int) -> Span:
    """A count whose search did not finish."""
    return Span(low, math.inf)


def negate(truth: Truth) -> Truth:
    """Kleene's not."""
    return None if truth is None else not truth


def both(truths: Iterable[Truth]) -> Truth:
    """Kleene's and: one false decides."""
    seen = list(truths)
    return False if False in seen else None if None in seen else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """Kleene's or: one true decides."""
    return negate(both(negate(truth) for truth in truths))


def _bounds(value: Value) -> tuple[float, float] | None:
    if isinstance(value, Span):
        return value.low, value.high
    return (value, value) if isinstance(value, int | float) else None


def equal(a: Value, b: Value) -> Truth:
    """Whether two values are the same; lists element by element."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and both(equal(x, y) for x, y in zip(a, b, strict=True))
    if UNKNOWN in (a, b):
        return None
    if isinstance(a, Absent) or isinstance(b, Absent):
        return False
    left, right = _bounds(a), _bounds(b)
    if left is None or right is None:
        return a == b
    if left[1] < right[0] or right[1] < left[0]:
        return False
    return True if left[0] == left[1] == right[0] == right[1] else None


def _ordered(a: Value, b: Value, strict: bool) -> Truth:
    """Whether a < b, or a <= b when not strict."""
    left, right = _bounds(a), _bounds(b)
    if left is None or right is None:
        return False
    below = operator.lt if strict else operator.le
    if below(left[1], right[0]):
        return True
    return None if below(left[0], right[1]) else False


def _contains(a: Value, b: Value) -> Truth:
    if b == UNKNOWN:
        return None
    return isinstance(b, tuple) and any_of(equal(a, item) for item in b)


def _unless_absent(test: Callable[[Value, Value], Truth]) -> Callable[[Value, Value], Truth]:
    def guarded(a: Value, b: Value) -> Truth:
        if isinstance(a, Absent) or isinstance(b, Absent):
            return False
        return test(a, b)

    return guarded


COMPARISONS: Mapping[type[ast.cmpop], tuple[str, Callable[[Value, Value], Truth]]] = {
    ast.Eq: ("==", _unless_absent(equal)),
    ast.NotEq: ("!=", _unless_absent(lambda a, b: negate(equal(a, b)))),
    ast.Lt: ("<", _unless_absent(lambda a, b: _ordered(a, b, True))),
    ast.LtE: ("<=", _unless_absent(lambda a, b: _ordered(a, b, False))),
    ast.Gt: (">", _unless_absent(lambda a, b: _ordered(b, a, True))),
    ast.GtE: (">=", _unless_absent(lambda a, b: _ordered(b, a, False))),
    ast.In: ("in", _unless_absent(_contains)),
    ast.NotIn: ("not in", _unless_absent(lambda a, b: negate(_contains(a, b)))),
}


def _span(low: float, high: float) -> Span:
    return UNKNOWN if math.isnan(low) or math.isnan(high) else Span(low, high)


def add(a: Value, b: Value) -> Value:
    """The sum of two numbers or the concatenation of two lists."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return a + b
    return _arithmetic(a, b, operator.add, lambda x, y: _span(x[0] + y[0], x[1] + y[1]))


def subtract(a: Value, b: Value) -> Value:
    """The difference of two numbers."""
    return _arithmetic(a, b, operator.sub, lambda x, y: _span(x[0] - y[1], x[1] - y[0]))


def multiply(a: Value, b: Value) -> Value:
    """The product of two numbers."""

    def ranges(x: tuple[float, float], y: tuple[float, float]) -> Span:
        return _span(x[0] * y[0], x[1] * y[1]) if x[0] >= 0 and y[0] >= 0 else UNKNOWN

    return _arithmetic(a, b, operator.mul, ranges)


def divide(a: Value, b: Value) -> Value:
    """The whole-number quotient; absent when the divisor is zero."""

    def ranges(x: tuple[float, float], y: tuple[float, float]) -> Span:
        exact = y[0] == y[1] and y[0] > 0
        return _span(x[0] // y[0], x[1] // y[0] if x[1] < math.inf else x[1]) if exact else UNKNOWN

    return ABSENT if b == 0 else _arithmetic(a, b, operator.floordiv, ranges)


def _arithmetic(
    a: Value,
    b: Value,
    exact: Callable[[float, float], float],
    ranges: Callable[[tuple[float, float], tuple[float, float]], Span],
) -> Value:
    if isinstance(a, int | float) and isinstance(b, int | float):
        result = exact(a, b)
        return result if abs(result) < 1 << 63 else ABSENT  # no honest size is that large
    left, right = _bounds(a), _bounds(b)
    return ABSENT if left is None or right is None else ranges(left, right)


ARITHMETIC: Mapping[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: add,
    ast.Sub: subtract,
    ast.Mult: multiply,
    ast.FloorDiv: divide,
}


def length(value: Value) -> Value:
    """How many elements a list has."""
    if isinstance(value, tuple):
        return len(value)
    return at_least(0) if value == UNKNOWN else ABSENT


def total(value: Value) -> Value:
    """The sum of a list of numbers."""
    if not isinstance(value, tuple):
        return UNKNOWN if value == UNKNOWN else ABSENT
    result: Value = 0
    for item in value:
        result = add(result, item)
    return result


def _extreme(value: Value, choose: Callable[[Iterable[float]], float]) -> Value:
    if not isinstance(value, tuple):
        return UNKNOWN if value == UNKNOWN else ABSENT
    bounds = [_bounds(item) for item in value]
    known = [pair for pair in bounds if pair is not None]
    if not known or len(known) < len(bounds):
        return ABSENT
    low, high = choose(pair[0] for pair in known), choose(pair[1] for pair in known)
    return low if low == high else Span(low, high)


def smallest(value: Value) -> Value:
    """The least number of a list."""
    return _extreme(value, min)


def largest(value: Value) -> Value:
    """The greatest number of a list."""
    return _extreme(value, max)


def show(value: Value) -> str:
    """A value as a report prints it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(show, value)) + "]"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
