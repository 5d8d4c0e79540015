"""Rules for operators that slide a window, multiply or normalise: layouts become transposes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from genescan.converters.assembly import Assembly, number, reshaped, to_first, to_last
from genescan.converters.table import Call, Rule
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_FIRST = frozenset({"NCHW", "NCDHW", "CHANNELS_FIRST", "NCHW_VECT_C"})
_BATCH_TO_SPACE_CHAIN = 16
"""Operators between a convolution and the step that undoes its folding into the batch."""
_POINTWISE = frozenset(
    {"Add", "Mul", "Sub", "BatchNormalization", "Relu", "Clip", "Transpose", "Unsqueeze", "Squeeze"}
)


def constant(value: Operand) -> tuple[int, ...] | None:
    """The integers of a constant operand whose values are known."""
    if not isinstance(value, Tensor) or value.data is None or None in value.data:
        return None
    if not all(math.isfinite(cast(float, item)) for item in value.data):
        return None
    return tuple(int(cast(float, item)) for item in value.data)


class Layout:
    """Where channels stand in the operands of one call.

    Args:
        assembly: the graph under construction.
        call: an operator with a data format.
        rank: dimensions of its operands.
    """

    def __init__(self, assembly: Assembly, call: Call, rank: int) -> None:
        self._assembly, self._call, self.rank = assembly, call, rank
        self.last = call.text("data_format", "NHWC") not in _FIRST

    def window(self, name: str) -> tuple[int, ...]:
        """An attribute with one number per dimension: those of the window; ones if absent."""
        return self.picked(self._call.integers(name))

    def picked(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Of one number per dimension those of the window."""
        if len(sizes) != self.rank:
            return tuple(sizes) if len(sizes) == self.rank - 2 else (1,) * (self.rank - 2)
        return tuple(sizes[1:-1] if self.last else sizes[2:])

    def first(self, value: Operand) -> Operand:
        """A value with channels first."""
        if not self.last:
            return value
        return self._assembly.channels_first(value, self.rank, self._call.name)

    def back(self, edge: Edge) -> Operand:
        """A result in the layout of the call."""
        if not self.last:
            return edge
        return self._assembly.channels_last(edge, self.rank, self._call.name)

    def padding(self) -> dict[str, Attr]:
        """Padding as attributes."""
        kind = self._call.text("padding")
        if kind == "SAME":
            return {"auto_pad": "SAME_UPPER"}
        given = self._call.integers("explicit_paddings")
        if kind != "EXPLICIT" or len(given) != 2 * self.rank:
            return {}
        return {"pads": (*self.picked(given[::2]), *self.picked(given[1::2]))}


def _kernel(weight: Operand, assembly: Assembly, rank: int) -> Operand:
    return assembly.kernel(weight, "HWIO" if rank == 4 else "DHWIO")


def _window(weight: Dims | None, attrs: dict[str, Attr]) -> dict[str, Attr]:
    """Attributes with the window's size, where the weight tells it (out, in, window)."""
    if weight is not None and None not in weight[2:]:
        attrs["kernel_shape"] = cast("tuple[int, ...]", weight[2:])
    return attrs


def _weighted(assembly: Assembly, call: Call) -> int:
    rank = assembly.rank(call.operand(1))
    return rank if rank in (4, 5) else 5 if "3D" in call.kind else 4


def conv(assembly: Assembly, call: Call) -> list[Operand]:
    """A convolution; operands: x, weight."""
    layout = Layout(assembly, call, _weighted(assembly, call))
    data = layout.first(call.inputs[0])
    weight = _kernel(call.inputs[1], assembly, layout.rank)
    attrs = {"strides": layout.window("strides"), "dilations": layout.window("dilations")}
    given, shape = assembly.shape(data), assembly.shape(weight)
    channels = given[1] if given is not None and len(given) > 1 else None
    each = shape[1] if shape is not None and len(shape) > 1 else None
    group = channels // each if channels and each and not channels % each else 1
    attrs = _window(shape, {**attrs, **layout.padding(), "group": group})
    edge = assembly.emit("Conv", [data, weight], attrs, name=call.name)
    return [layout.back(edge)]


