"""Nothing disappears in silence: what a broken pass loses makes the verdict partial."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx_writer as onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_shapes import TENSORS

from genescan import canonical, ops, pipeline, text, verdict, verify
from genescan.canonical import Canonical, canonicalise
from genescan.digest import digest
from genescan.draft import Draft
from genescan.errors import GenescanError, PassError
from genescan.findings import Context
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.passes import PIPELINE, Pass, dequantise, split_fused
from genescan.report import Model

NETWORK = text.parse("""
a = Relu(Conv(x, w[8, 3, 3, 3]))
b = Relu(Conv(a, w[8, 8, 3, 3]))
u = ConvTranspose(b, w[8, 8, 2, 2])
y = Sigmoid(Conv(Concat(u, a), w[1, 16, 1, 1]))
""")


def swept(draft: Draft, start: Draft.Node) -> None:
    """As a careless pass would: whatever is dead goes, whatever it was."""
    draft.prune([value for value in start.outputs if value.dead])


def misread_operand(draft: Draft) -> None:
    """Takes the transposed convolution's weight for its data."""
    for node in draft.of("ConvTranspose"):
        data, weight = node.dynamic[0], node.inputs[1]
        draft.set_inputs(node, [weight, Tensor()])
        swept(draft, data.node)


def cut_off_input(draft: Draft) -> None:
    """Feeds the first convolution from nothing."""
    node = next(draft.of("Conv"))
    draft.set_input(node, 0, Tensor())


def drop_convolution(draft: Draft) -> None:
    """Replaces a convolution by its operand and takes it out."""
    node = next(draft.of("Conv"))
    draft.replace(node.out, node.inputs[0])
    draft.remove(node)


def careful(draft: Draft) -> None:
    """Does the same with a reason."""
    node = next(draft.of("Conv"))
    draft.bypass(node, "said to do nothing")


def run(step: Callable[[Draft], None]) -> Canonical:
    return canonicalise(NETWORK, passes=[*PIPELINE, Pass("broken", step, "a test")])


def judge(result: Canonical) -> Model:
    return verdict.judge(result, Context(Library(), Index(result.graph)))


@pytest.mark.parametrize(
    ("step", "incident"),
    [
        (misread_operand, "broken: "),
        (cut_off_input, "broken: input x was cut off"),
        (drop_convolution, "broken: "),
    ],
)
def test_what_a_broken_pass_loses_is_an_incident(
    step: Callable[[Draft], None], incident: str
) -> None:
    result = run(step)
    assert any(found.startswith(incident) for found in result.incidents)
    model = judge(result)
    assert model.outcome == "partial"
    assert "canonicalisation lost something" in model.errors[0]


def test_the_incident_names_the_lost_node() -> None:
    graph = text.parse("first = Conv(x, w[8, 3, 3, 3])\nsecond = Conv(first, w[8, 8, 3, 3])")
    step = Pass("broken", drop_convolution, "a test")
    assert canonicalise(graph, passes=[step]).incidents == ("broken: first was lost",)


def test_a_pass_that_gives_a_reason_is_believed() -> None:
    result = run(careful)
    assert not result.incidents
    assert "said to do nothing" in dict(result.drops).values()
    assert judge(result).outcome == "unknown"


def test_the_pipeline_itself_loses_nothing() -> None:
    assert not canonicalise(NETWORK).incidents


def test_a_branch_that_no_output_is_reached_from_is_an_incident() -> None:
    def miswire(draft: Draft) -> None:
        for node in draft.of("ConvTranspose"):
            draft.set_input(node, 0, next(draft.of("Input")).out)

    assert run(miswire).incidents


def out_of_order(draft: Draft) -> None:
    """Inserts a node before what it reads."""
    last, first = next(draft.of("Sigmoid")), next(draft.of("Conv"))
    draft.replace(last.out, draft.add("Tanh", [last.out], before=first).out)


def wrong_use_list(draft: Draft) -> None:
    """Rewires behind the draft's back."""
    node = next(draft.of("Sigmoid"))
    node.inputs[0] = next(draft.of("Input")).out
    draft.touched.add(node)
    draft.edits += 1


