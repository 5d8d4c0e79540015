"""Reading and writing at places that an index tells; rules of `unify_selections`."""

from __future__ import annotations

from genescan import shapes
from genescan.draft import Draft, Value
from genescan.graph import Tensor
from genescan.passes.unify_spellings import scalar


def gather(draft: Draft, node: Draft.Node) -> None:
    """A table looked up, one part of a value, or elements by row and column."""
    data, index = node.inputs[:2]
    if isinstance(data, Tensor) and isinstance(index, Value):
        via = {0: node.via.get(1, ())}
        draft.set_inputs(node, [index, data], via)
        draft.retype(node, "Embedding", {})
    elif isinstance(data, Value) and isinstance(index, Tensor):
        values = shapes.known(index)
        attrs = {"axis": node.attrs.get("axis", 0)}
        if values is not None and len(values) == 1:
            attrs["part"] = values[0]
        draft.set_inputs(node, [data], {0: node.via.get(0, ())})
        draft.retype(node, "Slice", attrs)
    elif isinstance(data, Value) and isinstance(index, Value) and node.via.get(0):
        _row_and_column(draft, node, data, index)


def _row_and_column(draft: Draft, node: Draft.Node, data: Value, index: Value) -> None:
    """Elements of a flattened matrix at row * columns + column."""
    columns = data.shape[1] if data.shape and len(data.shape) == 2 else None
    if index.node.op != "Add" or len(index.node.dynamic) != 2 or not columns:
        return
    for row, column in (index.node.dynamic, index.node.dynamic[::-1]):
        factor = next((scalar(arg) for arg in row.node.inputs if isinstance(arg, Tensor)), None)
        if row.node.op == "Mul" and len(row.node.dynamic) == 1 and factor == columns:
            places = [row.node.dynamic[0], column]
            made = draft.add("Concat", places, {"axis": -1}, before=node, origin=(index.node,))
            draft.set_inputs(node, [data, made.out])
            draft.retype(node, "GatherND", {})
            draft.prune([index], heirs=(made,))
            return


def _of_rows(node: Draft.Node, index: Value) -> bool:
    """Whether the indices are numbers of rows, each in a row of its own."""
    data, way = node.inputs[0], node.via.get(1, ())
    rank = data.rank if isinstance(data, Value) else None
    if not way or not way[-1].startswith("Unsqueeze") or index.shape is None or rank is None:
        return False
    return len(index.shape) == 1 and (index.shape[0] is None or index.shape[0] > rank)


def gather_nd(draft: Draft, node: Draft.Node) -> None:
    """Indices joined from a range and one computed index: a Gather along one axis."""
    data, index = node.inputs[0], node.arg(1)
    if isinstance(data, Value) and isinstance(index, Tensor):
        draft.set_inputs(node, [data], {0: node.via.get(0, ())})
        draft.retype(node, "Slice", {})
    elif isinstance(index, Value) and _of_rows(node, index):
        draft.retype(node, "Gather", {})
    elif isinstance(index, Value) and index.node.op == "Concat" and len(index.node.dynamic) == 1:
        draft.set_inputs(node, [node.inputs[0], index.node.dynamic[0]], {0: node.via.get(0, ())})
        draft.retype(node, "Gather", {})
        draft.prune([index], heirs=(node,))


def scatter(draft: Draft, node: Draft.Node) -> None:
    """Values written at places that a file stores, one by one or row by row."""
    if isinstance(node.arg(1), Tensor) and node.attrs.get("reduction", "none") == "none":
        draft.retype(node, "ScatterND", {})
