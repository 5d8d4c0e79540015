"""Rules for products, normalisations and what runtimes fuse into them."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.assembly import Assembly, ints, number
from genescan.converters.table import Call, Rule
from genescan.converters.tensorflow_layout import Layout, is_first
from genescan.converters.tensorflow_windows import conv, depthwise
from genescan.graph import Attr, Dims, Edge, Operand, Tensor


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
            given = {**call.attrs, "is_training": False}
            told = Call("FusedBatchNorm", call.name, [value, *extra[:4]], (), given)
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


def bias(assembly: Assembly, call: Call) -> list[Operand]:
    """A bias per channel."""
    value, given = call.inputs[:2]
    rank = assembly.rank(value)
    if is_first(call):
        count = (assembly.shape(given) or (None,))[0]
        made: Dims = (count, *(1,) * ((rank or 4) - 2))
        given = assembly.reshape(given, made, call.name)
    shapes = (assembly.shape(value),)
    return [assembly.emit("Add", [value, given], name=call.name, shapes=shapes)]


def _rows(assembly: Assembly, call: Call) -> list[Operand] | None:
    """A normalisation of rows that borrows the kernel: each row is a channel of a batch of one.

    None when the statistics are of more than one row, or scale and offset are not one and zero.
    """
    value, scale, offset = call.inputs[:3]
    shape = assembly.shape(value)
    if not is_first(call) or shape is None or len(shape) != 4 or (shape[0], shape[3]) != (1, 1):
        return None
    if _filled(assembly, scale) != 1.0 or _filled(assembly, offset) != 0.0:
        return None

    def emit(op: str, *inputs: Operand, **attrs: Attr) -> Operand:
        return assembly.emit(op, inputs, attrs, name=call.name)

    row = emit("Squeeze", value, ints((0, 3)))
    apart = emit("Sub", row, emit("ReduceMean", row, axes=(-1,), keepdims=1))
    spread = emit("ReduceMean", emit("Mul", apart, apart), axes=(-1,), keepdims=1)
    root = emit("Sqrt", emit("Add", spread, number(call.real("epsilon", 1e-4))))
    made = emit("Unsqueeze", emit("Div", apart, root), ints((0, 3)))
    return [made, *[Tensor("float32", None)] * 5][: max(1, len(call.shapes))]


def _filled(assembly: Assembly, value: Operand) -> float | None:
    """The number that every element of an operand is."""
    if isinstance(value, Edge):
        node = assembly.nodes[value.source]
        fill = node.attrs.get("value") if node.op == "ConstantOfShape" else None
        value = fill if isinstance(fill, Tensor) else None
    data = value.data if isinstance(value, Tensor) else None
    alike = data and data[0] is not None and all(item == data[0] for item in data)
    return float(data[0]) if data and data[0] is not None and alike else None


def batch_norm(assembly: Assembly, call: Call) -> list[Operand]:
    """Batch normalisation; statistics that only training reads are left out."""
    training = call.attrs.get("is_training", True)
    rows = _rows(assembly, call) if training else None
    if rows is not None:
        return rows
    rank = assembly.rank(call.inputs[0])
    layout = Layout(assembly, call, rank if rank in (4, 5) else 4)
    data = layout.first(call.inputs[0])
    attrs: dict[str, Attr] = {"epsilon": call.real("epsilon", 1e-4)}
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


RULES: Mapping[str, Rule] = {
    "fused_conv": fused_conv,
    "fused_matmul": fused_matmul,
    "bias": bias,
    "batch_norm": batch_norm,
    "old_batch_norm": old_batch_norm,
    "lrn": lrn,
    "matmul": matmul,
    "sparse_matmul": sparse_matmul,
    "einsum": einsum,
}
