"""The TensorFlow reader: a SavedModel or a GraphDef becomes a `genescan.graph.Graph`.

Nothing of TensorFlow runs, and the checkpoint beside a SavedModel is never opened: a variable
is a constant of its declared shape. What the model is: in a SavedModel all its signatures, side
by side; without signatures the functions that no other calls, or as in a GraphDef whatever
nobody reads, without what only training needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from genescan.converters import sniff
from genescan.converters.base import Clock, Source, quote
from genescan.converters.schema import message_class
from genescan.converters.tensorflow_block import Block, Ref, Rows, references
from genescan.converters.tensorflow_build import Builder, Entry
from genescan.converters.tensorflow_library import Library
from genescan.converters.tensorflow_training import ends
from genescan.converters.tensorflow_values import Values, dtype, text
from genescan.converters.wire import parse
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Dims, Graph
from genescan.limits import Limits

_DROPPED = frozenset(
    {
        "object_graph_def", "debug_info", "experimental_debug_info", "experimental_type",
        "experimental_full_type", "collection_def", "saver_def", "stripped_op_list", "any_info",
        "description", "summary", "device", "registered_gradients", "gradient", "control_ret",
        "handle_data", "function_aliases",
    }
)  # fmt: skip
"""What restores Python objects or helps people and devices: nothing of it describes the network."""
_SIGNATURES = 256
"""Signatures of one file."""
_PLENTY = 10_000
"""Nodes that any file may come to by calling its functions."""
_SERVE, _DEFAULT = "serve", "serving_default"
_WRITES = frozenset({"AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"})
_INIT = frozenset({"__saved_model_init_op", "__saved_model_train_op"})
"""Signatures that compute nothing."""


def read(source: Source, limits: Limits) -> Graph:
    """The graph of a SavedModel's `saved_model.pb` or of a GraphDef.

    Raises:
        ModelError: the file is malformed; the place is a byte offset, a node or a tensor.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    saved = sniff.is_saved_model(source)
    kind = message_class("tensorflow", f"tensorflow.{'SavedModel' if saved else 'GraphDef'}")
    model, skeleton = parse(source, kind, _DROPPED, limits)
    values = Values(skeleton.skipped, limits)
    group = _serving(model.meta_graphs) if saved else None
    graph = group.graph_def if group is not None else model
    library = Library(graph.library.function, values, limits, clock)
    signatures = [] if group is None else _signatures(group)
    named = [_references(signature) for _, signature in signatures]
    rows = library.graph(graph.node, [ref for refs in named for ref in refs])
    if signatures:
        entries = _entries(rows, signatures, values)
    elif group is not None and not rows:
        entries = _functions(library)
    else:
        entries = _open_ends(rows)
    if not entries:
        raise ModelError("the graph has no outputs")
    written = len(graph.node) + sum(len(made.node_def) for made in graph.library.function)
    allowed = min(limits.nodes, max(_PLENTY, limits.calls * written))
    if sum(library.measure(entry.block) for entry in entries) > allowed:
        raise LimitExceeded(f"{allowed} nodes after inlining functions")
    made = Builder(library, values, limits, clock).graph(entries, _meta(graph, group, signatures))
    left_out = _left_out(model, group, graph, [ref.name for refs in named for ref in refs])
    return replace(made, left_out=left_out)


def _left_out(model: Any, group: Any, graph: Any, outputs: Sequence[str]) -> tuple[str, ...]:
    """What of a SavedModel its graph does not show."""
    found = []
    if group is not None and len(model.meta_graphs) > 1:
        found.append(f"{len(model.meta_graphs) - 1} other meta graphs")
    if group is not None and _writes(graph, outputs):
        found.append("writes to variables, whose state lasts from one run to the next")
    return tuple(found)


def _writes(graph: Any, outputs: Sequence[str]) -> bool:
    """Whether a signature's functions write to variables; everything in a function runs."""
    nodes = {text(node.name): node for node in graph.node}
    functions = {text(made.signature.name): made.node_def for made in graph.library.function}
    reached, called, names = set(), set(), list(outputs)
    while names:
        node = nodes.get(names.pop())
        if node is None or node.name in reached:
            continue
        reached.add(node.name)
        names += [text(name).lstrip("^").partition(":")[0] for name in node.input]
    pending = [nodes[text(name)] for name in reached]
    while pending:
        node = pending.pop()
        if text(node.op) in _WRITES:
            return True
        for name in [text(node.op), *_called(node)]:
            if name in functions and name not in called:
                called.add(name)
                pending += functions[name]
    return False


def _called(node: Any) -> list[str]:
    """Functions that a node names in its attributes."""
    values = list(node.attr.values())
    listed = [function for value in values for function in value.list.func]
    return [text(f.name) for f in (*(value.func for value in values), *listed) if f.name]


