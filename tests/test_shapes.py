"""Shape inference: by example, less knowledge never contradicts more, and against `onnx`."""

from __future__ import annotations

from typing import Any

import operations
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operations import Application, vector

from genescan import shapes
from genescan.graph import Attr, Dims, Tensor


def infer(op: str, *given_shapes: Dims | None, **attrs: Attr) -> list[Dims | None]:
    """Shapes from shapes alone: every operand is dynamic."""
    return shapes.infer(op, attrs, given_shapes, [None] * len(given_shapes))


def with_constants(op: str, data: Dims | None, *args: Tensor, **attrs: Attr) -> Dims | None:
    return shapes.infer(op, attrs, [data, *(a.shape for a in args)], [None, *args])[0]


IMAGE = (None, 3, 224, 224)
EXAMPLES = [
    (
        "a stem",
        infer("Conv", IMAGE, (64, 3, 7, 7), strides=(2, 2), pads=(3, 3, 3, 3)),
        (None, 64, 112, 112),
    ),
    ("a dilated window", infer("Conv", (1, 8, 20), (4, 8, 3), dilations=(4,)), (1, 4, 12)),
    (
        "an automatic padding",
        infer("MaxPool", IMAGE, kernel_shape=(2, 2), strides=(3, 3), auto_pad="SAME_UPPER"),
        (None, 3, 75, 75),
    ),
    (
        "a window rounded up",
        infer("MaxPool", (1, 1, 6, 6), kernel_shape=(3, 3), strides=(2, 2), ceil_mode=1),
        (1, 1, 3, 3),
    ),
    (
        "a window larger than the image",
        infer("Conv", (1, 1, 2, 2), (1, 1, 3, 3)),
        (1, 1, None, None),
    ),
    ("places of what is not zero", infer("NonZero", (2, None)), (2, None)),
    ("a weight of unknown rank", infer("Conv", IMAGE, None), (None, None, None, None)),
    ("a convolution of nothing", infer("Conv", ()), None),
    (
        "a transposed convolution",
        infer("ConvTranspose", (1, 8, 4, 4), (8, 4, 2, 2), group=2, strides=(2, 2)),
        (1, 8, 8, 8),
    ),
    (
        "a transposed convolution with borders",
        infer(
            "ConvTranspose",
            (1, 8, 4, None),
            (8, 4, 3, 3),
            strides=(2, 2),
            pads=(1, 1, 1, 1),
            output_padding=(1, 1),
        ),
        (1, 4, 8, None),
    ),
    (
        "a transposed convolution to a given size",
        infer("ConvTranspose", (1, 8, 4, 4), (8, 4, 3, 3), output_shape=(9, 9)),
        (1, 4, 9, 9),
    ),
    (
        "a transposed convolution to as many strides",
        infer("ConvTranspose", (1, 8, 4), (8, 4, 3), auto_pad="SAME_UPPER", strides=(3,)),
        (1, 4, 12),
    ),
    ("broadcasting", infer("Add", (2, 1, 4), (3, 1)), (2, 3, 4)),
    ("broadcasting of the unknown", infer("Add", (None, 4), (3, 4)), (None, 4)),
    ("broadcasting of nonsense", infer("Add", (2,), (3,)), (None,)),
    ("an unknown rank", infer("Add", None, (3, 4)), None),
    ("a product", infer("MatMul", (8, 1, 5, 6), (4, 6, 7)), (8, 4, 5, 7)),
    ("a Gemm", infer("Gemm", (6, 5), (7, 6), transA=1, transB=1), (5, 7)),
    ("an Einsum", infer("Einsum", (2, 4, 8), (8, 16), equation="bld,de->ble"), (2, 4, 16)),
    (
        "a recurrent layer",
        infer("LSTM", (10, 2, 32), hidden_size=64, direction="bidirectional"),
        (10, 2, 2, 64),
    ),
    ("a concatenation", infer("Concat", (1, 3, 4), (1, 5, 4), axis=-2), (1, 8, 4)),
    ("a concatenation with the unknown", infer("Concat", (1, 3), (1, None), axis=1), (1, None)),
    ("a flattening", infer("Flatten", (2, 3, 4), axis=2), (6, 4)),
    ("a transposition", infer("Transpose", (2, 3, 4), perm=(2, 0, 1)), (4, 2, 3)),
    ("a transposition that is none", infer("Transpose", (2, 3), perm=(0, 0)), None),
    ("an average", infer("ReduceMean", (2, 3, 4), axes=(1, -1), keepdims=0), (2,)),
    ("a look-up", infer("Gather", (1000, 64), (1, 16)), (1, 16, 64)),
    ("an activation", infer("Relu", (2, None)), (2, None)),
    ("a custom operator", (infer("Unknown:com.example:X", (2, 3)) or [None]), None),
]


