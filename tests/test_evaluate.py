"""Arithmetic on small constants: by example, on nonsense, and against `onnx`."""

from __future__ import annotations

import math
from typing import Any

import operations
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operations import Application, vector
from test_shapes import ATTRS, TENSORS

from genescan import evaluate, shapes
from genescan.evaluate import Data
from genescan.graph import Attr, Tensor


def scalar(value: float, dtype: str = "float32") -> Tensor:
    return Tensor(dtype, (), (value,))


def value(op: str, *args: Tensor, **attrs: Attr) -> Data | None:
    """The first output of an operator over constants, its shape inferred on the way."""
    inferred = shapes.infer(op, attrs, [arg.shape for arg in args], args)
    return evaluate.evaluate(op, attrs, args, inferred[0] if inferred else None)


GRID = Tensor("int64", (2, 3), (1, 2, 3, 4, 5, 6))
EXAMPLES = [
    ("broadcasting", value("Add", GRID, vector(10, 20, 30)), (11, 22, 33, 14, 25, 36)),
    ("integers divide towards zero", value("Div", vector(7, -7), vector(2, 2)), (3, -3)),
    ("numbers divide exactly", value("Div", scalar(7.0), scalar(2.0)), (3.5,)),
    (
        "a choice",
        value("Where", Tensor("bool", (2,), (True, False)), vector(1, 2), vector(8, 9)),
        (1, 9),
    ),
    (
        "a choice between equals needs no condition",
        value("Where", Tensor("bool", (1,), (None,)), vector(5), vector(5)),
        (5,),
    ),
    (
        "a choice that is unknown",
        value("Where", Tensor("bool", (1,), (None,)), vector(5), vector(6)),
        (None,),
    ),
    (
        "the unknown stays unknown",
        value("Mul", Tensor("int64", (2,), (None, 3)), vector(2, 2)),
        (None, 6),
    ),
    ("a transposition", value("Transpose", GRID), (1, 4, 2, 5, 3, 6)),
    (
        "a concatenation of rows",
        value("Concat", GRID, GRID, axis=1),
        (1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6),
    ),
    (
        "a slice backwards",
        value("Slice", GRID, vector(2), vector(-9), vector(1), vector(-1)),
        (3, 2, 1, 6, 5, 4),
    ),
    ("a look-up from the end", value("Gather", GRID, scalar(-1, "int64")), (4, 5, 6)),
    ("a large bound", value("Cast", scalar(3.4e38), to="float32"), (3.4e38,)),
    ("an expansion", value("Expand", vector(1, 2), vector(2, 2)), (1, 2, 1, 2)),
    ("a repetition", value("Tile", vector(1, 2), vector(3)), (1, 2, 1, 2, 1, 2)),
    ("a range", value("Range", *(scalar(v, "int64") for v in (5, 0, -2))), (5, 3, 1)),
    ("a range without step", value("Range", *(scalar(v, "int64") for v in (5, 0, 0))), None),
    ("a product of all", value("ReduceProd", GRID, keepdims=0), (720,)),
    ("sums of columns", value("ReduceSum", GRID, vector(0)), (5, 7, 9)),
    ("the greatest of each row", value("ReduceMax", GRID, axes=(-1,), keepdims=0), (3, 6)),
    ("sums along an unknown axis", value("ReduceSum", GRID, Tensor("int64", (1,))), None),
    ("a cast", value("Cast", Tensor("float32", (2,), (1.9, -1.9)), to="int64"), (1, -1)),
    ("a cast of infinity", value("Cast", scalar(math.inf), to="int64"), None),
    (
        "a filled shape",
        value("ConstantOfShape", vector(2, 2), value=Tensor("int64", (1,), (7,))),
        (7, 7, 7, 7),
    ),
    (
        "a dequantised number",
        value("DequantizeLinear", scalar(130, "uint8"), scalar(0.5), scalar(128, "uint8")),
        (1.0,),
    ),
    (
        "a quantised number is clamped",
        value(
            "QuantizeLinear",
            Tensor("float32", (3,), (-9.0, 1.3, 999.0)),
            scalar(0.5),
            scalar(10, "uint8"),
        ),
        (0, 13, 255),
    ),
    ("a division by zero", value("Div", vector(1), vector(0)), None),
    ("the root of a negative number", value("Sqrt", scalar(-1.0)), None),
    ("a power that is no real number", value("Pow", scalar(-8.0), scalar(0.5)), (None,)),
    ("a power too large", value("Pow", scalar(10.0**10), scalar(63.0)), (None,)),
    ("an operator that nobody wrote", value("Det", GRID), None),
]


