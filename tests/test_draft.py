"""The graph under rewriting: use-lists stay exact, nothing is lost in silence, edits are local."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genescan import text, verify
from genescan.canonical import canonicalise
from genescan.digest import digest
from genescan.draft import Arg, Draft, Value
from genescan.errors import PassError
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.passes import PIPELINE

WEIGHT = Tensor(shape=(8,))


def opened(source: str) -> tuple[Draft, dict[str, Draft.Node]]:
    """A draft with its nodes by the names in the text."""
    draft = Draft(text.parse(source))
    return draft, {draft.names[next(iter(node.origin))]: node for node in draft}


def shown(draft: Draft) -> str:
    verify.consistent(draft)
    return text.render(draft.freeze())


def expect(draft: Draft, source: str) -> None:
    assert shown(draft) == text.render(text.parse(source))


def test_freezing_an_unedited_draft_gives_the_graph_back() -> None:
    graph = text.parse("s = Split(x, outputs=2)\ny = Add(s[1], Conv(s[0], w[8, 8, 1, 1], None))")
    frozen = Draft(graph).freeze()
    assert frozen.nodes[1:] == Draft(frozen).freeze().nodes[1:]
    assert text.render(frozen, all_attrs=True) == text.render(graph, all_attrs=True)


def test_a_value_knows_its_readers() -> None:
    _, node = opened("a = Relu(x)\ny = Add(Mul(a, a), a)\nOutput(y, a)")
    value = node["a"].out
    assert {user.op: count for user, count in value.users.items()} == {"Mul": 2, "Add": 1}
    assert value.outputs == 1
    assert value.sole_user is None
    assert node["x"].out.sole_user is node["a"]


def test_replace_moves_every_reader_and_what_the_value_passed() -> None:
    draft, node = opened("a = Relu(x)\nb = Cast(a)\ny = Add(b, b)\nOutput(y, b)")
    draft.replace(node["b"].out, node["a"].out, ("Cast",))
    assert node["y"].via == {0: ("Cast",), 1: ("Cast",)}
    assert node["b"].out.dead
    draft.remove(node["b"], "movement")
    expect(draft, "a = Relu(x)\ny = Add(a, a)\nOutput(y, a)")


def test_replace_by_a_constant() -> None:
    draft, node = opened("a = Relu(x)\ny = Add(a, z)")
    draft.replace(node["a"].out, WEIGHT)
    assert node["y"].inputs[0] is WEIGHT
    verify.consistent(draft)


def test_bypass_prunes_what_only_the_node_read() -> None:
    draft, _ = opened("y = Tanh(Where(Not(Abs(z)), Relu(x), 0.0))")
    where = next(draft.of("Where"))
    draft.bypass(where, "guard", 1)
    expect(draft, "z = Input()\ny = Tanh(Relu(x))\nOutput(y)")
    assert draft.cut_inputs == {"z": "guard"}


def test_bypass_joins_what_the_edges_passed() -> None:
    draft, node = opened("a = Cast(x)\nb = Transpose(a)\ny = Relu(b)")
    draft.bypass(node["a"], "movement", via=("Cast",))
    draft.bypass(node["b"], "movement", via=("Transpose",))
    assert draft.freeze().nodes[-1].inputs == (Edge(0, 0, ("Cast", "Transpose")),)


def test_fuse_keeps_what_others_read_and_inherits_the_origins() -> None:
    draft, node = opened("a = Sigmoid(x)\ny = Mul(x, a)\nOutput(y, a)")
    draft.fuse([node["a"], node["y"]], node["y"].out, "Swish", [node["x"].out])
    expect(draft, "a = Sigmoid(x)\ny = Swish(x)\nOutput(y, a)")
    assert draft.freeze().nodes[-1].origin == ("a", "y")


def test_prune_stops_at_what_is_still_read() -> None:
    draft, node = opened("a = Relu(x)\nb = Tanh(a)\ny = Add(b, z)\nOutput(y, a)")
    draft.set_input(node["y"], 0, WEIGHT)
    draft.prune([node["b"].out], "why not")
    expect(draft, "a = Relu(x)\ny = Add(w[8], z)\nOutput(y, a)")


def test_what_computes_and_leaves_without_heir_or_reason_is_a_loss() -> None:
    draft, node = opened("a = Conv(x, w[8, 3, 3, 3])\nb = Add(a, z)\ny = Relu(x)\nOutput(y)")
    draft.remove(node["b"])
    assert draft.losses == []  # arithmetic does no work of its own
    draft.remove(node["a"])
    assert draft.losses == ["a"]


def test_what_leaves_with_a_reason_or_an_heir_is_no_loss() -> None:
    draft, node = opened("a = Tanh(x)\nb = Tanh(x)\ny = Relu(x)\nOutput(y)")
    draft.remove(node["a"], "unused in the source")
    draft.remove(node["b"], heirs=[node["y"]])
    assert not draft.losses
    assert [(draft.names[i], reason) for i, reason in draft.drops.items()] == [
        ("a", "unused in the source")
    ]
    assert set(draft.freeze().nodes[-1].origin) == {"b", "y"}


def test_walking_skips_nodes_that_die_on_the_way() -> None:
    draft, node = opened("a = Relu(x)\ny = Tanh(z)\nOutput(y)")
    seen = []
    for current in draft:
        seen.append(current.op)
        if current is node["x"]:
            draft.remove(node["a"], "test")
    assert seen == ["Input", "Input", "Tanh"]


def test_nodes_are_found_by_operator_also_after_retyping() -> None:
    draft, node = opened("y = Relu(Relu(x))")
    draft.retype(node["y"], "Tanh", {"alpha": 1.0})
    assert [n.op for n in draft.of("Tanh", "Relu")] == ["Tanh", "Relu"]
    assert sorted(draft.operators()) == ["Input", "Relu", "Tanh"]
    assert draft.has("Tanh") and not draft.has("Sigmoid")


def test_reading_a_value_before_it_is_made_is_caught() -> None:
    draft, node = opened("a = Relu(x)\ny = Tanh(a)")
    draft.add("Sigmoid", [node["y"].out], before=node["a"])
    with pytest.raises(PassError, match="before it is computed"):
        verify.consistent(draft)


def chain(length: int) -> Graph:
    links = [Node("Identity", (Edge(i),), origin=(f"i{i}",)) for i in range(length)]
    return Graph((Node("Input", origin=("x",)), *links), (Edge(length),))


def test_a_long_chain_costs_a_fixed_number_of_edits_a_node() -> None:
    """Counted, not timed: each link is moved once, not once for every link before it."""

    def edits(length: int) -> int:
        draft = Draft(chain(length))
        for step in PIPELINE:
            step.run(draft)
        assert draft.size == 1
        return draft.edits

    short, long = edits(500), edits(8_000)
    assert long <= 16 * short
    assert long < 8 * 8_000


def test_a_long_chain_goes_through_the_whole_pipeline() -> None:
    result = canonicalise(chain(8_000))
    assert len(result.graph) == 1
    assert not result.incidents


# --- random edits ------------------------------------------------------------------------------


class RandomEdits(RuleBasedStateMachine):
    """Any sequence of edits keeps use-lists exact, the order topological, and the books kept."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft(Graph(()))

    @initialize(width=st.integers(1, 3))
    def start(self, width: int) -> None:
        inputs = tuple(Node("Input", origin=(f"x{i}",)) for i in range(width))
        split = Node("Split", (Edge(0),), {}, 2, ("split",))
        last = Node("Add", (Edge(width), Edge(width, 1)), origin=("last",))
        self.draft = Draft(Graph((*inputs, split, last), (Edge(width + 1), Edge(0))))

    def nodes(self) -> list[Draft.Node]:
        return list(self.draft)

    def pick(self, data: st.DataObject, *ops: str) -> Draft.Node:
        return data.draw(st.sampled_from([n for n in self.nodes() if not ops or n.op in ops]))

    def values(self, before: Draft.Node | None) -> list[Arg]:
        """Operands that a node at this place may read."""
        found: list[Arg] = [WEIGHT, None]
        for node in self.nodes():
            if node is before:
                break
            found += node.outputs
        return found

    @rule(data=st.data(), op=st.sampled_from(["Add", "Relu", "Conv"]), count=st.integers(1, 3))
    def add(self, data: st.DataObject, op: str, count: int) -> None:
        before = data.draw(st.sampled_from([*self.nodes(), None]))
        args = data.draw(
            st.lists(st.sampled_from(self.values(before)), min_size=count, max_size=count)
        )
        self.draft.add(op, args, before=before)

    @rule(data=st.data())
    def rewire_one(self, data: st.DataObject) -> None:
        node = self.pick(data)
        if node.inputs:
            position = data.draw(st.integers(0, len(node.inputs) - 1))
            self.draft.set_input(node, position, data.draw(st.sampled_from(self.values(node))))

    @rule(data=st.data())
    def rewire_all(self, data: st.DataObject) -> None:
        node = self.pick(data)
        if node.op != "Input":
            args = data.draw(st.lists(st.sampled_from(self.values(node)), max_size=4))
            self.draft.set_inputs(node, args, {0: ("Cast",)} if args else None)

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        node = self.pick(data)
        value = data.draw(st.sampled_from(node.outputs))
        first = next((n for n in self.nodes() if n in value.users), None)
        new = data.draw(st.sampled_from(self.values(first)))
        self.draft.replace(value, new, data.draw(st.sampled_from([(), ("Cast",)])))
        assert value is new or value.dead

    @rule(data=st.data())
    def bypass(self, data: st.DataObject) -> None:
        node = self.pick(data)
        if node.inputs and len(node.outputs) == 1:
            self.draft.bypass(node, "test", data.draw(st.integers(0, len(node.inputs) - 1)))
            assert not node.alive

    @rule(data=st.data(), op=st.sampled_from(["Gelu", "Swish"]))
    def fuse(self, data: st.DataObject, op: str) -> None:
        last = self.pick(data)
        if last.op == "Input" or len(last.outputs) != 1:
            return
        region = [last, *(v.node for v in last.dynamic if v.node.op != "Input")]
        inside = {value for node in region for value in node.outputs}
        entries: list[Arg] = [v for node in region for v in node.inputs if v not in inside]
        made = self.draft.fuse(dict.fromkeys(region), last.out, op, entries)
        assert not last.alive
        assert set(last.origin) <= set(made.origin)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        node = self.pick(data)
        if all(value.dead for value in node.outputs):
            self.draft.remove(node, "test")

    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        self.draft.prune(self.pick(data).outputs, "test")

    @rule(data=st.data(), op=st.sampled_from(["Relu", "Tanh", "Add"]))
    def retype(self, data: st.DataObject, op: str) -> None:
        node = self.pick(data)
        if node.op != "Input":
            self.draft.retype(node, op)

    @precondition(lambda self: len(self.nodes()) > 40)
    @rule()
    def restart(self) -> None:
        self.draft = Draft(self.draft.freeze())

    @invariant()
    def use_lists_are_exact(self) -> None:
        verify.consistent(self.draft)
        verify.locally_consistent(self.draft)
        for node in self.nodes():
            for value in node.outputs:
                readers = [user for user in value.users for arg in user.inputs if arg is value]
                assert len(readers) == sum(value.users.values())
                assert value.outputs == sum(arg is value for arg in self.draft.outputs)

    @invariant()
    def the_operator_index_is_exact(self) -> None:
        nodes = self.nodes()
        assert self.draft.size == len(nodes)
        assert {*self.draft.of(*self.draft.operators())} == {*nodes}
        assert all(node.op in self.draft.operators() for node in nodes)

    @invariant()
    def freezing_and_opening_again_changes_nothing(self) -> None:
        frozen = self.draft.freeze()
        again = Draft(frozen).freeze()
        assert [(n.op, n.inputs, n.attrs, n.outputs) for n in again.nodes] == [
            (n.op, n.inputs, n.attrs, n.outputs) for n in frozen.nodes
        ]
        assert again.outputs == frozen.outputs
        assert digest(again) == digest(frozen)


RandomEdits.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, derandomize=True
)
TestRandomEdits = RandomEdits.TestCase


def test_a_wrong_use_list_is_caught() -> None:
    draft, node = opened("y = Relu(x)")
    value: Value = node["x"].out
    value.users.clear()
    with pytest.raises(PassError, match="use-list"):
        verify.consistent(draft)