def read_a_removed_node(draft: Draft) -> None:
    """Removes what is still read."""
    node = next(draft.of("Relu"))
    draft.remove(node, "a reason does not help")
    draft.touched.update(node.out.users)


@pytest.mark.parametrize("step", [out_of_order, wrong_use_list, read_a_removed_node])
def test_an_inconsistent_draft_is_an_error(step: Callable[[Draft], None]) -> None:
    with pytest.raises(PassError):
        run(step)


def written(folder: Path) -> str:
    """The same kind of network as a model file."""
    body = onnx.graph(
        [onnx.node("Conv", "x w", "c"), onnx.node("Relu", "c", "y")],
        initializer=[onnx.tensor("w", [8, 3, 3, 3], raw_data=bytes(4 * 216))],
    )
    path = folder / "model.onnx"
    path.write_bytes(onnx.data(onnx.model(body)))
    return str(path)


@pytest.mark.parametrize("step", [drop_convolution, cut_off_input, read_a_removed_node])
def test_a_scan_with_a_broken_pass_is_partial(
    step: Callable[[Draft], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(graph: object, limits: Limits = DEFAULT) -> Canonical:
        steps = [*PIPELINE, Pass("broken", step, "a test")]
        return canonical.canonicalise(graph, limits, steps)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "canonicalise", broken)
    model = pipeline.scan_file(written(tmp_path), Library())
    assert model.outcome == "partial"
    assert model.errors


def test_a_sound_scan_is_not_partial(tmp_path: Path) -> None:
    assert pipeline.scan_file(written(tmp_path), Library()).outcome == "unknown"


@pytest.mark.parametrize(
    "node",
    [
        onnx.node("Sub", "x", "y"),
        onnx.node("Softmax", "", "y"),
        onnx.node("Gather", "x", "y"),
        onnx.node("ReduceMean", "", "y"),
        onnx.node("Attention", "", "y", domain="com.microsoft"),
    ],
    ids=lambda node: node.op_type,
)
def test_a_node_without_its_operands_is_partial_and_no_crash(node: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx.data(onnx.model([node])))
    model = pipeline.scan_file(str(path), Library())
    assert model.outcome == "partial"
    assert "PassError" in model.errors[0]


OPERATORS = sorted({*ops.VOCABULARY, *split_fused.KERNELS, *dequantise._STATIC} - {"Input"})
WRONG: Any = st.one_of(
    st.integers(-3, 3),
    st.sampled_from(["SAME_UPPER", "ij,jk->ik", "", 2**63, -(2**63)]),
    st.floats(),
    st.lists(st.one_of(st.integers(-2, 5), st.none()), max_size=4).map(tuple),
    TENSORS,
)
NAMES = ["axis", "axes", "perm", "shape", "group", "split", "starts", "ends", "keepdims", "pads"]
NAMES += ["equation", "kernel_shape", "strides", "direction", "activation", "alpha", "min", "max"]


@st.composite
def nonsense(draw: st.DrawFn) -> Graph:
    """Any operators with any operands and attributes, as a hostile file may have them."""
    nodes = [Node("Input", origin=("x",)), Node("Input", origin=("z",))]
    for number in range(draw(st.integers(1, 8))):
        edges = st.integers(0, len(nodes) - 1).map(Edge)
        operands = draw(st.lists(st.one_of(edges, edges, TENSORS, st.none()), max_size=6))
        attrs = draw(st.dictionaries(st.sampled_from(NAMES), WRONG, max_size=3))
        op = draw(st.sampled_from(OPERATORS))
        nodes.append(Node(op, tuple(operands), attrs, origin=(f"n{number}",)))
    return Graph(tuple(nodes), (Edge(len(nodes) - 1), Edge(draw(st.integers(0, len(nodes) - 1)))))


@settings(max_examples=300, deadline=None)
@given(nonsense())
def test_a_hostile_graph_raises_nothing_but_our_own_errors(graph: Graph) -> None:
    try:
        result = canonicalise(graph)
    except GenescanError:
        return
    assert digest(result.graph)
    assert text.render(result.graph)


def test_inputs_reached_are_counted_from_the_outputs() -> None:
    draft = Draft(text.parse("a = Relu(x)\nb = Tanh(z)\nOutput(a)"))
    assert verify.reached_inputs(draft) == {"x"}
