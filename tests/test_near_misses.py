"""Near misses and the mutation check: a constraint that nothing can break is reported."""

from __future__ import annotations

from genescan import mutation, near_misses
from genescan.library import Library
from genescan.mutation import Mutation

SIGNATURE = """
id: t/unit
title: unit
level: family
patterns:
  unit: |
    a = Conv(x, kernel_shape=[3, 3]{more})
    out = Relu(a)
condition: {condition}
tests:
  match:
    three: |
      for _ in range(3):
          a = Conv(x, w[8, 8, 3, 3], kernel_shape=[3, 3])
          x = Relu(a)
"""


def check(condition: str = "chain(unit) >= 2", more: str = "") -> Mutation:
    library = load(condition, more)
    return mutation.check(library.signatures["t/unit"], library)


def load(condition: str, more: str = "") -> Library:
    library = Library.build([("t/unit.yml", SIGNATURE.format(condition=condition, more=more))])
    assert not library.errors
    return library


def test_every_constraint_of_a_tight_signature_is_needed() -> None:
    assert check() == Mutation((), ())


def test_a_clause_that_nothing_breaks_is_named() -> None:
    assert check("chain(unit) >= 2 and op(LSTM) == 0") == Mutation((), ()), "an LSTM is put in"
    assert check("chain(unit) >= 2 and op(Conv) >= 1").unneeded == ("condition: op(Conv) >= 1",)
    assert check("chain(unit) >= 2 and count(unit) >= 1").unneeded == (
        "condition: count(unit) >= 1",
    )


def test_what_no_example_shows_is_named() -> None:
    source = SIGNATURE.format(condition="chain(unit) >= 2 or rare", more="")
    source = source.replace("condition:", "  rare: |\n    out = LSTM(x)\ncondition:")
    library = Library.build([("t/unit.yml", source)])
    assert mutation.check(library.signatures["t/unit"], library).unshown == ("rare",)


def test_near_misses_change_one_thing_in_every_round() -> None:
    library = load("chain(unit) >= 2")
    found = near_misses.derive(library.signatures["t/unit"], library)
    texts = {str(miss): miss for miss in found}
    refused = texts["{edit: three, set: {a.kernel_shape: (5, 5)}}"]
    assert not refused.accepted
    assert [n.attrs["kernel_shape"] for n in refused.graph.nodes if n.op == "Conv"] == [(5, 5)] * 3
    assert texts["{edit: three, set: {a.strides: (2, 2)}}"].accepted, (
        "the pattern says nothing of it"
    )


def test_operators_without_a_name_are_changed_too() -> None:
    source = SIGNATURE.format(condition="chain(unit) >= 2", more="")
    source = source.replace("x = Relu(a)", "x = Relu(BatchNormalization(a))")
    source = source.replace("out = Relu(a)", "out = Relu(maybe(BatchNormalization)(a))")
    library = Library.build([("t/unit.yml", source)])
    edits = {miss.edit for miss in near_misses.derive(library.signatures["t/unit"], library)}
    assert "x(0).op: LpNormalization" in edits


def test_what_two_patterns_say_is_tried_on_each_of_them() -> None:
    source = SIGNATURE.format(condition="chain(unit) >= 2 and first", more="")
    source = source.replace(
        "condition:",
        "  first: |\n    out = Relu(Conv(Input(), kernel_shape=[3, 3], group=1))\ncondition:",
    )
    library = Library.build([("t/unit.yml", source)])
    assert mutation.check(library.signatures["t/unit"], library) == Mutation((), ())


def test_a_constraint_that_is_always_true_is_named() -> None:
    found = check(more=", strides=each(ge(1))")
    assert found.unneeded == ("unit.a: without strides=each(ge(1))",)


def test_loops_inputs_and_readers_change_too() -> None:
    library = load("chain(unit) >= 2")
    edits = {
        miss.edit: len(miss.graph)
        for miss in near_misses.derive(library.signatures["t/unit"], library)
    }
    whole = len(next(near_misses.examples(library.signatures["t/unit"]))[1])
    assert edits["loop 1: 2"] == whole - 2
    assert edits["loop 1: 9"] == whole + 12
    assert edits["read again: a"] == whole + 3
    assert edits["x.op: Atan"] == whole, "what was an input is computed"


def test_one_round_of_a_loop_changes_alone() -> None:
    library = load("chain(unit) >= 2")
    graph = next(near_misses.examples(library.signatures["t/unit"]))[1]
    kernels = {
        tuple(n.attrs["kernel_shape"] for n in changed.nodes if n.op == "Conv")
        for changed in near_misses.in_one_round(graph)
    }
    assert ((3, 3), (5, 5), (3, 3)) in kernels
