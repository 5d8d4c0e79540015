"""Tests on attributes and operands, as patterns spell them: `ge(2)`, `one_of(1, 2)`, `const()`.

Each function turns a syntax node into a test together with its text; nothing is evaluated.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from genescan.errors import NotationError
from genescan.graph import Attr, Operand, Tensor
from genescan.pattern import OperandTest, Predicate
from genescan.suggest import hint
from genescan.text import fail, literal

WORDS = frozenset(
    [
        *("depthwise", "grouped"),
        *("forward", "bidirectional"),
        *("explicit", "decomposed", "bias_only"),
        *("causal", "input", "constant"),
        *("all", "spatial", "last", "channel", "batch", "other"),
        *("nearest", "linear", "cubic"),
        *("none", "tanh"),
    ]
)
"""Attribute values of canonical graphs that are written without quotes, by attribute:

group; direction; origin (of a BatchNormalization); mask (of an SDPA); axes; mode; approximate.
"""

RELATIVE, ABSOLUTE = 5e-3, 1e-6
"""What `approx` forgives: a little more than rounding to bfloat16 (2^-8)."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}


def near(value: object, wanted: float) -> bool:
    """Whether a value is a number close to `wanted`, as `approx` means it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isclose(value, wanted, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def show(value: Attr | None) -> str:
    """A value as a pattern spells it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return value if isinstance(value, str) and value in WORDS else repr(value)


def _equals(value: Attr | None) -> Predicate:
    if value is None:
        return Predicate("absent()", lambda found: found is None)

    def test(found: Attr | None) -> bool:
        return found == value and isinstance(found, bool) == isinstance(value, bool)

    return Predicate(show(value), test)


def _number(node: ast.expr) -> float:
    value = literal(node)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail(node, "expected a number")
    return value


def _comparison(call: ast.Call) -> Predicate:
    limit = _number(_arguments(call, 1)[0])
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    compare = _COMPARE[name]

    def test(found: Attr | None) -> bool:
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and compare(found, limit)  # type: ignore[arg-type]  # a number

    return Predicate(f"{name}({limit})", test)


def _one_of(parts: list[Predicate]) -> Predicate:
    text = "one_of(" + ", ".join(part.text for part in parts) + ")"
    return Predicate(text, lambda found: any(part(found) for part in parts))


def _each(part: Predicate) -> Predicate:
    return Predicate(
        f"each({part.text})",
        lambda found: isinstance(found, tuple) and all(part(item) for item in found),
    )


def _length(part: Predicate) -> Predicate:
    return Predicate(
        f"length({part.text})", lambda found: isinstance(found, tuple) and part(len(found))
    )


def _not(part: Predicate) -> Predicate:
    return Predicate(f"ne({part.text})", lambda found: found is not None and not part(found))


def _approx(wanted: float) -> Predicate:
    return Predicate(f"approx({wanted})", lambda found: near(found, wanted))


def _exists(call: ast.Call) -> Predicate:
    _arguments(call, 0)
    return Predicate("present()", lambda found: found is not None)


def _lacks(call: ast.Call) -> Predicate:
    _arguments(call, 0)
    return _equals(None)


def _arguments(call: ast.Call, count: int | None) -> list[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else "?"
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        raise fail(call, f"{name}() takes plain values only")
    if count is not None and len(call.args) != count:
        raise fail(call, f"{name}() takes {count or 'no'} value{'s' * (count != 1)}")
    return call.args


_FUNCTIONS: Mapping[str, Callable[[ast.Call], Predicate]] = {
    **dict.fromkeys(_COMPARE, _comparison),
    "ne": lambda call: _not(attribute(_arguments(call, 1)[0])),
    "approx": lambda call: _approx(_number(_arguments(call, 1)[0])),
    "length": lambda call: _length(attribute(_arguments(call, 1)[0])),
    "each": lambda call: _each(attribute(_arguments(call, 1)[0])),
    "one_of": lambda call: _one_of([attribute(node) for node in _arguments(call, None)]),
    "present": _exists,
    "absent": _lacks,
}


def unknown_function(node: ast.expr, name: str, known: Mapping[str, object]) -> NotationError:
    """The error for a call of something that does not exist."""
    suggestion = hint(name, known)
    return fail(node, f"unknown test {name}()" + (f", {suggestion}" if suggestion else ""))


def attribute(node: ast.expr) -> Predicate:
    """Read an attribute test; raises `NotationError`."""
    if isinstance(node, ast.Name):
        if node.id in WORDS:
            return _equals(node.id)
        known = {*WORDS, "True", "False"}
        suggestion = hint(node.id, known) or f"strings are quoted: '{node.id}'"
        raise fail(node, f"unknown word {node.id}, {suggestion}")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _one_of([attribute(node.left), attribute(node.right)])
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS:
            raise unknown_function(node, name, _FUNCTIONS)
        return _FUNCTIONS[name](node)
    return _equals(literal(node))


def _scalar(text: str, test: Predicate) -> OperandTest:
    return OperandTest(text, lambda found: isinstance(found, Tensor) and test(found.scalar))


def _const(call: ast.Call) -> OperandTest:
    if call.args:
        raise fail(call, "const() takes shape=, rank= or value=")
    tests: list[tuple[str, Predicate]] = []
    for keyword in call.keywords:
        if keyword.arg not in ("shape", "rank", "value"):
            raise fail(keyword.value, "const() takes shape=, rank= or value=")
        tests.append((keyword.arg, attribute(keyword.value)))

    def test(found: Operand) -> bool:
        if not isinstance(found, Tensor):
            return False
        rank = None if found.shape is None else len(found.shape)
        facts: dict[str, Attr | None] = {
            "shape": found.shape,
            "rank": rank,
            "value": found.scalar,
        }
        return all(predicate(facts[name]) for name, predicate in tests)

    text = ", ".join(f"{name}={predicate.text}" for name, predicate in tests)
    return OperandTest(f"const({text})", test)


def _present(call: ast.Call) -> OperandTest:
    _arguments(call, 0)
    return OperandTest("present()", lambda found: found is not None)


def _absent(call: ast.Call) -> OperandTest:
    _arguments(call, 0)
    return OperandTest("absent()", lambda found: found is None)


def _near_scalar(call: ast.Call) -> OperandTest:
    test = _approx(_number(_arguments(call, 1)[0]))
    return _scalar(test.text, test)


OPERAND_TESTS: Mapping[str, Callable[[ast.Call], OperandTest]] = {
    "const": _const,
    "approx": _near_scalar,
    "present": _present,
    "absent": _absent,
}


def operand(node: ast.expr) -> OperandTest | None:
    """Read an operand test; None when `node` is something else. Raises `NotationError`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        reader = OPERAND_TESTS.get(node.func.id)
        return None if reader is None else reader(node)
    if isinstance(node, ast.Constant | ast.UnaryOp):
        value = _number(node)
        return _scalar(show(value), _approx(value))
    return None
