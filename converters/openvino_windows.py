"""Rules for convolutions and pooling of OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence

from genescan.converters.assembly import Assembly
from genescan.converters.openvino_values import flag
from genescan.converters.table import Call
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_AUTO = {"same_upper": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}


def finish(call: Call, edge: Edge) -> list[Operand]:
    """All outputs of a node that has as many as the call."""
    return [Edge(edge.source, port) for port in range(len(call.shapes))]


def emit(
    assembly: Assembly, call: Call, op: str, inputs: Sequence[Operand],
    attrs: dict[str, Attr] | None = None,
) -> list[Operand]:  # fmt: skip
    """Emit one node that has the call's name, outputs and shapes."""
    made = assembly.emit(
        op, inputs, attrs, name=call.name, outputs=len(call.shapes), shapes=call.shapes
    )
    return finish(call, made)


def window(call: Call, kernel: Dims | None) -> dict[str, Attr]:
    """The attributes of a sliding window."""
    attrs: dict[str, Attr] = {}
    if kernel and None not in kernel:
        attrs["kernel_shape"] = kernel
    for name in ("strides", "dilations"):
        if values := call.integers(name):
            attrs[name] = values
    pads = (*call.integers("pads_begin"), *call.integers("pads_end"))
    auto = _AUTO.get(call.text("auto_pad").lower())
    if auto is not None:
        attrs["auto_pad"] = auto
    elif pads:
        attrs["pads"] = pads
    return attrs


def merged(assembly: Assembly, weight: Operand, axes: int, name: str) -> tuple[Operand, int | None]:
    """Grouped kernels with the groups joined to axis `axes` of the rest, and how many groups."""
    shape = assembly.shape(weight)
    if shape is None or len(shape) < 4:
        return weight, None
    groups, rest = shape[0], list(shape[1:])
    size = rest[axes]
    rest[axes] = None if size is None or groups is None else size * groups
    return assembly.reshape(weight, tuple(rest), name), groups


def convolution(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Convolution and GroupConvolution, whose kernels are [groups, out, in, window]."""
    weight, groups = call.operand(1), None
    if call.kind == "GroupConvolution":
        weight, groups = merged(assembly, weight, 0, call.name)
    shape = assembly.shape(weight)
    attrs = window(call, shape[2:] if shape is not None else None)
    attrs["group"] = groups or 1
    return emit(assembly, call, "Conv", [call.operand(0), weight], attrs)


def transposed(assembly: Assembly, call: Call) -> list[Operand] | None:
    """ConvolutionBackpropData and its grouped form: transposed convolutions."""
    weight, groups = call.operand(1), None
    if call.kind.startswith("Group"):
        weight, groups = merged(assembly, weight, 0, call.name)
    shape = assembly.shape(weight)
    attrs = window(call, shape[2:] if shape is not None else None)
    attrs["group"] = groups or 1
    if extra := call.integers("output_padding"):
        attrs["output_padding"] = extra
    return emit(assembly, call, "ConvTranspose", [call.operand(0), weight], attrs)


def deformable(assembly: Assembly, call: Call) -> list[Operand] | None:
    """DeformableConvolution: offsets come before the kernels."""
    shape = assembly.shape(call.operand(2))
    attrs = window(call, shape[2:] if shape is not None else None)
    attrs["group"] = call.integer("group", 1)
    attrs["offset_group"] = call.integer("deformable_group", 1)
    data, offset, weight = (call.operand(i) for i in range(3))
    mask = [None, call.operand(3)] if len(call.inputs) > 3 else []
    return emit(assembly, call, "DeformConv", [data, weight, offset, *mask], attrs)


def _pool(call: Call) -> dict[str, Attr]:
    attrs = window(call, call.integers("kernel"))
    if call.text("rounding_type").startswith("ceil"):
        attrs["ceil_mode"] = 1
    return attrs


def max_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """MaxPool; newer opsets return indices too."""
    return emit(assembly, call, "MaxPool", [call.operand(0)], _pool(call))


def average_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """AvgPool."""
    excluded = flag(call, "exclude-pad", flag(call, "exclude_pad", True))
    attrs = {**_pool(call), "count_include_pad": 0 if excluded else 1}
    return emit(assembly, call, "AveragePool", [call.operand(0)], attrs)


def adaptive_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Adaptive pooling to one element, or to sizes that divide the image's."""
    data, result = call.operand(0), call.shapes[0]
    kind = "Average" if call.kind == "AdaptiveAvgPool" else "Max"
    before = assembly.shape(data)
    if result is None or len(result) < 3:
        return None
    if all(size == 1 for size in result[2:]) and len(call.shapes) == 1:
        return emit(assembly, call, f"Global{kind}Pool", [data])
    if before is None or len(before) != len(result):
        return None
    kernel = []
    for size, wanted in zip(before[2:], result[2:], strict=True):
        if not size or not wanted or size % wanted:
            return None
        kernel.append(size // wanted)
    steps: dict[str, Attr] = {"kernel_shape": tuple(kernel), "strides": tuple(kernel)}
    return emit(assembly, call, f"{kind}Pool", [data], steps)


def constant(value: Operand) -> bool:
    """Whether an operand is a constant or left out."""
    return value is None or isinstance(value, Tensor)
