"""Bring the attributes of what is left to their canonical values.

Windows get explicit kernel, stride and dilation; groups become a class (1, depthwise, grouped);
reductions over all spatial axes become global pooling and other axes a class; recurrent layers
keep what flows through them. Attributes that no rule or report asks for are dropped.

Before:
    y = ReduceMean(Conv(x, w[8, 3, 3, 3]), axes=[2, 3])

After:
    y = GlobalAveragePool(Conv(x, w[8, 3, 3, 3], kernel_shape=[3, 3]))
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan import ops, shapes
from genescan.draft import Draft, Value
from genescan.graph import Attr, Tensor

_KEPT = frozenset(
    {
        "axes", "bias", "heads", "kv_heads", "mask", "cache", "partial", "origin", "max", "min",
        "alpha", "groups", "pads", "part", "parts", "axis", "mode", "hidden_size", "kind", "dtype",
        "shape", "starts", "ends", "steps", "blocksize", "unscaled",
    }
)  # fmt: skip
_BOUNDED = frozenset(
    {
        "Pad", "Slice", "TopK", "OneHot", "CumSum", "Trilu", "ReduceSum", "CenterCropPad", "Loop",
        "Scan",
    }
)  # fmt: skip
"""Operators whose constant operands are bounds, sizes and counts, which files write differently."""
_STEPWISE = ("LSTM", "GRU", "RNN")
_GLOBAL = {"ReduceMean": "GlobalAveragePool", "ReduceMax": "GlobalMaxPool"}
_AXES = ("all", "spatial", "last", "channel", "batch", "other")
_GROUPED = ("depthwise", "grouped")
_WINDOWS = frozenset(op for op, row in ops.VOCABULARY.items() if "kernel_shape" in row.attrs)


def run(draft: Draft) -> None:
    """Operator by operator, then one walk that drops what is not kept."""
    for op in _WINDOWS:
        for node in draft.of(op):
            _window(draft, node)
    for op in [op for op in draft.operators() if op.startswith("Reduce")]:
        for node in draft.of(op):
            _reduce(draft, node)
    for node in draft.of(*_STEPWISE):
        _recurrent(draft, node)
    for node in draft:
        draft.narrow(node)
        if ops.kind(node.op) == "Unknown" and not node.op.startswith("Unknown:"):
            domain, _, name = node.op.rpartition(":")  # a kernel that no pass splits
            draft.retype(node, f"Unknown:{domain or 'ai.onnx'}:{name}")
        row = ops.info(node.op)
        if row.kind == "Elementwise":
            _squeeze_constants(draft, node)
        elif node.op in _BOUNDED and len(node.inputs) != len(node.dynamic):
            vias = [via for i, via in enumerate(_vias(node)) if isinstance(node.inputs[i], Value)]
            draft.set_inputs(node, node.dynamic, dict(enumerate(vias)))
        if not row.attrs and node.attrs.keys() <= _KEPT:
            continue
        kept: Mapping[str, Attr] = {
            name: value for name, value in node.attrs.items() if name in row.attrs or name in _KEPT
        }
        node.attrs = ops.complete(node.op, kept)


def _vias(node: Draft.Node) -> list[tuple[str, ...]]:
    return [node.via.get(position, ()) for position in range(len(node.inputs))]


def _squeeze_constants(draft: Draft, node: Draft.Node) -> None:
    """A constant that is broadcast keeps the sizes that matter; exporters add ones freely."""
    for position, arg in enumerate(node.inputs):
        if isinstance(arg, Tensor) and arg.shape is not None and 1 in arg.shape:
            squeezed = Tensor(arg.dtype, arg.squeezed, arg.data, arg.name, arg.payload)
            draft.set_input(node, position, squeezed)


def _window(draft: Draft, node: Draft.Node) -> None:
    attrs = dict(node.attrs)
    weight = node.arg(1)
    if "group" in ops.info(node.op).attrs and attrs.get("group") not in _GROUPED:
        shape = weight.shape if isinstance(weight, Tensor | Value) else None
        if shape is not None and len(shape) > 2 and "kernel_shape" not in attrs:
            attrs["kernel_shape"] = shape[2:]
        groups = attrs.get("group", 1)
        attrs["groups"] = groups
        attrs["group"] = _group_class(node.op, groups, shape)
    draft.retype(node, node.op, ops.complete(node.op, attrs))


def _group_class(op: str, groups: Attr, shape: tuple[int | None, ...] | None) -> Attr:
    if not isinstance(groups, int) or groups <= 1:
        return 1
    if shape is None:
        return "grouped"
    # Conv weights are [out, in / groups, ...], ConvTranspose weights [in, out / groups, ...]
    alone = shape[1] == 1 if op != "ConvTranspose" else shape[0] == groups
    return "depthwise" if alone else "grouped"


def _reduce(draft: Draft, node: Draft.Node) -> None:
    if node.attrs.get("axes") in _AXES:
        return
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    axes = shapes.known(shapes.operand(node.attrs, "axes", constants, 1))
    value, via = node.inputs[0], node.via.get(0, ())
    rank = value.rank if isinstance(value, Value) else None
    if node.out.rank is not None and any(label.startswith("Reshape") for label in via):
        rank = node.out.rank + (0 if node.attrs.get("keepdims", 1) else len(axes or ()))
    rest = node.dynamic[1:]
    draft.set_inputs(node, node.inputs[:1], {0: via})
    draft.prune(rest, "reduction axes")
    name = _axes_class(axes, rank)
    if name == "spatial" and node.op not in _GLOBAL and len(axes or ()) == 1:
        name = "last"  # of a sequence both; where the rank is unknown only this can be told
    if name == "channel" and rank == 3 and node.op in _GLOBAL:
        name = "spatial"  # of a sequence with its features last
    steps = isinstance(value, Value) and value.node.op in _STEPWISE and len(axes or ()) == 1
    if name == "spatial" and steps:
        name = "batch"  # which most files have first
    if name == "spatial" and node.op in _GLOBAL:
        draft.retype(node, _GLOBAL[node.op], {})
    else:
        draft.retype(node, node.op, {"axes": name})


def _axes_class(axes: tuple[int, ...] | None, rank: int | None) -> str:
    """A name for reduced axes that does not depend on how they are counted."""
    if not axes:
        return "all"
    if rank is not None:
        axes = tuple(axis % rank if -rank <= axis < rank else axis for axis in axes)
        if len(axes) == rank:
            return "all"
    ordered = sorted(axes)
    if rank is not None and rank >= 3 and ordered == list(range(2, rank)):
        return "spatial"
    if ordered in ([2, 3], [-2, -1], [2, 3, 4], [-3, -2, -1]):
        return "spatial"
    if rank is not None and rank >= 4 and ordered == list(range(1, rank - 1)):
        return "spatial"  # with channels last
    if ordered == [-1] or (rank is not None and ordered == [rank - 1]):
        return "last"
    return {1: "channel", 0: "batch"}.get(ordered[0], "other") if len(ordered) == 1 else "other"


def _recurrent(draft: Draft, node: Draft.Node) -> None:
    """Keep the sequence, the weights and states that are computed; drop zeros and lengths."""
    if isinstance(node.arg(3), Value):  # settled: states stand where constant biases stood
        return
    states = [arg for arg in node.inputs[5:7] if isinstance(arg, Value)]
    weights = node.inputs[1:3]
    lengths = [arg for arg in (*node.inputs[4:5], *node.inputs[7:]) if isinstance(arg, Value)]
    draft.set_inputs(node, [node.inputs[0], *weights, *states], {0: node.via.get(0, ())})
    draft.prune(lengths, "sequence lengths")
    direction = node.attrs.get("direction", "forward")
    if direction == "reverse":
        direction = "forward"
    draft.retype(node, node.op, {**node.attrs, "direction": direction})
