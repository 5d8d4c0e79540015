"""Operators of TensorFlow Lite over images: windows, resizing, blocks of pixels.

They store channels last; each becomes the ONNX operator between two transposes. Kernels are
stored as out, window, in, with the batch-like first axis of depthwise ones being one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan import shapes
from genescan.converters.assembly import Assembly, ints, number, to_first
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_PADDINGS = ("SAME_UPPER", "VALID")


def constant(value: Operand) -> tuple[int, ...] | None:
    """The integers of a constant operand, when they are known."""
    return shapes.known(value) if isinstance(value, Tensor) else None


def _first(dims: Dims | None, rank: int) -> Dims | None:
    """A channels-last shape as channels first."""
    if dims is None or len(dims) != rank:
        return None
    return tuple(dims[axis] for axis in to_first(rank))


def _apply(
    assembly: Assembly, call: Call, op: str, value: Operand, others: Sequence[Operand],
    attrs: Mapping[str, Attr], rank: int = 4, outputs: int = 1,
) -> list[Operand]:  # fmt: skip
    """Emit an operator on channels-first data; its results are channels last again."""
    inputs = [assembly.channels_first(value, rank, call.name), *others]
    made = [_first(dims, rank) for dims in call.shapes[:outputs]]
    edge = assembly.emit(op, inputs, attrs, name=call.name, outputs=outputs, shapes=made)
    return [
        assembly.channels_last(Edge(edge.source, port), rank, call.name) for port in range(outputs)
    ]


def _sizes(call: Call, *names: str) -> tuple[int, ...]:
    """Strides or dilations by axis; zero is what old files write for none."""
    return tuple(max(1, call.integer(name, 1)) for name in names)


def _placed(call: Call, rank: int) -> dict[str, Attr]:
    """Strides, dilations and padding of a window over an image or a volume."""
    axes = "hw" if rank == 4 else "dhw"
    attrs: dict[str, Attr] = {"strides": _sizes(call, *(f"stride_{axis}" for axis in axes))}
    dilations = _sizes(call, *(f"dilation_{axis}factor" for axis in axes))
    if any(step > 1 for step in dilations):
        attrs["dilations"] = dilations
    pads = call.integers("pads")
    if pads:
        attrs["pads"] = pads
    else:
        attrs["auto_pad"] = _PADDINGS[call.integer("padding") == 1]
    return attrs


def _channels(assembly: Assembly, value: Operand) -> int | None:
    dims = assembly.shape(value)
    return dims[-1] if dims else None


def _kernel(assembly: Assembly, value: Operand, perm: tuple[int, ...]) -> Operand:
    return assembly.transpose(value, perm)


def _conv(assembly: Assembly, call: Call) -> list[Operand] | None:
    """CONV_2D; it has groups where the kernel reads fewer channels than there are."""
    value, weight, bias = (call.operand(slot) for slot in range(3))
    attrs = _placed(call, 4)
    channels, read = _channels(assembly, value), _channels(assembly, weight)
    if channels and read and channels != read and not channels % read:
        attrs["group"] = channels // read
    others = [assembly.kernel(weight, "OHWI"), *([bias] if bias is not None else [])]
    return _apply(assembly, call, "Conv", value, others, attrs)


def _depthwise(assembly: Assembly, call: Call) -> list[Operand] | None:
    """DEPTHWISE_CONV_2D: the kernel is [1, height, width, channels * multiplier]."""
    value, weight, bias = (call.operand(slot) for slot in range(3))
    attrs, made = _placed(call, 4), _channels(assembly, weight)
    channels = _channels(assembly, value)
    if channels is None and made is not None:
        channels = made // max(1, call.integer("depth_multiplier", 1))
    if channels is None:
        return None
    attrs["group"] = channels
    others = [_kernel(assembly, weight, (3, 0, 1, 2)), *([bias] if bias is not None else [])]
    return _apply(assembly, call, "Conv", value, others, attrs)


def _transpose_conv(assembly: Assembly, call: Call) -> list[Operand] | None:
    """TRANSPOSE_CONV: output shape, kernel, data, bias."""
    kernel = _kernel(assembly, call.operand(1), (3, 0, 1, 2))
    bias = call.operand(3)
    others = [kernel, *([bias] if bias is not None else [])]
    return _apply(assembly, call, "ConvTranspose", call.operand(2), others, _placed(call, 4))


def _conv3d(assembly: Assembly, call: Call) -> list[Operand] | None:
    value, weight, bias = (call.operand(slot) for slot in range(3))
    attrs = _placed(call, 5)
    dims = assembly.shape(weight)
    channels, read = _channels(assembly, value), dims[3] if dims and len(dims) == 5 else None
    if channels and read and channels != read and not channels % read:
        attrs["group"] = channels // read
    others = [assembly.kernel(weight, "DHWIO"), *([bias] if bias is not None else [])]
    return _apply(assembly, call, "Conv", value, others, attrs, 5)


def _transpose_conv3d(assembly: Assembly, call: Call) -> list[Operand] | None:
    """CONV_3D_TRANSPOSE: output shape, kernel [window, out, in], data, bias."""
    kernel = _kernel(assembly, call.operand(1), (4, 3, 0, 1, 2))
    bias = call.operand(3)
    others = [kernel, *([bias] if bias is not None else [])]
    return _apply(assembly, call, "ConvTranspose", call.operand(2), others, _placed(call, 5), 5)


def _biased_transpose_conv(assembly: Assembly, call: Call) -> list[Operand] | None:
    """MediaPipe's Convolution2DTransposeBias: data, kernel, bias; options of three integers."""
    options = call.integers("custom")
    if len(options) != 3:
        return None
    padding, across, down = options
    kernel = _kernel(assembly, call.operand(1), (3, 0, 1, 2))
    attrs: dict[str, Attr] = {
        "strides": (max(1, down), max(1, across)),
        "auto_pad": _PADDINGS[padding == 2],  # TfLitePadding: 0 unknown, 1 same, 2 valid
    }
    return _apply(
        assembly, call, "ConvTranspose", call.operand(0), [kernel, call.operand(2)], attrs
    )


