"""Fold what does not depend on the inputs' values, and learn the shapes of the rest.

A node whose operands are all constants becomes a constant; so does `Shape` (a size is fixed by
the architecture or by the export, never by the data). The value is kept while it is small,
otherwise only the shape. It does not change any operator that stays.

Before:
    s = Shape(x)
    y = Reshape(x, Concat(Gather(s, 0), w[1], axis=0))

After:
    y = Reshape(x, w[...])
"""

from __future__ import annotations

from genescan import evaluate, ops, shapes
from genescan.draft import Arg, Draft, Value
from genescan.graph import Attr, Dims, Tensor

_KEPT = frozenset(
    {
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
        "Multinomial", "Loop", "If", "Scan", "Input", "SequenceEmpty", "SequenceConstruct",
        "Optional",
    }
)  # fmt: skip
_SAME_BYTES = frozenset(
    {
        "Identity",
        "Cast",
        "Reshape",
        "Squeeze",
        "Unsqueeze",
        "Flatten",
        "Transpose",
        "DequantizeLinear",
    }
)


_SPREAD = frozenset({"Expand", "ConstantOfShape", "Tile"})
"""What they make is no stored weight any more, so it has no name."""


def run_again(draft: Draft) -> None:
    """Fold what has become constant; shapes are not inferred any more once movement is gone."""
    run(draft, learn=False)


def run(draft: Draft, *, learn: bool = True) -> None:
    """Walk once in topological order, folding and inferring; again only after edits."""
    if learn and draft.folded == draft.edits:
        return
    weights: dict[object, list[Tensor]] = {}
    read: list[Arg] = []  # as long as they are here, no other has their place in memory
    for node in draft:
        if node.op in _KEPT or node.bodies:
            continue
        if node.op in ("Shape", "Size"):
            _replace(draft, node, [_shape_of(node)])
        elif (node.inputs and not node.dynamic) or node.op == "Constant":
            made = _fold(node)
            read += node.inputs
            _replace(draft, node, weights.setdefault(_weight(node, made), made))
        elif learn:
            learn_shapes(node)
    draft.folded = draft.edits


def _shape_of(node: Draft.Node) -> Tensor:
    arg = node.inputs[0]
    dims = arg.shape if arg is not None else None
    if node.op == "Size":
        return Tensor("int64", ())
    if dims is None:
        return Tensor("int64", (None,))
    start, end = node.attrs.get("start", 0), node.attrs.get("end")
    if isinstance(start, int) and (end is None or isinstance(end, int)):
        dims = dims[start:end]
    return Tensor("int64", (len(dims),), dims)


def _operands(node: Draft.Node) -> tuple[list[Dims | None], list[Tensor | None], dict[str, Attr]]:
    dims = [None if arg is None else arg.shape for arg in node.inputs]
    constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
    attrs = node.attrs
    if node.op == "Split":
        attrs = {**attrs, "outputs": len(node.outputs)}
    return dims, constants, attrs


def _fold(node: Draft.Node) -> list[Tensor]:
    dims, constants, attrs = _operands(node)
    inferred = shapes.infer(node.op, attrs, dims, constants)
    dtype = evaluate.dtype(node.op, attrs, constants)
    source = constants[0] if constants else None
    results = []
    for port in range(len(node.outputs)):
        shape = _fuller(inferred[port] if port < len(inferred) else None, node.outputs[port])
        data = evaluate.evaluate(node.op, attrs, constants, shape) if port == 0 else None
        keep = source is not None and node.op in _SAME_BYTES
        fill = evaluate.throughout(node.op, attrs, constants, shape) if data is None else None
        results.append(
            Tensor(
                dtype, shape, data,
                source.name if source is not None and node.op not in _SPREAD else "",
                source.payload if source is not None and keep else None,
                fill if port == 0 else None,
            )
        )  # fmt: skip
    return results


def _weight(node: Draft.Node, made: list[Tensor]) -> object:
    """Equal for one matrix that is moved or cast alike for two readers."""
    source = node.inputs[0] if node.inputs else None
    if node.op not in _SAME_BYTES - {"DequantizeLinear"} or not isinstance(source, Tensor):
        return node
    if len(source.squeezed or ()) < 2 or None in (made[0].shape or (None,)):
        return node
    return node.op, repr(sorted(node.attrs.items())), id(source), made[0].dtype, made[0].shape


def _fuller(inferred: Dims | None, value: Value) -> Dims | None:
    """The inferred shape; where that leaves sizes open, the one that the file declares."""
    declared = value.shape
    if declared is None or (inferred is not None and len(inferred) != len(declared)):
        return inferred
    if inferred is None:
        return declared
    return tuple(b if a is None else a for a, b in zip(inferred, declared, strict=True))


def _replace(draft: Draft, node: Draft.Node, results: list[Tensor]) -> None:
    for value, tensor in zip(node.outputs, results, strict=True):
        draft.replace(value, tensor)
    sources = node.dynamic
    draft.remove(node, "constant")
    for value in sources:  # a Shape may have been the only reader of a real computation
        _release(draft, value)


def _release(draft: Draft, value: Value) -> None:
    if not ops.computes(value.node.op):
        draft.prune([value], "shape arithmetic")
    elif value.dead:
        draft.prune([value], "only its shape was used")


def learn_shapes(node: Draft.Node) -> None:
    """Infer the shapes of a node's results from its operands'; for nodes without movement."""
    dims, constants, attrs = _operands(node)
    for value, shape in zip(
        node.outputs, shapes.infer(node.op, attrs, dims, constants), strict=False
    ):
        if value.shape is None or (shape is not None and None in value.shape and None not in shape):
            value.shape = shape