def depthwise(assembly: Assembly, call: Call) -> list[Operand]:
    """A depthwise convolution: the weight is window, channels, multiplier."""
    layout = Layout(assembly, call, 4)
    data, given = layout.first(call.inputs[0]), call.inputs[1]
    shape = assembly.shape(given)
    if shape is None or len(shape) != 4:
        shape = (None,) * 4
    made = (shape[2] * shape[3] if None not in shape[2:] else None, 1, shape[0], shape[1])  # type: ignore[operator]
    weight = assembly.reshape(assembly.transpose(given, (2, 3, 0, 1), call.name), made, call.name)
    attrs: dict[str, Attr] = {
        "strides": layout.window("strides"),
        "dilations": layout.window("dilations"),
        "group": shape[2] or _channels(assembly, data) or 2,
    }
    attrs = _window(assembly.shape(weight), {**attrs, **layout.padding()})
    edge = assembly.emit("Conv", [data, weight], attrs, name=call.name)
    return [layout.back(edge)]


def _channels(assembly: Assembly, data: Operand) -> int | None:
    shape = assembly.shape(data)
    return shape[1] if shape is not None and len(shape) > 1 else None


def conv_transpose(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A transposed convolution; operands: size of the result, weight, x."""
    if len(call.inputs) != 3:
        return None
    layout = Layout(assembly, call, _weighted(assembly, call))
    size, given, value = call.inputs
    data, weight = layout.first(value), _kernel(given, assembly, layout.rank)
    strides = layout.window("strides")
    attrs: dict[str, Attr] = {"strides": strides, "dilations": layout.window("dilations")}
    attrs = _window(assembly.shape(weight), {**attrs, **layout.padding()})
    wanted = layout.picked(constant(size) or ())
    shape, before = assembly.shape(weight), assembly.shape(data)
    spatial: Dims = (None,) * (layout.rank - 2)
    if len(constant(size) or ()) in (layout.rank, layout.rank - 2):
        attrs["output_shape"], spatial = wanted, wanted
    elif call.text("padding") == "SAME" and before is not None and len(before) == layout.rank:
        steps = zip(before[2:], strides, strict=True)
        spatial = tuple(None if n is None else n * step for n, step in steps)
    made = (before[0] if before else None, shape[1] if shape else None, *spatial)
    edge = assembly.emit("ConvTranspose", [data, weight], attrs, name=call.name, shapes=(made,))
    return [layout.back(edge)]


def max_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Pooling; its second version has sizes as operands."""
    attrs = dict(call.attrs)
    for name, operand in zip(("ksize", "strides"), call.inputs[1:3], strict=False):
        sizes = constant(operand)
        if sizes is None:
            return None
        attrs[name] = sizes
    told = Call(call.kind, call.name, call.inputs[:1], (), attrs, call.shapes)
    return _pool(assembly, told, "MaxPool", {})


def average_pool(assembly: Assembly, call: Call) -> list[Operand] | None:
    """The mean of what lies inside the image."""
    return _pool(assembly, call, "AveragePool", {"count_include_pad": 0})


def _pool(
    assembly: Assembly, call: Call, op: str, attrs: Mapping[str, Attr], outputs: int = 1
) -> list[Operand] | None:
    sizes = call.integers("ksize")
    if len(sizes) not in (4, 5):
        return None
    layout = Layout(assembly, call, len(sizes))
    window, strides = layout.window("ksize"), layout.window("strides")
    if math.prod(sizes) != math.prod(window):
        return None  # over channels or the batch
    made = {"kernel_shape": window, "strides": strides, **layout.padding(), **attrs}
    data = layout.first(call.inputs[0])
    edge = assembly.emit(op, [data], made, name=call.name, outputs=outputs)
    return [layout.back(Edge(edge.source, port)) for port in range(outputs)]


def max_pool_indices(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Pooling that also tells where each maximum was."""
    return _pool(assembly, call, "MaxPool", {}, 2)


def bias(assembly: Assembly, call: Call) -> list[Operand]:
    """A bias per channel."""
    value, given = call.inputs[:2]
    rank = assembly.rank(value)
    if call.text("data_format", "NHWC") in _FIRST:
        count = (assembly.shape(given) or (None,))[0]
        made: Dims = (count, *(1,) * ((rank or 4) - 2))
        given = assembly.reshape(given, made, call.name)
    shapes = (assembly.shape(value),)
    return [assembly.emit("Add", [value, given], name=call.name, shapes=shapes)]


def batch_norm(assembly: Assembly, call: Call) -> list[Operand]:
    """Batch normalisation; statistics that only training reads are left out."""
    rank = assembly.rank(call.inputs[0])
    layout = Layout(assembly, call, rank if rank in (4, 5) else 4)
    data = layout.first(call.inputs[0])
    attrs: dict[str, Attr] = {"epsilon": call.real("epsilon", 1e-4)}
    training = call.attrs.get("is_training", True)
    if training:
        attrs["training_mode"] = 1
    shapes = (assembly.shape(data),)
    edge = assembly.emit(
        "BatchNormalization", [data, *call.inputs[1:5]], attrs, name=call.name, shapes=shapes
    )
    value = edge
    if call.text("activation_mode", "Identity") == "Relu":
        if len(call.inputs) > 5:
            value = assembly.emit("Add", [value, layout.first(call.inputs[5])], shapes=shapes)
        value = assembly.emit("Relu", [value], name=call.name, shapes=shapes)
    rest: list[Operand] = [*call.inputs[3:5], *[Tensor("float32", None)] * 3]
    return [layout.back(value), *rest][: max(1, len(call.shapes))]


def old_batch_norm(assembly: Assembly, call: Call) -> list[Operand]:
    """The first spelling; operands: x, mean, variance, offset, scale."""
    data, mean, variance, offset, scale = call.inputs[:5]
    if not call.attrs.get("scale_after_normalization", True):
        scale = Tensor("float32", getattr(offset, "shape", None), None)
    attrs = {"epsilon": call.real("variance_epsilon", 1e-3)}
    value = assembly.channels_first(data, 4, call.name)
    operands = [value, scale, offset, mean, variance]
    edge = assembly.emit("BatchNormalization", operands, attrs, name=call.name)
    return [assembly.channels_last(edge, 4, call.name)]


def lrn(assembly: Assembly, call: Call) -> list[Operand]:
    """Normalisation over neighbouring channels; ONNX divides alpha by the window."""
    size = 2 * call.integer("depth_radius", 5) + 1
    attrs: dict[str, Attr] = {
        "size": size,
        "alpha": call.real("alpha", 1.0) * size,
        "beta": call.real("beta", 0.5),
        "bias": call.real("bias", 1.0),
    }
    value = assembly.channels_first(call.inputs[0], 4, call.name)
    edge = assembly.emit("LRN", [value], attrs, name=call.name)
    return [assembly.channels_last(edge, 4, call.name)]


def _turned(assembly: Assembly, value: Operand, turn: bool, name: str) -> Operand | None:
    """An operand with its last two axes swapped; None when its rank is not known."""
    if not turn:
        return value
    rank = assembly.rank(value)
    if rank is None or rank < 2:
        return None
    perm = (*range(rank - 2), rank - 1, rank - 2)
    return assembly.transpose(value, perm, name)


def matmul(assembly: Assembly, call: Call) -> list[Operand]:
    """A product of matrices, either of them transposed."""
    left, right = call.inputs[:2]
    flags = [
        any(call.attrs.get(name, False) for name in names)
        for names in (("transpose_a", "adj_x"), ("transpose_b", "adj_y"))
    ]
    if call.kind in ("MatMul", "SparseMatMul", "_FusedMatMul"):
        for value in (left, right):
            assembly.learn(value, (None, None))
    turned = [
        _turned(assembly, value, flag, call.name)
        for value, flag in zip((left, right), flags, strict=True)
    ]
    if None not in turned:
        return [assembly.emit("MatMul", turned, name=call.name)]
    a, b = ("...ki" if flags[0] else "...ik"), ("...jk" if flags[1] else "...kj")
    return [assembly.emit("Einsum", [left, right], {"equation": f"{a},{b}->...ij"}, name=call.name)]


def sparse_matmul(assembly: Assembly, call: Call) -> list[Operand]:
    """A sparse matrix (indices, values, shape) times a dense one."""
    indices, values, shape, dense = call.inputs[:4]
    zeros = assembly.emit("ConstantOfShape", [shape], name=call.name, shapes=((None, None),))
    sparse = assembly.emit(
        "ScatterND", [zeros, indices, values], {"reduction": "add"}, name=call.name
    )
    attrs = {"transpose_a": bool(call.attrs.get("adjoint_a")),
             "transpose_b": bool(call.attrs.get("adjoint_b"))}  # fmt: skip
    return matmul(assembly, Call("MatMul", call.name, [sparse, dense], (), attrs))


def einsum(assembly: Assembly, call: Call) -> list[Operand]:
    """A sum of products over named axes."""
    attrs: dict[str, Attr] = {"equation": call.text("equation")}
    return [assembly.emit("Einsum", call.inputs, attrs, name=call.name)]


def _fused(assembly: Assembly, call: Call, value: Operand) -> list[Operand] | None:
    """What a fused kernel does after its product: a bias, a normalisation, an activation."""
    extra = list(call.inputs[2:])
    done = call.attrs.get("fused_ops", ())
    for step in done if isinstance(done, tuple) else ():
        if step in ("BiasAdd", "Add") and extra:
            attrs = {"data_format": call.text("data_format", "NHWC")} if step == "BiasAdd" else {}
            value = bias(assembly, Call("BiasAdd", call.name, [value, extra.pop(0)], (), attrs))[0]
        elif step == "FusedBatchNorm" and len(extra) >= 4:
            attrs = {**call.attrs, "is_training": False}
            told = Call("FusedBatchNorm", call.name, [value, *extra[:4]], (), attrs)
            value, extra = batch_norm(assembly, told)[0], extra[4:]
        elif step in _ACTIVATIONS:
            op, more = _ACTIVATIONS[str(step)]
            if step == "LeakyRelu":
                more = {"alpha": call.real("leakyrelu_alpha", 0.2)}
            operands = [value, *((number(0.0), number(6.0)) if step == "Relu6" else ())]
            value = assembly.emit(op, operands, more, name=call.name)
        else:
            return None
    return [value]


_ACTIVATIONS: Mapping[str, tuple[str, Mapping[str, Attr]]] = {
    "Relu": ("Relu", {}),
    "Relu6": ("Clip", {}),
    "Elu": ("Elu", {"alpha": 1.0}),
    "LeakyRelu": ("LeakyRelu", {}),
    "Tanh": ("Tanh", {}),
    "Sigmoid": ("Sigmoid", {}),
    "GeluExact": ("Gelu", {}),
    "GeluApproximate": ("Gelu", {"approximate": "tanh"}),
}


def fused_conv(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A convolution and what a runtime fused into it."""
    rule = depthwise if "Depthwise" in call.kind else conv
    return _fused(assembly, call, rule(assembly, call)[0])


def fused_matmul(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A product and what a runtime fused into it."""
    return _fused(assembly, call, matmul(assembly, call)[0])


def depth_to_space(assembly: Assembly, call: Call) -> list[Operand]:
    """Blocks of the image to channels, or back."""
    layout = Layout(assembly, call, 4)
    attrs: dict[str, Attr] = {"blocksize": call.integer("block_size", 2)}
    if call.kind == "DepthToSpace":
        attrs["mode"] = "DCR"
    return [layout.back(assembly.emit(call.kind, [layout.first(call.inputs[0])], attrs, name=call.name))]


def resize(assembly: Assembly, call: Call) -> list[Operand]:
    """An image in another size; operands: x, height and width."""
    modes = {"ResizeBilinear": "linear", "ResizeNearestNeighbor": "nearest", "ResizeBicubic": "cubic"}
    attrs: dict[str, Attr] = {"mode": modes.get(call.kind, "linear")}
    attrs["coordinate_transformation_mode"] = (
        "align_corners" if call.attrs.get("align_corners")
        else "half_pixel" if call.attrs.get("half_pixel_centers") else "asymmetric"
    )  # fmt: skip
    if call.kind == "ResizeNearestNeighbor":
        attrs["nearest_mode"] = "floor"
    data = assembly.channels_first(call.inputs[0], 4, call.name)
    before, wanted = assembly.shape(data) or (None,) * 4, constant(call.operand(1))
    after: Dims = (*before[:2], *(wanted if wanted and len(wanted) == 2 else (None, None)))
    if wanted is not None:
        sizes: Operand = Tensor("int64", (4,), after)
    else:
        whole = assembly.emit("Shape", [data], shapes=((4,),))
        kept = assembly.emit("Slice", [whole, *(_one(i) for i in (0, 2, 0))], shapes=((2,),))
        sizes = assembly.emit("Concat", [kept, call.operand(1)], {"axis": 0}, shapes=((4,),))
    edge = assembly.emit(
        "Resize", [data, None, None, sizes], attrs, name=call.name, shapes=(after,)
    )
    return [assembly.channels_last(edge, 4, call.name)]


def _one(value: int) -> Tensor:
    return Tensor("int64", (1,), (value,))


def space_to_batch(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Kept as it is: the step that undoes it decides what both meant."""
    if call.kind != "SpaceToBatchND":
        return None
    rank = assembly.rank(call.inputs[0])
    shape = None if rank is None else (None,) * rank
    return [assembly.unknown(call.kind, call.inputs, name=call.name, shapes=(shape,))]


def batch_to_space(assembly: Assembly, call: Call) -> list[Operand] | None:
    """Undo a folding of space into the batch: a convolution between is dilated.

    The convolution sees every n-th pixel of its image, that is the whole image with gaps; what
    works on single pixels may stand after it.
    """
    blocks, chain = constant(call.operand(1)), _chain(assembly, call.inputs[0])
    if chain is None or blocks is None or call.kind != "BatchToSpaceND":
        return None
    folded, nodes = chain
    start = assembly.nodes[folded]
    gaps = _gaps(constant(start.inputs[2]), constant(call.operand(2)), len(blocks))
    turned = [assembly.nodes[index] for index in nodes]
    plain = all(_unpadded(node.attrs) for node in turned if node.op == "Conv")
    if constant(start.inputs[1]) != blocks or gaps is None or not plain:
        return None
    flat = len(blocks) == 1 and any(node.op == "Unsqueeze" for node in turned)
    value = start.inputs[0]
    for node in turned:
        attrs = dict(node.attrs)
        if node.op == "Conv":  # a sequence passes as an image of height one
            half = len(gaps) // 2
            zero = (0,) if flat else ()
            attrs["dilations"] = (1, *blocks) if flat else blocks
            attrs["pads"] = (*zero, *gaps[:half], *zero, *gaps[half:])
        inputs = [value if isinstance(arg, Edge) else arg for arg in node.inputs]
        value = assembly.emit(node.op, inputs, attrs, name=node.origin[0])
    return [value]


def _gaps(
    padded: tuple[int, ...] | None, cropped: tuple[int, ...] | None, count: int
) -> tuple[int, ...] | None:
    """Padding before and after that is left once the result was cropped."""
    if padded is None or cropped is None or not len(padded) == len(cropped) == 2 * count:
        return None
    left = [p - c for p, c in zip(padded, cropped, strict=True)]
    return (*left[::2], *left[1::2]) if min(left) >= 0 else None


def _unpadded(attrs: Mapping[str, Attr]) -> bool:
    """Whether a convolution takes every window of its image and no padding."""
    steps = attrs.get("strides", ())
    return "auto_pad" not in attrs and isinstance(steps, tuple) and set(steps) <= {1}


def _chain(assembly: Assembly, value: Operand) -> tuple[int, list[int]] | None:
    """The folding that a value comes from, and the nodes since, a convolution among them."""
    nodes: list[int] = []
    while isinstance(value, Edge) and len(nodes) < _BATCH_TO_SPACE_CHAIN:
        node = assembly.nodes[value.source]
        if node.op == "Unknown:tensorflow:SpaceToBatchND":
            convs = [i for i in nodes if assembly.nodes[i].op == "Conv"]
            return (value.source, nodes[::-1]) if len(convs) == 1 else None
        edges = [arg for arg in node.inputs if isinstance(arg, Edge)]
        if len(edges) != 1 or node.op not in _POINTWISE | {"Conv"}:
            return None
        nodes.append(value.source)
        value = edges[0]
    return None


RULES: Mapping[str, Rule] = {
    "conv": conv,
    "depthwise": depthwise,
    "conv_transpose": conv_transpose,
    "fused_conv": fused_conv,
    "fused_matmul": fused_matmul,
    "space_to_batch": space_to_batch,
    "batch_to_space": batch_to_space,
    "max_pool": max_pool,
    "max_pool_indices": max_pool_indices,
    "average_pool": average_pool,
    "bias": bias,
    "batch_norm": batch_norm,
    "old_batch_norm": old_batch_norm,
    "lrn": lrn,
    "matmul": matmul,
    "sparse_matmul": sparse_matmul,
    "einsum": einsum,
    "depth_to_space": depth_to_space,
    "resize": resize,
}
