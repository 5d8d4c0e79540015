"""Every renderer against its golden file, and nothing but text out of names from files.

A golden that should change is rewritten by `GENESCAN_GOLDEN=write pytest tests/test_render.py`.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genescan import text
from genescan.graph import Graph, Node
from genescan.render import GRAPHS, REPORTS
from genescan.render.clean import LONGEST, clean
from genescan.report import (
    Component,
    Evidence,
    Family,
    Match,
    Model,
    Near,
    Region,
    Relative,
    Repeated,
    Report,
    Skipped,
    Unexplained,
    from_json,
)

GOLDEN = Path(__file__).parent / "golden"
EVIL = "\x1b[31mred\x1b[0m\x07\r\n\u202egnp.exe\u2066 [bold]b[/bold] :boom: \x9b1m\ud800"

NET = text.parse("""
x = Input(dtype="float32", shape=[None, 3, 32, 32])
c = Conv(x, w[8, 3, 3, 3], kernel_shape=[3, 3], strides=[2, 2])
r = Relu(BatchNormalization(c))
s = Add(r, Conv(r, w[8, 8, 1, 1], kernel_shape=[1, 1]))
u = Unknown(s, op="com.example:Fancy")
Output(u, s)
""")

RESNET = Family(
    "vision/resnet", "ResNet", "resnet-50", 0.97,
    ("chain(bottleneck) = 16 (needs >= 2)", "96% of 175 compute nodes explained"),
)  # fmt: skip
IDENTIFIED = Model(
    "nets/resnet-50.onnx", "onnx", "identified", "gs1:" + "a" * 32, "gs1:" + "b" * 32, 175, 170,
    family=RESNET,
    components=(
        Component(
            "block/bottleneck", "Bottleneck", "block", "component", None, 16, 0.9, (4, 172),
            "layer1/conv", "layer4/relu",
        ),
    ),
    modality=("image",),
    task=("classification", "feature-extraction"),
    relatives=(Relative("vision/resnext", ("block/bottleneck",)), Relative("vision/vgg", ())),
    unexplained=Unexplained(0.04, 6, {"MaxPool": 1, "Softmax": 1}),
    evidence=(Evidence("modality: image", "input x is float32 ?x3x224x224 with 3 channels"),),
    matches=(Match("vision/resnet", "bottleneck", 14, {"a": "layer1/relu", "b": "layer1/relu_1"}),),
    facts={"producer": "pytorch 2.13.0", "opset:ai.onnx": "17"},
    seconds=0.042,
)  # fmt: skip
UNKNOWN = Model(
    "nets/odd.onnx", "onnx", "unknown", "gs1:" + "c" * 32, "gs1:" + "d" * 32, 12, 10,
    nearest=(Near("vision/vgg", 0.4, ("chain(block) = 1 (needs >= 2)",), ("gs1:" + "9" * 32,)),),
    repeated=(Repeated(3, 2, 0.6, "gs1:" + "9" * 32, ("Conv", "Relu"), "conv"),),
    unexplained=Unexplained(
        1.0, 10, {"Conv": 6, "Unknown:com.example:Fancy": 4},
        (Region(10, (1, 12), "conv", "fancy_3", {"Conv": 6}),),
    ),
    unknown_operators={"Unknown:com.example:Fancy": 4},
    seconds=0.01,
)  # fmt: skip
BERT = Family("text/bert", "BERT", None, 0.8, indistinguishable=("ELECTRA", "DistilBERT"))
AMBIGUOUS = Model(
    "nets/two.onnx", "onnx", "ambiguous", "gs1:" + "e" * 32, "gs1:" + "f" * 32, 30, 28,
    candidates=(BERT, RESNET), unexplained=Unexplained(0.25, 7, {"Add": 7}), seconds=0.02,
)  # fmt: skip
PARTIAL = Model(
    "nets/huge.onnx", "", "partial", errors=("nets/huge.onnx: limit exceeded: 500000 nodes",),
    limits_hit=("500000 nodes",), seconds=1.5,
)  # fmt: skip
UNREADABLE = Model("nets/cut.onnx", errors=("nets/cut.onnx: byte 2: truncated",), seconds=0.001)
UNSUPPORTED = Model(
    "nets/a.tflite", "TFLite", "unsupported", errors=("nets/a.tflite: a TensorFlow Lite model",)
)
HOSTILE = Model(
    EVIL, "onnx", "identified", "gs1:" + "0" * 32, "gs1:" + "1" * 32, 2, 2,
    family=Family("vision/resnet", "ResNet", None, 0.5, (EVIL,)),
    components=(Component("block/x", "X", "", "component", None, 1, 0.5, (1, 2), EVIL, EVIL),),
    nearest=(Near("vision/vgg", 0.0, (EVIL,), (EVIL,)),),
    repeated=(Repeated(3, 2, 0.6, EVIL, (EVIL, EVIL), EVIL),),
    unexplained=Unexplained(
        0.5, 1, {f"Unknown:{EVIL}": 1}, (Region(1, (1, 1), EVIL, EVIL, {EVIL: 1}),)
    ),
    unknown_operators={f"Unknown:{EVIL}": 1},
    evidence=(Evidence(EVIL, EVIL),),
    matches=(Match("vision/resnet", "basic", 1, {"a": EVIL}),),
    errors=(EVIL,), limits_hit=(EVIL,), facts={EVIL: EVIL},
)  # fmt: skip
SKIPPED = (
    Skipped("nets/old.h5", "HDF5: weights without a graph", True),
    Skipped("nets/README.md", "not a model file that genescan knows", False),
)


def report(*models: Model, **more: tuple[object, ...]) -> Report:
    return Report("1.0", "0.1.0", 3, "0" * 64, models, seconds=1.6, **more)  # type: ignore[arg-type]


ALL = report(
    IDENTIFIED, AMBIGUOUS, UNKNOWN, PARTIAL, UNREADABLE, UNSUPPORTED,
    skipped=SKIPPED, errors=("rules/a.yml:3:1: unknown key 'nmae' (did you mean 'name'?)",),
)  # fmt: skip
CASES = {
    "one.table": ("table", report(IDENTIFIED), 0),
    "one-v.table": ("table", report(IDENTIFIED), 1),
    "one-vv.table": ("table", report(IDENTIFIED), 2),
    "unknown-v.table": ("table", report(UNKNOWN), 1),
    "ambiguous.table": ("table", report(AMBIGUOUS), 0),
    "partial.table": ("table", report(PARTIAL), 0),
    "all.table": ("table", ALL, 0),
    "all-v.table": ("table", ALL, 1),
    "nothing.table": ("table", report(), 0),
    "all.json": ("json", ALL, 0),
    "all.ndjson": ("ndjson", ALL, 0),
}


def render(form: str, given: Report, verbosity: int = 0) -> str:
    made: str = import_module(REPORTS[form]).render(given, verbosity)
    return made


def golden(name: str, made: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GENESCAN_GOLDEN") == "write":
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_report(name: str) -> None:
    golden(name, render(*CASES[name]))


@pytest.mark.parametrize("form", GRAPHS)
def test_graph(form: str) -> None:
    golden(f"net.{form}", import_module(GRAPHS[form]).render(NET))


def test_every_golden_belongs_to_a_case_and_every_renderer_has_one() -> None:
    assert {p.stem for p in GOLDEN.iterdir()} == {*CASES, *(f"net.{form}" for form in GRAPHS)}
    assert {form for form, _, _ in CASES.values()} == set(REPORTS)


def test_a_stored_report_renders_as_the_fresh_one() -> None:
    stored = from_json(json.loads(render("json", ALL)))
    assert render("table", stored, 2) == render("table", ALL, 2)


# --- hostile names -----------------------------------------------------------------------------


@pytest.mark.parametrize("verbosity", [0, 1, 2])
@pytest.mark.parametrize("form", REPORTS)
@pytest.mark.parametrize("models", [(HOSTILE,), (HOSTILE, HOSTILE)], ids=["block", "table"])
def test_names_from_files_are_neutralised(
    form: str, verbosity: int, models: tuple[Model, ...]
) -> None:
    given = report(*models, skipped=(Skipped(EVIL, EVIL, True),), errors=(EVIL,))
    made = render(form, given, verbosity)
    assert all(char.isprintable() or char == "\n" for char in made)
    assert "\\x1b[31mred" in made or "\\u001b[31mred" in made
    assert "[bold]b[/bold] :boom:" in made  # markup and emoji codes stay what they are: text


def test_colour_comes_only_with_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    table = import_module(REPORTS["table"])
    assert "\x1b[" not in table.render(ALL, 2, False)
    assert "\x1b[" in table.render(ALL, 2, True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in table.render(ALL, 2, True)


@pytest.mark.parametrize("form", GRAPHS)
def test_operator_and_attribute_names_of_a_graph_are_neutralised(form: str) -> None:
    attrs = {'k"\n\x1b[1m': '"];\nn9 [label="forged\x1b"', "plain": 1}
    node = Node(f'Unknown:d:{EVIL}"', (), attrs, origin=(EVIL,))
    entry = Node("Input", (), {"dtype": EVIL}, origin=(EVIL + '"',))
    made = import_module(GRAPHS[form]).render(Graph((entry, node), (), (), "onnx"))
    assert all(char.isprintable() or char == "\n" for char in made)
    assert "\nn9 [label" not in made
    if form == "json":
        assert len(json.loads(made)["nodes"]) == 2


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_clean_text_is_printable_short_and_keeps_plain_words(given: str) -> None:
    made = clean(given)
    assert made.isprintable() and len(made) <= LONGEST
    if given.isascii() and given.isprintable() and len(given) <= LONGEST:
        assert made == given
