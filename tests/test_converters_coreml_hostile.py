"""CoreML under fire: mutants, bombs, links; and the same network in both formats."""

from __future__ import annotations

import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from coreml_writer import (
    ARRAY_FLOAT32,
    MIL,
    array,
    block,
    conv,
    data,
    layer,
    loop_of,
    network,
    operation,
    operators,
    program,
    read,
    typed,
    weight,
    weights,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pass_support import CORPUS

from genescan import converters
from genescan.canonical import canonicalise
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Tensor
from genescan.limits import Limits

# --- hostile bytes


def samples() -> list[bytes]:
    """Models of every kind, to damage."""
    nets = [
        network([conv(valid={}, weights=weights(1.0, 2.0))], [array("x", 1, 4, 9, 9)]),
        network(loop_of([layer("activation", "state", "y", tanh={})]), [array("x", 1, 4)]),
        network([layer("splitND", "x", "y z", axis=1, numSplits=2)], exact=False),
    ]
    steps = [
        weight("w", [8, 4]),
        operation("linear", {"h": [1, 8]}, x="x", weight="w"),
        operation("slice_by_index", {"y": [1, 2]}, x="h", begin=[0, 0], end=[1, 2]),
        operation("split", {"p": [1, 4], "q": [1, 4]}, x="h", num_splits=2, axis=1),
        operation("topk", {"t": [1, 1], "u": [1, 1]}, x="q", k=1, axis=1),
    ]
    return [*map(data, nets), data(program(steps))]


SAMPLES = samples()


@settings(max_examples=2_000, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_mutants_read_or_raise_model_errors(
    tmp_path_factory: pytest.TempPathFactory, original: bytes, chance: st.DataObject
) -> None:
    mutant = bytearray(original)
    for _ in range(chance.draw(st.integers(1, 4))):
        at = chance.draw(st.integers(0, len(mutant) - 1))
        match chance.draw(st.integers(0, 3)):
            case 0:
                mutant[at] = chance.draw(st.integers(0, 255))
            case 1:
                del mutant[at : at + chance.draw(st.integers(1, 3))]
            case 2:
                mutant[at:at] = mutant[at : at + chance.draw(st.integers(1, 40))]
            case _:
                mutant[at:at] = chance.draw(st.binary(max_size=3))
        if not mutant:
            return
    path = tmp_path_factory.getbasetemp() / "mutant.mlmodel"
    path.write_bytes(mutant)
    check(path)


def check(path: Path) -> None:
    """A file is read, or refused by a check that foresaw it, within a second."""
    started = time.process_time()
    try:
        graph = converters.read(path)
    except ModelError as error:
        assert "malformed in a way no check names" not in str(error), path
        assert str(error).isprintable()
    else:
        assert graph.outputs
    assert time.process_time() - started < 1.0


def test_mangled_text_reads_or_raises_model_errors(tmp_path: Path) -> None:
    path = tmp_path / "model.mil"
    for seed in range(1_500):
        chance = random.Random(seed)
        letters = list(MIL)
        for _ in range(chance.choice((1, 2, 6))):
            at = chance.randrange(40, len(letters))
            piece = chance.choice(("", "]", "(", "<", ">", '"', "9" * 40, "tensor<", ",", "}"))
            letters[at : at + chance.randrange(3)] = piece
        path.write_text("".join(letters))
        check(path)


def test_declared_sizes_cost_nothing() -> None:
    huge = 1 << 40
    steps = [operation("fill", {"f": [huge, huge]}, shape=[huge % (1 << 31)] * 2, value=1.0)]
    steps.append(operation("add", {"y": [huge, huge]}, x="f", y="x"))
    assert operators(read(program(steps, inputs=[typed("x", [huge, huge])]))) == [
        "ConstantOfShape", "Add",
    ]  # fmt: skip
    wide = layer("batchnorm", "x", "y", channels=huge, epsilon=1e-5)
    assert operators(read(network([wide], [array("x", 1, 4, 2, 2)]))) == ["BatchNormalization"]


def test_conditions_inside_conditions_end_at_the_node_budget() -> None:
    carried = [typed("i", [], 23)]
    test = block([operation("less", {"t": []}, x="i", y=3)], "t", carried)
    turn = block([operation("add", {"j": []}, x="i", y=1)], "j", carried)
    for level in range(12):  # each level runs the one below it twice
        inner = operation("while_loop", {f"n{level}": []}, blocks=[test, turn], loop_vars="i")
        again = operation("less", {"t": []}, x=f"n{level}", y=3)
        test = block([inner, again], "t", carried)
    run = operation("while_loop", {"y": []}, blocks=[test, turn], loop_vars="x")
    with pytest.raises(LimitExceeded, match="1000 nodes"):
        read(program([run], inputs=[typed("x", [], 23)]), Limits(nodes=1_000))


@pytest.mark.parametrize("gap", [" " * 60_000, "/" * 60_000, "//\n" * 60_000, "1" * 6_000])
def test_long_gaps_and_numbers_in_text_cost_no_more_than_their_length(
    gap: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.mil"
    for begin in ("program(1.0)\n{", "program(1.0) { func main<ios18>(tensor<fp32, ["):
        path.write_text(f"{begin}{gap}\n!")
        check(path)


def turns(body: list[Any]) -> Any:
    return layer("loop", "", "", maxLoopIterations=3, bodyNetwork={"layers": body})


def relus(count: int) -> list[Any]:
    """Layers that read and overwrite `v`, with values of their own between."""
    names = ["v", *(f"v{i}" for i in range(count)), "w"]
    steps = [layer("activation", a, b, ReLU={}) for a, b in pairwise(names)]
    return [*steps, layer("copy", "w", "v")]


def test_many_loops_and_loops_in_loops_are_looked_through_once(tmp_path: Path) -> None:
    deep = relus(3_000)
    for _ in range(16):
        deep = [turns(deep)]
    for inner in ([turns(relus(8)) for _ in range(150)], deep):
        layers = [layer("copy", "x", "v"), *inner, layer("activation", "v", "y", ReLU={})]
        path = tmp_path / "m.mlmodel"
        path.write_bytes(data(network(layers, [array("x", 1, 4, 2, 2)])))
        check(path)


def test_a_name_that_only_an_inner_branch_defines_is_no_result() -> None:
    side = [layer("activation", "v", "w", ReLU={}), layer("copy", "w", "v")]
    for _ in range(2):
        side = [layer("branch", "p", "", ifBranch={"layers": [layer("copy", "x", "v")]},
                      elseBranch={"layers": side})]  # fmt: skip
    layers = [*(layer("copy", "x", name) for name in "pv"), *side, layer("copy", "v", "y")]
    outer = next(n for n in read(network(layers, [array("x", 1, 4)])).nodes if n.op == "If")
    assert outer.outputs == 1


# --- the same network in both formats


@pytest.mark.skipif(not (CORPUS / "generated").is_dir(), reason="no corpus")
@pytest.mark.parametrize("name", ["bhand", "crnn", "mobilenetv2"])
def test_every_export_has_the_digest_of_the_onnx_export(name: str) -> None:
    generated = CORPUS / "generated"
    files = sorted((generated / "coreml" / name).iterdir())
    assert len(files) == 6
    wanted = canonicalise(converters.read(generated / "onnx" / name / "ts_op17_cf1.onnx")).digest
    for path in files:
        made = canonicalise(converters.read(path))
        assert (made.digest, made.incidents) == (wanted, ()), path.name


@pytest.mark.frameworks
@pytest.mark.skipif(not (CORPUS / "generated").is_dir(), reason="no corpus")
@pytest.mark.parametrize("name", ["bhand", "crnn", "mobilenetv2"])
def test_the_reader_sees_what_coremltools_sees(name: str) -> None:
    proto = pytest.importorskip("coremltools.proto.Model_pb2")
    path = CORPUS / "generated/coreml" / name / "mlp_fp32.mlpackage"
    spec = proto.Model()
    spec.ParseFromString((path / "Data/com.apple.CoreML/model.mlmodel").read_bytes())
    function = spec.mlProgram.functions["main"]
    body = function.block_specializations[function.opset]
    graph = converters.read(path)
    inputs = [graph.nodes[i] for i in graph.inputs]
    assert [node.origin[0] for node in inputs] == [row.name for row in function.inputs]
    assert graph.output_names == tuple(body.outputs)
    sizes = {
        row.outputs[0].name: tuple(
            d.constant.size for d in row.outputs[0].type.tensorType.dimensions
        )
        for row in body.operations
        if row.type == "const"
    }
    for node in graph.nodes:
        for operand in node.inputs:
            if isinstance(operand, Tensor) and operand.payload and node.op == "Conv":
                assert operand.shape == sizes[operand.name]
    convs = sum(row.type == "conv" for row in body.operations)
    assert operators(graph).count("Conv") == convs
    assert sum(row.type == "lstm" for row in body.operations) == operators(graph).count("LSTM")


def test_array_types_are_those_of_the_schema() -> None:
    feature = array("x", 2)
    assert feature.type.multiArrayType.dataType == ARRAY_FLOAT32
    assert read(network([layer("activation", "x", "y", ReLU={})], [feature])).nodes[0].attrs == {
        "dtype": "float32", "shape": (2,),
    }  # fmt: skip


def test_a_package_cannot_point_outside_itself(tmp_path: Path) -> None:
    inside = tmp_path / "m.mlpackage" / "Data" / "com.apple.CoreML"
    inside.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(SAMPLES[0])
    (inside / "model.mlmodel").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="a symbolic link inside a model package"):
        converters.read(tmp_path / "m.mlpackage")
    (inside / "model.mlmodel").unlink()
    (inside / "model.mlmodel").write_bytes(SAMPLES[0])
    assert len(converters.read(tmp_path / "m.mlpackage")) == 2