@pytest.mark.parametrize(
    ("found", "expected"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_example(found: list[Dims | None], expected: Dims | None) -> None:
    assert found[0] == expected


def test_a_reshape_by_a_constant() -> None:
    assert with_constants("Reshape", (2, 12), vector(0, 3, -1)) == (2, 3, 4)
    assert with_constants("Reshape", (None, 12), vector(0, 3, -1)) == (None, 3, None)
    assert with_constants("Reshape", None, vector(4, -1)) == (4, None)
    assert with_constants("Reshape", (0, 3), vector(0, -1)) == (0, None)
    assert with_constants("Reshape", (4,), Tensor("int64", (3,))) == (None, None, None)


def test_borders() -> None:
    image, borders = (1, 8, 14, None), (0, 0, 1, 1, 0, 0, 1, 1)
    assert with_constants("Pad", image, vector(*borders)) == (1, 8, 16, None)
    assert with_constants("Pad", image, pads=borders) == (1, 8, 16, None)
    assert with_constants("Pad", (4,), vector(-9, 0)) == (None,)
    assert with_constants("Pad", (4, 4), vector(1, 1)) == (None, None)
    assert with_constants("Pad", None, vector(1, 1)) is None


def test_resized_images() -> None:
    image, nothing = (1, 8, 4, 7), Tensor("float32", (0,), ())
    factors = Tensor("float32", (4,), (1.0, 1.0, 2.0, 1.42857146))
    assert with_constants("Resize", image, nothing, factors) == (1, 8, 8, 10)
    assert with_constants("Upsample", image, factors) == (1, 8, 8, 10)
    assert with_constants("Upsample", image, scales=(1.0, 1.0, 2.0, 2.0)) == (1, 8, 8, 14)
    target = vector(1, 8, 16, -1)
    assert with_constants("Resize", image, nothing, nothing, target) == (1, 8, 16, None)
    assert with_constants("Resize", (2**63, 1, 2**63), vector(1, 1, 2)) == (2**63, 1, None)
    assert with_constants("Resize", image, nothing) == (1, 8, None, None)


def test_slices() -> None:
    bounds = (vector(1), vector(2**62), vector(-1))
    assert with_constants("Slice", (2, 10), *bounds) == (2, 9)
    assert with_constants("Slice", (2, None), *bounds) == (2, None)
    assert with_constants("Slice", (2, 10), vector(9), vector(-100), vector(1), vector(-3)) == (
        2,
        4,
    )
    assert with_constants("Slice", (2, 10), Tensor("int64", (1,)), vector(3), vector(0)) == (
        None,
        10,
    )


def test_a_part_that_cannot_be_counted_is_unknown() -> None:
    assert infer("Split", (10, 4), outputs=3) == [(4, 4)] * 3
    assert infer("Split", None, outputs=3) == []
    assert infer("Split", (10,), num_outputs=10**9) == []


# --- properties --------------------------------------------------------------------------------


def inferred(case: Application, known: list[Dims | None] | None = None) -> list[Dims | None]:
    dims = known or [None if arg is None else arg.shape for arg in case.inputs]
    constants = [arg if i in case.sized else None for i, arg in enumerate(case.inputs)]
    attrs = {**case.attrs, "outputs": case.outputs} if case.op == "Split" else case.attrs
    return shapes.infer(case.op, attrs, dims, constants)


def agree(less: Dims | None, more: Dims | None) -> bool:
    """Whether a shape says nothing that another one, which knows more, contradicts."""
    if less is None or more is None:
        return True
    return len(less) == len(more) and all(
        a is None or b is None or a == b for a, b in zip(less, more, strict=True)
    )


@given(operations.SHAPED, st.data())
def test_less_knowledge_never_contradicts_more(case: Application, data: st.DataObject) -> None:
    full = inferred(case)
    erased: list[Dims | None] = []
    for position, arg in enumerate(case.inputs):
        dims = None if arg is None else arg.shape
        if position not in case.sized and dims is not None:
            keep = data.draw(st.lists(st.booleans(), min_size=len(dims), max_size=len(dims)))
            dims = tuple(d if k else None for d, k in zip(dims, keep, strict=True))
            dims = data.draw(st.sampled_from([dims, dims, None]))
        erased.append(dims)
    for less, more in zip(inferred(case, erased), full, strict=False):
        assert agree(less, more)


NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2, 3, 2**40, -(2**63), 10**30]), st.none(), st.floats()
)
DIMS = st.one_of(
    st.none(), st.lists(st.sampled_from([None, 0, 1, 2, 3, 2**40]), max_size=5).map(tuple)
)
TENSORS = st.builds(
    Tensor,
    st.sampled_from(["int64", "float32", "odd"]),
    DIMS,
    st.one_of(st.none(), st.lists(NUMBERS, max_size=5).map(tuple)),
)
ATTRS = st.dictionaries(
    st.sampled_from(
        [
            "axis",
            "axes",
            "perm",
            "pads",
            "strides",
            "dilations",
            "kernel_shape",
            "group",
            "split",
            "keepdims",
            "equation",
            "starts",
            "ends",
            "steps",
            "outputs",
            "shape",
            "hidden_size",
        ]
    ),
    st.one_of(NUMBERS, st.lists(NUMBERS, max_size=5).map(tuple), st.text(max_size=4), TENSORS),
    max_size=5,
)
OPERATORS = st.sampled_from(
    sorted({*shapes._RULES, "ReduceSum", "Relu", "Add", "Cast", "Nonsense"})
)


@settings(max_examples=400)
@given(OPERATORS, ATTRS, st.lists(st.one_of(st.none(), TENSORS), max_size=5))
def test_nonsense_is_no_error(op: str, attrs: dict[str, Any], args: list[Tensor | None]) -> None:
    dims = [None if arg is None else arg.shape for arg in args]
    for shape in shapes.infer(op, attrs, dims, args):
        assert shape is None or all(size is None or isinstance(size, int) for size in shape)


# --- against the onnx package ------------------------------------------------------------------


@pytest.mark.frameworks
@settings(max_examples=300, deadline=None)
@given(operations.SHAPED)
def test_shapes_agree_with_onnx(case: Application) -> None:
    onnx_reference = pytest.importorskip("onnx_reference")
    for found, expected in zip(inferred(case), onnx_reference.shapes(case), strict=False):
        assert agree(found, expected), (case, found, expected)
        assert found is not None or expected is None