def _meta(graph: Any, group: Any, signatures: Sequence[tuple[str, Any]]) -> dict[str, str]:
    """Facts for the report; quoted, since anybody may have written them."""
    meta = {"container": "GraphDef" if group is None else "SavedModel"}
    if group is not None:
        info = group.meta_info_def
        version = text(info.tensorflow_version)
        if version:
            meta["producer"] = quote(f"TensorFlow {version}")[1:-1]
        meta["tags"] = ", ".join(quote(text(tag))[1:-1] for tag in islice(info.tags, 8))
        meta["signatures"] = ", ".join(quote(name)[1:-1] for name, _ in signatures[:16])
    if graph.versions.producer:
        meta["graph version"] = str(graph.versions.producer)
    return meta


def _serving(groups: Sequence[Any]) -> Any:
    """The meta graph for inference: the one tagged `serve` with the fewest other tags."""
    if not groups:
        raise ModelError("the model has no graph")

    def rank(group: Any) -> tuple[bool, int]:
        tags = {text(tag) for tag in group.meta_info_def.tags}
        return _SERVE not in tags, len(tags)

    return min(groups, key=rank)


def _signatures(group: Any) -> list[tuple[str, Any]]:
    """All signatures that compute something, by name, the default one first."""
    found = {text(key): value for key, value in group.signature_def.items()}
    if len(found) > _SIGNATURES:
        raise LimitExceeded(f"{_SIGNATURES} signatures")
    ordered = sorted(found.items(), key=lambda item: (item[0] != _DEFAULT, item[0]))
    return [(k, v) for k, v in ordered if k not in _INIT and v.outputs]


def _tensors(infos: Any) -> list[tuple[str, Any, str]]:
    """Name, description and tensor of each value of a signature; a sparse one has several."""
    found = []
    for key, info in sorted((text(key), info) for key, info in infos.items()):
        kind = info.WhichOneof("encoding")
        if kind == "coo_sparse":
            parts = ("values_tensor_name", "indices_tensor_name", "dense_shape_tensor_name")
            found += [(f"{key}/{p[:-12]}", None, text(getattr(info.coo_sparse, p))) for p in parts]
        elif kind == "composite_tensor":
            components = enumerate(info.composite_tensor.components)
            found += [(f"{key}/{i}", row, text(row.name)) for i, row in components]
        elif text(info.name):
            found.append((key, info, text(info.name)))
    return found


def _reference(spelling: str) -> Ref:
    values, _ = references([spelling], False)
    if not values:
        raise ModelError(f"{quote(spelling)} is no reference to a value", place="signature")
    return Ref(values[0][0], values[0][2])


def _references(signature: Any) -> list[Ref]:
    """What a signature returns."""
    return [_reference(name) for _, _, name in _tensors(signature.outputs)]


def _entries(rows: Rows, signatures: Sequence[tuple[str, Any]], values: Values) -> list[Entry]:
    """One entry for each signature."""
    entries = []
    for name, signature in signatures:
        outputs = _tensors(signature.outputs)
        inputs = _tensors(signature.inputs)
        keys = [_key(key, info, values) for key, info, _ in inputs]
        fed = {_reference(tensor): index for index, (_, _, tensor) in enumerate(inputs)}
        block = Block(f"signature {name}", rows, fed, _references(signature))
        entries.append(Entry(name, block, keys, [key for key, _, _ in outputs]))
    return entries


def _key(key: str, info: Any, values: Values) -> tuple[str, Dims | None, str]:
    if info is None:
        return key, None, ""
    return key, values.dims(info.tensor_shape, f"input {quote(key)}"), dtype(info.dtype)


def _functions(library: Library) -> list[Entry]:
    """An entry for each function that no other calls: a module saved without signatures."""
    called: set[str] = set()
    for name in library:
        for row in library.block(name).rows.values():
            called |= {block.name for block in library.called(row).values()}
    entries = []
    for name in library:
        block = library.block(name)
        if name in called or not block.results:
            continue
        names = {index: ref.name for ref, index in block.args.items()}
        shapes = [*block.shapes, *[None] * (len(names) - len(block.shapes))]
        keys = [(names[i], shapes[i], "") for i in range(len(names))]
        outputs = [f"output_{i}" for i in range(len(block.results))]
        entries.append(Entry(name, block, keys, outputs))
    return entries


def _open_ends(rows: Rows) -> list[Entry]:
    """One entry whose outputs are what nobody reads."""
    found = ends(rows)
    if not found:
        return []
    block = Block("graph", rows, {}, [ref for _, ref in found])
    return [Entry("graph", block, (), [name for name, _ in found])]
