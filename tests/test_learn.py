"""Drafting signatures: what models share, what the draft says of others, and what it carries."""

from __future__ import annotations

import pytest
from running import ROOT

from genescan import blocks, learn, pipeline, selftest, text, workshop
from genescan.graph import Graph
from genescan.library import Library
from genescan.signature import Signature
from genescan.unroll import unroll

GATED = """
for _ in range({times}):
    a = Conv(x, w[{width}, {width}, 3], kernel_shape=[3], dilations=[2])
    t = Tanh(a)
    s = Sigmoid(a)
    g = Mul(t, s)
    r = Conv(g, w[{width}, {width}, 1], kernel_shape=[1])
    x = Add(x, r)
y = {head}(x)
"""
FIXTURES = ROOT / "fixtures" / "onnx"


def gated(times: int, width: int = 8, head: str = "Relu") -> Graph:
    """A stack of gated residual units."""
    return graph(GATED.format(times=times, width=width, head=head))


def graph(source: str) -> Graph:
    return text.parse(unroll(source)[0])


def signature(made: learn.Draft, graphs: list[Graph]) -> tuple[Signature, Library]:
    source = workshop.drafted("local/gated", made, graphs)
    library = Library.build([("local/gated.yml", source)])
    assert not library.errors, source
    return library.signatures["local/gated"], library


def test_the_repeated_block_is_found_whole() -> None:
    (block,) = blocks.shared([gated(5)])
    assert block.size == 6 and block.counts(1) == [5]
    found = gated(5)
    operators = {found.nodes[node].op for node in block.places[0][1]}
    assert operators == {"Conv", "Tanh", "Sigmoid", "Mul", "Add"}


def test_blocks_share_no_node() -> None:
    found = blocks.shared([gated(7), gated(4, head="Softmax")])
    places = [(number, node) for block in found for number, nodes in block.places for node in nodes]
    assert places and len(places) == len(set(places))


@pytest.mark.parametrize(
    ("name", "size", "times"), [("squeezenet", 10, 8), ("resnet-50", 10, 13), ("googlenet", 20, 9)]
)
def test_blocks_of_published_networks(name: str, size: int, times: int) -> None:
    largest = blocks.shared([pipeline.load(str(FIXTURES / f"{name}.onnx")).graph])[0]
    assert (largest.size, largest.counts(1)) == (size, [times])


def test_a_draft_of_two_finds_a_third_and_no_stranger() -> None:
    made = learn.draft([gated(4), gated(6, 16)])
    assert learn.holds(made, gated(8, 32))
    assert not learn.holds(made, gated(1))
    assert not learn.holds(made, graph(GATED.format(times=6, width=8, head="Relu").replace(
        "Sigmoid(a)", "Relu(a)")))  # fmt: skip
    assert not learn.holds(made, pipeline.load(str(FIXTURES / "resnet-50.onnx")).graph)


def test_an_attribute_on_which_the_models_differ_is_not_asked_for() -> None:
    other = graph(
        GATED.format(times=4, width=8, head="Relu").replace("dilations=[2]", "dilations=[4]")
    )
    made = learn.draft([gated(4), other])
    assert not any("dilations" in line for line in made.patterns[0].lines)
    assert any("dilations=[2]" in line for line in learn.draft([gated(4)]).patterns[0].lines)


def test_a_draft_refuses_what_it_was_told_not_to_find() -> None:
    made = learn.draft([gated(6), gated(7)], [gated(3)])
    assert not learn.holds(made, gated(3)) and learn.holds(made, gated(6))
    with pytest.raises(learn.NothingShared, match="nothing tells them"):
        learn.draft([gated(6)], [gated(6, 16)])


def test_models_without_a_common_block_are_told() -> None:
    with pytest.raises(learn.NothingShared, match="no block in common"):
        learn.draft([graph("y = Relu(x)"), graph("y = LSTM(x, w[4, 4], w[4, 4])")])


def test_only_families_that_have_every_block_are_told_apart_by_name() -> None:
    layer = "BatchNormalization(Conv(x, w[8, 8, 5, 5], kernel_shape=[5, 5]))"
    head = "a = Softsign(x)\nb = Softplus(a)\ny = Softsign(Linear(b, w[8, 8]))"
    graphs = [
        graph(f"for _ in range(4):\n    x = {act}({layer})\n{head}") for act in ("Mish", "Elu")
    ]
    made = learn.draft(graphs, library=Library.load())
    assert len(made.patterns) == 2 and "BatchNormalization(a)" in made.patterns[1].lines[1]
    assert "not found" not in made.condition, "a norm behind a convolution alone says nothing"


def test_a_draft_is_a_signature_whose_own_tests_pass() -> None:
    graphs = [gated(4), gated(6)]
    drafted, library = signature(learn.draft(graphs), graphs)
    outcomes = selftest.run(drafted, library)
    assert len(outcomes) >= 3 and all(outcome.passed for outcome in outcomes)


def test_large_blocks_have_names_that_mean_nothing_else() -> None:
    some = ["Tanh", "Sigmoid", "Gelu", "Elu", "Relu", "Swish", "Mish", "Softplus", "Erf"] * 3
    reads = ["x", *(f"b{i}" for i in range(26))]
    chain = "\n".join(f"    b{i} = {op}({reads[i]})" for i, op in enumerate(some))
    graphs = [graph(f"for _ in range({n}):\n{chain}\n    x = Softsign(b26)") for n in (3, 4)]
    drafted, library = signature(learn.draft(graphs), graphs)
    assert all(outcome.passed for outcome in selftest.run(drafted, library))


def test_a_template_is_a_signature_whose_own_tests_pass() -> None:
    library = Library.build([("vision/mine.yml", workshop.template("vision/mine"))])
    outcomes = selftest.run(library.signatures["vision/mine"], library)
    assert not library.errors and all(outcome.passed for outcome in outcomes)
