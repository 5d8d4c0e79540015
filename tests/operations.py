"""Random applications of operators to small constants, for the tests of shapes and values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hypothesis import strategies as st

from genescan.graph import Attr, Tensor


@dataclass
class Application:
    """One operator on constants; `sized` are the positions whose values decide the shape."""

    op: str
    inputs: list[Tensor | None]
    attrs: dict[str, Attr] = field(default_factory=dict)
    sized: tuple[int, ...] = ()
    outputs: int = 1


SIZES = st.integers(1, 4)
SHAPES = st.lists(SIZES, max_size=3).map(tuple)


def tensor(draw: st.DrawFn, shape: tuple[int, ...], dtype: str = "float32") -> Tensor:
    """Values of few digits, so that both sides compute them exactly or nearly."""
    number = {
        "float32": st.integers(-8, 8).map(lambda i: i / 2),
        "int64": st.integers(-9, 9),
        "bool": st.booleans(),
        "uint8": st.integers(0, 255),
    }[dtype]
    count = math.prod(shape)
    data = tuple(draw(st.lists(number, min_size=count, max_size=count)))
    return Tensor(dtype, shape, data)


def vector(*numbers: int) -> Tensor:
    return Tensor("int64", (len(numbers),), numbers)


def _fitting(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts with another one."""
    kept = shape[draw(st.integers(0, len(shape))) :]
    return tuple(1 if draw(st.booleans()) else size for size in kept)


@st.composite
def binary(draw: st.DrawFn) -> Application:
    op = draw(
        st.sampled_from(
            ["Add", "Sub", "Mul", "Div", "Max", "Min", "Mod", "Equal", "Greater", "LessOrEqual"]
        )
    )
    shape = draw(SHAPES)
    dtype = "int64" if op == "Mod" else draw(st.sampled_from(["float32", "int64"]))
    right = tensor(draw, _fitting(draw, shape), dtype)
    if op in ("Div", "Mod"):
        right = Tensor(dtype, right.shape, tuple(v or 2 for v in right.data or ()))
    return Application(op, [tensor(draw, shape, dtype), right])


@st.composite
def unary(draw: st.DrawFn) -> Application:
    op = draw(
        st.sampled_from(
            [
                "Neg",
                "Abs",
                "Exp",
                "Erf",
                "Tanh",
                "Floor",
                "Ceil",
                "Round",
                "Sign",
                "Sigmoid",
                "Softplus",
                "Relu",
                "Sin",
                "Cos",
            ]
        )
    )
    return Application(op, [tensor(draw, draw(SHAPES))])


@st.composite
def logic(draw: st.DrawFn) -> Application:
    shape = draw(SHAPES)
    a, b = (tensor(draw, shape, "bool") for _ in range(2))
    op = draw(st.sampled_from(["And", "Or", "Xor", "Not"]))
    return Application(op, [a] if op == "Not" else [a, b])


@st.composite
def where(draw: st.DrawFn) -> Application:
    shape = draw(SHAPES)
    parts = [tensor(draw, _fitting(draw, shape)) for _ in range(2)]
    return Application("Where", [tensor(draw, shape, "bool"), *parts])


@st.composite
def reshaped(draw: st.DrawFn) -> Application:
    """Operators that keep every element."""
    shape = draw(st.lists(SIZES, min_size=1, max_size=3).map(tuple))
    rank, data = len(shape), tensor(draw, shape, draw(st.sampled_from(["float32", "int64"])))
    op = draw(st.sampled_from(["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten"]))
    if op == "Transpose":
        perm = tuple(draw(st.permutations(range(rank))))
        return Application(op, [data], {"perm": perm} if draw(st.booleans()) else {})
    if op == "Reshape":
        target = draw(st.sampled_from([(-1,), (1, -1), (0, -1), (math.prod(shape),), shape]))
        return Application(op, [data, vector(*target)], sized=(1,))
    if op == "Squeeze":
        ones = [i for i, size in enumerate(shape) if size == 1]
        explicit = draw(st.booleans())
        args = [data, vector(ones[0])] if ones and explicit else [data]
        return Application(op, [*args], sized=(1,))
    if op == "Unsqueeze":
        return Application(op, [data, vector(draw(st.integers(-rank - 1, rank)))], sized=(1,))
    return Application(op, [data], {"axis": draw(st.integers(0, rank))})


