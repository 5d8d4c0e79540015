"""Signatures from YAML to findings: reading, linking, deciding, testing themselves, linting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genescan import lint, selftest, text
from genescan.errors import NotationError, SignatureError
from genescan.findings import Context, Finding, evaluate
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT
from genescan.match import Result, find_variants
from genescan.signature import Example, Signature, TooNew, parse
from genescan.unroll import unroll

CASES = Path(__file__).parent / "cases" / "errors"

RESNET = """\
id: vision/resnet
title: ResNet
level: family
status: stable
min_engine: "0.1"
summary: Residual CNN made of basic blocks.
why: Two 3x3 convolutions and an identity or projection shortcut.
misses: Pre-activation blocks.
modality: [image]
task: classification
role: backbone
references: [arXiv:1512.03385]
patterns:
  basic: |
    c1  = Conv(x, kernel_shape=[3, 3])
    c2  = Conv(Relu(maybe(BatchNormalization)(c1)), kernel_shape=[3, 3])
    skip = maybe(BatchNormalization)(maybe(Conv, kernel_shape=[1, 1])(x))
    out = Relu(Add(maybe(BatchNormalization)(c2), skip))
condition: chain(basic) >= 3
variants:
  resnet-18: stages(basic) == [2, 2, 2, 2]
  small: stages(basic) == [3, 2] and dim(basic.c1, 0) == 64
tests:
  match:
    small:
      variant: small
      graph: |
        for _ in range(3):
            c = Conv(x, w[64, 64, 3, 3], kernel_shape=[3, 3])
            d = Conv(Relu(c), w[64, 64, 3, 3], kernel_shape=[3, 3])
            s = Add(d, x)
            x = Relu(s)
        for _ in range(2):
            c = Conv(x, w[128, 64, 3, 3], kernel_shape=[3, 3])
            d = Conv(Relu(c), w[128, 128, 3, 3], kernel_shape=[3, 3])
            s = Add(d, x)
            x = Relu(s)
  no_match:
    wide: {edit: small, set: {c.kernel_shape: [5, 5]}, because: c1}
    no-skip: {edit: small, set: {s.1: c}, because: c1}
    no-sum: {edit: small, set: {s.op: null}, because: out}
    product: {edit: small, set: {s.op: Mul}, because: out}
    one-block: |
      c = Conv(x, w[64, 64, 3, 3], kernel_shape=[3, 3])
      d = Conv(Relu(c), w[64, 64, 3, 3], kernel_shape=[3, 3])
      y = Relu(Add(d, x))
models:
  match: {resnet18: resnet-18}
  no_match: [vgg]
"""

ATTENTION = """\
id: attention/plain
title: Attention
level: component
summary: Softmax of scores times values.
why: The score product feeds a softmax.
references: [arXiv:1706.03762]
patterns:
  main: |
    s = Softmax(MatMul(Linear(x), Linear(x)))
    o = Linear(MatMul(s, Linear(x)))
"""

ENCODER = """\
id: text/encoder
title: Encoder
level: family
uses: {attn: attention/plain}
patterns:
  block: |
    n = LayerNormalization(Add(attn(x), x))
    out = LayerNormalization(Add(Linear(Gelu(Linear(n))), n))
  attended: |
    n = LayerNormalization(Add(attn(x), x))
  fed: |
    out = LayerNormalization(Add(Linear(Gelu(Linear(n))), n))
condition: chain(block) >= 2 and attn and count(attn) == count(block)
variants:
  pairs: chain(attended, fed) == 3 and chain(attended) == 1 and covers(block) == 1
"""

ENCODER_GRAPH = """\
for _ in range(3):
    s = Softmax(MatMul(Linear(x, w[8, 8]), Linear(x, w[8, 8])))
    n = LayerNormalization(Add(Linear(MatMul(s, Linear(x, w[8, 8])), w[8, 8]), x))
    f = Linear(Gelu(Linear(n, w[8, 32])), w[32, 8])
    x = LayerNormalization(Add(f, n))