def _pooled(op: str) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        attrs = _placed(call, 4)
        attrs["kernel_shape"] = _sizes(call, "filter_height", "filter_width")
        return _apply(assembly, call, op, call.operand(0), (), attrs)

    return rule


def _l2_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The root of the mean of squares; ONNX's LpPool sums them."""
    value = call.operand(0)
    squares = assembly.emit("Mul", [value, value], shapes=(assembly.shape(value),))
    attrs = _placed(call, 4)
    attrs["kernel_shape"] = _sizes(call, "filter_height", "filter_width")
    mean = _apply(assembly, call, "AveragePool", squares, (), attrs)
    return [assembly.emit("Sqrt", mean, name=call.name, shapes=call.shapes)]


def _pool_with_indices(assembly: Assembly, call: Call) -> list[Operand] | None:
    """MediaPipe's MaxPoolingWithArgmax2D and MaxUnpooling2D: TfLitePoolParams as options."""
    options = call.integers("custom")
    if len(options) < 5:
        return None
    padding, across, down, width, height = options[:5]
    attrs: dict[str, Attr] = {
        "kernel_shape": (max(1, height), max(1, width)),
        "strides": (max(1, down), max(1, across)),
        "auto_pad": _PADDINGS[padding == 2],
    }
    if call.kind.startswith("MaxUnpool"):
        indices = assembly.channels_first(call.operand(1), 4, call.name)
        return _apply(assembly, call, "MaxUnpool", call.operand(0), [indices], attrs)
    return _apply(assembly, call, "MaxPool", call.operand(0), (), attrs, outputs=len(call.shapes))


def _resized(mode: str) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        value, size = call.operand(0), call.operand(1)
        given = "align_corners" if call.integer("align_corners") else "asymmetric"
        placed = "half_pixel" if call.integer("half_pixel_centers") else given
        dims, wanted = assembly.shape(value), constant(size)
        target: Operand = size
        if wanted is not None and dims is not None and len(dims) == 4:
            target = Tensor("int64", (4,), (dims[0], dims[3], *wanted))
        elif isinstance(size, Edge):
            whole = assembly.emit("Shape", [assembly.channels_first(value, 4)])
            kept = assembly.emit("Slice", [whole, ints((0,)), ints((2,)), ints((0,))])
            target = assembly.emit("Concat", [kept, size], {"axis": 0})
        attrs = {"mode": mode, "coordinate_transformation_mode": placed}
        return _apply(assembly, call, "Resize", value, (None, None, target), attrs)

    return rule


def _blocks(op: str, attrs: Mapping[str, Attr]) -> Rule:
    def rule(assembly: Assembly, call: Call) -> list[Operand] | None:
        given = {"blocksize": call.integer("block_size", 1), **attrs}
        return _apply(assembly, call, op, call.operand(0), (), given)

    return rule


