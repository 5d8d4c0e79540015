"""The condition language: values, three-valued logic and reasons, over made-up facts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genescan import kleene, notation, ops
from genescan.condition import Condition, parse
from genescan.errors import NotationError
from genescan.facts import Group, Ref, Route
from genescan.kleene import ABSENT, UNKNOWN, Span, Truth, Value, at_least

BODY, _ = notation.parse("c1 = Conv(x)\nout = Relu(c1)")
PATTERNS = {"a": BODY, "b": BODY}


@dataclass
class Facts:
    """Answers from tables; patterns by name, joined by '|', groups of a chain by ','."""

    values: dict[str, Value] = field(default_factory=dict)
    truths: dict[str, Truth] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)

    def count(self, group: Group) -> Value:
        self.asked.append(group)
        return self.values["|".join(map(str, group))]

    def _chain(self, groups: Sequence[Group], route: Route) -> Value:
        self.asked.append(route)
        return self.values[",".join("|".join(map(str, group)) for group in groups)]

    chain = stages = _chain

    def covers(self, group: Group) -> Value:
        return self.count(group)

    def shape(self, ref: Ref, node: str) -> Value:
        return self.values[f"{ref}.{node}"]

    def operators(self, ops: frozenset[str]) -> Value:
        return self.values["|".join(sorted(ops))]

    def inputs(self, rank: int | None) -> Value:
        return self.values[f"inputs {rank}"]

    def outputs(self) -> Value:
        return self.values["outputs"]

    def holds(self, alias: str) -> Truth:
        return self.truths[alias]

    def found(self, signature: str) -> Truth:
        return self.truths[signature]


def condition(text: str) -> Condition:
    return parse(text, PATTERNS, frozenset({"attn"}))


def truth(text: str, **values: Value) -> Truth:
    return condition(text)(Facts(dict(values))).truth


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("count(a) >= 3", 3, True),
        ("count(a) >= 3", 2, False),
        ("count(a) >= 3", at_least(3), True),
        ("count(a) >= 3", at_least(2), None),
        ("count(a) < 3", at_least(3), False),
        ("count(a) == 3", at_least(3), None),
        ("count(a) == 3", at_least(4), False),
        ("count(a) != 3", at_least(4), True),
        ("not count(a) >= 3", at_least(2), None),
        ("1 <= count(a) <= 4", 4, True),
        ("1 <= count(a) <= 4", 5, False),
        ("1 <= count(a) <= 4", at_least(2), None),
        ("1 <= count(a) <= 4", at_least(5), False),
        ("count(a) in [6, 12]", 12, True),
        ("count(a) in [6, 12]", at_least(7), None),
        ("count(a) in [6, 12]", at_least(13), False),
        ("count(a) not in [6, 12]", 7, True),
        ("count(a)", 1, True),
        ("a", 0, False),
        ("covers(a) >= 0.8", 0.85, True),
        ("covers(a) >= 0.8", Span(0.5, 1.0), None),
        ("stages(a) == [2, 2]", (2, 2), True),
        ("stages(a) == [2, 2]", (2, 2, 2), False),
        ("stages(a) == [2, 2]", UNKNOWN, None),
        ("len(stages(a)) == 2 and sum(stages(a)) == 5", (2, 3), True),
        ("min(stages(a)) >= 2", (2, 3), True),
        ("max(stages(a)) == 3", (2, 3), True),
        ("stages(a)[0] == 2 and stages(a)[-1] == 3", (2, 3), True),
        ("stages(a)[5] == 2", (2, 3), False),
        ("len(stages(a)) == 2", UNKNOWN, None),
        ("2 * count(a) + 1 - 4 == 9", 6, True),
        ("count(a) // 2 == 3", 7, True),
        ("count(a) // 2 >= 3", at_least(7), True),
        ("count(a) // 0 == 0", 7, False),
        ("10 - count(a) <= 3", at_least(7), True),
    ],
)
def test_comparisons(text: str, value: Value, expected: Truth):
    assert truth(text, a=value) is expected


def test_sizes_of_what_is_not_there_equal_nothing():
    shape = condition("dim(a.c1, 0) == 64")
    unequal = condition("dim(a.c1, 0) != 64")
    for text in (shape, unequal):
        assert text(Facts({"a.c1": ABSENT})).truth is False
        assert text(Facts({"a.c1": UNKNOWN})).truth is None
    assert shape(Facts({"a.c1": (64, 3, 7, 7)})).truth is True
    assert shape(Facts({"a.c1": (UNKNOWN, 3)})).truth is None
    whole = condition("weight(a.c1).shape == [64, 3]")
    assert whole(Facts({"a.c1": (64, 3)})).truth is True
    assert whole(Facts({"a.c1": (64, UNKNOWN)})).truth is None
    assert whole(Facts({"a.c1": (32, UNKNOWN)})).truth is False


TRUTHS: tuple[Truth, ...] = (True, False, None)


@pytest.mark.parametrize(("x", "y"), list(itertools.product(TRUTHS, TRUTHS)))
def test_and_or_not_follow_kleene(x: Truth, y: Truth):
    rank = {False: 0, None: 1, True: 2}
    facts = Facts(truths={"attn": x, "area/name": y})
    both = condition('attn and found("area/name")')(facts).truth
    either = condition('attn or found("area/name")')(facts).truth
    assert rank[both] == min(rank[x], rank[y])
    assert rank[either] == max(rank[x], rank[y])
    assert rank[condition("not attn")(facts).truth] == 2 - rank[x]


def test_nothing_is_asked_that_does_not_matter():
    facts = Facts({"a": 5})
    assert condition("a or b")(facts).truth is True
    assert condition("not a and b")(facts).truth is False
    assert facts.asked == [(Ref("", "a"),)] * 2


def test_reasons_are_those_that_decided():
    text = condition("chain(a) >= 3 and op(Softmax) == 0 and not count(b) > 9")
    facts = Facts({"a": 8, "Softmax": 0, "b": 2})
    assert text(facts).reasons == (
        "chain(a) = 8 (needs >= 3)",
        "op(Softmax) = 0 (needs == 0)",
        "count(b) = 2 (must not be > 9)",
    )
    facts.values["Softmax"] = 1
    assert text(facts).reasons == ("op(Softmax) = 1 (needs == 0)",)
    unknown = condition("count(a) >= 3 and attn")(Facts({"a": at_least(1)}, {"attn": True}))
    assert unknown == (None, ("count(a) = at least 1 (needs >= 3)",))


def test_patterns_of_a_condition():
    text = condition(
        "chain(a | b) >= 2 and count(attn) > 1 and attn.core and found('x/y') and attn"
    )
    assert {str(ref) for ref in text.refs} == {"a", "b", "attn", "attn.core"}
    assert (text.aliases, text.found) == ({"attn"}, {"x/y"})


def test_alternatives_and_turns_of_a_chain():
    facts = Facts({"a|b": 4, "a,b": 2})
    assert condition("chain(a | b) == 4 and chain(a, b) == 2")(facts).truth is True


def test_routes_of_a_chain():
    facts = Facts({"a": 4})
    assert condition("chain(a, through=[MaxPool, Concat], at_most=2) >= 1")(facts).truth is True
    assert condition("chain(a) >= 1")(facts).truth is True
    assert facts.asked == [Route(frozenset({"MaxPool", "Concat"}), 2), Route()]


def test_operators_and_classes_are_counted():
    members = "|".join(sorted(ops.members("Recurrent") or ()))
    assert truth("op(LSTM)", LSTM=2) is True
    assert condition("op(Recurrent) == 2")(Facts({members: 2})).truth is True
    assert condition("op(LSTM | GRU) == 2")(Facts({"GRU|LSTM": 2})).truth is True


def test_inputs_and_outputs():
    facts = Facts({"inputs 4": Span(1, 2), "inputs None": 2, "outputs": 1})
    assert condition("inputs(rank=4) >= 1 and inputs() == 2 and outputs()")(facts).truth is True
    assert condition("inputs(rank=4) == 2")(facts).truth is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count(c) > 1", "1:7: unknown pattern c"),
        ("cuont(a) > 1", "1:1: unknown function cuont(), did you mean count?"),
        ("op(Softmaks)", "1:4: unknown operator Softmaks, did you mean Softmax?"),
        ("dim(a.c2, 0) == 1", "1:5: pattern a has no variable c2"),
        ("count(a)\n  + 1", "1:1: expected a comparison"),
        ("attn and\n  count(a) > c", "2:14: expected a number"),
        ("count(a) > 'x'", "1:12: expected a number"),
        ("count(a) is 1", "1:1: compare with"),
        ("count(a) ** 9 > 1", "1:1: expected a number"),
        ("[0] * 9 == a.b", "1:12: write weight(pattern.node).shape"),
        ("__import__('os')", "1:1: expected a comparison"),
        ("(lambda: 1)() > 0", "1:1: unknown function ()"),
        ("found('Not an id')", '1:7: write found("area/name")'),
        ("a; b", "1:2: "),
        ("", "1:1: "),
        ("a)\n(b", "1:"),
        ("a and " * 1000, "1:1: longer than 4000 characters"),
        ("(" * 300 + "a" + ")" * 300, "too many nested parentheses"),
    ],
)
def test_mistakes_are_told_with_line_and_column(text: str, message: str):
    with pytest.raises(NotationError) as caught:
        condition(text)
    assert message in str(caught.value)


VALUES = st.one_of(
    st.integers(-5, 5),
    st.builds(lambda a, b: Span(min(a, b), max(a, b)), st.integers(-5, 5), st.integers(-5, 5)),
    st.builds(at_least, st.integers(0, 5)),
    st.just(UNKNOWN),
)


def inside(value: Value) -> list[int]:
    """Whole numbers that a value may stand for."""
    low, high = (value.low, value.high) if isinstance(value, Span) else (value, value)
    assert isinstance(low, int | float) and isinstance(high, int | float)
    return [n for n in range(-9, 10) if low <= n <= high]


@given(VALUES, VALUES, st.sampled_from(list(kleene.COMPARISONS)[:6]))
def test_a_certain_answer_holds_for_every_number_in_the_range(a: Value, b: Value, sign: type):
    compare = kleene.COMPARISONS[sign][1]
    answer = compare(a, b)
    if answer is not None:
        assert {compare(x, y) for x in inside(a) for y in inside(b)} <= {answer}


@given(VALUES, VALUES, st.sampled_from(list(kleene.ARITHMETIC.values())))
def test_a_result_range_holds_every_result(a: Value, b: Value, operation):
    result = operation(a, b)
    if result is ABSENT:
        return
    low, high = (result.low, result.high) if isinstance(result, Span) else (result, result)
    for x in inside(a):
        for y in inside(b):
            exact = operation(x, y)
            assert exact is ABSENT or low <= exact <= high


@given(st.text(alphabet="ab()[]<>=!+-*/ .,'0123countchaindiml\nandornot", max_size=60))
def test_any_text_gives_a_condition_or_a_problem_never_a_crash(text: str):
    try:
        condition(text)
    except NotationError as error:
        assert error.line >= 1 and error.column >= 1
