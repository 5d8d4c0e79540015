"""Arithmetic on small constants: shape computations, axes, scales, epsilons.

Works on flat tuples of at most `Limits.fold_elements` Python numbers; an element that depends on
a dynamic size is None and stays None through arithmetic. What is too large, unknown or not
implemented gives None: its value is then unknown, which is always allowed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

from genescan import codes
from genescan import shapes as shape_rules
from genescan.graph import Attr, Dims, Tensor
from genescan.limits import DEFAULT

Number = int | float | bool | None
Data = tuple[Number, ...]


def _strides(shape: Sequence[int]) -> list[int]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]


def _fixed(shape: Dims | None) -> tuple[int, ...] | None:
    """A fully known, small shape."""
    if shape is None or None in shape:
        return None
    fixed: tuple[int, ...] = shape  # type: ignore[assignment]  # no None in it
    small = all(0 <= size <= DEFAULT.fold_elements for size in fixed)  # also beside a size of zero
    return fixed if small and math.prod(fixed) <= DEFAULT.fold_elements else None


def _spread(data: Data, shape: Sequence[int], target: Sequence[int]) -> Data:
    """Broadcast flat data to a target shape."""
    if tuple(shape) == tuple(target):
        return data
    if len(data) == 1:
        return data * math.prod(target)
    padded = (1,) * (len(target) - len(shape)) + tuple(shape)
    strides = [
        0 if size == 1 else step for size, step in zip(padded, _strides(padded), strict=True)
    ]
    return tuple(
        data[sum(i * s for i, s in zip(index, strides, strict=True))]
        for index in itertools.product(*map(range, target))
    )


def _pick(data: Data, shape: Sequence[int], ranges: Sequence[Sequence[int]]) -> Data:
    """Elements at the cross product of index lists, one list per axis."""
    strides = _strides(shape)
    return tuple(
        data[sum(i * s for i, s in zip(index, strides, strict=True))]
        for index in itertools.product(*ranges)
    )


def _div(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        return int(a / b)  # ONNX integer division truncates towards zero
    return a / b  # type: ignore[operator]  # None was filtered by the caller


def _pow(a: float, b: float) -> Number:
    if abs(b) >= 64 or abs(a) >= 1e9 or (a < 0 and b != int(b)):
        return None  # too large, or no real number
    power: float = a**b
    return power


_BINARY: Mapping[str, Callable[[float, float], Number]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _div,
    "Pow": _pow,
    "Mod": lambda a, b: a % b,
    "Max": max,
    "Min": min,
    "Equal": lambda a, b: a == b,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "Less": lambda a, b: a < b,
    "LessOrEqual": lambda a, b: a <= b,
    "And": lambda a, b: bool(a) and bool(b),
    "Or": lambda a, b: bool(a) or bool(b),
    "Xor": lambda a, b: bool(a) != bool(b),
}

UNARY: Mapping[str, Callable[[float], Number]] = {
    "Neg": lambda a: -a,
    "Abs": abs,
    "Sqrt": math.sqrt,
    "Reciprocal": lambda a: 1 / a,
    "Exp": math.exp,
    "Log": math.log,
    "Erf": math.erf,
    "Erfc": math.erfc,
    "Sin": math.sin,
    "Cos": math.cos,
    "Tanh": math.tanh,
    "Floor": math.floor,
    "Ceil": math.ceil,
    "Round": round,
    "Sign": lambda a: (a > 0) - (a < 0),
    "Not": lambda a: not a,
    "IsNaN": lambda a: a != a,
    "Sigmoid": lambda a: 1 / (1 + math.exp(-a)) if a > -700 else 0.0,
    "Softplus": lambda a: math.log1p(math.exp(a)) if a < 30 else a,
    "Relu": lambda a: max(a, 0),
}

_REDUCES: Mapping[str, Callable[..., Number]] = {
    "ReduceProd": math.prod,
    "ReduceSum": sum,
    "ReduceMax": max,
    "ReduceMin": min,
}

_INTEGERS = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}


def _cast(value: Number, dtype: str) -> Number:
    if value is None:
        return None
    if dtype == "bool":
        return bool(value)
    if dtype in _INTEGERS:
        return int(value)
    return float(value)


def _apply(op: str, args: Sequence[Tensor], target: tuple[int, ...]) -> Data | None:
    spread = []
    for arg in args:
        fixed = _fixed(arg.shape)
        if arg.data is None or fixed is None or math.prod(fixed) != len(arg.data):
            return None
        spread.append(_spread(arg.data, fixed, target))
    if op in UNARY:
        function = UNARY[op]
        return tuple(None if a is None else function(a) for a in spread[0])
    if op == "Where":
        return tuple(
            None if c is None and a != b else a if c else b for c, a, b in zip(*spread, strict=True)
        )
    result = spread[0]
    for other in spread[1:]:
        function2 = _BINARY[op]
        result = tuple(
            None if a is None or b is None else function2(a, b)
            for a, b in zip(result, other, strict=True)
        )
    return result


def _transpose(
    attrs: Mapping[str, Attr], args: Sequence[Tensor], out: tuple[int, ...]
) -> Data | None:
    shape, data = _fixed(args[0].shape), args[0].data
    order = shape_rules.known(attrs.get("perm"))
    if shape is None or data is None or (order is None and "perm" in attrs):
        return None
    order = order or tuple(reversed(range(len(shape))))
    strides = _strides(shape)
    return tuple(
        data[sum(i * strides[axis] for i, axis in zip(index, order, strict=True))]
        for index in itertools.product(*map(range, out))
    )


def _concat(attrs: Mapping[str, Attr], args: Sequence[Tensor], out: tuple[int, ...]) -> Data | None:
    axis = attrs.get("axis", 0)
    if not isinstance(axis, int) or any(arg.data is None or not arg.shape for arg in args):
        return None
    axis %= len(out)
    blocks = [math.prod(arg.shape[axis:]) for arg in args]  # type: ignore[index, arg-type]
    rows = math.prod(out[:axis])
    return tuple(
        value
        for row in range(rows)
        for arg, block in zip(args, blocks, strict=True)
        for value in arg.data[row * block : (row + 1) * block]  # type: ignore[index]
    )


def _slice(
    attrs: Mapping[str, Attr], args: Sequence[Tensor | None], out: tuple[int, ...]
) -> Data | None:
    data = args[0]
    assert data is not None
    shape = _fixed(data.shape)
    starts, ends, axes, steps = (
        shape_rules.known(shape_rules.operand(attrs, name, args, position))
        for position, name in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    if shape is None or data.data is None or starts is None or ends is None:
        return None
    ranges = [range(size) for size in shape]
    for i, axis in enumerate(axes or range(len(starts))):
        step = steps[i] if steps else 1
        start = max(starts[i], -shape[axis])  # numpy would cut nothing backwards from before it
        ranges[axis] = range(shape[axis])[start : ends[i] : step]
    return _pick(data.data, shape, ranges)


def _gather(attrs: Mapping[str, Attr], args: Sequence[Tensor], out: tuple[int, ...]) -> Data | None:
    shape, index = _fixed(args[0].shape), shape_rules.known(args[1])
    axis = attrs.get("axis", 0)
    if shape is None or index is None or args[0].data is None or not isinstance(axis, int):
        return None
    axis %= len(shape)
    ranges: list[Sequence[int]] = [range(size) for size in shape]
    ranges[axis] = [i % shape[axis] for i in index]
    return _pick(args[0].data, shape, ranges)


def _reduce(op: str, attrs: Mapping[str, Attr], args: Sequence[Tensor]) -> Data | None:
    shape, data = _fixed(args[0].shape), args[0].data
    axes = shape_rules.known(shape_rules.operand(attrs, "axes", args, 1))
    if not data or None in data or not axes or shape is None:
        return (_REDUCES[op](data),) if data and None not in data else None
    gone = {axis % len(shape) for axis in axes}
    rows: dict[tuple[int, ...], list[Number]] = {}
    for index, value in zip(itertools.product(*map(range, shape)), data, strict=True):
        rows.setdefault(tuple(i for axis, i in enumerate(index) if axis not in gone), []).append(
            value
        )
    return tuple(_REDUCES[op](row) for row in rows.values())


def _range(args: Sequence[Tensor]) -> Data | None:
    start, limit, step = (arg.scalar for arg in args)
    if start is None or limit is None or not step:
        return None
    count = math.ceil((limit - start) / step)
    if count > DEFAULT.fold_elements:
        return None
    return tuple(start + i * step for i in range(count))


_COPIES = frozenset(
    {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Dropout", "CastLike"}
)


def _values(
    op: str, attrs: Mapping[str, Attr], args: Sequence[Tensor | None], out: tuple[int, ...]
) -> Data | None:
    present = [arg for arg in args if arg is not None]
    if op in _COPIES:
        return present[0].data
    if op == "Cast":
        data = present[0].data
        return None if data is None else tuple(_cast(v, str(attrs.get("to"))) for v in data)
    if op in UNARY or op in _BINARY or op == "Where":
        return _apply(op, present, out)
    if op == "Transpose":
        return _transpose(attrs, present, out)
    if op == "Concat":
        return _concat(attrs, present, out)
    if op == "Slice":
        return _slice(attrs, args, out)
    if op == "Gather":
        return _gather(attrs, present, out)
    if op in ("Expand", "Tile"):
        shape, data = _fixed(present[0].shape), present[0].data
        if shape is None or data is None or (op == "Tile" and len(shape) != len(out)):
            return None
        turns = [[i % size for i in range(whole)] for size, whole in zip(shape, out, strict=False)]
        return _pick(data, shape, turns) if op == "Tile" else _spread(data, shape, out)
    if op in _REDUCES:
        return _reduce(op, attrs, present)
    if op == "Range":
        return _range(present)
    if op == "ConstantOfShape":
        value = attrs.get("value")
        fill = value.scalar if isinstance(value, Tensor) else 0.0
        return (fill,) * math.prod(out)
    if op == "DequantizeLinear":
        return codes.dequantise(args)
    if op == "QuantizeLinear":
        return codes.quantise(args)
    return None


def evaluate(
    op: str, attrs: Mapping[str, Attr], args: Sequence[Tensor | None], shape: Dims | None
) -> Data | None:
    """Values of the first output of `op` over constants, or None when they cannot be told.

    `shape` is the inferred shape of that output.
    """
    fixed = _fixed(shape)
    if fixed is None:
        return None
    try:
        data = _values(op, attrs, args, fixed)
    except (ArithmeticError, ValueError, TypeError, IndexError, AssertionError):
        return None
    if data is None or len(data) != math.prod(fixed):
        return None
    # integers must not grow without bound over a chain of multiplications
    small = (v is None or isinstance(v, float) or abs(v) < 2**64 for v in data)
    return data if all(small) else None


_KEEPING = _COPIES | {"Transpose", "Expand", "Tile", "ReduceMax", "ReduceMin", "ReduceMean"}
"""What makes of one number throughout the same number throughout."""
_CODING = ("QuantizeLinear", "DequantizeLinear")


def throughout(
    op: str, attrs: Mapping[str, Attr], args: Sequence[Tensor | None], shape: Dims | None
) -> float | None:
    """The number that a result of any size holds throughout, because its operands do."""
    if op == "ConstantOfShape":
        value = attrs.get("value")
        return _number(value.scalar if isinstance(value, Tensor) else 0.0)
    present = [arg for arg in args if arg is not None]
    if op in ("Mul", "MatMul") and any(_filled(arg) == 0.0 for arg in present):
        return 0.0
    if op in _KEEPING or op in ("Cast", "ReduceSum"):
        present = present[:1]
    elif op not in UNARY and op not in _BINARY and op not in _CODING:
        return None
    numbers = [(arg.dtype, number) for arg in present if (number := _filled(arg)) is not None]
    if not present or len(numbers) < len(present):
        return None
    if op in _KEEPING:
        return numbers[0][1]
    if op == "ReduceSum":
        return _total(numbers[0][1], present[0].shape, shape)
    singles = [Tensor(kind, (), (_cast(number, kind),)) for kind, number in numbers]
    made = evaluate(op, attrs, singles, ())
    return _number(made[0]) if made else None


def _number(value: Number) -> float | None:
    return None if value is None else float(value)


def _total(number: float, before: Dims | None, after: Dims | None) -> float | None:
    """The sum over axes of known sizes."""
    if before is None or after is None or before.count(None) != after.count(None):
        return None
    counts = [math.prod(size for size in shape if size is not None) for shape in (before, after)]
    return number * counts[0] / counts[1] if counts[1] else None


def _filled(arg: Tensor) -> float | None:
    """The number that a constant holds throughout."""
    if not arg.data:
        return arg.fill
    first = arg.data[0]
    return _number(first) if all(value == first for value in arg.data) else None


def dtype(op: str, attrs: Mapping[str, Attr], args: Sequence[Tensor | None]) -> str:
    """Element type of the result."""
    if op == "Cast":
        return str(attrs.get("to", "float32"))
    if op in ("Shape", "Size", "NonZero", "ArgMax", "ArgMin"):
        return "int64"
    if op in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"):
        return "bool"
    if op == "ConstantOfShape":
        value = attrs.get("value")
        return value.dtype if isinstance(value, Tensor) else "float32"
    if op == "DequantizeLinear":
        return "float32"
    if op == "QuantizeLinear":
        zero = args[2] if len(args) > 2 else None
        return "uint8" if zero is None else zero.dtype
    source = args[1] if op == "Where" and len(args) > 1 else args[0] if args else None
    return source.dtype if source is not None else "float32"
