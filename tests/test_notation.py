"""The notation of patterns: what each form means, shown by the patterns that it expands to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genescan import notation, text
from genescan.errors import NotationError
from genescan.expand import Linked
from genescan.graph import Attr, Graph, Tensor
from genescan.index import Index
from genescan.limits import Limits
from genescan.match import find_variants


def linked(source: str, anchor: str = "", **uses: Linked) -> Linked:
    body, problems = notation.parse(source, frozenset(uses), anchor)
    assert body is not None, [str(problem) for problem in problems]
    return Linked("pattern", body, uses)


def sizes(source: str) -> list[int]:
    """Nodes of every variant, free variables included."""
    return [len(variant.pattern.nodes) for variant in linked(source).variants]


def anchors(pattern: Linked, source: str) -> list[str]:
    """Names of the nodes at which a pattern matches."""
    graph = text.parse(source)
    found = find_variants(pattern.patterns, Index(graph)).matches
    return [graph.nodes[match.anchor].origin[0] for match in found]


def matches(source: str, graph: str) -> bool:
    return bool(anchors(linked(source), graph))


def refusal(source: str, *aliases: str) -> str:
    """The only problem of a text."""
    body, problems = notation.parse(source, frozenset(aliases))
    assert body is None and len(problems) == 1
    return str(problems[0])


def test_names_that_are_never_assigned_are_free_variables_in_order_of_appearance():
    body = linked("a = Conv(x)\nout = Add(a, y, x)").body
    assert body.free == ("x", "y")
    assert body.anchor == "out"


def test_nesting_and_naming_make_the_same_pattern():
    nested, named = linked("out = Relu(Conv(x))"), linked("a = Conv(x)\nout = Relu(a)")
    assert nested.patterns[0].edges == named.patterns[0].edges
    assert [node.name for node in nested.patterns[0].nodes] == ["x", "_1", "out"]
    assert [node.name for node in named.patterns[0].nodes] == ["x", "a", "out"]


def test_positions_count_except_for_commutative_operators():
    assert matches("y = Div(Exp(x), _)", "e = Exp(x)\ny = Div(e, z)")
    assert not matches("y = Div(_, Exp(x))", "e = Exp(x)\ny = Div(e, z)")
    assert matches("y = Mul(_, Exp(x))", "e = Exp(x)\ny = Mul(e, z)")


def test_several_operators_of_which_some_are_commutative_are_tried_apart():
    source = "y = (Add | Concat)(Relu(a), Tanh(b))"
    swapped = "r = Relu(a)\nt = Tanh(b)\ny = {}(t, r)"
    assert len(linked(source).variants) == 2
    assert matches(source, swapped.format("Add"))
    assert not matches(source, swapped.format("Concat"))


def test_a_value_used_twice_must_be_used_twice():
    assert matches("y = Mul(Relu(x), Relu(x))", "r = Relu(x)\ns = Relu(x)\ny = Mul(r, s)")
    assert matches("r = Relu(x)\ny = Mul(r, r)", "r = Relu(x)\ny = Mul(r, r)")
    assert not matches("r = Relu(x)\ny = Mul(r, r)", "r = Relu(x)\ny = Mul(r, z)")


def test_underscore_leaves_an_operand_open_but_a_name_asks_for_a_producer():
    constant = "y = Add(w[8], x)"
    assert matches("y = Sub(_, x)", "y = Sub(w[8], x)")
    assert not matches("y = Sub(z, x)", "y = Sub(w[8], x)")
    assert matches("y = Add(x, const(shape=length(1)))", constant)


@pytest.mark.parametrize(
    ("pattern", "operator", "expected"),
    [
        ("y = (Relu | Clip)(x)", "Relu", True),
        ("y = (Relu | Clip)(x)", "Tanh", False),
        ("y = Activation(x)", "Swish", True),
        ("y = Activation(x)", "MaxPool", False),
        ("y = (Activation | Pool)(x)", "MaxPool", True),
        ("y = Any(x)", "Erf", True),
    ],
)
def test_alternatives_classes_and_any(pattern: str, operator: str, expected: bool):
    assert matches(pattern, f"y = {operator}(x)") is expected


@pytest.mark.parametrize(
    ("predicate", "value", "expected"),
    [
        ("[3, 3]", (3, 3), True),
        ("[3, 3]", (3, 1), False),
        ("one_of([1, 1], [3, 3])", (3, 3), True),
        ("[1, 1] | [3, 3]", (5, 5), False),
        ("length(2)", (7, 7), True),
        ("length(ge(3))", (7, 7), False),
        ("each(1)", (1, 1), True),
        ("each(ge(2))", (2, 1), False),
        ("ge(2)", 2, True),
        ("gt(2)", 2, False),
        ("le(2)", 3, False),
        ("lt(2.5)", 2, True),
        ("ge(2)", "many", False),
        ("ne(2)", 3, True),
        ("ne(2)", None, False),
        ("approx(0.125)", 0.1251, True),
        ("approx(0.125)", 0.13, False),
        ("depthwise", "depthwise", True),
        ("'depthwise'", "depthwise", True),
        ("depthwise", 1, False),
        ("1", True, False),
        ("True", True, True),
        ("True", 1, False),
        ("present()", 0, True),
        ("present()", None, False),
        ("absent()", None, True),
        ("absent()", 0, False),
    ],
)
def test_attribute_predicates(predicate: str, value: Attr | None, expected: bool):
    node = linked(f"y = Conv(x, group={predicate})").patterns[0].nodes[1]
    ((name, test),) = node.attrs
    assert (name, test(value)) == ("group", expected)


@pytest.mark.parametrize(
    ("spelt", "operand", "expected"),
    [
        ("0.5", Tensor(shape=(), data=(0.5,)), True),
        ("0.5", Tensor(shape=(), data=(0.6,)), False),
        ("0.5", None, False),
        ("approx(1.4142)", Tensor(shape=(1,), data=(1.41421356,)), True),
        ("-1", Tensor(shape=(), data=(-1,)), True),
        ("const()", Tensor(shape=None), True),
        ("const()", None, False),
        ("const(shape=[8])", Tensor(shape=(8,)), True),
        ("const(shape=[8])", Tensor(shape=None), False),
        ("const(rank=2)", Tensor(shape=(8, 8)), True),
        ("const(value=ge(2))", Tensor(shape=(), data=(3.0,)), True),
        ("present()", Tensor(), True),
        ("present()", None, False),
        ("absent()", None, True),
    ],
)
def test_operand_predicates(spelt: str, operand: Tensor | None, expected: bool):
    node = linked(f"y = Pow(x, {spelt})").patterns[0].nodes[1]
    ((position, test),) = node.operands
    assert (position, test(operand)) == (1, expected)


def test_outputs_are_told_apart():
    gate = "s = Split(x)\ny = Mul(s[0], Sigmoid(s[1]))"
    assert matches(gate, "s = Split(x, outputs=2)\ng = Sigmoid(s[1])\ny = Mul(s, g)")
    assert not matches(gate, "s = Split(x, outputs=2)\ng = Sigmoid(s)\ny = Mul(s[1], g)")


def test_consumers_counts_readers():
    only = "c = Conv(x, consumers=1)\ny = Relu(c)"
    assert matches(only, "c = Conv(x)\ny = Relu(c)")
    assert not matches(only, "c = Conv(x)\ny = Relu(c)\nz = Tanh(c)")


def test_maybe_has_variants_largest_first():
    assert sizes("y = Relu(maybe(BatchNormalization)(Conv(x)))") == [4, 3]
    assert sizes("y = maybe(Tanh | Relu)(Conv(x))") == [3, 2]


def test_maybe_ties_several_operators_together():
    tied = "y = Relu(maybe(Conv(kernel_shape=[1, 1]), BatchNormalization)(x))"
    assert sizes(tied) == [4, 2]
    nodes = linked(tied).patterns[0].nodes
    assert [node.name for node in nodes if node.attrs] == [nodes[1].name]
    assert nodes[1].ops == {"Conv"} and nodes[2].ops == {"BatchNormalization"}


def test_what_only_an_absent_node_reads_is_absent_too():
    gated = linked("g = Sigmoid(Conv(x))\nc = Linear(x)\ny = Relu(maybe(Mul)(c, g))")
    assert [len(p.nodes) for p in gated.patterns] == [6, 3]


def test_variants_that_are_alike_are_kept_once():
    assert sizes("y = maybe(Relu)(maybe(Relu)(Conv(x)))") == [4, 3, 2]


def test_a_skip_without_its_optional_branch_is_no_variant():
    residual = linked("y = Add(maybe(Conv)(x), x)")
    assert [len(p.nodes) for p in residual.patterns] == [3]


def test_either_is_one_of_several_expressions():
    source = "y = Relu(either(Conv(x), Add(Linear(x), _)))"
    assert sizes(source) == [4, 3]
    assert matches(source, "c = Conv(x)\ny = Relu(c)")
    assert matches(source, "l = Linear(x)\na = Add(l, b)\ny = Relu(a)")


def test_too_many_variants_are_refused():
    source = "y = Conv(x)\n" + "\n".join(
        f"y{i} = maybe({op})({f'y{i - 1}' if i else 'y'})"
        for i, op in enumerate(["Relu", "Tanh", "Erf", "Sin", "Cos", "Exp", "Log"])
    )
    with pytest.raises(NotationError, match="more than 64 variants"):
        _ = linked(source).variants
    body = linked("y = maybe(Relu)(Conv(x))").body
    with pytest.raises(NotationError, match="more than 1 variants"):
        _ = Linked("y", body, limit=Limits(variants=1).variants).variants


def test_path_goes_through_a_few_nodes():
    source = "c = Conv(x)\ny = Linear(path(c, through=[Activation, Pool], at_most=2))"
    graph = "c = Conv(x)\na = Relu(c)\np = MaxPool(a)\ny = Linear(p)"
    assert matches(source, graph)
    assert not matches(source.replace("at_most=2", "at_most=1"), graph)
    assert not matches(source.replace("[Activation, Pool]", "[Pool]"), graph)


def test_a_component_takes_operands_in_the_order_of_its_free_variables():
    attention = linked("s = Softmax(MatMul(q, k))\no = MatMul(s, v)")
    block = linked("a = attn(x, y, x)\nout = Add(a, x)", attn=attention)
    variant = block.variants[0]
    nodes = {name: variant.pattern.nodes[i].ops for name, i in variant.names.items()}
    assert nodes["a.s"] == {"Softmax"}
    assert nodes["a"] == nodes["a.o"] == {"MatMul"}
    assert variant.names["a.q"] == variant.names["a.v"] == variant.names["x"]
    assert variant.free == {variant.names["x"], variant.names["y"]}


def test_a_component_may_be_used_more_than_once():
    act = linked("y = Relu(Conv(x))")
    assert len(linked("out = act(act(x))", act=act).patterns[0].nodes) == 5


def test_operands_beyond_those_of_a_component_are_refused():
    with pytest.raises(NotationError, match="act takes 1 operands, not 2"):
        _ = linked("out = act(x, y)", act=linked("y = Relu(x)")).variants


def test_the_anchor_is_the_last_name_unless_told():
    source = "a = Conv(x)\nb = Relu(a)"
    assert anchors(linked(source), "c = Conv(x)\nr = Relu(c)") == ["r"]
    assert anchors(linked(source, "a"), "c = Conv(x)\nr = Relu(c)") == ["c"]


def test_matches_chain_through_the_first_free_variable_or_entry():
    first = linked("y = Add(Conv(x), z)").variants[0]
    named = linked("y = Add(Conv(x), entry)").variants[0]
    assert first.pattern.nodes[first.entry or 0].name == "x"
    assert named.pattern.nodes[named.entry or 0].name == "entry"


def test_required_operators_are_those_of_every_variant():
    source = linked("y = Relu(Add(maybe(Tanh)(Conv(Conv(x))), either(Erf(x), Exp(x))))")
    required = {"|".join(sorted(ops)): count for ops, count in source.required}
    assert required == {"Relu": 1, "Add": 1, "Conv": 2}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("y = Rleu(x)", "1:5: unknown operator Rleu, did you mean Relu?"),
        ("y = relu(x)", "1:5: unknown operator relu, did you mean Relu?"),
        ("y = Conv(x, group=deptwise)", "1:19: unknown word deptwise, did you mean depthwise?"),
        ("y = Conv(x, kernel_shape=lenght(2))", "unknown test lenght(), did you mean length?"),
        ("y = Relu(x)\ny = Relu(y)", "2:1: y is already taken"),
        ("y = Relu(x)\nx = Relu(y)", "2:1: x is assigned after it was read"),
        ("Relu = Tanh(x)", "1:1: Relu has a meaning of its own"),
        ("y = attn", "1:5: attn is a component: write attn(...)"),
        ("y = Relu", "1:5: Relu is an operator: write Relu(...)"),
        ("y = x", "1:5: expected an operator"),
        ("y = maybe(Relu)(x, attr=1)", "1:25: attributes go inside maybe(...)"),
        ("y = either(Relu(x))", "1:5: either() takes two or more expressions"),
        ("y = Relu(x", "was never closed"),
        ("", "1:1: the pattern is empty"),
    ],
)
def test_mistakes_are_told_with_line_and_column(source: str, message: str):
    assert message in refusal(source, "attn")


@given(st.text(alphabet="xyABab(),=|_[]012. \n'maybeRluConvpth", max_size=60))
def test_any_text_gives_a_pattern_or_a_problem_never_a_crash(source: str):
    body, problems = notation.parse(source)
    assert (body is None) == bool(problems)
    if body is not None:
        try:
            patterns = Linked("any", body).patterns
        except NotationError:
            return
        assert all(0 <= p.anchor < len(p.nodes) for p in patterns)


@pytest.mark.parametrize("source", ["y = " + "Relu(" * 90 + "x" + ")" * 90, "|".join("ab" * 9000)])
def test_deep_text_is_no_crash(source: str):
    body, problems = notation.parse(source)
    assert (body is None) == bool(problems)


def test_empty_graph_matches_nothing():
    found = find_variants(linked("y = Relu(x)").patterns, Index(Graph(())))
    assert found.matches == () and found.complete