@st.composite
def picked(draw: st.DrawFn) -> Application:
    """Operators that take, join or repeat elements along an axis."""
    shape = draw(st.lists(SIZES, min_size=1, max_size=3).map(tuple))
    data = tensor(draw, shape, draw(st.sampled_from(["float32", "int64"])))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    size, attrs = shape[axis], {"axis": axis}
    op = draw(st.sampled_from(["Concat", "Slice", "Gather", "Expand", "Split"]))
    if op == "Concat":
        other = list(shape)
        other[axis] = draw(SIZES)
        return Application(op, [data, tensor(draw, tuple(other), data.dtype)], {**attrs})
    if op == "Slice":
        start, end = draw(st.integers(-5, 5)), draw(st.sampled_from([-5, -1, 0, 1, 3, 2**31]))
        step = draw(st.sampled_from([1, 2, -1]))
        args = [vector(start), vector(end), vector(axis), vector(step)]
        return Application(op, [data, *args], sized=(1, 2, 3, 4))
    if op == "Gather":
        places = draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=3))
        one = Tensor("int64", (), (places[0],))
        index = draw(st.sampled_from([one, vector(*places)]))
        return Application(op, [data, index], {**attrs}, sized=(1,))
    if op == "Expand":
        target = (draw(SIZES), *(size if size > 1 else draw(SIZES) for size in shape))
        return Application(op, [data, vector(*target)], sized=(1,))
    first = draw(st.integers(0, size))
    return Application(op, [data, vector(first, size - first)], {**attrs}, sized=(1,), outputs=2)


@st.composite
def reduced(draw: st.DrawFn) -> Application:
    shape = draw(st.lists(SIZES, min_size=1, max_size=3).map(tuple))
    op = draw(st.sampled_from(["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"]))
    attrs: dict[str, Attr] = {"keepdims": draw(st.integers(0, 1))}
    data = tensor(draw, shape)
    if draw(st.booleans()):
        return Application(op, [data], attrs)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return Application(op, [data, vector(axis)], attrs, sized=(1,))


@st.composite
def made(draw: st.DrawFn) -> Application:
    """Constants out of few numbers."""
    if draw(st.booleans()):
        start, limit = draw(st.integers(-5, 5)), draw(st.integers(-5, 9))
        step = draw(st.sampled_from([1, 2, 3, -1, -2]))
        args: list[Tensor | None] = [Tensor("int64", (), (v,)) for v in (start, limit, step)]
        return Application("Range", args, sized=(0, 1, 2))
    shape = draw(SHAPES)
    value = Tensor("float32", (1,), (draw(st.integers(-3, 3)) / 2,))
    return Application("ConstantOfShape", [vector(*shape)], {"value": value}, sized=(0,))


@st.composite
def quantised(draw: st.DrawFn) -> Application:
    shape = draw(SHAPES)
    scale = Tensor("float32", (), (draw(st.sampled_from([0.25, 0.5, 2.0])),))
    zero = Tensor("uint8", (), (draw(st.integers(0, 255)),))
    if draw(st.booleans()):
        return Application("QuantizeLinear", [tensor(draw, shape), scale, zero])
    return Application("DequantizeLinear", [tensor(draw, shape, "uint8"), scale, zero])


@st.composite
def windows(draw: st.DrawFn) -> Application:
    """Convolutions, pools and products: only their shapes are inferred."""
    channels, height, width = draw(SIZES), draw(st.integers(5, 9)), draw(st.integers(5, 9))
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (2, 3)]))
    attrs: dict[str, Attr] = {
        "strides": draw(st.sampled_from([(1, 1), (2, 2), (2, 1)])),
        "dilations": draw(st.sampled_from([(1, 1), (2, 2)])),
    }
    if draw(st.booleans()):
        attrs["pads"] = draw(st.sampled_from([(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 1, 0)]))
    else:
        attrs["auto_pad"] = draw(st.sampled_from(["SAME_UPPER", "SAME_LOWER", "VALID"]))
    image = Tensor("float32", (2, channels, height, width))
    if draw(st.booleans()):
        weight = Tensor("float32", (draw(SIZES), channels, *kernel))
        return Application("Conv", [image, weight], attrs)
    attrs["kernel_shape"] = kernel
    attrs["ceil_mode"] = draw(st.integers(0, 1))
    return Application("MaxPool", [image], attrs)


@st.composite
def products(draw: st.DrawFn) -> Application:
    n, k, m = draw(SIZES), draw(SIZES), draw(SIZES)
    op = draw(st.sampled_from(["MatMul", "Gemm", "Einsum", "GlobalAveragePool"]))
    if op == "GlobalAveragePool":
        return Application(op, [Tensor("float32", (n, k, m))])
    if op == "Einsum":
        parts: list[Tensor | None] = [Tensor("float32", (n, m, k)), Tensor("float32", (m, k))]
        return Application(op, parts, {"equation": "bij,ij->ib"})
    if op == "MatMul":
        batch = draw(SHAPES)
        other = _fitting(draw, batch)
        return Application(
            op, [Tensor("float32", (*batch, n, k)), Tensor("float32", (*other, k, m))]
        )
    a, b = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    left, right = ((k, n) if a else (n, k)), ((m, k) if b else (k, m))
    parts = [Tensor("float32", left), Tensor("float32", right)]
    return Application(op, parts, {"transA": a, "transB": b})


VALUED = st.one_of(
    binary(), unary(), logic(), where(), reshaped(), picked(), reduced(), made(), quantised()
)
"""Applications whose values can be computed."""
SHAPED = st.one_of(VALUED, windows(), products())
"""Applications whose shapes can be inferred."""
