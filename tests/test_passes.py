"""Every pass by example: its docstring, small cases in tests/cases/passes, and real models."""

from __future__ import annotations

import sys
from dataclasses import replace
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pass_support as support
import pytest
import yaml

from genescan import converters, text, verify
from genescan.canonical import canonicalise
from genescan.digest import canonical_order, digest
from genescan.draft import Draft
from genescan.graph import Graph, Operand, Tensor
from genescan.passes import PIPELINE, Pass

STEPS = {step.name: step for step in PIPELINE}
DOCUMENTED = [step for step in PIPELINE if step.run.__name__ == "run"]
DOCUMENTED = list({step.run.__module__: step for step in DOCUMENTED}.values())
CASES = Path(__file__).parent / "cases" / "passes"


def docstring(step: Pass) -> str:
    return sys.modules[step.run.__module__].__doc__ or ""


@pytest.mark.parametrize("step", DOCUMENTED, ids=lambda step: step.name)
def test_docstring_shows_what_the_pass_does(step: Pass) -> None:
    before, after = (support.example(docstring(step), title) for title in ("Before", "After"))
    assert before != after
    support.expect_same(support.run_alone(step, text.parse(before)), text.parse(after))


ONCE: dict[str, str] = {}


def documented(step: Pass) -> Any:
    reason = ONCE.get(step.name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(step, id=step.name, marks=marks)


@pytest.mark.parametrize("step", list(map(documented, DOCUMENTED)))
def test_a_pass_leaves_its_own_result_alone(step: Pass) -> None:
    graph = text.parse(support.example(docstring(step), "Before"))
    once = support.run_alone(step, graph)
    support.expect_same(support.run_alone(step, once), once)


def cases() -> list[Any]:
    return [
        pytest.param(
            case, spelling, id=f"{path.stem}: {case['about']}" + (f": {name}" * bool(name))
        )
        for path in sorted(CASES.glob("*.yml"))
        for case in yaml.safe_load(path.read_text())
        for name, spelling in (
            case["before"] if isinstance(case["before"], dict) else {"": case["before"]}
        ).items()
    ]


@pytest.mark.parametrize(("case", "spelling"), cases())
def test_case(case: dict[str, Any], spelling: str) -> None:
    assert case.keys() <= {"about", "pass", "before", "after"}
    before = text.parse(spelling)
    if step := case.get("pass"):
        found = support.run_alone(STEPS[step], before)
    else:
        result = canonicalise(before)
        assert not result.incidents
        found = support.ordered(result.graph)
    support.expect_same(found, text.parse(case["after"]))


GENERATED = sorted((support.CORPUS / "generated" / "onnx").rglob("*.onnx"))
FEW = [p for p in GENERATED if p.stem in ("ts_op17_cf0", "dyn_op23", "ort_all", "q_static_qop")]


def test_plain_steps_that_share_the_weight_of_their_state_are_one_layer() -> None:
    graph = text.parse(
        cleandoc("""
        x = Input(shape=[1, 3, 8])
        a = Tanh(MatMul(Slice(x, int64([0]), int64([1]), int64([1])), w[8, 16]))
        n = MatMul(a, w[16, 16])
        b = Tanh(Add(MatMul(Slice(x, int64([1]), int64([2]), int64([1])), w[8, 16]), n))
        m = MatMul(b, w[16, 16])
        c = Tanh(Add(MatMul(Slice(x, int64([2]), int64([3]), int64([1])), w[8, 16]), m))
        y = MatMul(c, w[16, 4])
        """)
    )

    def shared(operand: Operand) -> Operand:
        if isinstance(operand, Tensor) and operand.shape in ((16, 16), (8, 16)):
            return replace(operand, name=f"of {operand.shape}")
        return operand

    nodes = (replace(node, inputs=tuple(map(shared, node.inputs))) for node in graph.nodes)
    found = canonicalise(replace(graph, nodes=tuple(nodes))).graph
    assert [node.op for node in found.nodes] == ["Input", "RNN", "Linear"]


def invariants(path: Path) -> None:
    """After every pass the draft is consistent, and the pass has nothing left to do."""
    draft = Draft(converters.read(path))
    for step in PIPELINE:
        step.run(draft)
        verify.consistent(draft)
        once = draft.freeze()
        again = Draft(once)
        step.run(again)
        assert step.name in ONCE or identity(again.freeze()) == identity(once), step.name


def identity(graph: Graph) -> tuple[int, str]:
    return len(graph), digest(canonical_order(graph), sized=True)


@pytest.mark.parametrize("path", [*support.FIXTURES, *FEW], ids=support.fixture_name)
def test_invariants_hold_after_every_pass_over_a_real_model(path: Path) -> None:
    invariants(path)


@pytest.mark.slow
@pytest.mark.skipif(not GENERATED, reason="no corpus (set GENESCAN_CORPUS)")
def test_invariants_hold_for_every_export_of_the_corpus() -> None:
    for path in GENERATED:
        invariants(path)


def test_the_pipeline_leaves_a_canonical_graph_alone() -> None:
    assert support.FIXTURES
    for path in support.FIXTURES:
        graph = canonicalise(converters.read(path)).graph
        again = canonicalise(graph).graph
        assert identity(again) == identity(graph), path.name


def test_every_pass_says_why_it_stands_where_it_stands() -> None:
    assert all(step.reason for step in PIPELINE)
    assert len(STEPS) == len(PIPELINE)


def test_a_map_enlarged_to_two_sizes_stays_two() -> None:
    graph = text.parse("y = Concat(Tanh(Resize(x)), Sin(Resize(x)))")
    first, second = (i for i, node in enumerate(graph.nodes) if node.op == "Resize")
    for side, count in ((16, 2), (8, 1)):
        sized = replace(graph, shapes={(first, 0): (1, 8, 8, 8), (second, 0): (1, 8, side, side)})
        found = support.run_alone(STEPS["merge_duplicates"], sized)
        assert sum(node.op == "Resize" for node in found.nodes) == count


@pytest.mark.parametrize(("sizes", "products"), [((5, 5), 1), ((5, 5, 5), 2)])
def test_products_of_the_same_values_are_one_where_they_are_as_large(
    sizes: tuple[int, ...], products: int
) -> None:
    graph = text.parse("a = Mul(Exp(x), Abs(z))\nb = Mul(Exp(x), Abs(z))\nOutput(a, b)")
    first, second = (i for i, node in enumerate(graph.nodes) if node.op == "Mul")
    graph = replace(graph, shapes={(first, 0): (5, 5), (second, 0): sizes})
    found = support.run_alone(STEPS["merge_duplicates"], graph)
    assert [node.op for node in found.nodes].count("Mul") == products


@pytest.mark.parametrize(("kept", "left"), [((1, 14, 4), 0), ((1, 16, 2), 1)])
def test_steps_cut_behind_a_transposed_convolution_are_padding_and_channels_are_not(
    kept: tuple[int, ...], left: int
) -> None:
    graph = text.parse("y = Relu(Slice(ConvTranspose(x, w[8, 4, 4], kernel_shape=[4])))")
    made, cut = (i for i, n in enumerate(graph.nodes) if n.op in ("ConvTranspose", "Slice"))
    graph = replace(graph, shapes={(made, 0): (1, 4, 16), (cut, 0): kept})
    found = support.run_alone(STEPS["fold_pads"], graph)
    assert [node.op for node in found.nodes].count("Slice") == left


@pytest.mark.parametrize(("shape", "left"), [("[20, 1]", 1), ("[20, 4]", 0)])
def test_stored_ones_that_weigh_rows_stay_and_those_of_each_element_do_not(
    shape: str, left: int
) -> None:
    graph = text.parse(f"x = Input(shape=[20, 4])\ny = Tanh(Mul(x, Expand(1.0, int64({shape}))))")
    graph = support.run_alone(STEPS["fold_constants"], graph)
    stored = (
        replace(arg, name="mask") if isinstance(arg, Tensor) else arg
        for arg in graph.nodes[1].inputs
    )
    graph = replace(
        graph,
        nodes=(graph.nodes[0], replace(graph.nodes[1], inputs=tuple(stored)), *graph.nodes[2:]),
    )
    found = support.run_alone(STEPS["restore_means"], graph)
    assert [node.op for node in found.nodes].count("Mul") == left
