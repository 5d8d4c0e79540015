"""Damaged TensorFlow files: they read, or say what is wrong, and never take long."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import Any

import pytest
import tensorflow_writer as tf
from tensorflow_writer import const, data, function, graph, image, node, read, saved, weight
from test_converters_tensorflow import frames, switched, while_

from genescan.canonical import canonicalise
from genescan.converters.tensorflow_ops import TABLE
from genescan.errors import ModelError, PassError
from genescan.limits import Limits

SECONDS = 2.0
"""No small file may take longer."""
LIMITS = Limits(seconds=10, nodes=5_000)


def originals() -> list[bytes]:
    called = function("f", "a h*", "o=r:activations:0", [
        node("v", "ReadVariableOp", "h"), node("m", "MatMul", "a v:value:0"),
        node("r", "Relu", "m:product:0")])  # fmt: skip
    nodes = [image("x", 3, 4), node("h", "VarHandleOp", dtype=tf.Type(1), shape=[4, 2]),
             node("c", "StatefulPartitionedCall", "x h", f=tf.Func("f"))]  # fmt: skip
    windows = [image(), weight("w", 3, 3, 3, 4), const("p", [0, 1, 0, 0], 2, 2, dtype=tf.INT),
               node("y", "Conv2D", "x w", strides=(1, 2, 2, 1), padding="SAME"),
               node("z", "MaxPool", "y", ksize=(1, 2, 2, 1), strides=(1, 2, 2, 1)),
               node("s", "StridedSlice", "z p p p", begin_mask=1), node("o", "Pad", "z p"),
               ]  # fmt: skip
    models = [saved(graph(nodes, [called]), {"s": ("i=x:0", "o=c:0")}), graph(windows)]
    return [data(model) for model in (*models, while_(), frames(), switched())]


def mutant(chance: random.Random, original: bytes) -> bytes:
    """Flipped, cut, doubled and moved bytes."""
    made = bytearray(original)
    for _ in range(chance.choice((1, 1, 2, 6))):
        a, b = sorted(chance.choices(range(len(made) + 1), k=2))
        match chance.randrange(4):
            case 0 if a < len(made):
                made[a] = chance.randrange(256)
            case 1:
                del made[a : a + chance.randrange(4)]
            case 2:
                made[a:a] = made[a : min(b, a + 64)]
            case _:
                made[a:a] = chance.randbytes(chance.randrange(4))
    return bytes(made)


def survives(content: bytes) -> bool:
    """Whether it reads; anything but a `ModelError` that names its cause fails the test."""
    started = time.process_time()
    try:
        made = read(content, LIMITS)
    except ModelError as error:
        assert "malformed in a way no check names" not in str(error)
        assert str(error).isprintable()
        return False
    finally:
        assert time.process_time() - started < SECONDS
    with suppress(PassError):  # reported as a partial result, never as a clean one
        canonicalise(made, LIMITS)
    return True


@pytest.mark.parametrize("seed", range(5))
def test_damaged_bytes(seed: int) -> None:
    chance, models = random.Random(seed), originals()
    results = {survives(mutant(chance, models[seed])) for _ in range(400)}
    assert results == {True, False}, "some mutants read, some do not"


def value(chance: random.Random) -> Any:
    """An attribute of any kind."""
    numbers = tuple(chance.choice((-1, 0, 1, 2, 3, 1 << 40)) for _ in range(chance.randrange(6)))
    return chance.choice(
        [True, chance.randrange(-2, 9), 0.5, "SAME", "NCHW", numbers, list(numbers), tf.Type(1)]
    )


NAMES = (
    "axis", "strides", "padding", "data_format", "ksize", "dilations", "num_split", "num", "T",
    "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask", "equation",
    "batch_dims", "block_size", "squeeze_dims", "explicit_paddings", "is_training", "rnn_mode",
    "fused_ops", "shape", "value", "frame_name", "_output_shapes", "output_shapes", "num_elements",
)  # fmt: skip


def nonsense(chance: random.Random) -> Any:
    """A graph of known operators with operands and attributes that need not fit."""
    names = ["x", "w", "i", "l"]
    nodes = [image("x", *[4] * chance.randrange(5)), weight("w", 3, 3, 2, 4),
             const("i", [chance.randrange(-5, 5)], dtype=tf.INT),
             const("l", range(chance.randrange(1, 5)), 4, dtype=tf.INT)]  # fmt: skip
    kinds = [*TABLE, "If", "While", "Case", "Merge", "Enter", "Const", "VarHandleOp"]
    for index in range(chance.randrange(1, 6)):
        operands = " ".join(chance.choices(names, k=chance.randrange(7)))
        attrs = {name: value(chance) for name in chance.sample(NAMES, 5)}
        name = f"n{index}"
        nodes.append(node(name, chance.choice(kinds), operands, **attrs))
        names += [name, name, f"{name}:1"]
    return graph(nodes)


@pytest.mark.parametrize("seed", range(4))
def test_operators_with_operands_that_do_not_fit(seed: int) -> None:
    chance = random.Random(seed)
    results = {survives(data(nonsense(chance))) for _ in range(500)}
    assert results == {True, False}


def test_a_loop_of_many_variables_is_read_in_time() -> None:
    rows = [image("x", 2, 3), node("l", "Less", "m0 m0"), node("c", "LoopCond", "l")]
    for i in range(2_000):
        rows += [node(f"e{i}", "Enter", "x"), node(f"m{i}", "Merge", f"e{i} n{i}"),
                 node(f"s{i}", "Switch", f"m{i} c"), node(f"n{i}", "NextIteration", f"s{i}:1"),
                 node(f"y{i}", "Exit", f"s{i}")]  # fmt: skip
    rows.append(node("y", "AddN", " ".join(f"y{i}" for i in range(2_000))))
    started = time.process_time()
    assert [row.op for row in read(graph(rows)).nodes] == ["Input", "Less", "Loop", "Sum"]
    assert time.process_time() - started < SECONDS


def test_many_loops_are_read_in_time() -> None:
    rows = [image("x", 2, 3)]
    for i in range(2_000):
        rows += [node(f"e{i}", "Enter", "x", frame_name=f"f{i}"),
                 node(f"m{i}", "Merge", f"e{i} n{i}"), node(f"l{i}", "Less", f"m{i} m{i}"),
                 node(f"c{i}", "LoopCond", f"l{i}"), node(f"s{i}", "Switch", f"m{i} c{i}"),
                 node(f"n{i}", "NextIteration", f"s{i}:1"), node(f"y{i}", "Exit", f"s{i}"),
                 ]  # fmt: skip
    rows.append(node("y", "AddN", " ".join(f"y{i}" for i in range(2_000))))
    started = time.process_time()
    assert len(read(graph(rows)).nodes) == 4_002
    assert time.process_time() - started < SECONDS


def test_named_outputs_of_an_operator_that_no_table_knows_stay_apart() -> None:
    body = [node("a", "Foo", "x"), node("s", "Sub", "a:p:1 a:q:0")]
    returned = function("f", "x", "o=s:z:0 p=a:p:0 q=a:q:0 r=a:p:1", body)
    made = read(graph([image(), node("c", "f", "x"), node("y", "AddN", "c:0 c:1 c:2 c:3")],
                      [returned]))  # fmt: skip
    total = next(row for row in made.nodes if row.op == "Sum")
    assert len(set(total.inputs)) == 4
    difference = next(row for row in made.nodes if row.op == "Sub")
    assert difference.inputs == (total.inputs[3], total.inputs[2])


def test_an_output_that_a_function_does_not_have_is_an_error() -> None:
    body = function("f", "x", "o=a:activations:0", [node("a", "Relu", "x")])
    with pytest.raises(ModelError, match="node 'c': has 1 outputs, not 4"):
        read(graph([image(), node("c", "f", "x"), node("y", "Sub", "c:0 c:3")], [body]))


def test_many_named_outputs_take_no_long_search() -> None:
    started = time.process_time()
    names = " ".join(f"a:{i}:0" for i in range(20_000))
    body = function("f", "x", "o=b:sum:0", [node("a", "Foo", "x"), node("b", "AddN", names)])
    read(graph([image(), node("y", "f", "x")], [body]))
    assert time.process_time() - started < SECONDS
