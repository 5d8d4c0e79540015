"""Rules for OpenVINO operators that become several nodes, or whose constants are inferred."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters import openvino_infer as infer
from genescan.converters.assembly import Assembly
from genescan.converters.openvino_dealing import collect, deal
from genescan.converters.openvino_recurrent import cell, sequence
from genescan.converters.openvino_slices import cut
from genescan.converters.openvino_values import flag
from genescan.converters.openvino_windows import (
    adaptive_pool,
    average_pool,
    convolution,
    deformable,
    emit,
    max_pool,
    transposed,
)
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_LOGICAL = {"ReduceLogicalAnd": "ReduceMin", "ReduceLogicalOr": "ReduceMax"}
_OPEN: Attr = (None,)
"""An attribute whose value the file keeps elsewhere."""
_MODES = {"linear_onnx": "linear", "bilinear_pillow": "linear", "bicubic_pillow": "cubic"}


def _shape(assembly: Assembly, call: Call, position: int = 0) -> Dims | None:
    return assembly.shape(call.operand(position))


def _sizes(assembly: Assembly, call: Call, position: int) -> Operand:
    """A target shape: as computed, or the declared shape of the result in place of a constant."""
    given, result = call.operand(position), call.shapes[0]
    if isinstance(given, Edge):
        return given
    return Tensor("int64", None if result is None else (len(result),), result)


def _place(given: Operand) -> Attr:
    """Where the file keeps a constant's values."""
    payload = given.payload if isinstance(given, Tensor) else None
    return -1 if payload is None else payload.offset


def _reduce(assembly: Assembly, call: Call) -> list[Operand] | None:
    given = call.operand(1)
    attrs: dict[str, Attr] = {"keepdims": int(flag(call, "keep_dims"))}
    axes = infer.reduced(
        _shape(assembly, call), call.shapes[0], flag(call, "keep_dims"),
        infer.count(assembly.shape(given)),
    )  # fmt: skip
    inputs = [call.operand(0)]
    if told := call.integers("told"):
        attrs["axes"] = told
    elif axes is not None:
        attrs["axes"] = axes
        attrs["stored"] = _place(given)  # equal axes lie in one place, others may be told alike
    else:
        inputs.append(given)
    return emit(assembly, call, _LOGICAL.get(call.kind, call.kind), inputs, attrs)


def _transpose(assembly: Assembly, call: Call) -> list[Operand] | None:
    before = _shape(assembly, call)
    order = call.integers("told") or infer.permutation(before, call.shapes[0])
    rank = assembly.rank(call.operand(0)) or (len(call.shapes[0]) if call.shapes[0] else 0)
    perm: Dims = order or (None,) * rank
    return emit(assembly, call, "Transpose", [call.operand(0)], {"perm": perm} if perm else {})


def _matmul(assembly: Assembly, call: Call) -> list[Operand] | None:
    operands = []
    for position, name in enumerate(("transpose_a", "transpose_b")):
        value = call.operand(position)
        rank = assembly.rank(value)
        if flag(call, name) and rank != 1:
            if rank is None:
                value = assembly.emit("Transpose", [value], {"perm": (None,)}, name=call.name)
            else:
                perm = (*range(rank - 2), rank - 1, rank - 2)
                value = assembly.transpose(value, perm, call.name)
        operands.append(value)
    return emit(assembly, call, "MatMul", operands)


def _reshape(assembly: Assembly, call: Call) -> list[Operand] | None:
    target = _sizes(assembly, call, 1)
    attrs: dict[str, Attr] = {}
    if isinstance(target, Tensor) or not flag(call, "special_zero"):
        attrs["allowzero"] = 1
    return emit(assembly, call, "Reshape", [call.operand(0), target], attrs)


def _broadcast(assembly: Assembly, call: Call) -> list[Operand] | None:
    return emit(assembly, call, "Expand", [call.operand(0), _sizes(assembly, call, 1)])


def _ones(longer: Dims | None, shorter: Dims | None) -> Dims | None:
    """The axes of size one that `longer` has more, where they can be told."""
    if longer is None or shorter is None:
        return None
    ones = tuple(i for i, size in enumerate(longer) if size == 1)
    if len(ones) == len(longer) - len(shorter):
        return ones
    axes = infer.removed(longer, shorter)
    return (
        axes
        if axes is not None and all(longer[i] in (1, None) for i in axes if i is not None)
        else None
    )


def _squeeze(assembly: Assembly, call: Call) -> list[Operand] | None:
    axes = _ones(_shape(assembly, call), call.shapes[0])
    if axes is None:
        return emit(assembly, call, "Squeeze", call.inputs[:2])
    return emit(assembly, call, "Squeeze", [call.operand(0)], {"axes": axes})


def _unsqueeze(assembly: Assembly, call: Call) -> list[Operand] | None:
    axes = _ones(call.shapes[0], _shape(assembly, call))
    if axes is None:
        return emit(assembly, call, "Unsqueeze", call.inputs[:2])
    return emit(assembly, call, "Unsqueeze", [call.operand(0)], {"axes": axes})


