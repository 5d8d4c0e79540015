"""Split kernels that a runtime fused back into the operators they are defined as.

Covers ONNX Runtime's contrib operators (fused convolutions and products, biased activations,
skip and embedding normalisations, its blocked-layout kernels). Attention kernels have a pass of
their own. Each is split by its definition in ONNX Runtime's ContribOperators.md.

Before:
    y = Op(x, w[64], op="com.microsoft:BiasGelu")

After:
    y = Gelu(Add(x, w[64]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Tensor

MS = "com.microsoft:"
NCHWC = "com.microsoft.nchwc:"

_CONV_ATTRS = ("kernel_shape", "strides", "dilations", "group", "pads", "auto_pad")


class Emitter:
    """Adds nodes in the place of one fused node, which becomes their origin."""

    def __init__(self, draft: Draft, node: Draft.Node) -> None:
        self.draft, self.node = draft, node

    def __call__(self, op: str, *inputs: Arg, attrs: Mapping[str, Attr] | None = None) -> Value:
        """Add one node; its output has the shape of the fused node's."""
        node = self.node
        made = self.draft.add(
            op, inputs, attrs, before=node, origin=(node,), shapes=(node.out.shape,)
        )
        return made.out

    def finish(self, *results: Value | None, reason: str = "attention mask") -> None:
        """Let readers of the fused node's outputs read these; drop the fused node."""
        for value, result in zip(self.node.outputs, results, strict=False):
            if result is not None:
                self.draft.replace(value, result)
        rest = self.node.dynamic
        if all(value.dead for value in self.node.outputs):
            self.draft.remove(self.node, "split")
            self.draft.prune(rest, reason)


def _picked(node: Draft.Node, names: tuple[str, ...]) -> dict[str, Attr]:
    return {name: node.attrs[name] for name in names if name in node.attrs}


def _activation(emit: Emitter, value: Value) -> Value:
    given = emit.node.attrs
    name = str(given.get("activation", ""))
    if not name:
        return value
    names = ("min", "max") if name == "Clip" else ("alpha", "beta")
    listed = given.get("activation_params")
    apart = (given.get("activation_alpha"), given.get("activation_beta"))
    params = listed if isinstance(listed, tuple) else apart
    attrs = {key: number for key, number in zip(names, params, strict=False) if number is not None}
    return emit(name, value, attrs=attrs)


def _conv(emit: Emitter) -> None:
    node = emit.node
    value = emit("Conv", *node.inputs[:3], attrs=_picked(node, _CONV_ATTRS))
    if node.arg(3) is not None:
        value = emit("Add", value, node.arg(3))
    emit.finish(_activation(emit, value))


def _gemm(emit: Emitter) -> None:
    attrs = _picked(emit.node, ("transA", "transB", "alpha", "beta"))
    emit.finish(_activation(emit, emit("Gemm", *emit.node.inputs, attrs=attrs)))


def _turned(emit: Emitter, arg: Arg, turn: bool) -> Arg:
    if not turn:
        return arg
    if isinstance(arg, Tensor):
        shape = arg.shape
        turned = None if shape is None or len(shape) < 2 else (*shape[:-2], shape[-1], shape[-2])
        return Tensor(arg.dtype, turned, None, arg.name, arg.payload)
    return emit("Transpose", arg)


def _matmul(emit: Emitter) -> None:
    node = emit.node
    a = _turned(emit, node.inputs[0], bool(node.attrs.get("transA")))
    b = _turned(emit, node.inputs[1], bool(node.attrs.get("transB")))
    value = emit("MatMul", a, b)
    if node.number("alpha", 1.0) != 1.0:
        value = emit("Mul", value, Tensor("float32", (), (node.number("alpha"),)))
    emit.finish(_activation(emit, value))


def _biased(op: str, attrs: Mapping[str, Attr] | None = None) -> Callable[[Emitter], None]:
    def split(emit: Emitter) -> None:
        value, bias = emit.node.inputs[0], emit.node.arg(1)
        if bias is not None:
            value = emit("Add", value, bias)
        emit.finish(emit(op, value, attrs=attrs))

    return split


def _quick_gelu(emit: Emitter) -> None:
    op = "Swish" if abs(emit.node.number("alpha", 1.702) - 1.0) < 1e-3 else "QuickGelu"
    emit.finish(emit(op, emit.node.inputs[0]))


def _produced_by_product(arg: Arg) -> bool:
    return isinstance(arg, Value) and arg.node.op in ("MatMul", "Gemm")


def _skip_norm(norm: str, gamma: int, bias: int) -> Callable[[Emitter], None]:
    def split(emit: Emitter) -> None:
        node = emit.node
        left, right, extra = node.inputs[0], node.inputs[1], node.arg(bias)
        if extra is not None:  # the fused bias belonged to the projection before the sum
            if _produced_by_product(left) or not _produced_by_product(right):
                left = emit("Add", left, extra)
            else:
                right = emit("Add", right, extra)
        total = emit("Add", left, right)
        attrs = _picked(node, ("epsilon",))
        normed = emit(norm, total, node.arg(gamma), attrs={**attrs, "axis": -1})
        emit.finish(normed, None, None, total)

    return split