def _response(assembly: Assembly, call: Call) -> list[Operand] | None:
    """LOCAL_RESPONSE_NORMALIZATION: ONNX divides alpha by the number of channels it sums."""
    size = 2 * call.integer("radius") + 1
    attrs: dict[str, Attr] = {
        "size": size,
        "alpha": call.real("alpha") * size,
        "beta": call.real("beta"),
        "bias": call.real("bias"),
    }
    return _apply(assembly, call, "LRN", call.operand(0), (), attrs)


def _to_batch(assembly: Assembly, call: Call) -> list[Operand] | None:
    """SPACE_TO_BATCH_ND by its definition: pad, cut into blocks, blocks to the front."""
    value, block, pads = call.operand(0), constant(call.operand(1)), constant(call.operand(2))
    dims, made = assembly.shape(value), call.shapes[0]
    if block is None or pads is None or dims is None or made is None or len(dims) != len(made):
        return None
    count, rest = len(block), len(dims) - len(block) - 1
    if rest < 0 or len(pads) != 2 * count or min(block, default=0) < 1:
        return None
    if any(pads):
        amounts = (0, *pads[::2], *(0,) * rest, 0, *pads[1::2], *(0,) * rest)
        value = assembly.emit("Pad", [value, ints(amounts), number(0.0)], {"mode": "constant"})
    cut: list[int] = [0 if dims[0] is None else dims[0]]
    for size, step in zip(made[1 : count + 1], block, strict=True):
        cut += [-1 if size is None else size, step]
    value = assembly.emit("Reshape", [value, ints((*cut, *_open(dims[count + 1 :])))])
    steps, kept = range(2, 2 * count + 1, 2), range(1, 2 * count, 2)
    last = range(2 * count + 1, 2 * count + 1 + rest)
    value = assembly.emit("Transpose", [value], {"perm": (*steps, 0, *kept, *last)})
    return [assembly.emit("Reshape", [value, ints(_open(made))], name=call.name,
                          shapes=call.shapes)]  # fmt: skip


def _from_batch(assembly: Assembly, call: Call) -> list[Operand] | None:
    """BATCH_TO_SPACE_ND by its definition: blocks back beside their axes, join, crop."""
    value, block, crops = call.operand(0), constant(call.operand(1)), constant(call.operand(2))
    dims = assembly.shape(value)
    if block is None or crops is None or dims is None:
        return None
    count, rest = len(block), len(dims) - len(block) - 1
    if rest < 0 or len(crops) != 2 * count or min(block, default=0) < 1:
        return None
    value = assembly.emit("Reshape", [value, ints((*block, -1, *_open(dims[1:])))])
    pairs = (axis for i in range(count) for axis in (count + 1 + i, i))
    last = range(2 * count + 1, 2 * count + 1 + rest)
    value = assembly.emit("Transpose", [value], {"perm": (count, *pairs, *last)})
    joined = [None if size is None else size * step
              for size, step in zip(dims[1 : count + 1], block, strict=True)]  # fmt: skip
    shape = (None, *joined, *dims[count + 1 :])
    value = assembly.emit("Reshape", [value, ints(_open(shape))], name=call.name, shapes=(shape,))
    if any(crops):
        ends = (-crop if crop else 2**63 - 1 for crop in crops[1::2])
        bounds = [ints(crops[::2]), ints(tuple(ends)), ints(tuple(range(1, count + 1)))]
        value = assembly.emit("Slice", [value, *bounds], name=call.name, shapes=call.shapes)
    return [value]


def _open(dims: Dims) -> tuple[int, ...]:
    """A shape as the operand of Reshape."""
    return tuple(-1 if size is None else size for size in dims)


RULES: Mapping[str, Rule] = {
    "conv": _conv,
    "depthwise": _depthwise,
    "transpose_conv": _transpose_conv,
    "conv3d": _conv3d,
    "transpose_conv3d": _transpose_conv3d,
    "biased_transpose_conv": _biased_transpose_conv,
    "average_pool": _pooled("AveragePool"),
    "max_pool": _pooled("MaxPool"),
    "l2_pool": _l2_pool,
    "pool_with_indices": _pool_with_indices,
    "bilinear": _resized("linear"),
    "nearest": _resized("nearest"),
    "depth_to_space": _blocks("DepthToSpace", {"mode": "DCR"}),
    "space_to_depth": _blocks("SpaceToDepth", {}),
    "response": _response,
    "to_batch": _to_batch,
    "from_batch": _from_batch,
}
