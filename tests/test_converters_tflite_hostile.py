"""TensorFlow Lite files that are wrong give errors that say so, and never take long."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tflite_writer
from tflite_models import BODY, CONDITION, CONV, IMAGE, LOOP, Read, lstm, only
from tflite_writer import graph, ints, model, op, tensor, weight

from genescan import converters
from genescan.canonical import canonicalise
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Tensor
from genescan.limits import Limits

X4 = tensor((4,))


def plain() -> bytes:
    """A correct model."""
    return model(graph({"x": X4}, [op("ABS", "x", "y")], "x", "y"))


WRONG: Mapping[str, tuple[bytes, str]] = {
    "no sub-graphs": (model(), "the model has no sub-graphs"),
    "no outputs": (model(graph({"x": X4}, [op("ABS", "x", "y")], "x", "")), "has no outputs"),
    "no nodes": (model(graph({"x": X4}, [], "x", "x")), "the graph has no nodes"),
    "read before made": (
        model(graph({"x": X4}, [op("ABS", "z", "y"), op("ABS", "x", "z")], "x", "y")),
        r"operator ABS 'y': tensor \d is read before it is made"),
    "never made": (
        model(graph({"x": X4, "g": X4}, [op("ABS", "x", "y")], "x", "g y")),
        "graph outputs: tensor 1 is read before it is made"),
    "made twice": (
        model(graph({"x": X4}, [op("ABS", "x", "y"), op("NEG", "x", "y")], "x", "y")),
        r"operator NEG 'y': tensor \d is made twice"),
    "input twice": (model(graph({"x": X4}, [op("ABS", "x", "y")], "x x", "y")), "named twice"),
    "writes a constant": (
        model(graph({"x": X4, "y": weight(4)}, [op("ABS", "x", "y")], "x", "y")), "made twice"),
    "negative size": (
        model(graph({"x": {**X4, "shape": [-5]}}, [op("ABS", "x", "y")], "x", "y")),
        "tensor 'x': negative dimension -5"),
    "no such buffer": (
        model(graph({"x": tensor((4,), buffer=9)}, [op("ABS", "x", "y")], "x", "y")),
        "tensor 'x': buffer 9: element 9 of 1 buffers"),
    "loop without body": (
        model(graph({"x": X4}, [op("WHILE", "x", "y")], "x", "y")), "names no sub-graph"),
    "no such sub-graph": (
        model(graph({"x": X4}, [op("CALL", "x", "y", "Call", subgraph=3)], "x", "y")),
        "operator CALL 'y': sub-graph 3 of 1"),
    "runs itself": (
        model(graph({"x": X4}, [op("CALL", "x", "y", "Call", subgraph=0)], "x", "y")),
        "operator CALL 'y': sub-graph 0 runs itself"),
    "wrong number of operands": (
        model(graph({"x": X4}, [op("CALL", "x x", "y", "Call", subgraph=1)], "x", "y"),
              graph({"a": X4}, [op("ABS", "a", "b")], "a", "b")),
        "2 operands for a sub-graph of 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files(read: Read, name: str) -> None:
    data, message = WRONG[name]
    with pytest.raises(ModelError, match=message) as caught:
        read(data)
    assert "no check names" not in str(caught.value)


def fan_out(levels: int) -> bytes:
    """Sub-graphs that each run the next one twice: 2^levels operators."""

    def level(i: int) -> dict[str, Any]:
        call = {"subgraph": i + 1}
        rows = [op("CALL", "x", "t", "Call", **call), op("CALL", "t", "y", "Call", **call)]
        return graph({"x": X4}, rows, "x", "y", f"g{i}")

    return model(*map(level, range(levels)), graph({"x": X4}, [op("ABS", "x", "y")], "x", "y"))


def test_fan_out_is_measured_before_it_is_built(read: Read) -> None:
    started = time.process_time()
    with pytest.raises(LimitExceeded, match="nodes with all sub-graphs in place"):
        read(fan_out(40))
    with pytest.raises(LimitExceeded, match="64 levels of sub-graphs"):
        read(fan_out(70))
    assert len(read(fan_out(5))) == 33
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(nodes=1), "1 nodes"),
        (Limits(seconds=-1.0), "seconds"),
        (Limits(skeleton_bytes=400), "400 bytes of structure"),
        (Limits(string_bytes=3), "3 bytes in one string"),
        (Limits(tensor_rank=0), "0 dimensions"),
    ],
)
def test_each_budget_is_enforced(read: Read, limits: Limits, message: str) -> None:
    with pytest.raises(LimitExceeded, match=message):
        read(plain(), limits)


def originals() -> list[bytes]:
    loop = graph({"v": tensor((1, 4)), "i": tensor((), "int32", [0]), "w": weight(4, 4)},
                 [LOOP], "v", "y")  # fmt: skip
    conv = {"x": IMAGE, "w": weight(4, 3, 5, 3), "b": weight(4), "y": tensor((1, 4, 4, 4))}
    slices = {"x": tensor((2, 5, 6)), "b": ints(0, 1, 0), "e": ints(2, 2, 3), "s": ints(1, 1, 1)}
    return [
        model(loop, CONDITION, BODY),
        only("CONV_2D", conv, "Conv2D", **CONV),
        only("STRIDED_SLICE", slices, "StridedSlice", shrink_axis_mask=2),
        lstm("UNIDIRECTIONAL_SEQUENCE_LSTM", 1, "UnidirectionalSequenceLSTM"),
    ]


def test_a_custom_operator_with_a_built_in_name_is_still_unknown(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = {"deprecated_builtin_code": 32, "builtin_code": 32, "custom_code": "ABS"}
    monkeypatch.setattr(tflite_writer, "_code", lambda kind: code)
    assert [row.op for row in read(plain()).nodes] == ["Input", "Unknown:tflite:custom ABS"]


def test_sub_graphs_that_only_each_other_run_are_no_secret(read: Read) -> None:
    ends = {"x": X4, "y": X4}
    main = graph(ends, [op("ABS", "x", "y")], "x", "y")
    circle = [graph(ends, [op("CALL", "x", "y", "Call", subgraph=i)], "x", "y") for i in (2, 1)]
    with pytest.raises(ModelError, match="runs itself"):
        read(model(main, *circle))


def test_a_state_that_a_called_sub_graph_writes_is_an_input_and_an_output(read: Read) -> None:
    ends = {"x": X4, "v": X4, "y": X4}
    inner = graph(ends, [
        op("VAR_HANDLE", "", "h", "VarHandle", shared_name="s"), op("READ_VARIABLE", "h", "v"),
        op("ADD", "x v", "y"), op("ASSIGN_VARIABLE", "h y", "")], "x", "y")  # fmt: skip
    made = read(model(graph(ends, [op("CALL", "x", "y", "Call", subgraph=1)], "x", "y"), inner))
    assert [row.op for row in made.nodes] == ["Input", "Input", "Add"]
    assert made.output_names == ("y", "s")


def test_a_variable_tensor_that_an_ordinary_operator_reads_is_an_operand(read: Read) -> None:
    state = tensor((4,), is_variable=True)
    made = read(model(graph({"x": X4, "v": state}, [op("ADD", "x v", "y")], "x", "y")))
    assert isinstance(made.nodes[1].inputs[1], Tensor)


def test_packed_constants_that_share_their_bytes_meet_the_budget(read: Read) -> None:
    parts = {f"w{i}": tensor((1_024,), "int4", buffer=1) for i in range(300)}
    shared = model(graph({"x": X4, **parts}, [op("ABS", "x", "y")], "x", "y"),
                   buffers=[{}, {"data": bytes(512)}])  # fmt: skip
    with pytest.raises(LimitExceeded, match="bytes of structure"):
        read(shared, Limits(skeleton_bytes=300 * 1_024 * 8))


@pytest.mark.parametrize("seed", range(6))
def test_mutants_read_or_raise_model_errors(seed: int, tmp_path: Path) -> None:
    """Flipped, cut, doubled and swapped bytes and words; three thousand mutants in all."""
    chance, path, whole = random.Random(seed), tmp_path / "mutant.tflite", originals()
    for _ in range(500):
        mutant = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 1, 2, 8))):
            a = chance.randrange(8, len(mutant) - 8)
            match chance.randrange(5):
                case 0:
                    mutant[a] = chance.randrange(256)
                case 1:
                    struct.pack_into("<i", mutant, a & ~3, chance.choice((0, -1, 1, 1 << 30, a)))
                case 2:
                    struct.pack_into("<H", mutant, a & ~1, chance.randrange(64))
                case 3:
                    del mutant[a : a + chance.choice((1, 4, 64))]
                    mutant += b"\0" * 64
                case _:
                    mutant[a & ~3 : a & ~3] = mutant[(a & ~3) - 4 : a & ~3]
        path.write_bytes(mutant)
        started = time.process_time()
        try:
            canonicalise(converters.read(path))
        except ModelError as error:
            assert "no check names" not in str(error), str(error.__cause__)
        assert time.process_time() - started < 2