def _scatter(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Updates by element; the axis lies elsewhere."""
    how = {"sum": "add", "prod": "mul"}.get(call.text("reduction"), call.text("reduction"))
    attrs: dict[str, Attr] = {"reduction": how} if how else {}
    return emit(assembly, call, "ScatterElements", call.inputs[:3], attrs)


def _split(assembly: Assembly, call: Call) -> list[Operand] | None:
    axis = infer.cut(_shape(assembly, call), call.shapes)
    attrs: dict[str, Attr] = {"axis": _OPEN if axis is None else axis}
    return emit(assembly, call, "Split", [call.operand(0)], attrs)


def _gather(assembly: Assembly, call: Call) -> list[Operand] | None:
    if batch := call.integer("batch_dims"):
        attrs: dict[str, Attr] = {"batch_dims": batch}
        return emit(assembly, call, "GatherND", call.inputs[:2], attrs)
    axis = infer.taken(_shape(assembly, call), _shape(assembly, call, 1), call.shapes[0])
    if assembly.rank(call.operand(0)) == 1:
        axis = 0  # what is taken from a list of sizes may have no declared shape
    return emit(
        assembly, call, "Gather", call.inputs[:2], {"axis": _OPEN if axis is None else axis}
    )


def _roll(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Along each axis the end comes before the beginning.

    Several axes follow on the batch's, as windows of an image with channels last are shifted. A
    single one may be any: taken for the last where it is cut, and left open where it is joined.
    """
    value, shape = call.operand(0), call.shapes[0]
    axes, rank = infer.count(_shape(assembly, call, 2)), assembly.rank(value)
    if axes is None or rank is None or not 0 < axes <= rank:
        return None
    first = rank - 1 if axes == 1 else 1 if axes < rank else 0
    for axis in range(first, first + axes):
        cut: Dims | None = None if shape is None else (*shape[:axis], None, *shape[axis + 1 :])
        halves = [
            assembly.emit("Slice", [value], {"axes": (axis,)}, name=call.name, shapes=(cut,))
            for _ in range(2)
        ]
        joined: dict[str, Attr] = {"axis": axis} if axes > 1 else {}
        value = assembly.emit("Concat", halves, joined, name=call.name, shapes=(shape,))
    return [value]


def _pad(assembly: Assembly, call: Call) -> list[Operand] | None:
    mode = call.text("pad_mode", "constant").lower()
    rank = assembly.rank(call.operand(0))
    pads = Tensor("int64", None if rank is None else (2 * rank,))
    return emit(assembly, call, "Pad", [call.operand(0), pads, call.operand(3)], {"mode": mode})


def _interpolate(assembly: Assembly, call: Call) -> list[Operand] | None:
    mode = call.text("mode", "nearest")
    sizes = [value for value in call.inputs[1:3] if isinstance(value, Edge)]
    inputs = [call.operand(0), None, None, *sizes[:1]] if sizes else [call.operand(0)]
    return emit(assembly, call, "Resize", inputs, {"mode": _MODES.get(mode, mode)})


def _topk(assembly: Assembly, call: Call) -> list[Operand] | None:
    attrs: dict[str, Attr] = {
        "axis": call.integer("axis", -1), "largest": int(call.text("mode", "max") == "max")
    }  # fmt: skip
    return emit(assembly, call, "TopK", call.inputs[:2], attrs)


def _convert(assembly: Assembly, call: Call) -> list[Operand] | None:
    value, kind = call.operand(0), call.text("element")
    if isinstance(value, Tensor):
        return [Tensor(kind, value.shape, value.data, value.name, value.payload)]
    return emit(assembly, call, "Cast", [value], {"to": kind})


def _convert_both(assembly: Assembly, call: Call) -> list[Operand] | None:
    made = [
        assembly.emit(
            "Cast", [value], {"to": call.text("element")}, name=call.name, shapes=(shape,)
        )
        for value, shape in zip(call.inputs, call.shapes, strict=False)
    ]
    return [*made]


def _fake_quantize(assembly: Assembly, call: Call) -> list[Operand] | None:
    return [assembly.quantised(call.operand(0), call.name)]


def _mvn(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Mean-variance normalisation: over how many axes is told by the shape of the list of axes.

    They are the last where no other layer tells; but rows between axes of one are rows of a batch
    that stand as channels.
    """
    data = call.operand(0)
    rank = assembly.rank(data)
    if len(call.inputs) > 1:
        size = infer.count(assembly.shape(call.operand(1)))
    else:
        size = None if rank is None else rank - (1 if flag(call, "across_channels") else 2)
    attrs: dict[str, Attr] = {}
    if rank is not None and size is not None and 0 < size <= rank:
        attrs["axes"] = tuple(range(rank - size, rank))
    shape = assembly.shape(data) or ()
    if size == 3 and len(shape) == 4 and shape[0] == shape[3] == 1:
        attrs["axes"] = (0, 2, 3)
    if told := call.integers("told"):
        attrs["axes"] = told
    if flag(call, "normalize_variance", True):
        return emit(assembly, call, "MeanVarianceNormalization", [data], attrs)
    mean = assembly.emit("ReduceMean", [data], {**attrs, "keepdims": 1}, name=call.name)
    return emit(assembly, call, "Sub", [data, mean])


def _dft(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A transform along each axis, one after the other; which ones lies elsewhere."""
    attrs: dict[str, Attr] = {"inverse": 1} if call.kind.startswith("I") else {}
    edge = call.operand(0)
    for step in range(infer.count(_shape(assembly, call, 1)) or 1):
        more: dict[str, Attr] = {} if step or "R" not in call.kind else {"onesided": 1}
        edge = assembly.emit("DFT", [edge], {**attrs, **more}, name=call.name, shapes=call.shapes)
    return [edge]


def _group_norm(assembly: Assembly, call: Call) -> list[Operand] | None:
    attrs: dict[str, Attr] = {"num_groups": call.integer("num_groups", 1)}
    return emit(assembly, call, "GroupNormalization", call.inputs[:3], attrs)


def _batch_norm(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The first opset takes the data as the third operand, others as the first."""
    first = call.inputs[:5]
    if len(first) == 5 and assembly.rank(first[0]) == 1 and assembly.rank(first[2]) != 1:
        first = [first[2], first[0], first[1], first[3], first[4]]
    return emit(assembly, call, "BatchNormalization", first)


def _gelu(assembly: Assembly, call: Call) -> list[Operand] | None:
    tanh = call.text("approximation_mode").lower() == "tanh"
    return emit(assembly, call, "Gelu", [call.operand(0)], {"approximate": "tanh"} if tanh else {})


def _swish(assembly: Assembly, call: Call) -> list[Operand] | None:
    if len(call.inputs) < 2:
        return emit(assembly, call, "Swish", [call.operand(0)])
    value, slope = call.inputs[:2]
    scaled = assembly.emit("Mul", [value, slope], name=call.name, shapes=call.shapes)
    gate = assembly.emit("Sigmoid", [scaled], name=call.name, shapes=call.shapes)
    return emit(assembly, call, "Mul", [value, gate])


def _prelu(assembly: Assembly, call: Call) -> list[Operand] | None:
    """One fixed slope of rank zero is no parameter."""
    slope = call.operand(1)
    if isinstance(slope, Tensor) and slope.shape == ():
        return emit(assembly, call, "LeakyRelu", [call.operand(0)])
    return emit(assembly, call, "PRelu", call.inputs[:2])


def _squared_difference(assembly: Assembly, call: Call) -> list[Operand] | None:
    difference = assembly.emit("Sub", call.inputs[:2], name=call.name, shapes=call.shapes)
    return emit(assembly, call, "Mul", [difference, difference])


def _not_equal(assembly: Assembly, call: Call) -> list[Operand] | None:
    same = assembly.emit("Equal", call.inputs[:2], name=call.name, shapes=call.shapes)
    return emit(assembly, call, "Not", [same])


def _is_finite(assembly: Assembly, call: Call) -> list[Operand] | None:
    kinds = [
        assembly.emit(op, call.inputs[:1], name=call.name, shapes=call.shapes)
        for op in ("IsNaN", "IsInf")
    ]
    either = assembly.emit("Or", kinds, name=call.name, shapes=call.shapes)
    return emit(assembly, call, "Not", [either])


def _attention(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Scaled dot-product attention; the scale is left out, as it is everywhere."""
    attrs: dict[str, Attr] = {"is_causal": 1} if flag(call, "causal") else {}
    return emit(assembly, call, "Attention", call.inputs[:4], attrs)


RULES: Mapping[str, Rule] = {
    "adaptive_pool": adaptive_pool,
    "attention": _attention,
    "average_pool": average_pool,
    "batch_norm": _batch_norm,
    "broadcast": _broadcast,
    "cell": cell,
    "collect": collect,
    "convert": _convert,
    "convert_both": _convert_both,
    "convolution": convolution,
    "deal": deal,
    "deformable": deformable,
    "dft": _dft,
    "fake_quantize": _fake_quantize,
    "gather": _gather,
    "gelu": _gelu,
    "group_norm": _group_norm,
    "interpolate": _interpolate,
    "is_finite": _is_finite,
    "matmul": _matmul,
    "max_pool": max_pool,
    "mvn": _mvn,
    "not_equal": _not_equal,
    "pad": _pad,
    "prelu": _prelu,
    "reduce": _reduce,
    "reshape": _reshape,
    "scatter": _scatter,
    "sequence": sequence,
    "roll": _roll,
    "slice": cut,
    "split": _split,
    "squared_difference": _squared_difference,
    "squeeze": _squeeze,
    "swish": _swish,
    "topk": _topk,
    "transpose": _transpose,
    "transposed": transposed,
    "unsqueeze": _unsqueeze,
}