def _embed_norm(emit: Emitter) -> None:
    node = emit.node
    ids, segments, word, position, segment = (node.arg(i) for i in range(5))
    value = emit("Gather", word, ids)
    if segments is not None and segment is not None:
        value = emit("Add", value, emit("Gather", segment, segments))
    if isinstance(node.arg(8), Value):
        value = emit("Add", value, emit("Gather", position, node.arg(8)))
    else:
        value = emit("Add", value, position)
    normed = emit("LayerNormalization", value, node.arg(5), attrs={"axis": -1})
    emit.finish(normed, None, value)


def _group_norm(skip: bool) -> Callable[[Emitter], None]:
    def split(emit: Emitter) -> None:
        node = emit.node
        value: Arg = node.inputs[0]
        if skip:
            value = emit("Add", value, node.arg(3))
        total = value if isinstance(value, Value) else None
        value = emit("GroupNormalization", value, *node.inputs[1:3])
        if node.attrs.get("activation"):
            value = emit("Swish", value)
        emit.finish(value, total if skip else None)

    return split


def _blocked(emit: Emitter) -> None:
    """The beginning of a blocked layout, from channels first or last."""
    if emit.node.attrs.get("channels_last"):
        emit.draft.retype(emit.node, "Transpose", {"perm": (0, 3, 1, 2)})
    else:
        emit.draft.retype(emit.node, "Identity")


def _cut_channels(emit: Emitter) -> None:
    """The end of a blocked layout: what fills the last block of channels is cut off.

    The weight that made the channels gets as many as are left, so that later shapes are right.
    """
    node = emit.node
    channels, value = node.attrs.get("channels"), node.inputs[0]
    if node.attrs.get("channels_last"):
        emit.draft.retype(node, "Transpose", {"perm": (0, 2, 3, 1)})
    else:
        emit.draft.retype(node, "Identity")
    while isinstance(value, Value) and value.sole_user is not None:
        maker = value.node
        weight = maker.arg(1)
        shape = weight.shape if isinstance(weight, Tensor) else None
        if maker.op == "Conv" and isinstance(weight, Tensor) and shape and channels != shape[0]:
            if isinstance(channels, int):
                cut = Tensor(weight.dtype, (channels, *shape[1:]), None, weight.name)
                emit.draft.set_input(maker, 1, cut)
            return
        if maker.op == "Conv" or len(maker.dynamic) != 1:
            return
        value = maker.inputs[0]


def _renamed(op: str, keep: int = 1 << 10) -> Callable[[Emitter], None]:
    def split(emit: Emitter) -> None:
        node = emit.node
        emit.draft.retype(node, op)
        if len(node.inputs) > keep:
            emit.draft.set_inputs(node, node.inputs[:keep])

    return split


KERNELS: Mapping[str, Callable[[Emitter], None]] = {
    MS + "FusedConv": _conv,
    NCHWC + "Conv": _conv,
    MS + "NhwcConv": _conv,
    NCHWC + "MaxPool": _renamed("MaxPool"),
    NCHWC + "AveragePool": _renamed("AveragePool"),
    NCHWC + "GlobalMaxPool": _renamed("GlobalMaxPool"),
    NCHWC + "GlobalAveragePool": _renamed("GlobalAveragePool"),
    NCHWC + "ReorderInput": _blocked,
    NCHWC + "ReorderOutput": _cut_channels,
    NCHWC + "Upsample": _renamed("Resize"),
    MS + "FusedGemm": _gemm,
    MS + "FusedMatMul": _matmul,
    MS + "FusedMatMulActivation": _matmul,
    MS + "TransposeMatMul": _matmul,
    MS + "GemmFastGelu": lambda emit: emit.finish(
        emit("Gelu", emit("MatMul", *emit.node.inputs[:2]), attrs={"approximate": "tanh"})
    ),
    MS + "Gelu": _renamed("Gelu"),
    MS + "BiasGelu": _biased("Gelu"),
    MS + "FastGelu": _biased("Gelu", {"approximate": "tanh"}),
    MS + "BiasSoftmax": _biased("Softmax", {"axis": -1}),
    MS + "BiasAdd": lambda emit: emit.finish(
        emit("Add", emit("Add", *emit.node.inputs[:2]), emit.node.inputs[2])
    ),
    MS + "BiasDropout": lambda emit: emit.finish(emit("Add", *emit.node.inputs[:2])),
    MS + "QuickGelu": _quick_gelu,
    MS + "SkipLayerNormalization": _skip_norm("LayerNormalization", 2, 4),
    MS + "SkipSimplifiedLayerNormalization": _skip_norm("RMSNormalization", 2, 3),
    MS + "SimplifiedLayerNormalization": _renamed("RMSNormalization"),
    "SimplifiedLayerNormalization": _renamed("RMSNormalization"),
    MS + "EmbedLayerNormalization": _embed_norm,
    MS + "GroupNorm": _group_norm(skip=False),
    MS + "SkipGroupNorm": _group_norm(skip=True),
    MS + "Trilu": _renamed("Trilu"),
    MS + "ConvTransposeWithDynamicPads": _renamed("ConvTranspose", 2),
    "Upsample": _renamed("Resize"),
    "Scatter": _renamed("ScatterElements"),
}


def run(draft: Draft) -> None:
    """Split every kernel of the table."""
    for op, split in KERNELS.items():
        for node in draft.of(op):
            split(Emitter(draft, node))
