"""Split fused attention kernels into projections, rotary embedding and one SDPA.

`SDPA(q, k, v)` is the canonical attention: masks, scales, caches and head counts are attributes
outside equality, since every exporter and optimiser writes them differently.

Before:
    y = Op(q, k, v, op="com.microsoft:GroupQueryAttention", do_rotary=1, num_heads=8)

After:
    y = SDPA(RotaryEmbedding(q), RotaryEmbedding(k), v, heads=8, mask="causal")
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Tensor
from genescan.passes.restore_attention import computes_by_products
from genescan.passes.split_fused import MS, Emitter

_PACKED = frozenset({MS + "Attention", MS + "QAttention", MS + "PackedAttention"})
_SEPARATE = frozenset(
    {
        "Attention",
        MS + "MultiHeadAttention",
        MS + "PackedMultiHeadAttention",
        MS + "DecoderMaskedMultiHeadAttention",
        MS + "GroupQueryAttention",
        MS + "SparseAttention",
        MS + "PagedAttention",
    }
)

_BIAS = {"Attention": 3, MS + "MultiHeadAttention": 5, MS + "Attention": 5}
"""Where a kernel takes what is added to its scores."""


def run(draft: Draft) -> None:
    """Split packed kernels, then those with separate operands, then lone rotary kernels."""
    for op in _PACKED:
        for node in draft.of(op):
            _packed(Emitter(draft, node))
    for op in _SEPARATE:
        for node in draft.of(op):
            _separate(Emitter(draft, node))
    for node in draft.of(MS + "RotaryEmbedding", MS + "GemmaRotaryEmbedding", "RotaryEmbedding"):
        rest = node.dynamic[1:]
        draft.retype(node, "RotaryEmbedding", {})
        draft.set_inputs(node, node.inputs[:1])
        draft.prune(rest, "rotary table")


def _heads(node: Draft.Node) -> dict[str, Attr]:
    attrs: dict[str, Attr] = {}
    for name in ("num_heads", "q_num_heads"):
        if isinstance(node.attrs.get(name), int):
            attrs["heads"] = node.attrs[name]
    for name in ("kv_num_heads",):
        if isinstance(node.attrs.get(name), int):
            attrs["kv_heads"] = node.attrs[name]
    if node.attrs.get("unidirectional") or node.attrs.get("is_causal"):
        attrs["mask"] = "causal"
    return attrs


def _column(arg: Arg, part: int, sizes: tuple[int, ...] | None) -> Tensor:
    """One third of a packed [hidden, 3 * hidden] weight or [3 * hidden] bias."""
    shape = arg.shape if isinstance(arg, Tensor) else None
    if shape is None or not shape:
        return Tensor("float32", None)
    whole = shape[-1]
    size = sizes[part] if sizes else None if whole is None else whole // 3
    return Tensor("float32", (*shape[:-1], size), None, arg.name if isinstance(arg, Tensor) else "")


def _packed(emit: Emitter) -> None:
    node = emit.node
    sizes = node.ints("qkv_hidden_sizes")
    sizes = sizes if sizes and len(sizes) == 3 else None
    projected = []
    for part in range(3):
        value = emit("MatMul", node.inputs[0], _column(node.arg(1), part, sizes))
        if node.arg(2) is not None:
            value = emit("Add", value, _column(node.arg(2), part, sizes))
        projected.append(value)
    attrs = _heads(node)
    if isinstance(node.arg(3), Value):
        attrs.setdefault("mask", "input")
    _finish(emit, projected, attrs)


def _bias(node: Draft.Node) -> list[Value]:
    """What is added to the scores, where it is made by products of activations."""
    bias = node.arg(_BIAS.get(node.op, len(node.inputs)))
    return [bias] if isinstance(bias, Value) and computes_by_products(bias) else []


def _finish(emit: Emitter, qkv: list[Value], attrs: dict[str, Attr]) -> None:
    """One SDPA with as many outputs as the kernel; what a cache returns are its keys and values."""
    node = emit.node
    result = emit("SDPA", *qkv, *_bias(node), attrs=attrs)
    caches = [qkv[1], qkv[2]] if len(node.outputs) > 2 else [qkv[1]]
    emit.finish(result, *caches, *(qkv[2:3] * 4))


def _separate(emit: Emitter) -> None:
    node = emit.node
    query, key, value = (node.arg(i) for i in range(3))
    if key is None or value is None:  # packed along the hidden axis
        query, key, value = (emit("Slice", query, attrs={"part": i}) for i in range(3))
    bias = node.arg(3) if node.op.endswith("MultiHeadAttention") else None
    if isinstance(bias, Tensor):
        query, key, value = (
            emit("Add", arg, _column(bias, i, None)) for i, arg in enumerate((query, key, value))
        )
    attrs = _heads(node)
    if node.op == MS + "GroupQueryAttention":
        attrs["mask"] = "causal"
        if node.attrs.get("do_rotary"):
            query, key = emit("RotaryEmbedding", query), emit("RotaryEmbedding", key)
    elif any(isinstance(node.arg(position), Value) for position in (3, 4, 5)):
        attrs.setdefault("mask", "input")
    dynamic = [arg for arg in (query, key, value) if isinstance(arg, Value)]
    if len(dynamic) == 3:
        _finish(emit, dynamic, attrs)
    else:
        emit.finish(emit("SDPA", query, key, value, attrs=attrs))