@pytest.mark.parametrize(
    ("found", "expected"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_example(found: Data | None, expected: Data | None) -> None:
    assert found == expected


def test_nothing_is_made_that_is_larger_than_the_limit() -> None:
    assert value("ConstantOfShape", vector(10**6)) is None
    assert value("Expand", scalar(0.0), vector(2**40)) is None
    assert value("Range", *(scalar(v, "int64") for v in (0, 10**12, 1))) is None
    assert value("Neg", Tensor("float32", (0, 2**40), ())) is None  # a size beside a zero


def test_integers_do_not_grow_without_bound() -> None:
    number = scalar(2**40, "int64")
    assert value("Mul", number, number) is None


def test_element_types() -> None:
    assert evaluate.dtype("Shape", {}, [GRID]) == "int64"
    assert evaluate.dtype("Equal", {}, [GRID, GRID]) == "bool"
    assert evaluate.dtype("Cast", {"to": "float16"}, [GRID]) == "float16"
    assert evaluate.dtype("Where", {}, [Tensor("bool"), GRID, GRID]) == "int64"
    assert evaluate.dtype("QuantizeLinear", {}, [GRID, GRID, Tensor("int8")]) == "int8"
    assert evaluate.dtype("DequantizeLinear", {}, [GRID]) == "float32"
    assert evaluate.dtype("Add", {}, [GRID, GRID]) == "int64"


@given(operations.VALUED)
def test_values_fill_the_inferred_shape(case: Application) -> None:
    inferred = shapes.infer(
        case.op, case.attrs, [a.shape if a else None for a in case.inputs], case.inputs
    )
    data = evaluate.evaluate(case.op, case.attrs, case.inputs, inferred[0] if inferred else None)
    if data is not None:
        assert inferred[0] is not None
        assert len(data) == math.prod(d for d in inferred[0] if d is not None)


@settings(max_examples=400)
@given(
    st.sampled_from(
        sorted({*evaluate._BINARY, *evaluate.UNARY, *shapes._RULES, "Cast", "Nonsense"})
    ),
    ATTRS,
    st.lists(st.one_of(st.none(), TENSORS), max_size=4),
)
def test_nonsense_is_no_error(op: str, attrs: dict[str, Any], args: list[Tensor | None]) -> None:
    dims = [None if arg is None else arg.shape for arg in args]
    for shape in shapes.infer(op, attrs, dims, args)[:1]:
        data = evaluate.evaluate(op, attrs, args, shape)
        assert data is None or all(v is None or isinstance(v, int | float) for v in data)
        assert isinstance(evaluate.dtype(op, attrs, args), str)


@pytest.mark.frameworks
@settings(max_examples=300, deadline=None)
@given(operations.VALUED)
def test_values_agree_with_onnx(case: Application) -> None:
    onnx_reference = pytest.importorskip("onnx_reference")
    dims = [arg.shape if arg else None for arg in case.inputs]
    inferred = shapes.infer(case.op, case.attrs, dims, case.inputs)
    found = evaluate.evaluate(case.op, case.attrs, case.inputs, inferred[0] if inferred else None)
    if found is not None:
        expected = onnx_reference.values(case)
        assert expected.shape == inferred[0]
        assert found == pytest.approx(expected.flatten().tolist(), rel=1e-5, abs=1e-6)


LARGE = (2, 3000)
WIDE = [
    ("filled", evaluate.throughout("ConstantOfShape", {"value": scalar(3.0)}, [], LARGE), 3.0),
    ("moved", evaluate.throughout("Reshape", {}, [Tensor("float32", LARGE, fill=3.0)], (6000,)), 3),
    ("spread", evaluate.throughout("Expand", {}, [vector(4, 4)], LARGE), 4),
    (
        "added",
        evaluate.throughout("Add", {}, [Tensor("float32", LARGE, fill=3.0), scalar(0.5)], LARGE),
        3.5,
    ),
    ("summed", evaluate.throughout("ReduceSum", {}, [Tensor("int64", LARGE, fill=3)], (2, 1)), 9e3),
    (
        "summed over an axis of open size",
        evaluate.throughout("ReduceSum", {}, [Tensor("float32", (None, 3), fill=1.0)], (1, 3)),
        None,
    ),
    ("integers", evaluate.throughout("Div", {}, [vector(7, 7), vector(2, 2)], (2,)), 3),
    (
        "in codes",
        evaluate.throughout(
            "QuantizeLinear", {}, [Tensor("float32", LARGE, fill=1.0), scalar(0.5)], LARGE
        ),
        2.0,
    ),
    ("times zero", evaluate.throughout("MatMul", {}, [Tensor(), vector(0, 0)], LARGE), 0.0),
    ("multiplied", evaluate.throughout("ReduceProd", {}, [vector(7, 7)], ()), None),
    ("two numbers", evaluate.throughout("Neg", {}, [vector(7, 8)], (2,)), None),
    ("an unknown operand", evaluate.throughout("Add", {}, [Tensor(), vector(2)], (1,)), None),
]


@pytest.mark.parametrize(("about", "found", "expected"), WIDE, ids=[row[0] for row in WIDE])
def test_one_number_throughout(about: str, found: float | None, expected: float | None) -> None:
    assert found == expected, about
