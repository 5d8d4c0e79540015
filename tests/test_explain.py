"""Explanations by example: the variable to blame and the exact sentence."""

from __future__ import annotations

from typing import Any

import match_support as nets
import pytest
from test_match import cases

from genescan import text
from genescan.explain import explain
from genescan.index import Index
from genescan.limits import Limits


@pytest.mark.parametrize("case", cases("explain"))
def test_case(case: dict[str, Any]) -> None:
    told = explain(nets.pattern(case["pattern"]), Index(text.parse(case["graph"])))
    assert (told.text, told.variable, told.matched) == (case["says"], case["blame"], False)


def test_a_match_is_told_with_its_bindings() -> None:
    graph = text.parse("a = Relu(x)\nb = Sigmoid(a)")
    data = {"nodes": {"r": "Relu", "s": "Sigmoid"}, "edges": ["r -> s:0"]}
    told = explain(nets.pattern(data), Index(graph))
    assert told.matched and told.bound == (("r", 1), ("s", 2))
    assert told.text == "matches at 1 nodes, first at node 2: b"


def test_the_best_partial_match_comes_along() -> None:
    graph = text.parse("a = Relu(x)\nb = Sigmoid(a)\nc = Tanh(b)")
    data = {"nodes": {"r": "Relu", "s": "Softmax", "t": "Tanh"}, "edges": ["r -> s:0", "s -> t:0"]}
    told = explain(nets.pattern(data), Index(graph))
    assert (told.variable, told.node) == ("s", 2)
    assert dict(told.bound) == {"r": 1, "t": 3}


def test_explaining_on_a_hostile_graph_is_bounded() -> None:
    data = {
        "nodes": {"h": "*", **{f"m{i}": "MatMul" for i in range(12)}, "end": "Softmax"},
        "edges": [f"h -> m{i}" for i in range(12)] + ["m11 -> end:0", "m10 -> end:0"],
    }
    told = explain(nets.pattern(data), Index(nets.moe(2, 64)), Limits(match_states=5_000))
    assert not told.matched and told.variable
