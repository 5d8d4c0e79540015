"""What a draft leaves open, and how it tells its family from those that are built alike."""

from __future__ import annotations

import pytest

from genescan import blocks, learn, selftest, text, workshop
from genescan.errors import SignatureError
from genescan.graph import Graph
from genescan.library import Library
from genescan.unroll import unroll

BODY = """
{stem}
for _ in range({times}):
    n = LayerNormalization(x)
    a = Linear(n, w[8, 8])
    b = Tanh(a)
    c = Linear(b, w[8, 8])
    d = Mul(c, n)
    e = Add(d, x)
    f = RMSNormalization(e)
    g = Linear(f, w[8, 8])
    h = {inner}(g)
    i = Linear(h, w[8, 8])
    j = Mul(i, f)
    k = Add(j, e)
    l = LayerNormalization(k)
    m = Gelu(l)
    o = Linear(m, w[8, 8])
    q = Tanh(o)
    r = Mul(q, l)
    x = Add(r, k)
{head}
"""
TEXT, IMAGE = "x = Embedding(ids, w[9, 8])", "x = Conv(p, w[8, 3, 4, 4], kernel_shape=[4, 4])"
KNOWN = """
id: text/known
title: Known
level: family
patterns:
  norm: |
    out = RMSNormalization(x)
condition: norm and op(Erf) == 0
tests:
  match:
    example: |
""" + "\n".join(
    f"      {line}"
    for line in BODY.format(stem="", times=2, inner="Sigmoid", head="").strip().splitlines()
)


def network(
    times: int = 4, *, stem: str = TEXT, inner: str = "Sigmoid", head: str = "y = Relu(x)"
) -> Graph:
    """A stack of a block in three parts."""
    made = BODY.format(stem=stem, times=times, inner=inner, head=head)
    return text.parse(unroll(made.strip())[0])


def other() -> Library:
    """A library whose one family looks like nothing else."""
    return Library.build([("audio/other.yml", KNOWN.replace("text/known", "audio/other").replace(
        "RMSNormalization", "LpNormalization"))])  # fmt: skip


def test_pieces_are_connected_and_lose_nothing() -> None:
    graphs = [network(3), network(4)]
    (block,) = blocks.shared(graphs)
    found = blocks.pieces(block, graphs, 6)
    assert [piece.size for piece in found] == [6, 6, 6]
    whole = {node for _, place in block.places for node in place}
    assert {node for piece in found for _, place in piece.places for node in place} == whole


def test_a_third_that_differs_inside_the_block_is_found_with_a_library() -> None:
    graphs, third = [network(3), network(4)], network(5, inner="HardSigmoid")
    assert not learn.holds(learn.draft(graphs), third)
    library = other()
    assert learn.holds(learn.draft(graphs, library=library), third, library=library)


def test_a_known_family_with_the_same_pieces_is_not_meant() -> None:
    library = Library.build([("text/known.yml", KNOWN)])
    assert not library.errors
    graphs = [network(times, head="y = Erf(x)") for times in (3, 4)]
    made = learn.draft(graphs, library=library)
    assert 'not found("text/known")' in made.condition
    assert learn.holds(made, network(5, head="y = Erf(x)"), library=library)
    assert not learn.holds(made, network(5), library=library)


def test_a_family_that_claims_the_models_is_a_relative() -> None:
    library = Library.build([("text/known.yml", KNOWN)])
    made = learn.draft([network(3), network(4)], library=library)
    assert "found" not in made.condition


def test_beside_a_known_backbone_the_rest_is_asked_for() -> None:
    known = Library.build([("text/known.yml", KNOWN.replace("RMSNormalization(x)", "Softsign(x)"))])
    assert not known.errors
    neck = "\n".join(f"s{i} = Softsign({'x' if i == 0 else f's{i - 1}'})" for i in range(40))
    graphs = [network(times, head=f"{neck}\ny = Relu(s39)") for times in (3, 4)]
    made = learn.draft(graphs, library=known)
    assert any(pattern.name.startswith("own") for pattern in made.patterns)
    assert all("Softsign" not in line for p in made.patterns if p.name.startswith("own")
               for line in p.lines)  # fmt: skip


def test_a_network_of_images_is_not_one_of_text() -> None:
    made = learn.draft([network(3), network(4)])
    assert learn.holds(made, network(5)) and not learn.holds(made, network(5, stem=IMAGE))
    shown = learn.draft([network(3, stem=IMAGE), network(4, stem=IMAGE)])
    assert learn.holds(shown, network(5, stem=IMAGE)) and not learn.holds(shown, network(5))
    assert not learn.holds(shown, network(5, stem="x = Relu(p)"))


def test_a_head_may_have_what_the_models_have_not() -> None:
    made = learn.draft([network(3), network(4)])
    assert learn.holds(made, network(5, head="y = Softmax(x)"))
    many = "a1 = Softmax(x)\nb1 = Softmax(a1)\ny = Softmax(b1)"
    assert not learn.holds(made, network(5, head=many))


@pytest.mark.parametrize("library", [None, other()], ids=["whole", "pieces"])
def test_the_example_of_a_draft_has_what_lies_outside_its_patterns(library: Library | None) -> None:
    graphs = [network(3, stem=IMAGE), network(4, stem=IMAGE)]
    made = learn.draft(graphs, library=library)
    assert len(made.patterns) == (3 if library else 1) and made.others
    source = workshop.drafted("local/drafted", made, graphs, library=library)
    grown, signature = (library or Library()).plus(source)
    outcomes = selftest.run(signature, grown)
    assert len(outcomes) >= 3 and all(outcome.passed for outcome in outcomes)


def test_a_library_grows_by_what_it_can_link() -> None:
    library = other()
    grown, added = library.plus(KNOWN)
    assert set(grown.signatures) == {"audio/other", "text/known"} and added.id not in (
        library.signatures
    )
    with pytest.raises(SignatureError):
        library.plus("id: text/known")
    with pytest.raises(SignatureError, match="later engine"):
        library.plus(KNOWN.replace("level:", 'min_engine: "99.0"\nlevel:'))
    with pytest.raises(SignatureError, match="not there"):
        library.plus(KNOWN.replace("op(Erf) == 0", 'found("text/nobody")'))