"""


def library(*sources: str) -> Library:
    made = Library.build([(_path(source), source) for source in sources])
    assert not made.errors, "\n".join(map(str, made.errors))
    return made


def _path(source: str) -> str:
    return source.partition("id: ")[2].partition("\n")[0] + ".yml"


def finding(source: str, graph: str, *others: str) -> Finding:
    """What the first signature says about a graph."""
    signatures = library(*others, source)
    context = Context(signatures, Index(text.parse(unroll(graph)[0])))
    return evaluate(list(signatures)[-1], context)


def one(pattern: str, condition: str) -> str:
    """A small signature with one pattern `p`."""
    lines = "".join(f"    {line}\n" for line in pattern.splitlines())
    head = "id: test/one\ntitle: One\nlevel: family\n"
    return f"{head}patterns:\n  p: |\n{lines}condition: {condition}\n"


# reading


def test_a_signature_says_what_its_file_says():
    signature = parse(RESNET)
    assert isinstance(signature, Signature)
    assert (signature.id, signature.level, signature.role) == (
        "vision/resnet",
        "family",
        "backbone",
    )
    assert signature.task == ("classification",)
    assert [name for name, _ in signature.variants] == ["resnet-18", "small"]
    assert signature.patterns["basic"].anchor == "out"
    assert [test.name for test in signature.no_match][:2] == ["wide", "no-skip"]
    assert [(model.stem, model.variant) for model in signature.models] == [
        ("resnet18", "resnet-18")
    ]
    assert [model.stem for model in signature.not_models] == ["vgg"]
    assert not signature.fallback


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_problem_is_told_at_its_place(path: Path):
    made = Library.build([(path.name, path.read_text())]).check()
    told = "\n".join(map(str, made.errors)) + "\n"
    assert told == path.with_suffix(".txt").read_text()
    assert not len(made)


def test_a_signature_for_a_later_engine_is_skipped_with_a_notice():
    newer = RESNET.replace('min_engine: "0.1"', 'min_engine: "9.1"\nwarp: 9')
    found = parse(newer, "vision/resnet.yml")
    assert isinstance(found, TooNew)
    assert str(found) == "vision/resnet.yml: skipped, needs engine 9.1 (this is 0.1)"
    assert isinstance(parse(RESNET.replace('"0.1"', '"0.1.0"')), Signature)
    made = Library.build([("vision/resnet.yml", newer)])
    assert made.skipped == (found,) and not made.errors and not len(made)


def test_the_size_of_a_file_is_bounded():
    with pytest.raises(SignatureError, match="longer than 10 bytes"):
        parse(RESNET, limits=replace(DEFAULT, yaml_bytes=10))


@pytest.mark.parametrize(
    "source",
    [
        "[" * 500_000,
        "- " * 400_000,
        "? " * 300_000,
        "{a: " * 200_000,
        "\n".join(" " * depth + "a:" for depth in range(1_200)),
    ],
    ids=["flow", "dashes", "keys", "maps", "indents"],
)
def test_deep_yaml_is_a_problem_not_a_crash(source: str):
    with pytest.raises(SignatureError):
        parse(source)


@given(st.text(max_size=80))
def test_any_text_is_a_signature_or_a_problem(source: str):
    with pytest.raises(SignatureError):
        parse(source)


@given(
    st.integers(0, len(RESNET)), st.text(alphabet="\n :[]{}()|>&*!%@`'\"#,ax1\t\x00", max_size=4)
)
def test_any_change_of_a_file_is_read_or_a_problem_with_a_place(at: int, change: str):
    source = RESNET[:at] + change + RESNET[at + 1 :]
    try:
        parse(source)
    except SignatureError as error:
        lines = source.count("\n") + 2
        assert all(1 <= p.line <= lines and p.column >= 1 for p in error.problems)


# linking


def test_a_library_loads_folders_and_collects_errors(tmp_path: Path):
    (tmp_path / "vision").mkdir()
    (tmp_path / "vision" / "resnet.yml").write_text(RESNET)
    (tmp_path / "broken.yml").write_text("id: broken")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "notes.txt").write_text("not a signature")
    made = Library.load(tmp_path, tmp_path / "none", bundled=False)
    assert list(made.signatures) == ["vision/resnet"]
    assert {Path(error.path).name for error in made.errors} == {"broken.yml", "binary.yml", "none"}


def test_the_bundled_signatures_load():
    made = Library.load()
    assert not made.errors and not made.skipped
    assert not made.check().errors


def test_the_digest_tells_contents_apart():
    assert library(RESNET).digest == library(RESNET).digest
    assert library(RESNET).digest != library(RESNET.replace("ResNet", "Resnet")).digest


def test_one_id_is_one_signature():
    made = Library.build([("a.yml", RESNET), ("b.yml", RESNET)])
    assert [str(error) for error in made.errors] == [
        "b.yml:1:5: vision/resnet is already defined in a.yml"
    ]


def test_components_come_first_and_may_not_go_round_in_circles():
    assert list(library(ENCODER, ATTENTION).signatures) == ["attention/plain", "text/encoder"]
    first = one("y = b(x)", "count(p) > 0").replace("patterns:", "uses: {b: test/two}\npatterns:")
    second = first.replace("test/one", "test/x").replace("test/two", "test/one")
    made = Library.build([("1.yml", first), ("2.yml", second.replace("test/x", "test/two"))])
    assert not len(made)
    assert "needs test/two, which needs this" in str(made.errors[0])


def test_a_component_needs_the_pattern_that_is_asked_for():
    source = ENCODER.replace("and attn and", "and attn.core and")
    made = Library.build([("a.yml", ATTENTION), ("e.yml", source)])
    assert str(made.errors[0]) == "e.yml:13:12: attention/plain has no pattern core"


# deciding


def test_chains_and_stages_tell_family_and_variant():
    found = finding(RESNET, _example(RESNET))
    assert (found.truth, found.variant) == ("true", "small")
    assert found.reasons == ("chain(basic) = 5 (needs >= 3)",)
    matches = found.searches["basic"].matches
    assert len(matches) == len(found.searches["basic"].apart) == 5
    assert matches[1].entry == matches[0].anchor
    assert len(found.covered) == 25


def _example(source: str) -> str:
    signature = parse(source)
    assert isinstance(signature, Signature)
    return signature.match[0].text


def test_free_variables_are_not_covered():
    found = finding(one("y = Relu(Conv(x))", "p"), "a = Erf(i)\nc = Conv(a, w[8, 8])\ny = Relu(c)")
    assert found.covered == {2, 3}


def test_components_are_found_inside_families_and_searched_once():
    found = finding(ENCODER, ENCODER_GRAPH, ATTENTION)
    assert (found.truth, found.variant) == ("true", "pairs")
    assert set(found.searches) == {"attended", "attn", "block", "fed"}
    assert found.reasons == (
        "chain(block) = 3 (needs >= 2)",
        "attn found",
        "count(attn) = 3 (needs == count(block) = 3)",
    )


def test_a_chain_may_go_through_glue_and_strides_cut_stages():
    pattern, glue = "y = Relu(Conv(x))", "through=[Pool], at_most=1"
    body = "    x = Relu(Conv(x, w[8, 8, 3, 3]))\n"
    graph = f"for _ in range(2):\n{body}"
    graph += "p = MaxPool(x, kernel_shape=[2, 2], strides=[2, 2])\n"
    graph += "".join(
        f"y{i} = Relu(Conv({f'y{i - 1}' if i else 'p'}, w[8, 8, 3, 3]))\n" for i in range(3)
    )
    assert finding(one(pattern, "chain(p) == 3"), graph).truth == "true"
    assert finding(one(pattern, f"chain(p, {glue}) == 5"), graph).truth == "true"
    assert finding(one(pattern, f"stages(p, {glue}) == [2, 3]"), graph).truth == "true"


def test_stages_of_unknown_channels_are_unknown():
    graph = "for _ in range(2):\n    x = Relu(Conv(x, w[...]))\n"
    assert finding(one("y = Relu(Conv(x))", "stages(p) == [2]"), graph).truth == "unknown"


def test_a_pattern_that_cannot_be_expanded_is_unknown():
    many = "\n".join(f"y{i} = maybe(Relu)(Conv({f'y{i - 1}' if i else 'x'}))" for i in range(7))
    graph = "for _ in range(7):\n    x = Relu(Conv(Conv(x, w[8]), w[8]))"
    assert finding(one(many, "p"), graph).truth == "unknown"
    assert finding(one(many, "p"), "y = Tanh(x)").truth == "false"


def test_nodes_of_components_have_names_too():
    source = one("y = attn(x)\nz = Relu(y)", "dim(p.y.o, 0) == 5")
    source = source.replace("patterns:", "uses: {attn: attention/plain}\npatterns:")
    graph = "s = Softmax(MatMul(Linear(x, w[8, 8]), Linear(x, w[8, 8])))\n"
    graph += "o = Linear(MatMul(s, Linear(x, w[8, 8])), w[5, 8])\nr = Relu(o)"
    assert finding(source, graph, ATTENTION).truth == "true"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("count(p) >= 1", "true"),
        ("count(p) >= 2", "unknown"),
        ("count(p) == 0", "false"),
        ("not count(p) >= 2", "unknown"),
        ("chain(p) >= 2", "unknown"),
        ("stages(p) == [1]", "unknown"),
        ("covers(p) >= 0.5", "true"),
        ("covers(p) > 0.9", "unknown"),
        ("op(LSTM) and count(p) >= 2", "false"),
    ],
)
def test_an_exhausted_search_is_unknown_never_no(
    condition: str, expected: str, monkeypatch: pytest.MonkeyPatch
):
    def first_only(*args: object) -> Result:
        return Result(find_variants(*args).matches[:1], complete=False)

    monkeypatch.setattr("genescan.findings.find_variants", first_only)
    graph = "a = Relu(Conv(x, w[8]))\nb = Relu(Conv(a, w[8]))"
    assert finding(one("y = Relu(Conv(x))", condition), graph).truth == expected


def test_a_later_variant_is_not_reported_while_an_earlier_is_unknown():
    source = one("y = Conv(x)", "p") + "variants:\n  a: dim(p.y, 0) == 64\n  b: count(p) == 1\n"
    assert finding(source, "y = Conv(x, w[64, 3, 3, 3])").variant == "a"
    assert finding(source, "y = Conv(x, w[32, 3, 3, 3])").variant == "b"
    unknown = finding(source, "y = Conv(x, w[None, 3, 3, 3])")
    assert (unknown.variant, unknown.undecided) == (None, ("a",))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("op(Conv) == 2 and op(Activation) == 1", "true"),
        ("covers(p) == 0.5", "false"),
        ("covers(p) > 0.6 and covers(p) < 0.7", "true"),
        ("inputs(rank=4) == 1 and inputs() == 1 and outputs() == 1", "true"),
        ("inputs(rank=3)", "false"),
        ("not op(LSTM) and not found('test/other')", "true"),
        ("weight(p.c).shape == [8, 3, 3, 3] and dim(p.c, -1) == 3", "true"),
        ("dim(p.y, 0) > 0", "false"),
    ],
)
def test_facts_about_a_graph(condition: str, expected: str):
    graph = "x = Input(shape=[1, 3, 8, 8])\nc = Conv(x, w[8, 3, 3, 3])\nr = Relu(c)\n"
    graph += "y = Conv(r, w[8, 8])"
    other = one("y = LSTM(x)", "p").replace("test/one", "test/other")
    found = finding(one("c = Conv(x)\ny = Relu(c)", condition), graph, other)
    assert found.truth == expected, found.reasons


def test_inputs_of_unknown_rank_are_unknown():
    assert finding(one("y = Relu(x)", "inputs(rank=4) == 1"), "y = Relu(x)").truth == "unknown"


def test_the_condition_of_a_single_pattern_may_be_left_out():
    source = one("y = Relu(x)", "p").replace("condition: p\n", "")
    assert finding(source, "y = Relu(x)").truth == "true"
    assert finding(source, "y = Tanh(x)").truth == "false"


# tests inside signatures


def test_a_signature_runs_its_own_tests():
    made = library(RESNET)
    outcomes = selftest.run(made.signatures["vision/resnet"], made)
    assert [str(outcome) for outcome in outcomes if not outcome.passed] == []
    assert outcomes[1].test == "no_match[wide]" and len(outcomes) == 6


@pytest.mark.parametrize(
    ("old", "new", "failure"),
    [
        ("range(3)", "range(201)", "the test is wrong: 28:24: a loop runs 0 to 200 times"),
        ("Relu(s)", "Rleu(s)", "the test is wrong: 32:13: unknown operator Rleu"),
        (
            "c.kernel_shape: [5, 5]",
            "c.kernel_shape: [3, 3]",
            "should not match, but the condition is true: chain(basic) = 5 (needs >= 3)",
        ),
        (
            "chain(basic) >= 3",
            "chain(basic) >= 9",
            "should match, but the condition is false: chain",
        ),
        ("variant: small", "variant: resnet-18", "should be resnet-18, but is small"),
        (
            "because: c1}",
            "because: skip}",
            "should blame skip, but blames c1 (c1: expected Conv with kernel_shape=[3, 3]",
        ),
        ("s.1: c", "s.1: q", "no variable 'q' before it"),
        ("s.1: c", "t.1: c", "no variable 't'"),
        ("s.1: c", "s.7: c", "s has 2 operands"),
        ("s.op: Mul", "s.op: Mull", "unknown operator 'Mull', did you mean Mul?"),
    ],
)
def test_a_failing_test_says_why(old: str, new: str, failure: str):
    made = library(RESNET.replace(old, new, 1))
    outcomes = selftest.run(made.signatures["vision/resnet"], made)
    assert any(failure in outcome.failure for outcome in outcomes), list(map(str, outcomes))


def test_loops_assign_anew_each_time():
    written, lines = unroll(
        "for _ in range(2):\n    x = Relu(Add(x, w[8]))\n    y = Tanh(x)\nOutput(y)"
    )
    assert written == (
        "x__2 = Relu(Add(x, w[8]))\ny = Tanh(x__2)\nx__3 = Relu(Add(x__2, w[8]))\n"
        "y__2 = Tanh(x__3)\nOutput(y__2)\n"
    )
    assert lines == (2, 3, 2, 3, 4)


def test_text_without_loops_is_left_alone():
    assert unroll("y = Relu(x)  # as it was") == ("y = Relu(x)  # as it was", ())


@pytest.mark.parametrize(
    "source",
    [
        "for _ in range(100):\n    for _ in range(100):\n        x = Relu(x)",
        "for _ in range(201):\n    x = Relu(x)",
        "for _ in many:\n    x = Relu(x)",
        "for _ in range(2):\n    import os",
    ],
)
def test_loops_are_bounded(source: str):
    with pytest.raises(NotationError):
        unroll(source)


def test_an_example_is_a_graph():
    assert len(selftest.graph(Example("e", "y = Relu(x)"))) == 2


# lints


def complaints(source: str, *others: str) -> set[str]:
    made = library(source, *others)
    return {c.lint for c in lint.check(made.signatures[_path(source).removesuffix(".yml")], made)}


def test_a_good_signature_has_no_complaints():
    assert complaints(RESNET) == set()


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("Residual CNN", "Residual CNN " * 12, "SummaryTooLong"),
        ("why: Two 3x3 convolutions and an identity or projection shortcut.\n", "", "MissingText"),
        ("references: [arXiv:1512.03385]\n", "", "MissingReferences"),
        ("misses: Pre-activation blocks.\n", "", "MissingMisses"),
        ("x, kernel_shape=[3, 3]", "x, kernel_shapes=[3, 3]", "UnknownAttribute"),
        ("c1  = ", "zz = Erf(y)\n    c1  = ", "Disconnected"),
        ("c1  = ", "zz = Erf(x)\n    c1  = ", "UnreadVariable"),
        (", skip))", ", skiip))", "MistypedVariable"),
        ("chain(basic) >= 3", "op(Relu) >= 1", "SingleNodeMatches"),
        ("role: backbone", "relatives: vision/resnext", "UnknownSignature"),
        ("role: backbone", "fallback: true", "FallbackWithVariants"),
        ("  match: {resnet18: resnet-18}\n", "", "NoFixtureModel"),
        ("tests:\n", "tests:\n" + "# a long file\n" * 40, "LongFile"),
        ("patterns:\n", "patterns:\n  other: |\n    y = Add(a, b)\n", "NoRareOperator"),
        ("patterns:\n", "patterns:\n  main: y = Conv(x)\n  other: y = Conv(x)\n", "UnusedPattern"),
    ],
)
def test_lints(old: str, new: str, name: str):
    changed = RESNET.replace(old, new, 1)
    assert changed != RESNET
    assert name in complaints(changed)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("why: Two", "why: TODO Two", "DraftText"),
        ("title: ResNet\n", "title: ResNet\n\n", "NotFormatted"),
    ],
)
def test_lints_about_what_a_draft_leaves(old: str, new: str, name: str):
    assert old in RESNET and name in complaints(RESNET.replace(old, new, 1))


def test_a_family_that_another_holds_of_too_is_subsumed():
    other = RESNET.replace("id: vision/resnet", "id: vision/other").replace(">= 3", ">= 2")
    assert "Subsumed" in complaints(RESNET, other)
    told_apart = other.replace("role: backbone", "role: backbone\nrelatives: [vision/resnet]")
    assert "Subsumed" not in complaints(RESNET, told_apart)


def test_an_example_that_cannot_be_read_stops_no_lint():
    broken = RESNET.replace("match:\n", "match:\n    broken: y = Relu(\n", 1)
    assert broken != RESNET and "Subsumed" not in complaints(broken)


def test_lints_about_tests_paths_and_components():
    bare = RESNET.partition("tests:")[0]
    assert "TooFewTests" in complaints(bare)
    made = Library.build([("vision/residual.yml", RESNET)])
    (complaint,) = lint.check(made.signatures["vision/resnet"], made)
    assert str(complaint) == (
        "vision/residual.yml:1:5: error: id vision/resnet differs from the path vision/residual"
        " (rename the file or the id) [IdDiffersFromPath]"
    )
    unused = RESNET.replace("patterns:", "uses: {attn: attention/plain}\npatterns:")
    assert complaints(unused, ATTENTION) == {"UnusedComponent"}
    crossed = ATTENTION.replace("MatMul(s, Linear(x))", "MatMul(s, Linear(memory))")
    assert "OpenOperands" in complaints(ENCODER, crossed)


def test_a_pattern_that_cannot_be_expanded_is_a_complaint():
    many = "\n".join(f"y{i} = maybe(Relu)(Conv({f'y{i - 1}' if i else 'x'}))" for i in range(7))
    assert "PatternCannotBeExpanded" in complaints(one(many, "p"))
